"""Which relations does a version have, and which versions have relations on a package?"""

from __future__ import annotations

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    ESSENTIAL,
    IMPORTANT,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    PROVIDES,
    RELATION_FIELDS,
)
from foretell.apt.packages.births import SPREADING
from foretell.apt.packages.introsort import introsort
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from foretell.apt.packages.universe import Member, Universe

    # One alternative of an or-group: the version that has it, its type, the number of the
    # or-group, what it names, and whether another alternative follows.  A plain tuple: there may be
    # 20,000.
    Relation: TypeAlias = tuple[int, int, int, Member, bool]

__all__ = ["FIELDS", "NEGATIVE", "bound_of", "is_spread", "providers_of", "relations_of"]

NEGATIVE = frozenset((CONFLICTS, BREAKS))
# Relation types as apt spells them.
FIELDS = tuple(field.decode().replace("-", "") for field in RELATION_FIELDS)
_SIGNS = ("", "<=", ">=", "<<", ">>", "=", "!=")  # by operator


def bound_of(member: Member) -> str:
    """Return the versions that a relation wants, ``>= 2.41``, or nothing."""
    _, operator, wanted = member
    text = wanted.decode("utf-8", "surrogateescape")
    return f"{_SIGNS[operator]} {text}" if operator else ""


def relations_of(universe: Universe, version: int, *, implied: bool = False) -> Iterator[Relation]:
    """Yield the relations of a version in apt's order; what Multi-Arch implies if it is wanted.

    apt counts to the latter what a plain Conflicts, Breaks or Replaces means beyond the version's
    own architecture.
    """
    types = universe.group_types
    for group in _walk(universe, version):
        kind, members = types[group], universe.members(group)
        target = members[0][0]
        if implied:
            if not universe.is_multi_arch and kind in SPREADING:
                _require_one_copy(universe, group)
        elif universe.is_implicit(group) or is_spread(universe, version, kind, target):
            continue
        for number, member in enumerate(members, 1):
            is_any = kind in SPREADING and universe.name(member[0]).endswith(b":any")
            if implied or not is_any:  # apt counts that among what Multi-Arch implies
                yield version, kind, group, member, number < len(members)


def _require_one_copy(universe: Universe, group: int) -> None:
    """Refuse a relation of which apt has a copy for each architecture that others name."""
    if universe.copies(universe.group_texts[group]) > 1:
        name = universe.name(universe.members(group)[0][0]).decode(errors="replace")
        raise Unmodelled(f"implied relations on what others ask of a foreign architecture ({name})")


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

    One that provides it twice, in two versions that both fit, is there twice.  apt sorts them
    together with the target's own versions, by an unstable sort: see `introsort`.
    """
    owner, kind, group, (target, operator, wanted), _ = relation
    own = universe.versions(target)
    if operator:
        own = [version for version in own if universe.holds(version, operator, wanted)]
    found = own + universe.fitting_providers(universe.provides(target), operator, wanted)
    if kind in NEGATIVE:
        found = [v for v in found if universe.may_clash(group, owner, target, universe.package(v))]
    keys = [_importance(universe, version) for version in found]
    rank = {key: rank for rank, key in enumerate(sorted(set(keys), reverse=True))}
    found = [found[at] for at in introsort([rank[key] for key in keys])]
    packages = map(universe.package, found)
    return [
        package
        for package, version in zip(packages, found, strict=True)
        if package != target and universe.versions(package)[0] == version
    ]


def _importance(universe: Universe, version: int) -> tuple[int, int, bytes]:
    """Return a sort key: what is essential, or important, last; then by priority and name."""
    package = universe.package(version)
    name = universe.name(package)
    flags = 0
    for other in universe.versions(package):
        flags |= universe.meta(other) & (ESSENTIAL | IMPORTANT)
    if name == b"apt":
        flags = ESSENTIAL | IMPORTANT
    weight = 2 * bool(flags & ESSENTIAL) + bool(flags & IMPORTANT)
    return weight, -(universe.meta(version) >> PRIORITY_SHIFT & PRIORITY_MASK), name
