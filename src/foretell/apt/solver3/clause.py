"""Which clauses does a package or a version bring into the search?

A package asks for one of its versions and for the or-groups that all of its versions share; a
version asks for its package, forbids its sibling versions and brings its remaining or-groups.
Numbers: package ``p`` is variable ``2 * p``, version ``v`` is variable ``2 * v + 1``.

Translations of or-groups are remembered by or-group: only those that touch an installed package,
or whose owner is installed, depend on who asks.
"""

from __future__ import annotations

from foretell.apt.model import (
    ARCHITECTURE_ALL,
    BREAKS,
    CONFLICTS,
    DEPENDS,
    ENHANCES,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    PRE_DEPENDS,
    RECOMMENDS,
    REPLACES,
    SUGGESTS,
)
from foretell.apt.solver3.preference import Preference
from foretell.apt.solver3.solver import EAGER, NEGATIVE, OPTIONAL, urgency_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foretell.apt.solver3.solver import Clause
    from foretell.apt.system.profiles import Profile
    from foretell.apt.system.state import State

    Body = tuple[Sequence[int], int, int, int, int]

__all__ = ["GROUPS", "Translator"]

# Priority classes of clauses, most urgent first.
GROUPS = (
    "HoldOrDelete",
    "SatisfyNew",
    "Satisfy",
    "SatisfyObsolete",
    "SelectVersion",
    "UpgradeManual",
    "InstallManual",
    "ObsoleteManual",
    "UpgradeAuto",
    "KeepAuto",
    "ObsoleteAuto",
    "SatisfySuggests",
)
(
    HOLD_OR_DELETE,
    SATISFY_NEW,
    SATISFY,
    SATISFY_OBSOLETE,
    SELECT_VERSION,
    UPGRADE_MANUAL,
    INSTALL_MANUAL,
    OBSOLETE_MANUAL,
    UPGRADE_AUTO,
    KEEP_AUTO,
    OBSOLETE_AUTO,
    SATISFY_SUGGESTS,
) = range(12)

CRITICAL = frozenset((PRE_DEPENDS, DEPENDS, CONFLICTS, BREAKS))
NEGATIVES = frozenset((CONFLICTS, BREAKS))
NO_LINK = -1

_SELECT = urgency_of(0, SELECT_VERSION)
_NEVER = urgency_of(NEGATIVE, SATISFY)
_NEW = urgency_of(0, SATISFY_NEW)
_SATISFY = urgency_of(0, SATISFY)
_OPTIONAL_LATER = urgency_of(OPTIONAL, SATISFY) - _SATISFY
# A relation that need not be followed: an empty clause that only takes part in the order of work.
_DROPPED: Body = ((), OPTIONAL, urgency_of(OPTIONAL, SATISFY), SATISFY, NO_LINK)


def _is_idle(body: Body) -> bool:
    """Say whether a clause forbids nothing."""
    return not body[0] and body[1] == NEGATIVE


class Translator:
    """Hand the solver its clauses; the archive and the installed state stay behind it.

    With ``keeps_dropped`` relations that need not be followed become empty clauses, with
    ``keeps_idle`` also those that forbid nothing.
    """

    keeps_dropped = True
    keeps_idle = False

    def __init__(self, state: State, profile: Profile) -> None:
        self.state = state
        self.profile = profile
        self.universe = state.universe
        self._bodies: dict[int, Body] = {}
        self._negatives: dict[int, tuple[Body, frozenset[bytes]]] = {}
        self._dropped_count: dict[int, int] = {}  # version -> clauses that need not be followed
        self._settled = self.universe.settled
        self.preference = Preference(state, self.is_obsolete)
        self.forbid: Callable[[int], None] | None = None
        self._common: dict[int, list[int]] = {}  # package -> or-groups of all its versions
        self._obsolete: dict[int, bool] = {}
        self._targets: dict[int, int] = {}
        self._merged_away: dict[int, frozenset[int]] = {}
        # Nothing else is of the group before UpgradeAuto.
        suggests = OBSOLETE_MANUAL if profile.suggests_before_automatic else SATISFY_SUGGESTS
        self._suggests_urgency = urgency_of(OPTIONAL, suggests)

    # -- what the solver asks ----------------------------------------------------------------

    def package_variable(self, variable: int) -> int:
        """Return the package variable of a version variable."""
        return 2 * self.universe.package(variable >> 1)

    def clauses(self, variable: int) -> list[Clause]:
        """Return the clauses that ``variable`` owns, in order of registration."""
        if variable & 1:
            return self._version_clauses(variable >> 1)
        return self._package_clauses(variable >> 1)

    def merged_into(self, clause: Clause) -> tuple[int, ...]:
        """Return the or-groups that a clause stands for beside its own, in order."""
        assert clause[5] != NO_LINK
        return ()

    def _package_clauses(self, package: int) -> list[Clause]:
        owner = 2 * package
        versions = self.universe.versions(package)
        if len(versions) == 1:
            version = versions[0]
            alternatives = self.allow([2 * version + 1])
            result: list[Clause] = [(owner, alternatives, 0, _SELECT, SELECT_VERSION, NO_LINK)]
            if package in self.state.installed or self.universe.is_multi_arch:
                self._add_relations(result, owner, version, self.universe.relations(version))
            else:
                self._add_fresh(result, owner, version)
            return result
        ordered = self.preference.sort_own(package, versions)
        alternatives = self.allow([2 * v + 1 for v in ordered])
        result = [(owner, alternatives, 0, _SELECT, SELECT_VERSION, NO_LINK)]
        if versions:
            self._add_relations(result, owner, versions[0], self._common_relations(package))
        return result

    def _add_fresh(self, result: list[Clause], owner: int, version: int) -> None:
        """Append the clauses of all relations of a version whose package is not installed.

        Conflicts and Breaks that hit nothing are left out: they never act.  Relations that need
        not be followed become empty clauses, which take part in the order of work.
        """
        universe = self.universe
        bodies = self._bodies
        keeps_idle = self.keeps_idle
        lines = universe.relation_lines(version)
        package = universe.package(version)
        for kind in (PRE_DEPENDS, DEPENDS):
            for group in universe.line_groups(kind, lines[kind]):
                body = bodies.get(group)
                if body is None:
                    body = self._critical_body(group)
                result.append((owner, *body))
        for kind in (CONFLICTS, BREAKS):
            for group in universe.line_groups(kind, lines[kind]):
                body = bodies.get(group)
                if body is None:
                    body = self._negative_body(group, package, version)
                if body[0] or keeps_idle:
                    result.append((owner, *body))
        dropped = 0
        for kind in (RECOMMENDS, SUGGESTS):
            line = lines[kind]
            if not line:
                continue
            if not self.state.is_important(kind, version):
                if not self.keeps_dropped:
                    continue
                count = line.count(b",") + 1
                result += [(owner, *_DROPPED)] * count
                dropped += count
                continue
            for group in universe.line_groups(kind, line):
                body = bodies.get(group)
                if body is None:
                    body = bodies[group] = self._optional_body(group)
                result.append((owner, *body))
        if not self.keeps_dropped:
            return
        count = universe.copies(lines[REPLACES])
        if lines[ENHANCES]:
            count += lines[ENHANCES].count(b",") + 1
        if count:
            result += [(owner, *_DROPPED)] * count
        self._dropped_count[version] = dropped + count

    def _common_relations(self, package: int) -> list[int]:
        """Return the or-groups of the highest version that all others have as well."""
        found = self._common.get(package)
        if found is None:
            universe = self.universe
            first, *others = universe.versions(package)
            found = universe.relations(first)
            for version in others:
                shared = set(universe.relations(version))
                found = [group for group in found if group in shared]
            self._common[package] = found
        return found

    def _version_clauses(self, version: int) -> list[Clause]:
        universe = self.universe
        owner = 2 * version + 1
        package = universe.package(version)
        versions = universe.versions(package)
        result: list[Clause] = [(owner, (2 * package,), 0, _SELECT, SELECT_VERSION, NO_LINK)]
        dropped = self._dropped_count.get(version)
        if dropped is not None:
            if dropped:
                result += [(owner, *_DROPPED)] * dropped
            return result
        groups = universe.relations(version)
        if len(versions) == 1:
            self._add_relations(result, owner, version, groups, only_dropped=frozenset(groups))
            return result
        result += [
            (owner, (2 * other + 1,), NEGATIVE, _NEVER, SATISFY, NO_LINK)
            for other in versions
            if other != version
        ]
        common = frozenset(self._common_relations(package))
        self._add_relations(result, owner, version, groups, only_dropped=common)
        return result

    def _add_relations(
        self,
        result: list[Clause],
        owner: int,
        version: int,
        groups: list[int],
        only_dropped: frozenset[int] = frozenset(),
    ) -> None:
        """Append the clauses of or-groups of ``version`` for variable ``owner``.

        What the package owns already is not owned by the version again, except clauses that were
        dropped for being unimportant: of ``only_dropped`` nothing else is added.
        """
        bodies = self._bodies
        universe = self.universe
        package = owner >> 1 if not owner & 1 else universe.package(version)
        is_installed = package in self.state.installed
        for group in groups:
            body = None if is_installed else bodies.get(group)
            if body is None:
                body = self._body(group, package, version, owner, is_installed)
            if group in only_dropped and body is not _DROPPED:
                continue
            if _is_idle(body) and not self.keeps_idle:
                continue
            if body is _DROPPED and not self.keeps_dropped:
                continue
            result.append((owner, *body))

    # -- one or-group --------------------------------------------------------------------------

    def _body(self, group: int, package: int, version: int, owner: int, is_installed: bool) -> Body:
        """Return all of a clause but its owner."""
        kind = self.universe.group_type(group)
        if kind in NEGATIVES:
            return self._negative_body(group, package, version)
        if kind in {REPLACES, ENHANCES}:
            return _DROPPED
        if kind in CRITICAL:
            return self._critical_body(group)
        is_important = self.state.is_important(kind, version)
        if not is_installed:
            body = self._optional_body(group) if is_important else _DROPPED
            self._bodies[group] = body
            return body
        return self._installed_optional(group, package, owner, is_important)

    def _critical_body(self, group: int) -> Body:
        body = self._bodies.get(group)
        if body is None:
            body = self._plain_body(group)
            if body is None:
                alternatives = self.alternatives(group)
                clause_group = self._clause_group(alternatives)
                body = (alternatives, 0, urgency_of(0, clause_group), clause_group, group)
            self._bodies[group] = body
        return body

    def _plain_body(self, group: int) -> Body | None:
        """Translate the commonest or-group: one package that has one version and no providers."""
        universe = self.universe
        text = universe.group_texts[group]
        if text.split(b" ", 1)[0] in universe.altered:
            return None
        target = self._settled.positive.get(text)
        if target is None:
            target = self._settled.settle_positive(universe, group)
        if target < 0 or self.is_obsolete(target, and_manual=True):
            return None
        if target in self.state.installed:
            return ((2 * target,), 0, _SATISFY, SATISFY, group)
        return ((2 * target,), 0, _NEW, SATISFY_NEW, group)

    def _optional_body(self, group: int) -> Body:
        plain = self._plain_body(group)
        if plain is not None:
            return (plain[0], OPTIONAL, plain[2] + _OPTIONAL_LATER, plain[3], group)
        alternatives = self.alternatives(group)
        clause_group = self._clause_group(alternatives)
        return (alternatives, OPTIONAL, urgency_of(OPTIONAL, clause_group), clause_group, group)

    def _installed_optional(self, group: int, package: int, owner: int, is_important: bool) -> Body:
        """Translate a Recommends or Suggests of a package that is installed."""
        state = self.state
        alternatives = self.alternatives(group)
        target = self.universe.members(group)[-1][0]
        existing = self._existing_relation(package, target)
        is_satisfied = any(map(self._is_installed_variable, alternatives))
        existing_important = existing >= 0 and state.is_important(
            existing, state.installed[package]
        )
        if not is_important:
            if existing < 0 or not is_satisfied:
                return _DROPPED
            kept = [x for x in alternatives if self.package_of(x) in state.installed]
            return (kept, OPTIONAL, self._suggests_urgency, SATISFY_SUGGESTS, group)
        if existing_important and not is_satisfied:
            return _DROPPED
        flags = OPTIONAL
        kept = alternatives
        if (state.is_upgrade and existing >= 0 and is_satisfied) or (
            state.is_upgrade
            and not (state.allow_remove and state.allow_install)
            and owner & 1
            and owner >> 1 != state.installed[package]
            and (existing < 0 or not existing_important)
        ):
            flags = 0
        elif existing >= 0 and is_satisfied and self.profile.restricts_recommends:
            flags = OPTIONAL | EAGER
            kept = [x for x in alternatives if self.package_of(x) in state.installed]
        clause_group = self._clause_group(alternatives)  # also by those that are dropped
        return (kept, flags, urgency_of(flags, clause_group), clause_group, group)

    def _existing_relation(self, package: int, target: int) -> int:
        """Return the type of the installed version's optional relation to ``target``, or -1."""
        universe, state = self.universe, self.state
        for group in universe.relations(state.installed[package]):
            kind = universe.group_type(group)
            is_kept = (
                kind == RECOMMENDS and (state.keep_recommends or state.install_recommends)
            ) or (kind == SUGGESTS and (state.keep_suggests or state.install_suggests))
            if is_kept and any(member[0] == target for member in universe.members(group)):
                return kind
        return -1

    def _is_installed_variable(self, variable: int) -> bool:
        if variable & 1:
            version = variable >> 1
            return self.state.installed.get(self.universe.package(version)) == version
        return variable >> 1 in self.state.installed

    def package_of(self, variable: int) -> int:
        """Return the package that a variable is, or is a version of."""
        return self.universe.package(variable >> 1) if variable & 1 else variable >> 1

    def _negative_body(self, group: int, package: int, version: int) -> Body:
        found = self._negatives.get(group)
        universe = self.universe
        if found is None:
            alternatives = self._forbidden(group)
            names = frozenset(universe.name(universe.package(x >> 1)) for x in alternatives)
            body: Body = (alternatives, NEGATIVE, _NEVER, SATISFY, group)
            found = self._negatives[group] = (body, names)
            if not names:  # nobody can clash with it
                self._bodies[group] = body
        if universe.name(package) not in found[1]:
            return found[0]
        return (self._forbidden_for(group, package, version), NEGATIVE, _NEVER, SATISFY, group)

    def _forbidden(self, group: int) -> list[int]:
        """Return the versions that a negative or-group forbids, whoever asks."""
        universe = self.universe
        text = universe.group_texts[group]
        if text.split(b" ", 1)[0] not in universe.altered:
            variable = self._settled.negative.get(text)
            if variable is None:
                variable = self._settled.settle_negative(universe, group)
            if variable >= 0:
                return [variable] if variable else []
        return self.alternatives(group, is_negative=True)

    def _forbidden_for(self, group: int, package: int, version: int) -> list[int]:
        """Return the versions that a negative or-group of ``version`` forbids.

        A package never conflicts with itself, nor with what its own group provides.
        """
        universe = self.universe
        name = universe.name(package)
        is_same = universe.meta(version) & MULTI_ARCH_MASK == MULTI_ARCH_SAME
        is_implicit = universe.is_implicit(group)
        targets = {target for target, _, _ in universe.members(group)}
        kept = []
        for variable in self._negatives[group][0][0]:
            other = universe.package(variable >> 1)
            is_exempt = other == package or other not in targets or (is_same and not is_implicit)
            if universe.name(other) == name and is_exempt:
                continue
            kept.append(variable)
        return kept

    # -- alternatives ----------------------------------------------------------------------------

    def alternatives(self, group: int, *, is_negative: bool = False) -> list[int]:
        """Return the variables that fulfil an or-group, most preferred first."""
        universe = self.universe
        members = universe.members(group)
        first_target = members[0][0]
        by_member = self.profile.sorts_by_member
        found: list[int] = []
        for target, operator, wanted in members:
            versions = universe.versions(target)
            provided = universe.provides(target)
            fitting = universe.fitting(versions, operator, wanted)
            if versions and not is_negative and not provided and len(fitting) == len(versions):
                found.append(2 * target)
                continue
            # What Multi-Arch implies is about the package's own versions.
            if not universe.is_implicit(group):
                fitting = [*fitting, *universe.fitting_providers(provided, operator, wanted)]
            fitting = self.preference.sort(target if by_member else first_target, fitting)
            found += self.allow([2 * v + 1 for v in fitting])
        if len(found) > 1 and not is_negative and not self.state.fix_policy:
            found = self._installed_first(found)
        return found

    def _installed_first(self, variables: list[int]) -> list[int]:
        """Move what is installed to the front, in upgrades what is obsolete to the back."""
        installed = self.state.installed
        if self.state.is_upgrade:
            return sorted(
                variables,
                key=lambda x: (
                    self.is_obsolete(self.package_of(x)),
                    self.package_of(x) not in installed,
                ),
            )
        flags = [self.package_of(x) in installed for x in variables]
        if not any(flags):
            return variables
        front = [x for x, is_in in zip(variables, flags, strict=True) if is_in]
        return front + [x for x, is_in in zip(variables, flags, strict=True) if not is_in]

    def allow(self, variables: list[int]) -> list[int]:
        """Rule out what strict pinning forbids among version variables; return them all.

        apt does so before it begins, which costs a walk through the archive.
        """
        if self.forbid is not None:
            universe, state = self.universe, self.state
            for variable in variables:
                version = variable >> 1
                package = universe.package(version)
                if version not in (state.installed.get(package, -1), state.candidate(package)):
                    self.forbid(variable)
        return variables

    # -- groups --------------------------------------------------------------------------------

    def _clause_group(self, alternatives: list[int]) -> int:
        installed = self.state.installed
        result = SATISFY_NEW
        for variable in alternatives:
            package = self.package_of(variable)
            if package in installed:
                result = SATISFY
                break
        for variable in alternatives:
            if self.is_obsolete(self.package_of(variable), and_manual=True):
                return SATISFY_OBSOLETE
        return result

    def is_obsolete(self, package: int, *, and_manual: bool = False) -> bool:
        """Say whether the archive has moved on from ``package``.

        Manual packages are never obsolete unless ``and_manual``.
        """
        if not and_manual and self.state.is_manual(package):
            return False
        found = self._obsolete.get(package)
        if found is None:
            found = self._obsolete[package] = self.successor(package) is not None
        return found

    def successor(self, package: int) -> int | None:
        """Return a newer binary of the source of a package that is obsolete; None if it is not.

        -1 where it is obsolete because no list offers it.
        """
        universe, state = self.universe, self.state
        candidate = state.candidate(package)
        if candidate < 0:
            return -1
        if not universe.is_downloadable(candidate) and not (
            self.profile.any_downloadable
            and any(map(universe.is_downloadable, universe.versions(package)))
        ):
            return -1
        newer = universe.binaries.newer(candidate)
        if not newer:
            return None
        by_kind = self.profile.obsolete_by_kind
        kind = universe.meta(candidate) & ARCHITECTURE_ALL
        architecture = universe.architecture(package)
        own = state.priority(candidate)
        for other in newer:
            priority = state.priority(other)
            if not priority or priority < own:
                continue
            if by_kind and universe.meta(other) & ARCHITECTURE_ALL != kind:
                continue
            owner = universe.package(other)
            if owner != package and universe.architecture(owner) == architecture:
                return other
        return None
