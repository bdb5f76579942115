"""Are relations and packed facts read as deb-control(5) says?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.model import (
    ESSENTIAL,
    IMPORTANT,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    OPERATORS,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    PROVIDES,
    RELATION_FIELDS,
)
from foretell.apt.packages.stanza import (
    has_relations,
    pack_relations,
    parse_members,
    split_source,
    tidy_relations,
    version_meta,
)
from foretell.errors import InputError

names = st.from_regex(r"[a-z0-9][a-z0-9+.-]{0,8}", fullmatch=True)
versions = st.from_regex(r"([0-9]{1,2}:)?[0-9][A-Za-z0-9.+~-]{0,8}", fullmatch=True)
blanks = st.sampled_from(("", " ", "  ", "\t", "\n "))
members = st.tuples(
    names,
    st.sampled_from(("", "any", "amd64")),
    st.one_of(st.just(("", "")), st.tuples(st.sampled_from(sorted(map(bytes.decode, OPERATORS)))
                                           .filter(bool), versions)),
)  # fmt: skip


@st.composite
def spelled(draw):
    """Draw an or-group and one of its many spellings."""
    group = draw(st.lists(members, min_size=1, max_size=4))
    texts = []
    for name, qualifier, (operator, version) in group:
        text = draw(blanks) + name + (f":{qualifier}" if qualifier else "")
        if operator:
            text += f"{draw(blanks)}({draw(blanks)}{operator}{draw(blanks)}{version}{draw(blanks)})"
        texts.append(text + draw(blanks))
    expected = [
        (n.encode(), q.encode(), OPERATORS[o.encode()], v.encode()) for n, q, (o, v) in group
    ]
    return " ".join("|".join(texts).split("\n")).encode(), expected


@given(spelled())
def test_members_are_read_whatever_the_spelling(case):
    text, expected = case
    assert parse_members(text) == expected


@given(st.binary(max_size=30).filter(lambda text: b"\n" not in text))
def test_members_are_read_or_refused(text):
    try:
        found = parse_members(text)
    except InputError:
        return
    assert all(name for name, _, _, _ in found)


@pytest.mark.parametrize(
    "text",
    [b"", b" ", b"|", b"a|", b"|a", b"a b", b"a (", b"a (1)", b"a (>= )", b"a (== 1)", b"a (>= 1",
     b"a (>= 1) b", b"a,b", b"a (>= 1 2)", b"a [amd64]", b"a <x>", b"a\x1b[31m", b"a (= 1\x07)"],
)  # fmt: skip
def test_broken_relations_are_refused(text):
    with pytest.raises(InputError, match="cannot be parsed") as caught:
        parse_members(text)
    assert caught.value.code == "bad-relation"
    assert caught.value.rule


@given(st.lists(st.lists(st.sampled_from(("a", "b (>= 1)", "c | d")), max_size=3), max_size=3))
def test_tidy_relations_do_not_depend_on_white_space(lines):
    groups = [group for line in lines for group in line]
    odd = ",\n ".join(" ,\t".join(line) for line in lines)
    assert tidy_relations(odd.encode()) == ", ".join(groups).encode()
    assert tidy_relations(tidy_relations(odd.encode())) == tidy_relations(odd.encode())


def test_packed_relations_are_one_line_a_field():
    fields = {field.lower(): field.lower() for field in RELATION_FIELDS}
    assert pack_relations(fields).split(b"\n") == [field.lower() for field in RELATION_FIELDS]
    assert pack_relations({b"provides": b"x"}).split(b"\n")[PROVIDES] == b"x"


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (b"b (>= 1), c | d", True),
        (b"b (>=1),\n c|d,", True),
        (b"B (>= 1), C | d", True),
        (b"b (>> 1), c | d", False),
        (b"b (>= 1), c", False),
        (b"c | d, b (>= 1)", False),
        (b"", False),
    ],
)
def test_relations_are_the_same_however_dpkg_wrote_them(given, same):
    lines = pack_relations({b"depends": b"b (>= 1), c | d"}).split(b"\n")
    assert has_relations({b"depends": given}, lines) is same


texts = st.text("ab(>=<1), |\n\t", max_size=12).map(str.encode)
stanzas = st.dictionaries(st.sampled_from([b"depends", b"conflicts", b"suggests"]), texts)


@given(stanzas, stanzas)
def test_relations_are_compared_as_if_both_were_tidied(mine, theirs):
    lines = pack_relations(mine).split(b"\n")
    names = map(bytes.lower, RELATION_FIELDS)
    tidied = dict(zip(names, pack_relations(theirs).split(b"\n"), strict=True))
    assert has_relations(theirs, lines) == has_relations(tidied, lines)
    assert has_relations(mine, lines)


def test_a_control_character_is_an_error_in_any_relation():
    with pytest.raises(InputError):
        has_relations({b"enhances": b"b\1"}, pack_relations({}).split(b"\n"))


@pytest.mark.parametrize(
    ("fields", "mask", "expected"),
    [
        ({b"multi-arch": b"same"}, MULTI_ARCH_MASK, MULTI_ARCH_SAME),
        ({b"multi-arch": b"Same"}, MULTI_ARCH_MASK, MULTI_ARCH_SAME),
        ({b"multi-arch": b"sane"}, MULTI_ARCH_MASK, 0),
        ({b"priority": b"standard"}, PRIORITY_MASK << PRIORITY_SHIFT, 3 << PRIORITY_SHIFT),
        ({b"priority": b"Required"}, PRIORITY_MASK << PRIORITY_SHIFT, 1 << PRIORITY_SHIFT),
        ({b"priority": b"urgent"}, PRIORITY_MASK << PRIORITY_SHIFT, 5 << PRIORITY_SHIFT),
        ({b"essential": b"no"}, PRIORITY_MASK << PRIORITY_SHIFT, 0),
        ({b"essential": b"yes"}, ESSENTIAL | IMPORTANT, ESSENTIAL),
        ({b"essential": b"no"}, ESSENTIAL | IMPORTANT, 0),
        ({b"important": b"yes"}, ESSENTIAL | IMPORTANT, IMPORTANT),
        ({b"protected": b"yes"}, ESSENTIAL | IMPORTANT, IMPORTANT),
        ({b"protected": b"no", b"important": b"yes"}, IMPORTANT, IMPORTANT),
    ],
)
def test_facts_of_a_version_are_packed(fields, mask, expected):
    assert version_meta(fields) & mask == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [(b"s", (b"s", b"1")), (b"s (2)", (b"s", b"2")), (b"s ()", (b"s", b"1")), (b"", (b"", b"1"))],
)
def test_source_version_defaults_to_the_binary_version(source, expected):
    assert split_source(source, b"1") == expected
