"""How far is an upgraded system from a fresh installation, and what brings it closer?

Under another name than 3.0, and where unneeded packages may go, solver3 forgets what was installed
automatically (see `foretell.apt.system.state.State.keeps_automatic`).  Here the same request is
answered both ways, and both results are held against what a fresh installation would have.
"""

from __future__ import annotations

import copy
from contextlib import suppress

from foretell.apt.answers.predict import Answer, predict, solve
from foretell.apt.model import (
    DEPENDS,
    ESSENTIAL,
    PRE_DEPENDS,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    RECOMMENDS,
    RELATION_FIELDS,
)
from foretell.apt.requests.request import Request
from foretell.apt.solver3.solver import StepLimitExceeded
from foretell.apt.solver3.sweep import Providers
from foretell.apt.system.profiles import AUTO, PROFILES
from foretell.apt.system.solver_name import OPTION
from foretell.apt.system.state import CLASSIC, INSTALL, SOLVER
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

    Key = tuple[bytes, bytes]  # name and architecture

__all__ = ["NAME", "Fresh", "Normalization", "Swap", "normalize", "normalized_world"]

NAME = "3.1"  # of the solver, where none but 3.0 was chosen
_BASE_PRIORITY_MAX = 2  # required and important


class Swap:
    """A relation that another package fulfils than in the plain upgrade."""

    __slots__ = ("after", "before", "owner", "relation", "text")

    def __init__(self, before: Key, after: Key, owner: Key, relation: str, text: bytes) -> None:
        self.before = before
        self.after = after
        self.owner = owner
        self.relation = relation
        self.text = text


class Fresh:
    """What installing all that was asked for on an empty system gives.

    ``manual`` are the packages installed by hand that a list offers, ``base`` those that are
    essential or of Priority required or important; ``missing`` are installed by hand and offered
    by no list.  ``packages`` is None when solver3 cannot install them together.
    """

    def __init__(self, manual: set[Key], base: set[Key], missing: set[Key]) -> None:
        self.manual = manual
        self.base = base
        self.missing = missing
        self.packages: set[Key] | None = None

    def distance(self, packages: Iterable[Key]) -> tuple[int, int]:
        """Return how many packages are only among ``packages`` and only in the fresh system."""
        assert self.packages is not None
        here = set(packages)
        return len(here - self.packages), len(self.packages - here)


class Normalization:
    """The plain answer and the normalized one, and what differs; all lists are sorted.

    ``dropped`` is there after the plain upgrade only, ``added`` after the normalized one only;
    ``versions`` are in both with another version.  Empty unless both verdicts are ``ok``.
    """

    def __init__(self, plain: Answer, normalized: Answer) -> None:
        self.plain = plain
        self.normalized = normalized
        self.dropped: list[Key] = []
        self.added: list[Key] = []
        self.versions: list[Key] = []
        self.swaps: list[Swap] = []
        self.fresh: Fresh | None = None

    @property
    def is_ok(self) -> bool:
        """Say whether both have a plan."""
        return self.plain.verdict == self.normalized.verdict == "ok"


def normalized_world(world: World) -> World:
    """Return the world as it is where solver3 forgets what was installed automatically."""
    world.archive  # noqa: B018 - read once for both
    other = copy.copy(world)
    assert world.configuration is not None
    other.configuration = copy.deepcopy(world.configuration)
    if world.choose_solver().name in {SOLVER, CLASSIC}:
        other = _named(other, NAME)
    assert other.configuration is not None
    other.configuration.set("APT::Get::AutomaticRemove", "1")
    return other


def _named(world: World, solver: str) -> World:
    """Return the world with the solver that the command line names."""
    other = copy.copy(world)
    other.configuration = copy.deepcopy(world.configuration)
    assert other.configuration is not None
    other.configuration.set(OPTION, solver)
    other.names_solver = True
    return other


def normalize(world: World, request: Request, *, solver_version: str = AUTO) -> Normalization:
    """Answer ``request`` plainly and normalized, and compare.  Raises what `predict` raises.

    Both answers are solver3's: where apt asks the classic solver by itself, the plain one is that
    of 3.0.
    """
    choice = world.choose_solver(solver_version)
    if choice.name == CLASSIC:
        if choice.is_asked:
            raise UsageError("classic-normalize", "only solver3 has a normalized upgrade")
        world = _named(world, SOLVER)
    asked = copy.copy(request)
    asked.auto_remove = True
    plain = predict(world, request, solver_version=solver_version)
    normalized = predict(normalized_world(world), asked, solver_version=solver_version)
    found = Normalization(plain, normalized)
    if found.is_ok:
        before, after = present(plain), present(normalized)
        found.dropped = sorted(before.keys() - after.keys())
        found.added = sorted(after.keys() - before.keys())
        found.versions = sorted(
            key for key in before.keys() & after.keys() if before[key] != after[key]
        )
        found.swaps = _find_swaps(found)
        found.fresh = _fresh(world, normalized)
    return found


def present(answer: Answer) -> dict[Key, bytes]:
    """Return the version of every package that is there after a plan."""
    state, planned = answer.state, answer.planned
    assert state is not None
    assert planned is not None
    text = state.universe.version_string
    return {_key(state, package): text(v) for package, v in planned.versions.items()}


def installed(answer: Answer) -> set[Key]:
    """Return the packages that are there before a plan."""
    state = answer.state
    assert state is not None
    return {_key(state, package) for package in state.installed}


def _key(state: State, package: int) -> Key:
    return state.universe.name(package), state.universe.architecture(package)


def _find_swaps(found: Normalization) -> list[Swap]:
    """Return for what was dropped the relations that something else fulfils now."""
    sides = [_Fulfilled(found.plain), _Fulfilled(found.normalized)]
    dropped = set(found.dropped)
    swaps: dict[tuple[Key, Key], Swap] = {}
    for owner in sorted(sides[0].versions.keys() & sides[1].versions.keys()):
        if sides[0].versions[owner] != sides[1].versions[owner]:
            continue
        for kind in (PRE_DEPENDS, DEPENDS, RECOMMENDS):
            for old, new in zip(*(side.groups(owner, kind) for side in sides), strict=True):
                before, after = sides[0].by(old), sides[1].by(new)
                if not after or not before & dropped:
                    continue
                text = sides[0].text(old)
                for gone in before & dropped:
                    swaps.setdefault(
                        (gone, min(after)),
                        Swap(gone, min(after), owner, RELATION_FIELDS[kind].decode(), text),
                    )
    return [swaps[pair] for pair in sorted(swaps)]


class _Fulfilled:
    """Who fulfils the relations of one result, by name and architecture."""

    def __init__(self, answer: Answer) -> None:
        state, planned = answer.state, answer.planned
        assert state is not None
        assert planned is not None
        self._state = state
        self._providers = Providers(state, planned, narrows=False)
        self.versions = {_key(state, p): version for p, version in planned.versions.items()}

    def groups(self, owner: Key, kind: int) -> list[int]:
        return self._state.universe.groups(self.versions[owner], kind)

    def by(self, group: int) -> set[Key]:
        return {_key(self._state, package) for package in self._providers.of_group(group)}

    def text(self, group: int) -> bytes:
        return self._state.universe.group_text(group)


def _fresh(world: World, answer: Answer) -> Fresh:
    """Install on an empty system what was installed by hand, and what every system has."""
    state = answer.state
    assert state is not None
    empty = copy.copy(world)
    empty.installed, empty.automatic = [], set()
    fresh = Answer("unknown", empty, Request("install", []))
    fresh.solver_version = answer.solver_version
    assert answer.search is not None
    clean = fresh.state = empty.state(answer.search.profile)
    universe = clean.universe
    wanted = {_key(state, p) for p in state.installed if p not in state.was_automatic}
    native = universe.native
    manual, base, missing = set(), set(), set()
    for name, architecture in sorted(wanted):
        package = universe.find(name, architecture)
        if package >= 0 and clean.candidate(package) >= 0:
            manual.add(package)
        else:
            missing.add((name, architecture))
    for package in range(universe.package_count()):
        version = clean.candidate(package) if universe.architecture(package) == native else -1
        if version >= 0 and _is_base(universe.meta(version)):
            base.add(package)
    for package in sorted(manual | base):
        clean.chosen[package] = clean.candidate(package)
        clean.mode[package] = INSTALL
        clean.protected.add(package)
    with suppress(Unmodelled, StepLimitExceeded):
        solve(fresh, PROFILES[answer.solver_version])
    keys = [{_key(clean, package) for package in group} for group in (manual, base)]
    found = Fresh(keys[0], keys[1], missing)
    if fresh.verdict == "ok":
        found.packages = set(present(fresh))
    return found


def _is_base(meta: int) -> bool:
    priority = meta >> PRIORITY_SHIFT & PRIORITY_MASK
    return bool(meta & ESSENTIAL) or 0 < priority <= _BASE_PRIORITY_MAX
