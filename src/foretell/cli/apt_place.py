"""Whose sources are meant: which configuration and which architectures has that system?

For the commands about sources, which need no package lists and no dpkg status.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.syntax.configuration import Configuration
    from foretell.cli.parsing import Parser
    from foretell.render.style import Style

__all__ = ["add_place_options", "output_style", "read_place", "shown"]


def add_place_options(parser: Parser) -> None:
    """Add the options that `read_place` reads."""
    from foretell.cli.apt_options import add_setting_option

    parser.add_argument("--root", metavar="DIR", help="the system below DIR (default: this one)")
    add_setting_option(parser)


def read_place(options: Namespace) -> tuple[Configuration, list[str]]:
    """Return the configuration of the system that the options mean, and its architectures."""
    from foretell.apt.syntax import configuration as configurations
    from foretell.apt.system.world import native_architecture, read_status
    from foretell.errors import UsageError

    root = os.path.normpath(options.root or "/")
    if not os.path.isdir(root):
        raise UsageError("no-root", "there is no such folder", path=root)
    status = os.path.join(root, "var/lib/dpkg/status")
    installed = read_status(status) if os.path.isfile(status) else []
    native, foreign = native_architecture(root, installed)
    configuration = configurations.load(
        root,
        config_file=os.environ.get("APT_CONFIG") if root == "/" else None,
        options=options.option,
        architecture=native,
    )
    return configuration, configuration.architectures(foreign)


def shown(text: str) -> str:
    """Return text as it is shown: bytes that are no UTF-8 and controls are escaped."""
    raw = os.fsencode(text).decode("utf-8", "backslashreplace")
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in raw
    )


def output_style() -> Style:
    """Return how standard output may be coloured."""
    from foretell.render.style import Style, wants_colour

    environment = os.environ
    is_coloured = wants_colour(
        is_terminal=sys.stdout.isatty(),
        term=environment.get("TERM"),
        no_color=environment.get("NO_COLOR"),
        apt_no_color=environment.get("APT_NO_COLOR"),
    )
    return Style(is_coloured=is_coloured)
