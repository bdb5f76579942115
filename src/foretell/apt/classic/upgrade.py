"""How does the classic solver plan an upgrade of everything that is installed?

The three kinds are apt-get(8) ``upgrade``, apt(8) ``upgrade`` (new packages allowed) and
``full-upgrade``.  The first two begin with every upgrade and then hold back what cannot be done;
the last repairs its plan as any other request does.
"""

from __future__ import annotations

from foretell.apt.model import ESSENTIAL
from foretell.apt.system.state import DELETE, INSTALL, KEEP
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from foretell.apt.classic.marker import Marker
    from foretell.apt.classic.resolver import Resolver

__all__ = ["upgrade"]


def upgrade(marker: Marker, make_resolver: Callable[[Marker], Resolver]) -> None:
    """Plan the kind of upgrade that the state asks for; raises `Unresolved`."""
    state = marker.state
    if state.allow_remove:
        _Upgrade(marker, make_resolver).fully()
    elif state.allow_install:
        _Upgrade(marker, make_resolver).with_new()
    else:
        _Upgrade(marker, make_resolver).without_new()


class _Upgrade:
    """The steps that the kinds of upgrade are made of."""

    def __init__(self, marker: Marker, make_resolver: Callable[[Marker], Resolver]) -> None:
        self.marker = marker
        self.make_resolver = make_resolver
        self.cache = marker.cache
        self.universe = marker.universe
        self.key = marker.universe.iteration_key
        self.installed = sorted(marker.cache.current, key=self.key)

    def _is_deferred(self, package: int) -> bool:
        """Say whether phasing puts the upgrade of an installed package off."""
        state = self.marker.state
        phasing = state.phasing
        candidate = self.cache.candidate(package)
        if phasing is None or candidate in {-1, self.cache.current.get(package, -1)}:
            return False
        if package not in self.cache.current:
            return False
        if not state.profile.skips_phased and phasing.is_phased(candidate):
            raise Unmodelled("phased updates of apt 2.6")
        return phasing.is_deferred(candidate)

    def _install_all(self, *, follow: bool) -> None:
        for package in self.installed:
            if not self._is_deferred(package):
                self.marker.install(package, follow=follow)

    def _defer(self, resolver: Resolver) -> None:
        for package in self.installed:
            if self._is_deferred(package):
                self.marker.keep(package)
                self._protect(resolver, package)

    def _protect(self, resolver: Resolver, package: int) -> None:
        resolver.protected.add(package)
        self.cache.protected.add(package)

    def fully(self) -> None:
        """Upgrade everything; what is in the way may go."""
        marker, cache = self.marker, self.cache
        self._install_all(follow=False)
        self._install_all(follow=True)
        for package in self._missing_essential():
            marker.install(package, follow=True)
        self._install_all(follow=False)
        resolver = self.make_resolver(marker)
        for package in self.installed:
            if package in cache.held:
                self._protect(resolver, package)
                marker.keep(package)
        resolver.resolve(fixes=False)
        keeper = self.make_resolver(marker)
        keeper.broken_allowed = set(cache.policy_broken())
        self._defer(keeper)
        keeper.resolve_by_keeping()

    def _missing_essential(self) -> Iterator[int]:
        """Yield the essential packages that are not planned already, in cache order.

        Of each name that has essential packages the preferred one, unless one of them is planned.
        """
        universe, cache = self.universe, self.cache
        essential: dict[bytes, list[int]] = {}
        for package in cache.vital():
            if any(universe.meta(v) & ESSENTIAL for v in universe.versions(package)):
                essential.setdefault(universe.name(package), []).append(package)
        for package in sorted(map(universe.find_mentioned, essential), key=self.key):
            others = essential[universe.name(package)]
            if any(cache.mode.get(other, KEEP) == INSTALL for other in others):
                continue
            if not self._is_deferred(package):
                yield package

    def with_new(self) -> None:
        """Upgrade what needs no removal."""
        marker, cache = self.marker, self.cache
        for package in self.installed:
            if package in cache.held or package not in cache.planned or self._is_deferred(package):
                continue
            marker.install(package, follow=False)
        for package in self._walk_planned():
            marker.install(package, follow=True)
        for package in sorted(cache.mode, key=self.key):
            if cache.mode[package] == DELETE:
                marker.keep(package)
        resolver = self.make_resolver(marker)
        self._defer(resolver)
        resolver.resolve_by_keeping()

    def _walk_planned(self) -> Iterator[int]:
        """Yield what is planned to be installed in cache order, also what that adds on the way."""
        cache, key = self.cache, self.key
        last = (-1, 0, b"", 0)
        while True:
            waiting = [p for p, mode in cache.mode.items() if mode == INSTALL and key(p) > last]
            if not waiting:
                return
            package = min(waiting, key=key)
            last = key(package)
            yield package

    def without_new(self) -> None:
        """Upgrade what needs neither removals nor new packages."""
        marker, cache = self.marker, self.cache
        resolver = self.make_resolver(marker)
        named = {p for p, mode in cache.mode.items() if mode == INSTALL}
        for package in named:
            self._protect(resolver, package)
        for package in self.installed:
            if package in named or package in cache.held or package not in cache.planned:
                continue
            if not self._is_deferred(package):
                marker.install(package, follow=False)
        self._defer(resolver)
        resolver.resolve_by_keeping()
