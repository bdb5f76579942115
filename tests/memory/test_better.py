"""Are the better weights the best there are?"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.memory.better import better_weights, usable_share
from foretell.memory.weights import derive_weights


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=3), st.integers(1, 7))
def test_nothing_is_better(bandwidths, most):
    told = dict(enumerate(bandwidths))
    best = max(
        usable_share(dict(enumerate(weights)), told)
        for weights in product(range(1, most + 1), repeat=len(told))
    )
    found = better_weights(told, most)
    assert usable_share(found, told) == best
    assert all(1 <= weight <= most for weight in found.values())


@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=8))
def test_never_worse_than_the_kernel(bandwidths):
    told = dict(enumerate(bandwidths))
    kernel = {node: it.weight for node, it in derive_weights(told, told.keys()).items()}
    assert usable_share(better_weights(told), told) >= usable_share(kernel, told)


def test_unknown_bandwidth():
    with pytest.raises(ValueError, match="not known"):
        usable_share({0: 1, 1: 1}, {0: 5})
