"""Does ``--why`` say why a package changes, or why it stays back?"""

from __future__ import annotations

import json

import pytest

from foretell.apt.cases.reduced import cited_by_core
from foretell.cli.main import main
from tests.apt.world_lab import Lab, installed, package
from tests.render.test_apt_json import VALIDATOR

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


@pytest.fixture
def ask_json(tmp_path, capsys, monkeypatch):
    """Return a function: the JSON of a plan."""
    lab = Lab(tmp_path, PACKAGES, STATUS, solver="")
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)

    def ask(name, verb, *words):
        named = ["--why", name] if name else []
        assert main(["apt", verb, "--root", lab.root, "--json", *named, *words]) == 0
        document = json.loads(capsys.readouterr().out)
        VALIDATOR.validate(document)
        return document

    return ask


def test_what_changes(why):
    assert why("plain") == (
        "Why plain changes:\n  1. plain: the request upgrades all that is installed\n"
    )
    assert why("base", "full-upgrade").startswith("Why base changes:\n  1. ")


MORE = "  This alone does not lead to it; with this it does:\n"


def test_what_is_not_enough_says_so(why, monkeypatch):
    monkeypatch.setattr("foretell.apt.cases.enough.OfChange.is_enough", lambda *_: False)
    assert why("plain") == (
        "Why plain changes:\n  1. plain: the request upgrades all that is installed\n"
        "  This alone does not lead to it: more of the system took part.\n"
    )


@pytest.fixture
def blind(monkeypatch):
    """The reasons quote no relation."""
    monkeypatch.setattr("foretell.apt.cases.reduced._quotes", lambda _: ())


def test_what_else_took_part_is_told(why, blind):
    assert why("base", "install", "top").endswith(f"{MORE}    top Depends base (>= 2)\n")


def test_much_that_took_part_is_cut_short(why, blind, monkeypatch):
    monkeypatch.setattr("foretell.cli.apt_explain_one._ALSO_MAX", 1)
    told = why("old", "install", "top")
    assert told.endswith(f"{MORE}    base Conflicts old\n    and 1 more\n")


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
    monkeypatch.setattr("foretell.apt.cases.enough.OfFailure.is_enough", lambda *_: False)
    assert why("rival").endswith(
        "\n  This alone does not lead to it: more of the system took part.\n"
    )


def test_facts_beside_the_told_ones_are_named(why, monkeypatch):
    real = cited_by_core

    def without_relations(core, request, also=()):
        return real(core._replace(facts=core.facts[:1]), request, also)

    monkeypatch.setattr("foretell.apt.cases.enough.cited_by_core", without_relations)
    assert MORE in why("rival")
    assert "    rival Depends other-base\n" in why("rival")


# -- JSON ------------------------------------------------------------------------------------------


def test_json_has_the_reasons_by_number(ask_json):
    document = ask_json("base", "install", "top")
    found = document["why"]
    assert (found["package"], found["enough"], found["also"]) == ("base:amd64", True, [])
    about = [document["reasons"][number - 1]["fields"]["package"] for number in found["reasons"]]
    assert about == ["base:amd64"]
    assert found["text"].startswith("Why base changes:\n  1. top: the request names it\n")


def test_json_has_what_else_took_part(ask_json, blind):
    found = ask_json("base", "install", "top")["why"]
    assert found["enough"] is False
    assert found["also"] == [{"package": "top:amd64", "relation": "Depends", "text": "base (>= 2)"}]


def test_json_of_what_nobody_completes(ask_json, monkeypatch):
    monkeypatch.setattr("foretell.apt.cases.enough.OfChange.is_enough", lambda *_: False)
    found = ask_json("plain", "upgrade")["why"]
    assert (found["enough"], found["also"]) == (False, None)


def test_json_of_what_stays(ask_json):
    found = ask_json("same", "upgrade")["why"]
    assert found == {
        "package": "same:amd64",
        "text": "Why same stays: it is at its candidate already\n",
        "reasons": [],
        "enough": None,
        "also": [],
    }


def test_json_without_the_question_has_no_answer(ask_json):
    assert "why" not in ask_json("", "upgrade")


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
