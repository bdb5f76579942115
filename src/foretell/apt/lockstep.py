"""Which changes of Multi-Arch: same packages does apt leave out of a solved plan?

apt marks the solver's answer package by package.  A package that the solver has for another's
sake is not marked when it is ``Multi-Arch: same`` and, on another architecture, is installed now
with a ``Multi-Arch: same`` candidate of another version: whether that one stays, changes or goes
does not count.  What is left out keeps its installed version, or does not come.  Found by
experiments with libapt 3.0.3 and 3.3.5 (``Debug::pkgDepCache::Marker``).

Not modelled: what apt says when something else then lacks what was left out.
"""

from __future__ import annotations

from foretell.apt.broken import unmet_relation
from foretell.apt.model import MULTI_ARCH_MASK, MULTI_ARCH_SAME
from foretell.apt.state import INSTALL
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.seed import Search

__all__ = ["leave_out"]


def leave_out(search: Search, versions: dict[int, int]) -> None:
    """Take back the changes in ``versions`` that apt does not mark.

    Raises `Unmodelled` when the plan is then broken.
    """
    state = search.state
    left_out = [
        package
        for package, version in versions.items()
        if version != state.installed.get(package)
        and state.mode.get(package) != INSTALL
        and (package in state.automatic or search.is_automatic(package, version))
        and _is_out_of_step(search, package, version)
    ]
    for package in left_out:
        if package in state.installed:
            versions[package] = state.installed[package]
        else:
            del versions[package]
    if left_out and unmet_relation(state, versions) is not None:
        name = state.universe.name(left_out[0]).decode("utf-8", "surrogateescape")
        raise Unmodelled(f"Multi-Arch: same packages that part and leave others broken ({name})")


def _is_out_of_step(search: Search, package: int, version: int) -> bool:
    """Say whether the package is installed elsewhere with a candidate of another version."""
    state, universe = search.state, search.universe
    if universe.meta(version) & MULTI_ARCH_MASK != MULTI_ARCH_SAME:
        return False
    text = universe.version_string(version)
    for other in universe.group(package):
        if other == package or other not in state.installed:
            continue
        candidate = state.candidate(other)
        if candidate < 0 or not universe.is_downloadable(candidate):
            continue
        if universe.meta(candidate) & MULTI_ARCH_MASK != MULTI_ARCH_SAME:
            continue
        if universe.version_string(candidate) != text:
            return True
    return False
