"""Which relations are there on a package, in the order in which apt keeps them?

The order is that of `reverse_order`; only the stanzas that name the package are looked at.
"""

from __future__ import annotations

from bisect import bisect_right

from foretell.apt.births import PLACE_BITS
from foretell.apt.edges import Relation
from foretell.apt.model import PROVIDES
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.state import State
    from foretell.apt.universe import Universe

__all__ = ["relations_on"]

_NOBODY = (-1, 0, b"")


def relations_on(state: State, package: int) -> list[Relation]:
    """Return the relations of all versions on a package, first the one that apt meets first.

    Raises `Unmodelled` where foreign architectures are configured, and for a package that no list
    has although a list names it.
    """
    universe = state.universe
    if universe.is_multi_arch:
        raise Unmodelled("the order of reverse dependencies with foreign architectures")
    rows = list(_stamped(universe, package))
    if len(rows) < 2:
        return [relation for _, relation in rows]
    if package >= universe.n_packages and any(
        relation.version < universe.n_versions for _, relation in rows
    ):
        raise Unmodelled("the order of reverse dependencies of packages that no list has")
    order = state.reverse_order()
    rows.sort(key=lambda row: order.key(package, row[0]))
    return [relation for _, relation in rows]


def _stamped(universe: Universe, package: int) -> Iterator[tuple[int, Relation]]:
    """Yield the relations on a package with the times at which apt reads them."""
    name = universe.name(package)
    for version in _suspects(universe, name):
        stamp = version << PLACE_BITS
        for kind, line in enumerate(universe.relation_lines(version)[:PROVIDES]):
            for text in line.split(b", ") if line else ():
                if name in text:
                    group = universe.add_group(kind, text)
                    yield from _naming(
                        universe, package, stamp, Relation(version, kind, group, _NOBODY)
                    )
                stamp += text.count(b"|") + 1


def _naming(
    universe: Universe, package: int, stamp: int, relation: Relation
) -> Iterator[tuple[int, Relation]]:
    """Yield the alternatives of an or-group that name a package, each with its time."""
    members = universe.members(relation.group)
    for number, member in enumerate(members, 1):
        if member[0] == package:
            found = relation._replace(member=member, is_followed=number < len(members))
            yield stamp + number, found


def _suspects(universe: Universe, name: bytes) -> Iterator[int]:
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
