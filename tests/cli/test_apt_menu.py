"""Does a menu list what a world has, and does a mark change the world and nothing else?"""

from __future__ import annotations

import pytest

from foretell.cli.apt_menu import make_menu
from foretell.cli.apt_sides import marked_world
from foretell.errors import UsageError
from tests.apt.world_lab import Lab, package


@pytest.fixture
def world(tmp_path):
    stanzas = package("a", "2", Task="web-server, mail") + package("b", "1")
    lab = Lab(tmp_path, stanzas)
    here = {"Status": "install ok installed"}
    lab.write(
        "var/lib/dpkg/status", package("a", "1", Depends="c", **here) + package("c", "1", **here)
    )
    lab.write(
        "var/lib/apt/extended_states", "Package: c\nArchitecture: amd64\nAuto-Installed: 1\n\n"
    )
    return lab.world()


def test_menu_is_what_the_world_has(world):
    menu = make_menu(world)
    assert menu.packages == ["a", "b", "c"]
    assert menu.installed == ["a", "c"]
    assert menu.automatic == ["c"]
    assert menu.versions == [("a", "1"), ("a", "2"), ("b", "1"), ("c", "1")]
    assert menu.tasks == ["mail", "web-server"]
    assert [name for name, _ in menu.suites] == ["a", "b"]
    assert menu.leaves == ["a"]
    assert menu.sources == []


def test_marks_change_a_copy(world):
    other = marked_world(world, ("auto=a", "manual=c", "hold=a"))
    assert other.automatic == {("a", "amd64")}
    assert [entry.is_held for entry in other.installed] == [True, False]
    assert world.automatic == {("c", "amd64")}
    assert not any(entry.is_held for entry in world.installed)
    again = marked_world(other, ("unhold=a",))
    assert not any(entry.is_held for entry in again.installed)
    assert marked_world(world, ()) is world


def test_marks_of_foreign_packages_name_their_architecture(tmp_path):
    lab = Lab(tmp_path, package("a", "1"))
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    here = {"Status": "install ok installed"}
    text = package("a", "1", **here) + package("a", "1", Architecture="i386", **here)
    lab.write("var/lib/dpkg/status", text)
    world = lab.world()
    assert make_menu(world).installed == ["a", "a:i386"]
    other = marked_world(world, ("auto=a:i386", "hold=a:i386"))
    assert other.automatic == {("a", "i386")}
    assert [entry.is_held for entry in other.installed] == [False, True]
    other = marked_world(other, ("auto=a", "hold=a", "manual=a:i386"))
    assert other.automatic == {("a", "amd64")}
    assert [entry.is_held for entry in other.installed] == [True, True]


@pytest.mark.parametrize("mark", ["hold=b", "hold=a:i386", "forget=a", "a", ""])
def test_mark_that_means_nothing_is_refused(world, mark):
    with pytest.raises(UsageError, match="no mark of an installed package"):
        marked_world(world, (mark,))
