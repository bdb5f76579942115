"""Is what is installed consistent, so that apt would plan at all?

apt refuses every request but ``--fix-broken install`` while an installed package lacks something
that it needs or stands beside something that it excludes (apt-get(8) ``--fix-broken``).
"""

from __future__ import annotations

from foretell.apt.model import BREAKS, CONFLICTS, DEPENDS, PRE_DEPENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.state import State

__all__ = ["broken_packages", "unmet_relation"]


def unmet_relation(
    state: State, versions: Mapping[int, int] | None = None
) -> tuple[int, int] | None:
    """Return an installed package and its or-group that does not hold, or None.

    ``versions`` takes the place of what is installed.

    The first one by package number, so that the same state gives the same answer.
    """
    return next(_unmet_relations(state, state.installed if versions is None else versions), None)


def broken_packages(state: State) -> set[int]:
    """Return the installed packages with a relation that does not hold."""
    return {package for package, _ in _unmet_relations(state, state.installed)}


def _unmet_relations(state: State, installed: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    universe = state.universe
    by_target = _Installed(universe, installed)
    for package in sorted(installed):
        version = installed[package]
        for kind in (PRE_DEPENDS, DEPENDS):
            for group in universe.groups(version, kind):
                if not any(by_target.fitting(*member) for member in universe.members(group)):
                    yield package, group
        for kind in (CONFLICTS, BREAKS):
            for group in universe.groups(version, kind):
                for member in universe.members(group):
                    found = by_target.fitting(*member) - {package}
                    if universe.is_implicit(group):  # about the package's own versions
                        found &= by_target.own(*member)
                    if any(universe.may_clash(group, version, member[0], p) for p in found):
                        yield package, group


class _Installed:
    """Which installed packages fulfil a relation, computed once per relation."""

    def __init__(self, universe: Universe, installed: Mapping[int, int]) -> None:
        self.universe = universe
        self.installed = installed
        self._found: dict[tuple[int, int, bytes], frozenset[int]] = {}

    def fitting(self, target: int, operator: int, wanted: bytes) -> frozenset[int]:
        """Return the installed packages that are or provide ``target``."""
        key = (target, operator, wanted)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(target, operator, wanted)
        return found

    def own(self, target: int, operator: int, wanted: bytes) -> frozenset[int]:
        """Return the target itself if its installed version fits."""
        version = self.installed.get(target)
        fits = version is not None and self.universe.fitting([version], operator, wanted)
        return frozenset([target] if fits else [])

    def _find(self, target: int, operator: int, wanted: bytes) -> frozenset[int]:
        universe = self.universe
        fulfilling = universe.fulfilling(self.installed, target, operator, wanted)
        return frozenset(map(universe.package, fulfilling))
