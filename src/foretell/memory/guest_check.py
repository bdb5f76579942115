"""Does a real kernel do what is predicted?

`check_case` starts a kernel as a guest on a described machine, predicts from the description alone
what it will show, and returns what differs, beside how much was compared.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.memory.hmat import Hmat
from foretell.memory.kernels import rules_of
from foretell.memory.machine import Access, Machine, Node, make_machine
from foretell.memory.placement import Mapped, Policy, place
from foretell.memory.tiers import find_tiers
from foretell.memory.unmodelled import Unmodelled
from foretell.memory.weights import Refused, boot_weights
from foretell.oracle.guest import Guest
from foretell.oracle.guest_cases import MODES
from foretell.oracle.guest_facts import INTERLEAVE, NODES, read_facts, read_weights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.memory.kernels import Rules
    from foretell.memory.weights import WeightState
    from foretell.oracle.guest import PageWish, Placed
    from foretell.oracle.guest_build import GuestParts
    from foretell.oracle.guest_cases import GuestCase
    from foretell.oracle.guest_facts import GuestFacts, Weights
    from foretell.oracle.guest_machine import GuestMachine, GuestPath

__all__ = ["KINDS", "Compared", "check_case", "machine_of_guest"]

KINDS = ("access", "weights", "writes", "tiers", "demotion", "pages")
_ERRNO = {"EINVAL": 22, "ENODEV": 19, "ENOENT": 2}


class Compared(NamedTuple):
    """What was compared: how often by kind, what differs, and what is not predicted."""

    seed: str
    kernel: str
    counts: dict[str, int]
    differences: list[tuple[str, str]]
    unknown: list[str]


def machine_of_guest(machine: GuestMachine, *, later: int = -1) -> Machine:
    """Return the machine that a kernel sees in the tables of a guest.

    The memory of node ``later``, if there is one, is a DIMM in a slot: QEMU names the nearest
    initiator only of a node that has memory at boot.
    """
    numbers = tuple(range(len(machine.nodes)))
    nearest = {
        number: number if it.cpus else it.initiator
        for number, it in enumerate(machine.nodes)
        if number != later
    }
    table = Hmat(_table_values(machine.paths), numbers, numbers, nearest)
    nodes = {}
    for number, it in enumerate(machine.nodes):
        size = 1 if number == later else it.memory_mib << 20
        arrival = "slot" if number == later else "boot"
        nodes[number] = Node(number, bool(it.cpus), size, table.access(number), arrival, "HMAT")
    distances = {(near, far): distance for near, far, distance in machine.distances}
    return make_machine(nodes, distances, "guest")


def _table_values(paths: Sequence[GuestPath]) -> dict[tuple[str, int, int], int]:
    """Return what the kernel has after it has read the structures in the order of QEMU.

    There is one for each data type that any path needs, over all pairs; 0 where a path is missing.
    """
    kinds = {"latency": (2, 3), "bandwidth": (4, 5)}  # places of read and write in a path
    values = {}
    for kind, (read, write) in kinds.items():
        even = [path for path in paths if path[2::2] == path[3::2]]
        uneven = [path for path in paths if path[2::2] != path[3::2]]
        for some, sides in ((even, (read, write)), (uneven, (read,)), (uneven, (write,))):
            told = {(path.initiator, path.target): path for path in some if path[sides[0]]}
            if not told:
                continue
            for pair in ((path.initiator, path.target) for path in paths):
                for side in sides:
                    field = f"{'read' if side in {2, 4} else 'write'}_{kind}"
                    values[field, *pair] = told[pair][side] if pair in told else 0
    return values


def check_case(parts: GuestParts, kernel: str, case: GuestCase) -> Compared:
    """Start the kernel on the machine of the case and compare all that is predicted.

    Raises `foretell.errors.MissingError` when the guest does not start or dies.
    """
    rules = rules_of(kernel)
    machine = machine_of_guest(case.machine, later=case.later)
    found = Compared(case.seed, kernel, dict.fromkeys(KINDS, 0), [], [])
    state = boot_weights(machine, rules)
    with Guest(parts, kernel, case.machine, arguments=case.arguments()) as guest:
        facts = read_facts(guest)
        _compare(found, _facts(machine, state, facts))
        _compare(found, _writes(guest, case, state, rules, facts.weights))
        placed = guest.place(case.wishes)
    weights = state.weights()
    for wish, real in zip(case.wishes, placed, strict=True):
        _compare(found, _pages(machine, weights, wish, real, found.unknown))
    return found


def _compare(found: Compared, pairs: Iterator[tuple[str, str, object, object]]) -> None:
    """Count each ``(kind, what, predicted, real)``, and keep those that differ."""
    for kind, what, predicted, real in pairs:
        found.counts[kind] += 1
        if predicted != real:
            found.differences.append((kind, f"{what}: predicted {predicted}, real {real}"))


def _facts(
    machine: Machine, state: WeightState, facts: GuestFacts
) -> Iterator[tuple[str, str, object, object]]:
    """Yield what the kernel shows right after it has started."""
    shown = {it.node: Access(*it[3:]) for it in facts.accesses if it.access == 1}
    for node in machine.nodes:
        yield "access", f"node{node.number}", node.access, shown.get(node.number)
    if facts.weights is not None:
        yield "weights", "all", state.weights(), facts.weights.nodes
    tiers = find_tiers(machine)
    yield "tiers", "all", dict(tiers.nodes), facts.tiers
    targets = {row.node: (row.preferred, row.fallback) for row in tiers.rows}
    for number, preferred, fallback in facts.demotion:
        yield "demotion", f"node{number}", targets[number], (preferred, fallback)


def _writes(
    guest: Guest, case: GuestCase, state: WeightState, rules: Rules, weights: Weights | None
) -> Iterator[tuple[str, str, object, object]]:
    """Write to the weights, and yield what is refused and what they are then."""
    if weights is None:
        return
    blocks = _blocks(guest, case.later) if case.later >= 0 else []
    for name, text in case.writes:
        predicted = 0
        try:
            if name == "memory":
                (state.remove if text == "offline" else state.add)(case.later)
            elif name == "auto":
                state.write_auto(text)
            else:
                state.write(int(name), text)
        except Refused as refused:
            predicted = _ERRNO[str(refused)]
        if name == "memory":
            file, files = "memory", blocks
        else:
            file = (rules.auto_name or "auto") if name == "auto" else f"node{name}"
            files = [f"{INTERLEAVE}/{file}"]
        real = max(guest.write(path, text) for path in files)
        then = read_weights(guest)
        mode = {True: "true", False: "false"}[state.is_automatic] if rules.auto_name else ""
        ours = predicted, mode, state.weights()
        theirs = (real, then.auto, then.nodes) if then is not None else None
        yield "writes", f"{text!r} to {file}", ours, theirs


def _blocks(guest: Guest, node: int) -> list[str]:
    """Return the files with the state of a node's blocks of memory."""
    names = guest.names(f"{NODES}/node{node}")
    blocks = [name for name in names if name.startswith("memory") and name[6:].isdecimal()]
    return [f"/sys/devices/system/memory/{name}/state" for name in blocks]


def _pages(
    machine: Machine,
    weights: dict[int, int],
    wish: PageWish,
    real: Placed,
    unknown: list[str],
) -> Iterator[tuple[str, str, object, object]]:
    """Yield every page that was touched."""
    policy = Policy(MODES[wish.mode], wish.nodes)
    what = f"{policy.mode} {wish.nodes} {'task' if wish.task else 'mbind'}"
    if real.errno or real.signal:
        yield "pages", what, "no error", f"{real.call} errno {real.errno} signal {real.signal}"
        return
    mapped = Mapped(real.start, wish.pages)
    try:
        placed = place(policy, mapped, machine, weights, 0)
    except Unmodelled as missing:
        unknown.append(f"{what}: {missing.why}")
        return
    for page, node in enumerate(real.nodes()):
        if page >= wish.first and (page - wish.first) % wish.step == 0:
            yield "pages", f"{what} page {page}", placed.node(page), node
