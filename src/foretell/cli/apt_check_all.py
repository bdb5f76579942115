"""How often does foretell say what apt says, mode by mode?

``foretell apt check --all`` puts the random requests of every stratum to both sides and ends with
a table for each version of apt, then every difference with the command that shows it again.
"""

from __future__ import annotations

import sys

from foretell.apt.system.solver_name import is_choice
from foretell.cli.apt_check_text import (
    difference_document,
    difference_lines,
    failure_lines,
    failures_document,
    failures_line,
    find_deviation,
    oracle_name,
    percent,
    read_known,
    request_document,
    show_progress,
    table,
)
from foretell.cli.apt_session import Session, choose_version, open_oracle
from foretell.errors import MissingError, UsageError
from foretell.oracle.compare import Tally, compare_all
from foretell.oracle.strata import STRATA, find_stratum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from foretell.oracle.deviations import Deviation
    from foretell.oracle.strata import Stratum

    Results = list[tuple[Stratum, Tally, str]]
    # Version, stratum, seed, requests, more options.
    Task = tuple[str, str, int, int, tuple[str, ...]]

__all__ = ["check_all"]

SCHEMA = "foretell.apt.check-all/1"
REQUESTS = 220  # of 48 strata: more than 10,000
_TITLES = ("stratum", "root", "compared", "agreed", "%", "failed", "same pair %", "timeouts")


def check_all(options: Namespace) -> int:
    """Compare ``options.requests`` requests of each stratum; return the exit status."""
    if options.words or options.root or options.mark or not all(map(is_choice, options.option)):
        raise UsageError("all-alone", "--all takes no request, no root, no option and no mark")
    if options.stratum or options.here:
        raise UsageError("all-alone", "--all is every stratum")
    options.requests = options.requests or REQUESTS
    known = read_known(options.known_deviations)
    oracle = open_oracle()
    versions = [choose_version(oracle, wanted) for wanted in options.solver_version or [None]]
    if options.json and len(versions) > 1:
        raise UsageError("one-version", "--json is about one --solver-version")
    tasks = [
        (version, stratum.name, options.seed, options.requests, tuple(options.option))
        for version in versions
        for stratum in STRATA
    ]
    measured = _measure_all(tasks, options.jobs)
    has_new = False
    for version in versions:
        results = [(stratum, *next(measured)) for stratum in STRATA]
        show_progress(None)
        write = _as_json if options.json else _as_text
        sys.stdout.write(write(results, version, options, known))
        sys.stdout.flush()
        has_new |= _new_differences(results, oracle_name(version, options.option), known) > 0
    return 1 if has_new else 0


def _measure_all(tasks: list[Task], jobs: int) -> Iterator[tuple[Tally, str]]:
    """Yield what each task counted, in their order; ``jobs`` of them run at a time."""
    if jobs == 1:
        yield from map(_measure, tasks)
        return
    from multiprocessing import get_context

    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(_measure, tasks)


def _measure(task: Task) -> tuple[Tally, str]:
    """Put a stratum's requests to both sides; return what was counted, or why nothing was."""
    version, name, seed, count, more = task
    stratum = find_stratum(name)
    stratum = stratum._replace(options=(*stratum.options, *more))
    tally = Tally()
    try:
        with Session(open_oracle(), version, stratum) as session:
            for _ in compare_all(session.draw(seed, count), session.ours, session.theirs, tally):
                show_progress(tally, f"{version} {name}")
    except MissingError as error:
        if error.code != "no-root":
            raise
        return tally, str(error)
    return tally, ""


def _new_differences(results: Results, version: str, known: list[Deviation]) -> int:
    return sum(
        find_deviation(known, version, difference.request, stratum.root) is None
        for stratum, tally, _ in results
        for difference in tally.differences
    )


def _as_text(results: Results, version: str, options: Namespace, known: list[Deviation]) -> str:
    name = oracle_name(version, options.option)
    rows: list[tuple[str, ...]] = [_TITLES]
    total = Tally()
    lines = []
    for stratum, tally, missing in results:
        rows.append(_row(stratum.name, stratum.root, tally))
        total.agreed += tally.agreed
        total.compared += tally.compared
        total.timeouts += tally.timeouts
        total.failures += tally.failures
        total.refused += tally.refused
        if missing:
            lines.append(f"not compared: {stratum.name}: {missing}")
        command = ["foretell", "apt", "check", "--solver-version", version]
        command += ["--stratum", stratum.name]
        command += [word for option in options.option for word in ("-o", option)]
        for difference in tally.differences:
            row = find_deviation(known, name, difference.request, stratum.root)
            lines.append("")
            lines += difference_lines(difference, row, command)
        for failure in tally.failures:
            lines += [] if failure.has_same_text else ["", *failure_lines(failure)]
        lines += [f"timed out, not compared: {stratum.name}: {it}" for it in tally.timeouts]
    rows.append(_row("all", "", total))
    head = f"apt {name}, seed {options.seed}, {options.requests} requests of each stratum"
    lines = [head, "", *table(rows, left=2), *lines, "", failures_line(total), total.summary()]
    return "\n".join(lines) + "\n"


def _row(name: str, root: str, tally: Tally) -> tuple[str, ...]:
    return (
        name,
        root,
        str(tally.compared),
        str(tally.agreed),
        percent(tally.agreed, tally.compared),
        str(len(tally.failures) + tally.refused),
        percent(tally.same_pairs, len(tally.failures)),
        str(len(tally.timeouts)),
    )


def _as_json(results: Results, version: str, options: Namespace, known: list[Deviation]) -> str:
    import json

    name = oracle_name(version, options.option)
    strata = [
        {
            "stratum": stratum.name,
            "root": stratum.root,
            "options": list(stratum.options),
            "missing": missing or None,
            "agreed": tally.agreed,
            "compared": tally.compared,
            "failures": failures_document(tally),
            "timeouts": [request_document(request) for request in tally.timeouts],
            "differences": [
                difference_document(it, find_deviation(known, name, it.request, stratum.root))
                for it in tally.differences
            ],
        }
        for stratum, tally, missing in results
    ]
    document = {
        "schema": SCHEMA,
        "oracle": {"name": "apt", "version": version},
        "seed": options.seed,
        "requests": options.requests,
        "agreed": sum(tally.agreed for _, tally, _ in results),
        "compared": sum(tally.compared for _, tally, _ in results),
        "strata": strata,
    }
    return json.dumps(document, indent=2) + "\n"
