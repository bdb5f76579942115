"""Which packages and versions does an apt-patterns(7) expression select?

Each term is asked once for everything that it selects, and sets are combined.  A term is about
packages or about versions; of a package the latter hold when they hold for some version, and the
former of a version when they hold for its package.  A package without versions has only
``?all-versions``, whatever is in it.
"""

from __future__ import annotations

from itertools import chain
from typing import TypeVar

from foretell.apt.selection.pattern_relations import PatternRelations
from foretell.apt.selection.pattern_terms import PACKAGE_TERMS, VERSION_TERMS
from foretell.apt.selection.patterns import RELATIONS, parse_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.selection.patterns import Pattern

    # A package by its number, or one that is merely mentioned by name and architecture.
    Package = int | tuple[bytes, bytes]

__all__ = ["PatternMatcher", "select_packages"]

T = TypeVar("T")
REVERSE = "reverse-"
_LOGIC = frozenset(("and", "false", "not", "or", "true"))


def select_packages(
    catalogue: Catalogue, text: str, *, takes_virtual: bool = False, knows_garbage: bool = True
) -> list[int]:
    """Return the packages that a pattern selects, by number; with versions only by default.

    ``knows_garbage`` is False where apt has not looked for what is no longer needed.

    Raises `UsageError` for a pattern that is broken, and `Unmodelled` where it needs a rule that
    is not known.
    """
    pattern = parse_pattern(text)
    matcher = PatternMatcher(catalogue, has_virtual=takes_virtual or _has_relations(pattern))
    matcher.knows_garbage = knows_garbage
    found = matcher.packages(pattern)
    if not takes_virtual:
        found &= matcher.owners(matcher.all_versions())
    numbers = {package for package in found if isinstance(package, int)}
    if len(numbers) < len(found):  # new numbers in the order of apt's
        mentioned = filter(found.__contains__, catalogue.state.census().beyond_index())
        numbers.update(catalogue.universe.add_package(*key) for key in mentioned)
    return sorted(numbers)


def _has_relations(pattern: Pattern) -> bool:
    """Say whether a pattern asks of packages that only relations name."""
    name = pattern.name.removeprefix(REVERSE)
    return name in RELATIONS or any(map(_has_relations, pattern.parts))


class PatternMatcher:
    """Finds what patterns select in a catalogue, each term once.

    Packages without a version count only with ``has_virtual``, as they take a while to be found.
    """

    def __init__(self, catalogue: Catalogue, *, has_virtual: bool) -> None:
        self.catalogue = catalogue
        self.world = catalogue.world
        self.state = catalogue.state
        self.universe = catalogue.universe
        self.has_virtual = has_virtual
        self.knows_garbage = True
        self._found_packages: dict[Pattern, AbstractSet[Package]] = {}
        self._found_versions: dict[Pattern, AbstractSet[int]] = {}
        self._everyone: AbstractSet[Package] | None = None
        self._all_versions: AbstractSet[int] | None = None
        self._owner: list[int] = []
        self._relations = PatternRelations(self)

    # -- what there is ---------------------------------------------------------------------

    def everyone(self) -> AbstractSet[Package]:
        """Return all packages."""
        if self._everyone is None:
            self._everyone = self.owners(self.all_versions()) | frozenset(self._virtual())
        return self._everyone

    def _virtual(self) -> Iterable[Package]:
        if not self.has_virtual:
            return ()
        universe = self.universe
        known = {
            (universe.name(package), universe.architecture(package)): package
            for package in range(universe.n_packages, universe.package_count())
        }
        bare = (package for package in range(universe.n_packages) if not universe.versions(package))
        return [*bare, *(known.get(key, key) for key in self.state.census().beyond_index())]

    def all_versions(self) -> AbstractSet[int]:
        """Return all versions, each once."""
        if self._all_versions is None:
            universe = self.universe
            more = range(universe.n_versions, universe.version_count())
            self._all_versions = frozenset(chain(universe.archive.pkg_vlist.tolist(), more))
            self._owner = universe.archive.ver_pkg.tolist()
            self._owner += map(universe.package, more)
        return self._all_versions

    def owners(self, versions: Iterable[int]) -> AbstractSet[Package]:
        """Return the packages of versions."""
        self.all_versions()
        owner = self._owner
        return frozenset(owner[version] for version in versions)

    def versions_of(self, packages: AbstractSet[Package]) -> AbstractSet[int]:
        """Return all versions of packages."""
        everything = self.all_versions()
        if len(packages) > len(everything) // 4:
            owner = self._owner
            return frozenset(v for v in everything if owner[v] in packages)
        numbers = (package for package in packages if isinstance(package, int))
        return frozenset(chain.from_iterable(map(self.universe.versions, numbers)))

    def name(self, package: Package) -> bytes:
        """Return the name of a package."""
        return self.universe.name(package) if isinstance(package, int) else package[0]

    def architecture(self, package: Package) -> bytes:
        """Return the architecture of a package."""
        return self.universe.architecture(package) if isinstance(package, int) else package[1]

    # -- what a pattern selects ------------------------------------------------------------

    def packages(self, pattern: Pattern) -> AbstractSet[Package]:
        """Return the packages that a pattern selects."""
        found = self._found_packages.get(pattern)
        if found is None:
            found = self._found_packages[pattern] = self._find_packages(pattern)
        return found

    def versions(self, pattern: Pattern) -> AbstractSet[int]:
        """Return the versions that a pattern selects."""
        found = self._found_versions.get(pattern)
        if found is None:
            found = self._found_versions[pattern] = self._find_versions(pattern)
        return found

    def _find_packages(self, pattern: Pattern) -> AbstractSet[Package]:
        name, parts = pattern.name, pattern.parts
        if name in _LOGIC:
            return _combined(name, list(map(self.packages, parts)), self.everyone)
        if name in PACKAGE_TERMS:
            return PACKAGE_TERMS[name](self, pattern.word)
        if name == "all-versions":
            failing = self.all_versions() - self.versions(parts[0])
            return self.everyone() - self.owners(failing)
        if name.startswith(REVERSE):
            return self._relations.targets(name.removeprefix(REVERSE), parts[0])
        return self.owners(self.versions(pattern))

    def _find_versions(self, pattern: Pattern) -> AbstractSet[int]:
        name, parts = pattern.name, pattern.parts
        if name in _LOGIC:
            return _combined(name, list(map(self.versions, parts)), self.all_versions)
        if name in VERSION_TERMS:
            return VERSION_TERMS[name](self, pattern.word)
        if name in {"any-version", "all-versions"}:
            return self.versions(parts[0])
        if name in RELATIONS:
            return self._relations.owners(name, parts[0])
        return self.versions_of(self.packages(pattern))


def _combined(
    name: str, parts: Sequence[AbstractSet[T]], everything: Callable[[], AbstractSet[T]]
) -> AbstractSet[T]:
    if name == "not":
        return everything() - parts[0]
    if name == "or":
        return frozenset[T]().union(*parts)
    if name == "and" and parts:
        return frozenset(parts[0]).intersection(*parts[1:])
    return frozenset() if name == "false" else everything()
