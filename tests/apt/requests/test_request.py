"""Does every form of word that apt(8) knows mean the right packages and versions?"""

from __future__ import annotations

import pytest

from foretell.apt.requests.request import WORD_BYTES_MAX, WORDS_MAX, Request, apply_request
from foretell.apt.system.state import DELETE, INSTALL, KEEP
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError
from tests.apt.world_lab import Lab, installed, package

PACKAGES = (
    package("git", "1:2.1") + package("git-doc") + package("libgit1", Provides="git-impl")
    + package("g++", "4") + package("g") + package("old", "2") + package("old", "1~rc1")
    + package("auto") + package("tasked", Task="desk, top") + package("tasked2", Task="desktop")
    + package("tasked3", "1", Task="desk") + package("tasked3", "2")
    + package("mta1", Provides="mta") + package("mta2", Provides="mta")
    + package("pinned", Depends="git | g") + package("odd.dots") + package("oddXdots")
)  # fmt: skip
GIT = {"git": "1:2.1", "git-doc": "1", "libgit1": "1"}  # what provides git-impl, too
STATUS = installed("old", "1~rc1") + installed("auto") + installed("gone", "5")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("request"), PACKAGES, STATUS)
    lab.set_automatic("auto")
    return lab.world()


class Asked:
    """What a request put into the state, by names."""

    def __init__(self, world, verb, *words, **options):
        state = world.state()
        notes = apply_request(state, world, Request(verb, list(words), **options))
        name = state.universe.name
        text = state.universe.version_string

        def named(packages):
            return sorted(name(package).decode() for package in packages)

        self.state = state
        self.chosen = {name(p).decode(): text(v).decode() for p, v in state.chosen.items()}
        self.installs = named(p for p, mode in state.mode.items() if mode == INSTALL)
        self.keeps = named(p for p, mode in state.mode.items() if mode == KEEP)
        self.removes = named(p for p, mode in state.mode.items() if mode == DELETE)
        self.protected = named(state.protected)
        self.purged = named(state.purged)
        self.reinstalled = named(state.reinstalled)
        self.automatic = named(state.automatic)
        self.notes = [(note.kind, name(note.package).decode()) for note in notes]


@pytest.mark.parametrize(
    ("word", "chosen"),
    [
        ("git", {"git": "1:2.1"}),
        ("g++", {"g++": "4"}),
        ("g+", {"g": "1"}),
        ("git+", {"git": "1:2.1"}),
        ("git:amd64", {"git": "1:2.1"}),
        ("git:native", {"git": "1:2.1"}),
        ("git=1:2.1", {"git": "1:2.1"}),
        ("git=1:2*", {"git": "1:2.1"}),
        ("git=*", {"git": "1:2.1"}),
        ("git:amd64=1:2.1", {"git": "1:2.1"}),
        ("old=2", {"old": "2"}),
        ("old=1~rc1", {"old": "1~rc1"}),
        ("old=1*", {"old": "1~rc1"}),
        ("git/trixie", {"git": "1:2.1"}),
        ("git-impl", {"libgit1": "1"}),
        ("git*", GIT),
        ("GIT*", GIT),
        ("*git1", {"libgit1": "1"}),
        ("git*:amd64", GIT),
        ("old*=1*", {"old": "1~rc1"}),
        ("git-*+", {"git-doc": "1", "libgit1": "1"}),
        ("^git", GIT),
        ("^git[-]", {"git-doc": "1", "libgit1": "1"}),
        ("^g[[:alpha:]]{2}$", {"git": "1:2.1"}),
        ("^git$=1*", {"git": "1:2.1"}),
        ("^git$", {"git": "1:2.1"}),
        ("git[0-9]$", {"libgit1": "1"}),
        ("^odd[.]", {"odd.dots": "1"}),
        ("^odd.dots$", {"odd.dots": "1", "oddXdots": "1"}),
        ("odd.d*", {"odd.dots": "1"}),
        ("desk^", {"tasked": "1"}),
        ("top^", {"tasked": "1"}),
        ("desktop^", {"tasked2": "1"}),
        ("gone", {"gone": "5"}),
    ],
)
def test_word_means_these_versions(world, word, chosen):
    asked = Asked(world, "install", word)
    assert asked.chosen == chosen
    assert asked.removes == []
    assert asked.protected == sorted(chosen)


@pytest.mark.parametrize(
    ("verb", "word", "removes"),
    [
        ("install", "old-", ["old"]),
        ("install", "auto-", ["auto"]),
        ("remove", "old", ["old"]),
        ("remove", "old:amd64", ["old"]),
        ("remove", "old=1~rc1", ["old"]),
        ("remove", "o*", ["old"]),
        ("remove", "^(old|auto)$", ["auto", "old"]),
        ("install", "o*-", ["old"]),
        ("install", "^old$-", ["old"]),
        ("autoremove", "old", ["old"]),
    ],
)
def test_word_means_these_removals(world, verb, word, removes):
    asked = Asked(world, verb, word)
    assert asked.removes == removes
    assert asked.chosen == {}


def test_plus_overrides_a_removing_verb(world):
    asked = Asked(world, "remove", "old", "git+")
    assert (asked.removes, asked.installs) == (["old"], ["git"])


def test_name_that_ends_in_a_sign_is_tried_before_the_sign(world):
    assert Asked(world, "install", "g++").installs == ["g++"]
    assert Asked(world, "install", "g+++").installs == ["g++"]


@pytest.mark.parametrize(
    ("word", "code", "message"),
    [
        ("nothing", "unknown-package", "Unable to locate package nothing"),
        ("nothing-", "unknown-package", "Unable to locate package nothing"),
        ("no*such", "unknown-package", "Unable to locate package no*such"),
        ("^no$", "unknown-package", "Unable to locate package"),
        ("no^", "unknown-package", "Unable to locate package no^"),
        ("git:arm64", "unknown-package", "Unable to locate package git:arm64"),
        ("git=9", "unknown-version", "Version '9' for 'git' was not found"),
        ("git=", "unknown-version", "Version '' for 'git' was not found"),
        ("git/sid", "unknown-release", "Release 'sid' for 'git' was not found"),
        ("mta", "no-candidate", "Package 'mta' has no installation candidate"),
        ("^(", "unknown-package", "Unable to locate package"),
        ("^a(?:r)$", "unknown-package", "Unable to locate package"),
        ("^a{99999999999}", "unknown-package", "Unable to locate package"),
        ("^" + "(" * 3000, "unknown-package", "Unable to locate package"),
        ("g?t*", "unknown-package", "Unable to locate package"),
        ("gi[t]*", "unknown-package", "Unable to locate package"),
        ("git*:arm64", "unknown-package", "Unable to locate package"),
        ("git*=9", "unknown-version", "Version '9' for 'git' was not found"),
        ("\udcff\x1b[31m", "unknown-package", "Unable to locate package"),
    ],
)
def test_word_that_means_nothing_is_refused(world, word, code, message):
    with pytest.raises(UsageError) as caught:
        Asked(world, "install", word)
    assert caught.value.code == code
    assert message in caught.value.message
    assert caught.value.exit_status == 2


def test_every_wrong_word_is_named(world):
    with pytest.raises(UsageError, match=r"no1; .*no2; .*'9' for 'git'"):
        Asked(world, "install", "no1", "git", "no2", "git=9")


@pytest.mark.filterwarnings("error")
def test_expression_of_a_nested_set_is_no_warning(world):
    with pytest.raises(UsageError, match="Unable to locate"):
        Asked(world, "install", "^[[x]y]$")


@pytest.mark.parametrize("word", ["./a.deb", "/a.deb", "a.deb", "../a"])
def test_form_that_is_not_modelled_is_said_to_be_unknown(world, word):
    with pytest.raises(Unmodelled):
        Asked(world, "install", word)


@pytest.mark.parametrize("words", [["git"] * (WORDS_MAX + 1), ["g" * (WORD_BYTES_MAX + 1)]])
def test_absurd_requests_are_refused(world, words):
    with pytest.raises(UsageError, match="more than") as caught:
        Asked(world, "install", *words)
    assert caught.value.code == "request-too-long"


def test_what_is_here_and_newest_is_noted_and_becomes_manual(world):
    asked = Asked(world, "install", "auto")
    assert asked.keeps == ["auto"]
    assert asked.notes == [("newest", "auto"), ("set-manual", "auto")]
    assert asked.automatic == []
    assert Asked(world, "install", "git").automatic == ["auto"]


def test_reinstall_keeps_the_version_and_the_mark_is_manual(world):
    asked = Asked(world, "reinstall", "auto")
    assert asked.reinstalled == ["auto"]
    assert ("newest", "auto") not in asked.notes
    assert Asked(world, "install", "auto", reinstall=True).reinstalled == ["auto"]


def test_only_upgrade_skips_what_is_not_here(world):
    asked = Asked(world, "install", "git", "old", only_upgrade=True)
    assert asked.notes == [("only-upgrades", "git")]
    assert asked.installs == ["old"]


def test_removing_what_is_not_here_is_noted(world):
    asked = Asked(world, "remove", "git")
    assert asked.notes == [("not-installed", "git")]
    assert (asked.removes, asked.protected) == ([], ["git"])


@pytest.mark.parametrize("packages", ["", package("left")])
def test_purge_takes_what_is_here_and_what_is_left(tmp_path, packages):
    left = installed("left", Status="deinstall ok config-files")
    world = Lab(tmp_path, packages, installed("here") + left).world()
    asked = Asked(world, "purge", "left", "here")
    assert asked.purged == ["here", "left"]
    assert asked.removes == ["here"]
    assert asked.notes == []
    assert Asked(world, "purge", "l*").purged == ["left"]
    assert Asked(world, "remove", "left", "here").purged == []
    if not packages:
        with pytest.raises(UsageError, match="no installation candidate"):
            Asked(world, "install", "left")


@pytest.mark.parametrize(
    ("verb", "options", "expected"),
    [
        ("install", {}, (False, True, True)),
        ("upgrade", {}, (True, False, True)),
        ("upgrade", {"allow_new": False}, (True, False, False)),
        ("full-upgrade", {}, (True, True, True)),
    ],
)
def test_verb_says_what_the_search_may_do(world, verb, options, expected):
    state = Asked(world, verb, **options).state
    assert (state.is_upgrade, state.allow_remove, state.allow_install) == expected


def test_order_of_the_words_decides_nothing(world):
    words = ["git", "old-", "g++", "auto"]
    first, second = (Asked(world, "install", *order) for order in (words, words[::-1]))
    assert first.chosen == second.chosen
    assert first.state.mode == second.state.mode


@pytest.mark.parametrize("word", ["old=9", "old/nowhere", "old*=9"])
def test_removal_of_a_version_that_does_not_exist_is_refused(world, word):
    with pytest.raises(UsageError, match="was not found"):
        Asked(world, "remove", word)
