"""Does a part of an archive decide like the whole for the classic solver, with what is kept?"""

from __future__ import annotations

import json
import os

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.cases import capture
from foretell.apt.cases.capture import describe, make_case, needed_versions, write_capture
from foretell.apt.cases.case import Case, CaseCensus, format_case, make_world, parse_case
from foretell.apt.cases.embedded import embedded_world
from foretell.apt.requests.request import Request
from foretell.apt.system.state import CLASSIC
from foretell.apt.system.world import load_world
from foretell.cli.apt_menu import make_menu
from foretell.cli.apt_sides import ask_case, plain_request
from foretell.errors import InputError, UsageError
from foretell.oracle.case import write_root
from foretell.oracle.sample import draw_requests
from tests.apt.cases.test_case import VALIDATOR
from tests.apt.world_lab import Lab, installed, package
from tests.oracle.universe import Universe

SEED = int(os.environ.get("FORETELL_SEED", "1"))
UNIVERSES = 25
REQUESTS = 4
OPTION = f"APT::Solver={CLASSIC}"


def is_the_same_again(answer) -> bool:
    """Say whether the case of an answer, with what it needs only, gives all of it again."""
    case = make_case(answer, needed_versions(answer), solver_version=answer.solver_version)
    case.census = capture._keep_census(answer, case, "case")
    data = format_case(case)
    VALIDATOR.validate(json.loads(data))
    again = parse_case(data, "case")
    answered = predict(
        make_world(again, "case"), again.request, solver_version=again.solver_version
    )
    return describe(answered) == describe(answer)


def test_random_universes_replay(tmp_path):
    wrong, count, fallbacks = [], 0, 0
    for seed in range(SEED * 1000, SEED * 1000 + UNIVERSES):
        universe = Universe(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        write_root(json.loads(format_case(universe.case)), str(folder))
        world = load_world(
            str(folder), options=[OPTION], environment={}, cache=str(tmp_path / "cache")
        )
        for request in universe.requests():
            try:
                answer = predict(world, plain_request(request, world))
            except UsageError:
                continue
            count += 1
            fallbacks += answer.solver != CLASSIC
            if not is_the_same_again(answer):
                wrong.append((seed, str(request)))
    assert wrong == []
    assert count > 5 * UNIVERSES
    assert fallbacks


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return embedded_world([OPTION], cache=str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("rule", ["default", "removals"])
def test_random_requests_about_a_whole_archive_replay(rule, whole):
    wrong = []
    for request in draw_requests(rule, make_menu(whole), SEED, REQUESTS):
        answer = predict(whole, plain_request(request, whole))
        if not is_the_same_again(answer):
            wrong.append(str(request))
    assert wrong == []


def test_places_that_the_whole_archive_gives_are_kept(tmp_path):
    filler = "".join(package(f"m{n}", Depends=f"o{n}") for n in range(40))
    lab = Lab(
        tmp_path,
        package("y", Depends="b | a")  # creates b before a
        + filler
        + package("x", Depends="v")
        + package("a", Provides="v")
        + package("b", Provides="v"),
        installed("k"),
    )
    world = lab.world(OPTION)
    answer = predict(world, Request("install", ["x"]))
    assert [change.action for change in answer.changes] == ["install", "install"]
    path = os.path.join(lab.folder, "case.json")
    write_capture(answer, path, solver_version=answer.solver_version)
    with open(path, "rb") as file:
        case = parse_case(file.read(), path)
    assert "y" not in [stanza["Package"] for stanza in case.lists[0].stanzas]
    assert case.census is not None
    assert case.census.total > 80
    again = predict(make_world(case, path), case.request, solver_version=case.solver_version)
    assert describe(again) == describe(answer)
    assert {name for name, *_ in case.census.rows} < {"a", "b", "k", "v", "x"} | {"x:any"}
    case.census = None  # without it the part decides otherwise
    other = predict(make_world(case, path), case.request, solver_version=case.solver_version)
    assert describe(other) != describe(answer)


def test_a_part_is_not_put_to_the_real_apt():
    case = Case("amd64", Request("install", []))
    case.census = CaseCensus(0, [])
    with pytest.raises(UsageError, match="part of the archive"):
        ask_case(None, case, "3.0.3")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "census",
    [
        [],
        {"count": -1, "packages": []},
        {"count": 1 << 40, "packages": []},
        {"count": True, "packages": []},
        {"count": 1, "packages": [["a", "amd64", 0, 1]]},
        {"count": 1, "packages": [["a", "amd64", 0]]},
        {"count": 2, "packages": [["a", "amd64", 0, 1], ["b", "amd64", 0, 0]]},
        {"count": 2, "packages": [["a", "amd64", 0, 1], ["b", "amd64", 1, 1]]},
    ],
)
def test_hostile_census_is_refused(census):
    document = {
        "schema": "foretell.apt.case/1",
        "native": "amd64",
        "request": {"verb": "install", "words": []},
        "status": [],
        "lists": [],
        "census": census,
    }
    with pytest.raises(InputError, match="census"):
        parse_case(json.dumps(document).encode(), "case")
