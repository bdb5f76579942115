"""Does foretell say what the real apt decides, and where do the two part if not?

``foretell apt check`` draws requests, asks both sides and compares exactly.  It ends with the line
``N agreed / M compared``; the exit status is 0 when every disagreement is a known deviation.
Where no oracle is built this machine's own apt is asked instead.
"""

from __future__ import annotations

import os
import sys

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from foretell.cli.apt_session import Session
    from foretell.cli.parsing import Group, Parser
    from foretell.oracle.answer import Request
    from foretell.oracle.compare import Tally
    from foretell.oracle.deviations import Deviation
    from foretell.oracle.strata import Stratum

__all__ = ["check"]

SCHEMA = "foretell.apt.check/1"
REQUESTS = 100
REQUESTS_MAX = 1_000_000
JOBS_MAX = 256
_TASKS = ("trace", "reduce", "record", "all", "here", "queries", "screens")


def check(argv: list[str]) -> int:
    """Compare predictions with the real apt."""
    options = _parser().parse_args(argv)
    chosen = [name for name in _TASKS if getattr(options, name)]
    if len(chosen) > 1:
        raise UsageError("two-tasks", f"--{chosen[0]} and --{chosen[1]} exclude each other")
    if options.own and chosen and chosen != ["trace"]:
        raise UsageError("two-tasks", f"--own and --{chosen[0]} exclude each other")
    if options.requests is not None and not 0 < options.requests <= REQUESTS_MAX:
        raise UsageError("bad-number", f"--requests takes 1 to {REQUESTS_MAX}")
    if not 0 < options.jobs <= JOBS_MAX:
        raise UsageError("bad-number", f"--jobs takes 1 to {JOBS_MAX}")
    if options.all:
        from foretell.cli.apt_check_all import check_all

        return check_all(options)
    if options.queries:
        from foretell.cli.apt_check_queries import check_queries

        return check_queries(options)
    if options.screens:
        from foretell.cli.apt_check_screens import check_screens

        return check_screens(options)
    versions = options.solver_version or [None]
    if options.explanations and len(versions) == 1:
        from foretell.cli.apt_check_explanations import check_explanations

        options.solver_version = versions[0]
        return check_explanations(options)
    if len(versions) > 1:
        raise UsageError("one-version", "only --all takes more than one --solver-version")
    options.solver_version = versions[0]
    if options.record:
        return _record(options)
    if (options.trace or options.reduce) and not options.words:
        raise UsageError("no-request", "which request? for example: install git")
    if options.here or _has_no_choice(options):
        from foretell.cli.apt_check_here import check_here

        if options.mark or options.root or options.stratum:
            raise UsageError("not-here", "--here takes no mark, no root and no stratum")
        return check_here(options, _request(options) if options.words else None)
    with _session(options) as session:
        if options.trace:
            return _trace(session, _request(options))
        if options.reduce:
            return _reduce(session, _request(options), options.output)
        return _compare(session, options)


def _parser() -> Parser:
    from foretell.cli.parsing import Parser
    from foretell.oracle.strata import DEFAULT_STRATUM, STRATA

    parser = Parser(
        prog="foretell apt check",
        description="Compare predictions with the real apt: random requests, or the one given "
        "(a verb and its words; a single word is installed).",
    )
    parser.add_argument("words", nargs="*", metavar="request", help="for example: install git vim-")
    drawn = parser.add_argument_group("random requests")
    drawn.add_argument(
        "--requests",
        type=int,
        metavar="N",
        help=f"of each stratum; default: {REQUESTS}, and 20 of this machine's own apt",
    )
    drawn.add_argument("--seed", type=int, default=1, metavar="S", help="default: 1")
    rules = "; ".join(f"{row.name}: {row.summary} ({row.root})" for row in STRATA)
    drawn.add_argument(
        "--stratum",
        metavar="NAME",
        help=f"which requests, on which root (default: {DEFAULT_STRATUM}): {rules}",
    )
    drawn.add_argument("--all", action="store_true", help="every stratum, as a table")
    _add_subjects(drawn)
    drawn.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="strata of --all at a time; default: 1"
    )
    _add_tasks(parser)
    both = parser.add_argument_group("what is compared")
    both.add_argument("--root", metavar="DIR", help="default: the stratum's, below the oracle")
    both.add_argument(
        "--here", action="store_true", help="this machine and its own apt; reports, never fails"
    )
    both.add_argument(
        "--own",
        action="store_true",
        help="the root's own apt-get, without options: which solver decides is left to it",
    )
    both.add_argument(
        "--solver-version",
        action="append",
        metavar="V",
        help="default: 3.0.3 if libapt is there; --all takes several",
    )
    both.add_argument("-o", "--option", action="append", default=[], metavar="NAME=VALUE")
    both.add_argument(
        "--solver",
        action="append",
        dest="option",
        type="APT::Solver={}".format,
        metavar="NAME",
        help="3.0, or internal: the classic one (default: 3.0)",
    )
    both.add_argument("--known-deviations", metavar="FILE", help="default: the project's corpus")
    parser.add_argument("--json", action="store_true", help=f"schema {SCHEMA}")
    return parser


def _add_subjects(group: Group) -> None:
    """Add what can be checked instead of plans."""
    group.add_argument(
        "--queries", action="store_true", help="what list, search, show and their kin print"
    )
    group.add_argument(
        "--screens", action="store_true", help="what is said about requests with random words"
    )
    group.add_argument(
        "--explanations", action="store_true", help="whether explanations are true and enough"
    )


def _add_tasks(parser: Parser) -> None:
    """Add what is about one request."""
    tasks = parser.add_argument_group("one request")
    tasks.add_argument(
        "--trace", action="store_true", help="show the first step at which the searches part"
    )
    tasks.add_argument(
        "--reduce", action="store_true", help="shrink the disagreement and write a case file"
    )
    tasks.add_argument(
        "--record", action="store_true", help="write apt's answers into the case files named"
    )
    tasks.add_argument("--output", metavar="FILE", help="where --reduce writes the case")
    tasks.add_argument(
        "--mark",
        action="append",
        default=[],
        metavar="VERB=PACKAGE",
        help="first change the state: auto, manual, hold or unhold of an installed package",
    )


def _has_no_choice(options: Namespace) -> bool:
    """Say whether there is no oracle and nothing is asked for that only an oracle knows."""
    from foretell.oracle.rootfs import Oracle, oracle_folder

    if options.trace or options.reduce or options.stratum or options.root or options.mark:
        return False
    if options.own:
        return False
    return not os.path.isdir(Oracle(oracle_folder(os.environ)).root)


def _session(options: Namespace) -> Session:
    from foretell.cli.apt_session import OwnSession, Session, choose_version, open_oracle

    stratum = _stratum(options)
    oracle = open_oracle()
    if options.own:
        if options.mark:
            raise UsageError("no-marks", "--own is about the state as it is")
        return OwnSession(oracle, options.solver_version, stratum, root=options.root)
    version = choose_version(oracle, options.solver_version)
    return Session(oracle, version, stratum, root=options.root)


def _stratum(options: Namespace) -> Stratum:
    """Return the stratum named, with the options of the command line."""
    from foretell.oracle.strata import DEFAULT_STRATUM, find_stratum

    stratum = find_stratum(options.stratum or DEFAULT_STRATUM)
    return stratum._replace(options=(*stratum.options, *options.option))


def _request(options: Namespace) -> Request:
    """Return the request that the words of the command line are."""
    from foretell.apt.requests.request import VERBS
    from foretell.oracle.answer import Request

    words, marks = options.words, tuple(options.mark)
    if words[0] in {*VERBS, "upgrade-new"}:
        return Request(words[0], tuple(words[1:]), marks=marks)
    if len(words) > 1:
        raise UsageError("unknown-verb", f"{words[0]!r} is no verb: {', '.join(VERBS)}")
    return Request("install", tuple(words), marks=marks)


# -- comparing ---------------------------------------------------------------------------------


def _compare(session: Session, options: Namespace) -> int:
    from foretell.cli.apt_check_text import (
        difference_lines,
        failure_lines,
        failures_line,
        find_deviation,
        read_known,
        show_progress,
    )
    from foretell.oracle.compare import Tally, compare_all

    known = read_known(options.known_deviations)
    if session.heading and not options.json:
        sys.stdout.write(f"{session.heading}\n")
    requests: Iterable[Request] = (
        [_request(options)]
        if options.words
        else session.draw(options.seed, options.requests or REQUESTS)
    )
    name = session.name
    root = "" if options.root else session.stratum.root
    command = _command(session, options)
    tally = Tally()
    new = 0
    for request, difference in compare_all(requests, session.ours, session.theirs, tally):
        show_progress(tally)
        if difference is None:
            continue
        row = find_deviation(known, name, request, root)
        new += row is None
        if not options.json:
            show_progress(None)
            sys.stdout.write("\n".join(difference_lines(difference, row, command)) + "\n")
            sys.stdout.flush()
    show_progress(None)
    if options.json:
        sys.stdout.write(_as_json(session, options, tally, known))
    else:
        lines = [f"timed out, not compared: {request}" for request in tally.timeouts]
        for failure in tally.failures:
            lines += [] if failure.has_same_text else failure_lines(failure)
        lines += [failures_line(tally)] if tally.failures or tally.refused else []
        sys.stdout.write("\n".join([*lines, tally.summary()]) + "\n")
    return 1 if new else 0


def _command(session: Session, options: Namespace) -> list[str]:
    """Return the check of one request with these options, without the request."""
    words = ["foretell", "apt", "check", "--solver-version", session.version]
    words += ["--stratum", options.stratum] if options.stratum else []
    words += ["--root", options.root] if options.root else []
    words += ["--own"] if options.own else []
    return words + [word for option in options.option for word in ("-o", option)]


def _as_json(session: Session, options: Namespace, tally: Tally, known: list[Deviation]) -> str:
    import json

    from foretell.cli.apt_check_text import (
        difference_document,
        failures_document,
        find_deviation,
        request_document,
    )

    name = session.name
    root = "" if options.root else session.stratum.root
    drawn = {
        "stratum": session.stratum.name,
        "seed": options.seed,
        "requests": options.requests or REQUESTS,
    }
    document = {
        "schema": SCHEMA,
        "oracle": {"name": "apt", "version": session.version, **session.solver_fields},
        "drawn": None if options.words else drawn,
        "agreed": tally.agreed,
        "compared": tally.compared,
        "failures": failures_document(tally),
        "timeouts": [request_document(request) for request in tally.timeouts],
        "differences": [
            difference_document(it, find_deviation(known, name, it.request, root))
            for it in tally.differences
        ],
    }
    return json.dumps(document, indent=2) + "\n"


# -- one request -------------------------------------------------------------------------------


def _trace(session: Session, request: Request) -> int:
    from foretell.oracle.trace import first_difference, show_difference

    ours, theirs = session.traces(request)
    sys.stdout.write("\n".join(show_difference(ours, theirs)) + "\n")
    return 0 if first_difference(ours, theirs) is None else 1


def _reduce(session: Session, request: Request, output: str | None) -> int:
    from foretell.apt.cases.case import format_case
    from foretell.cli.apt_reduce import case_of_world, reduce_disagreement
    from foretell.cli.apt_sides import marked_world, plain_request

    world = marked_world(session.world, request.marks)
    session.close()  # the scratch roots have children of their own
    case = case_of_world(session.oracle, world, plain_request(request, world), session.version)
    reduced = reduce_disagreement(
        session.oracle, case, session.version, lambda text: sys.stderr.write(f"{text}\n")
    )
    name = "-".join(filter(str.isalnum, [request.verb, *request.words]))[:60]
    path = output or os.path.join("corpus/apt", f"reduced-{name}.json")
    with open(path, "xb") as file:
        file.write(format_case(reduced))
    sys.stdout.write(f"{path}\n")
    return 0


def _record(options: Namespace) -> int:
    """Ask libapt the cases that are named and write its answers into their files."""
    from foretell.cli.apt_reduce import record_case
    from foretell.cli.apt_session import choose_version, open_oracle

    oracle = open_oracle()
    version = choose_version(oracle, options.solver_version)
    changed = 0
    for path in options.words:
        if record_case(oracle, path, version):
            changed += 1
            sys.stdout.write(f"another answer: {path}\n")
    sys.stdout.write(f"{changed} of {len(options.words)} answers changed\n")
    return 0
