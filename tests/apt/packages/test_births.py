"""Is it known when apt's cache builder creates each package of a name?"""

from __future__ import annotations

import pytest

from foretell.apt.model import MULTI_ARCH_FOREIGN, RELATION_FIELDS
from foretell.apt.packages.births import PLACE_BITS, mentions, package_key
from tests.apt.world_lab import index_of, package


def lines(**fields: str) -> list[bytes]:
    return [fields.get(field.decode().replace("-", "_"), "").encode() for field in RELATION_FIELDS]


def rows(fields: dict[str, str], meta: int = 0) -> list[tuple[object, ...]]:
    return list(mentions(lines(**fields), b"i386", meta, b"amd64"))


@pytest.mark.parametrize(
    ("name", "architecture", "key"),
    [("a", "amd64", "a"), ("a", "i386", "a:i386"), ("a:any", "any", "a:any:")],
)
def test_package_has_one_key(name, architecture, key):
    assert package_key(name.encode(), architecture.encode(), b"amd64") == key.encode()


def test_relation_means_the_stanza_s_architecture():
    assert rows({"Depends": "a, b (>= 1) | c"}) == [
        (1, b"a", b"i386", False),
        (2, b"b", b"i386", False),
        (3, b"c", b"i386", False),
    ]


@pytest.mark.parametrize("field", ["Conflicts", "Breaks", "Replaces"])
def test_negative_relation_creates_a_package_only_for_a_new_name(field):
    assert rows({field: "a (<< 1)"}) == [(1, b"a", b"i386", True)]


def test_fields_are_read_in_apt_s_order():
    given = {"Provides": "p", "Enhances": "e", "Replaces": "r", "Depends": "d", "Pre_Depends": "q"}
    assert [row[1] for row in rows(given)] == [b"q", b"d", b"r", b"e", b"p"]


def test_qualified_relation_creates_a_virtual_package_and_the_one_meant():
    assert rows({"Depends": "a:arm64, b:native, c:any"}) == [
        (1, b"a:arm64", b"any", False),
        (1, b"a", b"arm64", False),
        (2, b"b:amd64", b"any", False),
        (2, b"b", b"amd64", False),
    ]


def test_provision_of_a_foreign_version_creates_the_native_package_of_a_new_name():
    assert rows({"Provides": "v"}, MULTI_ARCH_FOREIGN) == [(1, b"v", b"amd64", True)]
    assert rows({"Provides": "v"}) == [(1, b"v", b"i386", False)]


def test_index_tells_births_in_reading_order():
    text = (
        package("a", Depends="b:i386", Conflicts="c")
        + package("b", Architecture="i386", Depends="d")
        + package("a", Architecture="i386", Conflicts="c, e")
    )
    found = index_of(text, foreign=("i386",))
    keys = sorted(range(found.n_packages), key=found.pkg_birth.__getitem__)
    names = [found.name(package).decode() for package in keys]
    assert sorted(names[1:3]) == ["b:i386", "b:i386:"]
    assert names[:1] + names[3:] == ["a", "c", "d:i386", "a:i386", "e:i386"]
    assert [found.pkg_birth[package] >> PLACE_BITS for package in keys] == [0, 0, 0, 0, 1, 2, 2]
    kin = [found.name(package).decode() for package in found.kin(b"b")]
    assert kin == ["b:i386"]


def test_stanza_that_repeats_a_version_creates_nothing():
    stanza = package("a", Architecture="all", Depends="b")
    found = index_of(stanza, stanza + package("b"), foreign=("i386",))
    assert found.pkg_birth[found.find(b"b")] == 1


def test_index_of_one_architecture_keeps_no_births():
    found = index_of(package("a", Depends="b:i386"))
    assert len(found.pkg_birth) == len(found.kin_owner) == 0
