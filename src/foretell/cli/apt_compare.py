"""What would another version of apt decide about the same request?

Exit status: 0 when both decide alike, 1 when they do not or one of them is not known.
"""

from __future__ import annotations

import sys

from foretell.cli.apt_check_text import table
from foretell.cli.apt_options import add_world_options, read_request, read_world
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.comparison import Comparison, Outcome
    from foretell.cli.parsing import Parser

__all__ = ["SCHEMA", "compare"]

SCHEMA = "foretell.apt.compare/1"


def compare(argv: list[str]) -> int:
    """Put one request to two versions of apt's solver and say what differs."""
    from foretell.apt.comparison import compare_versions
    from foretell.apt.request import VERBS
    from foretell.apt.solver_name import OPTION, is_choice
    from foretell.apt.state import SOLVER

    options = _parser().parse_args(argv)
    first, second = _versions(options)
    verb, *words = options.words if options.words[0] in VERBS else ["install", *options.words]
    options.words = words
    if not any(map(is_choice, options.option)):
        options.option.insert(0, f"{OPTION}={SOLVER}")
    world = read_world(options)
    found = compare_versions(world, read_request(verb, options, world), first, second)
    if options.json:
        sys.stdout.write(_as_json(found, first, second))
    else:
        sys.stdout.write("\n".join(_lines(found, first, second)) + "\n")
    return 0 if found.is_same and found.first.verdict != "unknown" else 1


def _parser() -> Parser:
    from foretell.cli.parsing import Parser

    parser = Parser(
        prog="foretell apt compare",
        description="Put one request to two versions of apt's solver and say what they would do "
        "differently, and by which of their rules. Nothing is changed.",
    )
    parser.add_argument(
        "words", nargs="+", metavar="request", help="a verb and its words; a word is installed"
    )
    parser.add_argument("-t", "--target-release", default="", metavar="RELEASE")
    parser.add_argument("-o", "--option", action="append", default=[], metavar="NAME=VALUE")
    add_world_options(parser, repeats_version=True)
    parser.add_argument("--json", action="store_true", help=f"schema {SCHEMA}")
    return parser


def _versions(options: Namespace) -> tuple[str, str]:
    """Return the two versions to compare: the root's own and the newest unless told."""
    from foretell.apt.profiles import AUTO, SOLVER_VERSIONS, modelled_version

    given = options.solver_version or [AUTO, SOLVER_VERSIONS[-1]]
    if len(given) != 2:
        raise UsageError("two-versions", "compare takes --solver-version twice, or not at all")
    options.solver_version = AUTO
    if AUTO in given:
        apt = read_world(options).apt_version
        own = modelled_version(apt, is_classic=False) or apt
        given = [own if version == AUTO else version for version in given]
    for version in given:
        if version not in SOLVER_VERSIONS:
            raise UsageError(
                "unknown-solver-version",
                f"solver version {version!r} is not modelled",
                hint=f"modelled are {', '.join(SOLVER_VERSIONS)}",
            )
    return given[0], given[1]


def _lines(found: Comparison, first: str, second: str) -> list[str]:
    names = (f"apt {first}", f"apt {second}")
    for answer, name in ((found.first, names[0]), (found.second, names[1])):
        if answer.verdict == "unknown":
            return [f"{name}: unknown: {answer.missing_rule}"]
    if found.is_same:
        what = (
            "cannot satisfy it"
            if found.first.verdict == "unsatisfiable"
            else (f"make the same {len(found.first.changes)} changes")
        )
        return [f"{names[0]} and {names[1]} both {what}."]
    lines = [f"{names[0]} and {names[1]} differ:", ""]
    if found.first.verdict != found.second.verdict:
        for answer, name in ((found.first, names[0]), (found.second, names[1])):
            is_ok = answer.verdict == "ok"
            lines.append(f"  {name} {'has a plan' if is_ok else 'cannot satisfy the request'}")
        lines.append("")
    if found.differences:
        rows = [("package", *names)]
        for package, architecture, ours, theirs in found.differences:
            rows.append((f"{package}:{architecture}", _cell(ours), _cell(theirs)))
        lines += [f"  {line}" for line in table(rows, left=3)]
        lines.append("")
    return lines + _rule_lines(found, second)


def _rule_lines(found: Comparison, second: str) -> list[str]:
    from foretell.apt.profiles import RULES

    lines = [f"Rules that make the difference (turning the first plan into that of {second}):"]
    for name in found.rules:
        since, text = RULES[name]
        lines.append(f"  {name}, since apt {since}: {text}")
    return lines


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    action, version, _, automatic = outcome
    return " ".join(filter(None, (action, version, "(automatic)" if automatic else "")))


def _as_json(found: Comparison, first: str, second: str) -> str:
    import json

    def outcome(given: Outcome | None) -> dict[str, object] | None:
        if given is None:
            return None
        action, version, before, automatic = given
        return {
            "action": action,
            "version": version or None,
            "from": before or None,
            "automatic": automatic,
        }

    document = {
        "schema": SCHEMA,
        "sides": [
            {"solver-version": version, "verdict": answer.verdict}
            for version, answer in ((first, found.first), (second, found.second))
        ],
        "differences": [
            {"package": package, "architecture": architecture,
             "outcomes": [outcome(ours), outcome(theirs)]}
            for package, architecture, ours, theirs in found.differences
        ],
        "rules": found.rules,
    }  # fmt: skip
    return json.dumps(document, indent=2) + "\n"
