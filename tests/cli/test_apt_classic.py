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
    assert capsys.readouterr().err == held
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
    assert text == "Error: Unable to correct problems, you have held broken packages.\n"


def test_what_solver3_finds_is_context(lab, capsys):
    assert error(lab, capsys, "install", "broken") == (
        "Error: Unable to correct problems, you have held broken packages.\n"
        "Error: The following information from --solver 3.0 may provide additional context:\n"
        "   Unable to satisfy dependencies. Reached two conflicting decisions:\n"
        "   1. broken:amd64=1 is selected for install\n"
        "   2. broken:amd64 Depends missing\n"
        "      but none of the choices are installable:\n"
        "      [no choices]\n"
    )


def test_capture_holds_what_the_classic_solver_chose_from(lab, capsys, tmp_path):
    path = str(tmp_path / "y.json")
    words = ["install", "--root", lab.root, "--solver", "internal", "--json", "--capture", path]
    assert main(["apt", *words, "x"]) == 0
    said = capsys.readouterr().out
    assert main(["apt", "replay", "--json", path]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == json.loads(said)["changes"]
    with open(path, encoding="ascii") as file:
        case = json.load(file)
    assert case["settings"]["APT::Solver"] == "internal"
    assert case["solver-why"] == "the command line says so"
    assert [it["Package"] for it in case["lists"][0]["stanzas"]] == ["x", "a", "b"]
