"""How is a signature verified with the sqv program, as apt does it?

Policy files are looked up in the order that apt documents in its default policy file and
apt-secure(8); the last is the default that comes with apt.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time

from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.apt.acquire.keyrings import Trust
    from foretell.apt.acquire.trust import Verifier

__all__ = ["Sqv", "find_verifier", "policy_file"]

TIMEOUT_S = 60
_NEEDED = ("--policy-as-of", "--signature-file")
_FOLDERS = ("etc/crypto-policies/back-ends", "usr/share/crypto-policies/back-ends")
_POLICIES = (
    *(f"{folder}/apt-sequoia.config" for folder in _FOLDERS),
    "etc/crypto-config/apt-sequoia.config",
)
_GENERAL = (*(f"{folder}/sequoia.config" for folder in _FOLDERS),)
_APT = ("usr/share/apt/default-sequoia.config",)


def policy_file(root: str, environment: Mapping[str, str]) -> str:
    """Return the policy file that apt would use in the system below ``root``, or ""."""
    chosen = environment.get("APT_SEQUOIA_CRYPTO_POLICY")
    if chosen:
        return chosen
    rows = [os.path.join(root, name) for name in _POLICIES]
    rows += [environment.get("SEQUOIA_CRYPTO_POLICY", "")]
    rows += [os.path.join(root, name) for name in (*_GENERAL, *_APT)]
    rows += [os.path.join("/", name) for name in _APT]
    return next((path for path in rows if path and os.path.isfile(path)), "")


class Sqv:
    """The program ``sqv`` with apt's policy."""

    name = "sqv"

    def __init__(self, program: str, policy: str) -> None:
        self._program = program
        self._environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        if policy:
            self._environment["SEQUOIA_CRYPTO_POLICY"] = policy

    def verify(
        self, data: bytes, signature: bytes, trust: Trust, *, now: float
    ) -> tuple[list[str], list[str]]:
        """Return good signers and complaints, as `foretell.apt.acquire.trust.Verifier` says."""
        files = [_memory(data), _memory(signature)]
        try:
            words = [self._program, "--verbose"]
            if now > time.time() + 86400:
                words += ["--policy-as-of", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))]
            for path in trust.paths:
                words += ["--keyring", path]
            if trust.embedded:
                files.append(_memory(trust.embedded))
                words += ["--keyring", f"/dev/fd/{files[-1]}"]
            words += ["--signature-file", f"/dev/fd/{files[1]}", f"/dev/fd/{files[0]}"]
            done = subprocess.run(
                words,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                pass_fds=files,
                timeout=TIMEOUT_S,
                check=False,
            )
        finally:
            for handle in files:
                os.close(handle)
        signers = done.stdout.decode("ascii", "replace").upper().split()
        said = done.stderr.decode("utf-8", "replace")
        return (signers if done.returncode == 0 else []), _complaints(said)


def _memory(data: bytes) -> int:
    """Return a file without a name that holds ``data``."""
    handle = os.memfd_create("foretell")
    with open(handle, "wb", closefd=False) as file:
        file.write(data)
    return handle


def _complaints(said: str) -> list[str]:
    """Split what sqv says into one text for each signature; its count is left out."""
    found: list[str] = []
    for line in said.splitlines():
        if " signatures are valid (threshold" in line or not line.strip():
            continue
        if line.startswith(" ") and found:
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def find_verifier(root: str, environment: Mapping[str, str]) -> Verifier:
    """Return sqv if it is here, else pysequoia; raises `MissingError` without either.

    An sqv that knows no policy of another day, such as Debian 12's, is passed over.
    """
    chosen = environment.get("FORETELL_SQV", "")
    program = chosen or shutil.which("sqv")
    if program and chosen != "none":
        if _is_new(program):
            return Sqv(program, policy_file(root, environment))
        if chosen:
            raise MissingError(
                "no-verifier",
                f"FORETELL_SQV names no sqv with {' and '.join(_NEEDED)}",
                path=program,
                hint="FORETELL_SQV=none verifies with pysequoia",
            )
    from foretell.apt.acquire.verify_sequoia import PySequoia

    return PySequoia()


def _is_new(program: str) -> bool:
    """Say whether a program is an sqv with the options that are used here."""
    try:
        done = subprocess.run(
            [program, "--help"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except OSError:
        return False
    return all(option.encode() in done.stdout for option in _NEEDED)
