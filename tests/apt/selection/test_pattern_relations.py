"""On which packages are relations, where there is more than one architecture?

The names are those of apt 3.0.3 for the same stanzas.
"""

from __future__ import annotations

import pytest

from foretell.apt.selection.catalogue import Catalogue
from foretell.apt.selection.pattern_match import select_packages
from tests.apt.world_lab import LIST, SITE, Lab, package

RELATIONS = {
    "a": {"Depends": "b", "Conflicts": "x", "Multi_Arch": "same"},
    "b": {"Multi_Arch": "allowed"},
    "c": {"Depends": "b:any, d", "Replaces": "a"},
    "d": {"Multi_Arch": "foreign"},
    "e": {"Depends": "b:i386", "Breaks": "d"},
    "x": {"Recommends": "all"},
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    native, foreign = (
        "".join(package(name, Architecture=own, **fields) for name, fields in RELATIONS.items())
        + package("all", Architecture="all", Depends="a")
        for own in ("amd64", "i386")
    )
    lab = Lab(tmp_path_factory.mktemp("relations"), native)
    lab.write("etc/apt/sources.list", f"deb [arch=amd64,i386] {SITE} trixie main\n")
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    name = LIST.format(suite="trixie", component="main").replace("amd64", "i386")
    lab.write(f"var/lib/apt/lists/{name}", foreign)
    world = lab.world()
    return Catalogue(world, world.state())


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("?depends(?exact-name(b))", "a a:i386"),
        ("?depends(?exact-name(b)~ri386)", "a:i386"),
        ("?depends(?exact-name(b)~ramd64)", "a"),
        ("?depends(?exact-name(b:any))", "c c:i386"),
        ("?depends(?exact-name(b:i386))", "e e:i386"),
        ("?conflicts(~n^x$)", "a a:i386"),
        ("?conflicts(~n^x$~ri386)", "a:i386"),
        ("?replaces(~n^a$~ri386)", "c:i386"),
        ("?breaks(~n^d$~ramd64)", "e"),
        ("?breaks(~n^a$)", ""),
        ("?reverse-depends(~n^c$~ri386)", "d:i386"),
        ("?reverse-depends(~n^all$)", "a"),
        ("?reverse-depends(~n^e$)", ""),
        ("?reverse-conflicts(~n^a$)", "x x:i386"),
        ("?reverse-replaces(~n^c$~ri386)", "a:i386"),
    ],
)
def test_relation_means_packages_of_its_own_architecture(catalogue, pattern, names):
    found = map(catalogue.universe.full_name, select_packages(catalogue, pattern))
    assert sorted(found) == names.split()


def test_packages_that_are_merely_mentioned_have_an_architecture(catalogue):
    found = select_packages(catalogue, "~n^all$", takes_virtual=True)
    assert [catalogue.universe.full_name(package) for package in found] == ["all", "all:i386"]
