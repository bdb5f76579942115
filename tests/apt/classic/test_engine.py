"""Does the classic solver plan, repair and fail as it should, and is it asked when it should be?

What libapt says of the same systems is recorded in ``corpus/apt/classic-*.json``.
"""

from __future__ import annotations

import sys

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.apt.requests.settings import settled_configuration
from foretell.apt.system.state import CLASSIC, SOLVER
from tests.apt.world_lab import actions, installed, package, world_of

LONG = 600  # dependencies in a row: more than Python follows by itself


def ask(world, verb, *words):
    settings = {"APT::Solver": CLASSIC}
    world.configuration = settled_configuration("/nonexistent", "amd64", settings)
    return predict(world, Request(verb, list(words)))


def test_provider_that_was_created_last_is_taken():
    world = world_of(
        package("x", Depends="v") + package("a", Provides="v") + package("b", Provides="v")
    )
    answer = ask(world, "install", "x")
    assert actions(answer) == {"x": "install", "b": "install"}
    assert answer.solver == CLASSIC
    world.configuration = None
    other = predict(world, Request("install", ["x"]))
    assert actions(other) == {"x": "install", "a": "install"}
    assert other.solver == SOLVER


def test_long_chains_are_followed_and_python_is_left_as_it_was():
    limit = sys.getrecursionlimit()
    chain = "".join(package(f"p{n}", Depends=f"p{n + 1}") for n in range(LONG))
    answer = ask(world_of(chain + package(f"p{LONG}")), "install", "p0")
    assert len(answer.changes) == LONG + 1
    assert sys.getrecursionlimit() == limit


def test_failure_of_both_has_the_reasons_of_solver3():
    world = world_of(package("x", Depends="missing"))
    answer = ask(world, "install", "x")
    assert (answer.verdict, answer.solver) == ("unsatisfiable", SOLVER)
    assert answer.prediction.reasons


def test_upgrade_with_words_does_not_fall_back():
    world = world_of(package("x", Depends="missing") + package("a", "2"), installed("a"))
    answer = ask(world, "upgrade", "x")
    assert (answer.verdict, answer.solver) == ("unsatisfiable", CLASSIC)
    assert answer.prediction.reasons == ()


def test_relations_are_satisfied_and_what_they_name_becomes_manual():
    lists = package("a", Depends="b") + package("b") + package("c")
    status = installed("a", Depends="b") + installed("b")
    answer = ask(world_of(lists, status, ("a", "b")), "satisfy", "a | x, c")
    assert actions(answer) == {"c": "install"}
    names = answer.state.universe.name
    assert [(names(package), mark) for package, mark in answer.marks] == [(b"a", False)]


def test_relations_that_cannot_be_satisfied_are_no_matter_for_solver3():
    # With its leave to remove what is manual solver3 would do it.
    breaks = {"Breaks": "a"}
    world = world_of(package("a") + package("old", **breaks), installed("old", **breaks))
    answer = ask(world, "satisfy", "a")
    assert (answer.verdict, answer.solver) == ("unsatisfiable", CLASSIC)


def ask_i386(lists, status, verb, *words):
    """Ask where i386 is configured; return (action, version) by name and architecture."""
    world = world_of(lists, status, foreign=("i386",))
    answer = ask(world, verb, *words)
    assert answer.verdict == "ok"
    universe = answer.state.universe

    def word(number):
        return f"{universe.name(number).decode()}:{universe.architecture(number).decode()}"

    return {word(change.package): change.action for change in answer.changes}


def test_what_is_multi_arch_same_is_not_upgraded_alone():
    def twins(*versions):
        same = {"Multi_Arch": "same"}
        return "".join(
            package("lib", version, Architecture=architecture, **same)
            for version, architecture in zip(versions, ("amd64", "i386"), strict=True)
        )

    status = "".join(
        installed("lib", Architecture=architecture, Multi_Arch="same")
        for architecture in ("amd64", "i386")
    )
    both = {"lib:amd64": "upgrade", "lib:i386": "upgrade"}
    assert ask_i386(twins("2", "2"), status, "full-upgrade") == both
    assert ask_i386(twins("2", "3"), status, "full-upgrade") == {}


def test_full_upgrade_installs_the_native_package_of_an_essential_name():
    here = {"Architecture": "amd64", "Essential": "yes"}
    foreign = package("base", Architecture="i386", Multi_Arch="foreign")
    status = installed("other")
    lists = package("base", **here) + foreign + package("other")
    assert ask_i386(lists, status, "full-upgrade") == {"base:amd64": "install"}
    # Another architecture's package does not do, unless it is essential itself.
    status = installed("base", Architecture="i386", Multi_Arch="foreign")
    new = package("base", "2", Architecture="i386", Multi_Arch="foreign")
    assert ask_i386(package("base", **here) + new, status, "full-upgrade") == {
        "base:amd64": "install",
        "base:i386": "remove",
    }


def test_protected_package_that_nothing_needs_is_no_garbage():
    # lib is only upgraded along with what the request names; it is protected from then on.
    status = installed("lib") + installed("tool", Depends="lib (= 1)")
    lists = package("lib", "2") + package("tool", "2", Depends="lib (= 2)")
    answer = ask(world_of(lists, status, ("lib",)), "install", "tool")
    assert actions(answer) == {"lib": "upgrade", "tool": "upgrade"}
    assert answer.autoremovable == []


@pytest.mark.parametrize(("order", "kept"), [("x y", "b"), ("y x", "b")])
def test_named_packages_win_against_alternatives(order, kept):
    world = world_of(
        package("x", Depends="a | b") + package("a") + package("b") + package("y", Conflicts="a")
    )
    assert kept in actions(ask(world, "install", *order.split()))
