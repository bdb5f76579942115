"""Whose archive is this, which release of it, and what does it say about its index files?

Reads ``Release`` and ``InRelease`` as apt keeps them in its lists folder.  A clear-signed file is
unwrapped, its signature is **not** verified here: the file was verified when it was downloaded.
Fields: the Debian repository format, apt-secure(8), apt_preferences(5).
"""

from __future__ import annotations

from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Release", "parse_release", "read_release", "unwrap"]

FILE_BYTES_MAX = 64 << 20
HASH_DIGITS: dict[bytes, int] = {b"sha512": 128, b"sha256": 64, b"sha1": 40, b"md5sum": 32}
HASH_ROWS_MAX = 1_000_000
_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"
_HEX = frozenset(b"0123456789abcdefABCDEF")


class Release:
    """The facts of one Release file; absent fields are empty.

    ``suite`` is the Archive field where Suite is absent; ``signed`` says that the file was
    clear-signed, not that anybody verified it.
    """

    __slots__ = (
        "_line",
        "_path",
        "_tables",
        "acquire_by_hash",
        "architectures",
        "but_automatic_upgrades",
        "codename",
        "components",
        "date",
        "label",
        "no_support_for_all",
        "not_automatic",
        "origin",
        "signed",
        "signed_by",
        "suite",
        "valid_until",
        "version",
    )

    def __init__(
        self, fields: Mapping[bytes, bytes], *, path: str = "", line: int = 1, signed: bool = False
    ) -> None:
        def text(name: bytes) -> str:
            return fields.get(name, b"").decode("utf-8", "surrogateescape")

        self.origin = text(b"origin")
        self.label = text(b"label")
        self.suite = text(b"suite") or text(b"archive")
        self.codename = text(b"codename")
        self.version = text(b"version")
        self.date = text(b"date")
        self.valid_until = text(b"valid-until")
        self.components = tuple(text(b"components").split())
        self.architectures = tuple(text(b"architectures").split())
        self.not_automatic = is_yes(text(b"notautomatic"))
        self.but_automatic_upgrades = is_yes(text(b"butautomaticupgrades"))
        self.acquire_by_hash = is_yes(text(b"acquire-by-hash"))
        self.no_support_for_all = tuple(text(b"no-support-for-architecture-all").split())
        self.signed_by = text(b"signed-by")
        self.signed = signed
        self._path = path
        self._line = line
        self._tables = {name: fields[name] for name in HASH_DIGITS if name in fields}

    def hashes(self, algorithm: str) -> dict[str, tuple[int, str]]:
        """Return each index file's size in bytes and digest (lower case) by its name.

        ``algorithm`` is ``sha512``, ``sha256``, ``sha1`` or ``md5sum``; a table that the file
        lacks is empty.  Raises `InputError` for a table that is not well formed.
        """
        field = algorithm.encode()
        table = self._tables.get(field)
        return _hashes(table, field, self._path, self._line) if table else {}


def is_yes(text: str) -> bool:
    """Say whether a yes/no field is on, in any of apt's spellings.

    >>> is_yes("Yes"), is_yes("1"), is_yes(""), is_yes("maybe")
    (True, True, False, False)
    """
    return text.lower() in {"yes", "true", "with", "on", "enable", "1"}


def unwrap(data: bytes, path: str) -> tuple[bytes, bool]:
    """Return the text of a clear-signed message (RFC 9580, section 7) and whether it was one.

    Raises `InputError` when a message starts but is not whole.
    """
    if not data.startswith(_BEGIN):
        return data, False
    message = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    start = message.find(b"\n\n") + 2
    end = _find_line(message, _SIGNATURE, start - 1) if start >= 2 else -1
    if end < 0:
        raise InputError(
            "bad-clearsigned",
            "clear-signed message is not whole",
            path=path,
            line=message.count(b"\n") + 1,
            rule="headers, an empty line, the text and the signature (RFC 9580, section 7)",
        )
    # The lines of the armour header stay as empty lines, so that line numbers are the file's.
    header = b"\n" * message.count(b"\n", 0, start)
    text = b"".join((header, memoryview(message)[start:end], b"\n"))
    return text.replace(b"\n- ", b"\n"), True


def _find_line(text: bytes, line: bytes, start: int) -> int:
    """Return where the end of line before a line is, looked for from ``start`` on, or -1."""
    at = text.find(b"\n" + line, start)
    while at >= 0 and text[at + 1 + len(line) : at + 2 + len(line)] not in {b"", b"\n"}:
        at = text.find(b"\n" + line, at + 1)
    return at


def parse_release(data: bytes, path: str) -> Release:
    """Return the facts of a ``Release`` or ``InRelease`` file.

    Raises `InputError` naming ``path`` and the line when it is not one stanza of fields.

    >>> parse_release(b"Suite: stable\\nCodename: trixie\\n", "Release").codename
    'trixie'
    """
    text, signed = unwrap(data, path)
    stanzas = list(read_paragraphs(text, path))
    if len(stanzas) != 1:
        raise InputError(
            "bad-release",
            f"{len(stanzas)} stanzas where there should be one",
            path=path,
            line=stanzas[1][0] if stanzas else 1,
            rule="a Release file is a single stanza (Debian repository format)",
        )
    line, fields = stanzas[0]
    return Release(fields, path=path, line=line, signed=signed)


def read_release(path: str) -> Release:
    """Return the facts of the file at ``path``; raises ``OSError`` and as `parse_release`."""
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise InputError("file-too-long", f"file of more than {FILE_BYTES_MAX} bytes", path=path)
    return parse_release(data, path)


def _hashes(table: bytes, field: bytes, path: str, line: int) -> dict[str, tuple[int, str]]:
    """Parse lines of digest, size and name; ``line`` is that of the stanza."""
    found: dict[str, tuple[int, str]] = {}
    digits = HASH_DIGITS[field]
    rows = table.split(b"\n")
    if len(rows) > HASH_ROWS_MAX:
        raise InputError("too-many-hashes", f"more than {HASH_ROWS_MAX} lines", path=path)
    for row in rows:
        words = row.split()
        if not words:
            continue
        if (
            len(words) != 3
            or len(words[0]) != digits
            or not _HEX.issuperset(words[0])
            or not words[1].isdigit()
            or len(words[1]) > 18
        ):
            raise InputError(
                "bad-hash",
                f"{field.decode()} table has the line {row.decode(errors='replace').strip()!r}",
                path=path,
                line=line,
                rule="each line is a digest, a size and a file name (Debian repository format)",
            )
        name = words[2].decode("utf-8", "surrogateescape")
        found[name] = (int(words[1]), words[0].decode().lower())
    return found
