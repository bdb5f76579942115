"""Which CXL memory does a topology file describe?

Tables ``[[cxl.bridge]]`` (host bridges with the sizes of their devices), ``[[cxl.window]]`` (fixed
memory windows) and ``[[cxl.region]]`` (what a user makes of them).  Without regions each window
gets one of all devices behind its bridges.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from foretell.errors import InputError
from foretell.memory.machine import Access
from foretell.memory.quantities import parse_bandwidth, parse_latency, parse_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["GRANULE", "Bridge", "Cxl", "Region", "Window", "make_cxl"]

GRANULE = 256 << 20  # devices and windows are multiples of it (CXL 3.1, 9.18.1.3)
_WAYS = (1, 2, 3, 4, 6, 8, 12, 16)
_GRANULARITIES = tuple(256 << shift for shift in range(7))
_ITEMS_MAX = 64
_RULE = "the topology format of docs/reference/memory.md"
_KEYS = {
    "bridge": {"devices", "bandwidth", "latency", "domain"},
    "window": {"bridges", "size", "base"},
    "region": {"window", "devices", "device_size", "granularity"},
}
_OWN = {"bridge", "window", "region", "block_size", "ram_end", "device"}
_Row = TypeVar("_Row")
_DEVICE_KEYS = {"bandwidth", "read_latency", "write_latency", "link_latency"}


class Bridge(NamedTuple):
    """A host bridge: the bytes of its devices, and what firmware says of the way to it.

    Latency in ns and bandwidth in MB/s, 0 is not told: then nothing is known of what lies behind.
    ``domain`` is the proximity domain of its generic port, None as QEMU numbers them: after the
    nodes, in turn.
    """

    devices: tuple[int, ...]
    latency: int = 0
    bandwidth: int = 0
    domain: int | None = None


class Window(NamedTuple):
    """A fixed memory window: the bridges it leads to, its bytes, its base (None: not told)."""

    bridges: tuple[int, ...]
    size: int
    base: int | None = None


class Region(NamedTuple):
    """A region: its window, its devices, counted through all bridges, and the bytes of each."""

    window: int
    devices: tuple[int, ...]
    device_size: int
    granularity: int = 256


class Cxl(NamedTuple):
    """All CXL of a machine.

    ``block_size`` and ``ram_end`` are 0 where they are not told.
    ``device`` is what a device says of itself (CDAT), without the way to it; ``link_latency`` is
    that of the link, ns, None as the kernel has it.
    """

    bridges: tuple[Bridge, ...]
    windows: tuple[Window, ...]
    regions: tuple[Region, ...]
    block_size: int = 0
    ram_end: int = 0
    device: Access = Access(16000, 16000, 150, 250)  # what QEMU's devices say
    link_latency: int | None = None

    def bridge_of(self, device: int) -> int:
        """Return the bridge of a device, counted through all bridges."""
        for number, bridge in enumerate(self.bridges):
            if device < len(bridge.devices):
                return number
            device -= len(bridge.devices)
        raise IndexError(device)

    def access(self, region: Region, link_latency: int) -> Access | None:
        """Return the access of a region from the CPUs, None where firmware tells nothing.

        Bandwidths of devices add up, at most to those of the bridges that lead to them; the
        latency is the largest.
        """
        behind: dict[int, int] = {}
        for device in region.devices:
            bridge = self.bridge_of(device)
            behind[bridge] = behind.get(bridge, 0) + 1
        if not all(self.bridges[number].bandwidth for number in behind):
            return None
        reads = writes = 0
        for number, devices in behind.items():
            most = self.bridges[number].bandwidth
            reads += min(most, devices * self.device.read_bandwidth)
            writes += min(most, devices * self.device.write_bandwidth)
        way = max(self.bridges[number].latency for number in behind) + link_latency
        return Access(
            reads, writes, way + self.device.read_latency, way + self.device.write_latency
        )


def make_cxl(table: object, path: str) -> Cxl:
    """Return what the table ``cxl`` of a topology file says; raise `InputError`."""
    if not isinstance(table, dict):
        raise _wrong("cxl", "is not a table", path)
    unknown = sorted(set(table) - _OWN)
    if unknown:
        raise _wrong(f"cxl.{unknown[0]}", "is not a key of cxl", path)
    bridges = _rows(table, "bridge", _bridge, path)
    windows = _rows(table, "window", _window, path)
    if not bridges or not windows:
        raise _wrong("cxl", "needs [[cxl.bridge]] and [[cxl.window]] tables", path)
    for number, window in enumerate(windows):
        if any(bridge >= len(bridges) for bridge in window.bridges):
            raise _wrong(f"cxl.window[{number}].bridges", "names a bridge that is not there", path)
    found = Cxl(
        tuple(bridges),
        tuple(windows),
        (),
        parse_size(str(table.get("block_size", 0)), f"{path}: cxl.block_size"),
        parse_size(str(table.get("ram_end", 0)), f"{path}: cxl.ram_end"),
    )
    if found.block_size & (found.block_size - 1):
        raise _wrong("cxl.block_size", "is no power of two", path)
    if "device" in table:
        found = _with_device(found, table["device"], path)
    if "region" in table:
        regions = _rows(table, "region", lambda *row: _region(found, *row), path)
    else:
        regions = [_whole(found, number, path) for number in range(len(windows))]
    _check_room(found, regions, path)
    return found._replace(regions=tuple(regions))


def _rows(
    table: Mapping[str, object],
    name: str,
    make: Callable[[Mapping[str, object], str, str], _Row],
    path: str,
) -> list[_Row]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or len(rows) > _ITEMS_MAX:
        raise _wrong(f"cxl.{name}", f"is not up to {_ITEMS_MAX} tables", path)
    made = []
    for index, row in enumerate(rows):
        place = f"cxl.{name}[{index}]"
        if not isinstance(row, dict):
            raise _wrong(place, "is not a table", path)
        unknown = sorted(set(row) - _KEYS[name])
        if unknown:
            raise _wrong(f"{place}.{unknown[0]}", f"is not a key of a {name}", path)
        made.append(make(row, place, path))
    return made


def _bridge(row: Mapping[str, object], place: str, path: str) -> Bridge:
    sizes = row.get("devices", [])
    if not isinstance(sizes, list) or not 0 < len(sizes) <= _ITEMS_MAX:
        raise _wrong(f"{place}.devices", "is not a list of sizes", path)
    devices = tuple(parse_size(str(size), f"{path}: {place}.devices") for size in sizes)
    if any(not size or size % GRANULE for size in devices):
        raise _wrong(f"{place}.devices", "are not multiples of 256 MiB", path)
    latency = parse_latency(str(row.get("latency", 0)), f"{path}: {place}.latency")
    bandwidth = parse_bandwidth(str(row.get("bandwidth", 0)), f"{path}: {place}.bandwidth")
    if bool(latency) != bool(bandwidth):
        raise _wrong(place, "tells only one of latency and bandwidth", path)
    domain = row.get("domain")
    if domain is not None and (isinstance(domain, bool) or not isinstance(domain, int)):
        raise _wrong(f"{place}.domain", "is not a whole number", path)
    return Bridge(devices, latency, bandwidth, domain)


def _window(row: Mapping[str, object], place: str, path: str) -> Window:
    bridges = _numbers(row.get("bridges", [0]), f"{place}.bridges", path)
    size = parse_size(str(row.get("size", "4G")), f"{path}: {place}.size")
    if not size or size % GRANULE:
        raise _wrong(f"{place}.size", "is not a multiple of 256 MiB", path)
    base = None
    if "base" in row:
        base = parse_size(str(row["base"]), f"{path}: {place}.base")
        if base % GRANULE:
            raise _wrong(f"{place}.base", "is not a multiple of 256 MiB", path)
    if len(bridges) not in _WAYS:
        raise _wrong(f"{place}.bridges", f"are not {_ways_text()}", path)
    return Window(bridges, size, base)


def _region(cxl: Cxl, row: Mapping[str, object], place: str, path: str) -> Region:
    window = row.get("window", 0)
    if isinstance(window, bool) or not isinstance(window, int):
        raise _wrong(f"{place}.window", "is not a whole number", path)
    if not 0 <= window < len(cxl.windows):
        raise _wrong(f"{place}.window", "is not there", path)
    sizes = [size for bridge in cxl.bridges for size in bridge.devices]
    devices = _numbers(row.get("devices", [0]), f"{place}.devices", path)
    if any(device >= len(sizes) for device in devices):
        raise _wrong(f"{place}.devices", "names a device that is not there", path)
    whole = min(sizes[device] for device in devices)
    size = parse_size(str(row.get("device_size", whole)), f"{path}: {place}.device_size")
    if not size or size % GRANULE or size > whole:
        raise _wrong(f"{place}.device_size", "is no multiple of 256 MiB that they have", path)
    granularity = parse_size(str(row.get("granularity", 256)), f"{path}: {place}.granularity")
    if granularity not in _GRANULARITIES:
        raise _wrong(f"{place}.granularity", "is no power of two from 256 to 16384", path)
    region = Region(window, devices, size, granularity)
    _check_region(cxl, region, place, path)
    return region


def _whole(cxl: Cxl, window: int, path: str) -> Region:
    """Return the region of all devices behind the bridges of a window, its bridges in turn."""
    first = [0]
    for bridge in cxl.bridges:
        first.append(first[-1] + len(bridge.devices))
    behind = [list(range(first[at], first[at + 1])) for at in cxl.windows[window].bridges]
    if len({len(devices) for devices in behind}) > 1:
        raise _wrong(f"cxl.window[{window}]", "has bridges with unequally many devices", path)
    devices = tuple(device for rank in zip(*behind, strict=True) for device in rank)
    sizes = [size for bridge in cxl.bridges for size in bridge.devices]
    region = Region(window, devices, min(sizes[device] for device in devices))
    _check_region(cxl, region, f"cxl.window[{window}]", path)
    return region


def _check_region(cxl: Cxl, region: Region, place: str, path: str) -> None:
    window = cxl.windows[region.window]
    if len(region.devices) not in _WAYS:
        raise _wrong(place, f"interleaves {len(region.devices)} devices, not {_ways_text()}", path)
    for position, device in enumerate(region.devices):
        if cxl.bridge_of(device) != window.bridges[position % len(window.bridges)]:
            raise _wrong(
                place, f"device {device} is not behind the bridge of its turn in the window", path
            )


def _check_room(cxl: Cxl, regions: list[Region], path: str) -> None:
    sizes = [size for bridge in cxl.bridges for size in bridge.devices]
    for number, window in enumerate(cxl.windows):
        inside = [region for region in regions if region.window == number]
        taken = sum(region.device_size * len(region.devices) for region in inside)
        if taken > window.size:
            raise _wrong(f"cxl.window[{number}]", "is smaller than its regions", path)
    for device, size in enumerate(sizes):
        if sum(it.device_size * it.devices.count(device) for it in regions) > size:
            raise _wrong("cxl.region", f"device {device} is in use more than once", path)


def _with_device(cxl: Cxl, table: object, path: str) -> Cxl:
    if not isinstance(table, dict) or set(table) - _DEVICE_KEYS:
        keys = ", ".join(sorted(_DEVICE_KEYS))
        raise _wrong("cxl.device", f"is not a table of {keys}", path)
    values = {
        name: parse_latency(str(table[name]), f"{path}: cxl.device.{name}")
        for name in ("read_latency", "write_latency", "link_latency")
        if name in table
    }
    link = values.pop("link_latency", None)
    if "bandwidth" in table:
        bandwidth = parse_bandwidth(str(table["bandwidth"]), f"{path}: cxl.device.bandwidth")
        values |= {"read_bandwidth": bandwidth, "write_bandwidth": bandwidth}
    return cxl._replace(device=cxl.device._replace(**values), link_latency=link)


def _numbers(value: object, place: str, path: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= _ITEMS_MAX:
        raise _wrong(place, "is not a list of numbers", path)
    for item in value:
        if isinstance(item, bool) or not isinstance(item, int) or item < 0:
            raise _wrong(place, "is not a list of numbers", path)
    if len(set(value)) < len(value):
        raise _wrong(place, "names one twice", path)
    return tuple(value)


def _ways_text() -> str:
    return ", ".join(map(str, _WAYS))


def _wrong(place: str, message: str, path: str) -> InputError:
    return InputError("bad-topology", f"{place} {message}", path=path, rule=_RULE)
