"""Which upgrades are put off?  The draws and rules were seen with libapt 3.0.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.answers.predict import predict
from foretell.apt.cases.capture import write_capture
from foretell.apt.cases.case import make_world, read_case
from foretell.apt.system.phasing import DRAW_MAX, draw
from tests.apt.world_lab import Lab, actions, installed, package

NEVER = "APT::Get::Never-Include-Phased-Updates=true"
ALWAYS = "Update-Manager::Always-Include-Phased-Updates=true"
MACHINE = "APT::Machine-ID=abc"
# The machine abc draws 58 for version 2 of p.


def phased(name: str, share: object, version: str = "2", **fields: str) -> str:
    return package(name, version, Phased_Update_Percentage=str(share), **fields)


@pytest.mark.parametrize(
    ("source", "version", "machine", "expected"),
    [
        ("p", "2", "abc", 58),
        ("p", "2", " abc", 65),
        ("p", "2", "a", 80),
        ("p00", "2", "abc", 79),
        ("p01", "2", "912e43bd1c1d4ba481f9f8ccab25f9ee", 90),
        ("p59", "2", "x" * 300, 15),
        ("glibc", "2", "0" * 32, 67),
        ("linux", "6.12.57-1~x+b1", "3d1219c7c4c5404aaa1f6d2a48adfda4", 85),
    ],
)
def test_machines_draw_what_libstdcpp_draws(source, version, machine, expected):
    assert draw(source.encode(), version.encode(), machine.encode()) == expected


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_draw_is_a_percentage(source, version, machine):
    assert 0 <= draw(source, version, machine) <= DRAW_MAX


@pytest.mark.parametrize(
    ("share", "comes"),
    [("0", False), ("57", False), ("58", True), ("99", True), ("100", True), ("101", True),
     ("", True), ("abc", True), ("-1", True), ("50x", False), (" 30 ", False)],
)  # fmt: skip
def test_share_decides(tmp_path, share, comes):
    lab = Lab(tmp_path, phased("p", share), installed("p"))
    plan = lab.plan("full-upgrade", options=(MACHINE,))
    assert plan == ({"p": "upgrade"} if comes else {})


@pytest.mark.parametrize(
    ("options", "comes"),
    [
        ((), True),
        ((MACHINE,), False),
        ((MACHINE, ALWAYS), True),
        ((NEVER,), False),
        ((MACHINE, "APT::Solver::Strict-Pinning=false"), True),
    ],
)
def test_options_decide(tmp_path, options, comes):
    lab = Lab(tmp_path, phased("p", 10), installed("p"))
    assert bool(lab.plan("full-upgrade", options=options)) == comes
    assert bool(lab.plan("upgrade", options=options)) == comes


def test_machine_id_is_the_first_line_of_its_file(tmp_path):
    lab = Lab(tmp_path, phased("p", 57), installed("p"))
    assert lab.plan("full-upgrade") == {"p": "upgrade"}
    lab.write("etc/machine-id", "abc\nother\n")
    assert lab.plan("full-upgrade") == {}
    lab.add_list(phased("p", 64))
    assert lab.plan("full-upgrade") == {"p": "upgrade"}
    lab.write("etc/machine-id", " abc\n")
    assert lab.plan("full-upgrade") == {}


@pytest.mark.parametrize(
    ("verb", "words", "expected"),
    [
        ("install", ["p"], {"p": "upgrade"}),
        ("install", ["q"], {"p": "upgrade", "q": "install"}),
        ("full-upgrade", ["p"], {"p": "upgrade"}),
        ("full-upgrade", [], {}),
    ],
)
def test_only_an_upgrade_nobody_asked_for_is_put_off(tmp_path, verb, words, expected):
    lab = Lab(tmp_path, phased("p", 0) + package("q", Depends="p (>= 2)"), installed("p"))
    assert lab.plan(verb, *words, options=(MACHINE,)) == expected


def test_new_installation_is_not_put_off(tmp_path):
    lab = Lab(tmp_path, phased("p", 0))
    assert lab.plan("install", "p", options=(MACHINE,)) == {"p": "install"}


@pytest.mark.parametrize("other", ["", "other"])
def test_security_archive_reaches_everybody(tmp_path, other):
    lab = Lab(tmp_path, phased("p", 0), installed("p"))
    assert lab.plan("full-upgrade", options=(MACHINE,)) == {}
    source = "deb http://a.example.org/debian {} main\n"
    lab.write("etc/apt/sources.list", source.format("trixie") + source.format("x-security"))
    lab.add_list(phased("p", 0, Recommends=other), suite="x-security")
    assert lab.plan("full-upgrade", options=(MACHINE,)) == {"p": "upgrade"}


@pytest.mark.parametrize(
    ("shares", "comes"), [((60, 30), False), ((30, 60), True), ((0, 100), False)]
)
def test_last_stanza_of_a_version_counts(tmp_path, shares, comes):
    lab = Lab(tmp_path, "".join(phased("p", share) for share in shares), installed("p"))
    assert bool(lab.plan("full-upgrade", options=(MACHINE,))) == comes


def test_screen_tells_who_waits_and_who_is_kept_back(tmp_path):
    lab = Lab(
        tmp_path,
        phased("p", 0) + package("h", "2", Depends="p (>= 2)") + package("q", "2"),
        installed("p") + installed("h") + installed("q"),
    )
    lab.write("etc/machine-id", "abc\n")
    done = lab.run("full-upgrade").stdout.decode()
    assert "Not upgrading yet due to phasing:\n  p\n\nNot upgrading:\n  h\n" in done
    assert "Not Upgrading: 2" in done


def test_capture_keeps_what_the_machine_drew(tmp_path):
    lab = Lab(tmp_path, phased("p", 57), installed("p"))
    lab.write("etc/machine-id", "abc\n")
    path = str(tmp_path / "case.json")
    write_capture(lab.answer("full-upgrade"), path, solver_version="3.0.3")
    case = read_case(path)
    assert case.settings["APT::Machine-ID"] == "abc"
    assert actions(predict(make_world(case, path), case.request)) == {}


def test_capture_without_phasing_does_not_name_the_machine(tmp_path):
    lab = Lab(tmp_path, package("p", "2"), installed("p"))
    lab.write("etc/machine-id", "abc\n")
    path = str(tmp_path / "case.json")
    write_capture(lab.answer("full-upgrade"), path, solver_version="3.0.3")
    with open(path) as file:
        assert "Machine-ID" not in file.read()


def test_phased_updates_of_older_apts_are_not_known(tmp_path):
    lab = Lab(tmp_path, phased("p", 10), installed("p"))
    options = ("APT::Solver=internal", MACHINE)
    answer = lab.answer("full-upgrade", options=options, version="2.6.1")
    assert answer.missing_rule == "phased updates of apt 2.6"
    assert lab.answer("full-upgrade", options=options, version="3.0.3").verdict == "ok"
    lab.add_list(phased("p", 100))
    assert lab.answer("full-upgrade", options=options, version="2.6.1").verdict == "ok"
