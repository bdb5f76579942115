"""Do words mean what they mean to apt 3.0.3 where names are virtual, and is the same said of them?

Every row was seen with the real apt on a root of these packages.
"""

from __future__ import annotations

import pytest

from foretell.apt.requests.notes import WordsError
from foretell.apt.requests.request import Request, apply_request
from foretell.apt.system.state import DELETE
from foretell.apt.unmodelled import Unmodelled
from tests.apt.world_lab import LIST, SITE, Lab, installed, package

STABLE = (
    package("a", Provides="v1, v2, v3 (= 5), v6") + package("b", Provides="v1, v4")
    + package("p1", Provides="w7 (= 3)") + package("p2", Provides="w7 (= 4)")
    + package("p8", Provides="w8") + package("p8", "2", Provides="w8")
    + package("r1", Replaces="old") + package("new", "2", Provides="vnew")
    + package("p11", Provides="w12 (= 1), w12 (= 2)") + package("dot.ted")
)  # fmt: skip
SID = (
    package("a", "2", Provides="v1") + package("b", "2", Provides="v1, v2, v4, v9")
    + package("s1", Provides="v1, vs") + package("new") + package("i", "2", Provides="v10")
    + package("here", "2")
)  # fmt: skip
STATUS = (
    installed("i", "1", Provides="v10") + installed("only", Provides="v11, v12")
    + installed("here", "1") + installed("auto")
    + installed("left", "1", Status="deinstall ok config-files", Provides="v12")
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("words"), STABLE, STATUS)
    lab.write("etc/apt/sources.list", f"deb {SITE} trixie main\ndeb {SITE} sid main\n")
    lab.add_list(SID, suite="sid")
    lab.set_automatic("auto")
    return lab.world()


def told(universe, note):
    """Return the parts of a note, by names."""
    version = universe.full_name(universe.package(note.version)) if note.version >= 0 else ""
    return note.kind, universe.full_name(note.package), note.text or version


def asked(world, verb, *words, **options):
    """Return what is put there, what goes, and what is said, by names."""
    state = world.state()
    notes = apply_request(state, world, Request(verb, list(words), **options))
    universe = state.universe
    wanted = {
        universe.full_name(p): universe.version_string(v).decode() for p, v in state.chosen.items()
    }
    said = [" ".join(filter(None, told(universe, note))) for note in notes]
    removed = [universe.full_name(p) for p, mode in state.mode.items() if mode == DELETE]
    return wanted, removed, said


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("v2", {"b": "2"}),
        ("v2/sid", {"b": "2"}),
        ("v2/trixie", {"a": "1"}),
        ("v3=5", {"a": "1"}),
        ("w7=4", {"p2": "1"}),
        ("w8/trixie", {"p8": "2"}),
        ("w12=1", {"p11": "1"}),
        ("v10/now", {"i": "1"}),
        ("v10/sid", {"i": "2"}),
        ("vs/sid", {"s1": "1"}),
        ("here/now", {"here": "1"}),
        ("vnew/trixie", {"new": "2"}),
        ("v?", None),
        ("v*", {"b": "2", "new": "2", "s1": "1", "i": "2", "only": "1"}),
    ],
)
def test_virtual_package_means_its_only_provider(world, word, chosen):
    if chosen is None:
        with pytest.raises(WordsError):
            asked(world, "install", word)
    else:
        assert asked(world, "install", word)[0] == chosen


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        (["v1"], ["Package 'v1' has no installation candidate"]),
        (["v1/sid"], ["Release 'sid' for 'v1' was not found"]),
        (["v3"], ["Package 'v3' has no installation candidate"]),
        (["v2=2"], ["Version '2' for 'v2' was not found"]),
        (["w7=*"], ["Version '*' for 'w7' was not found"]),
        (["vnew/sid"], ["Release 'sid' for 'vnew' was not found"]),
        (["a=9-"], ["Version '9-' for 'a' was not found", "Version '9' for 'a' was not found"]),
        (["a/trixie-"], ["Release 'trixie-' for 'a' was not found"]),
        (["no-"], ["Unable to locate package no"]),
        (["no*=1"], ["Unable to locate package no*", "Couldn't find any package by glob 'no*'"]),
        (["n.o"], ["Unable to locate package n.o", "Couldn't find any package by glob 'n.o'"]),
        (
            ["n.o:i386:any"],
            [
                "Unable to locate package n.o:i386:any",
                "Couldn't find any package by glob 'n.o:i386'",
            ],
        ),
        (
            ["n.o:X+y"],
            ["Unable to locate package n.o:X+y", "Couldn't find any package by glob 'n.o'"],
        ),
        (["n:o^"], ["Unable to locate package n:o^"]),
        (["^no:i386"], ["Unable to locate package ^no:i386",
                        "Couldn't find any package by regex '^no'"]),
        (["no^/sid"], ["Unable to locate package no^", "Couldn't find task 'no'"]),
        (["n[o]*"], ["Unable to locate package n[o]*"]),
        (["?foo"], ["input:0-4: error: Unrecognized pattern '?foo'\n   ?foo\n   ^^^^",
                    "Unable to locate package ?foo"]),
        (["zzz", "a", "old"], ["Unable to locate package zzz",
                               "Package 'old' has no installation candidate"]),
    ],
)  # fmt: skip
def test_each_refusal_is_told(world, words, messages):
    with pytest.raises(WordsError) as caught:
        asked(world, "install", *words)
    assert [error.message for error in caught.value.each] == messages


def test_what_cannot_be_had_comes_in_the_order_of_creation(world):
    with pytest.raises(WordsError) as caught:
        asked(world, "install", "old", "v1/trixie", "zzz")
    name = caught.value.state.universe.name
    assert [name(package) for package in caught.value.lacking] == [b"v1", b"old"]
    changed = [sorted(map(name, them)) for them in caught.value.lacking.values()]
    assert changed == [[b"a", b"b"], []]


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        ("install", ["vs", "here=2"], ["instead vs s1"]),
        ("install", ["b*/sid"], ["glob b b*", "version b b"]),
        ("install", ["^b$=2*"], ["regex b ^b$", "version b b"]),
        ("install", ["only", "here/now", "only"],
         ["newest only only", "newest here here", "version here here"]),
        ("install", ["a-", "a"], ["not-installed a"]),
        ("remove", ["a", "old", "v1", "vs"],
         ["not-installed old", "virtual v1", "instead vs s1", "not-installed a"]),
        ("remove", ["v1*"], ["glob v1 v1*", "glob v10 v1*", "glob v11 v1*", "glob v12 v1*",
                             "instead v10 i", "instead v11 only", "instead v12 only"]),
        ("reinstall", ["only", "a", "auto"], ["no-reinstall only", "no-reinstall auto"]),
        ("install", ["", "auto"], ["newest auto auto", "set-manual auto"]),
    ],
)  # fmt: skip
def test_words_are_answered_by_notes(world, verb, words, said):
    found = asked(world, verb, *words)[2]
    assert sorted(found) == sorted(said)
    if "v1*" not in words:
        assert found == said


def test_removing_a_virtual_package_removes_nothing_but_with_a_release(world):
    assert asked(world, "remove", "v11")[1] == []
    assert asked(world, "remove", "v11/now")[1] == ["only"]


def test_what_cannot_be_downloaded_is_not_reinstalled(world):
    state = world.state()
    apply_request(state, world, Request("reinstall", ["only", "auto"]))
    assert state.reinstalled == set()
    assert len(state.automatic) == 1


@pytest.mark.parametrize("word", ["left=1", "left/now", "v12/now"])
def test_versions_that_only_left_configuration_files_are_unknown(world, word):
    with pytest.raises(Unmodelled, match="configuration files"):
        asked(world, "install", word)


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("vf", {"f": "1"}),
        ("vf/trixie", {"f": "1"}),
        ("vg", {"g": "1"}),
        ("vg*", {"g": "1"}),
        ("?exact-name(g:any)", {"g": "1"}),
        ("only", {"i:i386": "1"}),
    ],
)
def test_providers_of_one_name_are_one_and_the_native_one_is_meant(tmp_path, word, chosen):
    native, foreign = (
        package("f", Architecture=own, Provides="vf", Multi_Arch="foreign")
        + package("g", Architecture=own, Provides="vg", Multi_Arch="allowed")
        for own in ("amd64", "i386")
    )
    lab = Lab(tmp_path, native + package("z", Depends="vg:any, g:any"))
    lab.write("etc/apt/sources.list", f"deb [arch=amd64,i386] {SITE} trixie main\n")
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    name = LIST.format(suite="trixie", component="main").replace("amd64", "i386")
    foreign += package("i", Architecture="i386", Provides="only", Multi_Arch="foreign")
    lab.write(f"var/lib/apt/lists/{name}", foreign)
    assert asked(lab.world(), "install", word)[0] == chosen


def test_glob_for_an_architecture_is_unknown(world):
    with pytest.raises(Unmodelled, match="architectures"):
        asked(world, "install", "a:a*")
