"""Is every package of apt's cache known, in the orders of its creation and of its walk?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.packages.cache import cache_folder
from foretell.apt.packages.census import NOWHERE, Census, Roll, call_roll
from foretell.apt.packages.multiarch import MultiArchUniverse
from foretell.apt.packages.universe import Universe
from foretell.apt.system.world import load_world
from foretell.oracle.libapt import Libapt
from tests.apt.world_lab import index_of, package
from tests.oracle.real_apt import oracle_or_none

KEY = bytes(32)


def universe_of(*stanzas):
    return Universe(index_of("".join(stanzas)), "amd64")


def created(universe):
    """Return all packages in the order of their creation."""
    roll = call_roll(universe)
    names = dict(zip(roll.other_numbers, roll.others, strict=True))
    for number, at in enumerate(roll.numbers):
        architecture = universe.architecture(number)
        is_native = architecture == universe.native
        names[at] = universe.name(number) + (b"" if is_native else b"\t" + architecture)
    return [names[number].decode() for number in range(len(roll.places))]


def test_relations_create_packages_in_the_order_of_their_fields():
    universe = universe_of(
        package("b", Provides="v", Suggests="s", Depends="d | e (>= 1)", Pre_Depends="p"),
        package("a"),
    )
    assert created(universe) == ["b", "p", "d", "e", "s", "v", "a"]


def test_relations_without_blanks_create_the_same_packages():
    universe = universe_of(package("a", Depends="b|c,d(>=1)", Provides="v(=1),w"))
    fields = {b"package": b"z", b"version": b"1", b"architecture": b"amd64"}
    universe.add_installed({**fields, b"depends": b"x|y,a(<<3)"})
    assert created(universe) == ["a", "b", "c", "d", "v", "w"]
    assert Census(universe, call_roll(universe)).members(b"y") == [b"amd64"]


def test_what_may_be_of_any_architecture_is_created_before_it_is_provided():
    universe = universe_of(package("b", Provides="v", Multi_Arch="allowed"))
    assert created(universe) == ["b", "v:any\tany", "v", "b:any\tany"]


def test_conflicts_create_no_second_package_of_a_name():
    universe = universe_of(package("a", Depends="x:arm64", Conflicts="x"))
    assert created(universe) == ["a", "x:arm64\tany", "x\tarm64"]
    census = Census(universe, call_roll(universe))
    assert census.kin(b"x") == [b"arm64"]
    assert census.place(universe.add_package(b"x", b"amd64")) == NOWHERE


def test_relations_of_a_foreign_package_create_packages_of_its_architecture():
    universe = MultiArchUniverse(
        index_of(
            package("a", Depends="x, y", Conflicts="x")
            + package("a", Architecture="i386", Depends="x", Conflicts="y", Provides="v")
            + package("b", Architecture="i386", Provides="v, w", Multi_Arch="foreign"),
            foreign=("i386",),
        ),
        "amd64",
        ["i386"],
    )
    # What is Multi-Arch: foreign provides a name for all its packages, or else the native one.
    foreign = ["a\ti386", "x\ti386", "v\ti386", "b\ti386", "w"]
    assert created(universe) == ["a", "x", "y", *foreign]


def test_the_first_kernel_image_creates_a_hidden_name_twice():
    universe = universe_of(
        package("linux-image-amd64"), package("linux-image-6.1-x"), package("linux-image-6.2-x")
    )
    hidden = ["$kernel\tany", "$kernel\t$kernel"]
    names = ["linux-image-amd64", "linux-image-6.1-x", *hidden, "linux-image-6.2-x"]
    assert created(universe) == names


def test_installed_packages_are_created_last():
    universe = universe_of(package("a"))
    fields = {b"package": b"z", b"version": b"1", b"architecture": b"amd64", b"depends": b"a, y"}
    universe.add_installed(fields)
    residual = universe.add_package(b"rest", b"amd64")
    census = Census(universe, call_roll(universe), [residual])
    packages = [universe.add_package(name, b"amd64") for name in (b"a", b"z", b"y", b"rest")]
    assert [census.number(it) for it in packages] == [0, 1, 2, 3]
    assert sorted(map(census.place, packages)) == [0, 1, 2, 3]
    assert census.count == 4


def test_a_roll_is_read_as_it_was_written():
    roll = call_roll(universe_of(package("a", Depends="b, c:any"), package("linux-image-6.1")))
    again = Roll.decode(roll.encode(KEY), KEY)
    assert again is not None
    for name in Roll.__slots__:
        assert getattr(again, name) == getattr(roll, name)


@pytest.mark.parametrize("cut", [0, 10, 60, -1])
def test_a_damaged_roll_is_none(cut):
    data = call_roll(universe_of(package("a", Depends="b"))).encode(KEY)
    assert Roll.decode(data[:cut], KEY) is None
    assert Roll.decode(data, b"x" * 32) is None
    assert Roll.decode(data[:70] + bytes([data[70] ^ 1]) + data[71:], KEY) is None


@pytest.mark.oracle
@pytest.mark.timeout(600)
@pytest.mark.parametrize("root", ["trixie-minimal", "mixed", "multi-arch", "wine-rolling"])
def test_census_is_what_libapt_has_in_its_cache(root, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    folder = os.path.join(oracle.folder, root)
    if not os.path.exists(folder):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    world = load_world(folder, environment={}, cache=cache_folder(os.environ))
    state = world.state()
    census = state.census()
    with Libapt(oracle, folder, keeps_cache=True) as libapt:
        lines = libapt.lines("dump-order")
    wrong = []
    for place, line in enumerate(lines):
        _, number, name, architecture, *_ = line.split("\t")
        it = state.universe.add_package(os.fsencode(name), architecture.encode())
        if (census.number(it), census.place(it)) != (int(number), place):
            wrong.append(line)
    print(f"{len(lines) - len(wrong)} agreed / {len(lines)} compared")
    assert wrong == []
    assert census.count == len(lines)
