"""Is the embedded world what its facts say, and does it answer as the root it was made from?"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.cases.capture import describe
from foretell.apt.cases.case import ARCHIVE_FIELDS, STATUS_FIELDS
from foretell.apt.cases.embedded import FOLDER, NAME, embedded_world
from foretell.apt.requests.request import Request
from foretell.apt.syntax.compression import open_chunks
from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.apt.system.world import load_world
from foretell.errors import InputError, UsageError
from tests.apt.apt_root import oracle_folder
from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package
from tests.tidy.tree import ROOT

BYTES_MAX = 3_000_000
REQUEST_COUNT = 25  # of each solver
TOOL = os.path.join(ROOT, "tools/make-embedded")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("cache"))


def data(kind):
    return b"".join(open_chunks(os.path.join(FOLDER, NAME + kind)))


@pytest.mark.parametrize(
    ("kind", "name", "fields"),
    [(".packages.zst", "packages", ARCHIVE_FIELDS), (".status", "status", STATUS_FIELDS)],
)
def test_data_are_what_the_facts_say(kind, name, fields):
    with open(os.path.join(FOLDER, NAME + ".json"), "rb") as file:
        facts = json.load(file)[name]
    text = data(kind)
    rows = [found for _, found in read_paragraphs(text, kind)]
    assert facts == {
        "stanzas": len(rows),
        "bytes": len(text),
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    allowed = {field.lower().encode() for field in fields}
    assert {field for row in rows for field in row} <= allowed


def test_data_are_small():
    sizes = [os.path.getsize(os.path.join(FOLDER, name)) for name in os.listdir(FOLDER)]
    assert sum(sizes) < BYTES_MAX


def test_title_says_what_and_when(cache):
    title = embedded_world([], cache=cache).title
    assert re.fullmatch(
        r"the embedded Debian 13\.\d+ \(trixie main amd64, 20\d\d-\d\d-\d\d\)", title
    )


@pytest.mark.parametrize(("word", "changes"), [("git", 20), ("gnome", 1000)])
def test_large_and_small_questions_are_answered(cache, word, changes):
    answer = predict(embedded_world([], cache=cache), Request("install", [word]))
    assert answer.verdict == "ok"
    assert len(answer.changes) > changes


def test_options_count(cache):
    def count(*options):
        world = embedded_world(options, cache=cache)
        return len(predict(world, Request("install", ["git"])).changes)

    assert count("APT::Install-Recommends=0") < count() < count("APT::Install-Suggests=1")


def test_kernels_are_never_garbage(cache):
    world = embedded_world([], cache=cache)
    patterns = [pattern.pattern for pattern in world.state().find_never_autoremove()]
    assert r"^linux-image-[a-z0-9]*$" in patterns


def test_target_release_counts(cache):
    world = embedded_world([], cache=cache, target_release="trixie")
    assert predict(world, Request("install", ["git"])).verdict == "ok"
    world = embedded_world([], cache=cache, target_release="sarge")
    with pytest.raises(UsageError, match="sarge"):
        predict(world, Request("install", ["git"]))


def test_damaged_facts_are_an_error(tmp_path, cache):
    for text in ("", "[]", "{}", '{"schema": "foretell.apt.world/2"}'):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(InputError, match="damaged"):
            embedded_world([], cache=cache, folder=str(tmp_path), name="x")


def make(root, folder):
    return subprocess.run(
        [sys.executable, TOOL, root, str(folder)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def lab(tmp_path):
    packages = package("a", Depends="b | c", Task="x") + package("b", Enhances="a") + package("c")
    lab = Lab(tmp_path, packages, installed("c", Depends="d,\n e"))
    lab.set_automatic("c")
    release = "Version: 1.2\nDate: Sat, 21 Nov 2026 09:15:44 UTC\n"
    lab.add_list(packages, release=release)
    lab.write("etc/apt/apt.conf.d/x", 'APT::NeverAutoRemove { "^c$"; }; Acquire::Retries "3";')
    return lab


def test_tool_makes_a_world_that_answers_alike(lab, tmp_path, cache):
    outputs = []
    for name in ("one", "two"):
        done = make(lab.root, tmp_path / name)
        assert (done.returncode, done.stderr) == (0, "")
        files = sorted(os.listdir(tmp_path / name))
        outputs.append([(file, (tmp_path / name / file).read_bytes()) for file in files])
    assert outputs[0] == outputs[1]
    world = embedded_world([], cache=cache, folder=str(tmp_path / "one"))
    assert world.title == "the embedded Example 1.2 (trixie main amd64, 2026-11-21)"
    for request in (Request("install", ["a"]), Request("autoremove", []), Request("remove", ["c"])):
        ours, theirs = describe(predict(world, request)), describe(predict(lab.world(), request))
        assert {**ours, "reasons": None} == {**theirs, "reasons": None}


def test_tool_leaves_out_what_decides_nothing(lab, tmp_path):
    assert make(lab.root, tmp_path / "one").returncode == 0
    text = b"".join(open_chunks(str(tmp_path / "one/trixie-amd64.packages.zst")))
    assert b"Maintainer" not in text
    assert b"Depends: b | c\n" in text
    assert b"Acquire" not in (tmp_path / "one/trixie-amd64.json").read_bytes()
    assert b"Depends: d, e\n" in (tmp_path / "one/trixie-amd64.status").read_bytes()


def test_tool_wants_one_list(lab, tmp_path):
    lab.write("etc/apt/sources.list.d/x.list", "deb http://a.example.org/debian forky main\n")
    lab.add_list(package("a"), suite="forky")
    done = make(lab.root, tmp_path / "one")
    assert done.returncode == 2
    assert "one package list" in done.stderr
    assert not (tmp_path / "one").exists()


@pytest.mark.oracle
@pytest.mark.parametrize("options", [[], ["APT::Solver=3.0"]], ids=["classic", "solver3"])
def test_embedded_world_answers_as_its_root(options, cache, require):
    root = oracle_folder()
    if not os.path.isdir(root):
        require("oracle", f"no root at {root}")
    theirs = load_world(root, options=options, environment={}, cache=cache)
    ours = embedded_world(options, cache=cache)
    path = theirs.lists[0]
    if ours.archive.n_versions != theirs.archive.n_versions:
        require("oracle", f"{path} is not the list that the embedded world was made from")
    universe = theirs.state().universe
    names = sorted(
        universe.name(package).decode()
        for package in range(universe.package_count())
        if universe.versions(package)
    )
    draw = random.Random(2)
    requests = [["git"], ["gnome"]]
    requests += [draw.sample(names, draw.randint(1, 5)) for _ in range(REQUEST_COUNT)]
    for words in requests:
        answers = [describe(predict(world, Request("install", words))) for world in (ours, theirs)]
        assert {**answers[0], "reasons": None} == {**answers[1], "reasons": None}, words
