"""Which of two Debian versions is the later one?

The rules are deb-version(7): epoch, upstream version and revision are compared in this order, each
as alternating runs of non-digits and digits; ``~`` sorts before the end of a part, the end before
letters, letters before everything else.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["compare", "satisfies", "sort_key"]

# Every byte of a non-digit run, so that plain byte order is the order of deb-version(7).
_END = b"\x02"
_ORDER = bytes(
    1
    if byte == 0x7E
    else byte
    if chr(byte).isascii() and chr(byte).isalpha()
    else 0x80 | (byte & 0x7F)
    for byte in range(256)
)
_RUN = re.compile(rb"([^0-9]*)([0-9]*)")
_LONG = 0xFF  # digits from this count on are preceded by a 4-byte count


def _number(digits: bytes) -> bytes:
    """Encode a run of digits so that byte order is numeric order."""
    digits = digits.lstrip(b"0")
    length = len(digits)
    if length < _LONG:
        return bytes((length,)) + digits
    return b"\xff" + length.to_bytes(4, "big") + digits


def _part(text: bytes) -> bytes:
    """Encode an upstream version or a revision."""
    runs = [
        letters.translate(_ORDER) + _END + _number(digits)
        for letters, digits in _RUN.findall(text or b"0")  # an absent part equals "0"
        if letters or digits
    ]
    return b"".join(runs) + _END + b"\0"


@lru_cache(maxsize=1 << 17)
def sort_key(version: str) -> bytes:
    """Return bytes whose order is the order of versions.

    >>> sort_key("1.0~rc1") < sort_key("1.0") < sort_key("1.0-1") < sort_key("1:0.1")
    True
    """
    text = version.encode("utf-8", "surrogateescape")
    epoch, colon, rest = text.partition(b":")
    if not colon or not epoch.isdigit():
        epoch, rest = b"", text
    upstream, dash, revision = rest.rpartition(b"-")
    if not dash:
        upstream, revision = rest, b""
    return _number(epoch) + _part(upstream) + _part(revision)


def compare(a: str, b: str) -> int:
    """Return -1, 0 or 1 as version ``a`` is earlier than, equal to or later than ``b``.

    >>> compare("1.0-1", "1.0-1+b1"), compare("1.00", "1.0"), compare("2", "10~")
    (-1, 0, -1)
    """
    left, right = sort_key(a), sort_key(b)
    return (left > right) - (left < right)


def satisfies(version: str, operator: str, wanted: str) -> bool:
    """Say whether ``version`` fulfils a relation such as ``(>= 2.34)``.

    ``<`` and ``>`` are the obsolete spellings of ``<=`` and ``>=`` (Policy 7.1); the empty
    operator is always fulfilled.  Raises ``KeyError`` for any other operator.

    >>> satisfies("2.36-9", ">=", "2.34"), satisfies("1", "<", "1")
    (True, True)
    """
    order = compare(version, wanted) if operator else 0
    return {
        "": True,
        "<<": order < 0,
        "<": order <= 0,
        "<=": order <= 0,
        "=": order == 0,
        "!=": order != 0,
        ">=": order >= 0,
        ">": order >= 0,
        ">>": order > 0,
    }[operator]
