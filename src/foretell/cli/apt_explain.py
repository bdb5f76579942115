"""Whose decision is an answer, why that solver's, and what led to it: what ``--explain`` says?"""

from __future__ import annotations

from foretell.apt.system.state import CLASSIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer

__all__ = ["explanation", "solver_title"]

ASKED_MAX = 200  # changes whose reasons are asked whether they are enough
_NAMED_MAX = 8


def explanation(answer: Answer) -> str:
    """Return lines that say which solver decided, why that one, and the reasons of a plan."""
    name, why, _ = answer.choice
    text = f"Solver: {solver_title(name)} of apt {answer.solver_version}: {why}\n"
    if answer.verdict != "unknown" and answer.solver != name:
        text += f"It fails; then apt asks {solver_title(answer.solver)}, whose answer this is\n"
    return text + _reasons(answer) + _not_enough(answer) if answer.verdict == "ok" else text


def _reasons(answer: Answer) -> str:
    """Return the reasons of a plan that works, in words; failures are told with theirs."""
    from foretell.cli.apt_shown import shown_text
    from foretell.model.reason import reasons_as_json
    from foretell.render.apt_reasons import render_reasons

    assert answer.state is not None
    reasons = reasons_as_json(answer.prediction.reasons)["reasons"]
    native = shown_text(answer.state.universe.native)
    return f"Why:\n{render_reasons(reasons, native=native)}"  # type: ignore[arg-type]


def _not_enough(answer: Answer) -> str:
    """Return which changes have reasons that do not lead to them by themselves."""
    from foretell.apt.cases.enough import not_enough

    assert answer.state is not None
    universe = answer.state.universe
    names = [universe.full_name(it.package) for it in not_enough(answer, ASKED_MAX)]
    shown = ", ".join(names[:_NAMED_MAX])
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    text = ""
    if names:
        text = f"Reasons alone do not lead to {shown}{more}: --why says what else took part.\n"
    if len(answer.changes) > ASKED_MAX:
        text += (
            f"Whether they are enough was asked of {ASKED_MAX} of {len(answer.changes)} changes.\n"
        )
    return text


def solver_title(name: str) -> str:
    """Return what a solver is called in a sentence.

    >>> solver_title("internal"), solver_title("3.1")
    ('the classic solver (internal)', 'solver 3.1')
    """
    return f"the classic solver ({CLASSIC})" if name == CLASSIC else f"solver {name}"
