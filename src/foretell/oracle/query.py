"""Does foretell print what the real apt prints about packages?

The queries of apt(8) are asked with random words: names, installed ones, virtual ones and shell
patterns.  Texts are compared byte by byte, without apt's lines of progress.
"""

from __future__ import annotations

import random
import re
import subprocess
from typing import NamedTuple, TypeVar

from foretell.oracle.apt_get import AptGet

Subject = TypeVar("Subject")  # what is drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from foretell.oracle.rootfs import Oracle

    Ask = Callable[[Sequence[str]], str]

__all__ = [
    "EVERYTHING",
    "VERBS",
    "Outcome",
    "RealQueries",
    "compare_in_time",
    "compare_queries",
    "draw_queries",
    "first_difference",
]

# Verb -> options that are drawn now and then.
VERBS: dict[str, tuple[str, ...]] = {
    "list": ("--all-versions", "--installed", "--upgradable", "--verbose"),
    "search": ("--names-only", "--full"),
    "show": ("--all-versions",),
    "policy": (),
    "depends": ("--important", "--installed", "--no-recommends", "--recurse"),
    "rdepends": ("--important", "--installed", "--suggests"),
    "showsrc": ("-oAPT::Cache::Only-Source=1",),
}
# Queries about all packages of a root at once.
EVERYTHING: tuple[tuple[str, ...], ...] = (
    ("list", "--all-versions"),
    ("search", "."),
    ("show", "*"),
    ("policy", "*"),
    ("depends", "*"),
    ("rdepends", "--recurse", "libc6"),
)
TIMEOUT_SECONDS = 60
OPTION_CHANCE = 0.3
_PROGRESS = frozenset(("Listing...", "Sorting...", "Full Text Search..."))


class Outcome(NamedTuple):
    """A query, and the first line of each side in which the texts differ; None when none does.

    ``lines`` is how many apt printed.
    """

    words: tuple[str, ...]
    difference: tuple[str, str] | None
    lines: int


class RealQueries(AptGet):
    """The oracle's ``apt``, asked about what there is."""

    @classmethod
    def of(cls, oracle: Oracle, root: str, version: str) -> RealQueries:
        """Return the apt of an oracle for a root."""
        return cls.of_oracle(oracle, root, version=version, program="apt")

    def text(self, words: Sequence[str], *, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
        """Return what apt prints, without its progress."""
        done = subprocess.run(
            self.command_line(*words),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=timeout_seconds,
        )
        lines = done.stdout.decode("utf-8", "surrogateescape").splitlines(keepends=True)
        return "".join(line for line in lines if line.rstrip("\n") not in _PROGRESS)


def draw_queries(
    verb: str, names: Sequence[str], installed: Sequence[str], virtual: Sequence[str], seed: int
) -> Iterator[tuple[str, ...]]:
    """Yield random queries without an end: the verb, options and one word."""
    # The verb is part of the seed, so that the verbs are asked about different packages.
    draw = random.Random(f"{verb} {seed}")  # noqa: S311 - a sample, no secret
    while True:
        options = [o for o in VERBS[verb] if draw.random() < OPTION_CHANCE / len(VERBS[verb])]
        yield (verb, *options, _word(verb, draw, names, installed, virtual))


def _word(
    verb: str,
    draw: random.Random,
    names: Sequence[str],
    installed: Sequence[str],
    virtual: Sequence[str],
) -> str:
    kind = draw.random()
    if verb == "search":
        # No number: apt takes one behind an option for that option's value.
        parts: list[str] = re.findall(r"[a-z]{4,}", draw.choice(names))
        return draw.choice(parts or ["lib"])
    if kind < 0.2:
        return draw.choice(installed)
    if kind < 0.3 and virtual:
        return draw.choice(virtual)
    name = draw.choice(names)
    if verb == "showsrc":
        return f"src:{name}" if kind < 0.5 else name
    if kind < 0.5:
        base, colon, architecture = name.partition(":")
        cut = draw.randint(min(3, len(base)), len(base))
        return f"{base[:cut]}*{colon}{architecture}"
    return name


def compare_queries(
    queries: Iterator[tuple[str, ...]], ours: Ask, theirs: Ask, count: int
) -> Iterator[Outcome]:
    """Yield how ``count`` queries ended."""
    for _ in range(count):
        words = next(queries)
        yield _outcome(words, ours(words), theirs(words))


def compare_in_time(
    drawn: Iterator[Subject],
    ours: Callable[[Subject], str],
    theirs: Callable[[Subject], str],
    count: int,
    words: Callable[[Subject], tuple[str, ...]],
) -> Iterator[Outcome | None]:
    """Yield how ``count`` comparisons ended, None for each on which apt spent too much time.

    ``theirs`` raises ``subprocess.TimeoutExpired`` then; ``words`` tells what was asked.
    """
    for _ in range(count):
        subject = next(drawn)
        try:
            real = theirs(subject)
        except subprocess.TimeoutExpired:
            yield None
        else:
            yield _outcome(words(subject), ours(subject), real)


def _outcome(words: tuple[str, ...], mine: str, real: str) -> Outcome:
    difference = None if mine == real else first_difference(mine, real)
    return Outcome(words, difference, real.count("\n"))


def first_difference(mine: str, real: str) -> tuple[str, str]:
    """Return the first line of each text in which they differ."""
    ours, theirs = ([*text.splitlines(), "(end)"] for text in (mine, real))
    at = next(
        (at for at, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), -1
    )
    return ours[at], theirs[at]
