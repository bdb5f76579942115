"""How is the planned machine built: by QEMU, and then through sysfs?

Source of QEMU's words: its docs/system/devices/cxl.rst; of the steps:
Documentation/ABI/testing/sysfs-bus-cxl.
"""

from __future__ import annotations

from foretell.errors import UsageError
from foretell.oracle.guest_build import MODULES
from foretell.oracle.guest_cxl import (
    CPU,
    CxlBridge,
    CxlLayout,
    CxlRegion,
    CxlWindow,
    cxl_arguments,
)
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath, machine_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.memory.cxl import Cxl
    from foretell.memory.machine import Machine

__all__ = ["guest_layout", "guest_machine", "qemu_words", "sysfs_script"]

_MIB = 20
_GIB = 30
_FIND = """\
d=/sys/bus/cxl/devices
decoder() {  # the first free decoder of the device with serial number $1
    for m in $d/mem*; do [ $(($(cat $m/serial))) -eq $1 ] && mem=${m##*/}; done
    for e in $d/endpoint*; do
        [ "$(basename "$(readlink $e/uport)")" = $mem ] || continue
        for c in $d/decoder${e##*/endpoint}.*; do
            [ $(($(cat $c/dpa_size))) -eq 0 ] && echo ${c##*/} && return
        done
    done
}
"""


def guest_machine(machine: Machine) -> GuestMachine:
    """Return the machine as a guest; raise `UsageError` for one that QEMU cannot be."""
    numbers = [node.number for node in machine.nodes]
    if numbers != list(range(len(numbers))):
        raise UsageError("no-guest", "QEMU numbers nodes from 0 without a gap")
    if any(node.size % (1 << _MIB) for node in machine.nodes):
        raise UsageError("no-guest", "a node is no whole number of MiB, which QEMU needs")
    nodes = tuple(GuestNode(node.size >> _MIB, int(node.has_cpus)) for node in machine.nodes)
    paths = tuple(
        GuestPath(
            0,
            node.number,
            node.access.read_latency,
            node.access.write_latency,
            node.access.read_bandwidth,
            node.access.write_bandwidth,
        )
        for node in machine.nodes
        if node.access
    )
    distances = tuple((near, far, value) for (near, far), value in machine.distances.items())
    return GuestMachine(nodes, paths, distances)


def guest_layout(cxl: Cxl) -> CxlLayout:
    """Return the CXL of a guest; raise `UsageError` for what QEMU cannot be."""
    if any(window.size % (1 << _GIB) for window in cxl.windows):
        raise UsageError("no-guest", "a window is no whole number of GiB")
    return CxlLayout(
        tuple(
            CxlBridge(
                tuple(size >> _MIB for size in bridge.devices), bridge.latency, bridge.bandwidth
            )
            for bridge in cxl.bridges
        ),
        tuple(CxlWindow(window.bridges, window.size >> _GIB) for window in cxl.windows),
        tuple(
            CxlRegion(region.devices, region.window, region.device_size >> _MIB, region.granularity)
            for region in cxl.regions
        ),
    )


def qemu_words(machine: Machine, cxl: Cxl) -> list[str]:
    """Return QEMU's command line, but for the kernel and the initramfs."""
    guest = guest_machine(machine)
    board, arguments = cxl_arguments(guest_layout(cxl), guest)
    return [
        "qemu-system-x86_64", "-M", board, "-cpu", CPU, "-accel", "tcg",
        *machine_arguments(guest), *arguments,
    ]  # fmt: skip


def sysfs_script(cxl: Cxl, policy: str) -> str:
    """Return the shell commands that make the regions in the guest, as root."""
    lines = [f"modprobe -a {' '.join(MODULES)}"]
    lines += [f"echo {policy} > /sys/devices/system/memory/auto_online_blocks", _FIND.rstrip("\n")]
    for number, region in enumerate(cxl.regions):
        root = f"$d/decoder0.{region.window}"
        size = region.device_size
        lines += [
            f"# region {number}",
            f"r=$(cat {root}/create_ram_region)",
            f"echo $r > {root}/create_ram_region",
            f"echo {region.granularity} > $d/$r/interleave_granularity",
            f"echo {len(region.devices)} > $d/$r/interleave_ways",
        ]
        for position, device in enumerate(region.devices):
            lines += [
                f"t{position}=$(decoder {device + 1})",
                f"echo ram > $d/$t{position}/mode",
                f"echo {size:#x} > $d/$t{position}/dpa_size",
            ]
        lines.append(f"echo {size * len(region.devices):#x} > $d/$r/size")
        lines += [
            f"echo $t{position} > $d/$r/target{position}" for position in range(len(region.devices))
        ]
        lines += ["echo 1 > $d/$r/commit", "echo $r > /sys/bus/cxl/drivers/cxl_region/bind"]
    return "".join(f"{line}\n" for line in lines)
