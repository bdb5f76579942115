"""Which files belong to a source, and which options contradict each other?"""

from __future__ import annotations

import pytest

from foretell.apt.sources.index_targets import index_targets
from foretell.apt.sources.sources import parse_deb822, parse_one_line
from foretell.apt.syntax.configuration import Configuration
from foretell.errors import InputError

URI = "http://a.example.org/d/"


def targets(text, *settings, deb822=False, architectures=("amd64",), languages=()):
    configuration = Configuration()
    for name, value in settings:
        configuration.set(name, value)
    parse = parse_deb822 if deb822 else parse_one_line
    sources = parse(text.encode(), "x", architecture="amd64")
    return index_targets(sources, configuration, architectures=architectures, languages=languages)


def names(text, *settings, **options):
    found = targets(text, *settings, **options)
    return [it.uri.removeprefix(it.release) for it in found if it.created_by != "Release"]


def test_files_of_a_suite():
    assert names(f"deb {URI} s main x") == [
        "main/binary-amd64/Packages",
        "main/binary-all/Packages",
        "main/i18n/Translation-en",
        "x/binary-amd64/Packages",
        "x/binary-all/Packages",
        "x/i18n/Translation-en",
    ]
    assert names(f"deb-src {URI} s main") == ["main/source/Sources"]
    assert names(f"deb {URI} s/\ndeb-src {URI} s/") == ["Packages", "en", "Sources"]


def test_release_stands_first():
    release, *_ = targets(f"deb {URI} s main")
    assert (release.uri, release.created_by) == (f"{URI}dists/s/InRelease", "Release")
    assert targets(f"deb {URI} s/")[0].uri == f"{URI}s/InRelease"
    assert targets(f"deb {URI} /")[0].uri == f"{URI}InRelease"
    assert targets(f"deb [inrelease-path=x] {URI} s main")[0].uri == f"{URI}dists/s/x"


@pytest.mark.parametrize(
    ("setting", "languages", "expected"),
    [
        (None, ("de",), ["de", "en"]),
        ("none", ("de",), []),
        ("fr,de", (), ["fr", "de"]),
        ("environment,none,fr", ("de", "en"), ["de", "en"]),
    ],
)
def test_languages(setting, languages, expected):
    settings = [("Acquire::Languages", setting)] if setting else []
    found = names(f"deb {URI} s main", *settings, languages=languages)
    assert [name.rpartition("-")[2] for name in found if "i18n" in name] == expected


CONTENTS = (
    ("Acquire::IndexTargets::deb::Contents-deb::MetaKey", "$(COMPONENT)/Contents-$(ARCHITECTURE)"),
    ("Acquire::IndexTargets::deb::Contents-deb::Identifier", "Contents"),
)
OFF = ("Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled", "no")


def test_configured_targets():
    found = names(f"deb {URI} s main", *CONTENTS)
    assert [name for name in found if "Contents" in name] == [
        "main/Contents-amd64",
        "main/Contents-all",
    ]
    assert not any("Contents" in name for name in names(f"deb {URI} s main", *CONTENTS, OFF))
    for option in ("target+=Contents-deb", "Contents=yes"):
        assert "main/Contents-all" in names(f"deb [{option}] {URI} s main", *CONTENTS, OFF)
    for option in ("target-=Contents-deb", "Contents=no", "target=Packages"):
        assert "main/Contents-all" not in names(f"deb [{option}] {URI} s main", *CONTENTS)
    assert not any("Contents" in name for name in names(f"deb {URI} s/", *CONTENTS))


def test_options_of_a_target_and_of_its_repository():
    text = f"deb [by-hash=no signed-by=/a.gpg,/b.gpg trusted=1] {URI} s main\n"
    found = {it.uri.rpartition("/")[2]: it.settings for it in targets(text)}
    of_all = (("signed-by", "/a.gpg,/b.gpg"), ("trusted", "yes"))
    assert found["InRelease"] == of_all
    assert found["Packages"] == (("by-hash", "no"), *of_all)


def test_one_entry_names_the_keys_for_its_repository():
    found = targets(f"deb {URI} s main\ndeb-src [signed-by=/a.gpg] {URI} s main\n")
    assert {it.signed_by for it in found} == {"/a.gpg"}
    assert {it.without_signed_by().settings for it in found} == {()}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("trusted=yes", ""),
        ("", "trusted=no"),
        ("", "check-date=yes"),
        ("allow-weak=yes", ""),
        ("", "inrelease-path=x"),
        ("valid-until-max=1", ""),
        ("valid-until-max=1", "valid-until-max=2"),
        ("signed-by=/a.gpg", "signed-by=/b.gpg"),
    ],
)
def test_contradictions_name_both_places(first, second):
    lines = [f"deb [{first or 'foo=x'}] {URI} s main", f"deb [{second or 'foo=x'}] {URI} s x"]
    with pytest.raises(InputError, match="x:1") as caught:
        targets("\n".join(lines))
    assert (caught.value.path, caught.value.line) == ("x", 2)
    other = [lines[0], lines[1].replace(" s ", " t ")]
    assert targets("\n".join(other))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", "valid-until-max=1"),
        ("allow-weak=no", ""),
        ("trusted=yes", "trusted=1"),
        ("signed-by=/a.gpg", ""),
        ("by-hash=no", "by-hash=yes"),
        ("signed-by=/a.gpg,/b.gpg", 'signed-by="/a.gpg /b.gpg"'),
    ],
)
def test_what_apt_takes_together(first, second):
    lines = [f"deb [{first or 'foo=x'}] {URI} s main", f"deb [{second or 'foo=x'}] {URI} s x"]
    assert targets("\n".join(lines))


def test_empty_list_is_no_default():
    text = f"Types: deb\nURIs: {URI}\nSuites: s\nComponents: main\n"
    assert names(text + "Languages:\nArchitectures:\n", deb822=True) == ["main/binary-all/Packages"]
    assert names(text + "Architectures: amd64, i386\nLanguages: none\n", deb822=True) == [
        "main/binary-amd64/Packages",
        "main/binary-/Packages",
        "main/binary-i386/Packages",
        "main/binary-all/Packages",
    ]
    assert targets(text + "InRelease-Path: x\n", deb822=True)[0].uri.endswith("/InRelease")
