"""Which relations are shown as unmet when apt refuses, and what is said of each?"""

from __future__ import annotations

import pytest

from foretell.cli.apt_unmet import refusal_text
from foretell.render.apt import Layout
from tests.apt.world_lab import Lab, installed, package

PACKAGES = (
    package("a", "2", Depends="b (>> 2) | gone | mta, mta", Recommends="c", Suggests="gone")
    + package("b")
    + package("c")
    + package("d", Breaks="b, c (<< 2)", Pre_Depends="gone")
    + package("exim", Provides="mta", Depends="gone")
)
CLASSIC = "APT::Solver=internal"


def shown(answer):
    """Return the list alone."""
    text = refusal_text(answer, Layout(quiet=2))
    return text.partition("resolve the situation:\n\n")[2].splitlines()


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path, PACKAGES, installed("c") + installed("old", Depends="c"))


def test_solver3_shows_the_request_alone(lab):
    assert shown(lab.answer("install", "a", "d", "c-")) == [
        "Unsatisfied dependencies:",
        " a : Depends: b (> 2) but it is not going to be installed or",
        "              gone but it is not installable or",
        "              mta",
        "     Depends: mta",
        "     Recommends: c but it is not going to be installed",
        " d : PreDepends: gone but it is not installable",
        " old : Depends: c but it is not going to be installed",
    ]


def test_classic_solver_shows_the_plan_that_it_gave_up(lab):
    answer = lab.answer("install", "b", "d", options=(CLASSIC,))
    assert answer.verdict == "unsatisfiable"
    assert shown(answer) == [
        "Unsatisfied dependencies:",
        " d : PreDepends: gone but it is not installable",
        "     Breaks: b but 1 is to be installed",  # c is planned to go
    ]


def test_apt_2_has_another_title(lab):
    answer = lab.answer("install", "d", options=(CLASSIC,), version="2.6.1")
    assert shown(answer)[0] == "The following packages have unmet dependencies:"


def test_nothing_is_shown_when_no_package_is_broken(tmp_path):
    lab = Lab(tmp_path, package("base", Essential="yes", Depends="gone"), installed("app"))
    assert refusal_text(lab.answer("full-upgrade"), Layout(quiet=1)) == "Calculating upgrade...\n"


def test_notices_come_first_and_name_the_architecture(lab):
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    twin = package("c", Architecture="i386")
    lab.write(lab.list_path().replace("-amd64_", "-i386_"), twin)
    assert refusal_text(lab.answer("install", "d", "c:i386-"), Layout(quiet=1)).splitlines()[
        :3
    ] == [
        "Package 'c:i386' is not installed, so not removed. Did you mean 'c'?",
        "Solving dependencies...",
        "Some packages could not be installed. This may mean that you have",
    ]
