"""Which entries does a file of the one-line form hold, and what are they as stanzas?"""

from __future__ import annotations

import pytest

from foretell.apt.sources.one_line import Entry, Remark, join, read_list, stanza_of
from foretell.errors import InputError

URI = "http://a.example.org/d"


def blocks(text):
    return read_list(text.encode(), "x.list", architecture="amd64")


def stanzas(text, **options):
    return [
        stanza_of(it, ["Packages"], architecture="amd64", **options)
        for it in blocks(text)
        if isinstance(it, Entry)
    ]


def joined(text, *, keep_order=False):
    return [it.text() for it in join(stanzas(text), keep_order=keep_order)]


def test_entries_and_remarks():
    found = blocks(f"# a\n#b\n\n# c\ndeb {URI} s main # d\n#deb-src {URI} s main\n# e\n")
    assert found[0] == Remark(("# a", "#b"), 1)
    assert (found[1].comments, found[1].is_enabled, found[1].line) == (("# c", "# d"), True, 5)
    assert (found[2].source.type, found[2].is_enabled) == ("deb-src", False)
    assert found[3] == Remark(("# e",), 7)


@pytest.mark.parametrize(
    "text",
    [
        "# deb lines like this one are only text",
        "#deb",
        f"# deb {URI} stable (the old one) main",
        f"# deb {URI} stable",
        f"# deb [arch {URI} stable main",
        "# deb cdrom:[A B]/stable main: note",
        "# debug http://a.example.org s main",
    ],
)
def test_prose_is_no_entry(text):
    assert [type(it) for it in blocks(text)] == [Remark]


def test_broken_entry_is_an_error():
    with pytest.raises(InputError) as caught:
        blocks(f"# x\ndeb {URI}\n")
    assert caught.value.line == 2


def test_stanza_keeps_all_options():
    (found,) = stanzas(
        f"deb [signed-by=/a.gpg,/b.gpg arch=amd64,i386 lang-=de target+=X by-hash=force"
        f" check-date=no trusted=no foo=bar snapshot=x] {URI} s main\n"
    )
    assert found.text() == (
        "# apt ignores the option foo=bar\n"
        f"Types: deb\nURIs: {URI}\nSuites: s\nComponents: main\n"
        "Architectures: amd64 i386\nLanguages-Remove: de\nTargets-Add: X\nBy-Hash: force\n"
        "Trusted: no\nCheck-Date: no\nSnapshot: x\nSigned-By: /a.gpg /b.gpg\n"
    )


def test_signer_is_added_only_where_none_is_named():
    with_one, without = stanzas(
        f"deb [signed-by=/a.gpg] {URI} s main\ndeb {URI} t main", signed_by="/k.gpg"
    )
    assert (with_one.fields, without.fields) == (
        {"Signed-By": "/a.gpg"},
        {"Signed-By": "/k.gpg"},
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("deb cdrom:[A B]/ s main", "blank"),
        (f'deb {URI} "s t" main', "blank"),
        (f"deb {URI} s%20t main", "blank"),
        (f"deb {URI} s-$(ARCH) main", "suite"),
        (f"deb [Packages=no] {URI} s main", "Packages"),
        (f"deb [inrelease-path=x] {URI} s main", "inrelease-path"),
        (f'deb [signed-by="-----BEGIN PGP PUBLIC KEY BLOCK-----"] {URI} s main', "key"),
    ],
)
def test_what_a_stanza_cannot_say(text, reason):
    (found,) = stanzas(text)
    assert isinstance(found, str)
    assert reason in found


def test_joins_components_types_and_suites():
    text = "".join(
        f"{kind} {URI}{slash} {suite} {component}\n"
        for suite in ("s", "t")
        for component, slash in (("main", ""), ("x", "/"))
        for kind in ("deb", "deb-src")
    )
    assert joined(text) == [f"Types: deb deb-src\nURIs: {URI}\nSuites: s t\nComponents: main x\n"]


def test_does_not_join_what_would_name_more():
    text = f"deb {URI} s main x\ndeb-src {URI} s main\ndeb {URI} t main\n#deb {URI} u main\n"
    assert [it.split("\n")[0] for it in joined(text)] == [
        "Types: deb",
        "Types: deb-src",
        "Types: deb",
        "Enabled: no",
    ]


def test_comments_of_joined_entries_are_kept_once():
    text = f"#\n# a\n#\ndeb {URI} s main\n#\n# a\n#\ndeb-src {URI} s main # b\n"
    assert joined(text)[0].startswith("#\n# a\n#\n#\n# a\n#\n# b\nTypes: deb deb-src\n")


def test_order_can_be_kept():
    text = f"deb {URI} s main\ndeb {URI}2 s main\ndeb {URI} t main\ndeb {URI} u main\n"
    assert [it.count("Suites: s t u") for it in joined(text)] == [1, 0]
    kept = joined(text, keep_order=True)
    assert [it.split("Suites: ")[1].split("\n")[0] for it in kept] == ["s", "s", "t u"]
