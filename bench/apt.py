#!/usr/bin/env python3
"""How do foretell's times compare with apt's, for the same question on the same root?

    bench/apt.py ROOT [--runs N] [PACKAGE ...]

ROOT is a Debian root with downloaded lists, such as the oracle's (``make oracle``).  Both sides
run alternately as whole processes; CPU time (user and system) and peak memory come from wait4(2).
Quote the ratios: absolute times depend on the machine and on what else it does.  Needs root, for
chroot(2).  apt's and foretell's own caches are warm for the questions and empty for the build.
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


DEFAULT_PACKAGES = ["git", "gnome", "task-kde-desktop"]


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
    environment = {name: value for name, value in os.environ.items() if name != "APT_CONFIG"}
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


def main() -> None:
    """Print one row for the build and one for each package."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("root")
    parser.add_argument("packages", nargs="*", default=DEFAULT_PACKAGES)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    ours = [os.path.join(os.path.dirname(sys.executable), "foretell"), "apt"]
    caches = tempfile.mkdtemp(prefix="foretell-bench-", dir=os.path.join(root, "tmp"))
    inside = "/" + os.path.relpath(caches, root)
    os.environ["XDG_CACHE_HOME"] = os.path.join(caches, "ours")
    apt = ["chroot", root, "apt-get", "-o", f"Dir::Cache={inside}/apt"]
    build = ["chroot", root, "apt-cache", "gencaches", "-o", f"Dir::Cache={inside}/apt"]

    def empty() -> None:
        for name in ("apt", "ours"):
            shutil.rmtree(os.path.join(caches, name), ignore_errors=True)
        os.makedirs(os.path.join(caches, "apt", "archives", "partial"))

    print(
        "| what | apt min s | apt median s | apt MB | foretell min s | foretell median s "
        "| foretell MB | ratio min | ratio median |"
    )
    print("|---" * 9 + "|")
    try:
        compare("build of the cache", build, [*ours, "index", "--root", root], options.runs, empty)
        for package in options.packages:
            asked = ["install", "--solver", "3.0", "--print-uris", "-y", package]
            compare(
                f"install {package}",
                [*apt, *asked],
                [*ours, "install", "--root", root, package],
                options.runs,
                lambda: None,
            )
    finally:
        shutil.rmtree(caches, ignore_errors=True)


if __name__ == "__main__":
    main()
