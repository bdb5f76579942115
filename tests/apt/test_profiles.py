"""Does every modelled version have its rules, and is the right one chosen for an apt?"""

from __future__ import annotations

import pytest

from foretell.apt.profiles import PROFILES, RULES, SOLVER_VERSIONS, Profile, nearest_version
from foretell.apt.version import compare, sort_key


def rules(version):
    return {name for name in Profile.__slots__ if getattr(PROFILES[version], name)}


def test_later_versions_keep_the_rules_of_earlier_ones():
    assert rules("3.0.3") == set()
    assert rules("3.0.4") == {"strict_order"}
    assert rules("3.3.5") == set(Profile.__slots__)


def test_every_rule_says_since_when_it_holds():
    since = [version for version, _ in RULES.values()]
    assert since == sorted(since, key=lambda text: sort_key(text.encode()))
    assert all(compare("3.0.3", version) < 0 for version in since)
    assert all(text[0].isalpha() and text[-1] != "." for _, text in RULES.values())
    assert Profile("watches", "strict_order").rules == ("strict_order", "watches")


@pytest.mark.parametrize(
    ("apt", "expected"),
    [
        ("", "3.0.3"),
        ("2.6.1", "3.0.3"),
        ("3.0.3", "3.0.3"),
        ("3.0.9", "3.0.4"),
        ("3.1.16", "3.0.4"),
        ("3.3.5", "3.3.5"),
        ("3.3.5+b1", "3.3.5"),
        ("3.5.0~exp1", "3.3.5"),
    ],
)
def test_version_is_the_highest_that_is_not_above(apt, expected):
    assert nearest_version(apt) == expected
    assert expected in SOLVER_VERSIONS
