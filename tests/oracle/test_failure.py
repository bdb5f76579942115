"""Is apt's text about a failure read as what it says, whoever prints it?"""

from __future__ import annotations

import pytest

from foretell.oracle.failure import NO_CHOICE, Assignment, find_complaint, parse_failure

LIBAPT = """\
Unable to satisfy dependencies. Reached two conflicting {noun}:
1. b:amd64 is selected for removal because:
   1. a:amd64=2 is selected as an upgrade
   2. b:amd64 Breaks a
      [selected a:amd64=2]

2. b:amd64 is available in versions 2, 1
   but none of the choices are installable:
   - b:amd64=2 is not selected for install
"""
PAIR = (Assignment("b:amd64", "is selected for removal"), Assignment("b:amd64", NO_CHOICE))


@pytest.mark.parametrize("noun", ["decisions", "assignments"])
def test_pair_and_lines_of_libapt(noun):
    found = parse_failure(LIBAPT.format(noun=noun))
    assert found is not None
    assert found.pair == PAIR
    assert [line for line in LIBAPT.splitlines()[1:] if line] == list(found.lines)


def test_apt_get_says_the_same_between_other_things():
    told = LIBAPT.format(noun="decisions").replace("\n", "\n   ")
    text = f"Reading package lists...\nE: Some package\nE: {told}\nE: Another error\n"
    assert parse_failure(text) == parse_failure(LIBAPT.format(noun="assignments"))


@pytest.mark.parametrize(
    ("headline", "variable", "value"),
    [
        ("a:amd64=1 is selected for install", "a:amd64=1", "is selected for install"),
        ("a:amd64=1 is selected as a downgrade", "a:amd64=1", "is selected as a downgrade"),
        ("a:amd64 is not selected for install because:", "a:amd64", "is not selected for install"),
        ("a:amd64 is undecided", "a:amd64", "is undecided"),
        ("a:amd64 PreDepends b (> 1) | c", "a:amd64", NO_CHOICE),
        ("a:amd64=1 ->  | a:amd64", "a:amd64=1", NO_CHOICE),
        ("(root) ->  | a:amd64", "(root)", NO_CHOICE),
    ],
)
def test_headline_is_a_variable_and_its_value(headline, variable, value):
    found = parse_failure(f"Reached two conflicting decisions:\n1. {headline}\n2. x:i386 Depends y")
    assert found is not None
    assert found.stands == (variable, value)
    assert found.demanded == ("x:i386", NO_CHOICE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Unable to locate package nosuch",
        "Reached two conflicting decisions:",
        "Reached two conflicting decisions:\n1. a:amd64 is selected for install",
        "Reached two conflicting decisions:\n2. a:amd64 Depends b\n1. a:amd64 Depends b",
        "1. a:amd64 is selected for install\n2. a:amd64 Depends b",
    ],
)
def test_other_errors_name_no_conflict(text):
    assert parse_failure(text) is None


@pytest.mark.parametrize("prefix", ["", "E: ", "Error: "])
@pytest.mark.parametrize(
    "complaint",
    [
        "Error, pkgProblemResolver::Resolve generated breaks, this may be caused by held packages.",
        "Unable to correct problems, you have held broken packages.",
    ],
)
def test_complaint_of_the_classic_solver_is_found_whoever_prints_it(prefix, complaint):
    context = f"{prefix}The following information may help\n   {LIBAPT}"
    assert find_complaint(f"Solving dependencies...\n{prefix}{complaint}\n{context}") == complaint


def test_solver3_has_no_complaint():
    assert find_complaint("E: " + LIBAPT.replace("\n", "\n   ")) == ""
