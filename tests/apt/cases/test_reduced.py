"""Is what an explanation cites enough for the same answer, with foreign architectures too?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.answers.why_not import obstacle_of
from foretell.apt.cases.case import make_world
from foretell.apt.cases.reduced import Reduction, cited_by_core
from foretell.apt.requests.request import Request
from foretell.errors import UsageError
from tests.apt.world_lab import Lab, installed, package
from tests.oracle.universe import MultiArchUniverse, PartingUniverse, Universe


def answer_again(answer):
    """Return the answer in a world that holds only what the core of a failure cites."""
    obstacle = obstacle_of(answer, solver_version="3.0.3")
    assert obstacle.core is not None
    case = Reduction(answer).case(cited_by_core(obstacle.core, answer.request))
    return predict(make_world(case, "cited"), case.request, solver_version="3.0.3")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", [Universe, MultiArchUniverse, PartingUniverse])
def test_cited_facts_of_random_failures_are_enough(kind, seed):
    universe = kind(seed)
    world = make_world(universe.case, "universe")
    for asked in universe.requests():
        request = Request(asked.verb.removesuffix("-new"), list(asked.words))
        request.allow_new = asked.verb == "upgrade-new"
        try:
            answer = predict(world, request, solver_version="3.0.3")
        except UsageError:
            continue
        if answer.verdict == "unsatisfiable":
            again = answer_again(answer)
            assert (again.verdict, again.missing_rule) == ("unsatisfiable", ""), asked


def test_builds_of_one_version_stay_apart(tmp_path):
    """The installed p provides v, the one of that version in the archive does not."""
    lab = Lab(
        tmp_path,
        package("p", Depends="q") + package("q") + package("r", Conflicts="v"),
        installed("p", Provides="v", Recommends="q") + installed("s", Depends="v"),
    )
    answer = lab.answer("install", "r")
    assert answer.verdict == "unsatisfiable"
    assert answer_again(answer).verdict == "unsatisfiable"


def test_what_is_essential_on_one_architecture_stays_so_on_that_alone():
    universe = PartingUniverse(53)
    answer = predict(
        make_world(universe.case, "universe"), Request("full-upgrade", []), solver_version="3.0.3"
    )
    assert answer.verdict == "unsatisfiable"
    assert answer_again(answer).verdict == "unsatisfiable"
