"""Are random patterns the same each time, and understood; is apt's slowness counted apart?"""

from __future__ import annotations

import subprocess
from itertools import islice

import pytest

from foretell.apt.selection.patterns import parse_pattern
from foretell.oracle.query_patterns import VERBS, compare_patterns, draw_patterns

NAMES = ["bash", "libc6", "g++", "0ad", "python3-x"]


def drawn(seed, count=300):
    return list(islice(draw_patterns(NAMES, seed), count))


def test_same_seed_draws_the_same():
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_every_pattern_is_understood_and_every_verb_asked():
    queries = drawn(3, 1000)
    names = {name for *_, text in queries for name in names_in(parse_pattern(text))}
    assert {words[0] for words in queries} == set(VERBS)
    assert len(names) > 40, sorted(names)
    assert all(words[-1][0] in "?~" for words in queries)


def names_in(pattern):
    yield pattern.name
    for part in pattern.parts:
        yield from names_in(part)


def slow():
    """Return a stand-in for apt that is in time for every second question."""
    asked = []

    def theirs(words):
        asked.append(words)
        if len(asked) % 2:
            raise subprocess.TimeoutExpired(words, 1)
        return "a\n"

    return theirs


@pytest.mark.parametrize(("answer", "difference"), [("a\n", None), ("b\n", ("b", "a"))])
def test_what_apt_does_not_answer_in_time_is_told_apart(answer, difference):
    outcomes = list(compare_patterns(iter(drawn(1)), lambda _: answer, slow(), 4))
    assert [outcome is None for outcome in outcomes] == [True, False, True, False]
    answered = [outcome for outcome in outcomes if outcome is not None]
    assert [outcome.difference for outcome in answered] == [difference] * 2
