"""Which requests are put to both sides?

Each stratum is a rule for random requests.  Request number ``index`` is a pure function of the
names, the seed and the number: the draws come from SHA-256, so they are the same for every
version of Python, and any one request can be drawn again alone.
"""

from __future__ import annotations

import hashlib

from foretell.errors import UsageError
from foretell.oracle.answer import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["DEFAULT_STRATUM", "STRATA", "Draws", "draw_request", "draw_requests"]

DEFAULT_STRATUM = "default"


class Draws:
    """Random numbers that are a function of ``seed`` only.

    >>> Draws("a").below(1000), Draws("a").below(1000)
    (936, 936)
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit`` - 1, each as likely."""
        assert 0 < limit <= 1 << 32
        while True:
            text = b"%s/%d" % (self._seed, self._count)
            self._count += 1
            number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
            if number < (1 << 64) - (1 << 64) % limit:
                return number % limit

    def between(self, least: int, most: int) -> int:
        """Return a number from ``least`` to ``most``, both included."""
        return least + self.below(most - least + 1)

    def some(self, names: Sequence[str], count: int) -> list[str]:
        """Return ``count`` different names, or all of them if there are no more."""
        found: dict[str, None] = {}
        while len(found) < min(count, len(names)):
            found[names[self.below(len(names))]] = None
        return list(found)


def _install(draws: Draws, names: Sequence[str], least: int, most: int) -> Request:
    return Request("install", tuple(draws.some(names, draws.between(least, most))))


def _default(draws: Draws, names: Sequence[str], installed: Sequence[str]) -> Request:
    """Install 1 to 5 packages."""
    del installed
    return _install(draws, names, 1, 5)


def _single(draws: Draws, names: Sequence[str], installed: Sequence[str]) -> Request:
    """Install one package."""
    del installed
    return _install(draws, names, 1, 1)


def _sets(draws: Draws, names: Sequence[str], installed: Sequence[str]) -> Request:
    """Install 2 to 8 packages."""
    del installed
    return _install(draws, names, 2, 8)


def _removals(draws: Draws, names: Sequence[str], installed: Sequence[str]) -> Request:
    """Remove 1 to 3 installed packages."""
    del names
    return Request("remove", tuple(draws.some(installed, draws.between(1, 3))))


def _purges(draws: Draws, names: Sequence[str], installed: Sequence[str]) -> Request:
    """Purge 1 or 2 installed packages."""
    del names
    return Request("purge", tuple(draws.some(installed, draws.between(1, 2))))


def _mixes(draws: Draws, names: Sequence[str], installed: Sequence[str]) -> Request:
    """Install 1 to 3 packages and remove 1 or 2: half of them installed, half of them not."""
    wanted = draws.some(names, draws.between(1, 3))
    unwanted = []
    for _ in range(draws.between(1, 2)):
        unwanted += draws.some(installed if draws.below(2) and installed else names, 1)
    words = [*wanted, *(f"{name}-" for name in unwanted if name not in wanted)]
    return Request("install", tuple(dict.fromkeys(words)))


STRATA: dict[str, Callable[[Draws, Sequence[str], Sequence[str]], Request]] = {
    DEFAULT_STRATUM: _default,
    "mixes": _mixes,
    "purges": _purges,
    "removals": _removals,
    "sets": _sets,
    "single": _single,
}


def draw_request(
    stratum: str, names: Sequence[str], installed: Sequence[str], seed: int, index: int
) -> Request:
    """Return request number ``index`` of a stratum.

    ``names`` and ``installed`` are sorted names without repetition.  Raises `UsageError` for an
    unknown stratum or when there is nothing to draw from.
    """
    rule = STRATA.get(stratum)
    if rule is None:
        raise UsageError(
            "unknown-stratum",
            f"there is no stratum {stratum!r}",
            hint=f"strata are {', '.join(STRATA)}",
        )
    if not names or (not installed and rule in {_removals, _purges}):
        raise UsageError("nothing-to-draw", f"there are no packages for the stratum {stratum!r}")
    return rule(Draws(f"{stratum}/{seed}/{index}"), names, installed)


def draw_requests(
    stratum: str, names: Sequence[str], installed: Sequence[str], seed: int, count: int
) -> Iterator[Request]:
    """Yield requests number 0 to ``count`` - 1 of a stratum."""
    for index in range(count):
        yield draw_request(stratum, names, installed, seed, index)
