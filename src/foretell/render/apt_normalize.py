"""How is a normalized upgrade shown beside the plain one?

Values in, text out: what the plain upgrade keeps alone, who fulfils a relation instead, and how
far each result is from a fresh installation.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.render.columns import lay_out_columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FreshSystem", "Swapped", "View", "render_comparison", "render_json"]

SCHEMA = "foretell.apt.normalize/1"
_MEMBERS_MAX = 3
_STATES = ("now", "plain", "normalized")


class Swapped(NamedTuple):
    """``before`` fulfilled a relation of ``owner`` that ``after`` fulfils now; all are labels."""

    before: str
    after: str
    owner: str
    relation: str
    text: str


class FreshSystem(NamedTuple):
    """The counts of a fresh installation; ``distances`` are (only here, only there) by state."""

    packages: int
    manual: int
    base: int
    missing: Sequence[str]
    distances: Mapping[str, tuple[int, int]]


class View(NamedTuple):
    """All that is shown; ``fresh`` is None when a fresh installation cannot be worked out."""

    dropped: Sequence[str]
    unneeded: int  # of `dropped`, how many apt autoremove would remove after the plain upgrade
    added: Sequence[str]
    versions: Sequence[str]
    swaps: Sequence[Swapped]
    fresh: FreshSystem | None
    flags: str


def render_comparison(view: View, width: int) -> str:
    """Return the comparison as lines of text."""
    lines = []
    for title, names in (
        ("Kept by a plain full-upgrade only:", view.dropped),
        ("There after the normalized upgrade only:", view.added),
        ("There in another version:", view.versions),
    ):
        if names:
            lines += [title, *lay_out_columns(names, width), ""]
    if view.swaps:
        lines.append("Relations that another package fulfils:")
        lines += [
            f"  {it.before} -> {it.after} ({it.owner} {it.relation} {_shortened(it.text)})"
            for it in view.swaps
        ]
        lines.append("")
    if not view.dropped and not view.added and not view.versions:
        lines.append("Both upgrades leave the same packages.")
    else:
        lines.append(
            f"Kept by the plain upgrade only: {len(view.dropped)} ({view.unneeded} of them for apt "
            f"autoremove); by the normalized one only: {len(view.added)}"
        )
    lines += _fresh_lines(view.fresh)
    lines.append(f"apt makes this plan with: {view.flags}")
    return "\n".join(lines) + "\n"


def _shortened(relation: str) -> str:
    """Return a relation with its first members only.

    >>> _shortened("a | b | c | d")
    'a | b | c | ...'
    """
    members = relation.split(" | ")
    return " | ".join([*members[:_MEMBERS_MAX], *["..."][: len(members) > _MEMBERS_MAX]])


def _fresh_lines(fresh: FreshSystem | None) -> list[str]:
    if fresh is None:
        return ["Distance from a fresh installation: unknown, it cannot be installed as a whole"]
    asked = f"{fresh.manual} installed by hand and {fresh.base} essential, required or important"
    lines = [f"A fresh installation: {fresh.packages} packages, from {asked}"]
    if fresh.missing:
        lines.append(f"  not offered any more: {' '.join(fresh.missing)}")
    titles = {"now": "now", "plain": "after the plain upgrade", "normalized": "normalized"}
    rows = [(titles[name], *map(str, fresh.distances[name])) for name in _STATES]
    rows.insert(0, ("packages", "only here", "only there"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [
        f"  {row[0].ljust(widths[0])}  {row[1].rjust(widths[1])}  {row[2].rjust(widths[2])}"
        for row in rows
    ]
    return lines


def render_json(plain: str, normalized: str, view: View | None, plan: Mapping[str, object]) -> str:
    """Return the comparison as JSON; ``plain`` and ``normalized`` are the two verdicts.

    ``plan`` is the normalized plan, an object of the schema foretell.apt.plan/1; ``view`` is None
    when one of the two has no plan.
    """
    import json

    document: dict[str, object] = {
        "schema": SCHEMA,
        "verdicts": {"plain": plain, "normalized": normalized},
        "plan": dict(plan),
        "comparison": None,
    }
    if view is not None:
        document["comparison"] = {
            "only-plain": list(view.dropped),
            "autoremovable-of-only-plain": view.unneeded,
            "only-normalized": list(view.added),
            "other-version": list(view.versions),
            "swaps": [it._asdict() for it in view.swaps],
            "fresh": None if view.fresh is None else _fresh_object(view.fresh),
            "flags": view.flags,
        }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _fresh_object(fresh: FreshSystem) -> dict[str, object]:
    return {
        "packages": fresh.packages,
        "manual": fresh.manual,
        "base": fresh.base,
        "missing": list(fresh.missing),
        "distances": {
            name: {"only-here": fresh.distances[name][0], "only-there": fresh.distances[name][1]}
            for name in _STATES
        },
    }
