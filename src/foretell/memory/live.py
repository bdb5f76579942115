"""What does a running kernel say of its nodes?

Everything is read below ``root`` from ``sys/devices/system/node``, ``sys/kernel/mm/mempolicy`` and
``sys/devices/virtual/memory_tiering``, so that a copy of another machine's tree answers, too.
"""

from __future__ import annotations

import os
import re

from foretell.errors import InputError, MissingError
from foretell.memory.machine import Access, Machine, Node, make_machine
from foretell.memory.process import parse_node_list
from foretell.memory.sysfs import numbered, parse_integer, read_integer, read_text

__all__ = ["AUTO_NAMES", "read_machine", "read_tiers", "read_weights", "weights_folder"]

AUTO_NAMES = ("auto", "__auto_type")  # the latter from 6.18 to 7.0: its name was macro-expanded
_NODES = "sys/devices/system/node"
_WEIGHTS = "sys/kernel/mm/mempolicy/weighted_interleave"
_TIERS = "sys/devices/virtual/memory_tiering"
_NODE = re.compile(r"node(\d{1,6})\Z", re.ASCII)
_TIER = re.compile(r"memory_tier(\d{1,9})\Z", re.ASCII)
_TOTAL = re.compile(r"MemTotal: +(\d{1,18}) kB")
_ACCESS_CLASS = "access1"  # the best initiators with CPUs; access0 counts others, too


def read_machine(root: str) -> Machine:
    """Return the nodes of the kernel below ``root``.

    Raises `MissingError` where there is no such tree, `InputError` for what is not a number.
    """
    folder = os.path.join(root, _NODES)
    numbers = numbered(folder, _NODE)
    if not numbers:
        raise MissingError("no-nodes", "there is no NUMA node to read", path=folder)
    nodes, distances = {}, {}
    for number in numbers:
        here = os.path.join(folder, f"node{number}")
        nodes[number] = Node(
            number,
            bool(read_text(here, "cpulist")),
            _total(here),
            _access(here),
            "boot",
            os.path.join(here, _ACCESS_CLASS, "initiators"),
        )
        row = (read_text(here, "distance") or "").split()
        for far, distance in zip(numbers, row, strict=False):
            distances[number, far] = parse_integer(distance, os.path.join(here, "distance"))
    return make_machine(nodes, distances, folder)


def weights_folder(root: str) -> str:
    """Return where the weights are below ``root``."""
    return os.path.join(root, _WEIGHTS)


def read_weights(root: str) -> tuple[dict[int, int], bool | None]:
    """Return the weights, and whether they are automatic: None where the kernel has no switch."""
    folder = weights_folder(root)
    if not os.path.isdir(folder):
        raise MissingError(
            "no-weights", "this kernel has no weighted interleaving (6.9 is the first)", path=folder
        )
    weights = {
        number: parse_integer(
            read_text(folder, f"node{number}") or "", os.path.join(folder, f"node{number}")
        )
        for number in numbered(folder, _NODE)
    }
    for name in AUTO_NAMES:
        if os.path.exists(os.path.join(folder, name)):
            return weights, read_text(folder, name) in {"1", "Y", "true"}
    return weights, None


def read_tiers(root: str) -> dict[int, tuple[int, ...]]:
    """Return the nodes of each memory tier, by the tier's number."""
    folder = os.path.join(root, _TIERS)
    return {
        tier: parse_node_list(read_text(folder, f"memory_tier{tier}", "nodelist") or "", folder)
        for tier in numbered(folder, _TIER)
    }


def _total(folder: str) -> int:
    text = read_text(folder, "meminfo")
    found = _TOTAL.search(text or "")
    if text and found is None:
        path = os.path.join(folder, "meminfo")
        raise InputError("bad-sysfs", "there is no MemTotal", path=path)
    return int(found[1]) << 10 if found else 0


def _access(folder: str) -> Access | None:
    here = os.path.join(folder, _ACCESS_CLASS, "initiators")
    if not os.path.isdir(here):
        return None
    return Access(*(read_integer(here, name) or 0 for name in Access._fields))
