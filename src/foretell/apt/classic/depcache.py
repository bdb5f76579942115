"""What does the classic solver know of each package while it plans?

For every package the version planned, the candidate, the mode, the automatic mark and the
protection, and for every relation whether the installed versions, the planned ones and the
candidates fulfil it.  apt keeps the latter as bits that it refreshes when a package changes, but
only for relations on the package itself and on what its installed version and its candidate
provide; a candidate that is discarded refreshes nothing.  So an answer may be out of date, and
the solver acts on it.  Here each answer is computed when it is asked for, as of the last refresh of
the relation's target.
"""

from __future__ import annotations

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    DEPENDS,
    PRE_DEPENDS,
    PROVIDES,
)
from foretell.apt.packages.stanza import parse_members
from foretell.apt.solver3.seed import is_vital
from foretell.apt.system.state import DELETE, INSTALL, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.multiarch import MultiArchUniverse
    from foretell.apt.packages.universe import Member, Universe
    from foretell.apt.system.state import State

    # When it was refreshed, the target's own version or -1, and (version, as which) of providers.
    View = tuple[int, int, list[tuple[int, bytes]]]

__all__ = ["CANDIDATE", "CRITICAL", "NEGATIVE", "NOW", "PLANNED", "Depcache"]

NOW, PLANNED, CANDIDATE = range(3)
CRITICAL = frozenset((PRE_DEPENDS, DEPENDS, CONFLICTS, BREAKS))
NEGATIVE = frozenset((CONFLICTS, BREAKS))
NEITHER = 2  # there is no installed version or no candidate to compare


def _as_multi_arch(universe: Universe) -> MultiArchUniverse | None:
    if not universe.is_multi_arch:
        return None
    from foretell.apt.packages.multiarch import MultiArchUniverse

    assert isinstance(universe, MultiArchUniverse)
    return universe


class Depcache:
    """The planned state of every package; starts as what is there, with policy's candidates."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.universe = state.universe
        self._multi_arch = _as_multi_arch(state.universe)
        self.current = state.installed
        self.planned: dict[int, int] = dict(state.installed)  # package -> version, those present
        self.mode: dict[int, int] = {}
        self.automatic = set(state.automatic)
        self.protected: set[int] = set()
        self.held = set(state.held)
        self._candidate: dict[int, int] = {}
        self._status: dict[int, int] = {}
        self._clock = 0
        # What a package had before and since when: (time, planned version, candidate) or -1.
        self._history: dict[int, list[tuple[int, int, int]]] = {}
        self._refreshed: dict[bytes, int] = {}  # name -> time
        # The same times, each in a list of one, by name and by the packages that go by it.
        self._clocks_by_name: dict[bytes, list[int]] = {}
        self._clocks: dict[int, list[int]] = {}
        self._stamps: dict[int, int] = {}  # the same by package, with foreign architectures
        self._stamped: dict[int, list[int]] = {}
        self._provided: dict[int, tuple[bytes, ...]] = {}
        self._views: tuple[dict[int, View], ...] = ({}, {}, {})
        self._answers: tuple[dict[Member, tuple[int, bool]], ...] = ({}, {}, {})
        self._clashes: tuple[dict[tuple[int, int], tuple[int, bool]], ...] = ({}, {}, {})
        self._users: dict[bytes, set[int]] | None = None  # target name -> planned packages
        self._checked: dict[bytes, int] = {}  # target name -> refresh that _broken knows
        self._broken: set[int] = set()
        self._policy_broken: set[int] | None = None

    # -- one package -----------------------------------------------------------------------

    def candidate(self, package: int) -> int:
        """Return the candidate, or -1; it may have been changed or given up."""
        found = self._candidate.get(package)
        if found is None:
            found = self._candidate[package] = self.state.policy_candidate(package)
        return found

    def status(self, package: int) -> int:
        """Compare the candidate with what is installed: -1, 0, 1, or `NEITHER`.

        Not up to date after the candidate was discarded, as in apt.
        """
        found = self._status.get(package)
        if found is None:
            found = self._status[package] = self._compare(package, self.candidate(package))
        return found

    def _compare(self, package: int, candidate: int) -> int:
        installed = self.current.get(package, -1)
        if installed < 0 or candidate < 0:
            return NEITHER
        if installed == candidate:
            return 0
        # Versions of the same string are two when their stanzas differ: the list's order decides.
        order = self.universe.versions(package)
        return 1 if order.index(candidate) < order.index(installed) else -1

    def is_new(self, package: int) -> bool:
        """Say whether the package is to be installed for the first time."""
        return self.mode.get(package, KEEP) == INSTALL and self.status(package) == NEITHER

    def is_upgradable(self, package: int) -> bool:
        """Say whether the candidate is there and better than what is installed, if anything."""
        return self.status(package) >= 1 and self.candidate(package) >= 0

    def is_vital(self, package: int) -> bool:
        """Say whether the package is Essential, Important or Protected."""
        return is_vital(self.state, package)

    def vital(self) -> set[int]:
        """Return all packages that are Essential, Important or Protected."""
        return {*self.universe.essential(), *filter(self.is_vital, self.current)}

    # -- changes ---------------------------------------------------------------------------

    def plan(self, package: int, version: int, mode: int) -> None:
        """Plan a version of a package, or none with -1."""
        self._keep_history(package)
        self.mode[package] = mode
        if version < 0:
            self.planned.pop(package, None)
        else:
            self.planned[package] = version
        self._refresh(package)

    def set_candidate(self, package: int, version: int) -> None:
        """Make a version the candidate; what is planned follows where it was the candidate."""
        self._keep_history(package)
        before = self.candidate(package)
        self._candidate[package] = version
        self._status[package] = self._compare(package, version)
        if self.mode.get(package) == INSTALL and self.planned.get(package, -1) == before >= 0:
            self.planned[package] = version
        self._refresh(package)

    def discard_candidate(self, package: int) -> None:
        """Let what is planned be the candidate; nobody is told."""
        self.drop_candidate(package, self.planned.get(package, -1))

    def drop_candidate(self, package: int, version: int) -> None:
        """Replace the candidate; nobody is told, and the status stays."""
        self.status(package)
        self._keep_history(package)
        self._candidate[package] = version
        self._note(package, self._clock + 1)

    def recompute_status(self, package: int) -> None:
        """Compare the candidate anew."""
        self._status[package] = self._compare(package, self.candidate(package))

    def _keep_history(self, package: int) -> None:
        if package not in self._history:
            row = (0, self.planned.get(package, -1), self.candidate(package))
            self._history[package] = [row]

    def _note(self, package: int, when: int) -> None:
        row = (when, self.planned.get(package, -1), self.candidate(package))
        rows = self._history[package]
        if rows[-1][0] == when:
            rows[-1] = row
        else:
            rows.append(row)

    def _refresh(self, package: int) -> None:
        """Bring what is on the package, and on what it provides, up to date."""
        self._clock += 1
        self._note(package, self._clock)
        self._refresh_name(self.universe.name(package))
        candidate = self.candidate(package)
        installed = self.current.get(package, -1)
        for version in {installed, candidate}:
            if version >= 0:
                for name in self._names_provided(version):
                    self._refresh_name(name)
        if self._multi_arch is not None:
            self._stamp(self._multi_arch, package, {installed, candidate})
        if self._users is not None:
            self._use(package)

    def _refresh_name(self, name: bytes) -> None:
        self._refreshed[name] = self._clock
        clock = self._clocks_by_name.get(name)
        if clock is not None:
            clock[0] = self._clock

    def _stamp(self, universe: MultiArchUniverse, package: int, versions: set[int]) -> None:
        """Note the time at the packages that a package means or provides, one by one."""
        self._stamps[package] = self._clock
        for version in versions:
            if version < 0:
                continue
            found = self._stamped.get(version)
            if found is None:
                found = self._stamped[version] = universe.provided(version)
            for other in found:
                self._stamps[other] = self._clock

    def _names_provided(self, version: int) -> tuple[bytes, ...]:
        """Return the names of packages that a version provides explicitly."""
        found = self._provided.get(version)
        if found is None:
            line = self.universe.relation_lines(version)[PROVIDES]
            names = (
                [row[0] for text in line.split(b", ") for row in parse_members(text)]
                if line
                else []
            )
            found = self._provided[version] = tuple(dict.fromkeys(names))
        return found

    # -- relations -------------------------------------------------------------------------

    def _time_of(self, target: int) -> int:
        """Return when relations on a package were refreshed last."""
        if self._multi_arch is not None:
            return self._stamps.get(target, 0)
        clock = self._clocks.get(target)
        if clock is None:  # name:any and name:amd64 go by the name
            name = self.universe.name(target).partition(b":")[0]
            clock = self._clocks_by_name.get(name)
            if clock is None:
                clock = self._clocks_by_name[name] = [self._refreshed.get(name, 0)]
            self._clocks[target] = clock
        return clock[0]

    def _version_at(self, when: int, kind: int, package: int) -> int:
        if kind == NOW:
            return self.current.get(package, -1)
        rows = self._history.get(package)
        if rows is None:
            if kind == PLANNED:
                return self.planned.get(package, -1)
            return self.candidate(package)
        at = len(rows) - 1
        while rows[at][0] > when:
            at -= 1
        return rows[at][kind]

    def _view(self, kind: int, target: int) -> View:
        """Return what there is of a package and what provides it, as of its last refresh."""
        when = self._time_of(target) if kind else 0
        found = self._views[kind].get(target)
        if found is None or found[0] != when:
            universe = self.universe
            providers = [
                row
                for row in universe.provides(target)
                if self._version_at(when, kind, universe.package(row[0])) == row[0]
            ]
            found = self._views[kind][target] = (
                when,
                self._version_at(when, kind, target),
                providers,
            )
        return found

    def fulfils(self, kind: int, member: Member) -> bool:
        """Say whether versions of this kind fulfil one alternative of a positive relation."""
        target, operator, wanted = member
        when = self._time_of(target) if kind else 0
        answers = self._answers[kind]
        found = answers.get(member)
        if found is not None and found[0] == when:
            return found[1]
        _, own, providers = self._view(kind, target)
        universe = self.universe
        answer = own >= 0 and (not operator or universe.holds(own, operator, wanted))
        if not answer and providers:
            answer = bool(universe.fitting_providers(providers, operator, wanted))
        answers[member] = (when, answer)
        return answer

    def is_clear(self, kind: int, group: int, version: int) -> bool:
        """Say whether versions of this kind leave a negative relation of ``version`` alone."""
        member = self.universe.members(group)[0]
        when = self._time_of(member[0]) if kind else 0
        answers = self._clashes[kind]
        found = answers.get((group, version))
        if found is not None and found[0] == when:
            return found[1]
        answer = not self.clashing(kind, group, version)
        answers[group, version] = (when, answer)
        return answer

    def clashing(self, kind: int, group: int, version: int) -> list[int]:
        """Return the versions of this kind that a negative relation of ``version`` hits.

        As of the last refresh; the target's own first, then those that provide it.
        """
        universe = self.universe
        target, operator, wanted = universe.members(group)[0]
        _, own, providers = self._view(kind, target)
        found = (
            [own] if own >= 0 and (not operator or universe.holds(own, operator, wanted)) else []
        )
        providing = universe.fitting_providers(providers, operator, wanted) if providers else []
        return list(dict.fromkeys(universe.clashing(group, version, found, providing)))

    def holds(self, kind: int, group: int, version: int) -> bool:
        """Say whether an or-group of ``version`` holds with versions of this kind."""
        universe = self.universe
        if universe.group_types[group] in NEGATIVE:
            return self.is_clear(kind, group, version)
        return any(self.fulfils(kind, member) for member in universe.members(group))

    def is_important(self, group: int, version: int) -> bool:
        """Say whether an or-group has to be followed."""
        return self.state.is_important(self.universe.group_types[group], version)

    # -- broken packages -------------------------------------------------------------------

    def is_broken(self, package: int, kind: int = PLANNED) -> bool:
        """Say whether the package's version of this kind lacks or hits something critical."""
        version = self._present(package, kind)
        return version >= 0 and any(
            not self.holds(kind, group, version) for group in self.critical(version)
        )

    def critical(self, version: int) -> list[int]:
        """Return the critical or-groups of a version."""
        types = self.universe.group_types
        return [g for g in self.universe.relations(version) if types[g] in CRITICAL]

    def is_policy_broken(self, package: int, kind: int = PLANNED) -> bool:
        """Say the same about everything that has to be followed."""
        version = self._present(package, kind)
        return version >= 0 and any(
            self.is_important(group, version) and not self.holds(kind, group, version)
            for group in self.universe.relations(version)
        )

    def _present(self, package: int, kind: int) -> int:
        return (self.planned if kind == PLANNED else self.current).get(package, -1)

    def broken(self) -> set[int]:
        """Return all packages that are broken as planned; nothing was when the plan began."""
        self._check_again()
        return self._broken

    def policy_broken(self) -> set[int]:
        """Return all packages of which something that has to be followed does not hold."""
        self._check_again()
        if self._policy_broken is None:
            self._policy_broken = set(filter(self.is_policy_broken, self.planned))
        return self._policy_broken

    def _check_again(self) -> None:
        """Find out about the packages whose relations were refreshed since the last time."""
        if self._users is None:
            self._users = {}
            for package in self.planned:
                self._use(package)
        suspects: set[int] = set()
        users, checked = self._users, self._checked
        for name, when in self._refreshed.items():
            if checked.get(name) != when:
                checked[name] = when
                suspects.update(users.get(name, ()))
        for package in suspects:
            (self._broken.add if self.is_broken(package) else self._broken.discard)(package)
            if self._policy_broken is not None:
                is_bad = self.is_policy_broken(package)
                (self._policy_broken.add if is_bad else self._policy_broken.discard)(package)

    def _use(self, package: int) -> None:
        """Note on what the planned version of a package depends; it always minds itself."""
        assert self._users is not None
        universe, users = self.universe, self._users
        users.setdefault(universe.name(package), set()).add(package)
        version = self.planned.get(package, -1)
        for group in universe.relations(version) if version >= 0 else ():
            if self.is_important(group, version):
                for target, _, _ in universe.members(group):
                    base = universe.name(target).partition(b":")[0]
                    users.setdefault(base, set()).add(package)

    def asked_about(self) -> set[int]:
        """Return the packages whose candidate, or whose relations, somebody has asked for."""
        return {
            *self._candidate,
            *self._history,
            *(target for view in self._views for target in view),
        }

    # -- the result ------------------------------------------------------------------------

    def result(self) -> dict[int, int]:
        """Return the version that each package will have."""
        found = {}
        for package in self.planned.keys() | self.current.keys():
            mode = self.mode.get(package, KEEP)
            version = self.planned.get(package, -1)
            if mode == KEEP:
                version = self.current.get(package, -1)
            if version >= 0 and mode != DELETE:
                found[package] = version
        return found
