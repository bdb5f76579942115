"""How many columns wide is the screen that the output goes to?

The order of precedence was learnt from apt 3.0: the variable COLUMNS when it is a whole number
other than 0, else one column less than the terminal has, else 79.
"""

from __future__ import annotations

__all__ = ["COLUMNS_DEFAULT", "COLUMNS_MAX", "screen_width"]

COLUMNS_DEFAULT = 79
COLUMNS_MAX = 0xFFFF  # more than any terminal has; a negative COLUMNS means "do not wrap" to apt


def screen_width(*, columns: str | None = None, terminal_columns: int | None = None) -> int:
    """Return the width in columns, 1 to ``COLUMNS_MAX``.

    ``columns`` is the variable COLUMNS, None when unset; ``terminal_columns`` is what the
    terminal reports, None when the output is no terminal.

    >>> screen_width(columns="120"), screen_width(terminal_columns=80), screen_width()
    (120, 79, 79)
    """
    wanted = _whole_number(columns or "")
    if wanted:
        return COLUMNS_MAX if wanted < 0 else min(wanted, COLUMNS_MAX)
    if terminal_columns is not None and terminal_columns > 1:
        return min(terminal_columns - 1, COLUMNS_MAX)
    return COLUMNS_DEFAULT


def _whole_number(text: str) -> int:
    """Read an optionally signed decimal number; 0 stands for anything else."""
    digits = text.lstrip(" ")
    sign = -1 if digits.startswith("-") else 1
    digits = digits[1:] if digits[:1] in ("+", "-") else digits
    if not (digits.isascii() and digits.isdigit()):
        return 0
    # Python refuses to read thousands of digits; five of them already exceed COLUMNS_MAX.
    return sign * int(digits.lstrip("0")[:6] or "0")
