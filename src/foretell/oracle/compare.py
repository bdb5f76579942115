"""Do two sides give the same answers, and if not, in what do they differ?

Answers are compared exactly.  A difference is of the first kind that applies: ``unknown`` (one
side does not say), ``success``, ``set`` (other packages come, go or change), ``versions`` (same
packages, other versions or actions) and ``marks`` (automatic marks or what is autoremovable).
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from foretell.oracle.answer import Answer, Request

    Side = Callable[[Request], Answer]

__all__ = ["KINDS", "Difference", "Tally", "compare_all", "compare_answers"]

KINDS = ("unknown", "success", "set", "versions", "marks")
LINES_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two answers to one request that are not the same, and the kind of difference."""

    request: Request
    kind: str
    ours: Answer
    theirs: Answer

    def lines(self) -> list[str]:
        """Return what only one side says, one fact a line, at most `LINES_MAX` a side."""
        ours, theirs = _facts(self.ours), _facts(self.theirs)
        if self.kind == "unknown":  # what the side that knows says is no difference
            ours, theirs = (
                facts if answer.verdict == "unknown" else set()
                for facts, answer in ((ours, self.ours), (theirs, self.theirs))
            )
        found: list[str] = []
        for title, facts in (("ours", ours - theirs), ("theirs", theirs - ours)):
            shown = sorted(facts)
            found += [f"only {title}: {fact}" for fact in shown[:LINES_MAX]]
            if len(shown) > LINES_MAX:
                found.append(f"only {title}: and {len(shown) - LINES_MAX} more")
        return found


def _facts(answer: Answer) -> set[str]:
    """Return what an answer says as lines of text."""
    if answer.verdict != "ok":
        return {": ".join(filter(None, (answer.verdict, answer.error.partition("\n")[0])))}
    facts = {"ok"}
    for package, architecture, action, version, previous, automatic in answer.changes:
        versions = " -> ".join(filter(None, (previous, version)))
        mark = "automatic" if automatic else "manual"
        facts.add(f"{action} {package}:{architecture} {versions} ({mark})")
    for package, architecture, automatic in answer.marks:
        facts.add(f"mark {package}:{architecture} {'automatic' if automatic else 'manual'}")
    facts.update(f"autoremovable {name}:{arch}" for name, arch in answer.autoremovable)
    return facts


def compare_answers(request: Request, ours: Answer, theirs: Answer) -> Difference | None:
    """Return how two answers differ, or None when they are the same.

    Why a request failed is not compared: that is explained, not decided.
    """
    kind = _kind(ours, theirs)
    if kind is None:
        return None
    return Difference(request=request, kind=kind, ours=ours, theirs=theirs)


def _kind(ours: Answer, theirs: Answer) -> str | None:
    if "unknown" in {ours.verdict, theirs.verdict}:
        return "unknown"
    if ours.verdict != theirs.verdict:
        return "success"
    if ours.verdict != "ok":
        return None
    if _packages(ours) != _packages(theirs):
        return "set"
    if [change[:5] for change in ours.changes] != [change[:5] for change in theirs.changes]:
        return "versions"
    if (ours.changes, ours.marks, ours.autoremovable) != (
        theirs.changes,
        theirs.marks,
        theirs.autoremovable,
    ):
        return "marks"
    return None


def _packages(answer: Answer) -> list[tuple[str, str, bool, bool]]:
    """Return which packages change, and whether they are there before and after."""
    return [
        (change.package, change.architecture, bool(change.previous), bool(change.version))
        for change in answer.changes
    ]


class Tally:
    """How many requests were compared and agreed; timeouts are counted apart."""

    def __init__(self) -> None:
        self.agreed = 0
        self.compared = 0
        self.timeouts: list[Request] = []
        self.differences: list[Difference] = []

    def by_kind(self) -> dict[str, int]:
        """Return the number of differences of each kind that occurs."""
        kinds = [difference.kind for difference in self.differences]
        return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}

    def summary(self) -> str:
        """Return the line that every check ends with."""
        return f"{self.agreed} agreed / {self.compared} compared"


def compare_all(
    requests: Iterable[Request], ours: Side, theirs: Side, tally: Tally
) -> Iterator[tuple[Request, Difference | None]]:
    """Ask both sides every request, keep count in ``tally`` and yield each comparison.

    A side that raises ``TimeoutError`` has not answered: the request is not compared.
    """
    for request in requests:
        try:
            real, mine = theirs(request), ours(request)
        except TimeoutError:
            tally.timeouts.append(request)
            continue
        difference = compare_answers(request, mine, real)
        tally.compared += 1
        if difference is None:
            tally.agreed += 1
        else:
            tally.differences.append(difference)
        yield request, difference
