"""Do answers about small random systems keep to an independent model of the rules?

The model is `tests.apt.sat_model`; what may be drawn says `tests.strategies.cases`.  A search of
hours is ``FORETELL_HYPOTHESIS=deep pytest tests/apt/test_properties.py``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.apt.solver3 import seed
from foretell.apt.solver3.solver import Solver
from foretell.apt.system.profiles import SOLVER_VERSIONS
from foretell.cli.apt_screen import plan_json
from tests.apt.reason_checks import Proof, broken_steps, chain_ends, quoted_only
from tests.apt.sat_model import Key, Model, Question, System, parse_stanzas
from tests.apt.world_lab import package, world_of
from tests.strategies.cases import Drawn, questions, text_of

if TYPE_CHECKING:
    from foretell.apt.solver3.solver import Item

HERE = os.path.dirname(os.path.abspath(__file__))
# What is rarely drawn: verb, removed, list, installed, automatic.
RARE = [
    ("upgrade", [], [{"a": "2", "Depends": "b"}, {"b": "1"}], [{"a": "1"}], []),
    ("upgrade", [], [{"a": "2", "Recommends": "b"}, {"b": "1"}], [{"a": "1"}], []),
    ("remove", ["b"], [{"c": "1", "Provides": "b"}], [{"a": "1", "Depends": "b"}, {"b": "1"}], "a"),
]
seldom = settings(max_examples=settings().max_examples // 2)
_PLACE = re.compile(r"case#lists/(\d+):@(\d+)\+(\d+)")


def ask(drawn: Drawn) -> dict[str, Any]:
    """Return foretell's JSON, read again."""
    plan: dict[str, Any] = json.loads(plan_json(drawn.answer()))
    return plan


def final_state(drawn: Drawn, plan: dict[str, Any]) -> dict[str, Key]:
    """Return what is there after a plan, from its JSON alone."""
    found = dict(drawn.system().installed)
    for change in plan["changes"]:
        name = change["package"]
        if change["version"] is None:
            del found[name]
        else:
            found[name] = Key(name, change["version"])
    return found


# -- verdicts ----------------------------------------------------------------------------------


class CountingSolver(Solver):
    """The same search, but the size of a work item is counted when it is taken.

    apt 3.0.3 counts it when it is queued; an item that an undone choice queues again is counted
    while some of its alternatives are still ruled out, and is then decided as if it had no
    others.  So apt refuses some requests that could be fulfilled; this solver does not.
    """

    __slots__ = ()

    def _pop(self) -> Item:
        urgency, _, depth, clause = super()._pop()
        size = sum(self.value[alternative] != 2 for alternative in clause[1])
        return (urgency, size, depth, clause)


def check_plan(drawn: Drawn) -> str:
    """Ask, and compare a plan with the model; return the verdict."""
    plan = ask(drawn)
    assert plan["verdict"] != "unknown"
    if plan["verdict"] == "ok":
        final = final_state(drawn, plan)
        system = drawn.system()
        assert system.unmet(final) == []
        assert Model(system, drawn.question(), also=final.values()).violated(final) == []
    return str(plan["verdict"])


@given(questions())
def test_plan_obeys_every_rule(drawn):
    event(check_plan(drawn))


def stanza_of(row: dict[str, str], **fields: str) -> dict[str, str]:
    """Return a stanza of a row whose first item is name and version."""
    (name, version), *rest = row.items()
    return {"Package": name, "Version": version, "Architecture": "amd64", **dict(rest), **fields}


@pytest.mark.parametrize(("verb", "removed", "offered", "here", "automatic"), RARE)
def test_plan_obeys_rules_that_rarely_count(verb, removed, offered, here, automatic):
    drawn = Drawn()
    drawn.verb, drawn.removed, drawn.automatic = verb, removed, list(automatic)
    drawn.lists = [[stanza_of(row, Size="1") for row in offered]]
    drawn.status = [stanza_of(row, Status="install ok installed") for row in here]
    assert check_plan(drawn) == "ok"


@given(questions())
def test_refusal_means_that_nothing_is_allowed(drawn):
    if ask(drawn)["verdict"] != "unsatisfiable":
        return
    if Model(drawn.system(), drawn.question()).solve() is None:
        event("nothing is allowed")
        return
    event("sizes that are not counted again")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seed, "Solver", CountingSolver)
        assert ask(drawn)["verdict"] == "ok"


# `u` and `v` need nothing, but the first alternatives lead to what does not exist.
HALF_UNDONE = (
    package("a", Depends="b | u, c | v")
    + package("b", Depends="d")
    + package("c", Depends="e")
    + package("d", Depends="e | f")
    + package("e", Depends="missing")
    + package("f", Depends="missing")
    + package("u")
    + package("v")
)


def test_choices_that_are_half_undone_are_refused_as_apt_does(monkeypatch):
    system = System([(500, parse_stanzas(HALF_UNDONE))], [])
    found = Model(system, Question(wanted={"a": None})).solve()
    assert found is not None
    assert found.keys() == {"a", "u", "v"}
    request = Request("install", ["a"])
    assert predict(world_of(HALF_UNDONE), request).verdict == "unsatisfiable"  # as libapt 3.0.3
    monkeypatch.setattr(seed, "Solver", CountingSolver)
    assert predict(world_of(HALF_UNDONE), request).verdict == "ok"


# -- what must not matter ----------------------------------------------------------------------


def decorated(drawn: Drawn, word: str) -> Drawn:
    """Return the same question with fields that decide nothing."""
    other = drawn.copy()
    for stanzas in (*other.lists, other.status):
        for stanza in stanzas:
            stanza |= {"Maintainer": word, "Homepage": word, "Description": f"{word}, {word}"}
    return other


@seldom
@given(questions(), st.sampled_from(["Depends: aa", "Essential: yes", "v1 | aa"]))
def test_same_facts_give_the_same_bytes(drawn, word):
    first = plan_json(decorated(drawn, word).answer())
    assert plan_json(decorated(drawn, word).answer()) == first
    assert plan_json(decorated(drawn, word[::-1]).answer()) == first


def located(drawn: Drawn, plan: dict[str, Any]) -> dict[str, Any]:
    """Return a plan with the stanzas themselves in the place of where they stand."""
    texts = [text_of(stanzas).encode() for stanzas in drawn.lists]
    for reason in [*plan["reasons"], *plan.get("surprises", [])]:
        for fact in reason["evidence"]:
            place = _PLACE.fullmatch(fact["place"])
            if place:
                number, offset, length = map(int, place.groups())
                fact["place"] = texts[number][offset : offset + length].decode().strip()
    return plan


@st.composite
def strangers(draw: st.DrawFn) -> list[tuple[int, dict[str, str]]]:
    """Draw stanzas that only know each other, each with the place where it is put in."""
    names = ["z", "zz-long-name", "a-first"][: draw(st.integers(1, 3))]
    found = []
    for name in names:
        stanza = {"Package": name, "Version": draw(st.sampled_from(["1", "2"]))}
        stanza |= {"Architecture": "amd64", "Source": "stranger", "Provides": "stranger"}
        for field in draw(st.lists(st.sampled_from(["Depends", "Conflicts", "Recommends"]))):
            stanza[field] = draw(st.sampled_from([*names, "stranger", "nobody"]))
        stanza |= {"Priority": draw(st.sampled_from(["required", "optional"])), "Size": "1"}
        found.append((draw(st.integers(0, 30)), stanza))
    return found


@given(questions(), strangers(), st.booleans())
def test_irrelevant_packages_change_nothing(drawn, stanzas, is_installed):
    """One that is installed by hand included; an automatic one can decide ties, in apt as well."""
    other = drawn.copy()
    if is_installed:
        fields = {"Status": "install ok installed", "Version": "1", "Architecture": "amd64"}
        other.status.insert(len(stanzas), {"Package": "local", **fields})
    for at, stanza in stanzas:
        part = other.lists[at % len(other.lists)]
        part.insert(min(at, len(part)), stanza)
    assert located(other, ask(other)) == located(drawn, ask(drawn))


def test_order_of_python_s_sets_changes_nothing():
    script = (
        "import hashlib\n"
        "from tests.oracle.universe import Universe\n"
        "from foretell.apt.cases.case import make_world\n"
        "from foretell.apt.answers.predict import predict\n"
        "from foretell.cli.apt_screen import plan_json\n"
        "from foretell.cli.apt_sides import plain_request\n"
        "digest = hashlib.sha256()\n"
        "for number in range(30):\n"
        "    universe = Universe(number)\n"
        "    for request in universe.requests()[:6]:\n"
        "        world = make_world(universe.case, 'case')\n"
        "        try:\n"
        "            text = plan_json(predict(world, plain_request(request, world)))\n"
        "        except Exception as error:\n"
        "            text = str(error)\n"
        "        digest.update(text.encode())\n"
        "print(digest.hexdigest())\n"
    )
    path = os.pathsep.join([os.path.join(HERE, "../.."), *filter(None, sys.path)])
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": path, "PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "20261123")
    }
    assert len(digests) == 1


# -- explanations ------------------------------------------------------------------------------


@given(questions())
def test_every_step_of_a_reason_is_a_relation_that_stands_there(drawn):
    plan = ask(drawn)
    if plan["verdict"] != "ok" or drawn.verb == "autoremove":
        return
    final = final_state(drawn, plan)
    assert broken_steps(drawn.system(), final, plan["reasons"]) == []
    ends = chain_ends(plan["reasons"])
    assert {change["package"] for change in plan["changes"]} <= ends.keys()
    for end in ends.values():
        name = end["fields"]["package"].partition(":")[0]
        assert (end["kind"] == "requested") == (name in {*drawn.wanted, *drawn.removed})


@given(questions())
def test_what_a_refusal_quotes_suffices_for_it(drawn):
    plan = ask(drawn)
    if plan["verdict"] != "unsatisfiable":
        return
    proof = Proof(drawn.system(), drawn.question(), plan["reasons"])
    assert proof.unfounded == []
    event("a choice that was undone is quoted" if proof.guesses else "complete")
    assert proof.is_contradiction() or proof.guesses


@given(questions(), st.sampled_from(SOLVER_VERSIONS))
def test_what_a_refusal_quotes_suffices_to_predict_it(drawn, version):
    plan = json.loads(plan_json(drawn.answer(version=version)))
    if plan["verdict"] != "unsatisfiable":
        return
    reasons = plan["reasons"]
    proof = Proof(drawn.system(), drawn.question(), reasons)
    assert proof.unfounded == []
    if proof.guesses:  # apt tells nothing of the branches that it left
        event("a choice that was undone is quoted")
        return
    rest = drawn.copy()
    rest.lists = [[quoted_only(stanza, reasons) for stanza in part] for part in drawn.lists]
    rest.status = [quoted_only(stanza, reasons) for stanza in drawn.status]
    assert rest.answer(version=version).verdict == "unsatisfiable"
    event(f"complete, {version}")
