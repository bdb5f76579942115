"""What does an HMAT table say about nodes?

The binary table is what ``/sys/firmware/acpi/tables/HMAT`` shows.  Format: ACPI 6.5, 5.2.28, with
latencies in picoseconds times a base unit, bandwidths in MB/s times a base unit.  What the kernel
takes from it, as guests showed: structures are read in their order, and each sets the values of its
data type for all its pairs; an entry that is left out sets 0, also over what an earlier one said.
A target's access is that from the initiator which the table names as nearest to it; where it names
none, the smallest latency and the largest bandwidth over all initiators.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from foretell.errors import InputError
from foretell.memory.machine import NODES_MAX, Access

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TABLE_BYTES_MAX", "Hmat", "read_hmat"]

TABLE_BYTES_MAX = 1 << 24
_HEADER = struct.Struct("<4sIBB6s8sI4sI4x")  # signature, length, revision, checksum, ...
_PREFIX = struct.Struct("<HHI")  # type, reserved, length
_LATENCY_BANDWIDTH = struct.Struct("<BBBBIIIQ")
_DOMAIN_ATTRIBUTES = struct.Struct("<HxxII")  # flags, initiator, memory
_DOMAIN, _SPEED = 0, 1  # structure types
_INVALID = 0xFFFF
_REVISION = 2
_PICOSECONDS = 1_000
_RULE = "ACPI 6.5, 5.2.28 (HMAT)"

# data type: fields of Access that it fills
_FIELDS = {
    0: ("read_latency", "write_latency"),
    1: ("read_latency",),
    2: ("write_latency",),
    3: ("read_bandwidth", "write_bandwidth"),
    4: ("read_bandwidth",),
    5: ("write_bandwidth",),
}
_LATENCIES = frozenset((0, 1, 2))


class Hmat(NamedTuple):
    """The values of a table: ``(field, initiator, target)`` to MB/s or ns; domains in order.

    ``nearest`` is the initiator that the table names for a target.
    """

    values: dict[tuple[str, int, int], int]
    initiators: tuple[int, ...]
    targets: tuple[int, ...]
    nearest: dict[int, int]

    def access(self, target: int) -> Access:
        """Return the access to a target as the kernel takes it."""
        near = self.nearest.get(target)
        best: dict[str, int] = {}
        for (field, initiator, other), value in self.values.items():
            if other != target or not value or near not in {None, initiator}:
                continue
            known = best.get(field, 0)
            is_better = value < known if field.endswith("latency") else value > known
            if not known or is_better:
                best[field] = value
        return Access(**best)


def read_hmat(table: bytes, path: str) -> Hmat:
    """Return what the table says of memory itself; caches in front of it are passed over.

    Raises `InputError` naming the offset for a table that is cut off or breaks the format.
    """
    _check_header(table, path)
    values: dict[tuple[str, int, int], int] = {}
    initiators: dict[int, None] = {}
    targets: dict[int, None] = {}
    nearest: dict[int, int] = {}
    for kind, start, end in _structures(table, path):
        body = table[start:end]
        if kind == _DOMAIN:
            if len(body) < _DOMAIN_ATTRIBUTES.size:
                raise _broken("a proximity domain structure is cut off", start, path)
            flags, initiator, target = _DOMAIN_ATTRIBUTES.unpack_from(body)
            if flags & 1:
                nearest[target] = initiator
        elif kind == _SPEED:
            for field, initiator, target, value in _latency_bandwidth(body, start, path):
                initiators[initiator] = targets[target] = None
                values[field, initiator, target] = value
    return Hmat(values, tuple(sorted(initiators)), tuple(sorted(targets)), nearest)


def _check_header(table: bytes, path: str) -> None:
    if len(table) < _HEADER.size:
        raise _broken("the table is shorter than its header", 0, path)
    signature, length, revision, *_ = _HEADER.unpack_from(table)
    if signature != b"HMAT":
        raise _broken(f"the signature is {signature!r}, not b'HMAT'", 0, path)
    if length != len(table):
        raise _broken(f"the header says {length} bytes, there are {len(table)}", 4, path)
    if revision != _REVISION:
        raise _broken(f"revision {revision} is not read, only {_REVISION}", 8, path)
    if sum(table) & 0xFF:
        raise _broken("the checksum is wrong", 9, path)


def _structures(table: bytes, path: str) -> Iterator[tuple[int, int, int]]:
    """Yield ``(type, start of the body, end)`` of every structure."""
    offset = _HEADER.size
    while offset < len(table):
        if offset + _PREFIX.size > len(table):
            raise _broken("a structure is cut off", offset, path)
        kind, _, length = _PREFIX.unpack_from(table, offset)
        if length < _PREFIX.size or offset + length > len(table):
            raise _broken(f"a structure of {length} bytes does not fit", offset, path)
        yield kind, offset + _PREFIX.size, offset + length
        offset += length


def _latency_bandwidth(body: bytes, start: int, path: str) -> Iterator[tuple[str, int, int, int]]:
    """Yield ``(field, initiator, target, value)`` of a latency and bandwidth structure."""
    if len(body) < _LATENCY_BANDWIDTH.size:
        raise _broken("a latency and bandwidth structure is cut off", start, path)
    flags, data_type, _, _, initiators, targets, _, base = _LATENCY_BANDWIDTH.unpack_from(body)
    if data_type not in _FIELDS:
        raise _broken(f"data type {data_type} is not between 0 and 5", start, path)
    if initiators > NODES_MAX or targets > NODES_MAX:
        raise _broken(f"{initiators} initiators and {targets} targets are too many", start, path)
    offset = _LATENCY_BANDWIDTH.size
    needed = offset + 4 * (initiators + targets) + 2 * initiators * targets
    if len(body) < needed:
        raise _broken(f"{needed} bytes of entries do not fit into {len(body)}", start, path)
    if flags & 0xF:  # a memory-side cache, not the memory
        return
    names = struct.unpack_from(f"<{initiators + targets}I", body, offset)
    entries = struct.unpack_from(
        f"<{initiators * targets}H", body, offset + 4 * (initiators + targets)
    )
    for index, entry in enumerate(entries):
        value = 0 if entry == _INVALID else entry * base
        if data_type in _LATENCIES:
            value = -(-value // _PICOSECONDS)
        initiator, target = names[index // targets], names[initiators + index % targets]
        for field in _FIELDS[data_type]:
            yield field, initiator, target, value


def _broken(message: str, offset: int, path: str) -> InputError:
    return InputError("bad-hmat", f"offset {offset}: {message}", path=path, rule=_RULE)
