"""Are relations of one owner to one package taken together as apt does since 3.1?"""

from __future__ import annotations

import pytest

from foretell.apt.solver3.merging import MergingTranslator
from foretell.apt.solver3.solver import EAGER, NEGATIVE, OPTIONAL
from foretell.apt.system.profiles import PROFILES
from tests.apt.solver3.test_clause import Translation
from tests.apt.world_lab import installed, package

PROVIDERS = (
    package("p1", Provides="v (= 1)")
    + package("p2", Provides="v (= 2)")
    + package("p4", Provides="v (= 4)")
)
SIGNS = {0: "", OPTIONAL: "?", NEGATIVE: "!", OPTIONAL | EAGER: "?!"}


class Merged(Translation):
    """The clauses of one small world, as the newest profile makes them."""

    def __init__(self, packages, status="", automatic=(), **settings):
        super().__init__(packages, status, automatic, **settings)
        self.translator = MergingTranslator(self.state, PROFILES["3.3.5"])

    def texts(self, label):
        """Return the clauses of a package or a version but that on itself."""
        name, _, version = label.partition("=")
        found = self.universe.find(name.encode())
        versions = {
            self.universe.version_string(v).decode(): v for v in self.universe.versions(found)
        }
        variable = 2 * versions[version] + 1 if version else 2 * found
        return [
            SIGNS[flags] + "|".join(map(self.label, alternatives))
            for _, alternatives, flags, *_ in self.translator.clauses(variable)[1:]
        ]


@pytest.mark.parametrize(
    ("depends", "of_package", "of_version"),
    [
        ("v (>= 1), v (<< 3)", ["p1=1|p2=1"], ["p1=1|p2=1"]),
        ("v (<< 2), v (>> 3)", ["p1=1", "p4=1"], []),
        ("v (>= 1), q, v (<< 3), v (>> 0)", ["p1=1|p2=1", "q"], ["p1=1|p2=1"]),
        ("v, v", ["p1=1|p2=1|p4=1"], []),
        ("v (<< 3), v (>= 2) | q", ["p1=1|p2=1", "p2=1|p4=1|q"], []),
    ],
)
def test_solutions_of_relations_to_one_package_are_intersected(depends, of_package, of_version):
    found = Merged(package("x", Depends=depends) + PROVIDERS + package("q"))
    assert found.texts("x") == of_package
    assert found.texts("x=1") == of_version


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Depends": "v", "Recommends": "v (>= 2)"}, ["p1=1|p2=1|p4=1", "?p2=1|p4=1"]),
        ({"Depends": "v (>= 2)", "Recommends": "v"}, ["p2=1|p4=1", "?p2=1|p4=1"]),
        ({"Depends": "v (<< 2)", "Recommends": "v (>= 2)"}, ["p1=1", "?p2=1|p4=1"]),
        ({"Recommends": "v, v (>= 2)"}, ["?p2=1|p4=1"]),
        ({"Conflicts": "v (>= 2), v (<< 3)"}, ["!p2=1|p4=1", "!p1=1|p2=1"]),
    ],
)
def test_depends_narrows_recommends_and_conflicts_stay_apart(fields, expected):
    found = Merged(package("x", **fields) + PROVIDERS)
    assert [set(text.split("|")) for text in found.texts("x")] == [
        set(text.split("|")) for text in expected
    ]


def test_relations_that_need_not_be_followed_leave_nothing():
    found = Merged(package("x", Suggests="y", Replaces="z", Enhances="w"))
    assert found.texts("x") == []


def test_new_version_asks_for_installed_siblings_of_its_source():
    packages = "".join(package(name, "2", Source="s") for name in "abc")
    packages += package("d", "2", Source="s (3)")
    status = "".join(installed(name, "1", Source="s") for name in "abd")
    found = Merged(packages, status)
    assert found.texts("a=2") == ["!a=1", "?!b=2"]
    assert found.texts("a=1") == ["!a=2"]
    assert found.texts("c=2") == ["?!b=2", "?!a=2"]


def test_fulfilled_recommends_stays_with_what_is_there():
    packages = package("i", Recommends="j | k") + package("j") + package("k")
    found = Merged(packages, installed("i", Recommends="j | k") + installed("j"))
    assert found.texts("i") == ["?!j"]


def test_arch_all_does_not_make_obsolete():
    packages = package("a", Source="s") + package("doc", "2", Source="s", Architecture="all")
    found = Merged(packages)
    assert not found.translator.is_obsolete(found.universe.find(b"a"))
    older = Translation(packages)
    assert older.translator.is_obsolete(older.universe.find(b"a"))
