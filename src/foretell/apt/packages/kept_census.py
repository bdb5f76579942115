"""Which part of a census does a case keep, so that a part of an archive decides like the whole?

The classic solver breaks ties by the order in which apt's cache created its packages and by
the order in which it walks them, all of them.  A case holds few stanzas; for the packages that
those create it keeps both places, and how many packages there were.  All others have no points and
are never asked about.
"""

from __future__ import annotations

from foretell.apt.packages.census import NOWHERE, Census, Roll

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Universe

__all__ = ["COUNT_MAX", "KeptCensus", "Row", "keep_rows"]

COUNT_MAX = 1 << 21  # packages of a cache
Row = tuple[str, str, int, int]  # name, architecture, number, place


class KeptCensus(Census):
    """The places of the packages of a case in the world that it is a part of."""

    def __init__(self, universe: Universe, count: int, rows: list[Row]) -> None:
        super().__init__(universe, Roll())
        self._count = count
        self._rows = {
            (_bytes(name), architecture.encode()): (number, place)
            for name, architecture, number, place in rows
        }

    @property
    def count(self) -> int:
        """How many packages there were."""
        return self._count

    def _others(self) -> dict[tuple[bytes, bytes], int]:
        return {key: number for key, (number, _) in self._rows.items()}

    def number(self, package: int) -> int:
        """Return the place of a package in the order of creation; unknown ones come last."""
        found = self._rows.get(self._key(package))
        return self._count + package if found is None else found[0]

    def place(self, package: int) -> int:
        """Return the place of a package in the order in which apt walked its cache."""
        found = self._rows.get(self._key(package))
        return NOWHERE if found is None else found[1]

    def _key(self, package: int) -> tuple[bytes, bytes]:
        return self.universe.name(package), self.universe.architecture(package)


def keep_rows(census: Census, part: Census) -> list[Row]:
    """Return the rows of ``census`` for all packages whose name ``part`` has, by number."""
    names = {name for name, _ in part.everyone()}
    universe = census.universe
    rows = []
    for name, architecture in census.everyone():
        if name not in names:
            continue
        package = universe.add_package(name, architecture)
        row = (census.number(package), census.place(package))
        rows.append((_text(name), architecture.decode(), *row))
    return sorted(rows, key=lambda row: row[2])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
