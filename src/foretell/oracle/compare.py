"""Do two sides give the same answers, and if not, in what do they differ?

Answers are compared exactly.  A difference is of the first kind that applies: ``unknown`` (one
side does not say), ``success``, ``set`` (other packages come, go or change), ``versions`` (same
packages, other versions or actions) and ``marks`` (automatic marks or what is autoremovable).

When both sides say that a request cannot be fulfilled they agree; whether for the same reason is
counted apart, see `Failure`.
"""

from __future__ import annotations

from dataclasses import dataclass

from foretell.oracle.failure import Conflict, find_complaint, parse_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from foretell.oracle.answer import Answer, Request

    Side = Callable[[Request], Answer]

__all__ = [
    "KINDS",
    "Difference",
    "Failure",
    "Tally",
    "compare_all",
    "compare_answers",
    "compare_failures",
]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What each side says contradicts each other in a request that both refuse.

    A conflict is None for a side that names none; ``complaints`` are the classic solver's
    sentences, ours and theirs, empty for another solver.
    """

    request: Request
    ours: Conflict | None
    theirs: Conflict | None
    complaints: tuple[str, str] = ("", "")

    @property
    def has_same_pair(self) -> bool:
        """Whether both name the same two assignments, and complain alike."""
        if len(set(self.complaints)) > 1 or None in {self.ours, self.theirs}:
            return self.has_same_text
        assert self.ours is not None is not self.theirs
        return self.ours.pair == self.theirs.pair

    @property
    def has_same_text(self) -> bool:
        """Whether both tell the same of it, line by line."""
        return len(set(self.complaints)) == 1 and self.ours == self.theirs

    def lines(self) -> list[str]:
        """Return how the two sides part: the pairs, or the first line that differs."""
        found = []
        if len(set(self.complaints)) > 1:
            mine, real = self.complaints
            found = [f"ours: {mine or 'no complaint'}", f"theirs: {real or 'no complaint'}"]
        elif not self.has_same_pair:
            for title, conflict in (("ours", self.ours), ("theirs", self.theirs)):
                pair = ["no conflict"] if conflict is None else map(str, conflict.pair)
                found += [f"{title}: {text}" for text in pair]
        elif not self.has_same_text:
            assert self.ours is not None is not self.theirs
            ours, theirs = (*self.ours.lines, "(end)"), (*self.theirs.lines, "(end)")
            at = next(at for at, line in enumerate(ours) if line != theirs[at])
            found = [f"ours: {ours[at].strip()}", f"theirs: {theirs[at].strip()}"]
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

    Why a request failed is no part of it: see `compare_failures`.
    """
    kind = _kind(ours, theirs)
    if kind is None:
        return None
    return Difference(request=request, kind=kind, ours=ours, theirs=theirs)


def compare_failures(request: Request, ours: Answer, theirs: Answer) -> Failure | None:
    """Return why both sides refuse a request; None unless both do and one of them says why.

    Errors about words, such as a package that nobody has, name none.
    """
    if not ours.verdict == theirs.verdict == "failed":
        return None
    conflicts = parse_failure(ours.error), parse_failure(theirs.error)
    complaints = find_complaint(ours.error), find_complaint(theirs.error)
    if conflicts == (None, None) and complaints == ("", ""):
        return None
    mine, real = conflicts
    return Failure(request=request, ours=mine, theirs=real, complaints=complaints)


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
    """How many requests were compared and agreed; timeouts are counted apart.

    Of the agreed ones, ``failures`` are those that failed with a conflict on some side, ``refused``
    counts those that failed without any on either.
    """

    def __init__(self) -> None:
        self.agreed = 0
        self.compared = 0
        self.timeouts: list[Request] = []
        self.differences: list[Difference] = []
        self.failures: list[Failure] = []
        self.refused = 0

    @property
    def same_pairs(self) -> int:
        """The number of failures in which both sides name the same pair of assignments."""
        return sum(failure.has_same_pair for failure in self.failures)

    @property
    def same_texts(self) -> int:
        """The number of failures that both sides tell line by line alike."""
        return sum(failure.has_same_text for failure in self.failures)

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
            failure = compare_failures(request, mine, real)
            if failure is not None:
                tally.failures.append(failure)
            elif mine.verdict == "failed":
                tally.refused += 1
        else:
            tally.differences.append(difference)
        yield request, difference
