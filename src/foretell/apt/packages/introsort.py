"""In which order does apt's unstable sort leave what it cannot tell apart?

apt sorts with the C++ library's std::sort, that of libstdc++: a quick sort whose pivot is the
median of three, and an insertion sort for ranges of up to 16 elements.  Which of two equal elements
comes first is a matter of which elements it happens to swap: the order is part of the answer.
"""

from __future__ import annotations

from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["introsort"]

_LEFT_ALONE = 16  # shorter ranges are left to the last, stable step


def introsort(values: Sequence[int]) -> list[int]:
    """Return the places of ``values``, the highest value first, as libstdc++'s sort leaves them.

    >>> introsort([1, 3, 2])
    [1, 2, 0]
    """
    sorter = _Sorter(list(values))
    sorter.sort()
    return sorter.places


class _Sorter:
    """Sorts places by their values; runs of zeros, nearly everything, are moved as a whole."""

    def __init__(self, values: list[int]) -> None:
        self.values = values
        self.places = list(range(len(values)))
        self.filled = bytearray(map(bool, values))

    def sort(self) -> None:
        depth = 2 * (len(self.values).bit_length() - 1)
        ranges = [(0, len(self.values), depth)]
        while ranges:
            first, last, depth = ranges.pop()
            while last - first > _LEFT_ALONE:
                if not depth:
                    raise Unmodelled("sorts that turn to a heap")
                depth -= 1
                self._median_to_first(first, last)
                cut = self._partition(first, last)
                ranges.append((cut, last, depth))
                last = cut
        # What is left is an insertion sort over nearly sorted elements: a stable one.
        order = sorted(range(len(self.values)), key=self.values.__getitem__, reverse=True)
        self.places = list(map(self.places.__getitem__, order))

    def _swap(self, one: int, other: int) -> None:
        values, places, filled = self.values, self.places, self.filled
        values[one], values[other] = values[other], values[one]
        places[one], places[other] = places[other], places[one]
        filled[one], filled[other] = filled[other], filled[one]

    def _median_to_first(self, first: int, last: int) -> None:
        """Put the median of the second, the middle and the last element into the first place."""
        low, middle, high = first + 1, first + (last - first) // 2, last - 1
        a, b, c = self.values[low], self.values[middle], self.values[high]
        if a > b:
            chosen = middle if b > c else high if a > c else low
        elif a > c:
            chosen = low
        else:
            chosen = high if b > c else middle
        self._swap(first, chosen)

    def _partition(self, first: int, last: int) -> int:
        values = self.values
        pivot = values[first]
        first += 1
        while True:
            if not pivot:
                moved = self._swap_zeros(first, last)
                first += moved
                last -= moved
            while values[first] > pivot:
                first += 1
            last -= 1
            while pivot > values[last]:
                last -= 1
            if first >= last:
                return first
            self._swap(first, last)
            first += 1

    def _swap_zeros(self, first: int, last: int) -> int:
        """Exchange a run of zeros at the start with one at the end; return its length."""
        filled, places = self.filled, self.places
        if last - first < 2 or filled[first] or filled[last - 1]:
            return 0
        start = filled.find(1, first, last)
        length = (last - first) // 2
        if start >= 0:
            length = min(length, start - first, last - 1 - filled.rfind(1, first, last))
        head, tail = places[first : first + length], places[last - length : last]
        places[first : first + length] = tail[::-1]
        places[last - length : last] = head[::-1]
        return length
