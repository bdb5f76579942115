"""How is it shown whether kernels do what is predicted?"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CheckRow", "check_json", "render_check"]

SCHEMA = "foretell.memory.check/1"
_SHOWN_MAX = 50


class CheckRow(NamedTuple):
    """One kernel: how many machines, how much was compared by kind, what differs, what is unknown.

    A difference is ``(seed, kind, sentence)``, what is not predicted ``(seed, sentence)``.
    """

    kernel: str
    machines: int
    counts: Mapping[str, int]
    differences: Sequence[tuple[str, str, str]]
    unknown: Sequence[tuple[str, str]]

    def agreed(self, kind: str) -> int:
        """Return how often this kind agreed."""
        return self.counts[kind] - sum(1 for _, other, _ in self.differences if other == kind)


def render_check(rows: Sequence[CheckRow]) -> str:
    """Return a table, agreed and compared by kernel and kind, and then what differs."""
    kinds = list(rows[0].counts) if rows else []
    cells = [["kernel", "machines", *kinds, "unknown"]]
    for row in rows:
        figures = [f"{row.agreed(kind)}/{row.counts[kind]}" for kind in kinds]
        cells.append([row.kernel, str(row.machines), *figures, str(len(row.unknown))])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in cells
    ]
    differences = [(row.kernel, it) for row in rows for it in row.differences]
    for kernel, (seed, kind, text) in differences[:_SHOWN_MAX]:
        lines.append(f"differs: kernel {kernel}, {seed}, {kind}: {text}")
    if len(differences) > _SHOWN_MAX:
        lines.append(f"and {len(differences) - _SHOWN_MAX} more: --json has all")
    agreed = sum(row.agreed(kind) for row in rows for kind in kinds)
    compared = sum(sum(row.counts.values()) for row in rows)
    lines.append(f"{agreed} agreed / {compared} compared")
    return "".join(f"{line}\n" for line in lines)


def check_json(rows: Sequence[CheckRow]) -> dict[str, object]:
    """Return the JSON document."""
    return {
        "schema": SCHEMA,
        "kernels": [
            {
                "kernel": row.kernel,
                "machines": row.machines,
                "agreed": {kind: row.agreed(kind) for kind in row.counts},
                "compared": dict(row.counts),
                "differences": [list(it) for it in row.differences],
                "unknown": [list(it) for it in row.unknown],
            }
            for row in rows
        ],
    }
