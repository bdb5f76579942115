"""What do pins under trial change, and does the real apt say the same once they are written?"""

from __future__ import annotations

import os
import random
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.answers.trial import Trial, as_lines, parse_trial, target_path
from foretell.apt.packages.cache import cache_folder
from foretell.apt.system.preferences import parse_preferences
from foretell.apt.system.world import load_world
from foretell.errors import InputError, UsageError
from foretell.oracle.query import RealQueries
from tests.apt.apt_root import parse_policy
from tests.apt.world_lab import Lab, installed, package
from tests.oracle.real_apt import oracle_or_none

PATH = "/etc/apt/preferences.d/foretell.pref"
PACKAGES = package("a", "1") + package("b", "1", Source="s") + package("c", "1")
NEWER = package("a", "2") + package("b", "2", Source="s")


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path, PACKAGES, installed("a"))
    lab.write(
        "etc/apt/sources.list",
        "".join(f"deb http://a.example.org/debian {suite} main\n" for suite in ("trixie", "next")),
    )
    lab.add_list(NEWER, suite="next", release="NotAutomatic: yes\n")
    return lab


def trial_of(lab, *stanzas, name="foretell.pref"):
    world = lab.world()
    path = target_path(world.configuration, name)
    pins, _ = parse_trial([("--try", as_lines(text).encode()) for text in stanzas], path)
    return Trial(world, pins, path)


def moves(trial, packages=None):
    universe = trial.after.universe

    def text(standing):
        if standing is None:
            return None
        return universe.version_string(standing.version).decode(), standing.priority

    return [
        (universe.name(row.package).decode(), text(row.before), text(row.after), row.pin)
        for row in trial.moved(packages)
    ]


# -- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Package: a Pin: version 1:2.0 Pin-Priority: 990",
        "package: a\n pin: version 1:2.0   pin-priority: 990",
        "Explanation: why not Package: a\tPin: version 1:2.0 Pin-Priority: 990",
        "\nPackage: a\nPin: version 1:2.0\nPin-Priority: 990\n\n",
    ],
)
def test_a_stanza_may_stand_on_one_line(text):
    (pin,) = parse_preferences(as_lines(text).encode(), "p").pins
    words = [word.text for word in pin.packages]
    assert (words, pin.type, pin.data, pin.priority) == (["a"], "version", "1:2.0", 990)


@given(st.lists(st.sampled_from(["a", "src:b", "*", "/^x/", "lib*"]), min_size=1, max_size=3))
def test_lines_stay_as_they_are(words):
    text = f"Package: {' '.join(words)}\nPin: release n=x\nPin-Priority: 5\n"
    assert as_lines(text) == text
    assert as_lines(text.replace("\n", " ")) == text


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Package: a\nPin: version 1\n", 1, "no priority"),
        ("Package: a\nPin: version 1\nPin-Priority: 0\n", 1, "no priority"),
        ("Package: a\nPin: version 1\nPin-Priority: 99999\n", 1, "is not between"),
        ("Package: a\nPin: versoin 1\nPin-Priority: 9\n", 1, "is not understood"),
        ("Package: *\nPin: version 1\nPin-Priority: 9\n", 1, "is not understood"),
        ("Pin: version 1\nPin-Priority: 9\n", 1, "no Package"),
        ("\nPackage: a\nPin-Priority: 9\n", 2, "no Pin field"),
        ("# c\n", 1, "no preference"),
        ("", 1, "no preference"),
        ("Package: a\nPin: release n=x\nPin-Priority: 5\n\nPackage: b\nPin: x\n", 5, "understood"),
    ],
)
def test_bad_stanza_is_named_with_its_line(text, line, message):
    with pytest.raises(InputError) as caught:
        parse_trial([("file", text.encode())], PATH)
    assert (caught.value.path, caught.value.line) == ("file", line)
    assert message in caught.value.message


def test_several_texts_make_one_file():
    first, second = (
        as_lines(f"Package: {name} Pin: version 1 Pin-Priority: 5").encode() for name in "ab"
    )
    pins, whole = parse_trial([("x", first), ("y", b"# said\n" + second)], PATH)
    assert whole == first + b"\n# said\n" + second
    assert [(pin.path, pin.line) for pin in pins] == [(PATH, 1), (PATH, 6)]


@pytest.mark.parametrize("name", ["", ".pref", "a/b", "../x", "a.conf", "a b", "x.pref~"])
def test_name_that_apt_does_not_read_is_refused(lab, name):
    with pytest.raises(UsageError):
        target_path(lab.world().configuration, name)


# -- candidates ----------------------------------------------------------------------------------


def test_candidate_moves_by_the_pin_that_raises_it(lab):
    trial = trial_of(lab, "Package: a Pin: release n=next Pin-Priority: 990")
    assert moves(trial) == [("a", ("1", 500), ("2", 990), trial.pins[0])]
    assert (trial.idle, trial.overruled) == ([], [])


def test_candidate_is_lost_by_the_pin_that_forbids_it(lab):
    trial = trial_of(lab, "Package: b Pin: version 1 Pin-Priority: -1")
    assert moves(trial) == [("b", ("1", 500), ("2", 1), trial.pins[0])]
    trial = trial_of(lab, "Package: * Pin: release o=Example Pin-Priority: never")
    rows = moves(trial)
    assert [row[:3] for row in rows] == [
        ("b", ("1", 500), None),
        ("c", ("1", 500), None),
    ]
    assert {row[3] for row in rows} == set(trial.pins)


def test_only_named_packages_are_told_of(lab):
    trial = trial_of(lab, "Package: * Pin: release n=next Pin-Priority: 990")
    assert [row[0] for row in moves(trial)] == ["a", "b"]
    assert [row[0] for row in moves(trial, [trial.after.universe.find(b"b")])] == ["b"]


def test_pins_that_match_or_decide_nothing_are_told(lab):
    trial = trial_of(
        lab,
        "Package: aa Pin: release n=next Pin-Priority: 990",
        "Package: a Pin: release n=nxt Pin-Priority: 990",
        "Package: src:s Pin: release n=next Pin-Priority: 990",
        "Package: b Pin: release n=next Pin-Priority: 5",
        "Package: * Pin: release n=nxt Pin-Priority: 5",
    )
    assert [row[0] for row in moves(trial)] == ["b"]
    assert trial.idle == [trial.pins[0], trial.pins[1], trial.pins[4]]
    assert trial.overruled == [trial.pins[3]]


@pytest.mark.parametrize(("name", "is_first"), [("m", True), ("z.pref", False)])
def test_name_of_the_file_decides_its_place(lab, name, is_first):
    lab.write("etc/apt/preferences.d/n", "Package: *\nPin: release n=next\nPin-Priority: 400\n")
    trial = trial_of(lab, "Package: * Pin: release n=next Pin-Priority: 990", name=name)
    assert bool(moves(trial)) is is_first
    assert bool(trial.overruled) is not is_first


def test_main_file_comes_before_all(lab):
    lab.write("etc/apt/preferences", "Package: *\nPin: release n=next\nPin-Priority: 400\n")
    trial = trial_of(lab, "Package: * Pin: release n=next Pin-Priority: 990", name="a")
    assert moves(trial) == []
    assert trial.overruled == trial.pins


# -- against the real apt ------------------------------------------------------------------------

ROOTS = ("mixed", "rolling")
PINS_COUNT = 25
ASKED_COUNT = 250
_PRIORITIES = (-1, -100, 1, 50, 99, 100, 101, 499, 500, 501, 900, 989, 990, 991, 1000, 1001, 2000)


def draw_pins(draw, names, here, versions, sites):
    """Return the stanzas of a preferences file, most of them about few packages."""
    suites = ("sid", "trixie", "trixie-backports", "unstable", "stable*", "forky")

    def word():
        name = draw.choice(draw.choice((names, here)))
        return draw.choice(
            (name, name, name, f"{name}:amd64", f"{name}:any", f"src:{name}", f"{name[:5]}*",
             f"/^{name[:6]}/", f"*{name[-4:]}", f"{name}:i386")
        )  # fmt: skip

    def pin(words):
        version = draw.choice(versions.get(words[0], ["1"]))
        kinds = (
            f"release n={draw.choice(suites)}",
            f"release a={draw.choice(suites)}",
            f"release {draw.choice(suites)}",
            "release o=Debian",
            "release l=Debian,c=main",
            "release v=13*",
            "release c=main,b=amd64",
            "release a=now",
            f"origin {draw.choice(sites)}",
            'origin "*.org"',
            'origin ""',
        )
        exact = (f"version {version}", f"version {version[:3]}*", f"source-version {version}")
        return draw.choice(kinds if words == ["*"] else (*kinds, *exact, *exact))

    for number in range(PINS_COUNT):
        words = ["*"] if number % 12 == 5 else [word() for _ in range(draw.choice((1, 1, 2)))]
        priority = draw.choice(_PRIORITIES)
        yield f"Package: {' '.join(words)}\nPin: {pin(words)}\nPin-Priority: {priority}\n"


@pytest.mark.oracle
@pytest.mark.timeout(600)
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("seed", range(int(os.environ.get("FORETELL_TRIALS", "1"))))
def test_real_apt_has_the_candidates_of_the_trial(tmp_path, require, root, seed):
    oracle = oracle_or_none()
    if oracle is None:
        require("apt", "the oracle is not built: make oracle")
    here = os.path.join(oracle.folder, root)
    if not os.path.exists(here):
        require(f"root-{root}", f"the root {root} is not built: make oracle")
    copy = str(tmp_path / "root")
    shutil.copytree(here, copy, symlinks=True)
    lists = os.path.join(copy, "var/lib/apt/lists")
    for name in os.listdir(lists):
        path = os.path.join(lists, name)
        if os.path.islink(path):
            os.unlink(path)
            os.symlink(os.path.realpath(os.path.join(here, "var/lib/apt/lists", name)), path)
    world = load_world(copy, environment={}, cache=cache_folder(os.environ))
    universe = world.state().universe
    versions = {
        universe.name(p).decode(): [universe.version_string(v).decode() for v in found]
        for p in range(universe.package_count())
        if (found := universe.versions(p))
    }
    draw = random.Random(f"{root} {seed}")
    present = [universe.name(p).decode() for p in sorted(universe.installed)]
    several = sorted(name for name, found in versions.items() if len(found) > 1)
    texts = list(
        draw_pins(
            draw, several or sorted(versions), present, versions, [f.site for f in world.files]
        )
    )
    assert world.configuration is not None
    path = target_path(world.configuration, "foretell.pref")
    pins, whole = parse_trial([("x", text.encode()) for text in texts], path)
    trial = Trial(world, pins, path)
    moved = [universe.name(row.package).decode() for row in trial.moved()]
    assert moved
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(whole)
    asked = {*draw.sample(moved, min(len(moved), ASKED_COUNT)), *present}
    asked.update(word.text for pin in pins for word in pin.packages if word.text in versions)
    asked.update(draw.sample(sorted(versions), ASKED_COUNT))
    with RealQueries.of(oracle, copy, "3.0.3") as real:
        theirs = parse_policy(real.text(["policy", *sorted(asked)]))
    pinning = trial.tried.pinning(trial.after)
    ours = {}
    for name in sorted(asked):
        number = trial.after.universe.find(name.encode())
        candidate = trial.after.candidate(number)
        text = trial.after.universe.version_string
        ours[name] = (
            text(candidate).decode() if candidate >= 0 else "(none)",
            {text(v).decode(): pinning.priority(v) for v in universe.versions(number)},
        )
    assert set(theirs) == asked
    assert {name: (ours[name], row) for name, row in theirs.items() if ours[name] != row} == {}
