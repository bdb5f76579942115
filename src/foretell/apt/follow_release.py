"""Which candidates does ``name/release`` give to the dependencies of what it names?

apt looks at the relations of the named version that it has to follow.  Where neither candidate
nor installed version fulfils one, the release's version of a member becomes the candidate, and its
relations are looked at in turn.  Conflicts change no candidate, and only an unversioned relation
counts what another package provides.  apt tries in some way whether the candidate could be
installed before it is content with it: where that looks doubtful, the answer is `Unmodelled`.

Source: apt-get(8), "Target release"; the rules beyond it were found by asking apt 3.0.4.
"""

from __future__ import annotations

from foretell.apt.model import BREAKS, CONFLICTS, DEPENDS, PRE_DEPENDS, RECOMMENDS, SUGGESTS
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.state import State
    from foretell.apt.universe import Member
    from foretell.apt.world import World

__all__ = ["DEPTH_MAX", "follow_release", "version_of_release"]

DEPTH_MAX = 200  # dependencies in a row
_NEEDED = frozenset((PRE_DEPENDS, DEPENDS))
_NEGATIVE = frozenset((CONFLICTS, BREAKS))
_FOLLOWED = frozenset((PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS))


def version_of_release(state: State, world: World, package: int, release: str) -> int:
    """Return the highest version of a package that a list of the release offers, or -1."""
    from foretell.apt.policy import matches_release

    universe = state.universe
    for version in universe.versions(package):
        files = universe.files(version)
        if any(matches_release(release, world.files[number]) for number in files):
            return version
    return -1


def follow_release(state: State, world: World, version: int, release: str) -> None:
    """Change the candidates that ``version``, named as of ``release``, needs from there."""
    _Follower(state, world, release).follow(version, 0)


class _Follower:
    """Change candidates for the relations of one named version."""

    def __init__(self, state: State, world: World, release: str) -> None:
        self.state = state
        self.world = world
        self.release = release
        self._installable: set[int] = set()  # versions that were looked at

    def follow(self, version: int, depth: int) -> bool:
        """Return False at the first relation that stays unfulfilled; what changed stays changed."""
        universe = self.state.universe
        self._set_candidate(universe.package(version), version)
        if depth > DEPTH_MAX:
            raise Unmodelled(f"name/release with {DEPTH_MAX} dependencies in a row")
        for group in dict.fromkeys(universe.relations(version)):
            kind = universe.group_type(group)
            if kind not in _FOLLOWED or not self.state.is_important(kind, version):
                continue
            members = universe.members(group)
            fine = [member for member in members if self._is_fine(member)]
            if fine:
                self._check_installable(fine)
                continue
            if not self._switch(members, depth) and kind in _NEEDED:
                return False
        return True

    def _is_fine(self, member: Member) -> bool:
        """Say whether a candidate or what is installed fulfils a member."""
        universe, state = self.state.universe, self.state
        target, operator, wanted = member
        present = {state.candidate(target), state.installed.get(target, -1)} - {-1}
        if any(not operator or universe.holds(v, operator, wanted) for v in present):
            return True
        if operator:
            return False
        owners = [(v, universe.package(v)) for v, _ in universe.provides(target)]
        return any(v in {state.candidate(p), state.installed.get(p)} for v, p in owners)

    def _switch(self, members: list[Member], depth: int) -> bool:
        """Give one member's package the release's version; say whether all is well below it."""
        state = self.state
        for member in members:
            version = self._switched(member)
            if version < 0:
                continue
            target = member[0]
            before = state.candidate(target)
            if self.follow(version, depth + 1):
                return True
            if member is not members[-1]:
                self._set_candidate(target, before)
        return False

    def _switched(self, member: Member) -> int:
        """Return the version of the release that fulfils a member and is no candidate, or -1."""
        universe, state = self.state.universe, self.state
        target, operator, wanted = member
        if not operator:
            return -1
        version = version_of_release(state, self.world, target, self.release)
        if version in {-1, state.candidate(target)}:
            return -1
        return version if universe.holds(version, operator, wanted) else -1

    def _check_installable(self, members: list[Member]) -> None:
        """Raise `Unmodelled` unless all that the candidates of ``members`` need is there."""
        state = self.state
        universe = state.universe
        candidates = [state.candidate(target) for target, _, _ in members]
        wanted = [version for version in candidates if version >= 0]
        while wanted:
            version = wanted.pop()
            if version in self._installable or universe.package(version) in state.installed:
                continue
            self._installable.add(version)
            for group in universe.relations(version):
                kind = universe.group_type(group)
                if kind not in _NEEDED | _NEGATIVE:
                    continue
                found = self._candidates_for(universe.members(group), kind in _NEGATIVE)
                if kind in _NEGATIVE:
                    found = [v for v in found if universe.package(v) != universe.package(version)]
                if (kind in _NEGATIVE) == bool(found):
                    raise Unmodelled(
                        "what name/release does about a candidate that lacks something"
                    )
                if kind in _NEEDED:
                    wanted += found

    def _candidates_for(self, members: list[Member], is_negative: bool) -> list[int]:
        """Return the candidates, or for a negative relation what is installed, that it is about."""
        state = self.state
        universe = state.universe
        found = []
        for target, operator, wanted in members:
            present = state.installed
            if not is_negative:
                owners = [universe.package(version) for version, _ in universe.provides(target)]
                present = {package: state.candidate(package) for package in (target, *owners)}
                present = {package: version for package, version in present.items() if version >= 0}
            found += universe.fulfilling(present, target, operator, wanted)
        return found

    def _set_candidate(self, package: int, version: int) -> None:
        state = self.state
        candidates = state.chosen if package in state.chosen else state.followed
        candidates[package] = version
