"""Does foretell say what the real apt decides, on the real archive?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.profiles import SOLVER_VERSIONS
from foretell.apt.world import load_world
from foretell.cli.apt_sides import installed_names, our_answer, package_names, plain_request
from foretell.oracle.answer import Request
from foretell.oracle.compare import Tally, compare_all
from foretell.oracle.deviations import read_deviations
from foretell.oracle.libapt import Libapt
from foretell.oracle.sample import draw_requests
from tests.oracle.real_apt import oracle_or_none
from tests.tidy.tree import ROOT

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("FORETELL_SEED", "1"))
DEVIATIONS = read_deviations(os.path.join(ROOT, "corpus/apt/known-deviations.toml"))
COUNTS = {"default": 300, "mixes": 40, "purges": 40, "removals": 40, "sets": 40, "single": 40}
UPGRADES = [Request(verb) for verb in ("upgrade", "upgrade-new", "full-upgrade", "autoremove")]


@pytest.fixture(scope="module")
def oracle(require):
    found = oracle_or_none()
    if found is None:
        require("apt", "the oracle is not built: make oracle")
    return found


@pytest.fixture(scope="module")
def world(oracle, tmp_path_factory):
    return load_world(oracle.root, environment={}, cache=str(tmp_path_factory.mktemp("cache")))


def disagreements(oracle, world, version, requests):
    """Return what is not explained by a known deviation, one line each."""
    tally = Tally()
    with Libapt(oracle, oracle.root, version=version, keeps_cache=True) as libapt:
        for _ in compare_all(
            requests,
            lambda request: our_answer(world, plain_request(request), version),
            libapt.ask,
            tally,
        ):
            pass
    print(tally.summary())
    assert tally.timeouts == []
    return [
        f"{difference.request}: {difference.kind}: {'; '.join(difference.lines())}"
        for difference in tally.differences
        if not any(row.is_about(f"apt {version}", str(difference.request)) for row in DEVIATIONS)
    ]


def modelled(oracle):
    return next(version for version in oracle.versions() if version in SOLVER_VERSIONS)


@pytest.mark.parametrize("stratum", COUNTS)
def test_random_requests_are_answered_as_by_apt(stratum, oracle, world):
    names, installed = package_names(world), installed_names(world)
    requests = draw_requests(stratum, names, installed, SEED, COUNTS[stratum])
    assert disagreements(oracle, world, modelled(oracle), requests) == []


@pytest.mark.parametrize("version", SOLVER_VERSIONS)
def test_every_modelled_version_is_predicted(version, oracle, world, require):
    if version not in oracle.versions():
        require(f"apt-{version}", f"libapt is here in {', '.join(oracle.versions())} only")
    names, installed = package_names(world), installed_names(world)
    requests = [*draw_requests("sets", names, installed, SEED + 1, 25), *UPGRADES]
    assert disagreements(oracle, world, version, requests) == []
