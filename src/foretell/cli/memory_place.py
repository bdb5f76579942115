"""``foretell memory place``: on which node does every page of a mapping lie?

Exit status: 1 when ``--check`` finds a page elsewhere, or when something is not known.
"""

from __future__ import annotations

import sys

from foretell.cli.memory_machine import (
    PAGE_SIZES,
    add_machine_options,
    choose_rules,
    is_live,
    make_parser,
    read_machine,
    says_unknown,
)
from foretell.cli.memory_machine import write_json as write
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from foretell.memory.machine import Machine
    from foretell.memory.placement import Mapped, Placement, Policy
    from foretell.memory.process import ProcessMapping
    from foretell.render.memory_place import PlacedMapping

__all__ = ["place"]


@says_unknown
def place(argv: list[str]) -> int:
    """Show where pages are put; return the exit status."""
    from foretell.render.memory_place import place_json, render_place

    parser = make_parser("place")
    add_machine_options(parser)
    parser.add_argument("--policy", metavar="POLICY", help="such as 'weighted interleave:0-2'")
    parser.add_argument("--start", metavar="ADDRESS", help="where the mapping starts (0)")
    parser.add_argument("--pages", metavar="N", help="how many pages it has")
    parser.add_argument("--offset", metavar="PAGE", help="page offset of a mapped file")
    parser.add_argument("--order", metavar="K", help="order of the folios (0)")
    parser.add_argument("--weights", metavar="N=W,…", help="weights instead of the machine's")
    parser.add_argument("--local", metavar="N", help="the node the thread runs on (0)")
    parser.add_argument(
        "--page-size", choices=tuple(PAGE_SIZES), default="4K", help="of a page (4K)"
    )
    parser.add_argument("--pid", metavar="PID", help="the mappings of a process instead")
    parser.add_argument("--check", action="store_true", help="with --pid: ask move_pages(2)")
    parser.add_argument("--ranges", action="store_true", help="every run of pages on one node")
    options = parser.parse_args(argv)
    if (options.pid is None) == (options.policy is None):
        raise UsageError("bad-usage", "--policy or --pid is needed, one of them")
    if options.check and options.pid is None:
        raise UsageError("bad-usage", "--check asks about a process: --pid is needed")
    machine = read_machine(options)
    weights = _weights(options, machine)
    if options.pid is not None:
        rows = _process(options, machine, weights)
    else:
        rows = [_described(options, machine, weights)]
    if options.json:
        write(place_json(rows))
    else:
        sys.stdout.write(render_place(rows))
    return 1 if any(row.unknown or row.elsewhere for row in rows) else 0


def _weights(options: Namespace, machine: Machine) -> Mapping[int, int]:
    """Return the weights: written on the command line, the kernel's own, or derived."""
    if options.weights is not None:
        found = {}
        for part in options.weights.split(","):
            name, _, value = part.partition("=")
            found[_number(name, "--weights")] = _number(value, "--weights", least=1, most=255)
        return found
    if is_live(options):
        from foretell.memory.live import read_weights

        return read_weights(options.root or "/")[0]
    from foretell.memory.weights import boot_weights

    return boot_weights(machine, choose_rules(options)).weights()


def _described(options: Namespace, machine: Machine, weights: Mapping[int, int]) -> PlacedMapping:
    from foretell.memory.placement import Mapped
    from foretell.memory.process import parse_policy

    if options.pages is None:
        raise UsageError("bad-usage", "--pages is needed with --policy")
    start = _number(options.start or "0", "--start", most=1 << 64)
    mapped = Mapped(
        start // PAGE_SIZES[options.page_size],
        _number(options.pages, "--pages", most=1 << 34),
        None if options.offset is None else _number(options.offset, "--offset", most=1 << 52),
        _number(options.order or "0", "--order", most=18),
    )
    policy = parse_policy(options.policy, "--policy")
    local = _number(options.local or "0", "--local")
    found = _predicted(policy, mapped, machine, weights, local)
    return _row(options, "", options.policy, mapped, found)


def _predicted(
    policy: Policy, mapped: Mapped, machine: Machine, weights: Mapping[int, int], local: int
) -> Placement | str:
    """Return the placement, or what is missing for one."""
    from foretell.memory import placement
    from foretell.memory.unmodelled import Unmodelled

    try:
        return placement.place(policy, mapped, machine, weights, local)
    except Unmodelled as missing:
        return missing.why


def _row(
    options: Namespace, name: str, policy: str, mapped: Mapped, found: Placement | str
) -> PlacedMapping:
    """Return what is shown of a mapping."""
    from foretell.memory.placement import ranges
    from foretell.render.memory_place import PlacedMapping

    row = PlacedMapping(name, policy, mapped.pages)
    if isinstance(found, str):
        return row._replace(unknown=found)
    runs = ranges(found) if options.ranges else None
    return row._replace(counts=found.histogram(), ranges=runs)


def _process(
    options: Namespace, machine: Machine, weights: Mapping[int, int]
) -> list[PlacedMapping]:
    """Return the mappings of a process that have a page."""
    from foretell.memory.process import read_mappings

    pid = _number(options.pid, "--pid", least=1, most=1 << 22)
    local = _number(options.local or "0", "--local")
    page_size = PAGE_SIZES[options.page_size]
    rows = []
    for mapping in read_mappings(f"/proc/{pid}"):
        if not mapping.on_nodes:
            continue
        mapped = mapping.mapped(page_size)
        found = _predicted_mapping(mapping, mapped, machine, weights, local)
        name = f"{mapping.start:x}-{mapping.end:x} {mapping.name}".rstrip()
        row = _row(options, name, mapping.policy, mapped, found)
        if options.check and not isinstance(found, str):
            row = _checked(row, found, pid, page_size)
        rows.append(row._replace(there=mapping.on_nodes))
    return rows


def _predicted_mapping(
    mapping: ProcessMapping,
    mapped: Mapped,
    machine: Machine,
    weights: Mapping[int, int],
    local: int,
) -> Placement | str:
    from foretell.memory.process import parse_policy

    if mapping.order is None:
        return "it has folios of several orders"
    if mapping.offset is not None:
        return "pages of a file lie where somebody read them first, or by the number of its inode"
    return _predicted(parse_policy(mapping.policy, mapping.name), mapped, machine, weights, local)


def _checked(row: PlacedMapping, found: Placement, pid: int, page_size: int) -> PlacedMapping:
    """Return the row with the pages that move_pages(2) finds on another node."""
    from foretell.kernel.move_pages import PAGES_MAX, pages_on_nodes

    elsewhere, asked = [], 0
    start, pages = found.mapped.start, found.mapped.pages
    for begin in range(0, pages, PAGES_MAX):
        end = min(begin + PAGES_MAX, pages)
        addresses = range((start + begin) * page_size, (start + end) * page_size, page_size)
        for page, node in enumerate(pages_on_nodes(pid, addresses), begin):
            if node < 0:  # not there, or not ours to see
                continue
            asked += 1
            if node != found.node(page):
                elsewhere.append((page, found.node(page), node))
    return row._replace(asked=asked, elsewhere=tuple(elsewhere))


def _number(text: str, option: str, *, least: int = 0, most: int = 1023) -> int:
    """Return a whole number, 0x… too, within bounds; raise `UsageError`."""
    try:
        value = int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        value = -1
    if not least <= value <= most:
        raise UsageError(
            "bad-usage", f"{option}: {text[:40]!r} is not a number from {least} to {most}"
        )
    return value
