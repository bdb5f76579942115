"""Are the drawn requests those of their rules, and always the same?"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import UsageError
from foretell.oracle.sample import RULES, Draws, Menu, draw_request, draw_requests

NAMES = [f"p{number}" for number in range(200)]
INSTALLED = NAMES[:30]
METAS = ["kde-desktop", "libx-dev", "task-web", "texlive-full"]
MENU = Menu(
    packages=NAMES,
    installed=INSTALLED,
    automatic=INSTALLED[::2],
    versions=[("p0", "1"), ("p1", "1"), ("p1", "2"), ("p2", "3~rc1-1")],
    suites=[("p0", "trixie"), ("p1", "sid")],
    tasks=["web-server"],
    leaves=INSTALLED[10:20],
    sources=["s0", "s1", "s2"],
)


META_MENU = MENU._replace(packages=sorted([*NAMES, *METAS]))
FOREIGN_MENU = MENU._replace(
    packages=[*NAMES, *(f"{name}:i386" for name in NAMES)],
    installed=[*INSTALLED, "p0:i386", "p1:i386", "p2:i386"],
    leaves=[*MENU.leaves, "p2:i386"],
)


def menu_of(rule):
    if rule.startswith("foreign-"):
        return FOREIGN_MENU
    return META_MENU if rule == "metas" else MENU


def draw(rule, seed=1, count=300, menu=None):
    return list(draw_requests(rule, menu or menu_of(rule), seed, count))


# Changing a rule changes what every published seed means: do it knowingly.
@pytest.mark.parametrize(
    ("rule", "digest"),
    [
        ("autoremovals", "fde758a556f05b1a"),
        ("blends", "e87946e383993949"),
        ("builds", "0410e0c366449256"),
        ("default", "432c929ec401ba9a"),
        ("foreign-removals", "52697af78510c911"),
        ("foreign-sets", "e58b366184c465ba"),
        ("foreign-swaps", "577f9c253e20691c"),
        ("full-upgrades", "098da3372a1f6deb"),
        ("holds", "b2308e7d350d4a8c"),
        ("leaf-removals", "fbfc9efa327c77cd"),
        ("metas", "5cb4c2c903349b08"),
        ("mixes", "d2a02bf10ecff88d"),
        ("purges", "4fc0b5175370bb93"),
        ("reinstalls", "f46a2c67d1bba09a"),
        ("removals", "862672ed946921de"),
        ("satisfactions", "5b46c30f6ff3384e"),
        ("sets", "322e5df229d91819"),
        ("single", "d8efe8705d44aab1"),
        ("suites", "59223aefa8e17a7b"),
        ("swaps", "f9bc507f1fad270f"),
        ("upgrades", "f1b3a718e9313fbc"),
        ("upgrades-new", "4e6d90368bc87d86"),
        ("versions", "32898fbbf0d8d2b1"),
    ],
)
def test_requests_of_a_seed_never_change(rule, digest):
    text = "\n".join(map(str, draw(rule)))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


def test_every_rule_is_pinned():
    assert len(RULES) == 23


@pytest.mark.parametrize("rule", RULES)
def test_a_request_depends_on_its_number_only(rule):
    requests = draw(rule, count=20)
    assert draw_request(rule, menu_of(rule), 1, 17) == requests[17]
    assert draw(rule, seed=2, count=20) != requests
    assert list(draw_requests(rule, menu_of(rule), 1, 20, stream="other")) != requests


@pytest.mark.parametrize(
    ("rule", "verb", "sizes", "known"),
    [
        ("default", "install", {1, 2, 3, 4, 5}, NAMES),
        ("single", "install", {1}, NAMES),
        ("sets", "install", {2, 3, 4, 5, 6, 7, 8}, NAMES),
        ("removals", "remove", {1, 2, 3}, INSTALLED),
        ("purges", "purge", {1, 2}, INSTALLED),
        ("reinstalls", "reinstall", {1, 2, 3}, INSTALLED),
        ("builds", "build-dep", {1, 2}, MENU.sources),
        ("suites", "install", {1, 2}, ["p0/trixie", "p1/sid"]),
        ("versions", "install", {1, 2, 3}, ["p0=1", "p1=1", "p1=2", "p2=3~rc1-1"]),
        ("autoremovals", "autoremove", {0, 1}, INSTALLED),
        ("foreign-sets", "install", {1, 2, 3, 4}, FOREIGN_MENU.packages),
    ],
)
def test_rules_have_their_verb_and_sizes(rule, verb, sizes, known):
    requests = draw(rule)
    assert {request.verb for request in requests} == {verb}
    assert {len(request.words) for request in requests} == sizes
    assert all(len(set(request.words)) == len(request.words) for request in requests)
    assert {word for request in requests for word in request.words} <= set(known)


def test_mixes_remove_installed_and_other_packages():
    removed = [word[:-1] for r in draw("mixes") for word in r.words if word.endswith("-")]
    assert 0.3 < sum(name in INSTALLED for name in removed) / len(removed) < 0.8


@pytest.mark.parametrize("rule", ["mixes", "swaps"])
def test_what_is_installed_is_not_removed_as_well(rule):
    for request in draw(rule):
        wanted = {word for word in request.words if not word.endswith("-")}
        assert wanted
        assert not wanted & {word[:-1] for word in request.words if word.endswith("-")}


def test_swaps_remove_installed_packages_only_and_mostly_leaves():
    removed = [word[:-1] for r in draw("swaps") for word in r.words if word.endswith("-")]
    assert set(removed) <= set(INSTALLED)
    assert 0.8 < sum(name in MENU.leaves for name in removed) / len(removed) < 1


def test_leaves_are_removed_or_purged():
    requests = draw("leaf-removals")
    assert {request.verb for request in requests} == {"remove", "purge"}
    assert {word for request in requests for word in request.words} == set(MENU.leaves)


@pytest.mark.parametrize("rule", ["foreign-sets", "foreign-swaps", "foreign-removals"])
def test_half_of_the_words_are_foreign(rule):
    words = [word for request in draw(rule) for word in request.words]
    assert 0.4 < sum(":i386" in word for word in words) / len(words) < 0.6


def test_foreign_removals_are_mostly_leaves():
    requests = draw("foreign-removals")
    assert {request.verb for request in requests} == {"remove", "purge"}
    words = [word for request in requests for word in request.words]
    assert set(words) <= set(FOREIGN_MENU.installed)
    assert 0.6 < sum(word in FOREIGN_MENU.leaves for word in words) / len(words) < 0.9


def test_metas_are_metapackages_and_tasks():
    words = {word for request in draw("metas") for word in request.words}
    assert words == {*METAS, "web-server^"}


def test_versions_are_mostly_of_packages_with_several():
    many = [(f"p{number}", "1") for number in range(100)]
    menu = MENU._replace(versions=sorted([*many, ("p5", "2")]))
    words = [word for request in draw("versions", menu=menu) for word in request.words]
    assert sum(word.startswith("p5=") for word in words) > len(words) / 3
    assert {"p5=1", "p5=2"} <= set(words)


def test_blends_have_both_kinds_of_words():
    words = [word for request in draw("blends") for word in request.words]
    assert 0.2 < sum("=" in word for word in words) / len(words) < 0.5


def test_holds_are_put_on_installed_packages_and_sometimes_named():
    requests = draw("holds")
    held = [{mark.removeprefix("hold=") for mark in request.marks} for request in requests]
    assert {len(names) for names in held} == set(range(1, 9))
    assert all(names <= set(INSTALLED) for names in held)
    named = [set(request.words) & names for request, names in zip(requests, held, strict=True)]
    assert any(named)
    assert any(word.endswith("-") for request in requests for word in request.words)


@pytest.mark.parametrize(
    ("rule", "verb"),
    [("upgrades", "upgrade"), ("upgrades-new", "upgrade-new"), ("full-upgrades", "full-upgrade")],
)
def test_upgrades_start_from_other_states(rule, verb):
    requests = draw(rule)
    assert {request.verb for request in requests} == {verb}
    assert {mark.partition("=")[0] for r in requests for mark in r.marks} == {
        "auto",
        "hold",
        "manual",
    }
    assert len(set(requests)) == len(requests)
    assert 0.4 < sum(not request.words for request in requests) / len(requests) < 0.6
    assert {len(request.words) for request in requests} == {0, 1, 2}


def test_relations_have_all_their_parts():
    text = "\n".join(word for request in draw("satisfactions") for word in request.words)
    for part in (" | ", "Conflicts: ", ":any", ":native", "(>= ", "(<< ", "[!i386", "<!nocheck>"):
        assert part in text


def test_builds_are_sometimes_partial():
    options = {option for request in draw("builds") for option in request.options}
    assert options == {
        "APT::Get::Arch-Only=1",
        "APT::Get::Indep-Only=1",
        "APT::Build-Profiles=nocheck,nodoc",
    }


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"builds", "suites", "versions"}))
def test_nothing_to_draw_from_is_said(rule):
    with pytest.raises(UsageError, match="nothing for the rule"):
        draw("removals", menu=Menu(packages=NAMES))
    with pytest.raises(UsageError, match="nothing for the rule"):
        draw(rule, menu=Menu(packages=[]))


@pytest.mark.parametrize("rule", ["builds", "suites", "versions"])
def test_rules_name_what_a_menu_lacks(rule):
    with pytest.raises(UsageError, match="nothing for the rule"):
        draw(rule, menu=Menu(packages=NAMES, installed=INSTALLED))


def test_mixes_need_nothing_installed():
    assert draw_request("mixes", Menu(packages=NAMES), 1, 0).words


@given(st.text(), st.integers(1, 1 << 32))
def test_draws_are_below_their_limit(seed, limit):
    draws = Draws(ascii(seed))
    assert all(0 <= draws.below(limit) < limit for _ in range(5))


def test_draws_are_even():
    draws = Draws("even")
    counts = [0] * 7
    for _ in range(7000):
        counts[draws.below(7)] += 1
    assert all(850 < count < 1150 for count in counts)


def test_some_returns_all_when_there_are_too_few():
    assert sorted(Draws("x").some(["a", "b"], 5)) == ["a", "b"]
