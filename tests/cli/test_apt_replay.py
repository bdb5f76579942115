"""Does a replay show what the captured command showed, on a machine without that root?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package

PACKAGES = (
    package("a", Depends="b", Recommends="r", Suggests="s")
    + package("b", "2")
    + package("r")
    + package("s")
    + package("x", Conflicts="k")
    + package("k", "2")
)
STATUS = installed("b", "1") + installed("k") + installed("z", Status="hold ok installed")


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path, PACKAGES, STATUS)


def replay(lab, *words):
    return subprocess.run(
        [sys.executable, "-m", "foretell", "apt", "replay", *words],
        env=ENVIRONMENT,
        capture_output=True,
        cwd=lab.folder,
        timeout=60,
    )


def without_fixes(text):
    """Return JSON without the changes that help, which a replay does not look for."""
    if not text.startswith(b"{"):
        return text
    plan = json.loads(text)
    if "fixes" in plan:
        plan["fixes"] = []
    return json.dumps(plan, indent=2, ensure_ascii=False).encode() + b"\n"


def without_free_space(text):
    return [line.partition(b" / ")[0] for line in text.splitlines()]


@pytest.mark.parametrize(
    "words",
    [
        ["install", "a"],
        ["install", "a", "b-"],
        ["install", "x", "k+"],
        ["remove", "k"],
        ["upgrade"],
        ["full-upgrade"],
        ["install", "b", "k"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("options", [[], ["-V"], ["--json"]], ids=str)
def test_a_replay_shows_the_same(lab, words, options):
    first = lab.run(*words, *options, "--capture", "x.json")
    shutil.rmtree(lab.root)
    again = replay(lab, "x.json", *options)
    assert again.returncode == first.returncode
    assert without_free_space(again.stdout) == without_free_space(without_fixes(first.stdout))
    assert again.stderr == first.stderr.partition(b"This would allow it")[0]
    assert first.stdout or first.stderr


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", b"error[bad-json]"),
        (b"{}", b"error[bad-case]"),
        (b'{"schema": "foretell.apt.case/2"}', b"schema is not"),
    ],
)
def test_a_broken_file_is_an_error(lab, data, told):
    with open(os.path.join(lab.folder, "x.json"), "wb") as file:
        file.write(data)
    done = replay(lab, "x.json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr
    assert b"x.json" in done.stderr


def test_a_missing_file_is_named(lab):
    done = replay(lab, "none.json")
    assert done.returncode == 3
    assert b"none.json" in done.stderr


def test_help_says_what_it_takes(lab):
    done = replay(lab, "--help")
    assert done.returncode == 0
    assert b"--capture" in done.stdout
