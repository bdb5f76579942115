"""How does a test get a whole system of a few packages, and ask about it?

`Lab` writes a root (sources, a downloaded list with its Release file, dpkg's status, automatic
marks) into a temporary folder, loads it as a world, and runs the command line on it.  `package`
and `installed` write stanzas in the order of fields that archives have.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from foretell.apt.answers.predict import Answer, predict
from foretell.apt.packages.index import encode_index, parse_index
from foretell.apt.packages.index_build import Builder
from foretell.apt.requests.request import Request
from foretell.apt.system.state import SOLVER
from foretell.apt.system.world import World, load_world, parse_status

if TYPE_CHECKING:
    from pathlib import Path

    from foretell.apt.packages.index import Archive

SITE = "http://a.example.org/debian"
LIST = "a.example.org_debian_dists_{suite}_{component}_binary-amd64_Packages"
FIELD_ORDER = [
    "Package",
    "Status",
    "Source",
    "Version",
    "Essential",
    "Installed-Size",
    "Maintainer",
    "Architecture",
    "Replaces",
    "Provides",
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Enhances",
    "Conflicts",
    "Breaks",
    "Description",
    "Multi-Arch",
    "Homepage",
    "Important",
    "Protected",
    "Tag",
    "Section",
    "Priority",
    "Filename",
    "Size",
    "SHA256",
]
RELEASE = """Origin: Example
Label: Example
Suite: {suite}
Codename: {suite}
Components: main
Architectures: amd64
"""
# What a run may see of the machine: no configuration of the developer's own.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    "PYTHONDONTWRITEBYTECODE": "1",
}


def package(name: str, version: str = "1", **fields: str) -> str:
    """Return a stanza of a list; ``Pre_Depends="b"`` gives a Pre-Depends field."""
    values = {
        "Package": name,
        "Version": version,
        "Installed-Size": "10",
        "Maintainer": "Nobody <nobody@example.org>",
        "Architecture": "amd64",
        "Description": "x",
        "Section": "misc",
        "Priority": "optional",
        "Filename": f"pool/{name}_{version}_amd64.deb",
        "Size": "1000",
        "SHA256": hashlib.sha256(f"{name} {version}".encode(errors="surrogateescape")).hexdigest(),
    }
    return _stanza(values, fields)


def installed(name: str, version: str = "1", **fields: str) -> str:
    """Return a stanza of a status file, as `package` does."""
    values = {
        "Package": name,
        "Status": "install ok installed",
        "Priority": "optional",
        "Section": "misc",
        "Installed-Size": "10",
        "Architecture": "amd64",
        "Version": version,
        "Description": "x",
    }
    return _stanza(values, fields)


def _stanza(values: dict[str, str], fields: dict[str, str]) -> str:
    values |= {name.replace("_", "-"): value for name, value in fields.items()}
    values = {name: value for name, value in values.items() if value}
    known = [name for name in FIELD_ORDER if name in values]
    rest = [name for name in values if name not in FIELD_ORDER]
    return "".join(f"{name}: {values[name]}\n" for name in (*known, *rest)) + "\n"


def automatic(*names: str) -> str:
    """Return an extended_states file that marks packages as automatic."""
    return "".join(f"Package: {n}\nArchitecture: amd64\nAuto-Installed: 1\n\n" for n in names)


def index_of(*lists: str | bytes, native: str = "amd64", foreign: tuple[str, ...] = ()) -> Archive:
    """Return the index of lists that are no files."""
    builder = Builder(native, foreign)
    for number, data in enumerate(lists):
        text = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        builder.add_list(partial(iter, [text]), f"Packages-{number}")
    key = bytes(32)
    return parse_index(memoryview(b"".join(encode_index(key, builder.finish()))), key)


def world_of(
    packages: str,
    status: str = "",
    automatic: tuple[str, ...] = (),
    foreign: tuple[str, ...] = (),
) -> World:
    """Return a world that is no files: one list and a status."""
    world = World("amd64")
    world.foreign = list(foreign)
    world.lists = ["Packages"]
    world.status_path = "status"
    world.use_archive(index_of(packages, foreign=foreign))
    world.installed = parse_status(status.encode("utf-8", "surrogateescape"), "status")
    world.automatic = {(name, "amd64") for name in automatic}
    return world


class Lab:
    """A root below ``folder``: one source, ``trixie main``, and nothing installed.

    Its configuration names ``solver``; empty leaves that to apt.
    """

    def __init__(
        self,
        folder: Path,
        packages: str | bytes = "",
        status: str | bytes = "",
        *,
        solver: str = SOLVER,
    ) -> None:
        self.folder = folder
        self.root = os.path.join(folder, "root")
        self.cache = os.path.join(folder, "cache")
        self.write("etc/apt/sources.list", f"deb {SITE} trixie main\n")
        if solver:
            self.write("etc/apt/apt.conf.d/00solver", f'APT::Solver "{solver}";\n')
        self.set_status(status)
        self.add_list(packages)

    def path(self, name: str) -> str:
        return os.path.join(self.root, name)

    def write(self, name: str, data: str | bytes) -> str:
        """Write a file of the root; return its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
        return path

    def list_path(self, suite: str = "trixie", component: str = "main") -> str:
        name = LIST.format(suite=suite, component=component)
        return self.path(f"var/lib/apt/lists/{name}")

    def add_list(
        self,
        data: str | bytes,
        *,
        suite: str = "trixie",
        component: str = "main",
        release: str = "",
        extension: str = "",
    ) -> str:
        """Write a downloaded list and its Release file; return the list's path."""
        text = RELEASE.format(suite=suite) + release
        self.write(f"var/lib/apt/lists/a.example.org_debian_dists_{suite}_Release", text)
        return self.write(self.list_path(suite, component) + extension, data)

    def set_status(self, data: str | bytes) -> str:
        return self.write("var/lib/dpkg/status", data)

    def set_automatic(self, *names: str) -> str:
        return self.write("var/lib/apt/extended_states", automatic(*names))

    def world(self, *options: str, target_release: str = "") -> World:
        return load_world(
            self.root,
            options=options,
            target_release=target_release,
            environment={},
            cache=self.cache,
        )

    def answer(
        self, verb: str, *words: str, options: tuple[str, ...] = (), version: str = "3.0.3"
    ) -> Answer:
        return predict(self.world(*options), Request(verb, list(words)), solver_version=version)

    def plan(self, verb: str, *words: str, options: tuple[str, ...] = ()) -> dict[str, str]:
        """Return what happens to each package: its action, or what is wrong for ``""``."""
        answer = self.answer(verb, *words, options=options)
        if answer.verdict != "ok":
            return {"": answer.verdict}
        return actions(answer)

    def run(
        self, *words: str, timeout: float = 60, cwd: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``foretell apt WORDS`` on this root."""
        return subprocess.run(
            [sys.executable, "-m", "foretell", "apt", words[0], "--root", self.root, *words[1:]],
            env={**ENVIRONMENT, "XDG_CACHE_HOME": self.cache, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            cwd=cwd or self.folder,
        )

    def snapshot(self) -> dict[str, tuple[int, int, str]]:
        """Return mode, time of change and checksum of every file of the root."""
        found = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                info = os.stat(path)
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                found[path] = (info.st_mode, info.st_mtime_ns, digest)
        return found


def actions(answer: Answer) -> dict[str, str]:
    """Return the action of every change of an answer, by package name."""
    assert answer.state is not None
    name = answer.state.universe.name
    return {name(change.package).decode(): change.action for change in answer.changes}
