"""Does the program that ``--as-python`` prints give the answer of the command line?"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from foretell.cli.main import main
from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package

PACKAGES = (
    package("a", Depends="b", Recommends="r")
    + package("b", "2", Suggests="s")
    + package("o", Depends="n")
    + package("n")
    + package("r")
    + package("s")
    + package("x", Conflicts="k")
)
STATUS = (
    installed("b", "1")
    + installed("k")
    + installed("o", "0")
    + installed("gone", "1", Status="deinstall ok config-files")
)
COMMANDS = [
    ["install", "a"],
    ["install", "a", "--no-install-recommends"],
    ["install", "a", "--install-suggests", "-V", "-q", "-y"],
    ["install", "a", "-o", "APT::Install-Recommends=0", "-o", "APT::Install-Recommends-Sections=x"],
    ["install", "s", "-t", "forky"],
    ["install", "s", "--target-release=forky", "--solver-version", "3.0.4"],
    ["install", "s=1"],
    ["install", "s", "x", "k-"],
    ["install", "x", "k+"],
    ["install", "k", "--reinstall"],
    ["install", "s", "b", "--only-upgrade"],
    ["install", "it's", 'a"b', "\\n"],
    ["remove", "k"],
    ["remove", "k", "--purge"],
    ["purge", "gone"],
    ["reinstall", "k"],
    ["autoremove"],
    ["upgrade", "--no-new-pkgs"],
    ["upgrade", "--with-new-pkgs"],
    ["full-upgrade", "--no-strict-pinning", "--fix-policy"],
    ["install", "s", "a", "--solver", "internal"],
    ["satisfy", "a (>= 1) | s", "Conflicts: x"],
]


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path, PACKAGES, STATUS)
    lab.set_automatic("k")
    lab.write("etc/apt/sources.list.d/x.list", "deb http://a.example.org/debian forky main\n")
    lab.add_list(package("s", "2"), suite="forky", release="NotAutomatic: yes\n")
    return lab


def run(lab, argv):
    return subprocess.run(
        argv,
        env={**ENVIRONMENT, "XDG_CACHE_HOME": lab.cache},
        capture_output=True,
        text=True,
        cwd=lab.folder,
        timeout=60,
    )


def foretell(lab, *words):
    return run(lab, [sys.executable, "-m", "foretell", "apt", *words])


def rows(plan):
    """Return what the printed program says about a plan in JSON."""
    lines = [plan["verdict"]]
    for change in plan["changes"]:
        version = change["version"] or change["from"] or "-"
        mark = "automatic" if change["automatic"] else "manual"
        lines.append(f"{change['action']} {change['package']} {version} {mark}")
    return lines


def check(lab, *words):
    """Run a command and the program it prints; return what both say."""
    plan = foretell(lab, *words, "--json")
    printed = foretell(lab, *words, "--as-python")
    assert printed.returncode == 0
    program = run(lab, [sys.executable, "-c", printed.stdout])
    if plan.returncode == 2:
        assert program.returncode == 1
        code = plan.stderr.partition("]: ")[2].splitlines()[0]
        assert code in program.stderr
        return code
    assert program.stderr == ""
    assert program.stdout.splitlines() == rows(json.loads(plan.stdout))
    return program.stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_program_answers_as_the_command_line(lab, words):
    check(lab, words[0], "--root", lab.root, *words[1:])


def test_options_make_a_difference(lab):
    answers = {check(lab, words[0], "--root", lab.root, *words[1:]) for words in COMMANDS}
    assert len(answers) >= 12


def test_another_status_is_meant(lab):
    status = os.path.join(lab.folder, "status")
    with open(status, "w", encoding="utf-8") as file:
        file.write(installed("b", "2"))
    words = ["install", "--root", lab.root, "--status", status, "a"]
    assert check(lab, *words) == "ok\ninstall a 1 manual\ninstall r 1 automatic\n"


def test_the_embedded_world_is_meant(lab):
    words = ["install", "--world", "embedded", "-t", "trixie", "-o", "APT::Install-Recommends=0"]
    assert "install git " in check(lab, *words, "git")


def test_a_world_that_may_be_this_one_falls_back_to_the_embedded(lab):
    text = foretell(lab, "install", "git", "--as-python").stdout
    assert "except MissingError:\n    world = embedded_world(" in text
    compile(text, "printed", "exec")
    program = text.replace("'/'", repr(os.path.join(lab.folder, "none")))
    done = run(lab, [sys.executable, "-c", program])
    assert "install git " in done.stdout


@pytest.mark.parametrize("option", [["--world", "host"], ["--root", "/none"], ["--status", "/no"]])
def test_a_chosen_world_has_no_stand_in(lab, option):
    text = foretell(lab, "install", "git", *option, "--as-python").stdout
    assert "embedded" not in text
    compile(text, "printed", "exec")


def test_two_worlds_are_refused(lab):
    done = foretell(lab, "install", "a", "--world", "embedded", "--root", lab.root, "--as-python")
    assert done.returncode == 2
    assert done.stderr.startswith("error[two-worlds]")


def test_configuration_of_the_root_counts(lab):
    lab.write("etc/apt/apt.conf", 'APT::Get::Purge "yes"; APT::Install-Recommends "no";')
    assert "purge k" in check(lab, "remove", "--root", lab.root, "k")
    assert "install r" not in check(lab, "install", "--root", lab.root, "a")
    lab.write("etc/apt/apt.conf", 'APT::Get::AutomaticRemove "yes";')
    assert "remove k" in check(lab, "install", "--root", lab.root, "a")


def test_a_replay_is_a_program_as_well(lab):
    for words, verdict in ((["a"], "ok"), (["x", "k+"], "unsatisfiable")):
        done = foretell(lab, "install", "--root", lab.root, "--capture", "x.json", *words)
        assert done.returncode == (verdict != "ok")
        assert check(lab, "replay", "x.json").startswith(verdict)


@pytest.mark.parametrize("option", ["--graph", "--capture"])
def test_program_comes_without_what_only_an_answer_could_fill(option, lab):
    done = lab.run("install", "a", "--as-python", option, "out.svg")
    assert done.returncode == 2
    assert done.stdout == b""
    assert f"it takes no {option}" in done.stderr.decode()


def test_replay_as_a_program_draws_nothing(capsys):
    assert main(["apt", "replay", "any.json", "--as-python", "--graph", "out.svg"]) == 2
    assert "error[no-answer]" in capsys.readouterr().err
