"""Does this keyring hold a key that signed this downloaded Release file?

Asks what `update` verifies with.  The answer names a key, it does not make a file trusted: apt
verifies again, by its own policy, at every update.
"""

from __future__ import annotations

import time

from foretell.apt.acquire.keyrings import Trust, read_ring
from foretell.apt.acquire.trust import split_detached
from foretell.apt.syntax.openpgp import split_message
from foretell.cli.apt_sqv import find_verifier
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["list_verifier"]

FILE_BYTES_MAX = 64 << 20


def list_verifier(root: str, environment: Mapping[str, str]) -> Callable[[str, str], bool]:
    """Return a function of a keyring and a Release or InRelease file; see `find_verifier`."""
    verifier = find_verifier(root, environment)

    def verifies(keyring: str, path: str) -> bool:
        trust = Trust()
        trust.paths = [keyring]
        try:
            read_ring(keyring)
            text, signature = _signed(path)
            signers, _ = verifier.verify(text, signature, trust, now=time.time())
        except (InputError, OSError):
            return False
        return bool(signers)

    return verifies


def _signed(path: str) -> tuple[bytes, bytes]:
    """Return the text of a downloaded file and its signature."""
    data = _read(path)
    if path.endswith("InRelease"):
        return split_message(data, path)
    return data, split_detached(_read(path + ".gpg"), path)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(FILE_BYTES_MAX)
