"""Are the relations on a package known in the order of apt's own list?"""

from __future__ import annotations

import json
import os

import pytest

from foretell.apt.cases.case import format_case, make_world
from foretell.apt.model import RELATION_FIELDS
from foretell.apt.packages import reverse_order
from foretell.apt.packages.cache import cache_folder, read_heads
from foretell.apt.packages.reverse_order import Heads, ReverseOrder, find_heads, stamped
from foretell.apt.packages.universe import Universe
from foretell.apt.system.world import load_world
from foretell.oracle.case import write_root
from foretell.oracle.libapt import Libapt
from tests.apt.world_lab import index_of, package
from tests.oracle.real_apt import oracle_or_none
from tests.oracle.universe import TiedMultiArchUniverse, TiedUniverse

KEY = bytes(32)
SEED = int(os.environ.get("FORETELL_SEED", "1"))
UNIVERSES = 20
NEGATIVE = {"Conflicts", "Breaks", "Replaces"}


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


def test_the_version_of_a_release_comes_before_its_list():
    some = package("a", Depends="x (>= 8)") + package("b", Depends="x (>= 9)") + package("x")
    universe = Universe(index_of(some, package("c", Depends="x")), "amd64")

    def found(*releases):
        order = ReverseOrder(universe, find_heads(universe, releases))
        return [row[0] for row in rows(universe, order, b"x", range(universe.n_versions))]

    assert found(b"4", b"9") == ["b", "c", "a"]
    assert found(b"9", b"4") == ["a", "c", "b"]


def test_heads_of_other_releases_are_found_anew(tmp_path):
    universe = universe_of(package("a", Depends="b (>= 2)"), package("b"))
    for releases in ((b"7",), (b"8",), (b"7",)):
        assert releases[0] in read_heads(universe, str(tmp_path), releases).versions


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
    for name in ("ranks", "stamps", "starts", "versions"):
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
@pytest.mark.parametrize("root", ["trixie-minimal", "rolling", "wine-rolling"])
def test_order_is_that_of_libapt(root, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    folder = os.path.join(oracle.folder, root)
    if not os.path.exists(folder):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    state = load_world(folder, environment={}, cache=cache_folder(os.environ)).state()
    wrong, compared = compare_orders(oracle, folder, state, oracle.own_version())
    print(f"{compared} relations, {len(wrong)} lists wrong")
    assert compared > len(state.installed)
    assert wrong == []


@pytest.mark.oracle
@pytest.mark.parametrize("kind", [TiedUniverse, TiedMultiArchUniverse])
def test_order_is_that_of_libapt_in_random_universes(kind, tmp_path, require):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    total = 0
    for seed in range(SEED * 1000, SEED * 1000 + UNIVERSES):
        case = kind(seed).case
        folder = str(tmp_path / str(seed))
        os.mkdir(folder)
        write_root(json.loads(format_case(case)), folder)
        state = make_world(case, "universe").state()
        wrong, compared = compare_orders(oracle, folder, state, oracle.own_version())
        assert wrong == [], seed
        total += compared
    assert total > UNIVERSES


def compare_orders(oracle, folder, state, version):
    """Return whose lists differ from libapt's, and how many relations were compared."""
    universe, order = state.universe, state.reverse_order()
    text = universe.version_string
    # Two versions of the same string cannot be told apart in the dump.
    owners = {
        owner: installed
        for owner, installed in universe.installed.items()
        if [*map(text, universe.versions(owner))].count(text(installed)) == 1
    }
    present = {(full_name(universe, p), text(v).decode()) for p, v in owners.items()}
    # Of what is not in the archive nobody asks for the order: it cannot be upgraded.
    mine: dict[int, list[tuple[object, ...]]] = {
        target: [] for target in universe.installed if target < universe.n_packages
    }
    for owner, installed in owners.items():
        for stamp, group, (target, _, wanted) in stamped(universe, installed):
            if target in mine:
                kind = RELATION_FIELDS[universe.group_types[group]].decode().title()
                row = (order.key(target, stamp), full_name(universe, owner), kind, wanted.decode())
                mine[target].append(row)
    theirs: dict[str, list[tuple[str, str, str]]] = {}
    with Libapt(oracle, folder, version=version, keeps_cache="/oracle/" in folder) as libapt:
        for base in sorted({universe.name(target).decode() for target in mine}):
            theirs |= dumped(libapt, base, present)
    wrong = [
        full_name(universe, target)
        for target, found in mine.items()
        if [row[1:] for row in sorted(found)] != theirs[full_name(universe, target)]
    ]
    return wrong, sum(map(len, mine.values()))


def full_name(universe, number):
    return f"{universe.name(number).decode()}:{universe.architecture(number).decode()}"


def dumped(libapt, base, present):
    """Return by package of a name the installed positive relations in libapt's list."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    name = ""
    for kind, *row in (line.split("\t") for line in libapt.lines("dump-group", base)):
        if kind == "package":
            name = f"{row[1]}:{row[2]}"
            found[name] = []
        elif kind == "needed" and (row[0], row[1]) in present and row[2] not in NEGATIVE:
            found[name].append((row[0], row[2].replace("PreDepends", "Pre-Depends"), row[4]))
    return found
