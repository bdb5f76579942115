"""What does the real apt-get plan, read from what it prints?

`AptGet` is asked for the addresses that it would fetch (``--print-uris``), which changes nothing
and needs no root.  It is the oracle's own, run in place by its root's dynamic linker, or this
machine's.  Its caches and the automatic marks, which it would write, are in a folder of their own.
Both layouts are read: that of apt 3 (``APT::Output-Version 30``) and the older one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from functools import partial

from foretell.errors import MissingError, UsageError
from foretell.oracle.answer import Answer, Change, Request
from foretell.oracle.libapt import SOLVER_TIMEOUT_SECONDS, TIMEOUT_SECONDS, TRACE_SETTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from foretell.oracle.rootfs import Oracle

__all__ = ["AptGet", "read_plan", "visible", "without_marks"]

_ROW = re.compile(r"   (\S+?)(\*?)(?:\s+\((\S+)(?: => (\S+))?\))?")
_AUTOMATIC = {"Installing dependencies", "The following additional packages will be installed"}
_NEW = "The following NEW packages will be installed"
_TITLES = {
    "Installing": "install",
    "Installing dependencies": "install",
    "Upgrading": "upgrade",
    "DOWNGRADING": "downgrade",
    "Downgrading": "downgrade",
    "REMOVING": "remove",
    _NEW: "install",
    "The following packages will be upgraded": "upgrade",
    "The following packages will be DOWNGRADED": "downgrade",
    "The following packages will be REMOVED": "remove",
}
_GARBAGE = "no longer required"
_FLAGS = ("--print-uris", "-y")
# Not every verb takes all of them as options.
_SETTINGS = {
    "APT::Get::Show-Versions": "1",
    "APT::Get::allow-remove-essential": "1",
    "APT::Get::allow-downgrades": "1",
    "APT::Get::allow-change-held-packages": "1",
    "APT::Get::AllowUnauthenticated": "1",
}
_MARKS = "var/lib/apt/extended_states"
SOLVER = "3.0"  # whatever a root configures
_NATIVE = "amd64"


class AptGet:
    """apt-get, asked about the system below ``root``; see `of_oracle` and `of_machine`."""

    def __init__(
        self,
        command: Sequence[str],
        root: str,
        *,
        environment: Mapping[str, str],
        native: str = _NATIVE,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.command = list(command)
        self.root = root
        self.native = native
        self.environment = dict(environment)
        self.timeout_seconds = timeout_seconds
        self.settings = dict(_SETTINGS)
        self.hides_marks = False  # the last answer shows no automatic marks
        self._scratch = tempfile.TemporaryDirectory(prefix="foretell-apt-get-")
        self.folder = self._scratch.name

    @classmethod
    def of_oracle(
        cls,
        oracle: Oracle,
        root: str,
        *,
        version: str,
        options: Sequence[str] = (),
        program: str = "apt-get",
        solver: str = SOLVER,
    ) -> Self:
        """Return the oracle's apt-get, or another program, with libapt ``version``.

        An empty ``solver`` leaves that to apt and to the root's configuration.
        """
        linker, path = oracle.apt_get(version)
        command = [*linker, os.path.join(os.path.dirname(path), program)]
        environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        side = cls(command, root, environment=environment)
        side._isolate(oracle, linker, solver)
        side.settings |= dict(option.split("=", 1) for option in options)
        return side

    @classmethod
    def of_machine(
        cls, environment: Mapping[str, str], *, native: str, options: Sequence[str] = ()
    ) -> Self:
        """Return this machine's apt-get; raises `MissingError` when there is none."""
        path = shutil.which("apt-get", path=environment.get("PATH"))
        if path is None:
            raise MissingError("no-apt-get", "this machine has no apt-get")
        side = cls([path], "/", environment={**environment, "LC_ALL": "C"}, native=native)
        side.settings |= {
            "Dir::State::extended_states": os.path.join(side.folder, "extended_states"),
            "Dir::Cache::pkgcache": os.path.join(side.folder, "pkgcache.bin"),
            "Dir::Cache::srcpkgcache": os.path.join(side.folder, "srcpkgcache.bin"),
            "APT::Output-Version": "30",
            "Debug::NoLocking": "1",
            **dict(option.split("=", 1) for option in options),
        }
        return side

    def _isolate(self, oracle: Oracle, linker: Sequence[str], solver: str) -> None:
        """Let apt-get see ``root`` and nothing of this machine."""
        for name in ("archives/partial", "log", "methods"):
            os.makedirs(os.path.join(self.folder, name))
        method = os.path.join(self.folder, "methods/http")
        http = " ".join([*linker, f"{oracle.root}/usr/lib/apt/methods/http"])
        with open(method, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {http} "$@"\n')
        os.chmod(method, 0o755)  # noqa: S103 - in a folder that is ours alone
        settings = {
            "Dir": f"{self.root}/",
            "Dir::State::status": f"{self.root}/var/lib/dpkg/status",
            "Dir::State::extended_states": f"{self.folder}/extended_states",
            "Dir::Cache": f"{self.folder}/",
            "Dir::Cache::Archives": f"{self.folder}/archives",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Log": f"{self.folder}/log",
            "Dir::Bin::Methods": f"{self.folder}/methods",
            "Dir::Bin::dpkg": "/bin/false",
            "Debug::NoLocking": "1",
            "APT::Architecture": _NATIVE,
            "APT::Output-Version": "30",
            "APT::Solver": solver,
            "APT::Solver::Timeout": str(SOLVER_TIMEOUT_SECONDS),
        }
        lines = [f'{name} "{value}";\n' for name, value in settings.items()]
        path = os.path.join(self.folder, "apt.conf")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("".join(lines) + f"APT::Architectures {{{self._architectures()}}};\n")
        self.environment["APT_CONFIG"] = path

    def _architectures(self) -> str:
        """Return the root's architectures as dpkg has them on file, in quotes."""
        names = [_NATIVE]
        path = os.path.join(self.root, "var/lib/dpkg/arch")
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                names = file.read().split() or names
        return " ".join(f'"{name}";' for name in names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what apt-get wrote."""
        self._scratch.cleanup()

    def command_line(self, *arguments: str) -> list[str]:
        """Return the command with its settings; `environment` belongs to it."""
        # Automatic marks that a request changes are written even when only asked for addresses.
        marks = b""
        path = os.path.join(self.root, _MARKS)
        if os.path.exists(path):
            with open(path, "rb") as file:
                marks = file.read()
        with open(os.path.join(self.folder, "extended_states"), "wb") as file:
            file.write(marks)
        settings = [word for pair in self.settings.items() for word in ("-o", "=".join(pair))]
        return [*self.command, *arguments, *settings]

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return the status and all that apt-get prints; raises ``TimeoutError``."""
        try:
            done = subprocess.run(
                self.command_line(*arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=self.timeout_seconds,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"apt-get took more than {self.timeout_seconds:g} s") from None
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "surrogateescape")

    def ask(self, request: Request) -> Answer:
        """Return the plan; marks and the mark of what was there before cannot be seen.

        apt 2.6 says what comes along only where there is more of it than words of the request.
        Raises ``TimeoutError``, and `UsageError` for marks: they would have to be in the files.
        """
        status, text = self._put(request)
        self.hides_marks = _NEW in text and not any(title in text for title in _AUTOMATIC)
        if status:
            return Answer(verdict="failed", error=text)
        return visible(read_plan(text, self.native))

    def trace(self, request: Request, settings: Sequence[str] = (TRACE_SETTING,)) -> list[str]:
        """Return what apt-get prints with the solver's own trace of ``request``."""
        return self._put(request, *settings)[1].splitlines()

    def _put(self, request: Request, *more: str) -> tuple[int, str]:
        if request.marks:
            raise UsageError("no-marks", "apt-get is asked about the state as it is")
        verb, words = request.verb, list(request.words)
        if verb == "upgrade-new":
            verb = "upgrade"
            words.append("--with-new-pkgs")
        elif verb == "reinstall":
            verb = "install"
            words.append("--reinstall")
        options = [word for option in (*request.options, *more) for word in ("-o", option)]
        return self.run(verb, *_FLAGS, *options, *words)


def read_plan(text: str, native: str = _NATIVE) -> Answer:
    """Return the answer that the screen of a plan shows; reinstallations have no name there."""
    found: dict[str, Change] = {}
    automatic, garbage = set(), []
    for title, (name, star, first, second) in _rows(text):
        package, _, architecture = name.partition(":")
        if title.endswith(_GARBAGE):
            garbage.append((package, architecture or native))
            continue
        if title in _AUTOMATIC:
            automatic.add(name)
        if title not in _TITLES:
            continue
        change = partial(Change, package, architecture or native)
        action = "purge" if star else _TITLES[title]
        if action in {"remove", "purge"}:
            found[name] = change(action, "", first or "", automatic=False)
        else:
            versions = (second, first) if second else (first, "")
            found[name] = change(action, *versions, automatic=False)
    changes = sorted(
        change._replace(automatic=change.action == "install" and name in automatic)
        for name, change in found.items()
    )
    return Answer(verdict="ok", changes=tuple(changes), autoremovable=tuple(sorted(garbage)))


def _rows(text: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the title and the parts of each row of a list."""
    title = ""
    for line in text.splitlines():
        if not line:
            title = ""  # what follows a heading of another form is told twice
        elif not line.startswith(" "):  # apt 2.6 has headings within a list
            title = line[:-1] if line.endswith(":") else ""
        match = _ROW.fullmatch(line)
        if match is not None and title:
            yield title, match.groups()


def visible(answer: Answer) -> Answer:
    """Return what of an answer every screen shows.

    With what is removed apt 2.6 shows the candidate, or nothing, instead of what was there.
    """
    shown = [change for change in answer.changes if change.action != "reinstall"]
    return Answer(
        verdict=answer.verdict,
        changes=tuple(
            change._replace(
                automatic=change.automatic and change.action == "install",
                previous="" if change.action in {"remove", "purge"} else change.previous,
            )
            for change in shown
        ),
        autoremovable=answer.autoremovable,
        error=answer.error,
    )


def without_marks(answer: Answer) -> Answer:
    """Return what of an answer a screen shows that leaves out what comes along."""
    shown = visible(answer)
    return replace(
        shown, changes=tuple(change._replace(automatic=False) for change in shown.changes)
    )
