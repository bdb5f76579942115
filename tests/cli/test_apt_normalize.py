"""Does a normalized upgrade forget what is automatic, and is what it does otherwise told?"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import jsonschema
import pytest

from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.normalize-1.schema.json"))
PLAN = json.loads(read("docs/reference/schemas/foretell.apt.plan-1.schema.json"))
LIST = (
    package("m", "2", Depends="b | a", Recommends="new")
    + package("a")
    + package("b")
    + package("c")
    + package("new")
    + package("core", Priority="required", Depends="libcore")
    + package("libcore")
    + package("extra")
)
STATUS = installed("m", Depends="b | a") + "".join(map(installed, ("a", "b", "c", "gone", "old")))


@pytest.fixture
def lab(tmp_path):
    """Return a system: m and gone by hand, a and b either of which will do, c and old unneeded."""
    lab = Lab(tmp_path, LIST, STATUS)
    lab.set_automatic("a", "b", "c", "old")
    return lab


def ask(lab, *options):
    done = lab.run("full-upgrade", "--normalize", *options)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def comparison(lab):
    status, text = ask(lab, "--json")
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    jsonschema.validate(document["plan"], PLAN)
    assert status == 0
    return document


def test_what_both_upgrades_leave_is_compared(lab):
    document = comparison(lab)
    assert {it["package"]: it["action"] for it in document["plan"]["changes"]} == {
        "a": "remove", "c": "remove", "m": "upgrade", "new": "install", "old": "remove",
    }  # fmt: skip
    assert document["plan"]["solver"]["name"] == "3.1"
    found = document["comparison"]
    assert found["only-plain"] == ["a", "c", "old"]
    assert found["autoremovable-of-only-plain"] == 2
    assert found["only-normalized"] == found["other-version"] == []
    assert found["swaps"] == [
        {"before": "a", "after": "b", "owner": "m", "relation": "Depends", "text": "b | a"}
    ]
    assert found["flags"] == "--solver 3.1 --auto-remove"


def test_distance_counts_packages_on_one_side_only(lab):
    fresh = comparison(lab)["comparison"]["fresh"]
    assert (fresh["packages"], fresh["manual"], fresh["base"]) == (5, 1, 1)  # m b new core libcore
    assert fresh["missing"] == ["gone"]
    assert fresh["distances"] == {
        "now": {"only-here": 4, "only-there": 3},  # a c gone old; new core libcore
        "plain": {"only-here": 4, "only-there": 2},
        "normalized": {"only-here": 1, "only-there": 2},
    }


def test_text_shows_the_plan_and_then_the_comparison(lab):
    status, text = ask(lab)
    assert status == 0
    _, _, told = text.partition("Kept by a plain full-upgrade only:\n")
    assert told == (
        "  a  c  old\n"
        "\n"
        "Relations that another package fulfils:\n"
        "  a -> b (m Depends b | a)\n"
        "\n"
        "Kept by the plain upgrade only: 3 (2 of them for apt autoremove); by the normalized one "
        "only: 0\n"
        "A fresh installation: 5 packages, from 1 installed by hand and 1 essential, required or "
        "important\n"
        "  not offered any more: gone\n"
        "  packages                 only here  only there\n"
        "  now                              4           3\n"
        "  after the plain upgrade          4           2\n"
        "  normalized                       1           2\n"
        "apt makes this plan with: --solver 3.1 --auto-remove\n"
    )
    assert "REMOVING:\n  a  c  old" in text


def test_nothing_to_forget_is_said(lab):
    lab.set_automatic()
    assert "Both upgrades leave the same packages.\n" in ask(lab)[1]


def test_without_the_option_it_is_a_plain_upgrade(lab):
    done = lab.run("full-upgrade")
    assert b"REMOVING" not in done.stdout
    assert b"fresh" not in done.stdout


def test_name_that_was_chosen_stays(lab):
    assert "--solver 3.7 --auto-remove\n" in ask(lab, "--solver", "3.7")[1]


def test_fresh_installation_that_cannot_be_is_not_measured(lab):
    lab.add_list(LIST + package("anti", Priority="important", Conflicts="core"))
    assert comparison(lab)["comparison"]["fresh"] is None
    assert "Distance from a fresh installation: unknown" in ask(lab)[1]


def test_upgrade_that_apt_refuses_is_refused(lab):
    lab.add_list(LIST + package("k", Conflicts="m"))
    status, text = ask(lab, "--json", "k")
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    assert status == 1
    assert document["verdicts"] == {"plain": "unsatisfiable", "normalized": "unsatisfiable"}
    assert document["comparison"] is None
    done = lab.run("full-upgrade", "--normalize", "k")
    assert done.returncode == 1
    assert done.stdout.endswith(b" k : Conflicts: m but 1 is to be installed\n")
    assert done.stderr.startswith(b"Error: Unable to satisfy dependencies.")


def test_solver_that_is_not_modelled_is_unknown(lab):
    done = lab.run("full-upgrade", "--normalize", "--solver", "dump")
    assert done.returncode == 1
    assert b"external solvers (dump)" in done.stderr


def test_classic_solver_has_no_normalized_upgrade(lab):
    done = lab.run("full-upgrade", "--normalize", "--solver", "internal")
    assert done.returncode == 2
    assert b"error[classic-normalize]" in done.stderr


def test_capture_is_the_normalized_question(lab):
    ask(lab, "--capture", "x.json")
    done = subprocess.run(
        [sys.executable, "-m", "foretell", "apt", "replay", "--json", "x.json"],
        env=ENVIRONMENT,
        cwd=lab.folder,
        capture_output=True,
        check=True,
    )
    plan = comparison(lab)["plan"]
    assert json.loads(done.stdout)["changes"] == plan["changes"]


def test_as_python_prints_what_gives_the_same_changes(lab):
    status, program = ask(lab, "--as-python")
    assert status == 0
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": os.path.join(lab.folder, "cache")},
        capture_output=True,
        check=True,
    )
    verdict, *rows = done.stdout.decode().splitlines()
    assert verdict == "ok"
    assert [row.split()[:2] for row in rows] == [
        ["remove", "a"], ["remove", "c"], ["upgrade", "m"], ["install", "new"], ["remove", "old"],
    ]  # fmt: skip


def test_both_upgrades_are_solver3s_where_apt_asks_the_classic_solver(lab, tmp_path):
    theirs = comparison(lab)
    (tmp_path / "root/etc/apt/apt.conf.d/00solver").unlink()
    ours = comparison(lab)
    assert ours["comparison"] == theirs["comparison"]
    assert ours["plan"]["solver"]["name"] == "3.1"
    assert ours["plan"]["changes"] == theirs["plan"]["changes"]
