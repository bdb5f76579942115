"""``foretell apt check --queries``: are list, search, show and their kin what apt prints?"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO

from foretell.apt.packages.cache import cache_folder
from foretell.apt.system.world import load_world
from foretell.cli.apt_check_text import percent, table
from foretell.cli.apt_session import choose_version, open_oracle
from foretell.cli.main import COMMANDS, load_leaf
from foretell.errors import UsageError
from foretell.oracle.query import (
    EVERYTHING,
    VERBS,
    RealQueries,
    compare_queries,
    draw_queries,
)
from foretell.oracle.query_patterns import PATTERN_TIMEOUT_SECONDS, compare_patterns, draw_patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from foretell.apt.system.world import World
    from foretell.oracle.query import Ask, Outcome
    from foretell.oracle.rootfs import Oracle

__all__ = ["check_queries", "measure", "measure_everything", "measure_patterns"]

QUERIES = 50  # of each verb
PATTERNS = "patterns"  # of several verbs, beside `VERBS`
ALL = "everything"  # `EVERYTHING`
EVERYTHING_SECONDS = 600  # apt takes a few
ROOTS = ("trixie-minimal", "mixed", "wine")
_TITLES = ("verb", "root", "compared", "agreed", "%")


def check_queries(options: Namespace) -> int:
    """Compare random queries; return the exit status."""
    oracle = open_oracle()
    count = options.requests or QUERIES
    rows: list[tuple[str, ...]] = [_TITLES]
    lines: list[str] = []
    agreed = compared = late = 0
    for root in [options.root] if options.root else _built_roots(oracle):
        for verb in (*VERBS, ALL, PATTERNS):
            wanted = len(EVERYTHING) if verb == ALL else count
            if verb == ALL:
                outcomes = measure_everything(oracle, root)
            elif verb == PATTERNS:
                drawn = measure_patterns(oracle, root, options.seed, count)
                outcomes = [outcome for outcome in drawn if outcome is not None]
            else:
                outcomes = measure(oracle, root, verb, options.seed, count)
            good = sum(outcome.difference is None for outcome in outcomes)
            total = len(outcomes)
            rows.append((verb, root, str(total), str(good), percent(good, total)))
            lines += _lines(outcomes, root)
            agreed, compared, late = agreed + good, compared + total, late + wanted - total
    if late:
        lines += ["", f"not compared, as apt took too long: {late}"]
    sys.stdout.write(
        "\n".join([*table(rows, left=2), *lines, "", f"{agreed} agreed / {compared} compared"])
        + "\n"
    )
    return 0 if agreed == compared else 1


def _built_roots(oracle: Oracle) -> list[str]:
    """Return the roots that are there; names the others on standard error."""
    found = []
    for root in ROOTS:
        if os.path.exists(os.path.join(oracle.folder, root)):
            found.append(root)
        else:
            sys.stderr.write(f"note: the root {root} is not built and left out: make oracle\n")
    return found


def _lines(outcomes: Sequence[Outcome], root: str) -> list[str]:
    lines = []
    for words, difference, _ in outcomes:
        if difference is not None:
            lines += ["", f"differs: {' '.join(words)} ({root})"]
            lines += [
                f"  {side}: {line}"
                for side, line in zip(("ours", "theirs"), difference, strict=True)
            ]
    return lines


def measure(oracle: Oracle, name: str, verb: str, seed: int, count: int) -> list[Outcome]:
    """Return how random queries of one verb ended on a root of the oracle."""
    root = oracle.find_root(name)
    world, names = _read_root(root)
    installed = [entry.fields[b"package"].decode() for entry in world.installed if entry.is_here]
    others = world.state().census().others()
    virtual = [other.decode() for other, _ in others if b":" not in other]
    with RealQueries.of(oracle, root, choose_version(oracle, None)) as real:
        queries = draw_queries(verb, names, installed, virtual, seed)
        return list(compare_queries(queries, _asker(root), real.text, count))


def measure_everything(
    oracle: Oracle, name: str, queries: Sequence[tuple[str, ...]] = EVERYTHING
) -> list[Outcome]:
    """Return how queries about all packages of a root ended."""
    root = oracle.find_root(name)
    with RealQueries.of(oracle, root, choose_version(oracle, None)) as real:
        theirs = partial(real.text, timeout_seconds=EVERYTHING_SECONDS)
        return list(compare_queries(iter(queries), _asker(root), theirs, len(queries)))


def measure_patterns(oracle: Oracle, name: str, seed: int, count: int) -> list[Outcome | None]:
    """Return how queries with random patterns ended, None for each that took apt too long."""
    root = oracle.find_root(name)
    _, names = _read_root(root)
    with RealQueries.of(oracle, root, choose_version(oracle, None)) as real:
        theirs = partial(real.text, timeout_seconds=PATTERN_TIMEOUT_SECONDS)
        return list(compare_patterns(draw_patterns(names, seed), _asker(root), theirs, count))


def _read_root(root: str) -> tuple[World, list[str]]:
    """Return the world of a root, and the names of its archive's packages."""
    world = load_world(root, environment={}, cache=cache_folder(os.environ))
    archive = world.archive
    names = [archive.name(number).decode() for number in range(archive.n_packages)]
    return world, [name for name in names if not name.endswith(":")]  # of virtual ones, name:any


def _asker(root: str) -> Ask:
    """Return what asks our commands about a root."""

    def ours(words: Sequence[str]) -> str:
        return _own_text([*words, "--root", root])

    return ours


def _own_text(words: Sequence[str]) -> str:
    """Return what our command prints; nothing for words that it refuses."""
    verb, *rest = words
    text = StringIO()
    with redirect_stdout(text), redirect_stderr(StringIO()):
        try:
            load_leaf(COMMANDS["apt", verb][0])(rest)
        except UsageError:
            return ""
        finally:  # a leaf leaves collecting to the end of its process
            gc.enable()
            gc.collect()
    return text.getvalue()
