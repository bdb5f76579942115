"""What does the real apt-get plan, read from what it prints?

The apt-get of the oracle's root is run in place, by that root's own dynamic linker and libapt, on
another root's files; it is only asked for the addresses that it would fetch.
"""

from __future__ import annotations

import os
import re
import subprocess

from foretell.oracle.answer import Answer, Change, Request

_ROW = re.compile(r"   (\S+?)(\*?)(?:\s+\((\S+)(?: => (\S+))?\))?")
_TITLES = {
    "Installing": "install",
    "Installing dependencies": "install",
    "Upgrading": "upgrade",
    "DOWNGRADING": "downgrade",
    "Downgrading": "downgrade",
    "REMOVING": "remove",
}
_GARBAGE = "no longer required:"


class RealAptGet:
    """apt-get on the files below ``root``; its own files are in ``scratch``."""

    def __init__(self, oracle, root, scratch):
        self.scratch = scratch
        self.marks = os.path.join(root, "var/lib/apt/extended_states")
        scratch.mkdir(exist_ok=True)
        self.version = oracle.own_version()
        self.command = [*oracle.command(self.version)[:-1], f"{oracle.root}/usr/bin/apt-get"]
        self.environment = {
            "APT_CONFIG": str(scratch / "apt.conf"),
            "LC_ALL": "C",
            "PATH": "/usr/bin:/bin",
        }
        for name in ("archives/partial", "log", "methods"):
            (scratch / name).mkdir(parents=True, exist_ok=True)
        http = " ".join([*self.command[:-1], f"{oracle.root}/usr/lib/apt/methods/http"])
        (scratch / "methods/http").write_text(f'#!/bin/sh\nexec {http} "$@"\n')
        (scratch / "methods/http").chmod(0o755)
        settings = {
            "Dir": f"{root}/",
            "Dir::State::status": f"{root}/var/lib/dpkg/status",
            "Dir::State::extended_states": f"{scratch}/extended_states",
            "Dir::Cache": f"{scratch}/",
            "Dir::Cache::Archives": f"{scratch}/archives",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Log": f"{scratch}/log",
            "Dir::Bin::Methods": f"{scratch}/methods",
            "Dir::Bin::dpkg": "/bin/false",
            "Debug::NoLocking": "1",
            "APT::Architecture": "amd64",
            "APT::Output-Version": "30",
            "APT::Solver": "3.0",
            "APT::Solver::Timeout": "3600",
        }
        lines = [f'{name} "{value}";\n' for name, value in settings.items()]
        (scratch / "apt.conf").write_text("".join(lines) + 'APT::Architectures {"amd64";};\n')

    def run(self, *arguments):
        # Automatic marks that a request changes are written even when only asked for addresses.
        marks = ""
        if os.path.exists(self.marks):
            with open(self.marks, encoding="utf-8") as file:
                marks = file.read()
        (self.scratch / "extended_states").write_text(marks)
        done = subprocess.run(
            [*self.command, *arguments], env=self.environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def ask(self, request: Request) -> Answer:
        """Return the plan; marks and the mark of what was there before cannot be seen."""
        verb, words = request.verb, list(request.words)
        if verb == "upgrade-new":
            verb = "upgrade"
            words.append("--with-new-pkgs")
        status, text = self.run(
            verb,
            *words,
            *("--print-uris", "-y", "-V"),
            "--allow-remove-essential",
            "--allow-downgrades",
            "--allow-change-held-packages",
            "--allow-unauthenticated",
        )
        if status:
            return Answer(verdict="failed", error=text)
        return read_plan(text)


def read_plan(text: str) -> Answer:
    """Return the answer that the screen of a plan shows; reinstallations have no name there."""
    changes, garbage = [], []
    title = ""
    for line in text.splitlines():
        if not line:
            title = ""  # what follows a heading of another form is told twice
        elif line.endswith(":") and not line.startswith(" "):
            title = line[:-1]
        match = _ROW.fullmatch(line)
        if match is None:
            continue
        name, star, first, second = match.groups()
        if f"{title}:".endswith(_GARBAGE):
            garbage.append((name, "amd64"))
        elif title in _TITLES:
            action = "purge" if star else _TITLES[title]
            is_gone = action in {"remove", "purge"}
            previous, version = (first, second) if second else ("", first)
            if is_gone:
                previous, version = first or "", ""
            is_automatic = title == "Installing dependencies"
            changes.append(Change(name, "amd64", action, version, previous, is_automatic))
    return Answer(
        verdict="ok", changes=tuple(sorted(changes)), autoremovable=tuple(sorted(garbage))
    )


def visible(answer: Answer) -> Answer:
    """Return what of an answer a screen shows."""
    return Answer(
        verdict=answer.verdict,
        changes=tuple(
            change._replace(automatic=change.automatic and change.action == "install")
            for change in answer.changes
            if change.action != "reinstall"
        ),
        autoremovable=answer.autoremovable,
    )


def oracle_or_none():
    """Return the oracle if it is built."""
    from foretell.oracle.rootfs import Oracle, oracle_folder

    oracle = Oracle(oracle_folder(os.environ))
    return None if oracle.missing() else oracle
