"""Does delta debugging find what is needed, and nothing more?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.model.minimize import Budget, minimize


@given(st.integers(0, 60), st.sets(st.integers(0, 59), max_size=8))
def test_minimum_is_found_for_any_needed_set(count, needed):
    needed = {item for item in needed if item < count}
    calls = []

    def still(part):
        calls.append(part)
        return needed <= set(part)

    assert minimize(range(count), still, Budget(10_000)) == sorted(needed)


@given(st.lists(st.integers(0, 9), max_size=30))
def test_nothing_more_can_be_left_out(items):
    def still(part):
        return sum(part) * 2 >= sum(items)

    found = minimize(items, still, Budget(10_000))
    assert still(found)
    for at in range(len(found)):
        assert not still(found[:at] + found[at + 1 :])


def test_budget_ends_the_search():
    calls = []

    def still(part):
        calls.append(part)
        return len(part) > 990

    minimize(range(1000), still, Budget(5))
    assert len(calls) == 5
