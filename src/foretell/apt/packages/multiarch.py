"""What does apt's cache hold when foreign architectures are configured?

Every architecture of a name is a package of its own, and Multi-Arch ties them together: implicit
relations between them, provisions for each other, and relations that mean all of them.  Which of
these stand where in a version's list depends on when each package came to be: see `births`.  Found
by experiments with libapt 3.0.3:

- a plain Conflicts, Breaks or Replaces is recorded once for each package that the name has, in the
  order of their births; for a package that is born later a copy comes at the list's end;
- at the end of a stanza its version gets relations on the other packages of its name that have
  versions: Replaces (<< own) and Breaks (!= own) when it is ``Multi-Arch: same``, else Conflicts;
  their versions get theirs when the first version of a package is read.

What provides what is told by `provisions`.

Copies that one birth gives to several relations of one version have the order of apt's list of
relations on the eldest package: see `reverse_order`.  Only ``depends --implicit`` asks for it, by
`order_copies`; else last ones come first.
"""

from __future__ import annotations

from bisect import insort
from operator import itemgetter

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    MULTI_ARCH_ALLOWED,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    OPERATORS,
    PROVIDES,
    REPLACES,
)
from foretell.apt.packages.births import END_OF_STANZA, PLACE_BITS, SPREADING, mentions, package_key
from foretell.apt.packages.provisions import Record
from foretell.apt.packages.stanza import parse_members
from foretell.apt.packages.universe import Universe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.settled import Settled
    from foretell.apt.packages.universe import Member

    CopyOrder = tuple[int, bool, int]

__all__ = ["MultiArchUniverse"]

_UNEQUAL, _BELOW, _ANY_VERSION = OPERATORS[b"!="], OPERATORS[b"<<"], OPERATORS[b""]


class MultiArchUniverse(Universe):
    """The archive and what is installed, for several architectures, the native one first."""

    is_multi_arch = True

    def __init__(
        self,
        archive: Archive,
        native: str,
        foreign: Sequence[str],
        find_settled: Callable[[], Settled] | None = None,
    ) -> None:
        super().__init__(archive, native, find_settled)
        self.architectures = [self.native, *(name.encode() for name in foreign)]
        self._phantoms = {}
        self._now = self.n_versions << PLACE_BITS
        self._more_births: list[int] = []
        self._more_owners: dict[bytes, list[int]] = {}  # provided name -> versions, last first
        self._groups: dict[bytes, list[int]] = {}
        self._architectures: dict[int, bytes] = {}
        self._spread: dict[tuple[int, bytes], list[tuple[int, int]]] = {}
        self._group_rows: dict[bytes, dict[bytes, list[tuple[int, bytes]]]] = {}
        self._special: dict[int, list[Member]] = {}
        self._implicit: set[int] = set()
        # Package and stamp of a relation on it -> its sort key in the list of those.
        self.order_copies: Callable[[int, int], CopyOrder] | None = None

    # -- packages --------------------------------------------------------------------------

    def name(self, package: int) -> bytes:
        """Return the package's name."""
        found = self._names.get(package)
        if found is None:
            found = super().name(package)
            if package < self.n_packages:
                found = found[:-1] if found.endswith(b":") else found.partition(b":")[0]
            self._names[package] = found
        return found

    def architecture(self, package: int) -> bytes:
        """Return the package's architecture, ``any`` for virtual ones like ``name:any``."""
        found = self._architectures.get(package)
        if found is None:
            found = self._architectures[package] = self._find_architecture(package)
        return found

    def _find_architecture(self, package: int) -> bytes:
        if package >= self.n_packages:
            return self.more_packages[package - self.n_packages][1]
        key = self.archive.name(package)
        if key.endswith(b":"):
            return b"any"
        return key.partition(b":")[2] or self.native

    def architecture_rank(self, package: int) -> int:
        """Return the place of the package's architecture among those configured."""
        architecture = self.architecture(package)
        known = self.architectures
        return known.index(architecture) if architecture in known else len(known)

    def find(self, name: bytes, architecture: bytes | None = None) -> int:
        """Return the package of this name and architecture (default: native), or -1."""
        wanted = architecture or self.native
        if b":" not in name or wanted == b"any":
            package = self.archive.find(package_key(name, wanted, self.native))
            if package >= 0:
                return package
        return self._more_by_name.get((name, wanted), -1)

    def find_mentioned(self, name: bytes, architecture: bytes | None = None) -> int:
        """Return the package of this name even if it is merely mentioned, or -1.

        Without an architecture the first configured one with a version is meant, else the first
        one that has a package at all.
        """
        if architecture is not None:
            return self.find(name, architecture)
        found = self.configured(name)
        return next(filter(self.versions, found), found[0] if found else -1)

    def configured(self, name: bytes) -> list[int]:
        """Return the packages of a name whose architecture is configured, native first."""
        found = [self.find(name, architecture) for architecture in self.architectures]
        return [package for package in found if package >= 0]

    def add_package(self, name: bytes, architecture: bytes) -> int:
        """Return the package of this name and architecture, born now if need be."""
        package = self.find(name, architecture)
        if package < 0:
            package = super().add_package(name, architecture)
            self._more_births.append(self._now)
            self._groups.pop(name, None)
            if not name.endswith(b":any"):  # what provides that never depends on its birth
                self._forget(name.partition(b":")[0])
        return package

    def _forget(self, name: bytes) -> None:
        """Compute anew what is provided by and for the packages of a name."""
        self._group_rows.pop(name, None)
        self._provided.clear()
        self._relations.clear()
        self._spread.clear()

    def birth(self, package: int) -> int:
        """Return when apt created the package: see `births`."""
        if package < self.n_packages:
            return self.archive.pkg_birth[package]
        return self._more_births[package - self.n_packages]

    def group(self, package: int) -> list[int]:
        """Return all packages of the package's name, the eldest first."""
        return self.named(self.name(package))

    def named(self, name: bytes) -> list[int]:
        """Return all packages of a name, the eldest first."""
        found = self._groups.get(name)
        if found is None:
            architecture = b"any" if b":" in name else self.native
            own = self.archive.find(package_key(name, architecture, self.native))
            found = [own] if own >= 0 else []
            found += [p for p in self.archive.kin(name) if self.name(p) == name]
            found += self._more_groups.get(name, [])
            found.sort(key=self.birth)
            self._groups[name] = found
        return found

    def iteration_key(self, package: int) -> tuple[int, int, bytes, int]:
        """Return the sort key of apt's package iteration order."""
        return (*super().iteration_key(package)[:3], self.birth(package))

    # -- relations -------------------------------------------------------------------------

    def relations(self, version: int) -> list[int]:
        """Return the or-groups of a version in the order in which apt walks them."""
        found = self._relations.get(version)
        if found is None:
            found = self._relations[version] = self._find_relations(version)
        return found

    def groups(self, version: int, kind: int) -> list[int]:
        """Return the or-groups of one relation type of a version."""
        types = self.group_types
        return [group for group in self.relations(version) if types[group] == kind]

    def _find_relations(self, version: int) -> list[int]:
        architecture = self.architecture(self.package(version))
        found: list[int] = []
        later: list[tuple[int, CopyOrder, int]] = []  # birth, order in it, or-group
        now = version << PLACE_BITS
        place = 0
        for kind, line in enumerate(self.relation_lines(version)[:PROVIDES]):
            if not line:
                continue
            for text in line.split(b", "):
                place += text.count(b"|") + 1
                if kind not in SPREADING or b":" in text.partition(b" ")[0]:
                    found.append(self._group_of(kind, text, architecture))
                    continue
                for birth, group in self._spread_groups(kind, text):
                    if birth <= now + place:
                        found.append(group)
                    else:
                        order = self._copy_order(group, now + place)
                        insort(later, (birth, order, group))
        for row in self._implied(version):
            insort(later, row)
        return found + [row[2] for row in later]

    def text_groups(self, version: int, kind: int, text: bytes) -> list[int]:
        """Return the or-groups that one entry of a version's relation field becomes."""
        if kind in SPREADING and b":" not in text.partition(b" ")[0]:
            return [group for _, group in self._spread_groups(kind, text)]
        return [self._group_of(kind, text, self.architecture(self.package(version)))]

    def _copy_order(self, group: int, stamp: int) -> CopyOrder:
        if self.order_copies is None:
            return (-stamp, False, 0)
        return self.order_copies(self.group(self.members(group)[0][0])[0], stamp)

    def _spread_groups(self, kind: int, text: bytes) -> list[tuple[int, int]]:
        """Return birth and or-group for each package that a plain negative relation means."""
        found = self._spread.get((kind, text))
        if found is None:
            name = text.partition(b"(")[0].rstrip()
            found = self._spread[kind, text] = [
                (self.birth(package), self._group_of(kind, text, self.architecture(package)))
                for package in self.named(name)
            ]
        return found

    def _group_of(self, kind: int, text: bytes, architecture: bytes) -> int:
        """Return the or-group of a text whose plain names mean an architecture."""
        numbers = self._group_numbers[kind]
        if architecture == self.native:
            number = numbers.get(text)
            return self.add_group(kind, text) if number is None else number
        number = numbers.get(architecture + b"\0" + text)
        if number is None:
            members = [
                (self._arch_target(name, qualifier, architecture), operator, wanted)
                for name, qualifier, operator, wanted in parse_members(text)
            ]
            number = self.add_group(kind, architecture + b"\0" + text)
            self._members[number] = members
            self.group_texts[number] = _with_architecture(text, architecture)
        return number

    def _arch_target(self, name: bytes, qualifier: bytes, architecture: bytes) -> int:
        if qualifier:
            return self._qualified_target(name, qualifier)
        return self.add_package(name, architecture)

    def _implied(self, version: int) -> list[tuple[int, CopyOrder, int]]:
        """Return birth, place and or-group of what Multi-Arch implies for a version."""
        package = self.package(version)
        found: list[tuple[int, CopyOrder, int]] = []
        for other in self.group(package):
            versions = self.versions(other)
            if other == package or not versions:
                continue
            when = max(version, min(versions)) << PLACE_BITS | END_OF_STANZA
            for group in self._implied_groups(version, other):
                found.append((when, (len(found), False, 0), group))
        return found

    def _implied_groups(self, version: int, other: int) -> list[int]:
        if self.meta(version) & MULTI_ARCH_MASK != MULTI_ARCH_SAME:
            return [self._implied_group(CONFLICTS, other, _ANY_VERSION, b"")]
        text = self.version_string(version)
        return [
            self._implied_group(REPLACES, other, _BELOW, text),
            self._implied_group(BREAKS, other, _UNEQUAL, text),
        ]

    def _implied_group(self, kind: int, target: int, operator: int, wanted: bytes) -> int:
        sign = {_BELOW: b" (<< %s)", _UNEQUAL: b" (!= %s)"}.get(operator)
        text = self.name(target) + b":" + self.architecture(target)
        text += sign % wanted if sign else b""
        number = self._group_numbers[kind].get(b"\0" + text)
        if number is None:
            number = self.add_group(kind, b"\0" + text)
            self._members[number] = [(target, operator, wanted)]
            self.group_texts[number] = text
            self._implicit.add(number)
        return number

    def is_implicit(self, group: int) -> bool:
        """Say whether the or-group is one that Multi-Arch implies."""
        return group in self._implicit

    def _qualified_target(self, name: bytes, qualifier: bytes) -> int:
        """Return the virtual package ``name:architecture``."""
        if qualifier == b"native":
            qualifier = self.native
        return self.add_package(name + b":" + qualifier, b"any")

    # -- provisions ------------------------------------------------------------------------

    def provides(self, package: int) -> list[tuple[int, bytes]]:
        """Return (providing version, provided version or empty), last recorded first."""
        found = self._provided.get(package)
        if found is None:
            name, architecture = self.name(package), self.architecture(package)
            if architecture == b"any":
                name, _, qualifier = name.rpartition(b":")
                architecture = b":" + qualifier
            rows = self._group_rows.get(name)
            if rows is None:
                rows = self._group_rows[name] = self._find_provisions(name)
            found = self._provided[package] = rows.get(architecture, [])
        return found

    def _owners(self, name: bytes) -> list[int]:
        """Return the versions that may provide a name, first read first."""
        return sorted({*self._more_owners.get(name, ()), *self.archive.providers(name)})

    def _find_provisions(self, name: bytes) -> dict[bytes, list[tuple[int, bytes]]]:
        """Return what is provided for each package of a name, by architecture.

        The virtual packages ``name:any`` and ``name:arch`` have the keys ``:any`` and ``:arch``.
        """
        members = self.named(name)
        versions = sorted(v for member in members for v in self.versions(member))
        tied = [v for v in versions if self.meta(v) & MULTI_ARCH_MASK != MULTI_ARCH_SAME]
        owners = self._owners(name)
        is_tied = any(self.meta(v) & MULTI_ARCH_MASK for v in tied)
        virtuals = self._virtuals(name)
        if not (owners or is_tied or virtuals):
            return {}
        record = Record(self, name)
        events: list[tuple[int, Callable[[int], None], int]] = []
        events += [(self.birth(member), record.bear, member) for member in members]
        events += [(version << PLACE_BITS, record.read, version) for version in versions]
        events += [(birth, record.bear_virtual, package) for birth, package in virtuals]
        for owner in owners:
            times = self._provision_times(owner, name)
            events += [(when, record.provide, owner) for when in times]
        last = [(version << PLACE_BITS | END_OF_STANZA, version) for version in versions]
        events += [(when, record.imply, version) for when, version in last]
        for _, happen, number in sorted(events, key=itemgetter(0)):
            happen(number)
        return record.result()

    def _virtuals(self, name: bytes) -> list[tuple[int, int]]:
        """Return birth and number of the virtual packages ``name:architecture``."""
        found = []
        for architecture in self.architectures:
            package = self.find(name + b":" + architecture, b"any")
            if package >= 0:
                found.append((self.birth(package), package))
        return found

    def given(self, owner: int, name: bytes) -> list[tuple[bytes, bytes]]:
        """Return (qualifier, version or empty) of each provision of ``name``."""
        return [row[1:] for row in self._parsed_provides(owner) if row[0] == name]

    def says_provides(self, version: int, name: bytes) -> bool:
        """Say whether the Provides field of a version has the name: Multi-Arch implies others."""
        return any(row[0] == name for row in self._parsed_provides(version))

    def provided(self, version: int) -> list[int]:
        """Return all packages, virtual ones too, that a version provides."""
        names = {row[0] for row in self._parsed_provides(version)}
        names.add(self.name(self.package(version)))
        found: list[int] = []
        for name in sorted(names):
            found += [*self.named(name), *(package for _, package in self._virtuals(name))]
            if self.meta(version) & MULTI_ARCH_MASK == MULTI_ARCH_ALLOWED:
                found.append(self.add_package(name + b":any", b"any"))
        return [p for p in found if any(row[0] == version for row in self.provides(p))]

    def _provision_times(self, owner: int, name: bytes) -> list[int]:
        start = self.start_of_provides(owner)
        return [
            start + at for at, row in enumerate(self._parsed_provides(owner), 1) if row[0] == name
        ]

    def start_of_provides(self, version: int) -> int:
        """Return when the last relation of a version's stanza was read."""
        lines = self.relation_lines(version)[:PROVIDES]
        place = sum(line.count(b",") + line.count(b"|") + 1 for line in lines if line)
        return (version << PLACE_BITS) + place

    def _parsed_provides(self, owner: int) -> list[tuple[bytes, bytes, bytes]]:
        line = self.relation_lines(owner)[PROVIDES]
        texts = line.split(b", ") if line else []
        return [
            (target, self.native if qualifier == b"native" else qualifier, given)
            for text in texts
            for target, qualifier, _, given in parse_members(text)
        ]

    # -- what the status file adds -----------------------------------------------------------

    def add_installed(self, fields: dict[bytes, bytes]) -> int:
        """Add an installed version from its stanza; return the package."""
        self._now = self.version_count() << PLACE_BITS
        package = self.add_package(fields[b"package"], self.package_architecture(fields))
        text = fields[b"version"]
        for version in self.versions(package):
            if self.version_string(version) == text and self.is_same(version, fields):
                self.installed[package] = version
                return package
        self.installed[package] = self.add_version(package, fields)
        return package

    def package_architecture(self, fields: dict[bytes, bytes]) -> bytes:
        """Return the architecture of the package that a stanza is about."""
        architecture = fields.get(b"architecture", b"all")
        return self.native if architecture == b"all" else architecture

    def add_version(self, package: int, fields: dict[bytes, bytes]) -> int:
        """Add a version that the archive does not have, read after it; return its number."""
        number = self._append_version(package, fields)
        lines = self.relation_lines(number)
        architecture = self.architecture(package)
        born = mentions(lines, architecture, self.meta(number), self.native)
        for place, name, wanted, only_first in born:
            self._now = (number << PLACE_BITS) + place
            if not (only_first and self.named(name)):
                self.add_package(name, wanted)
        self._now = (number + 1) << PLACE_BITS
        for name, _, _ in self._parsed_provides(number):
            self._more_owners.setdefault(name, []).insert(0, number)
            self._forget(name)
            self.altered.add(name)
        self._forget(self.name(package))
        return number


def _with_architecture(text: bytes, architecture: bytes) -> bytes:
    """Return an or-group with the architecture that its plain names mean.

    >>> _with_architecture(b"a (>= 1) | b:any", b"i386")
    b'a:i386 (>= 1) | b:any'
    """
    found = []
    for member in text.split(b"|"):
        name, separator, rest = member.strip().partition(b" ")
        found.append(name + (b"" if b":" in name else b":" + architecture) + separator + rest)
    return b" | ".join(found)
