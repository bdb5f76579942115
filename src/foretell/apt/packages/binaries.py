"""Which packages come from the same source, and in which of its versions?

A binary whose source has a newer version elsewhere in the archive may be obsolete, and upgrades
since apt 3.1.16 keep the binaries of a source together.
"""

from __future__ import annotations

from bisect import bisect_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.universe import Universe

__all__ = ["Binaries", "source_binaries", "source_number"]


def source_number(archive: Archive, version: int) -> int:
    """Return the number of a version's source, -1 when all binaries of it have one version."""
    at = bisect_left(archive.src_member, version)
    if at < len(archive.src_member) and archive.src_member[at] == version:
        return archive.src_number[at]
    return -1


def source_binaries(archive: Archive, number: int) -> list[tuple[int, int]]:
    """Return the binary versions of a source, and for each the number of its source version.

    In parse order; the section ``src_text`` has the version that a number stands for.
    """
    start, end = archive.src_start[number], archive.src_start[number + 1]
    return list(zip(archive.src_owner[start:end], archive.src_version[start:end], strict=True))


class Binaries:
    """The archive's binary versions by their source packages."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._texts: list[bytes] = []
        self._rows: dict[int, list[tuple[bytes, int]]] = {}
        self._of_installed: dict[bytes, list[int]] | None = None

    def newer(self, version: int) -> list[int]:
        """Return the binaries of a version's source that are of a higher source version.

        Highest first, of the version's own architecture only.
        """
        number = source_number(self._universe.archive, version)
        if number < 0:
            return []
        rows = self._rows.get(number)
        if rows is None:
            rows = self._rows[number] = self._sorted(number)
        own = next(key for key, other in rows if other == version)
        return [other for key, other in rows if key > own]

    def _sorted(self, number: int) -> list[tuple[bytes, int]]:
        """Return the binaries of a source with the sort keys of its versions, highest first."""
        archive, key = self._universe.archive, self._universe.text_key
        if not self._texts:
            self._texts = bytes(archive.src_text).split(b"\n")
        rows = [(key(self._texts[text]), owner) for owner, text in source_binaries(archive, number)]
        return sorted(rows, reverse=True)

    def siblings(self, version: int) -> list[int]:
        """Return the archive's versions of installed packages that are of a version's source.

        Last parsed first.
        """
        universe = self._universe
        if version >= universe.n_versions:
            return []
        if self._of_installed is None:
            self._of_installed = {}
            for package in universe.installed:
                for other in universe.versions(package):
                    if other < universe.n_versions:
                        self._of_installed.setdefault(universe.source(other)[0], []).append(other)
        return sorted(self._of_installed.get(universe.source(version)[0], ()), reverse=True)
