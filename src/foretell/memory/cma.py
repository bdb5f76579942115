"""How large does a CMA area become, and when is it refused?

Rules: what guests with 7.3 did with ``cma=`` on amd64 and arm64.  An area begins and ends on page
blocks: its base and size are rounded up, its limit down.  The checks come in this order, with the
errno that the kernel answers.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.memory.page_blocks import PageBlock

__all__ = ["AREAS_MAX", "Area", "Declaration", "Refusal", "declare", "share_or_separate"]

AREAS_MAX = 20  # CONFIG_CMA_AREAS as Debian sets it; the command line's own area included
_U64 = 1 << 64


class Declaration(NamedTuple):
    """What is asked for: bytes; ``base`` 0 lets the kernel choose, ``limit`` 0 is the RAM's end.

    ``order_per_bit`` is the order of the smallest piece that the area hands out.  ``areas`` is
    how many areas there are already.
    """

    size: int
    base: int = 0
    limit: int = 0
    fixed: bool = False
    alignment: int = 0
    order_per_bit: int = 0
    areas: int = 0


class Area(NamedTuple):
    """What is reserved: ``size`` bytes for ``asked``; ``base`` None where the kernel chooses."""

    asked: int
    size: int
    base: int | None
    limit: int
    reason: Reason

    @property
    def wasted(self) -> int:
        """Bytes that nobody asked for."""
        return self.size - self.asked


class Refusal(NamedTuple):
    """The kernel refuses, with the name of an errno."""

    errno: str
    reason: Reason


def declare(
    wanted: Declaration, block: PageBlock, ram_end: int | None = None, areas_max: int = AREAS_MAX
) -> Area | Refusal:
    """Return the area that the kernel makes of a declaration, or why it refuses.

    ``ram_end`` is where the RAM ends; None is not known, so that a limit alone decides.
    """
    if wanted.areas >= areas_max:
        return _refuse("ENOSPC", "areas-full", {"areas": wanted.areas, "most": areas_max})
    if not wanted.size:
        return _refuse("EINVAL", "size-zero", {})
    if wanted.alignment & (wanted.alignment - 1):
        return _refuse("EINVAL", "alignment-odd", {"alignment": wanted.alignment})
    alignment = max(wanted.alignment, block.size)
    if wanted.fixed and wanted.base % alignment:
        return _refuse("EINVAL", "base-unaligned", {"base": wanted.base, "alignment": alignment})
    base, size = _up(wanted.base, alignment), _up(wanted.size, alignment)
    limit = wanted.limit // alignment * alignment
    unit = block.page_size << wanted.order_per_bit
    if size % unit:
        return _refuse("EINVAL", "unit-uneven", {"size": size, "unit": unit})
    if ram_end is not None and (limit == 0 or limit > ram_end):
        limit = ram_end
    if limit and base + size > limit:
        return _refuse("EINVAL", "limit-exceeded", {"base": base, "size": size, "limit": limit})
    fields = {
        "asked": wanted.size,
        "size": size,
        "blocks": size // alignment,
        "alignment": alignment,
        "wasted": size - wanted.size,
    }
    chosen = base if wanted.fixed and base else None
    reason = Reason("area-rounded", fields, parents=[block.reason])
    return Area(wanted.size, size, chosen, limit, reason)


def share_or_separate(needs: Sequence[int], block: PageBlock) -> tuple[int, int]:
    """Return the bytes of one area for all needs, and of one area each.

    >>> from foretell.memory.kernels import rules_of
    >>> from foretell.memory.page_blocks import find_page_block
    >>> share_or_separate([20 << 20, 7 << 20], find_page_block(rules_of("7.3"), 16384))
    (33554432, 67108864)
    """
    return block.align(sum(needs)), sum(block.align(need) for need in needs)


def _up(value: int, alignment: int) -> int:
    """Round up in 64 bits, as the kernel does: what is near the end wraps around to 0."""
    return -(-value // alignment) * alignment % _U64


def _refuse(errno: str, kind: str, fields: Mapping[str, int]) -> Refusal:
    return Refusal(errno, Reason(kind, {"errno": errno, **fields}))
