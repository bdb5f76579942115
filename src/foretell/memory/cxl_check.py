"""Does a guest do with its CXL memory what was planned?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.memory.cxl_plan import CxlPlan
    from foretell.oracle.guest_facts import GuestFacts

__all__ = ["compare_cxl"]


def compare_cxl(plan: CxlPlan, facts: GuestFacts) -> list[tuple[str, str, str]]:
    """Return ``(what, planned, found)`` for all that is compared."""
    rows = [("memory block", str(plan.block), str(facts.block_bytes))]
    sizes: dict[int, int] = {}
    zones: dict[int, set[str]] = {}
    for region in plan.regions:
        if region.zone:
            sizes[region.node] = sizes.get(region.node, 0) + region.used
            zones.setdefault(region.node, set()).add(region.zone)
    for node in sorted({region.node for region in plan.regions}):
        found = facts.node_total_kb.get(node, 0) << 10
        rows.append((f"bytes of node{node}", str(sizes.get(node, 0)), str(found)))
        there = {zone.name for zone in facts.zones if zone.node == node}
        rows.append((f"zone of node{node}", _list(zones.get(node, set())), _list(there)))
    tiers = {number: tier for tier, nodes in facts.tiers.items() for number in nodes}
    rows += [
        (f"tier of node{row.node}", str(row.tier), str(tiers.get(row.node)))
        for row in plan.tiers.rows
    ]
    weights = {} if facts.weights is None else facts.weights.nodes
    rows += [
        (f"weight of node{node}", str(weight), str(weights.get(node)))
        for node, weight in plan.weights.items()
    ]
    return rows


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
