"""Are a plan's surprises told after it, unasked, and can they be turned off?"""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest

from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.plan-1.schema.json"))
NAMES = "pqrs"
TOLD = "".join(f"  {name} is removed, though its priority is standard\n" for name in NAMES)


@pytest.fixture
def lab(tmp_path):
    status = "".join(installed(name, Priority="standard") for name in NAMES)
    lab = Lab(tmp_path, package("x", Conflicts=", ".join(NAMES)) + package("y"), status)
    lab.set_automatic(*NAMES)
    return lab


def test_three_are_told_on_standard_error(lab):
    done = lab.run("install", "x")
    first = "".join(TOLD.splitlines(keepends=True)[:3])
    more = "  and 1 more (--surprises 4 shows them)\n"
    assert done.stderr.decode() == f"Worth a look:\n{first}{more}"
    assert lab.run("install", "--surprises", "4", "x").stderr.decode() == f"Worth a look:\n{TOLD}"
    assert lab.run("install", "y").stderr == b""


@pytest.mark.parametrize("words", [("--surprises", "0"), ("-o", "Foretell::Surprises=0"), ("-qq",)])
def test_they_can_be_turned_off_and_change_nothing_of_the_screen(lab, words):
    told, silent = lab.run("install", "x"), lab.run("install", *words, "x")
    assert (silent.returncode, silent.stderr) == (0, b"")
    if words != ("-qq",):
        assert told.stdout == silent.stdout


def test_option_overrides_the_setting(lab):
    lab.write("etc/apt/apt.conf.d/50", 'Foretell::Surprises "1";\n')
    assert b"  and 3 more (" in lab.run("install", "x").stderr
    assert b"  and 2 more (" in lab.run("install", "--surprises", "2", "x").stderr


@pytest.mark.parametrize(
    "words", [("--surprises", "many"), ("--surprises", "-1"), ("-o", "Foretell::Surprises=x")]
)
def test_what_is_no_number_is_refused(lab, words):
    done = lab.run("install", *words, "x")
    assert done.returncode == 2
    assert b"error[" in done.stderr


def test_json_has_all_of_them_with_evidence(lab):
    document = json.loads(lab.run("install", "--json", "--surprises", "0", "x").stdout)
    jsonschema.validate(document, SCHEMA)
    assert [row["fields"]["package"] for row in document["surprises"]] == list(NAMES)
    (fact,) = document["surprises"][0]["evidence"]
    assert (fact["kind"], fact["text"]) == ("status-stanza", "Priority: standard")
    path, _, line = fact["place"].rpartition(":")
    with open(path, encoding="utf-8") as file:
        assert file.readlines()[int(line) - 1] == "Package: p\n"
    failed = json.loads(lab.run("install", "--json", "nosuch", "x-").stdout or "{}")
    assert "surprises" not in failed


def test_replay_tells_them_too(lab, tmp_path):
    path = str(tmp_path / "x.json")
    there = lab.run("install", "--capture", path, "x")
    again = subprocess.run(
        [sys.executable, "-m", "foretell", "apt", "replay", path],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": lab.cache},
        capture_output=True,
        timeout=60,
    )
    assert again.stderr == there.stderr != b""
