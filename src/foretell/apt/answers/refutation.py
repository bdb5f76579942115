"""Can some rules all hold, and if not, which few of them are enough to say so?

Knows nothing of packages.  Rules are over numbered variables and come from a `Rules`; each belongs
to a *fact*, or to none when it is no more than what the numbers mean.  A variable that nothing
makes true may be false, so only what is reached from the true ones is looked at.

The search goes back to what a contradiction rests on and remembers it.  A contradiction that rests
on no choice is a *core*: facts that cannot hold together.  `smallest` then leaves out whatever the
rest can do without, fact by fact, until each one is needed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Protocol

    Fact = tuple[str | int, ...]
    # Whether it forbids its alternatives or asks for one of them, and the alternatives.
    Rule = tuple[Fact | None, Sequence[int], bool]
    Conflict = tuple[Iterable[Fact], Iterable[int]]

    class Rules(Protocol):
        """Where rules come from."""

        def certain(self) -> Iterable[tuple[int, Fact | None]]:
            """Yield the variables that are true, those first that the question is about."""

        def barred(self, variable: int) -> Fact | None:
            """Return the fact by which a variable is false, if there is one."""

        def owned(self, variable: int) -> Iterable[Rule]:
            """Yield the rules that count once a variable is true."""

        def excluding(self, variable: int) -> Iterable[tuple[Fact | None, int]]:
            """Yield the variables whose rules forbid this one."""


__all__ = ["CHOICES_MAX", "Part", "TooHardError", "refute", "smallest"]

CHOICES_MAX = 20_000


class TooHardError(Exception):
    """More than `CHOICES_MAX` choices would have to be tried."""


def refute(rules: Rules) -> list[Fact] | None:
    """Return facts that cannot hold together, or None when all rules can hold.

    Raises `TooHardError`.
    """
    return _Search(rules).run()


def smallest(rules: Rules, core: Sequence[Fact]) -> list[Fact]:
    """Return a part of a core that cannot hold, and of which every smaller part can.

    What comes first in the core is left out first.
    """
    found = list(core)
    for fact in core:
        if fact not in found:
            continue
        left = refute(Part(rules, [other for other in found if other != fact]))
        if left is not None:
            kept = set(left)
            found = [other for other in found if other in kept]
    return found


class Part:
    """The rules of some facts, and those that belong to none."""

    def __init__(self, rules: Rules, facts: Collection[Fact]) -> None:
        self.rules = rules
        self.facts = frozenset(facts)
        self._owned: dict[int, list[Rule]] = {}
        self._excluding: dict[int, list[tuple[Fact | None, int]]] = {}
        for fact in self.facts:
            if fact[0] != "clause":
                continue
            owner = fact[1]
            assert isinstance(owner, int)
            for own, alternatives, is_negative in rules.owned(owner):
                if own == fact and is_negative:
                    for alternative in alternatives:
                        self._excluding.setdefault(alternative, []).append((fact, owner))

    def certain(self) -> Iterator[tuple[int, Fact | None]]:
        """Yield the variables that are true."""
        for variable, fact in self.rules.certain():
            if fact is None or fact in self.facts:
                yield variable, fact

    def barred(self, variable: int) -> Fact | None:
        """Return the fact by which a variable is false, if there is one."""
        fact = self.rules.barred(variable)
        return fact if fact in self.facts else None

    def owned(self, variable: int) -> list[Rule]:
        """Return the rules that count once a variable is true."""
        found = self._owned.get(variable)
        if found is None:
            every = self.rules.owned(variable)
            found = [rule for rule in every if rule[0] is None or rule[0] in self.facts]
            self._owned[variable] = found
        return found

    def excluding(self, variable: int) -> list[tuple[Fact | None, int]]:
        """Return the variables whose rules forbid this one."""
        return self._excluding.get(variable, [])


class _Search:
    """One attempt to let all rules hold."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.value: dict[int, bool] = {}
        # Why a variable has its value: facts, and variables with their values; None for a choice.
        self.why: dict[int, tuple[Iterable[Fact], Sequence[int]] | None] = {}
        self.level: dict[int, int] = {}
        self.trail: list[int] = []
        self.pending = 0
        # Rules of true owners that still have a choice, and those that name a variable.
        self.open: list[tuple[Iterable[Fact], int, Sequence[int]]] = []
        self.watch: dict[int, list[tuple[Iterable[Fact], int, Sequence[int]]]] = {}
        self.head = 0
        self.levels: list[tuple[int, int, int]] = []  # lengths of trail and open, and the head
        self.never: dict[int, list[tuple[frozenset[Fact], frozenset[int]]]] = {}
        self.choices = 0

    def run(self) -> list[Fact] | None:
        """Return facts that contradict each other, or None."""
        for variable, fact in self.rules.certain():
            conflict = self._assign(variable, is_true=True, facts=_told(fact), because=())
            if conflict is None:
                conflict = self._propagate()
            if conflict is not None:
                return self._expand(conflict)[0]
        while True:
            conflict = self._propagate()
            while conflict is not None:
                facts, chosen = self._expand(conflict)
                if not chosen:
                    return facts
                conflict = self._turn_back(facts, chosen) or self._propagate()
            if not self._choose():
                return None

    # -- values --------------------------------------------------------------------------------

    def _value(self, variable: int) -> bool | None:
        known = self.value.get(variable)
        if known is None:
            fact = self.rules.barred(variable)
            if fact is not None:
                known = self.value[variable] = False
                self.why[variable] = (fact,), ()
                self.level[variable] = 0
        return known

    def _assign(
        self, variable: int, *, is_true: bool, facts: Iterable[Fact], because: Sequence[int]
    ) -> Conflict | None:
        known = self._value(variable)
        if known is None:
            self.value[variable] = is_true
            self.why[variable] = facts, because
            self.level[variable] = len(self.levels)
            self.trail.append(variable)
            return None
        return None if known is is_true else (facts, (*because, variable))

    def _propagate(self) -> Conflict | None:
        while self.pending < len(self.trail):
            variable = self.trail[self.pending]
            self.pending += 1
            follow = self._follow_true if self.value[variable] else self._follow_false
            conflict = follow(variable)
            if conflict is not None:
                return conflict
        return None

    def _follow_true(self, variable: int) -> Conflict | None:
        here = (variable,)
        for fact, alternatives, is_negative in self.rules.owned(variable):
            facts = _told(fact)
            if not is_negative:
                conflict = self._ask(facts, variable, alternatives)
                if conflict is not None:
                    return conflict
                continue
            for alternative in alternatives:
                conflict = self._assign(alternative, is_true=False, facts=facts, because=here)
                if conflict is not None:
                    return conflict
        for fact, owner in self.rules.excluding(variable):
            conflict = self._assign(owner, is_true=False, facts=_told(fact), because=here)
            if conflict is not None:
                return conflict
        for known, chosen in self.never.get(variable, ()):
            conflict = self._avoid(known, chosen)
            if conflict is not None:
                return conflict
        return None

    def _ask(
        self, facts: Iterable[Fact], owner: int, alternatives: Sequence[int]
    ) -> Conflict | None:
        """Have one of the alternatives of a true owner be true."""
        values = [self._value(alternative) for alternative in alternatives]
        if True in values:
            return None
        if values.count(None) > 1:
            entry = facts, owner, alternatives
            self.open.append(entry)
            for alternative in alternatives:
                self.watch.setdefault(alternative, []).append(entry)
            return None
        return self._narrow(facts, owner, alternatives)

    def _narrow(
        self, facts: Iterable[Fact], owner: int, alternatives: Sequence[int]
    ) -> Conflict | None:
        """Take the last alternative that is left, if it is the last."""
        left = [a for a in alternatives if self.value.get(a) is not False]
        if len(left) > 1:
            return None
        because = (owner, *(a for a in alternatives if a not in left))
        if not left:
            return facts, because
        return self._assign(left[0], is_true=True, facts=facts, because=because)

    def _follow_false(self, variable: int) -> Conflict | None:
        for facts, owner, alternatives in self.watch.get(variable, ()):
            conflict = self._narrow(facts, owner, alternatives)
            if conflict is not None:
                return conflict
        return None

    def _avoid(self, facts: frozenset[Fact], chosen: frozenset[int]) -> Conflict | None:
        """Rule out the last of some choices that cannot be made together."""
        left = [variable for variable in chosen if self.value.get(variable) is not True]
        if len(left) > 1:
            return None
        if not left:
            return facts, chosen
        because = tuple(chosen.difference(left))
        return self._assign(left[0], is_true=False, facts=facts, because=because)

    # -- choices -------------------------------------------------------------------------------

    def _choose(self) -> bool:
        """Make a choice; say whether there was one to make."""
        while self.head < len(self.open):
            _, _, alternatives = self.open[self.head]
            values = [self.value.get(alternative) for alternative in alternatives]
            if True in values:
                self.head += 1
                continue
            self.choices += 1
            if self.choices > CHOICES_MAX:
                raise TooHardError
            self.levels.append((len(self.trail), len(self.open), self.head))
            variable = alternatives[values.index(None)]
            self.value[variable] = True
            self.why[variable] = None
            self.level[variable] = len(self.levels)
            self.trail.append(variable)
            return True
        return False

    def _expand(self, conflict: Conflict) -> tuple[list[Fact], set[int]]:
        """Return the facts and the choices that a conflict rests on."""
        facts, variables = conflict
        told = dict.fromkeys(facts)
        chosen = set()
        stack = list(variables)
        seen = set(stack)
        while stack:
            variable = stack.pop()
            why = self.why[variable]
            if why is None:
                chosen.add(variable)
                continue
            told.update(dict.fromkeys(why[0]))
            for other in why[1]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return list(told), chosen

    def _turn_back(self, facts: list[Fact], chosen: set[int]) -> Conflict | None:
        """Undo what a conflict does not rest on, and rule its last choice out."""
        last = max(chosen, key=self.level.__getitem__)
        others = chosen - {last}
        known = frozenset(facts)
        entry = known, frozenset(chosen)
        for variable in chosen:
            self.never.setdefault(variable, []).append(entry)
        self._undo(max((self.level[variable] for variable in others), default=0))
        return self._assign(last, is_true=False, facts=known, because=tuple(others))

    def _undo(self, level: int) -> None:
        length, n_open, self.head = self.levels[level]
        del self.levels[level:]
        for variable in self.trail[length:]:
            del self.value[variable], self.why[variable], self.level[variable]
        del self.trail[length:]
        self.pending = length
        for _, _, alternatives in reversed(self.open[n_open:]):
            for alternative in alternatives:
                self.watch[alternative].pop()
        del self.open[n_open:]


def _told(fact: Fact | None) -> tuple[Fact, ...]:
    return () if fact is None else (fact,)
