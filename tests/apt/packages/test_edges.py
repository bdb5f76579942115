"""Are the providers of a relation listed in apt's order?

Both lists are what apt 3.0.3 shows for the same stanzas.
"""

from __future__ import annotations

from foretell.apt.packages.edges import providers_of, relations_of
from foretell.apt.packages.multiarch import MultiArchUniverse
from foretell.apt.packages.universe import Universe
from tests.apt.world_lab import index_of, package


def providers(universe):
    """Return the providers of what the package ``need`` depends on."""
    (version,) = universe.versions(universe.find(b"need"))
    (relation,) = relations_of(universe, version)
    return [universe.full_name(package) for package in providers_of(universe, relation)]


def test_important_providers_come_last():
    archive = index_of(
        package("need", Depends="v"),
        package("a-bad", Provides="v", Priority="weird"),
        package("b-req", Provides="v", Priority="Required"),
        package("c-bad", Provides="v", Priority="3"),
        package("d-extra", Provides="v", Priority="extra"),
        package("e", Provides="v"),
        package("f-old", "2", Provides="v") + package("f-old", Essential="yes"),
        package("g-old", "2", Provides="v") + package("g-old", Important="yes"),
        package("h-none", Provides="v", Priority=""),
        package("k-both", Provides="v", Important="yes", Essential="yes", Priority="extra"),
        package("l-essential", Provides="v", Essential="yes", Priority="extra"),
        package("n-essential", Provides="v", Essential="yes", Priority="required"),
        package("apt", Provides="v"),
    )
    assert providers(Universe(archive, "amd64")) == [
        *("a-bad", "c-bad", "d-extra", "e", "b-req", "h-none", "g-old"),
        *("l-essential", "f-old", "n-essential", "k-both", "apt"),
    ]


def test_more_than_sixteen_providers_are_sorted_by_an_unstable_sort():
    names = [f"p{number % 10}{chr(97 + number)}" for number in range(12)]
    priorities = ["optional" if number % 4 else "extra" for number in range(12)]
    rows = list(zip(names, priorities, strict=True))
    amd64 = [package(name, Provides="v", Priority=priority) for name, priority in rows]
    i386 = [
        package(name, Architecture="i386", Provides="v", Multi_Arch="foreign", Priority=priority)
        for name, priority in rows
    ]
    own = package("v", "2") + package("v")
    lists = "".join([package("need", Depends="v"), *amd64, own]), "".join(i386)
    archive = index_of(*lists, foreign=("i386",))
    assert providers(MultiArchUniverse(archive, "amd64", ["i386"])) == [
        *("p0a:i386", "p0a", "p4e", "p4e:i386", "p8i:i386", "p8i", "p0k:i386", "p0k"),
        *("p1b", "p1b:i386", "p1l", "p1l:i386", "p2c:i386", "p2c", "p3d:i386", "p3d"),
        *("p5f:i386", "p5f", "p6g:i386", "p6g", "p7h", "p7h:i386", "p9j", "p9j:i386"),
    ]
