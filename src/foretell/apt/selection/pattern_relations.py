"""Which versions have a relation on packages, and on which packages do versions have one?

apt-patterns(7), "package relationship patterns".  As experiments with apt 3.0.3 show, a relation
is on the package that it names, whichever versions it wants and whoever provides it: one of the
architecture of the version that has it.  What apt adds to Conflicts, Breaks and Replaces for other
architectures is left out, and so are those on ``name:any``.
"""

from __future__ import annotations

import re

from foretell.apt.model import RELATION_FIELDS
from foretell.apt.packages.births import SPREADING
from foretell.apt.selection.columns import field_lines
from foretell.apt.selection.patterns import OBSOLETES, RELATIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from foretell.apt.selection.pattern_match import Package, PatternMatcher
    from foretell.apt.selection.patterns import Pattern

__all__ = ["PatternRelations"]

_TARGET = re.compile(rb"(?:^|\|)\s*([^\s|(,<>=!\[]+)")
_NATIVE = b":native"
QUALIFIED_ANY = b":any"
_ANY = b"any"
_FEW = 2000  # versions that are rather asked one by one
_FEW_NAMES = 20  # that are rather searched for


class PatternRelations:
    """The relations of all versions, seen from both ends."""

    def __init__(self, matcher: PatternMatcher) -> None:
        self._matcher = matcher
        self.universe = matcher.universe
        self._named: dict[tuple[bytes, bytes], list[Package]] | None = None

    def owners(self, relation: str, pattern: Pattern) -> AbstractSet[int]:
        """Return the versions that have a relation on a package that a pattern selects."""
        packages = self._matcher.packages(pattern)
        if relation == OBSOLETES or not packages:
            return frozenset()
        kind = RELATIONS.index(relation)
        by_architecture: dict[bytes, set[bytes]] = {}
        for package in packages:
            for architecture in self._named_by(package):
                by_architecture.setdefault(architecture, set()).add(self._matcher.name(package))
        verdicts: dict[tuple[bytes, bytes], bool] = {}
        found = set()
        may_name = _any_of(frozenset[bytes]().union(*by_architecture.values()))
        for version, line in self._lines(kind):
            if may_name is not None and may_name(line) is None:
                continue
            architecture = self._architecture(version)
            wanted: AbstractSet[bytes] = by_architecture.get(architecture, set())
            for text in line.split(b", "):
                verdict = verdicts.get((architecture, text))
                if verdict is None:
                    verdict = not wanted.isdisjoint(self._targets(kind, text))
                    verdicts[architecture, text] = verdict
                if verdict:
                    found.add(version)
                    break
        return found

    def targets(self, relation: str, pattern: Pattern) -> AbstractSet[Package]:
        """Return the packages on which the versions that a pattern selects have a relation."""
        versions = self._matcher.versions(pattern)
        if relation == OBSOLETES or not versions:
            return frozenset()
        kind = RELATIONS.index(relation)
        texts: set[tuple[bytes, bytes]] = set()
        if len(versions) > _FEW:
            rows = (row for row in self._lines(kind) if row[0] in versions)
        else:
            rows = ((v, self.universe.relation_lines(v)[kind]) for v in versions)
        for version, line in rows:
            architecture = self._architecture(version)
            texts.update((architecture, text) for text in line.split(b", "))
        named = self._by_name()
        found: set[Package] = set()
        for architecture, name in {(a, n) for a, text in texts for n in self._targets(kind, text)}:
            found.update(named.get((architecture, name), ()))
        return found

    def _architecture(self, version: int) -> bytes:
        """Return the architecture of which a version's relations mean packages."""
        universe = self.universe
        return universe.architecture(universe.package(version))

    def _lines(self, kind: int) -> Iterator[tuple[int, bytes]]:
        """Yield the versions that have relations of a type, and their field."""
        universe, everything = self.universe, self._matcher.all_versions()
        for version, line in field_lines(universe.archive, RELATION_FIELDS[kind]):
            if version in everything:
                yield version, line
        for version in range(universe.n_versions, universe.version_count()):
            line = universe.relation_lines(version)[kind]
            if line:
                yield version, line

    def _targets(self, kind: int, text: bytes) -> Iterator[bytes]:
        """Yield the names in an or-group, with their architectures."""
        for name in _TARGET.findall(text):
            if kind in SPREADING and name.endswith(QUALIFIED_ANY):
                continue
            if name.endswith(_NATIVE):
                yield name[: -len(_NATIVE)] + b":" + self.universe.native
            else:
                yield name

    def _named_by(self, package: Package) -> Sequence[bytes]:
        """Return the architectures whose versions mean a package by its name alone."""
        architecture = self._matcher.architecture(package)
        return self.universe.architectures if architecture == _ANY else (architecture,)

    def _by_name(self) -> dict[tuple[bytes, bytes], list[Package]]:
        """Return the packages that relations mean by a name, by the relation's architecture."""
        if self._named is None:
            self._named = {}
            for package in self._matcher.everyone():
                for architecture in self._named_by(package):
                    key = architecture, self._matcher.name(package)
                    self._named.setdefault(key, []).append(package)
        return self._named


def _any_of(names: AbstractSet[bytes]) -> Callable[[bytes], object] | None:
    """Return a quick test whether a text may have one of a few names; None for many."""
    if len(names) > _FEW_NAMES:
        return None
    return re.compile(b"|".join(map(re.escape, sorted(names)))).search
