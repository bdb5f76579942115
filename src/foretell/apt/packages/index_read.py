"""How is a Packages file read in less time than apt needs for it?

Two readers give the same result.  The fast one is a single regular expression over the field order
that archives write; whatever it does not match goes, one stanza at a time, through the plain
reader, which takes any order and spelling that deb-control(5) allows.  A stanza stays text,
reduced to the fields that decide something: it is parsed when a question reaches it.
"""

from __future__ import annotations

import gc
import re
from array import array
from itertools import accumulate, repeat
from operator import itemgetter

from foretell.apt.model import ESSENTIAL
from foretell.apt.packages.stanza import (
    TYPE_OF,
    is_tidy,
    pack_facts,
    split_source,
    tidy_relations,
    version_meta,
)
from foretell.apt.syntax.deb822 import (
    STANZA_BYTES_MAX,
    parse_fields,
    parse_size,
    require_word,
)
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["ListReader", "whole_stanzas"]

STANZA_COUNT_MAX = 4_000_000
CHUNK_BYTES = 1 << 19


def _maybe(line: bytes) -> bytes:
    """Return an expression for a line that may be missing.

    Python's engine takes a branch in half the time that it needs for a repetition.
    """
    return rb"(?:%s\n|)" % line


_GRAPHIC = rb"[!-~\x80-\xff]++"
_LIST = rb"[!-+\--~\x80-\xff].*+(?<![ ,])"


def _lists(*fields: bytes) -> bytes:
    return b"".join(_maybe(rb"%s: %s" % (field, _LIST)) for field in fields)


# What the fast expression does not take, the plain reader sees: every quantifier is possessive, so
# that a hostile stanza costs no more than its length.
_FOLDED = rb"(?: .*+\n(?: .*+\n)*+|)"
# Fields between Description and Section that decide nothing, and whose first letters no deciding
# field has, in any case.
_OTHER = (
    rb"(?:(?:[FGHJKLNOQTUWXYZ]|Auto-|Bu|Cnf-|Com|Description-|Efi-|Javascript-|Postgresql-|Python-"
    rb"|Ruby-|Static-)[^:\s]*+:.*+\n" + _FOLDED + rb")*+"
)
# Groups: the stanza; name, source (line, name and version), version, Essential and Installed-Size;
# architecture; the relations' lines, Provides; Multi-Arch, Important, Protected; Section (line),
# Priority and Size.
_FAST = (
    rb"(Package: (%s)\n" % _GRAPHIC
    + rb"(Source: (%s)(?: \(([!-'*-~\x80-\xff]++)\)|)\n|)" % _GRAPHIC
    + rb"Version: (%s)\n" % _GRAPHIC
    + _maybe(rb"Essential: (\S++)")
    + rb"(Installed-Size: \d{1,15}\n|)"
    + rb"(?:Maintainer: .*+\n(?:Original-Maintainer: .*+\n|)|)"
    + rb"Architecture: (ARCHITECTURES)\n("
    + _lists(b"Replaces")
    + _maybe(rb"Provides: (%s)" % _LIST)
    + _lists(b"Depends", b"Pre-Depends", b"Recommends", b"Suggests", b"Enhances")
    + _lists(b"Conflicts", b"Breaks")
    + rb")(?:Description: .*+\n%s|)" % _FOLDED
    + _maybe(rb"Multi-Arch: ([a-z]++)")
    + rb"(?:Homepage: .*+\n|)(?:Description-md5: .*+\n|)(?:Tag: .*+\n%s|)" % _FOLDED
    + _OTHER
    + rb"(?:Important: (\S++)\n%s|)(?:Protected: (\S++)\n%s|)" % (_OTHER, _OTHER)
    + rb"(Section: \S++\n)Priority: (\S++)\n"
    + _maybe(rb"Filename: .*+")
    + rb"(Size: [1-9]\d{0,14}\n)"
    + rb"(?:MD5sum: .*+\n|)(?:SHA1: .*+\n|)(?:SHA256: .*+\n|)(?:SHA512: .*+\n|)\n+)"
)
_KIND_FIELDS = (
    b"architecture",
    b"multi-arch",
    b"essential",
    b"important",
    b"protected",
    b"priority",
    b"size",
)


# A name's qualifier, unless it is one that gives apt no other package; `NATIVE` is put in later.
_QUALIFIER = rb":(?<=[^\s|,(:]:)(?!(?:any|native|NATIVE)(?![a-z0-9-]))([a-z][a-z0-9-]*)"


class _MetaOfKind(dict[tuple[bytes, ...], int]):
    """The packed facts of a version for each combination of fields that were met."""

    def __missing__(self, kind: tuple[bytes, ...]) -> int:
        found = self[kind] = version_meta(dict(zip(_KIND_FIELDS, (*kind, b"1"), strict=True)))
        return found


class ListReader:
    """Collect the stanzas of ``Packages`` files, reduced to the fields that decide something.

    Packages of a ``foreign`` architecture are named ``name:architecture``.
    """

    def __init__(self, native: str, foreign: Sequence[str] = ()) -> None:
        self.native = native.encode()
        self.foreign = [name.encode() for name in foreign]
        known = b"|".join(map(re.escape, [b"all", self.native, *self.foreign]))
        self._fast = re.compile(_FAST.replace(b"ARCHITECTURES", known))
        self._meta_of = _MetaOfKind().__getitem__
        self.paths: list[str] = []
        # One of each a stanza:
        self.names: list[bytes] = []
        self.sources: list[bytes] = []  # name and version, empty where they are the package's
        self.source_versions: list[bytes] = []
        self.versions: list[bytes] = []
        self.metas = array("I")  # see `foretell.apt.model`
        self.fact_lengths = array("I")
        self.files = array("I")
        self.offsets = array("Q")
        self.lengths = array("I")
        self._qualifier = re.compile(_QUALIFIER.replace(b"NATIVE", re.escape(self.native)))
        self.qualified: dict[bytes, set[bytes]] = {}  # name -> foreign architectures
        self._place = 0  # offset of what is being read
        # Only for the stanzas that have them:
        self.providing: list[int] = []
        self.provides: list[bytes] = []
        # The reduced stanzas joined, in pieces of any size; see `stanza.Facts`.
        self.pieces: list[bytes] = []

    def add_list(self, open_list: Callable[[], Iterable[bytes]], path: str) -> None:
        """Add one ``Packages`` file, given by what opens it and yields pieces of any size.

        Raises `InputError` with ``path`` and the line for what is not a list of stanzas; the list
        is opened once more to count the lines.
        """
        number = len(self.paths)
        self.paths.append(path)
        self._place = offset = 0
        was_enabled = gc.isenabled()
        gc.disable()  # a million short-lived tuples, no cycles: a quarter of the time
        try:
            for block in whole_stanzas(open_list(), path):
                first = len(self.names)
                self._add_block(block, offset)
                self._place = offset = offset + len(block)
                self.files.extend(repeat(number, len(self.names) - first))
        except InputError as error:
            if error.line is not None or error.code == "stanza-too-long":
                error.line = (error.line or 1) + _count_lines(open_list(), self._place)
            raise
        finally:
            if was_enabled:
                gc.enable()

    def _add_block(self, block: bytes, offset: int) -> None:
        """Add whole stanzas: ``block`` starts at ``offset``."""
        position = 0
        end = len(block)
        while position < end:
            position = self._add_fast(block, position, offset)
            if position >= end:
                break
            stop = block.find(b"\n\n", position)
            stop = end if stop < 0 else stop + 2
            while stop < end and block[stop] == 10:
                stop += 1
            stanza = block[position:stop]
            if stanza.strip():
                self._place = offset + position
                self._add_plain(stanza)
            position = stop
        if len(self.names) > STANZA_COUNT_MAX:
            raise InputError(
                "too-many-stanzas",
                f"more than {STANZA_COUNT_MAX} stanzas",
                path=self.paths[-1],
            )

    def _add_fast(self, block: bytes, position: int, offset: int) -> int:
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
        (stanzas, names, source_lines, sources, source_versions, versions, essential,
         installed_sizes, architectures, relations, provides, multi_arch, important, protected,
         sections, priorities, sizes) = zip(*rows, strict=True)
        # fmt: on
        del rows
        first = len(self.names)
        lengths = list(map(len, stanzas))
        ends = accumulate(lengths, initial=offset + position)
        offsets = array("Q", ends)
        position = offsets.pop() - offset
        self.sources += sources
        self.source_versions += source_versions
        self.versions += versions
        self.offsets.extend(offsets)
        self.lengths.extend(lengths)
        kinds = (architectures, multi_arch, essential, important, protected, priorities)
        metas = list(map(self._meta_of, zip(*kinds, strict=True)))
        if b"apt" in names:  # essential by itself, as in `version_meta`
            metas = [
                bits | ESSENTIAL if name == b"apt" else bits
                for bits, name in zip(metas, names, strict=True)
            ]
        self.metas.extend(metas)
        if self.foreign:
            names = tuple(map(self._key, names, architectures))
        self.names += names
        columns = (source_lines, installed_sizes, sizes, sections, repeat(b"\n"), relations)
        facts = list(map(b"".join, zip(*columns)))  # noqa: B905 - one of them has no end
        piece = b"".join(facts)
        every_relation = b"".join(relations)
        if not is_tidy(every_relation):
            facts = list(map(_tidy_facts, facts))
            piece = b"".join(facts)
            provides = tuple(map(tidy_relations, provides))
        self.fact_lengths.extend(map(len, facts))
        self.pieces.append(piece)
        self._find_qualified(every_relation)
        self.providing += [first + at for at, field in enumerate(provides) if field]
        self.provides += filter(None, provides)
        return position

    def _find_qualified(self, relations: bytes) -> None:
        """Collect the names that relations qualify with a foreign architecture."""
        for match in self._qualifier.finditer(relations):
            head = relations[max(0, match.start() - 256) : match.start()]
            name = re.split(rb"[\s|,]", head)[-1]
            self.qualified.setdefault(name, set()).add(match[1])

    def _key(self, name: bytes, architecture: bytes) -> bytes:
        """Return the name of a package among those of all architectures."""
        return name + b":" + architecture if architecture in self.foreign else name

    def _add_plain(self, stanza: bytes) -> None:
        """Add the stanza at ``_place`` whatever the order and spelling of its fields.

        The lines of its errors are counted from its own first one.
        """
        path, line = self.paths[-1], 1
        fields = parse_fields(stanza, path, line)
        name = fields.get(b"package", b"")
        version = fields.get(b"version", b"")
        require_word(name, "Package", path, line)
        require_word(version, "Version", path, line)
        architecture = fields.get(b"architecture", b"")
        if architecture not in {self.native, b"all", *self.foreign}:
            return
        parse_size(fields.get(b"installed-size", b"0"), "Installed-Size", path, line)
        parse_size(fields.get(b"size", b"0"), "Size", path, line)
        try:
            facts = pack_facts(fields)
        except InputError as error:
            error.path, error.line = path, line
            raise
        number = len(self.names)
        self.names.append(self._key(name, architecture))
        source, source_version = split_source(fields.get(b"source", b""), b"")
        self.sources.append(source)
        self.source_versions.append(source_version)
        self.versions.append(version)
        self.metas.append(version_meta(fields))
        self.fact_lengths.append(len(facts))
        self._find_qualified(facts)
        self.pieces.append(facts)
        self.offsets.append(self._place)
        self.lengths.append(len(stanza))
        provides = tidy_relations(fields.get(b"provides", b""))
        if provides:
            self.providing.append(number)
            self.provides.append(provides)


def _tidy_facts(text: bytes) -> bytes:
    """Return a reduced stanza with its relations tidied."""
    lines = []
    for line in text.split(b"\n"):
        name, separator, value = line.partition(b": ")
        lines.append(name + separator + (tidy_relations(value) if name in TYPE_OF else value))
    return b"\n".join(lines)


def _count_lines(chunks: Iterable[bytes], offset: int) -> int:
    """Return how many line ends there are before ``offset``."""
    found = 0
    for chunk in chunks:
        found += chunk[:offset].count(b"\n")
        offset -= len(chunk)
        if offset <= 0:
            break
    return found


def whole_stanzas(chunks: Iterable[bytes], path: str) -> Iterator[bytes]:
    """Yield blocks that end with a stanza, each about `CHUNK_BYTES` long.

    Raises `InputError` when a stanza is longer than `deb822.STANZA_BYTES_MAX`.
    """
    pieces: list[bytes | memoryview] = []
    length = 0
    for chunk in chunks:
        pieces.append(chunk)
        length += len(chunk)
        if length < CHUNK_BYTES:
            continue
        cut = chunk.rfind(b"\n\n") + 2
        if cut < 2:
            chunk = b"".join(pieces)  # noqa: PLW2901 - the stanza may end where pieces meet
            pieces = [chunk]
            cut = chunk.rfind(b"\n\n") + 2
        if cut < 2:
            if length > STANZA_BYTES_MAX:
                raise InputError(
                    "stanza-too-long",
                    f"stanza of more than {STANZA_BYTES_MAX} bytes",
                    path=path,
                    rule="an empty line ends a stanza (deb822(5))",
                )
            continue
        pieces[-1] = memoryview(chunk)[:cut]
        yield b"".join(pieces)
        pieces = [chunk[cut:]]
        length = len(chunk) - cut
    rest = b"".join(pieces)
    if rest:
        yield rest.rstrip(b"\n") + b"\n\n"
