"""Are stanzas read right, and does an edit leave every other byte alone?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.syntax.deb822 import (
    parse_document,
    parse_fields,
    parse_size,
    read_paragraphs,
    require_word,
)
from foretell.errors import InputError, UsageError

EDITED = (
    b"# a file that people edit\n\n"
    b"Types:   deb\t\n"
    b"# about the suites\n"
    b"Suites:\n s\n# inside\n t\n"
    b"types: deb-src\n"
    b"# at the end\n"
    b"\n\n \n"
    b"URIs: http://a.example.org\r\n\r\n"
    b"Last: without a line end"
)


def lines(text):
    return st.lists(st.sampled_from(text), max_size=12).map(b"".join)


documents = lines(
    [
        b"A: 1\n",
        b"a:2\r\n",
        b"B:\n",
        b" more\n",
        b"\t.\n",
        b"# c\n",
        b"\n",
        b" \n",
        b"\r\n",
        b"C: x",
    ]
)


def test_document_gives_the_file_back():
    assert parse_document(EDITED, "x").to_bytes() == EDITED


@given(documents)
def test_accepted_documents_are_given_back_byte_for_byte(data):
    try:
        document = parse_document(data, "x")
    except InputError:
        return
    assert document.to_bytes() == data


def test_get_drops_comments_and_takes_the_last_of_two_fields():
    first, second, third = parse_document(EDITED, "x").paragraphs()
    assert (first.line, second.line, third.line) == (3, 14, 16)
    assert first.get(b"TYPES") == b"deb-src"
    assert first.get(b"suites") == b"s\n t"
    assert second.get(b"URIs") == b"http://a.example.org"
    assert third.get(b"nothing") is None


def test_set_changes_the_value_and_nothing_else():
    document = parse_document(EDITED, "x")
    document.paragraphs()[0].set(b"suites", b"u")
    assert document.to_bytes() == EDITED.replace(b"Suites:\n s\n# inside\n t\n", b"Suites: u\n")


def test_set_adds_a_field_before_the_comments_at_the_end():
    document = parse_document(EDITED, "x")
    document.paragraphs()[0].set(b"Enabled", b"no")
    assert document.to_bytes() == EDITED.replace(b"# at", b"Enabled: no\n# at")


def test_set_keeps_line_ends():
    document = parse_document(EDITED, "x")
    document.paragraphs()[1].set(b"Types", b"deb\n deb-src")
    document.paragraphs()[2].set(b"More", b"1")
    expected = EDITED.replace(b"org\r\n", b"org\r\nTypes: deb\r\n deb-src\r\n") + b"\nMore: 1"
    assert document.to_bytes() == expected


def test_remove_takes_every_field_of_the_name():
    document = parse_document(EDITED, "x")
    paragraph = document.paragraphs()[0]
    assert paragraph.remove(b"Types")
    assert not paragraph.remove(b"Types")
    expected = EDITED.replace(b"Types:   deb\t\n", b"").replace(b"types: deb-src\n", b"")
    assert document.to_bytes() == expected


def test_the_only_field_cannot_be_removed():
    with pytest.raises(UsageError, match="only field"):
        parse_document(b"A: 1\n", "x").paragraphs()[0].remove(b"a")


@given(documents, st.sampled_from([b"v", b"", b"v\n w", b"v w"]))
def test_set_is_read_back_and_undone_by_the_old_value(data, value):
    try:
        document = parse_document(data, "x")
    except InputError:
        return
    for paragraph in document.paragraphs():
        paragraph.set(b"Zz", value)
        paragraph.set(b"A", value)
    again = parse_document(document.to_bytes(), "x")
    assert len(again.paragraphs()) == len(document.paragraphs())
    for paragraph in again.paragraphs():
        assert paragraph.get(b"zz") == paragraph.get(b"a") == value


@pytest.mark.parametrize("value", [b"a\nb", b"a\n", b"a\n \n b", b"a\rb", b" a"])
def test_set_refuses_values_that_would_end_the_field(value):
    with pytest.raises(UsageError):
        parse_document(b"A: 1\n", "x").paragraphs()[0].set(b"A", value)


@pytest.mark.parametrize("name", [b"", b"#a", b"-a", b"a b", b"a:", b"a\n"])
def test_set_refuses_names_that_are_none(name):
    with pytest.raises(UsageError):
        parse_document(b"A: 1\n", "x").paragraphs()[0].set(name, b"1")


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"A: 1\njunk\n", 2), (b"\n\n indented\n", 3), (b"A: 1\n\n# c\n: x\n", 4), (b"-A: 1", 1)],
)
def test_document_error_names_the_line(data, line):
    with pytest.raises(InputError) as caught:
        parse_document(data, "x.sources")
    assert (caught.value.path, caught.value.line) == ("x.sources", line)


def test_read_paragraphs_numbers_the_lines():
    data = b"\n\nA: 1\nB: 2\n c\n\n\n\nA: 3\r\n\r\nA: 4"
    assert list(read_paragraphs(data, "x")) == [
        (3, {b"a": b"1", b"b": b"2\n c"}),
        (9, {b"a": b"3"}),
        (11, {b"a": b"4"}),
    ]


def test_read_paragraphs_leaves_comments_out():
    data = b"# only\n# comments\n\n# c\nA: 1\n# c\n 2\n"
    assert list(read_paragraphs(data, "x", comments=True)) == [(5, {b"a": b"1\n 2"})]


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"A: 1\n\nB: 1\njunk\n", 4), (b"junk", 1), (b"# c\nA: 1\n# d\n\n# e\nB: 2\n# f\njunk\n", 8)],
)
def test_read_paragraphs_error_names_the_line(data, line):
    with pytest.raises(InputError) as caught:
        list(read_paragraphs(data, "x", comments=True))
    assert caught.value.line == line


def test_the_last_of_two_equal_fields_counts():
    assert parse_fields(b"A: 1\na: 2\n", "x", 1) == {b"a": b"2"}


def test_a_zero_byte_is_a_byte_of_a_value():
    data = b"A: 1\0\n\0 2\n\t3\nB: \0 4\n"
    with pytest.raises(InputError) as caught:
        parse_fields(data, "x", 1)
    assert caught.value.line == 2
    fields = parse_fields(data.replace(b"\n\0", b"\n \0"), "x", 1)
    assert fields == {b"a": b"1\0\n \0 2\n\t3", b"b": b"\0 4"}


@given(documents)
def test_both_readers_agree_on_what_both_accept(data):
    try:
        document = parse_document(data, "x")
        paragraphs = list(read_paragraphs(data, "x", comments=True))
    except InputError:
        return
    if b" \n" in data.replace(b"more\n", b"") or b"\r" in data:
        return  # blank lines end no stanza for the one, but hold back comments for the other
    ours = [{f.name.lower(): p.get(f.name) for f in p.fields()} for p in document.paragraphs()]
    assert [fields for _, fields in paragraphs] == ours


@pytest.mark.parametrize("text", [b"0", b"7", b"0" * 15, b"9" * 15])
def test_size_is_a_number(text):
    assert parse_size(text, "Size", "list", 3) == int(text)


@pytest.mark.parametrize("text", [b"", b"-1", b"1_0", b" 1", b"1.5", b"9" * 16, b"\xd9\xa1"])
def test_other_sizes_are_refused(text):
    with pytest.raises(InputError, match="Size is not a number") as caught:
        parse_size(text, "Size", "list", 3)
    assert (caught.value.path, caught.value.line) == ("list", 3)


@pytest.mark.parametrize("text", [b"a", b"1:2~3-4", b"g\xc3\xbc"])
def test_word_passes(text):
    require_word(text, "Package", "list", 3)


@pytest.mark.parametrize("text", [b"", b"a b", b"a\nb", b"a\x1b[31m", b"a\0", b"a\x7f"])
def test_what_is_not_a_word_is_refused(text):
    with pytest.raises(InputError) as caught:
        require_word(text, "Package", "list", 3)
    assert (caught.value.path, caught.value.line) == ("list", 3)
