"""On which node does every page of a mapping lie?

Rules: set_mempolicy(2), ``Documentation/admin-guide/mm/numa_memory_policy.rst`` of Linux 6.12, and
448 pages of real guests.  They hold until a node is full, or something migrates pages: what is
predicted is where a page is put when it is first touched and there is room.

A page's number within a policy is the sum of two terms, each shifted right by the order of the
folio: the mapping's offset (its first virtual page number where no file is mapped) and the page's
place in the mapping.  Interleaving takes the node at that number modulo the count of nodes;
weighted interleaving walks the nodes in ascending order, each as often as its weight says.  All
others take the node that `foretell.memory.fallback` has first.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import InputError
from foretell.memory.fallback import fallback_orders
from foretell.memory.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foretell.memory.machine import Machine

__all__ = ["MODES", "PAGES_MAX", "Mapped", "Placement", "Policy", "place", "ranges"]

# As numa_maps shows them, and as set_mempolicy(2) calls them.
MODES = ("default", "local", "bind", "prefer", "prefer (many)", "interleave", "weighted interleave")
PAGES_MAX = 1 << 34  # 64 TiB of 4 KiB pages


class Policy(NamedTuple):
    """A memory policy: one of `MODES` and the nodes of its mask, ascending."""

    mode: str
    nodes: tuple[int, ...] = ()


class Mapped(NamedTuple):
    """A mapping in pages: where it starts, how many pages, its offset, the order of folios.

    ``offset`` is that of the file; None for anonymous memory, whose offset is its start.
    """

    start: int
    pages: int
    offset: int | None = None
    order: int = 0


class Placement(NamedTuple):
    """The nodes of a mapping's pages: ``pattern``, from its ``first`` folio on, again and again."""

    mapped: Mapped
    pattern: bytes | tuple[int, ...]
    first: int

    def node(self, page: int) -> int:
        """Return the node of one page, counted from the start of the mapping."""
        number = self.first + (page >> self.mapped.order)
        return self.pattern[number % len(self.pattern)]

    def histogram(self) -> dict[int, int]:
        """Return how many pages lie on each node, by the node's number."""
        counts: dict[int, int] = {}
        order, length = self.mapped.order, len(self.pattern)
        folios, rest = divmod(self.mapped.pages, 1 << order)
        whole, some = divmod(folios, length)
        for node in self.pattern:
            counts[node] = counts.get(node, 0) + (whole << order)
        for index in range(some):
            counts[self.pattern[(self.first + index) % length]] += 1 << order
        if rest:
            counts[self.pattern[(self.first + folios) % length]] += rest
        return {node: counts[node] for node in sorted(counts) if counts[node]}


def place(
    policy: Policy, mapped: Mapped, machine: Machine, weights: Mapping[int, int], local: int
) -> Placement:
    """Return where the pages of a mapping are put by a thread that runs on node ``local``.

    ``weights`` are those of the nodes that are not 1.  Raises `InputError` for a policy that the
    kernel refuses, `Unmodelled` for one that depends on more than what is told.
    """
    if not 0 <= mapped.pages <= PAGES_MAX:
        raise InputError("too-large", f"{mapped.pages} pages are more than {PAGES_MAX}")
    nodes = _effective(policy, machine)
    start = mapped.start if mapped.offset is None else mapped.offset
    first = start >> mapped.order
    if policy.mode == "weighted interleave":
        turns = [node for node in nodes for _ in range(weights.get(node, 1))]
    elif policy.mode == "interleave":
        turns = list(nodes)
    else:
        turns = [_nearest(policy, nodes, machine, local)]
    return Placement(mapped, tuple(turns), first)


def ranges(placement: Placement) -> Iterator[tuple[int, int, int]]:
    """Yield ``(first page, pages, node)`` of each run on one node, in ascending order."""
    mapped = placement.mapped
    if len(set(placement.pattern)) == 1:
        if mapped.pages:
            yield 0, mapped.pages, placement.pattern[0]
        return
    length, size = len(placement.pattern), 1 << mapped.order
    begin, last = 0, -1
    for number, page in enumerate(range(0, mapped.pages, size), placement.first):
        node = placement.pattern[number % length]
        if node != last:
            if page:
                yield begin, page - begin, last
            begin, last = page, node
    if mapped.pages:
        yield begin, mapped.pages - begin, last


def _effective(policy: Policy, machine: Machine) -> tuple[int, ...]:
    """Return the nodes with memory that the policy names; raise what the kernel refuses."""
    if policy.mode not in MODES:
        raise Unmodelled("memory-policy", f"the policy {policy.mode!r} is not modelled")
    with_memory = [node.number for node in machine.nodes if node.size]
    if policy.mode in {"default", "local"}:
        if policy.nodes:
            raise InputError(
                "bad-policy",
                f"{policy.mode} takes no nodes",
                rule="set_mempolicy(2): nodemask must be empty",
            )
        return tuple(with_memory)
    nodes = tuple(node for node in with_memory if node in policy.nodes)
    if not nodes:
        raise InputError(
            "bad-policy",
            f"{policy.mode}: none of its nodes has memory",
            rule="set_mempolicy(2), EINVAL: the mask must hold a node that is on-line",
        )
    return nodes


def _nearest(policy: Policy, nodes: tuple[int, ...], machine: Machine, local: int) -> int:
    """Return the node that is tried first from where the thread runs."""
    if policy.mode == "prefer":
        return nodes[0]
    orders = fallback_orders(machine)
    if local not in orders:
        raise InputError("bad-node", f"there is no node {local} for the thread to run on")
    return next(node for node in orders[local] if node in nodes)
