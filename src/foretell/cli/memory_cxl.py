"""``foretell memory cxl``: what becomes of CXL memory, and does a guest agree?

``plan`` predicts, ``boot`` builds the same machine with QEMU and compares.
Exit status: 1 when ``boot`` finds something else, or when something is not known.
"""

from __future__ import annotations

import os
import sys

from foretell.cli.memory_machine import make_parser, read_file, says_unknown, write_json
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.memory.cxl import Cxl
    from foretell.memory.cxl_plan import CxlPlan
    from foretell.memory.machine import Machine
    from foretell.render.memory_cxl import CxlTable

__all__ = ["cxl"]


@says_unknown
def cxl(argv: list[str]) -> int:
    """Plan CXL memory or build it; return the exit status."""
    from foretell.memory.cxl_plan import POLICIES, plan_cxl
    from foretell.memory.kernels import NEWEST, rules_of

    parser = make_parser("cxl")
    parser.add_argument("verb", choices=("plan", "boot"), help="predict, or ask a guest of QEMU")
    parser.add_argument("topology", help="a topology file with CXL")
    parser.add_argument("--kernel", metavar="VERSION", help="the kernel that is asked about")
    parser.add_argument("--online", choices=POLICIES, help="auto_online_blocks (the kernel's own)")
    parser.add_argument(
        "--movable-gigantic", action="store_true", help="vm.movable_gigantic_pages=1"
    )
    parser.add_argument("--steps", action="store_true", help="how QEMU and sysfs build it")
    options = parser.parse_args(argv)
    machine, found = _read(options.topology)
    rules = rules_of(options.kernel or NEWEST)
    plan = plan_cxl(
        machine, found, rules, options.online, movable_gigantic=options.movable_gigantic
    )
    if options.verb == "boot":
        return _boot(machine, found, plan)
    _show(_table(machine, found, plan), options)
    return 0


def _read(path: str) -> tuple[Machine, Cxl]:
    import tomllib

    from foretell.memory.cxl import make_cxl
    from foretell.memory.topology import FILE_BYTES_MAX, read_topology

    text = read_file(path, FILE_BYTES_MAX)
    machine = read_topology(text, path)
    table = tomllib.loads(text.decode()).get("cxl")
    if table is None:
        raise InputError(
            "no-cxl", "there is no CXL in this topology", path=path,
            rule="the topology format of docs/reference/memory.md",
        )  # fmt: skip
    return machine, make_cxl(table, path)


def _table(machine: Machine, found: Cxl, plan: CxlPlan) -> CxlTable:
    from foretell.memory.cxl_guest import qemu_words, sysfs_script
    from foretell.render.memory_cxl import CxlTable, NodeRow, RegionRow

    rows = [
        RegionRow(
            *row[:5],
            row.used,
            row.lost_before,
            row.lost_after,
            row.zone,
            row.gigantic,
            row.allows_gigantic,
            _access(row.access),
            row.reasons,
        )
        for row in plan.regions
    ]
    nodes = [
        NodeRow(row.node, row.tier, plan.weights.get(row.node, 1), row.preferred)
        for row in plan.tiers.rows
    ]
    table = CxlTable(
        plan.kernel,
        plan.policy,
        plan.block,
        plan.block_reason,
        rows,
        nodes,
        plan.unused,
        plan.warnings,
    )
    try:
        return table._replace(
            qemu=qemu_words(machine, found), steps=sysfs_script(found, plan.policy)
        )
    except UsageError as refused:
        return table._replace(no_guest=refused.message)


def _access(access: object) -> str:
    from foretell.memory.machine import Access

    if not isinstance(access, Access):
        return ""
    return (
        f"read {access.read_bandwidth} MB/s {access.read_latency} ns,"
        f" write {access.write_bandwidth} MB/s {access.write_latency} ns"
    )


def _show(table: CxlTable, options: Namespace) -> None:
    from foretell.render.memory_cxl import cxl_json, render_cxl

    if options.json:
        write_json(cxl_json(table))
    else:
        sys.stdout.write(render_cxl(table, wants_steps=options.steps))


def _boot(machine: Machine, found: Cxl, plan: CxlPlan) -> int:
    """Build the machine, ask its kernel, and say what agrees."""
    from foretell.memory.cxl_check import compare_cxl
    from foretell.memory.cxl_guest import guest_layout, guest_machine
    from foretell.oracle.guest_build import GuestParts
    from foretell.oracle.guest_cxl import make_regions, start_cxl
    from foretell.oracle.guest_facts import read_facts
    from foretell.oracle.rootfs import oracle_folder

    layout = guest_layout(found)
    parts = GuestParts(oracle_folder(os.environ))
    with start_cxl(parts, plan.kernel, guest_machine(machine), layout) as guest:
        refused = [step for step in make_regions(guest, layout, plan.policy) if step.errno]
        facts = read_facts(guest)
    expected = any(row.is_refused for row in plan.regions)
    for step in refused:
        sys.stdout.write(f"  refused: {step.text} > {step.path}: {os.strerror(step.errno)}\n")
    rows = compare_cxl(plan, facts)
    for name, ours, theirs in rows:
        mark = "agrees" if ours == theirs else "DIFFERS"
        there = "" if ours == theirs else f", the guest has {theirs}"
        sys.stdout.write(f"  {mark}: {name} {ours}{there}\n")
    agreed = sum(ours == theirs for _, ours, theirs in rows)
    sys.stdout.write(f"{agreed} agreed / {len(rows)} compared ({facts.release})\n")
    return 1 if bool(refused) != expected or agreed < len(rows) else 0
