"""Do pins and releases choose candidates and priorities for the numbered versions?"""

from __future__ import annotations

import pytest

from tests.apt.world_lab import SITE, Lab, installed, package


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path, package("a", "1") + package("b", "1", Source="s"))
    lab.write("etc/apt/sources.list", f"deb {SITE} trixie main\ndeb {SITE} new main\n")
    lab.add_list(package("a", "2") + package("b", "2", Source="s"), suite="new")
    return lab


def candidates(lab, **keywords):
    """Return the candidate of every package, and the priority of every version."""
    state = lab.world(**keywords).state()
    universe = state.universe
    found = {}
    for number in range(universe.package_count()):
        candidate = state.candidate(number)
        text = universe.version_string(candidate).decode() if candidate >= 0 else ""
        rows = {universe.version_string(v).decode(): state.priority(v)
                for v in universe.versions(number)}  # fmt: skip
        found[universe.name(number).decode()] = (text, rows)
    return found


def pin(lab, words, target, priority):
    text = f"Package: {words}\nPin: {target}\nPin-Priority: {priority}\n"
    lab.write("etc/apt/preferences", text)


def test_highest_version_wins_without_pins(lab):
    assert candidates(lab)["a"] == ("2", {"2": 500, "1": 500})


@pytest.mark.parametrize(
    ("words", "target", "priority", "expected"),
    [
        ("a", "release n=trixie", 600, {"a": "1", "b": "2"}),
        ("*", "release n=trixie", 600, {"a": "1", "b": "1"}),
        ("src:s", "version 1*", 600, {"a": "2", "b": "1"}),
        ("a", "version 1", 600, {"a": "1", "b": "2"}),
        ("*", "release n=new", -1, {"a": "1", "b": "1"}),
        ("a", "origin a.example.org", -1, {"a": "", "b": "2"}),
        ("a", "release n=trixie", 400, {"a": "2", "b": "2"}),
    ],
)
def test_pin_chooses_the_candidate(lab, words, target, priority, expected):
    pin(lab, words, target, priority)
    assert {name: row[0] for name, row in candidates(lab).items()} == expected


def test_target_release_wins(lab):
    found = candidates(lab, target_release="trixie")
    assert found["a"] == ("1", {"2": 500, "1": 990})


def test_release_that_is_not_automatic_is_last(lab):
    lab.add_list(package("a", "2"), suite="new", release="NotAutomatic: yes\n")
    assert candidates(lab)["a"] == ("1", {"2": 1, "1": 500})


@pytest.mark.parametrize(("priority", "expected"), [(990, "3"), (1001, "1"), (50, "3"), (-1, "3")])
def test_installed_version_is_only_left_for_a_priority_above_1000(lab, priority, expected):
    lab.set_status(installed("a", "3"))
    pin(lab, "a", "release n=trixie", priority)
    assert candidates(lab)["a"][0] == expected


def test_downgrade_is_planned_for_a_priority_above_1000(lab):
    lab.set_status(installed("a", "3"))
    pin(lab, "a", "release n=trixie", 1001)
    assert lab.plan("full-upgrade") == {"a": "downgrade"}


def test_version_in_two_lists_has_the_higher_priority(lab):
    lab.add_list(package("a", "1"), suite="new", release="NotAutomatic: yes\n")
    assert candidates(lab)["a"] == ("1", {"1": 500})
