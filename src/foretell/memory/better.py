"""Which small weights share the bandwidth better than the kernel's?

Model: pages are used alike, so a node carries the share of the traffic that it has of the pages,
and the node that is full first limits all: the usable part of the whole bandwidth is the smallest
``bandwidth / share`` over the sum of the bandwidths.  It is a model of steady streaming, not a
measurement.  For a given sum of weights the best ones are found by giving one more to whoever
would then be fullest last (exact, as in apportionment by divisors); every sum is tried.
"""

from __future__ import annotations

import heapq
from fractions import Fraction
from math import gcd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["better_weights", "usable_share"]


def usable_share(weights: Mapping[int, int], bandwidths: Mapping[int, int]) -> Fraction:
    """Return the usable part of the bandwidth of all nodes that have weights, 0 to 1.

    A node without bandwidth counts as not known: raises `ValueError`.

    >>> usable_share({0: 7, 1: 2, 2: 1}, {0: 40960, 1: 12288, 2: 7168})
    Fraction(400, 413)
    """
    if not all(bandwidths.get(node, 0) > 0 for node in weights):
        raise ValueError("the bandwidth of a node is not known")
    total = sum(weights.values())
    fullest = min(Fraction(bandwidths[node] * total, weight) for node, weight in weights.items())
    return fullest / sum(bandwidths[node] for node in weights)


def better_weights(bandwidths: Mapping[int, int], most: int = 32) -> dict[int, int]:
    """Return the weights from 1 to ``most`` with the largest `usable_share`, the smallest such.

    >>> better_weights({0: 460, 1: 8, 2: 8, 3: 8}, most=60)
    {0: 58, 1: 1, 2: 1, 3: 1}
    """
    weights = dict.fromkeys(sorted(bandwidths), 1)
    heap = [(Fraction(2, bandwidths[node]), node) for node in weights]
    heapq.heapify(heap)
    best, best_share = dict(weights), usable_share(weights, bandwidths)
    while heap:
        _, node = heapq.heappop(heap)
        if weights[node] == most:
            continue
        weights[node] += 1
        heapq.heappush(heap, (Fraction(weights[node] + 1, bandwidths[node]), node))
        share = usable_share(weights, bandwidths)
        if share > best_share:
            best, best_share = dict(weights), share
    divisor = gcd(*best.values())
    return {node: weight // divisor for node, weight in best.items()}
