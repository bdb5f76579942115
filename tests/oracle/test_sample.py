"""Are the drawn requests those of their rules, and always the same?"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import UsageError
from foretell.oracle.sample import STRATA, Draws, draw_request, draw_requests

NAMES = [f"p{number}" for number in range(200)]
INSTALLED = NAMES[:30]


def draw(stratum, seed=1, count=300):
    return list(draw_requests(stratum, NAMES, INSTALLED, seed, count))


# Changing a rule changes what every published seed means: do it knowingly.
@pytest.mark.parametrize(
    ("stratum", "digest"),
    [
        ("default", "432c929ec401ba9a"),
        ("mixes", "d2a02bf10ecff88d"),
        ("purges", "4fc0b5175370bb93"),
        ("removals", "862672ed946921de"),
        ("sets", "322e5df229d91819"),
        ("single", "d8efe8705d44aab1"),
    ],
)
def test_requests_of_a_seed_never_change(stratum, digest):
    text = "\n".join(map(str, draw(stratum)))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


def test_every_stratum_is_pinned():
    assert len(STRATA) == 6


@pytest.mark.parametrize("stratum", STRATA)
def test_a_request_depends_on_its_number_only(stratum):
    requests = draw(stratum, count=20)
    assert draw_request(stratum, NAMES, INSTALLED, 1, 17) == requests[17]
    assert draw(stratum, seed=2, count=20) != requests


@pytest.mark.parametrize(
    ("stratum", "verb", "sizes"),
    [
        ("default", "install", {1, 2, 3, 4, 5}),
        ("single", "install", {1}),
        ("sets", "install", {2, 3, 4, 5, 6, 7, 8}),
        ("removals", "remove", {1, 2, 3}),
        ("purges", "purge", {1, 2}),
    ],
)
def test_strata_have_their_verb_and_sizes(stratum, verb, sizes):
    requests = draw(stratum)
    assert {request.verb for request in requests} == {verb}
    assert {len(request.words) for request in requests} == sizes
    assert all(len(set(request.words)) == len(request.words) for request in requests)
    known = NAMES if verb == "install" else INSTALLED
    assert all(set(request.words) <= set(known) for request in requests)


def test_mixes_remove_installed_and_other_packages():
    removed = [word[:-1] for r in draw("mixes") for word in r.words if word.endswith("-")]
    assert 0.3 < sum(name in INSTALLED for name in removed) / len(removed) < 0.8
    for request in draw("mixes"):
        wanted = {word for word in request.words if not word.endswith("-")}
        assert wanted
        assert not wanted & {word[:-1] for word in request.words if word.endswith("-")}


def test_nothing_to_draw_from_is_said():
    with pytest.raises(UsageError, match="no stratum"):
        draw_request("no-such", NAMES, INSTALLED, 1, 0)
    with pytest.raises(UsageError, match="no packages"):
        draw_request("default", [], [], 1, 0)
    with pytest.raises(UsageError, match="no packages"):
        draw_request("removals", NAMES, [], 1, 0)
    assert draw_request("mixes", NAMES, [], 1, 0).words


@given(st.text(), st.integers(1, 1 << 32))
def test_draws_are_below_their_limit(seed, limit):
    draws = Draws(ascii(seed))
    assert all(0 <= draws.below(limit) < limit for _ in range(5))


def test_draws_are_even():
    draws = Draws("even")
    counts = [0] * 7
    for _ in range(7000):
        counts[draws.below(7)] += 1
    assert all(850 < count < 1150 for count in counts)


def test_some_returns_all_when_there_are_too_few():
    assert sorted(Draws("x").some(["a", "b"], 5)) == ["a", "b"]
