"""How is it shown where pages lie?"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["PlacedMapping", "place_json", "render_place"]

SCHEMA = "foretell.memory.place/1"
_ELSEWHERE_SHOWN = 10


class PlacedMapping(NamedTuple):
    """One mapping of so many pages with its prediction.

    ``counts`` are the pages by node, ``ranges`` the ``(first page, pages, node)`` of each run, None
    when they were not asked for; ``unknown`` says what is missing for one; ``there`` is what
    numa_maps counts; ``asked`` pages were asked about, and ``elsewhere`` are those on another
    node: ``(page, predicted, real)``.
    """

    name: str
    policy: str
    pages: int
    counts: Mapping[int, int] | None = None
    ranges: Iterable[tuple[int, int, int]] | None = None
    unknown: str = ""
    there: Mapping[int, int] | None = None
    asked: int | None = None
    elsewhere: tuple[tuple[int, int, int], ...] = ()


def render_place(rows: Sequence[PlacedMapping]) -> str:
    """Return a paragraph about each mapping."""
    lines = []
    for row in rows:
        lines.append(f"{row.name or 'mapping'}: {row.pages} pages, {row.policy}")
        if row.counts is None:
            lines.append(f"  unknown: {row.unknown}")
        else:
            lines.append(f"  predicted: {_counts(row.counts)}")
            lines += [
                f"    {first}-{first + pages - 1}: node{node}"
                for first, pages, node in row.ranges or ()
            ]
        if row.there is not None:
            lines.append(f"  there now: {_counts(row.there)}")
        if row.asked is not None:
            lines.append(f"  agreed: {row.asked - len(row.elsewhere)} of {row.asked} pages")
            lines += [
                f"    page {page}: node{node}, not node{predicted}"
                for page, predicted, node in row.elsewhere[:_ELSEWHERE_SHOWN]
            ]
    return "".join(f"{line}\n" for line in lines)


def place_json(rows: Sequence[PlacedMapping]) -> dict[str, object]:
    """Return the JSON document."""
    return {"schema": SCHEMA, "mappings": [_plain(row) for row in rows]}


def _plain(row: PlacedMapping) -> dict[str, object]:
    return {
        "name": row.name,
        "policy": row.policy,
        "pages": row.pages,
        "predicted": None if row.counts is None else _keyed(row.counts),
        "unknown": row.unknown,
        "ranges": None if row.ranges is None else [list(run) for run in row.ranges],
        "there": None if row.there is None else _keyed(row.there),
        "asked": row.asked,
        "elsewhere": [list(page) for page in row.elsewhere],
    }


def _counts(counts: Mapping[int, int]) -> str:
    return ", ".join(f"node{node} {pages}" for node, pages in sorted(counts.items())) or "nothing"


def _keyed(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(node): pages for node, pages in sorted(counts.items())}
