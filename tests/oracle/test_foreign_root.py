"""Is a root with a foreign architecture made whole, or not at all?"""

from __future__ import annotations

import os
import subprocess

import pytest

from foretell.errors import MissingError
from foretell.oracle.foreign_root import build_foreign, main
from foretell.oracle.rootfs import Oracle


@pytest.fixture
def oracle(tmp_path, monkeypatch):
    found = Oracle(str(tmp_path))
    monkeypatch.setattr(Oracle, "missing", lambda _self: [])
    for name in ("etc/apt", "var/lib/apt/lists", "var/lib/dpkg"):
        os.makedirs(os.path.join(found.root, name))
    for name in ("etc/apt/sources.list", "var/lib/dpkg/status"):
        with open(os.path.join(found.root, name), "w", encoding="ascii") as file:
            file.write(name)
    return found


def fetch(monkeypatch, *, status: int, name: str):
    def run(command, **_options):
        words = dict(word.split("=", 1) for word in command if "=" in word)
        path = os.path.join(words["Dir"], "var/lib/apt/lists", name)
        with open(path, "w", encoding="ascii"):
            return subprocess.CompletedProcess(command, status, b"first\nlast\n")

    monkeypatch.setattr(subprocess, "run", run)


def test_root_has_both_architectures_and_is_made_once(oracle, monkeypatch):
    fetch(monkeypatch, status=0, name="x_binary-i386_Packages")
    folder = build_foreign(oracle, "i386")
    with open(os.path.join(folder, "var/lib/dpkg/arch"), encoding="ascii") as file:
        assert file.read() == "amd64\ni386\n"
    assert os.path.exists(os.path.join(folder, "etc/apt/sources.list"))
    monkeypatch.setattr(subprocess, "run", None)
    assert build_foreign(oracle, "i386") == folder


@pytest.mark.parametrize(
    ("status", "name"), [(100, "x_binary-i386_Packages"), (0, "x_binary-amd64_Packages")]
)
def test_root_without_lists_is_not_made(oracle, monkeypatch, status, name):
    fetch(monkeypatch, status=status, name=name)
    with pytest.raises(MissingError, match="i386") as caught:
        build_foreign(oracle, "i386")
    assert caught.value.hint == "first; last"
    assert not os.path.exists(f"{oracle.root}-i386")


def test_command_line_says_what_is_missing(tmp_path):
    said: list[str] = []
    assert main([], {"FORETELL_ORACLE_DIR": str(tmp_path)}, said.append) != 0
    assert said[0].startswith("error[no-oracle]")
