"""What does a machine have, as the kernel sees it?

A node's `Access` is the kernel's "CPU" access class: what the nearest node with CPUs gets from
this node's memory, as in ``/sys/devices/system/node/nodeN/access1/initiators``.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ARRIVALS", "LOCAL", "NODES_MAX", "REMOTE", "Access", "Machine", "Node", "make_machine"]

NODES_MAX = 1024  # MAX_NUMNODES where CONFIG_NODES_SHIFT is 10, as Debian sets it
ARRIVALS = ("boot", "dax", "slot")
LOCAL = 10  # distances as ACPI's SLIT has them
REMOTE = 20


class Access(NamedTuple):
    """What the nearest CPUs get: bandwidths in MB/s, latencies in ns; 0 is not told."""

    read_bandwidth: int = 0
    write_bandwidth: int = 0
    read_latency: int = 0
    write_latency: int = 0


class Node(NamedTuple):
    """One NUMA node; ``size`` in bytes, 0 without memory; ``origin`` says who tells about it.

    ``arrival`` says how its memory comes: with the firmware at ``boot``, through ``dax`` (CXL and
    PMEM, the driver kmem), or in a ``slot`` that the firmware announces later (ACPI hotplug).
    """

    number: int
    has_cpus: bool
    size: int
    access: Access | None = None
    arrival: str = "boot"
    origin: str = ""

    @property
    def bandwidth(self) -> int:
        """The smaller of read and write bandwidth, MB/s; 0 when it is not told."""
        return min(self.access[:2]) if self.access else 0


class Machine(NamedTuple):
    """Nodes in ascending order of their numbers, and how far they are apart.

    ``distances`` has what differs from 10 for a node itself and 20 for any other.
    """

    nodes: tuple[Node, ...]
    distances: Mapping[tuple[int, int], int]

    def distance(self, near: int, far: int) -> int:
        """Return the distance of two nodes, as ``nodeN/distance`` shows it."""
        return self.distances.get((near, far), LOCAL if near == far else REMOTE)

    def node(self, number: int) -> Node:
        """Return one node; raise `KeyError` when the machine has none of that number."""
        for node in self.nodes:
            if node.number == number:
                return node
        raise KeyError(number)


def make_machine(
    nodes: Mapping[int, Node], distances: Mapping[tuple[int, int], int], place: str
) -> Machine:
    """Return the machine; raise `InputError` for numbers that no kernel has.

    ``place`` says where the nodes are told about.
    """
    if not nodes:
        raise InputError("no-nodes", "there is no node", path=place)
    for number in nodes:
        if not 0 <= number < NODES_MAX:
            raise InputError(
                "bad-node", f"node {number} is not between 0 and {NODES_MAX - 1}", path=place
            )
    for (near, far), distance in distances.items():
        if near not in nodes or far not in nodes:
            raise InputError("bad-distance", f"distance {near} to {far}: no such node", path=place)
        if near == far and distance != LOCAL:
            raise InputError(
                "bad-distance", f"node {near} is {distance} from itself, not {LOCAL}", path=place
            )
        if near != far and not LOCAL < distance < 255:
            raise InputError(
                "bad-distance",
                f"distance {near} to {far} is {distance}, not between {LOCAL + 1} and 254",
                path=place,
                rule="ACPI 6.5, 5.2.17: 0 to 9 are reserved, 255 means unreachable",
            )
    return Machine(tuple(nodes[number] for number in sorted(nodes)), dict(distances))
