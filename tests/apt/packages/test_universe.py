"""Do numbers lead to the right names, versions and relations, with the status laid over them?"""

from __future__ import annotations

import pytest

from foretell.apt.model import CONFLICTS, DEPENDS, REPLACES
from foretell.apt.packages.universe import HASH_TABLE_SIZE, Universe
from foretell.apt.syntax.deb822 import parse_fields
from foretell.errors import InputError
from tests.apt.world_lab import index_of, installed, package


def universe(text: str = "", status: tuple[str, ...] = ()) -> Universe:
    found = Universe(index_of(text), "amd64")
    for stanza in status:
        found.add_installed(parse_fields(stanza.encode(), "status", 1))
    return found


def names(found: Universe, rows: list[tuple[int, bytes]]) -> list[tuple[str, str]]:
    return [(found.name(found.package(version)).decode(), text.decode()) for version, text in rows]


def provided(found: Universe, name: str) -> list[tuple[str, str]]:
    (number,) = found.line_groups(DEPENDS, name.encode())
    ((target, _, _),) = found.members(number)
    return names(found, found.provides(target))


def test_installed_version_of_the_archive_is_one_version():
    found = universe(package("a", Depends="b  (>= 1)"), (installed("a", Depends="b (>=1)"),))
    assert found.versions(0) == [0]
    assert found.installed == {0: 0}
    assert found.is_downloadable(0)


@pytest.mark.parametrize(
    "difference", [{"Depends": "c"}, {"Conflicts": "c"}, {"Installed_Size": "11"}]
)
def test_installed_version_that_differs_is_another_below_the_archive_s(difference):
    found = universe(package("a", Depends="b"), (installed("a", **{"Depends": "b"} | difference),))
    assert found.versions(0) == [0, found.n_versions]
    assert found.installed == {0: found.n_versions}
    assert not found.is_downloadable(found.n_versions)
    assert found.files(found.n_versions) == []


@pytest.mark.parametrize(("version", "place"), [("3", 0), ("2", 1), ("1.5", 1), ("1", 2), ("0", 2)])
def test_installed_version_stands_in_order(version, place):
    stanza = installed("a", version, Conflicts="x")
    found = universe(package("a", "2") + package("a", "1"), (stanza,))
    texts = [found.version_string(number) for number in found.versions(0)]
    assert texts.index(version.encode()) == (place if version not in {"2", "1"} else place - 1)
    assert found.installed[0] == found.n_versions


def test_package_of_the_status_alone_gets_a_number_above_the_archive_s():
    found = universe(package("a"), (installed("z", "5", Depends="a", Source="s (4)"),))
    number = found.find(b"z")
    assert number == found.n_packages == 1
    (version,) = found.versions(number)
    assert found.version_string(version) == b"5"
    assert found.source(version) == (b"s", b"4")
    assert found.facts(version).installed_size == 10
    assert found.package(version) == number
    assert found.package_count() == found.version_count() == 2


def test_provides_of_an_installed_version_come_first():
    stanza = installed("z", Provides="v (= 7), w")
    found = universe(package("a", Provides="v"), (stanza,))
    assert provided(found, "v") == [("z", "7"), ("a", "")]
    assert provided(found, "w") == [("z", "")]


def test_package_does_not_provide_itself():
    found = universe(
        package("a", "2", Provides="a, a (= 2), a (= 1)")
        + package("b", Provides="b", Multi_Arch="foreign")
    )
    assert provided(found, "a") == [("a", "1")]
    assert provided(found, "b") == [("b", "")]


def test_provides_are_told_from_longer_names():
    found = universe(package("a", Provides="vv, v-x, vx (= 1)") + package("b", Provides="v"))
    assert provided(found, "v") == [("b", "")]


def test_any_is_provided_by_what_allows_it():
    found = universe(
        package("a", "3", Multi_Arch="allowed") + package("b", "1", Multi_Arch="same")
        + package("c", Provides="a")
    )  # fmt: skip
    assert provided(found, "a:any") == [("a", "3")]
    assert provided(found, "b:any") == []
    assert provided(found, "a:amd64") == [("c", ""), ("a", "3")]
    assert provided(found, "a:arm64") == []


def test_members_are_numbers_operators_and_versions():
    found = universe(package("a") + package("b"))
    (group,) = found.line_groups(DEPENDS, b"b (>= 2) | a | nobody:any")
    assert [(row[1], row[2]) for row in found.members(group)] == [(2, b"2"), (0, b""), (0, b"")]
    assert [found.name(row[0]) for row in found.members(group)] == [b"b", b"a", b"nobody:any"]
    assert found.group_type(group) == DEPENDS
    assert found.line_groups(DEPENDS, b"b (>= 2) | a | nobody:any") == [group]
    assert found.line_groups(CONFLICTS, b"b (>= 2) | a | nobody:any") != [group]


def test_broken_relation_is_refused_when_it_is_reached():
    found = universe(package("a", Depends="b ("))
    (group,) = found.relations(0)
    with pytest.raises(InputError, match="cannot be parsed"):
        found.members(group)


def test_replaces_is_repeated_for_each_phantom_of_the_name():
    found = universe(package("a", Replaces="x, y") + package("b", Depends="x:arm64 | x:i386"))
    kinds = [found.group_text(number) for number in found.relations(0)]
    assert kinds == [b"x", b"x", b"x", b"y"]
    assert found.copies(found.relation_lines(0)[REPLACES]) == 4
    assert found.copies(b"") == 0


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [(0, b"", True), (1, b"2", True), (2, b"2", True), (3, b"2", False), (4, b"2", False),
     (5, b"2", True), (6, b"2", False), (1, b"1", False), (2, b"1", True), (3, b"3", True),
     (4, b"1", True), (5, b"2.0", False), (6, b"3", True), (5, b"0:2", True)],
)  # fmt: skip
def test_operators_compare_versions(operator, wanted, expected):
    found = universe(package("a", "2"))
    assert found.holds(0, operator, wanted) is expected
    assert (found.fitting([0], operator, wanted) == [0]) is expected


def test_unversioned_provision_fulfils_no_bound():
    found = universe()
    rows = [(1, b""), (2, b"2"), (3, b"3")]
    assert found.fitting_providers(rows, 0, b"") == [1, 2, 3]
    assert found.fitting_providers(rows, 2, b"3") == [3]
    assert found.fitting_providers(rows, 6, b"3") == [2]


def test_iteration_follows_the_hash_table():
    found = universe("".join(map(package, ("libc6", "a", "B", "b"))))
    keys = [found.iteration_key(number) for number in range(4)]
    assert keys[1][0] == 5381 * 33 + ord("a")
    assert keys[2][0] == keys[3][0]  # hashed in lower case
    assert keys[2] < keys[3]
    assert all(key[0] < HASH_TABLE_SIZE for key in keys)


def test_group_has_every_architecture_of_a_name():
    found = universe(package("a"))
    other = found.add_package(b"a", b"arm64")
    assert found.group(0) == [0, other]
    assert found.find(b"a", b"arm64") == other == found.add_package(b"a", b"arm64")
    assert found.find(b"a") == 0


def test_any_is_provided_by_what_is_allowed_and_by_what_that_provides():
    text = (
        package("x", Provides="y", Multi_Arch="allowed")
        + package("w", Provides="y")
        + package("y", Provides="y", Multi_Arch="allowed")
    )
    assert provided(universe(text), "y:any") == [("y", "1"), ("y", ""), ("x", "")]


@pytest.mark.parametrize(("given", "count"), [("p", 0), ("p (= 1)", 0), ("p (= 2)", 1)])
def test_installed_package_says_nothing_by_providing_itself(given, count):
    found = Universe(index_of(package("q")), "amd64")
    number = found.add_installed({b"package": b"p", b"version": b"1", b"provides": given.encode()})
    assert len(found.provides(number)) == count


@pytest.mark.parametrize(
    ("name", "is_mentioned"),
    [
        *((name, True) for name in ("first", "lib++", "other", "last", "a")),
        *((name, False) for name in ("irst", "firs", "lib+", "the", "oth", "ast", "b", "2", "")),
    ],
)
def test_what_a_relation_names_is_known(name, is_mentioned):
    lists = package("a", Depends="first, lib++ (>= 2) | other:any, last")
    assert (universe(lists).find_mentioned(name.encode()) >= 0) == is_mentioned
    own = universe(status=(installed("a", Depends="first, lib++ (>= 2) | other:any, last"),))
    assert (own.find_mentioned(name.encode()) >= 0) == is_mentioned
