"""How is the archive laid out on disk so that a question reads only what it reaches?

An *index* holds every package, version and provision of a set of ``Packages`` files as flat
integer arrays in one file that is opened by mapping.  What a stanza says stays text, reduced to
the fields that decide something, until a question reaches its version.  The arrays follow the
order in which apt's cache builder meets things (version lists descending, provides lists
last-parsed-first), because solver3's ties depend on it.

Layout: magic, format number, number of sections, key (sha256 of the inputs), section table, CRC-32
of the last section, CRC-32 of all this, sections.  The last section has the CRC-32 of each `BLOCK`
of the others, which is checked when anything in the block is first asked for.  All integers are
little-endian.
A file that breaks any of this is not repaired but thrown away and built again (`IndexDamaged`,
`Archive.rebuild`).
"""

from __future__ import annotations

import mmap
import os
import sys
import zlib

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
BLOCK = 1 << 13

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
    ("sums", "I"),
)
# Those of which a question about a few packages reads a few numbers.
_NUMBERED = frozenset(
    (
        *("name_start", "name_blob", "name_head", "name_next", "pkg_vstart", "pkg_vlist"),
        *("ver_pkg", "ver_start", "ver_blob", "ver_meta", "ver_file", "ver_off", "ver_len"),
        *("ver_next", "fact_start", "prov_head", "prov_next", "prov_crc", "prov_owner"),
    )
)
_SOURCE = b"Source: "
_TABLE = 64  # where the rows begin: offset and length of each section
_TABLE_END = _TABLE + 16 * len(SECTIONS)
_BODY = _TABLE_END + 8  # from where offsets and blocks count
_WIDTH = {"B": 1, "I": 4, "Q": 8}
_CODES = dict(SECTIONS)


class IndexDamaged(Exception):  # noqa: N818 - never leaves the package: the cache rebuilds
    """The file is not a whole index of this format."""


class _Few:
    """A section of which few numbers are read: each is checked by itself, with its block."""

    __slots__ = ("_archive", "_name")

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name

    def __len__(self) -> int:
        return self._archive.length(self._name)

    def __getitem__(self, key: int | slice) -> int | memoryview[int]:
        if isinstance(key, slice):
            return self._archive.part(self._name, key)
        return self._archive.part(self._name, slice(key, key + 1))[0]


class Archive:
    """The arrays of one index; see `SECTIONS` for what each holds.

    Each is checked when it is first asked for; with ``reads_few``, for questions about few
    packages, only what is asked for of it.  When that shows damage, ``rebuild`` is called for an
    archive of the same key to go on with; without one `IndexDamaged` is raised.
    """

    __slots__ = (
        "_body",
        "_checked",
        "_data",
        "_rows",
        "key",
        "n_packages",
        "n_versions",
        "reads_few",
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
        sums: memoryview[int]

    def __init__(self, key: bytes, data: memoryview[int], rows: dict[str, tuple[int, int]]) -> None:
        """``rows`` have the offset and the length of each section."""
        self.key = key
        self.rebuild: Callable[[], Archive] | None = None
        self.reads_few = False
        self._set(data, rows)
        self.n_packages = self.length("pkg_vstart") - 1
        self.n_versions = self.length("ver_pkg")

    def _set(self, data: memoryview[int], rows: dict[str, tuple[int, int]]) -> None:
        self._data = data
        self._rows = rows
        offset, length = rows["sums"]
        self._body = data[_BODY : _BODY + offset]
        self.sums = _numbers(data[_BODY + offset : _BODY + offset + length], "I")
        self._checked = bytearray(len(self.sums))  # which blocks

    def __getattr__(self, name: str) -> memoryview[int] | _Few:
        """Return a section that nobody has asked for yet."""
        if name not in _CODES:
            raise AttributeError(name)
        if self.reads_few and name in _NUMBERED:
            return _Few(self, name)
        found = self.part(name, slice(None))
        setattr(self, name, found)
        return found

    def length(self, name: str) -> int:
        """Return how many numbers a section has."""
        return self._rows[name][1] // _WIDTH[_CODES[name]]

    def part(self, name: str, key: slice) -> memoryview[int]:
        """Return numbers of a section, which then have been checked."""
        offset, length = self._rows[name]
        width = _WIDTH[_CODES[name]]
        first, last, _ = key.indices(length // width)
        start, end = offset + first * width, offset + last * width
        self._check(start, end)
        return _numbers(self._body[start:end], _CODES[name])

    def check(self) -> None:
        """Look at everything, whether it is asked for or not."""
        self._check(0, len(self._body))

    def _check(self, start: int, end: int) -> None:
        """Look at the blocks of a part of the body; put another file in the place of damage."""
        body, checked, sums, crc32 = self._body, self._checked, self.sums, zlib.crc32
        for block in range(start // BLOCK, -(-end // BLOCK)):
            if not checked[block]:
                if crc32(body[block * BLOCK : (block + 1) * BLOCK]) != sums[block]:
                    self._restore(block)
                    return
                checked[block] = 1

    def _restore(self, block: int) -> None:
        """Put another file of the same content in the place of a damaged one."""
        if self.rebuild is None:
            raise IndexDamaged(f"block {block}")
        fresh = self.rebuild()
        assert fresh.key == self.key
        self.rebuild = None
        self._set(fresh._data, fresh._rows)  # noqa: SLF001 - it is one of these
        self.check()

    def name(self, package: int) -> bytes:
        """Return the name of a package."""
        return bytes(self.name_blob[self.name_start[package] : self.name_start[package + 1]])

    def version_string(self, version: int) -> bytes:
        """Return the version string of a version."""
        return bytes(self.ver_blob[self.ver_start[version] : self.ver_start[version + 1]])

    def facts(self, version: int) -> bytes:
        """Return the stanza of a version, reduced to what decides something."""
        start, end = self._fact_place(version)
        return bytes(self._body[start:end])

    def _fact_place(self, version: int) -> tuple[int, int]:
        """Return where in the body the facts of a version are, which then have been checked."""
        base = self._rows["fact_blob"][0]
        start, end = self.fact_start[version : version + 2]
        self._check(base + start, base + end)
        return base + start, base + end

    def fact_text(self) -> tuple[bytes | mmap.mmap, int]:
        """Return a text that has all facts in it, without copying them, and where they begin."""
        _ = self.fact_blob  # looks at it
        text = self._data.obj
        assert isinstance(text, bytes | mmap.mmap)
        assert len(text) == len(self._data)
        return text, _BODY + self._rows["fact_blob"][0]

    def source_field(self, version: int) -> bytes:
        """Return the Source field of a version, which is always the first of its facts."""
        start, _ = self._fact_place(version)
        if self._body[start : start + len(_SOURCE)] != _SOURCE:
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

    body: list[bytes | memoryview] = []
    table = b""
    offset = checksum = 0
    for name, code in SECTIONS:
        padding = -offset % 8
        body.append(bytes(padding))
        data = sections[name] if name != "sums" else _block_sums(body)
        if isinstance(data, array):
            assert data.typecode == code, name
            if sys.byteorder == "big":
                data.byteswap()
            blob: Sequence[bytes | memoryview] = [memoryview(data).cast("B")]
        else:
            blob = _pieces(data)
        if name == "sums":
            checksum = zlib.crc32(b"".join(blob))
        length = sum(map(len, blob))
        table += (offset + padding).to_bytes(8, "little") + length.to_bytes(8, "little")
        offset += padding + length
        body += blob
    counts = FORMAT.to_bytes(4, "little") + len(SECTIONS).to_bytes(4, "little")
    head = (MAGIC + counts + key).ljust(_TABLE, b"\0") + table + checksum.to_bytes(4, "little")
    yield head
    yield zlib.crc32(head).to_bytes(4, "little")
    yield from body


def _pieces(data: array[int] | bytes | list[bytes]) -> list[bytes]:
    if isinstance(data, list):
        return data
    assert isinstance(data, bytes)
    return [data]


def _block_sums(pieces: Iterable[bytes | memoryview]) -> array[int]:
    """Return the checksum of each block of what comes in pieces."""
    from array import array

    sums = array("I")
    rest = b""
    for piece in pieces:
        text = memoryview(rest + piece)
        end = len(text) - len(text) % BLOCK
        sums.extend(zlib.crc32(text[at : at + BLOCK]) for at in range(0, end, BLOCK))
        rest = bytes(text[end:])
    if rest:
        sums.append(zlib.crc32(rest))
    return sums


def _numbers(view: memoryview[int], code: str) -> memoryview[int]:
    """Return the numbers of a type that stand in bytes."""
    if code == "B":
        return view
    if sys.byteorder == "big":
        from array import array

        swapped = array(code, bytes(view))
        swapped.byteswap()
        return memoryview(swapped)
    return view.cast("I" if code == "I" else "Q")


def open_index(path: str, key: bytes) -> Archive:
    """Map the index at ``path``; raise `IndexDamaged` unless it is whole and for ``key``.

    Raises ``OSError`` when the file cannot be opened.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        if not _BODY <= size < INDEX_BYTES_MAX:
            raise IndexDamaged("size")
        data = memoryview(mmap.mmap(fd, size, prot=mmap.PROT_READ))
    finally:
        os.close(fd)
    return parse_index(data, key)


def parse_index(data: memoryview[int], key: bytes) -> Archive:
    """Return the arrays in ``data``; raise `IndexDamaged` for what its table shows.

    The table has to be whole and for ``key``; sections are checked when they are asked for.
    """
    if len(data) < _BODY:
        raise IndexDamaged("size")
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise IndexDamaged("magic")
    number, count = _numbers(data[len(MAGIC) : len(MAGIC) + 8], "I")
    found_key = bytes(data[len(MAGIC) + 8 : len(MAGIC) + 40])
    if (number, count, found_key) != (FORMAT, len(SECTIONS), key):
        raise IndexDamaged("format or key")
    checksum, own = _numbers(data[_TABLE_END:_BODY], "I")
    if zlib.crc32(data[: _BODY - 4]) != own:
        raise IndexDamaged("checksum")
    numbers = iter(_numbers(data[_TABLE:_TABLE_END], "Q").tolist())
    rows = {name: (next(numbers), next(numbers)) for name, _ in SECTIONS}
    offset, length = rows["sums"]
    if _BODY + offset + length != len(data):
        raise IndexDamaged("size")
    if zlib.crc32(data[_BODY + offset :]) != checksum:
        raise IndexDamaged("checksum of the checksums")
    return Archive(key, data, rows)
