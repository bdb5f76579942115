"""Which options of ``foretell apt policy`` put preferences under trial?"""

from __future__ import annotations

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.cli.parsing import Parser

__all__ = ["NAME", "add_trial_options", "is_trial"]

NAME = "foretell.pref"


def add_trial_options(parser: Parser) -> None:
    """Add the options that `is_trial` looks at."""
    group = parser.add_argument_group("preferences under trial")
    group.add_argument(
        "--try",
        dest="tried",
        action="append",
        default=[],
        type=lambda text: ("--try", text),
        metavar="STANZA",
        help="show what this preference would change: 'Package: … Pin: … Pin-Priority: …'; "
        "more than once for more of them",
    )
    group.add_argument(
        "--try-file",
        dest="tried",
        action="append",
        type=lambda path: ("--try-file", path),
        metavar="FILE",
        help="the same for all preferences in a file; - is standard input",
    )
    group.add_argument(
        "--name",
        default=NAME,
        metavar="NAME",
        help=f"the file below preferences.d that they would be in (default: {NAME})",
    )
    group.add_argument("--full", action="store_true", help="all packages, also those not installed")
    group.add_argument("--apply", action="store_true", help="ask, then write the file")
    group.add_argument("-y", "--yes", action="store_true", help="write without asking")
    group.add_argument(
        "--undo", action="store_true", help="remove the file that --apply wrote under that name"
    )


def is_trial(options: Namespace) -> bool:
    """Say whether the command line is about preferences under trial."""
    if options.apply and not options.tried:
        raise UsageError("nothing-to-apply", "--apply writes what --try or --try-file names")
    return bool(options.tried) or options.undo
