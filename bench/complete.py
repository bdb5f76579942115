#!/usr/bin/env python3
"""How long does a shell wait for the names that it completes?

    bench/complete.py [--runs N] [WORD ...]

WORDs say which system, for example ``--root DIR``; by default it is the Debian that comes with
foretell.  Whole processes are measured as a shell runs them, once the names are kept; the
line "made" is the first time, with the index of the lists there.  Wall time says something on a
quiet machine only; CPU time (user and system, of wait4(2)) holds on a busy one, too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

__all__ = ["ASKED"]

_SCRIPT = os.path.join(os.path.dirname(sys.executable), "foretell")
ASKED = [
    ("packages", "git-"),
    ("packages", "l"),
    ("packages", ""),
    ("installed", ""),
    ("sources", "gi"),
    ("suites", ""),
    ("worlds", ""),
]


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; return the wall time and the CPU time that it took, in seconds."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execvpe(command[0], command, environment)  # noqa: S606 - the command is our own
    _, _, usage = os.wait4(child, 0)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def report(title: str, command: list[str], environment: dict[str, str], runs: int) -> None:
    """Measure a command some times and print a row."""
    rows = [measure(command, environment) for _ in range(runs)]
    wall, cpu = (
        [f"{1000 * pick(column):.0f}" for pick in (min, statistics.median)]
        for column in zip(*rows, strict=True)
    )
    print(f"| {title} | {' | '.join(cpu)} | {' | '.join(wall)} |", flush=True)


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    options, words = parser.parse_known_args()
    where = ["apt", "install", *(words or ["--world", "embedded"])]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        index = [_SCRIPT, "apt", "index", *where[2:]]
        subprocess.run(index, env=environment, check=True, stdout=subprocess.DEVNULL)
        print("| asked | CPU min ms | CPU median ms | wall min ms | wall median ms |")
        print("|---|---|---|---|---|")
        report("the bare interpreter", [sys.executable, "-c", "pass"], environment, options.runs)
        made = {"worlds"}  # these are not kept
        for kind, prefix in ASKED:
            command = [_SCRIPT, "__complete", kind, prefix, *where]
            if kind not in made:
                report(f"{kind}, made", command, environment, 1)
                made.add(kind)
            report(f'{kind} "{prefix}"', command, environment, options.runs)
    return 0


if __name__ == "__main__":
    raise SystemExit(_main())
