"""Which relations are there on a package, in the order in which apt keeps them?

apt's list of a package is built anew as `reverse_order` tells, with only the stanzas that name the
package: of everything else the order needs nothing but the table of version strings.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain

from foretell.apt.model import CONFLICTS, MULTI_ARCH_MASK, MULTI_ARCH_SAME, PROVIDES, REPLACES
from foretell.apt.packages.births import SPREADING, package_key
from foretell.apt.packages.edges import is_spread
from foretell.apt.packages.reverse_order import MultiArchReader, Reader
from foretell.apt.packages.stanza import TYPE_OF, parse_members
from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from foretell.apt.packages.edges import Relation
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.state import State

    Entry = tuple[int, int]  # stamp of the relation, rank of its version in apt's table
    Head = tuple[Entry, list[Entry]]  # and what was read while it was first

__all__ = ["Reverse"]

_IMPLIED = -1  # less the version: instead of a stamp
_NAME = expression(rb"[ |]([^ ,|:()\n]+)")


class Reverse:
    """The relations on packages; ``reads_all`` where those on many of them will be asked for."""

    def __init__(self, state: State, *, reads_all: bool = False) -> None:
        self.universe = state.universe
        self._state = state
        self._naming: dict[bytes, list[int]] | None = None
        if reads_all:
            self._naming = _versions_by_name(self.universe)
        self._lists: dict[bytes, _Lists] = {}  # by name

    def relations_on(self, package: int, *, implied: bool = False) -> Sequence[Relation]:
        """Return the relations of all versions on a package, the one that apt meets first first.

        With ``implied`` those too that are on the package because they are on another
        architecture's, and what Multi-Arch implies (``group`` is -1): apt shows them in no list.
        """
        universe = self.universe
        if self._naming is None and not universe.is_multi_arch and package < universe.n_packages:
            from foretell.apt.queries.reverse_scan import scan_relations

            return scan_relations(self._state, package)
        full, architecture = universe.name(package), universe.architecture(package)
        name = full.partition(b":")[0]
        lists = self._lists.get(name)
        if lists is None:
            lists = self._lists[name] = self._read(name)
        found = lists.order(package_key(full, architecture, universe.native))
        rows = lists.rows
        if implied:
            given = [rows.get(stamp) or self._implied(_IMPLIED - stamp) for stamp, _ in found]
        else:
            given = [
                row
                for row in (rows[stamp] for stamp, _ in found if stamp > _IMPLIED)
                if not is_spread(universe, row[0], row[1], package)
            ]
        return [
            (version, kind, group, (package, operator, wanted), is_followed)
            for version, kind, group, (_, operator, wanted), is_followed in given
        ]

    def _implied(self, version: int) -> Relation:
        """Return what Multi-Arch implies on the other packages of a version's name."""
        is_same = self.universe.meta(version) & MULTI_ARCH_MASK == MULTI_ARCH_SAME
        return version, REPLACES if is_same else CONFLICTS, -1, (-1, 0, b""), False

    def _read(self, name: bytes) -> _Lists:
        universe = self.universe
        found = (_MultiArchLists if universe.is_multi_arch else _Lists)(universe, name)
        found.table = self._state.reverse_order().table
        if self._naming is None:
            versions: Iterable[int] = _naming(universe, name)
        else:
            versions = self._naming.get(name, ())
        own = chain.from_iterable(map(universe.versions, universe.named(name)))
        for version in sorted({*versions, *own}):
            found.read(version)
        return found


class _Lists(Reader):
    """apt's lists for the packages of one name, as far as stanzas have been read.

    ``rows`` are the relations by their stamps.
    """

    def __init__(self, universe: Universe, name: bytes) -> None:
        super().__init__(universe, (), _nothing)
        self.name = name
        self.rows: dict[int, Relation] = {}
        self._stamp = 0  # when a relation was read: only their order counts here
        self._lists: dict[bytes, list[Head]] = {}
        self._parsed: dict[bytes, list[tuple[bytes, int, bytes]]] = {}

    def order(self, target: bytes) -> list[Entry]:
        """Return the list of a package, by its key."""
        found: list[Entry] = []
        for first, others in reversed(self._lists.get(target, [])):
            found.append(first)
            found += reversed(others)
        return found

    def read(self, version: int) -> None:
        """Take over what the stanza of a version says about the name; versions come in order."""
        self._begin(version)
        name = self.name
        for kind, line in self._lines_with_name(version):
            for text in line.split(b", "):
                if name in text:
                    self._read_group(version, kind, text)

    def _lines_with_name(self, version: int) -> list[tuple[int, bytes]]:
        """Return type and text of the relation fields of a version that have the name in them."""
        universe, name = self.universe, self.name
        if version >= universe.n_versions:
            lines = enumerate(universe.relation_lines(version))
            return [row for row in lines if name in row[1]]
        found = []
        for line in universe.archive.facts(version).split(b"\n"):
            if name in line:
                field, _, text = line.partition(b": ")
                if field in TYPE_OF:
                    found.append((TYPE_OF[field], text))
        found.sort()  # each type is there once
        return found

    def _read_group(self, version: int, kind: int, text: bytes) -> None:
        """Take over the alternatives of an or-group that name the package."""
        members = self._parsed.get(text)
        if members is None:
            members = self._parsed[text] = [
                (target + b":" + qualifier if qualifier else target, operator, wanted)
                for target, qualifier, operator, wanted in parse_members(text)
            ]
        for place, (target, operator, wanted) in enumerate(members, 1):
            if target != self.name and target.partition(b":")[0] != self.name:
                continue
            self._stamp += 1
            if kind != PROVIDES:
                group = self.universe.add_group(kind, text)
                is_followed = place < len(members)
                member = (-1, operator, wanted)
                self.rows[self._stamp] = (version, kind, group, member, is_followed)
            self._relate(kind, target, self._stamp, self.table[wanted])

    def _note(self, target: bytes, stamp: int, rank: int) -> None:
        heads = self._lists.setdefault(target, [])
        if not heads or rank > heads[-1][0][1]:
            heads.append(((stamp, rank), []))
        else:
            heads[-1][1].append((stamp, rank))


class _MultiArchLists(_Lists, MultiArchReader):
    """The same with foreign architectures."""

    def read(self, version: int) -> None:
        _Lists.read(self, version)
        if self._own[0] == self.name:
            self._imply(version)

    def _relate(self, kind: int, target: bytes, stamp: int, rank: int) -> None:
        super()._relate(kind, target, stamp, rank)
        name, _, qualifier = target.partition(b":")
        if qualifier and kind != PROVIDES:
            if qualifier == b"native":
                qualifier = self.universe.native
            self._note(package_key(name + b":" + qualifier, b"any", b""), stamp, rank)

    def _hand_on(self, name: bytes, members: list[bytes], architecture: bytes, stamp: int) -> None:
        """Give a new package what spreads to it, in the order of the eldest's list."""
        del stamp
        for origin, rank in self.order(self._key(name, members[0])):
            if origin > _IMPLIED and self.rows[origin][1] in SPREADING:
                self._note(self._key(name, architecture), origin, rank)

    def _imply_one(self, version: int, target: bytes, stamp: int) -> None:
        del stamp
        super()._imply_one(version, target, _IMPLIED - version)


def _nothing(_: bytes) -> list[Any]:
    return []


def _versions_by_name(universe: Universe) -> dict[bytes, list[int]]:
    """Return the versions whose stanza may name a package, for all names: reads all of it."""
    archive = universe.archive
    starts, text = archive.fact_start.tolist(), bytes(archive.fact_blob)
    repeated = set(archive.ver_next)
    found: dict[bytes, list[int]] = {}
    for version in range(universe.version_count()):
        if version >= universe.n_versions:
            part = b" " + b"\n ".join(universe.relation_lines(version))
        elif version + 1 in repeated:
            continue
        else:
            part = text[starts[version] : starts[version + 1]]
        for name in set(_NAME.findall(part)):
            found.setdefault(name, []).append(version)
    return found


def _naming(universe: Universe, name: bytes) -> Iterator[int]:
    """Yield the versions whose stanza may name a package, each version of the archive once."""
    archive = universe.archive
    starts, text, word = archive.fact_start, bytes(archive.fact_blob), b" " + name
    repeated = set(archive.ver_next)
    last = -1
    at = text.find(word)
    while at >= 0:
        version = bisect_right(starts, at) - 1
        if version != last and version + 1 not in repeated:
            yield version
        last = version
        at = text.find(word, at + 1)
    yield from range(universe.n_versions, universe.version_count())
