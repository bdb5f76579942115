"""How is the archive laid out on disk so that a question reads only what it reaches?

An *index* holds every package, version, relation and provision of a set of ``Packages`` files as
flat integer arrays in one file that is opened by mapping.  Names and versions are kept once in a
string pool; relations stay text until a question reaches their version.  The arrays follow the
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

__all__ = [
    "FORMAT",
    "SECTIONS",
    "Archive",
    "IndexDamaged",
    "encode_index",
    "name_checksum",
    "open_index",
    "parse_index",
]

MAGIC = b"foretell-apt-index\n"
FORMAT = 5
INDEX_BYTES_MAX = 4 << 30

# Section name -> array type code ("B" bytes, "I" 32 bit, "Q" 64 bit).  The order is the file's.
SECTIONS: tuple[tuple[str, str], ...] = (
    # string pool: string i is str_blob[str_start[i]:str_start[i + 1]]
    ("str_start", "I"),
    ("str_blob", "B"),
    # packages with stanzas, in the order of their first one
    ("pkg_name", "I"),  # string
    ("pkg_vstart", "I"),
    ("pkg_vlist", "I"),  # versions, highest first
    # checksums of provided names, ascending, and the providing versions, last parsed first
    ("prov_crc", "I"),
    ("prov_owner", "I"),
    # checksums of the packages' names, ascending, and whose they are
    ("name_crc", "I"),
    ("name_pkg", "I"),
    # versions, in parse order
    ("ver_pkg", "I"),
    ("ver_str", "I"),  # string
    ("ver_src", "I"),  # source
    ("ver_srcver", "I"),  # string
    ("ver_sec", "I"),  # string
    ("ver_meta", "I"),
    ("ver_isize", "Q"),  # installed size, KiB
    ("ver_size", "Q"),  # size of the .deb file, bytes
    ("ver_file", "I"),  # list file, offset and length of the stanza
    ("ver_off", "Q"),
    ("ver_len", "I"),
    ("ver_next", "I"),  # next stanza of the very same version + 1
    ("ver_rstart", "Q"),
    ("rel_blob", "B"),  # relation fields, see `stanza.pack_relations`
    # source packages
    ("src_name", "I"),  # string
    ("src_vstart", "I"),
    ("src_vlist", "I"),  # versions, last-parsed-first
    ("src_mixed", "I"),  # sources whose binaries have several source versions
    # packages with an Essential or Important version
    ("essential", "I"),
    # packages with more than one version
    ("several", "I"),
    # names that relations qualify with a foreign architecture, and with how many
    ("phantom", "I"),  # string
    ("phantom_count", "I"),
)
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
        str_start: memoryview[int]
        str_blob: memoryview[int]
        pkg_name: memoryview[int]
        pkg_vstart: memoryview[int]
        pkg_vlist: memoryview[int]
        prov_crc: memoryview[int]
        prov_owner: memoryview[int]
        name_crc: memoryview[int]
        name_pkg: memoryview[int]
        ver_pkg: memoryview[int]
        ver_str: memoryview[int]
        ver_src: memoryview[int]
        ver_srcver: memoryview[int]
        ver_sec: memoryview[int]
        ver_meta: memoryview[int]
        ver_isize: memoryview[int]
        ver_size: memoryview[int]
        ver_file: memoryview[int]
        ver_off: memoryview[int]
        ver_len: memoryview[int]
        ver_next: memoryview[int]
        ver_rstart: memoryview[int]
        rel_blob: memoryview[int]
        src_name: memoryview[int]
        src_vstart: memoryview[int]
        src_vlist: memoryview[int]
        src_mixed: memoryview[int]
        essential: memoryview[int]
        several: memoryview[int]
        phantom: memoryview[int]
        phantom_count: memoryview[int]

    def string(self, index: int) -> bytes:
        """Return string ``index`` of the pool."""
        return bytes(self.str_blob[self.str_start[index] : self.str_start[index + 1]])

    def find(self, name: bytes) -> int:
        """Return the package of this name, or -1."""
        checksum = name_checksum(name)
        checksums = self.name_crc
        at = bisect_left(checksums, checksum)
        while at < len(checksums) and checksums[at] == checksum:
            package = self.name_pkg[at]
            if self.string(self.pkg_name[package]) == name:
                return package
            at += 1
        return -1

    def providers(self, name: bytes) -> list[int]:
        """Return the versions that may provide ``name``, last parsed first.

        Some may not: two names can share a checksum, and the field says the rest.
        """
        checksum = name_checksum(name)
        start = bisect_left(self.prov_crc, checksum)
        end = start
        while end < len(self.prov_crc) and self.prov_crc[end] == checksum:
            end += 1
        return list(dict.fromkeys(self.prov_owner[start:end]))


def name_checksum(name: bytes) -> int:
    """Return the number by which tables of names are sorted: CRC-32 without its last two bits.

    Python sorts numbers of 30 bits faster than larger ones.
    """
    return zlib.crc32(name) >> 2


def encode_index(key: bytes, sections: dict[str, array[int] | bytes]) -> Iterable[bytes]:
    """Yield the bytes of an index file: ``key`` is 32 bytes, ``sections`` has every section."""
    blobs: list[bytes | memoryview] = []
    for name, code in SECTIONS:
        data = sections[name]
        if isinstance(data, bytes):
            blobs.append(data)
            continue
        assert data.typecode == code, name
        if sys.byteorder == "big":
            data.byteswap()
        blobs.append(memoryview(data).cast("B"))
    head = MAGIC + _HEAD.pack(FORMAT, len(SECTIONS), key, 0)
    offset = len(head) + _ROW.size * len(SECTIONS)
    rows = []
    for blob in blobs:
        offset += -offset % 8
        rows.append(_ROW.pack(offset, len(blob)))
        offset += len(blob)
    crc = 0
    position = 0
    for piece in [head + b"".join(rows), *blobs]:
        pad = bytes(-position % 8)
        for part in (pad, piece):
            crc = zlib.crc32(part, crc)
            position += len(part)
            yield bytes(part)
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
    archive.n_packages = len(archive.pkg_name)
    archive.n_versions = len(archive.ver_pkg)
    return archive
