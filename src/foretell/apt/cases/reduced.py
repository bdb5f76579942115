"""Is an explanation enough: does the answer stay when only what it cites is left of the world?

`Reduction` keeps the packages that an explanation is about, with the relations that it quotes and
no others, and what it says of holds, marks and words.  Priorities stay as they were: pins and
releases are facts about every version.  A prediction for what is left should be the same.
"""

from __future__ import annotations

import re
from copy import copy
from typing import NamedTuple

from foretell.apt.answers.conflict_core import fact_package
from foretell.apt.cases.capture import make_case
from foretell.apt.cases.case import take_fields
from foretell.apt.model import (
    ARCHITECTURE_ALL,
    ESSENTIAL,
    IMPORTANT,
    MULTI_ARCH,
    MULTI_ARCH_MASK,
    PRIORITIES,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    PROVIDES,
    RECOMMENDS,
    RELATION_FIELDS,
    SUGGESTS,
)
from foretell.apt.packages.multiarch import MultiArchUniverse
from foretell.apt.requests.request import Request
from foretell.apt.system.state import DELETE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from foretell.apt.answers.conflict_core import Core
    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.state import State
    from foretell.model.reason import Reason

__all__ = [
    "Cited",
    "Fact",
    "Reduction",
    "cited_by_core",
    "cited_by_reasons",
    "find_label",
    "packages_of",
]

_VITAL = frozenset((b"essential", b"important", b"protected"))
_VITAL_META = ESSENTIAL | IMPORTANT
_LABELS = ("before", "beside", "newer", "alike-by", "skipped")  # fields that name packages
_BASE = (
    *("Package", "Status", "Version", "Architecture", "Multi-Arch", "Priority", "Section"),
    *("Essential", "Important", "Protected", "Phased-Update-Percentage", "Source", "Size"),
)


class Cited(NamedTuple):
    """What an explanation is about: numbers of packages and or-groups of packages.

    ``manual`` and ``held`` are those whose mark or hold it names, ``vital`` those that it calls
    essential or protected; other packages are automatic, not on hold and none of that.
    """

    words: tuple[str, ...]
    packages: frozenset[int]
    groups: frozenset[tuple[int, int]]
    manual: frozenset[int]
    held: frozenset[int]
    vital: frozenset[int]


class Fact(NamedTuple):
    """A package as it is installed and offered, or one of its relations (``group``, else -1)."""

    package: int
    group: int


def packages_of(universe: Universe, fact: Fact) -> set[int]:
    """Return the packages that a fact is about: the owner of a relation, and who may fulfil it.

    Names count in every architecture: a reader does not know which is meant.
    """
    members = universe.members(fact.group) if fact.group >= 0 else ()
    targets = set()
    for target, _, _ in members:
        name, _, architecture = universe.name(target).partition(b":")
        if architecture in {b"", b"any", b"native", *universe.architectures}:  # else none is meant
            targets.add(name)
    named = {package for name in targets for package in universe.named(name)}
    meant = named.union(target for target, _, _ in members)
    owners = {universe.package(v) for target in meant for v, _ in universe.provides(target)}
    return {fact.package, *named, *owners}


def cited_by_core(core: Core, request: Request, also: Sequence[Fact] = ()) -> Cited:
    """Return what a core is about, and other facts beside it."""
    rules, state = core.rules, core.rules.state
    packages, groups = set(), set()
    by_kind: dict[str, set[int]] = {}
    words: list[str] = []
    for fact in core.facts:
        kind = str(fact[0])
        package = fact_package(rules, fact)
        packages.add(package)
        by_kind.setdefault(kind, set()).add(package)
        if kind in {"asked", "asked-removal"}:
            words.append(_word(state, package, request, removes=kind == "asked-removal"))
        if kind in {"clause", "settled"}:
            groups.add((package, int(fact[2])))
        if kind == "clause":
            for rule in rules.owned(int(fact[1])):
                if rule[0] == fact:
                    packages.update(map(rules.package, rule[1]))
        if kind == "essential":
            packages.update(rules.package(int(variable)) for variable in fact[1:])
    packages.discard(-1)
    more = set().union(*(packages_of(rules.universe, fact) for fact in also)) - packages
    more.update(fact.package for fact in also if fact.group < 0)
    stays = frozenset(by_kind.get("stays", ()))
    vital = {rules.package(int(v)) for f in core.facts if f[0] == "essential" for v in f[1:]}
    return Cited(
        tuple(dict.fromkeys(words)),
        frozenset(packages | more),
        frozenset(groups.union(fact for fact in also if fact.group >= 0)),
        stays | (more - state.was_automatic),
        frozenset(by_kind.get("held", ())) | (more & state.held),
        stays | vital | _vital(rules.universe, more),
    )


def cited_by_reasons(answer: Answer, chain: Sequence[Reason], also: Sequence[Fact] = ()) -> Cited:
    """Return what the reasons of a change are about, and other facts beside them.

    The words of the request are among them.  Marks, holds and what is essential are facts about the
    packages that are named.
    """
    assert answer.state is not None
    state, universe = answer.state, answer.state.universe
    packages: set[int] = set().union(*(packages_of(universe, fact) for fact in also))
    groups: set[tuple[int, int]] = {fact for fact in also if fact.group >= 0}
    requested: list[int] = []
    for node in chain:
        labels = [node.fields[name] for name in ("package", "from", "owner") if name in node.fields]
        for name in _LABELS:
            more = node.fields.get(name, ())
            assert isinstance(more, tuple)
            labels += more
        packages.update(find_label(universe, str(label)) for label in labels if label)
        for owner, field, text in _quotes(node):
            groups.update(_groups_like(state, find_label(universe, owner), field, text, node.kind))
        if node.kind == "requested":
            package = find_label(universe, str(node.fields["package"]))
            requested.append(package)
            if answer.request.verb == "reinstall":  # the other architectures go along
                packages.update(
                    universe.find(universe.name(package), it) for it in universe.architectures
                )
    packages.discard(-1)
    words: Iterable[str]
    if state.stand_ins:
        words = [*_wishes_left(state, chain), *_more_wishes(state, also)]
    else:
        words = _words_left(state, answer.request, packages, requested)
    return Cited(
        tuple(dict.fromkeys(words)),
        frozenset(packages),
        frozenset(groups),
        frozenset(packages - state.was_automatic),
        frozenset(packages & state.held),
        _vital(universe, packages),
    )


def _vital(universe: Universe, packages: set[int]) -> frozenset[int]:
    """Return the packages with a version that is essential or protected."""
    return frozenset(
        p for p in packages if any(universe.meta(v) & _VITAL_META for v in universe.versions(p))
    )


def _wishes_left(state: State, chain: Sequence[Reason]) -> Iterator[str]:
    """Yield the quoted relations of what stands for a request, as words of apt(8) ``satisfy``."""
    for node in chain:
        for owner, field, text in _quotes(node):
            if find_label(state.universe, owner) in state.stand_ins:
                yield _wish(field, text)


def _more_wishes(state: State, also: Sequence[Fact]) -> Iterator[str]:
    """Yield the relations of what stands for a request among other facts, as such words."""
    universe = state.universe
    for package, group in also:
        if package in state.stand_ins and group >= 0:
            field = _text(RELATION_FIELDS[universe.group_type(group)])
            yield _wish(field, _text(universe.group_text(group)))


def _wish(field: str, text: str) -> str:
    return f"{field}: {text}" if field == "Conflicts" else text


def _words_left(
    state: State, request: Request, packages: set[int], requested: list[int]
) -> Iterator[str]:
    """Yield the words of a request that name what is cited, then words for what others meant."""
    universe = state.universe
    named = set()
    for word in request.words:
        name, _, own = re.split("[=/]", word, maxsplit=1)[0].rstrip("+-").partition(":")
        architectures = [own] if own else map(_text, universe.architectures)
        found = (find_label(universe, f"{name}:{it}") for it in architectures)
        package = next((it for it in found if it >= 0 and universe.versions(it)), -1)
        if package in packages:
            named.add(universe.name(package))
            yield word
    for package in requested:
        if universe.name(package) not in named:
            is_gone = state.mode.get(package) == DELETE
            yield _word(state, package, request, removes=is_gone)


def _quotes(node: Reason) -> Iterator[tuple[str, str, str]]:
    """Yield owner, field and text of the relations that a reason quotes."""
    fields = node.fields
    if "text" not in fields:
        return
    owner = str(fields["owner"])
    yield owner, str(fields["relation"]), str(fields["text"])
    alike = fields.get("alike")
    if isinstance(alike, tuple):
        yield owner, alike[0], alike[1]


def _groups_like(
    state: State, owner: int, field: str, text: str, kind: str
) -> Iterator[tuple[int, int]]:
    """Yield the or-groups of a package's versions with this text.

    Of a weak relation by which an upgrade rules a version out (``other-version``), those of the
    installed version on the same targets go with it.
    """
    universe = state.universe
    number = RELATION_FIELDS.index(field.encode())
    wanted = text.encode("utf-8", "surrogateescape")
    versions = universe.versions(owner) if owner >= 0 else ()
    found = [
        group
        for version in versions
        for group in universe.groups(version, number)
        if universe.group_text(group) == wanted
    ]
    yield from ((owner, group) for group in found)
    installed = state.installed.get(owner, -1)
    if kind != "other-version" or number not in {RECOMMENDS, SUGGESTS} or installed < 0:
        return
    targets = {member[0] for group in found for member in universe.members(group)}
    for group in universe.groups(installed, number):
        if not targets.isdisjoint(member[0] for member in universe.members(group)):
            yield owner, group


def find_label(universe: Universe, label: str) -> int:
    """Return the package of a reason's ``name:architecture``, with a version or not; or -1."""
    name, _, architecture = label.partition("=")[0].rpartition(":")
    own = architecture.encode("utf-8", "surrogateescape")
    return universe.find(name.encode("utf-8", "surrogateescape"), own)


def _word(state: State, package: int, request: Request, *, removes: bool) -> str:
    """Return the word that asks for a package as the request did, whatever its word was."""
    universe = state.universe
    name = universe.full_name(package)
    if removes:
        return name if request.verb in {"remove", "purge", "autoremove"} else f"{name}-"
    mark = "+" if request.verb in {"remove", "purge", "autoremove"} else ""
    candidate = state.candidate(package)
    if candidate in {-1, state.policy_candidate(package)}:
        return f"{name}{mark}"
    version = universe.version_string(candidate).decode("utf-8", "surrogateescape")
    return f"{name}={version}{mark}"


class Reduction:
    """Makes cases with the question of an answer and nothing but what is cited."""

    def __init__(self, answer: Answer) -> None:
        assert answer.state is not None
        self._answer = answer
        self._state = answer.state
        self._whole = make_case(answer, (), solver_version=answer.solver_version)

    def case(self, cited: Cited) -> Case:
        """Return the question with nothing but what is cited."""
        case = copy(self._whole)
        given = self._answer.request
        case.request = Request(
            "satisfy" if self._state.stand_ins else given.verb,
            list(cited.words),
            reinstall=given.reinstall,
            only_upgrade=given.only_upgrade,
            allow_new=given.allow_new,
            auto_remove=given.auto_remove,
            purge=given.purge,
        )
        self._put_status(case, cited)
        self._put_lists(case, cited)
        return case

    def _put_status(self, case: Case, cited: Cited) -> None:
        state, universe = self._state, self._state.universe
        case.status = []
        case.automatic = set()
        for entry in self._answer.world.installed:
            own = universe.package_architecture(entry.fields)
            package = universe.find(entry.fields[b"package"], own)
            if package not in cited.packages:
                continue
            if entry.is_here:
                case.status.append(_status(state, package, entry.fields, cited))
                if package not in cited.manual:
                    label = (universe.name(package), universe.architecture(package))
                    case.automatic.add((_text(label[0]), _text(label[1])))
            elif package in cited.held:
                case.status.append(take_fields(entry.fields, ("Package", "Status", "Architecture")))

    def _put_lists(self, case: Case, cited: Cited) -> None:
        universe = self._state.universe
        case.lists = list(map(copy, case.lists))
        for part in case.lists:
            part.stanzas = []
        versions = (v for package in cited.packages for v in universe.versions(package))
        offered = [version for version in versions if version < universe.n_versions]
        for version in sorted(offered, key=universe.stanza):  # apt's order of the same things
            stanza = _stanza(universe, universe.package(version), version, cited)
            for number in universe.files(version):
                case.lists[number].stanzas.append(stanza)


def _status(state: State, package: int, fields: dict[bytes, bytes], cited: Cited) -> dict[str, str]:
    kept = dict(fields)
    if package not in cited.held:
        kept[b"status"] = b"install ok installed"
    if package not in cited.vital:
        kept = {name: value for name, value in kept.items() if name not in _VITAL}
    version = state.installed[package]
    found = take_fields(kept, _BASE) | _relations(state.universe, package, version, cited)
    return found | {"Installed-Size": _build(state.universe, package, version)}


def _stanza(universe: Universe, package: int, version: int, cited: Cited) -> dict[str, str]:
    meta = universe.meta(version)
    facts = universe.facts(version)
    is_all = meta & ARCHITECTURE_ALL
    found = {
        "Package": _text(universe.name(package)),
        "Version": _text(universe.version_string(version)),
        "Architecture": "all" if is_all else _text(universe.architecture(package)),
        "Size": str(facts.size),
        "Installed-Size": _build(universe, package, version),
    }
    source, source_version = universe.source(version)
    found["Source"] = f"{_text(source)} ({_text(source_version)})"  # pins may name it
    kind = next(text for text, value in MULTI_ARCH.items() if value == meta & MULTI_ARCH_MASK)
    if kind:
        found["Multi-Arch"] = _text(kind)
    priority = meta >> PRIORITY_SHIFT & PRIORITY_MASK
    found.update(("Priority", _text(name)) for name, it in PRIORITIES.items() if it == priority)
    if package in cited.vital and meta & ESSENTIAL:
        found["Essential"] = "yes"
    if package in cited.vital and meta & IMPORTANT:
        found["Protected"] = "yes"
    return found | _relations(universe, package, version, cited)


def _build(universe: Universe, package: int, version: int) -> str:
    """Return a number for a version among those of its text.

    apt tells builds of one version apart by all their relations, of which few may be cited.
    """
    text = universe.version_string(version)
    alike = [v for v in universe.versions(package) if universe.version_string(v) == text]
    return str(1 + alike.index(version))


def _relations(universe: Universe, package: int, version: int, cited: Cited) -> dict[str, str]:
    """Return the relation fields of a version as far as they are cited, and what it provides."""
    lines = universe.relation_lines(version)
    found = {}
    for kind, line in enumerate(lines[:PROVIDES]):
        texts = line.split(b", ") if line else ()
        kept = [
            text
            for text in texts
            if any((package, g) in cited.groups for g in _groups(universe, version, kind, text))
        ]
        if kept:
            found[_text(RELATION_FIELDS[kind])] = _text(b", ".join(kept))
    if lines[PROVIDES]:
        found["Provides"] = _text(lines[PROVIDES])
    return found


def _groups(universe: Universe, version: int, kind: int, text: bytes) -> list[int]:
    """Return the or-groups that one entry of a version's relation field becomes."""
    if isinstance(universe, MultiArchUniverse):
        return universe.text_groups(version, kind, text)
    return universe.line_groups(kind, text)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
