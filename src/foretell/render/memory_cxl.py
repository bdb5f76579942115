"""How is a plan of CXL memory shown?"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from foretell.model.reason import reasons_as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.model.reason import Reason

__all__ = ["CxlTable", "NodeRow", "RegionRow", "cxl_json", "render_cxl", "size_of"]

SCHEMA = "foretell.memory.cxl/1"
_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


class RegionRow(NamedTuple):
    """One region; sizes in bytes; ``zone`` is empty while its memory is offline.

    ``access`` is "" or what CPUs get from it.
    """

    number: int
    window: int
    node: int
    base: int
    size: int
    used: int
    lost_before: int
    lost_after: int
    zone: str
    gigantic: int
    allows_gigantic: bool
    access: str
    reasons: Sequence[Reason]


class NodeRow(NamedTuple):
    """One node with memory: tier, weight (automatic mode), where its pages are demoted to."""

    node: int
    tier: int
    weight: int
    preferred: Sequence[int]


class CxlTable(NamedTuple):
    """A whole plan; ``qemu`` and ``steps`` are empty where QEMU cannot be this machine."""

    kernel: str
    policy: str
    block: int
    block_reason: Reason
    regions: Sequence[RegionRow]
    nodes: Sequence[NodeRow]
    unused: int
    warnings: Sequence[Reason]
    qemu: Sequence[str] = ()
    steps: str = ""
    no_guest: str = ""


def render_cxl(table: CxlTable, *, wants_steps: bool) -> str:
    """Return the plan, with ``wants_steps`` also how QEMU and sysfs build it."""
    lines = [f"CXL (kernel {table.kernel}, auto_online_blocks: {table.policy})"]
    lines += [f"  memory blocks of {size_of(table.block)}: {_block(table.block_reason)}"]
    for row in table.regions:
        lines += _region(row)
    if table.unused:
        lines.append(f"  {size_of(table.unused)} of devices are in no region")
    lines.append("Nodes, when all of it is there")
    for node in table.nodes:
        target = ", ".join(f"node{number}" for number in node.preferred) or "nothing"
        lines.append(
            f"  node{node.node}: tier {node.tier}, weight {node.weight}, demoted to {target}"
        )
    lines.append("What may surprise")
    lines += [f"  {_WARNINGS[it.kind].format_map(dict(it.fields))}" for it in table.warnings]
    text = "".join(f"{line}\n" for line in lines)
    if not wants_steps:
        return text
    if table.no_guest:
        return f"{text}QEMU cannot be this machine: {table.no_guest}\n"
    return f"{text}QEMU\n  {_command(table.qemu)}\nIn the guest\n{_indent(table.steps)}"


def cxl_json(table: CxlTable) -> dict[str, object]:
    """Return the JSON document."""
    reasons = [table.block_reason, *table.warnings]
    reasons += [reason for row in table.regions for reason in row.reasons]
    return {
        "schema": SCHEMA,
        "kernel": table.kernel,
        "policy": table.policy,
        "block-size": table.block,
        "regions": [_plain(row) for row in table.regions],
        "nodes": [row._asdict() | {"preferred": list(row.preferred)} for row in table.nodes],
        "unused": table.unused,
        "warnings": [{"kind": it.kind, **dict(it.fields)} for it in table.warnings],
        "qemu": list(table.qemu),
        "steps": table.steps,
        **reasons_as_json(reasons),
    }


def size_of(size: int) -> str:
    """Return a size without loss.

    >>> size_of(768 << 20), size_of(0)
    ('768 MiB', '0 B')
    """
    for unit, name in _UNITS:
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def _plain(row: RegionRow) -> Mapping[str, object]:
    found = {name.replace("_", "-"): value for name, value in row._asdict().items()}
    del found["reasons"]
    return found | {"zone": row.zone or None, "access": row.access or None}


def _region(row: RegionRow) -> list[str]:
    where = f"at {row.base:#x}, window {row.window}, node{row.node}"
    lines = [f"  region {row.number}: {size_of(row.size)} {where}"]
    if row.access:
        lines.append(f"    {row.access}")
    if (row.lost_before or row.lost_after) and row.used > 0:
        lines.append(
            f"    {size_of(row.lost_before)} at its start and {size_of(row.lost_after)} at its end"
            " are no whole memory block: lost"
        )
    if row.used <= 0:
        return [*lines, "    nothing of it is used"]
    lines.append(f"    used: {size_of(row.used)}, {_zone(row.zone)}")
    if row.zone:
        verdict = "possible" if row.allows_gigantic else "not possible"
        lines.append(f"    pages of 1 GiB: {row.gigantic} fit in, {verdict} in this zone")
    return lines


def _zone(zone: str) -> str:
    return f"in ZONE_{zone.upper()}" if zone else "but it stays offline until somebody onlines it"


def _block(reason: Reason) -> str:
    it = reason.fields
    if reason.kind == "block-told":
        return "as the topology says"
    end = int(str(it["ram_end"]))
    if reason.kind == "block-small-ram":
        return f"the RAM ends at {end:#x}, below 64 GiB"
    if reason.kind == "block-large-ram":
        return f"the RAM ends at {end:#x}, 64 GiB or more, and this kernel does not ask the windows"
    return (
        f"the windows advise {size_of(int(str(it['advised'])))},"
        f" halved until the end of the RAM, {end:#x}, is a multiple"
    )


_WARNINGS = {
    "decoder-order": (
        "region {region} is refused (EBUSY): a bridge of it has a region at a higher address"
        " already; make regions in the order of their addresses"
    ),
    "region-refused": "region {region} is smaller than one memory block can begin in: refused",
    "left-offline": (
        "region {region} stays offline: `daxctl online-memory` or a write to state onlines it"
    ),
    "kernel-may-use": (
        "node{node} is in ZONE_NORMAL: page tables, slabs and other memory of the kernel may lie"
        " there, and it can then not be taken away; online_movable keeps them out"
    ),
    "gigantic-refused": (
        "region {region}: none of {pages} pages of 1 GiB, unless vm.movable_gigantic_pages=1"
    ),
    "gigantic-impossible": (
        "region {region}: none of {pages} pages of 1 GiB; this kernel has no"
        " vm.movable_gigantic_pages"
    ),
    "bandwidth-unknown": (
        "node{node}: firmware tells no bandwidth of the way to it (no generic port): its weight is"
        " 1 and its tier the default of 22, however fast it is"
    ),
    "port-is-node": (
        "node{node} has the number of a generic port's proximity domain: its tier follows from the"
        " port alone, without the device behind it"
    ),
    "one-node": "window {window} is one node: its regions cannot be told apart by policies",
    "one-node-interleaved": (
        "region {region} interleaves in hardware: its devices are one node{node}, no weight tells"
        " them apart"
    ),
    "no-cma": "CMA cannot use any of it: its areas are made at boot",
}


def _command(words: Sequence[str]) -> str:
    lines: list[str] = []
    for word in words:
        if lines and not word.startswith("-"):
            lines[-1] += f" {shlex.quote(word)}"
        else:
            lines.append(shlex.quote(word))
    return " \\\n    ".join(lines)


def _indent(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
