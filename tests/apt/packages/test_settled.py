"""Is what the archive settles kept whole or not at all, and never about altered names?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.model import CONFLICTS, DEPENDS
from foretell.apt.packages.settled import NOT_SETTLED, Settled
from foretell.apt.packages.universe import Universe
from tests.apt.world_lab import Lab, index_of, installed, package

KEY = bytes(range(32))
LIST = (
    package("a") + package("b", "2") + package("b", "1") + package("p", Provides="v, q")
    + package("q") + package("m", Multi_Arch="allowed")
)  # fmt: skip


def filled():
    settled = Settled()
    settled.positive = {b"a": 0, b"b | a": NOT_SETTLED}
    settled.negative = {b"a (<< 1)": 0, b"q": 9}
    return settled


def read(data, key=KEY, n_packages=20, n_versions=20):
    settled = Settled()
    settled.decode(data, key, n_packages, n_versions)
    return settled.positive, settled.negative


def test_answers_come_back():
    assert read(filled().encode(KEY)) == (filled().positive, filled().negative)


@given(st.data())
def test_broken_file_is_ignored(data):
    good = filled().encode(KEY)
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != good[at]))
    assert read(good[:at] + bytes([other]) + good[at + 1 :]) == ({}, {})
    assert read(good[:at]) == ({}, {})


@given(st.binary(max_size=200))
def test_any_bytes_are_ignored(data):
    assert read(data) == ({}, {})


def test_file_of_another_archive_is_ignored():
    assert read(filled().encode(KEY), key=bytes(32)) == ({}, {})
    assert read(filled().encode(KEY), n_packages=1, n_versions=1) == ({}, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", 0), ("a (>= 1)", 0), ("a (>= 2)", None), ("b", None), ("v", None), ("q", None),
     ("a | b", None), ("none", None), ("a(>= 1)", None), ("a:any", None), ("m:any", None),
     ("a:amd64", None)],
)  # fmt: skip
def test_positive_answer_is_the_package_that_always_fulfils_it(text, expected):
    universe = Universe(index_of(LIST), "amd64")
    (group,) = universe.line_groups(DEPENDS, text.encode())
    found = Settled().settle_positive(universe, group)
    assert found == (NOT_SETTLED if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", 1), ("a (<< 1)", 0), ("none", 0), ("b", None), ("v", None), ("q", None),
     ("a(<< 1)", None), ("none:any", None), ("none:amd64", None), ("none(<< 1)", None)],
)  # fmt: skip
def test_negative_answer_is_the_variable_that_is_always_forbidden(text, expected):
    universe = Universe(index_of(LIST), "amd64")
    (group,) = universe.line_groups(CONFLICTS, text.encode())
    found = Settled().settle_negative(universe, group)
    assert found == (NOT_SETTLED if expected is None else expected)


def test_answers_are_written_once_and_again_when_enough_is_new():
    settled = filled()
    assert settled.is_worth_writing
    again = Settled()
    again.decode(settled.encode(KEY), KEY, 20, 20)
    assert not again.is_worth_writing
    again.positive |= {b"new%d" % number: 0 for number in range(9)}
    assert again.is_worth_writing


@pytest.mark.parametrize(
    "relations",
    [{"Depends": "foo(>= 1)"}, {"Depends": "foo (>= 1)"}, {"Breaks": "bar:any"},
     {"Breaks": "bar(<< 9)"}, {"Conflicts": "bar:amd64"}, {"Conflicts": "virtual"}],
)  # fmt: skip
def test_kept_answers_do_not_outlive_a_change_of_the_status(tmp_path, relations):
    """The first question fills the cache; the second asks under a status that alters the names."""
    lab = Lab(tmp_path / "one", package("foo") + package("a", **relations))
    assert lab.plan("install", "a").get("a") == "install"
    status = installed("foo", "0.5") + installed("bar", Multi_Arch="allowed", Provides="virtual")
    lab.set_status(status)
    fresh = Lab(tmp_path / "two", package("foo") + package("a", **relations), status)
    assert lab.plan("install", "a") == fresh.plan("install", "a")
    assert lab.plan("install", "a") != {"a": "install"}
