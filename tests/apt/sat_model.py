"""Which final states do Debian Policy and apt's stated rules allow?  A SAT solver is asked.

An oracle that is simple on purpose: stanzas are parsed here from their text, nothing of
`foretell` is imported, and every rule is a clause with a name.  `RULES` says where each comes
from.  What is not reached from the request by hard relations is left out: it may be absent.
"""

from __future__ import annotations

import re
from functools import cmp_to_key, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pysat.solvers import Solver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["RULES", "Model", "Question", "Stanza", "System", "compare", "parse_stanzas"]

RULES = {
    "one-version": "dpkg(1): an installed package has one version",
    "depends": "Policy 7.2: Depends and Pre-Depends of what is there hold",
    "conflicts": "Policy 7.3, 7.4: what Conflicts or Breaks names is not there; never oneself",
    "candidate-only": "apt.conf(5) APT::Solver::Strict-Pinning: candidates and installed versions",
    "install": "apt-get(8) install: what is named will be there, in the version that is meant",
    "remove": "apt-get(8) remove, name-: what is named will not be there",
    "held": "apt-mark(8) hold: stays as it is, unless the request names it",
    "manual-stays": "spec 1.1 and 1.13: 3.0.x removes no manual package unless RemoveManual",
    "vital-stays": "spec 1.6: Essential and Protected packages are not removed unless named",
    "no-removals": "apt-get(8) upgrade: what is installed is not removed",
    "no-new": "apt-get(8) upgrade without --with-new-pkgs: nothing new is installed",
    "essential-missing": "spec 1.6: full-upgrade installs a missing Essential package",
    "recommends-kept": "spec 1.3: an upgrade loses no Recommends or Suggests that holds now",
    "recommends-new": "spec 1.3: apt upgrade rather keeps back than skips a new Recommends",
}
POSITIVE = ("pre-depends", "depends")
NEGATIVE = ("conflicts", "breaks")
OPTIONAL = ("recommends", "suggests")
_MEMBER = re.compile(r"([^\s(:]+)(?::(\S+))?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?")


class Member(NamedTuple):
    """One alternative of a relation; an empty operator means any version."""

    name: str
    operator: str
    version: str
    qualifier: str = ""


class Key(NamedTuple):
    """A version of a package."""

    name: str
    version: str


def _weight(letter: str) -> int:
    """Order the characters of a version as Policy 5.6.12 does: ~, the end, letters, the rest."""
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256


def _part(left: str, right: str) -> int:
    """Compare two upstream versions or revisions."""
    pieces = [re.findall(r"(\D*)(\d*)", text) for text in (left, right)]
    for at in range(max(map(len, pieces))):
        (text_a, digits_a), (text_b, digits_b) = (
            p[at] if at < len(p) else ("", "") for p in pieces
        )
        weights = [[*map(_weight, text), 0] for text in (text_a, text_b)]
        if weights[0] != weights[1]:
            return -1 if weights[0] < weights[1] else 1
        numbers = int(digits_a or 0), int(digits_b or 0)
        if numbers[0] != numbers[1]:
            return -1 if numbers[0] < numbers[1] else 1
    return 0


@lru_cache(maxsize=1 << 16)
def compare(left: str, right: str) -> int:
    """Return a negative number, 0 or a positive one as ``left`` is older, equal or newer."""
    parts = []
    for text in (left, right):
        epoch, colon, rest = text.partition(":")
        epoch, rest = (epoch, rest) if colon else ("0", text)
        upstream, dash, revision = rest.rpartition("-")
        parts.append((epoch, upstream, revision) if dash else (epoch, rest, "0"))
    for a, b in zip(*parts, strict=True):
        order = _part(a, b)
        if order:
            return order
    return 0


def is_fit(version: str, operator: str, wanted: str) -> bool:
    """Say whether a version is in the range of a relation."""
    if not operator:
        return True
    order = compare(version, wanted)
    return {
        "<<": order < 0,
        "<=": order <= 0,
        "=": order == 0,
        ">=": order >= 0,
        ">>": order > 0,
    }[operator]


class Stanza:
    """A control stanza; relation fields are parsed when they are asked for."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        self.key = Key(fields["package"], fields["version"])
        self._groups: dict[str, list[list[Member]]] = {}

    def groups(self, field: str) -> list[list[Member]]:
        """Return the or-groups of a relation field."""
        found = self._groups.get(field)
        if found is None:
            found = self._groups[field] = parse_relation(self.fields.get(field, ""))
        return found

    def provides(self) -> list[tuple[str, str]]:
        """Return (name, version or empty) of what the package provides."""
        return [(group[0].name, group[0].version) for group in self.groups("provides")]

    def has(self, *flags: str) -> bool:
        """Say whether one of these fields is ``yes``."""
        return any(self.fields.get(flag) == "yes" for flag in flags)


def parse_relation(text: str) -> list[list[Member]]:
    """Return the or-groups of a field's value."""
    found = []
    for part in text.split(","):
        members = []
        for word in part.split("|"):
            match = _MEMBER.match(word.strip())
            if match:
                name, qualifier, operator, version = match.groups("")
                members.append(Member(name, operator, version, qualifier))
        if members:
            found.append(members)
    return found


def parse_stanzas(text: str) -> list[Stanza]:
    """Return the stanzas of a Packages or status file; folded lines are unfolded."""
    found = []
    for block in text.replace("\n ", " ").replace("\n\t", " ").split("\n\n"):
        rows = (line.partition(":") for line in block.splitlines() if line)
        fields = {name.lower(): value.strip() for name, _, value in rows}
        if "version" in fields:
            found.append(Stanza(fields))
    return found


class System:
    """What the lists offer and what is installed.

    ``lists`` are (priority of the list, stanzas); ``pins`` are (package or ``*``, "version" or
    the list's number, its text, priority), at most one for each package by name.
    """

    def __init__(
        self,
        lists: Iterable[tuple[int, list[Stanza]]],
        status: Iterable[Stanza],
        automatic: Iterable[str] = (),
        pins: Iterable[tuple[str, int | str, int]] = (),
    ) -> None:
        self.stanzas: dict[Key, Stanza] = {}
        self.offers: dict[Key, list[int]] = {}
        self.list_priority = []
        for number, (priority, stanzas) in enumerate(lists):
            self.list_priority.append(priority)
            for stanza in stanzas:
                self.stanzas.setdefault(stanza.key, stanza)
                self.offers.setdefault(stanza.key, []).append(number)
        self.installed: dict[str, Key] = {}
        self.held: set[str] = set()
        for stanza in status:
            want, _, state = stanza.fields["status"].split()
            if want == "hold":
                self.held.add(stanza.key.name)
            if state == "installed":
                self.installed[stanza.key.name] = stanza.key
                self.stanzas[stanza.key] = stanza
        self.automatic = set(automatic) & set(self.installed)
        self.pins = list(pins)
        self.by_name: dict[str, list[Key]] = {}
        for key in self.stanzas:
            self.by_name.setdefault(key.name, []).append(key)
        by_version = cmp_to_key(compare)
        for keys in self.by_name.values():
            if len(keys) > 1:
                keys.sort(key=lambda key: by_version(key.version), reverse=True)
        self.providers: dict[str, list[tuple[Key, str]]] = {}
        for key, stanza in self.stanzas.items():
            for name, given in stanza.provides() if "provides" in stanza.fields else ():
                self.providers.setdefault(name, []).append((key, given))
        self._fulfilling: dict[Member, list[Key]] = {}

    def priority(self, key: Key) -> int:
        """Return the pin priority of a version: apt_preferences(5).

        A pin of the package by name is the version's, whoever else offers it; a general one is
        the list's.
        """
        offers = self.offers.get(key, [])
        for name, what, priority in self.pins:
            if name == key.name and (what == key.version or what in offers):
                return priority
        found = [100] if self.installed.get(key.name) == key else []
        for number in offers:
            rules = [p for name, what, p in self.pins if what == number and name == "*"]
            found.append(rules[0] if rules else self.list_priority[number])
        return max(found)

    def candidate(self, name: str) -> Key | None:
        """Return the version that apt_preferences(5) prefers, or None."""
        here = self.installed.get(name)
        best: tuple[int, Key] | None = None
        for key in self.by_name.get(name, ()):
            priority = self.priority(key)
            is_older = here is not None and compare(key.version, here.version) < 0
            if priority <= 0 or (is_older and priority <= 1000):
                continue
            if best is None or priority > best[0]:
                best = (priority, key)
        return best[1] if best else None

    def fulfilling(self, member: Member) -> list[Key]:
        """Return the versions that are, or provide, what a relation names (Policy 7.1, 7.5)."""
        found = self._fulfilling.get(member)
        if found is None:
            found = self._fulfilling[member] = list(dict.fromkeys(self._find(member)))
        return found

    def _find(self, member: Member) -> Iterator[Key]:
        for key in self.by_name.get(member.name, ()):
            is_any = self.stanzas[key].fields.get("multi-arch") == "allowed"
            is_other = member.qualifier not in {"", "any", "native", "amd64"}
            if is_other or (member.qualifier == "any" and not is_any):
                continue
            if is_fit(key.version, member.operator, member.version):
                yield key
        if member.qualifier in {"", "native", "amd64"}:
            for key, given in self.providers.get(member.name, ()):
                if not member.operator or (
                    given and is_fit(given, member.operator, member.version)
                ):
                    yield key

    def excluded(self, stanza: Stanza) -> Iterator[Key]:
        """Yield what a version's Conflicts and Breaks exclude."""
        for field in NEGATIVE:
            for group in stanza.groups(field):
                for member in group:
                    yield from (k for k in self.fulfilling(member) if k.name != stanza.key.name)

    def unmet(self, present: Mapping[str, Key]) -> list[str]:
        """Return the hard relations of a set of packages that do not hold in it."""
        found = []
        here = set(present.values())
        for key in sorted(here):
            stanza = self.stanzas[key]
            for field in POSITIVE:
                found += [
                    f"{key} {field} {group}"
                    for group in stanza.groups(field)
                    if not any(here.intersection(self.fulfilling(member)) for member in group)
                ]
            found += [f"{key} excludes {other}" for other in self.excluded(stanza) if other in here]
        return found


class Question(NamedTuple):
    """A request and the options that it is subject to, words already split.

    ``wanted`` maps a package to the version that is meant, or None for the candidate.
    """

    wanted: Mapping[str, str | None] = MappingProxyType({})
    removed: frozenset[str] = frozenset()
    is_upgrade: bool = False
    allow_new: bool = True
    allow_remove: bool = True
    remove_manual: bool = False
    strict_pinning: bool = True
    install_recommends: bool = True
    install_suggests: bool = False


class Model:
    """The clauses of a question; literals are numbers of versions, negative for "not there"."""

    def __init__(
        self,
        system: System,
        question: Question,
        also: Iterable[Key] = (),
        *,
        relations: bool = True,
    ) -> None:
        self.system = system
        self.question = question
        self.number: dict[Key, int] = {}
        self.clauses: list[tuple[str, list[int]]] = []
        self.named = {
            name: Key(name, version) if version else system.candidate(name)
            for name, version in question.wanted.items()
        }
        self._queue: list[Key] = []
        self._reached: set[str] = set()
        names = [*system.installed, *question.wanted, *question.removed]
        names += [name for name in self._missing_essential() if name not in names]
        for name in dict.fromkeys([*names, *(key.name for key in also)]):
            self._reach(name)
        for name in dict.fromkeys(names):
            self._seed(name)
        if relations:
            self._add_relations()

    # -- what may be there -----------------------------------------------------------------

    def allowed(self, name: str) -> list[Key]:
        """Return the versions that strict pinning leaves of a package."""
        keys = self.system.by_name.get(name, [])
        if not self.question.strict_pinning:
            return keys
        candidate = self.named[name] if name in self.named else self.system.candidate(name)
        return [key for key in keys if key in (candidate, self.system.installed.get(name))]

    def _reach(self, name: str) -> None:
        if name in self._reached:
            return
        self._reached.add(name)
        keys = self.allowed(name)
        for key in keys:
            self.number[key] = len(self.number) + 1
            self._queue.append(key)
        for at, key in enumerate(keys):
            for other in keys[:at]:
                self.clauses.append(("one-version", [-self.number[key], -self.number[other]]))
        question = self.question
        if not question.allow_new and name not in {*self.system.installed, *self.named}:
            self._forbid("no-new", name)
        is_free = name not in {*self.system.installed, *self.named, *question.removed}
        if is_free and name in self.system.held:
            self._forbid("held", name)

    def _add_relations(self) -> None:
        for key in self._queue:  # grows
            stanza = self.system.stanzas[key]
            for field in POSITIVE:
                for group in stanza.groups(field):
                    self._require("depends", key, group)
            if key.name in self.system.installed and self.question.is_upgrade:
                for field in OPTIONAL:
                    for group in stanza.groups(field):
                        rule = self._upgrade_rule(key, field, group)
                        if rule:
                            self._require(rule, key, group)
        for key, number in self.number.items():
            for other in self.system.excluded(self.system.stanzas[key]):
                if other in self.number:
                    self.clauses.append(("conflicts", [-number, -self.number[other]]))

    def quote(self, key: Key, field: str, group: list[Member]) -> None:
        """Add one relation of a version, as far as the question makes it a rule."""
        self._reach(key.name)
        if key not in self.number:
            return
        if field in POSITIVE:
            self._require("depends", key, group)
        elif field in NEGATIVE:
            others = [o for member in group for o in self.system.fulfilling(member)]
            for number in self.reach_all(o for o in others if o.name != key.name):
                self.clauses.append(("conflicts", [-self.number[key], -number]))
        elif self._upgrade_rule(key, field, group):
            self._require(self._upgrade_rule(key, field, group), key, group)

    def reach_all(self, keys: Iterable[Key]) -> list[int]:
        """Return the numbers of those of these versions that are allowed."""
        found = []
        for key in keys:
            self._reach(key.name)
            if key in self.number:
                found.append(self.number[key])
        return found

    def _require(self, rule: str, key: Key, group: list[Member]) -> None:
        found = []
        for member in group:
            for other in self.system.fulfilling(member):
                self._reach(other.name)
                if other in self.number:
                    found.append(self.number[other])
        self.clauses.append((rule, [-self.number[key], *dict.fromkeys(found)]))

    def _upgrade_rule(self, key: Key, field: str, group: list[Member]) -> str:
        """Return the rule by which an upgrade must follow an optional relation, or ""."""
        system, question = self.system, self.question
        old = system.installed[key.name]
        # The or-group's last alternative decides (docs/concepts/solver3.md leaves it open).
        kinds = [
            kind
            for kind in OPTIONAL
            for other in system.stanzas[old].groups(kind)
            if any((m.name, m.qualifier) == (group[-1].name, group[-1].qualifier) for m in other)
        ]
        follows = {
            "recommends": question.install_recommends,
            "suggests": question.install_suggests,
        }
        here = set(system.installed.values())
        is_met = any(here.intersection(system.fulfilling(member)) for member in group)
        is_weak = not kinds or not follows[kinds[0]]
        if (kinds and is_weak and is_met) or not follows[field]:
            return ""
        if not is_weak and not is_met:
            return ""
        if kinds and is_met:
            return "recommends-kept"
        is_restricted = not (question.allow_new and question.allow_remove)
        return "recommends-new" if is_restricted and key != old and is_weak else ""

    # -- what must be there ------------------------------------------------------------------

    def _numbers(self, name: str) -> list[int]:
        return [self.number[key] for key in self.allowed(name)]

    def _forbid(self, rule: str, name: str) -> None:
        self.clauses += [(rule, [-number]) for number in self._numbers(name)]

    def _missing_essential(self) -> list[str]:
        question, system = self.question, self.system
        if not (question.is_upgrade and question.allow_new and question.allow_remove):
            return []
        found = {key.name for key, stanza in system.stanzas.items() if stanza.has("essential")}
        return sorted(found - set(system.installed))

    def _is_vital(self, name: str) -> bool:
        stanzas = (self.system.stanzas[key] for key in self.system.by_name.get(name, ()))
        return any(stanza.has("essential", "protected", "important") for stanza in stanzas)

    def _seed(self, name: str) -> None:
        system, question = self.system, self.question
        here = system.installed.get(name)
        if name in self.named:
            meant = self.named[name]
            self.clauses.append(("install", [self.number[meant]] if meant in self.number else []))
        elif name in question.removed:
            self._forbid("remove", name)
        elif name in system.held:
            if here is not None:
                self.clauses.append(("held", [self.number[here]]))
        elif here is None:
            self.clauses.append(("essential-missing", self._numbers(name)))
        elif not question.allow_remove:
            self.clauses.append(("no-removals", self._numbers(name)))
        elif self._is_vital(name):
            self.clauses.append(("vital-stays", self._numbers(name)))
        elif name not in system.automatic and not question.remove_manual:
            self.clauses.append(("manual-stays", self._numbers(name)))

    # -- answers -------------------------------------------------------------------------------

    def solve(self, more: Iterable[list[int]] = ()) -> dict[str, Key] | None:
        """Return a final state that the clauses allow, or None."""
        with Solver("minisat22") as solver:
            for clause in [*(literals for _, literals in self.clauses), *more]:
                if not clause:
                    return None
                solver.add_clause(clause)
            if not solver.solve():
                return None
            true = {number for number in solver.get_model() if number > 0}
        return {key.name: key for key, number in self.number.items() if number in true}

    def violated(self, present: Mapping[str, Key]) -> list[str]:
        """Return the rules that a final state breaks, each with what it is about."""
        here = set(present.values())
        found = [f"candidate-only: {key}" for key in sorted(here) if key not in self.number]
        true = {self.number[key] for key in here if key in self.number}
        names = {number: key for key, number in self.number.items()}
        for rule, literals in self.clauses:
            if not any((abs(x) in true) == (x > 0) for x in literals):
                about = [f"{'not ' if x < 0 else ''}{'='.join(names[abs(x)])}" for x in literals]
                found.append(f"{rule}: {' or '.join(about)}")
        return found
