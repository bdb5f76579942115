#!/usr/bin/env python3
"""How do foretell's times compare with apt's, for the same question on the same root?

    bench/apt.py ROOT [--runs N] [--solver NAME] [QUESTION ...]

ROOT is a Debian root with downloaded lists, such as the oracle's (``make oracle``).  A QUESTION is
a verb with its words, "install git"; a lone word is installed.  Both sides are told the same solver
and run alternately as whole processes; CPU time (user and system) and peak memory come from
wait4(2).  Quote the ratios: absolute times depend on the machine and on what else it does.  apt's
and foretell's own caches are warm for the questions and empty for the build.

A root that has an apt-get is asked through chroot(2), which needs root.  For others, which are
made of plans (``~/.cache/foretell/oracle/aged``), the oracle's apt-get is told to look there; the
build of the cache is not compared then.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


HEAD = (
    "| what | apt min s | apt median s | apt MB | foretell min s | foretell median s "
    "| foretell MB | ratio min | ratio median |\n" + "|---" * 9 + "|"
)
DEFAULT_QUESTIONS = ["install git", "install gnome", "install task-kde-desktop"]
_VERBS = ("install", "remove", "upgrade", "full-upgrade", "autoremove")


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Run a command to its end; return its CPU seconds and its peak memory in MB."""
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execvpe(command[0], command, environment)  # noqa: S606 - both commands are named here
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} failed: {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def compare(
    title: str, real: list[str], ours: list[str], runs: int, prepare: Callable[[], None]
) -> None:
    """Time two commands alternately and print a row."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    sides: tuple[list[float], list[float]] = ([], [])
    peaks = [0, 0]
    for run in range(runs + 1):
        prepare()
        for side, command in enumerate((real, ours)):
            seconds, peak = measure(command, environment)
            if run:  # the first pair warms caches
                sides[side].append(seconds)
                peaks[side] = max(peaks[side], peak)
    least = [min(times) for times in sides]
    middle = [statistics.median(times) for times in sides]
    print(
        f"| {title} | {least[0]:.3f} | {middle[0]:.3f} | {peaks[0]} | {least[1]:.3f} "
        f"| {middle[1]:.3f} | {peaks[1]} | {least[1] / least[0]:.2f} "
        f"| {middle[1] / middle[0]:.2f} |",
        flush=True,
    )


def words_of(question: str) -> list[str]:
    """Return verb and words of a question."""
    words = question.split()
    return words if words[0] in _VERBS else ["install", *words]


def compare_in_chroot(root: str, ours: list[str], questions: list[str], runs: int) -> None:
    """Print one row for the build of the cache and one for each question."""
    os.environ.pop("APT_CONFIG", None)
    caches = tempfile.mkdtemp(prefix="foretell-bench-", dir=os.path.join(root, "tmp"))
    inside = "/" + os.path.relpath(caches, root)
    os.environ["XDG_CACHE_HOME"] = os.path.join(caches, "ours")
    apt = ["chroot", root, "apt-get", "-o", f"Dir::Cache={inside}/apt"]
    build = ["chroot", root, "apt-cache", "gencaches", "-o", f"Dir::Cache={inside}/apt"]

    def empty() -> None:
        for name in ("apt", "ours"):
            shutil.rmtree(os.path.join(caches, name), ignore_errors=True)
        os.makedirs(os.path.join(caches, "apt", "archives", "partial"))

    try:
        compare("build of the cache", build, [*ours[:2], "index", "--root", root], runs, empty)
        compare_questions(root, apt, ours, questions, runs)
    finally:
        shutil.rmtree(caches, ignore_errors=True)


def compare_with_oracle(root: str, ours: list[str], questions: list[str], runs: int) -> None:
    """Print one row for each question to a root without programs."""
    from foretell.oracle.apt_get import AptGet
    from foretell.oracle.rootfs import Oracle, oracle_folder

    oracle = Oracle(oracle_folder(os.environ))
    oracle.require()
    version = oracle.own_version()
    with (
        AptGet.of_oracle(oracle, root, version=version) as apt_get,
        tempfile.TemporaryDirectory(prefix="foretell-bench-") as cache,
    ):
        os.environ["XDG_CACHE_HOME"] = cache
        settings = [f"{name}={value}" for name, value in apt_get.environment.items()]
        real = ["env", "-i", *settings, *apt_get.command_line()]
        compare_questions(root, real, ours, questions, runs)


def compare_questions(
    root: str, apt: list[str], ours: list[str], questions: list[str], runs: int
) -> None:
    """Print one row for each question; ``ours`` names the solver, and apt is told the same."""
    solver = ours[ours.index("--solver") + 1]
    for question in questions:
        verb, *words = words_of(question)
        compare(
            " ".join((verb, *words)),
            [*apt, verb, "--print-uris", "-y", "--solver", solver, *words],
            [*ours[:2], verb, "--root", root, *ours[2:], *words],
            runs,
            lambda: None,
        )


def main() -> None:
    """Print a table of both sides' times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("root")
    parser.add_argument("questions", nargs="*", default=DEFAULT_QUESTIONS)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--solver", default="3.0", help="of both sides (default: 3.0)")
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    program = os.path.join(os.path.dirname(sys.executable), "foretell")
    ours = [program, "apt", "--solver", options.solver]
    print(HEAD)
    is_whole = os.path.exists(os.path.join(root, "usr/bin/apt-get"))
    ask = compare_in_chroot if is_whole else compare_with_oracle
    ask(root, ours, options.questions, options.runs)


if __name__ == "__main__":
    main()
