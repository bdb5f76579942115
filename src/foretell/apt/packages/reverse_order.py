"""In which order does apt list the relations on a package?

When an upgrade breaks several installed packages, the classic solver takes them along in this
order.  apt puts a relation that it reads behind the first one on the same package, or before that
when its version came into apt's table of version strings later than the first one's.  The table
is filled as lists are read: with the Version of the list's Release file, then for each stanza its
version, its source's, those of its relations and provisions, each once; no version comes before all
others.  So a list is that of its *heads*,
last one first, each with what was read while it was the head behind it, last one first.  Checked
against the lists in libapt 3.0.4's cache.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right
from operator import itemgetter

from foretell.apt.model import (
    MULTI_ARCH_FOREIGN,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    PROVIDES,
)
from foretell.apt.packages.births import END_OF_STANZA, PLACE_BITS, SPREADING, package_key
from foretell.apt.packages.stanza import parse_members
from foretell.apt.syntax.expression import expression
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from foretell.apt.packages.universe import Member, Universe

    Head = tuple[int, int]  # its stamp, and the rank of its version in apt's table
    Numbers: TypeAlias = array[int] | memoryview[int]

__all__ = ["Heads", "MultiArchReader", "Reader", "ReverseOrder", "find_heads", "stamped"]

_MEMBER = expression(rb"([^\0- ()|]+)(?: \([<>=]+ ([^\0- ()]+)\))?")
_MAGIC = b"foretell-apt-heads 2\n"
_HEAD = struct.Struct("<IIII")


class Heads:
    """The relations that were first in a list when they were read, by package of the index.

    ``stamps`` has when each was read, ``ranks`` the places of their versions in ``versions``, the
    table of version strings; ``starts`` has where those of a package begin.
    """

    __slots__ = ("_versions", "ranks", "stamps", "starts")

    def __init__(
        self, starts: Numbers, stamps: Numbers, ranks: Numbers, versions: list[bytes] | memoryview
    ) -> None:
        """``versions`` may be the text of a file, one a line: most questions ask for none of it."""
        self.starts = starts
        self.stamps = stamps
        self.ranks = ranks
        self._versions = versions

    @property
    def versions(self) -> list[bytes]:
        """The table of version strings."""
        if isinstance(self._versions, memoryview):
            self._versions = bytes(self._versions).split(b"\n")
        return self._versions

    def of(self, package: int) -> list[Head]:
        """Return stamp and rank of each head of a package, first read first."""
        start, end = self.starts[package : package + 2]
        return list(zip(self.stamps[start:end], self.ranks[start:end], strict=True))

    def encode(self, key: bytes) -> bytes:
        """Return the bytes of a file for the archive ``key``."""
        blob = b"\n".join(self.versions)
        counts = (len(self.starts), len(self.stamps), len(blob))
        arrays = (self.starts.tobytes(), self.stamps.tobytes(), self.ranks.tobytes())
        data = _MAGIC + _HEAD.pack(len(key), *counts) + key + b"".join(arrays) + blob
        return data + struct.pack("<I", zlib.crc32(data))

    @classmethod
    def decode(cls, data: bytes, key: bytes) -> Heads | None:
        """Return what a file says, or None when it is damaged or about another archive."""
        at = len(_MAGIC) + _HEAD.size
        if len(data) < at + 4 or not data.startswith(_MAGIC):
            return None
        size, starts, count, length = _HEAD.unpack_from(data, len(_MAGIC))
        found = data[at : at + size]
        at += size
        view = memoryview(data)
        if found != key or zlib.crc32(view[:-4]) != struct.unpack("<I", view[-4:])[0]:
            return None
        second = at + 4 * starts
        third = second + 8 * count
        last = third + 4 * count
        if len(data) != last + length + 4:
            return None
        numbers = (
            view[at:second].cast("I"),
            view[second:third].cast("Q"),
            view[third:last].cast("I"),
        )
        return cls(*numbers, view[last:-4])


class Reader:
    """Reads relations as apt does; ``heads`` are by the package's name as `package_key` has it."""

    def __init__(
        self, universe: Universe, versions: Iterable[bytes], before: Callable[[bytes], list[Head]]
    ) -> None:
        self.universe = universe
        self.table = {text: rank for rank, text in enumerate(versions)}
        self.heads: dict[bytes, list[Head]] = {}
        self._before = before

    def _rank(self, version: bytes) -> int:
        return self.table.setdefault(version, len(self.table))

    def _note(self, target: bytes, stamp: int, rank: int) -> None:
        """Put a relation into the list of its target."""
        heads = self.heads.get(target)
        if heads is None:
            heads = self.heads[target] = self._before(target)
        if not heads or rank > heads[-1][1]:
            heads.append((stamp, rank))

    def begin_lists(self, releases: Iterable[bytes]) -> None:
        """Take over the versions of the Release files of lists that begin."""
        for release in releases:
            self._rank(release)

    def read(self, version: int) -> None:
        """Take over the stanza of a version."""
        universe = self.universe
        self._rank(universe.version_string(version))
        self._rank(universe.source(version)[1])
        self._begin(version)
        stamp = version << PLACE_BITS
        for kind, line in enumerate(universe.facts(version).relations):
            for group in line.split(b", ") if line else ():
                for text in group.split(b"|"):
                    stamp += 1
                    target, wanted = _split(text.strip())
                    self._relate(kind, target, stamp, self._rank(wanted))

    def _begin(self, version: int) -> None:
        """Take over what is known before the relations are read."""

    def _relate(self, kind: int, target: bytes, stamp: int, rank: int) -> None:
        """Take over one alternative of a relation, or a provision."""
        if kind != PROVIDES:
            self._note(target, stamp, rank)


class MultiArchReader(Reader):
    """The same with foreign architectures.

    A plain negative relation is on every package of its name.  One that is created later gets
    those of the eldest, in the order of that one's list; at the end of a stanza come the relations
    that Multi-Arch implies between the packages of the name.
    """

    def __init__(
        self,
        universe: Universe,
        versions: Iterable[bytes],
        before: Callable[[bytes], list[Head]],
        kin: Callable[[bytes], list[bytes]] = lambda _: [],
    ) -> None:
        super().__init__(universe, versions, before)
        self._kin = kin
        self._members: dict[bytes, list[bytes]] = {}  # name -> architectures, the eldest first
        self._negative: dict[bytes, list[Head]] = {}  # name -> what the eldest hands on
        self._own = (b"", b"", 0)  # name and architecture of the package, Multi-Arch

    def _architectures(self, name: bytes) -> list[bytes]:
        found = self._members.get(name)
        if found is None:
            found = self._members[name] = self._kin(name)
        return found

    def _key(self, name: bytes, architecture: bytes) -> bytes:
        return package_key(name, architecture, self.universe.native)

    def _create(self, name: bytes, architecture: bytes, stamp: int) -> None:
        members = self._architectures(name)
        if architecture in members:
            return
        if members and name in self._negative:
            self._hand_on(name, members, architecture, stamp)
        members.append(architecture)

    def _hand_on(self, name: bytes, members: list[bytes], architecture: bytes, stamp: int) -> None:
        """Give a new package what spreads to it, in the order of the eldest's list."""
        heads = self.heads[self._key(name, members[0])]
        for _, rank in sorted(self._negative[name], key=lambda row: _place(heads, row[0])):
            self._note(self._key(name, architecture), stamp - 1, rank)

    def read(self, version: int) -> None:
        """Take over the stanza of a version and what Multi-Arch implies with it."""
        super().read(version)
        self._imply(version)

    def _begin(self, version: int) -> None:
        universe = self.universe
        package = universe.package(version)
        multi_arch = universe.meta(version) & MULTI_ARCH_MASK
        self._own = universe.name(package), universe.architecture(package), multi_arch
        self._create(*self._own[:2], (version << PLACE_BITS) + 1)

    def _relate(self, kind: int, target: bytes, stamp: int, rank: int) -> None:
        _, architecture, multi_arch = self._own
        if kind == PROVIDES and multi_arch == MULTI_ARCH_FOREIGN:
            architecture = self.universe.native
        name, _, qualifier = target.partition(b":")
        if qualifier:  # the relation is on ``name:qualifier``, which nothing installed is
            if qualifier != b"any":
                is_native = qualifier == b"native"
                self._create(name, self.universe.native if is_native else qualifier, stamp)
            return
        is_spreading = kind in SPREADING or (kind == PROVIDES and multi_arch == MULTI_ARCH_FOREIGN)
        members = self._architectures(name)
        if not (is_spreading and members):
            self._create(name, architecture, stamp)
        if kind in SPREADING:
            self._negative.setdefault(name, []).append((stamp, rank))
            for member in members:
                self._note(self._key(name, member), stamp, rank)
        elif kind != PROVIDES:
            self._note(self._key(name, architecture), stamp, rank)

    def _imply(self, version: int) -> None:
        """Take over what Multi-Arch implies between the packages of the name."""
        universe = self.universe
        name, architecture, _ = self._own
        if len(self._architectures(name)) < 2:
            return
        is_first = min(universe.versions(universe.package(version))) == version
        own = self._key(name, architecture)
        stamp = version << PLACE_BITS | END_OF_STANZA
        others = {
            member: sorted(v for v in universe.versions(package) if v < version)
            for member in self._architectures(name)
            if member != architecture and (package := universe.find(name, member)) >= 0
        }
        for member, versions in others.items():
            if versions:
                self._imply_one(version, self._key(name, member), stamp)
        for versions in others.values() if is_first else ():
            for other in versions:
                self._imply_one(other, own, stamp)

    def _imply_one(self, version: int, target: bytes, stamp: int) -> None:
        universe = self.universe
        if universe.meta(version) & MULTI_ARCH_MASK != MULTI_ARCH_SAME:
            self._note(target, stamp, 0)
        else:
            self._note(target, stamp, self._rank(universe.version_string(version)))


def _place(heads: Sequence[Head], stamp: int) -> tuple[int, bool, int]:
    """Return the sort key of the relation of this stamp in a list with these heads."""
    at = bisect_right(heads, stamp, key=itemgetter(0)) - 1
    assert at >= 0, "every relation is in the list of its target"
    return -at, heads[at][0] != stamp, -stamp


def _split(text: bytes) -> tuple[bytes, bytes]:
    """Return the target and the version of one alternative; nothing for what is no relation."""
    match = _MEMBER.fullmatch(text)
    if match is not None:
        return match[1], match[2] or b""
    try:
        name, qualifier, _, wanted = parse_members(text)[0]
    except InputError:  # whoever asks about this relation is told
        return b"", b""
    return name + (b":" + qualifier if qualifier else b""), wanted


def find_heads(universe: Universe, releases: Sequence[bytes] = ()) -> Heads:
    """Return the heads of the lists of the archive's packages: reads all of it.

    ``releases`` has the Version of the Release file of each list, empty where there is none.
    """
    from array import array  # not for those who read: it brings the package collections along

    if universe.is_multi_arch:
        reader: Reader = MultiArchReader(universe, [b""], _nothing, _nothing)
    else:
        reader = Reader(universe, [b""], _nothing)
    following = set(universe.archive.ver_next)
    lists, begun = universe.archive.ver_file, 0
    for version in range(universe.n_versions):
        if lists[version] >= begun:
            reader.begin_lists(releases[begun : lists[version] + 1])
            begun = lists[version] + 1
        if version + 1 not in following:  # else it was listed before: nothing is read again
            reader.read(version)
    reader.begin_lists(releases[begun:])
    starts, stamps, ranks = array("I"), array("Q"), array("I")
    for package in range(universe.n_packages):
        starts.append(len(stamps))
        for stamp, rank in reader.heads.get(universe.archive.name(package), ()):
            stamps.append(stamp)
            ranks.append(rank)
    starts.append(len(stamps))
    return Heads(starts, stamps, ranks, list(reader.table))


def _nothing(_: bytes) -> list[Any]:
    return []


class ReverseOrder:
    """The order in a world: the archive's heads and what the status file adds.

    Only packages of the archive are asked about: what else is installed cannot be upgraded.
    """

    def __init__(self, universe: Universe, heads: Heads) -> None:
        self.universe = universe
        self.heads = heads
        self._read: Reader | None = None

    @property
    def _reader(self) -> Reader:
        """What has read the status file's versions, when first asked for."""
        if self._read is None:
            universe, versions = self.universe, self.heads.versions
            if universe.is_multi_arch:
                self._read = MultiArchReader(universe, versions, self._of_archive, self._kin)
            else:
                self._read = Reader(universe, versions, self._of_archive)
            for version in range(universe.n_versions, universe.version_count()):
                self._read.read(version)
        return self._read

    @property
    def table(self) -> dict[bytes, int]:
        """The versions with their ranks."""
        return self._reader.table

    def _of_archive(self, name: bytes) -> list[Head]:
        package = self.universe.archive.find(name)
        return self.heads.of(package) if package >= 0 else []

    def _kin(self, name: bytes) -> list[bytes]:
        """Return the architectures of a name's packages in the archive, the eldest first."""
        universe = self.universe
        known = [p for p in universe.named(name) if p < universe.n_packages]
        return list(map(universe.architecture, known))

    def key(self, package: int, stamp: int) -> tuple[int, bool, int]:
        """Return the sort key of the relation of this stamp in the list of a package."""
        universe = self.universe
        name = package_key(universe.name(package), universe.architecture(package), universe.native)
        heads = self._reader.heads.get(name)
        return _place(self._of_archive(name) if heads is None else heads, stamp)


def stamped(universe: Universe, version: int) -> Iterator[tuple[int, int, Member]]:
    """Yield stamp, or-group and alternative of each positive relation of a version."""
    types = universe.group_types
    groups = iter([g for g in universe.relations(version) if types[g] not in SPREADING])
    stamp = version << PLACE_BITS
    for kind, line in enumerate(universe.relation_lines(version)[:PROVIDES]):
        for text in line.split(b", ") if line else ():
            if kind in SPREADING:
                stamp += text.count(b"|") + 1
                continue
            group = next(groups)
            for member in universe.members(group):
                stamp += 1
                yield stamp, group, member
