"""Does foretell say what every modelled version of the real apt decides, on the real archive?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.system.profiles import SOLVER_VERSIONS
from foretell.cli.apt_session import Session
from foretell.oracle.answer import Request
from foretell.oracle.compare import Tally, compare_all
from foretell.oracle.strata import find_stratum
from tests.oracle.real_apt import oracle_or_none

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("FORETELL_SEED", "1"))
UPGRADES = [Request(verb) for verb in ("upgrade", "upgrade-new", "full-upgrade", "autoremove")]


@pytest.fixture(scope="module")
def oracle(require):
    found = oracle_or_none()
    if found is None:
        require("apt", "the oracle is not built: make oracle")
    return found


@pytest.mark.parametrize("version", SOLVER_VERSIONS)
def test_every_modelled_version_is_predicted(version, oracle, require):
    if version not in oracle.versions():
        require(f"apt-{version}", f"libapt is here in {', '.join(oracle.versions())} only")
    tally = Tally()
    with Session(oracle, version, find_stratum("default")) as session:
        requests = [*session.draw(SEED + 1, 25), *UPGRADES]
        for _ in compare_all(requests, session.ours, session.theirs, tally):
            pass
    print(tally.summary())
    assert tally.timeouts == []
    assert [str(difference.request) for difference in tally.differences] == []
