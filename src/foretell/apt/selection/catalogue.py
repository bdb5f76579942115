"""What does apt show of a version: its suites, its state, its place in the lists?

Shared by the queries (`list`, `policy`, `show` and their kin).  Sources: apt(8), apt-cache(8); the
words of the states and their order of precedence were learnt from apt 3.0.3.
"""

from __future__ import annotations

from foretell.apt.model import ARCHITECTURE_ALL
from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from foretell.apt.selection.records import Record
    from foretell.apt.selection.translations import Translations
    from foretell.apt.system.policy import PackageFile
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

    # Name, suites, version, its architecture; then the package's architecture, the state and the
    # architecture that apt shows, where it is another.
    Entry = tuple[str, tuple[str, ...], str, str, tuple[str, ...]]

__all__ = ["Catalogue"]

# apt takes a word with any other character in it for an apt-patterns(7) expression.
_PLAIN = expression(r"[A-Za-z0-9.+:*-]+")
FEW = 2000  # packages that are rather looked at one by one
NO_DESCRIPTION = "(none)"
UNKNOWN_SUITE = "unknown"  # of a list without a Release file


class Catalogue:
    """What is in the lists and on the system, as the queries show it.

    ``state`` is one that has leftovers.
    """

    def __init__(self, world: World, state: State) -> None:
        self.world = world
        self.state = state
        self.universe = state.universe
        self._garbage: set[int] | None = None
        self._translations: Translations | None = None

    # -- names -----------------------------------------------------------------------------

    def full_name(self, package: int) -> str:
        """Return the name, with the architecture unless it is the native one."""
        return self.universe.full_name(package)

    def name(self, package: int) -> str:
        """Return the name alone."""
        return _text(self.universe.name(package))

    def version(self, version: int) -> str:
        """Return the version string."""
        return _text(self.universe.version_string(version))

    def architecture(self, version: int) -> str:
        """Return the architecture of a version, which may be ``all``."""
        if self.universe.meta(version) & ARCHITECTURE_ALL:
            return "all"
        return _text(self.universe.architecture(self.universe.package(version)))

    # -- packages --------------------------------------------------------------------------

    def packages(self) -> Iterator[int]:
        """Yield every package that has a version."""
        universe = self.universe
        for package in range(universe.package_count()):
            if universe.versions(package):
                yield package

    def is_chief(self, package: int) -> bool:
        """Say whether a package is the one of its name to look at: native if that has versions."""
        universe = self.universe
        if not universe.is_multi_arch or universe.architecture(package) == universe.native:
            return True
        own = universe.configured(universe.name(package))
        return package == next(other for other in own if universe.versions(other))

    def matching(self, words: Sequence[str]) -> Iterator[int]:
        """Yield the packages that words mean; all without a word.

        A word is a shell pattern for the name alone, which does not mind upper and lower case, or
        an apt-patterns(7) expression.  Raises `UsageError` for a broken one.
        """
        if not words:
            yield from self.packages()
            return
        patterns = [word for word in words if not _PLAIN.fullmatch(word)]
        if patterns:
            from foretell.apt.selection.pattern_match import select_packages

            plain = [word for word in words if word not in patterns]
            found = {p for word in patterns for p in select_packages(self, word)}
            yield from sorted(found.union(self.matching(plain)) if plain else found)
            return
        if "*" not in "".join(words):
            yield from sorted({package for word in words for package in self._named(word)})
            return
        import re
        from fnmatch import translate

        fits = re.compile("|".join(f"(?:{translate(word.lower())})" for word in words)).fullmatch
        universe = self.universe
        if universe.is_multi_arch:  # names in the index have architectures there
            yield from (p for p in self.packages() if fits(self.name(p).lower()))
            return
        from foretell.apt.selection.columns import texts

        archive = universe.archive
        for package, name in enumerate(texts(archive.name_blob, archive.name_start)):
            if fits(name.lower()):
                yield package
        for package in range(universe.n_packages, universe.package_count()):
            if universe.versions(package) and fits(self.name(package).lower()):
                yield package

    def _named(self, word: str) -> Iterator[int]:
        """Yield the packages of a name in whatever case."""
        universe = self.universe
        name = word.lower().encode("utf-8", "surrogateescape")
        for package in universe.group(universe.find(name)) if universe.find(name) >= 0 else ():
            if universe.versions(package):
                yield package

    def candidates(self, words: Sequence[str]) -> Iterator[Entry]:
        """Yield what `entry` says of the candidate of each package that the patterns mean."""
        universe = self.universe
        rest: Iterable[int] = self.matching(words) if words else ()
        if self.world.has_priorities or universe.is_multi_arch:
            rest = rest if words else self.packages()
        else:
            chosen = set(rest) if words else None
            touched = {*universe.installed, *self.state.residual}
            touched.update(range(universe.n_packages, universe.package_count()))
            if chosen is None or len(chosen) > FEW:
                yield from self._untouched(touched, chosen)
                rest = touched if chosen is None else touched & chosen
            else:
                rest = chosen
        for package in rest:
            version = self.preferred(package)
            if version >= 0:
                yield self.entry(version)

    def _untouched(self, touched: set[int], chosen: set[int] | None) -> Iterator[Entry]:
        """Yield the same, quickly, of those chosen (or all) that only the archive has: most."""
        from foretell.apt.selection.columns import texts

        archive = self.universe.archive
        names = texts(archive.name_blob, archive.name_start)
        version_texts = texts(archive.ver_blob, archive.ver_start)
        native = _text(self.universe.native)
        suites = [(file.archive or UNKNOWN_SUITE,) for file in self.world.files]
        starts, versions = archive.pkg_vstart.tolist(), archive.pkg_vlist.tolist()
        following, lists, metas = archive.ver_next, archive.ver_file, archive.ver_meta
        everything = range(archive.n_packages)
        for package in everything if chosen is None else chosen.intersection(everything):
            if package in touched:
                continue
            version = versions[starts[package]]
            yield (
                names[package],
                tuple(self.suites(version)) if following[version] else suites[lists[version]],
                version_texts[version],
                "all" if metas[version] & ARCHITECTURE_ALL else native,
                (native, ""),
            )

    # -- versions --------------------------------------------------------------------------

    def installed(self, package: int) -> int:
        """Return the installed version, or -1."""
        return self.state.installed.get(package, -1)

    def candidate(self, package: int) -> int:
        """Return the version that policy prefers, or -1."""
        return self.state.policy_candidate(package)

    def preferred(self, package: int) -> int:
        """Return the candidate, else the newest version, or -1 when there is none."""
        candidate = self.candidate(package)
        return candidate if candidate >= 0 else next(iter(self.universe.versions(package)), -1)

    def files(self, version: int) -> list[PackageFile]:
        """Return the lists that have a version, the status file last."""
        from foretell.apt.system.policy import STATUS_FILE

        found = [self.world.files[number] for number in self.universe.files(version)]
        if self.state.is_in_status(version):
            found.append(STATUS_FILE)
        return found

    def suites(self, version: int) -> list[str]:
        """Return the names of the suites that have a version, one for each list."""
        return [file.archive or UNKNOWN_SUITE for file in self.files(version)]

    def entry(self, version: int) -> Entry:
        """Return what a list of packages shows of a version."""
        package = self.universe.package(version)
        native = _text(self.universe.architecture(package))
        return (
            self.name(package),
            tuple(self.suites(version)),
            self.version(version),
            self.architecture(version),
            (native, self.status(version), self._shown_architecture(package)),
        )

    def _shown_architecture(self, package: int) -> str:
        """Return the architecture that apt shows beside every version of a package.

        It is that of what is installed, else that of the candidate.
        """
        installed = self.installed(package)
        version = installed if installed >= 0 else self.preferred(package)
        return self.architecture(version)

    def titles(self, version: int) -> list[str]:
        """Return how apt names the lists that have a version; the status file for others."""
        found = [self.world.titles[number] for number in self.universe.files(version)]
        return found or [self.world.status_path]

    def description(self, package: int) -> str:
        """Return the description that apt shows of a package.

        It is that of what is installed, else that of the candidate.
        """
        version = self.present(package)
        if version < 0:
            return NO_DESCRIPTION
        return self.description_of(version)

    def description_of(self, version: int, record: Record | None = None) -> str:
        """Return a version's description: the translation's, if it is from a list that has one."""
        from foretell.apt.selection.records import description, read_record

        if record is None:
            record = read_record(self.world, self.universe, version)
        key = next((value for name, value in record if name == "Description-md5"), "")
        text = None
        if key and version < self.universe.n_versions and self.translations:
            text = self.translations.find(key.encode("utf-8", "surrogateescape"))
        return description(record) if text is None else _text(text)

    @property
    def translations(self) -> Translations:
        """The translations beside the lists."""
        if self._translations is None:
            from foretell.apt.selection.translations import Translations

            self._translations = Translations(self.world.lists)
        return self._translations

    def present(self, package: int) -> int:
        """Return what is installed, else the candidate, or -1."""
        installed = self.installed(package)
        return installed if installed >= 0 else self.candidate(package)

    def is_upgradable(self, package: int) -> bool:
        """Say whether the candidate is newer than what is installed."""
        installed, candidate = self.installed(package), self.candidate(package)
        if installed < 0 or candidate in {-1, installed}:
            return False
        order = self.universe.versions(package)
        return order.index(candidate) < order.index(installed)

    def status(self, version: int) -> str:
        """Return what `list` shows in brackets behind a version, or nothing."""
        package = self.universe.package(version)
        installed = self.installed(package)
        if version == installed:
            return f"installed{self._installed_how(package, version)}"
        if self.is_upgradable(package) and version == self.candidate(package):
            return f"upgradable from: {self.version(installed)}"
        return "residual-config" if package in self.state.residual else ""

    def _installed_how(self, package: int, version: int) -> str:
        if self.is_upgradable(package):
            return f",upgradable to: {self.version(self.candidate(package))}"
        if not self.universe.is_downloadable(version):
            return ",local"
        if package in self.garbage:
            return ",auto-removable"
        return ",automatic" if package in self.state.automatic else ""

    @property
    def garbage(self) -> set[int]:
        """The installed packages that nothing needs."""
        if self._garbage is None:
            from foretell.apt.solver3.sweep import find_garbage
            from foretell.apt.system.planned import Planned

            planned = Planned(dict(self.state.installed), set(self.state.automatic))
            self._garbage = find_garbage(self.state, planned)
        return self._garbage


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
