"""Is what nothing needs found as apt's autoremove finds it, and nothing else?"""

from __future__ import annotations

import pytest

from foretell.apt.sweep import _named_targets
from tests.apt.world_lab import Lab, actions, installed, package, world_of


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def garbage(lab, packages, status, automatic, *words, options=()):
    """Return what is autoremovable after an installation (default: of nothing)."""
    lab.add_list(packages)
    lab.set_status(status)
    lab.set_automatic(*automatic)
    answer = lab.answer("install", *words, options=options)
    assert answer.verdict == "ok"
    name = answer.state.universe.name
    return [name(number).decode() for number in answer.autoremovable]


@pytest.mark.parametrize(
    ("fields", "options", "expected"),
    [
        ({"Depends": "a"}, (), []),
        ({"Pre_Depends": "a"}, (), []),
        ({"Depends": "none | a"}, (), []),
        ({"Recommends": "a"}, (), []),
        ({"Suggests": "a"}, (), []),
        ({"Recommends": "a"}, ("APT::AutoRemove::RecommendsImportant=0",), ["a"]),
        ({"Suggests": "a"}, ("APT::AutoRemove::SuggestsImportant=0",), ["a"]),
        ({"Suggests": "a (>= 2)"}, (), ["a"]),
        ({"Enhances": "a"}, (), ["a"]),
        ({"Replaces": "a"}, (), ["a"]),
        ({}, (), ["a"]),
    ],
)
def test_relation_keeps_what_it_names(lab, fields, options, expected):
    status = installed("m", **fields) + installed("a")
    packages = package("m", **fields) + package("a")
    assert garbage(lab, packages, status, ["a"], options=options) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"Essential": "yes"}, []), ({"Protected": "yes"}, []), ({"Priority": "required"}, []),
     ({"Priority": "important"}, ["a"]), ({"Status": "hold ok installed"}, [])],
)  # fmt: skip
def test_some_packages_need_no_reason(lab, fields, expected):
    archive = {name: value for name, value in fields.items() if name != "Status"}
    assert garbage(lab, package("a", **archive), installed("a", **fields), ["a"]) == expected


def test_configured_names_are_kept(lab):
    status = installed("linux-a") + installed("linux-b")
    found = garbage(
        lab, "", status, ["linux-a", "linux-b"], options=("APT::NeverAutoRemove::=^linux-a$",)
    )
    assert found == ["linux-b"]


def test_need_is_followed_through_automatic_packages(lab):
    status = installed("m", Depends="a") + installed("a", Depends="b") + installed("b")
    packages = package("m", Depends="a") + package("a", Depends="b") + package("b")
    assert garbage(lab, packages, status, ["a", "b"]) == []
    assert garbage(lab, packages, status, ["a", "b"], "m-") == ["a", "b"]


def test_cycle_of_automatic_packages_is_not_needed(lab):
    status = installed("a", Depends="b") + installed("b", Depends="a")
    assert garbage(lab, "", status, ["a", "b"]) == ["a", "b"]


def test_every_installed_provider_is_needed(lab):
    fields = {"Depends": "v"}
    status = installed("m", **fields) + installed("p", Provides="v") + installed("q", Provides="v")
    packages = package("p", Provides="v") + package("q", Provides="v") + package("m", **fields)
    assert garbage(lab, packages, status, ["p", "q"]) == []


def test_only_the_newest_provider_of_a_source_is_needed(lab):
    status = (
        installed("m", Depends="v")
        + installed("p1", "1", Provides="v", Source="s")
        + installed("p2", "2", Provides="v", Source="s")
    )
    assert garbage(lab, "", status, ["p1", "p2"]) == ["p1"]


def test_autoremove_removes_the_garbage(lab):
    lab.add_list(package("a") + package("b"))
    lab.set_status(installed("a") + installed("b"))
    lab.set_automatic("a")
    answer = lab.answer("autoremove")
    assert actions(answer) == {"a": "remove"}
    assert answer.autoremovable == []


def test_optional_package_that_nothing_needs_in_the_end_is_not_installed(lab):
    """Recommends of what is dropped again must not stay."""
    packages = package("a", Recommends="b") + package("b", Recommends="c") + package("c")
    lab.add_list(packages)
    assert lab.plan("install", "a") == {"a": "install", "b": "install", "c": "install"}
    none = ("APT::Install-Recommends=0",)
    assert lab.plan("install", "a", options=none) == {"a": "install"}


def test_manual_mark_is_given_to_what_is_asked_for(lab):
    lab.add_list(package("a"))
    lab.set_status(installed("a"))
    lab.set_automatic("a")
    answer = lab.answer("install", "a")
    assert [mark for _, mark in answer.marks] == [False]
    assert answer.autoremovable == []


@pytest.mark.parametrize(("provides", "expected"), [("v", True), ("", False)])
def test_what_is_dropped_comes_back_for_what_its_own_version_provides(provides, expected):
    world = world_of(package("g", "2", Provides=provides) + package("g", "1", Provides="v"))
    state = world.state()
    universe = state.universe
    new, old = universe.versions(universe.find(b"g"))
    dropped = {universe.package(new): new}
    group = universe.add_group(1, b"v")
    target = universe.members(group)[0][0]
    assert old in {version for version, _ in universe.provides(target)}
    assert (universe.find(b"g") in _named_targets(universe, group, dropped)) is expected
