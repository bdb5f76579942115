"""Is what is said about random requests what the real apt says?"""

from __future__ import annotations

import os

import pytest

from foretell.cli.apt_check_screens import ROOTS, measure_screens
from foretell.cli.apt_check_text import read_known
from foretell.oracle.screens import Screen
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]
SEED = 20261126
COUNT = 6
KNOWN = [row for row in read_known(None) if ": screen " in row.input]


@pytest.mark.parametrize("root", ROOTS)
def test_random_requests_are_answered_in_the_words_of_apt(root, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    if not os.path.exists(os.path.join(oracle.folder, root)):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    outcomes = measure_screens(oracle, root, SEED, COUNT, version="3.0.3")
    assert outcomes, "apt answered none in time"
    assert [outcome for outcome in outcomes if outcome.difference is not None] == []


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.id)
def test_known_deviation_is_still_there(row, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    root, _, command = row.input.partition(": screen ")
    verb, *words = command.split()
    asked = [Screen(verb, tuple(words))]
    (outcome,) = measure_screens(oracle, root, SEED, 1, version="3.0.3", asked=asked)
    assert outcome.difference == (row.ours, row.theirs), "mended: the row has to go"
