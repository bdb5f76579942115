"""Does an explanation of a change notice that it is not enough?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.why_not import obstacle_of
from foretell.apt.cases.enough import OfChange, OfFailure
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.model.reason import Reason
from tests.apt.world_lab import Lab, automatic, installed, package

PACKAGES = (
    package("a", Depends="b | c", Conflicts="old")
    + package("b", Depends="c")
    + package("c")
    + package("old", "2", Depends="nothing")
)


@pytest.fixture(params=[SOLVER, CLASSIC])
def lab(tmp_path, request):
    lab = Lab(tmp_path, PACKAGES, installed("old") + installed("top", Recommends="old"))
    lab.write("etc/apt/apt.conf", f'APT::Solver "{request.param}";\n')
    lab.write("var/lib/apt/extended_states", automatic("old"))
    return lab


@pytest.fixture
def answer(lab):
    return lab.answer("install", "a")


def reason_of(answer, name):
    """Return the change of a package and its reason."""
    at = next(
        at
        for at, change in enumerate(answer.changes)
        if answer.state.universe.full_name(change.package) == name
    )
    return answer.changes[at], answer.prediction.reasons[at]


@pytest.mark.parametrize("name", ["a", "b", "c", "old"])
def test_what_is_told_is_enough(answer, name):
    assert OfChange(answer, *reason_of(answer, name)).is_enough()


@pytest.mark.parametrize("name", ["b", "c", "old"])
def test_words_that_ask_for_relations_are_told_by_them(lab, name):
    found = lab.answer("satisfy", "nothing | b (>= 1)", "Conflicts: old")
    assert OfChange(found, *reason_of(found, name)).is_enough()


def test_a_reason_without_its_relation_is_not(answer):
    change, reason = reason_of(answer, "b")
    fields = {key: value for key, value in reason.fields.items() if key != "text"}
    assert not OfChange(
        answer, change, Reason(reason.kind, fields, parents=reason.parents)
    ).is_enough()


def test_a_reason_without_its_cause_is_not(answer):
    change, reason = reason_of(answer, "c")
    assert not OfChange(answer, change, Reason(reason.kind, reason.fields)).is_enough()


def test_a_core_without_a_fact_is_not(tmp_path):
    lab = Lab(tmp_path, package("a", Depends="b") + package("b", Conflicts="c") + package("c"))
    failed = lab.answer("install", "a", "c")
    core = obstacle_of(failed, solver_version="3.0.3").core
    assert core is not None
    assert OfFailure(failed, core).is_enough()
    for fact in core.facts:
        facts = tuple(other for other in core.facts if other != fact)
        assert not OfFailure(failed, core._replace(facts=facts)).is_enough(), fact
