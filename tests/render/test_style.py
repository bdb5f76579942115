"""When is output coloured, and how?"""

from __future__ import annotations

import pytest

from foretell.render.style import GREEN, Style, wants_colour


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"is_terminal": False}, False),
        ({"is_terminal": False, "option": True}, False),
        ({"option": True}, True),
        ({"option": False}, False),
        ({"no_color": "1"}, False),
        ({"no_color": ""}, False),
        ({"apt_no_color": ""}, False),
        ({"option": True, "no_color": "1"}, False),
        ({"term": "dumb"}, False),
        ({"term": ""}, False),
        ({"term": None}, False),
    ],
)
def test_colour_is_decided_by_stream_environment_and_option(changed, expected):
    assert expected == wants_colour(**{"is_terminal": True, "term": "xterm", **changed})


def test_plain_style_and_missing_colour_leave_text_alone():
    assert Style(is_coloured=False).paint("git", GREEN) == "git"
    assert Style(is_coloured=True).paint("git", None) == "git"
    assert Style(is_coloured=True).paint("git", GREEN) == "\x1b[32mgit\x1b[0m"
