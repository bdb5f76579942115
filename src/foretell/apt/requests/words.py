"""Which packages does each word of a request mean, and what does apt say while it reads them?

A name means the package, or the only one whose candidate provides it; with ``=version`` the only
one that provides that very version of it, with ``/release`` the only one whose version of that
release provides it.  Source: apt-get(8), "install"; what goes beyond was found by asking
apt 3.0.3.
"""

from __future__ import annotations

from foretell.apt.requests.follow_release import version_of_release
from foretell.apt.requests.notes import Note, WordsError
from foretell.apt.selection.naming import Names, is_pattern, split_kind, split_word
from foretell.apt.system.policy import STATUS_FILE, matches_release
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["Words"]

_SIGNS = frozenset((b"+", b"-"))


class Words:
    """Read the words of one request; collect what they mean and every error.

    ``wanted`` are packages and versions, ``removed`` packages, ``releases`` the versions that a
    release names; ``notes`` is said at once, ``selected`` (by version) after everything else.
    """

    def __init__(self, state: State, world: World, *, installs: bool) -> None:
        self.state = state
        self.universe = state.universe
        self.world = world
        self.installs = installs
        self.names = Names(state, world, takes_virtual=True)
        self.wanted: list[tuple[int, int]] = []
        self.removed: list[int] = []
        self.releases: dict[int, str] = {}
        self.notes: list[Note] = []
        self.selected: dict[int, Note] = {}
        self.errors: list[UsageError] = []
        self._lacking: dict[int, dict[int, int]] = {}

    def raise_errors(self) -> None:
        """Raise one `WordsError` for everything that was wrong."""
        if self.errors:
            number = self.state.census().number if len(self._lacking) > 1 else int
            lacking = {it: self._lacking[it] for it in sorted(self._lacking, key=number)}
            raise WordsError(self.errors, self.notes, lacking, self.state)

    def read(self, word: str) -> None:
        """Take over one word; apt passes over an empty one."""
        if not word:
            return
        if is_pattern(word):
            self._read_pattern(word)
            return
        if word.startswith(("/", "./", "../")) or word.endswith(".deb"):
            raise Unmodelled("local .deb files")
        text = word.encode("utf-8", "surrogateescape")
        if self._take(text, self.installs):
            return
        sign = text[-1:] if text[-1:] in _SIGNS else b""
        installs = sign == b"+" if sign else self.installs
        if sign:
            text = text[:-1]
            if self._take(text, installs):
                return
        self._read_many(text, installs)

    def _read_pattern(self, word: str) -> None:
        """Take over what an apt-patterns(7) expression selects, be it nothing."""
        from foretell.apt.selection.pattern_words import packages_of, split_pattern

        pattern, mark, given, sign = split_pattern(word)
        installs = sign == "+" if sign else self.installs
        text = given.encode("utf-8", "surrogateescape")
        try:
            packages = packages_of(pattern, self.state, self.world)
        except UsageError as error:
            self.errors.append(error)
            self._refuse("unknown-package", f"Unable to locate package {pattern}")
            return
        if len(packages) > 1:
            packages.sort(key=self.state.census().number)
        for package in packages:
            self._take_package(package, installs, mark.encode(), text)

    def _take(self, text: bytes, installs: bool) -> bool:
        """Take over a name with an optional version, release or architecture.

        Returns False where there is a sign at the end that is yet to be read; what was refused
        because of it stays refused.
        """
        name, mark, given = split_word(text)
        package = self.names.find(name)
        if package < 0:
            return False
        is_had = self._take_package(package, installs, mark, given)
        return is_had or text[-1:] not in _SIGNS

    def _read_many(self, text: bytes, installs: bool) -> None:
        """Take over what a task, a glob or a regular expression means."""
        head, mark, given = split_word(text)
        if b"*" in head.partition(b":")[2]:
            raise Unmodelled("globs for architectures")
        kind, base, _ = split_kind(head)
        find = self.names.of_task if kind == "task" else self.names.matching
        found = find(base if kind == "task" else head)
        if not found:
            self._refuse("unknown-package", f"Unable to locate package {_text(head)}")
            if kind:
                what = "task" if kind == "task" else f"any package by {kind}"
                self._refuse("unknown-package", f"Couldn't find {what} '{_text(base)}'")
            return
        found.sort(key=self.universe.iteration_key)
        self.notes += [Note(kind, package, text=_text(base)) for package in found]
        found.sort(key=self.state.census().number)
        for package in found:
            self._take_package(package, installs, mark, given, is_named=False)

    def _take_package(
        self, package: int, installs: bool, mark: bytes, given: bytes, *, is_named: bool = True
    ) -> bool:
        """Take over a package; say whether there is what is wanted of it."""
        if not installs and not mark:
            self._take_removal(package, is_named)
            return True
        version = self._version(package, mark, given, is_named)
        if version is None:
            return False
        if installs:
            self.wanted.append((self.universe.package(version), version))
        else:
            self.removed.append(self.universe.package(version))
        if mark == b"/":
            self.releases[version] = _text(given)
        if mark and given != self.universe.version_string(version):
            self.selected[version] = Note("version", self.universe.package(version), version)
        return True

    def _take_removal(self, package: int, is_named: bool) -> None:
        if self.universe.versions(package) or package in self.state.residual:
            self.removed.append(package)
        elif not self.universe.provides(package):
            self.notes.append(Note("not-installed", package))
        elif not self._says_instead(package, self._provider(package)) and is_named:
            self.notes.append(Note("virtual", package))

    def _version(self, package: int, mark: bytes, given: bytes, is_named: bool) -> int | None:
        """Return the version that is meant; without one, refuse the word."""
        name = self.universe.full_name(package)
        if mark == b"=":
            version = self._by_version(package, given)
            code, message = (
                "unknown-version",
                f"Version '{_text(given)}' for '{name}' was not found",
            )
        elif mark == b"/":
            version = self._by_release(package, _text(given))
            code, message = (
                "unknown-release",
                f"Release '{_text(given)}' for '{name}' was not found",
            )
        else:
            version = self.state.policy_candidate(package)
            if version < 0:
                version = self._provider(package)
                self._says_instead(package, version)
            code, message = "no-candidate", f"Package '{name}' has no installation candidate"
        if version >= 0:
            return version
        if mark or is_named:
            self._refuse(code, message)
            self._lacking.setdefault(package, {})
        return None

    def _says_instead(self, package: int, version: int) -> bool:
        """Note that what provides a package is taken, if there is one; say whether there is."""
        if version >= 0:
            self.notes.append(Note("instead", package, version))
        return version >= 0

    def _provider(self, package: int) -> int:
        """Return the candidate of the only package that provides a virtual one, or -1."""
        provided = (version for version, _ in self.universe.provides(package))
        return self._only(v for v in provided if self._candidate_of_owner(v) == v)

    def _candidate_of_owner(self, version: int) -> int:
        return self.state.policy_candidate(self.universe.package(version))

    def _only(self, versions: Iterable[int]) -> int:
        """Return the first version if all are of one name, else -1; the native one comes first."""
        universe = self.universe
        found = sorted(
            versions, key=lambda version: universe.architecture_rank(universe.package(version))
        )
        names = {universe.name(universe.package(version)) for version in found}
        return found[0] if len(names) == 1 else -1

    def _by_version(self, package: int, given: bytes) -> int:
        from fnmatch import fnmatchcase

        wanted = _text(given)
        for version in self.universe.versions(package):
            text = self.universe.version_string(version)
            if text == given or fnmatchcase(_text(text), wanted):
                return version
        if package in self.state.residual:
            raise Unmodelled("a version of which only configuration files are left")
        found = self._only(v for v, own in self.universe.provides(package) if own == given)
        self._says_instead(package, found)
        return found

    def _by_release(self, package: int, wanted: str) -> int:
        version = version_of_release(self.state, self.world, package, wanted)
        if version >= 0:
            return version
        if package in self.state.residual:
            raise Unmodelled("a version of which only configuration files are left")
        offers = [version for version, _ in self.universe.provides(package)]
        fitting = [v for v in offers if self._release_version(v, wanted) == v]
        found = self._only(fitting)
        if matches_release(wanted, STATUS_FILE) and self._is_left(package):
            raise Unmodelled("what packages provide of which only configuration files are left")
        if not self._says_instead(package, found):
            self._lacking[package] = {self.universe.package(v): v for v in fitting}
        return found

    def _is_left(self, package: int) -> bool:
        """Say whether something of which only configuration files are left provides a package."""
        name = self.universe.name(package)
        left = (entry.fields for entry in self.world.installed if entry.is_residual)
        return any(name in fields.get(b"provides", b"") for fields in left)

    def _release_version(self, version: int, wanted: str) -> int:
        owner = self.universe.package(version)
        return version_of_release(self.state, self.world, owner, wanted)

    def _refuse(self, code: str, message: str) -> None:
        self.errors.append(UsageError(code, message))


def _text(word: bytes) -> str:
    return word.decode("utf-8", "surrogateescape")
