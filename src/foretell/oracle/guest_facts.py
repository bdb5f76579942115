"""What does a running guest say about its memory?

`read_facts` collects what the kernel publishes about nodes, tiers, weights, zones and CMA areas,
as numbers, so that a prediction is compared with values and not with texts.  Sources:
Documentation/ABI/testing/sysfs-devices-node, sysfs-kernel-mm-mempolicy-weighted-interleave,
sysfs-kernel-mm-memory-tiers, sysfs-kernel-mm-cma, and Documentation/admin-guide/mm/numaperf.rst.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "AUTO_NAMES",
    "CmaArea",
    "GuestFacts",
    "NodeAccess",
    "Readable",
    "Weights",
    "Zone",
    "parse_list",
    "parse_zones",
    "read_cma",
    "read_facts",
    "read_weights",
    "to_plain",
]

NODES = "/sys/devices/system/node"
TIERS = "/sys/devices/virtual/memory_tiering"
INTERLEAVE = "/sys/kernel/mm/mempolicy/weighted_interleave"
CMA = "/sys/kernel/mm/cma"
AUTO_NAMES = ("auto", "__auto_type")  # 6.18 to 7.0 misspell it
_DEMOTION = re.compile(
    r"Demotion targets for Node (\d+): (?:preferred: ([\d,-]+), fallback: ([\d,-]*)|null)"
)
_ACCESS_FIELDS = ("read_bandwidth", "write_bandwidth", "read_latency", "write_latency")


class Readable(Protocol):
    """What facts are read from: a `foretell.oracle.guest.Guest`."""

    release: str
    page_bytes: int

    def read_all(self, paths: Iterable[str]) -> dict[str, str | None]: ...  # noqa: D102
    def names(self, path: str) -> list[str]: ...  # noqa: D102
    def tree(self, path: str) -> dict[str, str]: ...  # noqa: D102
    def dmesg(self, *words: str) -> list[str]: ...  # noqa: D102


class Weights(NamedTuple):
    """The weighted_interleave folder: the name of its mode file, its text, and nodes' weights."""

    auto_name: str
    auto: str
    nodes: dict[int, int]


class NodeAccess(NamedTuple):
    """A node's best initiators in an access class: bandwidths in MB/s and latencies in ns.

    0 where the kernel publishes none.
    """

    node: int
    access: int
    initiators: tuple[int, ...]
    read_bandwidth: int
    write_bandwidth: int
    read_latency: int
    write_latency: int


class Zone(NamedTuple):
    """A zone of a node, in pages; ``cma`` is what CMA areas have of it."""

    node: int
    name: str
    start_pfn: int
    spanned: int
    present: int
    managed: int
    cma: int


class CmaArea(NamedTuple):
    """A folder below /sys/kernel/mm/cma: its counters by file name."""

    name: str
    counters: dict[str, int]


class GuestFacts(NamedTuple):
    """What a kernel publishes about its memory.

    ``states`` are the lists of nodes (online, has_memory, ...); ``tiers`` nodes by tier number;
    ``demotion`` rows of (node, preferred, fallback), of the last time that the kernel said so;
    ``distances`` the rows of the distance table; ``blocks`` how many memory blocks each node has.
    Sizes are in bytes, ``meminfo`` in kB.
    """

    release: str
    page_bytes: int
    block_bytes: int
    hpage_pmd_bytes: int
    weights: Weights | None
    states: dict[str, tuple[int, ...]]
    tiers: dict[int, tuple[int, ...]]
    demotion_enabled: str | None
    demotion: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]
    distances: dict[int, tuple[int, ...]]
    accesses: tuple[NodeAccess, ...]
    node_total_kb: dict[int, int]
    meminfo: dict[str, int]
    page_block_order: int
    zones: tuple[Zone, ...]
    blocks: dict[int, int]
    cma: tuple[CmaArea, ...]


def parse_list(text: str | None) -> tuple[int, ...]:
    """Return the numbers of a list of ranges as the kernel writes it.

    >>> parse_list("0-2,5")
    (0, 1, 2, 5)
    """
    numbers: list[int] = []
    for part in (text or "").strip().split(","):
        if not part:
            continue
        match = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
        if match is None:
            raise MissingError("bad-answer", f"the guest has a list {text!r}")
        numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(numbers)


def parse_zones(text: str) -> list[Zone]:
    """Return the zones with pages in /proc/zoneinfo.

    >>> text = "Node 1, zone Normal\\n spanned 8\\n present 8\\n managed 7\\n cma 0\\n"
    >>> parse_zones(text + " start_pfn: 32\\n")
    [Zone(node=1, name='Normal', start_pfn=32, spanned=8, present=8, managed=7, cma=0)]
    """
    zones = []
    for part in re.split(r"^(?=Node \d+, zone )", text, flags=re.MULTILINE):
        head = re.match(r"Node (\d+), zone\s+(\w+)", part)
        if head is None:
            continue
        found = {
            name: int(value)
            for name, value in re.findall(
                r"^\s+(spanned|present|managed|cma|start_pfn):?\s+(\d+)$", part, re.MULTILINE
            )
        }
        if found.get("present"):
            zones.append(
                Zone(
                    int(head[1]),
                    head[2],
                    found.get("start_pfn", 0),
                    *(found.get(name, 0) for name in ("spanned", "present", "managed", "cma")),
                )
            )
    return zones


def read_weights(guest: Readable) -> Weights | None:
    """Return the interleave weights, None where the kernel has no such folder."""
    files = guest.tree(INTERLEAVE)
    nodes = {int(name[4:]): int(text) for name, text in files.items() if name.startswith("node")}
    if not nodes:
        return None
    for name in AUTO_NAMES:
        if name in files:
            return Weights(name, files[name], dict(sorted(nodes.items())))
    return Weights("", "", dict(sorted(nodes.items())))


def read_cma(guest: Readable) -> tuple[CmaArea, ...]:
    """Return the CMA areas with their counters."""
    areas: dict[str, dict[str, int]] = {}
    for name, text in guest.tree(CMA).items():
        area, _, counter = name.partition("/")
        if text.isdigit():
            areas.setdefault(area, {})[counter] = int(text)
    return tuple(CmaArea(name, counters) for name, counters in sorted(areas.items()))


def read_facts(guest: Readable) -> GuestFacts:
    """Return all that a guest publishes about its memory."""
    states = ("online", "possible", "has_cpu", "has_memory", "has_normal_memory")
    files = guest.read_all(
        [
            *(f"{NODES}/{name}" for name in states),
            "/sys/devices/system/memory/block_size_bytes",
            "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
            "/sys/kernel/mm/numa/demotion_enabled",
            "/proc/meminfo",
            "/proc/zoneinfo",
            "/proc/pagetypeinfo",
        ]
    )
    named = {path.rpartition("/")[2]: text for path, text in files.items()}
    nodes = parse_list(named["online"])
    by_node = guest.read_all(
        [f"{NODES}/node{node}/{name}" for node in nodes for name in ("distance", "meminfo")]
    )
    return GuestFacts(
        release=guest.release,
        page_bytes=guest.page_bytes,
        block_bytes=int(named["block_size_bytes"] or "0", 16),
        hpage_pmd_bytes=int(named["hpage_pmd_size"] or "0"),
        weights=read_weights(guest),
        states={name: parse_list(named[name]) for name in states},
        tiers=_tiers(guest),
        demotion_enabled=named["demotion_enabled"],
        demotion=_demotion(guest.dmesg("Demotion targets")),
        distances={
            node: tuple(map(int, (by_node[f"{NODES}/node{node}/distance"] or "").split()))
            for node in nodes
        },
        accesses=_accesses(guest, nodes),
        node_total_kb={
            node: _meminfo(by_node[f"{NODES}/node{node}/meminfo"] or "").get("MemTotal", 0)
            for node in nodes
        },
        meminfo=_meminfo(named["meminfo"] or ""),
        page_block_order=_page_block_order(named["pagetypeinfo"] or ""),
        zones=tuple(parse_zones(named["zoneinfo"] or "")),
        blocks=_blocks(guest, nodes),
        cma=read_cma(guest),
    )


def _tiers(guest: Readable) -> dict[int, tuple[int, ...]]:
    names = [name for name in guest.names(TIERS) if re.fullmatch(r"memory_tier\d+", name)]
    texts = guest.read_all([f"{TIERS}/{name}/nodelist" for name in names])
    found = {
        int(path.split("/")[-2].removeprefix("memory_tier")): parse_list(text)
        for path, text in texts.items()
    }
    return dict(sorted(found.items()))


def _demotion(
    lines: Sequence[str],
) -> tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]:
    found = {}
    for line in lines:
        match = _DEMOTION.search(line)
        if match is not None:
            found[int(match[1])] = (parse_list(match[2]), parse_list(match[3]))
    return tuple((node, *targets) for node, targets in sorted(found.items()))


def _accesses(guest: Readable, nodes: Sequence[int]) -> tuple[NodeAccess, ...]:
    found = []
    for node in nodes:
        for access in (0, 1):
            folder = f"{NODES}/node{node}/access{access}/initiators"
            names = guest.names(folder)
            if not names:
                continue
            values = guest.read_all([f"{folder}/{name}" for name in _ACCESS_FIELDS])
            initiators = [int(name[4:]) for name in names if re.fullmatch(r"node\d+", name)]
            numbers = [int(values[f"{folder}/{name}"] or "0") for name in _ACCESS_FIELDS]
            found.append(NodeAccess(node, access, tuple(sorted(initiators)), *numbers))
    return tuple(found)


def _blocks(guest: Readable, nodes: Sequence[int]) -> dict[int, int]:
    """Return how many memory blocks each node has."""
    names = {node: guest.names(f"{NODES}/node{node}") for node in nodes}
    return {
        node: sum(1 for name in names[node] if re.fullmatch(r"memory\d+", name)) for node in nodes
    }


def _meminfo(text: str) -> dict[str, int]:
    """Return the lines of meminfo that are about sizes the kernel chose, not about use."""
    wanted = ("MemTotal", "CmaTotal", "HugePages_Total", "Hugepagesize")
    found = re.findall(r"^(?:Node \d+ )?(\w+):\s+(\d+)(?: kB)?$", text, re.MULTILINE)
    return {name: int(value) for name, value in found if name in wanted}


def _page_block_order(text: str) -> int:
    """Return the order of the blocks that the kernel groups pages in, -1 where it says none."""
    match = re.match(r"Page block order: (\d+)", text)
    return int(match[1]) if match is not None else -1


def to_plain(value: object) -> object:
    """Return a value as JSON has it: named tuples become objects, other tuples lists.

    >>> to_plain(Weights("auto", "true", {0: 7}))
    {'auto_name': 'auto', 'auto': 'true', 'nodes': {'0': 7}}
    """
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return to_plain(value._asdict())
    if isinstance(value, dict):
        return {str(name): to_plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(inner) for inner in value]
    return value
