"""What a solver planned, before it becomes a prediction."""

from __future__ import annotations

__all__ = ["Planned"]


class Planned:
    """What will be there: the version and the automatic mark of every package."""

    __slots__ = ("automatic", "garbage", "protected", "versions")

    def __init__(self, versions: dict[int, int], automatic: set[int]) -> None:
        self.versions = versions
        self.automatic = automatic
        self.garbage: set[int] = set()
        self.protected: set[int] = set()  # needed as if they had been named
