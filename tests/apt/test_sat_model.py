"""Does the model of the rules notice a state that breaks one, and an explanation that lies?"""

from __future__ import annotations

import copy
import json

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.cli.apt_screen import plan_json
from tests.apt.reason_checks import Proof, broken_steps
from tests.apt.sat_model import RULES, Key, Model, Question, System, compare, parse_stanzas
from tests.apt.world_lab import installed, package, world_of

ANYTHING = Question()
UPGRADE = Question(is_upgrade=True)
SAFE = Question(is_upgrade=True, allow_remove=False)
PLAIN = Question(is_upgrade=True, allow_remove=False, allow_new=False)
# Rule -> list, status, automatic, question, a state that obeys it, and one that does not.
BREACHES = {
    "depends": (
        package("a", Depends="b (>= 2) | c") + package("b") + package("c"),
        "",
        Question(wanted={"a": None}),
        "a=1 c=1",
        "a=1 b=1",
    ),
    "conflicts": (
        package("a", Breaks="v (<< 2)") + package("b", Provides="v (= 1)"),
        installed("b", Provides="v (= 1)"),
        Question(wanted={"a": None}, remove_manual=True),
        "a=1",
        "a=1 b=1",
    ),
    "candidate-only": (
        package("a", "2") + package("a", "1"),
        "",
        ANYTHING,
        "a=2",
        "a=1",
    ),
    "install": (package("a", "2") + package("a"), "", Question(wanted={"a": "1"}), "a=1", ""),
    "remove": ("", installed("a"), Question(removed=frozenset("a")), "", "a=1"),
    "held": (
        package("a", "2"),
        installed("a", Status="hold ok installed"),
        UPGRADE,
        "a=1",
        "a=2",
    ),
    "manual-stays": (package("a", "2"), installed("a"), ANYTHING, "a=2", ""),
    "vital-stays": (
        package("a", "2"),
        installed("a", Protected="yes"),
        Question(remove_manual=True),
        "a=2",
        "",
    ),
    "no-removals": (package("a", "2"), installed("a"), SAFE, "a=2", ""),
    "no-new": (package("a"), "", PLAIN, "", "a=1"),
    "essential-missing": (package("a", Essential="yes"), "", UPGRADE, "a=1", ""),
    "recommends-kept": (
        package("a", "2", Recommends="b"),
        installed("a", Recommends="b") + installed("b"),
        Question(is_upgrade=True, remove_manual=True),
        "a=2 b=1",
        "a=2",
    ),
    "recommends-new": (
        package("a", "2", Recommends="b") + package("b"),
        installed("a"),
        PLAIN._replace(allow_new=True),
        "a=1",
        "a=2",
    ),
}


def state_of(text):
    return {key.name: key for key in (Key(*word.split("=")) for word in text.split())}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "one-version"])
def test_breach_of_a_rule_is_noticed(rule):
    packages, status, question, good, bad = BREACHES[rule]
    system = System([(500, parse_stanzas(packages))], parse_stanzas(status))
    also = [key for text in (good, bad) for key in state_of(text).values()]
    model = Model(system, question, also=also)
    assert model.violated(state_of(good)) == []
    assert [text.partition(":")[0] for text in model.violated(state_of(bad))] == [rule]
    assert model.solve() is not None


@pytest.mark.parametrize("field", ["Depends", "Pre-Depends", "Conflicts", "Breaks"])
def test_relation_that_does_not_hold_is_noticed(field):
    target = "b (>= 2)" if "Depends" in field else "b (<< 2)"
    system = System([(500, parse_stanzas(package("a", **{field: target}) + package("b")))], [])
    assert system.unmet(state_of("a=1 b=1"))
    assert not system.unmet(state_of("b=1"))


def test_only_one_version_of_a_package_is_there():
    system = System([(500, parse_stanzas(package("a", "2") + package("a")))], [])
    model = Model(system, Question(strict_pinning=False), also=system.stanzas)
    both = [[number] for number in model.number.values()]
    assert len(both) == 2
    assert model.solve() is not None
    assert model.solve(both) is None


@pytest.mark.parametrize(
    "words", ["1~rc 1 1-2 2 1:1", "0~~ 0~~a 0~ 0 0a 0aa 0+ 0.", "1-0~ 1-0 1-0a 1-1 1-1a"]
)
def test_versions_compare_as_in_policy(words):
    versions = words.split()
    for at, left in enumerate(versions):
        for to, right in enumerate(versions):
            assert (compare(left, right) > 0) - (compare(left, right) < 0) == (at > to) - (at < to)


# -- explanations ------------------------------------------------------------------------------

PACKAGES = (
    package("a", Depends="b, d | e") + package("b", Conflicts="c") + package("c") + package("e")
)


def reasons(*words, status=""):
    """Return the model's system, and foretell's reasons for the answer about ``words``."""
    system = System([(500, parse_stanzas(PACKAGES))], parse_stanzas(status))
    answer = predict(world_of(PACKAGES, status), Request("install", list(words)))
    return system, json.loads(plan_json(answer))["reasons"]


def test_steps_that_do_not_stand_there_are_noticed():
    system, told = reasons("a")
    final = state_of("a=1 b=1 e=1")
    assert broken_steps(system, final, told) == []
    lies = [
        {"text": "b (>= 1)"},
        {"relation": "Recommends"},
        {"from": "e:amd64"},
        {"package": "c:amd64"},
    ]
    at = next(at for at, node in enumerate(told) if node["fields"].get("text") == "b")
    for lie in lies:
        other = copy.deepcopy(told)
        other[at]["fields"] |= lie
        assert broken_steps(system, final, other)
    other = copy.deepcopy(told)
    other[at]["parents"] = []
    assert broken_steps(system, final, other)


def test_refusals_that_leave_out_a_relation_are_noticed():
    system, told = reasons("a", "c")
    question = Question(wanted={"a": None, "c": None})
    assert Proof(system, question, told).is_contradiction()
    quoting = [at for at, node in enumerate(told) if node["fields"].get("targets")]
    assert len(quoting) == 2
    for at in quoting:
        rest = [node for number, node in enumerate(told) if number != at]
        assert not Proof(system, question, rest).is_contradiction()
    told[quoting[0]]["fields"]["targets"] = ["e", "", ""]
    assert Proof(system, question, told).unfounded


def test_choice_that_nothing_explains_is_a_guess():
    system, told = reasons("a", "c")
    question = Question(wanted={"c": None})
    assert Proof(system, question, told).guesses
