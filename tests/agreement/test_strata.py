"""Does foretell say what the real apt decides, in every stratum?

A few requests of each; ``foretell apt check --all`` asks as many as one likes.
"""

from __future__ import annotations

import os

import pytest

from foretell.apt.profiles import CLASSIC, SOLVERS
from foretell.cli.apt_check_text import oracle_name
from foretell.cli.apt_session import Session, choose_version
from foretell.oracle.compare import Tally, compare_all
from foretell.oracle.deviations import read_deviations
from foretell.oracle.strata import DEFAULT_STRATUM, STRATA
from tests.oracle.real_apt import oracle_or_none
from tests.tidy.tree import ROOT

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]

SEED = int(os.environ.get("FORETELL_SEED", "1"))
DEVIATIONS = read_deviations(os.path.join(ROOT, "corpus/apt/known-deviations.toml"))
COUNTS = {DEFAULT_STRATUM: 30}
COUNT = 3


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("stratum", STRATA, ids=lambda row: row.name)
def test_random_requests_are_answered_as_by_apt(stratum, solver, require):
    if solver == CLASSIC and stratum.asks != "libapt":
        pytest.xfail("satisfy and build-dep with the classic solver are not modelled")
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    tally = Tally()
    version = choose_version(oracle, None)
    if not os.path.exists(os.path.join(oracle.folder, stratum.root)):
        require(f"root-{stratum.root}", f"the root {stratum.root} is not built: make oracle")
    with Session(oracle, version, stratum, solver=solver) as session:
        requests = session.draw(SEED, COUNTS.get(stratum.name, COUNT))
        for _ in compare_all(requests, session.ours, session.theirs, tally):
            pass
    print(f"{stratum.name}: {tally.summary()}")
    assert tally.timeouts == []
    name = f"apt {oracle_name(version, solver)}"
    wrong = [
        f"{difference.request}: {difference.kind}: {'; '.join(difference.lines())}"
        for difference in tally.differences
        if not any(row.is_about(name, str(difference.request)) for row in DEVIATIONS)
    ]
    assert wrong == []
