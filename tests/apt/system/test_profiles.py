"""Does every modelled version have its rules, and is the right one chosen for an apt?"""

from __future__ import annotations

import pytest

from foretell.apt.syntax.version import compare, sort_key
from foretell.apt.system.profiles import (
    DEFAULT_VERSION,
    PROFILES,
    RULES,
    SOLVER_VERSIONS,
    VERSIONS,
    Profile,
    has_solver3,
    modelled_version,
)


def rules(version):
    return {name for name in Profile.__slots__ if getattr(PROFILES[version], name)}


def test_later_versions_keep_the_rules_of_earlier_ones():
    assert rules("2.6.1") == set()
    assert rules("3.0.4") == {*rules("3.0.3"), "strict_order"}
    assert rules("3.3.5") == set(Profile.__slots__)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_has_the_rules_that_are_not_younger(version):
    assert rules(version) == {
        name for name, (since, _) in RULES.items() if compare(since, version) <= 0
    }


def test_versions_of_solver3_are_those_that_have_it():
    assert tuple(filter(has_solver3, VERSIONS)) == SOLVER_VERSIONS
    assert DEFAULT_VERSION in SOLVER_VERSIONS


def test_every_rule_says_since_when_it_holds():
    since = [version for version, _ in RULES.values()]
    assert since == sorted(since, key=lambda text: sort_key(text.encode()))
    assert all(compare("2.6.1", version) < 0 for version in since)
    assert all(text[0].isalpha() and text[-1] != "." for _, text in RULES.values())
    assert Profile("watches", "strict_order").rules == ("strict_order", "watches")


@pytest.mark.parametrize(
    ("apt", "classic", "solver3"),
    [
        ("", "3.0.3", "3.0.3"),
        ("2.4.5", "", "3.0.3"),
        ("2.6.1", "2.6.1", "3.0.3"),
        ("2.6.1+deb12u9", "2.6.1", "3.0.3"),
        ("2.7.2", "", "3.0.3"),
        ("2.9.8", "", ""),
        ("3.0.0", "3.0.3", "3.0.3"),
        ("3.0.3", "3.0.3", "3.0.3"),
        ("3.0.9", "3.0.4", "3.0.4"),
        ("3.1.0~exp1", "", ""),
        ("3.1.16", "", ""),
        ("3.3.1", "3.3.3", "3.3.3"),
        ("3.3.4", "3.3.3", "3.3.3"),
        ("3.3.5+b1", "3.3.5", "3.3.5"),
        ("3.5.0~exp1", "3.3.5", "3.3.5"),
    ],
)
def test_rules_of_an_apt_are_those_of_its_span(apt, classic, solver3):
    assert modelled_version(apt, is_classic=True) == classic
    assert modelled_version(apt, is_classic=False) == solver3
