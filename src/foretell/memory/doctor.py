"""What can this kernel do with memory, and what will surprise on it?

Every finding has the file where it can be seen and a remedy.  A ``problem`` is something asked
for that does not happen, a ``surprise`` something that happens unasked, a ``note`` neither.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foretell.errors import ForetellError, MissingError
from foretell.memory.cma_words import read_words
from foretell.memory.doctor_zones import check_zones
from foretell.memory.live import read_machine, read_tiers, read_weights
from foretell.memory.tiers import find_tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.memory.doctor_tree import Tree
    from foretell.memory.kernels import Rules
    from foretell.memory.machine import Machine
    from foretell.model.evidence import Evidence

__all__ = ["Ability", "Finding", "abilities", "examine"]

_WEIGHTS = "sys/kernel/mm/mempolicy/weighted_interleave"
_TIERS = "sys/devices/virtual/memory_tiering"
_DEMOTION = "sys/kernel/mm/numa/demotion_enabled"
_BALANCING = "proc/sys/kernel/numa_balancing"
_TRACING = "sys/kernel/tracing"
_DAMON = "sys/kernel/mm/damon/admin/kdamonds"
_CMA = "sys/kernel/mm/cma"
_GIGANTIC = "proc/sys/vm/movable_gigantic_pages"
_CMA_TOTAL = re.compile(r"^CmaTotal: +(\d{1,18}) kB$", re.MULTILINE)
_ABSURD_NS = 10_000  # no memory is that slow
_PROMOTES = 2  # NUMA_BALANCING_MEMORY_TIERING


class Finding(NamedTuple):
    """One finding: ``kind`` is stable, ``fields`` are what its sentence needs."""

    kind: str
    severity: str
    fields: dict[str, int | str]
    evidence: tuple[Evidence, ...]


class Ability(NamedTuple):
    """Something that a kernel can or cannot do; None is not known."""

    name: str
    can: bool | None
    place: str


def abilities(tree: Tree) -> list[Ability]:
    """Return what the kernel can do, with the file that shows it."""
    rows = [
        Ability(name, tree.has(path), tree.path(path))
        for name, path in (
            ("weighted interleaving", _WEIGHTS),
            ("memory tiers", _TIERS),
            ("demotion", _DEMOTION),
            ("CXL", "sys/bus/cxl"),
            ("DAX", "sys/bus/dax"),
            ("pages of 1 GiB", "sys/kernel/mm/hugepages/hugepages-1048576kB"),
            ("pages of 1 GiB in ZONE_MOVABLE", _GIGANTIC),
            ("DAMON", "sys/kernel/mm/damon"),
        )
    ]
    automatic = any(tree.has(f"{_WEIGHTS}/{name}") for name in ("auto", "__auto_type"))
    rows.insert(1, Ability("automatic weights", automatic, tree.path(_WEIGHTS)))
    memory = tree.text("proc/meminfo")
    can_cma = None if memory is None else "CmaTotal:" in memory
    rows.append(Ability("CMA", can_cma, tree.path("proc/meminfo")))
    for name, option in (("vaddr", "DAMON_VADDR"), ("paddr", "DAMON_PADDR")):
        rows.append(_operations(tree, name, option))
    return rows


def _operations(tree: Tree, name: str, option: str) -> Ability:
    """Say whether DAMON has operations: by a context that is there, else by the configuration."""
    for number in tree.names(_DAMON):
        path = f"{_DAMON}/{number}/contexts/0/avail_operations"
        text = tree.text(path)
        if text is not None:
            return Ability(f"DAMON {name}", name in text.split(), tree.path(path))
    value, place = tree.config(f"CONFIG_{option}")
    return Ability(f"DAMON {name}", None if value is None else value != "n", place)


def examine(tree: Tree, rules: Rules | None) -> list[Finding]:
    """Return all findings, most grave first; ``rules`` is None for a series never asked.

    Raises `MissingError` where there is no NUMA node at all, that is no sysfs.
    """
    try:
        machine = read_machine(tree.root)
    except MissingError:
        raise
    except (ForetellError, OSError) as error:
        return [_unreadable(tree, error), *_unread(tree)]
    found = [*_kernel(tree, rules)]
    for check in (_check_weights, _check_tiers, _check_cma, _check_tools, check_zones):
        try:
            found += [Finding(*row) for row in check(tree, machine)]
        except (ForetellError, OSError) as error:
            found.append(_unreadable(tree, error))
    found += _unread(tree)
    order = ("problem", "surprise", "note")
    unique = {(it.kind, tuple(it.fields.items())): it for it in found}
    return sorted(unique.values(), key=lambda it: order.index(it.severity))


_Row = tuple[str, str, dict[str, "int | str"], tuple["Evidence", ...]]


def _kernel(tree: Tree, rules: Rules | None) -> Iterator[Finding]:
    if rules is None:
        release = tree.evidence("proc/sys/kernel/osrelease")
        yield Finding("kernel-unknown", "note", {"release": release.text}, (release,))


def _check_weights(tree: Tree, machine: Machine) -> Iterator[_Row]:
    if not tree.has(_WEIGHTS):
        return
    weights, automatic = read_weights(tree.root)
    if tree.has(f"{_WEIGHTS}/__auto_type"):
        place = f"{_WEIGHTS}/__auto_type"
        yield "auto-misnamed", "surprise", {}, (tree.evidence(place),)
    with_memory = [node.number for node in machine.nodes if node.size]
    if len(with_memory) < 2:
        return
    evidence = tuple(
        tree.evidence(f"{_WEIGHTS}/node{node}") for node in with_memory if node in weights
    )
    values = {weights.get(node, 1) for node in with_memory}
    if automatic is None:
        yield "no-automatic-weights", "note", {}, (tree.evidence(_WEIGHTS, "no auto"),)
    elif not automatic:
        yield "weights-manual", "note", {}, evidence
    tiers = read_tiers(tree.root)
    if len(values) == 1 and len(tiers) > 1:
        yield "weights-equal", "surprise", {"tiers": len(tiers), "weight": max(values)}, evidence
    if automatic and values == {1} and not any(node.bandwidth for node in machine.nodes):
        place = f"sys/devices/system/node/node{with_memory[0]}/access1/initiators"
        yield "bandwidth-missing", "surprise", {}, (tree.evidence(place, "not there"),)


def _check_tiers(tree: Tree, machine: Machine) -> Iterator[_Row]:
    tiers = read_tiers(tree.root)
    slow = [node for node in machine.nodes if node.size and not node.has_cpus]
    evidence = tuple(tree.evidence(f"{_TIERS}/memory_tier{tier}/nodelist") for tier in tiers)
    if slow and len(tiers) == 1:
        yield "one-tier", "surprise", {"node": slow[0].number}, evidence
    if slow:
        reasons = (parent for row in find_tiers(machine).rows for parent in row.reason.parents)
        for reason in reasons:
            if reason.kind in {"reference-differs", "reference-incomplete"}:
                node = int(str(reason.fields["node"]))
                place = f"sys/devices/system/node/node{node}/access1/initiators"
                text = "other values than the first node with CPUs"
                yield reason.kind, "surprise", {"node": node}, (tree.evidence(place, text),)
    if len(tiers) < 2:
        return
    if tree.text(_DEMOTION) in {"false", "0"}:
        yield "demotion-off", "surprise", {"tiers": len(tiers)}, (tree.evidence(_DEMOTION),)
    balancing = tree.integer(_BALANCING)
    if balancing is not None and not balancing & _PROMOTES:
        yield "promotion-off", "surprise", {"value": balancing}, (tree.evidence(_BALANCING),)


def _check_cma(tree: Tree, _: Machine) -> Iterator[_Row]:
    cmdline = tree.text("proc/cmdline") or ""
    words = read_words(cmdline)
    asked = " ".join(word for word in cmdline.split() if re.match(r"(numa_)?cma[=_]", word))
    asks = bool(words.size or words.per_node or words.by_node)
    memory = tree.text("proc/meminfo")
    total = _CMA_TOTAL.search(memory or "")
    line = tree.evidence("proc/cmdline", asked)
    if asks and memory is not None and (total is None or total[1] == "0"):
        kind = "cma-ignored" if total is None else "cma-refused"
        there = tree.evidence("proc/meminfo", total[0] if total else "no CmaTotal")
        yield kind, "problem", {"asked": asked}, (line, there)
    areas = tree.names(_CMA)
    again = [name for name in areas if re.match(r"numa\d", name)]
    if again and words.size and not words.tells_nodes and total is not None:
        size = int(total[1]) << 10
        fields: dict[str, int | str] = {"nodes": len(again), "asked": words.size, "size": size}
        yield "cma-per-node", "surprise", fields, (line, tree.evidence("proc/meminfo", total[0]))
    for name in areas[:64]:
        place = f"{_CMA}/{name}/alloc_pages_fail"
        failed = tree.integer(place)
        if failed:
            shown = tree.evidence(place)
            yield "cma-failures", "surprise", {"area": name, "pages": failed}, (shown,)


def _check_tools(tree: Tree, _: Machine) -> Iterator[_Row]:
    if tree.has(_TRACING) and not tree.names(_TRACING):
        yield "tracefs-not-mounted", "surprise", {}, (tree.evidence(_TRACING, "an empty folder"),)
    if tree.has("sys/kernel/mm/damon"):
        for name in ("vaddr", "paddr"):
            ability = _operations(tree, name, f"DAMON_{name.upper()}")
            if ability.can is False:
                place = ability.place.removeprefix(tree.root).lstrip("/")
                is_asked = place.endswith("avail_operations")
                text = tree.text(place) if is_asked else f"no CONFIG_DAMON_{name.upper()}"
                yield f"damon-no-{name}", "surprise", {}, (tree.evidence(place, text),)
    names = tree.names("sys/bus/cxl/devices")
    devices = [name for name in names if re.match(r"mem\d", name)]
    if devices and not any(name.startswith("region") for name in names):
        shown = tree.evidence("sys/bus/cxl/devices", " ".join(devices[:8]))
        yield "cxl-unused", "surprise", {"devices": len(devices)}, (shown,)
    for name in names:
        place = f"sys/bus/cxl/devices/{name}"
        latency = tree.integer(f"{place}/access0/read_latency") or 0
        if re.match(r"region\d", name) and latency > _ABSURD_NS:
            shown = tree.evidence(f"{place}/access0/read_latency")
            yield "cxl-latency-absurd", "surprise", {"region": name, "value": latency}, (shown,)
        if re.match(r"region\d", name) and not tree.has(f"{place}/access0/read_bandwidth"):
            shown = tree.evidence(f"{place}/access0", "no read_bandwidth")
            yield "cxl-bandwidth-missing", "surprise", {"region": name}, (shown,)


def _unreadable(tree: Tree, error: ForetellError | OSError) -> Finding:
    if isinstance(error, ForetellError):
        place, why = error.path or tree.root, error.message
    else:
        place, why = str(error.filename or tree.root), error.strerror or "cannot be read"
    return Finding("unreadable", "problem", {"path": place}, (_fact(place, why),))


def _unread(tree: Tree) -> list[Finding]:
    return [
        Finding("unreadable", "problem", {"path": path}, (_fact(path, why),))
        for path, why in tree.unread.items()
    ]


def _fact(place: str, text: str) -> Evidence:
    from foretell.model.evidence import Evidence

    return Evidence("file", place, text)
