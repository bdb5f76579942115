"""Which machines, mappings and CXL layouts shall guests be asked about?

Drawn from a seeded generator, so that a disagreement can be had again.  What firmware can say is
limited (an HMAT table has 16 bits for an entry and one unit for all), and so is what is drawn.
"""

from __future__ import annotations

from foretell.oracle.guest import PageWish
from foretell.oracle.guest_cxl import CxlBridge, CxlLayout, CxlRegion, CxlWindow
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random

__all__ = ["draw_layout", "draw_machine", "draw_wishes"]

NODES_MAX = 8
BANDWIDTH_STEP_MIB = 16  # 16 bits of it: up to 1 TiB/s
_PREFERRED, _BIND, _INTERLEAVE, _LOCAL, _PREFERRED_MANY, _WEIGHTED = 1, 2, 3, 4, 5, 6


def draw_machine(random: Random, *, nodes_max: int = NODES_MAX) -> GuestMachine:
    """Return a machine of 2 to ``nodes_max`` nodes, most with one node of processors."""
    count = random.randint(2, nodes_max)
    owners = 2 if count > 2 and random.random() < 0.25 else 1
    nodes = [GuestNode(96 if at == 0 else 32, cpus=1) for at in range(owners)]
    nodes += [GuestNode(16, initiator=random.randrange(owners)) for _ in range(count - owners)]
    is_complete = random.random() < 0.8
    same = random.random() < 0.7  # reading and writing
    fast = (random.randint(60, 120), _bandwidth(random, 2000, 30_000))
    paths = []
    for initiator in range(owners):
        for target in range(count):
            if not is_complete and random.random() < 0.3:
                continue
            if target < owners and random.random() < 0.8:
                latency, bandwidth = (
                    round(fast[0] * (1 + random.choice((0, 0, 0.05, 0.2)))),
                    fast[1],
                )
            else:
                latency, bandwidth = random.randint(60, 1000), _bandwidth(random, 50, 20_000)
            write_latency = latency if same else random.randint(60, 1000)
            write_bandwidth = bandwidth if same else _bandwidth(random, 50, 20_000)
            paths.append(
                GuestPath(initiator, target, latency, write_latency, bandwidth, write_bandwidth)
            )
    distances = []
    if random.random() < 0.7:
        distances = [
            (source, target, random.choice((11, 15, 17, 20, 21, 30, 40, 100)))
            for source in range(count)
            for target in range(count)
            if source != target
        ]
    return GuestMachine(tuple(nodes), tuple(paths), tuple(distances))


def _bandwidth(random: Random, low: int, high: int) -> int:
    """Return a bandwidth in MiB/s, as likely between 1 and 2 as between 10 and 20 GiB/s."""
    import math

    return round(math.exp(random.uniform(math.log(low), math.log(high)))) * BANDWIDTH_STEP_MIB


def draw_wishes(random: Random, nodes: int, count: int) -> list[PageWish]:
    """Return mappings under policies whose nodes are some of the first ``nodes``."""
    wishes = []
    for _ in range(count):
        mode = random.choice((_WEIGHTED, _WEIGHTED, _WEIGHTED, _INTERLEAVE, _BIND, None))
        mode = random.choice((mode, mode, mode, _PREFERRED, _PREFERRED_MANY, _LOCAL))
        chosen = sorted(random.sample(range(nodes), random.randint(1, nodes)))
        if mode == _PREFERRED:
            chosen = chosen[:1]
        if mode in (None, _LOCAL):
            chosen = []
        wishes.append(
            PageWish(
                pages=random.randint(1, 200),
                mode=mode,
                nodes=tuple(chosen),
                task=random.random() < 0.3,
                first=random.choice((0, 0, 0, 1, 5)),
                step=random.choice((1, 1, 1, 2, 3)),
            )
        )
    return wishes


def draw_layout(random: Random) -> CxlLayout:
    """Return a layout of one or two bridges with devices, windows and regions that fit."""
    bridges = []
    for _ in range(random.choice((1, 1, 2))):
        sizes = [256 * random.choice((1, 1, 2)) for _ in range(random.choice((1, 1, 2)))]
        latency = bandwidth = 0
        if random.random() < 0.7:
            latency = random.randint(80, 400)
            bandwidth = _bandwidth(random, 200, 4000)
        bridges.append(CxlBridge(tuple(sizes), latency, bandwidth))
    # Either a window for each bridge, or one over both.
    if len(bridges) == 2 and random.random() < 0.3:
        first = len(bridges[0].devices_mib)
        return CxlLayout(
            tuple(bridges), (CxlWindow((0, 1)),), (CxlRegion((0, first), device_mib=256),)
        )
    regions = []
    device = 0
    for at, bridge in enumerate(bridges):
        numbers = tuple(range(device, device + len(bridge.devices_mib)))
        device += len(numbers)
        if len(numbers) == 1 or random.random() < 0.6:
            regions.append(CxlRegion(numbers, at))
        else:
            regions += [CxlRegion((number,), at) for number in numbers]
    windows = tuple(CxlWindow((at,)) for at in range(len(bridges)))
    return CxlLayout(tuple(bridges), windows, tuple(regions))
