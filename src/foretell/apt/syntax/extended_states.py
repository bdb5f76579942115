"""Which installed packages came in only because another package needed them?

apt keeps this in ``extended_states`` (``Dir::State::extended_states``): one stanza a package with
Package, Architecture and Auto-Installed.  Everything else that is installed is manual.
"""

from __future__ import annotations

from foretell.apt.syntax.deb822 import STANZA_BYTES_MAX, read_paragraphs
from foretell.errors import InputError

__all__ = ["parse", "read"]

FILE_BYTES_MAX = 256 << 20
_PLAIN = (b"Package: ", b"Architecture: ", b"Auto-Installed: ", b"")


def parse(data: bytes, path: str, *, native: str = "") -> set[tuple[str, str]]:
    """Return the (package, architecture) pairs that are automatic.

    A stanza without Architecture speaks of architecture ``native``; the last stanza about a
    package counts.  Raises `InputError` naming ``path`` and the line of a broken stanza.

    >>> parse(b"Package: a\\nArchitecture: amd64\\nAuto-Installed: 1\\n", "extended_states")
    {('a', 'amd64')}
    """
    automatic = _parse_plain(data)
    if automatic is None:
        automatic = _parse_any(data, path, native)
    return {key for key, is_automatic in automatic.items() if is_automatic}


def _parse_plain(data: bytes) -> dict[tuple[str, str], bool] | None:
    """Return what a file says that has three lines a stanza, as apt writes it; None for others."""
    if len(data) > STANZA_BYTES_MAX:
        return None
    lines = data.split(b"\n")
    automatic: dict[tuple[str, str], bool] = {}
    for name, architecture, mark, end in zip(*(lines[at::4] for at in range(4)), strict=False):
        if (name[:9], architecture[:14], mark[:16], end) != _PLAIN:
            return None
        row = [name[9:], architecture[14:], mark[16:]]
        if b" ".join(row).split() != row:
            return None
        automatic[_text(row[0]), _text(row[1])] = row[2] == b"1"
    return automatic if lines[len(lines) // 4 * 4 :] in ([], [b""]) else None


def _parse_any(data: bytes, path: str, native: str) -> dict[tuple[str, str], bool]:
    """Return what any file says."""
    automatic: dict[tuple[str, str], bool] = {}
    for line, fields in read_paragraphs(data, path):
        name = fields.get(b"package")
        if not name:
            raise InputError(
                "stanza-incomplete",
                "stanza has no Package field",
                path=path,
                line=line,
                rule="every stanza of extended_states names its package",
            )
        architecture = fields.get(b"architecture") or native.encode()
        key = (_text(name), _text(architecture))
        automatic[key] = fields.get(b"auto-installed") == b"1"
    return automatic


def read(path: str, *, native: str = "") -> set[tuple[str, str]]:
    """Return the automatic packages of the file at ``path``; none when there is no such file.

    Raises ``OSError`` when it cannot be read and `InputError` when it is broken.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return set()
    if len(data) > FILE_BYTES_MAX:
        raise InputError("file-too-long", f"file of more than {FILE_BYTES_MAX} bytes", path=path)
    return parse(data, path, native=native)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
