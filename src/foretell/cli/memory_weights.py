"""``foretell memory weights``: which weight does weighted interleaving give each node?"""

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
    from argparse import Namespace
    from collections.abc import Mapping

    from foretell.memory.kernels import Rules
    from foretell.memory.weights import WeightState
    from foretell.render.memory_weights import WeightsTable

__all__ = ["weights"]

_MOST_MAX = 255


@says_unknown
def weights(argv: list[str]) -> int:
    """Show the weights that the kernel derives; return the exit status."""
    from foretell.memory.live import read_weights
    from foretell.memory.weights import boot_weights

    parser = make_parser("weights")
    add_machine_options(parser)
    parser.add_argument(
        "--then",
        action="append",
        default=[],
        metavar="EVENT",
        help="add:N[=BW], remove:N, set:N=TEXT or auto:TEXT, in this order",
    )
    parser.add_argument(
        "--better", action="store_true", help="small weights that use more of the bandwidth"
    )
    parser.add_argument(
        "--most", type=int, default=32, metavar="N", help="largest weight of --better (32)"
    )
    parser.add_argument("--apply", action="store_true", help="write them to the running kernel")
    parser.add_argument("-y", "--yes", action="store_true", help="write without asking")
    parser.add_argument("--sysfs", metavar="DIR", default="/", help="where --apply finds sys (/)")
    options = parser.parse_args(argv)
    if not 1 <= options.most <= _MOST_MAX:
        raise UsageError("bad-usage", f"--most is from 1 to {_MOST_MAX}, not {options.most}")
    machine = read_machine(options)
    rules = choose_rules(options)
    state = boot_weights(machine, rules)
    origins = {node.number: node.origin for node in machine.nodes if node.access is not None}
    there = None
    if is_live(options):
        there, is_automatic = read_weights(options.root or "/")
        if is_automatic is False:
            state.load(there)
    refused = _run_events(state, options.then, origins)
    table = _table(options, rules, state, origins)._replace(
        refused=tuple(refused), there=None if options.then else there
    )
    _show(table, options)
    if refused:
        return 1
    if options.apply:
        _apply(table.better or table.weights, options)
    return 0


def _run_events(state: WeightState, events: list[str], origins: dict[int, str]) -> list[str]:
    """Let the events happen; return what the kernel refuses, as sentences."""
    from foretell.memory.quantities import parse_bandwidth
    from foretell.memory.weights import Refused

    refused = []
    for event in events:
        kind, _, rest = event.partition(":")
        name, equals, value = rest.partition("=")
        try:
            if kind == "auto":
                state.write_auto(rest)
                continue
            node = _number(name, event)
            if kind == "add":
                bandwidth = parse_bandwidth(value, f"--then {event}") if equals else None
                state.add(node, bandwidth)
                origins[node] = f"--then {event}"
            elif kind == "remove" and not equals:
                state.remove(node)
            elif kind == "set" and equals:
                state.write(node, value)
            else:
                raise _bad_event(event)
        except Refused as no:
            refused.append(f"{event}: {no}")
    return refused


def _number(name: str, event: str) -> int:
    from foretell.memory.machine import NODES_MAX

    if not (name.isascii() and name.isdecimal() and int(name[:8]) < NODES_MAX):
        raise _bad_event(event)
    return int(name)


def _bad_event(event: str) -> UsageError:
    return UsageError(
        "bad-event",
        f"--then: {event[:60]!r} is no event",
        hint="add:N[=BW], remove:N, set:N=TEXT, auto:0 or auto:1",
    )


def _table(
    options: Namespace,
    rules: Rules,
    state: WeightState,
    origins: dict[int, str],
) -> WeightsTable:
    """Return what there is to show."""
    from foretell.memory.better import better_weights, usable_share
    from foretell.memory.weights import explain_weights
    from foretell.render.memory_weights import WeightsTable

    told = {node: state.bandwidths.get(node, 0) for node in state.weights()}
    is_told = bool(told) and all(told.values())
    better = better_weights(told, options.most) if options.better and is_told else None
    return WeightsTable(
        kernel=rules.series,
        is_automatic=state.is_automatic if rules.is_automatic else None,
        weights=state.weights(),
        bandwidths=told,
        share=usable_share(state.weights(), told) if is_told else None,
        better=better,
        better_share=usable_share(better, told) if better else None,
        refused=(),
        reasons=tuple(explain_weights(state, origins)),
    )


def _show(table: WeightsTable, options: Namespace) -> None:
    from foretell.render.memory_weights import render_weights, weights_json

    if options.json:
        write_json(weights_json(table))
    else:
        sys.stdout.write(render_weights(table, wants_better=options.better))


def _apply(weights: Mapping[int, int], options: Namespace) -> None:
    """Show what would be written, ask, write, and say how to take it back."""
    from foretell.cli.agreeing import agrees
    from foretell.memory.applying import carry_out, plan_weights
    from foretell.render.memory_weights import render_writes

    plan = plan_weights(options.sysfs, weights)
    if not plan.steps:
        sys.stderr.write("The kernel has these weights.\n")
        return
    sys.stderr.write("To be written:\n" + render_writes(step.do for step in plan.steps))
    if not (options.yes or agrees(f"Write {len(plan.steps)} files?")):
        return
    carry_out(plan)
    back = render_writes(step.undo for step in reversed(plan.steps))
    sys.stderr.write("Written. To take it back:\n" + back)
