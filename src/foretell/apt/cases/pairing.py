"""Which stanzas of two cases are about the same thing, and what does only one of them say?

Rows are in an order that keeps both sides' own, so that a case that takes some rows of one side and
some of the other has things in the order in which apt read them on both.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.model import RELATION_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from foretell.apt.cases.case import CaseList, Stanza

    T = TypeVar("T", bound=Hashable)
    Key = tuple[str, str]  # name and architecture

__all__ = [
    "PairedList",
    "Row",
    "blend",
    "changes",
    "merge",
    "pair_lists",
    "pair_stanzas",
    "statement",
]

_RELATIONS = frozenset(field.decode() for field in RELATION_FIELDS)


class Row(NamedTuple):
    """A package's stanza in the same place of both sides, or None."""

    key: Key
    first: Stanza | None
    second: Stanza | None


class PairedList(NamedTuple):
    """A package list of both sides, of which pins can name the same."""

    release: Mapping[str, str | bool]
    rows: Sequence[Row]


def merge(first: Sequence[T], second: Sequence[T]) -> list[T]:
    """Return what is in either sequence, once, in an order that keeps the first's.

    What only the second has stands before what follows it there, if the first does not say
    otherwise.

    >>> merge("abd", "acd")
    ['a', 'b', 'c', 'd']
    """
    ours = set(first)
    places = {item: at for at, item in enumerate(second)}
    found: list[T] = []
    start = 0
    for item in first:
        end = places.get(item, -1)
        if end >= start:
            found += [other for other in second[start:end] if other not in ours]
            start = end + 1
        found.append(item)
    return found + [other for other in second[start:] if other not in ours]


def pair_stanzas(first: Sequence[Stanza], second: Sequence[Stanza], native: str) -> list[Row]:
    """Return the stanzas of two files in pairs: those of one package and version, in their order.

    Of an installed package there is one stanza, so its version does not tell it from others.
    """
    sides = [_by_place(stanzas, native) for stanzas in (first, second)]
    return [
        Row(place[:2], sides[0].get(place), sides[1].get(place))
        for place in merge(list(sides[0]), list(sides[1]))
    ]


def pair_lists(
    first: Sequence[CaseList], second: Sequence[CaseList], native: str
) -> list[PairedList]:
    """Return the lists of two cases in pairs: those of which pins can name the same."""
    sides = [_by_release(lists) for lists in (first, second)]
    found = []
    for place in merge(list(sides[0]), list(sides[1])):
        ours, theirs = (side[place].stanzas if place in side else [] for side in sides)
        part = sides[0].get(place) or sides[1][place]
        found.append(PairedList(part.release, pair_stanzas(ours, theirs, native)))
    return found


def _by_place(stanzas: Sequence[Stanza], native: str) -> dict[tuple[str, str, str, int], Stanza]:
    found: dict[tuple[str, str, str, int], Stanza] = {}
    for stanza in stanzas:
        architecture = stanza.get("Architecture", "all")
        version = "" if "Status" in stanza else stanza.get("Version", "")
        place = (stanza["Package"], native if architecture == "all" else architecture, version)
        count = 0
        while (*place, count) in found:
            count += 1
        found[(*place, count)] = stanza
    return found


def _by_release(lists: Sequence[CaseList]) -> dict[tuple[object, ...], CaseList]:
    found: dict[tuple[object, ...], CaseList] = {}
    for part in lists:
        place = tuple(sorted(part.release.items()))
        count = 0
        while (*place, count) in found:
            count += 1
        found[(*place, count)] = part
    return found


def changes(first: Stanza, second: Stanza) -> Iterator[str]:
    """Yield what only one of two stanzas says: ``Depends a | b``, or the name of another field.

    The field alone stands for relations that are the same in another order.
    """
    for field in {**first, **second}:
        ours, theirs = first.get(field, ""), second.get(field, "")
        if field == "Status" or ours == theirs:
            continue
        single = {*_entries(field, ours)} ^ {*_entries(field, theirs)}
        yield from (f"{field} {text}" for text in single) if single else (field,)


def statement(stanza: Stanza, name: str) -> str:
    """Return what a stanza says of one of the `changes`, or an empty string."""
    field, _, text = name.partition(" ")
    value = stanza.get(field, "")
    if text:
        return name if text in _entries(field, value) else ""
    return f"{field} {value}" if value else ""


def _entries(field: str, value: str) -> list[str]:
    """Return the relations of a field; no other has any."""
    if field not in _RELATIONS:
        return []
    return [text for entry in value.split(",") if (text := entry.strip())]


def blend(first: Stanza, second: Stanza, turned: set[str]) -> Stanza:
    """Return a stanza that says as the second does what is ``turned``, as the first all else."""
    found: Stanza = {}
    for field in merge(list(first), list(second)):
        value = _blended(field, first.get(field, ""), second.get(field, ""), turned)
        if value:
            found[field] = value
    return found


def _blended(field: str, ours: str, theirs: str, turned: set[str]) -> str:
    own, other = _entries(field, ours), _entries(field, theirs)
    single = {*own} ^ {*other}
    if not single:
        return theirs if field in turned else ours
    wanted = {text for text in single if f"{field} {text}" in turned}
    if wanted == single:
        return theirs
    kept = (
        text
        for text in merge(list(dict.fromkeys(own)), list(dict.fromkeys(other)))
        if (text in own) != (text in wanted)
    )
    return ", ".join(kept)
