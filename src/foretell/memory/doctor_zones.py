"""In which zones does memory lie that was added, and what follows from that?"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.memory.doctor_tree import Tree
    from foretell.memory.machine import Machine
    from foretell.model.evidence import Evidence

__all__ = ["check_zones"]

_MEMORY = "sys/devices/system/memory"
_NODES = "sys/devices/system/node"
_ONLINE = f"{_MEMORY}/auto_online_blocks"
_SIZE = f"{_MEMORY}/block_size_bytes"
_GIGANTIC = "proc/sys/vm/movable_gigantic_pages"
_HUGE = "sys/kernel/mm/hugepages/hugepages-1048576kB"
_BLOCK = re.compile(r"memory\d{1,9}\Z", re.ASCII)
_BLOCKS_MAX = 4096  # of a node, looked at
_SMALL = 128 << 20


def check_zones(
    tree: Tree, machine: Machine
) -> Iterator[tuple[str, str, dict[str, int | str], tuple[Evidence, ...]]]:
    """Yield findings about memory blocks: ``(kind, severity, fields, evidence)``."""
    offline = []
    for node in machine.nodes:
        zones: dict[str, str] = {}
        for name in tree.names(f"{_NODES}/node{node.number}")[:_BLOCKS_MAX]:
            if not _BLOCK.match(name):
                continue
            if tree.text(f"{_MEMORY}/{name}/state") == "offline":
                offline.append(name)
                continue
            zone = (tree.text(f"{_MEMORY}/{name}/valid_zones") or "").split()
            if zone:
                zones.setdefault(zone[0], name)
        if not node.has_cpus and "Normal" in zones:
            place = f"{_MEMORY}/{zones['Normal']}/valid_zones"
            yield "kernel-may-use", "surprise", {"node": node.number}, (tree.evidence(place),)
        if set(zones) == {"Movable"} and tree.has(_HUGE) and tree.text(_GIGANTIC) != "1":
            kind = "gigantic-refused" if tree.has(_GIGANTIC) else "gigantic-impossible"
            shown = [tree.evidence(f"{_MEMORY}/{zones['Movable']}/valid_zones")]
            if tree.has(_GIGANTIC):
                shown.append(tree.evidence(_GIGANTIC))
            yield kind, "surprise", {"node": node.number}, tuple(shown)
    if offline:
        shown = [tree.evidence(f"{_MEMORY}/{offline[0]}/state")]
        yield "memory-offline", "surprise", {"blocks": len(offline)}, tuple(shown)
    policy = tree.text(_ONLINE)
    if policy == "offline":
        yield "added-stays-offline", "note", {}, (tree.evidence(_ONLINE),)
    elif policy == "online":
        yield "added-is-normal", "note", {}, (tree.evidence(_ONLINE),)
    size = tree.integer(_SIZE, 16)
    if size is not None and size > _SMALL:
        yield "large-blocks", "note", {"size": size}, (tree.evidence(_SIZE),)
