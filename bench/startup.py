"""How many instructions does foretell need until it answers a question about itself?

``python bench/startup.py`` counts them with callgrind, which repeats exactly on a busy machine
where wall time does not, prints each figure beside its budget, and exits with 1 if one is over.
Needs valgrind.  The tidy tests count the same commands.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

__all__ = ["COMMANDS", "Command", "count_instructions", "environment"]

HELP_BUDGET = 60_000_000
LEAF_BUDGET = 130_000_000  # help comes from argparse
COMPLETION_BUDGET = 60_000_000  # with names that are kept
MODULE_BUDGET = 75_000_000  # with runpy
QUESTION_BUDGET = 105_000_000  # with an index

_BARE = [sys.executable, "-c", "pass"]
_SCRIPT = os.path.join(os.path.dirname(sys.executable), "foretell")
_COUNT = re.compile(r"Collected : (\d+)")


class Command:
    """A command line and the instructions it may take."""

    def __init__(self, name: str, argv: list[str], budget: int) -> None:
        self.name = name
        self.argv = argv
        self.budget = budget


COMMANDS = [
    Command(
        "python -m foretell --help", [sys.executable, "-m", "foretell", "--help"], MODULE_BUDGET
    ),
    Command("foretell --help", [_SCRIPT, "--help"], HELP_BUDGET),
    Command("foretell apt --help", [_SCRIPT, "apt", "--help"], HELP_BUDGET),
    Command("foretell apt install --help", [_SCRIPT, "apt", "install", "--help"], LEAF_BUDGET),
    Command(
        "foretell __complete packages",
        [_SCRIPT, "__complete", "packages", "git", "apt", "install", "--world", "embedded"],
        COMPLETION_BUDGET,
    ),
    Command(
        "foretell apt policy git",
        [_SCRIPT, "apt", "policy", "git", "--world", "embedded"],
        QUESTION_BUDGET,
    ),
]


def environment() -> dict[str, str]:
    """Return this environment without what makes an interpreter start slower or differently."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COV", "PYTHON", "PYTEST", "FORETELL"))
    } | {"PYTHONHASHSEED": "0"}


def count_instructions(argv: list[str]) -> int:
    """Return the instructions that ``argv`` executes, with bytecode already compiled."""
    subprocess.run(argv, env=environment(), check=False, capture_output=True, timeout=60)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={folder}/out",
                f"--log-file={folder}/log",
                *argv,
            ],
            env=environment(),
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        with open(f"{folder}/log", encoding="utf-8", errors="replace") as log:
            count = _COUNT.search(log.read())
    if done.returncode != 0 or count is None:
        raise RuntimeError(f"{argv} exits with {done.returncode}: {done.stderr}")
    return int(count[1])


def _main() -> int:
    over = False
    print(f"{'command':<28}  {'M instr':>8}  {'budget':>7}")
    print(f"{'(the bare interpreter)':<28}  {count_instructions(_BARE) / 1e6:>8.1f}")
    for command in COMMANDS:
        count = count_instructions(command.argv)
        over = over or count > command.budget
        mark = "  over budget" if count > command.budget else ""
        print(f"{command.name:<28}  {count / 1e6:>8.1f}  {command.budget / 1e6:>7.0f}{mark}")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(_main())
