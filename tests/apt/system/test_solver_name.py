"""Which solver decides under a name?  Every expectation was seen with apt-get 3.0.3 and libapt."""

from __future__ import annotations

import json

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.cases.capture import read_capture, write_capture
from foretell.apt.unmodelled import Unmodelled
from foretell.cli.main import main
from tests.apt.world_lab import Lab, actions, installed, package

OPTION = "APT::Solver=3.1"
CONFIGURED = "etc/apt/apt.conf.d/00solver"
REMOVES = "APT::Get::AutomaticRemove=1"


@pytest.fixture
def lab(tmp_path):
    """Return a system with an automatic package that nothing needs."""
    lab = Lab(tmp_path, package("a") + package("m", "2"), installed("a") + installed("m"))
    lab.set_automatic("a")
    return lab


def ask(lab, *options, verb="full-upgrade"):
    answer = lab.answer(verb, options=options)
    return answer.missing_rule or (actions(answer), len(answer.autoremovable))


@pytest.mark.parametrize("name", ["3.1", "3.00", "3.", "3.0+x"])
def test_other_names_of_solver3_make_no_garbage(lab, name):
    assert ask(lab) == ({"m": "upgrade"}, 1)
    assert ask(lab, f"APT::Solver={name}") == ({"m": "upgrade"}, 0)


@pytest.mark.parametrize("name", ["dump", "3", "30"])
def test_other_solvers_are_not_known(lab, name):
    said = ask(lab, f"APT::Solver={name}")
    assert name in said
    assert ask(lab, f"apt::solver={name}", "APT::Solver=3.0") == ask(lab)


def test_pins_that_may_be_broken_make_the_classic_solver_solver3(lab):
    assert ask(lab, "APT::Solver=internal", "APT::Solver::Strict-Pinning=0") == ask(lab)


@pytest.mark.parametrize(
    ("apt", "configured", "options", "default", "why"),
    [
        ("2.6.1", "", (), "internal", "apt 2.6.1 has no other"),
        ("2.6.1", "", ("APT::Solver::Strict-Pinning=0",), "internal", "apt 2.6.1 has no other"),
        ("2.6.1", "3.0", (), "3.0", "APT::Solver says so"),
        ("3.0.3", "", (), "internal", "the default of apt 3.0.3"),
        ("3.1.9", "", (), "internal", "the default of apt 3.1.9"),
        ("3.1.10", "", (), "3.0", "the default of apt 3.1.10"),
        ("3.3.5", "internal", (), "internal", "APT::Solver says so"),
        ("3.0.3", "3.1", (), "3.1", "APT::Solver says so"),
        ("3.0.3", "", ("APT::Solver::Strict-Pinning=0",), "3.0", "pinning is not strict"),
        ("3.0.3", "internal", ("APT::Solver::Strict-Pinning=0",), "3.0", "pinning is not strict"),
        ("3.0.3", "aspcud", ("APT::Solver::Strict-Pinning=0",), "aspcud", "APT::Solver says so"),
        ("", "", (), "internal", "the default of apt 3.0.3; the system has no apt"),
    ],
)
def test_solver_is_the_one_that_the_own_apt_asks(lab, apt, configured, options, default, why):
    if apt:
        lab.set_status(installed("a") + installed("m") + installed("apt", apt))
    lab.write(CONFIGURED, f'APT::Solver "{configured}";')
    world = lab.world(*options)
    assert world.choose_solver() == (default, why, False)
    assert world.default_solver == (default if apt else "")
    assert lab.world(*options, "APT::Solver=3.2").choose_solver() == (
        "3.2",
        "the command line says so",
        True,
    )


def test_version_that_is_asked_for_decides_instead_of_the_own(lab):
    lab.set_status(installed("apt", "3.0.3"))
    lab.write(CONFIGURED, "")
    assert lab.world().choose_solver("3.3.5") == ("3.0", "the default of apt 3.3.5", False)
    assert lab.world().choose_solver("2.6.1").name == "internal"


@pytest.mark.parametrize(
    ("scope", "name"), [("Binary::apt", "3.0"), ("Binary::apt-get", "internal")]
)
def test_what_is_set_for_apt_counts_and_what_is_set_for_apt_get_does_not(lab, scope, name):
    lab.set_status(installed("apt", "3.0.3"))
    lab.write(CONFIGURED, f'{scope}::APT::Solver "3.0";')
    assert lab.world().choose_solver().name == name


def test_names_of_solver3_count_where_they_are_configured(lab):
    lab.write(CONFIGURED, 'APT::Solver "3.1"; APT::Get::AutomaticRemove "1";')
    assert ask(lab)[1] == 0
    assert ask(lab, "APT::Solver=3.0")[1] == 1


def told(lab, capsys, *options):
    """Return exit status, solver and rule as the JSON tells them, and standard error."""
    status = main(["apt", "upgrade", "--root", lab.root, "--json", *options])
    said = capsys.readouterr()
    document = json.loads(said.out)
    fields = document["reasons"][0]["fields"] if document["verdict"] == "unknown" else {}
    return status, document["solver"], fields, said.err


def test_plan_tells_which_solver_and_why(lab, capsys):
    lab.write(CONFIGURED, "")
    lab.set_status(installed("a") + installed("m") + installed("apt", "3.0.4"))
    status, solver, _, note = told(lab, capsys)
    assert (status, note) == (0, "")
    assert solver == {
        "name": "internal",
        "version": "3.0.4",
        "why": "the default of apt 3.0.4",
        "decided_by": "internal",
        "default_here": "internal",
    }
    status, solver, _, note = told(lab, capsys, "--solver", "3.0")
    assert (status, note) == (0, "")
    assert (solver["name"], solver["default_here"]) == ("3.0", "internal")
    assert told(lab, capsys, "--no-strict-pinning")[1]["why"] == "pinning is not strict"


def test_solver_that_the_own_apt_has_not_is_told(lab, capsys):
    lab.write(CONFIGURED, "")
    lab.set_status(installed("m") + installed("apt", "2.6.1"))
    status, solver, _, note = told(lab, capsys, "--solver", "3.0")
    assert note == "note: this apt (2.6.1) has no solver 3.0; this is the plan of apt 3.0.3\n"
    assert (status, solver["version"]) == (0, "3.0.3")
    assert told(lab, capsys)[3] == told(lab, capsys, "--solver", "internal")[3] == ""
    assert told(lab, capsys, "--solver", "3.0", "--solver-version", "3.0.3")[3] == ""
    status, solver, fields, _ = told(lab, capsys, "--solver", "3.0", "--solver-version", "2.6.1")
    assert (status, fields) == (1, {"rule": "external solvers (3.0)"})
    lab.write(CONFIGURED, 'APT::Solver "3.0";')
    assert told(lab, capsys)[2] == {"rule": "external solvers (3.0)"}


@pytest.mark.parametrize("apt", ["2.4.5", "3.1.6", "3.1.16"])
def test_versions_that_nobody_asked_are_not_known(lab, capsys, apt):
    lab.write(CONFIGURED, "")
    lab.set_status(installed("m") + installed("apt", apt))
    status, solver, fields, _ = told(lab, capsys)
    assert (status, solver["version"], solver["decided_by"]) == (1, apt, None)
    assert fields == {"rule": f"the solvers of apt {apt}", "way-out": "--solver-version 3.3.5"}
    assert told(lab, capsys, "--solver-version", "3.3.5")[0] == 0


def test_what_the_classic_solver_does_not_model_names_the_way_out(lab, capsys, monkeypatch):
    def refuse(_):
        raise Unmodelled("a rule")

    monkeypatch.setattr("foretell.apt.classic.engine.solve_classic", refuse)
    lab.write(CONFIGURED, "")
    assert main(["apt", "install", "--root", lab.root, "m"]) == 1
    assert capsys.readouterr().err == (
        "unknown: the answer needs a rule that is not modelled yet:\n"
        "  a rule\n"
        "hint: ask what --solver 3.0 would decide\n"
    )
    assert main(["apt", "install", "--root", lab.root, "--solver", "3.0", "m"]) == 0


@pytest.mark.parametrize("options", [(OPTION, REMOVES), (REMOVES,), ("APT::Get::Purge=1", REMOVES)])
def test_capture_keeps_what_the_options_say(lab, tmp_path, options):
    words = [word for option in options for word in ("-o", option)]
    path = str(tmp_path / "captured.json")
    assert main(["apt", "full-upgrade", "--root", lab.root, *words, "--capture", path]) == 0
    world, request, version = read_capture(path)
    answer = predict(world, request, solver_version=version)
    verb = "purge" if "Purge" in options[0] else "remove"
    assert actions(answer) == {"a": verb, "m": "upgrade"}


def test_capture_keeps_what_a_library_call_asks(lab, tmp_path):
    from foretell.apt.requests.request import Request

    request = Request("full-upgrade", [], auto_remove=True, purge=True)
    answer = predict(lab.world(), request)
    path = str(tmp_path / "captured.json")
    write_capture(answer, path, solver_version="3.0.3")
    world, again, version = read_capture(path)
    assert actions(predict(world, again, solver_version=version)) == actions(answer)
    assert actions(answer) == {"a": "purge", "m": "upgrade"}


def test_solver_is_an_option_like_any(lab, capsys):
    words = ["apt", "full-upgrade", "--root", lab.root]
    assert main([*words, "--solver", "3.1", "--auto-remove"]) == 0
    assert "REMOVING:\n  a" in capsys.readouterr().out
    assert main([*words, "--solver", "dump"]) == 1
    assert "external solvers (dump)" in capsys.readouterr().err
