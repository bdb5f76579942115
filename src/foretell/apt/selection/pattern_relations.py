"""Which versions have a relation on packages, and on which packages do versions have one?

apt-patterns(7), "package relationship patterns".  As experiments with apt 3.0.3 show, a relation
is on the package that it names, whichever versions it wants and whoever provides it.  What apt
adds to Conflicts, Breaks and Replaces for other architectures is left out, and so are those on
``name:any``.
"""

from __future__ import annotations

import re

from foretell.apt.model import RELATION_FIELDS
from foretell.apt.packages.births import SPREADING
from foretell.apt.selection.columns import field_lines
from foretell.apt.selection.patterns import OBSOLETES, RELATIONS
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
        self._named: dict[bytes, list[Package]] | None = None

    def owners(self, relation: str, pattern: Pattern) -> AbstractSet[int]:
        """Return the versions that have a relation on a package that a pattern selects."""
        packages = self._matcher.packages(pattern)
        if relation == OBSOLETES or not packages:
            return frozenset()
        kind = self._kind(relation)
        wanted = frozenset(
            self._matcher.name(package) for package in packages if self._is_natural(package)
        )
        verdicts: dict[bytes, bool] = {}
        found = set()
        may_name = _any_of(wanted)
        for version, line in self._lines(kind):
            if may_name is not None and may_name(line) is None:
                continue
            for text in line.split(b", "):
                verdict = verdicts.get(text)
                if verdict is None:
                    verdict = verdicts[text] = not wanted.isdisjoint(self._targets(kind, text))
                if verdict:
                    found.add(version)
                    break
        return found

    def targets(self, relation: str, pattern: Pattern) -> AbstractSet[Package]:
        """Return the packages on which the versions that a pattern selects have a relation."""
        versions = self._matcher.versions(pattern)
        if relation == OBSOLETES or not versions:
            return frozenset()
        kind = self._kind(relation)
        texts: set[bytes] = set()
        if len(versions) > _FEW:
            for version, line in self._lines(kind):
                if version in versions:
                    texts.update(line.split(b", "))
        else:
            for version in versions:
                texts.update(self.universe.relation_lines(version)[kind].split(b", "))
        named = self._by_name()
        found: set[Package] = set()
        for name in {name for text in texts for name in self._targets(kind, text)}:
            found.update(named.get(name, ()))
        return found

    def _kind(self, relation: str) -> int:
        if self.universe.is_multi_arch:
            raise Unmodelled(f"?{relation} with foreign architectures")
        return RELATIONS.index(relation)

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

    def _is_natural(self, package: Package) -> bool:
        """Say whether relations name a package by its name alone."""
        return self._matcher.architecture(package) in {self.universe.native, _ANY}

    def _by_name(self) -> dict[bytes, list[Package]]:
        """Return the packages that relations mean by a name."""
        if self._named is None:
            self._named = {}
            for package in filter(self._is_natural, self._matcher.everyone()):
                self._named.setdefault(self._matcher.name(package), []).append(package)
        return self._named


def _any_of(names: AbstractSet[bytes]) -> Callable[[bytes], object] | None:
    """Return a quick test whether a text may have one of a few names; None for many."""
    if len(names) > _FEW_NAMES:
        return None
    return re.compile(b"|".join(map(re.escape, sorted(names)))).search
