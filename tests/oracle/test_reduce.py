"""Does a reduced case still show the disagreement, with nothing left to leave out?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.oracle.reduce import minimize, reduce_case


@given(st.integers(0, 60), st.sets(st.integers(0, 59), max_size=8))
def test_minimum_is_found_for_any_needed_set(count, needed):
    needed = {item for item in needed if item < count}
    calls = []

    def still(part):
        calls.append(part)
        return needed <= set(part)

    assert minimize(range(count), still, 10_000) == sorted(needed)


@given(st.lists(st.integers(0, 9), max_size=30))
def test_nothing_more_can_be_left_out(items):
    def still(part):
        return sum(part) * 2 >= sum(items)

    found = minimize(items, still, 10_000)
    assert still(found)
    for at in range(len(found)):
        assert not still(found[:at] + found[at + 1 :])


def test_budget_ends_the_search():
    calls = []

    def still(part):
        calls.append(part)
        return len(part) > 990

    minimize(range(1000), still, 5)
    assert len(calls) == 5


def package(name, **fields):
    return {"Package": name, "Version": "1", "Architecture": "amd64", **fields}


def test_case_is_reduced_to_what_matters():
    document = {
        "lists": [
            {"release": {"archive": "stable"}, "stanzas": [package("a", Depends="x, b | c, y")]},
            {"stanzas": [package("b", Section="misc"), package("c"), package("d")]},
        ],
        "status": [package("i", Recommends="x"), package("j", Status="install ok installed")],
        "automatic": [
            {"package": "i", "architecture": "amd64"},
            {"package": "j", "architecture": "amd64"},
        ],
        "request": {"verb": "install", "words": ["a"]},
    }

    def disagrees(candidate):
        first, second = (part["stanzas"] for part in candidate["lists"])
        return (
            any("b | c" in stanza.get("Depends", "") for stanza in first)
            and any(stanza["Package"] == "c" for stanza in second)
            and any(stanza["Package"] == "j" for stanza in candidate["status"])
        )

    said: list[str] = []
    before = repr(document)
    reduced = reduce_case(document, disagrees, said.append)
    assert repr(document) == before
    assert disagrees(reduced)
    assert reduced["lists"][0]["stanzas"] == [package("a", Depends="b | c")]
    assert reduced["lists"][1]["stanzas"] == [package("c")]
    assert reduced["status"] == [package("j", Status="install ok installed")]
    assert reduced["automatic"] == [{"package": "j", "architecture": "amd64"}]
    assert said
