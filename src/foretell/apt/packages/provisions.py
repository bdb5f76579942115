"""What provides the packages of one name when foreign architectures are configured?

apt records provisions while it reads stanza after stanza, so their order and some of them depend
on when each package of the name was created: see `births`.  Found by experiments with libapt 3.0.3:

- a plain Provides means the package of the stanza's own architecture, and all packages of the name
  when the version is ``Multi-Arch: foreign``;
- at the end of its stanza such a version also provides its own name to the others;
- a package that is created later gets first what the eldest has of the former, last one first,
  then the latter of every version read so far;
- ``name:any`` is provided by versions that are ``Multi-Arch: allowed``, by their own name and by
  what they provide; ``name:arch`` by what provides the package of that architecture, from that
  architecture, and what was read before anybody asked for it counts as of its own version (in
  3.3.5 only the packages of the name do).
"""

from __future__ import annotations

from foretell.apt.model import MULTI_ARCH_ALLOWED, MULTI_ARCH_FOREIGN, MULTI_ARCH_MASK
from foretell.apt.packages.births import PLACE_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.packages.multiarch import MultiArchUniverse

    # Version, version as which it provides (or empty), whether packages born later get it.
    Provision = tuple[int, bytes, bool]

__all__ = ["Record"]


class Record:
    """What is provided for the packages of one name, as apt reads stanza after stanza."""

    def __init__(self, universe: MultiArchUniverse, name: bytes) -> None:
        self.universe = universe
        self.name = name
        self.rows: dict[bytes, list[Provision]] = {}  # of packages and virtual ones
        self.members: list[int] = []
        self._read: set[int] = set()  # versions
        self._given: dict[int, Iterator[tuple[bytes, bytes]]] = {}
        self._virtual_births: dict[bytes, int] = {}

    def result(self) -> dict[bytes, list[tuple[int, bytes]]]:
        """Return (version, as which version or empty) by architecture, last recorded first."""
        return {key: [row[:2] for row in rows] for key, rows in self.rows.items() if rows}

    def _add(self, key: bytes, version: int, given: bytes, *, spreads: bool = False) -> None:
        self.rows.setdefault(key, []).insert(0, (version, given, spreads))

    def _multi_arch(self, version: int) -> int:
        return self.universe.meta(version) & MULTI_ARCH_MASK

    def _read_versions(self, package: int) -> list[int]:
        """Return the versions of a package that were read, highest first."""
        return [version for version in self.universe.versions(package) if version in self._read]

    def read(self, version: int) -> None:
        """The stanza of a version begins."""
        self._read.add(version)

    def bear(self, package: int) -> None:
        """A package of the name is created: it gets what the others' versions give to all."""
        universe = self.universe
        key = universe.architecture(package)
        if self.members:
            eldest = universe.architecture(self.members[0])
            for version, given, spreads in list(self.rows.get(eldest, ())):
                if spreads:
                    self._add(key, version, given)
        for other in self.members:
            for version in self._read_versions(other):
                if self._multi_arch(version) == MULTI_ARCH_FOREIGN:
                    self._add(key, version, universe.version_string(version))
        self.members.append(package)

    def bear_virtual(self, virtual: int) -> None:
        """``name:arch`` is created: what that architecture provides so far counts as versioned."""
        universe = self.universe
        architecture = universe.name(virtual).rpartition(b":")[2]
        key = b":" + architecture
        self.rows[key] = []
        self._virtual_births[key] = universe.birth(virtual)
        for version, given, _ in self.rows.get(architecture, ()):
            if universe.architecture(universe.package(version)) == architecture:
                own_version = universe.version_string(version)
                self._add(key, version, own_version if universe.dates_provisions else given)
        own = universe.find(self.name, architecture)
        for version in self._read_versions(own) if own >= 0 else ():
            self._add(key, version, universe.version_string(version))

    def provide(self, version: int) -> None:
        """The next entry of a version's Provides field names the name."""
        universe = self.universe
        if version not in self._given:
            self._given[version] = iter(universe.given(version, self.name))
        qualifier, given = next(self._given[version])
        package = universe.package(version)
        own = universe.architecture(package)
        multi_arch = self._multi_arch(version)
        if qualifier:
            if qualifier != b"any":
                self._add(qualifier, version, given)
            self._add(b":" + qualifier, version, given)
            return
        is_idle = universe.name(package) == self.name and given in {
            b"",
            universe.version_string(version),
        }
        if multi_arch == MULTI_ARCH_FOREIGN:
            for member in self.members:
                self._add(universe.architecture(member), version, given, spreads=True)
        elif not is_idle:
            self._add(own, version, given)
        if multi_arch == MULTI_ARCH_ALLOWED:
            self._add(b":any", version, given)
        if b":" + own in self.rows and not is_idle:
            self._add(b":" + own, version, given)

    def imply(self, version: int) -> None:
        """A version of the name was read to its end."""
        universe = self.universe
        package = universe.package(version)
        text = universe.version_string(version)
        multi_arch = self._multi_arch(version)
        if multi_arch == MULTI_ARCH_FOREIGN:
            for other in self.members:
                if other != package:
                    self._add(universe.architecture(other), version, text)
        elif multi_arch == MULTI_ARCH_ALLOWED:
            self._add(b":any", version, text)
        own = b":" + universe.architecture(package)
        if own in self.rows and not self._was_born_in(own, version):
            self._add(own, version, text)

    def _was_born_in(self, virtual: bytes, version: int) -> bool:
        """Say whether a relation of this very version created ``name:arch``: it has it already."""
        start, end = version << PLACE_BITS, self.universe.start_of_provides(version)
        return start < self._virtual_births.get(virtual, -1) <= end
