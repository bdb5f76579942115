"""Are build dependencies read as Policy writes them and apt takes them?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.model import OPERATORS
from foretell.apt.syntax.relation import (
    MEMBER_COUNT_MAX,
    RELATION_BYTES_MAX,
    Member,
    architecture_matches,
    group_text,
    parse_relations,
    resolve_native,
    select_members,
)
from foretell.errors import InputError

# Architecture -> those of the words below that mean it: what apt 3.0.4 says with that
# APT::Architecture, and dpkg-architecture -i (but for whole tuples, which it does not take).
WORDS = """
any-arm eabihf-gnu-linux-arm linux-any any-armhf linux-armhf any-amd64 gnu-any-any hurd-any
base-gnu-any-any any-any-any-any any-any-any kfreebsd-any any-arm64 musl-any-any linux-amd64
any-mips64el eabi-any-any-any any-powerpc x32-any-any-any
"""
EVERYWHERE = {"any-any-any-any", "any-any-any"}
MEANT = {
    "armhf": "any-arm eabihf-gnu-linux-arm linux-any linux-armhf gnu-any-any",
    "armel": "any-arm linux-any gnu-any-any eabi-any-any-any",
    "x32": "linux-any any-amd64 gnu-any-any x32-any-any-any",
    "hurd-i386": "gnu-any-any hurd-any base-gnu-any-any",
    "kfreebsd-amd64": "any-amd64 gnu-any-any base-gnu-any-any kfreebsd-any",
    "arm64": "linux-any gnu-any-any base-gnu-any-any any-arm64",
    "mips64el": "linux-any gnu-any-any any-mips64el",
    "musl-linux-amd64": "linux-any any-amd64 musl-any-any",
    "ppc64el": "linux-any gnu-any-any base-gnu-any-any",
    "arm64ilp32": "linux-any gnu-any-any base-gnu-any-any",
    "powerpcspe": "linux-any gnu-any-any any-powerpc",
}


@pytest.mark.parametrize("architecture", MEANT)
def test_wildcards_mean_what_apt_takes_them_for(architecture):
    found = {word for word in WORDS.split() if architecture_matches(word, architecture)}
    assert found == {*MEANT[architecture].split(), *EVERYWHERE}


@pytest.mark.parametrize("word", ["all", "", "-", "any-any-any-any-any", "AMD64", "a-b-c-d-e"])
def test_other_words_mean_no_architecture(word):
    assert not architecture_matches(word, "amd64")


def kept(text, profiles=(), architecture="amd64"):
    groups = select_members(parse_relations(text), architecture, frozenset(profiles))
    return [group_text(group).decode() for group in groups]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a (>= 1), b|c", ["a (>= 1)", "b | c"]),
        ("a(>=1)[amd64]<!x>", ["a (>= 1)"]),
        (" a\t(>=\n 1 ) ,\n b ,", ["a (>= 1)", "b"]),
        ("a [i386], b", ["b"]),
        ("a [i386] | b", ["b"]),
        ("a [!i386]", ["a"]),
        ("a [!amd64 !i386]", []),
        ("a [linux-any]", ["a"]),
        ("a [any-amd64 !amd64]", ["a"]),
        ("a [!amd64 any-amd64]", []),
        ("a [arm64 !i386]", ["a"]),
        ("a [amd64,i386]", []),
        ("a [all]", []),
        ("a:any | b:native (= 2)", ["a:any | b:native (= 2)"]),
        ("a <>", []),
        ("${x}, a:", ["${x}", "a:"]),
        ("a (< 1), b (> 2), c (!= 3)", ["a (<= 1)", "b (>= 2)", "c (!= 3)"]),
        ("", []),
    ],
)
def test_groups_that_count(text, expected):
    assert kept(text.encode()) == expected


@pytest.mark.parametrize(
    ("formula", "active", "counts"),
    [
        ("<!nocheck>", "", True),
        ("<!nocheck>", "nocheck", False),
        ("<nocheck>", "nocheck", True),
        ("<stage1 cross>", "stage1", False),
        ("<stage1 cross>", "stage1 cross", True),
        ("<stage1> <cross>", "cross", True),
        ("<!stage1 !cross>", "cross", False),
        ("<!stage1><!cross>", "cross", True),
    ],
)
def test_profiles_are_a_disjunction_of_conjunctions(formula, active, counts):
    assert kept(b"a " + formula.encode(), active.split()) == (["a"] if counts else [])


@pytest.mark.parametrize(
    "text",
    [
        "a b", "a (1)", "a (= )", "a (>= 1", "a (>= (1))", "a [", "a []", "a [!]", "a <x",
        "a [amd64] (>= 1)", "a <x> [amd64]", "a [amd64][i386]", "a||b", "a,,b", ",a", "|a", "a|",
        "a | , b", ",", "|", "a : b", "a)", "a]b", "a>b", "a (=> 1)", "Depends: a",
    ],
)  # fmt: skip
def test_what_is_no_relation_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_relations(text.encode())
    assert caught.value.code == "bad-relation"


@pytest.mark.parametrize(("sign", "meant"), [("<", "'<<' or '<='"), (">", "'>>' or '>='")])
def test_obsolete_operators_can_be_refused(sign, meant):
    with pytest.raises(InputError) as caught:
        parse_relations(f"a ({sign} 1)".encode(), obsolete=False)
    assert caught.value.code == "obsolete-operator"
    assert meant in (caught.value.hint or "")


def test_native_becomes_the_architecture():
    groups = parse_relations(b"a:native, b:any")
    resolve_native(groups, "arm64")
    assert [group_text(group) for group in groups] == [b"a:arm64", b"b:any"]


def test_long_input_is_refused():
    with pytest.raises(InputError):
        parse_relations(b"a" * (RELATION_BYTES_MAX + 1))
    with pytest.raises(InputError):
        parse_relations(b"a," * (MEMBER_COUNT_MAX + 1))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", [b"a" + b" " * 900_000 + b"x", b"a " + b"<a> " * 200_000 + b"x"])
def test_time_is_linear(text):
    with pytest.raises(InputError):
        parse_relations(text)


NAMES = st.from_regex(rb"[a-z0-9][a-z0-9+.-]{1,8}", fullmatch=True)
MEMBERS = st.builds(
    Member,
    NAMES,
    st.sampled_from((b"", b"any", b"native", b"amd64")),
    st.sampled_from(sorted({*OPERATORS.values()} - {0})),
    NAMES,
)


@given(st.lists(st.lists(MEMBERS, min_size=1, max_size=4), max_size=5))
def test_what_is_written_is_read_again(groups):
    text = b", ".join(group_text(group) for group in groups)
    assert [group_text(group) for group in parse_relations(text)] == [
        group_text(group) for group in groups
    ]
