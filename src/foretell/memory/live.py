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

__all__ = ["AUTO_NAMES", "read_machine", "read_tiers", "read_weights", "weights_folder"]

AUTO_NAMES = ("auto", "__auto_type")  # the latter from 6.18 to 7.0: its name was macro-expanded
_NODES = "sys/devices/system/node"
_WEIGHTS = "sys/kernel/mm/mempolicy/weighted_interleave"
_TIERS = "sys/devices/virtual/memory_tiering"
_NODE = re.compile(r"node(\d{1,6})\Z", re.ASCII)
_TIER = re.compile(r"memory_tier(\d{1,9})\Z", re.ASCII)
_TOTAL = re.compile(r"MemTotal: +(\d{1,18}) kB")
_FILE_BYTES_MAX = 1 << 16
_ACCESS_CLASS = "access1"  # the best initiators with CPUs; access0 counts others, too


def read_machine(root: str) -> Machine:
    """Return the nodes of the kernel below ``root``.

    Raises `MissingError` where there is no such tree, `InputError` for what is not a number.
    """
    folder = os.path.join(root, _NODES)
    numbers = _numbered(folder, _NODE)
    if not numbers:
        raise MissingError("no-nodes", "there is no NUMA node to read", path=folder)
    nodes, distances = {}, {}
    for number in numbers:
        here = os.path.join(folder, f"node{number}")
        nodes[number] = Node(
            number,
            bool(_read(here, "cpulist").strip()),
            _total(here),
            _access(here),
            "boot",
            os.path.join(here, _ACCESS_CLASS, "initiators"),
        )
        row = _read(here, "distance").split()
        for far, distance in zip(numbers, row, strict=False):
            distances[number, far] = _integer(distance, os.path.join(here, "distance"))
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
        number: _integer(_read(folder, f"node{number}"), os.path.join(folder, f"node{number}"))
        for number in _numbered(folder, _NODE)
    }
    for name in AUTO_NAMES:
        if os.path.exists(os.path.join(folder, name)):
            return weights, _read(folder, name).strip() in {"1", "Y", "true"}
    return weights, None


def read_tiers(root: str) -> dict[int, tuple[int, ...]]:
    """Return the nodes of each memory tier, by the tier's number."""
    folder = os.path.join(root, _TIERS)
    return {
        tier: parse_node_list(_read(os.path.join(folder, f"memory_tier{tier}"), "nodelist"), folder)
        for tier in _numbered(folder, _TIER)
    }


def _numbered(folder: str, pattern: re.Pattern[str]) -> list[int]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(int(found[1]) for found in map(pattern.match, names) if found)


def _read(folder: str, name: str) -> str:
    """Return a small file's text; one that is not there is empty."""
    path = os.path.join(folder, name)
    try:
        with open(path, "rb") as file:
            text = file.read(_FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return ""
    if len(text) > _FILE_BYTES_MAX:
        raise InputError("too-large", f"more than {_FILE_BYTES_MAX} bytes", path=path)
    return text.decode("ascii", "replace")


def _total(folder: str) -> int:
    path = os.path.join(folder, "meminfo")
    text = _read(folder, "meminfo")
    found = _TOTAL.search(text)
    if text and found is None:
        raise InputError("bad-sysfs", "there is no MemTotal", path=path)
    return int(found[1]) << 10 if found else 0


def _access(folder: str) -> Access | None:
    here = os.path.join(folder, _ACCESS_CLASS, "initiators")
    if not os.path.isdir(here):
        return None
    values = (
        _integer(text, os.path.join(here, name)) if (text := _read(here, name)) else 0
        for name in Access._fields
    )
    return Access(*values)


def _integer(text: str, path: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdecimal() and len(word) < 20):
        raise InputError("bad-sysfs", f"{word[:40]!r} is not a number", path=path)
    return int(word)
