"""How are names laid out in columns that fit the screen?

The layout is the one of ls(1) when it lists "vertically": as many columns as fit, each as wide as
its longest name, filled downwards.  The numbers (indent 2, gap 2, a column at least 2 wide, a
line strictly shorter than the width) were learnt from apt 3.0 at every width from 1 to 99.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COLUMNS_MARGIN", "lay_out_columns", "wrap_words"]

COLUMNS_MARGIN = 3  # columns of the screen that apt leaves free beside a table of names
_INDENT = "  "
_GAP = 2
_COLUMN_MIN = 2


def lay_out_columns(names: Sequence[str], width: int) -> list[str]:
    """Return the lines that show ``names`` in columns, each indented by two spaces.

    ``width`` is in characters and does not count the indent.  At least one column is used, so a
    name longer than ``width`` stands on a line of its own.

    >>> lay_out_columns(["a", "bb", "ccc"], 10)
    ['  a   ccc', '  bb']
    """
    if not names:
        return []
    lengths = [len(name) for name in names]
    widths = _column_widths(lengths, width)
    rows = -(-len(names) // len(widths))
    lines = []
    for row in range(rows):
        cells = names[row::rows]
        padded = [cell.ljust(widths[column]) for column, cell in enumerate(cells[:-1])]
        lines.append(_INDENT + "".join(padded) + cells[-1])
    return lines


def _column_widths(lengths: Sequence[int], width: int) -> list[int]:
    """Return the widths, gaps included, of the largest number of columns that fits."""
    count = len(lengths)
    for columns in range(min(count, width // _COLUMN_MIN), 1, -1):
        rows = -(-count // columns)
        widths: list[int] = []
        total = 0
        for column in range(columns):
            longest = max(lengths[column * rows : (column + 1) * rows], default=0)
            gap = _GAP if longest and column + 1 < columns else 0
            widths.append(max(_COLUMN_MIN, longest + gap))
            total += widths[-1]
            if total >= width:
                break
        else:
            return widths
    return [max(lengths)]


def wrap_words(names: Sequence[str], width: int) -> list[str]:
    """Return the lines that show ``names`` one after another, as with List-Columns off.

    ``width`` is in characters and counts the indent of two spaces.

    >>> wrap_words(["git", "git-man", "less"], 14)
    ['  git git-man', '  less']
    """
    lines: list[str] = []
    line = _INDENT
    for name in names:
        if line == _INDENT:
            line += name
        elif len(line) + 1 + len(name) > width:
            lines.append(line)
            line = _INDENT + name
        else:
            line += " " + name
    if names:
        lines.append(line)
    return lines
