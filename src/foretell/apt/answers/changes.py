"""Why does each package of a plan of solver 3 change?

Traces every change back to the request through the packages that asked for it.  Kinds:

``requested``               a change that the user asked for
``upgraded``                the request upgrades all that is installed
``essential``               a full upgrade asks for it
``stays``                   no change: it is installed, and a cause of others
``relation``                a change that follows from another one by a relation of ``owner``;
                            where the owner stays, ``before`` are those that fulfilled it and go
                            or change, and ``beside`` those that fulfil it still; an upgrade
                            avoids those that are ``obsolete``, whose sources have the versions
                            in ``newer``
``other-version``           the relation by which another version of what goes or stays is ruled
                            out
``unneeded``                a removal of what nothing needs; the parent is what needed it and goes
``undone``                  a change that no rule but a failed choice explains
"""

from __future__ import annotations

from foretell.apt.answers.explain import Explainer, list_evidence
from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    DEPENDS,
    PRE_DEPENDS,
    RECOMMENDS,
    RELATION_FIELDS,
    SUGGESTS,
)
from foretell.apt.solver3.clause import NO_LINK
from foretell.apt.solver3.solver import FALSE, NEGATIVE, TRUE
from foretell.apt.solver3.sweep import Providers
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import DELETE
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.answers.explain import Fields
    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.solver import Clause
    from foretell.apt.system.state import State
    from foretell.model.evidence import Evidence

__all__ = ["change_reasons", "trace_unneeded"]

_FULFILLING = ("before", "beside")


def change_reasons(answer: Answer) -> list[Reason]:
    """Return one reason for each change of the plan, in the order of the changes."""
    assert answer.search is not None
    builder = _Changes(answer)
    return [builder.reason(change.package) for change in answer.changes]


class _Changes:
    """Trace each change back to the request through the packages that asked for it."""

    def __init__(self, answer: Answer) -> None:
        assert answer.search is not None
        self.answer = answer
        self.search = answer.search
        self.explainer = Explainer(answer.search)
        self._built: dict[int, Reason] = {}
        self._unneeded = _find_unneeded(answer)

    def reason(self, package: int) -> Reason:
        """Return the reason for what happens to a package."""
        stack = [package]
        while stack:
            top = stack[-1]
            if top in self._built:
                stack.pop()
                continue
            clause, cause = self._cause(top) if top >= 0 else self._against(-2 - top, stack)
            others = self._others(top, clause, cause)
            missing = [it for it in (*others, cause) if self._is_missing(it, stack)]
            if missing:
                stack += missing
                continue
            stack.pop()
            make = self._make if top >= 0 else self._make_excluded
            self._built[top] = make(top, clause, cause, others)
        return self._built[package]

    def _is_missing(self, number: int, stack: list[int]) -> bool:
        return number != -1 and number not in self._built and number not in stack

    def _others(self, package: int, clause: Clause | None, cause: int) -> list[int]:
        """Return what a reason follows from besides its cause: packages, versions as -2 - version.

        That is what fulfilled the relation of a cause that stays before, and the other version of
        what goes or stays.
        """
        if package < 0:
            return []
        other = self._other_version(package, clause, cause)
        return [-2 - other] if other >= 0 else self._fulfilling(package, clause, cause)[0]

    def _other_version(self, package: int, clause: Clause | None, cause: int) -> int:
        """Return the version that a package might get instead of going or staying, or -1."""
        state, planned = self.search.state, self.answer.planned
        assert planned is not None
        installed, candidate = state.installed.get(package, -1), state.candidate(package)
        if installed < 0 or candidate in {-1, installed, planned.versions.get(package)}:
            return -1
        if package not in planned.versions:
            is_told = clause is not None and clause[5] != NO_LINK and cause >= 0
            return candidate if is_told and self._loses_its_version(package) else -1
        return candidate if state.is_upgrade and package not in state.held else -1

    def _fulfilling(
        self, package: int, clause: Clause | None, cause: int
    ) -> tuple[list[int], list[int]]:
        """Return what fulfilled the relation of a cause that stays before, and goes, or stays."""
        state, planned = self.search.state, self.answer.planned
        assert planned is not None
        if clause is None or cause < 0 or clause[5] == NO_LINK or clause[2] & NEGATIVE:
            return [], []
        version = planned.versions.get(cause, -1)
        is_of_cause = clause[0] in {2 * cause, 2 * version + 1}
        if not is_of_cause or state.installed.get(cause) != version:
            return [], []
        universe = self.search.universe
        there = {
            universe.package(other)
            for member in universe.members(clause[5])
            for other in universe.fulfilling(state.installed, *member)
        }
        beside = {it for it in there if planned.versions.get(it) == state.installed[it]}
        return sorted(there - beside - {package}), sorted(beside - {package})

    def _cause(self, package: int) -> tuple[Clause | None, int]:
        """Return the clause that decided a package, and the package it came from or -1."""
        if package in self._unneeded:
            return None, self._unneeded[package][0]
        solver = self.search.solver
        state = self.search.state
        if self._is_asked(package) or self._is_reinstalled(package):
            return None, -1
        version = state.candidate(package)
        variable = 2 * package
        clause = solver.reason.get(variable)
        if clause is not None and clause[0] == 2 * version + 1:
            clause = solver.reason.get(2 * version + 1)
        installed = state.installed.get(package, -1)
        if clause is not None and clause[0] == variable and clause[5] == NO_LINK:
            clause = solver.reason.get(2 * installed + 1)  # no version is left: why not this one?
        elif self._loses_its_version(package):
            clause = self._parting(package, clause)
        if clause is None and self._loses_its_version(package):
            return self._violation(package, installed)
        if clause is None or clause[0] == solver.root:
            return clause, -1
        return clause, self._origin(clause, package, installed)

    def _parting(self, package: int, clause: Clause | None) -> Clause | None:
        """Return why a package does not keep its version: that, or why it gets the new one."""
        reason, state = self.search.solver.reason, self.search.state
        against = reason.get(2 * state.installed[package] + 1)
        if against is not None and against[5] != NO_LINK:
            return against
        planned = self.answer.planned
        new = planned.versions.get(package, -1) if planned is not None else -1
        if new < 0:
            return clause
        wanted = (clause, reason.get(2 * new + 1))
        return next((it for it in wanted if it is not None and not self._holds(it, package)), None)

    def _holds(self, clause: Clause, package: int) -> bool:
        """Say whether a clause is no relation, or one that an installed package fulfils."""
        alone = {package: self.search.state.installed[package]}
        return clause[5] == NO_LINK or self._fulfils(clause[5], alone)

    def _against(self, version: int, told: Sequence[int]) -> tuple[Clause | None, int]:
        """Return the clause that rules a version out, and the package it came from or -1.

        Rather another one where that package changes for this very reason.
        """
        clause = self.search.solver.reason.get(2 * version + 1)
        package = self.search.universe.package(version)
        if clause is None or clause[5] == NO_LINK:
            return self._violation(package, version)
        cause = self._origin(clause, package, version)
        if cause in told:
            other = self._violation(package, version)
            if other[0] is not None:
                return other
        return clause, cause

    def _violation(self, package: int, version: int) -> tuple[Clause | None, int]:
        """Return a hard relation that keeps a version out of any plan like this, if there is one.

        All that would fulfil it goes or changes, or what it excludes was asked for.  With it comes
        one of these packages; -1 where nothing would fulfil it.
        """
        universe, installed = self.search.universe, self.search.state.installed
        planned = self.answer.planned.versions if self.answer.planned is not None else {}
        for kind in (PRE_DEPENDS, DEPENDS):
            for group in universe.groups(version, kind):
                if self._fulfils(group, planned):
                    continue
                able = self._able(group)
                gone = {it for it in able if planned.get(it, -1) != installed.get(it, -2)}
                if able == gone and package not in able and able <= installed.keys():
                    had = {it for it in able if self._fulfils(group, {it: installed[it]})}
                    return _stand_in(version, group, 0), min(had or able, default=-1)
        for kind in (CONFLICTS, BREAKS):
            for group in universe.groups(version, kind):
                for member in universe.members(group):
                    for met in map(universe.package, universe.fulfilling(planned, *member)):
                        if met != package and self._is_asked(met):
                            return _stand_in(version, group, NEGATIVE), met
        return None, -1

    def _able(self, group: int) -> set[int]:
        """Return the packages of which some version fulfils a relation."""
        universe = self.search.universe
        found: set[int] = set()
        for target, _, _ in universe.members(group):
            versions = [*universe.versions(target), *(it for it, _ in universe.provides(target))]
            found.update(
                package
                for version, package in zip(versions, map(universe.package, versions), strict=True)
                if self._fulfils(group, {package: version})
            )
        return found

    def _fulfils(self, group: int, present: dict[int, int]) -> bool:
        """Say whether any of these versions, by package, fulfils a relation."""
        universe = self.search.universe
        return any(universe.fulfilling(present, *member) for member in universe.members(group))

    def _origin(self, clause: Clause, package: int, version: int) -> int:
        """Return the package from which a clause decided about another one, or -1."""
        solver, universe = self.search.solver, self.search.universe
        owner = clause[0]
        if owner in {2 * package, 2 * version + 1}:  # excludes what is there, or needs what is not
            is_exclusion = bool(clause[2] & NEGATIVE)
            others = [x for x in clause[1] if (solver.value[x] == TRUE) == is_exclusion]
            lost = [] if is_exclusion else [x for x in others if self._was_there(x)]
            owner = next(iter(lost or others), -1)
        if owner < 0:
            return -1
        cause = universe.package(owner >> 1) if owner & 1 else owner >> 1
        return cause if cause != package else -1

    def _was_there(self, variable: int) -> bool:
        """Say whether a package, or this version of it, is installed."""
        installed = self.search.state.installed
        if not variable & 1:
            return variable >> 1 in installed
        return installed.get(self.search.universe.package(variable >> 1)) == variable >> 1

    def _loses_its_version(self, package: int) -> bool:
        """Say whether an installed version goes, though nobody asked for that."""
        state, planned = self.search.state, self.answer.planned
        assert planned is not None
        installed = state.installed.get(package, -1)
        is_lost = installed not in {-1, planned.versions.get(package)}
        return is_lost and not self._is_asked(package) and not self._is_upgraded(package)

    def _is_asked(self, package: int) -> bool:
        state = self.search.state
        return package in state.protected or state.mode.get(package) == DELETE

    def _is_reinstalled(self, package: int) -> bool:
        state, planned = self.search.state, self.answer.planned
        assert planned is not None
        stays = planned.versions.get(package, -1) == state.installed.get(package)
        return stays and package in state.reinstalled

    def _is_upgraded(self, package: int) -> bool:
        """Say whether the request upgrades a package because it is installed."""
        state, planned = self.search.state, self.answer.planned
        assert planned is not None
        version, installed = planned.versions.get(package, -1), state.installed.get(package, -1)
        is_candidate = version == state.candidate(package) != installed
        return state.is_upgrade and is_candidate and version >= 0 <= installed

    def _first_kind(self, package: int, clause: Clause | None) -> str:
        """Return the kind of a reason that follows from no other one."""
        state, planned = self.search.state, self.answer.planned
        assert planned is not None
        if self._is_asked(package) or self._is_reinstalled(package):
            return "requested"
        if self._is_upgraded(package):
            return "upgraded"
        if package in state.installed:
            stays = planned.versions.get(package, -1) == state.installed[package]
            return "stays" if stays else "undone"
        is_demanded = clause is not None and clause[0] == self.search.solver.root
        return "essential" if is_demanded else "undone"

    def _make(
        self, package: int, clause: Clause | None, cause: int, others: Sequence[int]
    ) -> Reason:
        fields: Fields
        label = self.explainer.label(2 * package)
        evidence = self._evidence(package)
        if package in self._unneeded:
            group = self._unneeded[package][1]
            if cause < 0 or cause not in self._built:
                return Reason("unneeded", {"package": label}, evidence=evidence)
            owner = 2 * self.search.state.installed[cause] + 1
            fields = {"package": label, **self._relation(cause, group, owner)}
            return Reason("unneeded", fields, parents=[self._built[cause]], evidence=evidence)
        causes = [self._built[other] for other in (cause, *others) if other in self._built]
        if cause < 0 or clause is None or cause not in self._built:
            kind = self._first_kind(package, clause)
            return Reason(kind, {"package": label}, parents=causes, evidence=evidence)
        fields = {"package": label, **self._relation(cause, clause[5], clause[0])}
        for name, found in zip(_FULFILLING, self._fulfilling(package, clause, cause), strict=True):
            if found:
                fields[name] = tuple(self.explainer.label(2 * other) for other in found)
                fields |= self._obsolete(found)
        return Reason("relation", fields, parents=causes, evidence=evidence)

    def _obsolete(self, packages: Sequence[int]) -> Fields:
        """Return which of these packages an upgrade avoids as obsolete, and for which versions."""
        translator, state = self.search.translator, self.search.state
        obsolete = [it for it in packages if state.is_upgrade and translator.is_obsolete(it)]
        if not obsolete:
            return {}
        label = self.explainer.label
        newer = [translator.successor(package) for package in obsolete]
        return {
            "obsolete": tuple(label(2 * package) for package in obsolete),
            "newer": tuple(label(2 * it + 1) for it in newer if it is not None and it >= 0),
        }

    def _make_excluded(
        self, number: int, clause: Clause | None, cause: int, _: Sequence[int]
    ) -> Reason:
        """Return why a version does not take the place of the one that goes."""
        version = -2 - number
        universe = self.search.universe
        package = universe.package(version)
        fields: Fields = {
            "package": self.explainer.label(2 * package),
            "version": universe.version_string(version).decode("utf-8", "surrogateescape"),
        }
        evidence = list_evidence(self.answer.world, universe, version)
        if clause is None:
            return Reason("undone", fields, evidence=evidence)
        fields |= self._relation(cause, clause[5], clause[0])
        parents = [self._built[cause]] if cause in self._built else []
        return Reason("other-version", fields, parents=parents, evidence=evidence)

    def _relation(self, cause: int, group: int, owner: int) -> Fields:
        """Return the fields of a relation, if there is one, and of the package it connects with."""
        fields: Fields = {}
        if cause >= 0:
            fields["from"] = self.explainer.label(2 * cause)
        if group != NO_LINK:
            universe = self.search.universe
            fields["relation"] = RELATION_FIELDS[universe.group_type(group)].decode()
            fields["text"] = universe.group_text(group).decode("utf-8", "surrogateescape")
            fields["owner"] = self.explainer.label(owner)
        return fields

    def _evidence(self, package: int) -> list[Evidence]:
        assert self.answer.planned is not None
        version = self.answer.planned.versions.get(package)
        if version is None:
            version = self.search.state.installed.get(package, -1)
        if version < 0:
            return []
        return list_evidence(self.answer.world, self.search.universe, version)


def _stand_in(version: int, group: int, flags: int) -> Clause:
    """Return a clause that says which relation of a version it is."""
    return 2 * version + 1, (), flags, 0, 0, group


def _find_unneeded(answer: Answer) -> dict[int, tuple[int, int]]:
    """Return what goes only because nothing needs it, with what needed it before.

    That is a package that goes as well, and its or-group; (-1, -1) for what was unneeded before.
    """
    assert answer.search is not None
    assert answer.planned is not None
    state, value = answer.search.state, answer.search.solver.value
    gone = [change.package for change in answer.changes if change.new < 0 <= change.old]
    found = {
        package: (-1, -1)
        for package in gone
        if package in state.automatic
        and state.mode.get(package) != DELETE
        and value[2 * package] != FALSE
    }
    trace_unneeded(state, found, [package for package in gone if package not in found])
    return found


def trace_unneeded(state: State, found: dict[int, tuple[int, int]], queue: list[int]) -> None:
    """Note for each package of ``found`` which one of the ``queue`` needed it, and its or-group.

    What is found joins the queue: it may have needed others.
    """
    traced = set(queue)
    providers = Providers(state, Planned(state.installed, set()), narrows=False)
    for package in queue if found else ():
        for group in _followed_groups(state.universe, state.installed[package]):
            for needed in providers.of_group(group):
                if needed in found and needed not in traced:
                    traced.add(needed)
                    found[needed] = package, group
                    queue.append(needed)


def _followed_groups(universe: Universe, version: int) -> list[int]:
    kinds = (PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS)
    return [group for kind in kinds for group in universe.groups(version, kind)]
