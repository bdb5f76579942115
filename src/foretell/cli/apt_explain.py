"""Whose decision is an answer, and why each change: the text of ``--explain``?

What a failure's reasons say, apt says itself; they are not told twice.
"""

from __future__ import annotations

from foretell.apt.state import CLASSIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.predict import Answer
    from foretell.model.reason import Reason

__all__ = ["explanation", "solver_title"]


def explanation(answer: Answer) -> str:
    """Return lines that say which solver decided and why, and what each change follows from."""
    lines = list(_solver_lines(answer))
    if answer.verdict == "ok":
        lines += [f"  {line}" for line in map(_reason_line, answer.prediction.reasons) if line]
    return "".join(f"{line}\n" for line in lines)


def solver_title(name: str) -> str:
    """Return what a solver is called in a sentence.

    >>> solver_title("internal"), solver_title("3.1")
    ('the classic solver (internal)', 'solver 3.1')
    """
    return f"the classic solver ({CLASSIC})" if name == CLASSIC else f"solver {name}"


def _solver_lines(answer: Answer) -> Iterator[str]:
    name, why, _ = answer.choice
    yield f"Solver: {solver_title(name)} of apt {answer.solver_version}: {why}"
    if answer.verdict != "unknown" and answer.solver != name:
        yield f"It fails; then apt asks {solver_title(answer.solver)}, whose answer this is"


def _reason_line(reason: Reason) -> str:
    fields = reason.fields
    package = fields.get("package")
    if reason.kind == "requested":
        return f"{package}: the request names it"
    if reason.kind == "undone":
        return f"{package}: a choice failed, and this is what remained"
    relation = "{from} {relation} {text}".format_map(fields) if "from" in fields else ""
    if reason.kind == "relation":
        return f"{package}: {relation}"
    if reason.kind == "unneeded":
        return f"{package}: nothing needs it" + (f"; {relation} did" if relation else "")
    return ""
