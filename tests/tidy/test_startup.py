"""Does foretell start without paying for what it does not use?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from bench import startup
from tests.apt.world_lab import Lab, package

# What costs more than a few million instructions, or belongs to a domain.
HEAVY = {
    "argparse",
    "ast",
    "asyncio",
    "collections",
    "contextlib",
    "ctypes",
    "dataclasses",
    "difflib",
    "enum",
    "foretell.apt",
    "foretell.cli.apt",
    "foretell.cli.failure",
    "foretell.model",
    "foretell.oracle",
    "foretell.render",
    "functools",
    "gettext",
    "hashlib",
    "importlib.metadata",
    "importlib.resources",
    "inspect",
    "json",
    "locale",
    "logging",
    "lz4",
    "pathlib",
    "pycurl",
    "pysequoia",
    "re",
    "rich",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "textwrap",
    "tomllib",
    "traceback",
    "typing",
    "urllib",
    "zstandard",
}
# What only decisions, patterns, terminals or slow ways of reading need.
NOT_FOR_LOOKING_UP = {
    "bisect",
    "foretell.apt.packages.binaries",
    "foretell.apt.selection",
    "foretell.apt.system.kernels",
    "foretell.apt.system.options",
    "foretell.apt.system.phasing",
    "foretell.apt.system.profiles",
    "foretell.apt.unmodelled",
    "foretell.cli.apt_pager",
    "operator",
    "struct",
}
PROBE = """
import sys
before = set(sys.modules)
from foretell.cli.main import main
status = main(sys.argv[1:])
sys.stderr.write(" ".join(sorted(set(sys.modules) - before)))
raise SystemExit(status)
"""


def loaded(*argv: str) -> set[str]:
    """Return the modules that a command loads beyond those of the bare interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *argv],
        capture_output=True,
        text=True,
        env=startup.environment(),
        timeout=60,
    )
    assert done.returncode == 0
    return set(done.stderr.split())


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["apt", "--help"]])
def test_help_loads_the_table_only(argv):
    names = loaded(*argv)
    assert names & HEAVY == set()
    assert {name for name in names if name.startswith("foretell")} == {
        "foretell",
        "foretell.cli",
        "foretell.cli.main",
    }


def test_completion_loads_what_reads_names_only(tmp_path):
    words = ["__complete", "packages", "git-m", "apt", "install", "--world", "embedded"]
    environment = startup.environment() | {"XDG_CACHE_HOME": str(tmp_path)}
    names: set[str] = set()
    for _ in range(2):  # the first time the names are made
        done = subprocess.run(
            [sys.executable, "-c", PROBE, *words],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )
        assert "git-man" in done.stdout.split()
        names = set(done.stderr.split())
    assert names & HEAVY == {"foretell.apt"}
    assert {name for name in names if name.startswith("foretell.")} == {
        "foretell.apt",
        "foretell.apt.packages",
        "foretell.apt.packages.folders",
        "foretell.apt.system",
        "foretell.apt.system.names_file",
        "foretell.cli",
        "foretell.cli.complete",
        "foretell.cli.main",
    }


@pytest.mark.parametrize("words", [["policy", "git"], ["policy"], ["policy", "vim", "-o", "A=b"]])
def test_policy_loads_what_answers_it_only(tmp_path, words):
    lab = Lab(tmp_path, package("git") + package("vim", Depends="git"))
    environment = startup.environment() | {"XDG_CACHE_HOME": lab.cache}
    names: set[str] = set()
    for _ in range(2):  # the first time the index is made
        done = subprocess.run(
            [sys.executable, "-c", PROBE, "apt", *words, "--root", lab.root],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )
        assert done.returncode == 0
        names = set(done.stderr.split())
    assert names & HEAVY == {"foretell.apt", "foretell.render"}
    assert not any(name.startswith("foretell.apt.solver3") for name in names)
    for name in ("foretell.apt.packages.index", "foretell.apt.system.state"):
        assert (name in names) == (words != ["policy"]), name  # the lists are shown without
    assert names & NOT_FOR_LOOKING_UP == set()


def test_rdepends_loads_no_typing(tmp_path):
    lab = Lab(tmp_path, package("git") + package("vim", Depends="git"))
    environment = startup.environment() | {"XDG_CACHE_HOME": lab.cache}
    names: set[str] = set()
    for _ in range(2):  # the first time the index is made
        done = subprocess.run(
            [sys.executable, "-c", PROBE, "apt", "rdepends", "git", "--root", lab.root],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )
        assert "Depends: vim" in done.stdout
        names = set(done.stderr.split())
    assert names & {"array", "contextlib", "dataclasses", "typing"} == set()


def test_probe_notices_a_heavy_module():
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "no-such-domain"],
        capture_output=True,
        text=True,
        env=startup.environment(),
        timeout=60,
    )
    assert done.returncode == 2
    assert {"difflib", "foretell.cli.failure"} <= set(done.stderr.split())


def test_model_is_cheap_to_import():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, foretell.model; print(*sys.modules)"],
        capture_output=True,
        text=True,
        env=startup.environment(),
        timeout=60,
    )
    assert done.returncode == 0
    assert set(done.stdout.split()) & {"dataclasses", "enum", "inspect", "re", "typing"} == set()


@pytest.mark.parametrize("command", startup.COMMANDS, ids=lambda command: command.name)
def test_start_keeps_to_its_budget(command, require):
    if shutil.which("valgrind") is None:
        require("valgrind", "instructions are counted with callgrind: apt-get install valgrind")
    if not os.access(command.argv[0], os.X_OK):
        require("script", f"foretell is not installed beside {sys.executable}")
    assert startup.count_instructions(command.argv) <= command.budget
