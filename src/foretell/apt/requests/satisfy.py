"""How does apt put a wish for relations, not for packages, to its solver?

``apt satisfy`` and ``apt build-dep`` invent a package that has the wished relations, ask for its
installation and forget it afterwards; here it is called a stand-in.  What the stand-ins depend on
directly becomes manual, except for ``build-dep`` with ``APT::Get::Build-Dep-Automatic``.
Recommendations count for ``satisfy`` and never for ``build-dep``.  Sources: apt-get(8) satisfy,
build-dep and source; names, order of relations and the choice of the source package were found by
asking apt.
"""

from __future__ import annotations

from foretell.apt.model import ARCHITECTURE_ALL, DEPENDS
from foretell.apt.packages.source_index import find_sources, newest
from foretell.apt.packages.stanza import parse_members
from foretell.apt.requests.notes import Note
from foretell.apt.syntax.relation import (
    RULE,
    group_text,
    parse_relations,
    resolve_native,
    select_members,
)
from foretell.apt.system.policy import matches_release
from foretell.apt.system.state import INSTALL
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import InputError, MissingError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.packages.source_index import SourceRecord
    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.syntax.relation import Member
    from foretell.apt.system.planned import Planned
    from foretell.apt.system.policy import PackageFile
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

    Groups = list[list[Member]]

__all__ = ["apply_build_dep", "apply_satisfy", "forget_stand_ins"]

_STAND_IN_VERSION = b"1"
_NEGATIVE = "Conflicts:"
_UNMODELLED = ("APT::Get::AutomaticRemove", "APT::Get::Only-Upgrade")


def apply_satisfy(state: State, world: World, words: Sequence[str]) -> list[Note]:
    """Ask for what the relations in ``words`` need; those after ``Conflicts:`` must not hold.

    Raises `UsageError` for what is no relation.
    """
    wish = _Wish(state, world)
    if not words:
        raise UsageError("nothing-asked", "no relations to satisfy are given")
    depends: Groups = []
    conflicts: Groups = []
    for word in words:
        target = conflicts if word.startswith(_NEGATIVE) else depends
        target += _parse_word(word)
    wish.add(b"satisfy:command-line", depends, conflicts)
    return []


def _parse_word(word: str) -> Groups:
    """Return the or-groups of one word of ``satisfy``; raises `UsageError`."""
    text = word.removeprefix(_NEGATIVE).encode("utf-8", "surrogateescape")
    try:
        groups = parse_relations(text, obsolete=False)
        for group in groups:
            parse_members(group_text(group))
    except InputError as error:
        raise UsageError(error.code, error.message, rule=error.rule, hint=error.hint) from None
    if not groups:
        raise UsageError("bad-relation", f"{word!r} holds no relation", rule=RULE)
    return groups


def apply_build_dep(state: State, world: World, words: Sequence[str]) -> list[Note]:
    """Ask for what building the source packages of ``words`` needs, and for build-essential.

    Raises `UsageError` for a source package that is not found, `InputError` for a stanza that
    cannot be read, `MissingError` without Sources lists and `Unmodelled` for local sources.
    """
    if not words:
        raise UsageError("nothing-asked", "no source package is named")
    for word in words:
        if word.startswith(("/", "./", "../")) or word.endswith(".dsc"):
            raise Unmodelled("build dependencies of local source packages")
    if not world.source_lists:
        raise MissingError(
            "no-source-lists",
            "no list of source packages has been downloaded",
            rule="sources.list(5): a deb-src entry, or deb-src among the Types",
            hint="add deb-src entries to the sources and run apt update",
        )
    wish = _Wish(state, world)
    state.install_recommends = False
    chosen, notes = _choose_sources(state, world, words)
    configuration = _configuration(world)
    only_indep = configuration.find_bool("APT::Get::Indep-Only")
    only_arch = configuration.find_bool("APT::Get::Arch-Only")
    is_manual = not configuration.find_bool("APT::Get::Build-Dep-Automatic")
    for name, record in chosen.items():
        depends = record.depends(indep=not only_arch, arch=not only_indep)
        conflicts = record.conflicts(indep=not only_arch, arch=not only_indep)
        if not wish.add(b"builddeps:" + name, depends, conflicts, is_manual=is_manual):
            notes.append(Note("text", -1, text=f"{_text(name)} has no build depends."))
    essential: Groups = []
    for word in configuration.find_list("APT::Build-Essential"):
        essential += _parse_word(word)
    wish.add(b"builddeps:essentials", essential, [], is_manual=is_manual)
    return notes


def _configuration(world: World) -> Configuration:
    assert world.configuration is not None
    return world.configuration


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


class _SourceWord:
    """What one word of ``build-dep`` means: a source package, and which of its versions.

    The word is ``name``, ``src:name``, ``name:architecture``, ``name=version`` or
    ``name/release``; a binary package's name means the source of the version that is meant.
    """

    def __init__(self, state: State, world: World, word: str) -> None:
        text = word.encode("utf-8", "surrogateescape")
        name, _, release = text.partition(b"/")
        name, _, version = name.partition(b"=")
        self.word = word
        self.asked = name.removeprefix(b"src:")
        self.is_source = self.asked != name or _configuration(world).find_bool(
            "APT::Get::Only-Source"
        )
        self.version = version
        self.release = "" if version else _text(release) or world.target_release
        self.source, _, architecture = self.asked.partition(b":")
        binary = -1 if self.is_source else self._binary(state, world)
        if architecture and (
            binary < 0
            or architecture != state.universe.native
            or state.universe.meta(binary) & ARCHITECTURE_ALL
        ):
            raise UsageError("unknown-source", f"Unable to find a source package for {word}")

    def _binary(self, state: State, world: World) -> int:
        """Take over the source of the binary version that is meant; return that, or -1."""
        universe = state.universe
        package = universe.find(self.source)
        versions = universe.versions(package) if package >= 0 else []
        for version in versions:
            if universe.version_string(version) == self.version or (
                self.release and _is_from(world, universe.files(version), self.release)
            ):
                self.source, self.version = universe.source(version)
                return version
        candidate = state.policy_candidate(package) if versions else -1
        if candidate >= 0:
            self.source, version_of_source = universe.source(candidate)
            if not self.version and version_of_source != universe.version_string(candidate):
                self.version = version_of_source
        return candidate

    def choose(
        self, records: Sequence[SourceRecord], files: dict[str, PackageFile]
    ) -> SourceRecord:
        """Return the newest record that is meant; raises `UsageError` when there is none."""
        fitting = list(records)
        if self.is_source:
            fitting = [record for record in fitting if record.name == self.source]
        if self.version:
            fitting = [record for record in fitting if record.version == self.version]
        if self.release:
            fitting = [
                record
                for record in fitting
                if record.path in files and matches_release(self.release, files[record.path])
            ]
        found = newest(fitting)
        if found is None:
            message = f"Unable to find a source package for {self.word}"
            if records and self.version:
                wanted = f"version '{_text(self.version)}' of package '{_text(self.asked)}'"
                message = f"Can not find {wanted}; {message}"
            raise UsageError("unknown-source", message)
        return found

    def notes(self, record: SourceRecord) -> list[Note]:
        """Return what apt says about its choice."""
        found = []
        if self.source != self.asked.partition(b":")[0]:
            found.append(
                f"Picking '{_text(self.source)}' as source package instead of '{_text(self.asked)}'"
            )
        if self.release:
            version, name = _text(record.version), _text(self.source)
            found.append(f"Selected version '{version}' ({self.release}) for {name}")
        return [Note("text", -1, text=text) for text in found]


def _is_from(world: World, numbers: Sequence[int], release: str) -> bool:
    return any(matches_release(release, world.files[number]) for number in numbers)


def _source_files(world: World) -> dict[str, PackageFile]:
    """Return what releases can be told by of each Sources list."""
    from foretell.apt.sources import sources
    from foretell.apt.sources.release import read_release
    from foretell.apt.system.policy import package_file

    configuration = _configuration(world)
    folder = configuration.find_path("Dir::State::lists")
    found = {}
    for source in sources.read_sources(configuration):
        path = sources.release_file(source, folder)
        if source.type != "deb-src" or path is None:
            continue
        release = read_release(path)
        for list_path, component, _ in sources.index_files(source, folder, []):
            found[list_path] = package_file(
                release,
                site=sources.site(source.uri),
                component=component,
                architecture="source",
            )
    return found


def _choose_sources(
    state: State, world: World, words: Sequence[str]
) -> tuple[dict[bytes, SourceRecord], list[Note]]:
    """Return the stanza of each source package that is meant, the first of each name."""
    asked = [_SourceWord(state, world, word) for word in words]
    records = find_sources(world.source_lists, [word.source for word in asked])
    files = _source_files(world) if any(word.release for word in asked) else {}
    chosen: dict[bytes, SourceRecord] = {}
    notes: list[Note] = []
    for word in asked:
        record = word.choose(records.get(word.source, ()), files)
        notes += word.notes(record)
        chosen.setdefault(word.source, record)
    return chosen, notes


class _Wish:
    """Put stand-ins into a state: packages that have the wished relations and nothing else."""

    def __init__(self, state: State, world: World) -> None:
        configuration = _configuration(world)
        host = configuration.find("APT::Get::Host-Architecture")
        if host and host != world.native:
            raise Unmodelled("building for another architecture than one's own")
        for name in _UNMODELLED:
            if configuration.find_bool(name):
                raise Unmodelled(f"{name} with satisfy or build-dep")
        self.state = state
        self.native = world.native
        self.profiles = frozenset(configuration.find_list("APT::Build-Profiles"))

    def add(
        self, name: bytes, depends: Groups, conflicts: Groups, *, is_manual: bool = True
    ) -> bool:
        """Ask for a stand-in with these relations; say whether any counts here.

        With ``is_manual`` what it depends on becomes manual.
        """
        fields = {b"package": name, b"version": _STAND_IN_VERSION}
        for field, groups in ((b"depends", depends), (b"conflicts", conflicts)):
            kept = select_members(groups, self.native, self.profiles)
            resolve_native(kept, self.native)
            texts = [group_text(group) for group in kept]
            if texts:
                fields[field] = b", ".join(texts)
        if len(fields) == 2:
            return False
        state, universe = self.state, self.state.universe
        package = universe.add_package(name, universe.native)
        state.chosen[package] = universe.add_version(package, fields)
        state.protected.add(package)
        state.mode[package] = INSTALL
        state.stand_ins[package] = is_manual
        return True


def forget_stand_ins(state: State, planned: Planned) -> None:
    """Take the stand-ins out of a solved plan; what they depend on directly becomes manual.

    apt writes no marks when nothing else changes, so then none change.
    """
    universe, versions = state.universe, planned.versions
    wanted = [(package, versions.pop(package, -1)) for package in state.stand_ins]
    if versions == state.installed:
        return
    for package, version in wanted:
        if version < 0 or not state.stand_ins[package]:
            continue
        for group in universe.relations(version):
            if universe.group_type(group) != DEPENDS:
                continue
            for target, operator, text in universe.members(group):
                planned.automatic.difference_update(
                    _planned_providers(state, versions, target, operator, text)
                )


def _planned_providers(
    state: State, versions: dict[int, int], target: int, operator: int, text: bytes
) -> list[int]:
    """Return the planned packages that fulfil one alternative."""
    universe = state.universe
    found = [target] if target in versions else []
    if found and not universe.fitting([versions[target]], operator, text):
        found = []
    providers = universe.fitting_providers(universe.provides(target), operator, text)
    for version in providers:
        package = universe.package(version)
        if versions.get(package) == version:
            found.append(package)
    return found
