"""In which memory tier is each node, and where are its pages demoted to?

Rules: ``include/linux/memory-tiers.h`` documents the numbers, guests with 6.12 to 7.3 gave the
rest.  A node's abstract distance compares its access with that of the first node with CPUs: 576
for what is equal, more for what is slower.  The divisions are whole, left to right.  128 distances
are one tier.  A tier's pages are demoted to the nearest nodes of the next tier; when these are
full, to any node of a lower tier.  Memory that comes in a slot after boot is never compared: it has
the distance of nodes with CPUs, however slow it is.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.memory.machine import Access, Machine, Node

__all__ = ["CHUNK_BITS", "DAX_DISTANCE", "DRAM_DISTANCE", "NodeTier", "Tiers", "find_tiers"]

CHUNK_BITS = 7
DRAM_DISTANCE = (4 << CHUNK_BITS) + (1 << (CHUNK_BITS - 1))
DAX_DISTANCE = DRAM_DISTANCE * 5


class NodeTier(NamedTuple):
    """One node's abstract distance, tier and demotion targets, with the reason for the distance."""

    node: int
    distance: int
    tier: int
    preferred: tuple[int, ...]
    fallback: tuple[int, ...]
    reason: Reason


class Tiers(NamedTuple):
    """The tiers of a machine: nodes by tier, fastest first, and each node's row.

    ``top`` is the slowest tier that has a node with CPUs: what lies there or above is never
    promoted.
    """

    nodes: Mapping[int, tuple[int, ...]]
    rows: tuple[NodeTier, ...]
    top: int


def find_tiers(machine: Machine) -> Tiers:
    """Return the tiers of all nodes with memory."""
    reference, problem = _reference(machine)
    found: dict[int, tuple[int, Reason]] = {}
    for node in machine.nodes:
        if node.size:
            found[node.number] = _distance(node, reference, problem)
    by_tier: dict[int, list[int]] = {}
    for number, (distance, _) in found.items():
        by_tier.setdefault(distance >> CHUNK_BITS, []).append(number)
    order = sorted(by_tier)
    tiers = {tier: tuple(by_tier[tier]) for tier in order}
    rows = []
    for number, (distance, reason) in found.items():
        tier = distance >> CHUNK_BITS
        lower = order[order.index(tier) + 1 :]
        rows.append(
            NodeTier(
                number,
                distance,
                tier,
                _nearest(machine, number, tiers[lower[0]]) if lower else (),
                tuple(sorted(node for below in lower for node in tiers[below])),
                reason,
            )
        )
    with_cpus = [row.tier for row in rows if machine.node(row.node).has_cpus]
    return Tiers(tiers, tuple(rows), max(with_cpus, default=order[0] if order else 0))


def _nearest(machine: Machine, number: int, nodes: tuple[int, ...]) -> tuple[int, ...]:
    least = min(machine.distance(number, node) for node in nodes)
    return tuple(node for node in nodes if machine.distance(number, node) == least)


def _reference(machine: Machine) -> tuple[Node | None, Reason | None]:
    """Return the node that others are compared with, or why there is no comparing."""
    reference = None
    for node in machine.nodes:
        if not node.has_cpus or not node.size or node.access is None:
            continue
        if not all(node.access):
            return None, Reason("reference-incomplete", {"node": node.number})
        if reference is None:
            reference = node
            continue
        assert reference.access is not None
        for name, value, other in zip(
            type(node.access)._fields, reference.access, node.access, strict=True
        ):
            if abs(value - other) * 10 > value:
                return None, Reason(
                    "reference-differs",
                    {
                        "node": node.number,
                        "reference": reference.number,
                        "what": name,
                        "value": other,
                        "expected": value,
                    },
                )
    if reference is None:
        return None, Reason("reference-unknown")
    return reference, None


def _distance(node: Node, reference: Node | None, problem: Reason | None) -> tuple[int, Reason]:
    """Return a node's abstract distance and why."""
    fields: dict[str, int | str] = {"node": node.number}
    if node.has_cpus:
        return DRAM_DISTANCE, Reason("tier-dram", fields | {"distance": DRAM_DISTANCE})
    if node.arrival == "slot":
        return DRAM_DISTANCE, Reason("tier-slot", fields | {"distance": DRAM_DISTANCE})
    default = DAX_DISTANCE if node.arrival == "dax" else DRAM_DISTANCE
    if reference is None or reference.access is None:
        parents = [problem] if problem is not None else []
        return default, Reason("tier-default", fields | {"distance": default}, parents=parents)
    if node.access is None or not all(node.access):
        missing = Reason("access-not-told", fields)
        return default, Reason("tier-default", fields | {"distance": default}, parents=[missing])
    distance = abstract_distance(node.access, reference.access)
    parents = [_told(node), _told(reference)]
    derived = fields | {"reference": reference.number, "distance": distance}
    return distance, Reason("tier-derived", derived, parents=parents)


def abstract_distance(access: Access, reference: Access) -> int:
    """Return the abstract distance of a node with ``access``, none of whose values is 0."""
    latency = DRAM_DISTANCE * (access.read_latency + access.write_latency)
    latency //= reference.read_latency + reference.write_latency
    bandwidth = reference.read_bandwidth + reference.write_bandwidth
    return latency * bandwidth // (access.read_bandwidth + access.write_bandwidth)


def _told(node: Node) -> Reason:
    access = node.access
    assert access is not None
    text = (
        f"read {access.read_bandwidth} MB/s {access.read_latency} ns, "
        f"write {access.write_bandwidth} MB/s {access.write_latency} ns"
    )
    return Reason(
        "access-told",
        {"node": node.number, **access._asdict()},
        evidence=[Evidence("access", node.origin, text)],
    )
