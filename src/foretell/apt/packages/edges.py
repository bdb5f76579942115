"""Which relations does a version have, and which versions have relations on a package?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    PROVIDES,
    RELATION_FIELDS,
)
from foretell.apt.packages.births import SPREADING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from foretell.apt.packages.universe import Member, Universe

    Row: TypeAlias = tuple[int, int, int, Member, bool]  # what a `Relation` is made of

__all__ = ["FIELDS", "NEGATIVE", "Relation", "is_spread", "providers_of", "relations_of"]

NEGATIVE = frozenset((CONFLICTS, BREAKS))
# Relation types as apt spells them.
FIELDS = tuple(field.decode().replace("-", "") for field in RELATION_FIELDS)
_SIGNS = ("", "<=", ">=", "<<", ">>", "=", "!=")  # by operator


class Relation(NamedTuple):
    """One alternative of an or-group (``group``, of type ``kind``) of a version."""

    version: int
    kind: int
    group: int
    member: Member
    is_followed: bool = False  # by another alternative

    @property
    def target(self) -> int:
        """The package that it names."""
        return self.member[0]

    @property
    def bound(self) -> str:
        """The versions that it wants, ``>= 2.41``, or nothing."""
        _, operator, wanted = self.member
        text = wanted.decode("utf-8", "surrogateescape")
        return f"{_SIGNS[operator]} {text}" if operator else ""

    @property
    def field(self) -> str:
        """The relation type."""
        return FIELDS[self.kind]


def relations_of(universe: Universe, version: int) -> Iterator[Relation]:
    """Yield the relations of a version in apt's order, without what Multi-Arch implies."""
    types = universe.group_types
    for group in _walk(universe, version):
        kind, members = types[group], universe.members(group)
        if universe.is_implicit(group) or is_spread(universe, version, kind, members[0][0]):
            continue
        for number, member in enumerate(members, 1):
            if kind in SPREADING and universe.name(member[0]).endswith(b":any"):
                continue  # apt counts it among what Multi-Arch implies
            yield Relation(version, kind, group, member, number < len(members))


def _walk(universe: Universe, version: int) -> list[int]:
    """Return the or-groups of a version; with one architecture without the copies of Replaces."""
    if universe.is_multi_arch:
        return universe.relations(version)
    return [group for kind in range(PROVIDES) for group in universe.groups(version, kind)]


def is_spread(universe: Universe, version: int, kind: int, target: int) -> bool:
    """Say whether a relation only means a package because its name means all architectures.

    apt counts that as implied by Multi-Arch and shows it of the version's own architecture alone.
    """
    if not universe.is_multi_arch or kind not in SPREADING:
        return False
    own = universe.architecture(universe.package(version))
    return universe.architecture(target) not in {own, b"any"}


def providers_of(universe: Universe, relation: Relation) -> list[int]:
    """Return the packages whose newest version provides what a relation wants.

    The more important ones come last, others by name; one that provides it twice, in two versions
    that both fit, is there twice.
    """
    target, operator, wanted = relation.member
    fitting = universe.fitting_providers(universe.provides(target), operator, wanted)
    if relation.kind in NEGATIVE:
        fitting = [
            v
            for v in fitting
            if universe.may_clash(relation.group, relation.version, target, universe.package(v))
        ]
    found = [
        owner
        for owner in fitting
        if universe.package(owner) != target
        and universe.versions(universe.package(owner))[0] == owner
    ]

    def place(owner: int) -> tuple[int, bytes]:
        priority = universe.meta(owner) >> PRIORITY_SHIFT & PRIORITY_MASK
        return -priority, universe.name(universe.package(owner))

    return [universe.package(owner) for owner in sorted(found, key=place)]
