"""What is asked of both sides, and in which form do both answer?

Plain values that compare exactly; nothing here knows who answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["ACTIONS", "MARKS", "Answer", "Change", "Request"]

ACTIONS = ("install", "upgrade", "downgrade", "reinstall", "remove", "purge")
MARKS = ("auto", "hold", "manual", "unhold")


class Request(NamedTuple):
    """A verb of apt-get(8), its words, and settings of apt.conf(5) as ``Name=Value``.

    The verb ``upgrade-new`` is what apt(8) calls ``upgrade``: it may install new packages.
    ``marks`` change the installed state before it is asked about: a verb of `MARKS`, "=" and an
    installed package, as apt-mark(8) would.
    """

    verb: str
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def __str__(self) -> str:
        options = (f"-o {option}" for option in self.options)
        return " ".join((self.verb, *self.words, *options, *(f"--mark {it}" for it in self.marks)))


class Change(NamedTuple):
    """One package that changes; ``version`` and ``previous`` are "" for none."""

    package: str
    architecture: str
    action: str
    version: str
    previous: str
    automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one side says; every sequence is sorted.

    ``verdict`` is ``ok``, ``failed`` or ``unknown`` (with the missing rule in ``error``);
    ``marks`` are installed packages that stay while their automatic mark changes to the value;
    ``autoremovable`` are installed packages that are no longer required.
    """

    verdict: str
    changes: tuple[Change, ...] = ()
    marks: tuple[tuple[str, str, bool], ...] = ()
    autoremovable: tuple[tuple[str, str], ...] = ()
    error: str = ""
