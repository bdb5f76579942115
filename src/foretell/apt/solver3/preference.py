"""In which order does apt prefer versions, of one package and of several?

Within a package: the candidate in upgrades, then what is installed, then priority, then the
higher version.  Between packages, the first difference wins of: obsolete (in upgrades only), a
Multi-Arch: same group that is there, installed, the target's own name, Essential, Important,
native architecture, Priority, name.  The two rules together are no strict weak order when versions
of one package differ in Priority, so the sort is the one that libstdc++ does.
"""

from __future__ import annotations

from foretell.apt.model import (
    ESSENTIAL,
    IMPORTANT,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from foretell.apt.system.state import State

    # What orders packages before and after the Priority of their version.
    Ranks = tuple[tuple[int, ...], tuple[bytes, int]]

__all__ = ["Preference", "stable_sort"]

NO_TARGET = -1
_CHUNK = 7  # libstdc++ sorts runs of this length by insertion before it merges them


class Preference:
    """Orders versions for one state; ``is_obsolete`` says which packages the archive has left."""

    def __init__(self, state: State, is_obsolete: Callable[[int], bool]) -> None:
        self.state = state
        self.universe = state.universe
        self._is_obsolete = is_obsolete
        self._places: dict[int, dict[int, int]] = {}
        self._ranks: dict[tuple[int, bool], Ranks] = {}

    def sort_own(self, package: int, versions: list[int]) -> list[int]:
        """Return versions of one package, most preferred first."""
        if len(versions) < 2:
            return versions
        return sorted(versions, key=self._places_of(package).__getitem__)

    def sort_packages(self, packages: list[int]) -> list[int]:
        """Return packages by what apt takes for their best version: the least preferred one."""
        versions = [self.sort_own(p, self.universe.versions(p))[-1] for p in packages]
        return [self.universe.package(version) for version in self.sort(NO_TARGET, versions)]

    def sort(self, target: int, versions: list[int]) -> list[int]:
        """Return versions of any packages, most preferred first, for a relation on ``target``."""
        if len(versions) < 2:
            return versions
        universe = self.universe
        packages = list(map(universe.package, versions))
        if len(set(packages)) == 1:
            return self.sort_own(packages[0], versions)
        name = universe.name(target) if target != NO_TARGET else b""
        rank = {package: self._package_rank(package, name) for package in packages}
        own = {package: self._places_of(package) for package in rank}
        priority = {v: universe.meta(v) >> PRIORITY_SHIFT & PRIORITY_MASK for v in versions}

        def key(version: int, ranks: Ranks) -> tuple[object, ...]:
            (is_obsolete, is_group_here, *head), tail = ranks
            is_same = universe.meta(version) & MULTI_ARCH_MASK == MULTI_ARCH_SAME
            return (is_obsolete, not (is_same and is_group_here), *head, priority[version], *tail)

        def is_before(left: int, right: int) -> bool:
            a, b = universe.package(left), universe.package(right)
            if a == b:
                return own[a][left] < own[a][right]
            return key(left, rank[a]) < key(right, rank[b])

        return stable_sort(versions, is_before)

    def _places_of(self, package: int) -> dict[int, int]:
        """Return the place of each version of a package in the order of preference."""
        found = self._places.get(package)
        if found is None:
            state = self.state
            installed = state.installed.get(package, -1)
            candidate = state.candidate(package) if state.is_upgrade else -1
            priority = state.priority
            ordered = sorted(
                self.universe.versions(package),
                key=lambda v: (v != candidate, v != installed, -priority(v)),
            )
            found = self._places[package] = {v: at for at, v in enumerate(ordered)}
        return found

    def _package_rank(self, package: int, target_name: bytes) -> Ranks:
        """Return what orders packages before and after the Priority of their version."""
        universe, state = self.universe, self.state
        name = universe.name(package)
        known = self._ranks.get((package, name != target_name))
        if known is not None:
            return known
        meta = 0
        for version in universe.versions(package):
            meta |= universe.meta(version) & (ESSENTIAL | IMPORTANT)
        head = (
            state.is_upgrade and self._is_obsolete(package),
            state.group_is_installed(package),
            package not in state.installed,
            name != target_name,
            not meta & ESSENTIAL,
            not meta & IMPORTANT,
            universe.architecture_rank(package),
        )
        ranks = self._ranks[package, name != target_name] = head, (name, -package)
        return ranks


def stable_sort(items: list[int], is_before: Callable[[int, int], bool]) -> list[int]:
    """Return ``items`` as libstdc++'s stable_sort leaves them, whatever ``is_before`` is.

    >>> stable_sort([3, 1, 2], int.__lt__)
    [1, 2, 3]
    """
    middle = (len(items) + 1) // 2
    left = _merge_runs(items[:middle], is_before)
    return _merge(left, _merge_runs(items[middle:], is_before), is_before)


def _merge_runs(items: list[int], is_before: Callable[[int, int], bool]) -> list[int]:
    runs = [
        _insertion_sort(items[at : at + _CHUNK], is_before) for at in range(0, len(items), _CHUNK)
    ]
    while len(runs) > 1:
        pairs = [runs[at : at + 2] for at in range(0, len(runs), 2)]
        runs = [_merge(pair[0], pair[1], is_before) if pair[1:] else pair[0] for pair in pairs]
    return runs[0] if runs else []


def _insertion_sort(items: list[int], is_before: Callable[[int, int], bool]) -> list[int]:
    result: list[int] = []
    for item in items:
        at = len(result)
        if result and is_before(item, result[0]):
            at = 0
        else:
            while at and is_before(item, result[at - 1]):
                at -= 1
        result.insert(at, item)
    return result


def _merge(left: list[int], right: list[int], is_before: Callable[[int, int], bool]) -> list[int]:
    result = []
    i = j = 0
    while i < len(left) and j < len(right):
        if is_before(right[j], left[i]):
            result.append(right[j])
            j += 1
        else:
            result.append(left[i])
            i += 1
    return result + left[i:] + right[j:]
