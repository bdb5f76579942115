"""Which clauses does a package or a version bring into the search since apt 3.1?

What differs from `foretell.apt.clause`: relations of one owner that name the same package, each
without an alternative, are taken together, so that a range such as ``v (>= 1), v (<< 3)`` is
fulfilled by one provider; a new version asks for its installed siblings of the same source; and
relations that need not be followed leave no clause.
"""

from __future__ import annotations

from foretell.apt.solver3.clause import NEGATIVES, NO_LINK, SATISFY, SELECT_VERSION, Translator
from foretell.apt.solver3.solver import EAGER, NEGATIVE, OPTIONAL, urgency_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.solver3.solver import Clause
    from foretell.apt.system.profiles import Profile
    from foretell.apt.system.state import State

__all__ = ["MergingTranslator"]

_NONE: frozenset[int] = frozenset()
_SELECT = urgency_of(0, SELECT_VERSION)
_NEVER = urgency_of(NEGATIVE, SATISFY)
_SIBLING = urgency_of(OPTIONAL | EAGER, SELECT_VERSION)
_NO_TARGET = -1


class MergingTranslator(Translator):
    """A translator that takes relations of one owner to one package together."""

    keeps_dropped = False
    keeps_idle = True  # they count in the order in which apt keeps clauses

    def __init__(self, state: State, profile: Profile) -> None:
        super().__init__(state, profile)
        # Owner and or-group of a clause -> the or-groups that became part of it.
        self._merged: dict[tuple[int, int], tuple[int, ...]] = {}

    def merged_into(self, clause: Clause) -> tuple[int, ...]:
        """Return the or-groups that a clause stands for beside its own, in order."""
        return self._merged.get((clause[0], clause[5]), ())

    def _package_clauses(self, package: int) -> list[Clause]:
        result = super()._package_clauses(package)
        merged, gone = self._merge(result)
        if gone:
            self._merged_away[package] = gone
        return merged

    def _version_clauses(self, version: int) -> list[Clause]:
        universe = self.universe
        owner = 2 * version + 1
        package = universe.package(version)
        versions = universe.versions(package)
        result: list[Clause] = [(owner, (2 * package,), 0, _SELECT, SELECT_VERSION, NO_LINK)]
        result += [
            (owner, (2 * other + 1,), NEGATIVE, _NEVER, SATISFY, NO_LINK)
            for other in versions
            if other != version
        ]
        if self.profile.upgrades_by_source:
            self._add_siblings(result, owner, version)
        gone = self._merged_away.get(package, _NONE)
        if len(versions) == 1:
            groups = [group for group in universe.relations(version) if group in gone]
        else:
            common = frozenset(self._common_relations(package)) - gone
            groups = [group for group in universe.relations(version) if group not in common]
        if groups:
            self._add_relations(result, owner, version, groups)
            result, _ = self._merge(result)
        return result

    def _add_siblings(self, result: list[Clause], owner: int, version: int) -> None:
        """Ask for what is installed of the same source in the same source version."""
        universe, installed = self.universe, self.state.installed
        package = universe.package(version)
        if installed.get(package) == version:
            return
        wanted = None
        for other in universe.binaries.siblings(version):
            sibling = universe.package(other)
            if sibling == package or installed.get(sibling, other) == other:
                continue
            if wanted is None:
                wanted = universe.source_version_key(version)
            if universe.source_version_key(other) == wanted:
                alternatives = (2 * other + 1,)
                flags = OPTIONAL | EAGER
                result.append((owner, alternatives, flags, _SIBLING, SELECT_VERSION, NO_LINK))

    def _target(self, group: int) -> int:
        """Return the package that an or-group without alternatives names, or -1."""
        found = self._targets.get(group)
        if found is None:
            universe = self.universe
            members = universe.members(group)
            is_single = len(members) == 1 and universe.group_type(group) not in NEGATIVES
            found = self._targets[group] = members[0][0] if is_single else _NO_TARGET
        return found

    def _merge(self, clauses: list[Clause]) -> tuple[list[Clause], frozenset[int]]:
        """Return the clauses of one owner with relations to one package merged.

        Also returns the or-groups that became part of another one's clause.
        """
        at_target: dict[int, list[int]] = {}
        has_pairs = False
        for at, clause in enumerate(clauses):
            if clause[5] == NO_LINK or not clause[1]:
                continue
            target = self._target(clause[5])
            if target != _NO_TARGET:
                found = at_target.setdefault(target, [])
                has_pairs = has_pairs or bool(found)
                found.append(at)
        if not has_pairs:
            return clauses, _NONE
        gone: set[int] = set()
        merged: list[Clause | None] = list(clauses)
        for places in at_target.values():
            if len(places) > 1:
                gone |= self._merge_places(merged, places)
        kept = [clause for clause in merged if clause is not None]
        return kept, frozenset(gone.difference(clause[5] for clause in kept))

    def _merge_places(self, clauses: list[Clause | None], places: list[int]) -> set[int]:
        """Merge the clauses at these places, earlier ones first; return what is gone."""
        gone = set()
        for number, at in enumerate(places):
            clause = clauses[at]
            assert clause is not None
            for before in places[:number]:
                other = clauses[before]
                if other is None:
                    continue
                both = [variable for variable in other[1] if variable in clause[1]]
                if not both:
                    continue
                if (other[2] ^ clause[2]) & OPTIONAL:
                    clause = clauses[at] = (clause[0], both, *clause[2:])
                    continue
                clauses[before] = (other[0], both, *other[2:])
                clauses[at] = None
                key = (other[0], other[5])
                self._merged[key] = (*self._merged.get(key, ()), clause[5])
                gone.add(clause[5])
                break
        return gone
