"""Does the JSON of a plan keep to its schema?"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.render.apt import ACTIONS, Change
from foretell.render.apt_json import SCHEMA, VERDICTS, render_plan

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/reference/schemas/foretell.apt.plan-1.schema.json").read_text())
)
TEXT = st.text(min_size=1)


@st.composite
def changes(draw):
    action = draw(st.sampled_from(ACTIONS))
    return Change(
        draw(TEXT),
        draw(st.sampled_from(["amd64", "i386"])),
        action,
        version=None if action in {"remove", "purge"} else draw(TEXT),
        previous=None if action == "install" else draw(TEXT),
        automatic=draw(st.booleans()),
    )


@given(st.lists(changes()), st.lists(st.tuples(TEXT, TEXT)))
def test_any_plan_is_valid_and_repeatable(plan, autoremovable):
    text = render_plan("ok", changes=plan, autoremovable=autoremovable)
    VALIDATOR.validate(json.loads(text))
    assert text == render_plan("ok", changes=plan, autoremovable=list(reversed(autoremovable)))


def test_schema_itself_is_sound():
    VALIDATOR.check_schema(VALIDATOR.schema)


def test_a_plan_is_written_in_full():
    text = render_plan(
        "ok",
        changes=[
            Change("b", "amd64", "remove", previous="1"),
            Change("a", "all", "install", version="2", automatic=True),
        ],
        autoremovable=[("d", "amd64"), ("c", "amd64")],
        reasons=[{"kind": "requested-by-user", "package": "a"}],
    )
    assert json.loads(text) == {
        "schema": "foretell.apt.plan/1",
        "verdict": "ok",
        "changes": [
            {
                "package": "a",
                "architecture": "all",
                "action": "install",
                "version": "2",
                "from": None,
                "automatic": True,
            },
            {
                "package": "b",
                "architecture": "amd64",
                "action": "remove",
                "version": None,
                "from": "1",
                "automatic": False,
            },
        ],
        "autoremovable": [
            {"package": "c", "architecture": "amd64"},
            {"package": "d", "architecture": "amd64"},
        ],
        "reasons": [{"kind": "requested-by-user", "package": "a"}],
    }


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_valid(verdict):
    plan = json.loads(render_plan(verdict))
    assert (plan["schema"], plan["verdict"]) == (SCHEMA, verdict)
    VALIDATOR.validate(plan)


@pytest.mark.parametrize(
    "broken",
    [
        {"verdict": "maybe"},
        {"schema": "foretell.apt.plan/2"},
        {"changes": [{"package": "a"}]},
        {"reasons": [{"kind": "Not Kebab"}]},
        {"reasons": ["text"]},
    ],
)
def test_schema_refuses_what_is_not_a_plan(broken):
    plan = {**json.loads(render_plan("ok")), **broken}
    assert not VALIDATOR.is_valid(plan)


def test_schema_refuses_changes_of_a_plan_that_does_not_work():
    text = render_plan("ok", changes=[Change("b", "amd64", "remove", previous="1")])
    plan = json.loads(text)
    assert VALIDATOR.is_valid(plan)
    assert not VALIDATOR.is_valid({**plan, "verdict": "unsatisfiable"})
    assert not VALIDATOR.is_valid({**plan, "changes": [{**plan["changes"][0], "version": "1"}]})
