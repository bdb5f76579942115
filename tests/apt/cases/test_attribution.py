"""Are two systems' plans put down to the fewest facts that make one decide as the other?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.difference import differing, plan_table
from foretell.apt.answers.difference_causes import find_causes
from foretell.apt.answers.predict import predict
from foretell.apt.cases import mixture
from foretell.apt.cases.attribution import attribute
from foretell.apt.cases.capture import read_capture, write_capture
from foretell.apt.cases.mixture import Mixture
from foretell.apt.requests.request import Request
from tests.apt.sufficiency.differences import draw_pairs
from tests.apt.world_lab import Lab, automatic, installed, package

CHOICE = package("x", Depends="y | z | u") + package("u")
Y, Z = package("y"), package("z")


@pytest.fixture
def plan(tmp_path):
    numbers = iter(range(9))

    def made(packages, *words, status="", options=(), version="3.0.3", **files):
        lab = Lab(tmp_path / str(next(numbers)), packages, status)
        for path, text in files.items():
            lab.write(path.replace("__", "/"), text)
        return lab.answer("install", *words, options=options, version=version)

    return made


def rows_of(first, second):
    return differing(plan_table(first), plan_table(second)).rows


def told(first, second, **how):
    return attribute(first, second, rows_of(first, second), **how)


def test_a_package_that_takes_two_facts_is_told_under_both(plan):
    found = told(plan(CHOICE + Y + Z, "x"), plan(CHOICE, "x"))
    assert [(cause.kind, cause.package, keys) for cause, keys in found.found] == [
        ("offered", "y", (("u", "amd64"), ("y", "amd64"))),
        ("offered", "z", (("u", "amd64"),)),
    ]
    assert (found.not_attributed, found.not_checked) == ((), ())


def test_what_is_told_the_other_way_round_is_one_fact(plan):
    """To leave ``u`` out takes only one of those that are not there."""
    found = told(plan(CHOICE, "x"), plan(CHOICE + Y + Z, "x"))
    ((cause, keys),) = found.found
    assert (cause.kind, cause.package, keys) == ("offered", "y", (("u", "amd64"), ("y", "amd64")))


def test_what_is_installed_takes_what_it_depends_on(plan):
    packages = package("x", Depends="y") + package("y", Depends="z") + Z + package("o")
    here = installed("y", Depends="z") + installed("z") + installed("o")
    found = told(plan(packages, "x"), plan(packages, "x", status=here))
    assert [(cause.kind, cause.package, keys) for cause, keys in found.found] == [
        ("installed", "z", (("y", "amd64"), ("z", "amd64"))),
        ("installed", "y", (("y", "amd64"),)),
    ]
    assert found.not_checked == ()


def test_what_goes_takes_what_depends_on_it(plan):
    packages = package("x", Depends="y") + package("y", Depends="z") + Z
    here = installed("y", Depends="z") + installed("z")
    found = told(plan(packages, "x", status=here), plan(packages, "x"))
    assert [(cause.package, keys) for cause, keys in found.found] == [
        ("y", (("y", "amd64"), ("z", "amd64"))),
        ("z", (("z", "amd64"),)),
    ]


def test_a_setting_is_a_cause(plan):
    packages = package("x", Recommends="y") + Y
    second = plan(packages, "x", options=("APT::Install-Recommends=0",))
    ((cause, keys),) = told(plan(packages, "x"), second).found
    assert cause == ("setting", "", "", "1", "0", "APT::Install-Recommends", "")
    assert keys == (("y", "amd64"),)


def test_pins_are_a_cause_that_names_what_they_decide(plan):
    packages = package("x", Depends="y") + Y + package("y", "2")
    pins = "Package: y\nPin: version 1\nPin-Priority: 999\n"
    ((cause, _),) = told(plan(packages, "x"), plan(packages, "x", etc__apt__preferences=pins)).found
    assert cause[:4] == ("pin", "y", "amd64", "2 (500)")
    assert cause.second == "1 (999) by preferences:1 (y: version 1)"


def test_a_pin_that_a_candidate_does_not_name_is_told(plan):
    packages = package("x", Depends="y") + Y + package("y", "2")
    pins = "Package: y\nPin: version 2\nPin-Priority: -1\n"
    ((cause, _),) = told(plan(packages, "x"), plan(packages, "x", etc__apt__preferences=pins)).found
    assert cause[:5] == ("pins", "", "", "", "y: version 2 -1")


def test_pins_about_something_else_are_told_whole(plan):
    pins = "Package: y\nPin: release *\nPin-Priority: -1\n"
    first, second = plan(CHOICE + Y, "x"), plan(CHOICE + Y, "x", etc__apt__preferences=pins)
    causes = told(first, second)
    assert {cause.kind for cause, _ in causes.found} <= {"pin", "pins"}
    assert [keys for _, keys in causes.found] == [(("u", "amd64"), ("y", "amd64"))]


def test_a_relation_is_told_with_the_version_that_says_it(plan):
    packages = package("x", Depends="y, z") + Y + Z
    first, second = plan(packages, "x"), plan(packages.replace("y, z", "y"), "x")
    ((cause, keys),) = told(first, second).found
    assert cause == ("relation", "x", "amd64", "Depends z", "", "", "1")
    assert keys == (("z", "amd64"),)


def test_another_solver_is_a_cause(plan):
    packages = package("x", Depends="y | z") + Y + Z + package("w", Depends="z")
    options = ("APT::Solver=internal",)
    first, second = (plan(packages, "x", "w", options=own) for own in ((), options))
    if not rows_of(first, second):
        pytest.fail("both solvers decide alike: the test says nothing")
    ((cause, _),) = told(first, second).found
    assert cause[:5] == ("solver", "", "", "3.0 of apt 3.0.3", "internal of apt 3.0.3")


def test_what_work_does_not_suffice_for_is_read_off(plan):
    first, second = plan(CHOICE + Y + Z, "x"), plan(CHOICE, "x")
    found = told(first, second, work_max=0)
    read_off = find_causes(first, second, rows_of(first, second))
    assert (found.found, found.not_attributed) == (read_off.found, read_off.not_attributed)
    assert sorted(found.not_checked) == sorted(key for _, keys in found.found for key in keys)
    assert found.not_checked


def test_captures_are_compared_as_their_systems_are(plan, tmp_path):
    answers = [plan(CHOICE + Y + Z, "x"), plan(CHOICE, "x", status=installed("z"))]
    again = []
    for at, answer in enumerate(answers):
        path = str(tmp_path / f"{at}.json")
        write_capture(answer, path, solver_version="3.0.3")
        world, request, version = read_capture(path)
        again.append(predict(world, request, solver_version=version))
    assert told(*again) == told(*answers)
    assert told(*again).found


@pytest.mark.parametrize("seed", range(20))
def test_a_mixture_of_nothing_is_the_first_and_of_all_the_second(seed):
    for pair in draw_pairs(seed):
        mixture = Mixture(pair.first, pair.second)
        assert mixture.table(()) == plan_table(pair.first)
        assert mixture.table(mixture.facts) == plan_table(pair.second)


def test_rows_of_which_nothing_is_known_are_not_attributed(plan):
    packages = package("x", Recommends="y") + Y
    second = plan(packages, "x", options=("APT::Install-Recommends=0",))
    found = told(plan(packages, "x"), second, work_max=0)
    assert (found.found, found.not_attributed) == ((), (("y", "amd64"),))


def test_configuration_files_that_are_purged(tmp_path):
    residual = installed("x", Status="deinstall ok config-files")
    labs = [Lab(tmp_path / name, package("x"), text) for name, text in (("a", residual), ("b", ""))]
    found = told(*(lab.answer("purge", "x") for lab in labs))
    assert [(cause.kind, keys) for cause, keys in found.found] == [("installed", (("x", "amd64"),))]


def test_of_two_pins_the_one_that_decides_is_told(plan):
    packages = package("x", Depends="y | u") + package("u")
    packages += package("y", Depends="z") + package("y", "2", Depends="z") + Z
    one = "Package: y\nPin: version 1\nPin-Priority: 999\n"
    two = f"{one}\nPackage: z\nPin: version 1\nPin-Priority: -1\n"
    found = told(plan(packages, "x"), plan(packages, "x", etc__apt__preferences=two))
    assert [(cause.kind, cause.second, keys) for cause, keys in found.found] == [
        ("pins", "z: version 1 -1", (("u", "amd64"), ("y", "amd64"), ("z", "amd64")))
    ]


def test_a_pin_on_an_origin_leaves_the_lists_alike(plan):
    packages = package("x", Depends="y") + Y + package("y", "2")
    pins = "Package: y\nPin: version 1\nPin-Priority: 999\n\n"
    pins += 'Package: z\nPin: origin "a.example.org"\nPin-Priority: 7\n'
    found = told(plan(packages, "x"), plan(packages, "x", etc__apt__preferences=pins))
    assert [(cause.kind, cause.package) for cause, _ in found.found] == [("pin", "y")]


def test_packages_that_neither_answer_rests_on_count(plan, monkeypatch):
    """With the setting alone ``y`` comes with ``w``: neither was looked at before."""
    monkeypatch.setattr(mixture, "WHOLE_MAX", 0)
    both = package("x", Recommends="y | u") + package("u")
    first = plan(
        both + package("y", Depends="w") + package("w"), "x",
        options=("APT::Install-Recommends=0",),
    )  # fmt: skip
    found = told(first, plan(both, "x"))
    assert [(cause.kind, cause.package, cause.relation) for cause, _ in found.found] == [
        ("offered", "y", ""),
        ("setting", "", "APT::Install-Recommends"),
    ]


def test_what_a_capture_of_another_request_lacks_is_no_fact(tmp_path):
    lab = Lab(tmp_path, package("x", Depends="z") + Z + package("w"))
    answers = []
    for word in ("x", "w"):
        path = str(tmp_path / f"{word}.json")
        write_capture(lab.answer("install", word), path, solver_version="3.0.3")
        world, request, version = read_capture(path)
        answers.append(predict(world, request, solver_version=version))
    ((cause, keys),) = told(*answers).found
    assert cause[:5] == ("request", "", "", "install x", "install w")
    assert len(keys) == 3


def test_options_of_a_request_are_told(tmp_path):
    lab = Lab(tmp_path, package("x") + package("o"), installed("o"))
    lab.write("var/lib/apt/extended_states", automatic("o"))
    lab.write("etc/apt/apt.conf", 'APT::Get::AutomaticRemove "1";\n')
    plain = Request("install", ["x"])
    removing = Request("install", ["x"], auto_remove=True)
    first, second = (
        predict(lab.world(), request, solver_version="3.0.3") for request in (plain, removing)
    )
    causes = {cause.kind: cause for cause, _ in told(first, second).found}
    assert causes["request"].second == "install x --auto-remove"


def test_machine_ids_are_not_told(plan):
    first, second = (plan(CHOICE, "x") for _ in range(2))
    for answer, name in ((first, b"1" * 32), (second, b"2" * 32)):
        answer.world.machine = name
    both = Mixture(first, second)
    (fact,) = both.facts
    assert (fact.name, both.texts(fact)) == ("APT::Machine-ID", ("one", "another"))


def test_release_files_that_say_otherwise_are_one_fact(plan):
    first, second = plan(CHOICE + Y, "x"), plan(CHOICE, "x")
    for answer, version in ((first, "13.1"), (second, "13.2")):
        answer.world.files[0].version = version
    both = Mixture(first, second)
    facts = {fact.kind: fact for fact in both.facts}
    assert set(facts) == {"lists", "offered"}
    assert both.texts(facts["lists"]) == ("version 13.1", "version 13.2")
