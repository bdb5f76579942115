"""How is the real apt asked, in a system that may be changed at will?

`AptRoot` is a throw-away copy of an oracle root (a trixie system with apt 3.0), whose sources,
lists, status and preferences a test writes straight into it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
DEFAULT_FOLDER = "~/.cache/foretell/oracle"


def oracle_folder() -> str:
    """Return the oracle root to copy; it may not exist."""
    folder = os.environ.get("FORETELL_ORACLE_DIR", DEFAULT_FOLDER)
    return os.path.join(os.path.expanduser(folder), "trixie-minimal")


def stanza(fields: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n"


class AptRoot:
    """A copy of the oracle root at ``path``."""

    def __init__(self, path: str) -> None:
        self.path = path
        subprocess.run(["cp", "-a", oracle_folder(), path], check=True)
        self.lists = os.path.join(path, "var/lib/apt/lists")
        self.library = ""  # a folder in the root with another libapt
        shutil.rmtree(self.file("etc/apt/apt.conf.d"))
        os.mkdir(self.file("etc/apt/apt.conf.d"))

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def write(self, name: str, text: str) -> None:
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)

    def set_world(self, sources: str, lists: dict[str, str], status: str) -> None:
        """Replace sources, downloaded lists and status; forget apt's caches."""
        for folder in (self.lists, self.file("var/cache/apt"), self.file("etc/apt/sources.list.d")):
            for entry in os.scandir(folder):
                if entry.is_file():
                    os.remove(entry.path)
        self.write("etc/apt/sources.list", sources)
        self.write("var/lib/dpkg/status", status)
        for name, text in lists.items():
            self.write(f"var/lib/apt/lists/{name}", text)

    def run(self, *words: str) -> str:
        """Run a program in the root; return what it prints, errors included."""
        done = subprocess.run(
            ["chroot", self.path, *words],
            env={**ENVIRONMENT, "LD_LIBRARY_PATH": self.library} if self.library else ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout.decode("utf-8", "surrogateescape")


def parse_policy(text: str) -> dict[str, tuple[str, dict[str, int]]]:
    """Return each package's candidate and the priorities of its versions.

    ``text`` is the output of ``apt-cache policy NAME ...``.
    """
    found: dict[str, tuple[str, dict[str, int]]] = {}
    name = ""
    for line in text.splitlines():
        if match := re.fullmatch(r"(\S+):", line):
            name = match[1]
        elif match := re.fullmatch(r"  Candidate: (\S+)", line):
            found[name] = (match[1], {})
        elif match := re.fullmatch(r" (?:\*\*\*|   ) (\S+) (-?\d+)(?: .*)?", line):
            found[name][1][match[1]] = int(match[2])
    return found


def parse_file_priorities(text: str) -> list[int]:
    """Return the priority of every package file, in the order of ``apt-cache policy``."""
    files = text.partition("Pinned packages:")[0]
    return [int(match[1]) for match in re.finditer(r"(?m)^ *(-?\d+) \S", files)]
