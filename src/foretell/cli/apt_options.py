"""Which options do the apt verbs take, and what do they mean for the world and the request?

Options of apt keep their names (apt(8), apt-get(8)); ours are in a group of their own.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.cases.embedded import EmbeddedWorld
    from foretell.apt.requests.request import Request
    from foretell.apt.system.world import World
    from foretell.cli.parsing import Group, Parser

__all__ = [
    "add_decision_options",
    "add_release_option",
    "add_setting_option",
    "add_surprises_option",
    "make_parser",
    "read_request",
    "read_world",
    "told_words",
]

# Option -> the apt.conf(5) setting that it stands for.
_SETTINGS = {
    "--install-recommends": "APT::Install-Recommends=1",
    "--no-install-recommends": "APT::Install-Recommends=0",
    "--install-suggests": "APT::Install-Suggests=1",
    "--no-install-suggests": "APT::Install-Suggests=0",
    "--strict-pinning": "APT::Solver::Strict-Pinning=1",
    "--no-strict-pinning": "APT::Solver::Strict-Pinning=0",
    "--fix-policy": "APT::Get::Fix-Policy-Broken=1",
    "--reinstall": "APT::Get::ReInstall=1",
    "--only-upgrade": "APT::Get::Only-Upgrade=1",
    "--no-new-pkgs": "APT::Get::Upgrade-Allow-New=0",
    "--with-new-pkgs": "APT::Get::Upgrade-Allow-New=1",
    "--purge": "APT::Get::Purge=1",
    "--auto-remove": "APT::Get::AutomaticRemove=1",
    "--autoremove": "APT::Get::AutomaticRemove=1",
}


class WorldNames(tuple[str, ...]):
    """The worlds that always are there, for help and completion; any name is let through."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return True


def make_parser(verb: str, summary: str, word: str = "package") -> Parser:
    """Return the parser of one verb's command line; ``word`` names its arguments."""
    from foretell.cli.parsing import Parser

    parser = Parser(
        prog=f"foretell apt {verb}",
        description=f"Say what apt would do: {summary}. Nothing is changed.",
    )
    parser.add_argument("words", nargs="*", metavar=word, help="as apt takes them")
    real = parser.add_argument_group("options of apt")
    add_release_option(real)
    add_setting_option(real)
    add_decision_options(real)
    real.add_argument("-V", "--verbose-versions", action="store_true", help="show full versions")
    real.add_argument(
        "-q", "--quiet", action="count", default=0, help="leave out the line of progress, twice"
    )
    real.add_argument(
        "-s",
        "--simulate",
        "--just-print",
        "--dry-run",
        "--recon",
        "--no-act",
        "--print-uris",
        action="store_true",
        help="accepted: nothing is ever changed",
    )
    real.add_argument("-y", "--yes", "--assume-yes", action="store_true", help="accepted, ignored")
    add_world_options(parser)
    add_output_options(parser)
    return parser


def add_decision_options(group: Group) -> None:
    """Add the options that decide what is planned, besides ``-t`` and ``-o``."""
    for flag, setting in _SETTINGS.items():
        group.add_argument(flag, action="append_const", dest="option", const=setting, help=setting)
    group.add_argument(
        "--solver",
        action="append",
        dest="option",
        type="APT::Solver={}".format,
        metavar="NAME",
        help="3.0, another name that begins with 3., or internal: the classic one "
        "(default: the one that the system's own apt asks)",
    )


def told_words(options: Namespace) -> list[str]:
    """Return the words that tell apt what these options say about its decision."""
    flags = {setting: flag for flag, setting in reversed(_SETTINGS.items())}
    found = []
    for option in options.option:
        name, _, value = option.partition("=")
        if option in flags:
            found.append(flags[option])
        elif name == "APT::Solver":
            found += ["--solver", value]
        else:
            found += ["-o", option]
    return found + (["-t", options.target_release] if options.target_release else [])


def add_release_option(group: Group) -> None:
    """Add ``-t``."""
    group.add_argument(
        "-t",
        "--target-release",
        "--default-release",
        default="",
        metavar="RELEASE",
        help="prefer this release (priority 990)",
    )


def add_setting_option(group: Group) -> None:
    """Add ``-o``."""
    group.add_argument(
        "-o",
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set an apt.conf option",
    )


def add_world_options(parser: Parser, *, repeats_version: bool = False) -> None:
    """Add the options that say which system is meant; `compare` takes two solver versions."""
    group = parser.add_argument_group("which system")
    group.add_argument("--root", metavar="DIR", help="the system below DIR (default: this one)")
    group.add_argument("--status", metavar="FILE", help="another dpkg status file")
    group.add_argument(
        "--world",
        choices=WorldNames(("auto", "host", "embedded")),
        default="auto",
        help="this system, the Debian that comes with foretell (default: whichever is there), "
        'or a name from "foretell world list"',
    )
    which = "default: the system's own"
    group.add_argument(
        "--solver-version",
        metavar="VERSION",
        action="append" if repeats_version else "store",
        default=None if repeats_version else "auto",
        help="apt to predict: 2.6.1, 3.0.3, 3.0.4, 3.3.3 or 3.3.5 "
        f"({which}{', and the newest' * repeats_version})",
    )


def add_output_options(parser: Parser) -> None:
    """Add the options that say what to write."""
    from foretell.cli.picture import add_graph_option

    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="schema foretell.apt.plan/1")
    group.add_argument(
        "--explain", action="store_true", help="say after the plan which solver decides, and why"
    )
    group.add_argument(
        "--why", metavar="PACKAGE", help="say why this package changes, or why it stays back"
    )
    add_surprises_option(group)
    group.add_argument("--capture", metavar="FILE", help="write the whole problem for a replay")
    add_graph_option(group)
    group.add_argument("--as-python", action="store_true", help="print the library call instead")


def add_surprises_option(group: Group) -> None:
    """Add ``--surprises``."""
    group.add_argument(
        "--surprises",
        metavar="N",
        help="show so many of the plan's surprises, 0 for none "
        "(default: Foretell::Surprises of apt.conf, else 3)",
    )


def read_world(options: Namespace) -> World:
    """Return the world that the options mean; says on standard error when it is the embedded."""
    from foretell.apt.packages.folders import cache_folder
    from foretell.errors import MissingError

    if options.world == "embedded":
        return _embedded(options)
    if options.world not in {"auto", "host"}:
        from foretell.cli.worlds import resolve_world

        resolve_world(options)
    from foretell.apt.system.world import load_world

    is_chosen = options.root is not None or options.status is not None
    try:
        return load_world(
            options.root or "/",
            status=options.status,
            options=options.option,
            target_release=options.target_release,
            environment=os.environ,
            cache=cache_folder(os.environ),
        )
    except MissingError:
        if is_chosen or options.world == "host":
            raise
        import sys

        world = _embedded(options)
        sys.stderr.write(f"note: no apt lists here, asking {world.title}\n")
        return world


def _embedded(options: Namespace) -> EmbeddedWorld:
    from foretell.apt.cases.embedded import embedded_world
    from foretell.apt.packages.folders import cache_folder

    return embedded_world(
        options.option, target_release=options.target_release, cache=cache_folder(os.environ)
    )


def read_request(verb: str, options: Namespace, world: World) -> Request:
    """Return the request that the options mean."""
    from foretell.apt.requests.settings import configured_request

    assert world.configuration is not None
    return configured_request(verb, options.words, world.configuration)
