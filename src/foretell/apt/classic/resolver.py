"""How does the classic solver repair a plan in which something is broken?

It walks all packages by their score and looks at each broken one: what its relation needs is either
installed, kept, upgraded or removed, or the package itself goes.  Who has more points wins.  A few
rounds later nothing is broken, or the request fails.
"""

from __future__ import annotations

from foretell.apt.classic.depcache import CANDIDATE, CRITICAL, NEGATIVE, NOW, PLANNED, Depcache
from foretell.apt.classic.scores import ranks, scores
from foretell.apt.model import BREAKS
from foretell.apt.system.state import DELETE, INSTALL, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

    from foretell.apt.classic.marker import Marker
    from foretell.apt.packages.universe import Member

__all__ = ["Resolver", "Unresolved", "Walk"]

ROUNDS_MAX = 20  # pkgProblemResolver::MaxCounter
BREAKS_MESSAGE = (
    "Error, pkgProblemResolver::Resolve generated breaks, this may be caused by held packages."
)
HELD_MESSAGE = "Unable to correct problems, you have held broken packages."
LOOPING_MESSAGE = "Internal Error, pkgProblemResolver::ResolveByKeep is looping"
_REMOVE, _KEEP = range(2)


class Unresolved(Exception):  # noqa: N818 - like `Unmodelled`
    """The plan could not be repaired; the text is apt's."""


class Walk:
    """What the look at one broken package has found so far."""

    __slots__ = ("change", "is_done", "kills", "operation", "package", "version")

    def __init__(self, package: int, version: int) -> None:
        self.package = package
        self.version = version
        self.kills: list[tuple[int, int]] = []  # package, or-group
        self.operation = _REMOVE  # what an or-group without a solution does to the package
        self.change = False
        self.is_done = False


class Resolver:
    """Repairs a plan; ``protected`` and ``removed`` are what the request names."""

    def __init__(self, marker: Marker) -> None:
        self.marker = marker
        self.cache: Depcache = marker.cache
        self.universe = marker.universe
        self.protected: set[int] = set()
        self.removed: set[int] = set()
        self.broken_allowed: set[int] = set()
        self._planned_before: set[int] = set()
        self._not_upgradable: set[int] = set()
        self._tried: set[int] = set()
        self._scores: dict[int, int] = {}
        self._ranks: array[int] | None = None
        self._rank: dict[int, int] = {}
        self._fixes = False

    def clear(self, package: int) -> None:
        """Forget what was said about a package."""
        for flags in (self.protected, self.removed, self.broken_allowed):
            flags.discard(package)

    # -- repair ----------------------------------------------------------------------------

    def resolve(self, *, fixes: bool) -> None:
        """Repair the plan; raises `Unresolved` when something stays broken."""
        self._fixes = fixes
        self._begin()
        if not self.cache.broken():
            return
        self._rate()
        changed = True
        counter = 0
        while counter < ROUNDS_MAX and changed:
            changed = self._round(counter)
            counter += 1
        broken = self.cache.broken()
        if broken:
            raise Unresolved(HELD_MESSAGE if broken <= self.cache.protected else BREAKS_MESSAGE)
        for package in list(self.cache.planned):
            if self.cache.is_new(package) and package not in self._planned_before:
                self.cache.automatic.add(package)

    def _begin(self) -> None:
        """Plan the candidates of what is broken, as long as that plans anything."""
        cache = self.cache
        again = True
        while again:
            again = False
            at = -1
            while self._fixes:
                at, package = self._next_broken_place(at)
                if package < 0:
                    break
                if cache.mode.get(package, KEEP) != INSTALL:
                    self.marker.install(package, follow=False)
                    again |= cache.mode.get(package, KEEP) == INSTALL
        self._planned_before = {p for p, mode in cache.mode.items() if mode == INSTALL}
        self._not_upgradable = set()

    def _next_broken_place(self, after: int) -> tuple[int, int]:
        broken = self.cache.broken()
        if not broken:
            return after, -1
        place = self.marker.state.census().place
        found = [(place(package), package) for package in broken]
        return min((row for row in found if row[0] > after), default=(after, -1))

    def _rate(self) -> None:
        self._scores = self._score_all()
        self._ranks = ranks(self._scores, self.marker.state.census())
        self._rank = {}

    def _score_all(self) -> dict[int, int]:
        """Return the points of every package that has any."""
        return scores(self.cache, self.marker.state.census(), self.protected)

    def _rank_of(self, package: int) -> int:
        found = self._rank.get(package)
        if found is None:
            assert self._ranks is not None
            found = self._rank[package] = self._ranks[self.marker.state.census().place(package)]
        return found

    def _score(self, package: int) -> int:
        return self._scores.get(package, 0)

    def _round(self, counter: int) -> bool:
        """Look at every package once, by score; say whether anything changed."""
        cache = self.cache
        changed = False
        at = -1
        while True:
            waiting = cache.broken() | self._reinstatable()
            found = min(
                ((self._rank_of(p), p) for p in waiting if self._rank_of(p) > at), default=None
            )
            if found is None:
                return changed
            at, package = found
            self._reinstate(package)
            if cache.is_broken(package):
                changed |= self._look_at(package, counter)

    def _reinstatable(self) -> set[int]:
        return {p for p in self._planned_before if self._is_reinstatable(p)}

    def _is_reinstatable(self, package: int) -> bool:
        cache = self.cache
        return (
            package in self._planned_before
            and package not in self._tried
            and package in cache.planned
            and package in cache.current
            and package not in cache.protected
            and cache.candidate(package) != cache.planned[package]
        )

    def _reinstate(self, package: int) -> None:
        """Try once more what was planned at first and given up since."""
        if not self._is_reinstatable(package):
            return
        cache = self.cache
        before = len(cache.broken())
        # apt forgets everything else about the package here.
        self.clear(package)
        self._planned_before.discard(package)
        self._not_upgradable.add(package)
        self.marker.install(package, follow=False)
        if cache.is_broken(package) or len(cache.broken()) > before:
            self.marker.keep(package)

    # -- one broken package ----------------------------------------------------------------

    def _look_at(self, package: int, counter: int) -> bool:
        cache, universe = self.cache, self.universe
        walk = Walk(package, cache.planned[package])
        self.marker.log(counter, "look", package)
        for group in universe.relations(walk.version):
            if universe.group_types[group] not in CRITICAL:
                continue
            walk.operation = _REMOVE
            if self._look_at_group(walk, group, counter):
                break
        if package in cache.planned:
            self._kill(walk, counter)
        return walk.change

    def _look_at_group(self, walk: Walk, group: int, counter: int) -> bool:
        """Do something about an or-group; say whether the walk ends with it."""
        cache, universe = self.cache, self.universe
        members = universe.members(group)
        is_or = len(members) > 1
        known = len(walk.kills)
        for member in members:
            if cache.holds(PLANNED, group, walk.version):
                return False
            walk.is_done = False
            if self._look_at_member(walk, group, member, counter):
                return True
            if not is_or:
                return walk.is_done
        if len(walk.kills) == known and is_or:
            if walk.operation == _REMOVE:
                if walk.package not in cache.protected:
                    self.marker.delete(walk.package)
                    walk.change = True
            else:
                self.marker.keep(walk.package)
                walk.change = True
        return False

    def _look_at_member(self, walk: Walk, group: int, member: Member, counter: int) -> bool:
        """Look at one alternative; say whether the whole walk ends here."""
        cache, universe = self.cache, self.universe
        is_or = len(universe.members(group)) > 1
        is_negative = universe.group_types[group] in NEGATIVE
        targets = self._all_targets(walk.version, group, member)
        is_free = walk.package not in cache.protected
        if not targets and is_free and not is_negative and not cache.is_broken(walk.package, NOW):
            if is_or:
                return False
            self.marker.keep(walk.package)
            walk.change = True
            return True
        for target in targets:
            other = universe.package(target)
            if is_negative and cache.planned.get(other, -1) != target:
                continue
            if self._look_at_target(walk, group, member, other, counter):
                break
        if not targets and not is_negative and is_free:
            self._give_up(walk, is_or=is_or)
        return False

    def _look_at_target(
        self, walk: Walk, group: int, member: Member, other: int, counter: int
    ) -> bool:
        """Decide between a package and a version of another; say whether that is enough."""
        cache, universe = self.cache, self.universe
        kind = universe.group_types[group]
        is_negative = kind in NEGATIVE
        package = walk.package
        is_new_need = not is_negative and not cache.fulfils(NOW, member)
        if self._score(package) <= self._score(other) or is_new_need:
            if package in cache.protected:
                if self._upgrade(other):
                    self._scores[other] = min(self._score(other), self._score(package))
                    return True
                return False
            self._fix_itself(walk, group, member, other, counter)
            return True
        if kind == BREAKS and cache.is_clear(CANDIDATE, group, walk.version):
            self.marker.install(other, follow=False)
            return False
        if other in cache.protected and cache.mode.get(other, KEEP) != DELETE:
            return False
        walk.kills.append((other, group))
        return not is_negative

    def _fix_itself(self, walk: Walk, group: int, member: Member, other: int, counter: int) -> None:
        """Keep, upgrade or remove the broken package."""
        cache, marker = self.cache, self.marker
        package = walk.package
        is_or = len(self.universe.members(group)) > 1
        was_planned = cache.mode.get(package, KEEP) == INSTALL
        marker.keep(package)
        if not cache.is_broken(package):
            walk.operation = _KEEP
            if is_or and was_planned:
                marker.install(package, follow=False)
        elif not self._fixes or not self._upgrade(package):
            if not is_or or package in self.marker.garbage():
                marker.delete(package)
                if counter > 1 and self._score(other) > self._score(package):
                    self._scores[package] = self._score(other)
            else:
                self._fix_by_install(walk, member)
        walk.change = walk.is_done = True

    def _fix_by_install(self, walk: Walk, member: Member) -> None:
        """Try the alternative itself: ``pkgProblemResolver::FixByInstall``."""
        cache, marker = self.cache, self.marker
        target = member[0]
        if target in cache.current or cache.mode.get(target, KEEP) == DELETE:
            return
        if target in self.removed or cache.candidate(target) < 0:
            return
        before = len(cache.broken())
        marker.install(target, follow=True, by_user=False)
        if self.marker.state.profile.keeps_after_installing:
            walk.operation = _KEEP
        if cache.is_broken(target) or len(cache.broken()) > before:
            marker.delete(target)
            walk.operation = _REMOVE

    def _give_up(self, walk: Walk, *, is_or: bool) -> None:
        """Nothing in the archive fulfils the relation: go back to what is installed."""
        cache, marker = self.cache, self.marker
        package = walk.package
        was_planned = cache.mode.get(package, KEEP) == INSTALL
        marker.keep(package, by_user=True)
        if not cache.is_broken(package):
            if is_or:
                walk.operation = _KEEP
                if was_planned:
                    marker.install(package, follow=False)
        elif not is_or:
            marker.delete(package)
        walk.change = walk.is_done = True

    def _all_targets(self, version: int, group: int, member: Member) -> list[int]:
        """Return all versions, whatever their state, that fulfil or are hit by an alternative."""
        universe = self.universe
        target, operator, wanted = member
        found = list(universe.fitting(universe.versions(target), operator, wanted))
        rows = universe.provides(target)
        providing = universe.fitting_providers(rows, operator, wanted) if rows else []
        if universe.group_types[group] in NEGATIVE:
            return universe.clashing(group, version, found, providing)
        return found + providing

    def _kill(self, walk: Walk, counter: int) -> None:
        """Change what stands in the way of a package that has more points."""
        cache, marker = self.cache, self.marker
        for other, group in walk.kills:
            if not cache.holds(NOW, group, walk.version):
                if self.universe.group_types[group] not in NEGATIVE:
                    continue
                works = marker.delete(other)
            else:
                works = marker.keep(other)
            is_raised = self._score(walk.package) > self._score(other)
            if is_raised and (not works or counter > 1):
                self._scores[other] = self._score(walk.package)
                walk.change = True
            if works:
                walk.change = True

    # -- upgrade one package with what it needs --------------------------------------------

    def _upgrade(self, package: int) -> bool:
        """Plan the candidate of a package and of what it needs; say whether that worked."""
        cache, universe = self.cache, self.universe
        if package in self._not_upgradable or not cache.is_upgradable(package):
            return False
        if package in self.protected:
            return False
        self._not_upgradable.add(package)
        was_kept = cache.mode.get(package, KEEP) == KEEP
        if not self.marker.install(package, follow=False) or package not in cache.planned:
            return False
        version = cache.planned[package]
        for group in universe.relations(version):
            if universe.group_types[group] not in CRITICAL:
                continue
            if not self._upgrade_for(package, version, group):
                if was_kept:
                    self.marker.keep(package)
                else:
                    self.marker.delete(package)
                return False
        return True

    def _upgrade_for(self, package: int, version: int, group: int) -> bool:
        cache, universe = self.cache, self.universe
        is_negative = universe.group_types[group] in NEGATIVE
        fails = False
        for member in universe.members(group):
            if cache.holds(PLANNED, group, version):
                return not fails  # what a failed attempt has left fulfils it too late
            other = self._to_upgrade(package, member[0])
            if other in cache.protected:
                fails = True
                continue
            if is_negative:
                has_candidate = cache.is_clear(CANDIDATE, group, version)
            else:
                has_candidate = cache.fulfils(CANDIDATE, member)
            if has_candidate:
                if self._upgrade(other):
                    return True
                fails = True
            elif is_negative:
                return not fails
            else:
                fails = True
        return not fails

    def _to_upgrade(self, package: int, target: int) -> int:
        universe = self.universe
        if universe.versions(target):
            return target
        for version, _ in universe.provides(target):
            if universe.package(version) != package:
                return universe.package(version)
        return target

    # -- repair by keeping -----------------------------------------------------------------

    def resolve_by_keeping(self) -> None:
        """Hold back upgrades until nothing is broken; raises `Unresolved` when that fails."""
        if not self._bad():
            return
        self._rate()
        last = -1
        while True:
            outcome = self._keep_first_bad()
            if outcome is None:
                break
            if outcome >= 0:
                if outcome == last:
                    raise Unresolved(LOOPING_MESSAGE)
                last = outcome
        if self.cache.broken():
            raise Unresolved(HELD_MESSAGE)

    def _bad(self) -> set[int]:
        cache = self.cache
        worse = cache.policy_broken() - self.broken_allowed - cache.broken()
        return cache.broken() | {p for p in worse if not cache.is_policy_broken(p, NOW)}

    def _keep_first_bad(self) -> int | None:
        """Do something; return what became good, -1 to begin again, None when nothing did."""
        at = -1
        while True:
            rows = [(self._rank_of(p), p) for p in self._bad() if p in self.cache.planned]
            found = min((row for row in rows if row[0] > at), default=None)
            if found is None:
                return None
            at, package = found
            if package not in self.cache.protected:
                self.marker.keep(package)
                if package not in self._bad():
                    return -1
            if self._keep_around(package):
                return package

    def _keep_around(self, package: int) -> bool:
        """Hold back what breaks a package; say whether it is good then."""
        cache, universe = self.cache, self.universe
        version = cache.planned.get(package, -1)
        for group in universe.relations(version) if version >= 0 else ():
            if universe.group_types[group] not in CRITICAL:
                continue
            if cache.holds(PLANNED, group, version):
                continue
            for member in universe.members(group):
                for target in self._all_targets(version, group, member):
                    other = universe.package(target)
                    if other not in cache.current or other in cache.protected:
                        continue
                    self.marker.keep(other)
                    if package not in self._bad():
                        return True
        return package not in self._bad()
