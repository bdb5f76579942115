"""Do the queries print what apt prints, on systems small enough to see why?

Every expected text was compared with apt 3.0.3's own for the same files.
"""

from __future__ import annotations

import json
import os
import pty
import sys

import pytest

from foretell.apt.queries.reverse import Reverse
from foretell.apt.selection.translations import Translations
from foretell.apt.system.world import World
from foretell.cli import apt_depends
from foretell.cli.main import COMMANDS, main
from foretell.render.apt_depends import Block, render_depends
from tests.apt.world_lab import ENVIRONMENT, SITE, Lab, automatic, installed, package

QUERIES = ("list", "search", "show", "policy", "depends", "rdepends")
PACKAGES = (
    package("sl", "2", Depends="libc (>= 1), awk | gawk", Description="Steam locomotive\n A train.")
    + package("libc", "1", Architecture="all", Priority="required")
    + package("gawk", "3", Provides="awk", Breaks="sl (<< 1)")
    + package("mawk", "4", Provides="awk", Priority="required")
    + package("old", "2", Replaces="awk")
)
STATUS = (
    installed("libc", "1", Architecture="all", Priority="required")
    + installed("old", "1")
    + installed("own", "1", Description="Local")
    + installed("gone", Status="deinstall ok config-files")
)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, PACKAGES, STATUS)
    lab.write("var/lib/apt/extended_states", automatic("libc"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    return lab


def ask(lab, capsys, *words, status=0):
    assert main(["apt", words[0], "--root", lab.root, *words[1:]]) == status
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), ["gawk", "gone", "libc", "mawk", "old", "own", "sl"]),
        (("-i",), ["libc", "old", "own"]),
        (("--manual-installed",), ["old", "own"]),
        (("-u",), ["old"]),
        (("-u", "-i"), ["libc", "old", "own"]),
        (("-u", "--manual-installed"), ["old"]),
        (("*AWK",), ["gawk", "mawk"]),
        (("SL", "nosuch"), ["sl"]),
        (("awk",), []),
    ],
)
def test_list_shows_the_packages_that_are_meant(words, names, lab, capsys):
    lines = ask(lab, capsys, "list", *words).splitlines()
    assert [line.partition("/")[0] for line in lines] == names


def test_list_says_where_a_version_is_from_and_what_it_is(lab, capsys):
    assert ask(lab, capsys, "list", "-a") == (
        "gawk/trixie 3 amd64\n\n"
        "gone/now 1 amd64 [residual-config]\n\n"
        "libc/trixie,now 1 all [installed,automatic]\n\n"
        "mawk/trixie 4 amd64\n\n"
        "old/trixie 2 amd64 [upgradable from: 1]\n"
        "old/now 1 amd64 [installed,upgradable to: 2]\n\n"
        "own/now 1 amd64 [installed,local]\n\n"
        "sl/trixie 2 amd64\n\n"
    )


def test_list_is_sorted_by_name_and_architecture(tmp_path, capsys):
    lab = Lab(tmp_path, "".join(package(name) for name in ("acl", "acl-doc", "acl2", "aclb")))
    lines = ask(lab, capsys, "list").splitlines()
    assert [line.partition("/")[0] for line in lines] == ["acl-doc", "acl2", "acl", "aclb"]


def test_architecture_that_is_shown_is_that_of_what_is_installed(tmp_path, capsys):
    lab = Lab(tmp_path, package("a", "2", Architecture="all"), installed("a", "1"))
    assert ask(lab, capsys, "list") == "a/trixie 2 amd64 [upgradable from: 1]\n"
    row = json.loads(ask(lab, capsys, "list", "--json"))["versions"][0]
    assert row["architecture"] == "all"


def test_quick_and_slow_lists_are_the_same(lab, capsys):
    quick = ask(lab, capsys, "list")
    assert ask(lab, capsys, "list", "*") == quick


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("TRAIN",), ["sl"]),
        (("steam", "train"), ["sl"]),
        (("steam", "awk"), []),
        (("^x$",), ["gawk", "gone", "libc", "mawk", "old"]),
        (("-n", "awk"), ["gawk", "mawk"]),
        (("-n", "train"), []),
        (("local",), ["own"]),
    ],
)
def test_search_finds_all_words_in_name_or_description(words, names, lab, capsys):
    lines = ask(lab, capsys, "search", *words).splitlines()
    assert [line.partition("/")[0] for line in lines[::3]] == names


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("list", "?awk"), "Unrecognized pattern '?awk'"),
        (("list", "a/b"), "input:0-3: error: Expected pattern"),
        (("search", "("), "'(' is no regular expression"),
    ],
)
def test_what_is_not_understood_is_refused(words, message, lab, capsys):
    assert main(["apt", words[0], "--root", lab.root, *words[1:]]) == 2
    assert message in capsys.readouterr().err


def test_search_takes_long_descriptions_from_translations(lab, capsys):
    digest = "0" * 32
    lab.add_list(PACKAGES.replace("Package: gawk\n", f"Package: gawk\nDescription-md5: {digest}\n"))
    words = "Description-en: GNU awk\n It scans patterns.\n\n"
    text = f"Package: gawk\nDescription-md5: {digest}\n{words}"
    lab.write(lab.list_path().replace("binary-amd64_Packages", "i18n_Translation-en"), text)
    assert ask(lab, capsys, "search", "patterns") == "gawk/trixie 3 amd64\n  GNU awk\n\n"
    full = ask(lab, capsys, "search", "-f", "patterns")
    assert full == "gawk/trixie 3 amd64\n  GNU awk\n  It scans patterns.\n\n"


LONG = "Newer\n text"


@pytest.fixture
def translated(tmp_path, monkeypatch):
    digest = "1" * 32
    packages = package("up", "2", Description="short", Description_md5=digest) + package("k")
    lab = Lab(tmp_path, packages, installed("up", "1", Description="older\n text"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    other = f"Package: up\nDescription-md5: {'2' * 32}\nDescription-en: other\n\n"
    lab.write(
        lab.list_path().replace("binary-amd64_Packages", "i18n_Translation-en"),
        f"{other}Package: up\nDescription-md5: {digest}\nDescription-en: {LONG}\n",
    )
    return lab


def test_show_takes_descriptions_from_translations(translated, capsys):
    text = ask(translated, capsys, "show", "-a", "up")
    assert text.count("Description: Newer\n text\n\n") == 1
    assert text.count("Description: older\n text\n\n") == 1
    document = json.loads(ask(translated, capsys, "show", "--json", "up"))
    assert document["packages"][0]["fields"]["Description"] == LONG


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("newer",), ["up"]),
        (("NEWER", "text"), ["up"]),
        (("older",), []),
        (("short",), []),
        (("new.r",), ["up"]),
        (("up", "new.r"), ["up"]),
        (("other",), []),
    ],
)
def test_search_looks_at_translations(words, names, translated, capsys):
    lines = ask(translated, capsys, "search", *words).splitlines()
    assert [line.partition("/")[0] for line in lines[::3]] == names


def test_capital_letters_outside_ascii_are_found_in_any_case(tmp_path, capsys):
    lab = Lab(tmp_path, package("a", Description="\u212aelvin") + package("b", Description="x"))
    assert ask(lab, capsys, "search", "kelvin").startswith("a/")


@pytest.mark.parametrize("verb", ["list", "policy", "depends", "rdepends"])
def test_translations_stay_closed_until_a_description_is_shown(
    verb, translated, capsys, monkeypatch
):
    monkeypatch.setattr(Translations, "texts", None)
    assert ask(translated, capsys, verb, "up")


def test_show_puts_fields_in_order_and_leaves_digests_out(lab, capsys):
    assert ask(lab, capsys, "show", "sl") == (
        "Package: sl\n"
        "Version: 2\n"
        "Priority: optional\n"
        "Section: misc\n"
        "Maintainer: Nobody <nobody@example.org>\n"
        "Installed-Size: 10.2 kB\n"
        "Depends: libc (>= 1), awk | gawk\n"
        "Download-Size: 1000 B\n"
        f"APT-Sources: {SITE} trixie/main amd64 Packages\n"
        "Description: Steam locomotive\n A train.\n"
        "\n"
    )


def test_show_of_what_only_the_status_file_has(lab, capsys):
    assert ask(lab, capsys, "show", "own") == (
        "Package: own\n"
        "Version: 1\n"
        "Status: install ok installed\n"
        "Priority: optional\n"
        "Section: misc\n"
        "Installed-Size: 10.2 kB\n"
        "Download-Size: unknown\n"
        "APT-Manual-Installed: yes\n"
        f"APT-Sources: {lab.path('var/lib/dpkg/status')}\n"
        "Description: Local\n"
        "\n"
    )


def test_show_takes_versions_and_virtual_packages(lab, capsys):
    text = ask(lab, capsys, "show", "awk", "old=1", "libc")
    heads = [line for line in text.splitlines() if line.startswith(("Package", "Version", "State"))]
    assert heads == [
        *("Package: old", "Version: 1", "Package: libc", "Version: 1"),
        *("Package: awk", "State: not a real package (virtual)"),
    ]


@pytest.mark.parametrize("verb", ["show", "depends", "rdepends"])
def test_words_without_a_package_are_named(verb, lab, capsys):
    assert main(["apt", verb, "--root", lab.root, "sl", "nosuch"]) == 1
    assert "no package is named nosuch" in capsys.readouterr().err
    assert main(["apt", verb, "--root", lab.root, "nosuch"]) == 2
    assert "error[unknown-package]" in capsys.readouterr().err
    assert main(["apt", verb, "--root", lab.root]) == 2


@pytest.mark.parametrize("word", ["sl=3", "sl/sid"])
def test_versions_that_a_package_lacks_are_errors(word, lab, capsys):
    assert main(["apt", "show", "--root", lab.root, word]) == 2
    assert "sl has no" in capsys.readouterr().err


def test_leftovers_have_a_version_but_no_candidate(lab, capsys):
    assert ask(lab, capsys, "policy", "gone") == (
        "gone:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n"
        f"     1 -1\n        100 {lab.path('var/lib/dpkg/status')}\n"
    )
    assert ask(lab, capsys, "show", "gone").endswith("State: not a real package (virtual)\n")
    assert ask(lab, capsys, "search", "gone") == "gone/now 1 amd64 [residual-config]\n  (none)\n\n"


def test_half_installed_packages_count_as_installed(tmp_path, capsys):
    status = installed("half", Status="install reinstreq half-installed") + installed(
        "bare", Version="", Status="install ok half-installed"
    )
    lab = Lab(tmp_path, package("half", "2"), status)
    assert ask(lab, capsys, "list", "-i") == "half/now 1 amd64 [installed,upgradable to: 2]\n"
    text = ask(lab, capsys, "policy", "half")
    assert text.startswith("half:\n  Installed: 1\n  Candidate: 2\n")
    assert main(["apt", "install", "--root", lab.root, "half"]) == 1
    assert "packages that dpkg left half-installed (half)" in capsys.readouterr().err


def test_what_two_words_mean_is_shown_twice(tmp_path, capsys):
    lab = Lab(tmp_path, package("a", Depends="v") + package("b"))
    text = ask(lab, capsys, "depends", "a", "b", "a", "v", "v")
    assert text == "a\n  Depends: <v>\nb\na\n  Depends: <v>\n<v>\n"
    lines = ask(lab, capsys, "policy", "a", "v", "a*", "v").splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["a:", "v:", "a:", "v:"]


def test_leftovers_are_read_where_they_stand(tmp_path, capsys):
    gone = installed("gone", Status="deinstall ok config-files", Depends="t")
    lab = Lab(
        tmp_path, package("t"), installed("a", Depends="t") + gone + installed("b", Depends="t")
    )
    lines = "  Depends: a\n  Depends: b\n  Depends: gone\n"
    assert ask(lab, capsys, "rdepends", "t") == f"t\nReverse Depends:\n{lines}"


@pytest.mark.parametrize("name", ["libc", "old", "own", "gone", "sl", "gawk", "awk", "nosuch"])
def test_policy_of_a_name_is_that_among_all_packages(name, lab, capsys):
    alone = ask(lab, capsys, "policy", name)
    among = ask(lab, capsys, "policy", "^sl$", name)
    assert among == ask(lab, capsys, "policy", "sl") + alone
    assert bool(alone) == (name != "nosuch")


def test_policy_of_a_name_looks_at_what_is_installed_of_that_name_only(lab, capsys, monkeypatch):
    asked: list[object] = []
    state = World.state

    def watched(world, **how):
        asked.append(how.get("names"))
        return state(world, **how)

    monkeypatch.setattr(World, "state", watched)
    ask(lab, capsys, "policy")
    assert asked == []
    ask(lab, capsys, "policy", "old", "sl")
    assert asked == [{b"old", b"sl"}]
    ask(lab, capsys, "policy", "old", "awk")
    assert asked[1:] == [{b"old", b"awk"}, None]


def test_policy_without_a_word_refuses_a_broken_list(tmp_path, capsys):
    lab = Lab(tmp_path, package("a") + "junk\n")
    assert main(["apt", "policy", "--root", lab.root]) == 2
    assert "error[bad-field]" in capsys.readouterr().err


def test_policy_shows_priorities(lab, capsys):
    assert ask(lab, capsys, "policy", "old", "nosuch", "awk") == (
        "old:\n"
        "  Installed: 1\n"
        "  Candidate: 2\n"
        "  Version table:\n"
        "     2 500\n"
        f"        500 {SITE} trixie/main amd64 Packages\n"
        " *** 1 100\n"
        f"        100 {lab.path('var/lib/dpkg/status')}\n"
        "awk:\n"
        "  Installed: (none)\n"
        "  Candidate: (none)\n"
        "  Version table:\n"
    )


PINS = (
    "Package: old\nPin: version 1\nPin-Priority: 1001\n\n"
    "Package: nosuch\nPin: version 1\nPin-Priority: 1\n\n"
    "Package: *\nPin: release n=sid\nPin-Priority: 1\n"
)


def test_policy_names_the_pin_that_decides_and_those_that_do_nothing(lab, capsys):
    path = lab.write("etc/apt/preferences", PINS)
    assert (
        f" *** 1 1001\n        100 {lab.path('var/lib/dpkg/status')}\n        pin {path}:1"
        in ask(lab, capsys, "policy", "--explain", "old")
    )
    text = ask(lab, capsys, "policy", "--explain")
    assert "     old -> 1 with priority 1001\n" in text
    idle = text.partition("Pins that match nothing:\n")[2].splitlines()
    assert [line.split()[0] for line in idle] == [f"{path}:9", f"{path}:5"]


def test_policy_lists_the_lists(lab, capsys):
    assert ask(lab, capsys, "policy") == (
        "Package files:\n"
        f" 100 {lab.path('var/lib/dpkg/status')}\n"
        "     release a=now\n"
        f" 500 {SITE} trixie/main amd64 Packages\n"
        "     release o=Example,a=trixie,n=trixie,l=Example,c=main,b=amd64\n"
        "     origin a.example.org\n"
        "Pinned packages:\n"
    )


def test_depends_shows_alternatives_and_providers(lab, capsys):
    assert ask(lab, capsys, "depends", "sl", "awk") == (
        "sl\n  Depends: libc (>= 1)\n |Depends: <awk>\n    gawk\n    mawk\n  Depends: gawk\n<awk>\n"
    )
    assert ask(lab, capsys, "depends", "--installed", "sl") == "sl\n  Depends: libc (>= 1)\n"
    assert ask(lab, capsys, "depends", "--no-depends", "sl") == "sl\n"
    assert ask(lab, capsys, "depends", "-i", "gawk") == "gawk\n"


def test_providers_need_the_right_version_and_are_the_newest(tmp_path, capsys):
    packages = (
        package("x", Depends="v (>= 2)")
        + package("a", Provides="v (= 1)")
        + package("b", "1", Provides="v (= 2)")
        + package("b", "2")
        + package("c", Provides="v (= 3)")
        + package("d", Provides="v")
    )
    lab = Lab(tmp_path, packages)
    assert ask(lab, capsys, "depends", "x") == "x\n  Depends: <v> (>= 2)\n    c\n"


def test_rdepends_has_the_youngest_version_string_first(tmp_path, capsys):
    packages = (
        package("t")
        + package("a", Depends="t")
        + package("b", Depends="t (>= 5)")
        + package("c", Depends="t | z")
        + package("d", "7", Depends="t (>= 5)")
        + package("e", Depends="t (<< 9)")
        + package("f", "9", Recommends="t (>= 7)")
    )
    lab = Lab(tmp_path, packages)
    assert ask(lab, capsys, "rdepends", "t") == (
        "t\nReverse Depends:\n  Depends: e (<< 9)\n  Recommends: f (>= 7)\n"
        "  Depends: b (>= 5)\n  Depends: d (>= 5)\n |Depends: c\n  Depends: a\n"
    )


def test_rdepends_of_a_package_that_no_list_has(tmp_path, capsys):
    packages = package("a", Depends="own") + package("b", Depends="own (>= 1)")
    lab = Lab(tmp_path, packages, installed("own"))
    assert ask(lab, capsys, "rdepends", "own") == (
        "own\nReverse Depends:\n  Depends: b (>= 1)\n  Depends: a\n"
    )


@pytest.mark.parametrize("scanned", [0, 100])
def test_rdepends_of_many_packages_reads_the_relations_once(tmp_path, capsys, monkeypatch, scanned):
    packages = package("t") + package("u", Depends="t | v") + package("v", Breaks="u, t (<< 3)")
    lab = Lab(tmp_path, packages, installed("own", Depends="u", Enhances="v"))
    singly = "".join(ask(lab, capsys, "rdepends", name) for name in "tuv")
    reads = []
    make = Reverse

    def reverse(state, *, reads_all):
        reads.append(reads_all)
        return make(state, reads_all=reads_all)

    monkeypatch.setattr(apt_depends, "SCANNED_MAX", scanned)
    monkeypatch.setattr(apt_depends, "Reverse", reverse)
    assert ask(lab, capsys, "rdepends", "t", "u", "v") == singly
    assert reads == [scanned == 0]


WALK = (
    package("a", Depends="b | v, c (>= 2), n", Conflicts="k", Recommends="r")
    + package("b", "1", Depends="b1")
    + package("b", "2", Depends="b2")
    + "".join(package(name) for name in ("b1", "b2", "r"))
    + package("c", Depends="n", Provides="v")
    + package("d", Depends="e", Provides="v")
    + package("e", Depends="b2, y")
    + package("n", Depends="g")
    + package("k", Depends="a")
)
WALK_STATUS = installed("own", Depends="a") + installed("b", Depends="old")


@pytest.fixture
def walk(tmp_path):
    lab = Lab(tmp_path, WALK, WALK_STATUS)
    lab.write("etc/apt/preferences", "Package: n\nPin: version *\nPin-Priority: -1\n")
    return lab


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("depends", "own"), ["own", "a", "b", "c", "d", "k", "r", "b2", "e", "<v>", "<n>", "<y>"]),
        (("depends", "a", "b=1"), ["a", "b", "b", "c", "d", "k", "r", "b1", "b2", "e"]),
        (("depends", "a", "c"), ["a", "c", "b", "c", "d", "k", "r", "b2", "e"]),
        (("depends", "b=1", "a"), ["b", "a", "b1", "c", "d", "k", "r", "e", "b2"]),
        (("depends", "-i", "a"), ["a", "b", "c", "d", "b2", "e", "<v>", "<n>", "<y>"]),
        (("depends", "--no-depends", "a"), ["a", "k", "r"]),
        (("depends", "--installed", "own"), ["own"]),
        (("rdepends", "b", "r"), ["b", "r", "a", "k", "own"]),
        (("rdepends", "--conflicts", "-i", "k"), ["k", "a", "own"]),
        (("rdepends", "v"), ["<v>"]),
    ],
)
def test_recursion_is_breadth_first_and_virtual_packages_come_last(words, names, walk, capsys):
    lines = ask(walk, capsys, words[0], "--recurse", *words[1:]).splitlines()
    found = [line for line in lines if not line.startswith((" ", "Reverse"))]
    assert found[: len(names)] == names
    assert {name[0] for name in found[len(names) :]} <= {"<"}


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ((), ["Depends", "Depends", "Depends", "Depends", "Conflicts", "Recommends"]),
        (("-i", "--recommends"), ["Depends"] * 4 + ["Recommends"]),
        (("--recommends", "-i", "--no-depends"), ["Recommends"]),
        (("--no-conflicts", "--conflicts", "--no-depends"), ["Conflicts", "Recommends"]),
        (("-i", "--no-important", "--no-depends"), ["Conflicts", "Recommends"]),
        (("-o", "APT::Cache::Important=1"), ["Depends"] * 4),
        (("-o", "APT::Cache::ShowDepends=0", "--no-recommends"), ["Conflicts"]),
    ],
)
def test_types_are_chosen_by_switches_and_settings(words, kinds, walk, capsys):
    lines = ask(walk, capsys, "depends", *words, "a").splitlines()
    assert [line[2:].partition(":")[0] for line in lines if ":" in line] == kinds


FOREIGN = (
    package("t", Multi_Arch="same")
    + package("u", Conflicts="t", Depends="t")
    + package("late", Breaks="only (<< 2)")
    + package("word", Description="alpha")
    + package("pair", Breaks="young (<< 9)", Replaces="young (<< 9)")
    + package("twins", Breaks="young (<< 2)", Replaces="young (<< 2)")
)
FOREIGN_I386 = (
    package("t", Architecture="i386", Multi_Arch="same")
    + package("w", Architecture="i386", Depends="t (>= 1), t:any", Replaces="t", Breaks="u")
    + package("only", Architecture="i386", Description="alpha")
    + package("word", Architecture="i386", Description="alpha too")
    + package("young", Architecture="i386")
)


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    lab = Lab(tmp_path, FOREIGN)
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    lab.write("var/lib/dpkg/arch", "amd64\ni386\n")
    lab.write(lab.list_path().replace("amd64", "i386"), FOREIGN_I386)
    release = "var/lib/apt/lists/a.example.org_debian_dists_trixie_Release"
    with open(lab.path(release), encoding="utf-8") as file:
        text = file.read()
    lab.write(release, text.replace("amd64", "amd64 i386"))
    return lab


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("rdepends", "t"), "t\nReverse Depends:\n  Depends: u\n  Conflicts: u\n"),
        (
            ("rdepends", "t:i386"),
            "t:i386\nReverse Depends:\n  Replaces: w:i386\n  Depends: w:i386 (>= 1)\n",
        ),
        (("rdepends", "only:i386"), "only:i386\nReverse Depends:\n"),
        (
            ("depends", "w:i386"),
            "w:i386\n  Depends: t:i386 (>= 1)\n  Depends: <t:any>\n  Replaces: t:i386\n",
        ),
        (
            ("depends", "--implicit", "late", "w:i386"),
            (
                "late\n  Breaks: <only> (<< 2)\n  Breaks: only:i386 (<< 2)\n"
                "w:i386\n  Depends: t:i386 (>= 1)\n  Depends: <t:any>\n  Breaks: u\n"
                "  Replaces: t\n  Replaces: t:i386\n"
            ),
        ),
        (
            ("depends", "-oAPT::Cache::ShowImplicit=1", "t"),
            "t\n  Replaces: t:i386 (<< 1)\n  Breaks: t:i386 (!= 1)\n",
        ),
        (  # copies are in the order of the relations on the eldest package of the name
            ("depends", "--implicit", "pair", "twins"),
            (
                "pair\n  Breaks: <young> (<< 9)\n  Replaces: <young> (<< 9)\n"
                "  Breaks: young:i386 (<< 9)\n  Replaces: young:i386 (<< 9)\n"
                "twins\n  Breaks: <young> (<< 2)\n  Replaces: <young> (<< 2)\n"
                "  Replaces: young:i386 (<< 2)\n  Breaks: young:i386 (<< 2)\n"
            ),
        ),
        (
            ("search", "alpha"),
            "only/trixie 1 i386\n  alpha\n\nword/trixie 1 amd64\n  alpha\n\n",
        ),
    ],
)
def test_foreign_architectures(words, text, foreign, capsys):
    assert ask(foreign, capsys, *words) == text


def test_implied_relations_that_are_not_modelled_are_unknown(foreign, tmp_path, capsys):
    assert main(["apt", "rdepends", "--implicit", "--root", foreign.root, "t"]) == 1
    assert "rdepends --implicit with foreign architectures" in capsys.readouterr().err
    lab = Lab(tmp_path / "native", package("a", Depends="g:arm64") + package("b", Conflicts="g"))
    assert ask(lab, capsys, "depends", "--implicit", "a") == "a\n  Depends: <g:arm64>\n"
    assert main(["apt", "depends", "--implicit", "--root", lab.root, "b"]) == 1
    assert "of a foreign architecture (g)" in capsys.readouterr().err


def test_rdepends_shows_what_provides_the_package_too(tmp_path, capsys):
    packages = package("a", Depends="t") + package("t") + package("u", Provides="t")
    lab = Lab(tmp_path, packages)
    text = ask(lab, capsys, "rdepends", "t")
    assert text == "t\nReverse Depends:\n  Depends: a\n    u\n"


SOURCES = (
    "Package: libc\nBinary: libc-dev, locales\nVersion: 1\nPackage-List: \n libc deb\n\n"
    "Package: other\nBinary: libc,\n big+name\nVersion: 2\n\n"
    "Package: sl\nVersion: 2\n"
)
LIBC, OTHER, SL = (f"{text.strip()}\n\n" for text in SOURCES.split("\n\n"))


@pytest.fixture
def sources(lab):
    lab.write("etc/apt/sources.list", f"deb {SITE} trixie main\ndeb-src {SITE} trixie main\n")
    lab.write(lab.list_path().replace("binary-amd64_Packages", "source_Sources"), SOURCES)
    return lab


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("libc",), LIBC + OTHER),
        (("src:libc",), LIBC),
        (("--only-source", "libc", "sl"), LIBC + SL),
        (("-o", "APT::Cache::Only-Source=1", "libc"), LIBC),
        (("locales", "libc", "big+name"), LIBC + OTHER),
    ],
)
def test_showsrc_finds_sources_and_what_they_build(words, text, sources, capsys):
    assert ask(sources, capsys, "showsrc", *words) == text


@pytest.mark.parametrize("words", [("src:locales",), ("--only-source", "locales"), ("lib*",)])
def test_showsrc_names_words_without_a_source(words, sources, capsys):
    assert main(["apt", "showsrc", "--root", sources.root, *words]) == 1
    assert f"no package is named {words[-1]}" in capsys.readouterr().err


def test_showsrc_wants_words_and_lists(lab, capsys):
    assert main(["apt", "showsrc", "--root", lab.root]) == 2
    assert main(["apt", "showsrc", "--root", lab.root, "sl"]) == 2
    assert "error[no-source-lists]" in capsys.readouterr().err


def test_json_of_sources_is_valid(sources, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    path = "docs/reference/schemas/foretell.apt.showsrc-1.schema.json"
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    document = json.loads(ask(sources, capsys, "showsrc", "--json", "libc"))
    jsonschema.validate(document, schema)
    assert [row["binaries"] for row in document["sources"]] == [
        ["libc-dev", "locales"],
        ["libc", "big+name"],
    ]


@pytest.mark.parametrize("verb", QUERIES)
def test_json_is_valid(verb, lab, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    path = (
        f"docs/reference/schemas/foretell.apt.{'list' if verb == 'search' else verb}-1.schema.json"
    )
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(ask(lab, capsys, verb, "--json", "sl"))
    jsonschema.validate(document, schema)
    assert any(document[key] for key in ("versions", "packages") if key in document)


@pytest.mark.parametrize("verb", QUERIES)
def test_nothing_is_changed(verb, lab, capsys):
    before = lab.snapshot()
    ask(lab, capsys, verb, "libc")
    assert lab.snapshot() == before
    assert ("apt", verb) in COMMANDS


def test_a_target_without_a_version_is_in_angle_brackets():
    edge = ("Depends", "v", ">= 1", False, True, ("a",))
    text = render_depends([Block("x", [edge])])
    assert text == "x\n |Depends: <v> (>= 1)\n    a\n"


PAGED = {
    "list": "\x1b[32msl\x1b[0m/trixie 2 amd64\n",
    "policy": "sl:\n  Installed: (none)\n  Candidate: 2\n  Version table:\n     2 500\n"
    f"        500 {SITE} trixie/main amd64 Packages\n",
    "search": "\x1b[32msl\x1b[0m/trixie 2 amd64\n  Steam locomotive\n\n",
}
PAGER = """#!/bin/sh
printf '%s\\n' "<$* $LESS $MORE $LV>"
cat
"""
MARK = "<{} FRSXMK FRX -c>\n"


def on_terminal(lab, *words, status=0, **variables):
    """Run on a pseudo-terminal; return the output with plain line ends."""
    process, descriptor = pty.fork()
    if not process:
        try:
            command = [sys.executable, "-m", "foretell", "apt", words[0], "--root", lab.root]
            environment = {**ENVIRONMENT, "TERM": "xterm", "XDG_CACHE_HOME": lab.cache}
            os.execve(command[0], [*command, *words[1:]], environment | variables)
        finally:
            os._exit(127)
    output = b""
    while True:
        try:
            block = os.read(descriptor, 65536)
        except OSError:  # Linux reports EIO when the other side is closed
            break
        if not block:
            break
        output += block
    os.close(descriptor)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == status
    return output.decode().replace("\r\n", "\n")


@pytest.fixture
def pager(lab):
    path = lab.write("../bin/pager", PAGER)
    os.chmod(path, 0o755)
    return os.path.realpath(path)


@pytest.mark.parametrize("verb", PAGED)
def test_answers_are_paged_on_a_terminal(verb, pager, lab):
    assert on_terminal(lab, verb, "^sl$" if verb == "search" else "sl", PAGER=pager) == (
        MARK.format("") + PAGED[verb]
    )


def test_records_are_coloured_on_a_terminal(lab):
    text = on_terminal(lab, "show", "sl", PAGER="cat")
    assert text.startswith("\x1b[1mPackage: \x1b[0m\x1b[32msl\x1b[0m\n\x1b[1mVersion:\x1b[0m 2\n")
    names = ("Installed-Size", "Download-Size", "APT-Sources", "Description")
    assert all(f"\n\x1b[1m{name}: \x1b[0m" in text for name in names)


@pytest.mark.parametrize("verb", ["depends", "rdepends"])
def test_relations_are_not_paged(verb, pager, lab):
    assert on_terminal(lab, verb, "sl", PAGER=pager).startswith("sl\n")


@pytest.mark.parametrize(
    ("words", "variables", "is_paged"),
    [
        ((), {}, True),
        ((), {"PAGER": "cat"}, False),
        ((), {"PAGER": ""}, False),
        ((), {"APT_PAGER": "cat", "PAGER": "{pager}"}, False),
        ((), {"APT_PAGER": "{pager}", "PAGER": "cat"}, True),
        (("--no-pager",), {}, False),
        (("-o", "Pager=0"), {}, False),
        (("-o", "Pager=less"), {}, False),
        (("-o", "Pager=1"), {}, True),
        (("--json",), {}, False),
    ],
)
def test_which_pager(words, variables, is_paged, pager, lab):
    given = {name: value.format(pager=pager) for name, value in variables.items()}
    path = f"{os.path.dirname(pager)}:/usr/bin:/bin"
    text = on_terminal(lab, "policy", "sl", *words, PATH=path, **given)
    assert text.startswith("<") == is_paged


def test_pager_with_arguments_is_a_shell_command(pager, lab):
    text = on_terminal(lab, "list", "sl", PAGER=f"{pager} 'a b'", NO_COLOR="")
    assert text == MARK.format("a b") + "sl/trixie 2 amd64\n"


def test_variables_of_pagers_are_left_alone(pager, lab):
    text = on_terminal(lab, "policy", "sl", PAGER=pager, LESS="R", MORE="", LV="q")
    assert text.startswith("< R  q>\n")


def test_missing_pager_is_a_warning(lab):
    text = on_terminal(lab, "policy", "sl", PAGER="/nowhere/pager")
    assert "warning: no pager: /nowhere/pager: No such file" in text
    assert text.endswith(PAGED["policy"])


def test_pager_that_ends_early_is_no_error(lab):
    assert on_terminal(lab, "list", PAGER="false") == ""


@pytest.mark.parametrize("words", [("--no-color",), ("-o", "APT::Color=0")])
def test_colour_is_switched_off(words, lab):
    assert on_terminal(lab, "list", "sl", *words, PAGER="cat") == "sl/trixie 2 amd64\n"


def test_nothing_but_a_terminal_is_paged(lab, capsys, monkeypatch):
    monkeypatch.setenv("PAGER", "false")
    assert ask(lab, capsys, "list", "--color", "sl") == "sl/trixie 2 amd64\n"
