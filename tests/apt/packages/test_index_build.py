"""Are versions merged, sorted and provided in the order that apt's cache has?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.packages.binaries import source_binaries, source_number
from foretell.apt.packages.index_build import Builder
from foretell.apt.packages.universe import Universe
from foretell.errors import InputError
from tests.apt.world_lab import index_of, package


def universe(*lists: str) -> Universe:
    return Universe(index_of(*lists), "amd64")


def versions(found: Universe, name: str) -> list[str]:
    numbers = found.versions(found.find(name.encode()))
    return [found.version_string(number).decode() for number in numbers]


@given(st.permutations(["1", "1.10", "1.9", "1:0", "2~rc1", "2"]))
def test_versions_descend_whatever_their_order_in_the_list(order):
    found = universe("".join(package("a", version) for version in order))
    assert versions(found, "a") == ["1:0", "2", "2~rc1", "1.10", "1.9", "1"]


def test_same_version_in_two_lists_is_one():
    found = universe(package("a") + package("b"), package("c") + package("a"))
    (version,) = found.versions(found.find(b"a"))
    assert found.files(version) == [0, 1]
    assert found.binaries.newer(version) == []


def test_same_stanza_twice_in_one_list_is_one_version():
    found = universe(package("a") * 3)
    (version,) = found.versions(0)
    assert found.files(version) == [0, 0, 0]


@pytest.mark.parametrize(
    "difference", [{"Depends": "b"}, {"Breaks": "b"}, {"Replaces": "b"}, {"Installed_Size": "11"}]
)
def test_same_version_string_with_other_relations_is_another_version(difference):
    found = universe(package("a", Size="5"), package("a", **difference))
    assert versions(found, "a") == ["1", "1"]


@pytest.mark.parametrize("difference", [{"Recommends": "b"}, {"Section": "x"}, {"Suggests": "b"}])
def test_what_dpkg_does_not_keep_makes_no_other_version(difference):
    found = universe(package("a"), package("a", **difference))
    assert versions(found, "a") == ["1"]


def test_packages_are_numbered_by_their_first_stanza():
    found = universe(package("c") + package("a"), package("b") + package("c", "2"))
    assert [found.name(number) for number in range(3)] == [b"c", b"a", b"b"]


def test_provides_are_listed_last_parsed_first_over_all_lists():
    found = universe(
        package("a", Provides="v, v (= 2)") + package("b", Provides="w | x, v (= 3)"),
        package("c", Provides="v"),
    )
    target = found.find_mentioned(b"v")
    given = [(found.name(found.package(owner)), text) for owner, text in found.provides(target)]
    assert given == [(b"c", b""), (b"b", b"3"), (b"a", b"2"), (b"a", b"")]


def test_source_packages_with_binaries_of_several_versions_are_known():
    found = universe(
        package("a", "2", Source="s") + package("b", "1", Source="s") + package("c", "2")
    )
    a, b, c = (found.versions(found.find(name))[0] for name in (b"a", b"b", b"c"))
    number = source_number(found.archive, a)
    binaries = [version for version, _ in source_binaries(found.archive, number)]
    assert binaries == [a, b]
    assert source_number(found.archive, b) == number
    assert source_number(found.archive, c) == -1
    assert found.binaries.newer(b) == [a]
    assert found.binaries.newer(a) == found.binaries.newer(c) == []


def test_vital_packages_are_listed():
    found = universe(
        package("a") + package("b", Essential="yes") + package("c", Protected="yes")
        + package("d", Important="yes") + package("e", Essential="no")
    )  # fmt: skip
    assert [found.name(number) for number in found.essential()] == [b"b", b"c", b"d"]


def test_foreign_qualifiers_are_counted_per_name():
    found = universe(
        package("a", Depends="x:arm64, x:i386, y:any, z:native, w:amd64")
        + package("b", Recommends="x:arm64 | y:s390x (>= 1)")
    )
    assert found.archive.phantoms() == {b"x": 2, b"y": 1}


def test_run_on_commas_are_taken_apart():
    found = universe(package("a", Depends="b,c", Provides="v,w") + package("b") + package("c"))
    assert found.relation_lines(0)[1] == b"b, c"
    assert found.provides(found.find_mentioned(b"w")) == [(0, b"")]


@pytest.mark.parametrize("text", ["b|c(>=1)", "b| c (>= 1)", "b |c  (>=1 )", "b | c( >= 1)"])
def test_relations_without_blanks_read_like_others(text):
    found = universe(package("a", Depends=text, Provides="v(=1)") + package("t", Enhances="v|w"))
    assert found.relation_lines(0)[1] == b"b | c (>= 1)"
    assert found.provides(found.find_mentioned(b"v")) == [(0, b"1")]
    assert found.find_mentioned(b"w") >= 0


@pytest.mark.parametrize("text", ["(", "v, , (= 1)", ": v, |"])
def test_broken_provides_are_placed_in_their_list(text):
    builder = Builder("amd64")
    builder.add_list(lambda: [package("a", Provides="v").encode()], "good")
    builder.add_list(lambda: [package("b", Provides=text).encode()], "bad")
    with pytest.raises(InputError, match="cannot be parsed") as caught:
        builder.finish()
    assert caught.value.path == "bad"


@pytest.mark.parametrize("text", ["v (", "v (> > 1)", "v w", "v | w |"])
def test_other_broken_provides_are_refused_when_they_are_asked_for(text):
    found = universe(package("a", Provides="x") + package("b", Provides=text))
    assert found.provides(found.find_mentioned(b"x")) == [(0, b"")]
    with pytest.raises(InputError, match="cannot be parsed"):
        found.provides(found.find_mentioned(b"v"))
