"""Do holds, marks and protection reach the search as apt puts them there?"""

from __future__ import annotations

import pytest

from foretell.apt.solver3.seed import Search, is_vital
from foretell.apt.system.profiles import PROFILES
from tests.apt.world_lab import Lab, actions, installed, package, world_of


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def hold(name, version="1", **fields):
    return installed(name, version, Status="hold ok installed", **fields)


def prepare(lab, packages, status, *automatic):
    lab.add_list(packages)
    lab.set_status(status)
    lab.set_automatic(*automatic)
    return lab


def test_held_package_keeps_its_version(lab):
    prepare(lab, package("a", "2") + package("b", Depends="a (>= 2)"), hold("a"))
    assert lab.plan("upgrade") == {}
    assert lab.plan("install", "b") == {"": "unsatisfiable"}


def test_naming_a_held_package_overrides_the_hold(lab):
    prepare(lab, package("a", "2"), hold("a"))
    assert lab.plan("install", "a") == {"a": "upgrade"}
    assert lab.plan("remove", "a") == {"a": "remove"}


def test_hold_on_what_is_not_here_forbids_it(lab):
    status = installed("a", Status="hold ok not-installed", Version="")
    prepare(lab, package("a") + package("b", Depends="a"), status)
    assert lab.plan("install", "b") == {"": "unsatisfiable"}


def test_manual_package_is_never_removed_for_an_installation(lab):
    prepare(lab, package("a", Conflicts="b") + package("b"), installed("b"))
    assert lab.plan("install", "a") == {"": "unsatisfiable"}
    assert lab.plan("install", "a", "b-") == {"a": "install", "b": "remove"}


def test_automatic_package_may_go(lab):
    prepare(lab, package("a", Conflicts="b") + package("b"), installed("b"), "b")
    assert lab.plan("install", "a") == {"a": "install", "b": "remove"}


@pytest.mark.parametrize("field", ["Essential", "Protected", "Important"])
def test_vital_package_stays_even_if_it_is_automatic(lab, field):
    status = installed("b", **{field: "yes"})
    prepare(lab, package("a", Conflicts="b") + package("b", **{field: "yes"}), status, "b")
    assert lab.plan("install", "a") == {"": "unsatisfiable"}
    assert lab.plan("remove", "b") == {"b": "remove"}


def test_upgrade_removes_nothing_and_full_upgrade_what_is_automatic(lab):
    packages = package("a", "2", Conflicts="b") + package("b")
    prepare(lab, packages, installed("a") + installed("b"), "b")
    assert lab.plan("upgrade") == {}
    assert lab.plan("full-upgrade") == {"a": "upgrade", "b": "remove"}


def test_upgrade_brings_new_packages_unless_told_not_to(lab):
    prepare(lab, package("a", "2", Depends="b") + package("b"), installed("a"))
    assert lab.plan("upgrade") == {"a": "upgrade", "b": "install"}


def test_full_upgrade_brings_missing_essential_packages(lab):
    prepare(lab, package("e", Essential="yes") + package("p", Protected="yes"), installed("a"))
    assert lab.plan("full-upgrade") == {"e": "install"}
    assert lab.plan("upgrade") == {}


def test_strict_pinning_rules_out_all_but_the_candidate(lab):
    packages = package("b", "2") + package("b", "1") + package("a", Depends="b (<< 2)")
    prepare(lab, packages, "")
    assert lab.plan("install", "a") == {"": "unsatisfiable"}
    assert lab.plan("install", "a", "b=1") == {"a": "install", "b": "install"}
    loose = ("APT::Solver::Strict-Pinning=0",)
    assert lab.plan("install", "a", options=loose) == {"a": "install", "b": "install"}


def test_removing_manual_packages_can_be_allowed(lab):
    prepare(lab, package("a", Conflicts="b") + package("b"), installed("b"))
    allowed = ("APT::Solver::RemoveManual=1",)
    assert lab.plan("install", "a", options=allowed) == {"a": "install", "b": "remove"}


def test_contradicting_words_have_no_answer(lab):
    prepare(lab, package("a", Depends="b") + package("b"), "")
    assert lab.plan("install", "a", "b-") == {"": "unsatisfiable"}


def test_vital_is_said_of_any_version():
    state = world_of(package("a", "2") + package("a", "1", Essential="yes") + package("b")).state()
    assert is_vital(state, 0)
    assert not is_vital(state, 1)


def test_request_is_manual_and_what_it_needs_automatic(lab):
    prepare(lab, package("a", Depends="b") + package("b"), "")
    marks = {c.package: c.automatic for c in lab.answer("install", "a").changes}
    assert list(marks.values()) == [False, True]


def test_search_can_be_run_alone():
    state = world_of(package("a")).state()
    search = Search(state, PROFILES["3.0.3"])
    assert search.run()
    assert search.chosen_versions() == {}


def test_order_of_work_can_be_that_of_a_later_apt(lab):
    prepare(lab, package("a", Depends="b | c") + package("b") + package("c"), "")
    for version in ("3.0.3", "3.0.4"):
        assert actions(lab.answer("install", "a", version=version)) == {
            "a": "install",
            "b": "install",
        }
