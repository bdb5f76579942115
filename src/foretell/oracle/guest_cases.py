"""Which machines, writes and mappings are guests asked about?

All is drawn from a random stream, so that a seed names a case everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.oracle.guest import PageWish
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random

__all__ = ["MODES", "GuestCase", "draw_case", "draw_later_case"]

# The numbers of set_mempolicy(2), and the words of numa_maps.
MODES = {
    None: "default",
    1: "prefer",
    2: "bind",
    3: "interleave",
    4: "local",
    5: "prefer (many)",
    6: "weighted interleave",
}
_FIRST_MIB = 192
_MEMORY_MIB = (24, 32, 48)
_TEXTS = ("1", "2", "5", "7", "31", "32", "200", "255", "256", "0", "-1", "x", "0x10", "010", "+3")
_SWITCHES = ("0", "1", "1", "0", "y", "off", "maybe", "2")
_DIMM_MIB = 256
_WRITES = 8
_WISHES = 12
_PAGES_MAX = 200
_LAST_VPN = 0x7F00_0000_0


class GuestCase(NamedTuple):
    """One machine, what is done to it, and what is mapped on it.

    ``writes`` are pairs: a node's number or ``auto`` and a text for its file, or ``memory`` and
    the new state of the memory of ``later``, the node whose memory is a DIMM in a slot (-1: none).
    """

    seed: str
    machine: GuestMachine
    writes: tuple[tuple[str, str], ...]
    wishes: tuple[PageWish, ...]
    later: int = -1

    def arguments(self) -> list[str]:
        """Return QEMU's arguments for the DIMM."""
        if self.later < 0:
            return []
        return [
            "-m",
            f"{self.machine.memory_mib}M,slots=1,maxmem=4G",
            "-object",
            f"memory-backend-ram,id=later,size={_DIMM_MIB}M",
            "-device",
            f"pc-dimm,memdev=later,node={self.later}",
        ]


def draw_later_case(seed: str) -> GuestCase:
    """Return a case whose last node has no memory but a DIMM that goes and comes."""
    import random

    draw = random.Random(f"later {seed}")  # noqa: S311 - a repeatable choice, no secret
    case = draw_case(seed)
    machine = case.machine
    later = len(machine.nodes) - 1
    nodes = [*machine.nodes[:later], machine.nodes[later]._replace(memory_mib=0)]
    nodes = [*nodes[:-1], nodes[-1]._replace(cpus=0)]
    paths = tuple(path for path in machine.paths if path.initiator != later)
    words = (*machine.words, "memhp_default_state=online_movable")
    state = "online_movable"
    writes = []
    for write in (*case.writes, *case.writes):
        if draw.random() < 0.4:
            state = "offline" if state != "offline" else "online_movable"
            writes.append(("memory", state))
        writes.append(write)
    if state == "offline":  # mappings are placed on all nodes
        writes.append(("memory", "online_movable"))
    changed = machine._replace(nodes=tuple(nodes), paths=paths, words=words)
    return case._replace(machine=changed, writes=tuple(writes), later=later)


def draw_case(seed: str) -> GuestCase:
    """Return the case of a seed; writes are ``(node number or "auto", text)``."""
    import random

    draw = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
    machine = _machine(draw)
    count = len(machine.nodes)
    writes = tuple(
        ("auto", draw.choice(_SWITCHES))
        if draw.random() < 0.3
        else (str(draw.randrange(count + 1)), draw.choice(_TEXTS))
        for _ in range(_WRITES)
    )
    wishes = tuple(_wish(draw, count) for _ in range(_WISHES))
    return GuestCase(seed, machine, writes, wishes)


def _machine(draw: Random) -> GuestMachine:
    count = draw.randint(2, 8)
    with_cpus = 2 if count > 2 and draw.random() < 0.3 else 1
    nodes = [GuestNode(_FIRST_MIB, cpus=1)]
    nodes += [GuestNode(draw.choice(_MEMORY_MIB), cpus=1) for _ in range(with_cpus - 1)]
    nodes += [
        GuestNode(draw.choice(_MEMORY_MIB), initiator=draw.randrange(with_cpus))
        for _ in range(count - with_cpus)
    ]
    fast = draw.randint(8, 60) << 10, draw.randint(60, 120)
    paths = [
        _path(draw, initiator, target, nodes[target], fast)
        for initiator in range(with_cpus)
        for target in range(count)
    ]
    if draw.random() < 0.15:  # a firmware that leaves something out
        paths.remove(draw.choice(paths))
    distances = []
    if draw.random() < 0.5:
        for near in range(count):
            for far in range(near):
                distance = draw.choice((17, 20, 20, 21, 30, 40))
                distances += [(near, far, distance), (far, near, distance)]
    return GuestMachine(tuple(nodes), tuple(paths), tuple(distances))


def _path(
    draw: Random, initiator: int, target: int, node: GuestNode, fast: tuple[int, int]
) -> GuestPath:
    bandwidth, latency = fast
    if not node.cpus:
        bandwidth = draw.randint(1, 60) << 10
        latency = draw.randint(latency, 900)
    elif target:  # a second node with CPUs: like the first, or not quite
        bandwidth = bandwidth * draw.choice((100, 100, 95, 105, 85)) // 100
        latency = latency * draw.choice((100, 100, 108, 115)) // 100
    if initiator != target and node.cpus:
        bandwidth, latency = bandwidth // 2, latency * 2
    is_even = draw.random() < 0.7
    return GuestPath(
        initiator,
        target,
        latency,
        latency if is_even else latency + draw.randint(0, 200),
        bandwidth,
        bandwidth if is_even else max(1024, bandwidth - (draw.randint(0, 20) << 10)),
    )


def _wish(draw: Random, count: int) -> PageWish:
    mode = draw.choice((None, 1, 2, 3, 3, 4, 5, 6, 6, 6, 6))
    nodes: tuple[int, ...] = ()
    if mode in {2, 3, 5, 6}:
        nodes = tuple(sorted(draw.sample(range(count), draw.randint(1, count))))
    elif mode == 1:
        nodes = (draw.randrange(count),)
    return PageWish(
        pages=draw.randint(1, _PAGES_MAX),
        mode=mode,
        nodes=nodes,
        task=draw.random() < 0.3,
        at=draw.randrange(1 << 20, _LAST_VPN) if draw.random() < 0.5 else 0,
        first=draw.choice((0, 0, 0, 3)),
        step=draw.choice((1, 1, 1, 2, 7)),
        cpu=0,
    )
