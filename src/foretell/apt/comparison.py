"""What do two versions of apt decide differently about one request, and by which of their rules?

The rules that matter are found by trial: from all that the two versions differ in, every rule is
left out whose absence changes nothing about the second version's plan.
"""

from __future__ import annotations

from foretell.apt.predict import predict
from foretell.apt.profiles import PROFILES, RULES, Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.predict import Answer
    from foretell.apt.request import Request
    from foretell.apt.world import World

    Outcome = tuple[str, str, str, bool]  # action, version, version before, automatic

__all__ = ["Comparison", "compare_versions"]


class Comparison:
    """Two answers to one request, and what differs.

    ``differences`` are (package, architecture, first outcome or None, second outcome or None),
    sorted; an outcome is (action, version, version before, automatic).  ``rules`` are the names
    of the rules of `profiles.RULES` that make the difference.
    """

    def __init__(self, first: Answer, second: Answer) -> None:
        self.first = first
        self.second = second
        ours, theirs = outcomes(first), outcomes(second)
        self.differences = [
            (*key, ours.get(key), theirs.get(key))
            for key in sorted({*ours, *theirs})
            if ours.get(key) != theirs.get(key)
        ]
        self.rules: list[str] = []

    @property
    def is_same(self) -> bool:
        """Whether both decide alike."""
        return self.first.verdict == self.second.verdict and not self.differences


def compare_versions(world: World, request: Request, first: str, second: str) -> Comparison:
    """Put one request to two versions of the solver (names of `profiles.PROFILES`).

    Raises what `predict` raises.
    """
    answers = [predict(world, request, solver_version=version) for version in (first, second)]
    found = Comparison(*answers)
    if not found.is_same and "unknown" not in {answer.verdict for answer in answers}:
        found.rules = _deciding_rules(world, request, found, PROFILES[first], PROFILES[second])
    return found


def outcomes(answer: Answer) -> dict[tuple[str, str], Outcome]:
    """Return what happens to each package, by name and architecture."""
    if answer.state is None:
        return {}
    universe = answer.state.universe

    def text(version: int) -> str:
        found = universe.version_string(version) if version >= 0 else b""
        return found.decode("utf-8", "surrogateescape")

    return {
        (
            universe.name(change.package).decode("utf-8", "surrogateescape"),
            universe.architecture(change.package).decode("ascii", "replace"),
        ): (change.action, text(change.new), text(change.old), change.automatic)
        for change in answer.changes
    }


def _deciding_rules(
    world: World, request: Request, found: Comparison, first: Profile, second: Profile
) -> list[str]:
    """Return a set of rules that turns the first plan into the second, none of which can go."""
    differing = [name for name in RULES if (name in first.rules) != (name in second.rules)]
    wanted = (found.second.verdict, outcomes(found.second))

    def is_enough(rules: list[str]) -> bool:
        changed = {*first.rules} ^ {*rules}
        answer = predict(
            world,
            request,
            solver_version=found.second.solver_version,
            profile=Profile(*(name for name in RULES if name in changed)),
        )
        return (answer.verdict, outcomes(answer)) == wanted

    kept = differing
    for name in differing:
        fewer = [other for other in kept if other != name]
        if is_enough(fewer):
            kept = fewer
    return kept
