"""Can every step of a plan be taken back, or does it say that it cannot?"""

from __future__ import annotations

import pytest

from foretell.model import Action, CannotUndo, Plan, Step

INSTALL = Step(Action("install", {"package": "git"}), Action("remove", {"package": "git"}))
CONFIGURE = Step(Action("configure"), Action("unconfigure"))
PURGE = Step(Action("purge", {"package": "nano"}), CannotUndo("its configuration files are gone"))


def test_plan_inverse_is_last_step_first():
    inverse = Plan([INSTALL, CONFIGURE]).inverse()
    assert [step.do.kind for step in inverse.steps] == ["unconfigure", "remove"]
    assert inverse.inverse() == Plan([INSTALL, CONFIGURE])


def test_plan_inverse_refuses_what_cannot_be_undone():
    with pytest.raises(ValueError, match="purge cannot be undone: its configuration files"):
        Plan([INSTALL, PURGE]).inverse()


def test_cannot_undo_says_why():
    with pytest.raises(ValueError, match="says why"):
        CannotUndo("")


def test_plan_as_json():
    assert Plan([INSTALL, PURGE]).as_json() == {
        "steps": [
            {
                "do": {"kind": "install", "fields": {"package": "git"}},
                "undo": {"kind": "remove", "fields": {"package": "git"}},
            },
            {
                "do": {"kind": "purge", "fields": {"package": "nano"}},
                "undo": {"cannot-undo": "its configuration files are gone"},
            },
        ]
    }
