"""How is the archive laid out on disk so that a question reads only what it reaches?

An *index* holds every package, version and provision of a set of ``Packages`` files as flat
integer arrays in one file that is opened by mapping.  What a stanza says stays text, reduced to
the fields that decide something, until a question reaches its version.  The arrays follow the
order in which apt's cache builder meets things (version lists descending, provides lists
last-parsed-first), because solver3's ties depend on it.

Layout: magic, format number, key (sha256 of the inputs), section table, sections, CRC-32 of
everything before it.  All integers are little-endian.  A file that breaks any of this is not
repaired but thrown away and built again by the caller (`IndexDamaged`).
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    # What a section holds; text may come in pieces.
    Sections: TypeAlias = dict[str, array[int] | bytes | list[bytes]]

__all__ = [
    "FORMAT",
    "SECTIONS",
    "Archive",
    "IndexDamaged",
    "encode_index",
    "open_index",
    "parse_index",
    "table_size",
]

MAGIC = b"foretell-apt-index\n"
FORMAT = 11
INDEX_BYTES_MAX = 4 << 30

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
_ROW = struct.Struct("<QQ")
_WIDTH = {"B": 1, "I": 4, "Q": 8}


class IndexDamaged(Exception):  # noqa: N818 - never leaves the package: the cache rebuilds
    """The file is not a whole index of this format."""


class Archive:
    """The arrays of one index; see `SECTIONS` for what each holds."""

    __slots__ = ("key", "n_packages", "n_versions", *(name for name, _ in SECTIONS))

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

    def name(self, package: int) -> bytes:
        """Return the name of a package."""
        return bytes(self.name_blob[self.name_start[package] : self.name_start[package + 1]])

    def version_string(self, version: int) -> bytes:
        """Return the version string of a version."""
        return bytes(self.ver_blob[self.ver_start[version] : self.ver_start[version + 1]])

    def facts(self, version: int) -> bytes:
        """Return the stanza of a version, reduced to what decides something."""
        starts = self.fact_start
        return bytes(self.fact_blob[starts[version] : starts[version + 1]])

    def source_field(self, version: int) -> bytes:
        """Return the Source field of a version, which is always the first of its facts."""
        start = self.fact_start[version]
        if self.fact_blob[start : start + len(_SOURCE)] != _SOURCE:
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
    blobs: list[list[bytes] | list[memoryview]] = []
    for name, code in SECTIONS:
        data = sections[name]
        if isinstance(data, array):
            assert data.typecode == code, name
            if sys.byteorder == "big":
                data.byteswap()
            blobs.append([memoryview(data).cast("B")])
        else:
            blobs.append([data] if isinstance(data, bytes) else data)
    head = MAGIC + _HEAD.pack(FORMAT, len(SECTIONS), key, 0)
    offset = len(head) + _ROW.size * len(SECTIONS)
    rows = []
    for blob in blobs:
        offset += -offset % 8
        length = sum(map(len, blob))
        rows.append(_ROW.pack(offset, length))
        offset += length
    crc = 0
    position = 0
    for pieces in [[head + b"".join(rows)], *blobs]:
        for piece in (bytes(-position % 8), *pieces):
            crc = zlib.crc32(piece, crc)
            position += len(piece)
            yield piece
    yield struct.pack("<I", crc)


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
    """Return the arrays in ``data``; raise `IndexDamaged` unless it is whole and for ``key``."""
    body = len(data) - 4
    if body < len(MAGIC) + _HEAD.size + _ROW.size * len(SECTIONS):
        raise IndexDamaged("size")
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise IndexDamaged("magic")
    number, count, found_key, _ = _HEAD.unpack_from(data, len(MAGIC))
    if (number, count, found_key) != (FORMAT, len(SECTIONS), key):
        raise IndexDamaged("format or key")
    if zlib.crc32(data[:body]) != struct.unpack_from("<I", data, body)[0]:
        raise IndexDamaged("checksum")
    archive = Archive()
    archive.key = key
    at = len(MAGIC) + _HEAD.size
    for name, code in SECTIONS:
        offset, length = _ROW.unpack_from(data, at)
        at += _ROW.size
        if offset + length > body or length % _WIDTH[code]:
            raise IndexDamaged(name)
        view = data[offset : offset + length]
        if sys.byteorder == "big" and code != "B":
            swapped = array(code, view)
            swapped.byteswap()
            view = memoryview(swapped)
        elif code != "B":
            view = view.cast("I" if code == "I" else "Q")
        setattr(archive, name, view)
    archive.n_packages = len(archive.pkg_vstart) - 1
    archive.n_versions = len(archive.ver_pkg)
    return archive
