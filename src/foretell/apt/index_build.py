"""How do the rows of Packages files become the arrays of an index?

Order is part of the result: version lists descend, provides lists and the binaries of a source
are last-parsed-first, because solver3 breaks ties by them.
"""

from __future__ import annotations

import gc
import re
import zlib
from array import array
from itertools import accumulate, chain, compress, count, repeat
from operator import ne

from foretell.apt.index_read import (
    FILE,
    INSTALLED_SIZE,
    LENGTH,
    META,
    NAME,
    OFFSET,
    SECTION,
    SIZE,
    SOURCE,
    SOURCE_VERSION,
    VERSION,
    ListReader,
)
from foretell.apt.model import (
    ESSENTIAL,
    IDENTITY_TYPES,
    IMPORTANT,
)
from foretell.apt.stanza import bad_relation, parse_members, tidy_relations
from foretell.apt.version import sort_key
from foretell.errors import InputError

__all__ = ["Builder"]

_QUALIFIER = re.compile(rb":[a-z][a-z0-9-]*")
_PROVIDED_NAME = re.compile(rb"([^ (,|:<\n]+)[^,\n]*(?:, |\n|\Z)")
_TIGHT_COMMA = re.compile(rb",[^ ]")  # the fast reader takes relations as they are
_ANY_WORDS = frozenset((b"any", b"native"))


class Builder(ListReader):
    """Collect stanzas, then `finish` into the sections of an index.

    >>> builder = Builder("amd64")
    >>> builder.add_list(iter([b"Package: a\\nVersion: 1\\nArchitecture: all\\n"]), "Packages")
    >>> sorted(builder.finish())[:2]
    ['essential', 'name_crc']
    """

    def finish(self) -> dict[str, array[int] | bytes]:
        """Return the sections of the index; the builder must not be used afterwards."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return _Tables(self).sections()
        finally:
            if was_enabled:
                gc.enable()


class _Tables:
    """Turn a builder's rows and text into the arrays of `index.SECTIONS`."""

    def __init__(self, builder: ListReader) -> None:
        self.native = builder.native
        self.paths = builder.paths
        self.strings = builder.strings
        self.relations = builder.relations
        self.providing = builder.providing
        self.columns = builder.columns
        self.package_of: dict[int, int] = {}  # string of a name -> package
        self.out: dict[str, array[int] | bytes] = {}

    def sections(self) -> dict[str, array[int] | bytes]:
        if _TIGHT_COMMA.search(b"".join(self.relations)):
            self.relations = [
                b"\n".join(map(tidy_relations, text.split(b"\n"))) for text in self.relations
            ]
        self._number_packages()
        self._number_versions()
        self._collect_sources()
        self._collect_provides()
        self._write_relations()
        self._write_names()
        return self.out

    def _number_packages(self) -> None:
        """Number the packages in the order of their first stanzas."""
        self.package_of = dict(zip(dict.fromkeys(self.columns[NAME]), count()))

    def _number_versions(self) -> None:
        """Write the versions' facts and each package's version list, highest first."""
        columns, out = self.columns, self.out
        packages = array("I", map(self.package_of.__getitem__, columns[NAME]))
        out["ver_pkg"] = packages
        for name, column in (
            ("ver_str", VERSION),
            ("ver_srcver", SOURCE_VERSION),
            ("ver_sec", SECTION),
            ("ver_meta", META),
            ("ver_file", FILE),
            ("ver_len", LENGTH),
        ):
            out[name] = columns[column]
        out["ver_isize"] = columns[INSTALLED_SIZE]
        out["ver_size"] = columns[SIZE]
        out["ver_off"] = columns[OFFSET]
        order = sorted(range(len(packages)), key=packages.__getitem__)
        counts = array("I", bytes(4 * (len(self.package_of) + 1)))
        for package in packages:
            counts[package + 1] += 1
        following = array("I", bytes(4 * len(packages)))
        several = [at - 1 for at, n in enumerate(counts) if n > 1]
        if several:
            order = self._sort_versions(order, several, counts, following)
        out["ver_next"] = following
        out["pkg_vlist"] = array("I", order)
        out["several"] = array("I", (package for package in several if counts[package + 1] > 1))
        out["pkg_vstart"] = array("I", accumulate(counts))
        flagged = ESSENTIAL | IMPORTANT
        vital = {packages[at] for at, bits in enumerate(columns[META]) if bits & flagged}
        out["essential"] = array("I", sorted(vital))

    def _sort_versions(
        self, order: list[int], several: list[int], counts: array[int], following: array[int]
    ) -> list[int]:
        """Sort the versions of the packages that have several; merge what is the same version.

        Two stanzas are the same version when their version strings are equal and their relations
        that matter to dpkg, and Installed-Size, are the same; ``following`` chains them and
        ``counts`` (of package ``p`` at ``p + 1``) drops them.
        """
        strings = list(self.strings)
        versions = self.columns[VERSION]
        starts = list(accumulate(counts))
        for package in several:
            start, end = starts[package], starts[package + 1]
            same: dict[tuple[object, ...], int] = {}
            kept = []
            for stanza in order[start:end]:
                identity = self._identity(stanza)
                if identity in same:
                    following[same[identity]] = stanza + 1
                else:
                    kept.append(stanza)
                same[identity] = stanza
            kept.sort(key=lambda stanza: sort_key(strings[versions[stanza]]), reverse=True)
            counts[package + 1] = len(kept)
            order[start:end] = kept + [-1] * (end - start - len(kept))
        return [stanza for stanza in order if stanza >= 0]

    def _identity(self, stanza: int) -> tuple[object, ...]:
        """Return what makes a stanza the same version as another of its package."""
        lines = self.relations[stanza].split(b"\n")
        return (
            self.columns[VERSION][stanza],
            self.columns[INSTALLED_SIZE][stanza],
            *(lines[kind] for kind in sorted(IDENTITY_TYPES)),
        )

    def _collect_sources(self) -> None:
        """Write source packages and their binary versions, last parsed first."""
        names, versions = self.columns[SOURCE], self.columns[SOURCE_VERSION]
        number = {name: at for at, name in enumerate(dict.fromkeys(names))}
        sources = array("I", map(number.__getitem__, names))
        order = sorted(range(len(sources)), key=sources.__getitem__, reverse=True)
        order.reverse()
        counts = array("I", bytes(4 * (len(number) + 1)))
        for source in sources:
            counts[source + 1] += 1
        # a source with binaries of several source versions may make some of them obsolete
        last = dict(zip(sources, versions, strict=True))
        mixed = set(compress(sources, map(ne, map(last.__getitem__, sources), versions)))
        self.out["src_mixed"] = array("I", sorted(mixed))
        self.out["ver_src"] = sources
        self.out["src_name"] = array("I", number)
        self.out["src_vstart"] = array("I", accumulate(counts))
        self.out["src_vlist"] = array("I", order)

    def _collect_provides(self) -> None:
        """Write the table of provided names: what exactly is provided stays in the field."""
        stanzas = self.providing
        if any(self.out["ver_next"]):
            following = set(self.out["ver_next"])  # the same version was listed before
            stanzas = [stanza for stanza in stanzas if stanza + 1 not in following]
        texts = [self.relations[stanza].rsplit(b"\n", 1)[1] for stanza in stanzas]
        counts = [text.count(b",") + 1 for text in texts]
        names = _PROVIDED_NAME.findall(b"\n".join(texts))
        if len(names) != sum(counts):
            raise self._bad_provides(stanzas, texts)
        checksums = [crc >> 2 for crc in map(zlib.crc32, names)]
        owners = list(chain.from_iterable(map(repeat, stanzas, counts)))
        order = sorted(range(len(names) - 1, -1, -1), key=checksums.__getitem__)
        self.out["prov_crc"] = array("I", map(checksums.__getitem__, order))
        self.out["prov_owner"] = array("I", map(owners.__getitem__, order))

    def _bad_provides(self, stanzas: list[int], texts: list[bytes]) -> InputError:
        """Return the error for the first Provides field that breaks the syntax."""
        for stanza, text in zip(stanzas, texts, strict=True):
            for part in text.split(b", "):
                try:
                    parse_members(part)
                except InputError as error:
                    error.path = self.paths[self.columns[FILE][stanza]]
                    return error
        return bad_relation(b"\n".join(texts)[:80])

    def _write_relations(self) -> None:
        """Write the relations' text and the names that relations qualify with an architecture.

        A relation on ``g++:arm64`` makes apt create the package g++ of architecture arm64, empty
        unless the architecture is configured; it multiplies other relations on the name.
        """
        relations = self.relations
        starts = accumulate(map(len, relations), initial=0)
        self.out["ver_rstart"] = array("Q", starts)
        blob = self.out["rel_blob"] = b"".join(relations)
        foreign: dict[bytes, set[bytes]] = {}
        usual = {*_ANY_WORDS, self.native}
        for match in _QUALIFIER.finditer(blob):
            architecture = match.group()[1:]
            if architecture in usual:
                continue
            head = blob[max(0, match.start() - 256) : match.start()]
            words = re.split(rb"[\s|,]", head)
            foreign.setdefault(words[-1], set()).add(architecture)
        names = sorted(foreign)
        self.out["phantom"] = array("I", map(self.strings.__getitem__, names))
        self.out["phantom_count"] = array("I", (len(foreign[name]) for name in names))

    def _write_names(self) -> None:
        """Write the string pool and the table of package names, sorted by checksum."""
        strings = list(self.strings)
        self.out["str_start"] = array("I", accumulate(map(len, strings), initial=0))
        self.out["str_blob"] = b"".join(strings)
        self.out["pkg_name"] = names = array("I", self.package_of)
        checksums = [crc >> 2 for crc in map(zlib.crc32, map(strings.__getitem__, names))]
        order = sorted(range(len(checksums)), key=checksums.__getitem__)
        self.out["name_crc"] = array("I", map(checksums.__getitem__, order))
        self.out["name_pkg"] = array("I", order)
