"""Is what nothing needs found as apt's autoremove finds it, and nothing else?"""

from __future__ import annotations

import pytest

from foretell.apt.solver3.sweep import _named_targets
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


# A Recommends that fails leaves v behind, which nothing needs.
LEFT = (
    package("tool", Recommends="bad", Depends="y")
    + package("bad", Depends="v (>= 2), c")
    + package("c", Depends="missing")
    + package("v", "2")
    + package("p", Provides="v (= 1)")
)


def left(lab, version, **fields):
    """Return what tool brings, and what of it nothing needs, by the classic solver."""
    lab.add_list(LEFT + package("y", **fields))
    lab.set_status(installed("p", Provides="v (= 1)"))
    answer = lab.answer("install", "tool", options=("APT::Solver=internal",), version=version)
    assert answer.state is not None
    name = answer.state.universe.name
    return {*actions(answer)} - {"tool", "y"}, [name(it).decode() for it in answer.autoremovable]


@pytest.mark.parametrize(
    ("fields", "before", "since"),
    [
        ({}, ((), ()), ((), ())),
        ({"Recommends": "v (>= 7)"}, (("v",), ("v",)), ((), ())),  # names it, is not fulfilled
        ({"Depends": "v (<= 1)"}, (("v",), ("v",)), ((), ())),  # fulfilled by what is installed
        ({"Depends": "v"}, (("v",), ()), ((), ())),  # the installed one alone counts
        ({"Depends": "v (>= 2)"}, (("v",), ()), (("v",), ())),
    ],
)
def test_what_a_failure_leaves_stays_for_a_relation_that_nothing_else_fulfils(
    lab, fields, before, since
):
    """Every expectation was seen with apt-get 2.6.1 and 3.0.4."""
    for version, (stays, unneeded) in (("2.6.1", before), ("3.0.4", since)):
        assert left(lab, version, **fields) == ({*stays}, [*unneeded])


def test_what_something_protected_needs_is_needed_before_a_name_is_passed_over(lab):
    """Seen with libapt 3.0.4: a is protected as the only solution of tool."""
    packages = package("tool", Depends="a") + package("a", Depends="v (>= 2) | z") + package("z")
    packages += package("v", "2") + package("p", Provides="v (= 1)")
    lab.add_list(packages + package("m", Depends="v (>= 1)"))
    lab.set_status(installed("p", Provides="v (= 1)") + installed("m", Depends="v (>= 1)"))
    answer = lab.answer("install", "tool", options=("APT::Solver=internal",), version="3.0.4")
    assert actions(answer).keys() == {"tool", "a", "v"}
    assert answer.autoremovable == []


@pytest.mark.parametrize(
    ("status", "depends", "comes_back"),
    [("", "n1", True), (installed("n1", "1", Source="s (1)"), "n1 (>= 2)", False)],
)
def test_only_what_was_installed_keeps_others_from_coming_back(lab, status, depends, comes_back):
    """Seen with apt-get 3.0.4 and 3.3.3: an upgrade counts, what is new does not."""
    packages = package("tool", Recommends="bad", Depends=f"y, {depends}")
    packages += package("y", Depends="v") + package("bad", Depends="n2, c")
    packages += package("c", Depends="missing")
    packages += package("n1", "2", Source="s (2)", Provides="v")
    packages += package("n2", "1", Source="s (1)", Provides="v")
    lab.add_list(packages)
    lab.set_status(status)
    answer = lab.answer("install", "tool", options=("APT::Solver=internal",), version="3.0.4")
    assert ("n2" in actions(answer)) is comes_back
