"""What does a conflict's core say, in plain words' terms?

Turns the facts of `conflict_core` into those of `conflict_facts`: what versions of one package say
alike becomes one fact.
"""

from __future__ import annotations

import re

from foretell.apt.answers.conflict_core import fact_package
from foretell.apt.answers.conflict_facts import Fact, Reader
from foretell.apt.model import BREAKS, CONFLICTS, OPERATOR_NAMES, RELATION_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.answers.conflict_core import Core
    from foretell.apt.answers.refutation import Fact as Key
    from foretell.apt.answers.refutation import Rule
    from foretell.apt.system.pinning import Pinning

__all__ = ["core_facts", "core_packages"]

_ASKED = frozenset(("asked", "asked-removal", "demand", "demand-absence", "other-asked"))
_NEGATIVES = frozenset((CONFLICTS, BREAKS))


def core_packages(core: Core) -> list[int]:
    """Return the packages that a core is about, those it ends at first."""
    found: dict[int, None] = {}
    for fact in reversed(core.facts):
        owned = core.rules.owned(int(fact[1])) if fact[0] == "clause" else ()
        for rule in owned:
            if rule[0] == fact:
                found.update(dict.fromkeys(map(core.rules.package, rule[1])))
        package = fact_package(core.rules, fact)
        if package >= 0:
            found[package] = None
    return list(found)


def core_facts(core: Core, pinning: Pinning, words: Sequence[str] = ()) -> list[Fact]:
    """Return the facts of a core, first what was asked for; equal ones of versions are one.

    What was asked for comes in the order of the request's ``words``.
    """
    teller = _Teller(core, pinning)
    grouped: dict[Fact, list[str]] = {}
    for key in core.facts:
        fact = teller.fact(key)
        if fact.kind == "asked" and fact_package(core.rules, key) in core.rules.state.stand_ins:
            continue  # of `satisfy`: its relations are what is asked for
        versions = grouped.setdefault(fact._replace(version=""), [])
        if fact.version not in versions:
            versions.append(fact.version)
    found = [fact._replace(version=", ".join(texts)) for fact, texts in grouped.items()]
    names = [re.split("[=/]", word, maxsplit=1)[0] for word in words]
    places = {name.rstrip("+-") or name: at for at, name in reversed(list(enumerate(names)))}
    last = len(names)

    def place(fact: Fact) -> int:
        return places.get(fact.package, last) if fact.kind in _ASKED else last + 1

    return sorted(found, key=place)


class _Teller:
    """Turn one fact after the other into words' terms."""

    def __init__(self, core: Core, pinning: Pinning) -> None:
        self.core = core
        self.rules = core.rules
        self.universe = core.rules.universe
        search = core.rules.search
        may_remove = search.may_remove_manual
        self.reader = Reader(search.state, pinning, may_remove_manual=may_remove)
        self.packages = {fact_package(core.rules, key) for key in core.facts}

    def fact(self, key: Key) -> Fact:
        """Return what one fact says."""
        kind = str(key[0])
        package = fact_package(self.rules, key)
        label = self.reader.label(package) if package >= 0 else ""
        variable = int(key[1])
        version = self.reader.version_text(variable >> 1) if variable & 1 else ""
        if kind == "clause":
            return self._relation(key, label, version)
        if kind == "barred" and package in self.rules.state.chosen:
            asked = self.reader.version_text(self.rules.state.chosen[package])
            return Fact("other-asked", label, version, other=asked)
        if kind == "barred":
            return self.reader.not_candidate(variable >> 1)
        if kind == "stays":
            here = self.rules.state.installed.get(package, -1)
            version = self.reader.version_text(here)
            return Fact(kind, label, version, rule=self.reader.rule(package))
        if kind == "one-version":
            wanted = self._wanted(package)
            first, other = wanted if len(wanted) == 2 else ("", "")
            return Fact(kind, label, first, other=other)
        if kind == "essential":
            return Fact(kind, self.reader.label(self.rules.package(variable)))
        if kind == "settled":
            return self._settled(key, label)
        return Fact(kind, label, version)

    def _settled(self, key: Key, owner: str) -> Fact:
        choice = int(key[3])
        chosen = self.reader.label(self.rules.package(choice))
        text = self._text(int(key[2]))
        relation = RELATION_FIELDS[self.universe.group_type(int(key[2]))].decode()
        version = self.reader.version_text(choice >> 1) if choice & 1 else ""
        return Fact("settled", chosen, version, relation, text, other=owner)

    def _text(self, group: int) -> str:
        members = self.universe.members(group)
        return " | ".join(self._member(*member) for member in members)

    def _member(self, target: int, operator: int, wanted: bytes) -> str:
        name = self.reader.label(target)
        version = wanted.decode("utf-8", "surrogateescape")
        return f"{name} ({OPERATOR_NAMES[operator]} {version})" if operator else name

    def _relation(self, key: Key, label: str, version: str) -> Fact:
        group = int(key[2])
        kind = self.universe.group_type(group)
        relation = RELATION_FIELDS[kind].decode()
        rule = next(rule for rule in self.rules.owned(int(key[1])) if rule[0] == key)
        names = self._names(rule, group)
        if self.universe.is_implicit(group):
            ((target, operator, wanted),) = self.universe.members(group)
            own = wanted.decode("utf-8", "surrogateescape") if operator else ""
            return Fact("architectures", label, own, other=self.reader.label(target))
        if kind in _NEGATIVES:
            met = [name for name, package in names.items() if package in self.packages]
            about = ", ".join(met)
            fact = Fact("excludes", label, version, relation, self._text(group), other=about)
            is_asked = self._is_stand_in(key)
            return fact._replace(kind="demand-absence", version="") if is_asked else fact
        missing = () if rule[1] else tuple(dict.fromkeys(self._missing(group)))
        fact = Fact("requires", label, version, relation, self._texts(key), missing)
        if self._is_stand_in(key):
            fact = fact._replace(kind="demand", version="")
        return fact._replace(other=", ".join(names))

    def _is_stand_in(self, key: Key) -> bool:
        """Say whether a relation is one of the request."""
        return self.rules.package(int(key[1])) in self.rules.state.stand_ins

    def _texts(self, key: Key) -> str:
        """Return the text of a relation, and of those that the solver took together with it."""
        owner, group = int(key[1]), int(key[2])
        clauses = self.rules.search.solver.owned[owner] or ()
        merged: Sequence[int] = ()
        for clause in clauses:
            if clause[0] == owner and clause[5] == group:
                merged = self.rules.search.translator.merged_into(clause)
        return ", ".join(map(self._text, dict.fromkeys((group, *merged))))

    def _names(self, rule: Rule, group: int) -> dict[str, int]:
        """Return the packages that a relation means without naming them."""
        named = {target for target, _, _ in self.universe.members(group)}
        packages = dict.fromkeys(map(self.rules.package, rule[1]))
        return {self.reader.label(p): p for p in packages if p not in named}

    def _missing(self, group: int) -> list[str]:
        found = []
        for target, operator, wanted in self.universe.members(group):
            version = wanted.decode("utf-8", "surrogateescape")
            name = self.reader.label(target)
            found.append(self.reader.missing(name, OPERATOR_NAMES[operator], version))
        return [text for text in found if text]

    def _wanted(self, package: int) -> list[str]:
        """Return the versions in which a core wants a package."""
        found: dict[int, None] = {}
        barred = {int(key[1]) for key in self.core.facts if key[0] == "barred"}
        for key in self.core.facts:
            if key[0] in {"asked", "held"}:
                found[int(key[1])] = None
            elif key[0] == "clause":
                for fact, alternatives, is_negative in self.rules.owned(int(key[1])):
                    if fact == key and not is_negative:
                        found.update(dict.fromkeys(alternatives))
        usable = [v for v in found if v & 1 and v not in barred]
        mine = [v for v in usable if self.rules.package(v) == package]
        return [self.reader.version_text(variable >> 1) for variable in mine]
