"""Is every package provided by what apt's cache says, last recorded first?

The expected lists are what libapt 3.0.3 holds for the same stanzas (``tools/compare-cache``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.apt.packages.test_multiarch import i386, universe
from tests.apt.world_lab import package

if TYPE_CHECKING:
    from foretell.apt.packages.multiarch import MultiArchUniverse

FOREIGN = {"Multi_Arch": "foreign"}
ALLOWED = {"Multi_Arch": "allowed"}


def provided(found: MultiArchUniverse, name: str, architecture: str) -> list[str]:
    number = found.add_package(name.encode(), architecture.encode())
    rows = []
    for version, given in found.provides(number):
        owner = found.package(version)
        text = f"{found.name(owner).decode()}:{found.architecture(owner).decode()}"
        rows.append(f"{text} {given.decode()}".rstrip())
    return rows


def test_foreign_version_provides_its_name_to_the_others():
    found = universe(package("c", **FOREIGN), i386("c", **FOREIGN))
    assert provided(found, "c", "amd64") == ["c:i386 1"]
    assert provided(found, "c", "i386") == ["c:amd64 1"]


def test_plain_version_provides_for_its_own_architecture():
    found = universe(package("b", Provides="w"), i386("b", Provides="w") + i386("c", Provides="w"))
    assert provided(found, "w", "amd64") == ["b:amd64"]
    assert provided(found, "w", "i386") == ["c:i386", "b:i386"]


def test_package_born_later_gets_what_the_eldest_has_last_one_first():
    native = (
        package("f", Provides="v (= 1), v (= 2)", **FOREIGN)
        + package("g", Provides="v")
        + package("h", Provides="v", **FOREIGN)
    )
    foreign = i386("f", Provides="v", **FOREIGN) + i386("m", Depends="v") + i386("n", Provides="v")
    found = universe(native, foreign)
    assert provided(found, "v", "amd64") == [
        "f:i386",
        "h:amd64",
        "g:amd64",
        "f:amd64 2",
        "f:amd64 1",
    ]
    assert provided(found, "v", "i386") == [
        "n:i386",
        "f:amd64 1",
        "f:amd64 2",
        "h:amd64",
        "f:i386",
    ]


def test_foreign_provision_for_a_new_name_is_for_the_native_package():
    found = universe(package("a"), i386("k", Provides="u", **FOREIGN))
    assert provided(found, "u", "amd64") == ["k:i386"]
    assert found.named(b"u") == [found.find(b"u")]


def test_any_is_provided_by_what_is_allowed_and_by_what_that_provides():
    native = package("x", Provides="y (= 5), y", **ALLOWED) + package("z", Depends="y:any")
    foreign = i386("x", Provides="y (= 5)", **ALLOWED) + i386("w", Provides="y")
    found = universe(native, foreign)
    assert provided(found, "y:any", "any") == ["x:i386 5", "x:amd64", "x:amd64 5"]
    assert provided(found, "x:any", "any") == ["x:i386 1", "x:amd64 1"]


def test_what_was_read_before_a_name_was_qualified_counts_as_versioned():
    native = package("b", Provides="x") + package("x", "2") + package("x")
    foreign = (
        i386("b", Provides="x")
        + i386("x", "2")
        + i386("m", Depends="x:i386, x:amd64")
        + i386("c", Provides="x")
    )
    found = universe(native, foreign)
    assert provided(found, "x:i386", "any") == ["c:i386", "x:i386 2", "b:i386 1"]
    assert provided(found, "x:amd64", "any") == ["x:amd64 1", "x:amd64 2", "b:amd64 1"]


def test_own_name_is_provided_by_foreign_versions_only():
    found = universe(package("a", Provides="a, a (= 3)") + package("f", Provides="f", **FOREIGN))
    assert provided(found, "a", "amd64") == ["a:amd64 3"]
    assert provided(found, "f", "amd64") == ["f:amd64"]
