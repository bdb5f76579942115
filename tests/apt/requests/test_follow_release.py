"""Which candidates follow ``name/release``?  Each expectation was seen with the real apt 3.0.4."""

from __future__ import annotations

import pytest

from tests.apt.requests.test_request import Asked
from tests.apt.world_lab import Lab, installed, package

USUAL = "".join(map(package, ("p", "q", "r", "s", "t", "y")))
SOURCES = "deb http://a.example.org/debian trixie main\ndeb http://a.example.org/debian exp main\n"


@pytest.fixture
def followed(tmp_path):
    """Return what gives the names whose candidates follow, with their versions."""

    def ask(release: str, *words: str, usual: str = USUAL, status: str = "") -> dict[str, str]:
        lab = Lab(tmp_path, usual, status)
        lab.write("etc/apt/sources.list", SOURCES)
        lab.add_list(release, suite="exp", release="NotAutomatic: yes\n")
        state = Asked(lab.world(), "install", *words).state
        universe = state.universe
        return {
            universe.name(package).decode(): universe.version_string(version).decode()
            for package, version in {**state.chosen, **state.followed}.items()
        }

    return ask


def two(name: str, **fields: str) -> str:
    return package(name, "2", **fields)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (two("p", Depends="q (>= 2)") + two("q"), {"q": "2"}),
        (two("p", Depends="q") + two("q"), {}),
        (two("p", Depends="q (>= 3)") + two("q"), {}),
        (two("p", Depends="r | s (>= 2)") + two("s"), {}),
        (two("p", Depends="r (>= 3) | s (>= 2)") + two("s"), {"s": "2"}),
        (two("p", Recommends="t (>= 2)") + two("t"), {"t": "2"}),
        (two("p", Suggests="t (>= 2)") + two("t"), {}),
        (two("p", Conflicts="q (<< 2)") + two("q"), {}),
        (two("p", Depends="q (>= 2)") + two("q", Depends="y (>= 2)") + two("y"),
         {"q": "2", "y": "2"}),
        # a candidate that is the release's own already is followed all the same
        (two("p", Depends="new (>= 2)") + two("new", Depends="y (>= 2)") + two("y"),
         {"new": "2", "y": "2"}),
        # the first alternative is taken back, what it needed is not
        (two("p", Depends="r (>= 2) | s (>= 2)") + two("r", Depends="y (>= 2), z (>= 9)")
         + two("s") + two("y"), {"r": "1", "s": "2", "y": "2"}),
        # nothing is looked at behind what stays unfulfilled, unless it is a Recommends
        (two("p", Depends="z (>= 9), q (>= 2)") + two("q"), {}),
        (two("p", Depends="q (>= 2), z (>= 9)") + two("q"), {"q": "2"}),
        (two("p", Recommends="z (>= 9), t (>= 2)") + two("t"), {"t": "2"}),
        (two("p", Recommends="t (>= 2)") + two("t", Depends="z (>= 9)"), {"t": "2"}),
        # a provider counts for an unversioned relation only
        (two("p", Depends="v, q (>= 2)") + two("q") + two("x", Provides="v"), {"q": "2"}),
        (two("p", Depends="v (= 1), q (>= 2)") + two("q") + two("x", Provides="v (= 1)"), {}),
    ],
)  # fmt: skip
def test_candidates_follow_the_release(followed, release, expected):
    assert followed(release, "p/exp") == {"p": "2", **expected}


def test_installed_version_that_fulfils_a_relation_is_enough(followed):
    release = two("p", Depends="q (>= 2)") + two("q")
    assert followed(release, "p/exp", status=installed("q", "3")) == {"p": "2"}


@pytest.mark.parametrize("words", [("p/exp", "q=1"), ("q=1", "p/exp"), ("q", "p/exp")])
def test_release_beats_other_words(followed, words):
    release = two("p", Depends="q (>= 2)") + two("q")
    assert followed(release, *words) == {"p": "2", "q": "2"}


def test_package_named_twice_is_of_the_release(followed):
    assert followed(two("p"), "p/exp", "p") == {"p": "2"}


def test_a_removal_of_a_release_has_followers_too(tmp_path):
    lab = Lab(tmp_path, USUAL)
    lab.write("etc/apt/sources.list", SOURCES)
    release = two("p", Depends="q (>= 2)") + two("q")
    lab.add_list(release, suite="exp", release="NotAutomatic: yes\n")
    notes = Asked(lab.world(), "remove", "p/exp").notes
    assert notes == [("not-installed", "p"), ("version", "p"), ("version", "q")]


NEED_C = package("d", Depends="c") + package("c")


@pytest.mark.parametrize(
    ("usual", "status", "words", "switched"),
    [
        (package("d"), "", (), False),
        (NEED_C, "", (), True),
        (NEED_C, installed("c"), (), False),
        (NEED_C, "", ("c",), False),
        (NEED_C, installed("c"), ("c-",), True),
        (package("d", Depends="k | c") + package("c"), installed("c"), (), False),
        (package("d", Depends="v") + package("c", Provides="v"),
         installed("c", Provides="v"), (), False),
        (package("d", Recommends="c") + package("c"), "", (), False),
        (package("d", Depends="p"), "", (), False),
        (package("d", Conflicts="c") + package("c"), installed("c"), (), True),
        (package("d") + package("c"), installed("c", Conflicts="d"), (), False),
        (package("d", "1.5", Depends="c") + package("c"), installed("d"), (), False),
        (package("d", "0", Depends="c") + package("c"), installed("d", "0"), (), True),
    ],
)  # fmt: skip
def test_candidate_is_kept_if_it_needs_nothing_more(followed, usual, status, words, switched):
    found = followed(
        two("p", Depends="d (>= 1)") + two("d"), "p/exp", *words, usual=usual, status=status
    )
    assert (found.get("d") == "2") == switched


@pytest.mark.parametrize(
    ("relations", "usual", "status", "switched"),
    [
        ({"Depends": "r, y (>= 2)"}, package("r", Depends="c"), "", False),
        ({"Depends": "y (>= 2), r"}, package("r", Depends="c"), "", True),
        ({"Recommends": "r, y (>= 2)"}, package("r", Depends="c"), "", True),
        ({"Depends": "r | y (>= 2)"}, package("r", Depends="c"), "", True),
        ({"Depends": "v, y (>= 2)"}, package("x", Provides="v", Depends="c"), "", False),
        ({"Depends": "v, y (>= 2)"},
         package("x", Provides="v", Depends="c") + package("z", Provides="v"), "", True),
        ({"Depends": "v, y (>= 2)"}, package("x", Provides="v"),
         installed("x", Provides="v"), True),
        ({"Depends": "v (= 1), y (>= 2)"}, package("x", Provides="v (= 1)"),
         installed("x", Provides="v (= 1)"), False),
    ],
)  # fmt: skip
def test_what_is_not_fine_and_cannot_be_switched_ends_it(
    followed, relations, usual, status, switched
):
    usual += package("y") + package("c")
    found = followed(two("p", **relations) + two("y"), "p/exp", usual=usual, status=status)
    assert (found.get("y") == "2") == switched


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (two("p", Depends="q (>= 2), y (>= 2)") + two("q", Depends="r (>= 2)")
         + two("r", Depends="q (>= 2)") + two("y"), "qry"),
        (two("p", Depends="q (>= 2), y (>= 2)") + two("q", Depends="q (>= 2)") + two("y"), "qy"),
        (two("p", Depends="q (>= 2), y (>= 2)") + two("q", Depends="r (>= 2)")
         + two("r", Depends="q (>= 2), z (>= 9)") + two("y"), "qr"),
        # what was looked at before, and is not any more, is looked at again
        (two("p", Depends="q (>= 2) | r (>= 2), y (>= 2)") + two("q", Depends="s (>= 2)")
         + two("r", Depends="s (>= 2)") + two("s", Depends="z (>= 9)") + two("y"), "rs"),
    ],
)  # fmt: skip
def test_circles_of_dependencies_end(followed, release, expected):
    found = followed(release, "p/exp")
    switched = {name for name, version in found.items() if version == "2"}
    assert switched == {"p", *expected}


def test_long_rows_of_dependencies_are_followed(followed):
    count = 1500
    usual = "".join(package(f"n{at}") for at in range(count))
    release = "".join(two(f"n{at}", Depends=f"n{at + 1} (>= 2)") for at in range(count - 1))
    found = followed(release + two(f"n{count - 1}"), "n0/exp", usual=usual)
    assert found == {f"n{at}": "2" for at in range(count)}
