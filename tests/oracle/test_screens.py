"""Are requests for screens drawn alike each time, and is a difference between two texts seen?"""

from __future__ import annotations

import subprocess
from itertools import islice

from foretell.oracle.sample import Menu
from foretell.oracle.screens import Screen, compare_screens, draw_screens, normalise

MENU = Menu(
    packages=["git", "lib1.0", "vim:i386"],
    installed=["bash", "dash"],
    automatic=["dash"],
    versions=[("git", "1:2"), ("bash", "5-1+b1")],
    suites=[("git", "trixie")],
    tasks=["desk"],
)


def drawn(seed, count=400):
    return list(islice(draw_screens(MENU, ["awk", "mta"], seed), count))


def test_same_seed_gives_the_same_requests():
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_every_kind_of_word_is_drawn():
    words = " ".join(word for screen in drawn(3, 2000) for word in screen.words)
    for part in (
        "*",
        "^",
        "$",
        "desk^",
        "~n",
        "?exact-name(",
        "=5-1+b1",
        "/trixie",
        ":i386",
        "awk",
    ):
        assert part in words, part
    screens = drawn(3, 2000)
    assert {screen.quiet for screen in screens} == {0, 1}
    assert {"--reinstall", "--only-upgrade", "-V"} <= {o for s in screens for o in s.options}


def test_what_apt_erases_or_the_machine_decides_does_not_count():
    shown = (
        "Reading package lists... 0%\rReading package lists... Done\n"
        "Package 'a' is not installed, so not removed\n\n"
        "Solving dependencies... 0%\r                \rInstalling:\n  b\n\n"
        "  Space needed: 458 kB / 67.9 GB available\n"
        "'http://a.example.org/pool/b_1_amd64.deb' b_1_amd64.deb 1000 \n"
    )
    assert normalise(shown, "").splitlines() == [
        "Package 'a' is not installed, so not removed",
        "Installing:",
        "  b",
        "  Space needed: 458 kB",
    ]


def test_errors_are_told_alike_behind_unmet_dependencies():
    shown = "Solving dependencies...\n b : Depends: c\n"
    theirs = normalise(
        shown, "\nWARNING: apt does not have a stable CLI interface. Use\nError: No\n   1. a\n"
    )
    ours = normalise(" b : Depends: c\n", "error[unknown-package]: No\n   1. a\n")
    assert theirs == ours == " b : Depends: c\nE: No\n   1. a"


def test_canary_another_line_is_a_difference():
    screen = Screen("install", ("a",), ("-V",), 0)
    said = iter(["one", "two"])
    found = list(compare_screens(iter([screen] * 2), lambda _: "one", lambda _: next(said), 2))
    assert [outcome.difference for outcome in found if outcome] == [None, ("one", "two")]
    assert found[1] is not None
    assert found[1].words == ("install -V a -q=0",)


def test_what_takes_apt_too_long_is_not_compared():
    def late(_):
        raise subprocess.TimeoutExpired("apt", 60)

    assert list(compare_screens(iter([Screen("upgrade", ())]), str, late, 1)) == [None]
