"""What do two solvers, versions, systems or plans differ in, for the same request?

Exit status: 0 when both decide alike, 1 when they do not or one of them is not known.
"""

from __future__ import annotations

import sys

from foretell.cli.apt_compare_sides import split_sides
from foretell.cli.apt_compare_text import as_json, lines
from foretell.cli.apt_options import add_world_options, read_request, read_world
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.answers.comparison import Comparison
    from foretell.cli.apt_compare_sides import Side
    from foretell.cli.apt_explain_one import Completion
    from foretell.cli.parsing import Parser

__all__ = ["SCHEMA", "compare"]

SCHEMA = "foretell.apt.compare/1"


def compare(argv: list[str]) -> int:
    """Put one request to two versions of apt's solver, or to two solvers, and say what differs."""
    from foretell.apt.requests.request import VERBS
    from foretell.apt.system.solver_name import OPTION, is_choice
    from foretell.apt.system.state import SOLVER

    options = _parser().parse_intermixed_args(argv)
    sides, options.words = split_sides(options.words, options)
    if sides is not None:
        if sides[0].kind not in {"solver", "apt"}:
            from foretell.cli.apt_compare_systems import compare_sides

            return compare_sides(sides, options.words, options)
        _name_solvers(sides, options)
    if not options.words:
        raise UsageError("no-request", "compare needs a request: a verb and its words")
    verb, *words = options.words if options.words[0] in VERBS else ["install", *options.words]
    options.words = words
    if options.solver:
        solvers, versions = _solvers(options), _versions_of_solvers(options)
        found = _compare_solvers(verb, options, solvers, versions)
        names = _names(solvers, versions)
    else:
        from foretell.apt.answers.comparison import compare_versions

        if not any(map(is_choice, options.option)):
            options.option.insert(0, f"{OPTION}={SOLVER}")
        versions = _versions(options)
        world = read_world(options)
        found = compare_versions(world, read_request(verb, options, world), *versions)
        solvers = ("", "")
        names = (f"apt {versions[0]}", f"apt {versions[1]}")
    more = _completions(found) if options.full else []
    if options.json:
        sys.stdout.write(as_json(SCHEMA, found, versions, solvers, more))
    else:
        sys.stdout.write("\n".join(lines(found, names, versions, more)) + "\n")
    return 0 if found.is_same and found.first.verdict != "unknown" else 1


def _name_solvers(sides: tuple[Side, Side], options: Namespace) -> None:
    """Put two sides in the place of an option that is given twice."""
    kind = sides[0].kind
    given = options.solver if kind == "solver" else options.solver_version
    if given and (kind == "solver" or len(given) > 1):
        raise UsageError("two-kinds", f"the two sides are {kind}s: leave the option out")
    names = [side.name for side in sides]
    if kind == "solver":
        options.solver = names
    else:
        options.solver_version = names


def _compare_solvers(
    verb: str, options: Namespace, solvers: tuple[str, str], versions: tuple[str, str]
) -> Comparison:
    from foretell.apt.answers.comparison import compare_solvers, compare_versions
    from foretell.apt.system.solver_name import OPTION

    given = options.option
    worlds = []
    for name in solvers:
        options.option = [*given, f"{OPTION}={name}"]
        worlds.append(read_world(options))
    request = read_request(verb, options, worlds[0])
    if solvers[0] == solvers[1]:
        return compare_versions(worlds[0], request, *versions)
    return compare_solvers((worlds[0], worlds[1]), request, versions)


def _completions(found: Comparison) -> list[Completion]:
    """Return of each decision whether it alone leads to what differs for it, and what else does."""
    from foretell.apt.cases.enough import OfParting
    from foretell.cli.apt_explain_one import completed

    return [completed(OfParting(found, part)) for part in found.parts]


def _names(solvers: tuple[str, str], versions: tuple[str, str]) -> tuple[str, str]:
    """Return what the two sides are called."""
    if versions[0] == versions[1]:
        return f"solver {solvers[0]}", f"solver {solvers[1]}"
    return (
        f"solver {solvers[0]} of apt {versions[0]}",
        f"solver {solvers[1]} of apt {versions[1]}",
    )


def _parser() -> Parser:
    from foretell.cli.parsing import Parser

    parser = Parser(
        prog="foretell apt compare",
        description="Put one request to two versions of apt's solver, or to two solvers, and say "
        "what they would do differently, and by which of their rules; or compare two systems, "
        "suites, captures or plans. Nothing is changed.",
    )
    parser.add_argument(
        "words",
        nargs="+",
        metavar="word",
        help="two sides, if they are no solvers: a root, a world, a suite, a file of --capture or "
        "--json; then a verb and its words, of which a word alone is installed",
    )
    parser.add_argument(
        "--available",
        action="store_true",
        help="without a request: what the two sides' lists offer, not what is installed",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="all causes, however many, of which more are checked by planning again; of two "
        "solvers also what else took part",
    )
    parser.add_argument("-t", "--target-release", default="", metavar="RELEASE")
    parser.add_argument("-o", "--option", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--solver",
        action="append",
        default=[],
        metavar="NAME",
        help="twice: the two solvers, internal (the classic one) and 3.0, of one version unless "
        "--solver-version is given twice as well",
    )
    add_world_options(parser, repeats_version=True)
    parser.add_argument(
        "--json", action="store_true", help=f"schema {SCHEMA}, or foretell.apt.difference/1"
    )
    return parser


def _solvers(options: Namespace) -> tuple[str, str]:
    if len(options.solver) != 2:
        raise UsageError("two-solvers", "compare takes --solver twice, or not at all")
    return options.solver[0], options.solver[1]


def _versions_of_solvers(options: Namespace) -> tuple[str, str]:
    """Return the versions of two solvers: one for both unless two are given."""
    from foretell.apt.system.profiles import AUTO

    given = options.solver_version or [AUTO]
    options.solver_version = [*given, *given][:2] if len(given) == 1 else given
    return _versions(options)


def _versions(options: Namespace) -> tuple[str, str]:
    """Return the two versions to compare: the root's own and the newest unless told."""
    from foretell.apt.system.profiles import AUTO, SOLVER_VERSIONS, modelled_version

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
