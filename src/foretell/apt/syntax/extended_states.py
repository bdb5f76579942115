"""Which installed packages came in only because another package needed them?

apt keeps this in ``extended_states`` (``Dir::State::extended_states``): one stanza a package with
Package, Architecture and Auto-Installed.  Everything else that is installed is manual.
"""

from __future__ import annotations

from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.errors import InputError

__all__ = ["parse", "read"]

FILE_BYTES_MAX = 256 << 20


def parse(data: bytes, path: str, *, native: str = "") -> set[tuple[str, str]]:
    """Return the (package, architecture) pairs that are automatic.

    A stanza without Architecture speaks of architecture ``native``; the last stanza about a
    package counts.  Raises `InputError` naming ``path`` and the line of a broken stanza.

    >>> parse(b"Package: a\\nArchitecture: amd64\\nAuto-Installed: 1\\n", "extended_states")
    {('a', 'amd64')}
    """
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
    return {key for key, is_automatic in automatic.items() if is_automatic}


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
