"""Are the relations on a package known in the order of apt's own list?"""

from __future__ import annotations

import os

import pytest

from foretell.apt import reverse_order
from foretell.apt.cache import cache_folder, read_heads
from foretell.apt.model import RELATION_FIELDS
from foretell.apt.reverse_order import Heads, ReverseOrder, find_heads, stamped
from foretell.apt.universe import Universe
from foretell.apt.world import load_world
from foretell.oracle.libapt import Libapt
from tests.apt.world_lab import index_of, package
from tests.oracle.real_apt import oracle_or_none

KEY = bytes(32)


def universe_of(*stanzas):
    return Universe(index_of("".join(stanzas)), "amd64")


def rows(universe, order, name, versions):
    """Return (owner, relation type, version) of the relations on a package, in their order."""
    target = universe.find(name)
    found = [
        (order.key(target, stamp), version, group, member[2])
        for version in versions
        for stamp, group, member in stamped(universe, version)
        if member[0] == target
    ]
    return [
        (
            universe.name(universe.package(version)).decode(),
            RELATION_FIELDS[universe.group_types[group]].decode().title(),
            wanted.decode(),
        )
        for _, version, group, wanted in sorted(found)
    ]


def owners(*stanzas):
    universe = universe_of(*stanzas, package("x"))
    order = ReverseOrder(universe, find_heads(universe))
    return [row[0] for row in rows(universe, order, b"x", range(universe.n_versions))]


def test_what_is_read_later_stands_behind_the_first():
    stanzas = [package(name, Depends="x") for name in "abcd"]
    assert owners(*stanzas) == ["a", "d", "c", "b"]


def test_a_version_that_is_new_to_apt_comes_first():
    some = package("a", Depends="x (>= 5)") + package("b", Depends="x (>= 4)")
    assert owners(some, package("c", Depends="x")) == ["b", "c", "a"]


@pytest.mark.parametrize(
    "earlier",
    [
        package("e", "6", Depends="y (>= 5)"),
        package("e", "6", Provides="y (= 5)"),
        package("e", "5"),
        package("e", Source="s (5)"),
    ],
    ids=["relation", "provision", "version", "source"],
)
def test_a_version_is_new_only_once(earlier):
    some = package("a", Depends="x (>= 4)") + package("b", Depends="x (>= 5)")
    assert owners(some) == ["b", "a"]
    assert owners(earlier, some, package("c", Depends="x (>= 4)")) == ["a", "c", "b"]


def test_installed_packages_are_read_last():
    universe = universe_of(package("x"), package("a", Depends="x (>= 7)"))
    for name, depends in ((b"h", b"x (>= 7)"), (b"i", b"x (>= 8)")):
        fields = {b"package": name, b"version": b"1", b"architecture": b"amd64"}
        universe.add_installed({**fields, b"depends": depends})
    order = ReverseOrder(universe, find_heads(universe))
    found = rows(universe, order, b"x", range(universe.version_count()))
    assert [row[0] for row in found] == ["i", "a", "h"]


def test_oddly_written_relations_are_read_all_the_same():
    stanzas = [package(name, Depends=text) for name, text in (("a", "x(>=5)"), ("b", "x ( >= 4 )"))]
    assert owners(*stanzas) == ["b", "a"]


def test_heads_are_read_as_they_were_written():
    heads = find_heads(universe_of(package("a", Depends="b (>= 2), c"), package("b")))
    again = Heads.decode(heads.encode(KEY), KEY)
    assert again is not None
    for name in Heads.__slots__:
        assert getattr(again, name) == getattr(heads, name)


def test_heads_are_found_once(tmp_path, monkeypatch):
    universe = universe_of(package("a", Depends="b"), package("b"))
    first = read_heads(universe, str(tmp_path))
    monkeypatch.setattr(reverse_order, "find_heads", None)
    assert read_heads(universe, str(tmp_path)).stamps == first.stamps


@pytest.mark.parametrize("cut", [0, 10, 40, -1])
def test_damaged_heads_are_none(cut):
    data = find_heads(universe_of(package("a", Depends="b"), package("b"))).encode(KEY)
    assert Heads.decode(data[:cut], KEY) is None
    assert Heads.decode(data, b"x" * 32) is None
    assert Heads.decode(data[:70] + bytes([data[70] ^ 1]) + data[71:], KEY) is None


@pytest.mark.oracle
@pytest.mark.timeout(600)
@pytest.mark.parametrize("root", ["trixie-minimal", "rolling"])
def test_order_is_that_of_libapt(root, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    folder = os.path.join(oracle.folder, root)
    if not os.path.exists(folder):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    state = load_world(folder, environment={}, cache=cache_folder(os.environ)).state()
    universe, order = state.universe, state.reverse_order()
    present = {
        (universe.name(p).decode(), universe.version_string(v).decode())
        for p, v in universe.installed.items()
    }
    wrong, compared = [], 0
    with Libapt(oracle, folder, keeps_cache=True) as libapt:
        for name, _ in sorted(present):
            theirs, is_native = [], False
            for kind, *row in (line.split("\t") for line in libapt.lines("dump-group", name)):
                if kind == "package":
                    is_native = row[2] == "amd64"
                elif (
                    kind == "needed" and is_native and (row[0].partition(":")[0], row[1]) in present
                ):
                    field = row[2].replace("PreDepends", "Pre-Depends")
                    theirs.append((row[0].partition(":")[0], field, row[4]))
            compared += len(theirs)
            if rows(universe, order, name.encode(), universe.installed.values()) != theirs:
                wrong.append(name)
    print(f"{compared} relations, {len(wrong)} lists wrong")
    assert compared > len(present)
    assert wrong == []
