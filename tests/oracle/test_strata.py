"""Is every stratum a rule, a root and settings that exist?"""

from __future__ import annotations

import pytest

from foretell.errors import UsageError
from foretell.oracle.roots import MINIMAL, ROOTS
from foretell.oracle.sample import RULES
from foretell.oracle.strata import DEFAULT_STRATUM, STRATA, find_stratum


def test_names_are_used_once():
    names = [row.name for row in STRATA]
    assert len(set(names)) == len(names)
    assert DEFAULT_STRATUM in names


def test_parts_exist_and_all_are_used():
    assert {row.rule for row in STRATA} == set(RULES)
    roots = {MINIMAL, *(row.name for row in ROOTS)}
    assert {row.root for row in STRATA} <= roots
    # Those that no stratum asks are there for check --own, and as another's beginning.
    assert roots - {row.root for row in STRATA} == {"bookworm", "forky"}
    assert {row.asks for row in STRATA} == {"libapt", "apt-get"}
    assert all("=" in option for row in STRATA for option in row.options)


def test_unknown_stratum_is_told_what_there_is():
    assert find_stratum("single").summary == "install one package"
    with pytest.raises(UsageError, match="no stratum 'x'") as caught:
        find_stratum("x")
    assert "release-full-upgrade" in str(caught.value.hint)
