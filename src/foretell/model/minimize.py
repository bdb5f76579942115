"""Which few things are enough?

Delta debugging: leave out ever smaller parts, and keep whatever is still enough.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["Budget", "minimize"]


class Budget:
    """Counts trials, so that a stubborn case ends as small as it got."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self) -> bool:
        """Count a trial; say whether it may be made."""
        self.left -= 1
        return self.left >= 0


def minimize(items: Sequence[T], still: Callable[[list[T]], bool], budget: Budget) -> list[T]:
    """Return a subsequence of ``items`` for which ``still`` holds and from which nothing goes.

    ``still(list(items))`` is taken for granted; once the budget is spent, more may be left.

    >>> minimize(range(100), lambda part: {3, 70} <= set(part), Budget(1000))
    [3, 70]
    """
    items = list(items)
    size = max(1, len(items) // 2)
    while items:
        at = 0
        is_smaller = False
        while at < len(items):
            fewer = items[:at] + items[at + size :]
            if not budget.spend():
                return items
            if still(fewer):
                items = fewer
                is_smaller = True
            else:
                at += size
        if size > 1:
            size = max(1, size // 2)
        elif not is_smaller:
            break
    return items
