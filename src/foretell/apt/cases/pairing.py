"""Which stanzas of two cases are about the same thing, and what does only one of them say?

Rows are in an order that keeps both sides' own, so that a case that takes some rows of one side and
some of the other has things in the order in which apt read them on both.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.cases.case import CaseList
from foretell.apt.model import RELATION_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from foretell.apt.cases.case import Stanza

    T = TypeVar("T", bound=Hashable)
    Release = Mapping[str, str | bool]
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
    """The same package list of both sides: what pins can name of either, and the stanzas."""

    title: str
    first: Release
    second: Release
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
    """Return the lists of two cases in pairs: those of one suite, component and architecture.

    One that only one side has is empty on the other.
    """
    sides = [_by_title(lists) for lists in (first, second)]
    found = []
    for title in merge(list(sides[0]), list(sides[1])):
        empty = CaseList()
        empty.release = (sides[0].get(title) or sides[1][title]).release
        ours, theirs = (side.get(title, empty) for side in sides)
        rows = pair_stanzas(ours.stanzas, theirs.stanzas, native)
        found.append(PairedList(title, ours.release, theirs.release, rows))
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


def _by_title(lists: Sequence[CaseList]) -> dict[str, CaseList]:
    found: dict[str, CaseList] = {}
    for part in lists:
        release = part.release
        suite = release.get("codename") or release.get("archive")
        names = (suite, release.get("component"), release.get("architecture"))
        title = text = " ".join(str(name) for name in names if name)
        while title in found:
            title += f" {text}"
        found[title] = part
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
