"""Which relations are there on a package of many, found without parsing every stanza?

The facts of the archive are searched as text for the package's name.  Nearly every place where it
stands is written alike and is read on the spot; a version with any other is parsed.  apt's order
(`reverse_order`) is that of the heads that are kept for the archive.  Only for one architecture,
where a relation is on the package that it names and on nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from operator import itemgetter

from foretell.apt.model import OPERATORS, PROVIDES, RELATION_FIELDS
from foretell.apt.packages.births import PLACE_BITS
from foretell.apt.packages.stanza import parse_members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.packages.edges import Row
    from foretell.apt.packages.reverse_order import Heads
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.state import State


__all__ = ["scan_relations"]

_BAR = ord("|")
_EXPLICIT = 0  # an or-group; which one does not matter with one architecture
_KINDS = {field[:3]: kind for kind, field in enumerate(RELATION_FIELDS[:PROVIDES])}
# A name, first because the engine then skips to it; operator and version, what follows.
# For other spellings the last group is empty.
_RELATION = (
    rb"NAME(?<=[ |]NAME)(?=[\0-\x20\x7f:|(,<>=!\[\])])"
    rb"(?:(?: \((<<|<=|=|>=|>>) ([^\0-\x20\x7f()]+)\))?( \|(?= )|,(?= )|\n)|)"
)


def scan_relations(state: State, package: int) -> list[Row]:
    """Return the relations of all versions on a package of the archive, in apt's order."""
    universe = state.universe
    assert not universe.is_multi_arch
    assert package < universe.n_packages
    heads = state.reverse_order().heads
    rows = _in_order(universe, package, _archive_rows(universe, package), heads)
    _add_installed(state, package, rows)
    return rows


def _archive_rows(universe: Universe, package: int) -> list[Row]:
    """Return the relations of the archive's versions in the order in which they are read."""
    archive = universe.archive
    starts, repeated = archive.fact_start.tolist(), set(archive.ver_next)
    text, base = archive.fact_text()
    name = universe.name(package)
    pattern = re.compile(_RELATION.replace(b"NAME", re.escape(name)))
    rows: list[Row] = []
    firsts: list[int] = []  # of versions whose fields are not in apt's order
    odd: set[int] = set()
    version, end, first, highest = -1, 0, 0, 0
    for match in pattern.finditer(text, base, base + starts[-1]):
        at = match.start()
        if at - base >= end:
            version = bisect_right(starts, at - base, version + 1) - 1
            end, first, highest = starts[version + 1], len(rows), 0
        line = text.rfind(b"\n", base, at) + 1  # the first line of all is no relation
        kind = _KINDS.get(text[line : line + 3])
        if kind is None or version + 1 in repeated:
            continue
        operator, wanted, follows = match.groups(b"")
        if not follows or text[at - 1] == _BAR:
            odd.add(version)
        if kind < highest:
            firsts.append(first)
        highest = kind
        member = (package, OPERATORS[operator], wanted)
        rows.append((version, kind, _EXPLICIT, member, follows == b" |"))
    for first in firsts:
        last = bisect_right(rows, (rows[first][0] + 1,), first)
        rows[first:last] = sorted(rows[first:last], key=itemgetter(1))
    for version in odd:
        first, last = (bisect_left(rows, (version + more,)) for more in (0, 1))
        rows[first:last] = [row for _, row in _parsed(universe, version, package)]
    return rows


def _parsed(universe: Universe, version: int, package: int) -> Iterator[tuple[int, Row]]:
    """Yield the relations of a version on a package, each with its place in the stanza."""
    name = universe.name(package)
    place = 0
    for kind, line in enumerate(universe.relation_lines(version)[:PROVIDES]):
        for text in line.split(b", ") if line else ():
            if name not in text:
                place += text.count(b"|") + 1
                continue
            members = parse_members(text)
            for number, (target, qualifier, operator, wanted) in enumerate(members, 1):
                place += 1
                if target == name and not qualifier:
                    member = (package, operator, wanted)
                    yield place, (version, kind, _EXPLICIT, member, number < len(members))


def _in_order(universe: Universe, package: int, rows: list[Row], heads: Heads) -> list[Row]:
    """Return relations, given as they are read, in the order of apt's list.

    That is the last head first, each followed by what was read after it, the last one first.
    """
    places = []  # of the heads
    for stamp, _ in heads.of(package):
        version, place = stamp >> PLACE_BITS, stamp & ((1 << PLACE_BITS) - 1)
        own = _parsed(universe, version, package)
        before = sum(1 for other, _ in own if other < place)
        places.append(bisect_left(rows, (version,)) + before)
    assert places[:1] == [0] * bool(rows), "the first relation is a head"
    found = []
    for start, end in zip(reversed(places), [len(rows), *reversed(places)], strict=False):
        found.append(rows[start])
        found += reversed(rows[start + 1 : end])
    return found


def _add_installed(state: State, package: int, rows: list[Row]) -> None:
    """Add the relations of what only the status file has to a list in apt's order."""
    universe = state.universe
    rank = -1
    for version in range(universe.n_versions, universe.version_count()):
        for _, row in _parsed(universe, version, package):
            table = state.reverse_order().table
            if rank < 0 and rows:
                rank = table[rows[0][3][2]]
            own = table[row[3][2]]
            if own > rank:
                rank = own
                rows.insert(0, row)
            else:
                rows.insert(1, row)
