"""How do the rows of Packages files become the arrays of an index?

Order is part of the result: version lists descend, provides lists and the binaries of a source
are last-parsed-first, because solver3 breaks ties by them.
"""

from __future__ import annotations

import gc
import re
import zlib
from array import array
from bisect import bisect_right
from collections import Counter
from itertools import accumulate, chain, compress, count, repeat
from operator import ne

from foretell.apt.model import (
    ARCHITECTURE_ALL,
    ESSENTIAL,
    IDENTITY_TYPES,
    IMPORTANT,
    MULTI_ARCH_MASK,
)
from foretell.apt.packages.births import PLACE_BITS, mentions, package_key
from foretell.apt.packages.index import table_size
from foretell.apt.packages.index_read import ListReader
from foretell.apt.packages.stanza import Facts, bad_relation, parse_members
from foretell.apt.syntax.version import sort_key
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.packages.index import Sections

__all__ = ["Builder"]

_ODD_NAME = re.compile(rb"[(,|:<\n]")  # what else than a blank may end a provided name


class Builder(ListReader):
    """Collect stanzas, then `finish` into the sections of an index.

    >>> builder = Builder("amd64")
    >>> text = b"Package: a\\nVersion: 1\\nArchitecture: all\\n"
    >>> builder.add_list(lambda: [text], "Packages")
    >>> sorted(builder.finish())[:2]
    ['essential', 'fact_blob']
    """

    def finish(self) -> Sections:
        """Return the sections of the index; the builder must not be used afterwards."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return _Tables(self).sections()
        finally:
            if was_enabled:
                gc.enable()


class _Tables:
    """Turn a reader's columns and texts into the arrays of `index.SECTIONS`."""

    def __init__(self, reader: ListReader) -> None:
        self.reader = reader
        self.package_of: dict[bytes, int] = {}
        self.fact_starts = array("Q", accumulate(reader.fact_lengths, initial=0))
        self.piece_starts = list(accumulate(map(len, reader.pieces), initial=0))
        self.out: Sections = {}

    def sections(self) -> Sections:
        self._write_facts()
        self._number_versions()
        self._collect_sources()
        self._collect_provides()
        self._write_births()
        self._write_names()
        return self.out

    def _write_facts(self) -> None:
        """Write the reduced stanzas and the names that relations qualify with an architecture.

        A relation on ``g++:arm64`` makes apt create the package g++ of architecture arm64, empty
        unless the architecture is configured; it multiplies other relations on the name.
        """
        self.out["fact_start"] = self.fact_starts
        self.out["fact_blob"] = self.reader.pieces
        foreign = self.reader.qualified
        names = sorted(foreign)
        self.out["phantom_blob"] = b"\n".join(names)
        self.out["phantom_count"] = array("I", (len(foreign[name]) for name in names))

    def _number_versions(self) -> None:
        """Write the versions' places and each package's version list, highest first.

        Packages are numbered in the order of their first stanzas.
        """
        reader, out = self.reader, self.out
        self.package_of = numbers = dict(zip(dict.fromkeys(reader.names), count()))
        packages = array("I", map(numbers.__getitem__, reader.names))
        out["ver_pkg"] = packages
        out["ver_meta"] = reader.metas
        out["ver_file"] = reader.files
        out["ver_off"] = reader.offsets
        out["ver_len"] = reader.lengths
        order = sorted(range(len(packages)), key=packages.__getitem__)
        counts = array("I", bytes(4 * (len(numbers) + 1)))
        for package in packages:
            counts[package + 1] += 1
        following = array("I", bytes(4 * len(packages)))
        several = [at - 1 for at, n in enumerate(counts) if n > 1]
        if several:
            order = self._sort_versions(order, several, counts, following)
        out["ver_next"] = following
        out["pkg_vlist"] = array("I", order)
        out["pkg_vstart"] = array("I", accumulate(counts))
        flagged = ESSENTIAL | IMPORTANT
        vital = {packages[at] for at, bits in enumerate(reader.metas) if bits & flagged}
        out["essential"] = array("I", sorted(vital))

    def _sort_versions(
        self, order: list[int], several: list[int], counts: array[int], following: array[int]
    ) -> list[int]:
        """Sort the versions of the packages that have several; merge what is the same version.

        Two stanzas are the same version when their version strings are equal and their relations
        that matter to dpkg, and Installed-Size, are the same; ``following`` chains them and
        ``counts`` (of package ``p`` at ``p + 1``) drops them.
        """
        versions = self.reader.versions
        starts = list(accumulate(counts))
        for package in several:
            start, end = starts[package], starts[package + 1]
            last: dict[int, int] = {}  # version -> its last stanza
            for stanza in order[start:end]:
                twin = next((other for other in last if self._is_same(other, stanza)), -1)
                if twin >= 0:
                    following[last[twin]] = stanza + 1
                last[stanza if twin < 0 else twin] = stanza
            kept = sorted(last, key=lambda stanza: sort_key(versions[stanza]), reverse=True)
            counts[package + 1] = len(kept)
            order[start:end] = kept + [-1] * (end - start - len(kept))
        return [stanza for stanza in order if stanza >= 0]

    def _is_same(self, first: int, second: int) -> bool:
        """Say whether two stanzas of a package are the same version."""
        reader = self.reader
        if reader.versions[first] != reader.versions[second]:
            return False
        if (reader.metas[first] ^ reader.metas[second]) & (ARCHITECTURE_ALL | MULTI_ARCH_MASK):
            return False
        texts = self._facts(first), self._facts(second)
        return texts[0] == texts[1] or _identity(texts[0]) == _identity(texts[1])

    def _facts(self, stanza: int) -> bytes:
        """Return a reduced stanza."""
        start = self.fact_starts[stanza]
        at = bisect_right(self.piece_starts, start) - 1
        start -= self.piece_starts[at]
        return self.reader.pieces[at][start : start + self.reader.fact_lengths[stanza]]

    def _collect_sources(self) -> None:
        """Write the sources whose binaries have several source versions.

        Some of these binaries may make others obsolete.
        """
        reader = self.reader
        own: Sequence[bytes] = reader.names
        if reader.foreign:
            own = [name.partition(b":")[0] for name in own]
        names = [given or name for given, name in zip(reader.sources, own, strict=True)]
        versions = [
            given or version
            for given, version in zip(reader.source_versions, reader.versions, strict=True)
        ]
        if reader.foreign:  # only binaries of one architecture make each other obsolete
            names = [
                name + b"".join(key.partition(b":")[1:])
                for name, key in zip(names, reader.names, strict=True)
            ]
        last = dict(zip(names, versions, strict=True))
        mixed = set(compress(names, map(ne, map(last.__getitem__, names), versions)))
        rows = [at for at, name in enumerate(names) if name in mixed] if mixed else []
        numbers: dict[bytes, int] = {}
        texts: dict[bytes, int] = {}
        numbered = [numbers.setdefault(names[at], len(numbers)) for at in rows]
        dated = [texts.setdefault(versions[at], len(texts)) for at in rows]
        order = sorted(range(len(rows)), key=numbered.__getitem__)
        counts = Counter(numbered)
        out = self.out
        out["src_member"] = array("I", rows)
        out["src_number"] = array("I", numbered)
        out["src_start"] = array(
            "I", accumulate(map(counts.__getitem__, range(len(counts))), initial=0)
        )
        out["src_owner"] = array("I", map(rows.__getitem__, order))
        out["src_version"] = array("I", map(dated.__getitem__, order))
        out["src_text"] = b"\n".join(texts)

    def _collect_provides(self) -> None:
        """Write the table of provided names: what exactly is provided stays in the field."""
        owners, texts = self.reader.providing, self.reader.provides
        if any(self.out["ver_next"]):
            following = set(self.out["ver_next"])  # the same version was listed before
            kept = [owner + 1 not in following for owner in owners]
            owners, texts = list(compress(owners, kept)), list(compress(texts, kept))
        counts = [text.count(b",") + 1 for text in texts]
        parts = b", ".join(texts).split(b", ") if texts else []
        names = [part.partition(b" ")[0] for part in parts]
        if _ODD_NAME.search(b" ".join(names)):
            names = [_ODD_NAME.split(name, maxsplit=1)[0] for name in names]
        if len(names) != sum(counts) or b"" in names:
            raise self._bad_provides(owners, texts)
        rows = list(chain.from_iterable(map(repeat, owners, counts)))
        self._write_owners("prov", names, rows)

    def _bad_provides(self, stanzas: list[int], texts: list[bytes]) -> InputError:
        """Return the error for the first Provides field that breaks the syntax."""
        for stanza, text in zip(stanzas, texts, strict=True):
            for part in text.split(b", "):
                try:
                    parse_members(part)
                except InputError as error:
                    error.path = self.reader.paths[self.reader.files[stanza]]
                    return error
        return bad_relation(b"\n".join(texts)[:80])

    def _write_births(self) -> None:
        """Write when apt creates each package, where that decides anything: see `births`."""
        births = self._find_births() if self.reader.foreign else {}
        starts = self.out["pkg_vstart"]
        assert isinstance(starts, array)
        for key in births:
            if key not in self.package_of:
                self.package_of[key] = len(self.package_of)
                starts.append(starts[-1])
        order = self.package_of if births else ()
        self.out["pkg_birth"] = array("Q", map(births.__getitem__, order))
        kin = [key for key in births if b":" in key and not key.endswith(b":")]
        names = [key.partition(b":")[0] for key in kin]
        rows = [self.package_of[key] for key in kin]
        self._write_owners("kin", names[::-1], rows[::-1])

    def _find_births(self) -> dict[bytes, int]:
        """Return the birth of every package that a stanza or a relation means, in their order."""
        reader = self.reader
        native, metas = reader.native, reader.metas
        following = set(self.out["ver_next"])
        births: dict[bytes, int] = {}
        known: set[bytes] = set()  # names that have a package
        for stanza, key in enumerate(reader.names):
            if stanza + 1 in following:  # the same version was listed before: nothing is read
                continue
            now = stanza << PLACE_BITS
            name, _, architecture = key.partition(b":")
            births.setdefault(key, now)
            known.add(name)
            lines = Facts(self._facts(stanza)).relations
            for place, name, wanted, only_first in mentions(
                lines, architecture or native, metas[stanza], native
            ):
                if only_first and name in known:
                    continue
                known.add(name)
                births.setdefault(package_key(name, wanted, native), now + place)
        return births

    def _write_names(self) -> None:
        """Write the names of packages and versions, and the table to find a package by."""
        names = list(self.package_of)
        versions = self.reader.versions
        self.out["ver_start"] = array("I", accumulate(map(len, versions), initial=0))
        self.out["ver_blob"] = b"".join(versions)
        self.out["name_start"] = array("I", accumulate(map(len, names), initial=0))
        self.out["name_blob"] = b"".join(names)
        self._write_table("name", names)

    def _write_table(self, table: str, names: Sequence[bytes]) -> list[int]:
        """Write the slots of a table whose rows have these names; return the names' checksums."""
        checksums = list(map(zlib.crc32, names))
        size = table_size(len(names))
        head = [0] * size
        following = []
        for row, checksum in enumerate(checksums, 1):
            slot = checksum % size
            following.append(head[slot])
            head[slot] = row
        self.out[table + "_head"] = array("I", head)
        self.out[table + "_next"] = array("I", following)
        return checksums

    def _write_owners(self, table: str, names: Sequence[bytes], owners: Sequence[int]) -> None:
        """Write a table to find ``owners``, one a row, by names."""
        self.out[table + "_crc"] = array("I", self._write_table(table, names))
        self.out[table + "_owner"] = array("I", owners)


def _identity(text: bytes) -> tuple[object, ...]:
    """Return what makes a stanza the same version as another of its package and version."""
    facts = Facts(text)
    lines = facts.relations
    return facts.installed_size, *(lines[kind] for kind in sorted(IDENTITY_TYPES))
