"""Which requests are put to both sides?

Each rule draws random requests about one system.  Request number ``index`` is a pure function of
the rule, what the system has, the seed and the number: the draws come from SHA-256, so they are
the same for every version of Python, and any one request can be drawn again alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import NamedTuple

from foretell.errors import UsageError
from foretell.oracle.answer import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Rule = Callable[["Draws", "Menu"], Request]

__all__ = ["RULES", "Draws", "Menu", "draw_request", "draw_requests"]

_META = re.compile(r"task-.*|.*-(?:all|desktop|dev|full|meta)")


class _NothingError(Exception):
    """There is nothing to draw from."""


class Menu(NamedTuple):
    """What there is to ask about in one system; every sequence is sorted.

    ``automatic`` are installed packages; ``versions`` are (package, version) and ``suites``
    (package, suite); ``tasks`` are what a word ``task^`` can name; ``leaves`` are installed
    packages that no installed one depends on.
    """

    packages: Sequence[str]
    installed: Sequence[str] = ()
    automatic: Sequence[str] = ()
    versions: Sequence[tuple[str, str]] = ()
    suites: Sequence[tuple[str, str]] = ()
    tasks: Sequence[str] = ()
    leaves: Sequence[str] = ()
    sources: Sequence[str] = ()


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
        assert limit <= 1 << 32
        if limit < 1:
            raise _NothingError
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

    def one(self, values: Sequence[str]) -> str:
        """Return one of the values."""
        return values[self.below(len(values))]


def _install(draws: Draws, names: Sequence[str], least: int, most: int) -> Request:
    return Request("install", tuple(draws.some(names, draws.between(least, most))))


# -- words -------------------------------------------------------------------------------------


def _default(draws: Draws, menu: Menu) -> Request:
    """Install 1 to 5 packages."""
    return _install(draws, menu.packages, 1, 5)


def _single(draws: Draws, menu: Menu) -> Request:
    """Install one package."""
    return _install(draws, menu.packages, 1, 1)


def _sets(draws: Draws, menu: Menu) -> Request:
    """Install 2 to 8 packages."""
    return _install(draws, menu.packages, 2, 8)


def _removals(draws: Draws, menu: Menu) -> Request:
    """Remove 1 to 3 installed packages."""
    return Request("remove", tuple(draws.some(menu.installed, draws.between(1, 3))))


def _leaf_removals(draws: Draws, menu: Menu) -> Request:
    """Remove or purge 1 to 3 installed packages that nothing depends on."""
    verb = draws.one(("remove", "purge"))
    return Request(verb, tuple(draws.some(menu.leaves, draws.between(1, 3))))


def _purges(draws: Draws, menu: Menu) -> Request:
    """Purge 1 or 2 installed packages."""
    return Request("purge", tuple(draws.some(menu.installed, draws.between(1, 2))))


def _mixes(draws: Draws, menu: Menu) -> Request:
    """Install 1 to 3 packages and remove 1 or 2: half of them installed, half of them not."""
    wanted = draws.some(menu.packages, draws.between(1, 3))
    unwanted = []
    for _ in range(draws.between(1, 2)):
        names = menu.installed if draws.below(2) and menu.installed else menu.packages
        unwanted += draws.some(names, 1)
    words = [*wanted, *(f"{name}-" for name in unwanted if name not in wanted)]
    return Request("install", tuple(dict.fromkeys(words)))


def _swaps(draws: Draws, menu: Menu) -> Request:
    """Install 1 to 3 packages and remove 1 to 3 that nothing depends on, or any one."""
    wanted = draws.some(menu.packages, draws.between(1, 3))
    if draws.below(4):
        unwanted = draws.some(menu.leaves, draws.between(1, 3))
    else:
        unwanted = draws.some(menu.installed, 1)
    words = [*wanted, *(f"{name}-" for name in unwanted if name not in wanted)]
    return Request("install", tuple(words))


def _metas(draws: Draws, menu: Menu) -> Request:
    """Install 1 or 2 of task-*, *-desktop, *-dev, *-all, *-full, *-meta and tasks as task^."""
    metas = [name for name in menu.packages if _META.fullmatch(name)]
    few = [name for name in metas if not name.endswith("-dev")]
    words = []
    for _ in range(draws.between(1, 2)):
        names = (metas, few or metas, [f"{task}^" for task in menu.tasks] or metas)[draws.below(3)]
        words += draws.some(names, 1)
    return Request("install", tuple(dict.fromkeys(words)))


def _reinstalls(draws: Draws, menu: Menu) -> Request:
    """Reinstall 1 to 3 installed packages."""
    return Request("reinstall", tuple(draws.some(menu.installed, draws.between(1, 3))))


def _version_word(draws: Draws, menu: Menu) -> str:
    """Return ``name=version``; two in three of a package that has several versions."""
    versions = menu.versions
    for _ in range(draws.below(3) and 200):
        at = draws.below(len(versions))
        if at and versions[at - 1][0] == versions[at][0]:
            return "=".join(versions[at - draws.below(2)])
    return "=".join(versions[draws.below(len(versions))])


def _versions(draws: Draws, menu: Menu) -> Request:
    """Install 1 to 3 packages in a version named with =."""
    words = {_version_word(draws, menu): None for _ in range(draws.between(1, 3))}
    return Request("install", tuple(words))


def _suites(draws: Draws, menu: Menu) -> Request:
    """Install 1 or 2 packages from a suite named with /."""
    rows = [draws.below(len(menu.suites)) for _ in range(draws.between(1, 2))]
    return Request("install", tuple({"/".join(menu.suites[row]): None for row in rows}))


def _blends(draws: Draws, menu: Menu) -> Request:
    """Install 1 to 4 packages, each third in a version named with =."""
    words: dict[str, None] = {}
    for _ in range(draws.between(1, 4)):
        if draws.below(3):
            words[draws.one(menu.packages)] = None
        else:
            words[_version_word(draws, menu)] = None
    return Request("install", tuple(words))


# -- foreign architectures ----------------------------------------------------------------------


def _half_foreign(draws: Draws, names: Sequence[str], count: int) -> list[str]:
    """Return ``count`` names, about half of them ``name:architecture``, or fewer."""
    native = [name for name in names if ":" not in name]
    foreign = [name for name in names if ":" in name]
    found = [draws.one(foreign if draws.below(2) else native) for _ in range(count)]
    return list(dict.fromkeys(found))


def _foreign_sets(draws: Draws, menu: Menu) -> Request:
    """Install 1 to 4 packages, half of them of a foreign architecture."""
    return Request("install", tuple(_half_foreign(draws, menu.packages, draws.between(1, 4))))


def _foreign_swaps(draws: Draws, menu: Menu) -> Request:
    """Install and remove 1 or 2 packages each, half of them of a foreign architecture."""
    wanted = _half_foreign(draws, menu.packages, draws.between(1, 2))
    names = menu.installed if not draws.below(3) else menu.leaves
    unwanted = _half_foreign(draws, names, draws.between(1, 2))
    words = [*wanted, *(f"{name}-" for name in unwanted if name not in wanted)]
    return Request("install", tuple(words))


def _foreign_removals(draws: Draws, menu: Menu) -> Request:
    """Remove or purge 1 to 3 packages, half foreign, two in three that nothing depends on."""
    verb = draws.one(("remove", "purge"))
    names = menu.leaves if draws.below(3) else menu.installed
    return Request(verb, tuple(_half_foreign(draws, names, draws.between(1, 3))))


# -- other states ------------------------------------------------------------------------------


def _holds(draws: Draws, menu: Menu) -> Request:
    """Put 1 to 8 installed packages on hold, then install 1 to 4 and perhaps remove one."""
    marks = tuple(f"hold={name}" for name in draws.some(menu.installed, draws.between(1, 8)))
    words = [
        draws.one(menu.packages if draws.below(4) else menu.installed)
        for _ in range(draws.between(1, 4))
    ]
    if not draws.below(3):
        words.append(f"{draws.one(menu.installed)}-")
    return Request("install", tuple(dict.fromkeys(words)), marks=marks)


def _marks(draws: Draws, menu: Menu) -> tuple[str, ...]:
    """Return a few holds and changed automatic marks, at least one."""
    found: dict[str, str] = {}
    for name in draws.some(menu.automatic, draws.below(7)):
        found[name] = "manual"
    for name in draws.some(menu.installed, draws.between(1, 6)):
        found[name] = "auto"
    for name in draws.some(menu.installed, draws.below(4)):
        found[name] = "hold"
    return tuple(f"{verb}={name}" for name, verb in found.items())


def _upgrade_words(draws: Draws, menu: Menu) -> tuple[str, ...]:
    """Return no words in half of the cases, else a package to install, to remove, or both."""
    kind = draws.below(6)
    words = []
    if kind in {3, 5}:
        words.append(draws.one(menu.packages))
    if kind in {4, 5}:
        words.append(f"{draws.one(menu.installed)}-")
    return tuple(words)


def _upgrades(draws: Draws, menu: Menu) -> Request:
    """Upgrade without new packages, after a few marks changed, half of them with words."""
    return Request("upgrade", _upgrade_words(draws, menu), marks=_marks(draws, menu))


def _upgrades_new(draws: Draws, menu: Menu) -> Request:
    """Upgrade with new packages, after a few marks changed, half of them with words."""
    return Request("upgrade-new", _upgrade_words(draws, menu), marks=_marks(draws, menu))


def _full_upgrades(draws: Draws, menu: Menu) -> Request:
    """Upgrade fully, after a few marks changed, half of them with words."""
    return Request("full-upgrade", _upgrade_words(draws, menu), marks=_marks(draws, menu))


def _autoremovals(draws: Draws, menu: Menu) -> Request:
    """Remove what is unused after 1 to 12 packages became automatic, perhaps one by name."""
    marks = [f"auto={name}" for name in draws.some(menu.installed, draws.between(1, 12))]
    words = draws.some(menu.installed, draws.below(2))
    return Request("autoremove", tuple(words), marks=tuple(marks))


# -- relations ---------------------------------------------------------------------------------


def _member(draws: Draws, menu: Menu) -> str:
    """Return one alternative of a relation, with all that deb-control(5) allows there."""
    name, version = menu.versions[draws.below(len(menu.versions))]
    text = name + draws.one(("", "", "", "", "", ":any", ":native", ":amd64"))
    if not draws.below(3):
        text += f" ({draws.one(('>=', '<<', '=', '>=', '<='))} {version})"
    text += draws.one(("", "", "", " [amd64]", " [!i386 !arm64]", " [i386]", " [linux-any]"))
    profiles = ("", "", "", " <!nocheck>", " <stage1>", " <!cross !stage1> <x>")
    return text + draws.one(profiles)


def _satisfactions(draws: Draws, menu: Menu) -> Request:
    """Satisfy 1 to 4 relations of up to 3 alternatives, each sixth a conflict."""
    words = []
    for _ in range(draws.between(1, 4)):
        if draws.below(6):
            members = [_member(draws, menu) for _ in range(draws.between(1, 3))]
            words.append(" | ".join(members))
        else:
            words.append(f"Conflicts: {_member(draws, menu)}")
    return Request("satisfy", tuple(words))


def _builds(draws: Draws, menu: Menu) -> Request:
    """Get the build dependencies of 1 or 2 sources, for some builds only in part."""
    words = draws.some(menu.sources, 1 if draws.below(4) else 2)
    parts = draws.one(("", "", "APT::Get::Arch-Only=1", "APT::Get::Indep-Only=1"))
    profiles = draws.one(("", "", "APT::Build-Profiles=nocheck,nodoc"))
    return Request("build-dep", tuple(words), tuple(filter(None, (parts, profiles))))


RULES: dict[str, Rule] = {
    "autoremovals": _autoremovals,
    "blends": _blends,
    "builds": _builds,
    "default": _default,
    "foreign-removals": _foreign_removals,
    "foreign-sets": _foreign_sets,
    "foreign-swaps": _foreign_swaps,
    "full-upgrades": _full_upgrades,
    "holds": _holds,
    "leaf-removals": _leaf_removals,
    "metas": _metas,
    "mixes": _mixes,
    "purges": _purges,
    "reinstalls": _reinstalls,
    "removals": _removals,
    "satisfactions": _satisfactions,
    "sets": _sets,
    "single": _single,
    "suites": _suites,
    "swaps": _swaps,
    "upgrades": _upgrades,
    "upgrades-new": _upgrades_new,
    "versions": _versions,
}


def draw_request(rule: str, menu: Menu, seed: int, index: int, *, stream: str = "") -> Request:
    """Return request number ``index`` of a rule.

    ``stream`` tells the requests of two strata with one rule apart, by default the rule's name.
    Raises `UsageError` when the system has nothing to draw from.
    """
    request = None
    with contextlib.suppress(_NothingError):
        request = RULES[rule](Draws(f"{stream or rule}/{seed}/{index}"), menu)
    if request is None or not (request.words or request.marks):
        raise UsageError("nothing-to-draw", f"this system has nothing for the rule {rule!r}")
    return request


def draw_requests(
    rule: str, menu: Menu, seed: int, count: int, *, stream: str = ""
) -> Iterator[Request]:
    """Yield requests number 0 to ``count`` - 1 of a rule."""
    for index in range(count):
        yield draw_request(rule, menu, seed, index, stream=stream)
