"""Which index files are wanted, and which sources contradict each other?"""

from __future__ import annotations

import pytest

from foretell.apt.sources.release import parse_release
from foretell.apt.sources.sources import parse_one_line
from foretell.apt.sources.targets import (
    group_suites,
    languages,
    plain_uri,
    plan_target,
    targets_of,
    uses_by_hash,
)
from foretell.apt.syntax.configuration import Configuration
from foretell.errors import InputError


def suites(text):
    return group_suites(parse_one_line(text.encode(), "sources", architecture="amd64"))


def keys(text, architectures=("amd64",), wanted=("en",)):
    [suite] = suites(text)
    return [target.key for target in targets_of(suite, architectures, wanted)]


def test_targets_of_a_suite():
    assert keys("deb http://example.org s main\ndeb-src http://example.org s main\n") == [
        "main/binary-amd64/Packages",
        "main/binary-all/Packages",
        "main/i18n/Translation-en",
        "main/source/Sources",
    ]


def test_options_choose_targets():
    assert keys("deb [arch=i386 lang=none-at-all target=Packages] http://example.org s main") == [
        "main/binary-i386/Packages",
        "main/binary-all/Packages",
    ]


def test_flat_archive():
    assert keys("deb http://example.org ./") == ["Packages", "en"]
    assert suites("deb http://example.org ./")[0].base == "http://example.org/"
    assert suites("deb http://example.org sub/")[0].base == "http://example.org/sub/"
    assert suites("deb http://example.org s~1 x")[0].base == "http://example.org/dists/s%7e1/"


def test_names_are_quoted_as_apt_does():
    [suite] = suites("deb http://example.org s a~b")
    names = [it.list_name for it in targets_of(suite, ["amd64"], ["pt_BR"])]
    assert names[0] == "example.org_dists_s_a%7eb_binary-amd64_Packages"
    assert names[2] == "example.org_dists_s_a%7eb_i18n_Translation-pt%5fBR"


@pytest.mark.parametrize(
    "one",
    ["trusted=yes", "check-valid-until=no", "check-date=no", "allow-insecure=yes"],
)
def test_options_that_all_sources_of_a_suite_share(one):
    other = f"deb [{one}] http://example.org s main\n"
    for text in (other + "deb http://example.org s b", "deb http://example.org s b\n" + other):
        with pytest.raises(InputError) as caught:
            suites(text)
        assert (caught.value.code, caught.value.line) == ("conflicting-options", 2)
    assert len(suites(other + other.replace("main", "b"))) == 1
    assert len(suites(other + "deb http://example.org t main")) == 2


@pytest.mark.parametrize("field", ["valid-until-min", "valid-until-max", "date-max-future"])
def test_options_that_a_later_source_may_bring(field):
    other = f"deb [{field}=5] http://example.org s main\n"
    assert len(suites("deb http://example.org s b\n" + other)) == 1
    with pytest.raises(InputError, match=f"{field} differs"):
        suites(other + "deb http://example.org s b")


def test_contradiction_names_who_gave_the_other_value():
    lines = [f"deb [signed-by=/{key}.gpg] http://example.org s {key}" for key in "ab"]
    with pytest.raises(InputError, match=r"the same repository in \S+:2$") as caught:
        suites("deb http://example.org s main\n" + "\n".join(lines))
    assert caught.value.line == 3


def test_one_signed_by_is_enough_but_two_must_be_equal():
    first = "deb [signed-by=/a.gpg] http://example.org s main\n"
    assert suites("deb http://example.org s b\n" + first)[0].option("signed-by") == "/a.gpg"
    with pytest.raises(InputError, match="signed-by"):
        suites(first + "deb [signed-by=/b.gpg] http://example.org s b\n")


@pytest.mark.parametrize("option", ["inrelease-path=x", "snapshot=20250101T000000Z"])
def test_what_is_not_supported_is_said(option):
    with pytest.raises(InputError) as caught:
        suites(f"deb [{option}] http://example.org s main")
    assert caught.value.code == "unsupported-option"


RELEASE = """Architectures: all amd64
Components: main
SHA256:
 {0} 10 main/binary-amd64/Packages
 {0} 5 main/binary-amd64/Packages.gz
 {0} 4 main/binary-amd64/Packages.xz
 {0} 4 main/binary-all/Packages
 {0} 0 main/source/Sources
 {0} 3 extra/binary-amd64/Packages.gz
""".format("0" * 64)


def plan(line, extra="", settings=()):
    configuration = Configuration()
    for name, value in settings:
        configuration.set(name, value)
    release = parse_release((extra + RELEASE).encode(), "Release")
    [suite] = suites(line)
    return {
        target.key: (
            [it.name.rpartition("/")[2] for it in plan_target(target, release, configuration)[0]],
            plan_target(target, release, configuration)[1],
        )
        for target in targets_of(suite, ["amd64"], ["en"])
    }


def test_forms_come_in_the_order_of_preference():
    line = "deb http://example.org s main"
    found, reason = plan(line)["main/binary-amd64/Packages"]
    assert (found, reason) == (["Packages.xz", "Packages.gz", "Packages"], "")
    order = [("Acquire::CompressionTypes::Order::", "gz")]
    found, _ = plan(line, settings=order)["main/binary-amd64/Packages"]
    assert found == ["Packages.gz", "Packages.xz", "Packages"]


def test_architecture_all_is_wanted_unless_the_archive_says_no():
    line = "deb http://example.org s main"
    assert plan(line)["main/binary-all/Packages"][0] == ["Packages"]
    no = "No-Support-for-Architecture-all: Packages\n"
    assert plan(line, no)["main/binary-all/Packages"] == ([], "")


def test_empty_file_is_not_fetched():
    assert plan("deb-src http://example.org s main")["main/source/Sources"] == ([], "")


@pytest.mark.parametrize(
    ("line", "key", "reason"),
    [
        ("deb http://example.org s more", "more/binary-amd64/Packages", "no component 'more'"),
        (
            "deb [arch=i386] http://example.org s main",
            "main/binary-i386/Packages",
            "does not support architecture 'i386'",
        ),
        ("deb-src http://example.org s extra", "extra/source/Sources", "no component 'extra'"),
    ],
)
def test_missing_file_is_explained(line, key, reason):
    assert reason in plan(line)[key][1]
    assert plan("deb http://example.org s more")["more/i18n/Translation-en"] == ([], "")


def test_packed_file_without_its_plain_name_is_explained():
    extra = plan("deb http://example.org s extra", "Components: main extra\n")
    assert extra["extra/binary-amd64/Packages"][0] == []


@pytest.mark.parametrize(
    ("settings", "environment", "found"),
    [
        ((), {}, ["en"]),
        ((), {"LANG": "C.UTF-8"}, ["en"]),
        ((), {"LANG": "de_AT.UTF-8"}, ["de_AT", "de", "en"]),
        ((), {"LC_ALL": "fr", "LANG": "de_AT"}, ["fr", "en"]),
        ((("Acquire::Languages", "none"),), {}, []),
        ((("Acquire::Languages::", "it"), ("Acquire::Languages::", "none")), {}, ["it"]),
    ],
)
def test_languages(settings, environment, found):
    configuration = Configuration()
    for name, value in settings:
        configuration.set(name, value)
    assert languages(configuration, environment) == found


def test_by_hash_is_the_archives_choice_unless_forced():
    with_it = parse_release(b"Acquire-By-Hash: yes\n", "Release")
    without = parse_release(b"Suite: s\n", "Release")
    [plain] = suites("deb http://example.org s main")
    [no] = suites("deb [by-hash=no] http://example.org s main")
    [force] = suites("deb [by-hash=force] http://example.org s main")
    answers = [
        uses_by_hash(suite, release, Configuration())
        for suite in (plain, no, force)
        for release in (with_it, without)
    ]
    assert answers == [True, False, False, False, True, True]


def test_passwords_are_not_shown():
    assert plain_uri("https://me:secret@example.org/x") == "https://example.org/x"
    assert "secret" not in suites("deb https://me:secret@example.org s main")[0].title
