"""Whose decision is an answer, why that solver's, and what led to it: what ``--explain`` says?"""

from __future__ import annotations

from foretell.apt.system.state import CLASSIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer

__all__ = ["explanation", "solver_title"]


def explanation(answer: Answer) -> str:
    """Return lines that say which solver decided, why that one, and the reasons of a plan."""
    name, why, _ = answer.choice
    text = f"Solver: {solver_title(name)} of apt {answer.solver_version}: {why}\n"
    if answer.verdict != "unknown" and answer.solver != name:
        text += f"It fails; then apt asks {solver_title(answer.solver)}, whose answer this is\n"
    return text + _reasons(answer) if answer.verdict == "ok" else text


def _reasons(answer: Answer) -> str:
    """Return the reasons of a plan that works, in words; failures are told with theirs."""
    from foretell.cli.apt_shown import shown_text
    from foretell.model.reason import reasons_as_json
    from foretell.render.apt_reasons import render_reasons

    assert answer.state is not None
    reasons = reasons_as_json(answer.prediction.reasons)["reasons"]
    native = shown_text(answer.state.universe.native)
    return f"Why:\n{render_reasons(reasons, native=native)}"  # type: ignore[arg-type]


def solver_title(name: str) -> str:
    """Return what a solver is called in a sentence.

    >>> solver_title("internal"), solver_title("3.1")
    ('the classic solver (internal)', 'solver 3.1')
    """
    return f"the classic solver ({CLASSIC})" if name == CLASSIC else f"solver {name}"
