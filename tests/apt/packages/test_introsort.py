"""Do packages of equal points end up in the order in which libstdc++'s sort leaves them?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.packages.introsort import introsort


def test_short_ranges_are_sorted_stably():
    assert introsort([0, 5, 0, 5]) == [1, 3, 0, 2]


def test_equals_of_a_long_range_change_places_as_std_sort_makes_them():
    # What std::sort of libstdc++ 14 does with 24 equal elements.
    assert introsort([0] * 24) == [
        12,
        23,
        22,
        21,
        20,
        19,
        18,
        17,
        16,
        15,
        14,
        13,
        0,
        11,
        10,
        9,
        8,
        7,
        6,
        5,
        4,
        3,
        2,
        1,
    ]


def test_others_among_equals_change_their_places():
    values = [0] * 40
    values[7] = values[30] = 3
    values[12] = -1
    assert introsort(values) == [
        7,
        30,
        31,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        29,
        20,
        32,
        33,
        34,
        35,
        36,
        37,
        38,
        39,
        11,
        1,
        2,
        3,
        4,
        5,
        6,
        8,
        9,
        10,
        0,
        13,
        14,
        15,
        16,
        17,
        18,
        19,
        12,
    ]


@given(st.lists(st.sampled_from([0, 0, 0, 0, 1, -2, 7]), max_size=300))
def test_result_is_sorted_and_loses_nothing(values):
    order = introsort(values)
    assert sorted(order) == list(range(len(values)))
    found = [values[place] for place in order]
    assert found == sorted(values, reverse=True)
