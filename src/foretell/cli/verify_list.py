"""Does this keyring hold a key that signed this Release file?

Asks sqv, apt's own verifier, else gpgv.  The answer names a key, it does not make a file
trusted: apt verifies again, by its own policy, at every update.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from base64 import b64decode
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["list_verifier"]

TIMEOUT_S = 30
KEYRING_BYTES_MAX = 16 << 20


def list_verifier() -> Callable[[str, str], bool] | None:
    """Return the function that asks, or None when neither program is there."""
    for name, ask in (("sqv", _ask_sqv), ("gpgv", _ask_gpgv)):
        program = shutil.which(name)
        if program is not None:
            return partial(ask, program)
    return None


def _ask_sqv(program: str, keyring: str, path: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        words = [program, "--keyring", keyring]
        if path.endswith("InRelease"):
            words += ["--output", os.path.join(folder, "text"), "--cleartext", path]
        else:
            words += ["--signature-file", path + ".gpg", path]
        return _run(words) is not None


def _ask_gpgv(program: str, keyring: str, path: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        binary = _dearmoured(keyring, os.path.join(folder, "keyring"))
        files = [path] if path.endswith("InRelease") else [path + ".gpg", path]
        words = [program, "--status-fd", "1", "--homedir", folder, "--keyring", binary, *files]
        output = _run(words, is_any=True) or b""
    # one good signature is enough; gpgv fails when there is another one by an unknown key
    return any(line.startswith(b"[GNUPG:] GOODSIG ") for line in output.split(b"\n"))


def _run(words: Sequence[str], *, is_any: bool = False) -> bytes | None:
    """Return what a program prints, None when it fails (unless ``is_any``)."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if is_any or done.returncode == 0 else None


def _dearmoured(keyring: str, target: str) -> str:
    """Return a binary keyring: gpgv reads no other; one in armour is written to ``target``."""
    try:
        with open(keyring, "rb") as file:
            data = file.read(KEYRING_BYTES_MAX)
    except OSError:
        return os.path.abspath(keyring)
    if not data.lstrip().startswith(b"-----BEGIN"):
        return os.path.abspath(keyring)
    body = b""
    is_body = False
    for line in data.splitlines():
        if line.startswith(b"-----"):
            is_body = False
        elif not line.strip():
            is_body = True
        elif is_body and not line.startswith(b"="):
            body += line.strip()
            if line.strip().endswith(b"="):
                body += b"\n"
    with open(target, "wb") as file:
        for block in body.split(b"\n"):
            try:
                file.write(b64decode(block))
            except ValueError:
                continue
    return target
