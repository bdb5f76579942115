"""``foretell apt modernize-sources``: what would the sources be as stanzas?

Shows every change first, as apt does asks once, and writes then only.  Exit status of ``--check``:
1 when there is something to modernise.
"""

from __future__ import annotations

import os
import sys

from foretell.cli.agreeing import agrees
from foretell.cli.apt_place import add_place_options, output_style, read_place, shown
from foretell.cli.main import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.sources.modernize import Modernization
    from foretell.apt.syntax.configuration import Configuration
    from foretell.cli.parsing import Parser
    from foretell.render.apt_modernize import Edit, Told

__all__ = ["modernize_sources"]

_VERB = "modernize-sources"
JOURNAL = "var/lib/foretell/modernize-sources.json"


def modernize_sources(argv: list[str]) -> int:
    """Show what modernising changes, and do it when asked; return the exit status."""
    options = _parser().parse_args(argv)
    configuration, architectures = read_place(options)
    journal = os.path.join(configuration.root, JOURNAL)
    if options.undo:
        return _undo(journal, configuration.root, options)
    from foretell.apt.sources.file_changes import is_interrupted
    from foretell.apt.sources.modernize import modernize
    from foretell.apt.sources.signers import find_signer
    from foretell.cli.verify_list import list_verifier
    from foretell.errors import InputError

    if is_interrupted(journal):
        hint = "take it back with --undo, then start again"
        raise InputError("interrupted", "an earlier run was interrupted", path=journal, hint=hint)
    verifies = list_verifier(configuration.root, os.environ)
    made = modernize(
        configuration,
        architectures=architectures,
        signer=lambda source: find_signer(source, configuration, verifies),
        keep_order=options.keep_order,
    )
    is_applied = False
    if not options.json:
        is_applied = _ask(made, configuration, journal, options)
    else:
        if options.yes and made.changes and not options.check:
            _apply(made, journal, configuration.root)
            is_applied = True
        sys.stdout.write(_as_json(made, is_applied=is_applied))
    return 1 if options.check and made.changes else 0


def _parser() -> Parser:
    from foretell.cli.parsing import Parser

    parser = Parser(
        prog=f"foretell apt {_VERB}",
        description=f"{COMMANDS['apt', _VERB][1].capitalize()}. Nothing is written before it was "
        "shown and agreed to.",
    )
    parser.add_argument(
        "-y", "--yes", "--assume-yes", action="store_true", help="write without asking"
    )
    parser.add_argument(
        "--assume-no", action="store_true", help="show what would be written, never ask"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit status 1 when there is something to modernize",
    )
    parser.add_argument(
        "--keep-order",
        action="store_true",
        help="join suites only where that keeps the order of preference",
    )
    parser.add_argument("--undo", action="store_true", help="bring back what the last run replaced")
    parser.add_argument("--json", action="store_true", help="schema foretell.apt.modernize/1")
    add_place_options(parser)
    return parser


def _ask(
    made: Modernization, configuration: Configuration, journal: str, options: Namespace
) -> bool:
    """Show everything, ask where that is possible, and write; say whether it was written."""
    from foretell.render import apt_modernize as screens

    if not made.files:
        sys.stdout.write("All sources are modern.\n")
        return False
    sys.stdout.write(
        screens.render_summary(
            [shown(path) for path in made.files], made.entries, made.stanzas, made.targets
        )
    )
    if options.check:
        return False
    sys.stdout.write("\n" + screens.render_diff(_edits(made), output_style()))
    sys.stdout.flush()
    sys.stderr.write(screens.render_told(_told(made)))
    if options.assume_no or not (options.yes or agrees(f"Rewrite {len(made.files)} sources?")):
        return False
    for path, copy in _apply(made, journal, configuration.root):
        sys.stdout.write(f"{shown(path)}: was rewritten, what it was is in {shown(copy)}\n")
    root = "" if configuration.root == "/" else f" --root {shown(configuration.root)}"
    sys.stdout.write(f"Undo with: foretell apt {_VERB} --undo{root}\n")
    return True


def _apply(made: Modernization, journal: str, root: str) -> list[tuple[str, str]]:
    from foretell.apt.sources.file_changes import apply_changes

    _check_writable(made)
    return apply_changes(made.changes, journal, root=root)


def _check_writable(made: Modernization) -> None:
    from foretell.errors import MissingError

    for change in made.changes:
        folder = os.path.dirname(change.path)
        while folder and not os.path.exists(folder):
            folder = os.path.dirname(folder)
        if not os.access(folder or ".", os.W_OK):
            raise MissingError(
                "not-permitted", "no permission to write here", path=folder, hint="run it as root"
            )


def _undo(journal: str, root: str, options: Namespace) -> int:
    from foretell.apt.sources.file_changes import undo_changes, what_undo_changes

    for path in what_undo_changes(journal, root=root):
        sys.stdout.write(f"{shown(path)}\n")
    sys.stdout.flush()
    if options.assume_no or not (options.yes or agrees("Bring these files back as they were?")):
        return 0
    paths = undo_changes(journal, root=root)
    sys.stdout.write(f"{len(paths)} files are as they were\n")
    return 0


def _edits(made: Modernization) -> list[Edit]:
    from foretell.render.apt_modernize import Edit

    return [Edit(shown(it.path), _text(it.before), _text(it.after)) for it in made.changes]


def _told(made: Modernization) -> list[Told]:
    from foretell.render.apt_modernize import Told

    return [Told(shown(it.path), it.line, it.code, shown(it.message)) for it in made.notes]


def _text(data: bytes | None) -> str | None:
    return None if data is None else shown(os.fsdecode(data))


def _as_json(made: Modernization, *, is_applied: bool) -> str:
    from foretell.render.apt_modernize import render_json

    return render_json(
        _edits(made),
        _told(made),
        files=[shown(path) for path in made.files],
        counts=(made.entries, made.stanzas, made.targets),
        is_applied=is_applied,
    )
