"""Which solver decides under a name?  Every expectation was seen with apt-get 3.0.3 and libapt."""

from __future__ import annotations

import json

import pytest

from foretell.apt.capture import read_capture, write_capture
from foretell.apt.predict import predict
from foretell.apt.solver_name import solver_note
from foretell.cli.main import main
from tests.apt.world_lab import Lab, actions, installed, package

OPTION = "APT::Solver=3.1"
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


@pytest.mark.parametrize("name", ["internal", "aspcud", ""])
def test_a_configured_solver_that_is_not_solver3_gives_way(lab, name):
    lab.write("etc/apt/apt.conf", f'APT::Solver "{name}"; APT::Solver::RemoveManual "1";')
    world = lab.world()
    assert ask(lab) == ({"m": "upgrade"}, 1)
    assert world.configured_solver == name
    assert world.state().allow_remove_manual


def test_a_configured_name_of_solver3_counts(lab):
    lab.write("etc/apt/apt.conf", 'APT::Solver "3.1"; APT::Get::AutomaticRemove "1";')
    assert ask(lab)[1] == 0
    assert ask(lab, "APT::Solver=3.0")[1] == 1
    assert lab.world().configured_solver == "3.1"


@pytest.mark.parametrize(
    ("apt", "configured", "options", "default"),
    [
        ("2.6.1", "", (), "internal"),
        ("2.6.1", "", ("APT::Solver::Strict-Pinning=0",), "internal"),
        ("3.0.3", "", (), "internal"),
        ("3.1.9", "", (), "internal"),
        ("3.1.10", "", (), "3.0"),
        ("3.3.5", "internal", (), "internal"),
        ("3.0.3", "3.1", (), "3.1"),
        ("3.0.3", "internal", ("APT::Solver::Strict-Pinning=0",), "3.0"),
        ("3.0.3", "aspcud", ("APT::Solver::Strict-Pinning=0",), "aspcud"),
        ("3.0.3", "", ("APT::Solver=3.0",), "internal"),
        ("", "internal", (), ""),
    ],
)
def test_default_depends_on_the_version_and_the_settings(lab, apt, configured, options, default):
    if apt:
        lab.set_status(installed("a") + installed("m") + installed("apt", apt))
    lab.write("etc/apt/apt.conf", f'APT::Solver "{configured}";')
    assert lab.world(*options).default_solver == default


def test_default_that_is_not_predicted_is_told(lab, capsys):
    def ask(*options):
        assert main(["apt", "upgrade", "--root", lab.root, *options]) == 0
        said = capsys.readouterr()
        return said.err, said.out

    assert ask()[0] == ""
    lab.set_status(installed("a") + installed("m") + installed("apt", "3.0.4"))
    note, plan = ask()
    assert note == (
        "note: this apt (3.0.4) decides with its classic solver unless --solver 3.0 is given; "
        "this is solver 3.0's plan\n"
    )
    for options in (("--solver", "3.0"), ("-o", "apt::solver=3.0"), ("--no-strict-pinning",)):
        assert ask(*options) == ("", plan)
    found = json.loads(ask("--json")[1])["solver"]
    assert found == {"name": "3.0", "version": "3.0.4", "default_here": "internal"}
    lab.set_status(installed("a") + installed("m") + installed("apt", "3.3.5"))
    assert ask() == ("", plan)
    assert json.loads(ask("--solver", "3.1", "--json")[1])["solver"]["name"] == "3.1"


def test_other_defaults_are_told_by_name():
    assert solver_note("aspcud", "3.0.4").startswith("this apt (3.0.4) decides with the solver as")
    assert solver_note("3.1", "3.0.4") == solver_note("", "") == ""


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
    from foretell.apt.request import Request

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
