"""What do the queries (`list`, `policy`, `depends` …) share on the command line?"""

from __future__ import annotations

import sys

from foretell.cli.apt_options import add_world_options, read_world
from foretell.cli.main import COMMANDS
from foretell.cli.parsing import SWITCH, Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable

    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.system.world import World

__all__ = [
    "note_unknown",
    "query_parser",
    "read_asked",
    "read_catalogue",
    "says_unknown",
    "show_text",
]


def query_parser(verb: str, word: str, what: str) -> Parser:
    """Return the parser of a query; ``word`` names its arguments, ``what`` says what they are."""
    parser = Parser(
        prog=f"foretell apt {verb}",
        description=f"{COMMANDS['apt', verb][1].capitalize()}. Nothing is changed.",
    )
    parser.add_argument("words", nargs="*", metavar=word, help=what)
    real = parser.add_argument_group("options of apt")
    real.add_argument("-t", "--target-release", "--default-release", default="", metavar="RELEASE")
    real.add_argument(
        "-o", "--option", action="append", default=[], metavar="NAME=VALUE", help="as apt.conf(5)"
    )
    real.add_argument("-q", "--quiet", action="count", default=0, help="accepted, ignored")
    add_world_options(parser)
    terminal = parser.add_argument_group("on a terminal")
    terminal.add_argument("--color", action=SWITCH, help="colours (APT::Color)")
    terminal.add_argument("--no-pager", action="store_true", help="write straight to the terminal")
    parser.add_argument_group("output").add_argument(
        "--json", action="store_true", help=f"schema foretell.apt.{verb}/1"
    )
    return parser


def read_asked(options: Namespace) -> World:
    """Return the world that the options mean, for one short question."""
    import gc

    gc.disable()  # nothing is worth collecting
    return read_world(options)


def read_catalogue(options: Namespace) -> Catalogue:
    """Return the catalogue of the world that the options mean."""
    from foretell.apt.selection.catalogue import Catalogue

    world = read_asked(options)
    return Catalogue(world, world.state(has_leftovers=True))


def says_unknown(query: Callable[[list[str]], int]) -> Callable[[list[str]], int]:
    """Return a query that names on standard error the rule that it needs and does not know."""

    def leaf(argv: list[str]) -> int:
        try:
            return query(argv)
        except _unmodelled() as rule:
            sys.stderr.write(
                f"unknown: the answer needs a rule that is not modelled yet:\n  {rule}\n"
            )
            return 1

    leaf.__doc__ = query.__doc__
    return leaf


def _unmodelled() -> type[Exception]:
    """Return what is raised where a rule is not known: seldom, so it is loaded when it is."""
    from foretell.apt.unmodelled import Unmodelled

    return Unmodelled


def show_text(text: str, options: Namespace, configuration: Configuration | None) -> None:
    """Write an answer, through a pager if standard output is a terminal."""
    if sys.stdout.isatty():
        from foretell.cli.apt_pager import page_text

        if page_text(text, options, configuration):
            return
    sys.stdout.write(text)


def note_unknown(words: Iterable[str]) -> None:
    """Name on standard error the words that mean nothing."""
    for word in words:
        sys.stderr.write(f"note: no package is named {word}\n")
