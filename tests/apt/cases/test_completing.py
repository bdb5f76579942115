"""Is what else took part found, and nothing that did not?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.why_not import obstacle_of
from foretell.apt.cases.completing import what_else
from foretell.apt.cases.enough import OfChange, OfFailure
from foretell.apt.cases.reduced import Fact
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.cli.apt_explain_one import fact_row
from foretell.model.reason import Reason
from foretell.render.apt_reasons import fact_text
from tests.apt.cases.test_enough import reason_of
from tests.apt.world_lab import Lab, automatic, installed, package

PACKAGES = (
    package("a", Depends="m, aside")
    + package("m", Depends="n")
    + package("n", Conflicts="old", Suggests="aside")
    + package("aside", Recommends="far")
    + package("far")
)
STATUS = installed("old") + installed("kept", "1", Recommends="far")


@pytest.fixture(params=[SOLVER, CLASSIC])
def lab(tmp_path, request):
    lab = Lab(tmp_path, PACKAGES, STATUS)
    lab.write("etc/apt/apt.conf", f'APT::Solver "{request.param}";\n')
    lab.write("var/lib/apt/extended_states", automatic("old"))
    return lab


def texts(question, facts):
    return [fact_text(fact_row(question.answer, fact), native="amd64") for fact in facts]


def bare(answer, name):
    """Return the question about a change whose reason has lost its relation and its cause."""
    change, reason = reason_of(answer, name)
    return OfChange(answer, change, Reason("undone", {"package": reason.fields["package"]}))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m", ["a Depends m"]),
        ("n", ["m Depends n", "a Depends m"]),
        ("old", ["n Conflicts old", "m Depends n", "a Depends m"]),
    ],
)
def test_what_is_missing_is_found_nearest_first(lab, name, expected):
    question = bare(lab.answer("install", "a"), name)
    assert not question.is_enough()
    facts = what_else(question)
    assert texts(question, facts) == expected
    assert question.is_enough(facts)


def test_nothing_is_added_to_what_is_enough(lab):
    answer = lab.answer("install", "a")
    assert what_else(OfChange(answer, *reason_of(answer, "old"))) == []


def test_a_search_that_ends_early_keeps_what_it_has(lab):
    question = bare(lab.answer("install", "a"), "old")
    facts = what_else(question, trials_max=1)
    assert facts is not None
    assert len(facts) > 3
    assert question.is_enough(facts)


def test_what_never_leads_to_it_has_nothing(lab):
    answer = lab.answer("install", "a")
    change, reason = reason_of(answer, "old")
    change.new = change.old
    assert what_else(OfChange(answer, change, reason)) is None


def test_facts_of_a_failure_are_found(tmp_path):
    lab = Lab(tmp_path, package("a", Depends="b") + package("b", Conflicts="c") + package("c"))
    failed = lab.answer("install", "a", "c")
    core = obstacle_of(failed, solver_version="3.0.3").core
    assert core is not None
    without = tuple(fact for fact in core.facts if fact[0] != "clause")
    question = OfFailure(failed, core._replace(facts=without))
    assert not question.is_enough()
    assert texts(question, what_else(question)) == ["a Depends b", "b Conflicts c"]


def test_a_package_is_a_fact_with_its_marks(tmp_path):
    held = installed("h", "1", Status="hold ok installed", Essential="yes")
    lab = Lab(tmp_path, package("h", "2") + package("i", "1") + package("u"), held + installed("i"))
    lab.write("var/lib/apt/extended_states", automatic("i"))
    answer = lab.answer("install", "u")
    assert answer.state is not None
    universe = answer.state.universe

    def text(name):
        return fact_text(fact_row(answer, Fact(universe.find(name), -1)), native="amd64")

    assert text(b"h") == (
        "h: installed is 1 (by hand), its candidate is 2, it is on hold, it is essential"
    )
    assert text(b"i") == "i: installed is 1 (automatically)"
    assert text(b"u") == "u: it is not installed, its candidate is 1"
