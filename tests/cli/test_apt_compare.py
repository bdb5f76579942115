"""Does compare say what two versions of the solver do differently, and by which rule?"""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.apt.world_lab import Lab, installed, package
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.compare-1.schema.json"))
VERSIONS = ("--solver-version", "3.0.3", "--solver-version", "3.3.5")
PACKAGES = package("x", Depends="y (>= 2)") + package("y") + package("k", Conflicts="m")


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path, PACKAGES + package("m"), installed("m"))


def test_alike_is_said_and_accepted(lab):
    done = lab.run("compare", *VERSIONS, "y")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"apt 3.0.3 and apt 3.3.5 both make the same 1 changes.\n"
    both_fail = lab.run("compare", *VERSIONS, "x")
    assert (both_fail.returncode, both_fail.stdout) == (
        0,
        b"apt 3.0.3 and apt 3.3.5 both cannot satisfy it.\n",
    )


def test_difference_is_told_with_its_rule(lab):
    done = lab.run("compare", *VERSIONS, "install", "k")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "apt 3.0.3 cannot satisfy the request" in text
    assert "apt 3.3.5 has a plan" in text
    assert "  m:amd64  -          remove\n" in text
    (rule,) = text.partition("turning the first plan into that of 3.3.5):\n")[2].splitlines()
    assert rule.startswith("  removes_manual, since apt 3.1.10: ")


def test_json_follows_its_schema(lab):
    for words in (["y"], ["k"], ["x"]):
        document = json.loads(lab.run("compare", "--json", *VERSIONS, *words).stdout)
        jsonschema.validate(document, SCHEMA)
    document = json.loads(lab.run("compare", "--json", *VERSIONS, "k").stdout)
    assert document["rules"] == ["removes_manual"]
    assert [row["package"] for row in document["differences"]] == ["k", "m"]


def test_order_of_the_versions_counts(lab):
    turned = (VERSIONS[0], "3.3.5", VERSIONS[0], "3.0.3")
    document = json.loads(lab.run("compare", "--json", *turned, "k").stdout)
    assert [side["verdict"] for side in document["sides"]] == ["ok", "unsatisfiable"]
    assert document["rules"] == ["removes_manual"]


def test_unknown_is_no_agreement(lab):
    done = lab.run("compare", *VERSIONS, "./x.deb")
    assert done.returncode == 1
    assert done.stdout.startswith(b"apt 3.0.3: unknown: ")


@pytest.mark.parametrize(
    ("versions", "code"),
    [(["3.0.3"], "two-versions"), (["3.0.3", "9"], "unknown-solver-version")],
)
def test_wrong_versions_are_refused(lab, versions, code):
    words = [word for version in versions for word in ("--solver-version", version)]
    done = lab.run("compare", *words, "y")
    assert done.returncode == 2
    assert f"error[{code}]" in done.stderr.decode()


SOLVERS = ("--solver", "internal", "--solver", "3.0")
PROVIDERS = package("x", Depends="v") + package("a", Provides="v") + package("b", Provides="v")


def test_two_solvers_are_told_apart_by_a_rule(tmp_path):
    lab = Lab(tmp_path, PROVIDERS, installed("m"))
    done = lab.run("compare", *SOLVERS, "x")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "  a:amd64  -                      install 1 (automatic)\n" in text
    told = text.partition("Where they part:\n")[2].splitlines()
    assert told[0].startswith("  created-last: of equal providers the classic solver takes")
    assert told[2:] == [
        "    x:amd64 Depends v",
        "    solver internal: b:amd64=1",
        "    solver 3.0: a:amd64=1",
        "    decides a:amd64, b:amd64",
    ]
    document = json.loads(lab.run("compare", "--json", *SOLVERS, "x").stdout)
    jsonschema.validate(document, SCHEMA)
    assert document["rules"] == ["created-last"]
    assert [side["decided-by"] for side in document["sides"]] == ["internal", "3.0"]
    assert document["not-attributed"] == []
    same = lab.run("compare", *SOLVERS, "a")
    assert same.stdout == b"solver internal and solver 3.0 both make the same 1 changes.\n"


def test_what_else_took_part_in_a_parting_is_told_in_full(tmp_path):
    lab = Lab(tmp_path, PROVIDERS + package("top", Depends="x") + package("o"))
    told = lab.run("compare", *SOLVERS, "--full", "top", "o").stdout.decode()
    assert told.endswith(
        "    decides a:amd64, b:amd64\n"
        "    This alone does not lead to it; with this it does:\n"
        "      top Depends x\n"
    )
    (decision,) = json.loads(lab.run("compare", "--json", *SOLVERS, "--full", "top").stdout)[
        "decisions"
    ]
    fact = {"package": "top:amd64", "relation": "Depends", "text": "x"}
    assert (decision["enough"], decision["also"]) == (False, [fact])
    found = json.loads(lab.run("compare", "--json", *SOLVERS, "--full", "x").stdout)
    jsonschema.validate(found, SCHEMA)
    assert [(it["enough"], it["also"]) for it in found["decisions"]] == [(True, [])]
    found = json.loads(lab.run("compare", "--json", *SOLVERS, "top").stdout)
    assert [(it["enough"], it["also"]) for it in found["decisions"]] == [(None, None)]


def test_one_solver_alone_is_refused(lab):
    done = lab.run("compare", "--solver", "internal", "y")
    assert done.returncode == 2
    assert "error[two-solvers]" in done.stderr.decode()
