"""What stands in a small file of sysfs or proc?

A tree may be a copy of another machine's, cut off or nonsense: what is not there is None, what is
there and absurd raises `InputError` with its path.
"""

from __future__ import annotations

import os

from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

__all__ = ["numbered", "parse_integer", "read_integer", "read_text"]

_FILE_BYTES_MAX = 1 << 16
_DIGITS_MAX = 19


def read_text(*parts: str) -> str | None:
    """Return a file's text without white space around it, None where there is no such file.

    Raises ``OSError`` where it must not be read.
    """
    path = os.path.join(*parts)
    try:
        with open(path, "rb") as file:
            text = file.read(_FILE_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    if len(text) > _FILE_BYTES_MAX:
        raise InputError("too-large", f"more than {_FILE_BYTES_MAX} bytes", path=path)
    return text.decode("ascii", "replace").strip()


def read_integer(*parts: str, base: int = 10) -> int | None:
    """Return the number in a file, None where there is no such file; raise `InputError`."""
    text = read_text(*parts)
    return None if text is None else parse_integer(text, os.path.join(*parts), base)


def parse_integer(text: str, path: str, base: int = 10) -> int:
    """Return a number that is not negative; raise `InputError`."""
    word = text.strip()
    if word.isascii() and word.isalnum() and len(word) <= _DIGITS_MAX:
        try:
            return int(word, base)
        except ValueError:
            pass
    raise InputError("bad-sysfs", f"{word[:40]!r} is not a number", path=path)


def numbered(folder: str, pattern: re.Pattern[str]) -> list[int]:
    """Return the numbers of the names that ``pattern`` matches, ascending."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(int(found[1]) for found in map(pattern.match, names) if found)
