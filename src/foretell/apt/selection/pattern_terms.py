"""Which packages or versions has each term of apt-patterns(7) that has no pattern in it?

What the page leaves open follows experiments with apt 3.0.3:

- ``?installed`` is about versions; the other states are about packages, however narrowed;
- ``?obsolete`` is what is installed when no list has any version of it;
- ``?automatic`` counts marks of what is not installed as well;
- ``?phasing`` asks of installed packages whether their candidate waits;
- ``?security`` looks at a version and then at older ones, until one is of a security archive or
  installed; the latter does not count;
- ``?priority`` is any of the known ones, whatever its case, and extra for what is none of them;
- expressions match in any case; a fact that is missing matches nothing, not even an empty one.
"""

from __future__ import annotations

from foretell.apt.model import ESSENTIAL, PRIORITIES, PRIORITY_MASK, PRIORITY_SHIFT
from foretell.apt.packages.stanza import split_source
from foretell.apt.selection.columns import field_lines, source_fields, texts
from foretell.apt.solver3.broken import broken_packages
from foretell.apt.syntax.architectures import is_meant
from foretell.apt.system.phasing import SECURITY_SUFFIX
from foretell.apt.system.policy import STATUS_FILE
from foretell.apt.system.preferences import compile_glob, compile_pattern
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from foretell.apt.selection.pattern_match import Package, PatternMatcher
    from foretell.apt.system.policy import PackageFile

    Matches = Callable[[str], bool]

__all__ = ["PACKAGE_TERMS", "VERSION_TERMS"]


# -- packages ------------------------------------------------------------------------------


def _name(matcher: PatternMatcher, word: str) -> AbstractSet[Package]:
    return _named(matcher, _expression(word))


def _name_glob(matcher: PatternMatcher, word: str) -> AbstractSet[Package]:
    return _named(matcher, compile_glob(word))


def _exact_name(matcher: PatternMatcher, word: str) -> AbstractSet[Package]:
    return _named(matcher, word.__eq__)


def _named(matcher: PatternMatcher, matches: Matches) -> AbstractSet[Package]:
    universe, archive = matcher.universe, matcher.universe.archive
    found: set[Package] = set()
    rest: Iterable[Package] = matcher.everyone()
    if not universe.is_multi_arch:  # names in the index have architectures there
        names = texts(archive.name_blob, archive.name_start)
        found.update(package for package, name in enumerate(names) if matches(name))
        rest = (p for p in rest if not isinstance(p, int) or p >= universe.n_packages)
    found.update(package for package in rest if matches(_text(matcher.name(package))))
    return found


def _architecture(matcher: PatternMatcher, word: str) -> AbstractSet[Package]:
    verdicts: dict[bytes, bool] = {}
    found = set()
    for package in matcher.everyone():
        architecture = matcher.architecture(package)
        if architecture not in verdicts:
            verdicts[architecture] = is_meant(_text(architecture), word)
        if verdicts[architecture]:
            found.add(package)
    return found


def _automatic(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    universe = matcher.universe
    found = set()
    for name, architecture in matcher.world.automatic:
        own = universe.native if architecture in {"", "all"} else architecture.encode()
        package = universe.find(name.encode("utf-8", "surrogateescape"), own)
        if package >= 0 and universe.versions(package):
            found.add(package)
    return found


def _broken(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    return broken_packages(matcher.state)


def _config_files(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    return frozenset(matcher.state.residual)


def _essential(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    universe = matcher.universe
    suspects = {*universe.essential(), *range(universe.n_packages, universe.package_count())}
    suspects.update(universe.installed)
    return {p for p in suspects if any(universe.meta(v) & ESSENTIAL for v in universe.versions(p))}


def _garbage(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    return matcher.catalogue.garbage if matcher.knows_garbage else frozenset()


def _obsolete(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    universe = matcher.universe
    return {
        package
        for package in matcher.state.installed
        if not any(map(universe.files, universe.versions(package)))
    }


def _phasing(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    state = matcher.state
    if state.phasing is None:
        raise Unmodelled("?phasing without the settings of a system")
    candidates = {package: state.policy_candidate(package) for package in state.installed}
    return {p for p, version in candidates.items() if version >= 0 and _waits(matcher, version)}


def _waits(matcher: PatternMatcher, version: int) -> bool:
    phasing = matcher.state.phasing
    return phasing is not None and phasing.is_deferred(version)


def _upgradable(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    return set(filter(matcher.catalogue.is_upgradable, matcher.state.installed))


def _virtual(matcher: PatternMatcher, _: str) -> AbstractSet[Package]:
    return matcher.everyone() - matcher.owners(matcher.all_versions())


# -- versions ------------------------------------------------------------------------------


def _installed(matcher: PatternMatcher, _: str) -> AbstractSet[int]:
    return frozenset(matcher.state.installed.values())


def _version(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    return _fitting(matcher, _version_texts(matcher), word)


def _source_version(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    rows = zip(_sources(matcher), _version_texts(matcher), strict=True)
    return _fitting(matcher, (source[1] or own for source, own in rows), word)


def _source_package(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    return _fitting(matcher, (name for name, _ in _sources(matcher)), word)


def _section(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    universe = matcher.universe
    rows = [""] * universe.version_count()
    for version, line in field_lines(universe.archive, b"Section"):
        rows[version] = _text(line)
    for version in range(universe.n_versions, universe.version_count()):
        rows[version] = _text(universe.facts(version).section)
    return _fitting(matcher, rows, word)


def _priority(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    universe = matcher.universe
    wanted = PRIORITIES.get(word.encode("utf-8", "surrogateescape"))
    if wanted is None:
        return frozenset()
    metas = universe.archive.ver_meta.tolist()
    found = set()
    for version in matcher.all_versions():
        meta = metas[version] if version < universe.n_versions else universe.meta(version)
        if meta >> PRIORITY_SHIFT & PRIORITY_MASK == wanted:
            found.add(version)
    return found


def _archive(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    matches = _expression(word)
    return _of_files(matcher, lambda file: file.archive is not None and matches(file.archive))


def _codename(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    matches = _expression(word)
    return _of_files(matcher, lambda file: file.codename is not None and matches(file.codename))


def _origin(matcher: PatternMatcher, word: str) -> AbstractSet[int]:
    matches = _expression(word)
    return _of_files(matcher, lambda file: file.origin is not None and matches(file.origin))


def _security(matcher: PatternMatcher, _: str) -> AbstractSet[int]:
    secure = _of_files(matcher, lambda file: (file.archive or "").endswith(SECURITY_SUFFIX))
    installed = matcher.state.installed
    found = set()
    for package in matcher.owners(secure):
        assert isinstance(package, int)
        is_secure = False
        for version in reversed(matcher.universe.versions(package)):
            if version == installed.get(package):
                is_secure = False
                continue
            is_secure = is_secure or version in secure
            if is_secure:
                found.add(version)
    return found


# -- facts of many versions ----------------------------------------------------------------


def _fitting(matcher: PatternMatcher, values: Iterable[str], word: str) -> AbstractSet[int]:
    """Return the versions with a value that an expression matches; empty ones are missing."""
    matches = _expression(word)
    verdicts: dict[str, bool] = {"": False}
    found = set()
    for version, value in enumerate(values):
        verdict = verdicts.get(value)
        if verdict is None:
            verdict = verdicts[value] = matches(value)
        if verdict:
            found.add(version)
    return found & matcher.all_versions()


def _version_texts(matcher: PatternMatcher) -> list[str]:
    universe, archive = matcher.universe, matcher.universe.archive
    more = range(universe.n_versions, universe.version_count())
    found = texts(archive.ver_blob, archive.ver_start)
    return found + [_text(universe.version_string(version)) for version in more]


def _sources(matcher: PatternMatcher) -> Iterator[tuple[str, str]]:
    """Yield name and version of each version's source; the version is empty if it is its own."""
    universe = matcher.universe
    fields = list(source_fields(universe.archive))
    more = range(universe.n_versions, universe.version_count())
    fields += [universe.facts(version).source for version in more]
    for version, field in enumerate(fields):
        if field:
            name, given = split_source(field, b"")
            yield _text(name), _text(given)
        else:
            yield _text(universe.name(universe.package(version))), ""


def _of_files(
    matcher: PatternMatcher, is_wanted: Callable[[PackageFile], bool]
) -> AbstractSet[int]:
    """Return the versions that a list has of which something holds."""
    archive = matcher.universe.archive
    wanted = [is_wanted(file) for file in matcher.world.files]
    first = list(range(archive.n_versions))  # the version that each stanza is about
    found = set()
    rows = zip(archive.ver_file.tolist(), archive.ver_next.tolist(), strict=True)
    for version, (file, following) in enumerate(rows):
        if following:
            first[following - 1] = first[version]
        if wanted[file]:
            found.add(first[version])
    if is_wanted(STATUS_FILE):
        found.update(matcher.state.installed.values())
        found.update(matcher.state.leftovers.values())
    return found


def _expression(word: str) -> Matches:
    found = compile_pattern(f"/{word}/")
    if not found.is_valid:
        raise UsageError(
            "bad-expression",
            f"Regex compilation error - {word!r} is no regular expression (regex(7))",
        )
    return found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


PACKAGE_TERMS: dict[str, Callable[[PatternMatcher, str], AbstractSet[Package]]] = {
    "architecture": _architecture,
    "automatic": _automatic,
    "broken": _broken,
    "config-files": _config_files,
    "essential": _essential,
    "exact-name": _exact_name,
    "garbage": _garbage,
    "name": _name,
    "obsolete": _obsolete,
    "phasing": _phasing,
    "upgradable": _upgradable,
    "virtual": _virtual,
    "x-name-fnmatch": _name_glob,
}
VERSION_TERMS: dict[str, Callable[[PatternMatcher, str], AbstractSet[int]]] = {
    "archive": _archive,
    "codename": _codename,
    "installed": _installed,
    "origin": _origin,
    "priority": _priority,
    "section": _section,
    "security": _security,
    "source-package": _source_package,
    "source-version": _source_version,
    "version": _version,
}
