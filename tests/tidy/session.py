"""What do the console sessions of the documentation show, and what do their commands print?

A session is a fenced ``console`` block under a mark that says what its commands ask about:

``<!-- run: embedded -->``  the Debian that comes with foretell; the commands say so themselves
``<!-- run: tiny -->``      ``./image``, a root of four packages, and ``./empty``, one without lists

``needs=PROGRAM`` in the mark names a program that the commands need.  A line that begins with
``$`` is a command, what follows is what it prints on both streams; ``...`` stands for any lines.
All blocks of a page run in one folder, in their order.

``python -m tests.tidy.session FILE ...`` writes what the commands print now into the files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig

from tests.tidy.tree import ROOT, read

BLOCK = re.compile(
    r"^<!-- run: (embedded|tiny)(?: needs=(\S+))? -->\n```console\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
UNMARKED = re.compile(r"(?<!-->\n)^```console$", re.MULTILINE)
FREE_SPACE = re.compile(r"(?<= / )[0-9.]+ [kMGTP]?B(?= available$)", re.MULTILINE)
PAGES = (
    "README.md",
    "docs/guides/apt.md",
    "docs/guides/footprint.md",
    "docs/guides/memory.md",
    "docs/concepts/surprises.md",
    "docs/guides/compare.md",
    "docs/guides/preferences.md",
    "docs/guides/memory-cma.md",
    "docs/guides/memory-cxl.md",
    "docs/guides/sources.md",
    "docs/guides/why.md",
    "docs/reference/cli.md",
    "docs/reference/apt-json.md",
)
TIMEOUT_S = 120


class Session:
    """One marked block: the commands and what the page says they print."""

    def __init__(self, match: re.Match[str]) -> None:
        self.world = match[1]
        self.program = match[2]
        self.text = match[3]
        self.span = match.span(3)
        self.commands: list[str] = []
        self.shown: list[str] = []
        for line in self.text.splitlines(keepends=True):
            if line.startswith("$ "):
                self.commands.append(line[2:].rstrip("\n"))
                self.shown.append("")
            else:
                self.shown[-1] += line

    def __repr__(self) -> str:
        return self.commands[0]


def sessions(text: str) -> list[Session]:
    """Return the marked blocks of a page, in their order."""
    return [Session(match) for match in BLOCK.finditer(text)]


def run(session: Session, folder: str, cache: str) -> list[str]:
    """Return what each command of a session prints, run in one shell in ``folder``."""
    mark = "@@ next command @@"
    script = "status=0\n"
    for command in session.commands:
        script += f"echo '{mark}'\n(exit $status)\n{command}\nstatus=$?\n"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={
            "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
            "HOME": folder,
            "XDG_CACHE_HOME": cache,
            "LC_ALL": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
    )
    return done.stdout.split(f"{mark}\n")[1:]


def is_shown(shown: str, printed: str) -> bool:
    """Say whether a page shows what was printed; the free space is the machine's own."""
    pieces = re.split(r"^\.\.\.\n", FREE_SPACE.sub("N", shown), flags=re.MULTILINE)
    pattern = "(?:.*\n)*?".join(map(re.escape, pieces))
    return re.fullmatch(pattern, FREE_SPACE.sub("N", printed)) is not None


# -- the root of four packages -----------------------------------------------------------------

_SITE = "http://example.org/debian"
_LIST = "example.org_debian_dists_stable_main_binary-amd64_Packages"
_ARCHIVE = {
    "base": {"Version": "1.1", "Installed-Size": "10", "Size": "1000"},
    "hello": {"Version": "2.0", "Installed-Size": "8", "Size": "2000", "Depends": "hello-data"},
    "hello-data": {"Version": "2.0", "Installed-Size": "4", "Size": "1000"},
    "other": {"Version": "3.0", "Installed-Size": "4", "Size": "1000", "Conflicts": "hello"},
}


def build_roots(folder: str) -> None:
    """Make ``image`` and ``empty`` in ``folder``."""
    installed = {"Status": "install ok installed", "Version": "1.0", "Installed-Size": "10"}
    status = _stanza("base", installed)
    listing = "".join(_stanza(name, fields) for name, fields in _ARCHIVE.items())
    for root in ("image", "empty"):
        _write(os.path.join(folder, root, "var/lib/dpkg/status"), status)
        _write(
            os.path.join(folder, root, "etc/apt/sources.list"),
            f"deb [arch=amd64] {_SITE} stable main\n",
        )
        os.makedirs(os.path.join(folder, root, "var/lib/apt/lists"))
        os.makedirs(os.path.join(folder, root, "usr"))
    _write(os.path.join(folder, "image/var/lib/apt/lists", _LIST), listing)


def _stanza(name: str, fields: dict[str, str]) -> str:
    rows = {"Package": name, "Architecture": "amd64", **fields}
    return "".join(f"{key}: {value}\n" for key, value in rows.items()) + "\n"


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


# -- writing what is printed now -------------------------------------------------------------


def updated(text: str, folder: str, cache: str) -> str:
    """Return a page with what its commands print now; what still matches stays as it is."""
    build_roots(folder)
    result = text
    replaced = []
    for session in sessions(text):
        if session.program and shutil.which(session.program) is None:
            continue
        body = ""
        for command, shown, printed in zip(
            session.commands, session.shown, run(session, folder, cache), strict=True
        ):
            body += f"$ {command}\n{shown if is_shown(shown, printed) else printed}"
        replaced.append((session.span, body))
    for (start, end), body in reversed(replaced):
        result = result[:start] + body + result[end:]
    return result


def main(names: list[str]) -> None:
    """Write what the commands print now into each file."""
    import tempfile

    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            text = updated(read(name), folder, os.path.join(folder, "cache"))
        with open(os.path.join(ROOT, name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main(sys.argv[1:] or [name for name in PAGES if os.path.exists(os.path.join(ROOT, name))])
