"""What do the sentences of a conflict's core say, as clauses for a SAT solver?

Reads facts as they are told, and stanzas as `tests.apt.sat_model` parses them: nothing of what
`foretell` knows about variables and clauses.  A package may be there in any of its versions, and in
several at once, unless a fact says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysat.solvers import Solver

from tests.apt.sat_model import Key, parse_relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.answers.conflict_facts import Fact
    from tests.apt.sat_model import System

__all__ = ["Saying"]


class Saying:
    """The facts of one explanation, as clauses."""

    def __init__(self, system: System, facts: Iterable[Fact]) -> None:
        self.system = system
        self.number = {key: at for at, key in enumerate(sorted(system.stanzas), 1)}
        self.facts = list(facts)
        self.clauses = [self._clauses(fact) for fact in self.facts]

    def is_contradiction(self, without: int = -1) -> bool:
        """Say whether the facts, or all but one, cannot hold together."""
        with Solver("minisat22") as solver:
            for at, clauses in enumerate(self.clauses):
                for clause in clauses if at != without else ():
                    if not clause:
                        return True
                    solver.add_clause(clause)
            return not solver.solve()

    def _versions(self, name: str, version: str = "") -> list[int]:
        keys = self.system.by_name.get(name, [])
        wanted = version.split(", ") if version else None
        return [self.number[key] for key in keys if wanted is None or key.version in wanted]

    def _clauses(self, fact: Fact) -> list[list[int]]:
        kind, name = fact.kind, fact.package
        if kind == "requires":
            alternatives = self._alternatives(fact)
            return [[-owner, *alternatives] for owner in self._owners(fact)]
        if kind == "excludes":
            return [
                [-owner, -self.number[other]]
                for owner in self._owners(fact)
                for group in parse_relation(fact.text)
                for member in group
                for other in self.system.fulfilling(member)
                if other.name != name
            ]
        if kind == "one-version":
            mine = self._versions(name)
            return [[-a, -b] for at, a in enumerate(mine) for b in mine[:at]]
        if kind == "settled":
            return [[-owner, *self._versions(name, fact.version)] for owner in self._owners(fact)]
        is_present = kind in {"asked", "stays", "essential"}
        if is_present or (kind == "held" and fact.version):
            is_exact = kind not in {"stays", "essential"}
            return [self._versions(name, fact.version if is_exact else "")]
        assert kind in {
            *("asked-removal", "held", "no-new", "not-candidate", "given-up", "no-version"),
            "other-asked",
        }, kind
        return [[-version] for version in self._versions(name, fact.version)]

    def _owners(self, fact: Fact) -> list[int]:
        """Return the versions that have the relation, which must be at least one."""
        name = fact.other if fact.kind == "settled" else fact.package
        version = "" if fact.kind == "settled" else fact.version
        groups = parse_relation(fact.text)
        found = []
        for number in self._versions(name, version):
            key = self._key(number)
            own = self.system.stanzas[key].groups(fact.relation.lower())
            if all(group in own for group in groups):
                found.append(number)
        assert found, fact
        return found

    def _key(self, number: int) -> Key:
        return next(key for key, other in self.number.items() if other == number)

    def _alternatives(self, fact: Fact) -> list[int]:
        """Return what fulfils a relation, or all of those that were taken together."""
        found: list[int] | None = None
        for group in parse_relation(fact.text):
            fits = [self.number[k] for member in group for k in self.system.fulfilling(member)]
            found = fits if found is None else [number for number in found if number in fits]
        return found or []
