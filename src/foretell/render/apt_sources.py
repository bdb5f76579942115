"""How are findings about sources shown?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.render.style import RED, YELLOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.render.style import Style

__all__ = ["Row", "render_findings", "render_json"]

SCHEMA = "foretell.apt.sources/1"
_COLOURS = {"error": RED, "warning": YELLOW}


class Row(NamedTuple):
    """One finding; line 0 is the whole file."""

    rule: str
    level: str
    path: str
    line: int
    message: str
    why: str
    remedy: str


def render_findings(rows: Sequence[Row], counts: Mapping[str, int], style: Style) -> str:
    """Return every finding with its reason and its remedy, and how many there are."""
    lines = []
    for row in rows:
        place = f"{row.path}:{row.line}" if row.line else row.path
        head = style.paint(f"{row.level}[{row.rule}]", _COLOURS.get(row.level))
        lines.append(f"{place}: {head}: {row.message}")
        lines.append(f"  why: {row.why}")
        first, *rest = row.remedy.split("\n")
        lines.append(f"  remedy: {first}" if first and not rest else f"  remedy:\n    {first}")
        lines += [f"    {line}" for line in rest]
    told = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count]
    lines.append(", ".join(told) if told else "No findings.")
    return "".join(f"{line}\n" for line in lines)


def render_json(rows: Sequence[Row], counts: Mapping[str, int], *, dates: str) -> str:
    """Return the findings as JSON; ``dates`` says where the ends of releases are from."""
    import json

    document = {
        "schema": SCHEMA,
        "counts": dict(counts),
        "dates": dates,
        "findings": [row._asdict() for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
