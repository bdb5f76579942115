"""How does the classic solver plan a package with all that it needs, package by package?

Installing one package looks at its relations in their order, takes for each the first solution that
can be planned, and goes down into it.  There is no search: what a failed attempt has planned deeper
down stays planned, and only the sweep at the end drops what nothing needs.  The names of the
methods are those of libapt's interface: ``MarkInstall``, ``MarkKeep``, ``MarkDelete``.
"""

from __future__ import annotations

from foretell.apt.classic.depcache import (
    CANDIDATE,
    CRITICAL,
    NEGATIVE,
    NEITHER,
    NOW,
    PLANNED,
    Depcache,
)
from foretell.apt.classic.solutions import Solutions
from foretell.apt.packages.reverse_order import stamped
from foretell.apt.solver3.lockstep import is_out_of_step
from foretell.apt.solver3.sweep import find_garbage
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import DELETE, INSTALL, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.packages.universe import Member
    from foretell.apt.system.state import State

__all__ = ["DEPTH_MAX", "Installation", "Marker"]

DEPTH_MAX = 3000  # apt's own limit; real requests stay below 25, with Suggests they do not


class Installation:
    """One package being installed: what it is about and what is left to do."""

    __slots__ = (
        "by_user",
        "depth",
        "fails_early",
        "group",
        "lasting",
        "negative",
        "package",
        "positive",
        "removals",
        "upgrades",
        "version",
    )

    def __init__(self, package: int, version: int, *, by_user: bool, depth: int) -> None:
        self.package = package
        self.version = version
        self.by_user = by_user
        self.depth = depth
        self.lasting = False  # was it protected before: then its dependencies become so, too
        self.fails_early = False
        self.group = -1  # which of the negative ones is under way
        self.positive: list[int] = []
        self.negative: list[int] = []
        self.upgrades: list[int] = []
        self.removals: list[int] = []


class Marker:
    """Plans changes in a `Depcache`; see the module's text."""

    def __init__(self, state: State, cache: Depcache) -> None:
        self.state = state
        self.universe = state.universe
        self.cache = cache
        self.solutions = Solutions(state, cache)
        self.events: list[tuple[int, str, int]] | None = None  # depth, what, package
        self._garbage: set[int] | None = None
        self._siblings: dict[tuple[bytes, bytes], list[tuple[int, int]]] | None = None
        self._dependents: dict[int, list[tuple[int, int, int, Member]]] | None = None

    def garbage(self) -> set[int]:
        """Return what was installed for nothing before the request."""
        if self._garbage is None and not self.state.profile.sweeps_first:
            self._garbage = set()
        if self._garbage is None:
            before = Planned(dict(self.cache.current), set(self.state.was_automatic))
            self._garbage = find_garbage(self.state, before)
        return self._garbage

    # -- may it change? --------------------------------------------------------------------

    def may_change(
        self, package: int, wanted: int, *, by_user: bool = False, depth: int = 0
    ) -> bool:
        """Say whether the mode of a package may become the one wanted."""
        cache = self.cache
        if depth > DEPTH_MAX or not self.universe.versions(package):
            return False
        if by_user or cache.mode.get(package, KEEP) == wanted:
            return True
        if package in cache.protected:
            return False
        if wanted != KEEP and package in cache.held:
            return False
        return wanted != DELETE or not cache.is_vital(package)

    # -- keep and delete -------------------------------------------------------------------

    def keep(self, package: int, *, by_user: bool = False, depth: int = 0) -> bool:
        """Plan what is installed; return False when that is not allowed."""
        cache = self.cache
        if not self.may_change(package, KEEP, by_user=by_user, depth=depth):
            return False
        if cache.mode.get(package, KEEP) == KEEP:
            return True
        self.log(depth, "keep", package)
        cache.plan(package, cache.current.get(package, -1), KEEP)
        return True

    def delete(self, package: int, *, by_user: bool = False, depth: int = 0) -> bool:
        """Plan the removal of a package; return False when that is not allowed."""
        cache = self.cache
        if not self.may_change(package, DELETE, by_user=by_user, depth=depth):
            return False
        if cache.mode.get(package, KEEP) == DELETE or package not in cache.planned:
            return True
        if not self._may_delete(package, by_user=by_user):
            return False
        self.log(depth, "delete", package)
        if not by_user:
            self._keep_marks(package)
        is_here = package in cache.current
        cache.plan(package, -1, DELETE if is_here else KEEP)
        return True

    def _may_delete(self, package: int, *, by_user: bool) -> bool:
        """Say no for a new package that the user asked for."""
        cache = self.cache
        if by_user or package in cache.current or package not in cache.planned:
            return True
        return cache.status(package) != NEITHER or package in cache.automatic

    def _keep_marks(self, package: int) -> None:
        """Make manual what a metapackage needs that goes: ``APT::Never-MarkAuto-Sections``."""
        cache, universe = self.cache, self.universe
        version = cache.planned[package]
        if universe.facts(version).section not in self.state.never_mark_auto:
            return
        for group in universe.relations(version):
            if universe.group_types[group] in NEGATIVE or not cache.is_important(group, version):
                continue
            for member in universe.members(group):
                for fitting in universe.fulfilling(cache.current, *member):
                    cache.automatic.discard(universe.package(fitting))

    # -- install ---------------------------------------------------------------------------

    def install(self, package: int, *, follow: bool, by_user: bool = False, depth: int = 0) -> bool:
        """Plan the candidate, with ``follow`` what it needs as well; return whether it worked."""
        cache = self.cache
        candidate = cache.candidate(package)
        installed = cache.current.get(package, -1)
        mode = cache.mode.get(package, KEEP)
        is_kept = package in cache.protected and mode == KEEP and candidate == installed >= 0
        if not is_kept and not self.may_change(package, INSTALL, by_user=by_user, depth=depth):
            return False
        if candidate < 0:
            return False
        if package not in cache.protected and not cache.is_policy_broken(package):
            if candidate == installed:
                if package not in cache.planned:
                    return self.keep(package, by_user=by_user, depth=depth + 1)
                return True
            if mode == INSTALL:
                return True
        if not by_user and self._is_out_of_step(package, candidate):
            return False
        if follow and candidate != installed and not self._is_installable(package, candidate):
            return False
        if by_user:
            self._choose(package, by_user=True)
        if not follow:
            if not by_user:
                self._choose(package, by_user=False)
            return True
        task = Installation(package, candidate, by_user=by_user, depth=depth)
        return self._install(task)

    def _is_out_of_step(self, package: int, candidate: int) -> bool:
        """Say whether what is ``Multi-Arch: same`` would part from another architecture."""
        if candidate in {self.cache.current.get(package), self.cache.planned.get(package)}:
            return False
        cache = self.cache
        return is_out_of_step(self.universe, candidate, cache.current, cache.candidate)

    def _is_installable(self, package: int, candidate: int) -> bool:
        """Give a candidate up when a relation of it can be fulfilled by nothing."""
        cache = self.cache
        if self._hopeless_relation(candidate) < 0:
            return True
        if package not in cache.protected:
            installed = cache.current.get(package, -1)
            if installed >= 0:
                cache.set_candidate(package, installed)
            else:
                cache.drop_candidate(package, -1)
            if cache.mode.get(package, KEEP) != DELETE:
                cache.mode[package] = KEEP
                cache.recompute_status(package)
        return False

    def _hopeless_relation(self, version: int) -> int:
        """Return the first critical or-group that nothing can fulfil, or -1."""
        cache, universe = self.cache, self.universe
        types = universe.group_types
        for group in universe.relations(version):
            if types[group] not in CRITICAL or types[group] in NEGATIVE:
                continue
            if not any(
                cache.fulfils(CANDIDATE, member) or cache.fulfils(PLANNED, member)
                for member in universe.members(group)
            ):
                return group
        return -1

    def _choose(self, package: int, *, by_user: bool) -> None:
        """Plan the candidate, and set the automatic mark of what is new."""
        cache = self.cache
        candidate = cache.candidate(package)
        if package in cache.protected and cache.planned.get(package, -1) == candidate:
            return
        is_kept = cache.current.get(package, -1) == candidate
        is_new = cache.status(package) == NEITHER
        cache.plan(package, candidate, KEEP if is_kept else INSTALL)
        if is_new and by_user:
            cache.automatic.discard(package)
        elif is_new:
            cache.automatic.add(package)

    def _install(self, task: Installation) -> bool:
        cache = self.cache
        package = task.package
        task.fails_early = package not in cache.protected and not task.by_user
        self._collect(task)
        fails = not self._find_conflicts(task)
        if fails and task.fails_early:
            return False
        self._find_dependents(task)
        if not task.by_user:
            self._choose(package, by_user=False)
        self.log(task.depth, "install", package)
        task.lasting = package in cache.protected
        cache.protected.add(package)
        try:
            return self._install_rest(task, fails=fails)
        finally:
            if not task.lasting:
                cache.protected.discard(package)

    def _install_rest(self, task: Installation, *, fails: bool) -> bool:
        """Take along what has to change with a package that is planned."""
        cache = self.cache
        package = task.package
        if not self._install_siblings(task):
            return False
        is_hard = not (task.lasting or task.by_user)
        moves_mark = self._moves_mark(task)
        chosen: list[int] = []
        works = self._upgrade_others(task, is_hard=is_hard)
        if works or not task.fails_early:
            works &= self._install_needed(task, chosen, is_hard=is_hard)
        if works or not task.fails_early:
            works &= self._remove_others(task, is_hard=is_hard)
        if not works and task.fails_early:
            self._undo(package)
            return False
        if moves_mark:
            cache.automatic.add(package)
            cache.automatic.difference_update(chosen)
        return works and not fails

    def _collect(self, task: Installation) -> None:
        """Sort out which relations of the version have to be looked at."""
        cache, universe = self.cache, self.universe
        types = universe.group_types
        is_protected = task.package in cache.protected
        for group in universe.relations(task.version):
            if not cache.is_important(group, task.version):
                continue
            if not is_protected and cache.holds(PLANNED, group, task.version):
                continue
            (task.negative if types[group] in NEGATIVE else task.positive).append(group)

    def _find_conflicts(self, task: Installation) -> bool:
        """Decide for each package in the way whether it is kept, upgraded or removed."""
        cache, universe = self.cache, self.universe
        lasting = task.package in cache.protected
        is_hard = not (lasting or task.by_user)
        works = True
        bad: set[int] = set()
        for group in task.negative:
            task.group = group
            for version in self.solutions.candidates(group, task.version):
                other = universe.package(version)
                if cache.candidate(other) != version:
                    continue
                if cache.current.get(other, -1) == version:
                    if not self._want_gone(task, other, lasting=lasting):
                        works = False
                elif cache.mode.get(other, KEEP) == INSTALL and not self.keep(
                    other, depth=task.depth
                ):
                    works = False
                elif lasting:
                    cache.discard_candidate(other)
                    if other not in cache.current:
                        cache.protected.add(other)
                else:
                    bad.add(other)
                if not works and is_hard:
                    return False
            for version in self.solutions.installed(group, task.version):
                other = universe.package(version)
                candidate = cache.candidate(other)
                if candidate not in {version, -1} and other not in bad:
                    task.upgrades.append(other)
                elif candidate != version and not self._want_gone(task, other, lasting=lasting):
                    works = False
                if not works and is_hard:
                    return False
        task.group = -1
        return works

    def _want_gone(self, task: Installation, other: int, *, lasting: bool) -> bool:
        """Put a package on the list of removals, or remove it at once for what is protected."""
        cache = self.cache
        if lasting:
            if cache.mode.get(other, KEEP) != DELETE and not self.delete(
                other, depth=task.depth + 1
            ):
                return False
            cache.discard_candidate(other)
            cache.protected.add(other)
            return True
        if cache.mode.get(other, KEEP) == DELETE:
            return True
        if not self.may_change(other, DELETE, depth=task.depth + 1):
            return False
        if not self._may_delete(other, by_user=False):
            return False
        task.removals.append(other)
        return True

    def _find_dependents(self, task: Installation) -> None:
        """Find what is installed and fulfilled by the installed version, but not by the new one."""
        cache, universe = self.cache, self.universe
        installed = cache.current.get(task.package, -1)
        if installed < 0 or installed == task.version:
            return
        found: list[tuple[int, int]] = []  # stamp of the relation, owner
        for stamp, owner, group, (_, operator, wanted) in self._needing(task.package):
            if not operator or cache.mode.get(owner, KEEP) in {INSTALL, DELETE}:
                continue
            if owner in task.removals or owner in task.upgrades:
                continue
            if not cache.is_important(group, cache.current[owner]):
                continue
            if not universe.holds(installed, operator, wanted):
                continue
            if not universe.holds(task.version, operator, wanted):
                found.append((stamp, owner))
        if len({owner for _, owner in found}) > 1:
            order = self.state.reverse_order()
            found.sort(key=lambda row: order.key(task.package, row[0]))
        task.upgrades += dict.fromkeys(owner for _, owner in found)

    def _needing(self, package: int) -> list[tuple[int, int, int, Member]]:
        """Return stamp, owner, or-group and alternative of the installed relations on a package."""
        if self._dependents is None:
            self._dependents = {}
            universe = self.universe
            for owner, version in self.cache.current.items():
                for stamp, group, member in stamped(universe, version):
                    row = (stamp, owner, group, member)
                    self._dependents.setdefault(member[0], []).append(row)
        return self._dependents.get(package, [])

    def _install_siblings(self, task: Installation) -> bool:
        """Upgrade installed binaries of the same source along; say if the version still stands."""
        cache = self.cache
        found = self._find_siblings(task.package, task.version)
        for follow in (False, True):
            for other in found:
                self.install(other, follow=follow, depth=task.depth + 1)
        return cache.candidate(task.package) == task.version

    def _find_siblings(self, package: int, version: int) -> list[int]:
        """Return the installed packages whose candidate is of the same source version."""
        cache, universe = self.cache, self.universe
        if self._siblings is None:
            self._siblings = {}
            for other, installed in cache.current.items():
                for fresh in universe.versions(other):
                    if fresh != installed:
                        row = (other, fresh)
                        self._siblings.setdefault(universe.source(fresh), []).append(row)
        if not self._siblings:
            return []
        found = {
            other
            for other, fresh in self._siblings.get(universe.source(version), ())
            if other != package
            and cache.candidate(other) == fresh
            and not (
                cache.mode.get(other, KEEP) == INSTALL and cache.planned.get(other, -1) == fresh
            )
        }
        if len(found) < 2:
            return list(found)
        return sorted(found, key=self.state.census().number)

    def _upgrade_others(self, task: Installation, *, is_hard: bool) -> bool:
        """Upgrade what stands in the way as it is; what cannot be upgraded goes."""
        cache = self.cache
        works = True
        depth = task.depth + 1
        for other in task.upgrades:
            if cache.mode.get(other, KEEP) == INSTALL or self.install(
                other, follow=True, depth=depth
            ):
                continue
            if not self.delete(other, depth=depth):
                works = False
                if is_hard:
                    return False
            elif task.lasting:
                cache.protected.add(other)
        return works

    def _remove_others(self, task: Installation, *, is_hard: bool) -> bool:
        works = True
        for other in task.removals:
            if not self.delete(other, depth=task.depth):
                works = False
                if is_hard:
                    return False
        return works

    def _install_needed(self, task: Installation, chosen: list[int], *, is_hard: bool) -> bool:
        """Find a solution for every relation that does not hold yet."""
        cache, universe = self.cache, self.universe
        works = True
        for group in task.positive:
            is_critical = universe.group_types[group] in CRITICAL
            if any(cache.fulfils(PLANNED, member) for member in universe.members(group)):
                if task.lasting and is_critical and not self._protect_only(task, group):
                    works = False
                continue
            is_old = not is_critical and task.package in cache.current
            if is_old and not self._was_fulfilled(task, group):
                continue
            if not self._take_solution(task, group, chosen) and is_critical:
                works = False
                if is_hard:
                    return False
        return works

    def _protect_only(self, task: Installation, group: int) -> bool:
        """Protect what alone fulfils a relation of something protected."""
        cache, universe = self.cache, self.universe
        found = set(self.solutions.candidates(group, task.version))
        if len(found) < 2:
            found.update(self.solutions.installed(group, task.version))
        if len(found) != 1:
            return True
        other = universe.package(found.pop())
        if other in cache.protected:
            return True
        cache.protected.add(other)
        return self.install(other, follow=True, depth=task.depth + 1)

    def _was_fulfilled(self, task: Installation, group: int) -> bool:
        """Say no for a Recommends that the installed version has and the system lives without."""
        is_new = True
        for other in self._alike(task, group):
            if self.cache.holds(NOW, other, self.cache.current[task.package]):
                return True
            is_new = False
        return is_new

    def _alike(self, task: Installation, group: int) -> Iterator[int]:
        """Yield the weak or-groups of the installed version that name the same target."""
        cache, universe = self.cache, self.universe
        target = universe.members(group)[0][0]
        installed = cache.current[task.package]
        for other in universe.relations(installed):
            kind = universe.group_types[other]
            if kind in CRITICAL or not cache.is_important(other, installed):
                continue
            if any(member[0] == target for member in universe.members(other)):
                yield other

    def _take_solution(self, task: Installation, group: int, chosen: list[int]) -> bool:
        """Plan the first solution that can be planned; say whether there was one."""
        cache, universe = self.cache, self.universe
        depth = task.depth + 1
        solutions = self.solutions.candidates(group, task.version)
        is_only = task.lasting and universe.group_types[group] in CRITICAL and len(solutions) == 1
        for version in solutions:
            other = universe.package(version)
            if cache.candidate(other) != version:
                continue
            if is_only:
                if not self.install(other, follow=False, depth=depth):
                    continue
                cache.protected.add(other)
            if self.install(other, follow=True, depth=depth):
                if other not in cache.current:
                    chosen.append(other)
                return True
        return False

    def _moves_mark(self, task: Installation) -> bool:
        """Say whether the package becomes transitional: ``APT::Move-Autobit-Sections``."""
        cache, universe = self.cache, self.universe
        package = task.package
        installed = cache.current.get(package, -1)
        if installed < 0 or package not in cache.planned or package in cache.automatic:
            return False
        before = universe.facts(installed).section
        after = universe.facts(cache.planned[package]).section
        if not before or not after or before == after:
            return False
        return self._is_moving(after) and not self._is_moving(before)

    def _is_moving(self, section: bytes) -> bool:
        moving = self.state.move_mark
        return section in moving or section.rpartition(b"/")[2] in moving

    def _undo(self, package: int) -> None:
        """Go back to what is installed, and never try this candidate again."""
        cache = self.cache
        installed = cache.current.get(package, -1)
        planned = cache.planned.get(package, -1)
        is_kept = cache.mode.get(package, KEEP) == KEEP
        if is_kept and planned == installed == cache.candidate(package):
            return
        cache.plan(package, installed, KEEP)
        cache.discard_candidate(package)

    def log(self, depth: int, what: str, package: int) -> None:
        """Note a step where somebody listens."""
        if self.events is not None:
            self.events.append((depth, what, package))
