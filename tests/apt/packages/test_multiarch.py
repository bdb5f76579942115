"""Does every version have the relations that apt's cache gives it, in apt's order?

The expected lists are what libapt 3.0.3 holds for the same stanzas (``tools/compare-cache``).
"""

from __future__ import annotations

import pytest

from foretell.apt.model import OPERATOR_NAMES, RELATION_FIELDS
from foretell.apt.packages.multiarch import MultiArchUniverse
from foretell.apt.syntax.deb822 import parse_fields
from tests.apt.world_lab import index_of, installed, package


def universe(native: str, foreign: str = "", status: tuple[str, ...] = ()) -> MultiArchUniverse:
    lists = (native, foreign)
    found = MultiArchUniverse(index_of(*lists, foreign=("i386",)), "amd64", ["i386"])
    for stanza in status:
        found.add_installed(parse_fields(stanza.encode(), "status", 1))
    return found


def i386(name: str, version: str = "1", **fields: str) -> str:
    return package(name, version, Architecture="i386", **fields)


def label(found: MultiArchUniverse, number: int) -> str:
    return f"{found.name(number).decode()}:{found.architecture(number).decode()}"


def relations(found: MultiArchUniverse, name: str, architecture: str = "amd64") -> list[str]:
    """Return the relations of a package's highest version; "!" marks those Multi-Arch implies."""
    version = found.versions(found.find(name.encode(), architecture.encode()))[0]
    rows = []
    for group in found.relations(version):
        kind = RELATION_FIELDS[found.group_type(group)].decode()
        ((target, operator, wanted),) = found.members(group)
        mark = "!" if found.is_implicit(group) else ""
        sign = f" {OPERATOR_NAMES[operator]} {wanted.decode()}" if operator else ""
        rows.append(f"{mark}{kind} {label(found, target)}{sign}")
    return rows


def test_relations_mean_the_own_architecture():
    found = universe(package("a", Depends="b"), i386("a", Depends="b"))
    assert relations(found, "a") == ["Depends b:amd64", "!Conflicts a:i386"]
    assert relations(found, "a", "i386") == ["Depends b:i386", "!Conflicts a:amd64"]


def test_negative_relation_means_all_packages_of_the_name_and_later_ones_at_the_end():
    fields = {"Conflicts": "x", "Replaces": "y", "Breaks": "z"}
    names = ("x", "y", "z")
    found = universe(
        package("a", **fields) + "".join(map(package, names)),
        i386("a", **fields) + "".join(map(i386, names)),
    )
    assert relations(found, "a") == [
        "Conflicts x:amd64",
        "Breaks z:amd64",
        "Replaces y:amd64",
        "!Conflicts a:i386",
        "Conflicts x:i386",
        "Replaces y:i386",
        "Breaks z:i386",
    ]
    assert relations(found, "a", "i386") == [
        "Conflicts x:amd64",
        "Breaks z:amd64",
        "Replaces y:amd64",
        "!Conflicts a:amd64",
        "Conflicts x:i386",
        "Replaces y:i386",
        "Breaks z:i386",
    ]


def test_package_born_within_the_stanza_is_copied_before_what_multi_arch_implies():
    found = universe(
        package("a", Conflicts="w", Provides="w"), i386("a", Conflicts="w", Provides="w")
    )
    assert relations(found, "a", "i386") == [
        "Conflicts w:amd64",
        "Conflicts w:i386",
        "!Conflicts a:amd64",
    ]
    assert relations(found, "a") == ["Conflicts w:amd64", "Conflicts w:i386", "!Conflicts a:i386"]


def test_versions_that_are_the_same_keep_step():
    same = {"Multi_Arch": "same"}
    found = universe(package("b", **same), i386("b", "2", **same))
    assert relations(found, "b") == ["!Replaces b:i386 << 1", "!Breaks b:i386 != 1"]
    assert relations(found, "b", "i386") == ["!Replaces b:amd64 << 2", "!Breaks b:amd64 != 2"]


def test_same_says_nothing_about_packages_for_all_architectures():
    found = universe(package("b", Architecture="all", Multi_Arch="same"), i386("b"))
    assert relations(found, "b") == ["!Conflicts b:i386"]


def test_package_without_versions_implies_nothing():
    found = universe(package("a") + package("z", Depends="a:i386"))
    assert relations(found, "a") == []
    assert relations(found, "z") == ["Depends a:i386:any"]
    assert [label(found, other) for other in found.named(b"a")] == ["a:amd64", "a:i386"]


def test_packages_of_a_name_are_in_order_of_birth():
    found = universe(package("z", Depends="a:i386") + package("a"), i386("a"))
    assert [label(found, other) for other in found.named(b"a")] == ["a:i386", "a:amd64"]
    keys = [found.iteration_key(other) for other in found.named(b"a")]
    assert keys == sorted(keys)


def test_status_adds_packages_of_every_architecture():
    status = (installed("a", "2", Architecture="i386", Depends="n"), installed("c"))
    found = universe(package("a") + package("c", Breaks="n"), i386("x"), status)
    assert label(found, sorted(found.installed)[1]) == "a:i386"
    assert relations(found, "a") == ["!Conflicts a:i386"]
    assert relations(found, "c") == ["Breaks n:amd64", "Breaks n:i386"]


def test_texts_say_the_architecture_that_is_meant():
    found = universe(package("a"), i386("a", Depends="b (>= 1) | c:any, d"))
    version = found.versions(found.find(b"a", b"i386"))[0]
    texts = [found.group_text(group).decode() for group in found.relations(version)]
    assert texts == ["b:i386 (>= 1) | c:any", "d:i386", "a:amd64"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("both", "amd64"), ("other", "i386"), ("virtual", "i386"), ("named", "amd64")],
)
def test_plain_word_means_the_first_architecture_with_a_version(name, meant):
    native = package("both") + package("p", Provides="virtual", Depends="named")
    found = universe(native, i386("both") + i386("other") + i386("virtual"))
    assert found.architecture(found.find_mentioned(name.encode())).decode() == meant
