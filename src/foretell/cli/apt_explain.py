"""Whose decision is an answer, and why is it that solver's: the text of ``--explain``?"""

from __future__ import annotations

from foretell.apt.state import CLASSIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.predict import Answer

__all__ = ["explanation", "solver_title"]


def explanation(answer: Answer) -> str:
    """Return lines that say which solver decided, and why that one."""
    name, why, _ = answer.choice
    text = f"Solver: {solver_title(name)} of apt {answer.solver_version}: {why}\n"
    if answer.verdict != "unknown" and answer.solver != name:
        text += f"It fails; then apt asks {solver_title(answer.solver)}, whose answer this is\n"
    return text


def solver_title(name: str) -> str:
    """Return what a solver is called in a sentence.

    >>> solver_title("internal"), solver_title("3.1")
    ('the classic solver (internal)', 'solver 3.1')
    """
    return f"the classic solver ({CLASSIC})" if name == CLASSIC else f"solver {name}"
