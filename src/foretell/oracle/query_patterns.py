"""Which random apt-patterns(7) expressions are put to both sides?

Every term and every connective is drawn, nested up to three deep; words for names are cut out of
the names of the root, so that most patterns select something.  Nested relations take the real apt
minutes: it has a limit of time, and what it does not answer in time is counted apart.
"""

from __future__ import annotations

import random

from foretell.oracle.query import compare_in_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.oracle.query import Ask, Outcome

__all__ = ["PATTERN_TIMEOUT_SECONDS", "compare_patterns", "draw_patterns"]

PATTERN_TIMEOUT_SECONDS = 20
DEPTHS = (0, 1, 1, 2, 2, 3)
# Verb -> options that are drawn now and then; `list` is quick to read and asked most.
VERBS: dict[str, tuple[str, ...]] = {
    "list": ("--all-versions", "--verbose"),
    "policy": (),
    "show": ("--all-versions",),
    "depends": ("--important",),
}
LIST_CHANCE = 0.7
OPTION_CHANCE = 0.15
_STATES = (
    *("~i", "~i", "?installed", "~U", "~M", "~g", "~c", "~o", "~b", "~E", "~v"),
    *("?phasing", "?security", "~T", "~F", "(~i~M)", "!~i"),
)
_WORDS: dict[str, tuple[str, ...]] = {
    "~s": ("^libs$", "admin", "^x", "non-free", "python", "contrib", "net"),
    "~p": ("required", "important", "standard", "optional", "extra"),
    "~V": ("^1", "^2:", "deb13", "[+]b1", "-1$", '"~"', "^0.", "dfsg", "2"),
    "?source-version": ("^1", "^2:", "deb13", "-1$", "2"),
    "~e": ("^glibc$", "^gcc", "^linux", "python", "kde"),
    "~A": ("stable", "now", "testing", "unstable", "^old", "security", "^$"),
    "?codename": ("trixie", "^sid", "book", "."),
    "~O": ("Debian", "^x", "."),
    "~r": ("amd64", "any", "i386", "linux-any", "any-amd64"),
    "?x-name-fnmatch": ("lib*", "*-dev", "a?t", "BASH*", "python3*"),
}
_RELATIONS = (
    *("depends", "depends", "depends", "predepends", "recommends", "suggests"),
    *("conflicts", "breaks", "replaces", "enhances", "obsoletes"),
)


def draw_patterns(names: Sequence[str], seed: int) -> Iterator[tuple[str, ...]]:
    """Yield random queries without an end: a verb, options and one pattern."""
    draw = random.Random(f"patterns {seed}")  # noqa: S311 - a sample, no secret
    while True:
        verb = "list" if draw.random() < LIST_CHANCE else draw.choice(list(VERBS))
        options = [option for option in VERBS[verb] if draw.random() < OPTION_CHANCE]
        pattern = _pattern(draw, names, draw.choice(DEPTHS))
        if pattern[0] not in "?~":  # only `list` takes it for a pattern then
            pattern = f"~T{pattern}"
        yield (verb, *options, pattern)


def _pattern(draw: random.Random, names: Sequence[str], depth: int) -> str:
    if not depth:
        return _term(draw, names)
    kind = draw.randrange(14)
    first = _pattern(draw, names, depth - 1)
    if kind < 9:
        second = _pattern(draw, names, depth - 1)
        forms = (
            f"{first} {second}",
            f"?and({first}, {second})",
            f"({first}|{second})",
            f"?or({first},{second})",
            f"?narrow({first},{second})",
            f"?narrow({first} {second})",
            f"(!({first}) {second})",
        )
        return draw.choice(forms)
    if kind == 9:
        return draw.choice((f"?not({first})", f"?any-version({first})", f"?all-versions({first})"))
    relation = draw.choice(_RELATIONS)
    return f"?reverse-{relation}({first})" if kind > 11 else f"?{relation}({first})"


def _term(draw: random.Random, names: Sequence[str]) -> str:
    kind = draw.random()
    if kind < 0.35:
        return draw.choice(_STATES)
    if kind < 0.7:
        return _name(draw, draw.choice(names))
    term = draw.choice(list(_WORDS))
    word = draw.choice(_WORDS[term])
    return f"{term}{word}" if term.startswith("~") else f"{term}({word})"


def _name(draw: random.Random, name: str) -> str:
    """Return a term about a part of a name."""
    if draw.random() < 0.2:
        return f"?exact-name({name})"
    start = draw.choice((0, 0, max(0, len(name) - 5)))
    length = draw.randint(2, 6)
    part = name[start : start + length].replace("+", ".")
    return f"~n{'' if start else draw.choice(('', '^'))}{part}"


def compare_patterns(
    queries: Iterator[tuple[str, ...]], ours: Ask, theirs: Ask, count: int
) -> Iterator[Outcome | None]:
    """Yield how ``count`` queries ended, None for each on which apt spent too much time."""
    return compare_in_time(queries, ours, theirs, count, tuple)
