"""Is the rule by which the classic solver and solver3 part read off their runs, and only there?"""

from __future__ import annotations

import os

from foretell.apt.answers.comparison import compare_solvers
from foretell.apt.answers.deciding import RULES
from foretell.apt.cases.case import make_world
from foretell.apt.requests.request import Request
from foretell.apt.requests.settings import settled_configuration
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.cli.apt_sides import plain_request
from foretell.errors import UsageError
from tests.apt.world_lab import installed, package, world_of
from tests.oracle.universe import Universe

SEED = int(os.environ.get("FORETELL_SEED", "1"))
UNIVERSES = 120
VERSIONS = ("3.0.3", "3.0.3")


def compare(packages, verb, *words, status="", automatic=(), turned=False):
    def world(name):
        found = world_of(packages, status, automatic)
        told = {"APT::Solver": name}
        found.configuration = settled_configuration("/none", "amd64", told)
        return found

    names = (SOLVER, CLASSIC) if turned else (CLASSIC, SOLVER)
    worlds = (world(names[0]), world(names[1]))
    return compare_solvers(worlds, Request(verb, list(words)), VERSIONS)


def rules(found):
    """Return rule and packages of each decision."""
    return {
        part.decision.rule: {name for name, _ in part.packages} for part in found.parts
    }  # fmt: skip


PROVIDERS = package("x", Depends="v") + package("a", Provides="v") + package("b", Provides="v")


def test_created_last_against_first_by_name():
    found = compare(PROVIDERS, "install", "x")
    assert rules(found) == {"created-last": {"a", "b"}}
    decision = found.parts[0].decision
    assert (decision.owner, decision.relation, decision.text) == ("x:amd64=1", "Depends", "v")
    assert (decision.first, decision.second) == (("b:amd64=1",), ("a:amd64=1",))
    turned = compare(PROVIDERS, "install", "x", turned=True)
    assert rules(turned) == rules(found)
    assert turned.parts[0].decision.first == ("a:amd64=1",)


def test_what_follows_from_a_choice_is_attributed_to_it():
    found = compare(
        package("x", Depends="v")
        + package("a", Provides="v", Depends="c")
        + package("b", Provides="v", Recommends="d")
        + package("c")
        + package("d"),
        "install",
        "x",
    )
    assert rules(found) == {"created-last": {"a", "b", "c", "d"}}


def test_leftover_of_a_failed_alternative():
    found = compare(
        package("x", Depends="a | b")
        + package("a", Depends="l, z")
        + package("z", Depends="q")
        + package("q", Depends="missing")
        + package("l")
        + package("b", Suggests="l"),
        "install",
        "x",
    )
    assert rules(found) == {"leftover": {"l"}}


def test_recommends_of_an_upgraded_package():
    found = compare(
        package("x", Depends="a (>= 2)") + package("a", "2", Recommends="r | s") + package("r"),
        "install",
        "x",
        status=installed("a", Recommends="r"),
    )
    assert rules(found) == {"recommends-of-upgraded": {"r"}}


def test_removal_of_what_is_manual():
    packages = package("x", Conflicts="m")
    found = compare(packages, "install", "x", status=installed("m"))
    assert found.rules == ["removes-manual"]
    assert rules(found) == {"removes-manual": {"m", "x"}}


def test_fallback_is_told():
    # The classic solver plans a, then finds that it cannot have c, and does not come back.
    found = compare(
        package("x", Depends="a | b, c")
        + package("a", Conflicts="c")
        + package("b", Conflicts="m")
        + package("c"),
        "install",
        "x",
        status=installed("m"),
    )
    assert (found.first.solver, found.second.verdict) == (SOLVER, "unsatisfiable")
    assert rules(found) == {"fallback": {"b", "c", "m", "x"}}


def test_binaries_of_one_source_go_along():
    status = installed("a", Source="s") + installed("b", Source="s")
    packages = (
        package("a", "2", Source="s")
        + package("b", "2", Source="s")
        + package("x", Depends="a (>= 2)")
    )
    found = compare(packages, "install", "x", status=status)
    assert rules(found) == {"same-source": {"b"}}


def test_no_difference_no_rule():
    found = compare(package("x"), "install", "x")
    assert (found.is_same, found.parts, found.rules) == (True, [], [])


def differing():
    """Yield the comparisons of random requests about random worlds that show a difference."""
    for seed in range(SEED * 1000, SEED * 1000 + UNIVERSES):
        universe = Universe(seed)
        own = universe.case.settings
        universe.case.settings = own | {"APT::Solver": CLASSIC}
        classic = make_world(universe.case, "u")
        universe.case.settings = own | {"APT::Solver": SOLVER}
        worlds = (classic, make_world(universe.case, "u"))
        for request in universe.requests():
            asked = plain_request(request, worlds[0])
            try:
                found = compare_solvers(worlds, asked, VERSIONS)
            except UsageError:
                continue
            if not found.is_same and "unknown" not in {found.first.verdict, found.second.verdict}:
                yield seed, found


def test_what_is_attributed_is_there():
    asked = attributed = whole = 0
    for seed, found in differing():
        asked += 1
        keys = [key for part in found.parts for key in part.packages]
        assert sorted([*keys, *found.not_attributed]) == found.keys(), seed
        attributed += len(keys)
        whole += not found.not_attributed
        for part in found.parts:
            decision = part.decision
            assert decision.rule in RULES
            if decision.rule == "created-last":
                ours, theirs = set(decision.first), set(decision.second)
                assert ours - theirs, seed
                assert theirs - ours, seed
    print(f"{whole} of {asked} differing requests wholly attributed, {attributed} packages")
    assert asked > UNIVERSES / 2
    assert whole > asked / 2


def test_what_was_chosen_before_is_told_apart_from_the_order():
    # x needs a or s; solver 3 takes up first what has no choice, and that brings s.
    found = compare(
        package("x", Depends="y, z")
        + package("y", Depends="a | s")
        + package("z", Depends="s")
        + package("a")
        + package("s"),
        "install",
        "x",
    )
    assert rules(found) == {"chosen-before": {"a"}}


def test_choices_that_fail_are_told():
    found = compare(
        package("x", Depends="y, z | w")
        + package("y", Recommends="q")
        + package("q", Conflicts="z")
        + package("z")
        + package("w"),
        "install",
        "x",
    )
    assert rules(found) == {"classic-failed": {"w", "z"}, "solver3-gave-up": {"q"}}


def test_repair_by_points_is_told():
    status = installed("i", Depends="p | r") + installed("p")
    found = compare(package("r"), "remove", "p", status=status, automatic=("i",))
    assert rules(found) == {"removes-by-points": {"i", "r"}}


def test_missing_essential_packages_are_told():
    upgrade = package("k", "2")
    status = installed("k")
    there = compare(package("e", Essential="yes") + upgrade, "full-upgrade", status=status)
    assert rules(there) == {"essential-mark": {"e"}}
    impossible = package("e", Essential="yes", Depends="missing")
    found = compare(impossible + upgrade, "full-upgrade", status=status)
    assert rules(found) == {"essential-demanded": {"k"}}


def test_upgrade_that_a_relation_excludes_is_told():
    status = installed("k") + installed("m")
    found = compare(package("k", "2", Breaks="m") + package("m"), "full-upgrade", status=status)
    assert rules(found) == {"solver3-keeps-back": {"k", "m"}}


def test_what_is_needed_after_one_run_only_is_traced_to_what_differs():
    # b needs g, a does not; h is needed by g alone.
    found = compare(
        package("x", Depends="v")
        + package("a", Provides="v")
        + package("b", Provides="v", Depends="g"),
        "install",
        "x",
        status=installed("g", Depends="h") + installed("h"),
        automatic=("g", "h"),
    )
    assert {row[0] for row in found.autoremovable} == {"g", "h"}
    assert rules(found) == {"created-last": {"a", "b", "g", "h"}}
    assert found.not_attributed == []
