"""Does a prediction keep to its closed set of verdicts?"""

from __future__ import annotations

import json

import pytest

from foretell.model import UNKNOWN, Action, Plan, Prediction, Reason, Step, verdicts

VERDICTS = verdicts("ok", "unsatisfiable")


def test_verdicts_always_hold_unknown():
    assert verdicts() == {UNKNOWN}
    assert UNKNOWN in VERDICTS


def test_prediction_refuses_a_verdict_outside_the_set():
    with pytest.raises(ValueError, match="'maybe' is not one of"):
        Prediction("maybe", among=VERDICTS)


def test_prediction_refuses_a_set_without_unknown():
    with pytest.raises(ValueError, match="member of every set"):
        Prediction("ok", among=frozenset({"ok"}))


def test_unknown_prediction_needs_a_reason():
    with pytest.raises(ValueError, match="missing rule"):
        Prediction(UNKNOWN, among=VERDICTS)
    reason = Reason("not-modelled", {"rule": "phased updates"})
    assert Prediction(UNKNOWN, among=VERDICTS, reasons=[reason]).reasons == (reason,)


def test_prediction_as_json_is_plain():
    step = Step(Action("install"), Action("remove"))
    prediction = Prediction(
        "ok",
        among=VERDICTS,
        reasons=[Reason("requested")],
        plan=Plan([step]),
        inputs={"request": ("git",), "recommends": True},
    )
    plain = prediction.as_json()
    assert json.loads(json.dumps(plain)) == plain
    assert plain == {
        "verdict": "ok",
        "inputs": {"request": ["git"], "recommends": True},
        "plan": {"steps": [step.as_json()]},
        "conclusions": [1],
        "reasons": [
            {"number": 1, "kind": "requested", "fields": {}, "parents": [], "evidence": []}
        ],
    }


def test_prediction_without_a_plan_has_an_empty_one():
    assert Prediction("ok", among=VERDICTS).plan == Plan()
