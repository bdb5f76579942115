"""``foretell apt satisfy`` and ``build-dep``: wishes for relations instead of packages.

Their options are those of apt-get(8); each stands for an apt.conf(5) setting.
"""

from __future__ import annotations

from foretell.cli.apt import plan
from foretell.cli.apt_options import make_parser
from foretell.cli.main import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.cli.parsing import Parser

__all__ = ["build_dep", "satisfy"]

_SOURCE_SETTINGS = {
    "--arch-only": "APT::Get::Arch-Only=1",
    "--indep-only": "APT::Get::Indep-Only=1",
    "--only-source": "APT::Get::Only-Source=1",
}


def satisfy(argv: list[str]) -> int:
    """Say what ``apt satisfy`` would do."""
    return plan("satisfy", _parse(_parser("satisfy", "relation"), argv))


def build_dep(argv: list[str]) -> int:
    """Say what ``apt build-dep`` would do."""
    parser = _parser("build-dep", "source")
    group = parser.add_argument_group("which builds")
    for flag, setting in _SOURCE_SETTINGS.items():
        group.add_argument(flag, action="append_const", dest="option", const=setting, help=setting)
    return plan("build-dep", _parse(parser, argv))


def _parser(verb: str, word: str) -> Parser:
    parser = make_parser(verb, COMMANDS["apt", verb][1], word)
    parser.add_argument(
        "-P",
        "--build-profiles",
        metavar="PROFILE[,...]",
        help="APT::Build-Profiles (default: DEB_BUILD_PROFILES)",
    )
    parser.add_argument(
        "-a", "--host-architecture", metavar="NAME", help="APT::Get::Host-Architecture"
    )
    return parser


def _parse(parser: Parser, argv: list[str]) -> Namespace:
    options = parser.parse_args(argv)
    if options.build_profiles:
        options.option.append(f"APT::Build-Profiles={options.build_profiles}")
    if options.host_architecture:
        options.option.append(f"APT::Get::Host-Architecture={options.host_architecture}")
    return options
