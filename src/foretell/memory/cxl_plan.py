"""What does the kernel make of CXL memory: nodes, tiers, weights, zones, and what is lost?

Rules: what guests with 6.12 to 7.3 did, on machines of QEMU 10.  Each fixed memory window is one
node, numbered after those of the firmware; all regions in a window share it.  Only whole memory
blocks inside a region are used.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.memory.cxl import GRANULE
from foretell.memory.machine import Access, Machine, Node, make_machine
from foretell.memory.tiers import find_tiers
from foretell.memory.unmodelled import Unmodelled
from foretell.memory.weights import boot_weights
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.memory.cxl import Cxl, Region
    from foretell.memory.kernels import Rules
    from foretell.memory.tiers import Tiers

__all__ = ["POLICIES", "CxlPlan", "RegionPlan", "block_size", "plan_cxl"]

POLICIES = ("offline", "online", "online_kernel", "online_movable")
_GIB = 1 << 30
_BLOCK_MIN = 128 << 20
_BLOCK_MAX = 2 << 30
_SMALL_RAM = 64 << 30  # up to here x86 has blocks of 128 MiB
_LOW_END = 0xB000_0000  # where QEMU's q35 ends the memory below 4 GiB ...
_LOW_SPLIT = 0x8000_0000  # ... and where, when there is more
_HIGH = 4 << 30
_REGISTERS = 16 * (64 << 10)  # of host bridges, before the first window


class RegionPlan(NamedTuple):
    """One region: where it lies, what of it is used, and how.

    ``lost_before`` and ``lost_after`` are bytes outside of whole memory blocks; ``zone`` is empty
    while the memory is offline.  ``gigantic`` is how many pages of 1 GiB lie in it whole,
    ``allows_gigantic`` whether the zone takes them.
    """

    number: int
    window: int
    node: int
    base: int
    size: int
    lost_before: int
    lost_after: int
    zone: str
    gigantic: int
    allows_gigantic: bool
    access: Access | None
    reasons: tuple[Reason, ...]
    is_refused: bool = False

    @property
    def used(self) -> int:
        """Bytes in whole memory blocks; with less than one block the kernel refuses all."""
        return self.size - self.lost_before - self.lost_after


class CxlPlan(NamedTuple):
    """All of it.  ``unused`` are bytes of devices that no region takes.

    ``tiers`` and ``weights`` are those after all regions, in automatic mode.
    """

    kernel: str
    policy: str
    block: int
    block_reason: Reason
    regions: tuple[RegionPlan, ...]
    unused: int
    tiers: Tiers
    weights: Mapping[int, int]
    warnings: tuple[Reason, ...]


def plan_cxl(
    machine: Machine, cxl: Cxl, rules: Rules, policy: str | None = None, *, movable_gigantic: bool
) -> CxlPlan:
    """Return what the kernel does with a machine and its CXL; raise `Unmodelled`."""
    chosen = rules.auto_online if policy is None else policy
    ram_end = cxl.ram_end or _ram_end(machine)
    bases = _window_bases(cxl, machine)
    block, why = block_size(cxl, bases, ram_end, rules)
    first = machine.nodes[-1].number + 1
    link = rules.link_latency if cxl.link_latency is None else cxl.link_latency
    regions: list[RegionPlan] = []
    next_base = list(bases)
    for number, region in enumerate(cxl.regions):
        base = next_base[region.window]
        size = region.device_size * len(region.devices)
        next_base[region.window] += size
        row = _region(number, region, base, block, chosen, first)
        access = cxl.access(region, link or 0)
        row = row._replace(access=access, is_refused=_is_behind(cxl, number, base, regions))
        if row.is_refused:
            row = row._replace(zone="", lost_before=size, lost_after=0)
        takes = row.zone == "Normal" or (movable_gigantic and rules.movable_gigantic)
        regions.append(row._replace(allows_gigantic=bool(row.zone) and takes))
    taken = sum(region.device_size * len(region.devices) for region in cxl.regions)
    there = sum(size for bridge in cxl.bridges for size in bridge.devices)
    weights = _weights(machine, regions, rules)
    ports = _port_accesses(cxl, machine)
    if link is None and any(it.zone and it.access and it.node not in ports for it in regions):
        raise Unmodelled(
            "link-latency",
            f"which latency kernel {rules.series} counts for a CXL link was never asked;"
            " tell cxl.device.link_latency",
        )
    tiers = find_tiers(_with_nodes(machine, regions, ports))
    return CxlPlan(
        kernel=rules.series,
        policy=chosen,
        block=block,
        block_reason=why,
        regions=tuple(regions),
        unused=there - taken,
        tiers=tiers,
        weights=weights,
        warnings=tuple(_warnings(regions, cxl, machine, rules)),
    )


def block_size(cxl: Cxl, bases: Sequence[int], ram_end: int, rules: Rules) -> tuple[int, Reason]:
    """Return the size of a memory block on amd64 and why."""
    if cxl.block_size:
        return cxl.block_size, Reason("block-told", {"size": cxl.block_size})
    if ram_end < _SMALL_RAM:
        fields = {"size": _BLOCK_MIN, "ram_end": ram_end, "most": _SMALL_RAM}
        return _BLOCK_MIN, Reason("block-small-ram", fields)
    if not rules.block_advice:
        return _BLOCK_MAX, Reason("block-large-ram", {"size": _BLOCK_MAX, "ram_end": ram_end})
    aligned = 0
    for base, window in zip(bases, cxl.windows, strict=True):
        aligned |= base | window.size
    advised = min(max(aligned & -aligned, _BLOCK_MIN), _BLOCK_MAX)
    size = advised
    while size > _BLOCK_MIN and ram_end % size:
        size //= 2
    fields = {"size": size, "ram_end": ram_end, "advised": advised}
    return size, Reason("block-advised", fields)


def _region(
    number: int,
    region: Region,
    base: int,
    block: int,
    policy: str,
    first: int,
) -> RegionPlan:
    size = region.device_size * len(region.devices)
    start, end = -(-base // block) * block, (base + size) // block * block
    before, after = min(start - base, size), 0
    if start < base + size:
        after = base + size - max(end, start)
    zone = {"offline": "", "online_movable": "Movable"}.get(policy, "Normal")
    gigantic = max(end // _GIB - -(-start // _GIB), 0)
    fields = {"base": base, "size": size, "block": block, "start": start, "end": end}
    reasons = [Reason("region-trimmed" if before or after else "region-whole", fields)]
    reasons.append(Reason("zone-of-policy", {"policy": policy, "zone": zone}))
    return RegionPlan(
        number,
        region.window,
        first + region.window,
        base,
        size,
        before,
        after,
        zone if before + after < size else "",
        gigantic,
        False,
        None,
        tuple(reasons),
    )


def _is_behind(cxl: Cxl, number: int, base: int, made: Sequence[RegionPlan]) -> bool:
    """Say whether a bridge of this region has one at a higher address already.

    Decoders of a bridge are used in the order of addresses: the kernel answers EBUSY.
    """
    own = {cxl.bridge_of(device) for device in cxl.regions[number].devices}
    for before in made:
        bridges = {cxl.bridge_of(device) for device in cxl.regions[before.number].devices}
        if not before.is_refused and before.base > base and own & bridges:
            return True
    return False


def _ram_end(machine: Machine) -> int:
    """Return where QEMU's q35 ends the RAM."""
    ram = sum(node.size for node in machine.nodes if node.arrival == "boot")
    return ram if ram < _LOW_END else _HIGH + ram - _LOW_SPLIT


def _window_bases(cxl: Cxl, machine: Machine) -> list[int]:
    """Return where windows begin: as told, else one after the other as QEMU puts them."""
    at = max(_ram_end(machine), _HIGH) + _REGISTERS
    bases = []
    for window in cxl.windows:
        base = -(-at // GRANULE) * GRANULE if window.base is None else window.base
        bases.append(base)
        at = base + window.size
    return bases


def _port_accesses(cxl: Cxl, machine: Machine) -> dict[int, Access]:
    """Return what generic ports tell, by proximity domain."""
    domain = machine.nodes[-1].number + 1
    found = {}
    for bridge in cxl.bridges:
        if not bridge.bandwidth:
            continue
        number = domain if bridge.domain is None else bridge.domain
        domain += 1
        found[number] = Access(bridge.bandwidth, bridge.bandwidth, bridge.latency, bridge.latency)
    return found


def _with_nodes(
    machine: Machine, regions: Sequence[RegionPlan], ports: Mapping[int, Access]
) -> Machine:
    """Return the machine with the nodes of the regions, as the tiers see their access.

    The first region tells for its node.
    A window's node has the number that a generic port's proximity domain may have already: what
    the table says of the port alone is then taken for the node's (seen with 7.3).
    """
    nodes = {node.number: node for node in machine.nodes}
    for region in regions:
        if region.zone and region.node not in nodes:
            access = ports.get(region.node, region.access)
            nodes[region.node] = Node(
                region.node, False, region.used, access, "dax", f"region {region.number}"
            )
    return make_machine(nodes, machine.distances, "cxl")


def _weights(machine: Machine, regions: Sequence[RegionPlan], rules: Rules) -> dict[int, int]:
    state = boot_weights(machine, rules)
    for region in regions:
        if rules.keeps_files:
            state.add(region.node)
        elif region.zone and region.node not in state.nodes:  # the first region tells for its node
            state.add(region.node, min(region.access[:2]) if region.access else None)
    return state.weights()


def _warnings(
    regions: Sequence[RegionPlan], cxl: Cxl, machine: Machine, rules: Rules
) -> list[Reason]:
    """Return what happens against one's wish, most grave first."""
    found = []
    for region in regions:
        fields = {"region": region.number, "node": region.node}
        if region.is_refused:
            found.append(Reason("decoder-order", fields))
        elif region.used <= 0:
            found.append(Reason("region-refused", fields))
        elif not region.zone:
            found.append(Reason("left-offline", fields))
        elif region.zone == "Normal":
            found.append(Reason("kernel-may-use", fields))
        if region.zone == "Movable" and region.gigantic and not region.allows_gigantic:
            kind = "gigantic-refused" if rules.movable_gigantic else "gigantic-impossible"
            found.append(Reason(kind, fields | {"pages": region.gigantic}))
        if region.zone and region.access is None:
            found.append(Reason("bandwidth-unknown", fields))
    ports = _port_accesses(cxl, machine)
    nodes = {region.node for region in regions if region.zone}
    found += [Reason("port-is-node", {"node": number}) for number in sorted(nodes & set(ports))]
    shared = [region.window for region in regions]
    twice = sorted({window for window in shared if shared.count(window) > 1})
    found += [Reason("one-node", {"window": window}) for window in twice]
    found += [
        Reason("one-node-interleaved", {"region": region.number, "node": region.node})
        for region, of in zip(regions, cxl.regions, strict=True)
        if len(of.devices) > 1
    ]
    found.append(Reason("no-cma"))
    return found
