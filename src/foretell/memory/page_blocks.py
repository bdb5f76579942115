"""How large is a page block, to which CMA areas are rounded?

The kernel groups pages by mobility in blocks of ``2**order`` pages.  With huge pages the order is
that of a huge page, at most the limit for blocks; without them it is the limit itself.  The limit
is PAGE_BLOCK_MAX_ORDER since 6.16, by default the largest order of the buddy allocator
(MAX_PAGE_ORDER), which ARCH_FORCE_MAX_ORDER sets; before 6.16 it always is that one.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import UsageError
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.memory.kernels import Rules

__all__ = ["PAGE_SIZES", "PageBlock", "find_page_block", "order_of_huge_pages"]

# page size: the largest order that the buddy allocator has, as arm64 sets it (amd64: 4 KiB, 10)
_BUDDY_ORDERS = {4096: 10, 16384: 11, 65536: 13}
PAGE_SIZES = tuple(_BUDDY_ORDERS)
_ORDERS_MAX = 20
_ENTRY_BITS = 3  # an entry of a page table has 8 bytes


class PageBlock(NamedTuple):
    """The page block of a kernel: ``page_size << order`` bytes, and why.

    ``buddy_order`` is the largest order that the buddy allocator hands out.
    """

    page_size: int
    order: int
    buddy_order: int
    reason: Reason

    @property
    def size(self) -> int:
        """Bytes of a page block: what CMA areas are aligned to."""
        return self.page_size << self.order

    def align(self, size: int) -> int:
        """Return ``size`` rounded up to whole page blocks."""
        return -(-size // self.size) * self.size


def order_of_huge_pages(page_size: int) -> int:
    """Return the order of what one table of page table entries maps.

    >>> [order_of_huge_pages(size) for size in PAGE_SIZES]
    [9, 11, 13]
    """
    return page_size.bit_length() - 1 - _ENTRY_BITS


def find_page_block(
    rules: Rules,
    page_size: int,
    *,
    huge_pages: bool = True,
    buddy_order: int | None = None,
    limit: int | None = None,
) -> PageBlock:
    """Return the page block of a kernel.

    ``buddy_order`` is ARCH_FORCE_MAX_ORDER, ``limit`` PAGE_BLOCK_MAX_ORDER, None the default.
    Raises `UsageError` for what cannot be configured.
    """
    if page_size not in _BUDDY_ORDERS:
        raise UsageError("bad-page-size", f"no kernel has pages of {page_size} bytes")
    buddy = _BUDDY_ORDERS[page_size] if buddy_order is None else buddy_order
    if not 0 < buddy <= _ORDERS_MAX:
        raise UsageError("bad-order", f"the buddy allocator's order {buddy} is not 1 to 20")
    if limit is not None and not rules.block_order_limit:
        raise UsageError(
            "no-block-order",
            f"kernel {rules.series} has no limit for page blocks",
            hint="PAGE_BLOCK_MAX_ORDER came with 6.16",
        )
    most = buddy if limit is None else limit
    if not 0 < most <= buddy:
        raise UsageError(
            "bad-order", f"the limit for page blocks, {most}, is not 1 to the buddy order {buddy}"
        )
    huge = order_of_huge_pages(page_size)
    order = min(huge, most) if huge_pages else most
    fields = {
        "page_size": page_size,
        "order": order,
        "huge_order": huge if huge_pages else -1,
        "limit": most,
        "buddy_order": buddy,
        "size": page_size << order,
    }
    return PageBlock(page_size, order, buddy, Reason("page-block", fields))
