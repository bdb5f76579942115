"""Which relations are there on a package, in the order in which apt keeps them?

apt hangs every relation on its target when it reads a stanza: at the head of the target's list when
its version string is younger in apt's memory than that of the present head, else right behind the
head.  A string is as old as its first mention, as the version of a package, in a relation or in a
provision.  Learnt from ``apt rdepends`` of 3.0.3, for one configured architecture.
"""

from __future__ import annotations

from bisect import bisect_right

from foretell.apt.edges import Relation
from foretell.apt.model import PROVIDES
from foretell.apt.stanza import parse_members
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.universe import Universe

__all__ = ["relations_on"]

_NOBODY = (-1, 0, b"")
_NEVER = (0, 0, 0)  # the age of no version string


def relations_on(universe: Universe, package: int) -> list[Relation]:
    """Return the relations of all versions on a package, first the one that apt meets first.

    Raises `Unmodelled` where foreign architectures are configured.
    """
    if universe.is_multi_arch:
        raise Unmodelled("the order of reverse dependencies with foreign architectures")
    ages = _Ages(universe)
    found: list[Relation] = []  # the last one is the head
    for relation in _in_order(universe, package):
        if found and ages.of(relation.member[2]) <= ages.of(found[-1].member[2]):
            found.insert(-1, relation)
        else:
            found.append(relation)
    found.reverse()
    return found


def _in_order(universe: Universe, package: int) -> Iterator[Relation]:
    """Yield the relations on a package in the order in which apt reads them."""
    name = universe.name(package)
    for version in _suspects(universe, name):
        for kind, line in enumerate(universe.relation_lines(version)[:PROVIDES]):
            if name not in line:
                continue
            for text in line.split(b", "):
                if name in text:
                    group = universe.add_group(kind, text)
                    yield from _naming(universe, package, Relation(version, kind, group, _NOBODY))


def _naming(universe: Universe, package: int, relation: Relation) -> Iterator[Relation]:
    """Yield the alternatives of an or-group that name a package."""
    members = universe.members(relation.group)
    for number, member in enumerate(members, 1):
        if member[0] == package:
            yield relation._replace(member=member, is_followed=number < len(members))


def _suspects(universe: Universe, name: bytes) -> Iterator[int]:
    """Yield the versions whose stanza may name a package, each version of the archive once."""
    archive = universe.archive
    starts = archive.fact_start
    repeated = set(archive.ver_next)
    last = -1
    for at in _places(bytes(archive.fact_blob), b" " + name):
        version = bisect_right(starts, at) - 1
        if version != last and version + 1 not in repeated:
            yield version
        last = version
    yield from range(universe.n_versions, universe.version_count())


def _places(text: bytes, word: bytes) -> Iterator[int]:
    """Yield where a text holds a word, first to last."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


class _Ages:
    """When did apt meet a version string first?  Ages are places in what it reads."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self._versions = bytes(universe.archive.ver_blob)
        self._facts = bytes(universe.archive.fact_blob)
        self._known: dict[bytes, tuple[int, int, int]] = {b"": _NEVER}

    def of(self, text: bytes) -> tuple[int, int, int]:
        """Return (version, field, place) of the first mention of a version string."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = min(self._first_version(text), self._first_relation(text))
        return found

    def _first_version(self, text: bytes) -> tuple[int, int, int]:
        """Return the first package version that is this string."""
        starts = self.universe.archive.ver_start
        for at in _places(self._versions, text):
            version = bisect_right(starts, at) - 1
            if starts[version] == at and starts[version + 1] == at + len(text):
                return (version, -1, 0)
        return self._first_more(text)

    def _first_more(self, text: bytes) -> tuple[int, int, int]:
        universe = self.universe
        for version in range(universe.n_versions, universe.version_count()):
            if universe.version_string(version) == text:
                return (version, -1, 0)
        return (universe.version_count(), 0, 0)

    def _first_relation(self, text: bytes) -> tuple[int, int, int]:
        """Return the first relation or provision that is about this string."""
        universe = self.universe
        starts = universe.archive.fact_start
        for at in _places(self._facts, b" " + text + b")"):
            version = bisect_right(starts, at) - 1
            found = self._place(version, text)
            if found is not None:
                return found
        for version in range(universe.n_versions, universe.version_count()):
            found = self._place(version, text)
            if found is not None:
                return found
        return (universe.version_count(), 0, 0)

    def _place(self, version: int, text: bytes) -> tuple[int, int, int] | None:
        """Return the field and the place in it where a stanza mentions a version string."""
        for kind, line in enumerate(self.universe.relation_lines(version)):
            place = 0
            for group in line.split(b", ") if line else ():
                for member in parse_members(group):
                    if member[3] == text:
                        return (version, kind, place)
                    place += 1
        return None
