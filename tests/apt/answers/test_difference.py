"""Is a difference empty for equal sides, and does it turn with them?"""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foretell.apt.answers.difference import (
    Difference,
    Entry,
    Row,
    Sizes,
    differing,
    installed_table,
    offered_table,
    plan_table,
)
from foretell.apt.answers.difference_causes import CAUSES, Causes, find_causes
from foretell.apt.answers.plan_file import parse_plan, read_document
from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.apt.system.policy import PackageFile
from foretell.errors import InputError, UsageError
from tests.apt.world_lab import Lab, automatic, installed, package, world_of
from tests.strategies.universes import NAMES, Town, Version, towns

versions = st.sampled_from(["1", "1.0", "2", "1:1", "2~a"])
actions = st.sampled_from(["install", "upgrade", "remove"])
sizes = st.integers(0, 9)
entries = st.builds(Entry, st.none() | versions, actions, st.none() | versions, st.booleans(),
                    sizes, sizes)  # fmt: skip
tables = st.dictionaries(st.tuples(st.sampled_from("abcd"), st.just("amd64")), entries, max_size=4)
requests = st.builds(
    Request,
    st.sampled_from(["install", "remove", "upgrade", "full-upgrade"]),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
)


@given(tables, tables)
def test_difference_turns_with_its_sides(first, second):
    found, turned = differing(first, second), differing(second, first)
    assert turned == Difference(
        tuple(row.mirrored() for row in found.rows), found.second, found.first
    )
    assert differing(first, first).rows == ()
    told = {(row.package, row.architecture) for row in found.rows}
    assert told == {key for key in {*first, *second} if first.get(key) != second.get(key)} - {
        key for key in first if key in second and first[key][:4] == second[key][:4]
    }


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (None, Entry("1"), "added"),
        (Entry("1"), None, "removed"),
        (Entry("1.9"), Entry("1.10"), "upgraded"),
        (Entry("1:1"), Entry("2"), "downgraded"),
        (Entry("1", "install"), Entry("1", "reinstall", "1"), "changed"),
        (Entry(None, "remove", "1"), Entry("2", "upgrade", "1"), "changed"),
        (Entry("1", "install", None, True), Entry("1", "install", None, False), "changed"),
        (Entry("1.0"), Entry("1.00"), "changed"),  # equal versions that are spelt otherwise
    ],
)
def test_kind_of_a_row(first, second, kind):
    left, right = ({} if entry is None else {("a", "all"): entry} for entry in (first, second))
    assert differing(left, right).rows == (Row(kind, "a", "all", first, second),)


def test_sizes_are_sums_or_unknown():
    known = {("a", "all"): Entry("1", download=5, disk=-7), ("b", "all"): Entry("1", disk=2)}
    assert differing(known, {}).first == Sizes(None, -5)
    assert differing(known, {}).second == Sizes(0, 0)
    assert differing(known, {}, (Sizes(1, 2), None)).first == Sizes(1, 2)


# -- plans ---------------------------------------------------------------------------------------


def ask(town: Town, request: Request):
    world = world_of(town.list_text(), town.status_text(), tuple(town.automatic))
    world.files = [PackageFile()]  # causes name priorities
    return predict(world, request, solver_version="3.0.3")


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Town, Town]:
    """Draw two towns that differ in a few facts."""
    town = draw(towns())
    kind = draw(st.sampled_from(["relation", "version", "installed", "mark"]))
    other = Town(list(town.versions), dict(town.here), set(town.automatic))
    name = draw(st.sampled_from(NAMES))
    if kind == "installed":
        other.here.pop(name, None)
    elif kind == "mark":
        other.automatic ^= {name} & set(town.here)
    else:
        at = draw(st.integers(0, len(town.versions) - 1))
        given_version = other.versions.pop(at)
        is_here = town.here.get(given_version.name) == given_version.version
        if kind == "relation" or is_here:
            changed = Version(given_version.name, given_version.version, {}, given_version.provides)
            other.versions.insert(at, changed)
    return town, other


@given(towns(), requests)
def test_plan_differs_in_nothing_from_itself(town, request):
    first, second = ask(town, request), ask(town, request)
    assume(first.verdict == "ok")
    found = differing(plan_table(first), plan_table(second))
    assert found.rows == ()
    assert find_causes(first, second, found.rows) == Causes((), ())


@given(neighbours(), requests)
def test_causes_are_true_and_turn_with_the_sides(pair, request):
    answers = []
    for town in pair:
        try:
            answers.append(ask(town, request))
        except UsageError:  # nobody offers what is asked for
            assume(False)
    first, second = answers
    assume(first.verdict == second.verdict == "ok")
    found = differing(plan_table(first), plan_table(second))
    causes = find_causes(first, second, found.rows)
    told = [key for _, keys in causes.found for key in keys]
    assert sorted([*told, *causes.not_attributed]) == [row[1:3] for row in found.rows]
    turned = find_causes(second, first, [row.mirrored() for row in found.rows])
    assert {cause.kind for cause, _ in turned.found} <= set(CAUSES)
    for cause, _ in (*causes.found, *turned.found):
        assert cause.first != cause.second
    for cause, _ in causes.found:
        assert is_true(cause, pair, answers), (cause, pair)


def is_true(cause, pair, answers) -> bool:
    """Say whether the towns, without any code of the solver, are what a cause says."""
    name = cause.package
    here = tuple(town.here.get(name, "") for town in pair)
    offered = [sorted(v.version for v in town.versions if v.name == name) for town in pair]
    if cause.kind == "installed":
        return here == (cause.first, cause.second) and here[0] != here[1]
    if cause.kind == "mark":
        marks = [name in town.automatic for town in pair]
        return here[0] == here[1] != "" and marks[0] != marks[1]
    if cause.kind == "offered":
        return offered[0] != offered[1]
    said = [
        {
            f"{field} {part}"
            for v in town.versions
            if v.name == name
            for field, text in v.texts().items()
            for part in text.split(", ")
        }
        for town in pair
    ]
    if cause.kind == "relation":
        (text,) = {cause.first, cause.second} - {""}
        return [text in found for found in said].count(True) >= 1 and said[0] != said[1]
    if cause.kind == "fulfilled":
        finals = []
        for answer in answers:
            universe = answer.state.universe
            finals.append({universe.name(p).decode() for p in answer.planned.versions})
        return all(cause.relation in found for found in said) and all(
            set(filter(None, text.split(", "))) <= final
            for text, final in zip((cause.first, cause.second), finals, strict=True)
        )
    return False


def test_one_fact_is_named_as_the_cause(tmp_path):
    def plan(name, packages, status="", held=""):
        lab = Lab(tmp_path / name, packages, status)
        if held:
            lab.write("etc/apt/preferences", held)
        return lab.answer("install", "x")

    base = package("x", Depends="y") + package("y") + package("y", "2") + package("z")
    plain = plan("a", base)
    here = plan("b", base, installed("y"))
    other = plan("c", base.replace("Depends: y", "Depends: y, z"))
    older = plan("d", base.replace("Version: 2", "Version: 3"))
    pinned = plan("e", base, held="Package: y\nPin: version 1\nPin-Priority: 999\n")

    def told(first, second):
        found = differing(plan_table(first), plan_table(second))
        return find_causes(first, second, found.rows)

    cause = told(plain, here).found[0][0]
    assert (cause.kind, cause.package, cause.first, cause.second) == ("installed", "y", "", "1")
    cause = told(plain, older).found[0][0]
    assert (cause.kind, cause.first, cause.second) == ("offered", "2 (500)", "3 (500)")
    ((cause, keys),) = told(plain, other).found
    assert (cause.kind, cause.package, keys) == ("relation", "x", (("z", "amd64"),))
    ((cause, keys),) = told(plain, pinned).found
    assert (cause.kind, cause.first) == ("pin", "2 (500)")
    assert cause.second == "1 (999) by preferences:1 (y: version 1)"


def test_the_relation_of_what_goes_is_its_own(tmp_path):
    def plan(name, relations):
        status = installed("needed") + installed("needs", **relations)
        packages = package("needed") + package("needs", **relations)
        lab = Lab(tmp_path / name, packages, status + installed("top", Recommends="needs"))
        lab.write("var/lib/apt/extended_states", automatic("needs"))
        return lab.answer("remove", "needed")

    first, second = plan("a", {"Depends": "needed"}), plan("b", {})
    found = differing(plan_table(first), plan_table(second))
    ((cause, keys),) = find_causes(first, second, found.rows).found
    assert (cause.kind, cause.package, cause.first) == ("relation", "needs", "Depends needed")
    assert keys == (("needs", "amd64"),)


def test_what_differs_itself_is_no_cause(tmp_path):
    """That ``new`` fulfils the relation of ``kept`` in one plan only is what is to be explained."""
    packages = package("x", Depends="y") + package("y") + package("kept", Recommends="new")
    packages += package("new", Depends="y")
    lab = Lab(tmp_path, packages, installed("kept", Recommends="new"))
    first, second = lab.answer("install", "x", "new"), lab.answer("install", "x")
    found = differing(plan_table(first), plan_table(second))
    assert find_causes(first, second, found.rows) == Causes((), (("new", "amd64"),))


# -- sets ----------------------------------------------------------------------------------------


def test_tables_of_a_world(tmp_path):
    lab = Lab(tmp_path, package("a", "1", Size="7") + package("b", "2"), installed("c", "3"))
    world = lab.world()
    assert installed_table(world.state()) == {("c", "amd64"): Entry("3", disk=10240)}
    assert offered_table(world) == {
        ("a", "amd64"): Entry("1", download=7, disk=10240),
        ("b", "amd64"): Entry("2", download=1000, disk=10240),
    }
    assert offered_table(world, "trixie") == offered_table(world)
    with pytest.raises(UsageError):
        offered_table(world, "sid")


# -- files ---------------------------------------------------------------------------------------

PLAN = {
    "schema": "foretell.apt.plan/1",
    "verdict": "ok",
    "changes": [
        {
            "package": "a",
            "architecture": "amd64",
            "action": "install",
            "version": "1",
            "from": None,
            "automatic": True,
        }
    ],
    "sizes": {"download": 5, "disk": 6},
}


def test_plan_is_read_back():
    plan = parse_plan(json.dumps(PLAN).encode(), "p")
    assert plan.table == {("a", "amd64"): Entry("1", "install", None, True)}
    assert (plan.verdict, plan.sizes) == ("ok", Sizes(5, 6))
    old = {name: value for name, value in PLAN.items() if name != "sizes"}
    assert parse_plan(json.dumps(old).encode(), "p").sizes is None


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "foretell.apt.case/1"},
        {"changes": {}},
        {"changes": [3]},
        {"changes": [{"package": "a"}]},
        {"changes": PLAN["changes"] * 2},  # type: ignore[operator]
        {"verdict": 3},
        {"sizes": []},
        {"sizes": {"download": "5", "disk": 6}},
        {"sizes": {"download": True, "disk": 6}},
    ],
)
def test_broken_plan_is_refused(change):
    with pytest.raises(InputError):
        parse_plan(json.dumps({**PLAN, **change}).encode(), "p")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_is_refused(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(InputError):
        read_document(str(path))
