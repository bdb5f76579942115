"""How is a Packages file read in less time than apt needs for it?

Two readers give the same rows.  The fast one is a single regular expression over the field order
that archives write; whatever it does not match goes, one stanza at a time, through the plain
reader, which takes any order and spelling that deb-control(5) allows.  Relations stay text: they
are parsed when a question reaches their stanza.
"""

from __future__ import annotations

import gc
import re
from array import array
from collections import defaultdict
from itertools import accumulate, count, repeat
from operator import itemgetter, or_

from foretell.apt.deb822 import STANZA_BYTES_MAX, parse_fields
from foretell.apt.model import (
    ARCHITECTURE_ALL,
    ESSENTIAL,
    IMPORTANT,
    MULTI_ARCH,
    PRIORITIES,
    PRIORITY_SHIFT,
)
from foretell.apt.stanza import pack_relations, parse_size, require_word, split_source, version_meta
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["ListReader", "whole_stanzas"]

_PRIORITY_BITS = defaultdict(
    int, {word: number << PRIORITY_SHIFT for word, number in PRIORITIES.items()}
).__getitem__
_MULTI_ARCH_BITS = defaultdict(int, MULTI_ARCH).__getitem__
STANZA_COUNT_MAX = 4_000_000
CHUNK_BYTES = 1 << 19
# Columns of a row, one row a stanza.
_COLUMN_CODES = "IIIIIIQQIQI"
(
    NAME,
    VERSION,
    SOURCE,
    SOURCE_VERSION,
    SECTION,
    META,
    INSTALLED_SIZE,
    SIZE,
    FILE,
    OFFSET,
    LENGTH,
) = range(len(_COLUMN_CODES))


def _words(*fields: bytes) -> bytes:
    return b"".join(rb"(?:%s: (\S++)\n)?" % field for field in fields)


def _lists(*fields: bytes) -> bytes:
    return b"".join(rb"(?:%s: ((?![ ,])[ -~\x80-\xff]++)(?<![ ,])\n)?" % field for field in fields)


_GRAPHIC = rb"[!-~\x80-\xff]"
# What the fast expression does not take, the plain reader sees: every quantifier is possessive, so
# that a hostile stanza costs no more than its length.
# Fields between Description and Section that decide nothing, and whose first letters no deciding
# field has, in any case.
_OTHER = (
    rb"(?:(?:[FGHJKLNOQTUWXYZ]|Auto-|Bu|Cnf-|Com|Description-|Efi-|Javascript-|Postgresql-|Python-"
    rb"|Ruby-|Static-)[^:\s]*+:.*+\n(?: .*+\n)*+)*+"
)
_FAST = (
    rb"(Package: (%s++)\n(?:Source: (%s++(?: \(%s++)?)\n)?Version: (%s++)\n" % ((_GRAPHIC,) * 4)
    + _words(b"Essential")
    + rb"(?:Installed-Size: (\d{1,15})\n)?"
    + rb"(?:Maintainer: .*+\n(?:Original-Maintainer: .*+\n)?)?"
    + rb"Architecture: (ARCHITECTURES)\n"
    + _lists(b"Replaces", b"Provides", b"Depends", b"Pre-Depends", b"Recommends")
    + _lists(b"Suggests", b"Enhances", b"Conflicts", b"Breaks")
    + rb"(?:Description: .*+\n(?: .*+\n)*+)?(?:Multi-Arch: ([a-z]++)\n)?"
    + _OTHER
    + _words(b"Important")
    + _OTHER
    + _words(b"Protected")
    + _OTHER
    + rb"Section: (\S++)\nPriority: (\S++)\n(?:Filename: .*+\n)?Size: (\d{1,15})\n"
    + rb"(?:(?:MD5sum|SHA1|SHA256|SHA512): .*+\n)*+\n+)"
)


class ListReader:
    """Collect the stanzas of ``Packages`` files as rows of numbers and lines of relations."""

    def __init__(self, native: str) -> None:
        self.native = native.encode()
        number: Callable[[], int] = count().__next__
        self.strings: defaultdict[bytes, int] = defaultdict(number)
        self._fast = re.compile(_FAST.replace(b"ARCHITECTURES", b"all|" + re.escape(self.native)))
        self.columns = [array(code) for code in _COLUMN_CODES]  # one number a stanza each
        self.relations: list[bytes] = []  # one a stanza, see `stanza.pack_relations`
        self.providing: list[int] = []  # stanzas with a Provides field
        self.paths: list[str] = []
        assert self.strings[b""] == 0

    def add_list(self, chunks: Iterable[bytes], path: str) -> None:
        """Add one ``Packages`` file, given in pieces of any size.

        Raises `InputError` with ``path`` and the line for what is not a list of stanzas.
        """
        number = len(self.paths)
        self.paths.append(path)
        offset = 0
        line = 1
        was_enabled = gc.isenabled()
        gc.disable()  # a million short-lived tuples, no cycles: a quarter of the time
        try:
            for block in whole_stanzas(chunks, path):
                self._add_block(block, number, offset, line)
                offset += len(block)
                line += block.count(b"\n")
        except InputError as error:
            if error.code == "stanza-too-long":
                error.line = error.line or line
            raise
        finally:
            if was_enabled:
                gc.enable()

    def _add_block(self, block: bytes, number: int, offset: int, line: int) -> None:
        """Add whole stanzas: ``block`` starts at ``offset`` (line ``line``) of list ``number``."""
        position = counted = 0
        end = len(block)
        while position < end:
            position = self._add_fast(block, position, number, offset)
            if position >= end:
                break
            stop = block.find(b"\n\n", position)
            stop = end if stop < 0 else stop + 2
            while stop < end and block[stop] == 10:
                stop += 1
            stanza = block[position:stop]
            if stanza.strip():
                line += block.count(b"\n", counted, position)
                counted = position
                self._add_plain(stanza, number, offset + position, line)
            position = stop
        if len(self.relations) > STANZA_COUNT_MAX:
            raise InputError(
                "too-many-stanzas",
                f"more than {STANZA_COUNT_MAX} stanzas",
                path=self.paths[number],
            )

    def _add_fast(self, block: bytes, position: int, number: int, offset: int) -> int:
        """Add the stanzas from ``position`` on that the fast expression takes; return the end.

        Works on columns, because a stanza has too many fields to touch each one from Python.
        """
        if self._fast.match(block, position) is None:
            return position
        rows = [] if position else self._fast.findall(block)
        if sum(map(len, map(itemgetter(0), rows))) != len(block) - position:
            scanner = self._fast.scanner(block, position)  # type: ignore[attr-defined]
            matches = iter(scanner.match, None)
            rows = [match.groups(b"") for match in matches]
        # fmt: off
        (stanzas, names, sources, versions, essential, isizes, architectures, replaces, provides,
         depends, predepends, recommends, suggests, enhances, conflicts, breaks, multi, important,
         protected, sections, priorities, sizes) = zip(*rows, strict=True)
        # fmt: on
        first = len(self.relations)
        lengths = list(map(len, stanzas))
        offsets = list(accumulate(lengths, initial=offset + position))
        position = offsets.pop() - offset
        del rows, stanzas
        # fmt: off
        fields = (predepends, depends, conflicts, breaks, recommends, suggests, replaces,
                  enhances, provides)
        # fmt: on
        self.relations += map(b"\n".join, zip(*fields, strict=True))
        self.providing += [first + at for at, field in enumerate(provides) if field]
        meta = list(
            map(
                or_,
                map(or_, map(_PRIORITY_BITS, priorities), map(_MULTI_ARCH_BITS, multi)),
                map({b"all": ARCHITECTURE_ALL}.get, architectures, repeat(0)),
            )
        )
        for column, bit in ((essential, ESSENTIAL), (important, IMPORTANT), (protected, IMPORTANT)):
            if any(column):
                for at, field in enumerate(column):
                    if field == b"yes":
                        meta[at] |= bit
        pairs = map(_source, sources, names, versions)
        source_names, source_versions = zip(*pairs, strict=True)
        string = self.strings.__getitem__
        columns = self.columns
        columns[NAME].extend(map(string, names))
        columns[VERSION].extend(map(string, versions))
        columns[SOURCE].extend(map(string, source_names))
        columns[SOURCE_VERSION].extend(map(string, source_versions))
        columns[SECTION].extend(map(string, sections))
        columns[META].extend(meta)
        columns[INSTALLED_SIZE].extend([int(size or 0) for size in isizes])
        columns[SIZE].extend(map(int, sizes))
        columns[FILE].extend(repeat(number, len(names)))
        columns[OFFSET].extend(offsets)
        columns[LENGTH].extend(lengths)
        return position

    def _add_plain(self, stanza: bytes, number: int, offset: int, line: int) -> None:
        """Add one stanza whatever the order and spelling of its fields."""
        path = self.paths[number]
        fields = parse_fields(stanza, path, line)
        name = fields.get(b"package", b"")
        version = fields.get(b"version", b"")
        require_word(name, "Package", path, line)
        require_word(version, "Version", path, line)
        arch = fields.get(b"architecture", b"")
        if arch not in {self.native, b"all"}:
            return
        meta = version_meta(fields) | (ARCHITECTURE_ALL if arch == b"all" else 0)
        string = self.strings.__getitem__
        try:
            relations = pack_relations(fields)
        except InputError as error:
            error.path, error.line = path, line
            raise
        if not relations.endswith(b"\n"):
            self.providing.append(len(self.relations))
        self.relations.append(relations)
        source, source_version = split_source(fields.get(b"source") or name, version)
        self._add_row(
            (
                string(name),
                string(version),
                string(source),
                string(source_version),
                string(fields.get(b"section", b"")),
                meta,
                parse_size(fields.get(b"installed-size", b"0"), "Installed-Size", path, line),
                parse_size(fields.get(b"size", b"0"), "Size", path, line),
                number,
                offset,
                len(stanza),
            )
        )

    def _add_row(self, row: tuple[int, ...]) -> None:
        for column, value in zip(self.columns, row, strict=True):
            column.append(value)


def _source(source: bytes, name: bytes, version: bytes) -> tuple[bytes, bytes]:
    """Return name and version of the source package, given the Source field or nothing."""
    if not source:
        return name, version
    if b" " in source:
        return split_source(source, version)
    return source, version


def whole_stanzas(chunks: Iterable[bytes], path: str) -> Iterator[bytes]:
    """Yield blocks that end with a stanza, each about `CHUNK_BYTES` long.

    Raises `InputError` when a stanza is longer than `deb822.STANZA_BYTES_MAX`.
    """
    rest = b""
    for chunk in chunks:
        rest += chunk
        if len(rest) < CHUNK_BYTES:
            continue
        cut = rest.rfind(b"\n\n")
        if cut < 0:
            if len(rest) > STANZA_BYTES_MAX:
                raise InputError(
                    "stanza-too-long",
                    f"stanza of more than {STANZA_BYTES_MAX} bytes",
                    path=path,
                    rule="an empty line ends a stanza (deb822(5))",
                )
            continue
        yield rest[: cut + 2]
        rest = rest[cut + 2 :]
    if rest:
        yield rest.rstrip(b"\n") + b"\n\n"
