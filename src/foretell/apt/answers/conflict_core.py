"""Which few facts alone make a request impossible?

apt's solver ends with the one contradiction that it met last.  Here the rules that it could not
fulfil are put to `refutation`, with all that only shapes a plan left out, and what comes back is a
*core*: facts that cannot hold together, each of which is needed for that.

When the rules could all hold, apt fails nevertheless because it does not go back on a choice; then
these choices are facts as well, and `Core.is_hard` is false.

A fact is a tuple that begins with its kind: ``asked``, ``asked-removal``, ``held``, ``stays``,
``no-new`` and ``barred``, ``deferred`` are about a variable that is true or false from the start;
``clause`` is a relation of a variable, by its or-group; ``no-version`` is about a package without
any, ``one-version`` about one with several, ``essential`` about a clause of the root; ``settled``
and ``given-up`` are choices of the solver.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.answers.refutation import Part, TooHardError, refute, smallest
from foretell.apt.solver3.clause import NO_LINK
from foretell.apt.solver3.solver import FALSE, NEGATIVE, OPTIONAL, TRUE
from foretell.apt.system.state import DELETE, INSTALL, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from foretell.apt.answers.refutation import Fact, Rule
    from foretell.apt.solver3.seed import Search
    from foretell.apt.solver3.solver import Clause

__all__ = [
    "Core",
    "SearchRules",
    "fact_package",
    "find_core",
    "is_possible",
    "may_help",
]

# What is left out of a core first; of relations those that were met last.
_LEAVING = (
    *("given-up", "settled", "no-new", "deferred", "stays", "barred", "held"),
    *("essential", "one-version", "no-version", "clause", "asked-removal", "asked"),
)


class Core(NamedTuple):
    """Facts that cannot hold together, in the order in which they are told.

    ``is_hard`` says that no choice of the solver is among them.
    """

    facts: tuple[Fact, ...]
    is_hard: bool
    rules: SearchRules


class SearchRules:
    """What a search may not break, as `refutation` asks for it."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.state = search.state
        self.universe = search.universe
        self.root = search.solver.root
        self.out: dict[int, Fact] = {}  # variables that are false besides
        self.choices: dict[int, list[Rule]] = {}
        self._owned: dict[int, list[Rule]] = {}
        self._barred: dict[int, Fact | None] = {}
        self._certain: list[tuple[int, Fact | None]] | None = None

    # -- what `refutation.Rules` wants ---------------------------------------------------------

    def certain(self) -> Iterator[tuple[int, Fact | None]]:
        """Yield the variables that are true from the start, what was asked for first."""
        if self._certain is None:
            found: list[tuple[int, Fact | None]] = []
            for package in self.search.walked():
                decided = self.search.certain_of(package)
                if decided is not None and decided[1] == TRUE:
                    found.append((decided[0], (self._present_kind(package), decided[0])))
            found.sort(key=self._place)
            found.append((self.root, None))
            self._certain = found
        yield from self._certain

    def _place(self, row: tuple[int, Fact | None]) -> tuple[bool, bytes]:
        """Order what is certain: what was asked for first, by name."""
        variable, fact = row
        if fact is None or fact[0] != "asked":
            return True, b""
        return False, self.universe.name(self.package(variable))

    def barred(self, variable: int) -> Fact | None:
        """Return the fact by which a variable is false from the start."""
        if variable in self.out:
            return self.out[variable]
        if variable not in self._barred:
            self._barred[variable] = self._find_barred(variable)
        return self._barred[variable]

    def owned(self, variable: int) -> list[Rule]:
        """Return the rules of a true variable."""
        found = self._owned.get(variable)
        if found is None:
            found = [rule for c in self._clauses(variable) for rule in self._rules(variable, c)]
            found += self.choices.get(variable, ())
            self._owned[variable] = found
        return found

    def excluding(self, variable: int) -> Iterator[tuple[Fact | None, int]]:
        """Yield the variables whose rules forbid this one."""
        solver = self.search.solver
        places = solver.owned if self.search.profile.watches else solver.watched
        for clause in places[variable] or ():
            if clause[2] & NEGATIVE and clause[0] not in {variable, self.root}:
                yield self._fact(clause, variable), clause[0]

    # -- facts ---------------------------------------------------------------------------------

    def package(self, variable: int) -> int:
        """Return the package of a variable."""
        return self.universe.package(variable >> 1) if variable & 1 else variable >> 1

    def _present_kind(self, package: int) -> str:
        state = self.state
        if package in state.held and package not in state.protected:
            return "held"
        is_asked = package in state.protected or state.mode.get(package, KEEP) == INSTALL
        return "asked" if is_asked else "stays"

    def _find_barred(self, variable: int) -> Fact | None:
        if variable >= self.root:
            return None
        state, package = self.state, self.package(variable)
        certain = self.search.certain_of(package)
        if certain is not None and certain == (2 * package, FALSE):
            return self._absent_kind(package), 2 * package
        if not variable & 1 or not state.strict_pinning:
            return None
        version, installed = variable >> 1, state.installed.get(package, -1)
        candidate = state.candidate(package)
        if version not in {installed, candidate}:
            return "barred", variable
        if state.phasing is None or not state.is_upgrade or package in state.protected:
            return None
        if version == installed or installed < 0 or not state.phasing.is_deferred(version):
            return None
        return "deferred", variable

    def _absent_kind(self, package: int) -> str:
        state = self.state
        if package in state.held and package not in state.protected:
            return "held"
        is_asked = package in state.protected or state.mode.get(package, KEEP) == DELETE
        return "asked-removal" if is_asked else "no-new"

    def _clauses(self, variable: int) -> Sequence[Clause]:
        solver, translator = self.search.solver, self.search.translator
        if variable == self.root or solver.discovered[variable]:
            every = solver.owned[variable] or ()
            return [clause for clause in every if clause[0] == variable]
        forbid, translator.forbid = translator.forbid, None  # the search is over
        try:
            package = translator.package_variable(variable) if variable & 1 else variable
            if package != variable and not solver.discovered[package]:
                translator.clauses(package)
            return translator.clauses(variable)
        finally:
            translator.forbid = forbid

    def _rules(self, variable: int, clause: Clause) -> Iterator[Rule]:
        if not clause[2] & OPTIONAL:
            alternatives = tuple(dict.fromkeys(clause[1]))
            is_negative = bool(clause[2] & NEGATIVE)
            if alternatives or not is_negative:
                yield self._fact(clause, variable), alternatives, is_negative

    def _fact(self, clause: Clause, about: int) -> Fact | None:
        """Return the fact that a clause is, or None when it only says what a number means."""
        owner, alternatives, flags, _, _, link = clause
        if link != NO_LINK:
            return "clause", owner, link
        if owner == self.root:
            return "essential", *alternatives
        if flags & NEGATIVE:
            return "one-version", self.package(about)
        return None if alternatives else ("no-version", owner)

    # -- choices of the solver -----------------------------------------------------------------

    def add_choices(self) -> None:
        """Take in what the solver had decided for good when it failed, though it was a choice."""
        solver = self.search.solver
        conflict = solver.conflict
        reasons = dict(solver.reason)
        if conflict is not None and conflict[2] is None:
            reasons.setdefault(conflict[0], None)
            if conflict[1] == FALSE and self.barred(conflict[0]) is None:
                self.out[conflict[0]] = "given-up", conflict[0]
        for variable, clause in reasons.items():
            value = solver.value[variable]
            if clause is None:
                if value == FALSE and self.barred(variable) is None:
                    self.out[variable] = "given-up", variable
            elif value == TRUE and not clause[2] and len(clause[1]) > 1 and clause[5] != NO_LINK:
                fact: Fact = ("settled", clause[0], clause[5], variable)
                self.choices.setdefault(clause[0], []).append((fact, (variable,), False))
        self._owned.clear()


def fact_package(rules: SearchRules, fact: Fact) -> int:
    """Return the package that a fact is about, or -1."""
    kind, subject = fact[0], fact[1] if len(fact) > 1 else -1
    assert isinstance(subject, int)
    if kind == "one-version":
        return subject
    return -1 if subject in {-1, rules.root} else rules.package(subject)


def find_core(search: Search) -> Core | None:
    """Return why a search failed; None when that is too hard to say.

    Of one that was not run, for the classic solver failed, there are no facts when no rule forbids
    what is asked for.
    """
    rules = SearchRules(search)
    try:
        found = refute(rules)
        is_hard = found is not None
        if found is None:
            rules.add_choices()
            found = refute(rules)
        facts = () if found is None else _told(rules, _shortest(rules, found))
        return Core(facts, is_hard, rules)
    except TooHardError:
        return None


class _Changed:
    """Rules with which something is tried: some packages are free of what is certain of them."""

    def __init__(
        self, rules: SearchRules, freed: int, is_true: Iterable[int], is_false: Iterable[int]
    ) -> None:
        self.rules = rules
        self.freed = freed
        self.is_true = tuple(is_true)
        self.is_false = dict.fromkeys(is_false, ("tried",))
        self.owned = rules.owned
        self.excluding = rules.excluding

    def certain(self) -> Iterator[tuple[int, Fact | None]]:
        """Yield what is tried, and what is certain of other packages."""
        for variable in self.is_true:
            yield variable, None
        for variable, fact in self.rules.certain():
            if variable == self.rules.root or self.rules.package(variable) != self.freed:
                yield variable, fact

    def barred(self, variable: int) -> Fact | None:
        """Return the fact by which a variable is false."""
        if variable < self.rules.root and self.rules.package(variable) == self.freed:
            return self.is_false.get(variable)
        return self.rules.barred(variable)


def may_help(
    core: Core, freed: int, *, is_true: Iterable[int] = (), is_false: Iterable[int] = ()
) -> bool:
    """Say whether the rules could hold with one package free of what is certain of it now.

    A change for which they cannot is not worth a whole search.
    """
    try:
        return refute(_Changed(core.rules, freed, is_true, is_false)) is None
    except TooHardError:
        return True


def is_possible(core: Core, without: Iterable[Fact]) -> bool:
    """Say whether a core's other facts can hold together."""
    left = set(core.facts).difference(without)
    return refute(Part(core.rules, left)) is None


def _shortest(rules: SearchRules, found: list[Fact]) -> list[Fact]:
    """Return the shorter of two smallest parts: facts are left out in two orders."""
    by_kind = sorted(found, key=lambda fact: _LEAVING.index(str(fact[0])))
    first = smallest(rules, by_kind)
    if len(first) <= 3:
        return first
    return min(first, smallest(rules, [*reversed(found)]), key=len)


def _told(rules: SearchRules, core: list[Fact]) -> tuple[Fact, ...]:
    """Return facts in the order from what was asked for to what it leads to."""
    by_package: dict[int, list[Fact]] = {}
    for fact in core:
        by_package.setdefault(fact_package(rules, fact), []).append(fact)
    targets = {fact: _targets(rules, fact) for fact in core}
    found: dict[Fact, None] = {}
    starts = ("asked", "asked-removal", "essential", "held", "stays")
    first = [fact for kind in starts for fact in core if fact[0] == kind]
    for start in (*first, *core):
        stack = [fact_package(rules, start)]
        if start[0] == "asked" or start in found:
            found[start] = None
        while stack:
            facts = by_package.pop(stack.pop(), [])
            facts.sort(key=lambda fact: _SAYING.get(str(fact[0]), 1))
            found.update(dict.fromkeys(facts))
            more = [package for fact in facts for package in targets[fact]]
            stack += [package for package in reversed(more) if package in by_package]
        found[start] = None
    return tuple(found)


_SAYING = {"asked": 0, "held": 0, "stays": 0, "barred": 2}


def _targets(rules: SearchRules, fact: Fact) -> list[int]:
    """Return the packages that a relation of a core leads to."""
    if fact[0] == "essential":
        return [rules.package(int(variable)) for variable in fact[1:]]
    if fact[0] != "clause":
        return []
    owner = fact[1]
    assert isinstance(owner, int)
    found = [rule[1] for rule in rules.owned(owner) if rule[0] == fact]
    return list(dict.fromkeys(rules.package(v) for variables in found for v in variables))
