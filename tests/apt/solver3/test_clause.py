"""Does every relation become the clause that apt's translation gives it?

Clauses are shown as ``owner -> alternatives`` by name: a package is its name, a version
``name=version``; ``!`` forbids, ``?`` is optional.
"""

from __future__ import annotations

import pytest

from foretell.apt.solver3.clause import GROUPS, Translator
from foretell.apt.solver3.solver import NEGATIVE, OPTIONAL, urgency_of
from foretell.apt.system.profiles import PROFILES
from tests.apt.world_lab import installed, package, world_of


class Translation:
    """The clauses of one small world."""

    def __init__(self, packages, status="", automatic=(), **settings):
        self.state = world_of(packages, status, automatic).state()
        for name, value in settings.items():
            assert hasattr(self.state, name)
            setattr(self.state, name, value)
        self.universe = self.state.universe
        self.translator = Translator(self.state, PROFILES["3.0.3"])

    def label(self, variable):
        universe = self.universe
        if variable & 1:
            version = variable >> 1
            name = universe.name(universe.package(version)).decode()
            return f"{name}={universe.version_string(version).decode()}"
        return universe.name(variable >> 1).decode()

    def of(self, label):
        """Return the clauses of a package or a version, and the group of each."""
        name, _, version = label.partition("=")
        package = self.universe.find(name.encode())
        variable = 2 * package
        if version:
            texts = {self.universe.version_string(v).decode(): v
                     for v in self.universe.versions(package)}  # fmt: skip
            variable = 2 * texts[version] + 1
        found = []
        for clause in self.translator.clauses(variable):
            owner, alternatives, flags, urgency, group, _ = clause
            assert owner == variable
            assert urgency == urgency_of(flags, group)
            sign = {0: "", OPTIONAL: "?", NEGATIVE: "!"}[flags]
            found.append((sign + "|".join(map(self.label, alternatives)), GROUPS[group]))
        return found

    def relations(self, label):
        """Return the clauses without those that tie packages and versions together."""
        return [text for text, group in self.of(label) if group != "SelectVersion"]


def test_package_asks_for_a_version_and_owns_what_all_versions_share():
    packages = package("a", "2", Depends="b, c") + package("a", "1", Depends="c, d")
    found = Translation(packages + "".join(map(package, "bcd")))
    assert found.of("a") == [("a=2|a=1", "SelectVersion"), ("c", "SatisfyNew")]
    assert found.of("a=2") == [("a", "SelectVersion"), ("!a=1", "Satisfy"), ("b", "SatisfyNew")]
    assert found.of("a=1") == [("a", "SelectVersion"), ("!a=2", "Satisfy"), ("d", "SatisfyNew")]


def test_only_version_adds_nothing_but_its_package():
    found = Translation(package("a", Depends="b") + package("b"))
    assert found.of("a") == [("a=1", "SelectVersion"), ("b", "SatisfyNew")]
    assert found.of("a=1") == [("a", "SelectVersion")]


@pytest.mark.parametrize(
    ("depends", "expected"),
    [
        ("b", "b"),  # every version fits: the package
        ("b (>= 1)", "b"),
        ("b (>= 2)", "b=2"),
        ("b (<< 1)", ""),
        ("c", "c"),
        ("c (>= 2)", ""),
        ("none", ""),
        ("b (>= 2) | c", "b=2|c"),
        ("c | b", "c|b"),
        ("v", "p1=1|p2=1"),  # by name
        ("v | c", "p1=1|p2=1|c"),
        ("p2", "p2"),
        ("w", "w=1|p3=1"),  # the name itself before its providers
        ("v (>= 1)", ""),
        ("x (>= 2)", "p3=1"),
        ("x (>= 3)", ""),
        ("m:any", "m=1"),
        ("b:any", ""),
        ("c:native", "c=1"),
        ("c:arm64", ""),
        ("c (>= 1) | c", "c|c"),
    ],
)
def test_depends_becomes_its_alternatives(depends, expected):
    packages = (
        package("a", Depends=depends) + package("b", "2") + package("b", "1") + package("c")
        + package("p2", Provides="v") + package("p1", Provides="v")
        + package("p3", Provides="w, x (= 2)") + package("w") + package("m", Multi_Arch="allowed")
    )  # fmt: skip
    assert Translation(packages).relations("a") == [expected]


def test_relations_come_in_apt_s_order_of_types():
    fields = {"Enhances": "e", "Suggests": "s", "Recommends": "r", "Breaks": "b", "Conflicts": "c",
              "Depends": "d", "Pre-Depends": "p", "Replaces": "x"}  # fmt: skip
    found = Translation(package("a", **fields) + "".join(map(package, "pdcbrsxe")))
    assert found.relations("a") == ["p", "d", "!c=1", "!b=1", "?r", "?", "?", "?"]


def test_what_need_not_be_followed_leaves_an_empty_clause_on_package_and_version():
    found = Translation(package("a", Suggests="b, c", Replaces="d"))
    assert found.of("a")[1:] == [("?", "Satisfy")] * 3
    assert found.of("a=1")[1:] == [("?", "Satisfy")] * 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["?r", "?"]),
        ({"install_recommends": False}, ["?", "?"]),
        ({"install_suggests": True}, ["?r", "?s"]),
        ({"install_recommends": False, "recommends_sections": frozenset([b"misc"])}, ["?r", "?"]),
    ],
)
def test_settings_say_which_optional_relations_are_followed(settings, expected):
    packages = package("a", Recommends="r", Suggests="s") + package("r") + package("s")
    assert Translation(packages, **settings).relations("a") == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Conflicts": "b"}, ["!b=2|b=1"]),
        ({"Breaks": "b (<< 2)"}, ["!b=1"]),
        ({"Conflicts": "none"}, []),
        ({"Conflicts": "b (<< 1)"}, []),
        ({"Conflicts": "a"}, []),  # a package never excludes itself
        ({"Conflicts": "v", "Provides": "v"}, ["!p=1"]),
        ({"Breaks": "a (<< 9), b"}, ["!b=2|b=1"]),
    ],
)
def test_conflict_forbids_versions(fields, expected):
    packages = package("a", **fields) + package("b", "2") + package("b", "1")
    assert Translation(packages + package("p", Provides="v")).relations("a") == expected


def test_installed_alternative_comes_first_unless_policy_is_to_be_fixed():
    packages = package("a", Depends="b | c | d") + "".join(map(package, "bcd"))
    assert Translation(packages, installed("c")).of("a")[1] == ("c|b|d", "Satisfy")
    kept = Translation(packages, installed("c"), fix_policy=True)
    assert kept.of("a")[1] == ("b|c|d", "Satisfy")


def test_providers_are_ordered_by_what_is_known_of_them():
    packages = (
        package("a", Depends="v") + package("n", Provides="v")
        + package("o", Provides="v", Priority="standard")
        + package("q", Provides="v", Essential="yes") + package("p", Provides="v", Protected="yes")
        + package("z", Provides="v")
    )  # fmt: skip
    found = Translation(packages, installed("z", Provides="v"))
    assert found.relations("a") == ["z=1|q=1|p=1|o=1|n=1"]


def test_candidate_comes_first_in_upgrades_and_the_installed_otherwise():
    packages = package("a", "2") + package("a", "1")
    status = installed("a", "1")
    assert Translation(packages, status).of("a")[0][0] == "a=1|a=2"
    assert Translation(packages, status, is_upgrade=True).of("a")[0][0] == "a=2|a=1"


@pytest.mark.parametrize(
    ("depends", "group"),
    [("new", "SatisfyNew"), ("here", "Satisfy"), ("gone", "SatisfyObsolete"),
     ("new | here", "Satisfy"), ("none", "SatisfyNew"), ("superseded", "SatisfyObsolete")],
)  # fmt: skip
def test_group_of_a_clause_says_what_it_would_bring(depends, group):
    packages = (
        package("a", Depends=depends) + package("new") + package("here")
        + package("superseded", "1", Source="s") + package("successor", "2", Source="s")
    )  # fmt: skip
    found = Translation(packages, installed("here") + installed("gone"))
    assert found.of("a")[1][1] == group


def test_manual_package_is_obsolete_only_when_asked_for():
    found = Translation("", installed("gone") + installed("auto"), ("auto",))
    gone, auto = (found.universe.find(name) for name in (b"gone", b"auto"))
    assert not found.translator.is_obsolete(gone)
    assert found.translator.is_obsolete(gone, and_manual=True)
    assert found.translator.is_obsolete(auto)


def test_unsatisfied_recommends_of_an_installed_package_is_not_asked_for_again():
    packages = package("a", Recommends="b") + package("b")
    assert Translation(packages, installed("a", Recommends="b")).relations("a") == ["?"]
    here = Translation(packages, installed("a", Recommends="b") + installed("b"))
    assert here.relations("a") == ["?b"]


def test_satisfied_recommends_is_kept_in_an_upgrade():
    packages = package("a", "2", Recommends="b") + package("b")
    status = installed("a", "1", Recommends="b") + installed("b")
    found = Translation(packages, status, is_upgrade=True)
    assert found.relations("a") == ["b"]


def test_version_of_another_world_s_answer_is_not_taken_over():
    """What the archive settles is remembered by text; a status file can make it wrong."""
    packages = package("a", Depends="b(>= 1)", Breaks="c:any, d(<< 9)") + package("b")
    fresh = Translation(packages)
    assert fresh.relations("a") == ["b"]
    status = installed("b", "0") + installed("c", Multi_Arch="allowed") + installed("d")
    other = world_of(packages, status)
    other._settled = fresh.universe.settled
    found = Translation(packages, status)
    expected = found.relations("a")
    found.state = other.state()
    found.universe, found.translator = (
        found.state.universe,
        Translator(found.state, PROFILES["3.0.3"]),
    )
    assert found.relations("a") == expected == ["b=1", "!c=1", "!d=1"]
