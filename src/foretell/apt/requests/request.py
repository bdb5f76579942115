"""Which packages and versions do the words of a request mean?

The words are those of apt(8): a name, ``name=version``, ``name/release``, ``name:architecture``,
a trailing ``+`` or ``-`` that overrides the verb, a glob with ``*``, a regular expression that
starts with ``^`` or ends with ``$``, a task with a trailing ``^``, an apt-patterns(7) expression.
All removals are put into the state before all installations, as apt does; the order of the words
decides nothing.
"""

from __future__ import annotations

from copy import copy

from foretell.apt.model import MULTI_ARCH_MASK, MULTI_ARCH_SAME
from foretell.apt.requests.notes import Note
from foretell.apt.requests.words import Words
from foretell.apt.system.state import DELETE, INSTALL, KEEP
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["VERBS", "Request", "apply_request"]

# Verb -> whether a plain word installs.
VERBS = {
    "install": True,
    "reinstall": True,
    "remove": False,
    "purge": False,
    "autoremove": False,
    "upgrade": True,
    "full-upgrade": True,
    "satisfy": True,
    "build-dep": True,
}
UPGRADES = frozenset(("upgrade", "full-upgrade"))
WORDS_MAX = 10_000
WORD_BYTES_MAX = 4096


class Request:
    """What is asked: a verb of `VERBS`, its words, and the options that concern words."""

    __slots__ = (
        "allow_new",
        "auto_remove",
        "only_upgrade",
        "purge",
        "reinstall",
        "verb",
        "words",
    )

    def __init__(
        self,
        verb: str,
        words: list[str],
        *,
        reinstall: bool = False,
        only_upgrade: bool = False,
        allow_new: bool = True,
        auto_remove: bool = False,
        purge: bool = False,
    ) -> None:
        assert verb in VERBS, verb
        self.verb = verb
        self.words = words
        self.reinstall = reinstall or verb == "reinstall"
        self.only_upgrade = only_upgrade
        self.allow_new = allow_new
        self.auto_remove = auto_remove or verb == "autoremove"
        self.purge = purge or verb == "purge"

    def with_words(self, words: list[str]) -> Request:
        """Return the same request for other words."""
        found = copy(self)
        found.words = words
        return found


def apply_request(state: State, world: World, request: Request) -> list[Note]:
    """Put a request into a fresh state; return what apt says about its words.

    Raises `UsageError` for a word that means nothing and `Unmodelled` for one whose meaning is
    not known here.
    """
    if len(request.words) > WORDS_MAX or any(len(w) > WORD_BYTES_MAX for w in request.words):
        raise UsageError(
            "request-too-long",
            f"more than {WORDS_MAX} words, or a word of more than {WORD_BYTES_MAX} characters",
        )
    state.auto_remove = request.auto_remove
    if request.verb in {"satisfy", "build-dep"}:
        from foretell.apt.requests import satisfy

        ask = satisfy.apply_satisfy if request.verb == "satisfy" else satisfy.apply_build_dep
        return ask(state, world, request.words)
    reader = Words(state, world, installs=VERBS[request.verb])
    for word in request.words:
        reader.read(word)
    reader.raise_errors()
    notes = reader.notes
    notes += _mark_removals(state, reader.removed, is_purge=request.purge)
    notes += _mark_installs(state, reader.wanted, request)
    notes += _select_versions(state, world, reader)
    state.is_upgrade = request.verb in UPGRADES
    if request.verb == "upgrade":
        state.allow_remove = False
        state.allow_install = request.allow_new
    return notes


def _select_versions(state: State, world: World, reader: Words) -> list[Note]:
    """Give what versions named by a release need its candidates; say what was selected."""
    notes = []
    for version, note in reader.selected.items():
        notes.append(note)
        if version in reader.releases:
            from foretell.apt.requests.follow_release import follow_release

            notes += follow_release(state, world, version, reader.releases[version])
    return notes


def _mark_removals(state: State, packages: list[int], *, is_purge: bool) -> list[Note]:
    notes = []
    for package in dict.fromkeys(packages):
        state.protected.add(package)
        if is_purge and (package in state.installed or package in state.residual):
            state.purged.add(package)
        if package in state.installed:
            state.mode[package] = DELETE
        elif package not in state.purged:
            others = (state.installed.get(other, -1) for other in state.universe.group(package))
            notes.append(Note("not-installed", package, max(others, default=-1)))
    return notes


def _mark_installs(state: State, wanted: list[tuple[int, int]], request: Request) -> list[Note]:
    notes = []
    for package, version in dict.fromkeys(wanted):
        installed = state.installed.get(package, -1)
        if installed < 0 and request.only_upgrade:
            notes.append(Note("only-upgrades", package))
            continue
        was_wanted = state.mode.get(package) == INSTALL
        state.chosen[package] = version
        state.protected.add(package)
        state.mode[package] = KEEP if version == installed else INSTALL
        if request.reinstall and version == installed:
            if state.universe.is_downloadable(version):
                state.reinstalled.update(_reinstalled(state, package))
            else:
                notes.append(Note("no-reinstall", package))
        if version != installed or request.reinstall:
            continue
        if not was_wanted:
            notes.append(Note("newest", package, version))
        if package in state.automatic:
            state.automatic.discard(package)
            notes.append(Note("set-manual", package))
    return notes


def _reinstalled(state: State, package: int) -> list[int]:
    """Return what is reinstalled with a package: what is Multi-Arch: same, on all architectures."""
    universe, installed = state.universe, state.installed
    if universe.meta(installed[package]) & MULTI_ARCH_MASK != MULTI_ARCH_SAME:
        return [package]
    return [other for other in universe.group(package) if other in installed]
