"""Can anybody make a world of an archive and ask it?"""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import jsonschema
import pytest

from foretell.apt.acquire.worlds import check_name
from foretell.apt.system.world import read_status
from foretell.cli.main import main
from foretell.errors import UsageError
from tests.apt.archive_lab import Archive, Keys, packages_text
from tests.apt.archive_server import ArchiveServer
from tests.apt.update_lab import use_environment

ROOT = pathlib.Path(__file__).parents[2]
SCHEMA = ROOT / "docs/reference/schemas/foretell.world.list-1.schema.json"
PACKAGES = {
    "base": "Essential: yes\nDepends: libbase\n",
    "libbase": "",
    "tool": "Priority: required\nRecommends: editor\n",
    "apt": "Priority: important\n",
    "editor": "Depends: libbase\n",
}


class Lab:
    """An archive with a minimal system, a server before it, a home for the user."""

    def __init__(self, keys, folder):
        self.folder = folder
        self.keys = keys
        self.server = ArchiveServer(os.path.join(folder, "www"))
        self.archive = Archive(os.path.join(folder, "www", "debian"))
        text = b""
        for name, fields in PACKAGES.items():
            version = "3.0.4" if name == "apt" else "1"
            stanza = packages_text(name, version=version).decode()
            text += stanza.replace("Maintainer: x\n", f"Maintainer: x\n{fields}").encode()
        self.archive.files["main/binary-amd64/Packages"] = text
        self.archive.publish(keys, "good@example.org")
        self.keyring = os.path.join(folder, "ring.gpg")
        with open(self.keyring, "wb") as file:
            file.write(keys.export("good@example.org"))
        self.uri = f"{self.server.uri}/debian"
        self.worlds = os.path.join(folder, "data/foretell/worlds")

    def add(self, *words, name="stable"):
        keyring = ("--keyring", self.keyring)
        return main(["world", "add", name, self.uri, "--architecture", "amd64", *keyring, *words])

    def status(self, name="stable"):
        return read_status(os.path.join(self.worlds, name, "var/lib/dpkg/status"))


@pytest.fixture(scope="module")
def keys(require):
    if shutil.which("gpg") is None:
        require("gpg", "archives are signed with gpg")
    made = Keys()
    made.make("good")
    yield made
    made.close()


@pytest.fixture
def lab(keys, tmp_path, monkeypatch):
    use_environment(monkeypatch, "none")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Lab(keys, str(tmp_path))
    yield made
    made.server.close()


def test_one_add_and_one_install_give_a_plan(lab, capsys):
    assert lab.add() == 0
    assert "4 packages installed" in capsys.readouterr().out
    assert main(["apt", "install", "--world", "stable", "editor"]) == 0
    assert "Installing:\n  editor\n" in capsys.readouterr().out


def test_minimal_system_is_the_vital_packages_with_what_they_need(lab):
    assert lab.add() == 0
    names = sorted(entry.fields[b"package"].decode() for entry in lab.status())
    assert names == ["apt", "base", "libbase", "tool"]
    with open(os.path.join(lab.worlds, "stable/var/lib/apt/extended_states"), "rb") as file:
        assert file.read().split(b"\n")[0] == b"Package: libbase"


def test_empty_world_has_nothing_installed(lab):
    assert lab.add("--installed", "empty") == 0
    assert lab.status() == []


def test_state_of_another_system_is_taken(lab, tmp_path):
    path = tmp_path / "root/var/lib/dpkg"
    path.mkdir(parents=True)
    (path / "status").write_text(
        "Package: own\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"
    )
    assert lab.add("--installed", str(tmp_path / "root")) == 0
    assert lab.add("--suite", "stable", "--installed", str(path / "status"), name="other") == 0
    for name in ("stable", "other"):
        assert [entry.fields[b"package"] for entry in lab.status(name)] == [b"own"]


def test_world_may_stand_before_the_verb(lab, capsys):
    assert lab.add() == 0
    assert main(["apt", "--world", "stable", "install", "editor"]) == 0
    assert "  editor\n" in capsys.readouterr().out


def test_lists_of_a_world_are_updated_by_name(lab, capsys):
    assert lab.add() == 0
    assert main(["apt", "update", "--world", "stable"]) == 0
    assert "Hit:1 " in capsys.readouterr().out


def test_embedded_debian_has_no_lists_to_update(lab, capsys):
    assert main(["apt", "update", "--world", "embedded"]) == 2
    assert "error[no-archive]: " in capsys.readouterr().err


def test_python_program_asks_the_same_world(lab, capsys):
    assert lab.add() == 0
    capsys.readouterr()
    assert main(["apt", "install", "--world", "stable", "--as-python", "editor"]) == 0
    assert os.path.join(lab.worlds, "stable") in capsys.readouterr().out


def test_worlds_are_listed(lab, capsys):
    assert lab.add() == 0
    capsys.readouterr()
    assert main(["world", "list"]) == 0
    line = capsys.readouterr().out
    assert line == f"stable: deb {lab.uri}/ stable main (amd64), 4 packages installed\n"
    assert main(["world", "list", "--json"]) == 0
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.check_schema(validator.schema)
    validator.validate(json.loads(capsys.readouterr().out))


def test_removed_world_is_gone(lab, capsys):
    assert lab.add() == 0
    assert main(["world", "remove", "stable"]) == 0
    assert os.listdir(lab.worlds) == []
    assert main(["apt", "install", "--world", "stable", "editor"]) == 2
    assert "error[no-such-world]: " in capsys.readouterr().err


@pytest.mark.parametrize("installed", ["minimal", "/nonexistent/status"])
def test_world_that_cannot_be_made_is_not_there(lab, installed, capsys):
    if installed == "minimal":
        lab.archive.write("InRelease", b"<html>")
    assert lab.add("--installed", installed) != 0
    assert os.listdir(lab.worlds) == []
    assert "error[" in capsys.readouterr().err


def test_bad_keyring_is_named_before_anything_is_fetched(lab, tmp_path, capsys):
    bad = tmp_path / "bad"
    bad.write_text("no keys")
    words = ["--architecture", "amd64", "--keyring", str(bad)]
    assert main(["world", "add", "stable", lab.uri, *words]) == 2
    assert (
        f"error[bad-keyring]: file holds no OpenPGP keys\n  --> {bad}\n" in capsys.readouterr().err
    )
    assert lab.server.requests == []


def test_world_is_not_made_twice(lab, capsys):
    assert lab.add() == 0
    assert lab.add() == 2
    assert "error[world-exists]: " in capsys.readouterr().err


def test_root_and_named_world_are_two(lab, capsys):
    assert lab.add() == 0
    assert main(["apt", "install", "--world", "stable", "--root", "/", "editor"]) == 2
    assert "error[two-worlds]: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["host", "auto", "embedded", "", ".new", "a/b", "..", "A", "x" * 65]
)
def test_bad_names_are_refused(name):
    with pytest.raises(UsageError):
        check_name(name)


@pytest.mark.parametrize("name", ["trixie", "a", "debian-13.1", "x+y"])
def test_good_names_pass(name):
    check_name(name)
