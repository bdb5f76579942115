"""Does compare say what two systems, suites, captures or plans differ in, and why?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import jsonschema
import pytest

from foretell.apt.cases import attribution
from foretell.cli.main import main
from tests.apt.world_lab import ENVIRONMENT, Lab, automatic, installed, package
from tests.oracle.real_apt import oracle_or_none
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.difference-1.schema.json"))
FIRST = package("a", "1", Depends="v") + package("p", "1", Provides="v") + package("q", "2")
SECOND = package("a", "1", Depends="v") + package("q", "3", Provides="v")
MIRROR = {"added": "removed", "removed": "added", "upgraded": "downgraded"}
MIRROR |= {"downgraded": "upgraded", "changed": "changed"}


@pytest.fixture
def pair(tmp_path):
    first = Lab(tmp_path / "1", FIRST, installed("k", "1") + installed("o"))
    second = Lab(tmp_path / "2", SECOND, installed("k", "2") + installed("n"))
    return first, second


def run(*words, cache, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "foretell", "apt", "compare", *words],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": cache, "HOME": cache},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        cwd=cwd,
    )


def ask(pair, *words):
    return run(pair[0].root, pair[1].root, *words, cache=pair[0].cache)


def document(pair, *words):
    found = json.loads(ask(pair, "--json", *words).stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_installed_sets_are_compared_without_a_request(pair):
    done = ask(pair)
    first, second = (lab.root for lab in pair)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode() == (
        f"What is installed: {first} -> {second}\n"
        "\n"
        "  U  k  1 -> 2\n"
        "  +  n  1\n"
        "  -  o  1\n"
        "\n"
        "Summary: 1 added, 1 removed, 1 upgraded, 0 downgraded\n"
        "Installed size: 20.5 kB -> 20.5 kB (+0 B)\n"
    )


def test_lists_are_compared_with_available(pair):
    text = ask(pair, "--available").stdout.decode()
    assert "\n  -  p  1\n  U  q  2 -> 3\n" in text
    assert "\nDownload size: 3000 B -> 2000 B (-1000 B)\n" in text


def test_plans_are_compared_with_a_request_and_the_cause_is_named(pair):
    done = ask(pair, "a")
    assert done.returncode == 1
    assert done.stdout.decode().partition("\n\n")[2] == (
        "  -  p  install 1 (automatic)\n"
        "  +  q  install 3 (automatic)\n"
        "\n"
        "Summary: 1 added, 1 removed, 0 upgraded, 0 downgraded\n"
        "Space needed: 20.5 kB -> 20.5 kB (+0 B)\n"
        "Download size: 2000 B -> 2000 B (+0 B)\n"
        "\n"
        "Why:\n"
        "  which versions are offered:\n"
        "    p: 1 (500) -> none, for p*, q*\n"
        "    q: 2 (500) -> 3 (500), for p*, q*\n"
        "  * takes all the causes that name it\n"
    )
    assert ask(pair, "install", "a").stdout == done.stdout


def test_what_is_installed_is_told_once_with_the_number_of_what_it_needs(tmp_path):
    packages = package("x", Depends="y") + package("y", Depends="z") + package("z")
    here = installed("y", Depends="z") + installed("z")
    pair = Lab(tmp_path / "1", packages), Lab(tmp_path / "2", packages, here)
    assert (
        ask(pair, "x")
        .stdout.decode()
        .endswith(
            "Why:\n"
            "  what is installed before:\n"
            "    z: none -> 1\n"
            "    y: none -> 1 (with 1 that it needs or that need it)\n"
        )
    )


def test_what_goes_is_not_counted_with_what_comes(tmp_path):
    packages = package("t") + package("m", Provides="v") + package("k", Depends="t | v")
    first = installed("t") + installed("m", Provides="v")
    second = installed("t") + installed("k", Depends="t | v")
    pair = Lab(tmp_path / "1", packages, first), Lab(tmp_path / "2", packages, second)
    for lab in pair:
        lab.write("var/lib/apt/extended_states", automatic("k") + automatic("m"))
    told = ask(pair, "remove", "t").stdout.decode().partition("Why:\n")[2]
    assert "    k: none -> 1, for m*\n" in told
    assert "    m: 1 -> none, for m*\n" in told


def test_packages_of_other_architectures_are_told_so(tmp_path):
    packages = package("x", Depends="y") + package(
        "y", Architecture="i386", **{"Multi-Arch": "foreign"}
    )
    pair = Lab(tmp_path / "1", packages), Lab(tmp_path / "2", packages)
    for lab in pair:
        lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    pair[1].write(
        "var/lib/dpkg/status", installed("y", Architecture="i386", **{"Multi-Arch": "foreign"})
    )
    told = ask(pair, "x").stdout.decode()
    assert told.endswith("  what is installed before:\n    y:i386: none -> 1\n")


def test_causes_that_were_not_checked_are_counted(pair, monkeypatch, capsys):
    monkeypatch.setattr(attribution, "WORK_MAX", 0)
    words = ["apt", "compare", *(lab.root for lab in pair), "a"]
    assert main(words) == 1
    assert capsys.readouterr().out.endswith(
        "    p: 1 (500) -> none, for p, q\n"
        "  Checked by planning again: 0 of 2 packages (--full checks more)\n"
    )
    assert main([*words, "--full"]) == 1
    assert "Checked" not in capsys.readouterr().out
    main([*words, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [it["package"] for it in found["not_checked"]] == ["p", "q"]


def test_a_request_that_one_side_refuses_is_told(pair):
    text = ask(pair, "p").stdout.decode()
    first, second = (lab.root for lab in pair)
    assert text == (
        f"{second}: refused: Unable to locate package p\n{first}: has a plan of 1 changes\n"
    )
    found = document(pair, "p")
    assert [side["verdict"] for side in found["sides"]] == ["ok", "refused"]
    assert found["rows"] == []


def test_same_sides_differ_in_nothing(pair):
    root, cache = pair[0].root, pair[0].cache
    for words in ([], ["--available"], ["a"], ["remove", "k"]):
        done = run(root, root, *words, cache=cache)
        assert done.returncode == 0
        assert b" is the same in " in done.stdout
        found = json.loads(run(root, root, "--json", *words, cache=cache).stdout)
        assert (found["rows"], found["causes"]) == ([], [])
        assert found["sizes"][0] == found["sizes"][1]


def is_mirrored(one, other):
    """Say whether the rows and sizes of two documents are each other's mirror."""
    turned = [
        {**row, "kind": MIRROR[row["kind"]], "sides": row["sides"][::-1]} for row in one["rows"]
    ]
    return (turned, one["sizes"][::-1]) == (other["rows"], other["sizes"])


def test_turned_sides_are_the_mirror(pair):
    for words in ([], ["--available"], ["a"], ["full-upgrade"]):
        there, back = document(pair, *words), document(pair[::-1], *words)
        assert is_mirrored(there, back)
        kinds = [{cause["kind"] for cause in it["causes"]} for it in (there, back)]
        assert kinds[0] == kinds[1]  # how many facts it takes depends on the direction


# -- suites, captures, plans ---------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path, FIRST, installed("k", "1"))
    lab.write(
        "etc/apt/sources.list",
        "".join(f"deb http://a.example.org/debian {suite} main\n" for suite in ("trixie", "next")),
    )
    lab.add_list(package("q", "4") + package("k", "2"), suite="next")
    return lab


def test_suites_of_one_system_are_compared(lab):
    text = lab.run("compare", "trixie", "next").stdout.decode()
    assert text.startswith("What is offered: suite trixie -> suite next\n\n  -  a  1\n  +  k  2\n")
    text = lab.run("compare", "trixie", "suite:next", "full-upgrade").stdout.decode()
    assert text.startswith("The plan: suite trixie -> suite next\n") is False
    assert b"the same" in lab.run("compare", "next", "next", "q").stdout
    done = lab.run("compare", "suite:sid", "suite:next")
    assert (done.returncode, b"error[unknown-release]" in done.stderr) == (2, True)


def test_captures_and_plans_are_compared(lab, tmp_path):
    names = [str(tmp_path / name) for name in ("q.json", "a.json", "plan.json")]
    for name, word in zip(names, ("q", "a", ""), strict=False):
        if word:
            assert lab.run("install", "--capture", name, word).returncode == 0
    plan = lab.run("install", "--json", "q").stdout
    (tmp_path / "plan.json").write_bytes(plan)
    done = run(names[0], names[1], cache=lab.cache)
    assert "\n  +  a  install 1\n  +  p  install 1 (automatic)\n" in done.stdout.decode()
    same = run(names[0], names[2], cache=lab.cache)
    assert (same.returncode, b"The plan is the same in" in same.stdout) == (0, True)
    assert lab.run("compare", names[2], "root:" + lab.root, "q").returncode == 0
    refused = run(names[0], names[1], "install", "q", cache=lab.cache)
    assert (refused.returncode, b"error[two-requests]" in refused.stderr) == (2, True)
    refused = run(names[0], lab.root, cache=lab.cache)
    assert (refused.returncode, b"error[no-request]" in refused.stderr) == (2, True)


def test_named_worlds_are_sides(pair, tmp_path):
    home = tmp_path / "home"
    for lab, name in zip(pair, ("one", "two"), strict=True):
        shutil.copytree(lab.root, home / ".local/share/foretell/worlds" / name)
    done = run("one", "two", cache=str(home))
    assert done.stdout.startswith(b"What is installed: one -> two\n")
    # A request that could be mistaken for sides begins with its verb.
    done = run("--world", "one", "install", "one", "two", cache=str(home))
    assert b"Unable to locate package one" in done.stderr


def test_solvers_and_versions_are_sides_too(lab):
    twice = ("--solver", "internal", "--solver", "3.0", "a")
    assert lab.run("compare", "internal", "3.0", "a").stdout == lab.run("compare", *twice).stdout
    twice = ("--solver-version", "3.0.3", "--solver-version", "3.3.5", "a")
    assert lab.run("compare", "3.0.3", "3.3.5", "a").stdout == lab.run("compare", *twice).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["internal", "3.3.5", "a"], "two-kinds"),
        (["trixie", "3.3.5", "a"], "two-kinds"),
        (["suite:trixie", "a"], "one-side"),
        (["internal", "3.0"], "no-request"),
        (["internal", "3.0", "--solver", "3.0", "a"], "two-kinds"),
        (["trixie", "next", "--solver", "3.0", "--solver", "internal"], "two-kinds"),
        (["file:nosuch.json", "file:nosuch.json"], "no-file"),
        (["root:nosuch", "root:nosuch"], "no-status"),
        (["world:nosuch", "world:nosuch"], "no-such-world"),
    ],
)
def test_sides_that_do_not_fit_are_refused(lab, words, code):
    done = lab.run("compare", *words)
    assert f"error[{code}]" in done.stderr.decode()
    assert done.returncode in {2, 3}


# -- real roots ----------------------------------------------------------------------------------

PAIRS = [("trixie-minimal", "server"), ("server", "desktop"), ("bookworm", "trixie-minimal"),
         ("aged", "bookworm")]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.timeout(600)
@pytest.mark.parametrize("names", PAIRS, ids="-".join)
@pytest.mark.parametrize("words", [[], ["--available"], ["install", "git"], ["full-upgrade"]])
def test_real_roots_are_their_mirror(names, words, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    roots = [os.path.join(oracle.folder, name) for name in names]
    for name, root in zip(names, roots, strict=True):
        if not os.path.exists(root):
            require(f"root-{name}", f"the root {name} is not built: make oracle")
    cache = os.path.expanduser("~/.cache")
    there, back, same = (
        json.loads(run(*pair, "--json", *words, cache=cache).stdout)
        for pair in (roots, roots[::-1], roots[:1] * 2)
    )
    for found in (there, back, same):
        jsonschema.validate(found, SCHEMA)
    assert is_mirrored(there, back)
    assert (same["rows"], same["causes"], same["not_attributed"]) == ([], [], [])
    assert [c["kind"] for c in there["causes"]] != [] or not there["rows"] or words != [
        "install", "git"
    ]  # fmt: skip
