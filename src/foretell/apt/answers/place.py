"""Where does the relation stand that cannot be parsed?

Relations are parsed when a question reaches them, long after their file was read.  The place is
only looked for when one is broken, so this may take its time.
"""

from __future__ import annotations

from foretell.apt.model import RELATION_FIELDS
from foretell.apt.packages.stanza import parse_members
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.world import World

__all__ = ["locate", "relation_place"]


def locate(error: InputError, world: World) -> None:
    """Give ``error`` about a relation the path and the line of the first stanza that has it.

    It stays without a place when the relation came from somewhere else, such as the request.
    """
    if error.path is not None or error.code != "bad-relation":
        return
    universe = world.state().universe
    for version in range(universe.version_count()):
        for kind, line in enumerate(universe.relation_lines(version)):
            if line and any(_breaks(text, error) for text in line.split(b", ")):
                error.path, error.line = relation_place(world, universe, version, kind)
                return


def _breaks(text: bytes, error: InputError) -> bool:
    try:
        parse_members(text)
    except InputError as found:
        return found.message == error.message
    return False


def relation_place(
    world: World, universe: Universe, version: int, kind: int
) -> tuple[str, int | None]:
    """Return where a version's relation field of this type stands."""
    if version >= universe.n_versions:
        package = universe.package(version)
        wanted = universe.name(package), universe.version_string(version)
        lines = [
            entry.line
            for entry in world.installed
            if (entry.fields[b"package"], entry.fields.get(b"version")) == wanted
        ]
        return world.status_path, lines[-1] if lines else 1
    from foretell.apt.syntax.compression import open_chunks

    number, offset, length = universe.stanza(version)
    path = world.lists[number]
    head = bytearray()
    try:
        for chunk in open_chunks(path):
            head += chunk
            if len(head) >= offset + length:
                break
    except OSError:  # a replayed question knows only how its lists were called
        return path, None
    stanza = bytes(head[offset : offset + length]).lower().split(b"\n")
    field = RELATION_FIELDS[kind].lower() + b":"
    inside = [at for at, text in enumerate(stanza) if text.startswith(field)]
    return path, 1 + head.count(b"\n", 0, offset) + (inside[-1] if inside else 0)
