"""At which decision do the classic solver and solver3 part, and by which rule of theirs?

Each package that differs is followed back, in the run that changes it, through what led to it, to
the first decision whose outcome the other run does not share.  What both ran into there, the same
relation with two choices, names the rule.  A rule is told only where the two runs show it; other
differences are not attributed.
"""

from __future__ import annotations

from foretell.apt.answers.comparison import Part
from foretell.apt.answers.explain import package_label, version_label
from foretell.apt.classic.steps import CREATED, deciding_part
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
from foretell.apt.solver3.solver import FALSE, OPTIONAL
from foretell.apt.system.state import CLASSIC
from foretell.model.reason import number_reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.comparison import Comparison
    from foretell.apt.answers.predict import Answer
    from foretell.apt.classic.steps import Choice, Step
    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.solver import Clause
    from foretell.model.reason import Reason

__all__ = ["RULES", "Deciding", "Decision"]

# Rule -> what the two solvers do differently.
RULES = {
    "created-last": "of equal providers the classic solver takes the one that apt's cache created "
    "last, solver 3 the first by name",
    "other-order": "the classic solver sorts the solutions of the relation in another order",
    "obsolete-last": "in upgrades solver 3 takes what is obsolete last",
    "chosen-before": "solver 3 had chosen the other one already, for another relation, when it "
    "came to this one: it decides what is urgent first, the classic solver goes deep first",
    "held-before": "the relation held already when the classic solver came to it, by what was "
    "there or planned before; solver 3 decided in another order",
    "classic-failed": "the classic solver could not plan its first choice, and what fails is given "
    "up for good; solver 3 comes back to it",
    "solver3-excluded": "solver 3 had excluded the classic solver's choice by an earlier decision",
    "leftover": "the classic solver had planned it for something that did not last: it does not "
    "clean up behind a failed attempt",
    "recommends-of-upgraded": "the classic solver takes no Recommends along that the installed "
    "version had and that were not fulfilled",
    "not-followed": "the classic solver planned the package without following its relations, as "
    "it does for binaries of the same source and in repairs",
    "classic-gave-up": "the classic solver tried to follow the relation, could not as things "
    "stood, and does not come back",
    "solver3-gave-up": "solver 3 had excluded everything that would fulfil the relation when it "
    "came to it",
    "undone-choice": "solver 3 had excluded it by a choice that it took back later",
    "same-source": "the classic solver upgrades installed binaries of the same source along",
    "removes-by-points": "the classic solver repairs by removing or keeping back what has fewer "
    "points; solver 3 looks for another solution",
    "upgrades-along": "the classic solver upgrades along what the upgrade would break",
    "keeps-back": "the classic solver holds back an upgrade that would leave something broken",
    "solver3-removes": "solver 3 lets an automatic package go that is in its way; the classic "
    "solver keeps it",
    "solver3-keeps-back": "solver 3 keeps the installed version, since a relation excludes the new "
    "one",
    "fallback": "the classic solver fails; apt then asks solver 3 and allows it to remove what was "
    "installed by hand",
    "removes-manual": "the classic solver removes a package that was installed by hand to make the "
    "request possible; solver 3 does not",
    "essential-mark": "what is essential and missing is automatic when the classic solver installs "
    "it, and manual when solver 3 does",
    "essential-demanded": "a full upgrade demands of solver 3 that missing essential packages be "
    "installed; the classic solver goes on without those that cannot be",
    "no-way-back": "the classic solver fails, as it never takes a decision back",
}
_NEGATIVE = frozenset((CONFLICTS, BREAKS))
_NEEDING = frozenset((PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS))
_REPAIRS = frozenset(("points", "unsolved"))
_UNLED = frozenset(("upgraded", "requested", "undone", "stays", "essential"))


class Link:
    """One decision of a chain: a package, the version it gets (-1 none), and the relation for it.

    ``is_passing`` when the run itself did not stay with it.
    """

    __slots__ = ("group", "is_passing", "kind", "owner", "package", "step", "version")

    def __init__(self, kind: str, package: int, version: int) -> None:
        self.kind = kind
        self.package = package
        self.version = version
        self.owner = -1
        self.group: tuple[int, bytes] | None = None  # type and text
        self.is_passing = False
        self.step: Step | None = None


class Decision:
    """Where two runs part: the rule, the relation, and what each of them made of it."""

    __slots__ = ("detail", "first", "owner", "package", "relation", "rule", "second", "text")

    def __init__(self, rule: str, package: str) -> None:
        self.rule = rule
        self.detail = ""  # what the classic solver went by in another order
        self.package = package  # label of the package about which they part
        self.owner = ""
        self.relation = ""
        self.text = ""
        self.first: tuple[str, ...] = ()  # what fulfils it for the classic solver
        self.second: tuple[str, ...] = ()  # and for solver3

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two decisions the same one."""
        return (self.rule, self.owner, self.relation, self.text, self.package * (not self.text))


def attribute(found: Comparison, classic: Answer, solver3: Answer, *, is_turned: bool) -> None:
    """Say of each package that differs at which decision the two runs part.

    ``is_turned`` when solver3 is the comparison's first side.
    """
    parts: dict[tuple[str, ...], Part] = {}
    keys = found.keys()
    whole = _rule_of_verdicts(classic, solver3)
    deciding = None
    if "unsatisfiable" not in {classic.verdict, solver3.verdict} and classic.solver == CLASSIC:
        deciding = Deciding(classic, solver3)
    for key in keys:
        decision = Decision(whole, "") if whole else deciding.decide(*key) if deciding else None
        if decision is None:
            found.not_attributed.append(key)
            continue
        if is_turned:
            decision.first, decision.second = decision.second, decision.first
        parts.setdefault(decision.key, Part(decision)).packages.append(key)
    found.parts = sorted(parts.values(), key=lambda part: (-len(part.packages), part.packages))
    found.rules = sorted({part.decision.rule for part in found.parts} or {whole} - {""})


def _rule_of_verdicts(classic: Answer, solver3: Answer) -> str:
    """Return the one rule that decides everything when a solver fails, or an empty string."""
    if classic.solver != CLASSIC:
        return "fallback"
    if (classic.verdict, solver3.verdict) == ("unsatisfiable", "ok"):
        return "no-way-back"
    if (classic.verdict, solver3.verdict) == ("ok", "unsatisfiable"):
        told = number_reasons(solver3.prediction.reasons)
        if any(reason.fields.get("clause") == "essential" for reason in told):
            return "essential-demanded"
        if _may_remove(solver3):
            return "removes-manual"
    return ""


def _may_remove(failed: Answer) -> bool:
    """Say whether solver3 has an answer as soon as it may remove what is manual."""
    from copy import copy, deepcopy

    from foretell.apt.answers.predict import predict

    world = copy(failed.world)
    world.configuration = deepcopy(world.configuration)
    if world.configuration is None:
        return False
    world.configuration.set("APT::Solver::RemoveManual", "1")
    again = predict(world, failed.request, solver_version=failed.solver_version)
    return again.verdict == "ok"


class Deciding:
    """Two answers to one request, that of the classic solver and that of solver3."""

    def __init__(self, classic: Answer, solver3: Answer) -> None:
        self.classic = classic
        self.solver3 = solver3
        assert classic.planned is not None
        assert solver3.planned is not None
        assert solver3.state is not None
        assert solver3.search is not None
        self.recording = classic.recording()
        self.universe: Universe = self.recording.state.universe
        self.theirs: Universe = solver3.state.universe
        self.plans = (classic.planned.versions, self._moved(solver3.planned.versions))
        self.installed = self.recording.state.installed
        self.search = solver3.search
        self._reasons = self._read_reasons()
        self._needing: dict[int, dict[int, list[int]]] = {}
        self._garbage = (
            set(classic.autoremovable),
            set(map(self._ours, solver3.autoremovable)),
        )

    # -- two runs, one numbering -----------------------------------------------------------

    def _ours(self, package: int) -> int:
        """Return our number of a package of solver3's run."""
        if package < self.universe.n_packages:
            return package
        name, architecture = self.theirs.name(package), self.theirs.architecture(package)
        return self.universe.add_package(name, architecture)

    def _moved(self, versions: dict[int, int]) -> dict[int, int]:
        return {self._ours(package): version for package, version in versions.items()}

    def _variables(self, version: int) -> tuple[int, int]:
        """Return solver3's variables of the package of a version and of the version."""
        return 2 * self.theirs.package(version), 2 * version + 1

    def _read_reasons(self) -> dict[int, Reason]:
        changes = zip(self.solver3.changes, self.solver3.prediction.reasons, strict=False)
        return {self._ours(change.package): reason for change, reason in changes}

    # -- chains ----------------------------------------------------------------------------

    def chain(self, side: int, package: int) -> list[Link]:
        """Return the decisions that led to what happens to a package, first causes first."""
        links = self._classic_chain(package) if side == 0 else self._solver3_chain(package)
        return links[::-1]

    def _classic_chain(self, package: int) -> list[Link]:
        step = self.recording.last.get(package)
        links: list[Link] = []
        while step is not None:
            link = Link(step.kind, step.package, step.version)
            link.owner = step.owner
            link.step = step
            if step.group is not None:
                universe = self.universe
                link.group = (universe.group_type(step.group), universe.group_text(step.group))
            link.is_passing = self.plans[0].get(step.package, -1) != step.version
            links.append(link)
            step = step.parents[0] if step.parents else None
        return links

    def _solver3_chain(self, package: int) -> list[Link]:
        reason = self._reasons.get(package)
        links: list[Link] = []
        while reason is not None:
            found = self._labelled(str(reason.fields["package"]))
            link = Link(reason.kind, found, self.plans[1].get(found, -1))
            text = reason.fields.get("text")
            if text is not None:
                self._set_relation(link, reason)
            links.append(link)
            reason = reason.parents[0] if reason.parents else None
        return links

    def _labelled(self, label: str) -> int:
        """Return the package of a label of solver3's reasons."""
        name, _, architecture = label.encode("utf-8", "surrogateescape").rpartition(b":")
        return self.universe.find(name, architecture)

    def _set_relation(self, link: Link, reason: Reason) -> None:
        text = str(reason.fields["text"]).encode("utf-8", "surrogateescape")
        kind = list(RELATION_FIELDS).index(str(reason.fields["relation"]).encode())
        label, universe = str(reason.fields["owner"]), self.universe
        package = self._labelled(label.partition("=")[0])
        planned = [plan.get(package, -1) for plan in (self.plans[1], self.installed)]
        for version in (*planned, *universe.versions(package)):
            is_owner = version >= 0 and label in {
                package_label(universe, package),
                version_label(universe, version),
            }
            if is_owner and self._group(version, (kind, text)) is not None:
                link.owner, link.group = version, (kind, text)
                return

    def _group(self, version: int, wanted: tuple[int, bytes]) -> int | None:
        """Return the or-group of a version of this type and text."""
        universe = self.universe
        for group in universe.relations(version):
            if (universe.group_type(group), universe.group_text(group)) == wanted:
                return group
        return None

    # -- decisions -------------------------------------------------------------------------

    def decide(self, name: str, architecture: str) -> Decision | None:
        """Return where the runs part about a package, or None."""
        spelling = name.encode("utf-8", "surrogateescape")
        package = self.universe.find(spelling, architecture.encode())
        found = self._decide(package) or self._rule_of_mark(package)
        if found is None and self.plans[0].get(package) == self.plans[1].get(package):
            found = self._decide_need(package)
        return found

    def _decide(self, package: int) -> Decision | None:
        for side in (0, 1):
            if self.plans[side].get(package, -1) == self.installed.get(package, -1):
                continue
            link = self._parting(side, package)
            found = self._rule_of(side, link) if link is not None else None
            if found is not None:
                return found
        return None

    def _rule_of_mark(self, package: int) -> Decision | None:
        """Return why both install the same version, but not with the same mark."""
        step = self.recording.last.get(package)
        if step is None or step.kind != "essential":
            return None
        version = self.plans[1].get(package, -1)
        if self.plans[0].get(package) != version or package in self.installed:
            return None
        return Decision("essential-mark", package_label(self.universe, package))

    def _decide_need(self, package: int) -> Decision | None:
        """Return why a package is needed after one run only: what needs it differs itself.

        That may need it by others, which are then unneeded after the other run as well.
        """
        if package not in self._garbage[0] ^ self._garbage[1]:
            return None
        side = int(package in self._garbage[0])
        queue = [package]
        for needed in queue:
            for other in self._needers(side).get(needed, ()):
                if self.plans[0].get(other) != self.plans[1].get(other):
                    found = self._decide(other)
                    if found is not None:
                        return found
                elif other in self._garbage[1 - side] and other not in queue:
                    queue.append(other)
        return None

    def _needers(self, side: int) -> dict[int, list[int]]:
        """Return for each package the needed ones that need it after a run."""
        found = self._needing.get(side)
        if found is None:
            found = self._needing[side] = {}
            universe, plan = self.universe, self.plans[side]
            for other in sorted(plan.keys() - self._garbage[side]):
                for group in universe.relations(plan[other]):
                    if universe.group_type(group) not in _NEEDING:
                        continue
                    for version in self._fulfilling(side, group):
                        found.setdefault(universe.package(version), []).append(other)
        return found

    def _parting(self, side: int, package: int) -> Link | None:
        """Return the first decision of a chain that the other run does not share."""
        for link in self.chain(side, package):
            if link.is_passing or self.plans[1 - side].get(link.package, -1) != link.version:
                return link
        return None

    def _rule_of(self, side: int, link: Link) -> Decision | None:
        if side == 0 and link.is_passing:
            return self._told("leftover", link)
        if side == 0 and link.kind == "same-source":
            return self._told("same-source", link)
        if link.group is None:
            return self._rule_of_upgrade(side, link)
        if link.kind == "held-back":
            return self._told("keeps-back", link)
        is_negative = link.group[0] in _NEGATIVE
        owned_by_itself = self.universe.package(link.owner) == link.package
        if link.version >= 0 and not is_negative and not owned_by_itself:
            if self.plans[1 - side].get(self.universe.package(link.owner)) != link.owner:
                return None
            return self._rule_of_choice(link)
        if side == 0 and link.kind in _REPAIRS:
            return self._told("removes-by-points", link)
        is_change = link.version not in {-1, self.installed.get(link.package, -1)}
        if side == 0 and is_change and link.kind in {"relation", "broken"}:
            return self._told("upgrades-along", link)
        if side == 1 and link.version < 0 and link.package in self.solver3_automatic():
            return self._told("solver3-removes", link)
        return None

    def solver3_automatic(self) -> set[int]:
        """Return what is installed automatically."""
        return self.recording.state.was_automatic

    def _rule_of_upgrade(self, side: int, link: Link) -> Decision | None:
        """Return why one run does not upgrade what the other one does, or removes it."""
        solver = self.search.solver
        if side == 1 and link.kind == "undone" and link.version < 0:
            variable = 2 * self.installed.get(link.package, -1) + 1
            is_undone = solver.value[variable] == FALSE and solver.reason.get(variable) is None
            return self._told("undone-choice", link) if is_undone else None
        if link.version < 0 or link.kind not in _UNLED:
            return None
        if side == 0:
            variable = 2 * link.version + 1
            clause = solver.reason.get(variable)
            if solver.value[variable] == FALSE and clause is not None and clause[5] != NO_LINK:
                return self._told("solver3-keeps-back", link)
            return None
        last = self.recording.last.get(link.package)
        if last is not None and last.kind in {"held-back", *_REPAIRS}:
            found = self._told("removes-by-points" if last.version < 0 else "keeps-back", link)
            self._quote(found, last.owner, last.group)
            return found
        return None

    def _rule_of_choice(self, link: Link) -> Decision | None:
        """Return why two runs fulfil one relation of one version differently."""
        assert link.group is not None
        group = self._group(link.owner, link.group)
        assert group is not None
        chosen = [self._fulfilling(n, group) for n in (0, 1)]
        clause = self._clause(link)
        if not chosen[0]:
            rule = self._rule_of_classic_failure(link, group)
        elif not chosen[1]:
            rule = self._rule_of_solver3_failure(clause)
        else:
            rule = self._rule_of_order(group, link, chosen, clause)
        return self._told(rule, link) if rule else None

    def _fulfilling(self, side: int, group: int) -> list[int]:
        universe = self.universe
        found: dict[int, None] = {}
        for member in universe.members(group):
            found |= dict.fromkeys(universe.fulfilling(self.plans[side], *member))
        return list(found)

    def _rule_of_classic_failure(self, link: Link, group: int) -> str | None:
        """Return why the classic solver left a relation that solver3 has followed."""
        recording = self.recording
        if any(row[1:] == (link.owner, group) for row in recording.skipped):
            return "recommends-of-upgraded"
        if (link.owner, group) in recording.looks:
            return "classic-gave-up"
        last = recording.last.get(link.package)
        if last is not None and last.version < 0 and last.kind in _REPAIRS:
            return "removes-by-points"
        return "not-followed" if link.owner not in recording.walked else None

    def _rule_of_solver3_failure(self, clause: Clause | None) -> str | None:
        """Return why solver3 left a relation that the classic solver has followed."""
        if clause is None or not clause[2] & OPTIONAL:
            return None
        value = self.search.solver.value
        return "solver3-gave-up" if all(value[x] == FALSE for x in clause[1]) else None

    def _clause(self, link: Link) -> Clause | None:
        """Return what solver3 made of a relation."""
        wanted = link.group
        solver, theirs = self.search.solver, self.theirs
        for variable in self._variables(link.owner):
            for clause in solver.owned[variable] or ():
                at = clause[5]
                if at >= 0 and (theirs.group_type(at), theirs.group_text(at)) == wanted:
                    return clause
        return None

    def _rule_of_order(
        self, group: int, link: Link, chosen: list[list[int]], clause: Clause | None
    ) -> str | None:
        """Return why each run has its own choice for a relation."""
        recording = self.recording
        if any(row[1:] == (link.owner, group) for row in recording.skipped):
            return "recommends-of-upgraded"
        looks = recording.looks.get((link.owner, group))
        if looks is None:
            return "held-before" if link.owner in recording.walked else "not-followed"
        taken = (v for v in chosen[0] if self._is_taken_for(v, link.owner, group))
        ours = next(taken, None)
        if ours is None or clause is None:
            return None
        theirs = next((v for v in chosen[1] if self._is_reason(clause, v)), None)
        if theirs is None:
            return "chosen-before"
        order = {choice.version: (at, choice) for at, choice in enumerate(looks)}
        if ours == theirs or ours not in order or theirs not in order:
            return None
        if order[ours][0] > order[theirs][0]:
            return "classic-failed"
        return self._rule_of_preference(clause, order[ours][1], order[theirs][1])

    def _is_taken_for(self, version: int, owner: int, group: int) -> bool:
        """Say whether the classic solver planned a version for this relation."""
        step = self.recording.last.get(self.universe.package(version))
        return step is not None and (step.owner, step.group) == (owner, group)

    def _rule_of_preference(self, clause: Clause, ours: Choice, theirs: Choice) -> str | None:
        """Return what puts our choice first here and theirs first there."""
        places = [self._place(clause, choice.version) for choice in (ours, theirs)]
        if min(places) < 0:
            return None
        if places[0] < places[1]:
            is_out = self.search.solver.value[clause[1][places[0]]] == FALSE
            return "solver3-excluded" if is_out else None
        part = deciding_part(ours, theirs)
        if part == CREATED:
            return "created-last"
        if self.search.state.is_upgrade and self._is_obsolete(ours.version):
            return "obsolete-last"
        return f"other-order:{part}"

    def _is_obsolete(self, version: int) -> bool:
        return self.search.translator.is_obsolete(self.theirs.package(version))

    def _place(self, clause: Clause, version: int) -> int:
        variables = self._variables(version)
        return next((at for at, x in enumerate(clause[1]) if x in variables), -1)

    def _is_reason(self, clause: Clause, version: int) -> bool:
        """Say whether a clause is what made solver3 choose a version."""
        reason = self.search.solver.reason
        return any(reason.get(variable) is clause for variable in self._variables(version))

    # -- telling ---------------------------------------------------------------------------

    def _told(self, rule: str, link: Link) -> Decision:
        """Return a decision by a rule, and perhaps what it went by: ``rule:detail``."""
        name, _, detail = rule.partition(":")
        found = Decision(name, package_label(self.universe, link.package))
        found.detail = detail
        if link.group is not None:
            self._quote(found, link.owner, self._group(link.owner, link.group))
        return found

    def _quote(self, found: Decision, owner: int, group: int | None) -> None:
        if group is None:
            return
        universe = self.universe
        found.owner = version_label(universe, owner)
        found.relation = RELATION_FIELDS[universe.group_type(group)].decode()
        found.text = universe.group_text(group).decode("utf-8", "surrogateescape")
        if universe.group_type(group) not in _NEGATIVE:
            found.first, found.second = (
                tuple(version_label(universe, v) for v in self._fulfilling(side, group))
                for side in (0, 1)
            )
