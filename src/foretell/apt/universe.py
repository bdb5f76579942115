"""Which packages, versions and relations exist, seen as apt's cache sees them?

The archive's index is read where it is asked; the status file is laid over it.  A version that is
installed and the same in the archive is one version; every other installed version gets a number
above the archive's, and so do packages and or-groups that only the status file names.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import eq, ge, gt, le, lt, ne

from foretell.apt.index_build import parse_members
from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    IDENTITY_TYPES,
    MULTI_ARCH_ALLOWED,
    MULTI_ARCH_MASK,
    PROVIDES,
    RELATION_FIELDS,
    REPLACES,
)
from foretell.apt.version import sort_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.index import Archive

__all__ = ["Universe"]

# APT::Cache-HashTableSize: packages are walked bucket by bucket (spec: package iteration order).
HASH_TABLE_SIZE = 196613
_NOT_POSITIVE = frozenset((CONFLICTS, BREAKS, REPLACES))
# By operator number: does a version with the left key fulfil a relation with the right key?
HOLDS = (lambda _a, _b: True, le, ge, lt, gt, eq, ne)


class _MoreVersion:
    """A version that only the status file knows."""

    __slots__ = ("meta", "package", "relations", "section", "size", "source", "version")

    def __init__(self, package: int, version: bytes, fields: dict[bytes, bytes], meta: int) -> None:
        self.package = package
        self.version = version
        self.meta = meta
        self.section = fields.get(b"section", b"")
        self.size = int(fields.get(b"installed-size") or 0)
        name, _, given = fields.get(b"source", b"").partition(b" ")
        self.source = (name or fields[b"package"], given.strip(b" ()") or version)
        self.relations: list[int] = []


class Universe:
    """The archive and what is installed, by number.

    Packages, versions and or-groups below ``n_packages``, ``n_versions`` and ``n_groups`` are the
    archive's; those above were added by the status file.
    """

    def __init__(self, archive: Archive, native: str) -> None:
        self.archive = archive
        self.native = native.encode()
        self.n_packages = archive.n_packages
        self.n_versions = archive.n_versions
        self.n_groups = len(archive.grp_type)
        self.installed: dict[int, int] = {}  # package -> version
        self.package_of: dict[int, int] = {}  # installed version -> package
        self.more_packages: list[tuple[bytes, bytes]] = []
        self.more_versions: list[_MoreVersion] = []
        self.more_groups: list[tuple[int, list[tuple[int, int, bytes]], bytes]] = []
        self._more_by_name: dict[tuple[bytes, bytes], int] = {}
        self._more_vlist: dict[int, list[int]] = {}
        self._more_provides: dict[int, list[tuple[int, bytes]]] = {}
        self._strings: dict[int, bytes] = {}
        self._keys: dict[int, bytes] = {}
        self._group_number: dict[tuple[int, bytes], int] = {}
        self._sibling = frozenset(archive.sibling)
        self._copies: dict[tuple[int, int], int] = {}
        self._multiplied = self._find_multiplied()

    # -- names and strings -----------------------------------------------------------------

    def string(self, index: int) -> bytes:
        """Return a string of the archive's pool, remembered."""
        found = self._strings.get(index)
        if found is None:
            found = self._strings[index] = self.archive.string(index)
        return found

    def name(self, package: int) -> bytes:
        """Return the package's name."""
        if package < self.n_packages:
            return self.string(self.archive.pkg_name[package])
        return self.more_packages[package - self.n_packages][0]

    def architecture(self, package: int) -> bytes:
        """Return the package's architecture; arch:all packages are of the native one."""
        if package < self.n_packages:
            return self.string(self.archive.pkg_arch[package])
        return self.more_packages[package - self.n_packages][1]

    def find(self, name: bytes, architecture: bytes | None = None) -> int:
        """Return the package of this name and architecture (default: native), or -1."""
        wanted = architecture or self.native
        package = self.archive.find_group(name)
        while package >= 0:
            if self.string(self.archive.pkg_arch[package]) == wanted:
                return package
            package = self.archive.pkg_next[package] - 1
        return self._more_by_name.get((name, wanted), -1)

    def group(self, package: int) -> list[int]:
        """Return all packages of the package's name, in creation order."""
        if package not in self._sibling:
            return [package]
        archive = self.archive
        found = []
        at = archive.find_group(self.name(package))
        while at >= 0:
            found.append(at)
            at = archive.pkg_next[at] - 1
        return found

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
        return self.more_versions[version - self.n_versions].package

    def package_count(self) -> int:
        """Return one more than the highest package number."""
        return self.n_packages + len(self.more_packages)

    def version_count(self) -> int:
        """Return one more than the highest version number."""
        return self.n_versions + len(self.more_versions)

    def several_versions(self) -> list[int]:
        """Return the packages that have more than one version."""
        return [*self.archive.several, *(p for p, v in self._more_vlist.items() if len(v) > 1)]

    def essential(self) -> list[int]:
        """Return the packages with an Essential or Important version."""
        return self.archive.essential.tolist()

    def version_string(self, version: int) -> bytes:
        """Return the version string."""
        if version < self.n_versions:
            return self.string(self.archive.ver_str[version])
        return self.more_versions[version - self.n_versions].version

    def meta(self, version: int) -> int:
        """Return the packed facts of a version (see `foretell.apt.model`)."""
        if version < self.n_versions:
            return self.archive.ver_meta[version]
        return self.more_versions[version - self.n_versions].meta

    def section(self, version: int) -> bytes:
        """Return the Section field."""
        if version < self.n_versions:
            return self.string(self.archive.ver_sec[version])
        return self.more_versions[version - self.n_versions].section

    def stanza(self, version: int) -> tuple[int, int, int]:
        """Return the list's number, the offset and the length of an archive version's stanza."""
        archive = self.archive
        return archive.ver_file[version], archive.ver_off[version], archive.ver_len[version]

    def sizes(self, version: int) -> tuple[int, int]:
        """Return the sizes of the .deb file and of the installed files, in bytes."""
        if version < self.n_versions:
            archive = self.archive
            return archive.ver_size[version], archive.ver_isize[version] * 1024
        return 0, self.more_versions[version - self.n_versions].size * 1024

    def files(self, version: int) -> list[int]:
        """Return the numbers of the lists that offer a version, in their order."""
        if version >= self.n_versions:
            return []
        archive = self.archive
        found = []
        while version >= 0:
            found.append(archive.ver_file[version])
            version = archive.ver_next[version] - 1
        return found

    def source(self, version: int) -> tuple[bytes, bytes]:
        """Return name and version of the source package."""
        archive = self.archive
        if version < self.n_versions:
            name = self.string(archive.src_name[archive.ver_src[version]])
            return name, self.string(archive.ver_srcver[version])
        return self.more_versions[version - self.n_versions].source

    def source_versions(self, version: int) -> list[int]:
        """Return the archive's binary versions of a version's source package."""
        archive = self.archive
        if version < self.n_versions:
            source = archive.ver_src[version]
            return archive.src_vlist[
                archive.src_vstart[source] : archive.src_vstart[source + 1]
            ].tolist()
        name = self.more_versions[version - self.n_versions].source[0]
        package = archive.find_group(name)
        for candidate in self.versions(package) if package >= 0 else []:
            if candidate < self.n_versions and self.source(candidate)[0] == name:
                return self.source_versions(candidate)
        return []

    def source_version_key(self, version: int) -> bytes:
        """Return the sort key of the source package's version."""
        if version < self.n_versions:
            return self.string_key(self.archive.ver_srcver[version])
        return sort_key(self.source(version)[1].decode("utf-8", "surrogateescape"))

    def is_downloadable(self, version: int) -> bool:
        """Say whether some list file offers the version."""
        return version < self.n_versions and self.archive.ver_size[version] > 0

    def version_key(self, version: int) -> bytes:
        """Return the sort key of the version string."""
        if version < self.n_versions:
            return self.string_key(self.archive.ver_str[version])
        return sort_key(self.version_string(version).decode("utf-8", "surrogateescape"))

    def string_key(self, index: int) -> bytes:
        """Return the sort key of string ``index``, which must be a version."""
        found = self._keys.get(index)
        if found is None:
            text = self.string(index).decode("utf-8", "surrogateescape")
            found = self._keys[index] = sort_key(text)
        return found

    # -- relations -------------------------------------------------------------------------

    def relations(self, version: int) -> list[int]:
        """Return the or-groups of a version in the order in which apt walks them."""
        if version >= self.n_versions:
            return self.more_versions[version - self.n_versions].relations
        archive = self.archive
        groups = archive.rel[archive.ver_rstart[version] : archive.ver_rstart[version + 1]].tolist()
        if not self._multiplied.isdisjoint(groups):
            return self._multiply(version, groups)
        return groups

    def _multiply(self, version: int, groups: list[int]) -> list[int]:
        """Repeat unqualified Conflicts, Breaks and Replaces for each sibling of their target.

        A name that exists for several architectures has several packages.  apt records such a
        relation once for each that exists when it reads the stanza; siblings that come later
        append their copies, which count as implicit.
        """
        archive = self.archive
        now, late = [], []
        seen = archive.ver_seen[version]
        for group in groups:
            if group not in self._multiplied:
                now.append(group)
                continue
            kind, [(target, operator, wanted)] = self.group_type(group), self.members(group)
            for at, sibling in enumerate(self.group(target)):
                is_late = archive.pkg_seen[sibling] > seen and sibling != target
                number = group
                if sibling != target:
                    number = self._copy(group, kind, sibling, operator, wanted)
                if is_late:
                    late.append((archive.pkg_seen[sibling], at, number))
                else:
                    now.append(number)
        return now + [number for _, _, number in sorted(late)]

    def _copy(self, group: int, kind: int, target: int, operator: int, wanted: bytes) -> int:
        """Return the copy of an or-group for a sibling of its target."""
        number = self._copies.get((group, target))
        if number is None:
            number = self.n_groups + len(self.more_groups)
            self.more_groups.append((kind, [(target, operator, wanted)], self.group_text(group)))
            self._copies[group, target] = number
        return number

    def _find_multiplied(self) -> set[int]:
        """Return the or-groups whose target has siblings and that are not positive."""
        archive = self.archive
        if not self._sibling:
            return set()
        members = archive.mem_pkg.tolist()
        found = set()
        for package in self._sibling:
            at = -1
            try:
                while True:
                    at = members.index(package, at + 1)
                    group = bisect_right(archive.grp_mstart, at) - 1
                    if archive.grp_type[group] in _NOT_POSITIVE:
                        found.add(group)
            except ValueError:
                continue
        return found

    def is_implicit(self, group: int) -> bool:
        """Say whether the or-group is one that apt added for a sibling that came later."""
        return False

    def group_type(self, group: int) -> int:
        """Return the relation type of an or-group."""
        if group < self.n_groups:
            return self.archive.grp_type[group]
        return self.more_groups[group - self.n_groups][0]

    def members(self, group: int) -> list[tuple[int, int, bytes]]:
        """Return (target package, operator, version) of each alternative, in order."""
        if group >= self.n_groups:
            return self.more_groups[group - self.n_groups][1]
        archive = self.archive
        start, end = archive.grp_mstart[group], archive.grp_mstart[group + 1]
        return [
            (archive.mem_pkg[at], archive.mem_op[at], self.string(archive.mem_ver[at]))
            for at in range(start, end)
        ]

    def group_text(self, group: int) -> bytes:
        """Return the or-group as it was written."""
        if group >= self.n_groups:
            return self.more_groups[group - self.n_groups][2]
        archive = self.archive
        return bytes(archive.grp_blob[archive.grp_tstart[group] : archive.grp_tstart[group + 1]])

    def provides(self, package: int) -> list[tuple[int, bytes]]:
        """Return (providing version, provided version or empty), last parsed first."""
        found = list(self._more_provides.get(package, ()))
        if package < self.n_packages:
            archive = self.archive
            for at in range(archive.pkg_pstart[package], archive.pkg_pstart[package + 1]):
                given = archive.prov_ver[at]
                found.append((archive.prov_owner[at], self.string(given - 1) if given else b""))
        return found

    def fitting(self, versions: list[int], operator: int, wanted: bytes) -> list[int]:
        """Return those of ``versions`` that fulfil a relation."""
        if not operator:
            return versions
        key = self.text_key(wanted)
        version_key, holds = self.version_key, HOLDS[operator]
        return [v for v in versions if holds(version_key(v), key)]

    def fitting_providers(
        self, provided: list[tuple[int, bytes]], operator: int, wanted: bytes
    ) -> list[int]:
        """Return the providing versions that fulfil a relation; unversioned ones fulfil no bound."""
        if not operator:
            return [owner for owner, _ in provided]
        key, holds = self.text_key(wanted), HOLDS[operator]
        return [owner for owner, given in provided if given and holds(self.text_key(given), key)]

    @staticmethod
    def text_key(version: bytes) -> bytes:
        """Return the sort key of a version given as text."""
        return sort_key(version.decode("utf-8", "surrogateescape"))

    # -- what the status file adds -----------------------------------------------------------

    def add_package(self, name: bytes, architecture: bytes) -> int:
        """Return the package of this name and architecture, created if need be."""
        package = self.find(name, architecture)
        if package < 0:
            package = self.n_packages + len(self.more_packages)
            self.more_packages.append((name, architecture))
            self._more_by_name[name, architecture] = package
        return package

    def add_installed(self, fields: dict[bytes, bytes], meta: int) -> int:
        """Add an installed version from its stanza; return the package."""
        package = self.add_package(fields[b"package"], self.native)
        text = fields[b"version"]
        versions = self.versions(package)
        for version in versions:
            if self.version_string(version) == text and self._is_same(version, fields):
                self.installed[package] = version
                return package
        number = self.n_versions + len(self.more_versions)
        more = _MoreVersion(package, text, fields, meta)
        self.more_versions.append(more)
        self._insert(package, versions, number)
        self.installed[package] = number
        for kind, field in enumerate(RELATION_FIELDS):
            value = fields.get(field.lower())
            if value:
                for part in value.split(b","):
                    if part.strip():
                        more.relations.append(self.add_group(kind, b" ".join(part.split())))
        for group in more.relations:
            if self.group_type(group) == PROVIDES:
                for target, _, given in self.members(group):
                    self._more_provides.setdefault(target, []).insert(0, (number, given))
        if meta & MULTI_ARCH_MASK == MULTI_ARCH_ALLOWED:
            target = self.add_package(fields[b"package"] + b":any", b"any")
            self._more_provides.setdefault(target, []).insert(0, (number, text))
        return package

    def _insert(self, package: int, versions: list[int], number: int) -> None:
        """Put an installed version into its package's list, below an equal one of the archive."""
        key = self.version_key(number)
        at = 0
        while at < len(versions) and self.version_key(versions[at]) >= key:
            at += 1
        self._more_vlist[package] = [*versions[:at], number, *versions[at:]]

    def _is_same(self, version: int, fields: dict[bytes, bytes]) -> bool:
        """Say whether an installed stanza is the archive's version, as apt's version hash does."""
        if version >= self.n_versions:
            return False
        if self.archive.ver_isize[version] != int(fields.get(b"installed-size") or 0):
            return False
        texts: dict[int, list[bytes]] = {}
        for group in self.relations(version):
            texts.setdefault(self.group_type(group), []).append(self.group_text(group))
        return all(
            _squeeze(b",".join(texts.get(kind, ())))
            == _squeeze(fields.get(RELATION_FIELDS[kind].lower(), b""))
            for kind in IDENTITY_TYPES
        )

    def add_group(self, kind: int, text: bytes) -> int:
        """Return an or-group that the status file or a request brings."""
        number = self._group_number.get((kind, text))
        if number is None:
            number = self.n_groups + len(self.more_groups)
            members = []
            for name, qualifier, operator, version in parse_members(text):
                members.append((self._target(name, qualifier), operator, version))
            self.more_groups.append((kind, members, text))
            self._group_number[kind, text] = number
        return number

    def _target(self, name: bytes, qualifier: bytes) -> int:
        """Return the package a relation names, creating what apt would create."""
        if not qualifier:
            return self.add_package(name, self.native)
        return self.add_package(name + b":" + qualifier, b"any")


def _squeeze(text: bytes) -> bytes:
    """Drop what dpkg may rewrite in a relation: white space, case, obsolete operators."""
    text = b"".join(text.split()).lower()
    return text.replace(b"<<", b"\1").replace(b">>", b"\2").replace(b"<=", b"<").replace(
        b">=", b">"
    )
