"""Do packages of another release come here without touching what this machine has?"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from foretell.errors import MissingError
from foretell.oracle import guest_apt
from foretell.oracle.guest_apt import GuestApt, read_package
from foretell.oracle.programs import run

MIRROR = "http://example.org/debian"


@pytest.fixture
def programs(monkeypatch):
    """Let nothing run; apt-get brings what is asked for.  Return the commands."""
    ran = []

    def fake(command, what, *, folder=None):
        ran.append(list(command))
        if command[:2] == ["apt-get", "download"]:
            name = command[2].partition(":")[0]
            if name != "gone":
                with open(os.path.join(folder, f"{name}_1_amd64.deb"), "wb"):
                    pass
        if command[:2] == ["apt-get", "install"]:
            archives = os.path.join(os.path.dirname(folder), "cache/archives")
            for name in ("b", "a"):
                with open(os.path.join(archives, f"{name}_1_amd64.deb"), "wb"):
                    pass
        return "linux-b\nlinux-a\n" if command[0] == "apt-cache" else ""

    monkeypatch.setattr(guest_apt, "run", fake)
    return ran


def test_every_folder_of_apt_is_its_own(programs, tmp_path):
    apt = GuestApt(str(tmp_path / "apt"), MIRROR)
    apt.names("linux-")
    apt.download("one", "amd64")
    apt.unpack_with_needs(["one"], str(tmp_path / "into"))
    commands = [command for command in programs if command[0] != "dpkg-deb"]
    assert len(commands) == 4
    for command in commands:
        settings = dict(word.split("=", 1) for word in command if "=" in word)
        for name in ("Dir::State", "Dir::State::status", "Dir::Cache", "Dir::Etc::sourcelist"):
            assert settings[name].startswith(str(tmp_path)), name
        assert settings["Dir::Etc::preferences"] == "/dev/null"
    sources = (tmp_path / "apt" / "sources.list").read_text().splitlines()
    assert [line.rpartition("] ")[2] for line in sources] == [
        f"{MIRROR} trixie main",
        f"{MIRROR} trixie-backports main",
    ]


def test_names_are_sorted(programs, tmp_path):
    assert GuestApt(str(tmp_path / "apt"), MIRROR).names("linux-") == ["linux-a", "linux-b"]


def test_all_that_came_is_unpacked_and_nothing_is_installed(programs, tmp_path):
    GuestApt(str(tmp_path / "apt"), MIRROR).unpack_with_needs(["a"], "into")
    unpacked = [command[2:] for command in programs if command[0] == "dpkg-deb"]
    assert [(path.rpartition("/")[2], into) for path, into in unpacked] == [
        ("a_1_amd64.deb", "into"),
        ("b_1_amd64.deb", "into"),
    ]
    (install,) = [command for command in programs if "install" in command]
    assert "--download-only" in install


def test_package_that_did_not_come_is_an_error(programs, tmp_path):
    with pytest.raises(MissingError) as caught:
        GuestApt(str(tmp_path / "apt"), MIRROR).download("gone", "amd64")
    assert caught.value.code == "no-package"


def test_program_that_fails_tells_its_last_words():
    with pytest.raises(MissingError) as caught:
        run(["sh", "-c", "echo first; echo last >&2; exit 4"], "trying")
    assert (caught.value.message, caught.value.hint) == (
        "trying: sh ended with status 4",
        "first; last",
    )
    with pytest.raises(MissingError, match="is needed: trying"):
        run(["foretell-no-such-program"], "trying")


def make_package(folder, require):
    if shutil.which("dpkg-deb") is None:
        require("dpkg", "it makes and reads packages")
    (folder / "tree" / "DEBIAN").mkdir(parents=True)
    (folder / "tree" / "boot").mkdir()
    (folder / "tree" / "DEBIAN" / "control").write_text(
        "Package: k\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: k\n"
    )
    (folder / "tree" / "boot" / "vmlinuz").write_bytes(b"kernel")
    os.symlink("vmlinuz", folder / "tree" / "boot" / "link")
    archive = folder / "k.deb"
    subprocess.run(
        ["dpkg-deb", "--build", folder / "tree", archive], capture_output=True, check=True
    )
    return archive


def test_files_of_a_package_are_read(tmp_path, require):
    archive = make_package(tmp_path, require)
    assert [(path, read()) for path, read in read_package(str(archive), "reading")] == [
        ("boot/vmlinuz", b"kernel")
    ]


@pytest.mark.parametrize("keep", [0, 10, -40])
def test_broken_package_is_an_error(tmp_path, require, keep):
    archive = make_package(tmp_path, require)
    data = archive.read_bytes()
    archive.write_bytes(data[:keep])
    with pytest.raises(MissingError) as caught:
        list(read_package(str(archive), "reading"))
    assert caught.value.code == "bad-package"
