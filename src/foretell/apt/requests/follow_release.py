"""Which candidates does ``name/release`` give to the dependencies of what it names?

apt looks at the relations of the named version that it has to follow.  Where none of the members
is fine, the release's version of one becomes the candidate, and its relations are looked at in
turn; one that is being looked at already counts as fulfilled.  What is installed is fine, and so
is a candidate whose own relations hold in the state that the words of the request make, nothing
else being added.  Only an unversioned relation counts what another package provides.

Source: apt-get(8), "Target release"; the rules beyond it were found by asking apt 3.0.4.
"""

from __future__ import annotations

from foretell.apt.model import BREAKS, CONFLICTS, DEPENDS, PRE_DEPENDS, RECOMMENDS, SUGGESTS
from foretell.apt.requests.notes import Note
from foretell.apt.system.state import DELETE, INSTALL
from foretell.apt.unmodelled import Unmodelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Member
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["DEPTH_MAX", "follow_release", "version_of_release"]

DEPTH_MAX = 4000  # dependencies in a row
_FRAMES = 4  # of Python, for each of them
_NEEDED = frozenset((PRE_DEPENDS, DEPENDS))
_NEGATIVE = frozenset((CONFLICTS, BREAKS))
_FOLLOWED = frozenset((PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS))


def version_of_release(state: State, world: World, package: int, release: str) -> int:
    """Return the highest version of a package that a list of the release offers, or -1.

    The status file is a list as well: its release is ``now``.
    """
    from foretell.apt.system.policy import STATUS_FILE, matches_release

    universe = state.universe
    for version in universe.versions(package):
        files = [world.files[number] for number in universe.files(version)]
        if version == state.installed.get(package):
            files.append(STATUS_FILE)
        if any(matches_release(release, file) for file in files):
            return version
    return -1


def follow_release(state: State, world: World, version: int, release: str) -> list[Note]:
    """Change the candidates that ``version``, named as of ``release``, needs from there.

    Returns what apt says of them.
    """
    import sys

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _FRAMES * DEPTH_MAX)
    follower = _Follower(state, world, release)
    try:
        is_whole = follower.follow(version, 0)
    finally:
        sys.setrecursionlimit(limit)
    return follower.notes() if is_whole else []


class _Follower:
    """Change candidates for the relations of one named version."""

    def __init__(self, state: State, world: World, release: str) -> None:
        self.state = state
        self.world = world
        self.release = release
        self._notes: dict[int, Note] = {}  # by version
        self._begun: set[int] = set()  # versions whose relations are being looked at
        self._present = {p: v for p, v in state.installed.items() if state.mode.get(p) != DELETE}
        for package, mode in state.mode.items():
            if mode == INSTALL:
                self._present[package] = state.candidate(package)

    def notes(self) -> list[Note]:
        """Return what is said of the versions that were selected, each once."""
        return list(self._notes.values())

    def follow(self, version: int, depth: int) -> bool:
        """Return False at the first relation that stays unfulfilled; what changed stays changed."""
        if version in self._begun:
            return True
        if depth > DEPTH_MAX:
            raise Unmodelled(f"name/release with {DEPTH_MAX} dependencies in a row")
        self._set_candidate(self.state.universe.package(version), version)
        self._begun.add(version)
        is_whole = self._follow_relations(version, depth)
        self._begun.discard(version)
        return is_whole

    def _follow_relations(self, version: int, depth: int) -> bool:
        universe = self.state.universe
        for group in dict.fromkeys(universe.relations(version)):
            kind = universe.group_type(group)
            if kind not in _FOLLOWED or not self.state.is_important(kind, version):
                continue
            members = universe.members(group)
            if any(map(self._is_fine, members)):
                continue
            if not self._switch(members, version, depth) and kind in _NEEDED:
                return False
        return True

    def _is_fine(self, member: Member) -> bool:
        """Say whether apt is content with how a member stands."""
        universe, state = self.state.universe, self.state
        target, operator, wanted = member
        offers = [(target, state.candidate(target)), (target, self._present.get(target, -1))]
        if not operator:
            offers += [(universe.package(v), v) for v, _ in universe.provides(target)]
        for package, version in offers:
            if version < 0:
                continue
            if package == target and operator and not universe.holds(version, operator, wanted):
                continue
            if version == self._present.get(package):
                return True
            if version == state.candidate(package) and self._holds_together(package, version):
                return True
        return False

    def _holds_together(self, package: int, version: int) -> bool:
        """Say whether the relations of a version hold when it is added, and nothing else."""
        universe = self.state.universe
        present = {**self._present, package: version}
        for group in universe.relations(version):
            kind = universe.group_type(group)
            if kind not in _NEEDED | _NEGATIVE:
                continue
            found = [
                other
                for target, operator, wanted in universe.members(group)
                for other in universe.fulfilling(present, target, operator, wanted)
            ]
            if kind in _NEGATIVE and any(other != version for other in found):
                return False
            if kind in _NEEDED and not found:
                return False
        return True

    def _switch(self, members: list[Member], owner: int, depth: int) -> bool:
        """Give one member's package the release's version; say whether all is well below it."""
        state = self.state
        cause = state.universe.package(owner)
        for member in members:
            version = self._switched(member)
            if version < 0:
                continue
            target = member[0]
            before, said = state.candidate(target), self._notes.copy()
            self._notes.setdefault(version, Note("version", target, version, cause=cause))
            if self.follow(version, depth + 1):
                return True
            self._notes = said
            if member is not members[-1]:
                self._set_candidate(target, before)
        return False

    def _switched(self, member: Member) -> int:
        """Return the version of the release that fulfils a versioned member, or -1."""
        universe = self.state.universe
        target, operator, wanted = member
        if not operator:
            return -1
        version = version_of_release(self.state, self.world, target, self.release)
        return version if version >= 0 and universe.holds(version, operator, wanted) else -1

    def _set_candidate(self, package: int, version: int) -> None:
        state = self.state
        candidates = state.chosen if package in state.chosen else state.followed
        candidates[package] = version
