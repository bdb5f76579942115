"""What does the whole stanza of a version say, in its own words?

Decisions need few fields, which the index keeps; queries show them all.  The text is read where it
stands: at its place in the list, or in the status file.
"""

from __future__ import annotations

from foretell.apt.syntax.compression import MAGIC_BYTES, kind_of, open_chunks
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.world import World

    # Field names as written, and their values with their line ends.
    Record = list[tuple[str, str]]

__all__ = ["description", "parse_record", "read_record"]

RECORD_BYTES_MAX = 16 << 20


def read_record(world: World, universe: Universe, version: int) -> Record:
    """Return the fields of a version's stanza in their order.

    Raises `InputError` when the list is not what the index was made of, and ``OSError``.
    """
    if version < universe.n_versions:
        number, offset, length = universe.stanza(version)
        text = _span(world.lists[number], offset, length)
    else:
        text = _installed(world, universe, version)
    return parse_record(text)


def parse_record(text: bytes) -> Record:
    """Return the fields of a stanza; lines that are no field and continue none are left out.

    >>> parse_record(b"Package: a\\nTag: b,\\n c\\n")
    [('Package', 'a'), ('Tag', 'b,\\n c')]
    """
    fields: Record = []
    for line in text.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith((" ", "\t")):
            if fields:
                name, value = fields[-1]
                fields[-1] = (name, f"{value}\n{line.rstrip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name, value.strip()))
    return fields


def description(record: Record) -> str:
    """Return the description, the summary in its first line."""
    return next((value for name, value in record if name.lower() == "description"), "")


def _span(path: str, offset: int, length: int) -> bytes:
    """Return ``length`` bytes from ``offset`` of a list, compressed or not."""
    with open(path, "rb") as file:
        if kind_of(file.read(MAGIC_BYTES)) == "plain":
            file.seek(offset)
            found = file.read(length)
        else:
            found = _unpacked(path, offset, length)
    if len(found) != length:
        raise InputError("file-changed", "list is shorter than it was", path=path)
    return found


def _unpacked(path: str, offset: int, length: int) -> bytes:
    found = b""
    at = 0
    for piece in open_chunks(path):
        if at + len(piece) > offset:
            found += piece[max(0, offset - at) : max(0, offset + length - at)]
        at += len(piece)
        if len(found) == length:
            break
    return found


def _installed(world: World, universe: Universe, version: int) -> bytes:
    """Return the stanza of a version that only the status file has."""
    package = universe.package(version)
    name, architecture = universe.name(package), universe.architecture(package)
    for entry in world.installed:
        fields = entry.fields
        if fields[b"package"] != name or not (entry.is_here or entry.is_residual):
            continue
        if universe.package_architecture(fields) == architecture:
            with open(world.status_path, "rb") as file:
                return _stanza_at(file.read(), entry.line)
    raise AssertionError(f"version {version} is neither in a list nor installed")


def _stanza_at(data: bytes, line: int) -> bytes:
    """Return the stanza that begins at a line."""
    start = 0
    for _ in range(line - 1):
        start = data.index(b"\n", start) + 1
    end = data.find(b"\n\n", start)
    return data[start : len(data) if end < 0 else end]
