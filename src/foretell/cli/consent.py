"""Does somebody agree to what was shown?"""

from __future__ import annotations

import sys

__all__ = ["agrees"]


def agrees(question: str) -> bool:
    """Ask on the terminal; without one nobody has agreed."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write("note: nothing was written: say --yes, or ask on a terminal\n")
        return False
    sys.stderr.write(f"{question} [Y/n] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return bool(answer) and answer.strip().lower() in {"", "y", "yes"}
