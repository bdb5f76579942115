"""Is what is told as surprising true, and where does that stand?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.answers.surprises import find_surprises
from foretell.apt.requests.request import Request
from foretell.render.apt_surprises import render_surprises, sentence
from tests.apt.world_lab import Lab, installed, package


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


@pytest.mark.parametrize("field", ["Essential", "Important", "Protected"])
def test_evidence_of_what_is_vital_stands_there(make, field):
    """That of a list is not kept: either name of the second kind may stand there."""
    vital = {field: "yes"}
    lab = make(package("new", Depends="guard") + package("guard", **vital), installed("a", **vital))
    (gone,) = find_surprises(lab.answer("remove", "a"))
    assert [fact.text for fact in gone.evidence] == [f"{field}: yes"]
    (come,) = find_surprises(lab.answer("install", "new"))
    assert [fact.text for fact in come.evidence] == ["Essential: yes" * (field == "Essential")]
    named = "Essential" if field == "Essential" else "Protected"
    assert gone.fields["field"] == come.fields["field"] == named


def test_metapackage_names_what_it_leaves_behind(make):
    parts = "".join(map(installed, "pqr"))
    lab = make(NEW, installed("old", Section="metapackages", Depends="p, q, gone | r") + parts)
    lab.set_automatic("old")
    answer = lab.answer("install", "new")
    (reason,) = find_surprises(answer)
    assert (reason.fields["members"], reason.fields["count"]) == (("p", "q", "r"), 3)
    assert sentence(reason.kind, reason.fields) == "old is removed, a metapackage; p, q, r stay"
    assert [fact.text for fact in reason.evidence] == [
        *("Section: metapackages", "Depends: p", "Package: p", "Depends: q", "Package: q"),
        *("Depends: gone | r", "Package: r"),
    ]
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
    assert [fact.text for fact in reason.evidence] == [
        *("Depends: m | mail", "Provides: mail", "Provides: mail", "Conffiles:"),
    ]
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
    assert [fact.text for fact in reason.evidence] == ["Package: y", "Package: z", "Package: dpkg"]
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
        ((100_000_000,) * 3, "large-download"),
    ],
)
def test_large_download(make, sizes, kind):
    names = "wzyx"[: len(sizes)]
    lab = make("".join(package(n, Size=str(s)) for n, s in zip(names, sizes, strict=True)))
    found = told(lab, "install", *names)
    largest = min(n for n, size in zip(names, sizes, strict=True) if size == max(sizes))
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
