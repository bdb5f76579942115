"""Does ``foretell apt check --all`` count every stratum, and say what is missing?"""

from __future__ import annotations

import json
from typing import ClassVar

import jsonschema
import pytest

from foretell.cli import apt_check_all
from foretell.cli.apt_session import Session
from foretell.cli.main import main
from foretell.errors import MissingError
from foretell.oracle.answer import Answer, Request
from foretell.oracle.strata import Stratum
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.check-all-1.schema.json"))
ROWS = (
    Stratum("single", "here", "single"),
    Stratum("sets", "here", "sets"),
    Stratum("other", "elsewhere", "sets"),
)


CONFLICT = """\
Unable to satisfy dependencies. Reached two conflicting decisions:
1. {0}:amd64 is selected for install
2. {0}:amd64 Depends c
"""


def failed(package, request):
    has_reason = request.words == ("p3",)
    return Answer(verdict="failed", error=CONFLICT.format(package) if has_reason else "")


class FakeSession(Session):
    """Agrees but for request number 1 of each stratum; number 2 takes too long.

    Number 3 fails for two reasons, number 4 for none that is told.
    """

    opened: ClassVar[list[str]] = []

    def __init__(self, oracle, version, stratum):
        if stratum.root == "elsewhere":
            raise MissingError("no-root", "there is no root 'elsewhere': the mirror has no sid")
        super().__init__(oracle, version, stratum, root="/nonexistent")
        FakeSession.opened.append(stratum.name)

    def draw(self, seed, count):
        for index in range(count):
            yield Request("install", (f"p{index}",), marks=("hold=x y",))

    def ours(self, request):
        if request.words in {("p3",), ("p4",)}:
            return failed("a", request)
        return Answer(verdict="ok")

    def theirs(self, request):
        if request.words == ("p2",):
            raise TimeoutError
        if request.words in {("p3",), ("p4",)}:
            return failed("b", request)
        return Answer(verdict="failed" if request.words == ("p1",) else "ok")


@pytest.fixture
def strata(monkeypatch):
    monkeypatch.setattr(apt_check_all, "STRATA", ROWS)
    monkeypatch.setattr(apt_check_all, "Session", FakeSession)
    monkeypatch.setattr(apt_check_all, "open_oracle", lambda: None)
    monkeypatch.setattr(apt_check_all, "find_stratum", {row.name: row for row in ROWS}.get)
    monkeypatch.setattr(apt_check_all, "choose_version", lambda oracle, wanted: wanted or "3.0.3")
    monkeypatch.setattr(FakeSession, "opened", [])
    return FakeSession


TABLE = """\
apt 3.0.3, seed 7, 5 requests of each stratum

stratum  root       compared  agreed      %  failed  same pair %  timeouts
single   here              4       3  75.00       2         0.00         1
sets     here              4       3  75.00       2         0.00         1
other    elsewhere         0       0      -       0            -         0
all                        8       6  75.00       4         0.00         2

differs (success): install p1 --mark hold=x y
  only ours: ok
  only theirs: failed
  where they part: foretell apt check --solver-version 3.0.3 --stratum single --mark 'hold=x y' \
--trace -- install p1

fails for another reason (pair): install p3 --mark hold=x y
  ours: a:amd64 is selected for install
  ours: a:amd64 has no choice
  theirs: b:amd64 is selected for install
  theirs: b:amd64 has no choice
timed out, not compared: single: install p2 --mark hold=x y

differs (success): install p1 --mark hold=x y
  only ours: ok
  only theirs: failed
  where they part: foretell apt check --solver-version 3.0.3 --stratum sets --mark 'hold=x y' \
--trace -- install p1

fails for another reason (pair): install p3 --mark hold=x y
  ours: a:amd64 is selected for install
  ours: a:amd64 has no choice
  theirs: b:amd64 is selected for install
  theirs: b:amd64 has no choice
timed out, not compared: sets: install p2 --mark hold=x y
not compared: other: there is no root 'elsewhere': the mirror has no sid

failures: 2, same pair 0 (0.00 %), same text 0; 2 without a conflict
6 agreed / 8 compared
"""


def test_table_comes_first_then_every_difference(capsys, strata):
    assert main(["apt", "check", "--all", "--requests", "5", "--seed", "7"]) == 1
    done = capsys.readouterr()
    assert (done.out, done.err) == (TABLE, "")
    assert strata.opened == ["single", "sets"]


def test_several_versions_have_a_table_each(capsys, strata):
    argv = ["apt", "check", "--all", "--requests", "5", "--seed", "7", "--jobs", "2"]
    assert main([*argv, "--solver-version", "3.0.3", "--solver-version", "3.3.5"]) == 1
    done = capsys.readouterr()
    assert (done.out, done.err) == (TABLE + TABLE.replace("3.0.3", "3.3.5"), "")


@pytest.mark.parametrize("words", [["--all", "--json"], ["--stratum", "single"], ["install", "a"]])
def test_versions_that_cannot_be_told_apart_are_refused(capsys, strata, words):
    versions = ["--solver-version", "3.0.3", "--solver-version", "3.3.5"]
    assert main(["apt", "check", *versions, *words]) == 2
    assert "error[one-version]" in capsys.readouterr().err


def test_json_keeps_to_its_schema(capsys, strata):
    assert main(["apt", "check", "--all", "--requests", "5", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert (document["agreed"], document["compared"]) == (6, 8)
    assert [row["compared"] for row in document["strata"]] == [4, 4, 0]
    failures = document["strata"][0]["failures"]
    assert (failures["compared"], failures["same-pair"], failures["without-conflict"]) == (1, 0, 1)
    assert failures["other"][0]["words"] == ["p3"]
    assert "sid" in document["strata"][2]["missing"]


def test_known_deviations_are_no_failure(capsys, strata, tmp_path):
    rows = tmp_path / "known.toml"
    rows.write_text(
        '[[deviation]]\nid = "x"\noracle = "apt 3.0.3"\n'
        'input = "here: install p1 --mark hold=x y"\n'
        'ours = "no"\ntheirs = "yes"\nwhy = "lies"\nsince = "1"\n'
    )
    argv = ["apt", "check", "--all", "--requests", "3", "--known-deviations", str(rows)]
    assert main(argv) == 0
    assert "  known: x: lies\n" in capsys.readouterr().out


def test_defaults_are_ten_thousand_requests():
    from foretell.oracle.strata import STRATA

    assert apt_check_all.REQUESTS * len(STRATA) >= 10_000
