"""What is asked of both sides, and in which form do both answer?

Plain values that compare exactly; nothing here knows who answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["ACTIONS", "Answer", "Change", "Request"]

ACTIONS = ("install", "upgrade", "downgrade", "reinstall", "remove", "purge")


class Request(NamedTuple):
    """A verb of apt-get(8), its words, and settings of apt.conf(5) as ``Name=Value``.

    The verb ``upgrade-new`` is what apt(8) calls ``upgrade``: it may install new packages.
    """

    verb: str
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.verb, *self.words, *(f"-o {option}" for option in self.options)))


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
