"""Are roots made of what libapt decided, with shared lists and without dpkg?"""

from __future__ import annotations

import os

import pytest

from foretell.errors import MissingError
from foretell.oracle import roots
from foretell.oracle.answer import Answer, Change
from foretell.oracle.rootfs import Oracle
from foretell.oracle.roots import MINIMAL, ROOTS, Root, build_root, find_root, lists_of

STANZA = "Package: {}\nVersion: 1\nArchitecture: amd64\nPriority: {}\nFilename: x\n\n"


def test_roots_start_from_what_comes_before():
    known = {"", MINIMAL}
    for row in ROOTS:
        assert row.start in known
        known.add(row.name)
    assert lists_of(["mixed", "rolling", "wine-rolling"]) == [
        ("trixie-backports", "amd64"),
        ("sid", "amd64"),
        ("trixie", "i386"),
        ("sid", "i386"),
    ]


@pytest.fixture
def oracle(tmp_path):
    """Return an oracle whose minimal root has two lists' worth of packages."""
    found = Oracle(str(tmp_path))
    for name in ("etc/apt/apt.conf.d", "etc/apt/trusted.gpg.d", "var/lib/dpkg"):
        os.makedirs(os.path.join(found.root, name))
    for folder in (found.lists("trixie"), found.lists("sid")):
        os.makedirs(f"{folder}/partial")
    base = "example.org_dists_trixie_main_binary-amd64_Packages"
    with open(os.path.join(found.lists("trixie"), base), "w", encoding="utf-8") as file:
        file.write(STANZA.format("a", "optional") + STANZA.format("b", "required"))
    with open(os.path.join(found.root, "var/lib/dpkg/status"), "w", encoding="utf-8") as file:
        file.write("Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n")
    return found


class FakeLibapt:
    """Installs what it is asked for."""

    asked: tuple[str, ...] = ()
    verdict = "ok"

    def __init__(self, oracle, root):
        assert os.path.exists(f"{root}/var/lib/dpkg/status")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def ask(self, request):
        FakeLibapt.asked = request.words
        changes = tuple(Change(w, "amd64", "install", "1", "", False) for w in request.words[-1:])
        return Answer(verdict=self.verdict, changes=changes, error="no")


@pytest.fixture
def libapt(monkeypatch):
    monkeypatch.setattr(roots, "Libapt", FakeLibapt)
    monkeypatch.setattr(FakeLibapt, "verdict", "ok")
    return FakeLibapt


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


def build(oracle, row):
    path = os.path.join(oracle.folder, row.name)
    said: list[str] = []
    build_root(oracle, row, "http://example.org/debian", path, said.append)
    return path, said


def test_root_has_a_state_and_nothing_else(oracle, libapt):
    row = Root("new", MINIMAL, ("trixie", "sid"), ("a",), ("a",), "Package: *\n")
    path, said = build(oracle, row)
    assert said == ["oracle: making new", "oracle: new has 2 packages"]
    status = read(path, "var/lib/dpkg/status")
    assert status.count("Package: ") == 2
    assert "Package: a\nStatus: hold ok installed" in status
    assert "Filename" not in status
    assert read(path, "etc/apt/sources.list").splitlines() == [
        "deb http://example.org/debian trixie main",
        "deb-src http://example.org/debian trixie main",
        "deb http://example.org/debian sid main",
    ]
    assert read(path, "etc/apt/preferences") == "Package: *\n"
    (name,) = [n for n in os.listdir(f"{path}/var/lib/apt/lists") if "_dists_" in n]
    link = os.readlink(f"{path}/var/lib/apt/lists/{name}")
    assert not link.startswith("/")
    assert read(path, "var/lib/apt/lists", name).startswith("Package: a")


def test_foreign_lists_lie_beside_the_native_ones(oracle, libapt):
    native, foreign = oracle.lists("trixie"), oracle.lists("trixie", "i386")
    base = "example.org_dists_trixie"
    os.makedirs(foreign)
    for folder in (native, foreign):
        with open(os.path.join(folder, f"{base}_InRelease"), "w", encoding="utf-8") as file:
            file.write(folder)
    with open(f"{foreign}/{base}_main_binary-i386_Packages", "w", encoding="utf-8") as file:
        file.write(STANZA.format("c", "optional"))
    path, _ = build(oracle, Root("new", MINIMAL, ("trixie",), ("c",), foreign=("i386",)))
    assert read(path, "var/lib/dpkg/arch") == "amd64\ni386\n"
    assert read(path, "var/lib/apt/lists", f"{base}_InRelease") == native
    assert read(path, "var/lib/apt/lists", f"{base}_main_binary-i386_Packages")
    assert "Package: c\nStatus: install ok installed" in read(path, "var/lib/dpkg/status")


def test_empty_start_gets_the_base_system(oracle, libapt):
    build(oracle, Root("new", "", ("trixie",), ("a",)))
    assert libapt.asked == ("apt", "b", "a")


def test_impossible_root_is_said(oracle, libapt, monkeypatch):
    monkeypatch.setattr(FakeLibapt, "verdict", "failed")
    with pytest.raises(MissingError, match="making new: no"):
        build(oracle, Root("new", MINIMAL, ("trixie",), ("a",)))


def test_rows_are_found_by_name():
    assert find_root("aged").start == "bookworm"
    with pytest.raises(KeyError):
        find_root("none")
