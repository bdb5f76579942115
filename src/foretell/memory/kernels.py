"""Which rules does a kernel have?

One row for each series that was asked (`foretell memory check --kernels`).  A series that stands
between two that agree in every rule is not taken for granted: it is `Unmodelled`, with the nearest
known ones named.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foretell.memory.unmodelled import Unmodelled

__all__ = ["NEWEST", "Rules", "known_series", "rules_of"]

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,4})(?=\D|\Z)", re.ASCII)


class Rules(NamedTuple):
    """What one series of kernels, as Debian configures them, does.

    ``auto_name`` is the file that switches automatic weights, "" before 6.16: from 6.18 to 7.0 a
    macro of the same name was expanded in it.  ``resets_weights``: writing 0 or nothing to a
    node's weight means the default; ``keeps_files``: nodes without memory have a weight, too.
    ``block_advice``: CXL windows say how large memory blocks shall be.
    ``block_order_limit``: the order of page blocks has a limit of its own (PAGE_BLOCK_MAX_ORDER)
    instead of the buddy allocator's.  ``has_cma`` holds for Debian's amd64 configuration;
    ``cma_per_node``: ``cma=`` reserves on every node again.  ``movable_gigantic``:
    ``vm.movable_gigantic_pages`` exists.  ``auto_online`` is what ``auto_online_blocks`` says at
    boot: what becomes of memory that a driver adds.  ``link_latency`` are the nanoseconds that the
    kernel counts for the link of a CXL device of QEMU, None where it was never asked.
    """

    series: str
    auto_name: str = "auto"
    resets_weights: bool = False
    keeps_files: bool = False
    block_advice: bool = True
    block_order_limit: bool = True
    has_cma: bool = False
    cma_per_node: bool = False
    movable_gigantic: bool = False
    auto_online: str = "online"
    link_latency: int | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether this kernel derives weights from bandwidths at all."""
        return bool(self.auto_name)


_ROWS = (
    Rules(
        "6.12",
        auto_name="",
        resets_weights=True,
        keeps_files=True,
        block_advice=False,
        block_order_limit=False,
        link_latency=2,
    ),
    Rules("6.16", auto_online="offline", link_latency=17_000),
    Rules("6.17", link_latency=17_000),
    Rules("6.18", auto_name="__auto_type", link_latency=17_000),
    Rules("6.19", auto_name="__auto_type"),
    Rules("7.0", auto_name="__auto_type", movable_gigantic=True),
    Rules("7.1", movable_gigantic=True),
    Rules("7.2", has_cma=True, cma_per_node=True, movable_gigantic=True, link_latency=17_000),
    Rules("7.3", has_cma=True, cma_per_node=True, movable_gigantic=True, link_latency=2),
)
_KNOWN = {row.series: row for row in _ROWS}
NEWEST = _ROWS[-1].series


def known_series() -> tuple[str, ...]:
    """Return the series whose rules are known, oldest first."""
    return tuple(_KNOWN)


def rules_of(version: str) -> Rules:
    """Return the rules of a kernel: ``7.3``, ``7.3.4`` and ``7.3.4+deb14-amd64`` are the same.

    Raises `Unmodelled` for a series that was never asked, and for what is no version.

    >>> rules_of("6.18.15+deb14-amd64").auto_name
    '__auto_type'
    """
    found = _VERSION.match(version)
    if found is None:
        raise Unmodelled("kernel-version", f"{version[:60]!r} is not a kernel version")
    series = f"{int(found[1])}.{int(found[2])}"
    if series in _KNOWN:
        return _KNOWN[series]
    near = " and ".join(_nearest((int(found[1]), int(found[2]))))
    raise Unmodelled("kernel-series", f"kernel {series} was never asked; nearest known: {near}")


def _nearest(wanted: tuple[int, int]) -> list[str]:
    """Return the known series before and after, as far as there are any."""
    numbers = [tuple(int(part) for part in series.split(".")) for series in _KNOWN]
    before = [number for number in numbers if number < wanted][-1:]
    after = [number for number in numbers if number > wanted][:1]
    return [".".join(map(str, number)) for number in before + after]
