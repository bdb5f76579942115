"""Which two things does ``foretell apt compare A B`` mean?

A side is a root, a named world, a suite of the sources, a capture or a plan in a file, a solver, or
a version of apt; ``kind:`` before it says which.  Without one the two first words are sides only
when both of them name one, so that ``compare git vim`` stays a request.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

__all__ = ["Side", "split_sides"]

KINDS = ("root", "world", "suite", "file", "solver", "apt")
_ALONE = ("solver", "apt")  # both sides are of this kind, or none


class Side(NamedTuple):
    """One side: its kind, and what is of that kind."""

    kind: str
    name: str

    @property
    def title(self) -> str:
        """What the side is called."""
        return f"{self.kind} {self.name}" if self.kind in {"suite", "solver", "apt"} else self.name


def split_sides(words: list[str], options: Namespace) -> tuple[tuple[Side, Side] | None, list[str]]:
    """Return the two sides that the first words name, or None, and the words that are left.

    Raises `UsageError` for two sides that cannot be compared.
    """
    from foretell.apt.requests.request import VERBS

    if len(words) < 2 or words[0] in VERBS:
        return None, words
    suites = _Suites(options)
    first, second = (_side(word, suites) for word in words[:2])
    if first is None or second is None:
        for word in words[:2]:
            kind, colon, _ = word.partition(":")
            if colon and kind in KINDS[:4]:
                raise UsageError("one-side", f"compare takes two sides, not only {word}")
        return None, words
    kinds = {first.kind, second.kind}
    if len(kinds) > 1 and not kinds.isdisjoint(_ALONE):
        raise UsageError(
            "two-kinds",
            f"{first.title} and {second.title} cannot be compared",
            hint="compare systems, suites and plans with each other, a solver with a solver, a "
            "version with a version",
        )
    return (first, second), words[2:]


class _Suites:
    """The names of the suites in the sources of the system that the options mean."""

    def __init__(self, options: Namespace) -> None:
        self._options = options
        self._found: set[str] | None = None

    def __contains__(self, name: str) -> bool:
        if self._found is None:
            self._found = self._read()
        return name in self._found

    def _read(self) -> set[str]:
        from copy import copy

        from foretell.apt.system.profiles import AUTO
        from foretell.cli.apt_options import read_world
        from foretell.errors import ForetellError

        options = copy(self._options)
        options.solver_version = AUTO
        options.target_release = ""
        if options.world == "auto":
            options.world = "host"  # no other world than the one that is meant
        try:
            world = read_world(options)
        except ForetellError:  # what is wrong is said when the system itself is asked
            return set()
        return {name for file in world.files for name in (file.codename, file.archive) if name}


def _side(word: str, suites: _Suites) -> Side | None:
    """Return the side that a word names, or None."""
    kind, colon, name = word.partition(":")
    if colon and kind in KINDS and name:
        return Side(kind, name)
    return next((Side(kind, word) for kind, names in _NAMING if names(word, suites)), None)


def _is_root(word: str, _: _Suites) -> bool:
    return os.sep in word and os.path.isdir(word)


def _is_file(word: str, _: _Suites) -> bool:
    return (os.sep in word or word.endswith(".json")) and os.path.isfile(word)


def _is_world(word: str, _: _Suites) -> bool:
    from foretell.apt.acquire.worlds import list_worlds, worlds_folder

    return word in {"host", "embedded"} or word in list_worlds(worlds_folder(os.environ))


def _is_version(word: str, _: _Suites) -> bool:
    from foretell.apt.system.profiles import SOLVER_VERSIONS

    return word in SOLVER_VERSIONS


def _is_solver(word: str, _: _Suites) -> bool:
    from foretell.apt.system.state import CLASSIC, SOLVER

    return word in {CLASSIC, SOLVER}


def _is_suite(word: str, suites: _Suites) -> bool:
    return word in suites


# In this order a word is tried.
_NAMING: tuple[tuple[str, Callable[[str, _Suites], bool]], ...] = (
    ("root", _is_root),
    ("file", _is_file),
    ("world", _is_world),
    ("apt", _is_version),
    ("solver", _is_solver),
    ("suite", _is_suite),
)
