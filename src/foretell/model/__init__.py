"""Which nouns do all domains share?

A `Prediction` has a verdict, the `Reason`s for it and the `Plan` that would carry it out; a
reason rests on `Evidence` or on other reasons.  Domains add reason kinds and action kinds,
never a new shape.  Every noun is immutable and has ``as_json()``: a dict of plain values.
"""

from __future__ import annotations

from foretell.model.evidence import Evidence
from foretell.model.plan import Action, CannotUndo, Plan, Step
from foretell.model.prediction import UNKNOWN, Prediction, verdicts
from foretell.model.reason import Reason, number_reasons

__all__ = [
    "UNKNOWN",
    "Action",
    "CannotUndo",
    "Evidence",
    "Plan",
    "Prediction",
    "Reason",
    "Step",
    "number_reasons",
    "verdicts",
]
