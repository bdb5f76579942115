"""May this output be coloured, and with which escape codes?

The codes are the SGR parameters of ECMA-48 that apt 3.0 uses for its plan: green for what
arrives, yellow for what goes back, red for what leaves.
"""

from __future__ import annotations

__all__ = ["GREEN", "RED", "YELLOW", "Style", "wants_colour"]

GREEN = "32"
RED = "31"
YELLOW = "33"

_RESET = "\x1b[0m"


def wants_colour(
    *,
    is_terminal: bool,
    term: str | None = None,
    no_color: str | None = None,
    apt_no_color: str | None = None,
    option: bool | None = None,
) -> bool:
    """Say whether to colour what goes to a stream.

    ``is_terminal`` tells about that stream; ``term``, ``no_color`` and ``apt_no_color`` are the
    variables TERM, NO_COLOR and APT_NO_COLOR, None when unset: like apt, any value of the latter
    two, even an empty one, means plain.  ``option`` is ``APT::Color`` or our own option, None when
    not given; it can only switch colour off.  ``TERM=dumb`` and a missing TERM are plain here,
    although apt 3.0 colours them.

    >>> wants_colour(is_terminal=True, term="xterm"), wants_colour(is_terminal=True, term="dumb")
    (True, False)
    """
    if not is_terminal or option is False:
        return False
    if no_color is not None or apt_no_color is not None:
        return False
    return term not in (None, "", "dumb")


class Style:
    """Wrap text in colour, or leave it alone when the output is plain."""

    __slots__ = ("is_coloured",)

    def __init__(self, *, is_coloured: bool) -> None:
        self.is_coloured = is_coloured

    def paint(self, text: str, colour: str | None) -> str:
        """Return ``text`` in ``colour`` (an SGR parameter), as it is when ``colour`` is None.

        >>> Style(is_coloured=True).paint("git", GREEN)
        '\\x1b[32mgit\\x1b[0m'
        """
        if colour is None or not self.is_coloured:
            return text
        return f"\x1b[{colour}m{text}{_RESET}"
