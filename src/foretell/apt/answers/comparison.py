"""What do two solvers decide differently about one request, and by which of their rules?

Of two versions of solver3 the rules that matter are found by trial: from all that the versions
differ in, every rule is left out whose absence changes nothing about the second version's plan.
Between the classic solver and solver3 they are read off the two runs, see `deciding`.
"""

from __future__ import annotations

from foretell.apt.answers.predict import predict
from foretell.apt.system.profiles import PROFILES, RULES, Profile
from foretell.apt.system.state import CLASSIC
from foretell.model.minimize import Budget, minimize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from foretell.apt.answers.deciding import Decision
    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe
    from foretell.apt.requests.request import Request
    from foretell.apt.system.world import World

    T = TypeVar("T")
    Key = tuple[str, str]  # package and architecture
    Outcome = tuple[str, str, str, bool]  # action, version, version before, automatic

__all__ = ["Comparison", "Part", "compare_solvers", "compare_versions", "fates"]

_TRIALS_MAX = 4 * len(RULES)  # rules that are needed together may take several rounds


class Part:
    """One decision at which two runs part, and the packages that differ for it."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.packages: list[Key] = []


class Comparison:
    """Two answers to one request, and what differs.

    ``differences`` are (package, architecture, first outcome or None, second outcome or None),
    sorted; an outcome is (action, version, version before, automatic).  ``marks`` are the same of
    packages whose automatic mark alone changes, with its new value, and ``autoremovable`` of
    those that nothing needs.  ``rules`` are the names of the rules that make the difference: of
    `profiles.RULES`, or between two solvers of `deciding.RULES`; then ``parts`` says where, and
    ``not_attributed`` are the packages of which the two runs do not show it.
    """

    def __init__(self, first: Answer, second: Answer) -> None:
        self.first = first
        self.second = second
        self.differences = _differing(outcomes(first), outcomes(second))
        self.marks = _differing(_marks(first), _marks(second))
        self.autoremovable = _differing(_autoremovable(first), _autoremovable(second))
        self.rules: list[str] = []
        self.parts: list[Part] = []
        self.not_attributed: list[Key] = []

    @property
    def is_same(self) -> bool:
        """Whether both decide alike."""
        is_same = self.first.verdict == self.second.verdict
        return is_same and not (self.differences or self.marks or self.autoremovable)

    def keys(self) -> list[Key]:
        """Return all packages that differ in any way, sorted."""
        rows = (*self.differences, *self.marks, *self.autoremovable)
        return sorted({(row[0], row[1]) for row in rows})


def _differing(
    ours: dict[Key, T], theirs: dict[Key, T]
) -> list[tuple[str, str, T | None, T | None]]:
    return [
        (*key, ours.get(key), theirs.get(key))
        for key in sorted({*ours, *theirs})
        if ours.get(key) != theirs.get(key)
    ]


def compare_versions(world: World, request: Request, first: str, second: str) -> Comparison:
    """Put one request to two versions of the solver (names of `profiles.PROFILES`).

    Raises what `predict` raises.
    """
    answers = [predict(world, request, solver_version=version) for version in (first, second)]
    found = Comparison(*answers)
    if not found.is_same and "unknown" not in {answer.verdict for answer in answers}:
        found.rules = _deciding_rules(world, request, found, PROFILES[first], PROFILES[second])
    return found


def compare_solvers(
    worlds: tuple[World, World], request: Request, versions: tuple[str, str]
) -> Comparison:
    """Put one request to two solvers: ``worlds`` are the same but for ``APT::Solver``.

    Raises what `predict` raises.
    """
    first, second = (
        predict(world, request, solver_version=version)
        for world, version in zip(worlds, versions, strict=True)
    )
    found = Comparison(first, second)
    is_known = "unknown" not in {first.verdict, second.verdict}
    if found.is_same or not is_known or _asked(first) == _asked(second):
        return found
    from foretell.apt.answers.deciding import attribute

    is_turned = _asked(second)
    attribute(found, *((second, first) if is_turned else (first, second)), is_turned=is_turned)
    return found


def _asked(answer: Answer) -> bool:
    """Say whether the classic solver was asked, though solver3 may have answered."""
    return answer.state is not None and answer.state.solver_name == CLASSIC


def _key(universe: Universe, package: int) -> Key:
    name, architecture = universe.name(package), universe.architecture(package)
    return name.decode("utf-8", "surrogateescape"), architecture.decode("ascii", "replace")


def _marks(answer: Answer) -> dict[Key, bool]:
    if answer.state is None:
        return {}
    universe = answer.state.universe
    return {_key(universe, package): automatic for package, automatic in answer.marks}


def _autoremovable(answer: Answer) -> dict[Key, bool]:
    if answer.state is None:
        return {}
    universe = answer.state.universe
    return {_key(universe, package): True for package in answer.autoremovable}


def outcomes(answer: Answer) -> dict[tuple[str, str], Outcome]:
    """Return what happens to each package, by name and architecture."""
    if answer.state is None:
        return {}
    universe = answer.state.universe

    def text(version: int) -> str:
        found = universe.version_string(version) if version >= 0 else b""
        return found.decode("utf-8", "surrogateescape")

    return {
        _key(universe, change.package): (
            change.action,
            text(change.new),
            text(change.old),
            change.automatic,
        )
        for change in answer.changes
    }


def fates(answer: Answer) -> dict[Key, tuple[Outcome | None, bool | None, bool]]:
    """Return of each package its outcome, its new mark, and whether nothing needs it any more."""
    changed, marks, unneeded = outcomes(answer), _marks(answer), _autoremovable(answer)
    return {
        key: (changed.get(key), marks.get(key), key in unneeded)
        for key in {*changed, *marks, *unneeded}
    }


def _deciding_rules(
    world: World, request: Request, found: Comparison, first: Profile, second: Profile
) -> list[str]:
    """Return a set of rules that turns the first plan into the second, none of which can go."""
    differing = [name for name in RULES if (name in first.rules) != (name in second.rules)]
    wanted = _all_of(found.second)

    def is_enough(rules: list[str]) -> bool:
        changed = {*first.rules} ^ {*rules}
        answer = predict(
            world,
            request,
            solver_version=found.second.solver_version,
            profile=Profile(*(name for name in RULES if name in changed)),
        )
        return _all_of(answer) == wanted

    return minimize(differing, is_enough, Budget(_TRIALS_MAX))


def _all_of(answer: Answer) -> tuple[object, ...]:
    return answer.verdict, fates(answer)
