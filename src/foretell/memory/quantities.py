"""How much is ``40G``, and how long is ``80ns``?

Sizes are bytes; bandwidths are what the kernel counts in, MB/s, where one MB is 2**20 bytes as in
the tables that firmware hands over (ACPI 6.5, 5.2.28.4) and as QEMU fills them; latencies are
whole nanoseconds.
"""

from __future__ import annotations

import re

from foretell.errors import InputError

__all__ = ["bandwidth_text", "parse_bandwidth", "parse_latency", "parse_size", "size_text"]

_NUMBER = re.compile(r"(?P<number>\d{1,20})(?P<unit>[A-Za-z/]*)\Z", re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50}
_LATENCY_UNITS = {"": 1, "ns": 1, "us": 1_000, "ms": 1_000_000}

SIZE_MAX = 1 << 57  # five-level page tables: no machine addresses more
BANDWIDTH_MAX = (1 << 32) - 1  # the kernel's unsigned int, MB/s
LATENCY_MAX = (1 << 32) - 1


def parse_size(text: str, place: str) -> int:
    """Return bytes: ``64M``, ``64MiB`` and ``67108864`` are the same.

    ``place`` says where ``text`` stands.  Raises `InputError`.

    >>> parse_size("64M", "--size")
    67108864
    """
    number, unit = _split(text, place, "a size such as 64M")
    name = unit.removesuffix("iB").removesuffix("B").upper()
    if name not in _UNITS:
        raise _wrong(text, place, "a size such as 64M")
    return _bounded(number * _UNITS[name], SIZE_MAX, text, place)


def parse_bandwidth(text: str, place: str) -> int:
    """Return MB/s: ``40G`` and ``40GiB/s`` are 40960, a number without unit is MB/s already.

    Raises `InputError`.

    >>> parse_bandwidth("40G", "--bw"), parse_bandwidth("7168", "--bw")
    (40960, 7168)
    """
    number, unit = _split(text, place, "a bandwidth such as 40G")
    name = unit.removesuffix("/s").removesuffix("iB").removesuffix("B").upper() or "M"
    if name not in {"M", "G", "T"}:
        raise _wrong(text, place, "a bandwidth such as 40G")
    return _bounded(number * _UNITS[name] >> 20, BANDWIDTH_MAX, text, place)


def parse_latency(text: str, place: str) -> int:
    """Return nanoseconds: ``80``, ``80ns``, ``2us``.  Raises `InputError`."""
    number, unit = _split(text, place, "a latency such as 80ns")
    if unit not in _LATENCY_UNITS:
        raise _wrong(text, place, "a latency such as 80ns")
    return _bounded(number * _LATENCY_UNITS[unit], LATENCY_MAX, text, place)


def size_text(size: int) -> str:
    """Return a size in the largest unit that divides it.

    >>> size_text(64 << 20), size_text(0), size_text(1536)
    ('64 MiB', '0', '1536 B')
    """
    for unit in ("P", "T", "G", "M", "K"):
        if size and size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]} {unit}iB"
    return f"{size} B" if size else "0"


def bandwidth_text(bandwidth: int) -> str:
    """Return a bandwidth of so many MB/s.

    >>> bandwidth_text(40960), bandwidth_text(7000)
    ('40 GiB/s', '7000 MB/s')
    """
    return f"{bandwidth >> 10} GiB/s" if bandwidth and not bandwidth & 1023 else f"{bandwidth} MB/s"


def _split(text: str, place: str, what: str) -> tuple[int, str]:
    found = _NUMBER.match(text)
    if found is None:
        raise _wrong(text, place, what)
    return int(found["number"]), found["unit"]


def _bounded(value: int, most: int, text: str, place: str) -> int:
    if value > most:
        raise InputError("too-large", f"{text!r} is more than any kernel counts", path=place)
    return value


def _wrong(text: str, place: str, what: str) -> InputError:
    return InputError("bad-quantity", f"{text[:40]!r} is not {what}", path=place)
