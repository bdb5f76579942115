"""How does a root with a foreign architecture come here?

``python -m foretell.oracle.foreign_root [ARCHITECTURE]`` makes ``trixie-minimal-i386`` beside the
oracle's minimal root: a folder with its sources, its status and its lists, and with the lists of
the foreign architecture, which this machine's apt-get fetches and verifies.  Nothing runs in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from foretell.errors import ForetellError, MissingError
from foretell.oracle.rootfs import ARCHITECTURE, Oracle, oracle_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["build_foreign", "main"]

FOREIGN = "i386"
_COPIED = ("etc/apt", "var/lib/apt/lists", "var/lib/dpkg/status")


def build_foreign(oracle: Oracle, architecture: str) -> str:
    """Make the root with a foreign architecture; return its folder.

    Raises `MissingError` when the oracle is not built or the lists cannot be fetched.
    """
    oracle.require()
    folder = f"{oracle.root}-{architecture}"
    if os.path.isdir(folder):
        return folder
    aside = os.path.join(oracle.folder, f".new-{architecture}")
    shutil.rmtree(aside, ignore_errors=True)
    for name in _COPIED:
        source, target = os.path.join(oracle.root, name), os.path.join(aside, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    with open(os.path.join(aside, "var/lib/dpkg/arch"), "w", encoding="ascii") as file:
        file.write(f"{ARCHITECTURE}\n{architecture}\n")
    _update(aside, architecture)
    os.rename(aside, folder)
    return folder


def _update(folder: str, architecture: str) -> None:
    """Fetch the lists of both architectures; raise `MissingError` with apt-get's last words."""
    done = subprocess.run(
        _command(folder, architecture),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    lists = os.listdir(os.path.join(folder, "var/lib/apt/lists"))
    if done.returncode or not any(f"_binary-{architecture}_" in name for name in lists):
        words = done.stdout.decode("utf-8", "replace").strip().splitlines()[-6:]
        raise MissingError(
            "no-list",
            f"the lists of {architecture} could not be fetched",
            path=folder,
            hint="; ".join(words) or None,
        )


def _command(folder: str, architecture: str) -> list[str]:
    """Return the command that fetches the lists of both architectures into a folder."""
    options = {
        "Dir": folder,
        "Dir::State::status": os.path.join(folder, "var/lib/dpkg/status"),
        "APT::Architecture": ARCHITECTURE,
        "APT::Architectures": f"{ARCHITECTURE},{architecture}",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    command = ["apt-get", "update"]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return command


def main(arguments: list[str], environment: Mapping[str, str], say: Callable[[str], object]) -> int:
    """Build the root that the command line asks for; return the exit status."""
    try:
        oracle = Oracle(oracle_folder(environment))
        folder = build_foreign(oracle, arguments[0] if arguments else FOREIGN)
    except ForetellError as error:
        say(f"error[{error.code}]: {error}")
        if error.hint:
            say(f"hint: {error.hint}")
        return error.exit_status
    say(f"oracle: ready in {folder}")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:], os.environ, lambda text: print(text, file=sys.stderr)))
