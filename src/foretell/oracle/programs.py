"""How does a build run the programs of this machine?"""

from __future__ import annotations

import os
import subprocess

from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run"]


def run(command: Sequence[str], what: str, *, folder: str | None = None) -> str:
    """Run a program and return what it says; raise `MissingError` with its last words."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment.pop("APT_CONFIG", None)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            check=False,
        )
    except FileNotFoundError:
        raise MissingError(f"no-{command[0]}", f"{command[0]} is needed: {what}") from None
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        words = said.strip().splitlines()[-6:]
        raise MissingError(
            "build-failed",
            f"{what}: {command[0]} ended with status {done.returncode}",
            hint="; ".join(words) or None,
        )
    return said
