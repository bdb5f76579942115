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

    from foretell.apt.packages.edges import Relation
    from foretell.apt.packages.reverse_order import Heads
    from foretell.apt.packages.universe import Member, Universe
    from foretell.apt.system.state import State


__all__ = ["scan_relations"]

_EXPLICIT = 0  # an or-group; which one does not matter with one architecture
_FAR = 1 << 12  # bytes: within them the version of a place is looked for one by one
_NO_RELATION, _ODD = -1, -2  # instead of a relation type
_KINDS = {field[:3]: kind for kind, field in enumerate(RELATION_FIELDS[:PROVIDES])}
# A name, first because the engine then skips to it; operator and version, what follows.
# Of other spellings only the name is found.
_RELATION = (
    rb"NAME(?<=[ |]NAME)(?=[\0-\x20\x7f:|(,<>=!\[\])])"
    rb"(?:(?<= NAME)(?: \((<<|<=|=|>=|>>) ([^\0-\x20\x7f()]+)\))?( \|(?= )|,(?= )|\n)|)"
)


def scan_relations(state: State, package: int) -> list[Relation]:
    """Return the relations of all versions on a package of the archive, in apt's order."""
    universe = state.universe
    assert not universe.is_multi_arch
    assert package < universe.n_packages
    heads = state.reverse_order().heads
    rows = _in_order(universe, package, _archive_rows(universe, package), heads)
    _add_installed(state, package, rows)
    return rows


def _archive_rows(universe: Universe, package: int) -> list[Relation]:
    """Return the relations of the archive's versions in the order in which they are read."""
    archive = universe.archive
    starts = archive.fact_start
    text, base = archive.fact_text()
    pattern = re.compile(_RELATION.replace(b"NAME", re.escape(universe.name(package))))
    rows: list[Relation] = []
    meanings: dict[bytes, tuple[int, Member, bool]] = {}  # many are written alike
    firsts: list[int] = []  # of versions whose fields are not in apt's order
    odd: set[int] = set()
    version, end, first, highest = -1, 0, 0, 0
    for match in pattern.finditer(text, base, base + starts[-1]):
        at = match.start()
        if at >= end:
            if at - end > _FAR:
                version = bisect_right(starts, at - base, version + 1) - 2
            while end <= at:
                version += 1
                end = base + starts[version + 1]
            first, highest = len(rows), 0
        line = text.rfind(b"\n", base, at) + 1  # the first line of all is no relation
        spelling = text[line : line + 3] + match[0]
        meaning = meanings.get(spelling)
        if meaning is None:
            meaning = meanings[spelling] = _meaning(package, spelling[:3], *match.groups())
        kind, member, is_followed = meaning
        if kind < highest:
            if kind == _ODD:
                odd.add(version)
            if kind < 0:
                continue
            firsts.append(first)
        highest = kind
        rows.append((version, kind, _EXPLICIT, member, is_followed))
    for first in firsts:
        last = bisect_right(rows, (rows[first][0] + 1,), first)
        rows[first:last] = sorted(rows[first:last], key=itemgetter(1))
    for version in odd:
        first, last = (bisect_left(rows, (version + more,)) for more in (0, 1))
        rows[first:last] = [row for _, row in _parsed(universe, version, package)]
    repeated = set(archive.ver_next)  # what was listed before
    return rows if repeated == {0} else [row for row in rows if row[0] + 1 not in repeated]


def _meaning(
    package: int,
    field: bytes,
    operator: bytes | None,
    wanted: bytes | None,
    following: bytes | None,
) -> tuple[int, Member, bool]:
    """Return type and member of a relation that was found, and whether another one follows."""
    kind = _KINDS.get(field, _NO_RELATION)
    if kind != _NO_RELATION and following is None:
        kind = _ODD
    return kind, (package, OPERATORS[operator or b""], wanted or b""), following == b" |"


def _parsed(universe: Universe, version: int, package: int) -> Iterator[tuple[int, Relation]]:
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


def _in_order(
    universe: Universe, package: int, rows: list[Relation], heads: Heads
) -> list[Relation]:
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


def _add_installed(state: State, package: int, rows: list[Relation]) -> None:
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
