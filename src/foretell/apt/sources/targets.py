"""Which index files does apt want of a suite, and under which names does it keep them?

Packages, Sources and Translation files, as apt.conf(5) ``Acquire::IndexTargets`` has them by
default.  What decides whether one is fetched follows experiments with apt 3.0: it is looked for
in the Release file by its plain name, so an archive that lists only compressed files has none.
"""

from __future__ import annotations

from foretell.apt.sources.index_targets import release_settings
from foretell.apt.sources.release_checks import STRONG
from foretell.apt.sources.sources import escape_suite, index_file_name, list_file_name
from foretell.apt.syntax.configuration import parse_bool
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from foretell.apt.sources.release import Release
    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

__all__ = [
    "Candidate",
    "Suite",
    "Target",
    "group_suites",
    "languages",
    "plain_uri",
    "plan_target",
    "targets_of",
    "uses_by_hash",
]

# Extension of each kind of file, in apt's order of preference.
KINDS = {
    "xz": ".xz",
    "bz2": ".bz2",
    "lzma": ".lzma",
    "gz": ".gz",
    "lz4": ".lz4",
    "zst": ".zst",
    "uncompressed": "",
}
LANGUAGES_MAX = 64
_UNSUPPORTED = ("inrelease-path", "snapshot")


class Target:
    """One index file: its name in the Release file, its name among the lists, what it is of."""

    __slots__ = ("architecture", "component", "key", "kind", "list_name")

    def __init__(
        self, kind: str, key: str, list_name: str, component: str, architecture: str
    ) -> None:
        self.kind = kind
        self.key = key
        self.list_name = list_name
        self.component = component
        self.architecture = architecture

    def __repr__(self) -> str:
        return f"<Target {self.key}>"


class Candidate:
    """One form in which a target can be fetched, with what the Release file says of it."""

    __slots__ = ("digest", "extension", "name", "size")

    def __init__(self, name: str, extension: str, size: int, digest: tuple[str, str]) -> None:
        self.name = name
        self.extension = extension
        self.size = size
        self.digest = digest


class Suite:
    """All sources of one URI and suite, which share a Release file."""

    __slots__ = ("sources", "suite", "uri")

    def __init__(self, uri: str, suite: str) -> None:
        self.uri = uri
        self.suite = suite
        self.sources: list[Source] = []

    @property
    def base(self) -> str:
        """The URI below which Release and the index files are."""
        suite = escape_suite(self.suite)
        if not suite.endswith("/"):
            return f"{self.uri}dists/{suite}/"
        return self.uri + suite.removeprefix("./").lstrip("/")

    @property
    def title(self) -> str:
        """URI and suite without a password, as sources.list(5) writes them."""
        return f"{plain_uri(self.uri)} {self.suite}"

    def option(self, field: str) -> str:
        """Return the first value that a source of the suite gives for an option."""
        for source in self.sources:
            words = source.options.get(field)
            if words:
                return " ".join(words)
        return ""


def plain_uri(uri: str) -> str:
    """Return a URI without user and password.

    >>> plain_uri("https://me:secret@a.example.org/debian/")
    'https://a.example.org/debian/'
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def group_suites(sources: Iterable[Source]) -> list[Suite]:
    """Return the suites of the sources, in the order of their first source.

    Raises `InputError` when the sources of a suite contradict each other, as apt 3.0 sees it.
    """
    found: dict[tuple[str, str], Suite] = {}
    for source in sources:
        name = (source.uri, source.suite)
        _check_support(source)
        found.setdefault(name, Suite(*name)).sources.append(source)
    for suite in found.values():
        release_settings(suite.sources)
    return list(found.values())


def _check_support(source: Source) -> None:
    for field in _UNSUPPORTED:
        value = " ".join(source.options.get(field, ()))
        if value and value.lower() not in {"no", "false", "disable"}:
            raise InputError(
                "unsupported-option",
                f"option {field} is not supported",
                path=source.path,
                line=source.line,
            )


def languages(configuration: Configuration, environment: Mapping[str, str]) -> list[str]:
    """Return the languages of wanted translations (``Acquire::Languages``, apt.conf(5))."""
    wanted = configuration.find_list("Acquire::Languages")
    single = configuration.find("Acquire::Languages")
    wanted = wanted or [word for word in single.split(",") if word] or ["environment", "en"]
    found: list[str] = []
    for word in wanted[:LANGUAGES_MAX]:
        if word == "none":
            break
        if word == "environment":
            found += _environment_languages(environment)
        else:
            found.append(word)
    return list(dict.fromkeys(found))


def _environment_languages(environment: Mapping[str, str]) -> list[str]:
    """Return the long and the short code of LC_MESSAGES' language; English for C."""
    value = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)),
        "",
    )
    code = value.partition(".")[0].partition("@")[0]
    if not code or code in {"C", "POSIX"}:
        return ["en"]
    if not code.replace("_", "").isalpha():
        return []
    short = code.partition("_")[0]
    return [code, short] if short != code else [code]


def targets_of(
    suite: Suite, architectures: Sequence[str], wanted_languages: Sequence[str]
) -> list[Target]:
    """Return all index files that the sources of a suite could have, in apt's order."""
    found: dict[str, Target] = {}
    for source in suite.sources:
        names = [
            f"Translation-{word}" for word in source.option_words("languages", wanted_languages)
        ]
        wanted = source.option_words("architectures", architectures)
        for target in _source_targets(source, list(dict.fromkeys((*wanted, "all"))), names):
            if _is_wanted(source, target):
                found.setdefault(target.key, target)
    return list(found.values())


def _source_targets(
    source: Source, architectures: list[str], translations: list[str]
) -> list[Target]:
    uri, suite = source.uri, source.suite
    is_flat = suite.endswith("/")
    found: list[Target] = []
    for component in source.components or ("",):
        below = "" if is_flat else f"{component}/"
        if source.type == "deb-src":
            name = list_file_name(uri, suite, component, "source")
            key = "Sources" if is_flat else f"{below}source/Sources"
            found.append(Target("Sources", key, name, component, "source"))
            continue
        for architecture in ("",) if is_flat else architectures:
            name = list_file_name(uri, suite, component, architecture or "binary")
            key = "Packages" if is_flat else f"{below}binary-{architecture}/Packages"
            found.append(Target("Packages", key, name, component, architecture))
        for translation in translations:
            # a flat archive has them beside its Packages, by the bare code
            key = (
                translation.removeprefix("Translation-")
                if is_flat
                else f"{below}i18n/{translation}"
            )
            name = index_file_name(uri, suite, key)
            found.append(Target("Translations", key, name, component, ""))
    return found


def _is_wanted(source: Source, target: Target) -> bool:
    """Say whether the Targets option of a source leaves a target in."""
    return target.kind in source.option_words("targets", ("Packages", "Sources", "Translations"))


def plan_target(
    target: Target, release: Release, configuration: Configuration
) -> tuple[list[Candidate], str]:
    """Return the forms in which to fetch a target, the best first, and else why there is none.

    The reason is empty when nobody misses the target.
    """
    tables = {name: release.hashes(name) for name in STRONG}
    plain = next((table[target.key] for table in tables.values() if target.key in table), None)
    if target.architecture == "all" and _has_no_all(release):
        return [], ""
    if plain is None:
        return [], _why_missing(target, release, tables)
    if plain[0] == 0:
        return [], ""
    order = configuration.find_list("Acquire::CompressionTypes::Order")
    found: list[Candidate] = []
    for kind in dict.fromkeys((*order, *KINDS)):
        extension = KINDS.get(kind)
        if extension is None:
            continue
        for algorithm, table in tables.items():
            entry = table.get(target.key + extension)
            if entry is not None:
                size, digest = entry
                found.append(
                    Candidate(target.key + extension, extension, size, (algorithm, digest))
                )
                break
    return found, ""


def _has_no_all(release: Release) -> bool:
    return "Packages" in release.no_support_for_all or "all" not in release.architectures


def _why_missing(
    target: Target, release: Release, tables: Mapping[str, Mapping[str, object]]
) -> str:
    if target.kind == "Translations" or target.architecture == "all":
        return ""
    if (
        target.component
        and release.components
        and target.component
        not in {
            *release.components,
            *(name.rpartition("/")[2] for name in release.components),
        }
    ):
        return f"has no component {target.component!r} (is it misspelt?)"
    architecture = target.architecture
    if architecture not in {"", "source"} and architecture not in release.architectures:
        return f"does not support architecture {architecture!r}"
    packed = [
        target.key + extension
        for extension in KINDS.values()
        if any(target.key + extension in table for table in tables.values())
    ]
    if packed:
        return f"lists {packed[0]} without {target.key}: apt takes nothing then"
    return f"has no {target.key}"


def uses_by_hash(suite: Suite, release: Release, configuration: Configuration) -> bool:
    """Say whether index files are fetched by their checksum (Acquire-By-Hash)."""
    value = suite.option("by-hash") or configuration.find("Acquire::By-Hash", "yes")
    if value == "force":
        return True
    return parse_bool(value, default=True) and release.acquire_by_hash
