"""Which facts make two plans differ, each asked by planning again?

`find_causes` reads off two answers what seems to decide.  Here the first system is given these
facts of the second and asked again: a package is put down to a cause if it then comes out as on
the second side.  Where it does not, facts are looked for with which it does, of which none can go.
"""

from __future__ import annotations

from functools import partial

from foretell.apt.answers.difference import is_same
from foretell.apt.answers.difference_causes import Cause, Causes, Side, find_causes
from foretell.apt.cases.mixture import Fact, Mixture
from foretell.model.minimize import Budget, minimize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from foretell.apt.answers.difference import Row
    from foretell.apt.answers.predict import Answer

    Key = tuple[str, str]  # name and architecture

__all__ = ["WORK_FULL", "WORK_MAX", "attribute"]

# Stanzas to plan with, of all trials together: a second or two, and some minutes.
WORK_MAX = 30_000
WORK_FULL = 3_000_000
_SETUP = 4  # plans that it costs to begin
_TRIALS_MIN = 2


def attribute(
    first: Answer, second: Answer, rows: Sequence[Row], work_max: int = WORK_MAX
) -> Causes:
    """Return the causes of all rows of a difference of two plans that work.

    A package is told under causes that make the first plan leave it as the second does, of which
    none can go.
    Those that decide about most packages are asked first; what ``work_max`` does not suffice for
    is read off.  Raises `InputError` when a list does not hold its stanzas any more.
    """
    read_off = find_causes(first, second, rows)
    hints = {key: cause for cause, keys in read_off.found for key in keys}
    checked: dict[Key, list[Cause]] = {}
    size = sum(len(it.world.installed) + len(it.changes) for it in (first, second))
    is_worth_it = work_max >= size * (_SETUP + _TRIALS_MIN)
    if rows and is_worth_it and first.world.native == second.world.native:
        checked = _Search(first, second, rows, work_max).run(hints)
    causes: dict[Key, list[Cause]] = {row.key: [] for row in rows}
    causes |= {key: [cause] for key, cause in hints.items()}
    causes |= checked
    return Causes.of(causes, [key for key in causes if key in hints and key not in checked])


class _Search:
    """Looks for the facts that decide about each row."""

    def __init__(self, first: Answer, second: Answer, rows: Sequence[Row], work_max: int) -> None:
        self._mixture = Mixture(first, second)
        self._sides = Side(first), Side(second)
        self._rows = {row.key: row for row in rows}
        self._budget = Budget(work_max // max(1, self._mixture.size) - _SETUP)
        self._found: dict[Key, list[Cause]] = {}

    def run(self, hints: dict[Key, Cause]) -> dict[Key, list[Cause]]:
        """Return causes that were checked; those of some packages if the budget does not reach."""
        if self._budget.left < _TRIALS_MIN:
            return {}
        keys = self._had_again()
        for key, cause in hints.items():
            if key in keys:
                self._check(key, cause)
        left = [key for key in sorted(keys) if key not in self._found]
        if left and self._budget.left > 0:
            self._minimize(left, {*keys, *(cause.key for cause in hints.values())})
        return self._found

    def _check(self, key: Key, cause: Cause) -> None:
        """Take a cause that was read off if it leads to a row, alone or with its companions."""
        facts = self._facts_of(cause)
        if not self._mixture.is_known(facts) and not self._budget.spend():
            return
        if self._decide([key], facts):
            if cause.kind == "pin":
                self._shorten(key, facts, cause)
            else:
                self._found[key] = [cause]
        elif cause.kind == "installed" and self._mixture.table(facts) is None:
            around = self._companions(cause)
            if self._decide([key], around):
                self._shorten(key, around)

    def _companions(self, cause: Cause) -> list[Fact]:
        """Return what is not installed alike that a package cannot be there or go without."""
        facts = {fact[1:3]: fact for fact in self._mixture.facts if fact.kind == "installed"}
        found = {cause.key}
        new = list(found)
        while new:
            key = new.pop()
            near = {*self._sides[1].needed(key), *self._sides[0].needing(key)}
            new += (near & facts.keys()) - found
            found |= near & facts.keys()
        return [facts[key] for key in sorted(found)]

    def _had_again(self) -> set[Key]:
        """Return what is as on the first side with no fact, and as on the second with all."""
        base, whole = self._mixture.table(()), self._mixture.table(self._mixture.facts)
        if base is None or whole is None:
            return set()
        return {
            key
            for key, row in self._rows.items()
            if is_same(base.get(key), row.first) and is_same(whole.get(key), row.second)
        }

    def _decide(self, keys: Sequence[Key], facts: Collection[Fact]) -> bool:
        """Say whether the first side leaves packages as the second with facts of that side."""
        table = self._mixture.table(facts)
        return table is not None and all(
            is_same(table.get(key), self._rows[key].second) for key in keys
        )

    def _minimize(self, keys: Sequence[Key], near: set[Key]) -> None:
        """Find facts for each package of which none can go, out of such facts for all of them.

        What is near, and what is about no package, is tried before all facts.
        """
        everything = sorted(self._mixture.facts, key=lambda fact: fact[1:3] in near)
        likely = [fact for fact in everything if fact[1:3] in near or not fact.package]
        facts = likely if self._decide(keys, likely) else everything
        some = minimize(facts, partial(self._decide, keys), self._budget)
        for key in keys:
            self._shorten(key, some)

    def _shorten(self, key: Key, facts: Sequence[Fact], hint: Cause | None = None) -> None:
        """Put a row down to those of facts that are needed; of a pin the hint says more."""
        few = minimize(facts, partial(self._decide, [key]), self._budget)
        if self._budget.left <= 0:
            return
        if hint is not None and len(few) == 1 and _is_of(hint, few[0]):
            self._found[key] = [hint]
        else:
            self._found[key] = list(map(self._cause, few))

    # -- facts and causes ----------------------------------------------------------------------

    def _facts_of(self, cause: Cause) -> list[Fact]:
        """Return the facts that a cause is about."""
        facts = self._mixture.facts
        if cause.kind == "pin":
            return [it for it in facts if it.kind in {"pins", "release"}]
        own = [it for it in facts if it.kind == cause.kind and it[1:3] == cause.key]
        if cause.kind == "relation":
            texts = {cause.first, cause.second}
            return [it for it in own if it.version == cause.version and it.name in texts]
        return own

    def _cause(self, fact: Fact) -> Cause:
        """Return how a fact is told."""
        key = (fact.package, fact.architecture)
        sides = self._sides
        told: Iterable[str]
        if fact.kind == "installed":
            told = [side.installed(key) for side in sides]
        elif fact.kind == "held":
            told = ["on hold" if side.is_held(key) else "" for side in sides]
        elif fact.kind == "mark":
            told = ["automatic" if side.is_automatic(key) else "manual" for side in sides]
        elif fact.kind == "offered":
            told = [side.standing(key) for side in sides]
            if told[0] == told[1]:
                told = [", ".join(side.offered(key)) for side in sides]
        else:
            told = self._mixture.texts(fact)
        first, second = told
        name = "" if fact.kind in {"relation", "pins"} else fact.name
        return Cause(fact.kind, *key, first, second, name, fact.version)


def _is_of(pin: Cause, fact: Fact) -> bool:
    """Say whether a cause that names a pin or a target release names the one of a fact."""
    if fact.kind == "release":
        return True
    words = fact.name.rpartition(" ")[0]  # without the priority
    return any(text.endswith(f"({words})") for text in (pin.first, pin.second))
