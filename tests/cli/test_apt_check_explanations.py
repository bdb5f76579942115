"""Are explanations right by ``foretell apt check --explanations``, and would it see a wrong one?"""

from __future__ import annotations

import re

import pytest

from foretell.apt.cases import enough
from foretell.cli import apt_check_explanations
from foretell.cli.main import main
from tests.apt.world_lab import Lab, installed, package
from tests.oracle.real_apt import oracle_or_none


@pytest.fixture
def lab(tmp_path):
    packages = "".join(
        package(f"p{at}", Depends=f"q{at}", Conflicts=f"p{at + 1}") + package(f"q{at}")
        for at in range(9)
    )
    return Lab(tmp_path, packages, installed("q0"))


def check(lab, capsys, *words):
    status = main(["apt", "check", "--explanations", "--requests", "5", "--root", lab.root, *words])
    return status, capsys.readouterr().out


@pytest.mark.parametrize("version", ["3.0.3", "3.3.5"])
def test_explanations_of_small_systems_are_right(lab, capsys, version):
    status, out = check(lab, capsys, "--solver-version", version)
    assert status == 0, out
    right, checked = out.splitlines()[-1].split(" / ")
    assert right.split()[0] == checked.split()[0]
    assert int(right.split()[0]) >= 10


def test_explanations_with_foreign_architectures_are_right(lab, capsys):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    packages = "".join(
        package(f"p{at}", Depends=f"q{at}", Architecture="i386")
        + package(f"q{at}", Architecture="i386", Multi_Arch="same")
        for at in range(9)
    )
    lab.write(lab.list_path().replace("-amd64_", "-i386_"), packages)
    lab.set_status(installed("p1", Depends="q1") + installed("q1"))
    status, out = check(lab, capsys, "--requests", "15")
    assert status == 0, out


def test_a_possible_conflict_is_seen(lab, capsys, monkeypatch):
    monkeypatch.setattr(apt_check_explanations, "is_possible", lambda *_: True)
    status, out = check(lab, capsys)
    assert (status, "no contradiction" in out) == (1, True)


def test_reasons_that_nothing_completes_are_seen(lab, capsys, monkeypatch):
    monkeypatch.setattr(enough.OfChange, "is_enough", lambda *_: False)
    status, out = check(lab, capsys)
    assert (status, "not enough for" in out) == (1, True)


def test_reasons_that_are_completed_are_counted(lab, capsys, monkeypatch):
    monkeypatch.setattr(enough.OfChange, "is_enough", lambda _, also=None: also is not None)
    status, out = check(lab, capsys)
    assert status == 0
    found = re.search(r"(\d+) plans, (\d+) of them with what else took part", out)
    assert found is not None
    assert found[1] == found[2] != "0"


def test_another_answer_from_what_is_cited_is_seen(lab, capsys, monkeypatch):
    monkeypatch.setattr(enough.OfFailure, "is_enough", lambda *_: False)
    status, out = check(lab, capsys)
    assert (status, "not enough: " in out) == (1, True)


@pytest.mark.oracle
def test_explanations_on_a_whole_system_are_right(capsys, require):
    if oracle_or_none() is None:
        require("apt", "the oracle is not built: make oracle")
    words = ["apt", "check", "--explanations", "--requests", "3"]
    assert main(words) == 0, capsys.readouterr().out
