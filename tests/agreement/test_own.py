"""Does foretell without ``--solver`` say what a root's own apt says without options?

A few requests on each release; ``foretell apt check --own --root DIR`` asks as many as one likes.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import format_case, make_world
from foretell.apt.requests.request import Request as Words
from foretell.cli.apt_session import OwnSession
from foretell.cli.apt_sides import our_answer, plain_request
from foretell.cli.apt_unmet import refusal_text
from foretell.errors import MissingError, UsageError
from foretell.oracle.answer import Request
from foretell.oracle.apt_get import AptGet, visible, without_marks
from foretell.oracle.case import write_root
from foretell.oracle.compare import Tally, compare_all, compare_answers
from foretell.oracle.strata import DEFAULT_STRATUM, find_stratum
from foretell.render.apt import Layout
from tests.apt.world_lab import Lab, actions, installed, package
from tests.oracle.real_apt import oracle_or_none
from tests.oracle.universe import MultiArchUniverse, Universe

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]

UNMET_BEGINS = "resolve the situation:\n\n"
SEED = int(os.environ.get("FORETELL_SEED", "1"))
COUNT = 3
UNIVERSES = 5


def need_apt(oracle, version, require):
    """Skip, or fail, where the oracle has no apt-get of this version."""
    try:
        oracle.apt_get(version)
    except MissingError as error:
        require(f"apt-{version}", str(error))


@pytest.mark.parametrize(
    ("root", "stratum", "solver"),
    [
        ("trixie-minimal", DEFAULT_STRATUM, "internal"),
        ("forky", DEFAULT_STRATUM, "3.0"),
        ("bookworm", DEFAULT_STRATUM, "internal"),
        ("bookworm", "removals", "internal"),
    ],
)
def test_random_requests_are_answered_as_by_the_own_apt(root, stratum, solver, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    folder = os.path.join(oracle.folder, root)
    if not os.path.isdir(folder):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    tally = Tally()
    try:
        opened = OwnSession(oracle, None, find_stratum(stratum), root=folder)
    except MissingError as error:
        require(f"apt-{root}", str(error))
        return
    with opened as session:
        assert session.solver_fields == {"solver": solver}
        for _ in compare_all(session.draw(SEED, COUNT), session.ours, session.theirs, tally):
            pass
    print(f"{root}: {tally.summary()}")
    assert [[str(it.request), *it.lines()] for it in tally.differences] == []
    assert tally.compared > len(tally.timeouts)


# The classic solver takes b, solver3 a.
CHOICE = package("x", Depends="v") + package("a", Provides="v") + package("b", Provides="v")
LOOSE = "APT::Solver::Strict-Pinning=0"


@pytest.mark.parametrize("version", ["2.6.1", "3.0.4", "3.3.3"])
@pytest.mark.parametrize(
    ("configured", "options"),
    [
        ("", ()),
        ("Binary::apt::", ()),
        ("Binary::apt-get::", ()),
        ("", ("APT::Solver=",)),
        ("", (LOOSE,)),
        ("Binary::apt::", (LOOSE,)),
    ],
)
def test_configured_solver_decides_where_apt_lets_it(
    configured, options, version, tmp_path, require
):
    """What is set for apt-get alone does not count; apt 2.6 takes 3.0 for a program."""
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    need_apt(oracle, version, require)
    lab = Lab(tmp_path, CHOICE, installed("k") + installed("apt", version), solver="")
    name = "internal" if version == "3.3.3" else "3.0"
    lab.write("etc/apt/apt.conf", f'{configured}APT::Solver "{name}";' if configured else "")
    for folder in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/apt/lists/partial"):
        os.makedirs(lab.path(folder))
    ours = predict(lab.world(*options), Words("install", ["x"]))
    with AptGet.of_oracle(
        oracle, lab.root, version=version, options=options, program="apt", solver=""
    ) as apt:
        theirs = apt.ask(Request("install", ("x",)))
    if ours.verdict == "unknown":
        assert (ours.missing_rule, theirs.verdict) == ("external solvers (3.0)", "failed")
    else:
        assert {*actions(ours)} == {change.package for change in theirs.changes}


def unmet_text(world, request, version):
    """Return what is shown as unmet when a request is refused."""
    try:
        answer = predict(world, plain_request(request, world), solver_version=version)
    except UsageError:
        return ""
    if answer.verdict != "unsatisfiable":
        return ""
    return refusal_text(answer, Layout(quiet=2)).partition(UNMET_BEGINS)[2]


@pytest.mark.parametrize("kind", [Universe, MultiArchUniverse])
@pytest.mark.parametrize(
    ("version", "solver"), [("2.6.1", "internal"), ("3.0.3", "internal"), ("3.0.3", "3.0")]
)
def test_what_is_unmet_is_shown_as_by_apt_get(version, solver, kind, tmp_path, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    need_apt(oracle, version, require)
    wrong, compared = [], 0
    for seed in range(SEED * 1000, SEED * 1000 + 2):
        universe = kind(seed)
        universe.case.settings = universe.case.settings | {"APT::Solver": solver}
        world = make_world(universe.case, "universe")
        root = tmp_path / str(seed)
        root.mkdir()
        write_root(json.loads(format_case(universe.case)), str(root))
        with AptGet.of_oracle(oracle, str(root), version=version, solver="") as apt_get:
            for request in [*universe.requests(), *universe.wishes()]:
                ours = unmet_text(world, request, version)
                if not ours or request.verb == "upgrade-new":
                    continue
                command = apt_get.command_line("-s", request.verb, *request.words)
                done = subprocess.run(command, env=apt_get.environment, capture_output=True)
                compared += 1
                if ours != done.stdout.decode().partition(UNMET_BEGINS)[2]:
                    wrong.append((seed, str(request), ours, done.stdout))
    print(f"{compared - len(wrong)} agreed / {compared} compared")
    assert wrong == []
    assert compared


def test_random_universes_are_decided_as_by_apt_2_6(tmp_path, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    need_apt(oracle, "2.6.1", require)
    wrong, compared = [], 0
    for seed in range(SEED * 1000, SEED * 1000 + UNIVERSES):
        universe = Universe(seed)
        universe.case.settings = universe.case.settings | {"APT::Solver": "internal"}
        world = make_world(universe.case, "universe")
        root = tmp_path / str(seed)
        root.mkdir()
        write_root(json.loads(format_case(universe.case)), str(root))
        with AptGet.of_oracle(oracle, str(root), version="2.6.1", solver="") as apt_get:
            for request in universe.requests():
                theirs = apt_get.ask(request)
                ours = our_answer(world, plain_request(request, world), "2.6.1")
                shown = without_marks(ours) if apt_get.hides_marks else visible(ours)
                found = compare_answers(request, shown, theirs)
                compared += 1
                if found is not None:
                    wrong.append((seed, str(request), found.lines()))
    print(f"{compared - len(wrong)} agreed / {compared} compared")
    assert wrong == []
    assert compared > UNIVERSES
