"""Which machine does a topology file describe?

A topology is TOML: ``[[node]]`` tables with ``cpus``, ``size``, ``arrival``, ``bandwidth`` (or
``read_bandwidth`` and ``write_bandwidth``), ``latency`` (or ``read_latency`` and
``write_latency``) and ``distances``; nodes are numbered from 0 unless they say ``number``.
"""

from __future__ import annotations

import tomllib

from foretell.errors import InputError
from foretell.memory.machine import ARRIVALS, Access, Machine, Node, make_machine
from foretell.memory.quantities import parse_bandwidth, parse_latency, parse_size

__all__ = ["FILE_BYTES_MAX", "read_topology"]

FILE_BYTES_MAX = 1 << 20
_KEYS = {
    "number", "cpus", "size", "arrival", "distances",
    "bandwidth", "read_bandwidth", "write_bandwidth",
    "latency", "read_latency", "write_latency",
}  # fmt: skip
_RULE = "the topology format of docs/reference/topology.md"


def read_topology(text: bytes, path: str) -> Machine:
    """Return the machine of a topology file.

    Raises `InputError` that names the key (or the line, where it is no TOML).
    """
    if len(text) > FILE_BYTES_MAX:
        raise InputError("too-large", f"more than {FILE_BYTES_MAX} bytes", path=path)
    try:
        document = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("bad-toml", f"not TOML: {error}", path=path, rule="TOML 1.0") from error
    tables = document.get("node")
    if not isinstance(tables, list):
        raise _wrong("node", "there must be [[node]] tables", path)
    nodes: dict[int, Node] = {}
    distances: dict[tuple[int, int], int] = {}
    for index, table in enumerate(tables):
        place = f"node[{index}]"
        if not isinstance(table, dict):
            raise _wrong(place, "is not a table", path)
        unknown = sorted(set(table) - _KEYS)
        if unknown:
            raise _wrong(f"{place}.{unknown[0]}", "is not a key of a node", path)
        node = _node(table, index, place, path)
        if node.number in nodes:
            raise _wrong(place, f"is node {node.number} once more", path)
        nodes[node.number] = node
        _read_distances(table.get("distances", {}), node.number, place, path, distances)
    return make_machine(nodes, distances, path)


def _node(table: dict[str, object], index: int, place: str, path: str) -> Node:
    number = _integer(table.get("number", index), f"{place}.number", path)
    cpus = table.get("cpus", False)
    if not isinstance(cpus, bool):
        raise _wrong(f"{place}.cpus", "is not true or false", path)
    arrival = table.get("arrival", "boot")
    if not isinstance(arrival, str) or arrival not in ARRIVALS:
        raise _wrong(f"{place}.arrival", f"is not one of {', '.join(ARRIVALS)}", path)
    size = parse_size(_text(table, "size", "0"), f"{path}: {place}.size")
    access = _access(table, place, path)
    return Node(number, cpus, size, access, arrival, f"{path}: {place}")


def _access(table: dict[str, object], place: str, path: str) -> Access | None:
    found = {}
    for kind, parse in (("bandwidth", parse_bandwidth), ("latency", parse_latency)):
        both = _text(table, kind, "")
        for side in ("read", "write"):
            name = f"{side}_{kind}"
            text = _text(table, name, both)
            if text:
                found[name] = parse(text, f"{path}: {place}.{name if name in table else kind}")
    return Access(**found) if found else None


def _text(table: dict[str, object], key: str, default: str) -> str:
    """Return a quantity as text; a bare number is one, too; anything else is not a quantity."""
    value = table.get(key, default)
    return str(value)


def _read_distances(
    table: object, near: int, place: str, path: str, distances: dict[tuple[int, int], int]
) -> None:
    place = f"{place}.distances"
    if not isinstance(table, dict):
        raise _wrong(place, "is not a table of node = distance", path)
    for far, distance in table.items():
        if not far.isascii() or not far.isdecimal():
            raise _wrong(f"{place}.{far}", "is not a node's number", path)
        distances[near, int(far[:8])] = _integer(distance, f"{place}.{far}", path)


def _integer(value: object, place: str, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(place, "is not a whole number", path)
    return value


def _wrong(place: str, message: str, path: str) -> InputError:
    return InputError("bad-topology", f"{place} {message}", path=path, rule=_RULE)
