"""How is shown what ``foretell apt check`` found: differences, counts and tables?"""

from __future__ import annotations

import os
import shlex
import sys

from foretell.apt.system.solver_name import CLASSIC, is_choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from foretell.oracle.answer import Request
    from foretell.oracle.compare import Difference, Failure, Tally
    from foretell.oracle.deviations import Deviation

__all__ = [
    "difference_document",
    "difference_lines",
    "failure_lines",
    "failures_document",
    "failures_line",
    "find_deviation",
    "oracle_name",
    "percent",
    "read_known",
    "request_document",
    "show_progress",
    "table",
]

PROGRESS_EVERY = 10


def read_known(path: str | None) -> list[Deviation]:
    """Return the known deviations: of a file, or of the project's corpus if it is there."""
    from foretell.oracle.deviations import read_deviations

    if path is None:
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(here, "../../../corpus/apt/known-deviations.toml")
        if not os.path.exists(path):  # installed without the project's corpus
            return []
    return read_deviations(path)


def oracle_name(version: str, options: Iterable[str]) -> str:
    """Return how rows of deviations name what is asked with these options.

    >>> oracle_name("3.0.3", []), oracle_name("3.0.3", ["APT::Solver=internal"])
    ('3.0.3', '3.0.3 internal')
    """
    chosen = [option.partition("=")[2] for option in options if is_choice(option)]
    return f"{version} {CLASSIC}" if chosen[-1:] == [CLASSIC] else version


def find_deviation(
    known: Iterable[Deviation], version: str, request: Request, root: str
) -> Deviation | None:
    """Return the row about a request; ``root`` is the name of a root, or "" for a folder."""
    subjects = (str(request), f"{root}: {request}")
    for row in known:
        if any(row.is_about(f"apt {version}", subject) for subject in subjects):
            return row
    return None


def show_progress(tally: Tally | None, title: str = "") -> None:
    """Show the count on a terminal, now and then; None wipes it."""
    if not sys.stderr.isatty() or (tally is not None and tally.compared % PROGRESS_EVERY):
        return
    text = "" if tally is None else f"{title}{': ' if title else ''}{tally.summary()}"
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


def difference_lines(
    difference: Difference, known: Deviation | None, command: Sequence[str]
) -> list[str]:
    """Return what a person needs to know of a difference.

    ``command`` is the check without the request; with it the difference can be seen again.
    """
    request = difference.request
    lines = [f"differs ({difference.kind}): {request}"]
    lines += [f"  {line}" for line in difference.lines()]
    if known is not None:
        return [*lines, f"  known: {known.id}: {known.why}"]
    words = [*command]
    for name, values in (("-o", request.options), ("--mark", request.marks)):
        words += [word for value in values for word in (name, value)]
    words += ["--trace", "--", request.verb, *request.words]
    return [*lines, f"  where they part: {shlex.join(words)}"]


def request_document(request: Request) -> dict[str, object]:
    """Return a request as JSON has it."""
    found: dict[str, object] = {"verb": request.verb, "words": list(request.words)}
    if request.options:
        found["options"] = list(request.options)
    if request.marks:
        found["marks"] = list(request.marks)
    return found


def difference_document(difference: Difference, known: Deviation | None) -> dict[str, object]:
    """Return a difference as JSON has it."""
    return {
        **request_document(difference.request),
        "kind": difference.kind,
        "known": known.id if known else None,
        "facts": difference.lines(),
    }


def failures_line(tally: Tally) -> str:
    """Return how many failures have the same reason on both sides."""
    count, pairs = len(tally.failures), tally.same_pairs
    line = (
        f"failures: {count}, same pair {pairs} ({percent(pairs, count)} %), "
        f"same text {tally.same_texts}"
    )
    return f"{line}; {tally.refused} without a conflict" if tally.refused else line


def failure_lines(failure: Failure) -> list[str]:
    """Return what a person needs to know of a failure for which the sides give other reasons."""
    what = "text" if failure.has_same_pair else "pair"
    return [
        f"fails for another reason ({what}): {failure.request}",
        *(f"  {line}" for line in failure.lines()),
    ]


def failures_document(tally: Tally) -> dict[str, object]:
    """Return the failures of both sides as JSON has them; those with the same text only count."""
    return {
        "compared": len(tally.failures),
        "same-pair": tally.same_pairs,
        "same-text": tally.same_texts,
        "without-conflict": tally.refused,
        "other": [
            {
                **request_document(failure.request),
                "kind": "text" if failure.has_same_pair else "pair",
                "facts": failure.lines(),
            }
            for failure in tally.failures
            if not failure.has_same_text
        ],
    }


def percent(part: int, whole: int) -> str:
    """Return a percentage with two digits, rounded down: only all is 100.

    >>> percent(9999, 10000), percent(99999, 100000), percent(0, 0)
    ('99.99', '99.99', '-')
    """
    if not whole:
        return "-"
    hundredths = part * 10000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02}"


def table(rows: Sequence[Sequence[str]], *, left: int) -> list[str]:
    """Return the lines of a table; the first ``left`` columns are text, the others numbers.

    >>> table([("name", "n"), ("a", "12")], left=1)
    ['name   n', 'a     12']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
