"""Which named worlds does this user have, and what is in a new one?

A named world is a folder that looks like a system's root to apt and foretell: sources, a keyring,
lists, a dpkg status.  It holds no programs.  So whatever can be asked about a root can be asked
about a world, and nobody needs to be root for it.
"""

from __future__ import annotations

import os
import re

from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.apt.system.world import World

__all__ = [
    "RESERVED",
    "check_name",
    "find_world",
    "list_worlds",
    "minimal_names",
    "settings_text",
    "source_text",
    "status_texts",
    "worlds_folder",
]

RESERVED = ("auto", "host", "embedded")
STANZA_BYTES_MAX = 1 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")
_VITAL = re.compile(rb"^(?:Essential: yes|Priority: required)$", re.MULTILINE)
_PACKAGE = re.compile(rb"^Package: (\S+)$", re.MULTILINE)


def worlds_folder(environment: Mapping[str, str]) -> str:
    """Return the folder of the user's worlds: below ``XDG_DATA_HOME``, default ``~/.local/share``.

    Source: XDG Base Directory Specification; a relative value is ignored.
    """
    base = environment.get("XDG_DATA_HOME", "")
    if not base.startswith("/"):
        home = environment.get("HOME", "")
        base = os.path.join(home if home.startswith("/") else os.devnull, ".local", "share")
    return os.path.join(base, "foretell", "worlds")


def check_name(name: str) -> None:
    """Raise `UsageError` unless a world may be called so."""
    if name in RESERVED or not _NAME.fullmatch(name):
        raise UsageError(
            "bad-world-name",
            f"a world cannot be called {name!r}",
            hint="small letters, digits and .+- after the first; not " + ", ".join(RESERVED),
        )


def list_worlds(folder: str) -> list[str]:
    """Return the names of the worlds in a folder, sorted."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(
        name
        for name in names
        if _NAME.fullmatch(name) and os.path.isdir(os.path.join(folder, name))
    )


def find_world(name: str, folder: str) -> str:
    """Return the root of a world; raises `UsageError` when there is none of that name."""
    known = list_worlds(folder)
    if name in known:
        return os.path.join(folder, name)
    from difflib import get_close_matches

    near = get_close_matches(name, [*known, *RESERVED], n=1)
    raise UsageError(
        "no-such-world",
        f"there is no world {name!r}",
        hint=(f"did you mean {near[0]}? " if near else "")
        + '"foretell world list" shows them, "foretell world add" makes one',
    )


def source_text(
    uri: str, suites: Sequence[str], components: Sequence[str], *, signed_by: str, trusted: bool
) -> str:
    """Return the stanza of a world's archive."""
    rows = {"Types": "deb", "URIs": uri, "Suites": " ".join(suites)}
    if components:
        rows["Components"] = " ".join(components)
    if signed_by:
        rows["Signed-By"] = signed_by
    if trusted:
        rows["Trusted"] = "yes"
    for value in rows.values():
        if "\n" in value:
            raise UsageError("bad-source", "URI, suites and components are one line each")
    return "".join(f"{name}: {value}\n" for name, value in rows.items())


def settings_text(settings: Mapping[str, str | Sequence[str]]) -> str:
    """Return apt.conf(5) text that sets these options.

    >>> settings_text({"A::B": ["x", "y"], "A::C": "1"})
    'A::B { "x"; "y"; };\\nA::C "1";\\n'
    """
    text = ""
    for name, value in settings.items():
        if isinstance(value, str):
            text += f'{name} "{value}";\n'
        else:
            words = " ".join(f'"{word}";' for word in value)
            text += f"{name} {{ {words} }};\n"
    return text


def minimal_names(paths: Iterable[str]) -> list[str]:
    """Return the packages that a minimal system has for their own sake: vital ones and apt."""
    from foretell.apt.packages.index_read import whole_stanzas
    from foretell.apt.syntax.compression import open_chunks

    found = {b"apt"}
    for path in paths:
        for block in whole_stanzas(open_chunks(path), path):
            for stanza in block.split(b"\n\n"):
                if _VITAL.search(stanza) and (match := _PACKAGE.search(stanza)):
                    found.add(match[1])
    return sorted(name.decode("utf-8", "surrogateescape") for name in found)


def status_texts(world: World, answer: Answer) -> tuple[bytes, bytes]:
    """Return the dpkg status and the extended_states after a planned installation."""
    assert answer.state is not None
    universe = answer.state.universe
    status = states = b""
    for change in answer.changes:
        if change.new < 0:
            continue
        stanza = _read_stanza(world, universe.stanza(change.new))
        status += b"Status: install ok installed\n" + stanza.rstrip(b"\n") + b"\n\n"
        if change.automatic:
            _, fields = next(read_paragraphs(stanza, world.lists[0]))
            architecture = fields[b"architecture"]
            if architecture == b"all":
                architecture = world.native.encode()
            states += b"Package: %s\nArchitecture: %s\nAuto-Installed: 1\n\n" % (
                fields[b"package"],
                architecture,
            )
    return status, states


def _read_stanza(world: World, place: tuple[int, int, int]) -> bytes:
    number, offset, length = place
    path = world.lists[number]
    if length > STANZA_BYTES_MAX:
        raise InputError(
            "file-too-long", f"stanza of more than {STANZA_BYTES_MAX} bytes", path=path
        )
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(length)
