"""Which CXL layouts shall guests be asked about?

Drawn from a seeded generator, so that a disagreement can be had again.
"""

from __future__ import annotations

import math

from foretell.oracle.guest_cxl import CxlBridge, CxlLayout, CxlRegion, CxlWindow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random

__all__ = ["draw_layout"]

BANDWIDTH_STEP_MIB = 16  # an HMAT table has 16 bits for an entry: up to 1 TiB/s


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


def _bandwidth(random: Random, low: int, high: int) -> int:
    """Return a bandwidth in MiB/s, as likely between 1 and 2 as between 10 and 20 GiB/s."""
    return round(math.exp(random.uniform(math.log(low), math.log(high)))) * BANDWIDTH_STEP_MIB
