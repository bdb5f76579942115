"""Which two assignments contradict each other, by apt's own words about a request that failed?

solver3 ends with "Reached two conflicting decisions:" ("assignments" since apt 3.1.13) and two
numbered items about one variable.  An item begins with the variable and its value, or with a
clause of the variable that leaves no choice; steps and context follow, indented.  The classic
solver has one of two sentences, and what solver3 said after it as context.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["NO_CHOICE", "Assignment", "Conflict", "find_complaint", "parse_failure"]

NO_CHOICE = "has no choice"  # the value where the headline is a clause of the variable
_HEADLINE = re.compile(r"Reached two conflicting (?:decisions|assignments):$")
_COMPLAINT = re.compile(
    r"(?:^|: )((?:Error, |Unable to correct|Internal Error, ).+)$", re.MULTILINE
)
_VALUE = re.compile(r"(\S+) (is (?:not )?selected .+?|is undecided)(?: because:)?")
_INDENT = "   "  # as wide as the number of an item


class Assignment(NamedTuple):
    """A variable (``git:amd64`` or ``git:amd64=1``) and what is to become of it."""

    variable: str
    value: str

    def __str__(self) -> str:
        return f"{self.variable} {self.value}"


class Conflict(NamedTuple):
    """The assignment that stands, the one that was demanded, and all lines about both."""

    stands: Assignment
    demanded: Assignment
    lines: tuple[str, ...]

    @property
    def pair(self) -> tuple[Assignment, Assignment]:
        """The two assignments without the reasons."""
        return self.stands, self.demanded


def parse_failure(text: str) -> Conflict | None:
    """Return the conflict that a text of libapt or apt-get tells of, or None.

    >>> print(*parse_failure('''E: Reached two conflicting decisions:
    ...    1. a:amd64=1 is selected for install
    ...    2. a:amd64 Depends b
    ...       but none of the choices are installable:
    ...       [no choices]''').pair, sep="; ")
    a:amd64=1 is selected for install; a:amd64 has no choice
    """
    lines = [line.rstrip() for line in text.splitlines()]
    starts = [at for at, line in enumerate(lines, 1) if _HEADLINE.search(line)]
    if not starts:
        return None
    told = _told(lines[starts[-1] :])
    items = [line for line in told if not line.startswith(" ")]
    if [item[:3] for item in items] != ["1. ", "2. "]:
        return None
    stands, demanded = (_assignment(item[3:]) for item in items)
    return Conflict(stands, demanded, tuple(told))


def find_complaint(text: str) -> str:
    """Return the sentence of the classic solver in a text of libapt or apt-get, or nothing.

    >>> find_complaint("E: Unable to correct problems, you have held broken packages.")
    'Unable to correct problems, you have held broken packages.'
    """
    found = _COMPLAINT.search(text)
    return found[1].rstrip() if found else ""


def _told(lines: list[str]) -> list[str]:
    """Return the lines of the two items, without the indent that apt-get gives them all."""
    found: list[str] = []
    indent = ""
    for line in filter(None, lines):
        if not found:
            indent = line[: len(line) - len(line.lstrip())]
        rest = line.removeprefix(indent)
        if not line.startswith(indent) or not rest.startswith(("1. ", "2. ", _INDENT)):
            break
        found.append(rest)
    return found


def _assignment(headline: str) -> Assignment:
    match = _VALUE.fullmatch(headline)
    if match is not None:
        return Assignment(*match.groups())
    return Assignment(headline.partition(" ")[0], NO_CHOICE)
