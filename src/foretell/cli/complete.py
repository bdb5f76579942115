"""``foretell __complete KIND PREFIX [WORD ...]``: which names may a shell offer?

For the completions only, so it is in no help.  ``WORD`` are those of the command line so far: they
say which system is meant.  It prints one name a line; where there is nothing to say, or
something is wrong, it prints nothing, for it speaks into somebody's prompt.  A start must not
cost more than the names: nothing is imported for them (`foretell.apt.names_file`).
"""

from __future__ import annotations

import os
import sys

from foretell.apt.packages.folders import cache_folder
from foretell.apt.system.names_file import KINDS, beginning, read_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.system.world import World

__all__ = ["complete"]

_PLACES = ("--root", "--status", "--world")


def complete(argv: list[str]) -> int:
    """Print the names of a kind that begin with a prefix; return 1 when there are none."""
    if len(argv) < 2:
        return 1
    kind, prefix = argv[0], os.fsencode(argv[1])
    places = _places(argv[2:])
    if kind == "worlds":
        found = _worlds(prefix)
    elif kind in KINDS:
        found = _names(kind, prefix, places)
    else:
        return 1
    sys.stdout.buffer.write(found)
    return 0 if found else 1


def _places(words: list[str]) -> dict[str, str]:
    """Return what the words say of the system; bash has the sign = as a word of its own."""
    found = {}
    for number, word in enumerate(words):
        name, sign, value = word.partition("=")
        if name not in _PLACES:
            continue
        if not sign:
            rest = words[number + 1 : number + 3]
            value = "".join(rest[1:] if rest[:1] == ["="] else rest[:1])
        if name != "--world" and value:
            value = os.path.abspath(os.path.expanduser(value))
        found[name] = value
    return found


def _names(kind: str, prefix: bytes, places: dict[str, str]) -> bytes:
    folder = cache_folder(os.environ)
    key = "\n".join([kind, *(places.get(name, "") for name in _PLACES)])
    found = read_names(folder, os.fsencode(key), prefix)
    if found is not None:
        return found
    from foretell.apt.system.names_file import collect, watched, write_names
    from foretell.errors import ForetellError

    try:
        world = _world(places)
        paths = watched(world)
        if not places:  # where there are no lists here, it is the embedded Debian
            paths += ["/var/lib/apt/lists", "/var/lib/dpkg/status"]
        names = write_names(folder, os.fsencode(key), paths, collect(world, kind))
    except (ForetellError, OSError):
        return b""
    return beginning(names, prefix)


def _world(places: dict[str, str]) -> World:
    import gc
    from argparse import Namespace

    from foretell.cli.apt_options import read_world

    gc.disable()  # one short question: nothing is worth collecting
    options = Namespace(
        root=places.get("--root"),
        status=places.get("--status"),
        world=places.get("--world", "auto"),
        option=[],
        target_release="",
    )
    return read_world(options)


def _worlds(prefix: bytes) -> bytes:
    from foretell.apt.acquire.worlds import RESERVED, list_worlds, worlds_folder

    names = [*RESERVED, *list_worlds(worlds_folder(os.environ))]
    return b"".join(b"%s\n" % it for it in map(os.fsencode, names) if it.startswith(prefix))
