"""How does the planned state become the first decisions of a search, and its result a plan?

apt walks its packages in the order of its hash table; only packages that are installed, held or
requested leave a trace, so only those are sorted and walked here.
"""

from __future__ import annotations

from foretell.apt.model import ESSENTIAL, IMPORTANT
from foretell.apt.solver3.clause import (
    INSTALL_MANUAL,
    KEEP_AUTO,
    NO_LINK,
    UPGRADE_AUTO,
    UPGRADE_MANUAL,
    Translator,
)
from foretell.apt.solver3.merging import MergingTranslator
from foretell.apt.solver3.solver import FALSE, OPTIONAL, TRUE, Solver, urgency_of
from foretell.apt.solver3.watching import WatchingSolver
from foretell.apt.system.kernels import Guard
from foretell.apt.system.state import DELETE, INSTALL, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.solver3.solver import Clause
    from foretell.apt.system.profiles import Profile
    from foretell.apt.system.state import State

__all__ = ["Search", "is_vital"]


def is_vital(state: State, package: int) -> bool:
    """Say whether some version of the package is Essential, Important or Protected."""
    universe = state.universe
    return any(
        universe.meta(version) & (ESSENTIAL | IMPORTANT) for version in universe.versions(package)
    )


class Search:
    """One question put to the solver: seed it, run it, read the result."""

    def __init__(self, state: State, profile: Profile) -> None:
        self.state = state
        self.profile = profile
        self.universe = state.universe
        translate = MergingTranslator if profile.merges_relations else Translator
        self.translator = translate(state, profile)
        count = 2 * max(self.universe.package_count(), self.universe.version_count())
        solver = WatchingSolver if profile.watches else Solver
        self.solver = solver(self.translator, count, strict_order=profile.strict_order)
        removes = state.allow_remove_manual
        may_remove = profile.removes_manual if removes is None else removes
        self.may_remove_manual = may_remove and state.allow_remove
        self._guard = Guard(state)
        self._assumed: list[int] = []  # manual packages that may go

    def run(self) -> bool:
        """Solve; return False when the request cannot be fulfilled."""
        solver = self.solver
        pinned = self._forbid_other_versions() if self.state.strict_pinning else []
        if self.state.strict_pinning and self.state.is_upgrade:
            self._forbid_deferred(pinned)
        for package in self.walked():
            if not self._seed(package):
                return False
        watched = [v for v in pinned if solver.watched[v]]
        watched.sort(key=lambda v: self.universe.iteration_key(self.universe.package(v >> 1)))
        solver.queue[:0] = watched
        if not solver.propagate():
            return False
        if self.profile.assumes_manual:
            solver.assume(self._manual_variables())
        return solver.solve()

    def _manual_variables(self) -> list[int]:
        """Return the manual packages that may go, most preferred first."""
        ordered = self.translator.preference.sort_packages(self._assumed)
        return [2 * package for package in ordered]

    def _forbid_other_versions(self) -> list[int]:
        """Have every version ruled out that is neither installed nor the candidate.

        Returns the list of those ruled out, which grows while the search reaches more.
        """
        forbidden: list[int] = []

        def forbid(variable: int) -> None:
            self._forbid(variable, forbidden)

        self.translator.forbid = forbid
        return forbidden

    def _forbid(self, variable: int, forbidden: list[int]) -> None:
        """Rule a variable out from the start, unless it is decided, and note it."""
        solver = self.solver
        if not solver.value[variable]:
            solver.value[variable] = FALSE
            solver.depth_of[variable] = 0
            solver.reason[variable] = None
            forbidden.append(variable)

    def _forbid_deferred(self, forbidden: list[int]) -> None:
        """Rule out the upgrades that phasing puts off, unless they were asked for."""
        state = self.state
        if state.phasing is None:
            return
        for package, installed in state.installed.items():
            candidate = state.candidate(package)
            if candidate in {installed, -1} or package in state.protected:
                continue
            if state.phasing.is_deferred(candidate):
                self._forbid(2 * candidate + 1, forbidden)

    def walked(self) -> list[int]:
        """Return the packages that may be seeded, in apt's order."""
        state = self.state
        found = {*state.installed, *state.held, *state.mode, *state.protected}
        if state.is_upgrade and state.allow_install and state.allow_remove:
            found.update(self.universe.essential())
        if not state.allow_install:
            found.update(range(self.universe.package_count()))
        walked = [package for package in found if self.universe.versions(package)]
        return sorted(walked, key=self.universe.iteration_key)

    def _seed(self, package: int) -> bool:
        """Put what is planned for one package to the solver; return False on a conflict."""
        certain = self.certain_of(package)
        if certain is not None:
            return self.solver.assign(*certain, None)
        if self._is_planned(package):
            if not self._may_fade(package):
                self._seed_optional(package)
            return True
        return self._seed_essential(package)

    def certain_of(self, package: int) -> tuple[int, int] | None:
        """Return the variable and the value that are certain of a package from the start."""
        state = self.state
        installed = state.installed.get(package, -1)
        mode = state.mode.get(package, KEEP)
        if package in state.held and package not in state.protected:
            return (2 * installed + 1, TRUE) if installed >= 0 else (2 * package, FALSE)
        is_unwanted = package in state.protected or not state.allow_install
        if mode == DELETE or (installed < 0 and mode == KEEP and is_unwanted):
            return 2 * package, FALSE
        if not self._is_planned(package) or self._may_fade(package) or self._may_go(package):
            return None
        if mode == INSTALL:
            return 2 * state.candidate(package) + 1, TRUE
        return 2 * package, TRUE

    def _is_planned(self, package: int) -> bool:
        state = self.state
        return state.mode.get(package, KEEP) == INSTALL or package in state.installed

    def _may_go(self, package: int) -> bool:
        """Say whether a package that is planned to be there may be removed for others' sake."""
        state = self.state
        is_free = (package in state.automatic and state.allow_remove) or self.may_remove_manual
        return is_free and package not in state.protected and not is_vital(state, package)

    def _may_fade(self, package: int) -> bool:
        """Say whether nothing asks for an automatic package: it stays if something needs it."""
        state = self.state
        if state.keeps_automatic or package not in state.automatic:
            return False
        if package in state.protected or is_vital(state, package):
            return False
        return not self._guard.keeps(package)

    def _seed_optional(self, package: int) -> None:
        """Seed a package that is planned to be there, if that is possible."""
        state, solver = self.state, self.solver
        installed = state.installed.get(package, -1)
        is_auto = package in state.automatic
        is_new = state.candidate(package) != installed
        if is_auto:
            group = UPGRADE_AUTO if is_new else KEEP_AUTO
        else:
            group = UPGRADE_MANUAL if is_new else INSTALL_MANUAL
        if not is_auto:
            self._assumed.append(package)
        versions = self.translator.preference.sort_own(package, self.universe.versions(package))
        for alternatives in ([2 * package], [2 * v + 1 for v in versions]):
            if alternatives[0] & 1:
                self.translator.allow(alternatives)
            clause: Clause = (
                solver.root,
                alternatives,
                OPTIONAL,
                urgency_of(OPTIONAL, group),
                group,
                NO_LINK,
            )
            solver.add_root_clause(clause)
            solver.push(clause, 0)
        if len(versions) > 1:
            solver.discover(2 * package)

    def _seed_essential(self, package: int) -> bool:
        """In a full upgrade, ask for an essential package that is missing."""
        if not self._is_essential(package):
            return True
        solver = self.solver
        members = [2 * other for other in self._essential_members(package)]
        clause: Clause = (
            solver.root,
            members,
            0,
            urgency_of(0, INSTALL_MANUAL),
            INSTALL_MANUAL,
            NO_LINK,
        )
        solver.add_root_clause(clause)
        return solver.add_work(clause)

    def _essential_members(self, package: int) -> list[int]:
        """Return the essential packages of the package's name, most preferred first.

        apt compares the least preferred version of each.
        """
        universe, preference = self.universe, self.translator.preference
        found = [other for other in universe.group(package) if self._is_essential(other)]
        if len(found) < 2:
            return found
        least = [preference.sort_own(other, universe.versions(other))[-1] for other in found]
        return list(map(universe.package, preference.sort(package, least)))

    def _is_essential(self, package: int) -> bool:
        meta = self.universe.meta
        return any(meta(version) & ESSENTIAL for version in self.universe.versions(package))

    # -- the result ----------------------------------------------------------------------------

    def chosen_versions(self) -> dict[int, int]:
        """Return the version that each package that is true will have."""
        value = self.solver.value
        universe = self.universe
        result = {}
        at = value.find(TRUE)
        end = self.solver.root
        while 0 <= at < end:
            if at & 1:
                result[universe.package(at >> 1)] = at >> 1
            at = value.find(TRUE, at + 1)
        return result

    def is_automatic(self, package: int, version: int) -> bool:
        """Say whether the deciding reason of a true version starts at another package."""
        solver = self.solver
        clause = solver.reason.get(2 * version + 1)
        if clause is not None and clause[0] == 2 * package:
            clause = solver.reason.get(2 * package)
        return clause is not None and clause[0] != solver.root
