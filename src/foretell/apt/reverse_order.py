"""In which order does apt list the relations on a package?

When an upgrade breaks several installed packages, the classic solver takes them along in this
order.  apt puts a relation that it reads behind the first one on the same package, or before that
when its version came into apt's table of version strings later than the first one's.  The table
is filled as stanzas are read: with the stanza's version, its source's, then those of its relations
and provisions, each once; no version comes before all others.  So a list is that of its *heads*,
last one first, each with what was read while it was the head behind it, last one first.  Checked
against the lists in libapt 3.0.4's cache, for one configured architecture only.
"""

from __future__ import annotations

import re
import struct
import zlib
from array import array
from bisect import bisect_right
from operator import itemgetter

from foretell.apt.births import PLACE_BITS
from foretell.apt.model import PROVIDES
from foretell.apt.stanza import parse_members
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from foretell.apt.universe import Member, Universe

    Head = tuple[int, int]  # its stamp, and the rank of its version in apt's table

__all__ = ["Heads", "ReverseOrder", "find_heads", "stamped"]

_BREAK = re.compile(rb" \| |, ")
_MEMBER = re.compile(rb"([^\0- ()|]+)(?: \([<>=]+ ([^\0- ()]+)\))?")
_MAGIC = b"foretell-apt-heads 1\n"
_HEAD = struct.Struct("<32sIII")


class Heads:
    """The relations that were first in a list when they were read, by package of the index.

    ``stamps`` has when each was read, ``ranks`` the places of their versions in ``versions``, the
    table of version strings; ``starts`` has where those of a package begin.
    """

    __slots__ = ("ranks", "stamps", "starts", "versions")

    def __init__(self) -> None:
        self.starts = array("I")
        self.stamps = array("Q")
        self.ranks = array("I")
        self.versions: list[bytes] = []

    def of(self, package: int) -> list[Head]:
        """Return stamp and rank of each head of a package, first read first."""
        start, end = self.starts[package : package + 2]
        return list(zip(self.stamps[start:end], self.ranks[start:end], strict=True))

    def encode(self, key: bytes) -> bytes:
        """Return the bytes of a file for the archive ``key``."""
        blob = b"\n".join(self.versions)
        counts = (len(self.starts), len(self.stamps), len(blob))
        arrays = (self.starts.tobytes(), self.stamps.tobytes(), self.ranks.tobytes())
        data = _MAGIC + _HEAD.pack(key, *counts) + b"".join(arrays) + blob
        return data + struct.pack("<I", zlib.crc32(data))

    @classmethod
    def decode(cls, data: bytes, key: bytes) -> Heads | None:
        """Return what a file says, or None when it is damaged or about another archive."""
        at = len(_MAGIC) + _HEAD.size
        if len(data) < at + 4 or not data.startswith(_MAGIC):
            return None
        found, starts, count, length = _HEAD.unpack_from(data, len(_MAGIC))
        if found != key or zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
            return None
        heads = cls()
        rows = ((heads.starts, starts), (heads.stamps, count), (heads.ranks, count))
        if len(data) != at + 4 + length + sum(part.itemsize * size for part, size in rows):
            return None
        for part, size in rows:
            part.frombytes(data[at : at + part.itemsize * size])
            at += part.itemsize * size
        heads.versions = data[at:-4].split(b"\n")
        return heads


class _Reader:
    """Reads relations as apt does; ``heads`` are by the target's name."""

    def __init__(self, versions: Iterable[bytes], before: Callable[[bytes], list[Head]]) -> None:
        self.table = {text: rank for rank, text in enumerate(versions)}
        self.heads: dict[bytes, list[Head]] = {}
        self._before = before

    def _rank(self, version: bytes) -> int:
        return self.table.setdefault(version, len(self.table))

    def read(self, universe: Universe, version: int) -> None:
        """Take over the stanza of a version."""
        self._rank(universe.version_string(version))
        self._rank(universe.source(version)[1])
        stamp = version << PLACE_BITS
        for kind, line in enumerate(universe.facts(version).relations):
            for text in _BREAK.split(line) if line else ():
                stamp += 1
                target, wanted = _split(text)
                rank = self._rank(wanted)
                if kind == PROVIDES:
                    continue
                heads = self.heads.get(target)
                if heads is None:
                    heads = self.heads[target] = self._before(target)
                if not heads or rank > heads[-1][1]:
                    heads.append((stamp, rank))


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


def find_heads(universe: Universe) -> Heads:
    """Return the heads of the lists of the archive's packages: reads all of it."""
    reader = _Reader([b""], lambda _: [])
    following = set(universe.archive.ver_next)
    for version in range(universe.n_versions):
        if version + 1 not in following:  # else it was listed before: nothing is read again
            reader.read(universe, version)
    found = Heads()
    found.versions = list(reader.table)
    for package in range(universe.n_packages):
        found.starts.append(len(found.stamps))
        for stamp, rank in reader.heads.get(universe.name(package), ()):
            found.stamps.append(stamp)
            found.ranks.append(rank)
    found.starts.append(len(found.stamps))
    return found


class ReverseOrder:
    """The order in a world: the archive's heads and what the status file adds."""

    def __init__(self, universe: Universe, heads: Heads) -> None:
        self.universe = universe
        self._heads = heads
        reader = _Reader(heads.versions, self._of_archive)
        for version in range(universe.n_versions, universe.version_count()):
            reader.read(universe, version)
        self._more = reader.heads

    def _of_archive(self, name: bytes) -> list[Head]:
        package = self.universe.archive.find(name)
        return self._heads.of(package) if package >= 0 else []

    def key(self, package: int, stamp: int) -> tuple[int, bool, int]:
        """Return the sort key of the relation of this stamp in the list of a package."""
        name = self.universe.name(package)
        heads = self._more.get(name)
        if heads is None:
            heads = self._of_archive(name)
        at = bisect_right(heads, stamp, key=itemgetter(0)) - 1
        assert at >= 0, "every relation is in the list of its target"
        return -at, heads[at][0] != stamp, -stamp


def stamped(universe: Universe, version: int) -> Iterator[tuple[int, int, Member]]:
    """Yield stamp, or-group and alternative of each relation of a version.

    With foreign architectures, whose copies of relations are not known here, stamps mean nothing.
    """
    if universe.is_multi_arch:
        groups = universe.relations(version)
    else:
        lines = universe.relation_lines(version)[:PROVIDES]
        groups = [g for kind, line in enumerate(lines) for g in universe.line_groups(kind, line)]
    stamp = version << PLACE_BITS
    for group in groups:
        for member in universe.members(group):
            stamp += 1
            yield stamp, group, member
