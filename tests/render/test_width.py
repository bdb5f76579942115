"""How wide is the screen?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.render.width import COLUMNS_MAX, screen_width


@pytest.mark.parametrize(
    ("columns", "terminal_columns", "expected"),
    [
        (None, None, 79),
        (None, 120, 119),
        ("100", 120, 100),
        ("100", None, 100),
        ("+90", 120, 90),
        ("0090", 120, 90),
        ("-5", 120, COLUMNS_MAX),
        ("99999999999999999999", 120, COLUMNS_MAX),
        ("", 120, 119),
        ("0", 120, 119),
        ("80x", 120, 119),
        ("80 ", None, 79),
        ("1e2", None, 79),
        ("0x50", None, 79),
        (None, 1, 79),
        (None, 0, 79),
    ],
)
def test_columns_beat_the_terminal_and_the_terminal_beats_the_default(
    columns, terminal_columns, expected
):
    assert expected == screen_width(columns=columns, terminal_columns=terminal_columns)


@given(st.text(), st.none() | st.integers())
def test_any_input_gives_a_width_in_range(columns, terminal_columns):
    width = screen_width(columns=columns, terminal_columns=terminal_columns)
    assert 1 <= width <= COLUMNS_MAX


@given(st.text(alphabet="0123456789", min_size=1, max_size=6000))
def test_long_numbers_are_read(columns):
    assert screen_width(columns=columns) >= 1
