"""How do Packages files become an index, in less time than apt needs for its own cache?

Two readers give the same rows.  The fast one is a single regular expression over the field order
that archives write; whatever it does not match goes, one stanza at a time, through the plain
reader, which takes any order and spelling that deb-control(5) allows.  Relations are interned as
text first and parsed once per distinct or-group.

Order is part of the result: packages are created as apt's cache builder creates them (the stanza's
own package, then the targets of its relations in the order Pre-Depends, Depends, Conflicts,
Breaks, Recommends, Suggests, Replaces, Enhances, then its Provides), because solver3 breaks ties
by it.
"""

from __future__ import annotations

import gc
import re
import zlib
from array import array
from collections import defaultdict
from itertools import accumulate, count, groupby
from operator import itemgetter

from foretell.apt.deb822 import STANZA_BYTES_MAX, parse_fields
from foretell.apt.model import (
    ARCHITECTURE_ALL,
    ESSENTIAL,
    IDENTITY_TYPES,
    IMPORTANT,
    MULTI_ARCH,
    MULTI_ARCH_ALLOWED,
    MULTI_ARCH_FOREIGN,
    MULTI_ARCH_MASK,
    OPERATORS,
    PRIORITIES,
    PRIORITY_SHIFT,
    PROVIDES,
    RELATION_FIELDS,
)
from foretell.apt.version import sort_key
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Builder", "whole_stanzas"]

STANZA_COUNT_MAX = 4_000_000
# Columns of a row, one row a stanza.
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
    RELATIONS_END,
    ROW_FIELDS,
) = range(13)
MEMBER_BATCH = 8192
CHUNK_BYTES = 4 << 20
_QUALIFIED = 1 << 31
ANY = b"any"


def _optional(field: bytes) -> bytes:
    return rb"(?:%s: (.*)\n)?" % field


# Lines between Description and Section that decide nothing and start with none of the letters
# of those that do.
_OTHER = rb"(?:(?:[^PSIE\n]|P[^r\n]|S[^e\n]|I[^m\n]|E[^s\n]).*\n)*"
_FAST = re.compile(
    rb"Package: (.*)\n"
    + _optional(b"Source")
    + rb"Version: (.*)\n"
    + _optional(b"Essential")
    + rb"(?:Installed-Size: (\d{1,15})\n)?Maintainer: .*\n(?:Original-Maintainer: .*\n)?"
    + rb"Architecture: (.*)\n"
    + b"".join(
        map(
            _optional,
            (
                b"Replaces",
                b"Provides",
                b"Depends",
                b"Pre-Depends",
                b"Recommends",
                b"Suggests",
                b"Enhances",
                b"Conflicts",
                b"Breaks",
            ),
        )
    )
    + rb"Description: .*\n(?: .*\n)*"
    + _optional(b"Multi-Arch")
    + _OTHER
    + _optional(b"Important")
    + _OTHER
    + _optional(b"Protected")
    + _OTHER
    + rb"Section: (.*)\nPriority: (.*)\nFilename: .*\nSize: (\d{1,15})\n(?:[^ \n].*\n)*\n+"
)
_SOURCE = re.compile(rb"(\S+)\s*(?:\((.*)\))?\s*")
_MEMBER = re.compile(
    rb"\s*([^\s:|(,<>=!\[\])]+)(?::([^\s|(,]*))?\s*"
    rb"(?:\(\s*([<>=]{1,2})\s*([^\s()]+)\s*\)\s*)?(\||\n)|([^\n]+)\n?"
)


class Builder:
    """Collect stanzas, then `finish` into the sections of an index.

    >>> builder = Builder("amd64")
    >>> builder.add_list(iter([b"Package: a\\nVersion: 1\\nArchitecture: all\\n"]), "Packages")
    >>> sorted(builder.finish())[:2]
    ['essential', 'grp_blob']
    """

    def __init__(self, native: str) -> None:
        self.native = native.encode()
        counter: Callable[[], int] = count().__next__
        self.strings: defaultdict[bytes, int] = defaultdict(count().__next__)
        self.groups = [defaultdict(counter) for _ in RELATION_FIELDS]
        self.relations = array("I")
        self.provided = array("I")  # stanzas with a Provides field
        self.rows = array("Q")  # ROW_FIELDS numbers a stanza
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
        finally:
            if was_enabled:
                gc.enable()

    def _add_block(self, block: bytes, number: int, offset: int, line: int) -> None:
        """Add whole stanzas: ``block`` starts at ``offset`` (line ``line``) of list ``number``."""
        position = 0
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
                at = line + block.count(b"\n", 0, position)
                self._add_plain(stanza, number, offset + position, at)
            position = stop
        if len(self.rows) > STANZA_COUNT_MAX * ROW_FIELDS:
            raise InputError(
                "too-many-stanzas",
                f"more than {STANZA_COUNT_MAX} stanzas",
                path=self.paths[number],
            )

    def _add_fast(self, block: bytes, position: int, number: int, offset: int) -> int:
        """Add the stanzas from ``position`` on that the fast expression takes; return the end."""
        string = self.strings.__getitem__
        get = [group.__getitem__ for group in self.groups]
        pre_of, dep_of, con_of, brk_of, rec_of, sug_of, rep_of, enh_of, prov_of = get
        extend = self.relations.extend
        rows = self.rows
        add_row = rows.extend
        provided = self.provided
        native = self.native
        for match in iter(_FAST.scanner(block, position).match, None):
            (
                name,
                source,
                version,
                essential,
                isize,
                arch,
                replaces,
                provides,
                depends,
                predepends,
                recommends,
                suggests,
                enhances,
                conflicts,
                breaks,
                multi,
                important,
                protected,
                section,
                priority,
                size,
            ) = match.groups()
            if arch == b"all":
                meta = ARCHITECTURE_ALL
            elif arch == native:
                meta = 0
            else:
                break
            if predepends:
                extend(map(pre_of, predepends.split(b", ")))
            if depends:
                extend(map(dep_of, depends.split(b", ")))
            if conflicts:
                extend(map(con_of, conflicts.split(b", ")))
            if breaks:
                extend(map(brk_of, breaks.split(b", ")))
            if recommends:
                extend(map(rec_of, recommends.split(b", ")))
            if suggests:
                extend(map(sug_of, suggests.split(b", ")))
            if replaces:
                extend(map(rep_of, replaces.split(b", ")))
            if enhances:
                extend(map(enh_of, enhances.split(b", ")))
            if provides:
                extend(map(prov_of, provides.split(b", ")))
            if multi:
                meta |= MULTI_ARCH.get(multi, 0)
            meta |= PRIORITIES.get(priority, 0) << PRIORITY_SHIFT
            if essential == b"yes":
                meta |= ESSENTIAL
            if important == b"yes" or protected == b"yes":
                meta |= IMPORTANT
            if source is None:
                source_name = string(name)
                source_version = string(version)
            elif b" " not in source:
                source_name = string(source)
                source_version = string(version)
            else:
                source_name, source_version = self._split_source(source, version)
            position, stop = match.span()
            add_row(
                (
                    string(name),
                    string(version),
                    source_name,
                    source_version,
                    string(section),
                    meta,
                    int(isize or 0),
                    int(size),
                    number,
                    offset + position,
                    stop - position,
                    len(self.relations),
                )
            )
            position = stop
            if provides:
                provided.append(len(rows) // ROW_FIELDS - 1)
        return position

    def _add_plain(self, stanza: bytes, number: int, offset: int, line: int) -> None:
        """Add one stanza whatever the order and spelling of its fields."""
        path = self.paths[number]
        fields = parse_fields(stanza, path, line)
        name = fields.get(b"package", b"")
        version = fields.get(b"version", b"")
        if not name or not version:
            missing = "Version" if name else "Package"
            raise InputError(
                "stanza-incomplete",
                f"stanza has no {missing} field",
                path=path,
                line=line,
                rule=f"{missing} is mandatory (deb-control(5))",
            )
        arch = fields.get(b"architecture", b"")
        if arch not in {self.native, b"all"}:
            return
        meta = version_meta(fields) | (ARCHITECTURE_ALL if arch == b"all" else 0)
        string = self.strings.__getitem__
        for kind, field in enumerate(RELATION_FIELDS):
            text = fields.get(field.lower())
            if text:
                self.relations.extend(map(self.groups[kind].__getitem__, split_groups(text)))
        source_name, source_version = self._split_source(fields.get(b"source") or name, version)
        self.rows.extend(
            (
                string(name),
                string(version),
                source_name,
                source_version,
                string(fields.get(b"section", b"")),
                meta,
                parse_size(fields.get(b"installed-size", b"0"), "Installed-Size", path, line),
                parse_size(fields.get(b"size", b"0"), "Size", path, line),
                number,
                offset,
                len(stanza),
                len(self.relations),
            )
        )
        if fields.get(b"provides"):
            self.provided.append(len(self.rows) // ROW_FIELDS - 1)

    def _split_source(self, source: bytes, version: bytes) -> tuple[int, int]:
        """Return the strings of source name and version; both default to the binary's."""
        match = _SOURCE.match(source)
        name, given = match.groups() if match else (source, None)
        return self.strings[name], self.strings[given or version]

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
    """Turn a builder's rows and interned text into the arrays of `index.SECTIONS`."""

    def __init__(self, builder: Builder) -> None:
        self.strings = builder.strings
        self.native = builder.strings[builder.native]
        self.any = builder.strings[ANY]
        self.relations = builder.relations
        self.provided = builder.provided
        self.columns = [builder.rows[field::ROW_FIELDS] for field in range(ROW_FIELDS)]
        builder.rows = array("Q")
        self.out: dict[str, array[int] | bytes] = {}
        self.texts, self.types = _group_texts(builder.groups)
        builder.groups.clear()

    def sections(self) -> dict[str, array[int] | bytes]:
        self._parse_members()
        self._create_packages()
        self._number_versions()
        self._collect_sources()
        self._collect_provides()
        self._write_groups()
        self._write_strings()
        return self.out

    def _parse_members(self) -> None:
        """Parse every distinct or-group once: target key, operator and version of each member.

        The key of a target is the string of its name when it has no architecture qualifier;
        otherwise `_QUALIFIED` is set and the rest is the string of ``name:qualifier``.
        """
        string = self.strings.__getitem__
        self.member_key = keys = array("I")
        self.member_op = array("B")
        self.member_ver = array("I")
        self.member_start = start = array("I", [0])
        for first in range(0, len(self.texts), MEMBER_BATCH):
            batch = self.texts[first : first + MEMBER_BATCH]
            found = _MEMBER.findall(b"\n".join(batch) + b"\n")
            names, qualifiers, operators, versions, ends, junk = zip(*found, strict=True)
            base = len(keys)
            keys.extend(map(string, names))
            if any(qualifiers):
                for at, qualifier in enumerate(qualifiers):
                    if qualifier:
                        keys[base + at] = _QUALIFIED | string(names[at] + b":" + qualifier)
            self.member_op.extend(map(OPERATORS.__getitem__, operators))
            self.member_ver.extend(map(string, versions))
            start.extend([base + at for at, end in enumerate(ends, 1) if end != b"|"])
            if any(junk) or len(start) != first + len(batch) + 1:
                raise _bad_relation(batch)

    def _create_packages(self) -> None:
        """Number the packages in the order in which apt's cache builder creates them."""
        keys = self.member_key
        member_start = self.member_start
        ends = self.columns[RELATIONS_END]
        known = array("I", accumulate(self.relations, max))
        mentions: list[int] = []
        stanza_mention = array("I")
        reached = 0
        for name, end in zip(self.columns[NAME], ends, strict=True):
            stanza_mention.append(len(mentions))
            mentions.append(name)
            if end and known[end - 1] >= reached:
                now = known[end - 1] + 1
                mentions.extend(keys[member_start[reached] : member_start[now]])
                reached = now
        first: dict[int, int] = {}
        for mention, key in enumerate(mentions):
            if key not in first:
                first[key] = mention
        foreign = self._foreign_targets([key for key in first if key >= _QUALIFIED])
        self.package_of = package_of = dict.fromkeys(first, 0)
        names, architectures, seen = array("I"), array("I"), array("I")
        for key, mention in first.items():
            package_of[key] = len(names)
            names.append(key & ~_QUALIFIED)
            seen.append(mention)
            architectures.append(self.any if key >= _QUALIFIED else self.native)
            if key in foreign:
                name, architecture = foreign[key]
                names.append(name)
                architectures.append(architecture)
                seen.append(mention)
        self.out["pkg_name"] = names
        self.out["pkg_arch"] = architectures
        self.out["pkg_seen"] = seen
        self.out["ver_seen"] = stanza_mention
        self._link_groups(names)

    def _foreign_targets(self, qualified: list[int]) -> dict[int, tuple[int, int]]:
        """Say which keys ``name:architecture`` also create that architecture's package.

        A relation on ``g++:arm64`` makes apt create the package g++ of architecture arm64, empty
        unless the architecture is configured; its siblings then multiply other relations.
        """
        strings = list(self.strings)
        native = strings[self.native]
        found: dict[int, tuple[int, int]] = {}
        made: set[bytes] = set()
        for key in qualified:
            text = strings[key & ~_QUALIFIED]
            name, _, architecture = text.rpartition(b":")
            if architecture not in {ANY, b"native", native} and text not in made:
                made.add(text)
                found[key] = (self.strings[name], self.strings[architecture])
        return found

    def _link_groups(self, names: array[int]) -> None:
        """Chain the packages of one name in creation order."""
        following = array("I", bytes(4 * len(names)))
        chained: set[int] = set()
        if len(set(names)) < len(names):
            last: dict[int, int] = {}
            for package, name in enumerate(names):
                if name in last:
                    following[last[name]] = package + 1
                    chained.update((last[name], package))
                last[name] = package
        self.out["pkg_next"] = following
        self.out["sibling"] = array("I", sorted(chained))

    def _number_versions(self) -> None:
        """Write the versions' facts and each package's version list, highest first."""
        columns, out = self.columns, self.out
        package_of = self.package_of
        packages = array("I", map(package_of.__getitem__, columns[NAME]))
        starts = array("I", [0])
        starts.extend(array("I", columns[RELATIONS_END]))
        out["ver_pkg"] = packages
        out["ver_rstart"] = starts
        for name, column in (
            ("ver_str", VERSION),
            ("ver_srcver", SOURCE_VERSION),
            ("ver_sec", SECTION),
            ("ver_meta", META),
            ("ver_file", FILE),
            ("ver_len", LENGTH),
        ):
            out[name] = array("I", columns[column])
        out["ver_isize"] = columns[INSTALLED_SIZE]
        out["ver_size"] = columns[SIZE]
        out["ver_off"] = columns[OFFSET]
        order = sorted(range(len(packages)), key=packages.__getitem__)
        following = array("I", bytes(4 * len(packages)))
        if len(set(packages)) < len(packages):
            order = self._sort_versions(order, packages, following)
        out["ver_next"] = following
        out["pkg_vlist"] = array("I", order)
        counts = array("I", bytes(4 * (len(self.out["pkg_name"]) + 1)))
        for version in order:
            counts[packages[version] + 1] += 1
        out["several"] = array("I", (at - 1 for at, n in enumerate(counts) if n > 1))
        out["pkg_vstart"] = array("I", accumulate(counts))

    def _sort_versions(
        self, order: list[int], packages: array[int], following: array[int]
    ) -> list[int]:
        """Sort the versions of each package, merging stanzas that describe the same version.

        Two stanzas are the same version when their version strings are equal and their relations
        that matter to dpkg, and Installed-Size, are the same; ``following`` chains them.
        """
        strings = list(self.strings)
        versions = self.columns[VERSION]
        result: list[int] = []
        for _, run in groupby(order, key=packages.__getitem__):
            stanzas = list(run)
            if len(stanzas) == 1:
                result += stanzas
                continue
            same: dict[tuple[object, ...], int] = {}
            for stanza in stanzas:
                identity = self._identity(stanza)
                if identity in same:
                    following[same[identity]] = stanza + 1
                else:
                    result.append(stanza)
                same[identity] = stanza
            kept = result[len(result) - len(same) :]
            kept.sort(key=lambda stanza: sort_key(strings[versions[stanza]].decode()), reverse=True)
            result[len(result) - len(same) :] = kept
        return result

    def _identity(self, stanza: int) -> tuple[object, ...]:
        """Return what makes a stanza the same version as another of its package."""
        ends = self.columns[RELATIONS_END]
        start = ends[stanza - 1] if stanza else 0
        relations = self.relations[start : ends[stanza]]
        kept = tuple(group for group in relations if self.types[group] in IDENTITY_TYPES)
        return (self.columns[VERSION][stanza], self.columns[INSTALLED_SIZE][stanza], kept)

    def _collect_sources(self) -> None:
        """Write source packages and their binary versions, last parsed first."""
        names = self.columns[SOURCE]
        number = {name: at for at, name in enumerate(dict.fromkeys(names))}
        sources = array("I", map(number.__getitem__, names))
        order = sorted(range(len(sources)), key=sources.__getitem__, reverse=True)
        order.reverse()
        counts = array("I", bytes(4 * (len(number) + 1)))
        for source in sources:
            counts[source + 1] += 1
        self.out["ver_src"] = sources
        self.out["src_name"] = array("I", number)
        self.out["src_vstart"] = array("I", accumulate(counts))
        self.out["src_vlist"] = array("I", order)

    def _collect_provides(self) -> None:
        """Write each package's provides list, last parsed first.

        Beside the field there are implicit ones: a Multi-Arch: allowed version provides
        ``name:any``, and every version of a name provides ``name:architecture`` where a relation
        used that spelling.
        """
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        relations, starts = self.relations, self.out["ver_rstart"]
        listed = set(self.out["pkg_vlist"])
        names = self.columns[NAME]
        for stanza in self.provided:
            if stanza not in listed:
                continue
            for group in relations[starts[stanza] : starts[stanza + 1]]:
                if self.types[group] != PROVIDES:
                    continue
                for member in range(self.member_start[group], self.member_start[group + 1]):
                    version = self.member_ver[member]
                    if self.member_key[member] == names[stanza] and self._is_idle(stanza, version):
                        continue
                    given = version + 1 if version else 0
                    found[self.package_of[self.member_key[member]]].append((stanza, given))
        self._provide_any(found)
        counts = array("I", bytes(4 * (len(self.out["pkg_name"]) + 1)))
        owners, versions = array("I"), array("I")
        for package in sorted(found):
            rows = found[package]
            counts[package + 1] = len(rows)
            for owner, given in reversed(rows):
                owners.append(owner)
                versions.append(given)
        self.out["pkg_pstart"] = array("I", accumulate(counts))
        self.out["prov_owner"] = owners
        self.out["prov_ver"] = versions

    def _is_idle(self, stanza: int, version: int) -> bool:
        """Say whether a package that provides its own name says nothing new by it.

        Multi-Arch: foreign versions are recorded all the same, as apt does.
        """
        if self.columns[META][stanza] & MULTI_ARCH_MASK == MULTI_ARCH_FOREIGN:
            return False
        return not version or version == self.columns[VERSION][stanza]

    def _provide_any(self, found: defaultdict[int, list[tuple[int, int]]]) -> None:
        """Add the implicit provisions of ``name:any`` and of ``name:native-architecture``."""
        strings = list(self.strings)
        native = strings[self.native]
        meta, version = self.columns[META], self.columns[VERSION]
        kept = set(self.out["pkg_vlist"])
        stanzas: defaultdict[int, list[int]] = defaultdict(list)
        for stanza, name in enumerate(self.columns[NAME]):
            if stanza in kept:
                stanzas[name].append(stanza)
        for key, package in self.package_of.items():
            if key < _QUALIFIED:
                continue
            name, _, architecture = strings[key & ~_QUALIFIED].rpartition(b":")
            plain = self.strings[name]
            rows = [(stanza, version[stanza] + 1) for stanza in stanzas.get(plain, ())]
            if architecture == ANY:
                rows = [row for row in rows if meta[row[0]] & MULTI_ARCH_MASK == MULTI_ARCH_ALLOWED]
            elif architecture in {native, b"native"}:
                rows += found.get(self.package_of.get(plain, -1), [])
            else:
                continue
            if rows:
                found[package] = sorted(found[package] + rows, key=itemgetter(0))

    def _write_groups(self) -> None:
        out = self.out
        package_of = self.package_of
        out["grp_type"] = self.types
        out["grp_mstart"] = self.member_start
        out["mem_pkg"] = array("I", map(package_of.__getitem__, self.member_key))
        out["mem_op"] = self.member_op
        out["mem_ver"] = self.member_ver
        out["rel"] = self.relations
        blob = b"".join(self.texts)
        out["grp_tstart"] = array("I", accumulate(map(len, self.texts), initial=0))
        out["grp_blob"] = blob
        meta = self.columns[META]
        packages = self.out["ver_pkg"]
        flagged = {packages[at] for at, bits in enumerate(meta) if bits & (ESSENTIAL | IMPORTANT)}
        out["essential"] = array("I", sorted(flagged))

    def _write_strings(self) -> None:
        """Write the string pool and the table of package names."""
        strings = list(self.strings)
        self.out["str_start"] = array("I", accumulate(map(len, strings), initial=0))
        self.out["str_blob"] = b"".join(strings)
        names = self.out["pkg_name"]
        size = 1 << (2 * len(names)).bit_length()
        mask = size - 1
        slots = array("I", bytes(4 * size))
        crc32 = zlib.crc32
        seen: set[int] = set()
        for package, name in enumerate(names):
            if name in seen:
                continue
            seen.add(name)
            slot = crc32(strings[name]) & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = package + 1
        self.out["name_slot"] = slots


def _group_texts(groups: list[defaultdict[bytes, int]]) -> tuple[list[bytes], array[int]]:
    """Return every distinct or-group's text and relation type, by number."""
    count_ = sum(map(len, groups))
    texts = [b""] * count_
    types = array("B", bytes(count_))
    for kind, table in enumerate(groups):
        for text, group in table.items():
            texts[group] = text
            types[group] = kind
    return texts, types


def _bad_relation(batch: list[bytes]) -> InputError:
    """Return the error for the first or-group of ``batch`` that breaks the syntax."""
    for text in batch:
        found = _MEMBER.findall(text + b"\n")
        if any(row[5] for row in found) or sum(row[4] == b"\n" for row in found) != 1:
            break
    return InputError(
        "bad-relation",
        f"relation {text.decode(errors='replace')!r} cannot be parsed",
        rule="name[:architecture] [(operator version)], alternatives split by | (Policy 7.1)",
    )


def parse_members(text: bytes) -> list[tuple[bytes, bytes, int, bytes]]:
    """Return (name, architecture qualifier, operator, version) of each member of an or-group.

    Raises `InputError` when the text is not one.

    >>> parse_members(b"a (>= 1) | b:any")
    [(b'a', b'', 2, b'1'), (b'b', b'any', 0, b'')]
    """
    found = _MEMBER.findall(text + b"\n")
    if any(row[5] for row in found) or [row[4] for row in found].count(b"\n") != 1:
        raise _bad_relation([text])
    return [(row[0], row[1], OPERATORS[row[2]], row[3]) for row in found]


def split_groups(text: bytes) -> list[bytes]:
    """Split a relation field into its or-groups, dropping empty ones and odd white space."""
    return [group for part in text.split(b",") if (group := b" ".join(part.split()))]


def version_meta(fields: dict[bytes, bytes]) -> int:
    """Pack Multi-Arch, Priority, Essential and Important/Protected of a stanza (see `model`)."""
    meta = MULTI_ARCH.get(fields.get(b"multi-arch", b"").lower(), 0)
    meta |= PRIORITIES.get(fields.get(b"priority", b""), 0) << PRIORITY_SHIFT
    if fields.get(b"essential") == b"yes":
        meta |= ESSENTIAL
    if b"yes" in (fields.get(b"important"), fields.get(b"protected")):
        meta |= IMPORTANT
    return meta


def parse_size(text: bytes, field: str, path: str, line: int) -> int:
    """Return a non-negative number of at most 15 digits, or raise `InputError`."""
    if text.isdigit() and len(text) <= 15:
        return int(text)
    raise InputError(
        "bad-number",
        f"{field} is not a number: {text.decode(errors='replace')!r}",
        path=path,
        line=line,
        rule=f"{field} is a decimal number (deb-control(5))",
    )


def whole_stanzas(chunks: Iterable[bytes], path: str) -> Iterator[bytes]:
    """Yield blocks that end with a stanza, each about `CHUNK_BYTES` long."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        if len(rest) < CHUNK_BYTES:
            continue
        cut = rest.rfind(b"\n\n")
        if cut < 0:
            if len(rest) > STANZA_BYTES_MAX:
                raise InputError(
                    "stanza-too-long", f"stanza of more than {STANZA_BYTES_MAX} bytes", path=path
                )
            continue
        yield rest[: cut + 2]
        rest = rest[cut + 2 :]
    if rest:
        yield rest.rstrip(b"\n") + b"\n\n"
