"""Is this machine's own apt asked, whatever it is, and is the report honest about it?"""

from __future__ import annotations

import json
import os
import shutil

import jsonschema
import pytest

from foretell.apt.system.solver_name import solver_of
from foretell.apt.system.world import World
from foretell.cli import apt_check_here
from foretell.cli.main import main
from foretell.oracle.answer import Answer
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.check-1.schema.json"))
SCRIPT = """\
#!/bin/sh
case "$*" in
--version*) echo "apt {version} (amd64)" ;;
*broken*) exit 100 ;;
*) printf 'Installing:\\n   a (1)\\n' ;;
esac
"""


@pytest.mark.parametrize(
    ("version", "chosen", "is_strict", "name", "why"),
    [
        ("2.6.1", "", True, "internal", "apt 2.6.1 has no other"),
        ("2.6.1", "3.0", True, "3.0", "APT::Solver says so"),
        ("3.0.3", "", True, "internal", "the default of apt 3.0.3"),
        ("3.0.3", "", False, "3.0", "pinning is not strict"),
        ("3.0.3", "3.0", True, "3.0", "APT::Solver says so"),
        ("3.3.5", "", True, "3.0", "the default of apt 3.3.5"),
        ("3.3.5", "internal", True, "internal", "APT::Solver says so"),
    ],
)
def test_solver_is_named(version, chosen, is_strict, name, why):
    assert solver_of(version, chosen, is_strict=is_strict)[:2] == (name, why)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return ``set_version``, which makes this a machine with such an apt and no oracle."""

    def set_version(version):
        path = tmp_path / "apt-get"
        path.write_text(SCRIPT.replace("{version}", version))
        path.chmod(0o755)

    class Predicted(apt_check_here._Predicted):
        def __call__(self, request):
            return Answer(verdict="failed")

    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("FORETELL_ORACLE_DIR", str(tmp_path / "none"))
    monkeypatch.setattr("foretell.apt.system.world.load_world", lambda **_: _world())
    monkeypatch.setattr(apt_check_here, "_Predicted", Predicted)
    return set_version


def _world():
    from foretell.apt.requests.settings import settled_configuration

    world = World("amd64")
    world.configuration = settled_configuration("/nonexistent", "amd64", {})
    return world


def test_report_names_both_solvers_and_never_fails(capsys, machine):
    machine("2.6.1")
    assert main(["apt", "check", "--here", "install", "x"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "this machine: apt 2.6.1 with the classic solver (apt 2.6.1 has no other)",
        "foretell:     the classic solver as in apt 2.6.1",
    ]
    assert lines[2] == "differs (success): install x"
    assert lines[-1] == "0 agreed / 1 compared"


def test_without_an_oracle_the_machine_is_asked(capsys, machine):
    machine("3.3.5")
    assert main(["apt", "check", "install", "broken"]) == 0
    out = capsys.readouterr().out
    assert "apt 3.3.5 with solver3 (the default of apt 3.3.5)" in out
    assert "agrees: install broken\n1 agreed / 1 compared\n" in out


def test_json_says_which_solver(capsys, machine):
    machine("2.6.1")
    assert main(["apt", "check", "--here", "--json", "install", "x"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert document["oracle"] == {"name": "apt", "version": "2.6.1", "solver": "internal"}


def test_apt_get_that_says_no_version_is_refused(capsys, machine, tmp_path):
    machine("1")
    (tmp_path / "apt-get").write_text("#!/bin/sh\necho something else\n")
    assert main(["apt", "check", "--here", "install", "broken"]) == 3
    assert "which version" in capsys.readouterr().err


@pytest.mark.oracle
def test_real_apt_get_is_asked_and_nothing_changes(capsys, require):
    if shutil.which("apt-get") is None or not os.path.exists("/var/lib/dpkg/status"):
        require("apt-get", "this machine has no apt-get")
    marks = "/var/lib/apt/extended_states"
    before = os.stat(marks).st_mtime_ns if os.path.exists(marks) else 0
    status = main(["apt", "check", "--here", "--requests", "2"])
    done = capsys.readouterr()
    if status == 3:
        require("apt-lists", done.err)
    assert (status, done.err) == (0, "")
    assert done.out.splitlines()[-1].endswith("/ 2 compared")
    assert (os.stat(marks).st_mtime_ns if os.path.exists(marks) else 0) == before
