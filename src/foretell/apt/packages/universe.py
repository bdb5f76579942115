"""Which packages, versions and relations exist, seen as apt's cache sees them?

The archive's index is read where it is asked; what is installed is laid over it.  A version that is
the same in both is one; the others get numbers above the archive's, as do packages that only a
relation names.  Relations are parsed when a question reaches them.
"""

from __future__ import annotations

from _operator import eq, ge, gt, le, lt, ne  # operator's Python takes long to load

from foretell.apt.model import (
    ARCHITECTURE_ALL,
    MULTI_ARCH_ALLOWED,
    MULTI_ARCH_FOREIGN,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    NOT_OFFERED,
    PROVIDES,
    REPLACES,
)
from foretell.apt.packages.stanza import (
    Facts,
    has_relations,
    mention_of,
    pack_facts,
    parse_members,
    split_source,
    version_meta,
)
from foretell.apt.syntax.version import sort_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foretell.apt.packages.binaries import Binaries
    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.settled import Settled

    Member = tuple[int, int, bytes]
_EQUAL = frozenset((0, 1, 2, 5))  # operators that a version fulfils for itself
__all__ = ["HASH_TABLE_SIZE", "Universe"]

HASH_TABLE_SIZE = 196613  # APT::Cache-HashTableSize: packages are walked bucket by bucket
# By operator number: does a version with the left key fulfil a relation with the right key?
HOLDS = (lambda _a, _b: True, le, ge, lt, gt, eq, ne)


class Universe:
    """The archive and what is installed, by number.

    Packages and versions below ``n_packages`` and ``n_versions`` are the archive's.  Or-groups
    are numbered as they are met.
    """

    is_multi_arch = False
    dates_provisions = True  # see the rule ``undated_provisions`` of `profiles`

    def __init__(
        self, archive: Archive, native: str, find_settled: Callable[[], Settled] | None = None
    ) -> None:
        self.archive = archive
        self.native = native.encode()
        self.architectures = [self.native]
        self.n_packages = archive.n_packages
        self.n_versions = archive.n_versions
        self.installed: dict[int, int] = {}  # package -> version
        self.more_packages: list[tuple[bytes, bytes]] = []
        # Package, version, packed facts and reduced stanza of each version above the archive's.
        self._more_versions: list[tuple[int, bytes, int, bytes]] = []
        self._more_by_name: dict[tuple[bytes, bytes], int] = {}
        self._more_groups: dict[bytes, list[int]] = {}
        self._more_vlist: dict[int, list[int]] = {}
        self._more_provides: dict[int, list[tuple[int, bytes]]] = {}
        self._provided: dict[int, list[tuple[int, bytes]]] = {}
        self._names: dict[int, bytes] = {}
        self._versions: dict[int, bytes] = {}
        self._keys: dict[bytes, bytes] = {}
        self._targets: dict[bytes, int] = {}
        self._lines: dict[int, list[bytes]] = {}
        self._relations: dict[int, list[int]] = {}
        self._group_numbers: tuple[dict[bytes, int], ...] = tuple({} for _ in range(PROVIDES + 1))
        self.group_types: list[int] = []
        self.group_texts: list[bytes] = []
        self._members: list[list[Member] | None] = []
        self._sources: dict[int, tuple[bytes, bytes]] = {}
        self._binaries: Binaries | None = None
        self._phantoms = archive.phantoms()
        self._find_settled = find_settled
        self._settled: Settled | None = None
        self.altered: set[bytes] = set()  # names whose versions or providers are not the archive's

    @property
    def settled(self) -> Settled:
        """What the archive's relations come to by themselves, for solvers: read when asked for."""
        if self._settled is None:
            from foretell.apt.packages.settled import Settled

            self._settled = (self._find_settled or Settled)()
        return self._settled

    @property
    def binaries(self) -> Binaries:
        """The archive's binary versions by their sources, for solvers."""
        if self._binaries is None:
            from foretell.apt.packages.binaries import Binaries

            self._binaries = Binaries(self)
        return self._binaries

    # -- names -----------------------------------------------------------------------------

    def name(self, package: int) -> bytes:
        """Return the package's name."""
        if package >= self.n_packages:
            return self.more_packages[package - self.n_packages][0]
        found = self._names.get(package)
        if found is None:
            found = self._names[package] = self.archive.name(package)
        return found

    def architecture(self, package: int) -> bytes:
        """Return the package's architecture; arch:all packages are of the native one."""
        if package < self.n_packages:
            return self.native
        return self.more_packages[package - self.n_packages][1]

    def full_name(self, package: int) -> str:
        """Return the name as apt shows it, with the architecture unless it is the native one."""
        name = self.name(package).decode("utf-8", "surrogateescape")
        architecture = self.architecture(package)
        if architecture in {self.native, b"any"}:  # the name of name:any has it already
            return name
        return f"{name}:{architecture.decode('ascii', 'replace')}"

    def architecture_rank(self, package: int) -> int:
        """Return the place of the package's architecture among those configured."""
        return int(self.architecture(package) != self.native)

    def package_architecture(self, fields: dict[bytes, bytes]) -> bytes:
        """Return the architecture of the package that a stanza is about: the only one."""
        del fields
        return self.native

    def find(self, name: bytes, architecture: bytes | None = None) -> int:
        """Return the package of this name and architecture (default: native), or -1."""
        if architecture is None or architecture == self.native:
            package = self.archive.find(name)
            if package >= 0:
                return package
        return self._more_by_name.get((name, architecture or self.native), -1)

    def find_mentioned(self, name: bytes, architecture: bytes | None = None) -> int:
        """Return the package of this name even if it is merely provided, or -1."""
        if architecture not in {None, self.native}:
            return -1
        package = self.find(name)
        if package < 0 and (self.archive.providers(name) or self._is_mentioned(name)):
            package = self.add_package(name, self.native)
        return package

    def configured(self, name: bytes) -> list[int]:
        """Return the packages of a name whose architecture is configured, native first."""
        package = self.find_mentioned(name)
        return [package] if package >= 0 else []

    def _is_mentioned(self, name: bytes) -> bool:
        """Say whether any relation names ``name``, which makes apt know a package of it."""
        if not name:
            return False
        pattern = mention_of(name)
        if pattern.search(self.archive.fact_blob) is not None:
            return True
        more = range(self.n_versions, self.version_count())
        return any(pattern.search(line) for v in more for line in self.relation_lines(v))

    def group(self, package: int) -> list[int]:
        """Return all packages of the package's name."""
        return self.named(self.name(package))

    def named(self, name: bytes) -> list[int]:
        """Return all packages of a name."""
        own = self.archive.find(name)
        found = [own] if own >= 0 else []
        return found + self._more_groups.get(name, [])

    def iteration_key(self, package: int) -> tuple[int, int, bytes, int]:
        """Return the sort key of apt's package iteration order."""
        name = self.name(package)
        value = 5381
        for byte in name.lower():
            value = (value * 33 + byte) & 0xFFFFFFFF
        return (value % HASH_TABLE_SIZE, len(name), name, package)

    # -- versions --------------------------------------------------------------------------

    def versions(self, package: int) -> list[int]:
        """Return the package's versions, highest first."""
        more = self._more_vlist.get(package)
        if more is not None:
            return more
        if package >= self.n_packages:
            return []
        archive = self.archive
        starts = archive.pkg_vstart
        return archive.pkg_vlist[starts[package] : starts[package + 1]].tolist()

    def package(self, version: int) -> int:
        """Return the package of a version."""
        if version < self.n_versions:
            return self.archive.ver_pkg[version]
        return self._more_versions[version - self.n_versions][0]

    def facts(self, version: int) -> Facts:
        """Return what the stanza of a version says."""
        if version < self.n_versions:
            return Facts(self.archive.facts(version))
        return Facts(self._more_versions[version - self.n_versions][3])

    def package_count(self) -> int:
        """Return one more than the highest package number."""
        return self.n_packages + len(self.more_packages)

    def version_count(self) -> int:
        """Return one more than the highest version number."""
        return self.n_versions + len(self._more_versions)

    def essential(self) -> list[int]:
        """Return the packages with an Essential or Important version."""
        return self.archive.essential.tolist()

    def version_string(self, version: int) -> bytes:
        """Return the version string."""
        found = self._versions.get(version)
        if found is None:
            if version < self.n_versions:
                found = self.archive.version_string(version)
            else:
                found = self._more_versions[version - self.n_versions][1]
            self._versions[version] = found
        return found

    def meta(self, version: int) -> int:
        """Return the packed facts of a version (see `foretell.apt.model`)."""
        if version < self.n_versions:
            return self.archive.ver_meta[version]
        return self._more_versions[version - self.n_versions][2]

    def stanza(self, version: int) -> tuple[int, int, int]:
        """Return the list's number, the offset and the length of an archive version's stanza."""
        archive = self.archive
        return archive.ver_file[version], archive.ver_off[version], archive.ver_len[version]

    def files(self, version: int) -> list[int]:
        """Return the numbers of the lists that offer a version, in their order."""
        if version >= self.n_versions:
            return []
        return [self.archive.ver_file[stanza] for stanza in self.stanzas(version)]

    def stanzas(self, version: int) -> list[int]:
        """Return the numbers of the stanzas that are the same version of the archive."""
        following = self.archive.ver_next
        found = []
        while 0 <= version < self.n_versions:
            found.append(version)
            version = following[version] - 1
        return found

    def is_downloadable(self, version: int) -> bool:
        """Say whether some list file offers the version."""
        return version < self.n_versions and not self.meta(version) & NOT_OFFERED

    # -- sources ---------------------------------------------------------------------------

    def source(self, version: int) -> tuple[bytes, bytes]:
        """Return name and version of the source package."""
        found = self._sources.get(version)
        if found is None:
            if version < self.n_versions:
                given = self.archive.source_field(version)
            else:
                given = self.facts(version).source
            name = given or self.name(self.package(version))
            found = self._sources[version] = split_source(name, self.version_string(version))
        return found

    def source_version_key(self, version: int) -> bytes:
        """Return the sort key of the source package's version."""
        return self.text_key(self.source(version)[1])

    def version_key(self, version: int) -> bytes:
        """Return the sort key of the version string."""
        return self.text_key(self.version_string(version))

    def text_key(self, version: bytes) -> bytes:
        """Return the sort key of a version given as text."""
        key = self._keys.get(version)
        if key is None:
            key = self._keys[version] = sort_key(version)
        return key

    # -- relations -------------------------------------------------------------------------

    def relations(self, version: int) -> list[int]:
        """Return the or-groups of a version in the order in which apt walks them.

        Provides is kept apart; a Replaces is repeated as often as `copies` says.
        """
        found = self._relations.get(version)
        if found is None:
            found = self._relations[version] = []
            for kind, line in enumerate(self.relation_lines(version)[:PROVIDES]):
                for number in self.line_groups(kind, line):
                    found.append(number)
                    if kind == REPLACES and self._phantoms:
                        found += [number] * (self.copies(self.group_texts[number]) - 1)
        return found

    def relation_lines(self, version: int) -> list[bytes]:
        """Return the relation fields of a version by relation type."""
        found = self._lines.get(version)
        if found is None:
            found = self._lines[version] = self.facts(version).relations
        return found

    def line_groups(self, kind: int, line: bytes) -> list[int]:
        """Return the numbers of the or-groups of a relation field."""
        if not line:
            return []
        numbers = self._group_numbers[kind]
        found = []
        for text in line.split(b", "):
            number = numbers.get(text)
            found.append(self.add_group(kind, text) if number is None else number)
        return found

    def groups(self, version: int, kind: int) -> list[int]:
        """Return the or-groups of one relation type of a version."""
        return self.line_groups(kind, self.relation_lines(version)[kind])

    def copies(self, replaces: bytes) -> int:
        """Return how many records apt makes of a Replaces field.

        A name that relations also qualify with a foreign architecture has several packages in
        apt's cache, and each gets its own copy of every Replaces on the name.  Copies of
        Conflicts and Breaks say nothing, because those packages have no versions.
        """
        if not replaces:
            return 0
        count = replaces.count(b",") + 1
        if self._phantoms:
            for text in replaces.split(b", "):
                count += self._phantoms.get(text.split(b" ", 1)[0], 0)
        return count

    def add_group(self, kind: int, text: bytes) -> int:
        """Return the number of an or-group of this type and text."""
        numbers = self._group_numbers[kind]
        number = numbers.get(text)
        if number is None:
            number = numbers[text] = len(self.group_texts)
            self.group_types.append(kind)
            self.group_texts.append(text)
            self._members.append(None)
        return number

    def group_type(self, group: int) -> int:
        """Return the relation type of an or-group."""
        return self.group_types[group]

    def group_text(self, group: int) -> bytes:
        """Return the or-group as it was written."""
        return self.group_texts[group]

    def is_implicit(self, group: int) -> bool:
        """Say whether the or-group is one that Multi-Arch implies: never, with one architecture."""
        return group < 0

    def may_clash(self, group: int, version: int, target: int, other: int) -> bool:
        """Say whether a negative or-group of ``version`` on ``target`` may mean another package.

        A package never clashes with itself, nor with what its own name provides; what Multi-Arch
        implies is about packages of that name only, and a ``Multi-Arch: same`` version says nothing
        else about them.
        """
        package = self.package(version)
        if self.name(other) != self.name(package):
            return not self.is_implicit(group)
        if other == package or other != target:
            return False
        is_same = self.meta(version) & MULTI_ARCH_MASK == MULTI_ARCH_SAME
        return self.is_implicit(group) or not is_same

    def clashing(self, group: int, version: int, own: list[int], providing: list[int]) -> list[int]:
        """Return what a negative or-group of ``version`` hits.

        Of the target's ``own`` versions that fulfil it and of those that do by ``providing`` it.
        """
        target = self.members(group)[0][0]
        found = own if self.may_clash(group, version, target, target) else []
        if providing and not self.is_implicit(group):
            name = self.name(self.package(version))
            found = found + [v for v in providing if self.name(self.package(v)) != name]
        return found

    def members(self, group: int) -> list[Member]:
        """Return (target package, operator, version) of each alternative, in order.

        Raises `InputError` when the or-group breaks the syntax.
        """
        found = self._members[group]
        if found is None:
            found = self._members[group] = [
                (self._target(name, qualifier), number, version)
                for name, qualifier, number, version in parse_members(self.group_texts[group])
            ]
        return found

    def _target(self, name: bytes, qualifier: bytes) -> int:
        """Return the package a relation names, creating what apt would create."""
        if qualifier:
            return self._qualified_target(name, qualifier)
        package = self._targets.get(name)
        if package is None:
            package = self._targets[name] = self.add_package(name, self.native)
        return package

    def _qualified_target(self, name: bytes, qualifier: bytes) -> int:
        """Return the virtual package ``name:architecture`` with what provides it."""
        full = b"%b:%b" % (name, self.native if qualifier == b"native" else qualifier)
        package = self._targets.get(full)
        if package is not None:
            return package
        package = self._targets[full] = self.add_package(full, b"any")
        plain = self.find_mentioned(name)
        versions = self.versions(plain) if plain >= 0 else []
        provided = [(v, self.version_string(v)) for v in versions]
        if qualifier == b"any":
            for version in self.archive.providers(name) if plain >= 0 else ():
                given = self._provisions(version, name, keeps_own=True)
                provided += [(version, text) for text in given]
            provided = [
                row for row in provided if self.meta(row[0]) & MULTI_ARCH_MASK == MULTI_ARCH_ALLOWED
            ]
        elif qualifier in {self.native, b"native"}:
            provided += self.provides(plain) if plain >= 0 else []
        else:
            provided = []
        self._more_provides[package] = sorted(provided, key=lambda row: row[0], reverse=True)
        return package

    def provides(self, package: int) -> list[tuple[int, bytes]]:
        """Return (providing version, provided version or empty), last parsed first."""
        found = self._provided.get(package)
        if found is None:
            name, _, qualifier = self.name(package).partition(b":")
            if qualifier:
                self._qualified_target(name, qualifier)
            found = self._provided[package] = list(self._more_provides.get(package, ()))
            if self.architecture(package) == self.native:
                for version in self.archive.providers(name):
                    found += [(version, given) for given in self._provisions(version, name)]
        return found

    def says_provides(self, version: int, name: bytes) -> bool:
        """Say whether the Provides field of a provider has ``name``: Multi-Arch implies others."""
        del version, name
        return True

    def _provisions(self, version: int, name: bytes, *, keeps_own: bool = False) -> list[bytes]:
        """Return the versions (or empty) as which ``version`` provides ``name``, last one first.

        A package says nothing by providing its own name, unless in another version; apt records
        that of Multi-Arch: foreign packages all the same, and for ``name:any`` (``keeps_own``).
        """
        own = self.version_string(version)
        is_plain = self.meta(version) & MULTI_ARCH_MASK != MULTI_ARCH_FOREIGN
        is_self = is_plain and not keeps_own and self.name(self.package(version)) == name
        found = []
        for text in self.relation_lines(version)[PROVIDES].split(b", "):
            if not text.startswith(name):
                continue
            for target, qualifier, _, given in parse_members(text):
                if target != name or qualifier not in {b"", b"any", self.native}:
                    continue
                if not (is_self and given in {b"", own}):
                    found.append(given)
        return found[::-1]

    def holds(self, version: int, operator: int, wanted: bytes) -> bool:
        """Say whether a version fulfils a relation."""
        text = self.version_string(version)
        if text == wanted:
            return operator in _EQUAL
        return HOLDS[operator](self.text_key(text), self.text_key(wanted))

    def fitting(self, versions: list[int], operator: int, wanted: bytes) -> list[int]:
        """Return those of ``versions`` that fulfil a relation."""
        if not operator:
            return versions
        return [v for v in versions if self.holds(v, operator, wanted)]

    def fitting_providers(
        self, provided: list[tuple[int, bytes]], operator: int, wanted: bytes
    ) -> list[int]:
        """Return the providing versions that fulfil a relation.

        An unversioned provision fulfils no bound.
        """
        if not operator:
            return [owner for owner, _ in provided]
        key, holds = self.text_key(wanted), HOLDS[operator]
        return [owner for owner, given in provided if given and holds(self.text_key(given), key)]

    def fulfilling(
        self, present: Mapping[int, int], target: int, operator: int, wanted: bytes
    ) -> list[int]:
        """Return those of the versions ``present`` (by package) that fulfil a relation, each once.

        The target's own version comes first, then those that provide it.
        """
        own = present.get(target)
        found = []
        if own is not None and (not operator or self.holds(own, operator, wanted)):
            found.append(own)
        provided = [
            row for row in self.provides(target) if present.get(self.package(row[0])) == row[0]
        ]
        if provided:
            found += self.fitting_providers(provided, operator, wanted)
            found = list(dict.fromkeys(found))
        return found

    # -- what the status file adds -----------------------------------------------------------

    def add_package(self, name: bytes, architecture: bytes) -> int:
        """Return the package of this name and architecture, created if need be."""
        package = self.find(name, architecture)
        if package < 0:
            package = self.n_packages + len(self.more_packages)
            self.more_packages.append((name, architecture))
            self._more_by_name[name, architecture] = package
            self._more_groups.setdefault(name, []).append(package)
        return package

    def add_installed(self, fields: dict[bytes, bytes]) -> int:
        """Add an installed version from its stanza; return the package."""
        package = self.add_package(fields[b"package"], self.native)
        text = fields[b"version"]
        for version in self.versions(package):
            if self.version_string(version) == text and self.is_same(version, fields):
                self.installed[package] = version
                return package
        self.installed[package] = self.add_version(package, fields)
        return package

    def add_version(self, package: int, fields: dict[bytes, bytes]) -> int:
        """Add a version that the archive does not have, parsed after it; return its number."""
        number = self._append_version(package, fields)
        self._provided.clear()
        for text in filter(None, self.relation_lines(number)[PROVIDES].split(b", ")):
            for name, qualifier, _, given in parse_members(text):
                target = self._target(name, qualifier)
                if target != package or (given and given != fields[b"version"]):
                    self._more_provides.setdefault(target, []).insert(0, (number, given))
                    self.altered.add(name)
        return number

    def _append_version(self, package: int, fields: dict[bytes, bytes]) -> int:
        """Number a new version and put it into its package's list."""
        number = self.version_count()
        row = (package, fields[b"version"], version_meta(fields), pack_facts(fields))
        self._more_versions.append(row)
        self._insert(package, number)
        return number

    def _insert(self, package: int, number: int) -> None:
        """Put a version into its package's list, below an equal one of the archive."""
        versions = self.versions(package)
        key = self.version_key(number)
        at = 0
        while at < len(versions) and self.version_key(versions[at]) >= key:
            at += 1
        self._more_vlist[package] = [*versions[:at], number, *versions[at:]]
        self.altered.add(self.name(package))

    def is_same(self, version: int, fields: dict[bytes, bytes]) -> bool:
        """Say whether an installed stanza is the archive's version, as apt's version hash does."""
        if version >= self.n_versions:
            return False
        size = int(b" ".join(fields.get(b"installed-size", b"").split()) or 0)
        if self.facts(version).installed_size != size:
            return False
        if (self.meta(version) ^ version_meta(fields)) & (ARCHITECTURE_ALL | MULTI_ARCH_MASK):
            return False
        return has_relations(fields, self.relation_lines(version))
