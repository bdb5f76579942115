"""``foretell apt sources``: what is wrong, risky or out of date in the sources?

Exit status: 1 when a finding is an error, with ``--strict`` also for a warning.
"""

from __future__ import annotations

import os
import sys

from foretell.cli.apt_place import add_place_options, output_style, read_place, shown
from foretell.cli.main import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

__all__ = ["sources"]

_VERB = "sources"


def sources(argv: list[str]) -> int:
    """Show what is found; return the exit status."""
    from datetime import UTC, datetime

    from foretell.apt.sources.release_ends import read_ends
    from foretell.apt.sources.sources_lint import LEVELS, lint
    from foretell.cli.parsing import Parser
    from foretell.render.apt_sources import Row, render_findings, render_json

    parser = Parser(
        prog=f"foretell apt {_VERB}",
        description=f"{COMMANDS['apt', _VERB][1].capitalize()}. Nothing is changed.",
    )
    parser.add_argument("--strict", action="store_true", help="exit status 1 for warnings, too")
    parser.add_argument("--json", action="store_true", help="schema foretell.apt.sources/1")
    add_place_options(parser)
    options = parser.parse_args(argv)
    configuration, architectures = read_place(options)
    ends = read_ends(dict.fromkeys((configuration.root, "/")))
    found = lint(
        configuration,
        architectures=architectures,
        now=datetime.now(tz=UTC),
        ends=ends,
        signer=_signer(configuration),
    )
    rows = [
        Row(it.rule, it.level, shown(it.path), it.line, shown(it.message), it.why, shown(it.remedy))
        for it in found
    ]
    counts = {level: sum(it.level == level for it in found) for level in LEVELS}
    if options.json:
        sys.stdout.write(render_json(rows, counts, dates=shown(ends.source)))
    else:
        sys.stdout.write(render_findings(rows, counts, output_style()))
    return 1 if counts["error"] or (options.strict and counts["warning"]) else 0


def _signer(configuration: Configuration) -> Callable[[Source], tuple[str, str]]:
    """Return who tells which keyring verifies a source; each repository is asked about once."""
    from foretell.apt.sources.signers import find_signer
    from foretell.cli.verify_list import list_verifier

    verifies = list_verifier(configuration.root, os.environ)
    known: dict[tuple[str, str], tuple[str, str]] = {}

    def ask(source: Source) -> tuple[str, str]:
        key = source.uri, source.suite
        if key not in known:
            known[key] = find_signer(source, configuration, verifies)
        return known[key]

    return ask
