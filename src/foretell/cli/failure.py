"""What does the user read when a command fails, and which status does it exit with?

Imported only when something has failed.  A `ForetellError` brings its own status; an `OSError`
means that the machine refused (3); anything else is our bug (70).
"""

from __future__ import annotations

import os
import sys

from foretell import __version__
from foretell.errors import ForetellError

__all__ = ["report", "visible"]

_MISSING = 3
_BUG = 70
_TRACEBACK = "FORETELL_TRACEBACK"


def report(error: Exception) -> int:
    """Write what ``error`` means to standard error and return the exit status."""
    if isinstance(error, ForetellError):
        lines, status = _explain(error), error.exit_status
    else:
        if os.environ.get(_TRACEBACK) == "1":
            from traceback import print_exception

            print_exception(error)
        if isinstance(error, OSError) and error.strerror:
            lines, status = _refusal(error, error.strerror), _MISSING
        else:
            lines, status = _bug(error), _BUG
    sys.stderr.write("".join(f"{visible(line)}\n" for line in lines))
    return status


def _explain(error: ForetellError) -> list[str]:
    # What a message quotes over several lines is indented, so that it cannot pass for ours.
    messages = (one.message for one in error.each or (error,))
    first, *quoted = "\n   ".join(messages).split("\n   ")
    lines = [f"error[{error.code}]: {first}", *(f"   {line}" for line in quoted)]
    if error.path is not None:
        place = error.path if error.line is None else f"{error.path}:{error.line}"
        lines.append(f"  --> {place}")
    if error.rule is not None:
        lines.append(f"  rule: {error.rule}")
    if error.hint is not None:
        lines.append(f"hint: {error.hint}")
    return lines


def _refusal(error: OSError, why: str) -> list[str]:
    lines = [f"error[system-call]: the system refused: {why}"]
    if error.filename is not None:
        lines.append(f"  --> {os.fsdecode(error.filename)}")
    return lines


def _bug(error: Exception) -> list[str]:
    lines = [
        f"error[internal]: {type(error).__name__}: {error}",
        f"  this is a bug in foretell {__version__}, not in what you asked",
    ]
    if os.environ.get(_TRACEBACK) != "1":
        lines.append(f"hint: set {_TRACEBACK}=1 to see where, and report that text")
    return lines


def visible(line: str) -> str:
    """Escape what a terminal would act on: messages may quote hostile input."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in line
    )
