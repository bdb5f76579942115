"""Which mappings and which policies has a process?

Read from ``/proc/PID/maps``, ``numa_maps`` and ``smaps``: proc_pid_maps(5), numa(7).
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from foretell.errors import InputError
from foretell.memory.placement import MODES, Mapped, Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ProcessMapping", "parse_node_list", "parse_policy", "read_mappings"]

_MAP = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S{4} ([0-9a-f]+) \S+ (\d+) *(.*)", re.ASCII)
_HUGE = re.compile(r"AnonHugePages: +(\d+) kB")
_RESIDENT = re.compile(r"Rss: +(\d+) kB")
_ON_NODE = re.compile(r" N(\d+)=(\d+)")
_POLICY_END = re.compile(r"[:=|]| (?!\(many\)|interleave)|\Z")
_NODES_MAX = 1 << 16


class ProcessMapping(NamedTuple):
    """One mapping: its pages, its policy as numa_maps words it, where its pages lie already.

    ``order`` is that of its folios; None where it has folios of several orders.
    """

    start: int
    end: int
    name: str
    policy: str
    offset: int | None
    order: int | None
    on_nodes: dict[int, int]

    def mapped(self, page_size: int) -> Mapped:
        """Return the mapping in pages of ``page_size`` bytes."""
        offset = None if self.offset is None else self.offset // page_size
        pages = (self.end - self.start) // page_size
        return Mapped(self.start // page_size, pages, offset, self.order or 0)


def parse_policy(text: str, place: str) -> Policy:
    """Return a policy such as ``weighted interleave:0-2``, as numa_maps shows it.

    Raises `InputError`.  The flag ``static`` changes nothing as long as the nodes are allowed.

    >>> parse_policy("prefer (many)=static:0,2", "--policy")
    Policy(mode='prefer (many)', nodes=(0, 2))
    """
    head, _, nodes = text.partition(":")
    mode, equals, flags = head.partition("=")
    if mode not in MODES:
        raise InputError(
            "bad-policy", f"{text[:60]!r} is not a policy", path=place,
            rule=f"one of {', '.join(MODES)}, then :NODES",
        )  # fmt: skip
    if equals and flags != "static":
        raise InputError(
            "bad-policy", f"the flag {flags[:40]!r} is not modelled, only static", path=place
        )
    return Policy(mode, parse_node_list(nodes, place) if nodes else ())


def parse_node_list(text: str, place: str) -> tuple[int, ...]:
    """Return the numbers of a list such as ``0-2,5``, ascending; raise `InputError`.

    >>> parse_node_list("0-2,5", "nodelist")
    (0, 1, 2, 5)
    """
    numbers: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        last = last or first
        if not (first.isascii() and first.isdecimal() and last.isascii() and last.isdecimal()):
            raise InputError("bad-nodes", f"{part[:40]!r} is not a list of nodes", path=place)
        low, high = int(first[:8]), int(last[:8])
        if high < low or high >= _NODES_MAX:
            raise InputError("bad-nodes", f"{part[:40]!r} is not a range of nodes", path=place)
        numbers.update(range(low, high + 1))
    return tuple(sorted(numbers))


def read_mappings(folder: str) -> list[ProcessMapping]:
    """Return the mappings of the process whose ``/proc/PID`` is ``folder``, by address.

    Raises ``OSError`` when it is gone or not ours, `InputError` for lines of another form.
    """
    policies = dict(_read_numa_maps(os.path.join(folder, "numa_maps")))
    found = []
    for head, facts in _read_smaps(os.path.join(folder, "smaps")):
        start, end, offset, inode, name = head
        if start not in policies:
            continue
        policy, on_nodes = policies[start]
        is_file = inode != 0
        found.append(
            ProcessMapping(
                start, end, name, policy, offset if is_file else None, _order(facts), on_nodes
            )
        )
    return found


def _read_numa_maps(path: str) -> Iterator[tuple[int, tuple[str, dict[int, int]]]]:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for number, line in enumerate(file, 1):
            address, _, rest = line.rstrip("\n").partition(" ")
            end = _POLICY_END.search(rest)
            assert end is not None  # it matches the end, at least
            mode_end = end.start()
            policy = rest[:mode_end]
            if rest[mode_end : mode_end + 1] in {":", "=", "|"}:
                policy = rest[: (rest.find(" ", mode_end) + 1 or len(rest) + 1) - 1]
            try:
                start = int(address, 16)
            except ValueError:
                raise InputError("bad-proc", "not a line of numa_maps", path=path, line=number,
                                 rule="numa(7)") from None  # fmt: skip
            nodes = {int(node): int(pages) for node, pages in _ON_NODE.findall(rest)}
            yield start, (policy, nodes)


def _read_smaps(path: str) -> Iterator[tuple[tuple[int, int, int, int, str], str]]:
    """Yield the head of each mapping and the lines about it."""
    head = None
    facts: list[str] = []
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            found = _MAP.match(line)
            if found is None:
                facts.append(line)
                continue
            if head is not None:
                yield head, "".join(facts)
            start, end, offset, inode, name = found.groups()
            head, facts = (int(start, 16), int(end, 16), int(offset, 16), int(inode), name), []
    if head is not None:
        yield head, "".join(facts)


def _order(facts: str) -> int | None:
    """Return the order of the folios: 0 without huge pages, 9 with nothing else, else None."""
    huge, resident = _HUGE.search(facts), _RESIDENT.search(facts)
    if huge is None or resident is None or huge[1] == "0":
        return 0
    return 9 if huge[1] == resident[1] else None
