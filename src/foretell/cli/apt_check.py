"""Does foretell say what the real apt decides, and where do the two part if not?

``foretell apt check`` draws requests, asks both sides and compares exactly.  It ends with the line
``N agreed / M compared``; the exit status is 0 when every disagreement is a known deviation.
"""

from __future__ import annotations

import os
import sys

from foretell.errors import MissingError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from foretell.apt.world import World
    from foretell.cli.parsing import Parser
    from foretell.oracle.answer import Answer, Request
    from foretell.oracle.compare import Difference, Tally
    from foretell.oracle.deviations import Deviation
    from foretell.oracle.libapt import Libapt
    from foretell.oracle.rootfs import Oracle

__all__ = ["check"]

SCHEMA = "foretell.apt.check/1"
REQUESTS_MAX = 1_000_000
PROGRESS_EVERY = 10


def check(argv: list[str]) -> int:
    """Compare predictions with the real apt."""
    options = _parser().parse_args(argv)
    if sum(map(bool, (options.trace, options.reduce, options.record))) > 1:
        raise UsageError("two-tasks", "--trace, --reduce and --record exclude each other")
    if options.record:
        return _record(options)
    if (options.trace or options.reduce) and not options.words:
        raise UsageError("no-request", "which request? for example: install git")
    session = _Session(options)
    with session.libapt:
        if options.trace:
            return _trace(session)
        if options.reduce:
            return _reduce(session)
        return _compare(session)


def _parser() -> Parser:
    from foretell.cli.parsing import Parser
    from foretell.oracle.sample import DEFAULT_STRATUM, STRATA

    parser = Parser(
        prog="foretell apt check",
        description="Compare predictions with the real apt: random requests, or the one given "
        "(a verb and its words; a single word is installed).",
    )
    parser.add_argument("words", nargs="*", metavar="request", help="for example: install git vim-")
    drawn = parser.add_argument_group("random requests")
    drawn.add_argument("--requests", type=int, default=100, metavar="N", help="default: 100")
    drawn.add_argument("--seed", type=int, default=1, metavar="S", help="default: 1")
    rules = "; ".join(
        f"{name}: {(rule.__doc__ or '')[:-1].lower()}" for name, rule in STRATA.items()
    )
    drawn.add_argument("--stratum", default=DEFAULT_STRATUM, metavar="NAME", help=rules)
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
    both = parser.add_argument_group("what is compared")
    both.add_argument("--root", metavar="DIR", help="default: the oracle's minimal system")
    both.add_argument("--solver-version", metavar="V", help="default: 3.0.3 if libapt is there")
    both.add_argument("-o", "--option", action="append", default=[], metavar="NAME=VALUE")
    both.add_argument("--known-deviations", metavar="FILE", help="default: the project's corpus")
    parser.add_argument("--json", action="store_true", help=f"schema {SCHEMA}")
    return parser


def _oracle_and_version(wanted: str | None) -> tuple[Oracle, str]:
    """Return the oracle and the version of libapt to ask, which must be one that is modelled."""
    from foretell.apt.profiles import SOLVER_VERSIONS
    from foretell.oracle.rootfs import Oracle, oracle_folder

    oracle = Oracle(oracle_folder(os.environ))
    oracle.require()
    modelled = [version for version in oracle.versions() if version in SOLVER_VERSIONS]
    if wanted is None and modelled:
        return oracle, modelled[0]
    if wanted in modelled:
        return oracle, wanted
    raise MissingError(
        "no-such-libapt",
        f"no libapt to compare with: wanted {wanted or 'a modelled version'}, here are "
        f"{', '.join(oracle.versions())}, modelled are {', '.join(SOLVER_VERSIONS)}",
        path=oracle.folder,
    )


class _Session:
    """Both sides, ready to be asked."""

    def __init__(self, options: Namespace) -> None:
        from foretell.apt.cache import cache_folder
        from foretell.apt.world import load_world
        from foretell.oracle.libapt import Libapt

        self.options = options
        oracle, self.version = _oracle_and_version(options.solver_version)
        self.root = options.root or oracle.root
        self.world: World = load_world(
            self.root,
            options=options.option,
            environment={},
            cache=cache_folder(os.environ),
        )
        self.oracle = oracle
        self.libapt: Libapt = Libapt(
            oracle, self.root, version=self.version, options=options.option, keeps_cache=True
        )

    def requests(self) -> Iterable[Request]:
        """Return the request of the command line, or those that are drawn."""
        from foretell.cli.apt_sides import installed_names, package_names
        from foretell.oracle.sample import draw_requests

        options = self.options
        if options.words:
            return [self.request()]
        if not 0 < options.requests <= REQUESTS_MAX:
            raise UsageError("bad-number", f"--requests takes 1 to {REQUESTS_MAX}")
        names, installed = package_names(self.world), installed_names(self.world)
        return draw_requests(options.stratum, names, installed, options.seed, options.requests)

    def request(self) -> Request:
        """Return the request that the words of the command line are."""
        from foretell.apt.request import VERBS
        from foretell.oracle.answer import Request

        words = self.options.words
        if words[0] in {*VERBS, "upgrade-new"}:
            return Request(words[0], tuple(words[1:]))
        if len(words) > 1:
            raise UsageError("unknown-verb", f"{words[0]!r} is no verb: {', '.join(VERBS)}")
        return Request("install", tuple(words))

    def ours(self, request: Request) -> Answer:
        """Return foretell's answer."""
        from foretell.cli.apt_sides import our_answer, plain_request

        return our_answer(self.world, plain_request(request), self.version)


# -- comparing ---------------------------------------------------------------------------------


def _compare(session: _Session) -> int:
    from foretell.oracle.compare import Tally, compare_all

    known = _known_deviations(session.options.known_deviations)
    oracle = f"apt {session.version}"
    tally = Tally()
    new = 0
    for request, difference in compare_all(
        session.requests(), session.ours, session.libapt.ask, tally
    ):
        if tally.compared % PROGRESS_EVERY == 0:
            _progress(tally)
        if difference is None:
            continue
        row = next((row for row in known if row.is_about(oracle, str(request))), None)
        new += row is None
        if not session.options.json:
            _progress(None)
            sys.stdout.write("\n".join(_difference_lines(session, difference, row)) + "\n")
            sys.stdout.flush()
    _progress(None)
    if session.options.json:
        sys.stdout.write(_as_json(session, tally, known))
    else:
        for request in tally.timeouts:
            sys.stdout.write(f"timed out, not compared: {request}\n")
        sys.stdout.write(f"{tally.summary()}\n")
    return 1 if new else 0


def _known_deviations(path: str | None) -> list[Deviation]:
    from foretell.oracle.deviations import read_deviations

    if path is None:
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(here, "../../../corpus/apt/known-deviations.toml")
        if not os.path.exists(path):  # installed without the project's corpus
            return []
    return read_deviations(path)


def _progress(tally: Tally | None) -> None:
    """Show the count on a terminal; None wipes it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{tally.summary()}" if tally is not None else "\r\x1b[K")
        sys.stderr.flush()


def _difference_lines(
    session: _Session, difference: Difference, known: Deviation | None
) -> list[str]:
    options = session.options
    where = f" --root {options.root}" if options.root else ""
    where += "".join(f" -o {option}" for option in options.option)
    lines = [f"differs ({difference.kind}): {difference.request}"]
    lines += [f"  {line}" for line in difference.lines()]
    if known is not None:
        return [*lines, f"  known: {known.id}: {known.why}"]
    command = f"foretell apt check --solver-version {session.version}{where}"
    return [*lines, f"  where they part: {command} --trace -- {difference.request}"]


def _as_json(session: _Session, tally: Tally, known: list[Deviation]) -> str:
    import json

    oracle = f"apt {session.version}"
    rows = []
    for difference in tally.differences:
        subject = str(difference.request)
        ids = [row.id for row in known if row.is_about(oracle, subject)]
        rows.append(
            {
                "verb": difference.request.verb,
                "words": list(difference.request.words),
                "kind": difference.kind,
                "known": ids[0] if ids else None,
                "facts": difference.lines(),
            }
        )
    options = session.options
    drawn = {"stratum": options.stratum, "seed": options.seed, "requests": options.requests}
    document = {
        "schema": SCHEMA,
        "oracle": {"name": "apt", "version": session.version},
        "drawn": None if options.words else drawn,
        "agreed": tally.agreed,
        "compared": tally.compared,
        "timeouts": [
            {"verb": request.verb, "words": list(request.words)} for request in tally.timeouts
        ],
        "differences": rows,
    }
    return json.dumps(document, indent=2) + "\n"


# -- one request -------------------------------------------------------------------------------


def _trace(session: _Session) -> int:
    from foretell.cli.apt_sides import our_trace, plain_request, their_trace
    from foretell.oracle.trace import first_difference, show_difference

    request = session.request()
    ours = our_trace(session.world, plain_request(request), session.version)
    theirs = their_trace(session.libapt, request)
    sys.stdout.write("\n".join(show_difference(ours, theirs)) + "\n")
    return 0 if first_difference(ours, theirs) is None else 1


def _reduce(session: _Session) -> int:
    from foretell.apt.case import format_case
    from foretell.cli.apt_reduce import case_of_world, reduce_disagreement
    from foretell.cli.apt_sides import plain_request

    request = session.request()
    case = case_of_world(session.world, plain_request(request), session.version)
    session.libapt.close()  # the scratch roots have children of their own
    reduced = reduce_disagreement(
        session.oracle, case, session.version, lambda text: sys.stderr.write(f"{text}\n")
    )
    name = "-".join(filter(str.isalnum, [request.verb, *request.words]))[:60]
    path = session.options.output or os.path.join("corpus/apt", f"reduced-{name}.json")
    with open(path, "xb") as file:
        file.write(format_case(reduced))
    sys.stdout.write(f"{path}\n")
    return 0


def _record(options: Namespace) -> int:
    """Ask libapt the cases that are named and write its answers into their files."""
    from foretell.cli.apt_reduce import record_case

    oracle, version = _oracle_and_version(options.solver_version)
    changed = 0
    for path in options.words:
        if record_case(oracle, path, version):
            changed += 1
            sys.stdout.write(f"another answer: {path}\n")
    sys.stdout.write(f"{changed} of {len(options.words)} answers changed\n")
    return 0
