"""Which packages come from the same source, and in which of its versions?

A binary whose source has a newer version elsewhere in the archive may be obsolete, and upgrades
since apt 3.1.16 keep the binaries of a source together.
"""

from __future__ import annotations

from foretell.apt.births import package_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.universe import Universe

__all__ = ["Binaries"]


class Binaries:
    """The archive's binary versions by their source packages."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._of_mixed_source = frozenset(universe.archive.src_owner)
        self._rows: dict[bytes, list[tuple[bytes, int]]] = {}
        self._of_installed: dict[bytes, list[int]] | None = None

    def newer(self, version: int) -> list[int]:
        """Return the binaries of a version's source that are of a higher source version.

        Highest first; of the version's own architecture, or of all.
        """
        if version not in self._of_mixed_source:
            return []
        universe = self._universe
        name = universe.source(version)[0]
        architecture = universe.architecture(universe.package(version))
        key = package_key(name, architecture, universe.native)
        rows = self._rows.get(key)
        if rows is None:
            found = universe.archive.source_versions(key)
            found = [other for other in found if universe.source(other)[0] == name]
            rows = sorted(((universe.source_version_key(v), v) for v in found), reverse=True)
            self._rows[key] = rows
        own = universe.source_version_key(version)
        return [other for other_key, other in rows if other_key > own]

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
