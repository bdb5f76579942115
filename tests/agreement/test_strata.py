"""Does foretell say what the real apt decides, in every stratum?

A few requests of each; ``foretell apt check --all`` asks as many as one likes.
"""

from __future__ import annotations

import os

import pytest

from foretell.apt.system.profiles import SOLVER_VERSIONS
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.cli.apt_check_text import failures_line, oracle_name
from foretell.cli.apt_session import Session, choose_version
from foretell.oracle.compare import Tally, compare_all
from foretell.oracle.deviations import read_deviations
from foretell.oracle.strata import DEFAULT_STRATUM, STRATA, find_stratum
from tests.oracle.real_apt import oracle_or_none
from tests.tidy.tree import ROOT

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]

SEED = int(os.environ.get("FORETELL_SEED", "1"))
DEVIATIONS = read_deviations(os.path.join(ROOT, "corpus/apt/known-deviations.toml"))
COUNTS = {DEFAULT_STRATUM: 20}
COUNT = 2
# Strata in which much fails, one on each kind of root, and how many requests give a few dozen.
FAILING = {"removals": 24, "mixes": 12, "holds": 12, "versions": 16}
FAILURES_MIN = 18  # whatever the seed
SAME_PAIR_PERCENT = 95


@pytest.mark.parametrize("version", [SOLVER_VERSIONS[0], SOLVER_VERSIONS[-1]])
@pytest.mark.parametrize("stratum", STRATA, ids=lambda row: row.name)
def test_random_requests_are_answered_as_by_apt(stratum, version, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    if version not in oracle.versions():
        require(f"apt-{version}", f"libapt is here in {', '.join(oracle.versions())} only")
    tally = Tally()
    if not os.path.exists(os.path.join(oracle.folder, stratum.root)):
        require(f"root-{stratum.root}", f"the root {stratum.root} is not built: make oracle")
    with Session(oracle, version, stratum) as session:
        requests = session.draw(SEED, COUNTS.get(stratum.name, COUNT))
        for _ in compare_all(requests, session.ours, session.theirs, tally):
            pass
    print(f"{stratum.name}: {tally.summary()}")
    assert tally.compared > len(tally.timeouts)
    wrong = [
        f"{difference.request}: {difference.kind}: {'; '.join(difference.lines())}"
        for difference in tally.differences
        if not any(row.is_about(f"apt {version}", str(difference.request)) for row in DEVIATIONS)
    ]
    assert wrong == []


@pytest.mark.parametrize("solver", [SOLVER, CLASSIC])
def test_failures_have_the_reason_that_apt_gives(solver, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    tally = Tally()
    version = choose_version(oracle, None)
    for name, count in FAILING.items():
        stratum = find_stratum(name)
        if not os.path.exists(os.path.join(oracle.folder, stratum.root)):
            require(f"root-{stratum.root}", f"the root {stratum.root} is not built: make oracle")
        named = stratum._replace(options=(*stratum.options, f"APT::Solver={solver}"))
        with Session(oracle, version, named) as session:
            requests = session.draw(SEED, count)
            for _ in compare_all(requests, session.ours, session.theirs, tally):
                pass
    print(failures_line(tally))
    assert len(tally.failures) >= FAILURES_MIN
    other = [[str(it.request), *it.lines()] for it in tally.failures if not it.has_same_pair]
    assert 100 * tally.same_pairs >= SAME_PAIR_PERCENT * len(tally.failures), other


@pytest.mark.parametrize("stratum", STRATA, ids=lambda row: row.name)
def test_classic_solver_answers_as_in_apt(stratum, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    if not os.path.exists(os.path.join(oracle.folder, stratum.root)):
        require(f"root-{stratum.root}", f"the root {stratum.root} is not built: make oracle")
    tally = Tally()
    classic = stratum._replace(options=(*stratum.options, f"APT::Solver={CLASSIC}"))
    with Session(oracle, oracle.own_version(), classic) as session:
        for _ in compare_all(session.draw(SEED, COUNT), session.ours, session.theirs, tally):
            pass
    print(f"{stratum.name}: {tally.summary()}")
    name = f"apt {oracle_name(oracle.own_version(), classic.options)}"
    wrong = [
        f"{difference.request}: {difference.kind}: {'; '.join(difference.lines())}"
        for difference in tally.differences
        if not any(row.is_about(name, str(difference.request)) for row in DEVIATIONS)
    ]
    assert wrong == []
