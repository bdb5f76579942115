"""Does ``--why`` say why a package changes, or why it stays back?"""

from __future__ import annotations

import pytest

from foretell.cli.main import main
from tests.apt.world_lab import Lab, installed, package

PACKAGES = (
    package("top", "2", Depends="base (>= 2)")
    + package("base", "2", Conflicts="old")
    + package("rival", "2", Depends="other-base")
    + package("other-base", "1", Breaks="locked (<< 2)")
    + package("locked", "1")
    + package("same", "1")
    + package("plain", "2")
    + package("absent", "1")
)
STATUS = (
    installed("apt", "3.0.4")
    + installed("top", "1")
    + installed("base", "1")
    + installed("old", "1")
    + installed("rival", "1")
    + installed("locked", "1", Status="hold ok installed")
    + installed("same", "1")
    + installed("plain", "1")
)


@pytest.fixture
def why(tmp_path, capsys, monkeypatch):
    """Return a function: what is told after the plan about a package."""
    lab = Lab(tmp_path, PACKAGES, STATUS, solver="")
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)

    def ask(name, verb="upgrade", *words):
        assert main(["apt", verb, "--root", lab.root, "--why", name, *words]) == 0
        out = capsys.readouterr().out
        return out[out.index("Why ") :]

    return ask


def test_what_changes(why):
    assert why("plain") == (
        "Why plain changes:\n  1. plain: the request upgrades all that is installed\n"
    )
    assert why("base", "full-upgrade").startswith("Why base changes:\n  1. ")


def test_what_is_not_enough_says_so(why, monkeypatch):
    monkeypatch.setattr("foretell.apt.cases.enough.is_enough", lambda *_: False)
    assert why("plain") == (
        "Why plain changes:\n  1. plain: the request upgrades all that is installed\n"
        "  This alone does not lead to it: more of the system took part.\n"
    )


def test_what_would_cost_a_removal(why):
    assert why("top") == (
        "Why top stays: nobody asks for it by name; apt upgrade top would also remove old,"
        " upgrade base\n"
    )


def test_what_is_impossible(why):
    told = why("rival")
    assert told.startswith("Why rival stays: its upgrade is impossible here\n`apt upgrade rival`")
    assert "  other-base Breaks locked (<< 2)\n" in told
    assert "locked 1 is on hold" in told


def test_facts_that_are_not_enough_say_so(why, monkeypatch):
    monkeypatch.setattr("foretell.apt.cases.enough.is_core_enough", lambda *_: False)
    assert why("rival").endswith(
        "\n  This alone does not lead to it: more of the system took part.\n"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("same", "it is at its candidate already"),
        ("absent", "it is not installed, and nothing asks for it"),
        ("same:amd64", "it is at its candidate already"),
    ],
)
def test_what_has_nothing_to_do(why, name, reason):
    label = name.removesuffix(":amd64")
    assert why(name) == f"Why {label} stays: {reason}\n"


def test_another_request(why):
    assert why("plain", "install", "absent") == (
        "Why plain stays: the request does not ask for its upgrade\n"
    )


def test_unknown_name(tmp_path, capsys):
    lab = Lab(tmp_path, PACKAGES, STATUS, solver="")
    assert main(["apt", "upgrade", "--root", lab.root, "--why", "nosuch"]) == 2
    assert "no package is named nosuch" in capsys.readouterr().err
