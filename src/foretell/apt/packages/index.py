"""How is the archive laid out on disk so that a question reads only what it reaches?

An *index* holds every package, version and provision of a set of ``Packages`` files as flat
integer arrays in one file that is opened by mapping.  What a stanza says stays text, reduced to
the fields that decide something, until a question reaches its version.  The arrays follow the
order in which apt's cache builder meets things (version lists descending, provides lists
last-parsed-first), because solver3's ties depend on it.

Layout: magic, format number, key (sha256 of the inputs), section table, CRC-32 of this, sections.
The table has the CRC-32 of each section, which is checked when the section is first asked for; the
facts, which are most of the file, have one for each `FACT_BLOCK`.  All integers are little-endian.
A file that breaks any of this is not repaired but thrown away and built again (`IndexDamaged`,
`Archive.rebuild`).
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import zlib
from bisect import bisect_left

from foretell.apt.packages.memo import FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    # What a section holds; text may come in pieces.
    Sections: TypeAlias = dict[str, array[int] | bytes | list[bytes]]

__all__ = [
    "SECTIONS",
    "Archive",
    "IndexDamaged",
    "encode_index",
    "open_index",
    "parse_index",
    "table_size",
]

MAGIC = b"foretell-apt-index\n"
INDEX_BYTES_MAX = 4 << 30
FACT_BLOCK = 1 << 14

# Section name -> array type code ("B" bytes, "I" 32 bit, "Q" 64 bit).  The order is the file's.
SECTIONS: tuple[tuple[str, str], ...] = (
    # packages with stanzas, in the order of their first one, then those that are merely mentioned
    # (only where foreign architectures are configured; their packages are named
    # name:architecture, virtual ones name:); their names are
    # the bytes of name_blob from name_start[i] to name_start[i + 1]
    ("name_start", "I"),
    ("name_blob", "B"),
    ("pkg_vstart", "I"),
    ("pkg_vlist", "I"),  # versions, highest first
    # Tables to find rows by a name: the slot of its checksum in `head` holds the last row + 1,
    # `next` the one before it.  The rows of this one are the packages.
    ("name_head", "I"),
    ("name_next", "I"),
    # provided names, in parse order: their checksums, and the providing versions
    ("prov_head", "I"),
    ("prov_next", "I"),
    ("prov_crc", "I"),
    ("prov_owner", "I"),
    # versions, in parse order
    ("ver_pkg", "I"),
    ("ver_start", "I"),  # version strings, kept as the names are
    ("ver_blob", "B"),
    ("ver_meta", "I"),  # see `foretell.apt.model`
    ("ver_file", "I"),  # list file, offset and length of the stanza
    ("ver_off", "Q"),
    ("ver_len", "I"),
    ("ver_next", "I"),  # next stanza of the very same version + 1
    ("fact_start", "Q"),
    ("fact_blob", "B"),  # see `stanza.pack_facts`
    ("fact_sums", "I"),  # CRC-32 of each block of it
    # only sources whose binaries have several versions: these binary versions, ascending, and
    # the number of the source of each
    ("src_member", "I"),
    ("src_number", "I"),
    # by number, from src_start[i] to src_start[i + 1]: the binary versions in parse order, and the
    # number of each one's source version in src_text, one a line
    ("src_start", "I"),
    ("src_owner", "I"),
    ("src_version", "I"),
    ("src_text", "B"),
    # packages with an Essential or Important version
    ("essential", "I"),
    # names that relations qualify with a foreign architecture, one a line, and with how many
    ("phantom_blob", "B"),
    ("phantom_count", "I"),
    # only where foreign architectures are configured: the birth of each package (`births`); names
    # of packages of other architectures: the same, and these packages, last first
    ("pkg_birth", "Q"),
    ("kin_head", "I"),
    ("kin_next", "I"),
    ("kin_crc", "I"),
    ("kin_owner", "I"),
)
_SOURCE = b"Source: "
_HEAD = struct.Struct("<II32sI")
_ROW = struct.Struct("<QQQ")  # offset, length, CRC-32
_SUM = struct.Struct("<I")
_WIDTH = {"B": 1, "I": 4, "Q": 8}
_CODES = dict(SECTIONS)


class IndexDamaged(Exception):  # noqa: N818 - never leaves the package: the cache rebuilds
    """The file is not a whole index of this format."""


class Archive:
    """The arrays of one index; see `SECTIONS` for what each holds.

    Each is checked when it is first asked for.  When that shows damage, ``rebuild`` is called for
    an archive of the same key to go on with; without one `IndexDamaged` is raised.
    """

    __slots__ = (
        "_data",
        "_facts",
        "_rows",
        "_unchecked",
        "key",
        "n_packages",
        "n_versions",
        "rebuild",
        *(name for name, _ in SECTIONS),
    )

    if TYPE_CHECKING:
        key: bytes
        n_packages: int
        n_versions: int
        name_start: memoryview[int]
        name_blob: memoryview[int]
        pkg_vstart: memoryview[int]
        pkg_vlist: memoryview[int]
        name_head: memoryview[int]
        name_next: memoryview[int]
        prov_head: memoryview[int]
        prov_next: memoryview[int]
        prov_crc: memoryview[int]
        prov_owner: memoryview[int]
        ver_pkg: memoryview[int]
        ver_start: memoryview[int]
        ver_blob: memoryview[int]
        ver_meta: memoryview[int]
        ver_file: memoryview[int]
        ver_off: memoryview[int]
        ver_len: memoryview[int]
        ver_next: memoryview[int]
        fact_start: memoryview[int]
        fact_blob: memoryview[int]
        fact_sums: memoryview[int]
        src_member: memoryview[int]
        src_number: memoryview[int]
        src_start: memoryview[int]
        src_owner: memoryview[int]
        src_version: memoryview[int]
        src_text: memoryview[int]
        essential: memoryview[int]
        phantom_blob: memoryview[int]
        phantom_count: memoryview[int]
        pkg_birth: memoryview[int]
        kin_head: memoryview[int]
        kin_next: memoryview[int]
        kin_crc: memoryview[int]
        kin_owner: memoryview[int]

    def __init__(
        self, key: bytes, data: memoryview[int], rows: dict[str, tuple[int, int, int, int]]
    ) -> None:
        """``rows`` have, of each section, the end of the one before, offset, length, checksum."""
        self.key = key
        self.rebuild: Callable[[], Archive] | None = None
        self._set(data, rows)
        self.n_packages = rows["pkg_vstart"][2] // _WIDTH["I"] - 1
        self.n_versions = rows["ver_pkg"][2] // _WIDTH["I"]

    def _set(self, data: memoryview[int], rows: dict[str, tuple[int, int, int, int]]) -> None:
        self._data = data
        self._rows = rows
        _, offset, length, _ = rows["fact_blob"]
        self._facts = data[offset : offset + length]
        self._unchecked = set(range(-(-length // FACT_BLOCK)))  # blocks of the facts

    def __getattr__(self, name: str) -> memoryview[int]:
        """Return a section that nobody has asked for yet."""
        if name not in _CODES:
            raise AttributeError(name)
        start, offset, length, checksum = self._rows[name]
        view = self._data[offset : offset + length]
        if name == "fact_blob":
            self._check_facts(sorted(self._unchecked))
            view = self._facts
        elif zlib.crc32(self._data[start : offset + length]) != checksum:
            self._restore(name)
            return self.__getattr__(name)
        code = _CODES[name]
        if sys.byteorder == "big" and code != "B":
            from array import array

            swapped = array(code, view)
            swapped.byteswap()
            view = memoryview(swapped)
        elif code != "B":
            view = view.cast("I" if code == "I" else "Q")
        setattr(self, name, view)
        return view

    def check(self) -> None:
        """Look at everything, whether it is asked for or not."""
        for name, _ in SECTIONS:
            getattr(self, name)

    def _check_facts(self, blocks: Iterable[int]) -> None:
        sums, facts = self.fact_sums, self._facts
        for block in blocks:
            start = block * FACT_BLOCK
            if zlib.crc32(facts[start : start + FACT_BLOCK]) != sums[block]:
                self._restore("fact_blob")
                return
            self._unchecked.discard(block)

    def _restore(self, section: str) -> None:
        """Put another file of the same content in the place of a damaged one."""
        if self.rebuild is None:
            raise IndexDamaged(section)
        fresh = self.rebuild()
        assert fresh.key == self.key
        self.rebuild = None
        self._set(fresh._data, fresh._rows)  # noqa: SLF001 - it is one of these
        self._check_facts(sorted(self._unchecked))

    def name(self, package: int) -> bytes:
        """Return the name of a package."""
        return bytes(self.name_blob[self.name_start[package] : self.name_start[package + 1]])

    def version_string(self, version: int) -> bytes:
        """Return the version string of a version."""
        return bytes(self.ver_blob[self.ver_start[version] : self.ver_start[version + 1]])

    def facts(self, version: int) -> bytes:
        """Return the stanza of a version, reduced to what decides something."""
        start, end = self._fact_place(version)
        return bytes(self._facts[start:end])

    def _fact_place(self, version: int) -> tuple[int, int]:
        """Return where the facts of a version are, which then have been checked."""
        start, end = self.fact_start[version : version + 2]
        if self._unchecked:
            blocks = range(start // FACT_BLOCK, -(-end // FACT_BLOCK))
            self._check_facts(self._unchecked.intersection(blocks))
        return start, end

    def fact_text(self) -> tuple[bytes | mmap.mmap, int]:
        """Return a text that has all facts in it, without copying them, and where they begin."""
        self._check_facts(sorted(self._unchecked))
        text = self._data.obj
        assert isinstance(text, bytes | mmap.mmap)
        assert len(text) == len(self._data)
        return text, self._rows["fact_blob"][1]

    def source_field(self, version: int) -> bytes:
        """Return the Source field of a version, which is always the first of its facts."""
        start, _ = self._fact_place(version)
        if self._facts[start : start + len(_SOURCE)] != _SOURCE:
            return b""
        return self.facts(version).split(b"\n", 1)[0][len(_SOURCE) :]

    def find(self, name: bytes) -> int:
        """Return the package of this name, or -1."""
        row = self.name_head[zlib.crc32(name) % len(self.name_head)]
        while row:
            if self.name(row - 1) == name:
                return row - 1
            row = self.name_next[row - 1]
        return -1

    def providers(self, name: bytes) -> list[int]:
        """Return the versions that may provide ``name``, last parsed first.

        Some may not: two names can share a checksum, and the field says the rest.
        """
        found = self._owners("prov", name)
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def source_number(self, version: int) -> int:
        """Return the number of a version's source, -1 when all binaries of it have one version."""
        at = bisect_left(self.src_member, version)
        if at < len(self.src_member) and self.src_member[at] == version:
            return self.src_number[at]
        return -1

    def source_binaries(self, number: int) -> list[tuple[int, int]]:
        """Return the binary versions of a source, and for each the number of its source version.

        In parse order; `source_texts` has the version that a number stands for.
        """
        start, end = self.src_start[number], self.src_start[number + 1]
        return list(zip(self.src_owner[start:end], self.src_version[start:end], strict=True))

    def source_texts(self) -> list[bytes]:
        """Return the source versions that numbers stand for."""
        return bytes(self.src_text).split(b"\n")

    def kin(self, name: bytes) -> list[int]:
        """Return the packages that may be of this name and another architecture."""
        return self._owners("kin", name)

    def _owners(self, table: str, name: bytes) -> list[int]:
        """Return what the rows of a table with the checksum of ``name`` hold, last row first."""
        checksum = zlib.crc32(name)
        head = getattr(self, table + "_head")
        found: list[int] = []
        row = head[checksum % len(head)]
        if not row:
            return found
        following = getattr(self, table + "_next")
        checksums, owners = getattr(self, table + "_crc"), getattr(self, table + "_owner")
        while row:
            if checksums[row - 1] == checksum:
                found.append(owners[row - 1])
            row = following[row - 1]
        return found

    def phantoms(self) -> dict[bytes, int]:
        """Return the names that relations qualify with foreign architectures, and with how many."""
        names = bytes(self.phantom_blob).splitlines()
        return dict(zip(names, self.phantom_count, strict=True))


def table_size(count: int) -> int:
    """Return how many slots a table of ``count`` names has: one to two for each, a power of two."""
    return 1 << count.bit_length()


def encode_index(key: bytes, sections: Sections) -> Iterable[bytes | memoryview]:
    """Yield the bytes of an index file: ``key`` is 32 bytes, ``sections`` has every section."""
    from array import array  # not for those who read: it brings the package collections along

    blobs: list[Sequence[bytes | memoryview]] = []
    for name, code in SECTIONS:
        data = sections[name] if name != "fact_sums" else _block_sums(sections["fact_blob"])
        if isinstance(data, array):
            assert data.typecode == code, name
            if sys.byteorder == "big":
                data.byteswap()
            blobs.append([memoryview(data).cast("B")])
        else:
            blobs.append(_pieces(data))
    head = MAGIC + _HEAD.pack(FORMAT, len(SECTIONS), key, 0)
    offset = len(head) + _ROW.size * len(SECTIONS) + _SUM.size
    rows = []
    for (name, _), blob in zip(SECTIONS, blobs, strict=True):
        padding = -offset % 8
        offset += padding
        length = sum(map(len, blob))
        crc = 0
        for piece in (bytes(padding), *blob) if name != "fact_blob" else ():
            crc = zlib.crc32(piece, crc)
        rows.append(_ROW.pack(offset, length, crc))
        offset += length
    head += b"".join(rows)
    position = 0
    for pieces in ((head, _SUM.pack(zlib.crc32(head))), *blobs):
        for piece in (bytes(-position % 8), *pieces):
            position += len(piece)
            yield piece


def _pieces(data: array[int] | bytes | list[bytes]) -> list[bytes]:
    if isinstance(data, list):
        return data
    assert isinstance(data, bytes)
    return [data]


def _block_sums(data: array[int] | bytes | list[bytes]) -> array[int]:
    """Return the checksum of each block of text that comes in pieces."""
    from array import array

    sums = array("I")
    rest = b""
    for piece in _pieces(data):
        text = memoryview(rest + piece)
        end = len(text) - len(text) % FACT_BLOCK
        sums.extend(zlib.crc32(text[at : at + FACT_BLOCK]) for at in range(0, end, FACT_BLOCK))
        rest = bytes(text[end:])
    if rest:
        sums.append(zlib.crc32(rest))
    return sums


def open_index(path: str, key: bytes) -> Archive:
    """Map the index at ``path``; raise `IndexDamaged` unless it is whole and for ``key``.

    Raises ``OSError`` when the file cannot be opened.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        if not len(MAGIC) + _HEAD.size < size < INDEX_BYTES_MAX:
            raise IndexDamaged("size")
        data = memoryview(mmap.mmap(fd, size, prot=mmap.PROT_READ))
    finally:
        os.close(fd)
    return parse_index(data, key)


def parse_index(data: memoryview[int], key: bytes) -> Archive:
    """Return the arrays in ``data``; raise `IndexDamaged` for what its table shows.

    The table has to be whole and for ``key``; sections are checked when they are asked for.
    """
    start = len(MAGIC) + _HEAD.size
    end = start + _ROW.size * len(SECTIONS)
    if len(data) < end + _SUM.size:
        raise IndexDamaged("size")
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise IndexDamaged("magic")
    number, count, found_key, _ = _HEAD.unpack_from(data, len(MAGIC))
    if (number, count, found_key) != (FORMAT, len(SECTIONS), key):
        raise IndexDamaged("format or key")
    if zlib.crc32(data[:end]) != _SUM.unpack_from(data, end)[0]:
        raise IndexDamaged("checksum")
    rows = {}
    last = end + _SUM.size
    for (name, _), row in zip(SECTIONS, _ROW.iter_unpack(data[start:end]), strict=True):
        rows[name] = (last, *row)
        last = row[0] + row[1]
    if last != len(data):
        raise IndexDamaged("size")
    return Archive(key, data, rows)
