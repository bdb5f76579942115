"""Which changes of Multi-Arch: same packages does apt leave out of a solved plan?

apt marks the solver's answer package by package.  A package that the solver has for another's
sake is not marked when it is ``Multi-Arch: same`` and, on another architecture, is installed now
with a ``Multi-Arch: same`` candidate of another version: whether that one stays, changes or goes
does not count.  What is left out keeps its installed version, or does not come.  Found by
experiments with libapt 3.0.3 and 3.3.5 (``Debug::pkgDepCache::Marker``).

Not modelled: what apt says when something else then lacks what was left out.
"""

from __future__ import annotations

from foretell.apt.model import MULTI_ARCH_MASK, MULTI_ARCH_SAME
from foretell.apt.solver3.broken import unmet_relation
from foretell.apt.system.state import INSTALL
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.seed import Search

__all__ = ["is_out_of_step", "leave_out"]


def leave_out(search: Search, versions: dict[int, int]) -> None:
    """Take back the changes in ``versions`` that apt does not mark.

    Raises `Unmodelled` when the plan is then broken.
    """
    state, universe = search.state, search.universe
    left_out = [
        package
        for package, version in versions.items()
        if version != state.installed.get(package)
        and state.mode.get(package) != INSTALL
        and (package in state.automatic or search.is_automatic(package, version))
        and is_out_of_step(universe, version, state.installed, state.candidate)
    ]
    for package in left_out:
        if package in state.installed:
            versions[package] = state.installed[package]
        else:
            del versions[package]
    if left_out and unmet_relation(state, versions) is not None:
        name = universe.name(left_out[0]).decode("utf-8", "surrogateescape")
        raise Unmodelled(f"Multi-Arch: same packages that part and leave others broken ({name})")


def is_out_of_step(
    universe: Universe,
    version: int,
    installed: Collection[int],
    candidate: Callable[[int], int],
) -> bool:
    """Say whether the package is installed elsewhere with a candidate of another version."""
    if not universe.is_multi_arch or universe.meta(version) & MULTI_ARCH_MASK != MULTI_ARCH_SAME:
        return False
    package, text = universe.package(version), universe.version_string(version)
    others = [other for other in universe.group(package) if other != package]
    return any(
        universe.meta(other) & MULTI_ARCH_MASK == MULTI_ARCH_SAME
        and universe.is_downloadable(other)
        and universe.version_string(other) != text
        for other in map(candidate, filter(installed.__contains__, others))
        if other >= 0
    )
