"""What does apt's classic solver (``--solver internal``) make of a request?

It marks packages one after the other, repairs what is broken after that, and never looks back:
`classic_marker` plans, `classic_resolver` repairs, `classic_upgrade` has the kinds of upgrade.
When it fails, apt mostly asks solver3 instead; that is for the caller to do.  Checked against
libapt 3.0.3 with its own traces (``foretell apt check --solver internal --trace``).
"""

from __future__ import annotations

import sys
from contextlib import contextmanager

from foretell.apt.classic.marker import DEPTH_MAX, Marker
from foretell.apt.classic.resolver import HELD_MESSAGE, Resolver, Unresolved
from foretell.apt.classic.upgrade import upgrade
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import DELETE, INSTALL, KEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from foretell.apt.classic.depcache import Depcache
    from foretell.apt.requests.request import Request
    from foretell.apt.system.state import State

FRAMES_PER_PACKAGE = 8
__all__ = ["Unresolved", "may_fall_back", "solve_classic"]


def solve_classic(cache: Depcache) -> Planned:
    """Return what the classic solver plans for the state of ``cache`` with its request.

    The garbage is still in it.  Raises `Unresolved` when it fails, and the plan that it could not
    repair is in the cache then, and `Unmodelled`.
    """
    return run(Marker(cache.state, cache))


def may_fall_back(state: State, request: Request) -> bool:
    """Say whether apt asks solver3 when the classic solver has failed."""
    if state.stand_ins:  # satisfy and build-dep ask one solver only
        return False
    forbids = state.is_upgrade and not (state.allow_remove and state.allow_install)
    return not (forbids and request.words)


def run(marker: Marker, make_resolver: Callable[[Marker], Resolver] = Resolver) -> Planned:
    """Do the same with a marker and resolvers of the caller's."""
    with _deep_recursion():
        return _run(marker, make_resolver)


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Let dependencies be followed as deep as apt does."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, before + FRAMES_PER_PACKAGE * DEPTH_MAX))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _run(marker: Marker, make_resolver: Callable[[Marker], Resolver]) -> Planned:
    state, cache = marker.state, marker.cache
    resolver = make_resolver(marker)
    _mark_request(marker, resolver)
    for package, version in state.followed.items():
        cache.set_candidate(package, version)
    for package in state.chosen:
        marker.install(package, follow=True, by_user=True)
    if state.is_upgrade:
        upgrade(marker, make_resolver)
    else:
        resolver.resolve(fixes=True)
    if cache.broken():
        raise Unresolved(HELD_MESSAGE)
    state.automatic &= cache.automatic  # removals of metapackages have cleared some
    versions = cache.result()
    planned = Planned(versions, cache.automatic & versions.keys())
    planned.protected = {p for p in cache.protected if cache.mode.get(p, KEEP) == INSTALL}
    return planned


def _mark_request(marker: Marker, resolver: Resolver) -> None:
    """Put what the request names into the plan: removals first, then what is installed."""
    state, cache = marker.state, marker.cache
    removed = [p for p, mode in state.mode.items() if mode == DELETE]
    absent = [p for p in state.protected if p not in state.mode and p not in state.chosen]
    for package in [*removed, *absent]:
        resolver.clear(package)
        resolver.protected.add(package)
        resolver.removed.add(package)
        cache.protected.add(package)
        if package in cache.current:
            marker.delete(package, by_user=True)
        elif package not in state.purged:
            cache.held.add(package)
    for package, version in state.chosen.items():
        cache.set_candidate(package, version)
        resolver.clear(package)
        resolver.protected.add(package)
        cache.protected.add(package)
        marker.install(package, follow=False, by_user=True)
        if state.mode.get(package, KEEP) != INSTALL and package not in state.automatic:
            cache.automatic.discard(package)
