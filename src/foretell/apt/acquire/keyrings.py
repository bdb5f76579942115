"""Which keys may sign for this source?

``Signed-By`` of sources.list(5) names files, fingerprints or holds a key; without it the files of
trusted.gpg.d count.  What the page leaves open follows experiments with apt 3.0: a file of
trusted.gpg.d must have a plain name and hold what its extension says, a file of Signed-By may
hold either form; a fingerprint is compared with those of the signers' primary keys, literally,
so that one with ``!`` fits nobody.
"""

from __future__ import annotations

import os

from foretell.apt.syntax.configuration import list_parts
from foretell.apt.syntax.openpgp import dearmour, read_keys
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.syntax.openpgp import Key

__all__ = ["Trust", "find_key", "read_ring", "signers_of"]

RING_BYTES_MAX = 16 << 20
RINGS_MAX = 1000
EXTENSIONS = (".gpg", ".asc")
# Where keyrings are found that a source could name (sources.list(5), Signed-By).
SHELVES = ("etc/apt/keyrings", "usr/share/keyrings", "etc/apt/trusted.gpg.d")


class Trust:
    """The keyrings whose keys may sign, and if not empty the only ``fingerprints`` that may.

    ``paths`` are files as this process opens them; ``embedded`` is the key block that stands in
    the source itself; ``ignored`` are files of trusted.gpg.d that hold no such keys.
    """

    __slots__ = ("embedded", "fingerprints", "ignored", "is_chosen", "paths")

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.embedded = b""
        self.fingerprints: list[str] = []
        self.ignored: list[str] = []
        self.is_chosen = False

    def rings(self) -> Iterator[tuple[str, bytes]]:
        """Yield (path, content) of every keyring; the embedded one has no path.

        Raises `InputError` for a file that holds no keys and cannot be read.
        """
        for path in self.paths:
            yield path, read_ring(path)
        if self.embedded:
            yield "", self.embedded

    @property
    def is_empty(self) -> bool:
        """Say whether there is no keyring at all."""
        return not self.paths and not self.embedded


def signers_of(signed_by: str, configuration: Configuration) -> Trust:
    """Return whose signatures count for a source with this Signed-By (empty: none given)."""
    trust = Trust()
    if signed_by.lstrip().startswith("-----BEGIN"):
        trust.is_chosen = True
        lines = (line.strip() for line in signed_by.strip().split("\n"))
        text = "\n".join("" if line == "." else line for line in lines)
        trust.embedded = text.encode("utf-8", "surrogateescape") + b"\n"
        return trust
    words = signed_by.replace(",", " ").split()
    trust.is_chosen = bool(words)
    for word in words:
        if word.startswith("/"):
            trust.paths.append(_below(configuration.root, word))
        else:
            trust.fingerprints.append(word.upper())
    if not trust.paths:
        _add_trusted_parts(trust, configuration)
    return trust


def _below(root: str, path: str) -> str:
    return path if root == "/" else os.path.join(root, path.lstrip("/"))


def _add_trusted_parts(trust: Trust, configuration: Configuration) -> None:
    """Add the files of trusted.gpg.d that apt takes."""
    folder = configuration.find_path("Dir::Etc::trustedparts")
    if not folder:
        folder = os.path.join(configuration.find_path("Dir::Etc"), "trusted.gpg.d")
    for path in list_parts(folder, EXTENSIONS, or_none=False):
        try:
            with open(path, "rb") as file:
                start = file.read(64)
        except OSError:
            trust.ignored.append(path)
            continue
        is_armoured = start.lstrip().startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")
        is_binary = bool(start) and start[0] in {0x98, 0x99, 0xC6}
        if is_armoured if path.endswith(".asc") else is_binary:
            trust.paths.append(path)
        else:
            trust.ignored.append(path)


def read_ring(path: str) -> bytes:
    """Return the content of a keyring; raises `InputError` when it is none or not readable."""
    try:
        with open(path, "rb") as file:
            data = file.read(RING_BYTES_MAX + 1)
    except OSError as error:
        raise InputError(
            "no-keyring",
            f"keyring cannot be read: {error.strerror}",
            path=path,
            rule="Signed-By names files that exist (sources.list(5))",
            hint=f"put the archive's key into {path}, or name the file that has it in Signed-By",
        ) from None
    if len(data) > RING_BYTES_MAX:
        raise InputError("file-too-long", f"keyring of more than {RING_BYTES_MAX} bytes", path=path)
    if data and not read_keys(data):
        raise InputError(
            "bad-keyring",
            "file holds no OpenPGP keys",
            path=path,
            rule="Signed-By names files of OpenPGP keys (sources.list(5))",
            hint="fetch the key once more: this looks like another kind of file",
        )
    return data


def find_key(issuer: str, root: str) -> tuple[str, Key] | None:
    """Return a keyring of the system below ``root`` that has this key, and the key.

    ``issuer`` is a fingerprint or a key id.
    """
    count = 0
    for shelf in SHELVES:
        try:
            names = sorted(os.listdir(os.path.join(root, shelf)))
        except OSError:
            continue
        for name in names:
            count += 1
            if not name.endswith((*EXTENSIONS, ".pgp")) or count > RINGS_MAX:
                continue
            try:
                data = dearmour(read_ring(os.path.join(root, shelf, name)))
            except InputError:
                continue
            for key in read_keys(data):
                if issuer and key.print.endswith(issuer):
                    return f"/{shelf}/{name}", key
    return None
