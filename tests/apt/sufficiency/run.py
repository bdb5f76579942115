"""How many explanations of one kind were checked, and which were not enough?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

# The cases of one world: what was explained, and what is wrong about it or nothing.
Cases = Callable[[int], Iterator[tuple[str, str]]]
SEEDS = 1_000_000  # of one run


class Tally(NamedTuple):
    """What came out: how many cases, and of the wrong ones seed, what and complaint."""

    checked: int
    seeds: range
    wrong: list[tuple[int, str, str]]

    def __str__(self) -> str:
        """Return the figures."""
        right = self.checked - len(self.wrong)
        worlds = f"worlds {self.seeds.start} to {self.seeds.stop - 1}"
        return f"{right} enough / {self.checked} checked, {worlds}"


def tally(cases: Cases, count: int, seed: int) -> Tally:
    """Check at least ``count`` cases, those of whole worlds from the one numbered ``seed`` on."""
    wrong = []
    checked = 0
    at = first = seed * SEEDS
    while checked < count:
        for what, complaint in cases(at):
            checked += 1
            if complaint:
                wrong.append((at, what, complaint))
        at += 1
    return Tally(checked, range(first, at), wrong)
