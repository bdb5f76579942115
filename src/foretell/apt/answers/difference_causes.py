"""Which fact makes two plans for the same request differ, package by package?

Each package that differs is looked at where it differs, and followed to what led to it, up to the
first fact that is not the same on both sides: what is installed, what is offered, which pin
decides, what a relation says, by what it is fulfilled.  Only facts are told: where none is found,
the package is not attributed.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    DEPENDS,
    PRE_DEPENDS,
    RECOMMENDS,
    RELATION_FIELDS,
    SUGGESTS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from foretell.apt.answers.difference import Row
    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe

    Key = tuple[str, str]  # name and architecture

__all__ = ["CAUSES", "Cause", "Causes", "Side", "find_causes"]

# Kind -> what it says.
CAUSES = {
    "installed": "what is installed before",
    "mark": "what is installed automatically",
    "held": "what is on hold",
    "offered": "which versions are offered",
    "pin": "which of the same versions has the highest priority",
    "relation": "what the same version of a package says",
    "fulfilled": "what fulfils the same relation",
    "pins": "what preferences say",
    "lists": "what Release files say",
    "release": "the target release",
    "setting": "what is configured",
    "architectures": "the foreign architectures",
    "kernel": "the running kernel",
    "solver": "the solver",
    "request": "what is asked for",
}
CHAIN_MAX = 1000
_NEEDING = (PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS)
_LOSING = (PRE_DEPENDS, DEPENDS)
_EXCLUDING = (CONFLICTS, BREAKS)


class Cause(NamedTuple):
    """A fact about a package that is not the same: what it is on the first and the second side.

    ``relation`` is the relation that it is about, with its field, or the name of a setting, and
    ``version`` the one that says what only one side does; both empty for other facts.
    """

    kind: str
    package: str
    architecture: str
    first: str
    second: str
    relation: str = ""
    version: str = ""

    @property
    def key(self) -> Key:
        """Name and architecture, both empty for what is not about a package."""
        return self.package, self.architecture


class Causes(NamedTuple):
    """Each cause with the packages that differ for it, and those of which none is known.

    A package under several causes takes all of them.  Whether those of ``not_checked`` lead to the
    difference was not asked.
    """

    found: tuple[tuple[Cause, tuple[Key, ...]], ...]
    not_attributed: tuple[Key, ...]
    not_checked: tuple[Key, ...] = ()

    @classmethod
    def of(cls, causes: Mapping[Key, Sequence[Cause]], not_checked: Sequence[Key] = ()) -> Causes:
        """Return the causes of each package: those of most packages first, then by name."""
        found: dict[Cause, list[Key]] = {}
        for key, own in causes.items():
            for cause in own:
                found.setdefault(cause, []).append(key)
        ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
        missing = tuple(key for key, own in causes.items() if not own)
        pairs = tuple((cause, tuple(keys)) for cause, keys in ordered)
        return cls(pairs, missing, tuple(not_checked))


def find_causes(first: Answer, second: Answer, rows: Sequence[Row]) -> Causes:
    """Return what seems to cause each row of a difference of two plans that work."""
    by_key = {row.key: row for row in rows}
    finder = _Finder(Side(first), Side(second), by_key)
    causes = {key: finder.find(key) for key in by_key}
    return Causes.of({key: [cause] if cause else [] for key, cause in causes.items()})


class Side:
    """One answer, asked by names."""

    def __init__(self, answer: Answer) -> None:
        assert answer.state is not None
        assert answer.planned is not None
        self.answer = answer
        self.state = answer.state
        self.universe: Universe = answer.state.universe
        self.final = answer.planned.versions
        self.changed = {change.package: change for change in answer.changes}
        self._pinning = answer.world.pinning(answer.state)
        self._needing: dict[int, list[tuple[Key, int, int]]] | None = None
        self._dependents: dict[Key, set[Key]] | None = None

    def find(self, key: Key) -> int:
        """Return the number of a package, or -1."""
        return self.universe.find(key[0].encode("utf-8", "surrogateescape"), key[1].encode())

    def key(self, package: int) -> Key:
        """Return name and architecture of a package."""
        name, architecture = self.universe.name(package), self.universe.architecture(package)
        return name.decode("utf-8", "surrogateescape"), architecture.decode("ascii", "replace")

    def text(self, version: int) -> str:
        """Return a version's string, empty for none."""
        if version < 0:
            return ""
        return self.universe.version_string(version).decode("utf-8", "surrogateescape")

    def installed(self, key: Key) -> str:
        """Return the installed version, or an empty string."""
        return self.text(self.state.installed.get(self.find(key), -1))

    def is_automatic(self, key: Key) -> bool:
        """Say whether a package was installed automatically."""
        return self.find(key) in self.state.was_automatic

    def is_held(self, key: Key) -> bool:
        """Say whether a package is on hold."""
        return self.find(key) in self.state.held

    def is_named(self, key: Key) -> bool:
        """Say whether the request names a package, which no hold keeps it from changing then."""
        package = self.find(key)
        return package in self.state.protected or package in self.state.chosen

    def candidate(self, key: Key) -> int:
        """Return a package's candidate, or -1."""
        package = self.find(key)
        return self.state.candidate(package) if package >= 0 else -1

    def offered(self, key: Key) -> list[str]:
        """Return the versions that lists offer, highest first."""
        package = self.find(key)
        if package < 0:
            return []
        universe = self.universe
        return [self.text(v) for v in universe.versions(package) if universe.is_downloadable(v)]

    def standing(self, key: Key) -> str:
        """Return the candidate, its priority and the pin that gives it, in words."""
        version = self.candidate(key)
        if version < 0:
            return ""
        text = f"{self.text(version)} ({self._pinning.priority(version)})"
        pin = self._pinning.rule(version)
        if pin is None:
            return text
        words = " ".join(word.text for word in pin.packages) or "*"
        return f"{text} by {os.path.basename(pin.path)}:{pin.line} ({words}: {pin.type} {pin.data})"

    def versions(self, key: Key) -> list[int]:
        """Return the versions of a package before and after, without doubles."""
        package = self.find(key)
        found = (self.final.get(package, -1), self.state.installed.get(package, -1))
        return [version for version in dict.fromkeys(found) if version >= 0]

    def relations(self, version: int) -> set[tuple[str, str]]:
        """Return the fields and texts of a version's relations."""
        universe = self.universe
        return {
            (
                RELATION_FIELDS[universe.group_type(group)].decode(),
                universe.group_text(group).decode("utf-8", "surrogateescape"),
            )
            for group in universe.relations(version)
        }

    def leading(self, key: Key) -> list[tuple[Key, int, int]]:
        """Return who leads to a change of a package: its key, a version and a relation of each.

        What comes is needed by something that is there in the end; what goes is excluded by
        something that comes, or needs something that changes as well.
        """
        change = self.changed.get(self.find(key))
        if change is None:
            return []
        if change.new >= 0:
            if self._needing is None:
                self._needing = self._find_needing()
            return self._needing.get(change.new, [])
        if change.old < 0:  # configuration files alone
            return []
        return [*self._excluding(change.old), *self._losing(change.old)]

    def needed(self, key: Key) -> set[Key]:
        """Return what is installed that an installed package depends on."""
        version = self.state.installed.get(self.find(key), -1)
        groups = (it for kind in _LOSING for it in self.universe.groups(version, kind))
        there = (it for group in groups for it in self.there(group, self.state.installed))
        return {self.key(self.universe.package(it)) for it in there} if version >= 0 else set()

    def needing(self, key: Key) -> set[Key]:
        """Return what is installed that depends on an installed package."""
        if self._dependents is None:
            self._dependents = {}
            for owner in map(self.key, self.state.installed):
                for target in self.needed(owner):
                    self._dependents.setdefault(target, set()).add(owner)
        return self._dependents.get(key, set())

    def _find_needing(self) -> dict[int, list[tuple[Key, int, int]]]:
        """Return what needs each version that comes."""
        coming = {change.new for change in self.changed.values() if change.new >= 0}
        found: dict[int, list[tuple[Key, int, int]]] = {}
        by_name = sorted((self.key(package), version) for package, version in self.final.items())
        for kind in _NEEDING:
            for owner, version in by_name:
                for group in self.universe.groups(version, kind):
                    for there in coming.intersection(self.there(group, self.final)) - {version}:
                        found.setdefault(there, []).append((owner, version, group))
        return found

    def _excluding(self, old: int) -> Iterator[tuple[Key, int, int]]:
        universe = self.universe
        alone = {universe.package(old): old}
        for change in self.answer.changes:
            if change.new < 0:
                continue
            for kind in _EXCLUDING:
                for group in universe.groups(change.new, kind):
                    if self.there(group, alone):
                        yield self.key(change.package), change.new, group

    def _losing(self, old: int) -> Iterator[tuple[Key, int, int]]:
        universe = self.universe
        for kind in _LOSING:
            for group in universe.groups(old, kind):
                for there in self.there(group, self.state.installed):
                    if universe.package(there) in self.changed:
                        yield self.key(universe.package(there)), old, group

    def there(self, group: int, present: Mapping[int, int]) -> list[int]:
        """Return the versions of those present that a relation means, each once."""
        found = [
            version
            for member in self.universe.members(group)
            for version in self.universe.fulfilling(present, *member)
        ]
        return list(dict.fromkeys(found))

    def relation(self, group: int) -> str:
        """Return a relation with its field."""
        field = RELATION_FIELDS[self.universe.group_type(group)].decode()
        return f"{field} {self.universe.group_text(group).decode('utf-8', 'surrogateescape')}"

    def is_without(self, key: Key, version: str, relation: str) -> bool:
        """Say whether a package has this version, and no build of it says this."""
        package = self.find(key)
        versions = self.universe.versions(package) if package >= 0 else ()
        builds = [build for build in versions if self.text(build) == version]
        return bool(builds) and all(self.group(build, relation) < 0 for build in builds)

    def group(self, version: int, relation: str) -> int:
        """Return the relation of a version that says this, or -1."""
        groups = self.universe.relations(version)
        return next((group for group in groups if self.relation(group) == relation), -1)


def _coming_once(row: Row) -> str | None:
    """Return the version that comes in one of two plans and not in the other."""
    if row.first is not None and row.second is not None:
        return None
    entry = row.first or row.second
    return entry.version if entry is not None else None


class _Finder:
    """Follows differences to their causes."""

    def __init__(self, first: Side, second: Side, rows: Mapping[Key, Row]) -> None:
        self.first = first
        self.second = second
        self.rows = rows

    def find(self, key: Key) -> Cause | None:
        """Return the cause of a row, or None."""
        queue, seen = [key], {key}
        for at in range(CHAIN_MAX):
            if at >= len(queue):
                return self._mark(key)
            cause = self._own_fact(queue[at]) or self._leading_fact(queue[at], queue, seen)
            if cause is not None:
                return cause
        return None

    def _leading_fact(self, key: Key, queue: list[Key], seen: set[Key]) -> Cause | None:
        """Return what differs about those that lead to a change, and line up the others."""
        for side, other in ((self.first, self.second), (self.second, self.first)):
            for owner, version, group in side.leading(key):
                if owner in self.rows:
                    if owner not in seen:
                        seen.add(owner)
                        queue.append(owner)
                    continue
                cause = self._relation_fact(side, other, owner, version, group)
                if cause is not None:
                    return cause
        row = self.rows.get(key)
        if row is not None and (_coming_once(row) is None or len(queue) > queue.index(key) + 1):
            return None
        return self._candidates(key)

    def _own_fact(self, key: Key) -> Cause | None:
        """Return what differs about a package itself and decides about it."""
        ours, theirs = self.first.installed(key), self.second.installed(key)
        if ours != theirs:
            return Cause("installed", *key, ours, theirs)
        held = self.first.is_held(key), self.second.is_held(key)
        if held[0] != held[1] and not self.first.is_named(key):
            words = ["on hold" if it else "" for it in held]
            return Cause("held", *key, words[0], words[1])
        row = self.rows.get(key)
        if row is not None and (coming := _coming_once(row)) is not None:  # seldom for its mark
            other = self.first if row.first is None else self.second
            is_new = not ours and other.offered(key)  # then something else needs it
            return None if is_new or coming in other.offered(key) else self._candidates(key)
        mark = self._mark(key)
        if mark is not None:
            return mark
        is_missing = "" in {self.first.standing(key), self.second.standing(key)}
        if is_missing or (row is not None and row.first is not None and row.second is not None):
            return self._candidates(key)
        return None

    def _mark(self, key: Key) -> Cause | None:
        marks = self.first.is_automatic(key), self.second.is_automatic(key)
        if not self.first.installed(key) or marks[0] == marks[1]:
            return None
        words = ["automatic" if it else "manual" for it in marks]
        return Cause("mark", *key, words[0], words[1])

    def _candidates(self, key: Key) -> Cause | None:
        """Return what makes the candidates different, or None when they are not."""
        ours, theirs = self.first.candidate(key), self.second.candidate(key)
        if self.first.text(ours) == self.second.text(theirs):
            return None
        kind = "pin" if self.first.offered(key) == self.second.offered(key) else "offered"
        return Cause(kind, *key, self.first.standing(key), self.second.standing(key))

    def _missing(self, side: Side, owner: Key, version: str, relation: str) -> Cause:
        first, second = ("", relation) if side is self.second else (relation, "")
        return Cause("relation", *owner, first, second, version=version)

    def _relation_fact(
        self, side: Side, other: Side, owner: Key, version: int, group: int
    ) -> Cause | None:
        """Return what differs about a relation of a package that is no row itself."""
        if self.first.installed(owner) != self.second.installed(owner):
            return self._own_fact(owner)
        owner = side.key(side.universe.package(version))  # of the relation
        same = next((v for v in other.versions(owner) if other.text(v) == side.text(version)), -1)
        if same < 0:
            return None
        relation = side.relation(group)
        turned = side is self.second
        theirs = other.group(same, relation)
        if theirs < 0:
            text = side.text(version)
            is_fact = other.is_without(owner, text, relation)
            return self._missing(side, owner, text, relation) if is_fact else None
        present = (side.there(group, side.final), other.there(theirs, other.final))
        keys = [
            sorted({it.key(it.universe.package(v)) for v in found})
            for it, found in zip((side, other), present, strict=True)
        ]
        if keys[0] == keys[1]:
            return None
        for key in sorted({*keys[0], *keys[1]}):
            if self.first.installed(key) != self.second.installed(key):
                return self._own_fact(key)
        for key in sorted({*keys[0]} ^ {*keys[1]}):
            cause = self._candidates(key)
            if cause is not None:
                return cause
        if any(key in self.rows for key in {*keys[0]} ^ {*keys[1]}):
            return None  # that these differ is what is asked
        native = side.universe.native.decode()
        names = [
            ", ".join(name if at == native else f"{name}:{at}" for name, at in found)
            for found in keys
        ]
        first, second = reversed(names) if turned else names
        return Cause("fulfilled", *owner, first, second, relation)
