"""Is what is told as surprising true, in the order of its weight, and enough to see it again?"""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from foretell.apt.answers.predict import Answer, Change, predict
from foretell.apt.answers.surprises import WEIGHTS, find_surprises
from foretell.apt.requests.request import Request
from foretell.apt.system.planned import Planned
from foretell.apt.system.policy import PackageFile
from foretell.apt.system.world import World, parse_status
from foretell.errors import UsageError
from foretell.render.apt_surprises import render_surprises, sentence
from tests.apt.world_lab import Lab, index_of, installed, package

SUITES = (("Debian", "trixie"), ("Debian", "trixie-security"), ("Other", "next"))
DPKG = installed("dpkg", "1")


def told(lab, verb, *words, options=(), target_release=""):
    world = lab.world(*options, target_release=target_release)
    answer = predict(world, Request(verb, list(words)), solver_version="3.0.3")
    assert answer.verdict == "ok"
    return [(reason.kind, reason.fields["package"]) for reason in find_surprises(answer)]


@pytest.fixture
def make(tmp_path):
    return lambda packages="", status="": Lab(tmp_path, packages, status)


# -- each kind -----------------------------------------------------------------------------------

NEW = package("new", Conflicts="old")


def test_what_is_asked_for_is_no_surprise(make):
    lab = make(NEW, installed("old", Priority="standard", Section="metapackages"))
    lab.set_automatic("old")
    assert told(lab, "install", "new") == [("important-removed", "old")]
    assert told(lab, "remove", "old") == []


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Priority": "required"}, "important-removed"),
        ({"Priority": "important"}, "important-removed"),
        ({"Priority": "standard"}, "important-removed"),
        ({"Priority": "extra"}, None),
        ({"Section": "metapackages"}, "metapackage-removed"),
        ({"Section": "contrib/metapackages"}, "metapackage-removed"),
        ({"Section": "metapackage"}, None),
    ],
)
def test_removal_is_judged_by_its_stanza(make, fields, kind):
    lab = make(NEW, installed("old", **fields))
    lab.set_automatic("old")
    assert told(lab, "install", "new") == ([(kind, "old")] if kind else [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("task-desktop", "desktop-removed"),
        ("task-gnome-desktop", "desktop-removed"),
        ("task-laptop", "metapackage-removed"),
        ("grub-pc", "boot-loader-removed"),
        ("grub-efi-amd64", "boot-loader-removed"),
        ("grub-common", "metapackage-removed"),
    ],
)
def test_removal_is_judged_by_its_name(make, name, kind):
    status = installed(name, Section="tasks")
    lab = make(package("new", Conflicts=name), status)
    lab.set_automatic(name)
    assert told(lab, "install", "new") == [(kind, name)]
    if kind == "boot-loader-removed":
        assert told(lab, "remove", name) == [(kind, name)]
        lab.set_status(status + installed("systemd-boot"))
        assert told(lab, "remove", name) == []


def test_what_the_system_starts_with_is_told_even_when_asked_for(make):
    vital = installed("core", Essential="yes") + installed("guard", Important="yes")
    lab = make("", vital)
    assert told(lab, "remove", "core", "guard") == [
        ("essential-removed", "core"),
        ("essential-removed", "guard"),
    ]
    lab.set_status(installed("linux-image-6.1-amd64"))
    world = lab.world()
    world.kernel = "6.1-amd64"
    answer = predict(world, Request("remove", ["linux-image-6.1-amd64"]), solver_version="3.0.3")
    assert [reason.kind for reason in find_surprises(answer)] == ["kernel-removed"]


def test_metapackage_names_what_it_leaves_behind(make):
    parts = "".join(map(installed, "pqr"))
    lab = make(NEW, installed("old", Section="metapackages", Depends="p, q, gone | r") + parts)
    lab.set_automatic("old")
    answer = lab.answer("install", "new")
    (reason,) = find_surprises(answer)
    assert (reason.fields["members"], reason.fields["count"]) == (("p", "q", "r"), 3)
    assert sentence(reason.kind, reason.fields) == "old is removed, a metapackage; p, q, r stay"
    lab.set_status(installed("old", Section="metapackages", Depends="p") + installed("p"))
    (reason,) = find_surprises(lab.answer("install", "new"))
    assert sentence(reason.kind, reason.fields) == "old is removed, a metapackage; p stays"


def test_what_was_installed_by_hand_goes_unasked(make):
    status = "".join(installed(name, Depends="old") for name in ("app", "auto", "game"))
    lab = make("", status + installed("old"))

    def found(*words):
        return find_surprises(lab.answer("remove", *words, version="3.3.5"))

    lab.set_automatic("auto", "old")
    (reason,) = found("old")
    assert reason.kind == "manual-removed"
    assert sentence(reason.kind, reason.fields) == "app, game go, and were installed by hand"
    assert [fact.text for fact in reason.evidence] == ["Package: app", "Package: game"]
    assert found("old", "app", "game") == []
    lab.set_automatic("auto", "old", "game")
    (reason,) = found("old")
    assert sentence(reason.kind, reason.fields) == "app goes, and was installed by hand"
    lab.set_automatic("auto", "old", "game", "app")
    assert found("old") == []


def test_what_is_replaced_is_told_of_once(make):
    owner = installed("owner", Depends="mail") + installed("old", Provides="mail")
    new = package("new", Provides="mail", Conflicts="old")
    lab = make(new + package("x", Depends="new"), owner)
    answer = lab.answer("install", "x", version="3.3.5")
    assert [reason.kind for reason in find_surprises(answer)] == ["provider-switched"]


def test_essential_that_comes(make):
    lab = make(package("x", Depends="y, z") + package("y", Important="yes") + package("z"))
    assert told(lab, "install", "x") == [("essential-added", "y")]
    assert told(lab, "install", "x", "y") == []


def test_downgrade(make):
    lab = make(package("x", Depends="y (= 1)") + package("y"), installed("y", "2"))
    lab.write("etc/apt/preferences", "Package: y\nPin: version 1\nPin-Priority: 1001\n")
    assert told(lab, "install", "x") == [("downgraded", "y")]
    assert told(lab, "install", "x", "y=1") == []


def test_switch_of_a_provider(make):
    owner = installed("owner", Depends="m | mail")
    mine = installed("old", Provides="mail", Conffiles="\n /etc/a 1\n /etc/b 2")
    new = {"Provides": "mail", "Conflicts": "old"}
    lab = make(package("new", **new) + package("x", Depends="new"), owner + mine)
    lab.set_automatic("old")
    (reason,) = find_surprises(lab.answer("install", "x"))
    assert reason.kind == "provider-switched"
    assert sentence(reason.kind, reason.fields) == (
        "new takes the place of old, which owner needs (Depends m | mail); "
        "its 2 configuration files are not taken over"
    )
    # Another name of the same source is no other provider.
    lab.add_list(package("new", Source="old", **new) + package("x", Depends="new"))
    assert told(lab, "install", "x") == []


def test_packages_of_another_suite(make):
    lab = make(package("x", Depends="y, z") + package("y"), installed("dpkg"))
    lab.write(
        "etc/apt/sources.list",
        "".join(
            f"deb http://a.example.org/debian {suite} main\n"
            for suite in ("trixie", "trixie-security", "next")
        ),
    )
    lab.add_list(package("dpkg") + package("x", Depends="y, z") + package("y"))
    lab.add_list(package("z"), suite="trixie-security")
    lab.add_list("", suite="next")
    assert told(lab, "install", "x") == []
    lab.add_list(package("z", "2") + package("y", "2"), suite="next")
    (reason,) = find_surprises(lab.answer("install", "x"))
    assert sentence(reason.kind, reason.fields) == (
        "y, z come from Example next; the system is Example trixie"
    )
    assert told(lab, "install", "y/next", "z") == [("other-suite", "z")]
    assert told(lab, "install", "x", target_release="next") == []
    lab.add_list(package("dpkg", "2") + package("z", "2") + package("y", "2"), suite="next")
    assert told(lab, "full-upgrade", "y") == []  # the system itself goes there


def test_configuration_that_is_purged_along(make):
    files = "".join(f"\n /etc/{number} 0" for number in range(5))
    lab = make("", installed("a", Depends="b") + installed("b", Conffiles=files))
    lab.set_automatic("b")
    options = ("APT::Get::AutomaticRemove=1", "APT::Get::Purge=1")
    world = lab.world(*options)
    request = Request("purge", ["a"], auto_remove=True, purge=True)
    answer = predict(world, request, solver_version="3.0.3")
    assert [reason.kind for reason in find_surprises(answer)] == ["configuration-purged"]


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        ((100_000_000, 100), "large-download"),
        ((99_999_999, 100), None),
        ((100_000_000, 250_000_000), "large-download"),
        ((100_000_000,) * 4, None),
    ],
)
def test_large_download(make, sizes, kind):
    names = "xyzw"[: len(sizes)]
    lab = make("".join(package(n, Size=str(s)) for n, s in zip(names, sizes, strict=True)))
    found = told(lab, "install", *names)
    largest = names[sizes.index(max(sizes))]
    assert found == ([(kind, largest)] if kind else [])


def test_large_installation_counts_what_is_new(make):
    lab = make(package("x", "2", **{"Installed-Size": "900000"}))
    assert told(lab, "install", "x") == [("large-installation", "x")]
    lab.set_status(installed("x", **{"Installed-Size": "800000"}))
    assert told(lab, "install", "x") == []


def test_failure_has_no_surprises(make):
    lab = make(package("x", Depends="nothing"))
    assert find_surprises(lab.answer("install", "x")) == []


def test_screen_shows_the_first_ones_and_counts_the_rest():
    rows = [("kernel-removed", {"package": name, "action": "remove"}) for name in "abcd"]
    text = render_surprises(rows, shown_max=3)
    assert text.startswith("Worth a look:\n  a is removed, and it is the kernel that runs now\n")
    assert text.endswith("  and 1 more (--surprises 4 shows them)\n")
    assert text.count("\n") == 5
    assert render_surprises(rows, shown_max=0) == render_surprises([], shown_max=3) == ""


# -- sufficiency ---------------------------------------------------------------------------------

NAMES = ("core", "grub-pc", "task-x-desktop", "meta", "serve", "other")


@st.composite
def systems(draw):
    """Draw stanzas with the facts that surprises are made of: suites and a status."""
    suites = ["", "", ""]
    status = DPKG
    suites[draw(st.integers(0, 2))] += package("dpkg")
    for name in NAMES:
        fields = {
            "Priority": draw(st.sampled_from(("required", "standard", "optional"))),
            "Section": draw(st.sampled_from(("metapackages", "misc"))),
            "Provides": draw(st.sampled_from(("v", ""))),
            "Essential": draw(st.sampled_from(("yes", *[""] * 5))),
            "Recommends": draw(st.sampled_from(("serve", "v", "core | other"))),
        }
        relations = {
            "Depends": draw(st.sampled_from(("v", "core | other", ""))),
            "Conflicts": draw(st.sampled_from((*NAMES, "", ""))),
        }
        size = draw(st.sampled_from(("1000", "200000000")))
        version = draw(st.sampled_from("123"))
        if draw(st.booleans()):
            status += installed(
                name, version, **fields, Conffiles="".join(f"\n /etc/{n} 0" for n in range(6))
            )
        for number in range(3):
            if draw(st.booleans()):
                other = draw(st.sampled_from("123"))
                suites[number] += package(name, other, Size=size, **fields, **relations)
    marks = draw(st.sets(st.sampled_from(NAMES)))
    return suites, status, marks


def world_of(suites, status, marks):
    world = World("amd64")
    world.lists = [f"list{number}" for number in range(len(suites))]
    for origin, suite in SUITES[: len(suites)]:
        file = PackageFile()
        file.origin, file.codename, file.component = origin, suite, "main"
        world.files.append(file)
    world.use_archive(index_of(*suites))
    world.status_path = "status"
    world.installed = parse_status(status.encode(), "status")
    world.automatic = {(name, "amd64") for name in marks}
    return world


def stanza_at(place, suites, status):
    """Return where an evidence points: the number of its list, or -1, and the stanza."""
    if found := re.fullmatch(r"list(\d+):@(\d+)\+(\d+)", place):
        number, offset, length = map(int, found.groups())
        text = suites[number].encode()[offset : offset + length].decode()
        return number, text.rstrip("\n") + "\n\n"
    line = int(place.removeprefix("status:"))
    rest = status.split("\n")[line - 1 :]
    return -1, "\n".join(rest[: rest.index("")]) + "\n\n"


def reduced(answer, surprises, suites, status, marks):
    """Return the same plan in a world of the changed packages and the cited stanzas alone."""
    universe = answer.state.universe
    kept = {universe.name(change.package).decode() for change in answer.changes}
    cited = {
        stanza_at(fact.place, suites, status) for reason in surprises for fact in reason.evidence
    }
    for reason in surprises:
        for fact in reason.evidence:  # what is cited stands there
            assert fact.text in stanza_at(fact.place, suites, status)[1]
        kept.update(map(str, reason.fields.get("members", ())))

    def left(number, text):
        stanzas = [part + "\n\n" for part in text.split("\n\n") if part]
        return "".join(
            part for part in stanzas if part.split()[1] in kept or (number, part) in cited
        )

    for reason in surprises:  # an owner is there in a version that may only be in the lists
        kept.update({"dpkg"} if reason.kind == "other-suite" else set())
        kept.update({str(reason.fields["owner"])} if "owner" in reason.fields else set())
    world = world_of(
        [left(number, text) for number, text in enumerate(suites)], left(-1, status), marks
    )
    again = Answer("ok", world, answer.request)
    again.state = state = world.state(answer.profile, solver=answer.choice.name)
    other = state.universe

    def number(version):
        if version < 0:
            return -1
        package_ = other.find(universe.name(universe.package(version)))
        if version == answer.state.installed.get(universe.package(version)):
            return state.installed.get(package_, -1)

        def likeness(universe_, it):  # of one version string there may be two stanzas
            return universe_.version_string(it), universe_.relation_lines(it), universe_.meta(it)

        wanted = likeness(universe, version)
        return next((v for v in other.versions(package_) if likeness(other, v) == wanted), -1)

    def moved(packages):
        found = (other.find(universe.name(package_)) for package_ in packages)
        return {package_ for package_ in found if package_ >= 0}

    again.changes = [
        Change(other.find(universe.name(c.package)), c.action, number(c.new), number(c.old), False)
        for c in answer.changes
    ]
    final = {number(version) for version in answer.planned.versions.values()} - {-1}
    again.planned = Planned({other.package(version): version for version in final}, set())
    state.protected = moved(answer.state.protected)
    state.mode = dict.fromkeys(moved(answer.state.mode), 0)
    return again


RESTING_ON_ABSENCE = {"provider-switched", "boot-loader-removed"}


def told_of(reason):
    return reason.kind, dict(reason.fields)


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    systems(),
    st.sampled_from(["install", "remove", "purge", "full-upgrade"]),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
)
def test_plan_and_cited_stanzas_suffice(system, verb, words):
    world = world_of(*system)
    try:
        answer = predict(world, Request(verb, words), solver_version="3.0.3")
    except UsageError:
        assume(False)
    surprises = find_surprises(answer)
    assume(surprises)
    weights = [int(str(reason.fields["weight"])) for reason in surprises]
    assert weights == sorted(weights, reverse=True)
    assert weights == [WEIGHTS[reason.kind] for reason in surprises]
    again = find_surprises(reduced(answer, surprises, *system))
    wanted = list(map(told_of, surprises))
    # Less in a world can only show more of the kinds that say that nothing else is left.
    assert [row for row in map(told_of, again) if row in wanted] == wanted
    assert {it.kind for it in again if told_of(it) not in wanted} <= RESTING_ON_ABSENCE
    same = find_surprises(predict(world_of(*system), answer.request, solver_version="3.0.3"))
    assert list(map(told_of, same)) == wanted
