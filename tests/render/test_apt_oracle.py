"""Does the real apt print the same, byte for byte?"""

from __future__ import annotations

import re

import pytest

from foretell.render.apt import Change, Layout, Name, Screen, Sizes, render_screen
from foretell.render.apt_failure import render_failure
from tests.render.apt_lab import archive_world, failure_part, oracle_root, screen_part, small_world
from tests.render.failures import CASES

pytestmark = pytest.mark.oracle

AVAILABLE = """
base 1; Essential: yes
new 1; Depends: newdep; Suggests: sug1 | sug2, sug3 (>= 1), nosuch, old (>= 9); Recommends: r1 | r2
newdep 1; Suggests: sug3, sug1 | sug2, sug4, sug2; Recommends: new | r1, r3
sug1 1
sug2 1
sug3 1
sug4 1
old 2
down 2
held 2
re 1
left 2; Depends: nosuch
""" + "\n".join(f"many-{'x' * (n % 13)}{n} 1" for n in range(60))
INSTALLED = """
base 1; Essential: yes
old 1
down 3
held 1; Status: hold ok installed
re 1
gone 1
left 1
garbage 1
needed 1
needs 1; Depends: needed
"""


@pytest.fixture(scope="module")
def apt_root(require):
    root = oracle_root()
    if root is None:
        require("apt", "no trixie root with apt 3.0 (FORETELL_ORACLE_DIR)")
    return root


@pytest.fixture
def world(tmp_path, apt_root):
    return small_world(tmp_path, apt_root, AVAILABLE, INSTALLED, "garbage needed")


def install(package, *, automatic=False):
    return Change(package, "amd64", "install", version="1", automatic=automatic)


def replace(package, action, previous, version):
    return Change(package, "amd64", action, previous=previous, version=version)


def remove(package, action="remove"):
    return Change(package, "amd64", action, previous="1")


def sizes(*, fetched, installed):
    """Return sizes for numbers of packages; the free space is as ``screen_part`` puts it."""
    total = fetched * 500_000
    return Sizes(download=total, download_total=total, disk=installed * 1_024_000, available=10**9)


GARBAGE = [Name("garbage", "1")]
MISSING = {
    "suggested": [
        [Name("sug1", "1"), Name("sug2", "1")],
        [Name("sug3", "1")],
        [Name("nosuch")],
        [Name("old", "2")],
        [Name("sug4", "1")],
        [Name("sug2", "1")],
    ],
    "recommended": [[Name("r1"), Name("r2")], [Name("r3")]],
}
NEW = [install("newdep", automatic=True), install("new")]
MANY = sorted(f"many-{'x' * (n % 13)}{n}" for n in range(60))
SCREENS = {
    "nothing": (
        "install re",
        [],
        {"notices": ["re is already the newest version (1)."], "not_upgrading_count": 3},
    ),
    "new": (
        "install new",
        NEW,
        {**MISSING, "not_upgrading_count": 3, "sizes": sizes(fetched=2, installed=2)},
    ),
    "many": (
        "install " + " ".join(MANY),
        [install(name) for name in MANY],
        {"not_upgrading_count": 3, "sizes": sizes(fetched=60, installed=60)},
    ),
    "mixed": (
        "install new old down=2 --reinstall re gone-",
        [
            *NEW,
            replace("old", "upgrade", "1", "2"),
            replace("down", "downgrade", "3", "2"),
            replace("re", "reinstall", "1", "1"),
            remove("gone"),
        ],
        {**MISSING, "not_upgrading_count": 2, "sizes": sizes(fetched=5, installed=1)},
    ),
    "purge": (
        "purge gone",
        [remove("gone", "purge")],
        {"not_upgrading_count": 3, "sizes": sizes(fetched=0, installed=-1)},
    ),
    "held": (
        "install held",
        [replace("held", "upgrade", "1", "2")],
        {
            "held": [Name("held", "1", "2")],
            "not_upgrading_count": 2,
            "sizes": sizes(fetched=1, installed=0),
        },
    ),
    "upgrade": (
        "upgrade",
        [replace("old", "upgrade", "1", "2")],
        {
            "progress": "Calculating upgrade",
            "kept": [Name("held", "1", "2"), Name("left", "1", "2")],
            "not_upgrading_count": 2,
            "sizes": sizes(fetched=1, installed=0),
        },
    ),
    "essential": (
        "remove base --allow-remove-essential",
        [remove("base")],
        {
            "essential": [("base", None)],
            "not_upgrading_count": 3,
            "sizes": sizes(fetched=0, installed=-1),
        },
    ),
    "garbage": (
        "remove needs",
        [remove("needs")],
        {
            "autoremovable": [*GARBAGE, Name("needed", "1")],
            "not_upgrading_count": 3,
            "sizes": sizes(fetched=0, installed=-1),
        },
    ),
    "autoremove": (
        "autoremove",
        [remove("garbage")],
        {
            "autoremovable": [],
            "not_upgrading_count": 3,
            "sizes": sizes(fetched=0, installed=-1),
        },
    ),
}


@pytest.mark.parametrize("case", SCREENS)
def test_screens_are_those_of_apt(case, world):
    request, changes, facts = SCREENS[case]
    facts = {"autoremovable": GARBAGE, **facts}
    recommends = "--no-install-recommends"
    compared = 0
    for width in (20, 41, 80, 120, 200):
        for options, layout in (
            ([], Layout(width=width)),
            (["-V"], Layout(width=width, is_verbose=True)),
            (["-qq"], Layout(width=width, quiet=2)),
            (
                ["-o", "APT::Get::List-Columns=0"],
                Layout(width=width, has_columns=False),
            ),
            (
                ["-o", "APT::Get::HideAutoRemove=small"],
                Layout(width=width, counts_autoremovable=True),
            ),
        ):
            real = world.apt(*request.split(), recommends, *options, COLUMNS=str(width))
            screen = Screen(changes, native="amd64", layout=layout, **facts)
            assert render_screen(screen) == screen_part(real).split("Error: ")[0]
            compared += 1
    print(f"{compared} agreed / {compared} compared")


@pytest.mark.parametrize("case", SCREENS)
@pytest.mark.parametrize("is_verbose", [False, True])
def test_screens_on_a_terminal_are_those_of_apt(case, is_verbose, world):
    request, changes, facts = SCREENS[case]
    facts = {"autoremovable": GARBAGE, **facts}
    options = ["--no-install-recommends", *(["-V"] if is_verbose else [])]
    real = world.apt(*request.split(), *options, is_terminal=True, COLUMNS="80")
    if facts.get("notices"):  # stand before the progress that apt erases
        facts["notices"] = []
    layout = Layout(width=80, quiet=0, is_coloured=True, is_verbose=is_verbose)
    screen = Screen(changes, native="amd64", layout=layout, **facts)
    assert render_screen(screen) == re.split(r"\x1b\[1;31mError: ", screen_part(real))[0]


@pytest.mark.parametrize("case", CASES)
def test_failures_are_told_as_by_apt(case, tmp_path, apt_root):
    available, installed, automatic, request, decisions = CASES[case]
    installed = f"base 1; Essential: yes\n{installed}"
    world = small_world(tmp_path, apt_root, available, installed, automatic)
    assert render_failure(*decisions()) == failure_part(world.apt("install", *request.split()))


def parse_list(text, title):
    """Return label and versions of each line of a verbose list."""
    if f"{title}:\n" not in text:
        return []
    lines = text.split(f"{title}:\n")[1].split("\n\n")[0].splitlines()
    parsed = []
    for line in lines:
        label, _, version = line.strip().removeprefix("| ").partition(" (")
        parsed.append((line.startswith("   | "), label, version.rstrip(")") or None))
    return parsed


def parse_groups(text, title):
    groups: list[list[Name]] = []
    for is_alternative, label, version in parse_list(text, title):
        groups[-1:] = [[*groups[-1], Name(label, version)]] if is_alternative else groups[-1:]
        if not is_alternative:
            groups.append([Name(label, version)])
    return groups


@pytest.mark.parametrize("request_", ["git", "gnome", "vim-gtk3 --no-install-recommends", "libc6"])
def test_screens_of_the_archive_are_those_of_apt(request_, tmp_path, apt_root):
    world = archive_world(tmp_path, apt_root)
    arguments = ["install", *request_.split()]
    verbose = screen_part(world.apt(*arguments, "-V"))
    changes = [
        Change(label, "amd64", "install", version=version, automatic=bool(suffix))
        for suffix in ("", " dependencies")
        for _, label, version in parse_list(verbose, f"Installing{suffix}")
    ]
    notices = [line for line in verbose.splitlines() if "already the newest" in line]
    for options, layout in (
        (["-V"], Layout(width=80, is_verbose=True)),
        ([], Layout(width=80)),
        ([], Layout(width=120)),
        ([], Layout(width=200)),
        (["-o", "APT::Get::List-Columns=0"], Layout(width=100, has_columns=False)),
    ):
        screen = Screen(
            changes,
            native="amd64",
            layout=layout,
            notices=notices,
            suggested=parse_groups(verbose, "Suggested packages"),
            recommended=parse_groups(verbose, "Recommended packages"),
        )
        real = screen_part(world.apt(*arguments, *options, COLUMNS=str(layout.width)))
        assert render_screen(screen) == re.sub(r"\n  (Download|Space)(.|\n)*", "\n", real)
