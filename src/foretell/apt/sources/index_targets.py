"""Which files would ``apt update`` fetch for these sources, and under which conditions?

A target is one index file of one source, with the options that decide how it is fetched and
whether it is trusted; a release is what stands above the targets of one URI and suite.  The
table of targets is ``Acquire::IndexTargets`` of apt.conf(5).  What is not written there follows
experiments with ``apt-get indextargets`` of apt 3.0.3: which options of one repository
contradict each other, and that an option named like a target works in the one-line form only.
Pdiffs and the fields of the Release file do not matter here.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.sources.sources import escape_suite
from foretell.apt.syntax.configuration import parse_bool
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

__all__ = [
    "Target",
    "index_targets",
    "release_path",
    "release_settings",
    "signed_by_words",
    "target_identifiers",
]

_SCOPE = "Acquire::IndexTargets"
# What apt 3.0 fetches without any setting: type -> name -> key of the file, in flat archives.
_BUILT_IN: dict[str, dict[str, tuple[str, str]]] = {
    "deb": {
        "Packages": ("$(COMPONENT)/binary-$(ARCHITECTURE)/Packages", "Packages"),
        "Translations": ("$(COMPONENT)/i18n/Translation-$(LANGUAGE)", "$(LANGUAGE)"),
    },
    "deb-src": {"Sources": ("$(COMPONENT)/source/Sources", "Sources")},
}
# Options of a whole repository; a difference is an error in any order, or only where a source
# with the option comes before one without, or only where both name another value.
_EITHER_ORDER = (
    "trusted", "check-valid-until", "check-date", "allow-insecure", "allow-weak",
    "allow-downgrade-to-insecure", "inrelease-path",
)  # fmt: skip
_FIRST_SET = ("valid-until-min", "valid-until-max", "date-max-future")
_YES_IF_SET = frozenset(("allow-insecure", "allow-weak", "allow-downgrade-to-insecure"))
_YES_OR_NO = frozenset(("trusted", "check-valid-until", "check-date"))
_PER_TARGET = ("by-hash", "pdiffs")
_OF_RELEASE = (*_EITHER_ORDER, *_FIRST_SET, "snapshot", "include", "exclude")


class Target(NamedTuple):
    """One file: its URI without the suffix of a compression, and what applies to it.

    ``created_by`` names the target's table (``Packages``), or is ``Release``.  ``settings`` are
    pairs of a field's name and its value, sorted.
    ``release`` is the URI of the suite's folder.
    """

    uri: str
    release: str
    created_by: str
    component: str
    architecture: str
    language: str
    settings: tuple[tuple[str, str], ...]

    @property
    def signed_by(self) -> str:
        """The keys that must have signed it, as Signed-By names them; "" for any trusted key."""
        return dict(self.settings).get("signed-by", "")

    def without_signed_by(self) -> Target:
        """Return the same target, signed by whom ever."""
        return self._replace(settings=tuple(p for p in self.settings if p[0] != "signed-by"))


def index_targets(
    sources: Iterable[Source],
    configuration: Configuration,
    *,
    architectures: Sequence[str],
    languages: Sequence[str] = ("en",),
) -> tuple[Target, ...]:
    """Return every file that apt would fetch, each once, in the order of the sources.

    ``languages`` are those of the user, used where ``Acquire::Languages`` says ``environment``
    or nothing.  Raises `InputError` naming the source whose options contradict those of an
    earlier one of the same repository.
    """
    groups: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        groups.setdefault((source.uri, source.suite), []).append(source)
    wanted_languages = _languages(configuration, languages)
    tables = {kind: _tables(configuration, kind) for kind in _BUILT_IN}
    found: dict[tuple[str, str], Target] = {}
    for group in groups.values():
        release = release_settings(group)
        for target in _release_targets(group[0], release):
            found.setdefault((target.uri, target.created_by), target)
        for source in group:
            for target in _source_targets(
                source, tables[source.type], release, architectures, wanted_languages
            ):
                found.setdefault((target.uri, target.created_by), target)
    return tuple(found.values())


def signed_by_words(value: str) -> str:
    """Return a Signed-By value in one spelling: its words, or the key block's lines.

    >>> signed_by_words("/a.gpg, /b.gpg"), signed_by_words("/a.gpg\\n /b.gpg")
    ('/a.gpg,/b.gpg', '/a.gpg,/b.gpg')
    """
    if value.lstrip().startswith("-----BEGIN"):
        return "\n".join(line.strip() for line in value.strip().split("\n"))
    return ",".join(value.replace(",", " ").split())


def release_path(source: Source) -> str:
    """Return the URI below which all files of a source's suite are."""
    suite = escape_suite(source.suite)
    if suite.endswith("/"):
        return source.uri + ("" if suite == "/" else suite)
    return f"{source.uri}dists/{suite}/"


def target_identifiers(configuration: Configuration) -> frozenset[str]:
    """Return the names by which a one-line option switches a target."""
    return frozenset(
        name
        for kind in _BUILT_IN
        for table in _tables(configuration, kind)
        for name in (table.name, table.identifier)
    )


class _Table(NamedTuple):
    """One scope below ``Acquire::IndexTargets``."""

    name: str
    identifier: str
    key: str
    flat_key: str
    is_default: bool


def _tables(configuration: Configuration, kind: str) -> list[_Table]:
    """Return the configured targets of one type of source."""
    built_in = _BUILT_IN[kind]
    names = list(dict.fromkeys((*built_in, *configuration.children(f"{_SCOPE}::{kind}"))))
    tables = []
    for name in names:
        scope = f"{_SCOPE}::{kind}::{name}"
        key, flat = built_in.get(name, ("", ""))
        key = configuration.find(f"{scope}::MetaKey", key)
        flat = configuration.find(f"{scope}::flatMetaKey", flat)
        tables.append(
            _Table(
                name,
                configuration.find(f"{scope}::Identifier", name),
                key,
                flat,
                configuration.find_bool(f"{scope}::DefaultEnabled", True),
            )
        )
    return tables


def _languages(configuration: Configuration, own: Sequence[str]) -> list[str]:
    """Return the languages of ``Acquire::Languages``; what stands after "none" is kept, not got."""
    names = [name for name in configuration.find_list("Acquire::Languages") if name]
    if not names:
        names = ["environment", "en"]
    found: list[str] = []
    for name in names:
        if name == "none":
            break
        found += own if name == "environment" else [name]
    return list(dict.fromkeys(found))


def _release_targets(source: Source, settings: Mapping[str, str]) -> Iterator[Target]:
    """Yield the file that says what the suite holds."""
    name = settings.get("inrelease-path", "InRelease")
    pairs = tuple(sorted(settings.items()))
    base = release_path(source)
    yield Target(base + name, base, "Release", "", "", "", pairs)


def _source_targets(
    source: Source,
    tables: Iterable[_Table],
    release: Mapping[str, str],
    architectures: Sequence[str],
    languages: Sequence[str],
) -> Iterator[Target]:
    """Yield the index files of one source."""
    is_flat = source.suite.endswith("/")
    wanted = source.option_words("architectures", architectures)
    own_languages = [name for name in source.option_words("languages", languages) if name != "none"]
    own = {name: _plain(name, source) for name in _PER_TARGET if name in source.options}
    settings = tuple(sorted({**release, **own}.items()))
    base = release_path(source)
    chosen = list(_chosen(source, tables))
    folders = list(dict.fromkeys((*wanted, "all")))
    for component in source.components or ("",):
        for table in chosen:
            key = table.flat_key if is_flat else table.key
            for architecture in folders if "$(ARCHITECTURE)" in key else [""]:
                for language in own_languages if "$(LANGUAGE)" in key else [""]:
                    name = key.replace("$(COMPONENT)", component)
                    name = name.replace("$(ARCHITECTURE)", architecture)
                    name = name.replace("$(LANGUAGE)", language)
                    what = (table.name, component, architecture, language)
                    if name:
                        yield Target(base + name, base, *what, settings)


def _chosen(source: Source, tables: Iterable[_Table]) -> Iterator[_Table]:
    """Yield the targets that a source's options leave."""
    tables = list(tables)
    wanted = source.option_words("targets", [t.name for t in tables if t.is_default])
    for table in tables:
        switch = source.other.get(table.identifier)
        if parse_bool(switch, default=False) if switch is not None else table.name in wanted:
            yield table


def release_settings(group: Sequence[Source]) -> dict[str, str]:
    """Return what the sources of one repository say about it together.

    Raises `InputError` where they contradict each other.
    """
    settings: dict[str, str] = {}
    givers: dict[str, Source] = {}
    for source in group:
        for name in (*_OF_RELEASE, "signed-by"):
            value = _plain(name, source)
            before, now = _meant(name, settings.get(name, "")), _meant(name, value)
            if source is not group[0] and before != now:
                is_both = name == "signed-by" and before and now
                if name in _EITHER_ORDER or (name in _FIRST_SET and before) or is_both:
                    raise _conflict(name, givers.get(name, group[0]), source)
            if value:
                settings[name] = value
                givers.setdefault(name, source)
    return settings


def _meant(name: str, value: str) -> str:
    """Return a value as it is compared: 0 is no number, and letters of fingerprints are alike."""
    if name in _FIRST_SET and value.isdecimal() and len(value) < 19:
        return str(int(value) or "")
    if name == "signed-by" and "\n" not in value:
        return ",".join(it if it.startswith("/") else it.upper() for it in value.split(","))
    return value


def _plain(name: str, source: Source) -> str:
    """Return an option's value in one spelling; "" where it says nothing."""
    words = source.options.get(name, ())
    value = " ".join(words)
    if not value:
        return ""
    if name == "signed-by":
        return signed_by_words(value)
    if name in _YES_IF_SET:
        return "yes" if parse_bool(value) else ""
    if name in _YES_OR_NO:
        return "yes" if parse_bool(value) else "no"
    return value


def _conflict(name: str, first: Source, second: Source) -> InputError:
    return InputError(
        "conflicting-options",
        f"{name} differs from that of the same repository in {first.path}:{first.line}",
        path=second.path,
        line=second.line,
        rule="one URI and suite has one value of each such option (sources.list(5))",
        hint="apt refuses these sources: give both entries the same options",
    )
