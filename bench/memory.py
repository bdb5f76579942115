"""What does an answer about memory cost, as a whole process, and what does asking a kernel cost?

``python bench/memory.py`` prints CPU and wall time (the smallest of several runs) of predictions
for a machine of eight nodes and of placing a million pages; with ``--guest KERNEL`` also those of
starting that kernel as a guest and reading the same from it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

_SCRIPT = os.path.join(os.path.dirname(sys.executable), "foretell")
_NODE = (
    '[[node]]\ncpus = {cpus}\nsize = "64G"\nbandwidth = "{bandwidth}G"\nlatency = "{latency}ns"\n'
)
_GUEST = """
import os, sys
from foretell.memory.guest_check import check_case
from foretell.oracle.guest_build import GuestParts
from foretell.oracle.guest_cases import draw_case
from foretell.oracle.rootfs import oracle_folder
check_case(GuestParts(oracle_folder(os.environ)), sys.argv[1], draw_case("bench"))
"""


def topology() -> str:
    """Return a machine of eight nodes, two of them with CPUs."""
    rows = [(number < 2, 40 - 4 * max(0, number - 1), 80 + 60 * number) for number in range(8)]
    return "".join(
        _NODE.format(cpus=str(cpus).lower(), bandwidth=bandwidth, latency=80 if cpus else latency)
        for cpus, bandwidth, latency in rows
    )


def measure(argv: list[str], runs: int) -> tuple[float, float]:
    """Return the smallest CPU and wall time, in seconds."""
    cpu, wall = [], []
    for _ in range(runs):
        begin = time.perf_counter()
        child = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{argv} exits with {child.returncode}")
        wall.append(time.perf_counter() - begin)
        cpu.append(usage.ru_utime + usage.ru_stime)
    return min(cpu), min(wall)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--guest", metavar="KERNEL")
    options = parser.parse_args()
    policy = ["--policy", "weighted interleave:0-7", "--pages", "1000000"]
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(topology())
        file.flush()
        machine = ["--topology", file.name]
        rows = [
            ("weights", [_SCRIPT, "memory", "weights", *machine]),
            ("weights --better", [_SCRIPT, "memory", "weights", "--better", *machine]),
            ("tiers", [_SCRIPT, "memory", "tiers", *machine]),
            ("place, a million pages", [_SCRIPT, "memory", "place", *policy, *machine]),
            ("the same, every run", [_SCRIPT, "memory", "place", *policy, "--ranges", *machine]),
        ]
        print(f"{'prediction':<24}  {'CPU ms':>7}  {'wall ms':>7}")
        for name, argv in rows:
            cpu, wall = measure(argv, options.runs)
            print(f"{name:<24}  {cpu * 1000:>7.0f}  {wall * 1000:>7.0f}")
    if options.guest:
        cpu, wall = measure([sys.executable, "-c", _GUEST, options.guest], 3)
        print(f"{'asking ' + options.guest:<24}  {cpu * 1000:>7.0f}  {wall * 1000:>7.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
