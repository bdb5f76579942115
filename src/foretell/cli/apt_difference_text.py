"""How does a difference of two plans or two sets of packages look, to a person and a program?

One line for each package, sorted; then a summary with the sizes.
"""

from __future__ import annotations

from foretell.cli.apt_check_text import table
from foretell.render.apt import format_size, package_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.answers.difference import Difference, Entry, Row, Sizes

__all__ = ["difference_json", "row_lines", "shown", "size_text", "summary_lines"]

# Kind -> the sign that begins a line.
SIGNS = {"added": "+", "removed": "-", "upgraded": "U", "downgraded": "D", "changed": "C"}


def shown(text: str) -> str:
    """Return a name or version as a terminal may have it."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def row_lines(rows: Iterable[Row], *, native: str) -> list[str]:
    """Return a line for each row: its sign, the package, what each side says."""
    cells = [
        (
            SIGNS[row.kind],
            shown(package_label(row.package, row.architecture, native)),
            _change_text(row),
        )
        for row in rows
    ]
    return table(cells, left=3) if cells else []


def _change_text(row: Row) -> str:
    if row.first is None or row.second is None:
        entry = row.first or row.second
        assert entry is not None
        return _entry_text(entry)
    return f"{_entry_text(row.first)} -> {_entry_text(row.second)}"


def _entry_text(entry: Entry) -> str:
    """Return what one side says: a version, or what its plan does."""
    version = shown(entry.version or "")
    if not entry.action:
        return version
    text = entry.action
    if entry.previous and entry.previous != entry.version:
        text += f" {shown(entry.previous)}"
        text += " =>" if version else ""
    text += f" {version}" if version else ""
    return f"{text} (automatic)" if entry.automatic else text


def summary_lines(found: Difference, *, is_set: bool) -> list[str]:
    """Return the counts and what the sizes are on both sides."""
    counts = ", ".join(
        f"{found.count(kind)} {kind}" for kind in SIGNS if kind != "changed" or found.count(kind)
    )
    lines = [f"Summary: {counts}"]
    pairs = [("Installed size" if is_set else "Space needed", found.first.disk, found.second.disk)]
    pairs.append(("Download size", found.first.download, found.second.download))
    for title, first, second in pairs:
        if first is None or second is None:
            continue
        lines.append(
            f"{title}: {size_text(first)} -> {size_text(second)} ({_signed(second - first)})"
        )
    return lines


def size_text(size: int) -> str:
    """Return a size in bytes, also one below zero, as apt writes sizes."""
    return f"{'-' if size < 0 else ''}{format_size(abs(size))}B"


def _signed(size: int) -> str:
    return f"{'' if size < 0 else '+'}{size_text(size)}"


def difference_json(found: Difference) -> dict[str, object]:
    """Return the rows and the sizes as plain values."""
    return {
        "rows": [
            {
                "package": row.package,
                "architecture": row.architecture,
                "kind": row.kind,
                "sides": [_entry_json(row.first), _entry_json(row.second)],
            }
            for row in found.rows
        ],
        "sizes": [_sizes_json(sizes) for sizes in (found.first, found.second)],
    }


def _entry_json(entry: Entry | None) -> dict[str, object] | None:
    if entry is None:
        return None
    return {
        "version": entry.version,
        "action": entry.action or None,
        "from": entry.previous,
        "automatic": entry.automatic,
        "download": entry.download,
        "disk": entry.disk,
    }


def _sizes_json(sizes: Sizes) -> dict[str, int | None]:
    return {"download": sizes.download, "disk": sizes.disk}
