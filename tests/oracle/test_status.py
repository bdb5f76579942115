"""Is the status file after a plan the one that dpkg would have left?"""

from __future__ import annotations

import pytest

from foretell.errors import InputError
from foretell.oracle.answer import Answer, Change
from foretell.oracle.status import Installation, read_field, split_stanzas

LIST = """\
Package: a
Version: 2
Architecture: all
Depends: b,
 c
Description: first
 second line
Filename: pool/a.deb
Size: 12
SHA256: 00
Tag: x::y,
 x::z
Task: web

Package: b
Version: 1
Architecture: amd64
Section: libs
"""
STATUS = """\
Package: a
Status: install ok installed
Version: 1
Architecture: all

Package: old
Status: install ok installed
Version: 1
Architecture: amd64

"""
MARKS = "Package: old\nArchitecture: amd64\nAuto-Installed: 1\n\n"


def change(package, action, version="", previous="", automatic=False):
    return Change(package, "amd64", action, version, previous, automatic)


@pytest.fixture
def lists(tmp_path):
    path = tmp_path / "Packages"
    path.write_text(LIST)
    return [str(path)]


def test_plan_is_applied(lists):
    system = Installation("amd64", STATUS, MARKS)
    changes = (
        change("a", "upgrade", "2", "1"),
        change("b", "install", "1", automatic=True),
        change("old", "remove", previous="1", automatic=True),
    )
    system.apply(Answer(verdict="ok", changes=changes), lists)
    assert system.status() == (
        "Package: a\nStatus: install ok installed\nVersion: 2\nArchitecture: all\n"
        "Depends: b,\n c\nDescription: first\n second line\n\n"
        "Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"
        "Section: libs\n\n"
    )
    assert system.extended_states() == "Package: b\nArchitecture: amd64\nAuto-Installed: 1\n\n"


def test_marks_of_a_plan_count(lists):
    system = Installation("amd64", STATUS, MARKS)
    plan = Answer(verdict="ok", marks=(("a", "amd64", True), ("old", "amd64", False)))
    system.apply(plan, lists)
    assert system.automatic == {("a", "amd64")}


def test_version_that_no_list_has_is_said(lists):
    plan = Answer(verdict="ok", changes=(change("a", "upgrade", "3", "1"),))
    with pytest.raises(InputError, match="no list has a amd64 3"):
        Installation("amd64", STATUS).apply(plan, lists)


def test_foreign_packages_are_apart(lists):
    foreign = "Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: i386\n\n"
    system = Installation("amd64", STATUS + foreign)
    system.apply(Answer(verdict="ok", changes=(change("b", "install", "1"),)), lists)
    system.hold(["b:i386"])
    assert (
        "Package: b\nStatus: hold ok installed\nVersion: 1\nArchitecture: i386\n" in system.status()
    )
    assert (
        "Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"
        in system.status()
    )


def test_holds_are_put():
    system = Installation("amd64", STATUS)
    system.hold(["a"])
    assert "Package: a\nStatus: hold ok installed\n" in system.status()
    assert "Package: old\nStatus: install ok installed\n" in system.status()


def test_state_survives_its_own_form():
    system = Installation("amd64", STATUS, MARKS)
    assert system.status() == STATUS
    assert system.extended_states() == MARKS


def test_fields_are_read_by_name():
    stanza = next(split_stanzas(LIST))
    assert read_field(stanza, "Version") == "2"
    assert read_field(stanza, "Ver") == ""
    assert read_field(stanza, "Section") == ""
