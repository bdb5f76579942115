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

    from foretell.apt.state import State

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

    def sort_own(self, package: int, versions: list[int]) -> list[int]:
        """Return versions of one package, most preferred first."""
        if len(versions) < 2:
            return versions
        return sorted(versions, key=self._version_rank(package))

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
        rank = {package: self._package_rank(package, name) for package in dict.fromkeys(packages)}
        own = {package: self._version_rank(package) for package in rank}
        priority = {v: universe.meta(v) >> PRIORITY_SHIFT & PRIORITY_MASK for v in versions}

        def key(version: int, ranks: Ranks) -> tuple[object, ...]:
            (is_obsolete, is_group_here, *head), tail = ranks
            is_same = universe.meta(version) & MULTI_ARCH_MASK == MULTI_ARCH_SAME
            return (is_obsolete, not (is_same and is_group_here), *head, priority[version], *tail)

        def is_before(left: int, right: int) -> bool:
            a, b = universe.package(left), universe.package(right)
            if a == b:
                return own[a](left) < own[a](right)
            return key(left, rank[a]) < key(right, rank[b])

        return stable_sort(versions, is_before)

    def _version_rank(self, package: int) -> Callable[[int], tuple[bool, bool, int, int]]:
        state = self.state
        installed = state.installed.get(package, -1)
        candidate = state.candidate(package) if state.is_upgrade else -1
        order = {version: at for at, version in enumerate(self.universe.versions(package))}
        priority = state.priority

        def rank(version: int) -> tuple[bool, bool, int, int]:
            return (
                version != candidate,
                version != installed,
                -priority(version),
                order.get(version, -1),
            )

        return rank

    def _package_rank(self, package: int, target_name: bytes) -> Ranks:
        """Return what orders packages before and after the Priority of their version."""
        universe, state = self.universe, self.state
        name = universe.name(package)
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
        return head, (name, -package)


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
