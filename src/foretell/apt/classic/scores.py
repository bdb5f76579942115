"""How important is each package to the classic problem resolver, and in which order are they fixed?

A package has points for its priority and for what depends on it, ``pkgProblemResolver::Scores`` in
apt.conf.  Then *all* packages of apt's cache, also those without a version, are sorted by them with
an unstable sort; nearly all have none, so the order among equals is a matter of which elements that
sort happens to swap: see `introsort`.
"""

from __future__ import annotations

import heapq
from array import array

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    DEPENDS,
    PRE_DEPENDS,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    RECOMMENDS,
)
from foretell.apt.packages.census import NOWHERE
from foretell.apt.packages.introsort import introsort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from foretell.apt.classic.depcache import Depcache
    from foretell.apt.packages.census import Census
    from foretell.apt.packages.universe import Member

__all__ = ["ranks", "scores"]

# Points of a priority: none, required, important, standard, optional, extra.
_OF_PRIORITY = (0, 3, 2, 1, -1, -2, 0, 0)
_NOT_DOWNLOADABLE = -2
_DOWNLOADABLE = 1
_VITAL = 100
_VITAL_AT_LAST = 5000
_PROTECTED = 10000
# Points that a relation gives to its target.
_OF_RELATION = {PRE_DEPENDS: 1, DEPENDS: 1, RECOMMENDS: 1, CONFLICTS: -1, BREAKS: -1}
_INHERITED = frozenset((PRE_DEPENDS, DEPENDS, RECOMMENDS))


def scores(cache: Depcache, census: Census, protected: Collection[int]) -> dict[int, int]:
    """Return the points of every package that has any."""
    found: dict[int, int] = {}
    for package, version in cache.planned.items():
        points = _own_points(cache, package, version)
        if points:
            found[package] = found.get(package, 0) + points
    _add_relations(cache, census, found)
    first = dict(found)
    _inherit(cache, first, found)
    _hand_on(cache, census, first, found)
    for package in protected:
        found[package] = found.get(package, 0) + _PROTECTED
    for package in cache.vital():
        found[package] = found.get(package, 0) + _VITAL_AT_LAST
    return found


def _own_points(cache: Depcache, package: int, version: int) -> int:
    universe = cache.universe
    meta = universe.meta(version)
    points = _VITAL if cache.is_vital(package) else 0
    if universe.is_downloadable(version):
        points += _OF_PRIORITY[meta >> PRIORITY_SHIFT & PRIORITY_MASK]
    else:
        points += _NOT_DOWNLOADABLE
    candidate = cache.candidate(package)
    if package in cache.current and candidate >= 0 and universe.is_downloadable(candidate):
        points += _DOWNLOADABLE
    return points


def _add_relations(cache: Depcache, census: Census, found: dict[int, int]) -> None:
    """Give each target, and what provides it, the points of the planned relations on it."""
    universe = cache.universe
    targets: dict[Member, tuple[int, ...]] = {}
    for package, version in cache.planned.items():
        for group in universe.relations(version):
            kind = universe.group_types[group]
            points = _OF_RELATION.get(kind)
            if points is None:
                continue
            for member in universe.members(group):
                receivers = targets.get(member)
                if receivers is None:
                    receivers = targets[member] = _receivers(cache, member)
                if points < 0:
                    _subtract(cache, census, found, group, version, receivers)
                    continue
                for receiver in receivers:
                    found[receiver] = found.get(receiver, 0) + points
        del package


def _receivers(cache: Depcache, member: Member) -> tuple[int, ...]:
    """Return who has points from a relation: the target and the planned providers of it."""
    universe = cache.universe
    target, operator, wanted = member
    own = cache.planned.get(target, -1)
    if operator and not (own >= 0 and universe.holds(own, operator, wanted)):
        return ()
    return (target, *_providers(cache, member))


def _providers(cache: Depcache, member: Member) -> list[int]:
    """Return the packages that are planned in a version that fulfils a relation by providing."""
    universe = cache.universe
    target, operator, wanted = member
    rows = [
        row
        for row in universe.provides(target)
        if cache.planned.get(universe.package(row[0])) == row[0]
    ]
    fitting = universe.fitting_providers(rows, operator, wanted) if rows else []
    return list(dict.fromkeys(map(universe.package, fitting)))


def _subtract(
    cache: Depcache,
    census: Census,
    found: dict[int, int],
    group: int,
    version: int,
    receivers: tuple[int, ...],
) -> None:
    """Take a point from what a negative relation hits, and from its name's other packages."""
    universe = cache.universe
    target, operator, _ = universe.members(group)[0]
    is_own = not universe.may_clash(group, version, target, target)
    if not receivers and not is_own:
        return
    providers: Iterable[int] = receivers[1:]
    if is_own:  # the target's version is not looked at
        providers = _providers(cache, universe.members(group)[0])
    else:
        found[target] = found.get(target, 0) - 1
    name = universe.name(universe.package(version))
    for provider in () if universe.is_implicit(group) else providers:
        if universe.name(provider) != name:
            found[provider] = found.get(provider, 0) - 1
    if is_own or operator or universe.is_multi_arch:  # which has a relation on each of them
        return
    for architecture in census.kin(universe.name(target)):
        other = universe.add_package(universe.name(target), architecture)
        found[other] = found.get(other, 0) - 1


def _inherit(cache: Depcache, first: Mapping[int, int], found: dict[int, int]) -> None:
    """Add to each planned package the points of those that depend on it."""
    universe = cache.universe
    for package, version in cache.planned.items():
        points = first.get(package, 0)
        if points <= 0:
            continue
        for group in universe.relations(version):
            if universe.group_types[group] not in _INHERITED:
                continue
            for target, _, _ in universe.members(group):
                if target in cache.planned:
                    found[target] = found.get(target, 0) + points


def _hand_on(
    cache: Depcache, census: Census, first: Mapping[int, int], found: dict[int, int]
) -> None:
    """Hand on what each package inherited to the planned providers of its name, in cache order."""
    universe = cache.universe
    place = census.place
    queue = [(place(p), p) for p, points in found.items() if points != first.get(p, 0)]
    heapq.heapify(queue)
    done = -1
    while queue:
        at, package = heapq.heappop(queue)
        if at <= done:
            continue
        done = at
        points = abs(found.get(package, 0) - first.get(package, 0))
        if not points:
            continue
        name = universe.name(package)
        providers = {
            universe.package(version)
            for version, _ in universe.provides(package)
            if cache.planned.get(universe.package(version)) == version
            and universe.says_provides(version, name)
        }
        for provider in sorted(providers):
            found[provider] = found.get(provider, 0) + points
            there = place(provider)
            if there > at:
                heapq.heappush(queue, (there, provider))


def ranks(found: Mapping[int, int], census: Census) -> array[int]:
    """Return the rank of each place of the cache, the highest score first."""
    values = [0] * census.count
    for package, points in found.items():
        place = census.place(package)
        if place != NOWHERE:
            values[place] = points
    order = introsort(values)
    result = array("I", bytes(4 * len(order)))
    for rank, place in enumerate(order):
        result[place] = rank
    return result
