"""Does ``--explain`` say which solver decided, and why that one?"""

from __future__ import annotations

import pytest

from foretell.cli import apt_explain
from foretell.cli.main import main
from tests.apt.world_lab import Lab, installed, package

PACKAGES = package("x", Depends="y (>= 1)") + package("y") + package("broken", Depends="missing")


@pytest.fixture
def explain(tmp_path, capsys, monkeypatch):
    """Return a function: the exit status of ``--explain`` and what is told after the plan."""
    lab = Lab(tmp_path, PACKAGES, installed("apt", "3.0.4"), solver="")
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)

    def ask(verb, *words):
        code = main(["apt", verb, "--root", lab.root, "--explain", *words])
        lines = capsys.readouterr().out.splitlines()
        return code, lines[next(n for n, line in enumerate(lines) if line.startswith("Solver: ")) :]

    return ask


def test_solver_is_told_with_its_reason(explain):
    head = "Solver: the classic solver (internal) of apt 3.0.4: the default of apt 3.0.4"
    assert explain("install", "y")[1][0] == head
    code, lines = explain("satisfy", "y")
    assert (code, lines[:2]) == (0, [head, "Why:"])
    assert explain("install", "broken") == (
        1,
        [head, "It fails; then apt asks solver 3.0, whose answer this is"],
    )


def test_solver_of_the_command_line_is_told(explain):
    head = "Solver: solver 3.0 of apt 3.0.4: the command line says so"
    why = ["Why:", "  1. x: the request names it", "  2. y: x Depends y (>= 1) [1]"]
    assert explain("install", "--solver", "3.0", "x") == (0, [head, *why])


def test_changes_to_which_reasons_alone_do_not_lead_are_named(explain, monkeypatch):
    monkeypatch.setattr("foretell.apt.cases.reduced._quotes", lambda _: ())  # no relation is told
    told = "Reasons alone do not lead to y: --why says what else took part."
    assert explain("install", "--solver", "3.0", "x")[1][-1] == told
    monkeypatch.setattr(apt_explain, "_NAMED_MAX", 0)
    assert " and 1 more: " in explain("install", "--solver", "3.0", "x")[1][-1]


def test_of_many_changes_the_first_are_asked(explain, monkeypatch):
    monkeypatch.setattr("foretell.apt.cases.reduced._quotes", lambda _: ())
    monkeypatch.setattr(apt_explain, "ASKED_MAX", 1)
    told = "Whether they are enough was asked of 1 of 2 changes."
    assert explain("install", "--solver", "3.0", "x")[1][-2:] == [
        "  2. y: x Depends y (>= 1) [1]",
        told,
    ]


def test_json_has_it_all_without(tmp_path, capsys):
    lab = Lab(tmp_path, PACKAGES)
    words = ["apt", "install", "--root", lab.root, "--json", "x"]
    assert main(words) == 0
    plain = capsys.readouterr().out
    assert main([*words, "--explain"]) == 0
    assert capsys.readouterr().out == plain
