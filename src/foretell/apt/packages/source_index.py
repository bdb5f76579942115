"""Where do the downloaded Sources lists speak of a source package, and what do they say?

A source package is found by its name or by that of a binary package it builds, as apt finds it.
The lists are searched for the name as text; only stanzas that hold it in their Package or Binary
field are parsed, so that the cost is one pass over the bytes.  Sources: sources.list(5) deb-src,
dsc(5), apt-get(8) source.
"""

from __future__ import annotations

from foretell.apt.syntax.deb822 import parse_fields
from foretell.apt.syntax.relation import parse_relations
from foretell.apt.syntax.version import sort_key
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from foretell.apt.syntax.relation import Member

__all__ = ["SourceRecord", "find_sources", "newest"]

RECORD_COUNT_MAX = 100_000
NAME_BYTES_MAX = 4096
_NAME_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-_")
# Field -> which builds need it: always, only architecture-independent, only dependent packages.
# apt reads them in this order, whatever the order in the stanza.
_DEPENDS = (
    (b"build-depends", ""),
    (b"build-depends-indep", "indep"),
    (b"build-depends-arch", "arch"),
)
_CONFLICTS = (
    (b"build-conflicts", ""),
    (b"build-conflicts-indep", "indep"),
    (b"build-conflicts-arch", "arch"),
)


class SourceRecord:
    """One stanza of a Sources list, ``offset`` bytes into the unpacked file at ``path``."""

    __slots__ = ("fields", "name", "offset", "path", "text", "version")

    def __init__(self, fields: dict[bytes, bytes], path: str, offset: int, text: bytes) -> None:
        self.fields = fields
        self.path = path
        self.offset = offset
        self.text = text
        self.name = fields[b"package"]
        self.version = fields.get(b"version", b"")

    def binaries(self) -> list[bytes]:
        """Return the names of the Binary field."""
        return self.fields.get(b"binary", b"").replace(b",", b" ").split()

    def depends(self, *, indep: bool, arch: bool) -> list[list[Member]]:
        """Return what building needs; ``indep`` and ``arch`` say which packages are built."""
        return self._relations(_DEPENDS, indep=indep, arch=arch)

    def conflicts(self, *, indep: bool, arch: bool) -> list[list[Member]]:
        """Return what must not be there while building."""
        return self._relations(_CONFLICTS, indep=indep, arch=arch)

    def _relations(
        self, names: Sequence[tuple[bytes, str]], *, indep: bool, arch: bool
    ) -> list[list[Member]]:
        wanted = {"": True, "indep": indep, "arch": arch}
        found: list[list[Member]] = []
        for name, kind in names:
            if not wanted[kind] or not self.fields.get(name):
                continue
            try:
                found += parse_relations(self.fields[name])
            except InputError as error:
                error.path = self.path
                error.line = _line_of(self.path, self.offset)
                shown = f"{name.decode().title()} of {self.name.decode(errors='replace')}"
                error.message = f"{shown}: {error.message}"
                raise
        return found


def find_sources(paths: Iterable[str], names: Iterable[bytes]) -> dict[bytes, list[SourceRecord]]:
    """Return, for each of ``names``, the stanzas that are of that name or build such a binary.

    They come in the order of ``paths`` and of the stanzas there.  Raises ``OSError`` and
    `InputError` for a list that cannot be read.
    """
    result: dict[bytes, list[SourceRecord]] = {
        name: [] for name in names if 0 < len(name) <= NAME_BYTES_MAX
    }
    for path in paths:
        _search_list(path, result)
    return result


def _search_list(path: str, result: dict[bytes, list[SourceRecord]]) -> None:
    from foretell.apt.packages.index_read import whole_stanzas
    from foretell.apt.syntax.compression import open_chunks

    offset = 0
    for block in whole_stanzas(open_chunks(path), path):
        for name, records in result.items():
            _search_block(block, name, path, offset, records)
            if len(records) > RECORD_COUNT_MAX:
                raise InputError(
                    "too-many-stanzas",
                    f"more than {RECORD_COUNT_MAX} stanzas of one source package",
                    path=path,
                )
        offset += len(block)


def _search_block(
    block: bytes, name: bytes, path: str, offset: int, records: list[SourceRecord]
) -> None:
    """Append the stanzas of ``block`` that are of ``name``; it starts at ``offset``."""
    length = len(name)
    at = block.find(name)
    while at >= 0:
        after = at + length
        if (
            (not at or block[at - 1] not in _NAME_BYTES)
            and (after == len(block) or block[after] not in _NAME_BYTES)
            and _is_naming(block, at)
        ):
            start = block.rfind(b"\n\n", 0, at)
            start = 0 if start < 0 else start + 2
            end = block.find(b"\n\n", at)
            end = len(block) if end < 0 else end + 1
            record = _record(block[start:end], path, offset + start)
            if record is not None and (name == record.name or name in record.binaries()):
                records.append(record)
                after = end
        at = block.find(name, after)


def _is_naming(block: bytes, at: int) -> bool:
    """Say whether the field around position ``at`` is Package or Binary."""
    start = at
    while True:
        start = block.rfind(b"\n", 0, start) + 1
        if not start or block[start] not in b" \t":
            break
        start -= 1
    return block[start : start + 7].lower() in {b"package", b"binary:"}


def _record(stanza: bytes, path: str, offset: int) -> SourceRecord | None:
    """Return a stanza's record, None when it names no source package."""
    try:
        fields = parse_fields(stanza, path, 1)
    except InputError as error:
        error.line = _line_of(path, offset) + (error.line or 1) - 1
        raise
    if not fields.get(b"package"):
        return None
    return SourceRecord(fields, path, offset, stanza)


def _line_of(path: str, offset: int) -> int:
    """Return the line (1-based) of a position in an unpacked list."""
    from foretell.apt.syntax.compression import open_chunks

    line = 1
    for chunk in open_chunks(path):
        line += chunk.count(b"\n", 0, offset)
        offset -= len(chunk)
        if offset <= 0:
            break
    return line


def newest(records: Iterable[SourceRecord]) -> SourceRecord | None:
    """Return the record of the highest version, the first one of equals; None of none."""
    return max(records, key=lambda record: sort_key(record.version), default=None)
