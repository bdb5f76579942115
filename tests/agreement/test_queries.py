"""Do the queries print what the real apt prints, for random words?"""

from __future__ import annotations

import os

import pytest

from foretell.cli.apt_check_queries import ROOTS, measure, measure_everything, measure_patterns
from foretell.oracle.query import EVERYTHING, VERBS
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]
SEED = 20261126
COUNT = 5


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("verb", VERBS)
def test_random_queries_are_answered_as_by_apt(verb, root, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    if not os.path.exists(os.path.join(oracle.folder, root)):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    outcomes = measure(oracle, root, verb, SEED, COUNT)
    assert len(outcomes) == COUNT
    assert [outcome for outcome in outcomes if outcome.difference is not None] == []


@pytest.mark.parametrize("root", ROOTS)
def test_random_patterns_select_what_they_do_in_apt(root, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    if not os.path.exists(os.path.join(oracle.folder, root)):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    outcomes = measure_patterns(oracle, root, SEED, COUNT)
    assert len(outcomes) == COUNT
    compared = [outcome for outcome in outcomes if outcome is not None]
    assert compared, "apt answered none in time"
    assert [outcome for outcome in compared if outcome.difference is not None] == []


@pytest.mark.parametrize("words", EVERYTHING, ids=" ".join)
def test_everything_is_shown_as_by_apt(words, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    root = ROOTS[-1]  # it has foreign architectures
    if not os.path.exists(os.path.join(oracle.folder, root)):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    (outcome,) = measure_everything(oracle, root, [words])
    assert outcome.difference is None
    assert outcome.lines > 100_000
