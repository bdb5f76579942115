"""Which relations does apt list as unmet when it refuses a request, and what does it say of each?

apt shows the plan as it stands when its solver has given up: the classic solver's with all that it
marked and repaired, solver 3's with nothing but the words of the request.  Every package of it that
lacks or meets something critical is shown, by name, with each relation that does not hold and would
have to.  What is planned of a target is told unless anything provides it.  Found by experiments
with apt 2.6.1 and 3.0.3.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.classic.depcache import PLANNED, Depcache
from foretell.apt.system.state import DELETE, INSTALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer
    from foretell.apt.system.state import State

__all__ = ["Target", "Unmet", "unmet_packages"]


class Target(NamedTuple):
    """One alternative of a relation: what is wanted, and what is planned of it.

    ``state`` is ``planned`` (in ``version``), ``absent``, ``not-installable``, or empty when
    something else provides the target.
    """

    package: int
    operator: int
    wanted: bytes
    state: str
    version: int


class Unmet(NamedTuple):
    """A package and its relations that do not hold: kind and alternatives of each."""

    package: int
    relations: list[tuple[int, list[Target]]]


def unmet_packages(answer: Answer) -> list[Unmet]:
    """Return the packages that apt shows when it refuses a request, in its order."""
    state = answer.state
    assert state is not None
    cache = answer.wreck if answer.wreck is not None else _with_words(state)
    universe = state.universe
    broken = sorted(cache.broken(), key=lambda p: (universe.name(p), universe.iteration_key(p)))
    return [Unmet(package, _relations(cache, package)) for package in broken]


def _with_words(state: State) -> Depcache:
    """Return the plan of which nothing but the request is known."""
    cache = Depcache(state)
    for package, mode in state.mode.items():
        if mode == DELETE:
            cache.plan(package, -1, DELETE)
    for package, version in state.chosen.items():
        cache.set_candidate(package, version)
    for package, mode in state.mode.items():
        if mode == INSTALL:
            cache.plan(package, cache.candidate(package), INSTALL)
    return cache


def _relations(cache: Depcache, package: int) -> list[tuple[int, list[Target]]]:
    universe, version = cache.universe, cache.planned[package]
    found = []
    for group in universe.relations(version):
        if cache.is_important(group, version) and not cache.holds(PLANNED, group, version):
            targets = [_target(cache, *member) for member in universe.members(group)]
            found.append((universe.group_type(group), targets))
    return found


def _target(cache: Depcache, package: int, operator: int, wanted: bytes) -> Target:
    planned = cache.planned.get(package, -1)
    if cache.universe.provides(package):
        state = ""
    elif planned >= 0:
        state = "planned"
    else:
        state = "absent" if cache.candidate(package) >= 0 else "not-installable"
    return Target(package, operator, wanted, state, planned)
