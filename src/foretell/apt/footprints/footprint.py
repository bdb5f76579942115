"""What does an installation bring along, how much is that, and what of it hangs on what?

The plan is the one of `install`.  Its packages are a graph: the request leads to the packages that
it names, and each package to those that fulfil the relations that apt follows.  What cannot be
reached without a node goes away with it, by that plan (see `dominators`); what really goes
away is known when the request is solved again (see `footprint_cuts`).
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.footprints.dominators import immediate_dominators, postorder
from foretell.apt.model import DEPENDS, PRE_DEPENDS, RECOMMENDS, SUGGESTS
from foretell.apt.requests.request import Request, apply_request
from foretell.apt.solver3.sweep import Providers
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer, Change
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["Edge", "Footprint", "Load", "Part", "measure", "weigh"]

KINDS = (PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS)
_ROOT = 0


class Load(NamedTuple):
    """How many packages are put there, and the bytes that are fetched and that they take."""

    packages: int = 0
    download: int = 0
    disk: int = 0

    def plus(self, other: Load) -> Load:
        """Return the sum of two loads."""
        return Load(*map(sum, zip(self, other, strict=True)))

    def minus(self, other: Load) -> Load:
        """Return what this load is more than another."""
        return Load(*(one - two for one, two in zip(self, other, strict=True)))


class Edge(NamedTuple):
    """The relations of one type from a planned package to the same ones, which fulfil them.

    There is more than one where versions are bounded from both sides.  ``texts`` and ``groups``
    are theirs, ``retained`` is what goes away with them.
    """

    owner: int
    kind: int
    texts: tuple[bytes, ...]
    groups: tuple[int, ...]
    targets: tuple[int, ...]
    retained: Load = Load()


class Part(NamedTuple):
    """A planned package: what it is itself, and what goes away with it.

    ``above`` is the package without which it is not needed, -1 when there is none, and ``edge``
    the only relation that it is there for, if there is only one.
    """

    change: Change
    own: Load
    retained: Load
    above: int
    edge: Edge | None


class Footprint:
    """The parts of a plan, by package, and its relations, both with what they retain.

    ``words`` has what is only there for each word of the request, ``shared`` what is there for
    several of them, ``others`` what is there for the sake of something installed, and ``removed``
    what the removals of the plan give back.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.total = Load()
        self.removed = Load()
        self.shared = Load()
        self.others = Load()
        self.words: list[tuple[str, Load]] = []
        self.parts: dict[int, Part] = {}
        self.edges: list[Edge] = []


def weigh(answer: Answer) -> Load:
    """Return what a plan costs in all: what it removes is given back."""
    assert answer.state is not None
    total = Load()
    for change in answer.changes:
        total = total.plus(_own(answer.state, change))
    return total


def _own(state: State, change: Change) -> Load:
    universe = state.universe
    packages = download = disk = 0
    if change.new >= 0:
        facts = universe.facts(change.new)
        packages, download, disk = 1, facts.size, facts.installed_size * 1024
    if change.old >= 0:
        disk -= universe.facts(change.old).installed_size * 1024
    return Load(packages, download, disk)


def measure(answer: Answer) -> Footprint:
    """Return the footprint of a plan to install packages, whose verdict is ``ok``."""
    assert answer.verdict == "ok"
    found = Footprint(answer)
    state = answer.state
    assert state is not None
    found.total = weigh(answer)
    here = {change.package: change for change in answer.changes if change.new >= 0}
    graph = _Graph(answer, here)
    for change in answer.changes:
        if change.new < 0:
            found.removed = found.removed.plus(_own(state, change))
    graph.retain({package: _own(state, change) for package, change in here.items()})
    found.edges = graph.edges
    for package, change in here.items():
        above, edge = graph.above(package)
        retained = graph.load(graph.node[package])
        found.parts[package] = Part(change, _own(state, change), retained, above, edge)
    found.words = [(word, graph.load(node)) for word, node in graph.words]
    found.others = graph.load(graph.rest)
    apart = found.others.plus(found.removed)
    for _, load in found.words:
        apart = apart.plus(load)
    found.shared = found.total.minus(apart)
    return found


class _Graph:
    """The request, its words, the planned packages and their relations, as nodes."""

    def __init__(self, answer: Answer, here: dict[int, Change]) -> None:
        self.answer = answer
        self.successors: list[list[int]] = [[]]
        self.words: list[tuple[str, int]] = []
        self.node = {package: self._add() for package in here}
        self.package = {node: package for package, node in self.node.items()}
        self.edges: list[Edge] = []
        self.edge_at: dict[int, int] = {}  # by node
        self._add_words()
        self._add_edges(here)
        # What nothing of this reaches is there for the sake of what is installed already.
        self.rest = self._add()
        reached = set(postorder(self.successors, _ROOT))
        self.successors[self.rest] = [it for it in self.node.values() if it not in reached]
        self.successors[_ROOT].append(self.rest)
        self.dominators = immediate_dominators(self.successors, _ROOT)
        self.loads: list[Load] = []

    def _add(self) -> int:
        self.successors.append([])
        return len(self.successors) - 1

    def _add_words(self) -> None:
        answer = self.answer
        for word, packages in _meanings(answer):
            nodes = [self.node[it] for it in packages if it in self.node]
            number = self._add()
            self.successors[number] = nodes
            self.successors[_ROOT].append(number)
            self.words.append((word, number))

    def _add_edges(self, here: dict[int, Change]) -> None:
        state, planned = self.answer.state, self.answer.planned
        assert state is not None
        assert planned is not None
        universe, providers = state.universe, Providers(state, planned)
        for package, change in here.items():
            lines = universe.relation_lines(change.new)
            for kind in KINDS:
                if not lines[kind] or not state.is_important(kind, change.new):
                    continue
                groups = universe.groups(change.new, kind)
                edges: dict[tuple[int, ...], list[tuple[bytes, int]]] = {}
                for row in zip(lines[kind].split(b", "), groups, strict=True):
                    found = dict.fromkeys(providers.of_group(row[1]))
                    targets = tuple(it for it in found if it in here and it != package)
                    edges.setdefault(targets, []).append(row)
                edges.pop((), None)
                for targets, rows in edges.items():
                    texts, numbers = zip(*rows, strict=True)
                    self._add_edge(Edge(package, kind, texts, numbers, targets))

    def _add_edge(self, edge: Edge) -> None:
        number = self._add()
        self.successors[self.node[edge.owner]].append(number)
        self.successors[number] = [self.node[target] for target in edge.targets]
        self.edge_at[number] = len(self.edges)
        self.edges.append(edge)

    def retain(self, own: dict[int, Load]) -> None:
        """Add up what goes away with each node."""
        self.loads = [Load()] * len(self.successors)
        for number in postorder(self.successors, _ROOT):
            if number in self.package:
                self.loads[number] = self.loads[number].plus(own[self.package[number]])
            if number != _ROOT:
                above = self.dominators[number]
                self.loads[above] = self.loads[above].plus(self.loads[number])
        for number, place in self.edge_at.items():
            self.edges[place] = self.edges[place]._replace(retained=self.loads[number])

    def load(self, number: int) -> Load:
        """Return what goes away with a node."""
        return self.loads[number]

    def above(self, package: int) -> tuple[int, Edge | None]:
        """Return the package that dominates one, or -1, and the relation that does."""
        number = self.dominators[self.node[package]]
        edge = self.edges[self.edge_at[number]] if number in self.edge_at else None
        while number not in self.package:
            if number == _ROOT:
                return -1, edge
            number = self.dominators[number]
        return self.package[number], edge


def _meanings(answer: Answer) -> list[tuple[str, list[int]]]:
    """Return the packages that each word of the request names to be installed."""
    state, words = answer.state, answer.request.words
    assert state is not None
    if len(words) == 1:
        return [(words[0], list(state.chosen))]
    found = []
    for word in dict.fromkeys(words):
        packages = [state.universe.find(*key) for key in _meaning(answer.world, word)]
        if packages:
            found.append((word, packages))
    return found


def _meaning(world: World, word: str) -> list[tuple[bytes, bytes]]:
    """Return name and architecture of each package that a word names."""
    state = world.state()
    try:
        apply_request(state, world, Request("install", [word]))
    except UsageError:  # a word that only means something among others
        return []
    universe = state.universe
    return [(universe.name(package), universe.architecture(package)) for package in state.chosen]
