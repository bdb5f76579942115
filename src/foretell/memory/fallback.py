"""In which order does the kernel try nodes when one has no memory left, or may not be used?

Found by asking guests with ``bind`` and ``prefer (many)`` over nodes at random distances.  The
order is made once for each node, in the order of their numbers: the node itself, then again and
again the one with the smallest distance, where a node of a smaller number counts as one farther.
What is left equal is decided by how often a node was the first of its distance in an earlier order,
then by its number.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.memory.machine import Machine

__all__ = ["fallback_orders"]


def fallback_orders(machine: Machine) -> dict[int, tuple[int, ...]]:
    """Return, for each node, all nodes with memory in the order in which they are tried."""
    numbers = [node.number for node in machine.nodes]
    with_memory = {node.number for node in machine.nodes if node.size}
    load = dict.fromkeys(numbers, 0)
    orders = {}
    for local in numbers:
        order = [local] if local in with_memory else []
        left = with_memory - {local}
        last = local
        while left:
            best = min(
                left,
                key=lambda node: (
                    machine.distance(local, node) + (node < local),
                    load[node],
                    node,
                ),
            )
            if machine.distance(local, best) != machine.distance(local, last):
                load[best] += 1
            order.append(best)
            left.discard(best)
            last = best
        orders[local] = tuple(order)
    return orders
