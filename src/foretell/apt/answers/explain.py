"""Why did the search decide so?

Reads the reasons that the search left behind and puts them into the shared model.  Kinds:

``selected``, ``rejected``, ``undecided``
                            a variable's value; ``clause`` tells by which rule, absent for a
                            request, the installed state or a choice that was undone;
                            the first parent is the decision that made the clause act when
                            ``has-antecedent``, the others are the alternatives it had, each as
                            often as the clause names it; ``repeated`` when the same decision is
                            told with its reason elsewhere, because each is a reason of the other
"""

from __future__ import annotations

from foretell.apt.model import OPERATOR_NAMES, RELATION_FIELDS
from foretell.apt.solver3.clause import NO_LINK
from foretell.apt.solver3.solver import FALSE, NEGATIVE, OPTIONAL, TRUE, UNDECIDED
from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.seed import Search
    from foretell.apt.solver3.solver import Clause
    from foretell.apt.system.world import World

    Fields = dict[str, str | int | bool | tuple[str, ...] | None]

__all__ = [
    "Explainer",
    "conflict_reasons",
    "list_evidence",
    "package_label",
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
    explainer = Explainer(search)
    stands = explainer.decision(variable)
    demanded = explainer.hypothetical(variable, wanted, clause)
    return [stands, demanded]


class Explainer:
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


def list_evidence(world: World, universe: Universe, version: int) -> list[Evidence]:
    """Return where the stanza of a version stands."""
    if version >= universe.n_versions:
        return [Evidence("status-stanza", world.status_path, "")]
    number, offset, length = universe.stanza(version)
    paths = world.lists
    path = paths[number] if number < len(paths) else "embedded"
    return [Evidence("archive-stanza", f"{path}:@{offset}+{length}", "")]
