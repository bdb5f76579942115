"""Do the columns hold every name, in order, within the width?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.render.columns import lay_out_columns, wrap_words

NAMES = st.lists(st.text(alphabet="abc-+.0", min_size=1, max_size=24), min_size=1, max_size=60)
WIDTHS = st.integers(min_value=-3, max_value=200)


def read_down(lines):
    """Return the names of a table, column after column."""
    starts = sorted({i for i in range(2, 400) if any(is_start(line, i) for line in lines)})
    return [line[i:].split(" ")[0] for i in starts for line in lines if is_start(line, i)]


def is_start(line, i):
    return i < len(line) and line[i] != " " and line[i - 1] == " "


@given(NAMES, WIDTHS)
def test_every_name_is_shown_once_in_order_downwards(names, width):
    assert names == read_down(lay_out_columns(names, width))


@given(NAMES, WIDTHS)
def test_lines_are_shorter_than_the_width_or_hold_one_name(names, width):
    for line in lay_out_columns(names, width):
        assert line == line.rstrip()
        assert len(line) - 2 < width or len(line.split()) == 1


@given(NAMES, st.integers(min_value=1, max_value=100))
def test_a_wider_screen_never_needs_more_lines(names, width):
    assert len(lay_out_columns(names, width)) >= len(lay_out_columns(names, width + 1))


def test_a_line_is_strictly_shorter_than_the_width():
    assert lay_out_columns(["aaaa", "bbbb"], 10) == ["  aaaa", "  bbbb"]
    assert lay_out_columns(["aaaa", "bbbb"], 11) == ["  aaaa  bbbb"]


def test_a_column_counts_as_two_wide_at_least():
    names = list("abcdefghijklmnopqrstuvwxyz")
    assert len(lay_out_columns(names, 77)) == 2
    assert len(lay_out_columns(names, 78)) == 1


def test_no_names_need_no_lines():
    assert lay_out_columns([], 80) == []
    assert wrap_words([], 80) == []


@given(NAMES, WIDTHS)
def test_wrapped_names_keep_order_and_fit(names, width):
    lines = wrap_words(names, width)
    assert names == " ".join(lines).split()
    for line in lines:
        assert len(line) <= width or len(line.split()) == 1


def test_words_fill_the_whole_width():
    assert wrap_words(["ab00", "ab01", "ab02", "ab03"], 16) == ["  ab00 ab01 ab02", "  ab03"]
    assert wrap_words(["ab00", "ab01", "ab02", "ab03"], 15) == ["  ab00 ab01", "  ab02 ab03"]
