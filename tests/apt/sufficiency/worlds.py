"""In which small worlds are explanations tried, and what is left of one with only what they cite?

Stanzas are those of the case, as text: nothing of `foretell` is used to reduce them.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import CaseList, make_world
from foretell.cli.apt_sides import plain_request
from foretell.errors import UsageError
from tests.apt.sat_model import NEGATIVE as _NEGATIVE
from tests.apt.sat_model import parse_relation
from tests.oracle.universe import (
    MultiArchUniverse,
    PartingUniverse,
    TiedUniverse,
    Universe,
    package_architecture,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.apt.requests.request import Request
    from tests.apt.sat_model import Member

    Stanza = dict[str, str]

VERSION = "3.0.3"
RELATIONS = (
    *("Pre-Depends", "Depends", "Recommends", "Suggests"),
    *("Conflicts", "Breaks", "Replaces", "Enhances"),
)
_HASHED = ("Depends", "Pre-Depends", "Conflicts", "Breaks", "Replaces")  # what makes a version
NEGATIVE = frozenset(field.capitalize() for field in _NEGATIVE)
PRIORITIES = (-1, 50, 100, 400, 500, 600, 990, 1001)


class Key(NamedTuple):
    """Name and architecture of a package."""

    name: str
    architecture: str

    @classmethod
    def of(cls, label: str) -> Key:
        """Return the package of ``name``, ``name:architecture`` or a label of a version."""
        name, _, architecture = label.partition("=")[0].partition(":")
        return cls(name, architecture or "amd64")

    @classmethod
    def of_stanza(cls, stanza: Stanza) -> Key:
        return cls(stanza["Package"], package_architecture(stanza))


class Cited(NamedTuple):
    """What an explanation cites: packages, and or-groups of them (owner, field, text)."""

    packages: frozenset[Key]
    quotes: frozenset[tuple[Key, str, str]]


class PinnedUniverse(Universe):
    """A world of two suites, and pins of every kind."""

    kind = "pinned"

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        (everything,) = self.case.lists
        parts = []
        for at, suite in enumerate(("stable", "testing")):
            part = CaseList()
            part.release = {"archive": suite, "codename": suite, "origin": "Example"}
            part.release |= {"not-automatic": True} if at and self._hits(30) else {}
            parts.append(part)
        for stanza in everything.stanzas:
            parts[self._hits(40)].stanzas.append(stanza)
        for name in self.names:
            if self._hits(30):
                parts[1].stanzas.append(self._stanza(name, 5))
        self.case.lists = parts
        self.case.pins = self.pins(self.draws.between(0, 4))

    def pins(self, count: int) -> list[Stanza]:
        """Return preferences that mean something, and some that do not."""
        return [self._pin() for _ in range(count)]

    def _pin(self) -> Stanza:
        name = self._one(self.names)
        one = [name, name, name, name, "src:s1", "p1*", f"{name}:any", "missing", "/^p[0-3]/"]
        package = "*" if self._hits(30) else self._one(one)
        pins = ["release a=testing", "release a=stable", "release o=Example", "release n=nowhere"]
        if package != "*":
            pins += [f"version {self.draws.between(1, 5)}"] * 4
        priority = "never" if package == "*" and self._hits(8) else str(self._one(PRIORITIES))
        return {"Package": package, "Pin": self._one(pins), "Pin-Priority": priority}


class PinnedMultiArchUniverse(PinnedUniverse, MultiArchUniverse):
    """The same on two architectures."""

    kind = "pinned-multi-arch"


ONE = (Universe, PinnedUniverse, TiedUniverse)
TWO = (MultiArchUniverse, PinnedMultiArchUniverse, PartingUniverse)


def draw(seed: int, *, kinds: tuple[type[Universe], ...] = ONE + TWO) -> Universe:
    """Return the world of a number: every second one has two architectures."""
    return kinds[seed % len(kinds)](seed)


def answers(universe: Universe, version: str = VERSION) -> Iterator[Answer]:
    """Yield the answers of every verb that are known."""
    world = make_world(universe.case, "u")
    for request in universe.requests():
        answer = ask(universe.case, plain_request(request, world), version)
        if answer is not None and answer.verdict != "unknown":
            yield answer


def ask(case: Case, request: Request, version: str = VERSION) -> Answer | None:
    """Return the answer to a request in a world that is read anew; None if it means nothing."""
    try:
        return predict(make_world(case, "u"), request, solver_version=version)
    except UsageError:
        return None


def outcome(answer: Answer | None) -> dict[Key, tuple[str, str, str]]:
    """Return action, new and old version of every package that a plan changes."""
    if answer is None or answer.verdict != "ok" or answer.state is None:
        return {}
    universe = answer.state.universe

    def text(version: int) -> str:
        return universe.version_string(version).decode() if version >= 0 else ""

    return {
        key_of(answer, change.package): (change.action, text(change.new), text(change.old))
        for change in answer.changes
    }


def key_of(answer: Answer, package: int) -> Key:
    """Return name and architecture of a package's number."""
    assert answer.state is not None
    universe = answer.state.universe
    return Key(universe.name(package).decode(), universe.architecture(package).decode())


def has_group(stanza: Stanza, field: str, text: str) -> bool:
    """Say whether a stanza has an or-group in a field, or Multi-Arch implies it."""
    key = Key.of_stanza(stanza)
    group = parse_relation(text)[0]
    if any(_is_same(key, field, own, group) for own in parse_relation(stanza.get(field, ""))):
        return True
    return is_implied((key, field, text))


def is_implied(quote: tuple[Key, str, str]) -> bool:
    """Say whether a relation is one that Multi-Arch has between the packages of a name."""
    owner, field, text = quote
    other = Key.of(text.partition(" ")[0])
    return field in NEGATIVE and other.name == owner.name and other != owner


def _is_same(key: Key, field: str, written: list[Member], told: list[Member]) -> bool:
    """Compare an or-group of a stanza with one that is told, where names have architectures."""
    if len(written) != len(told):
        return False
    for own, other in zip(written, told, strict=True):
        meant = {own.qualifier, *(["amd64"] if own.qualifier == "native" else [])}
        if not own.qualifier:
            is_of_all = field in NEGATIVE or field == "Replaces"
            meant = {key.architecture, *(("amd64", "i386") if is_of_all else ())}
        is_meant = own == other or (other.qualifier or "amd64") in meant
        if own[:3] != other[:3] or not is_meant:
            return False
    return True


def left_of(case: Case, cited: Cited) -> Case:
    """Return a case with nothing but what is cited; priorities, marks and holds stay."""
    found = copy(case)
    offered = [stanza for part in case.lists for stanza in part.stanzas]
    found.status = [
        _bare(stanza, cited) | ({"Installed-Size": "7"} if _is_other_build(stanza, offered) else {})
        for stanza in case.status
        if Key.of_stanza(stanza) in cited.packages
    ]
    found.lists = []
    for part in case.lists:
        other = copy(part)
        other.stanzas = [
            _bare(stanza, cited) for stanza in part.stanzas if _is_kept(stanza, cited, case)
        ]
        found.lists.append(other)
    found.automatic = {row for row in case.automatic if Key(*row) in cited.packages}
    return found


def _is_other_build(stanza: Stanza, offered: list[Stanza]) -> bool:
    """Say whether what is offered in an installed version is another version all the same."""
    same = [
        other
        for other in offered
        if (Key.of_stanza(other), other["Version"]) == (Key.of_stanza(stanza), stanza["Version"])
    ]
    own = [stanza.get(field) for field in _HASHED]
    return bool(same) and own not in [[it.get(field) for field in _HASHED] for it in same]


def _is_kept(stanza: Stanza, cited: Cited, case: Case) -> bool:
    if stanza["Architecture"] == "all":
        return Key(stanza["Package"], case.native) in cited.packages
    return Key.of_stanza(stanza) in cited.packages


def _bare(stanza: Stanza, cited: Cited) -> Stanza:
    """Return a stanza without the relations that are not cited."""
    key = Key.of_stanza(stanza)
    own = [row for row in cited.quotes if row[0] == key]
    found = {name: value for name, value in stanza.items() if name not in RELATIONS}
    for field in RELATIONS:
        wanted = [parse_relation(text)[0] for _, other, text in own if other == field]
        kept = [
            part
            for part in stanza.get(field, "").split(",")
            for own in parse_relation(part)
            if any(_is_same(key, field, own, group) for group in wanted)
        ]
        if kept:
            found[field] = ",".join(kept)
    return found


def without_quote(case: Case, quote: tuple[Key, str, str], *, version: str = "") -> Case:
    """Return a case in which no version of a package, or only one, has one or-group in a field."""
    owner, field, text = quote
    wanted = parse_relation(text)[0]

    def cut(stanza: Stanza) -> Stanza:
        if Key.of_stanza(stanza) != owner or field not in stanza:
            return stanza
        if version not in {"", stanza["Version"]}:
            return stanza
        kept = [
            part
            for part in stanza[field].split(",")
            for own in parse_relation(part)
            if not _is_same(owner, field, own, wanted)
        ]
        rest = {name: value for name, value in stanza.items() if name != field}
        return rest | ({field: ",".join(kept)} if kept else {})

    return changed(case, cut)


def changed(case: Case, change: object) -> Case:
    """Return a case with every stanza changed by a function."""
    assert callable(change)
    found = copy(case)
    found.status = list(map(change, case.status))
    found.lists = []
    for part in case.lists:
        other = copy(part)
        other.stanzas = list(map(change, part.stanzas))
        found.lists.append(other)
    return found


def stanzas_of(case: Case, key: Key) -> Iterable[Stanza]:
    """Yield every stanza of a package, installed and offered."""
    for stanza in (*case.status, *(it for part in case.lists for it in part.stanzas)):
        if Key.of_stanza(stanza) == key:
            yield stanza


def kept_up(case: Case, owner: Key, field: str, text: str) -> Iterator[tuple[Key, str, str]]:
    """Yield what an installed package says in the field of a weak relation about the same target.

    That an upgrade insists on it is told; it does so where the installed version says it, too.
    """
    names = {member.name for member in parse_relation(text)[0]}
    for stanza in case.status if field in {"Recommends", "Suggests"} else ():
        for part in stanza.get(field, "").split(",") if Key.of_stanza(stanza) == owner else ():
            for group in parse_relation(part):
                if not names.isdisjoint(member.name for member in group):
                    yield owner, field, part.strip()
