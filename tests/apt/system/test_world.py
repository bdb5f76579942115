"""Is a system read as it lies there, and is what is broken in it named with its place?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.system.world import load_world, native_architecture, parse_status
from foretell.errors import InputError, MissingError
from tests.apt.world_lab import Lab, installed, package


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path, package("a", "2"))


def names(state, numbers):
    return sorted(state.universe.name(number).decode() for number in numbers)


STATES = {
    "installed": True,
    "triggers-awaited": True,
    "triggers-pending": True,
    "unpacked": True,
    "half-configured": True,
    "half-installed": True,
    "config-files": False,
    "not-installed": False,
}


@pytest.mark.parametrize("state", STATES)
def test_state_says_whether_a_package_is_here(state):
    (entry,) = parse_status(installed("a", Status=f"install ok {state}").encode(), "status")
    assert entry.is_here == STATES[state]
    assert entry.is_residual == (state == "config-files")


def test_half_installed_package_without_a_version_is_not_here():
    text = installed("a", Version="", Status="install ok half-installed")
    (entry,) = parse_status(text.encode(), "status")
    assert not entry.is_here


def test_selection_says_whether_a_package_is_held():
    text = installed("a", Status="hold ok installed") + installed("b")
    assert [entry.is_held for entry in parse_status(text.encode(), "status")] == [True, False]


def test_empty_status_has_nothing_installed(lab):
    assert lab.world().installed == []
    assert lab.plan("install", "a") == {"a": "install"}


@pytest.mark.parametrize(
    ("fault", "line", "code"),
    [
        ("Package: z\n", 11, "bad-status"),
        ("Package: z\nStatus: install ok\n", 11, "bad-status"),
        ("Status: install ok installed\n", 11, "stanza-incomplete"),
        ("Package: z\nStatus: install ok installed\n", 11, "stanza-incomplete"),
        ("Package: z\nStatus: install ok installed\nVersion: 1\n", 11, "stanza-incomplete"),
        ("Package: z y\nStatus: deinstall ok config-files\n", 11, "bad-word"),
        ("Package: z\nnonsense\n", 12, "bad-field"),
        ("Package: z\x1b[2J\nStatus: install ok installed\n", 11, "bad-word"),
        (installed("z", Installed_Size="x"), 11, "bad-number"),
        (installed("z", Installed_Size="1_0"), 11, "bad-number"),
        (installed("z", Version="1 2"), 11, "bad-word"),
        (installed("z", Architecture="amd 64"), 11, "bad-word"),
    ],
)
def test_fault_in_the_status_is_placed(fault, line, code):
    text = installed("a") + "\n" + fault + "\n" + installed("b")
    assert "" in text.split("\n")[line - 3 : line - 1]
    with pytest.raises(InputError) as caught:
        parse_status(text.encode(), "status")
    assert (caught.value.path, caught.value.line, caught.value.code) == ("status", line, code)


def test_long_status_is_refused(monkeypatch):
    monkeypatch.setattr("foretell.apt.system.world.STATUS_BYTES_MAX", 10)
    with pytest.raises(InputError, match="more than 10 bytes"):
        parse_status(b"Package: abc\n", "status")


def test_stanza_of_what_is_not_here_needs_no_version():
    text = "Package: a\nStatus: unknown ok not-installed\n"
    assert len(parse_status(text.encode(), "status")) == 1


def test_state_has_what_the_files_say(lab):
    lab.set_status(
        installed("auto") + installed("held", Status="hold ok installed") + installed("plain")
        + installed("a", Status="deinstall ok config-files")
    )  # fmt: skip
    lab.set_automatic("auto", "not-here")
    state = lab.world().state()
    assert names(state, state.installed) == ["auto", "held", "plain"]
    assert names(state, state.automatic) == names(state, state.was_automatic) == ["auto"]
    assert names(state, state.held) == ["held"]
    assert names(state, state.residual) == ["a"]


def test_two_states_of_a_world_are_apart(lab):
    world = lab.world()
    first, second = world.state(), world.state()
    first.mode[0] = 1
    first.universe.add_package(b"new", b"amd64")
    assert second.mode == {}
    assert second.universe.find(b"new") == -1


OPTIONS = {
    "APT::Install-Recommends=0": ("install_recommends", False),
    "APT::Install-Suggests=1": ("install_suggests", True),
    "APT::AutoRemove::RecommendsImportant=0": ("keep_recommends", False),
    "APT::AutoRemove::SuggestsImportant=0": ("keep_suggests", False),
    "APT::Solver::Strict-Pinning=0": ("strict_pinning", False),
    "APT::Get::Fix-Policy-Broken=1": ("fix_policy", True),
    "APT::Solver::RemoveManual=1": ("allow_remove_manual", True),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_option_changes_the_state(lab, option):
    name, value = OPTIONS[option]
    assert getattr(lab.world().state(), name) is not value
    assert getattr(lab.world(option).state(), name) is value


def test_options_of_files_count(lab):
    lab.write("etc/apt/apt.conf.d/10x", 'APT::Install-Recommends "0";\n')
    assert lab.world().state().install_recommends is False


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}"])
def test_broken_pattern_of_the_configuration_is_an_input_error(lab, pattern):
    state = lab.world(f"APT::NeverAutoRemove::={pattern}").state()
    with pytest.raises(InputError, match="NeverAutoRemove"):
        state.find_never_autoremove()


def test_another_status_file_has_no_automatic_marks(lab):
    lab.set_automatic("auto")
    other = lab.write("other", installed("auto"))
    world = load_world(lab.root, status=other, environment={}, cache=lab.cache)
    state = world.state()
    assert names(state, state.installed) == ["auto"]
    assert state.automatic == set()
    assert world.status_path == other


def test_configuration_may_name_the_status(lab):
    other = lab.write("else/status", installed("other"))
    world = lab.world("Dir::State::status=/else/status")
    assert world.status_path == other
    assert names(world.state(), world.state().installed) == ["other"]


def test_missing_status_is_named(tmp_path):
    with pytest.raises(MissingError, match="no dpkg status") as caught:
        load_world(str(tmp_path), environment={}, cache=str(tmp_path / "cache"))
    assert caught.value.path == str(tmp_path / "var/lib/dpkg/status")
    assert caught.value.hint


def test_missing_lists_are_named(tmp_path):
    lab = Lab(tmp_path)
    lab.write("etc/apt/sources.list", "")
    with pytest.raises(MissingError, match="no package list"):
        lab.world()


@pytest.mark.parametrize(
    ("file", "status", "expected"),
    [
        ("arm64\namd64\n", "", ("arm64", ["amd64"])),
        ("arm64\n", "", ("arm64", [])),
        ("", installed("dpkg", Architecture="riscv64"), ("riscv64", [])),
        ("", installed("dpkg", Architecture="arm64", Status="purge ok config-files"), None),
        ("", installed("a", Architecture="arm64"), None),
        ("", "", None),
    ],
)
def test_architectures_come_from_dpkg(lab, file, status, expected):
    lab.write("var/lib/dpkg/arch", file)
    found = native_architecture(lab.root, parse_status(status.encode(), "status"))
    assert found == (expected or ("amd64", []))


@pytest.mark.parametrize("name", ["../../x", "amd64\x1b[2J", "a/b", "-x", "\u00e9", "amd64,i386"])
def test_odd_architecture_is_refused(lab, name):
    path = lab.write("var/lib/dpkg/arch", f"amd64\n{name}\n")
    with pytest.raises(InputError, match="is no architecture") as caught:
        lab.world()
    assert caught.value.path == path


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["var/lib/dpkg/arch", "var/lib/apt/extended_states"])
def test_pipe_is_not_waited_for(lab, name):
    os.mkfifo(lab.path(name))
    with pytest.raises(InputError, match="file is a pipe") as caught:
        lab.world()
    assert caught.value.path == lab.path(name)


def test_sources_give_lists_in_their_order(lab):
    lab.write(
        "etc/apt/sources.list",
        "deb http://a.example.org/debian trixie main extra none\n"
        "deb http://a.example.org/debian old main\n"
        "deb http://a.example.org/debian trixie main\n",
    )
    lab.add_list("", component="extra")
    lab.add_list("", suite="old")
    world = lab.world()
    assert world.lists == [
        lab.list_path(),
        lab.list_path(component="extra"),
        lab.list_path("old"),
    ]
    assert [(f.archive, f.component) for f in world.files] == [
        ("trixie", "main"),
        ("trixie", "extra"),
        ("old", "main"),
    ]


def test_members_of_a_task_come_from_every_list(lab):
    lab.write("etc/apt/sources.list", "deb http://a.example.org/debian trixie main extra\n")
    lab.add_list(package("a", Task="x, y") + package("b", Task="xy"))
    lab.add_list(package("c", "7", Task="y"), component="extra")
    assert lab.world().task_members(b"y") == {(b"a", b"1"), (b"c", b"7")}
    assert lab.world().task_members(b"") == set()
