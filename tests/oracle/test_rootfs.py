"""Is the oracle built once, whole or not at all, and is it said what is missing?"""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
import time

import pytest

from foretell.errors import MissingError
from foretell.oracle import programs, rootfs
from foretell.oracle.rootfs import LIBAPT_VERSION, Oracle, build, main, oracle_folder
from foretell.oracle.roots import ROOTS
from tests.oracle.real_apt import oracle_or_none

OTHERS = ["libapt-newest", "apt-forky", "apt-bookworm"]


def pretend(oracle, *names):
    """Make folders as if these parts were built."""
    for name in names or [*oracle.missing(), *oracle.missing_roots()]:
        os.makedirs(os.path.join(oracle.folder, name))


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/h"}, "/h/.cache/foretell/oracle"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/c/foretell/oracle"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "c"}, "/h/.cache/foretell/oracle"),
        ({"HOME": "/h", "FORETELL_ORACLE_DIR": "/o/"}, "/o"),
        ({}, "/nonexistent/.cache/foretell/oracle"),
    ],
)
def test_folder_is_the_users(environment, folder):
    assert oracle_folder(environment) == folder


def test_missing_parts_are_named(tmp_path):
    oracle = Oracle(str(tmp_path))
    assert len(oracle.missing()) == 7
    with pytest.raises(MissingError, match=r"trixie-minimal, trixie-tool, decide-\w+, libapt"):
        oracle.require()
    pretend(oracle, "trixie-minimal", "trixie-tool")
    rest = [os.path.basename(p) for p in (oracle.decide, oracle.library)]
    assert oracle.missing() == [*rest, *OTHERS]


def test_other_releases_are_not_needed(tmp_path):
    oracle = Oracle(str(tmp_path))
    pretend(oracle, *(name for name in oracle.missing() if name not in OTHERS))
    oracle.require()
    assert oracle.missing() == OTHERS


def test_what_is_there_is_not_built_again(tmp_path):
    oracle = Oracle(str(tmp_path))
    pretend(oracle)
    said: list[str] = []
    assert build(str(tmp_path), mirror=None, say=said.append).missing() == []
    assert said == []


def test_other_source_means_another_program(tmp_path, monkeypatch):
    source = tmp_path / "decide.cc"
    source.write_text("one")
    monkeypatch.setattr(rootfs, "_SOURCE", str(source))
    first = Oracle(str(tmp_path)).decide
    source.write_text("two")
    assert Oracle(str(tmp_path)).decide != first


def test_build_needs_root(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(MissingError) as caught:
        build(str(tmp_path / "new"), mirror=None, say=print)
    assert caught.value.code == "not-root"
    assert not (tmp_path / "new").exists()


def test_build_needs_mmdebstrap(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("shutil.which", lambda name: None if name == "mmdebstrap" else name)
    said: list[str] = []
    assert main(["--folder", str(tmp_path)], {}, said.append) == 3
    assert said[0].startswith("error[no-mmdebstrap]: mmdebstrap is needed to build")
    assert said[1] == "hint: apt-get install mmdebstrap"


def test_other_machines_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(MissingError, match="amd64 machine"):
        build(str(tmp_path), mirror=None, say=print)


@pytest.fixture
def builder(tmp_path, monkeypatch):
    """Return a list of the commands of a build in which no command does anything."""
    monkeypatch.setattr(rootfs, "_check_machine", lambda oracle: None)
    ran: list[list[str]] = []

    def run(command, what):
        ran.append(command)
        if command[0] == "mmdebstrap":
            os.makedirs(os.path.join(command[-3], "tmp"))
        elif command[0] == rootfs.APT_HELPER:
            with open(command[3], "wb") as file:
                file.write(lzma.compress(b"Package: a\n"))
        elif command[0] == "chroot" and "update" in command:
            write_list(command)
        elif command[0] == "env":  # apt-get download
            name = command[-1].partition("/")[0]
            with open(os.path.join(command[2], f"{name}_9.9_amd64.deb"), "w", encoding="utf-8"):
                pass
        elif command[:2] == ["dpkg-deb", "-x"]:
            os.makedirs(command[-1], exist_ok=True)
        elif command[:2] == ["dpkg-deb", "-f"]:
            return "9.9\n"
        elif "g++" in command:
            inside = command[command.index("-o") + 1]
            with open(command[1] + inside, "w", encoding="utf-8"):
                pass
        return ""

    def make(oracle, row, mirror, aside, say):
        assert mirror == "http://example.org/debian"
        os.mkdir(aside)
        made.append(row.name)

    made: list[str] = []
    monkeypatch.setattr(programs, "run", run)
    monkeypatch.setattr(rootfs, "build_root", make)
    monkeypatch.setattr(rootfs, "find_mirrors", lambda root="/": ["http://example.org/debian"])
    return ran


def write_list(command):
    """Do what apt-get update does."""
    settings = dict(word.split("=", 1) for word in command if "=" in word)
    with open(command[1] + settings["Dir::Etc::SourceList"], encoding="utf-8") as file:
        _, architecture, _, suite, _ = file.read().split()
    architecture = architecture.removeprefix("[arch=").removesuffix("]")
    name = f"example.org_debian_dists_{suite}_main_binary-{architecture}_Packages"
    with open(command[1] + settings["Dir::State::Lists"] + "/" + name, "w", encoding="utf-8"):
        pass


SUITES = ["bookworm", "forky", "sid", "sid-i386", "trixie-backports", "trixie-i386"]


def test_build_makes_all_parts_and_nothing_else(tmp_path, builder, monkeypatch):
    left = tmp_path / ".new-trixie-tool"
    left.mkdir()
    (tmp_path / "decide-0123456789abcdef").write_text("of another checkout")
    said: list[str] = []
    oracle = build(str(tmp_path), mirror="http://example.org/debian/", say=said.append)
    parts = (oracle.root, oracle.tool, oracle.library, oracle.newest, oracle.decide)
    names = {os.path.basename(part) for part in parts} | {*OTHERS}
    names |= {row.name for row in ROOTS} | {f"lists-{suite}" for suite in SUITES}
    names.add("decide-0123456789abcdef")
    assert {name for name in os.listdir(tmp_path) if name != ".lock"} == names
    assert len(said) == 7 + len(SUITES)
    assert "deb http://example.org/debian trixie main" in builder[1]
    monkeypatch.setattr(Oracle, "own_version", lambda self: "3.0.4")
    assert oracle.versions() == [LIBAPT_VERSION, "3.0.4", "9.9"]
    assert oracle.newest in oracle.command("9.9")[2]
    assert oracle.newest not in oracle.command("3.0.4")[2]
    assert oracle.apt_get("3.0.4")[1] == os.path.join(oracle.root, "usr/bin/apt-get")
    downloads = [command[2] for command in builder if command[0] == rootfs.APT_HELPER]
    assert [uri.removeprefix("http://example.org/debian/") for uri in downloads] == [
        "dists/trixie/InRelease",
        f"pool/main/a/apt/{rootfs.LIBAPT_FILE}",
    ]


def test_apt_get_of_a_release_runs_on_its_own_library(tmp_path):
    oracle = Oracle(str(tmp_path))
    for name, version in (("libapt-newest", "3.9"), ("apt-bookworm", "2.6.1")):
        (tmp_path / name / "usr/bin").mkdir(parents=True)
        (tmp_path / name / "version").write_text(version)
    program = tmp_path / "apt-bookworm/usr/bin/apt-get"
    program.write_text("")
    linker, path = oracle.apt_get("2.6.1")
    assert path == str(program)
    assert linker[2].startswith(f"{tmp_path}/apt-bookworm/usr/lib/x86_64-linux-gnu:")


def test_failed_build_leaves_no_root(tmp_path, builder, monkeypatch):
    run = programs.run

    def failing(command, what):
        run(command, what)
        if command[0] == "mmdebstrap":
            raise MissingError("build-failed", "no")

    monkeypatch.setattr(programs, "run", failing)
    with pytest.raises(MissingError):
        build(str(tmp_path), mirror="http://example.org/debian", say=print)
    assert not os.path.exists(Oracle(str(tmp_path)).root)


def test_library_that_is_gone_is_told_once(tmp_path, builder, monkeypatch):
    run = programs.run

    def gone(command, what):
        if rootfs.LIBAPT_FILE in command[2] or command[0] == "apt-get":
            raise MissingError("build-failed", "no", hint="404  Not Found")
        return run(command, what)

    monkeypatch.setattr(programs, "run", gone)
    monkeypatch.setattr(Oracle, "own_version", lambda self: "3.0.9")
    said: list[str] = []
    oracle = build(str(tmp_path), mirror="http://example.org/debian", say=said.append)
    assert any("404" in text and "going on with libapt 3.0.9" in text for text in said)
    assert any("there is no libapt-newest" in text for text in said)
    assert oracle.versions() == ["3.0.9"]
    with pytest.raises(MissingError, match=r"libapt 3\.0\.3 is not here, only 3\.0\.9"):
        oracle.command(LIBAPT_VERSION)
    assert oracle.missing() == []
    monkeypatch.setattr(programs, "run", run)
    build(str(tmp_path), mirror="http://example.org/debian", say=said.append)
    assert os.path.isdir(oracle.library)
    assert oracle.versions() == ["3.0.3", "3.0.9", "9.9"]


def test_mirror_is_the_first_that_has_the_suite(tmp_path, builder, monkeypatch):
    mirrors = ["http://a.example", "http://b.example"]
    monkeypatch.setattr(
        rootfs, "find_mirrors", lambda root="": ["http://example.org/debian"] if root else mirrors
    )
    run = programs.run

    def picky(command, what):
        if command[0] == rootfs.APT_HELPER and "a.example" in command[2]:
            raise MissingError("build-failed", "no", hint="404")
        return run(command, what)

    monkeypatch.setattr(programs, "run", picky)
    build(str(tmp_path), mirror=None, say=print)
    assert "deb http://b.example trixie main" in next(c for c in builder if c[0] == "mmdebstrap")


def test_no_mirror_is_said(tmp_path, builder, monkeypatch):
    monkeypatch.setattr(rootfs, "find_mirrors", list)
    with pytest.raises(MissingError, match="name no archive"):
        build(str(tmp_path), mirror=None, say=print)


def test_folder_that_cannot_be_on_a_library_path_is_refused(tmp_path):
    said: list[str] = []
    assert main(["--folder", f"{tmp_path}/a:b"], {}, said.append) == 2
    assert "colon" in said[0]


def test_suite_that_the_mirror_lacks_is_told_once(tmp_path, builder, monkeypatch):
    run = programs.run

    def picky(command, what):
        if what.endswith("of sid"):
            raise MissingError("build-failed", "no", hint="404  Not Found")
        return run(command, what)

    monkeypatch.setattr(programs, "run", picky)
    said: list[str] = []
    oracle = build(str(tmp_path), mirror="http://example.org/debian", say=said.append)
    assert any("no lists of sid (404" in text for text in said)
    without = {row.name for row in ROOTS if "sid" in row.suites}
    built = {row.name for row in ROOTS if os.path.isdir(tmp_path / row.name)}
    assert built == {row.name for row in ROOTS} - without
    assert oracle.missing_roots() == []
    with pytest.raises(MissingError, match="no root 'mixed': the mirror has no sid"):
        oracle.find_root("mixed")
    monkeypatch.setattr(programs, "run", run)
    build(str(tmp_path), mirror="http://example.org/debian", say=said.append)
    assert os.path.isdir(oracle.find_root("mixed"))


def only_native(run, *, ends_well=False, has_list=True):
    """Return ``run`` on a mirror that has no i386 lists, or none that match their InRelease."""

    def picky(command, what):
        if what.endswith("for i386"):
            if ends_well:
                return "N: no such architecture\n"
            raise MissingError("build-failed", "no", hint="Hash Sum mismatch")
        if "binary-i386" in what and not has_list:
            raise MissingError("build-failed", "no", hint="404  Not Found")
        return run(command, what)

    return picky


def put_native_list(oracle):
    """Pretend that the minimal root is there, and its own list."""
    os.makedirs(os.path.join(oracle.root, "tmp"))
    os.makedirs(oracle.lists("trixie"))
    path = os.path.join(
        oracle.lists("trixie"), "example.org_debian_dists_trixie_main_binary-amd64_Packages"
    )
    with open(path, "w", encoding="utf-8"):
        pass


def test_foreign_list_that_does_not_match_is_taken_and_said(tmp_path, builder, monkeypatch):
    monkeypatch.setattr(programs, "run", only_native(programs.run))
    put_native_list(Oracle(str(tmp_path)))
    said: list[str] = []
    oracle = build(str(tmp_path), mirror="http://example.org/debian", say=said.append)
    assert sum("trixie for i386 cannot be verified" in text for text in said) == 1
    name = "example.org_debian_dists_trixie_main_binary-i386_Packages"
    assert os.listdir(oracle.lists("trixie", "i386")) == [name]
    with open(os.path.join(oracle.lists("trixie", "i386"), name), encoding="utf-8") as file:
        assert file.read() == "Package: a\n"
    assert any(command[2].endswith("main/binary-i386/Packages.xz") for command in builder)
    assert os.path.isdir(oracle.find_root("multi-arch"))


@pytest.mark.parametrize("ends_well", [True, False])
def test_architecture_that_the_mirror_lacks_is_told_once(tmp_path, builder, monkeypatch, ends_well):
    monkeypatch.setattr(
        programs, "run", only_native(programs.run, ends_well=ends_well, has_list=False)
    )
    put_native_list(Oracle(str(tmp_path)))
    said: list[str] = []
    oracle = build(str(tmp_path), mirror="http://example.org/debian", say=said.append)
    assert any("no lists of trixie for i386 (404" in text for text in said)
    assert not any("verified" in text for text in said)
    built = {row.name for row in ROOTS if os.path.isdir(tmp_path / row.name)}
    assert built == {row.name for row in ROOTS if not row.foreign}
    assert oracle.missing_roots() == []
    with pytest.raises(MissingError, match="the mirror has no trixie for i386"):
        oracle.find_root("wine")


def test_root_that_is_not_built_is_said(tmp_path):
    with pytest.raises(MissingError, match="'server' is not built") as caught:
        Oracle(str(tmp_path)).find_root("server")
    assert caught.value.code == "no-root"


@pytest.mark.oracle
def test_second_run_is_quick(require):
    if oracle_or_none() is None:
        require("apt", "the oracle is not built: make oracle")
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "foretell.oracle.rootfs"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "oracle: ready in" in done.stderr
    assert time.monotonic() - start < 2  # 0.1 s on an idle machine
