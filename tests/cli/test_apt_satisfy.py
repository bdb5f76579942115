"""Do ``foretell apt satisfy`` and ``build-dep`` read their options and say their answers?"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from foretell.cli.main import main
from tests.apt.source_lab import LAB, LAB_STATUS, lay_out


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    root = str(tmp_path / "lab")
    lay_out(root, LAB, LAB_STATUS)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("DEB_BUILD_PROFILES", raising=False)

    def call(verb, *words):
        status = main(["apt", verb, "--root", root, "--solver", "3.0", *words])
        output = capsys.readouterr()
        return status, output.out, output.err

    return call


def test_why_of_a_build_dependency_is_enough(run):
    _, out, _ = run("build-dep", "foo-bin", "--why", "b")
    assert out.partition("Why b changes:\n")[2] == (
        "  1. builddeps:foo: the request names it\n  2. b: builddeps:foo Depends b [1]\n"
    )


def test_screen_is_apts_without_a_stand_in(run):
    status, out, err = run("build-dep", "foo-bin")
    assert (status, err) == (0, "")
    assert out.startswith(
        "Picking 'foo' as source package instead of 'foo-bin'\n"
        "Solving dependencies...\n"
        "Installing:\n"
        "  b  build-essential\n"
        "\n"
        "Summary:\n"
        "  Upgrading: 0, Installing: 2, Removing: 0, Not Upgrading: 0\n"
    )
    assert "builddeps" not in out


def test_json_holds_no_stand_in(run):
    status, out, _ = run("satisfy", "--json", "rec", "Conflicts: b")
    found = json.loads(out)
    assert status == 0
    names = {(change["package"], change["automatic"]) for change in found["changes"]}
    assert names == {("a", True), ("rec", False)}


def names(out):
    return {change["package"] for change in json.loads(out)["changes"]}


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (["--arch-only"], {"d"}),
        (["--indep-only"], {"e"}),
        (["-P", "nodoc"], {"c"}),
        (["--build-profiles", "x,nodoc"], {"c"}),
        (["-a", "amd64"], set()),
    ],
)
def test_options_choose_what_is_built(run, options, missing):
    _, out, _ = run("build-dep", "--json", *options, "all-fields")
    assert names(out) == {"a", "b", "c", "d", "e", "build-essential"} - missing


def test_only_source(run):
    assert "d" in names(run("build-dep", "--json", "--only-source", "foo-bin")[1])


def test_profiles_of_the_environment(run, monkeypatch):
    monkeypatch.setenv("DEB_BUILD_PROFILES", "nocheck nodoc")
    assert names(run("satisfy", "--json", "a <!nodoc>, b <nocheck>")[1]) == {"b"}
    assert names(run("satisfy", "--json", "-P", "x", "a <!nodoc>, b <nocheck>")[1]) == {"a"}


def test_failure_is_told_in_apts_words(run):
    status, out, err = run("satisfy", "nosuch (>= 2)")
    assert status == 1
    assert " satisfy:command-line : Depends: nosuch (>= 2) but it is not installable\n" in out
    assert err == (
        "Error: Unable to satisfy dependencies. Reached two conflicting decisions:\n"
        "   1. satisfy:command-line:amd64=1 is selected for install\n"
        "   2. satisfy:command-line:amd64 Depends nosuch (>= 2)\n"
        "      but none of the choices are installable:\n"
        "      [no choices]\n"
        "\n"
        "`apt satisfy 'nosuch (>= 2)'` cannot be done: "
        "you ask for nosuch (>= 2), but no source has nosuch.\n"
    )


@pytest.mark.parametrize(
    ("verb", "words", "status", "code"),
    [
        ("satisfy", ["a ("], 2, "bad-relation"),
        ("satisfy", ["a (< 1)"], 2, "obsolete-operator"),
        ("satisfy", [], 2, "nothing-asked"),
        ("satisfy", ["--arch-only", "a"], 2, ""),
        ("build-dep", ["nosuch"], 2, "unknown-source"),
        ("build-dep", ["broken"], 2, "bad-relation"),
        ("build-dep", ["-a", "i386", "foo"], 1, "another architecture"),
    ],
)
def test_refusals(run, verb, words, status, code):
    found, out, err = run(verb, *words)
    assert (found, out) == (status, "")
    assert code in err


def test_as_python_does_the_same(run, tmp_path):
    _, program, _ = run("build-dep", "--as-python", "--arch-only", "-P", "nodoc", "all-fields")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    verdict, *changes = done.stdout.splitlines()
    assert verdict == "ok"
    assert [line.split()[1] for line in changes] == ["a", "b", "build-essential", "e"]
