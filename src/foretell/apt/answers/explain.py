"""Why did the search decide so?

Reads the reasons that the search left behind and puts them into the shared model.  Kinds:

``selected``, ``rejected``, ``undecided``
                            a variable's value; ``clause`` tells by which rule, absent for a
                            request, the installed state or a choice that was undone;
                            the first parent is the decision that made the clause act when
                            ``has-antecedent``, the others are the alternatives it had, each as
                            often as the clause names it; ``repeated`` when the same decision is
                            told with its reason elsewhere, because each is a reason of the other
``requested``               a change that the user asked for
``relation``                a change that follows from another one by a relation
``unneeded``                a removal of what nothing needs; the parent is what needed it and goes
``undone``                  a change that no rule but a failed choice explains
"""

from __future__ import annotations

from foretell.apt.model import (
    DEPENDS,
    OPERATOR_NAMES,
    PRE_DEPENDS,
    RECOMMENDS,
    RELATION_FIELDS,
    SUGGESTS,
)
from foretell.apt.solver3.clause import NO_LINK
from foretell.apt.solver3.solver import FALSE, NEGATIVE, OPTIONAL, TRUE, UNDECIDED
from foretell.apt.solver3.sweep import Providers
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import DELETE
from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.seed import Search
    from foretell.apt.solver3.solver import Clause
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

    Fields = dict[str, str | int | bool | tuple[str, ...] | None]

__all__ = [
    "change_reasons",
    "conflict_reasons",
    "list_evidence",
    "package_label",
    "trace_unneeded",
    "version_label",
]

_KINDS = {UNDECIDED: "undecided", TRUE: "selected", FALSE: "rejected"}


def conflict_reasons(search: Search) -> list[Reason]:
    """Return the two contradicting decisions of a failed search: what stands, what was demanded.

    Empty when the search failed without a conflict between two variables.
    """
    conflict = search.solver.conflict
    if conflict is None:
        return []
    variable, wanted, clause = conflict
    explainer = _Explainer(search)
    stands = explainer.decision(variable)
    demanded = explainer.hypothetical(variable, wanted, clause)
    return [stands, demanded]


class _Explainer:
    """Build the reasons of one search, each decision once."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.solver = search.solver
        self.universe = search.universe
        self._built: dict[int, Reason] = {}

    def decision(self, variable: int) -> Reason:
        """Return the reason of a variable's value; causes first, without recursion.

        Two decisions can each be a reason of the other; the second one is then ``repeated``,
        without its own reason, which is told elsewhere.
        """
        stack = [variable]
        begun = set()
        while stack:
            top = stack[-1]
            if top in self._built:
                stack.pop()
                continue
            clause = self.solver.reason.get(top)
            needed = self._needed(top, self.solver.value[top], clause)
            begun.add(top)
            missing = [x for x in needed if x not in self._built and x not in begun]
            if missing:
                stack += reversed(missing)
                continue
            stack.pop()
            self._built[top] = self._reason(top, self.solver.value[top], clause)
        return self._built[variable]

    def hypothetical(self, variable: int, value: int, clause: Clause | None) -> Reason:
        """Return the reason for a value that a clause demanded and did not get."""
        for other in self._needed(variable, value, clause):
            self.decision(other)
        return self._reason(variable, value, clause)

    def _antecedent(self, variable: int, value: int, clause: Clause) -> int:
        """Return the variable whose decision made the clause act, or -1."""
        owner, alternatives, flags = clause[0], clause[1], clause[2]
        if owner != variable:
            return owner
        if flags & NEGATIVE and value == FALSE:
            for alternative in alternatives:
                if self.solver.value[alternative] == TRUE:
                    return alternative
        return -1

    def _is_untold(self, clause: Clause) -> bool:
        """Say whether a clause only asks for what is installed to stay, if that is possible."""
        return clause[0] == self.solver.root and bool(clause[2] & OPTIONAL)

    def _needed(self, variable: int, value: int, clause: Clause | None) -> list[int]:
        if clause is None or self._is_untold(clause):
            return []
        antecedent = self._antecedent(variable, value, clause)
        needed = [antecedent] if antecedent >= 0 else []
        if not clause[2] & NEGATIVE:
            needed += [other for other in clause[1] if other != variable]
        return needed

    def _reason(self, variable: int, value: int, clause: Clause | None) -> Reason:
        universe = self.universe
        is_version = bool(variable & 1)
        package = universe.package(variable >> 1) if is_version else variable >> 1
        installed = self.search.state.installed.get(package, -1)
        order = 0
        if is_version and installed >= 0:
            own, old = universe.version_key(variable >> 1), universe.version_key(installed)
            order = (own > old) - (own < old)
            if not order and variable >> 1 != installed:
                order = -1  # apt calls another build of the same version a downgrade
        fields: Fields = {
            "variable": self.label(variable),
            "is-version": is_version,
            "is-installed": installed >= 0,
            "order": order,
            "package": self.label(2 * package),
        }
        parents = []
        if clause is not None and not self._is_untold(clause):
            fields |= self._clause_fields(variable, value, clause)
            needed = self._needed(variable, value, clause)
            parents = [self._built.get(other) or self._repeated(other) for other in needed]
        return Reason(_KINDS[value], fields, parents=parents)

    def _repeated(self, variable: int) -> Reason:
        bare = self._reason(variable, self.solver.value[variable], None)
        return Reason(bare.kind, {**bare.fields, "repeated": True})

    def _clause_fields(self, variable: int, value: int, clause: Clause) -> Fields:
        owner, alternatives, flags, _, _, link = clause
        antecedent = self._antecedent(variable, value, clause)
        fields: Fields = {
            "owner": self.label(owner),
            "has-antecedent": antecedent >= 0,
            "is-negative": bool(flags & NEGATIVE),
            "choices": len(alternatives),
        }
        universe = self.universe
        if link != NO_LINK:
            fields["clause"] = self._field(link)
            fields["targets"] = tuple(self._targets(link))
            merged = self.search.translator.merged_into(clause)
            if merged:
                fields["merged"] = tuple(
                    word for other in merged for word in (self._field(other), *self._targets(other))
                )
        elif owner == self.solver.root:
            fields["clause"] = "essential"
            fields["targets"] = tuple(map(self.label, alternatives))
        elif not owner & 1:
            fields["clause"] = "versions"
            fields["targets"] = tuple(
                universe.version_string(x >> 1).decode("utf-8", "surrogateescape")
                for x in alternatives
            )
        else:
            fields["clause"] = "siblings" if flags & NEGATIVE else "package"
        return fields

    def _field(self, link: int) -> str:
        return RELATION_FIELDS[self.universe.group_type(link)].decode()

    def _targets(self, link: int) -> list[str]:
        """Return name, operator and version of each member of an or-group, one after the other."""
        found = []
        for target, operator, wanted in self.universe.members(link):
            given = wanted.decode("utf-8", "surrogateescape")
            found += [self.target(target), OPERATOR_NAMES[operator], given]
        return found

    def target(self, package: int) -> str:
        """Return a relation's target as apt writes it: the architecture only when foreign."""
        return self.universe.full_name(package)

    def label(self, variable: int) -> str:
        """Return ``name:architecture``, ``name:architecture=version`` or ``(root)``."""
        if variable == self.solver.root:
            return "(root)"
        if variable & 1:
            return version_label(self.universe, variable >> 1)
        return package_label(self.universe, variable >> 1)


def package_label(universe: Universe, package: int) -> str:
    """Return ``name:architecture``."""
    name = universe.name(package).decode("utf-8", "surrogateescape")
    return f"{name}:{universe.architecture(package).decode('ascii', 'replace')}"


def version_label(universe: Universe, version: int) -> str:
    """Return ``name:architecture=version``."""
    text = universe.version_string(version).decode("utf-8", "surrogateescape")
    return f"{package_label(universe, universe.package(version))}={text}"


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
        self.explainer = _Explainer(answer.search)
        self._built: dict[int, Reason] = {}
        self._unneeded = _find_unneeded(answer)

    def reason(self, package: int) -> Reason:
        """Return the reason for what happens to a package."""
        stack = [package]
        while stack:
            top = stack[-1]
            clause, cause = self._cause(top)
            if top in self._built:
                stack.pop()
            elif cause >= 0 and cause not in self._built and cause not in stack:
                stack.append(cause)
            else:
                stack.pop()
                self._built[top] = self._make(top, clause, cause)
        return self._built[package]

    def _cause(self, package: int) -> tuple[Clause | None, int]:
        """Return the clause that decided a package, and the package it came from or -1."""
        if package in self._unneeded:
            return None, self._unneeded[package][0]
        solver = self.search.solver
        universe = self.search.universe
        version = self.search.state.candidate(package)
        variable = 2 * package
        clause = solver.reason.get(variable)
        if clause is not None and clause[0] == 2 * version + 1:
            clause = solver.reason.get(2 * version + 1)
        kept = 2 * self.search.state.installed.get(package, -1) + 1
        if clause is not None and clause[0] == variable and clause[5] == NO_LINK:
            clause = solver.reason.get(kept)  # no version is left: why not the installed one?
        if clause is None or clause[0] == solver.root:
            return clause, -1
        owner = clause[0]
        if owner in {variable, kept}:  # it excludes what is there, or needs what is not
            is_exclusion = bool(clause[2] & NEGATIVE)
            others = [x for x in clause[1] if (solver.value[x] == TRUE) == is_exclusion]
            owner = others[0] if others else -1
        if owner < 0:
            return clause, -1
        cause = universe.package(owner >> 1) if owner & 1 else owner >> 1
        return clause, cause if cause != package else -1

    def _make(self, package: int, clause: Clause | None, cause: int) -> Reason:
        fields: Fields
        state = self.search.state
        label = self.explainer.label(2 * package)
        evidence = self._evidence(package)
        if package in self._unneeded:
            group = self._unneeded[package][1]
            if cause < 0 or cause not in self._built:
                return Reason("unneeded", {"package": label}, evidence=evidence)
            fields = {"package": label, "from": self.explainer.label(2 * cause)}
            fields |= self._relation(group)
            return Reason("unneeded", fields, parents=[self._built[cause]], evidence=evidence)
        if cause < 0 or clause is None or cause not in self._built:
            kind = "requested" if package in state.protected else "undone"
            return Reason(kind, {"package": label}, evidence=evidence)
        fields = {"package": label, "from": self.explainer.label(2 * cause)}
        if clause[5] != NO_LINK:
            fields |= self._relation(clause[5])
        return Reason("relation", fields, parents=[self._built[cause]], evidence=evidence)

    def _relation(self, group: int) -> dict[str, str]:
        universe = self.search.universe
        return {
            "relation": RELATION_FIELDS[universe.group_type(group)].decode(),
            "text": universe.group_text(group).decode("utf-8", "surrogateescape"),
        }

    def _evidence(self, package: int) -> list[Evidence]:
        assert self.answer.planned is not None
        version = self.answer.planned.versions.get(package)
        if version is None:
            version = self.search.state.installed.get(package, -1)
        if version < 0:
            return []
        return list_evidence(self.answer.world, self.search.universe, version)


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


def list_evidence(world: World, universe: Universe, version: int) -> list[Evidence]:
    """Return where the stanza of a version stands."""
    if version >= universe.n_versions:
        return [Evidence("status-stanza", world.status_path, "")]
    number, offset, length = universe.stanza(version)
    paths = world.lists
    path = paths[number] if number < len(paths) else "embedded"
    return [Evidence("archive-stanza", f"{path}:@{offset}+{length}", "")]
