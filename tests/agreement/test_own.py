"""Does foretell without ``--solver`` say what a root's own apt-get says without options?

A few requests on each release; ``foretell apt check --own --root DIR`` asks as many as one likes.
"""

from __future__ import annotations

import os

import pytest

from foretell.cli.apt_session import OwnSession
from foretell.oracle.compare import Tally, compare_all
from foretell.oracle.strata import DEFAULT_STRATUM, find_stratum
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]

SEED = int(os.environ.get("FORETELL_SEED", "1"))
COUNT = 3


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
    with OwnSession(oracle, None, find_stratum(stratum), root=folder) as session:
        if not os.path.exists(oracle.apt_get(session.version)[1]):
            require(f"apt-{root}", f"the apt of {root} was not fetched: make oracle")
        assert session.solver_fields == {"solver": solver}
        for _ in compare_all(session.draw(SEED, COUNT), session.ours, session.theirs, tally):
            pass
    print(f"{root}: {tally.summary()}")
    assert [[str(it.request), *it.lines()] for it in tally.differences] == []
    assert tally.compared > len(tally.timeouts)
