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
from foretell.apt.selection.naming import Names, is_pattern, split_word
from foretell.apt.system.state import DELETE, INSTALL, KEEP
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["VERBS", "Note", "Request", "apply_request"]

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


class Note:
    """Something apt says about a word before it solves.

    ``kind`` is ``not-installed`` (so not removed), ``newest`` (already installed),
    ``only-upgrades`` (skipped), ``set-manual`` or ``text`` (as it is, about no package).
    """

    __slots__ = ("kind", "package", "text", "version")

    def __init__(self, kind: str, package: int, version: int = -1, text: str = "") -> None:
        self.kind = kind
        self.package = package
        self.version = version
        self.text = text


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
    reader = _Words(state, world, installs=VERBS[request.verb])
    for word in request.words:
        reader.read(word)
    reader.raise_errors()
    notes = _mark_removals(state, reader.removed, is_purge=request.purge)
    notes += _mark_installs(state, reader.wanted, request)
    if reader.releases:
        from foretell.apt.requests.follow_release import follow_release

        for version, release in reader.releases:
            follow_release(state, world, version, release)
    state.is_upgrade = request.verb in UPGRADES
    if request.verb == "upgrade":
        state.allow_remove = False
        state.allow_install = request.allow_new
    return notes


def _mark_removals(state: State, packages: list[int], *, is_purge: bool) -> list[Note]:
    notes = []
    for package in dict.fromkeys(packages):
        state.protected.add(package)
        if is_purge and (package in state.installed or package in state.residual):
            state.purged.add(package)
        if package in state.installed:
            state.mode[package] = DELETE
        elif package not in state.purged and (
            package in state.residual or state.universe.versions(package)
        ):
            notes.append(Note("not-installed", package))
    return notes


def _mark_installs(state: State, wanted: list[tuple[int, int]], request: Request) -> list[Note]:
    notes = []
    for package, version in wanted:
        installed = state.installed.get(package, -1)
        if installed < 0 and request.only_upgrade:
            notes.append(Note("only-upgrades", package))
            continue
        state.chosen[package] = version
        state.protected.add(package)
        state.mode[package] = KEEP if version == installed else INSTALL
        if request.reinstall and installed >= 0:
            state.reinstalled.update(_reinstalled(state, package))
        if version != installed or request.reinstall:
            continue
        if request.verb not in UPGRADES or request.words:
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


class _Words:
    """Read the words of one request; collect what they mean and every error."""

    def __init__(self, state: State, world: World, *, installs: bool) -> None:
        self.state = state
        self.universe = state.universe
        self.world = world
        self.installs = installs
        self.names = Names(state, world)
        self.wanted: list[tuple[int, int]] = []
        self.removed: list[int] = []
        self.releases: list[tuple[int, str]] = []  # versions named by their release
        self.errors: list[tuple[str, str]] = []

    def raise_errors(self) -> None:
        """Raise one `UsageError` for everything that was wrong."""
        if self.errors:
            codes, messages = zip(*self.errors, strict=True)
            raise UsageError(codes[0], "; ".join(messages))

    def read(self, word: str) -> None:
        """Take over one word."""
        if is_pattern(word):
            self._read_pattern(word)
            return
        if word.startswith(("/", "./", "../")) or word.endswith(".deb"):
            raise Unmodelled("local .deb files")
        text = word.encode("utf-8", "surrogateescape")
        if self._take(text, self.installs):
            return
        if text[-1:] in {b"+", b"-"} and self._take(text[:-1], text[-1:] == b"+"):
            return
        if text.endswith(b"^") and self._take_many(self.names.of_task(text[:-1]), self.installs):
            return
        installs, pattern = self.installs, text
        if text[-1:] in {b"+", b"-"} and (b"*" in text or text.startswith(b"^")):
            installs, pattern = text[-1:] == b"+", text[:-1]
        head, mark, given = split_word(pattern)
        if self._take_many(self.names.matching(head), installs, mark, given):
            return
        self.errors.append(("unknown-package", f"Unable to locate package {word}"))

    def _read_pattern(self, word: str) -> None:
        """Take over what an apt-patterns(7) expression selects, be it nothing."""
        from foretell.apt.selection.pattern_words import packages_of, split_pattern

        pattern, mark, given, sign = split_pattern(word)
        installs = sign == "+" if sign else self.installs
        text = given.encode("utf-8", "surrogateescape")
        for package in packages_of(pattern, self.state, self.world):
            name = self.universe.full_name(package).encode("utf-8", "surrogateescape")
            self._take_package(package, name, installs, mark.encode(), text)

    def _take(self, text: bytes, installs: bool) -> bool:
        """Take over a name with an optional version, release or architecture."""
        name, mark, given = split_word(text)
        package = self.names.find(name)
        if package < 0:
            return False
        self._take_package(package, name, installs, mark, given)
        return True

    def _take_package(
        self, package: int, name: bytes, installs: bool, mark: bytes, given: bytes
    ) -> None:
        if not installs and not mark:
            self.removed.append(package)
            return
        version = self._version(package, name, mark, given)
        if version is None:
            return
        if installs:
            self._want(self.universe.package(version), version, mark, given)
        else:
            self.removed.append(package)

    def _want(self, package: int, version: int, mark: bytes, given: bytes) -> None:
        self.wanted.append((package, version))
        if mark == b"/":
            self.releases.append((version, given.decode("utf-8", "surrogateescape")))

    def _version(self, package: int, name: bytes, mark: bytes, given: bytes) -> int | None:
        if mark == b"=":
            return self._by_version(package, name, given)
        if mark == b"/":
            return self._by_release(package, name, given)
        candidate = self.state.policy_candidate(package)
        if candidate < 0:
            candidate = self._only_provider(package)
        if candidate < 0:
            shown = name.decode(errors="replace")
            message = f"Package '{shown}' has no installation candidate"
            self.errors.append(("no-candidate", message))
            return None
        return candidate

    def _only_provider(self, package: int) -> int:
        """Return the candidate of the only package that provides a virtual one, or -1."""
        universe, state = self.universe, self.state
        owners = {universe.package(version) for version, _ in universe.provides(package)}
        candidates = [c for c in map(state.policy_candidate, sorted(owners)) if c >= 0]
        provided = {version for version, _ in universe.provides(package)}
        candidates = [c for c in candidates if c in provided]
        return candidates[0] if len(candidates) == 1 else -1

    def _by_version(self, package: int, name: bytes, given: bytes) -> int | None:
        from fnmatch import fnmatchcase

        wanted = given.decode("utf-8", "surrogateescape")
        for version in self.universe.versions(package):
            text = self.universe.version_string(version)
            if text == given or fnmatchcase(text.decode("utf-8", "surrogateescape"), wanted):
                return version
        shown = name.decode(errors="replace")
        message = f"Version '{given.decode(errors='replace')}' for '{shown}' was not found"
        self.errors.append(("unknown-version", message))
        return None

    def _by_release(self, package: int, name: bytes, given: bytes) -> int | None:
        from foretell.apt.requests.follow_release import version_of_release

        wanted = given.decode("utf-8", "surrogateescape")
        version = version_of_release(self.state, self.world, package, wanted)
        if version >= 0:
            return version
        shown = name.decode(errors="replace")
        message = f"Release '{wanted}' for '{shown}' was not found"
        self.errors.append(("unknown-release", message))
        return None

    def _take_many(
        self, packages: list[int], installs: bool, mark: bytes = b"", given: bytes = b""
    ) -> bool:
        for package in packages:
            if installs and mark:
                version = self._version(package, self.universe.name(package), mark, given)
                if version is not None:
                    self._want(package, version, mark, given)
            elif installs:
                candidate = self.state.policy_candidate(package)
                if candidate >= 0:
                    self.wanted.append((package, candidate))
            else:
                self.removed.append(package)
        return bool(packages)
