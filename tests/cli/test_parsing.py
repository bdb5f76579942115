"""Is a plain command line read as argparse reads it?"""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.cli.main import COMMANDS, load_leaf
from foretell.cli.parsing import SWITCH, Namespace, Parser
from foretell.errors import UsageError


class Captured(Exception):  # noqa: N818 - carries a result
    """The parser of a leaf."""


def parser_of(target: str) -> Parser:
    """Return the parser that a leaf hands its arguments to."""

    def capture(parser: Parser, *_: object) -> None:
        raise Captured(parser)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parser, "parse_args", capture)
        patch.setattr(Parser, "parse_intermixed_args", capture)
        with pytest.raises(Captured) as caught:
            load_leaf(target)([])
    parser = caught.value.args[0]
    assert isinstance(parser, Parser)
    return parser


PARSERS = {" ".join(row): parser_of(target) for row, (target, _) in COMMANDS.items()}
REAL = {name: parser.build() for name, parser in PARSERS.items()}
VALUES = ["git", "", "a b", "-", "--", "-1", "-x", "--no", "A=b", "=", "embedded", "--help", "3"]


def slowly(name: str, argv: list[str]) -> dict[str, object] | None:
    """Return what argparse makes of a command line, None for an error or help."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return vars(REAL[name].parse_args(argv, Namespace()))
    except (UsageError, SystemExit):
        return None


@st.composite
def lines(draw):
    """A verb, and words that are mostly about its options."""
    name = draw(st.sampled_from(sorted(PARSERS)))
    spellings = sorted(REAL[name]._option_string_actions)
    word = st.one_of(
        st.sampled_from(spellings),
        st.sampled_from(VALUES),
        st.builds("{}={}".format, st.sampled_from(spellings), st.sampled_from(VALUES)),
        st.builds("{}{}".format, st.sampled_from(spellings), st.sampled_from(VALUES)),
        st.text("-=aq ", max_size=4),
    )
    return name, draw(st.lists(word, max_size=6))


@given(lines())
def test_plain_lines_mean_what_argparse_says(line):
    name, argv = line
    quickly = PARSERS[name].read_plain(argv)
    if quickly is not None:
        assert quickly == slowly(name, argv)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("apt policy", "git vim --root /x"),
        ("apt policy", "--root=/x -o A=b --option=C=d -q -q --explain git"),
        ("apt list", "--installed --color"),
        ("apt rdepends", "--no-recurse -i libc6 --no-important"),
        ("apt install", "--solver 3.0 --no-install-recommends -y git vim-"),
    ],
)
def test_usual_lines_are_plain(name, line):
    quickly = PARSERS[name].read_plain(line.split())
    assert quickly is not None
    assert quickly == slowly(name, line.split())


@pytest.mark.parametrize(
    "line",
    ["a -q b", "-h", "--roo x", "--root", "--root -x", "-oA=b", "-qq", "--json=1", "--", "-"],
)
def test_other_lines_are_left_to_argparse(line):
    assert PARSERS["apt policy"].read_plain(line.split()) is None


def test_a_wrong_reading_would_be_noticed():
    parser = Parser("x", "y")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--color", action=SWITCH)
    found = parser.read_plain(["--no-color", "a"])
    assert found == {"words": ["a"], "color": False}
    assert found == vars(parser.build().parse_args(["--no-color", "a"], Namespace()))
    assert found != vars(parser.build().parse_args(["--color", "a"], Namespace()))
