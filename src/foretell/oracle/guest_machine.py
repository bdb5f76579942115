"""Which machine shall a guest be, and how is QEMU told?

`GuestMachine` describes the memory nodes of a machine, the paths between them (an HMAT table) and
their distances (a SLIT table).  `machine_arguments` turns it into QEMU's arguments.  What firmware
cannot say is refused, so that nothing is measured on another machine than was asked for.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GuestMachine", "GuestNode", "GuestPath", "machine_arguments"]

NODES_MAX = 16
DISTANCE_LOCAL = 10  # ACPI: what a node's distance to itself is
DISTANCE_REMOTE = 20
DISTANCE_MAX = 254  # ACPI: 255 means unreachable
_LATENCY_NS_MAX = 65_534


class GuestNode(NamedTuple):
    """A node: its memory in MiB (0: none), how many processors, and whose memory it is.

    A node without processors has an ``initiator``, the node that firmware names as nearest to it.
    """

    memory_mib: int
    cpus: int = 0
    initiator: int = 0


class GuestPath(NamedTuple):
    """What the HMAT says about the memory of node ``target``, seen from node ``initiator``.

    Latencies in ns, bandwidths in MiB/s as QEMU takes them; 0 leaves an entry out.
    """

    initiator: int
    target: int
    read_latency_ns: int = 0
    write_latency_ns: int = 0
    read_bandwidth_mib: int = 0
    write_bandwidth_mib: int = 0


class GuestMachine(NamedTuple):
    """A whole machine.

    ``distances`` are triples (from, to, distance); what they do not say is 10 on the diagonal and
    20 elsewhere, and without any there is no SLIT table.  ``words`` go to the kernel's command
    line.
    """

    nodes: tuple[GuestNode, ...] = (GuestNode(256, cpus=1),)
    paths: tuple[GuestPath, ...] = ()
    distances: tuple[tuple[int, int, int], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def memory_mib(self) -> int:
        """Memory of all nodes."""
        return sum(node.memory_mib for node in self.nodes)

    @property
    def cpus(self) -> int:
        """Processors of all nodes."""
        return sum(node.cpus for node in self.nodes)


def machine_arguments(machine: GuestMachine) -> list[str]:
    """Return QEMU's arguments for the memory, the processors and the tables of a machine.

    Raises `UsageError` for a machine that firmware cannot describe.

    >>> machine_arguments(GuestMachine())
    ['-smp', '1', '-m', '256M']
    """
    _check(machine)
    arguments = ["-smp", str(machine.cpus), "-m", f"{machine.memory_mib}M"]
    if len(machine.nodes) > 1 or machine.paths:
        for words in (*_nodes(machine), *_distances(machine), *_paths(machine)):
            arguments += words
    return arguments


def _refuse(why: str) -> UsageError:
    return UsageError("bad-machine", why)


def _check(machine: GuestMachine) -> None:
    nodes = machine.nodes
    if not 1 <= len(nodes) <= NODES_MAX:
        raise _refuse(f"{len(nodes)} nodes: there can be 1 to {NODES_MAX}")
    if not nodes[0].cpus or not nodes[0].memory_mib:
        raise _refuse("node 0 has no processor or no memory: the guest starts there")
    for number, node in enumerate(nodes):
        if node.memory_mib < 0 or node.cpus < 0:
            raise _refuse(f"node {number} has a negative size")
        if not node.cpus and not (0 <= node.initiator < len(nodes) and nodes[node.initiator].cpus):
            raise _refuse(f"node {number}: its initiator {node.initiator} has no processor")
    for path in machine.paths:
        _check_path(machine, path)
    for source, target, distance in machine.distances:
        if not (0 <= source < len(nodes) and 0 <= target < len(nodes)):
            raise _refuse(f"a distance from {source} to {target}: there is no such node")
        low = DISTANCE_LOCAL if source == target else DISTANCE_LOCAL + 1
        if not low <= distance <= (DISTANCE_LOCAL if source == target else DISTANCE_MAX):
            raise _refuse(f"a distance of {distance} from {source} to {target}")


def _check_path(machine: GuestMachine, path: GuestPath) -> None:
    count = len(machine.nodes)
    what = f"the path from {path.initiator} to {path.target}"
    if not (0 <= path.initiator < count and 0 <= path.target < count):
        raise _refuse(f"{what}: there is no such node")
    if not machine.nodes[path.initiator].cpus:
        raise _refuse(f"{what}: node {path.initiator} has no processor")
    if min(path[2:]) < 0:
        raise _refuse(f"{what} has a negative entry")
    if max(path.read_latency_ns, path.write_latency_ns) > _LATENCY_NS_MAX:
        raise _refuse(f"{what}: a latency of more than {_LATENCY_NS_MAX} ns")


def _nodes(machine: GuestMachine) -> Iterator[list[str]]:
    first = 0
    for number, node in enumerate(machine.nodes):
        words = f"node,nodeid={number}"
        if node.memory_mib:
            yield [
                "-object",
                f"memory-backend-ram,id=m{number},size={node.memory_mib}M,reserve=off",
            ]
            words += f",memdev=m{number}"
        if node.cpus:
            last = first + node.cpus - 1
            words += f",cpus={first}-{last}" if node.cpus > 1 else f",cpus={first}"
            first = last + 1
        elif machine.paths:
            words += f",initiator={node.initiator}"
        yield ["-numa", words]


def _distances(machine: GuestMachine) -> Iterator[list[str]]:
    """QEMU wants all or none, and takes the other direction for granted: give every one."""
    if not machine.distances:
        return
    given = {(source, target): distance for source, target, distance in machine.distances}
    for source in range(len(machine.nodes)):
        for target in range(len(machine.nodes)):
            usual = DISTANCE_LOCAL if source == target else DISTANCE_REMOTE
            distance = given.get((source, target), usual)
            yield ["-numa", f"dist,src={source},dst={target},val={distance}"]


def _paths(machine: GuestMachine) -> Iterator[list[str]]:
    for path in machine.paths:
        where = f"hmat-lb,initiator={path.initiator},target={path.target},hierarchy=memory"
        reads = (path.read_latency_ns, path.read_bandwidth_mib)
        writes = (path.write_latency_ns, path.write_bandwidth_mib)
        # One entry for both where they are equal, as most firmware has it.
        for kind, latency, bandwidth in (
            [("access", *reads)] if reads == writes else [("read", *reads), ("write", *writes)]
        ):
            if latency:
                yield ["-numa", f"{where},data-type={kind}-latency,latency={latency}"]
            if bandwidth:
                yield ["-numa", f"{where},data-type={kind}-bandwidth,bandwidth={bandwidth}M"]
