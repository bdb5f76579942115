"""Which of two Debian versions is the later one?

The rules are deb-version(7): epoch, upstream version and revision are compared in this order, each
as alternating runs of non-digits and digits; ``~`` sorts before the end of a part, the end before
letters, letters before everything else.
"""

from __future__ import annotations

TYPE_CHECKING = False

__all__ = ["compare", "satisfies", "sort_key"]

# Every byte of a non-digit run, so that plain byte order is that of deb-version(7); digits stay.
_END = b"\x02"
_ALL = bytes(range(256))
_DIGITS = b"0123456789"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SIGNS = _ALL.translate(None, _DIGITS + _LETTERS + b"~")
_ORDER = bytes.maketrans(b"~" + _SIGNS, b"\1" + _SIGNS.translate(_ALL[128:] * 2))
# Leave a blank instead of everything else; `_ORDER` leaves none.
_OTHERS = _ALL.translate(None, _DIGITS)
_ONLY_DIGITS = bytes.maketrans(_OTHERS, b" " * len(_OTHERS))
_NO_DIGITS = bytes.maketrans(_DIGITS, b" " * len(_DIGITS))
_LONG = 0xFF  # digits from this count on are preceded by a 4-byte count
_ZERO = _END + b"\0"


class _Numbers(dict[bytes, bytes]):
    """The end of a non-digit run and the digits after it, encoded: byte order is numeric order."""

    def __missing__(self, digits: bytes) -> bytes:
        plain = digits.lstrip(b"0")
        if len(plain) >= _LONG:
            return b"\x02\xff" + len(plain).to_bytes(4, "big") + plain
        encoded = self[digits] = b"\x02%c%b" % (len(plain), plain)
        return encoded


_NUMBERS = _Numbers()


def sort_key(version: bytes) -> bytes:
    """Return bytes whose order is the order of versions.

    An absent number at the end of a part equals 0, and so do an absent epoch and revision.

    >>> sort_key(b"1.0~rc1") < sort_key(b"1.0") < sort_key(b"1.0-1") < sort_key(b"1:0.1")
    True
    """
    epoch, colon, rest = version.partition(b":")
    if not colon or not epoch.isdigit():
        epoch, rest = b"", version
    upstream, dash, revision = rest.rpartition(b"-")
    if not dash:
        upstream, revision = rest, b"0"
    if not upstream[-1:].isdigit():
        upstream += b"0"
    if not revision[-1:].isdigit():
        revision += b"0"
    parts = upstream.translate(_ORDER) + _ZERO + revision.translate(_ORDER)
    numbers = parts.translate(_ONLY_DIGITS).split()
    others = parts.translate(_NO_DIGITS).split()
    if len(others) < len(numbers):
        others.insert(0, b"")  # a digit comes first
    runs = [
        piece
        for pair in zip(others, map(_NUMBERS.__getitem__, numbers), strict=True)
        for piece in pair
    ]
    return (_NUMBERS[epoch] if epoch else _ZERO) + b"".join(runs) + _ZERO


def compare(a: str, b: str) -> int:
    """Return -1, 0 or 1 as version ``a`` is earlier than, equal to or later than ``b``.

    >>> compare("1.0-1", "1.0-1+b1"), compare("1.00", "1.0"), compare("2", "10~")
    (-1, 0, -1)
    """
    left, right = (sort_key(text.encode("utf-8", "surrogateescape")) for text in (a, b))
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
