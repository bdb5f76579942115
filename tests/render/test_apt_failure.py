"""Are failures told in apt's grammar?"""

from __future__ import annotations

import pytest

from foretell.render.apt_failure import (
    DEPTH_MAX,
    Cause,
    Decision,
    dependency_text,
    render_failure,
    selection_text,
    state_text,
    target_text,
)
from tests.render.failures import CASES

HEADLINE = "Unable to satisfy dependencies. Reached two conflicting decisions:\n"
EXPECTED = {
    "pair": """\
1. a:amd64=1 is selected for install
2. a:amd64 is not selected for install because:
   1. b:amd64=1 is selected for install
   2. a:amd64 Conflicts b""",
    "missing": """\
1. a:amd64=1 is selected for install
2. a:amd64 Depends nosuch | other (>= 2)
   but none of the choices are installable:
   [no choices]""",
    "held": """\
1. h:amd64=2 is not selected for install because:
   1. h:amd64=1 is selected for install
   2. h:amd64=1 conflicts with other versions of itself
2. h:amd64=2 is selected as an upgrade because:
   1. a:amd64=1 is selected for install
   2. a:amd64 Depends h (>= 2)""",
    "backtracked": """\
1. e:amd64 is selected for install because:
   1. a:amd64=1 is selected for install
   2. a:amd64 Depends m
   3. m:amd64 Depends b | c
      [selected c:amd64 for install]
   4. c:amd64 Depends d | e
      [selected c:amd64]
   For context, additional choices that could not be installed:
   * In m:amd64 Depends b | c:
     - b:amd64 is not selected for install
   * In c:amd64 Depends d | e:
     - d:amd64 is not selected for install
2. e:amd64 Depends nosuch4
   but none of the choices are installable:
   [no choices]""",
    "alternatives": """\
1. a:amd64=1 is selected for install
2. a:amd64 Depends b | c
   but none of the choices are installable:
   - b:amd64 Depends y | y2
     but none of the choices are installable:
     - y:amd64 is available in version 1
       but none of the choices are installable:
       - y:amd64=1 is not selected for install because:
         1. d:amd64=1 is selected for install
         2. d:amd64 Conflicts y
     - y2:amd64 is not selected for install because:
       1. d:amd64=1 is selected for install as above
       2. y2:amd64 Conflicts d
   - c:amd64 Depends y
     but none of the choices are installable:
     - y:amd64 is not selected for install as above""",
    "upgrade-chain": """\
1. b:amd64=1 is selected for install
2. b:amd64 Depends y | y3
   but none of the choices are installable:
   - y:amd64 is available in version 1
     but none of the choices are installable:
     - y:amd64=1 is not selected for install because:
       1. a:amd64=2 is selected as an upgrade
       2. a:amd64=2 Depends m (>= 2)
       3. m:amd64=2 Conflicts y
   - y3:amd64 is available in version 1
     but none of the choices are installable:
     - y3:amd64=1 is not selected for install because:
       1-2. m:amd64=2 is selected as an upgrade as above
       3. m:amd64=2 Conflicts y3""",
    "virtual": """\
1. a:amd64=1 is selected for install
2. a:amd64 is not selected for install because:
   1. p:amd64=1 is selected for install
   2. a:amd64 Conflicts v
      [selected p:amd64=1]""",
}


@pytest.mark.parametrize("case", EXPECTED)
def test_failures_are_told_in_the_grammar_of_apt(case):
    decisions = CASES[case][-1]()
    assert render_failure(*decisions) == HEADLINE + EXPECTED[case]


@pytest.mark.parametrize("case", CASES)
def test_the_same_failure_gives_the_same_text(case):
    decisions = CASES[case][-1]()
    assert render_failure(*decisions) == render_failure(*decisions)


def test_a_provider_ends_the_summary_of_known_steps():
    text = render_failure(*CASES["provider-chain"][-1]())
    assert (
        "       1. a:amd64=1 is selected for install as above\n"
        "       1-2. p1:amd64=2 is selected for install as above\n"
        "       1-3. x:amd64 is selected for install as above\n"
        "       4. x:amd64 Conflicts e\n"
    ) in text


@pytest.mark.parametrize(("count", "indent"), [(9, 3), (10, 4), (12, 4)])
def test_numbers_of_steps_have_room_for_all_decisions(count, indent):
    """Seen with apt 3.0.3 on chains of 7 to 12 decisions."""
    last = Decision("p1:amd64=1", "is selected for install")
    for number in range(2, count + 1):
        cause = Cause(f"p{number - 1}:amd64 Depends p{number}", last)
        last = Decision(f"p{number}:amd64", "is selected for install", cause)
    text = render_failure(last, Decision(last.label, "is not selected for install"))
    lines = text.splitlines()
    assert f"{' ' * indent}2. p1:amd64 Depends p2" in lines
    assert lines[-1] == f"2. p{count}:amd64 is not selected for install"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"is_selected": True}, "is selected for install"),
        ({"is_selected": True, "is_installed": True}, "is selected for install"),
        (
            {"is_selected": True, "is_installed": True, "is_version": True, "order": 0},
            "is selected for install",
        ),
        (
            {"is_selected": True, "is_installed": True, "is_version": True, "order": 1},
            "is selected as an upgrade",
        ),
        (
            {"is_selected": True, "is_installed": True, "is_version": True, "order": -1},
            "is selected as a downgrade",
        ),
        ({"is_selected": False}, "is not selected for install"),
        ({"is_selected": False, "is_installed": True}, "is selected for removal"),
        (
            {"is_selected": False, "is_installed": True, "is_version": True},
            "is not selected for install",
        ),
    ],
)
def test_states_depend_on_what_is_installed(facts, expected):
    assert expected == state_text(**facts)


def test_clauses_are_spelt_as_apt_does():
    assert target_text("a", "<<", "2") == "a (< 2)"
    assert target_text("a", ">=", "2") == "a (>= 2)"
    assert target_text("a:any") == "a:any"
    assert dependency_text("a:amd64=1", "Pre-Depends", ["b"]) == "a:amd64=1 PreDepends b"
    assert selection_text("a:amd64", ["2"]) == "a:amd64 is available in version 2"


def test_alternatives_nested_too_deeply_are_only_named():
    decision = Decision("p0:amd64", "is not selected for install")
    for number in range(1, DEPTH_MAX * 10):
        cause = Cause(f"p{number}:amd64 Depends p{number - 1}", None, others=[decision])
        decision = Decision(f"p{number}:amd64", "is not selected for install", cause)
    text = render_failure(Decision("p:amd64", "is selected for install"), decision)
    assert text.count("\n") == 2 * (DEPTH_MAX + 1) + 2
    assert text.endswith(" is not selected for install")
