"""Is the classic solver asked where the command line or the system's own apt says so?"""

from __future__ import annotations

import json

import pytest

from foretell.cli.main import main
from tests.apt.world_lab import Lab, installed, package

PACKAGES = (
    package("x", Depends="v")
    + package("a", Provides="v")
    + package("b", Provides="v")
    + package("broken", Depends="missing")
)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, PACKAGES, installed("k"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    return lab


def changed(lab, capsys, *words):
    assert main(["apt", "install", "--root", lab.root, "--json", *words]) == 0
    document = json.loads(capsys.readouterr().out)
    return [change["package"] for change in document["changes"]]


def test_each_solver_takes_its_own_provider(lab, capsys):
    assert changed(lab, capsys, "x", "--solver", "internal") == ["b", "x"]
    assert changed(lab, capsys, "x", "--solver", "3.0") == ["a", "x"]
    assert changed(lab, capsys, "x") == ["a", "x"]


def test_own_apt_chooses_where_nobody_names_a_solver(tmp_path, capsys):
    lab = Lab(tmp_path, PACKAGES, solver="")
    for apt, provider in (("2.6.1", "b"), ("3.0.4", "b"), ("3.3.5", "a")):
        lab.set_status(installed("apt", apt))
        assert changed(lab, capsys, "x") == [provider, "x"]
    assert changed(lab, capsys, "x", "--solver-version", "3.0.4") == ["b", "x"]


def test_apt_that_has_no_other_solver_does_not_fall_back(tmp_path, capsys):
    lab = Lab(tmp_path, PACKAGES, installed("apt", "2.6.1"), solver="")
    words = ["apt", "install", "--root", lab.root, "broken"]
    assert main(words) == 1
    held = "Error: Unable to correct problems, you have held broken packages.\n"
    assert capsys.readouterr().err.startswith(f"{held}\nbroken cannot be installed")
    lab.set_status(installed("apt", "3.0.4"))
    assert main(words) == 1
    assert "Reached two conflicting decisions" in capsys.readouterr().err
    assert main([*words, "--json"]) == 1
    solver = json.loads(capsys.readouterr().out)["solver"]
    assert (solver["name"], solver["decided_by"]) == ("internal", "3.0")


def test_an_answer_from_the_kept_roll_is_the_same(lab, capsys):
    first = changed(lab, capsys, "x", "--solver", "internal")
    assert changed(lab, capsys, "x", "--solver", "internal") == first


def error(lab, capsys, *words):
    assert main(["apt", words[0], "--root", lab.root, "--solver", "internal", *words[1:]]) == 1
    return capsys.readouterr().err


def test_failure_without_a_search_is_told(lab, capsys):
    text = error(lab, capsys, "upgrade", "broken")
    assert text == (
        "Error: Unable to correct problems, you have held broken packages.\n"
        "\n"
        "`apt upgrade broken` cannot be done: broken Depends missing, but no source has missing.\n"
    )


def test_what_solver3_finds_is_context(lab, capsys):
    assert error(lab, capsys, "install", "broken") == (
        "Error: Unable to correct problems, you have held broken packages.\n"
        "Error: The following information from --solver 3.0 may provide additional context:\n"
        "   Unable to satisfy dependencies. Reached two conflicting decisions:\n"
        "   1. broken:amd64=1 is selected for install\n"
        "   2. broken:amd64 Depends missing\n"
        "      but none of the choices are installable:\n"
        "      [no choices]\n"
        "\n"
        "broken cannot be installed: broken Depends missing, but no source has missing.\n"
    )


def test_reasons_are_told_in_sentences(lab, capsys):
    words = ["install", "--root", lab.root, "--explain", "x"]
    assert main(["apt", *words, "--solver", "internal"]) == 0
    told = capsys.readouterr().out.partition("\nWhy:")[2]
    assert told.splitlines()[1:] == [
        "  1. x: the request names it",
        (
            "  2. b: x Depends v; of 2 solutions it comes before a: "
            "apt's cache has created it later (ID 3, the other 2); "
            "solver 3 takes the first by name [1]"
        ),
    ]
    assert main(["apt", *words]) == 0
    told = capsys.readouterr().out.partition("\nWhy:")[2]
    assert told.splitlines()[1:] == ["  1. x: the request names it", "  2. a: x Depends v [1]"]


def test_capture_replays(lab, capsys, tmp_path):
    path = str(tmp_path / "y.json")
    words = ["install", "--root", lab.root, "--solver", "internal", "x"]
    assert main(["apt", *words, "--capture", path]) == 0
    told = capsys.readouterr().out
    assert "  b\n" in told
    assert main(["apt", "replay", path]) == 0
    assert capsys.readouterr().out.splitlines()[:-2] == told.splitlines()[:-2]
