"""What keeps a package out, and which single change would let it in?

The request is solved.  When it fails, changes are drawn from what the conflict is about, and from
nothing else: a hold, a pin, another version or release of a package, a word of the request, an
installed package.  Each is one change; each is put to the solver, and only what it then really
solves is a `Fix`.  The number of tries is limited, not the time: the same question has the same
answer.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.answers.conflict_core import find_core, may_help
from foretell.apt.answers.conflict_facts import (
    Fact,
    conflict_facts,
    conflict_packages,
    describe_version,
)
from foretell.apt.answers.core_facts import core_facts, core_packages
from foretell.apt.answers.explain import conflict_reasons
from foretell.apt.answers.predict import Answer, predict, removed_vital
from foretell.apt.requests.request import Request
from foretell.apt.selection.naming import Names, split_word
from foretell.apt.solver3.seed import Search, is_vital
from foretell.apt.system.profiles import AUTO
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.apt.answers.conflict_core import Core
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World
    from foretell.model.reason import Reason

__all__ = [
    "Change",
    "Drawer",
    "Fix",
    "Fixes",
    "Obstacle",
    "find_first_fix",
    "find_fixes",
    "find_obstacle",
    "obstacle_of",
    "try_change",
]

SOLVES_MAX = 24  # changes that are tried for one request
SOLVES_MORE = 12  # of them once one has worked
SOLVES_UNASKED = 2  # of them when nobody asked for a fix
PACKAGES_MAX = 40  # of a conflict that are looked at
VERSIONS_MAX = 4  # of one package that are tried
PINS_MAX = 20
PROVIDERS_MAX = 10
_JUDGED = frozenset(("unhold", "remove", "version"))  # changes that are about one package alone
_NO_CANDIDATE = frozenset(("no-candidate", "unknown-version", "unknown-release"))


class Change(NamedTuple):
    """One change that may help: what it is about, and the request and the world with it.

    ``kind`` is ``unhold``, ``add``, ``pin``, ``release``, ``version``, ``target-release``,
    ``drop-word``, ``provider`` or ``remove``; ``subject`` is the package, release or word that it
    is about; ``place`` is where a pin stands.
    """

    kind: str
    subject: str
    words: tuple[str, ...]
    world: World
    options: tuple[str, ...] = ()
    place: str = ""
    package: int = -1
    version: int = -1


class Fix(NamedTuple):
    """A change that was seen to solve the request, with the answer that it gives."""

    change: Change
    answer: Answer

    @property
    def cost(self) -> tuple[int, int, int]:
        """How much it changes: removals and downgrades of what is there, then all changes."""
        changes = self.answer.changes
        removals = sum(change.new < 0 for change in changes)
        downgrades = sum(change.action == "downgrade" for change in changes)
        return removals, downgrades, len(changes)


class Obstacle:
    """What became of a request: ``installable``, ``conflict``, ``no-candidate`` or ``unknown``."""

    def __init__(self, world: World, request: Request, solver_version: str) -> None:
        self.world = world
        self.request = request
        self.words = tuple(request.words)
        self.solver_version = solver_version
        self.verdict = "unknown"
        self.missing_rule = ""
        self.answer: Answer | None = None
        self.state: State | None = None
        self.core: Core | None = None
        self.facts: list[Fact] = []
        self.reasons: list[Reason] = []
        self.packages: list[int] = []
        self.options: list[tuple[str, str]] = []  # of apt, that the question was asked with


def find_obstacle(world: World, words: Sequence[str], *, solver_version: str = AUTO) -> Obstacle:
    """Return what keeps a request to install ``words`` from being fulfilled, if anything does.

    Raises `UsageError` for a word that no source and no installed package knows.
    """
    request = Request("install", list(words))
    try:
        answer = predict(world, request, solver_version=solver_version)
    except UsageError as error:
        if error.code not in _NO_CANDIDATE:
            raise
        found = Obstacle(world, request, solver_version)
        _describe_absence(found)
        return found
    return obstacle_of(answer, solver_version=solver_version)


def obstacle_of(answer: Answer, *, solver_version: str = AUTO) -> Obstacle:
    """Return what keeps a request from being fulfilled, given the answer to it."""
    found = Obstacle(answer.world, answer.request, solver_version)
    found.answer = answer
    found.state = answer.state
    found.missing_rule = answer.missing_rule
    if answer.verdict == "ok":
        found.verdict = "installable"
    elif answer.verdict == "unsatisfiable":
        found.verdict = "conflict"
        assert answer.state is not None
        assert answer.profile is not None
        search = answer.search
        if search is None:  # the classic solver leaves no reasons: the rules are the same
            search = Search(answer.state, answer.profile)
        else:
            found.reasons = conflict_reasons(search)
        _describe_conflict(found, search)
    return found


def _describe_conflict(found: Obstacle, search: Search) -> None:
    """Tell the core of a conflict, or what the solver's own reasons say if it has none."""
    pinning = found.world.pinning(search.state)
    core = found.core = find_core(search)
    if core is not None:
        found.facts = core_facts(core, pinning, found.words)
        found.packages = core_packages(core)[:PACKAGES_MAX]
    else:
        found.facts = conflict_facts(search, pinning, found.reasons)
        found.packages = conflict_packages(search.state, found.reasons)[:PACKAGES_MAX]


def _ask(obstacle: Obstacle, world: World, words: Sequence[str]) -> Answer:
    """Put the request with other words, in another world."""
    given = obstacle.request
    request = Request(
        given.verb,
        list(words),
        reinstall=given.reinstall,
        only_upgrade=given.only_upgrade,
        allow_new=given.allow_new,
        auto_remove=given.auto_remove,
        purge=given.purge,
    )
    version = obstacle.solver_version
    return predict(world, request, solver_version=version, like=obstacle.answer)


def _describe_absence(found: Obstacle) -> None:
    """Tell what there is of the words that have no version to install."""
    found.verdict = "no-candidate"
    state = found.state = found.world.state()
    pinning = found.world.pinning(state)
    names = Names(state, found.world)
    for word in found.words:
        name, mark, given = split_word(word.encode("utf-8", "surrogateescape"))
        package = names.find(name)
        if package < 0:
            continue
        found.packages.append(package)
        versions = state.universe.versions(package)
        shown = name.decode("utf-8", "surrogateescape")
        texts = tuple(_text(state.universe.version_string(v)) for v in versions[:VERSIONS_MAX])
        if not versions:
            owners = {state.universe.package(v) for v, _ in state.universe.provides(package)}
            names_of = sorted(_text(state.universe.name(owner)) for owner in owners)
            found.facts.append(Fact("no-version", shown, missing=tuple(names_of[:10])))
        elif mark:
            wanted = given.decode("utf-8", "surrogateescape")
            kind = "unknown-version" if mark == b"=" else "unknown-release"
            found.facts.append(Fact(kind, shown, wanted, missing=texts))
        elif state.policy_candidate(package) < 0:
            found.facts += [describe_version(state, pinning, v) for v in versions[:VERSIONS_MAX]]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


# -- fixes -------------------------------------------------------------------------------------


class Fixes(NamedTuple):
    """What was found: cheapest first, how many changes were tried, and whether all were."""

    fixes: list[Fix]
    tried: int
    is_complete: bool


def find_fixes(obstacle: Obstacle) -> Fixes:
    """Try single changes until there are no more, or `SOLVES_MAX`, or `SOLVES_MORE` after a fix."""
    fixes: list[Fix] = []
    tried, searches, limit = 0, 0, SOLVES_MAX
    for change in Drawer(obstacle).changes():
        if searches >= limit:
            return Fixes(_ranked(fixes), tried, is_complete=False)
        tried += 1
        if not _may_help(obstacle, change):
            continue
        searches += 1
        fix = try_change(obstacle, change)
        if fix is not None:
            limit = min(limit, searches + SOLVES_MORE) if not fixes else limit
            fixes.append(fix)
    return Fixes(_ranked(fixes), tried, is_complete=True)


def find_first_fix(obstacle: Obstacle) -> Fix | None:
    """Return the first change that works, if one of the first `SOLVES_UNASKED` searches finds it.

    Only a plain installation is tried in other ways.
    """
    if obstacle.verdict != "conflict" or obstacle.request.verb != "install":
        return None
    tried = 0
    for change in Drawer(obstacle).changes():
        if not _may_help(obstacle, change):
            continue
        if tried == SOLVES_UNASKED:
            return None
        tried += 1
        fix = try_change(obstacle, change)
        if fix is not None:
            return fix
    return None


def _may_help(obstacle: Obstacle, change: Change) -> bool:
    """Say whether a change is worth a search: it costs a hundredth of it to rule most out."""
    core = obstacle.core
    if core is None or change.kind not in _JUDGED:
        return True
    package, version = change.package, change.version
    if change.kind == "version":
        return may_help(core, package, is_true=[2 * version + 1])
    return may_help(core, package, is_false=[2 * package] if change.kind == "remove" else [])


def _ranked(fixes: list[Fix]) -> list[Fix]:
    """Return the fixes, cheapest first; of those with one plan only the first."""
    found: dict[tuple[str, tuple[tuple[int, str, int], ...]], Fix] = {}
    for fix in fixes:
        plan = tuple((c.package, c.action, c.new) for c in fix.answer.changes)
        kind = "versions" if fix.change.kind in {"release", "version"} else fix.change.kind
        found.setdefault((f"{kind} {fix.change.subject}", plan), fix)
    return sorted(found.values(), key=lambda fix: fix.cost)


def try_change(obstacle: Obstacle, change: Change) -> Fix | None:
    """Solve the request with a change; return the fix if it works and needs nothing else."""
    try:
        answer = _ask(obstacle, change.world, change.words)
    except UsageError:
        return None
    if answer.verdict != "ok" or removed_vital(answer):
        return None
    state, planned = answer.state, answer.planned
    assert state is not None
    assert planned is not None
    if any(it.package in state.held and it.old >= 0 for it in answer.changes):
        return None  # apt wants to be told to change what is on hold
    for word in change.words:
        package = _named_package(state, word)
        if package >= 0 and package not in planned.versions:
            return None
    return Fix(change, answer)


def _named_package(state: State, word: str) -> int:
    """Return the package that a word asks for by its name, or -1.

    A word like ``name-`` is none: to look whether anything has that name is a walk through all.
    """
    name, _, architecture = split_word(word.encode("utf-8", "surrogateescape"))[0].partition(b":")
    universe = state.universe
    if architecture in {b"native", b"any", b"all"}:
        architecture = b""
    return universe.find(name, architecture or None)


class Drawer:
    """Draw the changes that a conflict suggests, the likely ones first."""

    def __init__(self, obstacle: Obstacle) -> None:
        self.obstacle = obstacle
        self.world = obstacle.world
        self.words = obstacle.words
        assert obstacle.state is not None
        self.state = obstacle.state
        self.universe = self.state.universe
        self.packages = obstacle.packages
        self.named = {_named_package(self.state, word): word for word in self.words}
        self.named.pop(-1, None)

    def changes(self) -> Iterator[Change]:
        """Yield each change once."""
        kinds = {fact.kind for fact in self.obstacle.facts}
        asked = sum(fact.kind.startswith("asked") for fact in self.obstacle.facts)
        yield from self._unholds()
        yield from self._alternatives()
        draws = [self._pins, self._versions, self._target_releases]
        if not kinds.isdisjoint(("excludes", "architectures")):
            draws.insert(0, self._removals)
        else:
            draws.append(self._removals)
        draws.insert(0 if asked > 1 else len(draws), self._fewer_words)
        for draw in draws:
            yield from draw()
        yield from self._providers()

    def _label(self, package: int) -> str:
        name = _text(self.universe.name(package))
        architecture = self.universe.architecture(package)
        if architecture == self.universe.native:
            return name
        return f"{name}:{_text(architecture)}"

    def _alternatives(self) -> Iterator[Change]:
        """Yield what could be asked for instead of a choice that the solver stays with."""
        core = self.obstacle.core
        if core is None:
            return
        for fact in core.facts:
            if fact[0] != "settled":
                continue
            for target, _, _ in self.universe.members(int(fact[2])):
                if target != core.rules.package(int(fact[3])) and self.universe.versions(target):
                    label = self._label(target)
                    yield Change("add", label, (*self.words, label), self.world)

    def _unholds(self) -> Iterator[Change]:
        for package in self.packages:
            if package not in self.state.held:
                continue
            universe = self.universe
            world = self.world.without_hold(universe.name(package), universe.architecture(package))
            yield Change("unhold", self._label(package), self.words, world, package=package)

    def _removals(self) -> Iterator[Change]:
        for package in self.packages:
            is_here = package in self.state.installed and package not in self.state.held
            if not is_here or package in self.named or is_vital(self.state, package):
                continue
            label = self._label(package)
            yield Change("remove", label, (*self.words, f"{label}-"), self.world, package=package)

    def _versions(self) -> Iterator[Change]:
        for package in self.packages:
            if package in self.state.held or self.universe.architecture(package) == b"any":
                continue
            word = self.named.get(package, "")
            label = self._label(package)
            others = [w for w in self.words if w != word]
            usable = self.state.candidate(package) if self.obstacle.reasons else -1
            versions = [v for v in self.universe.versions(package) if v != usable]
            for version in versions[:VERSIONS_MAX]:
                text = f"{label}={_text(self.universe.version_string(version))}"
                words = (text, *others)
                yield Change("version", label, words, self.world, package=package, version=version)
                for release in self._releases(version):
                    text = f"{label}/{release}"
                    yield Change("release", label, (text, *others), self.world)

    def _releases(self, version: int) -> list[str]:
        files = [self.world.files[number] for number in self.universe.files(version)]
        found = [file.archive or file.codename for file in files if not file.is_status]
        return sorted({name for name in found if name})

    def _target_releases(self) -> Iterator[Change]:
        releases: dict[str, None] = {}
        for package in self.packages:
            for version in self.universe.versions(package):
                if version != self.state.policy_candidate(package):
                    releases.update(dict.fromkeys(self._releases(version)))
        for release in releases:
            if release == self.world.target_release:
                continue
            world = self.world.with_policy(self.world.pins, release)
            yield Change("target-release", release, self.words, world, ("-t", release))

    def _pins(self) -> Iterator[Change]:
        """Yield the pins without which some package of the conflict has another candidate."""
        for pin in self.world.pins[:PINS_MAX]:
            others = [other for other in self.world.pins if other is not pin]
            world = self.world.with_policy(others, self.world.target_release)
            pinning = world.pinning(self.state)
            if all(pinning.candidate(p) == self.state.policy_candidate(p) for p in self.packages):
                continue
            subject = " ".join(word.text for word in pin.packages) or "*"
            place = f"{pin.path}:{pin.line}"
            yield Change("pin", subject, self.words, world, place=place)

    def _fewer_words(self) -> Iterator[Change]:
        if len(self.words) > 1:
            for number, word in enumerate(self.words):
                words = (*self.words[:number], *self.words[number + 1 :])
                if set(words).isdisjoint(self.named.values()):
                    continue  # nothing would be asked for any more
                yield Change("drop-word", word, words, self.world)

    def _providers(self) -> Iterator[Change]:
        """Yield what provides a word that is no package itself, if that was the trouble."""
        universe = self.universe
        for package, word in self.named.items():
            if self.obstacle.reasons or universe.versions(package):
                continue
            others = [w for w in self.words if w != word]
            owners = {universe.package(version) for version, _ in universe.provides(package)}
            for label in sorted(map(self._label, owners))[:PROVIDERS_MAX]:
                yield Change("provider", label, (label, *others), self.world)
