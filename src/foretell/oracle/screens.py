"""Does foretell print what the real apt prints about a request, whatever its words are?

Random words of every kind are put to ``apt``, which is asked for the addresses that it would fetch.
Notes, plan, unmet dependencies and errors are compared line by line.  Left out are lines of
progress and of addresses, blank lines, and the space that is free.
"""

from __future__ import annotations

import re
import subprocess
from typing import NamedTuple

from foretell.oracle.apt_get import AptGet
from foretell.oracle.query import compare_in_time
from foretell.oracle.sample import Draws

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from foretell.oracle.query import Outcome
    from foretell.oracle.sample import Menu

    Ask = Callable[["Screen"], str]

__all__ = ["RealScreens", "Screen", "compare_screens", "draw_screens", "normalise"]

TIMEOUT_SECONDS = 60
QUIET_CHANCE = 50  # percent that are asked as on a terminal
_VERBS = (
    *("install", "install", "install", "install", "remove", "remove", "purge", "reinstall"),
    *("install", "full-upgrade", "upgrade", "autoremove"),
)
_ADDRESS = re.compile(r"'[^']+' \S+ \d+ ?\S*")
_PROGRESS = re.compile(r"(?:Reading|Building|Solving|Calculating) [a-z ]+\.\.\..*")
_FREE = re.compile(r" / \S+ ?\S*B available$")
_STABLE = "WARNING: apt does not have a stable CLI interface."
_SPACE = "Warning: More space needed"
_PREFIX = re.compile(r"(?:Error|error\[[a-z-]+\]): ")


class Screen(NamedTuple):
    """A request as it stands on a command line; ``quiet`` is 0 as on a terminal, or 1."""

    verb: str
    words: tuple[str, ...]
    options: tuple[str, ...] = ()
    quiet: int = 1

    def __str__(self) -> str:
        return " ".join([self.verb, *self.options, *self.words, *["-q=0"] * (not self.quiet)])


class RealScreens(AptGet):
    """The oracle's ``apt``, asked what it prints."""

    def text(self, screen: Screen) -> str:
        """Return what apt prints, normalised."""
        words = (screen.verb, f"-q={screen.quiet}", *screen.options, "--print-uris", "--")
        done = subprocess.run(
            [*self.command_line(*words[:-1]), words[-1], *screen.words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        shown, errors = (
            text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr)
        )
        return normalise(shown, errors)


def normalise(shown: str, errors: str) -> str:
    """Return the lines of both streams that count.

    >>> print(normalise("Reading package lists...\\na is here.\\n", "Error: No b\\n"))
    a is here.
    E: No b
    """
    lines = []
    for row in shown.split("\n"):
        line = _FREE.sub("", row.rpartition("\r")[2].rstrip())
        if line and not _PROGRESS.fullmatch(line) and not _ADDRESS.fullmatch(line):
            lines.append(line)
    lines += [
        _PREFIX.sub("E: ", line.rstrip(), count=1)
        for line in errors.split("\n")
        if line and not line.startswith((_STABLE, _SPACE))
    ]
    return "\n".join(lines)


# -- drawing -----------------------------------------------------------------------------------


def draw_screens(menu: Menu, virtual: Sequence[str], seed: int) -> Iterator[Screen]:
    """Yield random command lines without an end."""
    number = 0
    while True:
        yield _draw(Draws(f"screens {seed} {number}"), menu, virtual)
        number += 1


def _draw(draws: Draws, menu: Menu, virtual: Sequence[str]) -> Screen:
    verb = draws.one(_VERBS)
    count = (1, 1, 2, 3)[draws.below(4)]
    words = tuple(_word(draws, menu, virtual) for _ in range(count))
    options = [
        option
        for option, percent in (("--only-upgrade", 4), ("-V", 10), ("--no-install-recommends", 8))
        if draws.below(100) < percent and (option == "-V" or verb == "install")
    ]
    if verb == "install" and draws.below(10) == 0:
        options.append("--reinstall")
    quiet = int(draws.below(100) >= QUIET_CHANCE)
    return Screen(verb, words, tuple(options), quiet)


def _word(draws: Draws, menu: Menu, virtual: Sequence[str]) -> str:
    name = _name(draws, menu, virtual)
    word = name + _mark(draws, menu, name)
    kind = draws.below(20)
    if kind < 2:
        word = _glob(draws, name) + ("" if draws.below(4) else _mark(draws, menu, name))
    elif kind == 2:
        base = re.escape(name.partition(":")[0]).replace("\\-", "-")
        word = draws.one((f"^{base}", f"{base}$", f"^{base}$", f"^{base[:-1]}.$"))
    elif kind == 3:
        word = f"{draws.one(menu.tasks or ('none',))}^"
    elif kind == 4:
        word = _pattern(draws, name) + ("" if draws.below(4) else _mark(draws, menu, name))
    elif kind == 5:
        word = draws.one((f"{name[:-1]}q", f"x{name}", "nosuch", f"{name}:any", f"{name}:native"))
    elif kind == 6:
        word = f"{name.partition(':')[0]}:{draws.one(('amd64', 'i386', 'all', 'bogus'))}"
    return word + ("", "", "", "", "+", "-")[draws.below(6)]


def _name(draws: Draws, menu: Menu, virtual: Sequence[str]) -> str:
    kind = draws.below(10)
    if kind < 3:
        return draws.one(menu.installed)
    if kind < 6 and virtual:
        return draws.one(virtual)
    if kind == 6 and menu.automatic:
        return draws.one(menu.automatic)
    return draws.one(menu.packages)


def _mark(draws: Draws, menu: Menu, name: str) -> str:
    kind = draws.below(12)
    if kind == 0:
        versions = [version for other, version in menu.versions if other == name]
        return f"={draws.one(versions or ['1'])}"
    if kind == 1:
        versions = [version for other, version in menu.versions if other == name]
        return f"={draws.one(versions or ['1'])[:3]}*"
    if kind == 2:
        return f"={draws.one(('0', '999', '1.0-1'))}"
    if kind == 3:
        suites = [suite for other, suite in menu.suites if other == name]
        return f"/{draws.one(suites or ['trixie'])}"
    if kind == 4:
        return f"/{draws.one(('stable', 'trixie', 'sid', 'unstable', 'now', 'bogus'))}"
    return ""


def _glob(draws: Draws, name: str) -> str:
    base, colon, architecture = name.partition(":")
    cut = draws.between(min(len(base), 4), len(base))
    glob = draws.one((f"{base[:cut]}*", f"*{base[-cut:]}", f"{base[: cut - 1]}*{base[cut:]}"))
    return glob + (colon + architecture if draws.below(2) else "")


def _pattern(draws: Draws, name: str) -> str:
    base = re.escape(name.partition(":")[0]).replace("\\-", "-")
    return draws.one(
        (f"~n^{base}$", f"?exact-name({name})", f"~i~n^{base[:3]}", f"~n^{base}", f"?broken{base}")
    )


def compare_screens(
    screens: Iterator[Screen], ours: Ask, theirs: Ask, count: int
) -> Iterator[Outcome | None]:
    """Yield how ``count`` requests ended, None for each that took apt too long."""
    return compare_in_time(screens, ours, theirs, count, lambda screen: (str(screen),))
