"""Which versions do the words of a query mean?

Like requests, queries take a name with an optional architecture, ``=version`` or ``/release``, a
shell pattern, a regular expression, a task or an apt-patterns(7) expression.  A name alone means
the candidate; what has none counts as virtual and comes after everything else.
"""

from __future__ import annotations

from foretell.apt.selection.naming import EveryName, is_pattern, split_word
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.selection.catalogue import Catalogue

__all__ = ["Selection"]


class Selection:
    """The versions that words mean, in the words' order, and the virtual packages, each once.

    A version that two words mean is there twice, as in apt.

    With ``takes_all`` every version of a package is meant; without ``knows_garbage`` the pattern
    ``?garbage`` means nothing.  ``unknown`` are the words that mean
    nothing.  Raises `UsageError` for a version or a release that a package does not have, and when
    no word means anything.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        words: Iterable[str],
        *,
        takes_all: bool = False,
        knows_garbage: bool = True,
    ) -> None:
        self.catalogue = catalogue
        self.versions: list[int] = []
        self.virtual: list[int] = []
        self.unknown: list[str] = []
        self._names = EveryName(catalogue.state, catalogue.world)
        self._takes_all = takes_all
        self._knows_garbage = knows_garbage
        for word in words:
            self._read(word)
        if len(self.virtual) > 1:  # in the order in which apt met them
            self.virtual = sorted(set(self.virtual), key=catalogue.state.census().number)
        if not self.versions and not self.virtual:
            raise UsageError("unknown-package", f"no package is named {' or '.join(self.unknown)}")

    def _read(self, word: str) -> None:
        mark, given = b"", b""
        if is_pattern(word):
            from foretell.apt.selection.pattern_match import select_packages

            found = select_packages(
                self.catalogue, word, takes_virtual=True, knows_garbage=self._knows_garbage
            )
        else:
            name, mark, given = split_word(word.encode("utf-8", "surrogateescape"))
            package = self._names.find(name)
            found = [package] if package >= 0 else self._names.matching(name)
        if not found:
            self.unknown.append(word)
        if len(found) > 1:  # in the order in which apt met them
            found = sorted(found, key=self.catalogue.state.census().number)
        for other in found:
            versions = self._versions(other, mark, given.decode("utf-8", "surrogateescape"))
            self.versions += versions
            if not versions:
                self.virtual.append(other)

    def _versions(self, package: int, mark: bytes, given: str) -> list[int]:
        catalogue = self.catalogue
        versions = catalogue.universe.versions(package)
        if not versions:
            return []
        if mark == b"=":
            from fnmatch import fnmatchcase

            fitting = [v for v in versions if fnmatchcase(catalogue.version(v), given)]
            return [self._required(fitting, package, "version", given)]
        if mark == b"/":
            from foretell.apt.requests.follow_release import version_of_release

            found = version_of_release(catalogue.state, catalogue.world, package, given)
            return [self._required([found] if found >= 0 else [], package, "release", given)]
        if self._takes_all:
            return versions
        candidate = catalogue.candidate(package)
        return [candidate] if candidate >= 0 else []

    def _required(self, found: list[int], package: int, what: str, given: str) -> int:
        if not found:
            name = self.catalogue.full_name(package)
            raise UsageError(f"unknown-{what}", f"{name} has no {what} {given!r}")
        return found[0]
