"""Which versions fulfil a relation for the classic solver, and which of them does it like best?

What is installed comes before everything new, whatever the order of the alternatives; among equal
providers the package that apt's cache builder created last wins.
"""

from __future__ import annotations

from foretell.apt.classic.depcache import CANDIDATE, NEGATIVE, Depcache
from foretell.apt.model import (
    ESSENTIAL,
    IMPORTANT,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
)
from foretell.apt.system.state import DELETE, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Member
    from foretell.apt.system.state import State

__all__ = ["RANKS", "Solutions"]

# What the parts of a `Solutions.rank` are about.
RANKS = (
    "protected",
    "group-installed",
    "installed",
    "name",
    "essential",
    "important",
    "architecture",
    "priority",
)


class Solutions:
    """Finds and sorts versions for relations, as a `Depcache` stands."""

    def __init__(self, state: State, cache: Depcache) -> None:
        self.state = state
        self.universe = state.universe
        self.cache = cache

    def candidates(self, group: int, version: int) -> list[int]:
        """Return the candidates that fulfil an or-group (or are hit by it), best first."""
        cache, universe = self.cache, self.universe
        is_negative = universe.group_types[group] in NEGATIVE
        here: list[int] = []
        new: list[int] = []
        for member in universe.members(group):
            if is_negative:
                if cache.is_clear(CANDIDATE, group, version):
                    continue
            elif not cache.fulfils(CANDIDATE, member):
                continue
            found = self._fitting(member, group, version, is_negative=is_negative)
            for other in self.sort(member[0], found):
                (here if universe.package(other) in cache.current else new).append(other)
        return self._without_dropped(here + new, is_negative=is_negative)

    def _fitting(
        self,
        member: Member,
        group: int,
        version: int,
        *,
        is_negative: bool,
        installed: bool = False,
    ) -> list[int]:
        """Return the candidates, or what is installed, of a member's target and its providers."""
        cache, universe = self.cache, self.universe
        target, operator, wanted = member
        if installed:

            def present(package: int) -> int:
                return cache.current.get(package, -1)
        else:
            present = cache.candidate
        own = present(target)
        found = (
            [own] if own >= 0 and (not operator or universe.holds(own, operator, wanted)) else []
        )
        provided = universe.provides(target)
        if not provided and not is_negative:
            return found
        rows = [row for row in provided if present(universe.package(row[0])) == row[0]]
        providing = universe.fitting_providers(rows, operator, wanted) if rows else []
        if is_negative:
            found = universe.clashing(group, version, found, providing)
        else:
            found += providing
        return list(dict.fromkeys(found))

    def _without_dropped(self, versions: list[int], *, is_negative: bool) -> list[int]:
        """Drop neighbours that are the same, and what is protected and not to be there."""
        cache = self.cache
        found: list[int] = []
        for version in versions:
            if found and found[-1] == version:
                continue
            if not is_negative:
                package = self.universe.package(version)
                mode = cache.mode.get(package, KEEP)
                is_out = mode == DELETE or (mode == KEEP and package not in cache.current)
                if is_out and package in cache.protected:
                    continue
            found.append(version)
        return found

    def installed(self, group: int, version: int) -> list[int]:
        """Return the installed versions that fulfil an or-group (or are hit by it), best first."""
        universe = self.universe
        is_negative = universe.group_types[group] in NEGATIVE
        found: list[int] = []
        for member in universe.members(group):
            fitting = self._fitting(member, group, version, is_negative=is_negative, installed=True)
            found += self.sort(member[0], fitting)
        return self._without_dropped(found, is_negative=is_negative)

    def sort(self, target: int, versions: list[int]) -> list[int]:
        """Return versions as the classic solver prefers them for a relation on ``target``."""
        if len(versions) < 2:
            return versions
        ranks = {version: self.rank(version, target) for version in versions}
        if len(set(ranks.values())) < len(ranks):  # the one that was created last wins
            number, package = self.state.census().number, self.universe.package
            return sorted(versions, key=lambda v: (ranks[v], -number(package(v))))
        return sorted(versions, key=ranks.__getitem__)

    def rank(self, version: int, target: int) -> tuple[bool | int, ...]:
        """Return what decides the place of a version, see `RANKS`; the least comes first."""
        universe, cache = self.universe, self.cache
        package = universe.package(version)
        meta = universe.meta(version)
        flags = 0
        for other in universe.versions(package):
            flags |= universe.meta(other)
        is_same = meta & MULTI_ARCH_MASK == MULTI_ARCH_SAME
        return (
            package not in cache.protected,
            not (is_same and self.state.group_is_installed(package)),
            package not in cache.current,
            universe.name(package) != universe.name(target),
            not flags & ESSENTIAL,
            not flags & IMPORTANT,
            universe.architecture_rank(package),
            meta >> PRIORITY_SHIFT & PRIORITY_MASK,
        )
