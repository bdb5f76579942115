"""Are weights derived, written and refused as the kernel does it?"""

from __future__ import annotations

from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.memory.kernels import rules_of
from foretell.memory.weights import Refused, WeightState, derive_weights, explain_weights

BANDWIDTHS = st.dictionaries(st.integers(0, 15), st.integers(0, (1 << 32) - 1), max_size=8)


def state_of(*bandwidths, kernel="7.3"):
    state = WeightState(rules_of(kernel))
    state.nodes = set(range(len(bandwidths)))
    for node, bandwidth in enumerate(bandwidths):
        state.tell(node, bandwidth)
    return state


@pytest.mark.parametrize(
    ("bandwidths", "weights"),
    [
        ((40960, 12288, 7168), [7, 2, 1]),  # a guest with 6.16, 6.17, 6.18, 6.19, 7.0, 7.1, 7.3
        ((40960, 16384), [22, 9]),
        ((460, 8, 8, 8), [30, 1, 1, 1]),  # the slow ones get more than their share
        ((0, 0), [1, 1]),
        ((100, 0), [32, 1]),
        ((100, 100), [1, 1]),
        ((1 << 27, 1), [1, 1]),  # 32 times it is 0 in 32 bits
    ],
)
def test_derived(bandwidths, weights):
    assert list(state_of(*bandwidths).weights().values()) == weights


@given(BANDWIDTHS)
def test_derived_weights_are_reduced_and_bounded(bandwidths):
    found = [it.weight for it in derive_weights(bandwidths, bandwidths.keys()).values()]
    assert all(1 <= weight <= 255 for weight in found)
    assert not found or gcd(*found) == 1


def test_old_kernels_derive_nothing():
    state = state_of(40960, 12288, kernel="6.12")
    assert state.weights() == {0: 1, 1: 1}
    with pytest.raises(Refused, match="ENOENT"):
        state.write_auto("1")


def test_written_weights_stay_when_a_node_comes():
    state = state_of(40960)
    state.write(0, "5\n")
    state.add(2, 16384)
    assert (state.weights(), state.is_automatic) == ({0: 5, 2: 1}, False)
    state.write_auto("1")
    assert (state.weights(), state.is_automatic) == ({0: 22, 2: 9}, True)


def test_old_kernels_keep_the_weight_of_a_node_without_memory():
    state = state_of(1, 1, kernel="6.12")
    state.remove(1)
    state.write(1, "9")
    assert state.weights() == {0: 1, 1: 9}


def test_a_node_that_comes_back_has_its_weight_until_all_are_derived():
    state = state_of(40960, 7168, 30720)
    state.remove(2)
    assert state.weights() == {0: 8, 1: 1}
    state.add(2)
    assert state.weights() == {0: 8, 1: 1, 2: 6}
    state.remove(2)
    state.write_auto("0")
    state.write_auto("1")
    state.add(2)
    assert state.weights() == {0: 27, 1: 4, 2: 1}


def test_a_node_that_comes_changes_all_in_automatic_mode():
    state = state_of(40960)
    state.add(2, 16384)
    assert state.weights() == {0: 22, 2: 9}
    state.remove(2)
    assert state.weights() == {0: 22}  # nothing is derived anew


@pytest.mark.parametrize("text", ["0", "", "256", "-1", "x", "1 2", "0x", "08", "\n", "99999"])
def test_refused_weights(text):
    state = state_of(100, 100)
    with pytest.raises(Refused, match="EINVAL"):
        state.write(0, text)
    assert state.is_automatic


@pytest.mark.parametrize(("text", "weight"), [("7", 7), ("0x10\n", 16), ("010", 8), ("+3", 3)])
def test_numbers_as_the_kernel_reads_them(text, weight):
    state = state_of(100, 100)
    state.write(1, text)
    assert state.weights() == {0: 1, 1: weight}


def test_auto_without_bandwidths_is_refused_and_the_same_value_is_nothing():
    state = state_of()
    state.nodes = {0}
    state.write_auto("yes")
    state.write_auto("off")
    with pytest.raises(Refused, match="ENODEV"):
        state.write_auto("1")
    with pytest.raises(Refused, match="EINVAL"):
        state.write_auto("maybe")


def test_missing_node():
    with pytest.raises(Refused, match="ENOENT"):
        state_of(100).write(3, "1")


@given(BANDWIDTHS)
def test_reasons_are_sufficient(bandwidths):
    """What the reasons cite is enough to come to the same weights."""
    state = WeightState(rules_of("7.3"))
    state.nodes = set(bandwidths)
    for node, bandwidth in bandwidths.items():
        state.tell(node, bandwidth)
    cited = {}
    for reason in explain_weights(state, {}):
        for fact in reason.parents:
            cited[int(str(fact.fields["node"]))] = int(str(fact.fields["bandwidth"]))
    again = derive_weights(cited, cited.keys())
    assert {node: it.weight for node, it in again.items()} == state.weights()
