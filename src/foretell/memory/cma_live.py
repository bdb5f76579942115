"""Which CMA areas does a running kernel have, and were they asked for?

Read below ``root``: ``proc/cmdline``, ``proc/meminfo``, ``proc/pagetypeinfo`` (root only),
``sys/kernel/mm/cma`` (CONFIG_CMA_SYSFS), ``sys/kernel/mm/transparent_hugepage``.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from foretell.errors import InputError
from foretell.memory.cma import Refusal
from foretell.memory.cma_words import read_words, reserve
from foretell.memory.page_blocks import PAGE_SIZES, PageBlock, order_of_huge_pages
from foretell.memory.sysfs import read_integer, read_text
from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.memory.cma import Area
    from foretell.memory.cma_words import CmaWords
    from foretell.memory.kernels import Rules

__all__ = ["Audit", "LiveArea", "audit", "page_size_of"]

_AREAS = "sys/kernel/mm/cma"
_PMD_SIZE = "sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
_TOTAL = re.compile(r"^CmaTotal: +(\d{1,18}) kB$", re.MULTILINE)
_FREE = re.compile(r"^CmaFree: +(\d{1,18}) kB$", re.MULTILINE)
_BLOCK_ORDER = re.compile(r"^Page block order: (\d{1,2})$", re.MULTILINE)
_AREAS_MAX = 1024


class LiveArea(NamedTuple):
    """An area that is there: bytes, and how many pages were asked of it in vain.

    ``asked`` is what the command line wants of it, None where it says nothing; ``free`` and
    ``failed`` None where the kernel does not tell.
    """

    name: str
    size: int
    free: int | None
    failed: int | None
    asked: int | None


class Audit(NamedTuple):
    """What was asked, what is there: bytes.  ``total`` is None for a kernel without CMA.

    ``expected`` is what the rules give for the command line alone, in all.  ``missing`` are areas
    that the command line asks for and that are not there, with the errno that the rules give;
    ``differing`` those of another size than predicted, as (name, predicted).
    """

    words: CmaWords
    block: PageBlock
    total: int | None
    free: int | None
    areas: tuple[LiveArea, ...]
    expected: int
    missing: tuple[tuple[str, int, str], ...]
    differing: tuple[tuple[str, int], ...]


def page_size_of(root: str) -> int:
    """Return the page size that the size of huge pages implies, 4096 where there are none."""
    size = read_integer(root, _PMD_SIZE)
    for page_size in PAGE_SIZES:
        if size == page_size << order_of_huge_pages(page_size):
            return page_size
    if size is None:
        return PAGE_SIZES[0]
    raise InputError(
        "bad-sysfs", f"huge pages of {size} bytes belong to no page size",
        path=os.path.join(root, _PMD_SIZE),
    )  # fmt: skip


def audit(root: str, page_size: int, nodes: Mapping[int, int | None], rules: Rules) -> Audit:
    """Return what the kernel below ``root`` was asked for and has."""
    words = read_words(read_text(root, "proc/cmdline") or "")
    block = _block(root, page_size)
    memory = read_text(root, "proc/meminfo") or ""
    total, free = _TOTAL.search(memory), _FREE.search(memory)
    areas = _areas(root, page_size)
    predicted = {}
    if total is not None:
        predicted = {it.name: it for it in reserve(words, rules, block, nodes)}
    expected = sum(_size(it.found) for it in predicted.values())
    there, differing = [], []
    for area in areas:
        named = predicted.pop(area.name, None)
        there.append(area if named is None else area._replace(asked=named.asked))
        if named is not None and _size(named.found) != area.size:
            differing.append((area.name, _size(named.found)))
    # Areas are made at boot: a node that has none, while others do, may have come later.
    nodes_do = any(area.name.startswith("numa") for area in areas)
    missing = [
        (it.name, it.asked, it.found.errno if isinstance(it.found, Refusal) else "")
        for it in predicted.values()
        if it.node is None or it.node in words.by_node or not nodes_do
    ]
    return Audit(
        words=words,
        block=block,
        total=int(total[1]) << 10 if total else None,
        free=int(free[1]) << 10 if free else None,
        areas=tuple(there),
        expected=expected,
        missing=tuple(missing) if areas or total is None or total[1] == "0" else (),
        differing=tuple(differing),
    )


def _size(found: Area | Refusal) -> int:
    return 0 if isinstance(found, Refusal) else found.size


def _block(root: str, page_size: int) -> PageBlock:
    """Return the page block that the kernel shows, else that of its huge pages."""
    place = os.path.join(root, "proc/pagetypeinfo")
    try:
        text = read_text(place) or ""
    except (PermissionError, InputError):  # root only; long on large machines
        text = ""
    found = _BLOCK_ORDER.search(text)
    huge = order_of_huge_pages(page_size)
    order = int(found[1]) if found else huge
    line = found[0] if found else f"{page_size << huge}"
    if order > 2 * huge:
        raise InputError("bad-proc", f"page blocks of order {order}", path=place)
    fact = Evidence("proc" if found else "sysfs", place if found else _PMD_SIZE, line)
    fields = {"page_size": page_size, "order": order, "size": page_size << order}
    reason = Reason("page-block-told", fields, evidence=[fact])
    return PageBlock(page_size, order, order, reason)


def _areas(root: str, page_size: int) -> list[LiveArea]:
    folder = os.path.join(root, _AREAS)
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    areas = []
    for name in names[:_AREAS_MAX]:
        pages = read_integer(folder, name, "total_pages")
        if pages is None:
            continue
        free = read_integer(folder, name, "available_pages")
        failed = read_integer(folder, name, "alloc_pages_fail")
        left = None if free is None else free * page_size
        areas.append(LiveArea(name, pages * page_size, left, failed, None))
    return areas
