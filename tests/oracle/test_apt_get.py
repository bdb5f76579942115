"""Is what apt-get prints read in both of its layouts, and is nothing of the machine touched?"""

from __future__ import annotations

import os

import pytest

from foretell.errors import MissingError, UsageError
from foretell.oracle.answer import Answer, Change, Request
from foretell.oracle.apt_get import AptGet, read_plan, visible, without_marks

NEW = """\
Solving dependencies...
The following packages were automatically installed and are no longer required:
   old (1)
   never (2)
Use 'apt autoremove' to remove them.

Upgrading:
   up (1 => 2)

Installing:
   a (1:2-3)

Installing dependencies:
   b:i386 (1)

Suggested packages:
   s (1)

DOWNGRADING:
   down (3 => 2)

REMOVING:
   c (1)
   d* (1)

Summary:
  Upgrading: 1, Installing: 2, Removing: 2, Not Upgrading: 0
'http://example.org/a_1%3a2-3_amd64.deb' a_1%3a2-3_amd64.deb 2695828
"""
OLD = """\
Building dependency tree...
The following packages were automatically installed and are no longer required:
   old (1)
   never (2)
Use 'apt autoremove' to remove them.
The following additional packages will be installed:
   b:i386 (1)
   up (2)
Suggested packages:
   s (1)
The following packages will be REMOVED:
   c (1)
   d* (1)
The following NEW packages will be installed:
   a (1:2-3)
   b:i386 (1)
The following packages will be upgraded:
   up (1 => 2)
The following packages will be DOWNGRADED:
   down (3 => 2)
WARNING: The following essential packages will be removed.
This should NOT be done unless you know exactly what you are doing!
   c
1 upgraded, 2 newly installed, 1 downgraded, 2 to remove and 0 not upgraded.
"""
PLAN = Answer(
    verdict="ok",
    changes=(
        Change("a", "amd64", "install", "1:2-3", "", automatic=False),
        Change("b", "i386", "install", "1", "", automatic=True),
        Change("c", "amd64", "remove", "", "1", automatic=False),
        Change("d", "amd64", "purge", "", "1", automatic=False),
        Change("down", "amd64", "downgrade", "2", "3", automatic=False),
        Change("up", "amd64", "upgrade", "2", "1", automatic=False),
    ),
    autoremovable=(("never", "amd64"), ("old", "amd64")),
)


@pytest.mark.parametrize("text", [NEW, OLD], ids=["apt 3", "apt 2"])
def test_plans_are_read(text):
    assert read_plan(text) == PLAN


def test_screens_show_no_marks_and_no_reinstallations():
    shown = visible(
        Answer(
            verdict="ok",
            changes=(
                Change("a", "amd64", "install", "1", "", automatic=True),
                Change("r", "amd64", "reinstall", "1", "1", automatic=False),
                Change("u", "amd64", "upgrade", "2", "1", automatic=True),
            ),
            marks=(("m", "amd64", True),),
        )
    )
    assert shown.marks == ()
    assert [(change.package, change.automatic) for change in shown.changes] == [
        ("a", True),
        ("u", False),
    ]


def test_a_screen_that_tells_no_marks_says_so(tmp_path):
    def ask(text):
        (tmp_path / "apt-get").write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n")
        (tmp_path / "apt-get").chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        with AptGet.of_machine(environment, native="amd64") as apt_get:
            apt_get.ask(Request("install", ("a",)))
            return apt_get.hides_marks

    assert (ask(NEW), ask(OLD)) == (False, False)
    assert ask("The following NEW packages will be installed:\n   a (1)\n   b (1)\n")
    shown = without_marks(PLAN)
    assert {change.automatic for change in shown.changes} == {False}
    assert len(shown.changes) == len(PLAN.changes)


def test_what_was_there_is_left_out_of_removals():
    previous = {change.package: change.previous for change in visible(PLAN).changes}
    assert previous == {"a": "", "b": "", "c": "", "d": "", "down": "3", "up": "1"}


SCRIPT = """\
#!/bin/sh
echo "asked: $*" >&2
case " $* " in
*" broken "*) exit 100 ;;
*" slow "*) sleep 60 ;;
esac
printf 'Installing:\\n   a (1)\\n'
"""


@pytest.fixture
def machine(tmp_path):
    """Return the environment of a machine whose apt-get is a script."""
    path = tmp_path / "apt-get"
    path.write_text(SCRIPT)
    path.chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}


def test_machine_is_asked_for_addresses_only(machine):
    with AptGet.of_machine(machine, native="amd64", options=["A::B=c"]) as apt_get:
        status, text = apt_get._put(Request("upgrade-new", ("a",), options=("X=1",)))
        assert status == 0
        assert "asked: upgrade --print-uris -y -o X=1 a --with-new-pkgs" in text
        assert f"-o Dir::State::extended_states={apt_get.folder}/extended_states" in text
        assert f"-o Dir::Cache::pkgcache={apt_get.folder}/pkgcache.bin" in text
        assert "-o A::B=c" in text
        assert "asked: install --print-uris -y a --reinstall" in "".join(
            apt_get.trace(Request("reinstall", ("a",)))
        ).replace(" -o Debug::APT::Solver=3", "")
        assert [change.package for change in apt_get.ask(Request("install")).changes] == ["a"]
    assert not os.path.exists(apt_get.folder)


def test_failure_and_silence_are_answers_of_their_own(machine):
    with AptGet.of_machine(machine, native="amd64") as apt_get:
        assert apt_get.ask(Request("install", ("broken",))).verdict == "failed"
        with pytest.raises(UsageError, match="as it is"):
            apt_get.ask(Request("upgrade", marks=("hold=a",)))
        apt_get.timeout_seconds = 0.2
        with pytest.raises(TimeoutError, match="apt-get took more than"):
            apt_get.ask(Request("install", ("slow",)))


def test_machine_without_apt_get_is_said(tmp_path):
    with pytest.raises(MissingError, match="no apt-get"):
        AptGet.of_machine({"PATH": str(tmp_path)}, native="amd64")
