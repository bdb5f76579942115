"""Where do the two searches part, decision by decision?

Both sides' logs become the same events: a variable is decided (``install`` or ``reject``, at a
depth), or an optional choice is queued.  libapt writes its log when ``Debug::APT::Solver`` is 3
or more; a variable is ``package:architecture`` or that with ``=version``.  Of the classic
solver the events are what it marks (``install``, ``keep``, ``delete``) and what its problem
resolver looks at.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "CLASSIC_SETTINGS",
    "Event",
    "first_difference",
    "parse_marks",
    "parse_trace",
    "show_difference",
    "without_seeds",
    "without_sweep",
]

CONTEXT_LINES = 5
ALTERNATIVES_SHOWN_MAX = 8
_DECIDED = re.compile(r"\[(\d+)\] (Install|Reject):(\S+) \((.*)\)")
# Some versions write a line without its newline, so an event may begin in the middle of one.
_QUEUED = re.compile(r"Enqueuing \S+ (\S*) -> ?(.*)")
_TAKEN = re.compile(r"Item \(\d+@(\d+)\) (\S*) -> ?(.*)")
# Newer versions show which clauses were taken together, after what came of them.
CLASSIC_SETTINGS = ("Debug::pkgDepCache::Marker=1", "Debug::pkgProblemResolver=1")
_MARKED = re.compile(r"( *)Mark(Install|Keep|Delete) (\S+) <")
_LOOKED_AT = re.compile(r"Investigating \((\d+)\) (\S+) <")
_MERGED = re.compile(r" and (?:\S+ )?-> ")


class Event(NamedTuple):
    """One step of a search; ``reason`` is shown but not compared."""

    kind: str  # install, reject, queue, take; of the classic solver install, keep, delete, look
    depth: int  # of take: when it was queued; -1 for queue: libapt's log does not say
    subject: str  # the variable, or the owner of the choice; "" is the request
    alternatives: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> tuple[str, int, str, tuple[str, ...]]:
        """What has to be the same on both sides."""
        return self[:4]

    def __str__(self) -> str:
        if self.kind in {"queue", "take"}:
            shown = " | ".join(self.alternatives[:ALTERNATIVES_SHOWN_MAX]) or "nothing"
            more = len(self.alternatives) - ALTERNATIVES_SHOWN_MAX
            return f"{self.kind} {self.subject or 'request'} -> {shown}" + (
                f" | and {more} more" if more > 0 else ""
            )
        because = f" because of {self.reason}" if self.reason else ""
        return f"[{self.depth}] {self.kind} {self.subject}{because}"


def parse_trace(lines: Iterable[str]) -> list[Event]:
    """Return the events in libapt's log; everything else in it is passed over.

    >>> parse_trace(["[1] Reject:a:amd64=2 (b:amd64=1)"])[0].subject
    'a:amd64=2'
    """
    events = []
    for line in lines:
        if match := _DECIDED.search(line):
            depth, verb, subject, reason = match.groups()
            events.append(Event(verb.lower(), int(depth), subject, reason=reason))
        elif match := _QUEUED.search(line):
            owner, rest = match.groups()
            events.append(Event("queue", -1, _subject(owner), _alternatives(rest)))
        elif match := _TAKEN.search(line):
            depth, owner, rest = match.groups()
            events.append(Event("take", int(depth), _subject(owner), _alternatives(rest)))
    return events


def parse_marks(lines: Iterable[str]) -> list[Event]:
    """Return the events in a log of the classic solver, written with `CLASSIC_SETTINGS`.

    >>> parse_marks(["    MarkKeep a:amd64 < none -> 1 @un uN > FU=0"])[0].key
    ('keep', 1, 'a:amd64', ())
    """
    events = []
    for line in lines:
        if match := _MARKED.match(line):
            indent, verb, subject = match.groups()
            events.append(Event(verb.lower(), len(indent) // 2 - 1, subject))
        elif match := _LOOKED_AT.match(line):
            events.append(Event("look", int(match[1]), match[2]))
    return events


def _subject(owner: str) -> str:
    return "" if owner == "(root)" else owner


def _alternatives(text: str) -> tuple[str, ...]:
    """Return the alternatives that the log shows after an arrow."""
    text = _MERGED.split(text)[0]
    words = (word.strip().lstrip("| ") for word in text.split(" | "))
    return tuple(word for word in words if word)


def without_seeds(events: Sequence[Event]) -> list[Event]:
    """Return the events without the rejections that come before the search draws consequences.

    libapt logs one for every version that pins forbid and, when nothing new may come, for every
    package that is not installed; a search need not decide what it never reaches.
    """
    start = 0
    while start < len(events) and not events[start].reason:
        start += 1
    return [event for event in events[:start] if event.kind != "reject"] + list(events[start:])


def without_sweep(events: Sequence[Event], start: int) -> list[Event]:
    """Return the classic solver's events without what the sweep after it has marked.

    It begins at the event ``start`` or after it.
    """
    end = len(events)
    while end > start and events[end - 1].kind in {"keep", "delete"}:
        end -= 1
    return list(events[:end])


def first_difference(ours: Sequence[Event], theirs: Sequence[Event]) -> int | None:
    """Return the number of the first event that is not the same, or None."""
    for at, (mine, real) in enumerate(zip(ours, theirs, strict=False)):
        if mine.key != real.key:
            return at
    return None if len(ours) == len(theirs) else min(len(ours), len(theirs))


def show_difference(
    ours: Sequence[Event], theirs: Sequence[Event], *, context: int = CONTEXT_LINES
) -> list[str]:
    """Return the first difference with what came before and comes after, as lines of text."""
    at = first_difference(ours, theirs)
    if at is None:
        return [f"both searches take the same {len(ours)} steps"]
    lines = [f"the searches part at step {at + 1} (ours has {len(ours)}, apt's {len(theirs)})"]
    lines += [f"  both  {event}" for event in ours[max(0, at - context) : at]]
    for title, events in (("ours", ours), ("apt", theirs)):
        after = events[at : at + context]
        lines += [f"  {title:5} {event}" for event in after] or [f"  {title:5} ends here"]
    return lines
