"""How does memory behind CXL come into a guest, and what does the kernel make of it?

`CxlLayout` says which host bridges, devices, fixed memory windows and regions there are;
`start_cxl` starts a guest with them, `make_regions` does what a user would do through sysfs:
create each region, bind it, and wait until the kernel has put its memory into use.  Sources:
QEMU's docs/system/devices/cxl.rst, Documentation/ABI/testing/sysfs-bus-cxl.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from foretell.errors import MissingError, UsageError
from foretell.oracle.guest import Guest
from foretell.oracle.guest_build import MODULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.oracle.guest_build import GuestParts
    from foretell.oracle.guest_machine import GuestMachine

__all__ = [
    "CxlBridge",
    "CxlLayout",
    "CxlRegion",
    "CxlStep",
    "CxlWindow",
    "cxl_arguments",
    "make_regions",
    "remove_region",
    "start_cxl",
]

DEVICES = "/sys/bus/cxl/devices"
DAX = "/sys/bus/dax/devices"
BLOCKS = "/sys/devices/system/memory"
ONLINE_POLICY = f"{BLOCKS}/auto_online_blocks"
# The kernel does not touch caches of a machine that says that it is none (ENXIO).
CPU = "max,hypervisor=off"
DEVICE_MIB = 256  # a device's memory is a multiple of it
SETTLE_SECONDS = 60.0
_PAUSE_SECONDS = 0.3
_FIRST_BUS = 12  # numbers of PCI buses, far from those of the machine itself
_BUSES_APART = 20


class CxlBridge(NamedTuple):
    """A host bridge: the sizes of its devices in MiB, each behind a port of its own.

    With a latency or bandwidth (ns, MiB/s) firmware describes the way to it as a generic port.
    """

    devices_mib: tuple[int, ...]
    latency_ns: int = 0
    bandwidth_mib: int = 0

    @property
    def is_described(self) -> bool:
        """Whether firmware says anything about the way to the bridge."""
        return bool(self.latency_ns or self.bandwidth_mib)


class CxlWindow(NamedTuple):
    """A fixed memory window: the bridges between which it interleaves, and its size."""

    bridges: tuple[int, ...] = (0,)
    size_gib: int = 4


class CxlRegion(NamedTuple):
    """A region: its window, its devices in order, and how much of each it takes (0: all).

    Devices are counted through all bridges.
    """

    devices: tuple[int, ...] = (0,)
    window: int = 0
    device_mib: int = 0
    granularity: int = 256


class CxlLayout(NamedTuple):
    """All of a machine's CXL; regions are made in their order.  Nodes come from windows."""

    bridges: tuple[CxlBridge, ...] = (CxlBridge((DEVICE_MIB,)),)
    windows: tuple[CxlWindow, ...] = (CxlWindow(),)
    regions: tuple[CxlRegion, ...] = (CxlRegion(),)

    def device_sizes(self) -> list[int]:
        """Return the sizes of all devices in MiB."""
        return [size for bridge in self.bridges for size in bridge.devices_mib]


class CxlStep(NamedTuple):
    """What was written to which file, and the errno with which the kernel refused, or 0."""

    path: str
    text: str
    errno: int


def cxl_arguments(layout: CxlLayout, machine: GuestMachine) -> tuple[str, list[str]]:
    """Return QEMU's machine and its further arguments.

    Generic ports take the numbers of nodes after those of ``machine``.  Raises `UsageError` for a
    layout that does not fit together.
    """
    _check(layout)
    board = "q35,hmat=on,cxl=on"
    for number, window in enumerate(layout.windows):
        for at, bridge in enumerate(window.bridges):
            board += f",cxl-fmw.{number}.targets.{at}=cxl.{bridge}"
        board += f",cxl-fmw.{number}.size={window.size_gib}G"
    arguments: list[str] = []
    device = 0
    node = len(machine.nodes)
    for number, host in enumerate(layout.bridges):
        bus = _FIRST_BUS + number * _BUSES_APART
        arguments += ["-device", f"pxb-cxl,bus_nr={bus},bus=pcie.0,id=cxl.{number}"]
        for port, size in enumerate(host.devices_mib):
            arguments += _device(device, size, number, port)
            device += 1
        if host.is_described:
            arguments += _generic_port(host, number, node)
            node += 1
    return board, arguments


def _check(layout: CxlLayout) -> None:
    sizes = layout.device_sizes()
    if any(size <= 0 or size % DEVICE_MIB for size in sizes):
        raise UsageError("bad-machine", f"a CXL device has a multiple of {DEVICE_MIB} MiB")
    for window in layout.windows:
        if not window.bridges or any(at not in range(len(layout.bridges)) for at in window.bridges):
            raise UsageError("bad-machine", "a window has no bridge, or one that is not there")
    for region in layout.regions:
        if region.window not in range(len(layout.windows)):
            raise UsageError("bad-machine", f"there is no window {region.window}")
        if not region.devices or any(at not in range(len(sizes)) for at in region.devices):
            raise UsageError("bad-machine", "a region has no device, or one that is not there")


def _device(number: int, size_mib: int, bridge: int, port: int) -> list[str]:
    root = f"cxl-rp,id=rp{number},bus=cxl.{bridge},port={port},chassis={bridge},slot={number + 2}"
    return [
        "-object",
        f"memory-backend-ram,id=cxlmem{number},size={size_mib}M,reserve=off",
        "-device",
        root,
        "-device",
        f"cxl-type3,id=cxl{number},bus=rp{number},volatile-memdev=cxlmem{number},sn={number + 1}",
    ]


def _generic_port(bridge: CxlBridge, number: int, node: int) -> list[str]:
    where = f"hmat-lb,initiator=0,target={node},hierarchy=memory"
    words = [
        *("-numa", f"node,nodeid={node},initiator=0"),
        *("-object", f"acpi-generic-port,id=port{number},pci-bus=cxl.{number},node={node}"),
    ]
    if bridge.latency_ns:
        words += ["-numa", f"{where},data-type=access-latency,latency={bridge.latency_ns}"]
    if bridge.bandwidth_mib:
        words += ["-numa", f"{where},data-type=access-bandwidth,bandwidth={bridge.bandwidth_mib}M"]
    return words


def start_cxl(
    parts: GuestParts,
    kernel: str,
    machine: GuestMachine,
    layout: CxlLayout,
    *,
    console: str | None = None,
) -> Guest:
    """Return a guest with CXL, to be entered; its drivers are loaded then.

    Raises `MissingError` for a kernel whose modules are not here.
    """
    folder = parts.kernel(kernel).modules
    if not os.path.exists(os.path.join(folder, "cxl_acpi.ko")):
        raise MissingError(
            "no-modules", f"the modules of kernel {kernel} are not here", path=folder
        )
    board, arguments = cxl_arguments(layout, machine)
    return Guest(
        parts,
        kernel,
        machine,
        arguments=arguments,
        modules=MODULES,
        board=board,
        cpu=CPU,
        console=console,
    )


def make_regions(guest: Guest, layout: CxlLayout, policy: str | None = None) -> list[CxlStep]:
    """Make every region and wait for its memory; return what was written.

    ``policy`` is how memory is put into use (auto_online_blocks), None as the kernel has it.
    A step that the kernel refuses is the last one.
    """
    steps = []
    if policy is not None:
        steps.append(_write(guest, ONLINE_POLICY, policy))
    for number, region in enumerate(layout.regions, 1):
        for step in _region_steps(guest, layout, region):
            steps.append(step)
            if step.errno:
                return steps
        _settle(guest, number)
    return steps


def remove_region(guest: Guest, name: str) -> list[CxlStep]:
    """Take the memory of a region out of use, block after block."""
    start = int(guest.read(f"{DEVICES}/{name}/resource") or "0", 0)
    size = int(guest.read(f"{DEVICES}/{name}/size") or "0", 0)
    block_bytes = int(guest.read(f"{BLOCKS}/block_size_bytes") or "0", 16)
    numbers = sorted(int(block.removeprefix("memory")) for block in _blocks(guest))
    inside = [number for number in numbers if start <= number * block_bytes < start + size]
    return [_write(guest, f"{BLOCKS}/memory{number}/state", "offline") for number in inside]


def _blocks(guest: Guest) -> list[str]:
    return [name for name in guest.names(BLOCKS) if name[-1:].isdigit()]


def _region_steps(guest: Guest, layout: CxlLayout, region: CxlRegion) -> Iterator[CxlStep]:
    root = _root_decoders(guest)[region.window]
    name = guest.read(f"{DEVICES}/{root}/create_ram_region")
    if name is None:
        raise MissingError("no-region", f"the kernel offers no region in {root}")
    sizes = layout.device_sizes()
    device_bytes = (region.device_mib or min(sizes[at] for at in region.devices)) << 20
    yield _write(guest, f"{DEVICES}/{root}/create_ram_region", name)
    yield _write(guest, f"{DEVICES}/{name}/interleave_granularity", str(region.granularity))
    yield _write(guest, f"{DEVICES}/{name}/interleave_ways", str(len(region.devices)))
    decoders = _endpoint_decoders(guest)
    chosen = [_free_decoder(guest, decoders[at]) for at in region.devices]
    for decoder in chosen:
        yield _write(guest, f"{DEVICES}/{decoder}/mode", "ram")
        yield _write(guest, f"{DEVICES}/{decoder}/dpa_size", hex(device_bytes))
    yield _write(guest, f"{DEVICES}/{name}/size", hex(device_bytes * len(chosen)))
    for at, decoder in enumerate(chosen):
        yield _write(guest, f"{DEVICES}/{name}/target{at}", decoder)
    yield _write(guest, f"{DEVICES}/{name}/commit", "1")
    yield _write(guest, "/sys/bus/cxl/drivers/cxl_region/bind", name)


def _write(guest: Guest, path: str, text: str) -> CxlStep:
    return CxlStep(path, text, guest.write(path, text))


def _number(name: str) -> list[int]:
    """Return the numbers in a decoder's name, to sort by."""
    return [int(part) for part in name.removeprefix("decoder").split(".")]


def _root_decoders(guest: Guest) -> list[str]:
    """Return the decoders of the windows, in their order."""
    found = [name for name in guest.names(DEVICES) if name.startswith("decoder0.")]
    return sorted(found, key=_number)


def _endpoint_decoders(guest: Guest) -> dict[int, list[str]]:
    """Return the decoders of each device; `cxl_arguments` made its serial number."""
    found: dict[int, list[str]] = {}
    names = guest.names(DEVICES)
    for name in names:
        if not name.startswith("mem"):
            continue
        serial = int(guest.read(f"{DEVICES}/{name}/serial") or "0", 0)
        for endpoint in names:
            link = guest.link(f"{DEVICES}/{endpoint}/uport")
            if endpoint.startswith("endpoint") and link and link.endswith(f"/{name}"):
                prefix = f"decoder{endpoint.removeprefix('endpoint')}."
                decoders = [other for other in names if other.startswith(prefix)]
                found[serial - 1] = sorted(decoders, key=_number)
    return found


def _free_decoder(guest: Guest, decoders: Sequence[str]) -> str:
    """Return a device's first decoder that no region has."""
    sizes = guest.read_all([f"{DEVICES}/{name}/dpa_size" for name in decoders])
    for name in decoders:
        if int(sizes[f"{DEVICES}/{name}/dpa_size"] or "0", 0) == 0:
            return name
    raise MissingError("no-decoder", f"all of {', '.join(decoders)} are in use")


def _settle(guest: Guest, regions: int) -> None:
    """Wait until all whole blocks of all regions are there, and in use where they shall be."""
    deadline = time.monotonic() + SETTLE_SECONDS
    is_used = guest.read(ONLINE_POLICY) != "offline"
    before: list[str | None] = []
    while True:
        names = guest.names(DAX)
        states = guest.read_all([f"{BLOCKS}/{name}/state" for name in _whole_blocks(guest, names)])
        ready = len(names) >= regions and None not in states.values()
        if is_used:
            ready = ready and set(states.values()) <= {"online"}
        # What is published last: the node's place in lists, its weight and its tier.
        now = [*states, guest.read("/sys/devices/system/node/has_memory"), *guest.dmesg("Demotion")]
        if ready and now == before:
            return
        before = now if ready else []
        if time.monotonic() > deadline:
            raise MissingError(
                "guest-late", "the memory of a region was not put into use", hint=", ".join(names)
            )
        time.sleep(_PAUSE_SECONDS)


def _whole_blocks(guest: Guest, names: Sequence[str]) -> list[str]:
    """Return the names of the memory blocks that lie wholly in a dax device."""
    block_bytes = int(guest.read(f"{BLOCKS}/block_size_bytes") or "1", 16)
    found = []
    for name in names:
        start = int(guest.read(f"{DAX}/{name}/resource") or "0", 0)
        end = start + int(guest.read(f"{DAX}/{name}/size") or "0")
        numbers = range(-(-start // block_bytes), end // block_bytes)
        found += [f"memory{number}" for number in numbers]
    return found
