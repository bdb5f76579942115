"""Which packages does a solved search change, and which are then no longer needed?

The solver's answer is written over the installed state; then everything that no manual, essential
or otherwise protected package reaches is garbage: what the search wanted to install is dropped
again, what is installed is listed for ``apt autoremove``.  Sources: apt-get(8) "autoremove",
apt-mark(8), apt.conf(5) ``APT::AutoRemove``.
"""

from __future__ import annotations

from foretell.apt.model import (
    DEPENDS,
    PRE_DEPENDS,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    RECOMMENDS,
    SUGGESTS,
)
from foretell.apt.solver3.lockstep import leave_out
from foretell.apt.solver3.seed import is_vital
from foretell.apt.solver3.solver import FALSE
from foretell.apt.system.kernels import Guard
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import DELETE
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.seed import Search
    from foretell.apt.system.state import State

__all__ = [
    "Providers",
    "drop_garbage",
    "find_garbage",
    "followed_kinds",
    "root_rule",
    "write_back",
]

PRIORITY_REQUIRED = 1


def write_back(search: Search) -> Planned:
    """Return what the solved search plans, garbage marked and new garbage dropped.

    Where unneeded packages may go, what is installed and no longer needed goes as well.
    """
    state = search.state
    versions = search.chosen_versions()
    if state.universe.is_multi_arch:
        leave_out(search, versions)
    automatic = set()
    for package, version in versions.items():
        if package in state.installed:
            if package in state.automatic:
                automatic.add(package)
        elif search.is_automatic(package, version):
            automatic.add(package)
    planned = Planned(versions, automatic)
    _keep_marks_of_metapackages(search, planned)
    _move_marks(state, planned)
    if state.sweeps:
        drop_garbage(state, planned)
    return planned


def drop_garbage(state: State, planned: Planned) -> None:
    """Mark what nothing needs; drop what of it is new, and what is installed if it may go."""
    versions = planned.versions
    named = state.chosen.keys() | planned.protected
    planned.garbage = find_garbage(state, planned, named=named)
    new = {package: versions[package] for package in planned.garbage - state.installed.keys()}
    gone = planned.garbage if state.auto_remove else new.keys()
    if state.auto_remove:
        _keep_marks_of(state, planned, gone & state.installed.keys())
    for package in sorted(gone):
        del versions[package]
    if new and not state.auto_remove:
        _rescue(state, planned, new)
    planned.garbage &= versions.keys()
    planned.automatic &= versions.keys()


def _rescue(state: State, planned: Planned, dropped: dict[int, int]) -> None:
    """Take back dropped packages for the relations to be followed of what stays.

    apt does this when its plan leaves anything unfulfilled, Recommends included.
    """
    versions = planned.versions
    providers = Providers(state, planned, narrows=False)
    if all(providers.of_group(g) for p in versions for g in _followed(state, versions[p])):
        return
    queue = sorted(versions)
    for package in queue:
        for group in _followed(state, versions[package]):
            for target in _wanted_targets(state, versions, group, dropped):
                if target in dropped and target not in versions:
                    versions[target] = dropped[target]
                    queue.append(target)


def _followed(state: State, version: int) -> list[int]:
    """Return the positive or-groups of a version that have to be followed."""
    universe = state.universe
    return [
        group
        for kind in (PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS)
        if state.is_important(kind, version)
        for group in universe.groups(version, kind)
    ]


def _wanted_targets(
    state: State, versions: dict[int, int], group: int, dropped: dict[int, int]
) -> list[int]:
    """Return the dropped packages that fulfil an alternative which nothing installed fulfils."""
    universe = state.universe
    if not state.profile.fits_before_saving:
        return _named_targets(universe, group, dropped)
    found: list[int] = []
    for member in universe.members(group):
        here = map(universe.package, universe.fulfilling(versions, *member))
        if any(package in state.installed for package in here):
            continue
        found += map(universe.package, universe.fulfilling(dropped, *member))
    return found


def _named_targets(universe: Universe, group: int, dropped: dict[int, int]) -> list[int]:
    """Return the packages that an or-group names, and those dropped that provide them."""
    found = []
    for target, _, _ in universe.members(group):
        found.append(target)
        owners = [(universe.package(version), version) for version, _ in universe.provides(target)]
        found += [owner for owner, version in owners if dropped.get(owner) == version]
    return found


def _keep_marks_of_metapackages(search: Search, planned: Planned) -> None:
    """Make manual what a metapackage needed that the search removes of its own accord.

    apt.conf(5) ``APT::Never-MarkAuto-Sections`` says which sections hold metapackages; a removal
    that the user asked for keeps the marks, so does one that was never decided, and so did one that
    nothing but an undone choice explains.
    """
    state = search.state
    reason, value = search.solver.reason, search.solver.value
    gone = state.installed.keys() - planned.versions.keys()
    if search.profile.undone_choices_explain:
        gone = {it for it in gone if value[2 * it] == FALSE and state.mode.get(it) != DELETE}
    else:
        gone = {it for it in gone if reason.get(2 * it) is not None}
    _keep_marks_of(state, planned, gone)


def _keep_marks_of(state: State, planned: Planned, gone: set[int]) -> None:
    """Make manual what the metapackages among the installed packages ``gone`` needed."""
    universe = state.universe
    providers = Providers(state, Planned(state.installed, set()), narrows=False)
    for package in gone:
        version = state.installed[package]
        if universe.facts(version).section not in state.never_mark_auto:
            continue
        for group in _followed(state, version):
            planned.automatic.difference_update(providers.of_group(group))
            state.automatic.difference_update(providers.of_group(group))


def _move_marks(state: State, planned: Planned) -> None:
    """Hand on the manual mark of what becomes a transitional package to what it now needs.

    apt.conf(5) ``APT::Move-Autobit-Sections`` says which sections hold transitional packages.
    """
    if not state.move_mark:
        return
    universe, versions = state.universe, planned.versions
    for package, version in versions.items():
        old = state.installed.get(package, version)
        if old == version or package in planned.automatic:
            continue
        if universe.facts(version).section not in state.move_mark:
            continue
        if universe.facts(old).section in state.move_mark:
            continue
        planned.automatic.add(package)
        providers = Providers(state, planned, narrows=False)
        for group in _followed(state, version):
            for provider in providers.of_group(group):
                if provider in planned.automatic and provider in state.installed:
                    name = universe.name(provider).decode("utf-8", "surrogateescape")
                    raise Unmodelled(f"who inherits the mark of a transitional package ({name})")
                planned.automatic.discard(provider)


def find_garbage(
    state: State, planned: Planned, *, named: Collection[int] = frozenset()
) -> set[int]:
    """Return the planned packages that nothing needed reaches; ``named`` are needed as such."""
    universe = state.universe
    versions = planned.versions
    guard = Guard(state)
    reached = [
        package
        for package in versions
        if package in named or _is_root(state, planned, package, guard)
    ]
    unmarked = set(versions)
    unmarked.difference_update(reached)
    roots = frozenset(reached)
    providers = Providers(state, planned)
    kinds = followed_kinds(state)
    _follow(universe, versions, providers, reached, unmarked, kinds)
    if not providers.dropped.isdisjoint(set(reached) - roots):
        unmarked = versions.keys() - _follow_in_order(universe, versions, providers, roots, kinds)
    return {package for package in unmarked if not _is_required(state, package)}


def followed_kinds(state: State) -> list[int]:
    """Return the relation types through which the sweep finds what is needed, strongest first."""
    kinds = [PRE_DEPENDS, DEPENDS]
    if state.keep_recommends:
        kinds.append(RECOMMENDS)
    if state.keep_suggests:
        kinds.append(SUGGESTS)
    return kinds


def _follow(
    universe: Universe,
    versions: dict[int, int],
    providers: Providers,
    reached: list[int],
    unmarked: set[int],
    kinds: list[int],
) -> None:
    """Mark what ``reached`` needs through relations of these types; extends ``reached``."""
    for package in reached:
        version = versions[package]
        for kind in kinds:
            for group in universe.groups(version, kind):
                for provider in providers.of_group(group):
                    if provider in unmarked:
                        unmarked.discard(provider)
                        reached.append(provider)


def _follow_in_order(
    universe: Universe,
    versions: dict[int, int],
    providers: Providers,
    roots: frozenset[int],
    kinds: list[int],
) -> set[int]:
    """Return what ``roots`` need, each relation followed where apt follows it.

    apt goes depth first and passes over a name once everything planned that has or provides it
    fulfilled a relation on it.  That decides something only where such a relation had dropped
    providers that a later one would need.
    """
    explored: set[int] = set()
    marked: set[int] = set()

    def needs(package: int) -> Iterator[int]:
        for kind in kinds:
            for group in universe.groups(versions[package], kind):
                for target, operator, wanted in universe.members(group):
                    if target in explored:
                        continue
                    if providers.covers(target, operator, wanted):
                        explored.add(target)
                    yield from providers.find(target, operator, wanted)

    for root in sorted(roots, key=universe.iteration_key):
        stack = [iter((root,))]
        while stack:
            package = next(stack[-1], None)
            if package is None:
                stack.pop()
            elif package not in marked:
                marked.add(package)
                stack.append(needs(package))
    return marked


def _is_required(state: State, package: int) -> bool:
    """Say whether a package is installed in a version of Priority required."""
    version = state.installed.get(package)
    if version is None:
        return False
    return state.universe.meta(version) >> PRIORITY_SHIFT & PRIORITY_MASK == PRIORITY_REQUIRED


def _is_root(state: State, planned: Planned, package: int, guard: Guard) -> bool:
    """Say whether a package is needed for itself."""
    return bool(root_rule(state, planned, package, guard))


def root_rule(state: State, planned: Planned, package: int, guard: Guard) -> str:
    """Name the first rule that has a package needed for itself, or return an empty string.

    ``manual``, ``held``, ``vital``, ``required`` (Priority) or ``guarded`` (by its name).
    """
    if package not in planned.automatic:
        return "manual"
    if package in state.held:
        return "held"
    if is_vital(state, package):
        return "vital"
    if _is_required(state, package):
        return "required"
    return "guarded" if guard.keeps(package) else ""


class Providers:
    """Find which planned packages satisfy a relation and count as needed through it."""

    def __init__(self, state: State, planned: Planned, *, narrows: bool = True) -> None:
        self.state = state
        self._narrows = narrows
        self.versions = planned.versions
        self._found: dict[tuple[int, int, bytes], list[int]] = {}
        self._by_group: dict[int, list[int]] = {}
        self.dropped: set[int] = set()  # packages that fulfil a relation and do not count

    def of_group(self, group: int) -> list[int]:
        """Return the needed packages of all members of an or-group."""
        found = self._by_group.get(group)
        if found is None:
            found = self._by_group[group] = []
            for target, operator, wanted in self.state.universe.members(group):
                found += self.find(target, operator, wanted)
        return found

    def find(self, target: int, operator: int, wanted: bytes) -> list[int]:
        """Return the needed packages, computed once per relation."""
        key = (target, operator, wanted)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(target, operator, wanted)
        return found

    def _find(self, target: int, operator: int, wanted: bytes) -> list[int]:
        universe = self.state.universe
        fitting = universe.fulfilling(self.versions, target, operator, wanted)
        if len(fitting) > 1 and self._narrows:
            kept = self._narrow(fitting)
            if len(kept) < len(fitting):
                self.dropped.update(map(universe.package, set(fitting) - set(kept)))
            fitting = kept
        return [universe.package(version) for version in fitting]

    def covers(self, target: int, operator: int, wanted: bytes) -> bool:
        """Say whether all that is planned of a name, and provides it, fulfils a relation."""
        if not operator:
            return True
        fitting = self.state.universe.fulfilling
        return len(fitting(self.versions, target, operator, wanted)) == len(
            fitting(self.versions, target, 0, b"")
        )

    def _narrow(self, fitting: list[int]) -> list[int]:
        """Keep the newest of each source; prefer installed providers when sources compete."""
        universe, installed = self.state.universe, self.state.installed
        by_source: dict[bytes, list[int]] = {}
        for version in fitting:
            by_source.setdefault(universe.source(version)[0], []).append(version)
        kept = []
        for versions in reversed(by_source.values()):  # the order in which apt follows them
            newest = max(map(universe.source_version_key, versions))
            kept += [v for v in versions if universe.source_version_key(v) == newest]
        if len(by_source) > 1 and self.state.profile.counts_installed_providers:
            here = [v for v in kept if universe.package(v) in installed]
            return here or kept
        return kept
