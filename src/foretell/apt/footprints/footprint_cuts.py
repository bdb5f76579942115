"""Which single relation costs most, and what is there to do about it?

Candidates come from the graph of the plan (`footprint`); each saving is the difference to what
the request costs when it is solved again: with a package left out, an alternative named, or the
relation not there.  The number of solutions is limited, not the time.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

from foretell.apt.answers.predict import predict, removed_vital
from foretell.apt.footprints.footprint import Edge, Load, weigh
from foretell.apt.model import RECOMMENDS, SUGGESTS
from foretell.apt.system.omission import Omission, without_relation
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.apt.footprints.footprint import Footprint
    from foretell.apt.system.world import World

__all__ = ["Cut", "Cuts", "find_cuts"]

WEAK = frozenset((RECOMMENDS, SUGGESTS))
CHOICES_MAX = 2  # other packages that are tried for one relation
TRIES_FACTOR = 2  # weak relations that are tried for each cut that is wanted
_NO_RECOMMENDS = "APT::Install-Recommends"


class Cut(NamedTuple):
    """A relation that need not be followed, and what that saves: solved again and seen.

    ``way`` is ``no-recommends`` (no Recommends at all: ``edge`` is None), ``leave-out``,
    ``alternative`` (both by ``words`` of the request), or ``packager``: only who makes the package
    can leave the relation away.
    """

    way: str
    edge: Edge | None
    saved: Load
    words: tuple[str, ...]


class Cuts(NamedTuple):
    """What the user can do and what packagers could, most saved first, and the solutions tried."""

    own: list[Cut]
    packagers: list[Cut]
    tried: int


def find_cuts(footprint: Footprint, limit: int, *, solver_version: str) -> Cuts:
    """Return up to ``limit`` cuts of each kind that save disk space."""
    search = _Search(footprint, solver_version)
    edges = sorted(
        (edge for edge in footprint.edges if edge.retained.disk > 0),
        key=lambda edge: (-edge.retained.disk, edge.owner, edge.kind, edge.texts),
    )
    strong = [edge for edge in edges if edge.kind not in WEAK]
    packagers = [cut for edge in strong[:limit] for cut in search.omissions(edge)]
    own = list(search.no_recommends()) if limit else []
    weak = [edge for edge in edges if edge.kind in WEAK]
    for edge in weak[: limit * TRIES_FACTOR]:
        if len(own) < limit:
            own += search.left_out(edge)
    branching = [edge for edge in edges if search.has_choices(edge)]
    for edge in branching[:limit]:
        least = own[limit - 1].saved.disk if len(own) >= limit else 0
        own = _best([*own, *search.alternatives(edge, least)], limit)
    return Cuts(_best(own, limit), _best(packagers, limit), search.tried)


def _best(cuts: list[Cut], limit: int) -> list[Cut]:
    found = sorted(cuts, key=lambda cut: (-cut.saved.disk, -cut.saved.download, cut.words))
    return found[:limit]


class _Search:
    """Solve a request again under small changes."""

    def __init__(self, footprint: Footprint, solver_version: str) -> None:
        self.footprint = footprint
        self.answer = footprint.answer
        self.solver_version = solver_version
        assert self.answer.state is not None
        self.state = self.answer.state
        self.universe = self.state.universe
        self.tried = 0

    def _saved(self, world: World, words: Sequence[str]) -> Load | None:
        """Return what a changed question saves, or None when its answer is none or not less."""
        self.tried += 1
        request = copy.copy(self.answer.request)
        request.words = [*request.words, *words]
        try:
            answer = predict(world, request, solver_version=self.solver_version)
        except UsageError:
            return None
        if answer.verdict != "ok" or removed_vital(answer) or not self._has_all(answer):
            return None
        saved = self.footprint.total.minus(weigh(answer))
        return saved if saved.disk > 0 else None

    def _has_all(self, answer: Answer) -> bool:
        """Say whether what was asked for is there, and nothing was removed for it."""
        state, planned = answer.state, answer.planned
        assert state is not None
        assert planned is not None
        for package in self.state.chosen:
            other = state.universe.find(*self._key(package))
            if other not in planned.versions:
                return False
        before = {self._key(it.package) for it in self.answer.changes if it.new < 0}
        universe = state.universe
        gone = [it.package for it in answer.changes if it.new < 0]
        return all((universe.name(it), universe.architecture(it)) in before for it in gone)

    def _key(self, package: int) -> tuple[bytes, bytes]:
        return self.universe.name(package), self.universe.architecture(package)

    def omissions(self, edge: Edge) -> Iterator[Cut]:
        """Yield what a package costs less without one of its relations."""
        version = self.footprint.parts[edge.owner].change.new
        text = self.universe.version_string(version)
        omission = Omission(self._key(edge.owner), text, edge.kind, edge.texts)
        saved = self._saved(without_relation(self.answer.world, omission), ())
        if saved is not None:
            yield Cut("packager", edge, saved, ())

    def no_recommends(self) -> Iterator[Cut]:
        """Yield what following no Recommends saves, if any are followed."""
        if not any(edge.kind == RECOMMENDS for edge in self.footprint.edges):
            return
        world = copy.copy(self.answer.world)
        world.configuration = copy.deepcopy(world.configuration)
        assert world.configuration is not None
        world.configuration.set(_NO_RECOMMENDS, "0")
        saved = self._saved(world, ())
        if saved is not None:
            yield Cut("no-recommends", None, saved, ())

    def left_out(self, edge: Edge) -> Iterator[Cut]:
        """Yield what is saved when what a weak relation brings is left out."""
        words = tuple(f"{self.universe.full_name(target)}-" for target in edge.targets)
        saved = self._saved(self.answer.world, words)
        if saved is not None:
            yield Cut("leave-out", edge, saved, words)

    def alternatives(self, edge: Edge, least: int) -> Iterator[Cut]:
        """Yield what another package that fulfils the relation saves, the small ones first.

        One is not tried when it takes so much itself that it hardly saves more than ``least``.
        """
        for package, size_kib in self._others(edge)[:CHOICES_MAX]:
            if edge.retained.disk - size_kib * 1024 <= least:
                break
            words = (self.universe.full_name(package),)
            saved = self._saved(self.answer.world, words)
            if saved is not None:
                yield Cut("alternative", edge, saved, words)

    def has_choices(self, edge: Edge) -> bool:
        """Say whether a relation has alternatives or names what no package is called."""
        if len(edge.groups) > 1:
            return False
        members = self.universe.members(edge.groups[0])
        return len(members) > 1 or not self.universe.versions(members[0][0])

    def _others(self, edge: Edge) -> list[tuple[int, int]]:
        """Return what is not planned and would fulfil a relation, with its size, smallest first."""
        universe, state, planned = self.universe, self.state, self.answer.planned
        assert planned is not None
        found: dict[int, int] = {}
        for target, operator, wanted in universe.members(edge.groups[0]):
            owners = {universe.package(version) for version, _ in universe.provides(target)}
            for package in (target, *sorted(owners)):
                version = state.candidate(package)
                if version < 0 or package in planned.versions:
                    continue
                if universe.fulfilling({package: version}, target, operator, wanted):
                    found[package] = universe.facts(version).installed_size
        return sorted(found.items(), key=lambda row: (row[1], self._key(row[0])))
