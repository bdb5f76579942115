"""What else would give the same contiguous memory, and at which cost?

Beside CMA areas: smaller page blocks, the buddy allocator at run time, and guaranteed CMA, which
was proposed to the kernel (version 2, October 2025) and is in none that was asked.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.memory.kernels import Rules
    from foretell.memory.page_blocks import PageBlock

__all__ = ["Choice", "choices"]


class Choice(NamedTuple):
    """One way: bytes it takes in all (None: it cannot), and what it costs.

    ``parameter`` is the order it needs, None for none.  ``is_proposal``: no kernel has it.
    """

    kind: str
    size: int | None
    wasted: int | None
    parameter: int | None
    is_proposal: bool
    costs: tuple[str, ...]


def choices(needs: Sequence[int], block: PageBlock, rules: Rules) -> list[Choice]:
    """Return the other ways to get ``needs``, each its own piece."""
    return [_smaller_blocks(needs, block, rules), _buddy(needs, block), _guaranteed(needs, block)]


def _smaller_blocks(needs: Sequence[int], block: PageBlock, rules: Rules) -> Choice:
    """Return the largest limit of page blocks that wastes least."""
    parameter = "PAGE_BLOCK_MAX_ORDER" if rules.block_order_limit else "ARCH_FORCE_MAX_ORDER"
    page = block.page_size
    common = gcd(*needs) // page
    order = min((common & -common).bit_length() - 1, block.order) if common else 1
    order = max(order, 1)  # neither parameter may be 0
    size = sum(-(-need // (page << order)) * (page << order) for need in needs)
    costs = [
        f"the kernel is built anew, with {parameter}={order}",
        "pages are grouped in smaller blocks: movable and other pages mix within a huge page",
    ]
    if not rules.block_order_limit:
        costs.append("and the buddy allocator hands out no larger pieces, no huge pages either")
    return Choice("smaller-blocks", size, size - sum(needs), order, False, tuple(costs))


def _buddy(needs: Sequence[int], block: PageBlock) -> Choice:
    """Return what the buddy allocator takes: a power of two of pages for each."""
    orders = [max(-(-need // block.page_size) - 1, 0).bit_length() for need in needs]
    largest = max(orders)
    if largest > block.buddy_order:
        most = block.page_size << block.buddy_order
        why = (f"order {largest} is needed, the largest is {block.buddy_order}: {most} bytes",)
        return Choice("buddy", None, None, largest, False, why)
    size = sum(block.page_size << order for order in orders)
    costs = (
        "nothing is reserved, and nothing is promised: it fails once memory is fragmented",
        "what is over can be given back only by those who ask with alloc_pages_exact()",
    )
    return Choice("buddy", size, size - sum(needs), largest, False, costs)


def _guaranteed(needs: Sequence[int], block: PageBlock) -> Choice:
    """Return what guaranteed CMA would take: whole pages."""
    size = sum(-(-need // block.page_size) * block.page_size for need in needs)
    costs = (
        "an allocation drops clean pages of files instead of moving pages: it does not fail",
        "until then the memory holds such pages only: little gain where most is anonymous",
    )
    return Choice("guaranteed-cma", size, size - sum(needs), None, True, costs)
