"""Is a release's apt fetched with what it needs, and nothing of this machine used for it?"""

from __future__ import annotations

import os

import pytest

from foretell.errors import MissingError
from foretell.oracle.newest import NEWEST, RELEASES, Release, fetch_release, release_version


class Programs:
    """Stands for apt-get, dpkg-deb and the loader; ``runs`` says what the loader finds."""

    def __init__(self, *, runs):
        self.runs = runs
        self.ran = []

    def __call__(self, command, what):
        self.ran.append(command)
        if command[0] == "env":
            name = command[-1].partition("/")[0]
            with open(os.path.join(command[2], f"{name}_3.9_amd64.deb"), "wb"):
                pass
        elif command[:2] == ["dpkg-deb", "-x"]:
            os.makedirs(command[-1], exist_ok=True)
        elif command[:2] == ["dpkg-deb", "-f"]:
            return "3.9\n" if command[-1] == "Version" else "liba (>= 2), libb | libc, libd:any\n"
        elif "--list" in command and self.runs is not True:
            if self.runs is None:
                raise MissingError("build-failed", "version GLIBC_9 not found")
            return "libx.so.1 => not found\n"
        return ""

    def fetched(self):
        return [command[-1] for command in self.ran if command[0] == "env"]


def fetch(folder, programs, release=NEWEST):
    return fetch_release(
        str(folder), "http://example.org/debian", release, tool="/tool", triplet="t", run=programs
    )


def test_version_is_noted_beside_the_library(tmp_path):
    programs = Programs(runs=True)
    unpacked = fetch(tmp_path, programs)
    assert release_version(unpacked) == "3.9"
    assert programs.fetched() == ["libapt-pkg7.0/sid"]


def test_programs_come_from_the_suite_of_their_library(tmp_path):
    programs = Programs(runs=False)
    fetch(tmp_path, programs, Release("apt-x", "x", ("libapt", "apt"), "libapt.so"))
    assert programs.fetched() == ["libapt/x", "apt/x", "liba/x", "libb/x", "libd/x"]
    assert next(c for c in programs.ran if "--list" in c)[-1].endswith("usr/lib/t/libapt.so")
    assert (tmp_path / "sources.list").read_text().endswith(" x main\n")


def test_folders_of_releases_are_their_own():
    assert len({row.folder for row in RELEASES}) == len(RELEASES)


@pytest.mark.parametrize("runs", [False, None])
def test_libraries_come_with_it_where_those_of_the_root_do_not_do(tmp_path, runs):
    programs = Programs(runs=runs)
    fetch(tmp_path, programs)
    assert programs.fetched() == ["libapt-pkg7.0/sid", "liba/sid", "libb/sid", "libd/sid"]


def test_nothing_of_this_machine_is_read_or_written(tmp_path):
    programs = Programs(runs=True)
    fetch(tmp_path, programs)
    update = programs.ran[0]
    assert update[0] == "apt-get"
    assert update[-1] == "update"
    settings = dict(word.split("=", 1) for word in update if "::" in word and "=" in word)
    for name in ("State::lists", "State::status", "Etc::sourcelist", "Etc::sourceparts"):
        assert settings[f"Dir::{name}"].startswith(str(tmp_path))
    sources = (tmp_path / "sources.list").read_text()
    assert sources == "deb [check-valid-until=no] http://example.org/debian sid main\n"


def test_package_that_does_not_come_is_said(tmp_path):
    def run(command, what):
        return ""

    with pytest.raises(MissingError, match="did not bring libapt-pkg7"):
        fetch(tmp_path, run)
