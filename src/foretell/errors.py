"""Which errors foretell raises, and what can a caller do about each?

The whole tree (nothing else in the package defines exceptions)::

    ForetellError               the root; never raised itself
    ├── UsageError              the request is wrong: mend the command line       exit 2
    ├── InputError              a file or stream is wrong: mend the input         exit 2
    └── MissingError            this machine lacks something: install or allow it exit 3

A negative verdict is a value, not an exception.  System calls raise ``OSError`` untouched.
This module imports nothing of ours.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ForetellError", "InputError", "MissingError", "UsageError"]


class ForetellError(Exception):
    """Say what went wrong, where, by which rule, and what to do.

    ``code`` is a stable kebab-case id that is never reused; ``message`` is one sentence
    without a full stop; ``path`` and ``line`` (1-based) name the place; ``rule`` names the
    rule that was broken and where it is written; ``hint`` says what to do about it.

    >>> str(InputError("bad-field", "field name is empty", path="status", line=3))
    'status:3: field name is empty'
    """

    exit_status = 70
    each: Sequence[ForetellError] = ()  # what is told one by one, where it is several errors

    def __init__(
        self,
        code: str,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        rule: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.path = path
        self.line = line
        self.rule = rule
        self.hint = hint

    def __str__(self) -> str:
        if self.path is None:
            return self.message
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


class UsageError(ForetellError):
    """The request itself is wrong: an unknown package, option or version was asked for."""

    exit_status = 2


class InputError(ForetellError):
    """A file or stream from outside breaks its format's rules."""

    exit_status = 2


class MissingError(ForetellError):
    """This machine lacks a program, permission or file that the question needs."""

    exit_status = 3
