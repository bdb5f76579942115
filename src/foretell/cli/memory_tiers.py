"""``foretell memory tiers``: in which tier is each node, and where is it demoted to?"""

from __future__ import annotations

import sys

from foretell.cli.memory_machine import (
    add_machine_options,
    choose_rules,
    is_live,
    make_parser,
    read_machine,
    says_unknown,
    write_json,
)
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.memory.kernels import Rules
    from foretell.memory.machine import Machine, Node
    from foretell.render.memory_tiers import TiersTable

__all__ = ["tiers"]


@says_unknown
def tiers(argv: list[str]) -> int:
    """Show the tiers and why; return the exit status."""
    from foretell.cli.picture import add_graph_option, check_graph_path, write_graph
    from foretell.memory.live import read_tiers
    from foretell.render.memory_graph import tiers_graph
    from foretell.render.memory_tiers import render_tiers, tiers_json

    parser = make_parser("tiers")
    add_machine_options(parser)
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="N=BW[@LATENCY]",
        help="what one more device would change: node N, such as 3=16G@250ns",
    )
    add_graph_option(parser)
    options = parser.parse_args(argv)
    check_graph_path(options.graph)
    machine = read_machine(options)
    rules = choose_rules(options)
    there = read_tiers(options.root or "/") if is_live(options) else {}
    now = _table(machine, rules)._replace(
        there={node: tier for tier, nodes in there.items() for node in nodes}
    )
    then = _table(_with_devices(machine, options.device), rules) if options.device else None
    if options.graph:
        write_graph(tiers_graph(rules.series, now, then), options.graph)
    if options.json:
        write_json(tiers_json(rules.series, now, then))
    else:
        sys.stdout.write(render_tiers(rules.series, now, then))
    return 0


def _table(machine: Machine, rules: Rules) -> TiersTable:
    """Return the tiers with what else is shown of each node."""
    from foretell.memory.quantities import bandwidth_text, size_text
    from foretell.memory.tiers import find_tiers
    from foretell.memory.weights import boot_weights
    from foretell.render.memory_tiers import NodeFacts, TierRow, TiersTable

    found = find_tiers(machine)
    state = boot_weights(machine, rules)
    facts = {
        node.number: NodeFacts(
            node.has_cpus,
            size_text(node.size) if node.size > 1 else "",
            bandwidth_text(node.bandwidth) if node.bandwidth else "",
            state.weight(node.number),
        )
        for node in machine.nodes
    }
    return TiersTable(found.nodes, [TierRow(*row) for row in found.rows], found.top, facts, {})


def _with_devices(machine: Machine, devices: list[str]) -> Machine:
    from foretell.memory.machine import make_machine

    nodes = {node.number: node for node in machine.nodes}
    for text in devices:
        node = _device(text)
        if node.number in nodes:
            raise UsageError("bad-device", f"--device: there is a node {node.number} already")
        nodes[node.number] = node
    return make_machine(nodes, machine.distances, "--device")


def _device(text: str) -> Node:
    from foretell.memory.machine import Access, Node
    from foretell.memory.quantities import parse_bandwidth, parse_latency

    name, equals, rest = text.partition("=")
    if not (equals and name.isascii() and name.isdecimal()):
        raise UsageError(
            "bad-device", f"--device: {text[:60]!r} is not N=BW[@LATENCY]", hint="as 3=16G@250ns"
        )
    speed, _, delay = rest.partition("@")
    bandwidth = parse_bandwidth(speed, "--device")
    latency = parse_latency(delay, "--device") if delay else 0
    access = Access(bandwidth, bandwidth, latency, latency)
    return Node(int(name[:8]), False, 1, access, "dax", f"--device {text}")
