"""Which broken relation, and whose points, made the classic solver repair its plan so?"""

from __future__ import annotations

from foretell.apt.classic.depcache import NEGATIVE, NOW
from foretell.apt.classic.resolver import Resolver
from foretell.apt.classic.steps import Because, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.classic_recording import RecordingMarker
    from foretell.apt.classic.marker import Marker
    from foretell.apt.classic.resolver import Walk
    from foretell.apt.classic.steps import Fact
    from foretell.apt.packages.universe import Member

__all__ = ["RecordingResolver"]


class RecordingResolver(Resolver):
    """Tells its `RecordingMarker` the cause of each repair."""

    marker: RecordingMarker

    def __init__(self, marker: Marker) -> None:
        super().__init__(marker)
        self._kills: dict[tuple[int, int], tuple[int, int]] = {}

    def _because(self, kind: str) -> Because:
        """Return the cause of what happens to a package in which something is broken."""

        def make(package: int, what: str) -> Step:
            del what
            owner, group = self.marker.unmet(package)
            return self._repair(kind, package, owner, group)

        return Because(make)

    def _repair(
        self,
        kind: str,
        package: int,
        owner: int,
        group: int | None,
        *,
        other: int = -1,
        facts: dict[str, Fact] | None = None,
    ) -> Step:
        """Return a step about a relation; it follows from what made both ends as they are."""
        marker = self.marker
        ends = [other, package] if other >= 0 else [package]
        parents = [marker.last[end] for end in ends if end in marker.last]
        if group is not None:
            owning = self.universe.package(owner)
            parents += [marker.last[owning]] if owning in marker.last else []
            parents += marker.steps_about(owner, group, package)
        return Step(
            kind,
            package,
            owner=owner,
            group=group,
            parents=dict.fromkeys(parents),
            other=other,
            facts=facts,
        )

    def _begin(self) -> None:
        with self.marker.led_by(self._because("broken")):
            super()._begin()

    def _reinstate(self, package: int) -> None:
        def make(package: int, what: str) -> Step:
            del what
            last = self.marker.last.get(package)
            return Step("tried-again", package, parents=[last] if last else [])

        with self.marker.led_by(Because(make)):
            super()._reinstate(package)

    def _about(self, walk: Walk, group: int, kind: str) -> Because:
        def make(package: int, what: str) -> Step:
            step = self._repair(kind, package, walk.version, group)
            if what == "delete" and package == walk.package:
                step.parents += self._installed_too(package, walk.version)
            return step

        return Because(make, is_split=True)

    def _look_at_group(self, walk: Walk, group: int, counter: int) -> bool:
        self.marker.walked.add(walk.version)
        with self.marker.led_by(self._about(walk, group, "unsolved")):
            return super()._look_at_group(walk, group, counter)

    def _look_at_member(self, walk: Walk, group: int, member: Member, counter: int) -> bool:
        with self.marker.led_by(self._about(walk, group, "unsolved")):
            return super()._look_at_member(walk, group, member, counter)

    def _look_at_target(
        self, walk: Walk, group: int, member: Member, other: int, counter: int
    ) -> bool:
        points = self._score(walk.package), self._score(other)
        self._kills[walk.package, other] = points
        need = self.universe.group_types[group] not in NEGATIVE
        is_new = need and points[0] > points[1] and not self.cache.fulfils(NOW, member)

        def make(package: int, what: str) -> Step:
            own, against = points, other
            if package != walk.package:
                own, against = points[::-1], walk.package
            facts: dict[str, Fact] = {
                "rule": "new-need" if is_new else "points",
                "round": counter,
                "points": own[0],
                "from-points": own[1],
            }
            step = self._repair("points", package, walk.version, group, other=against, facts=facts)
            if what == "delete":
                step.parents += self._installed_too(package, walk.version)
            return step

        with self.marker.led_by(Because(make, is_split=True)):
            return super()._look_at_target(walk, group, member, other, counter)

    def _installed_too(self, package: int, version: int) -> tuple[Step, ...]:
        """Return why what is installed of a package cannot stay either, if that was tried."""
        marker = self.marker
        owner, group = marker.unmet(package)
        if group is None or owner in {-1, version}:
            return ()
        text = self.universe.version_string(owner).decode("utf-8", "surrogateescape")
        parents = marker.steps_about(owner, group, package)
        step = Step("other-version", package, owner=owner, group=group, parents=parents)
        step.facts["version"] = text
        return (step,)

    def _kill(self, walk: Walk, counter: int) -> None:
        groups = dict(reversed(walk.kills))

        def make(package: int, what: str) -> Step:
            del what
            ours, theirs = self._kills[walk.package, package]
            facts: dict[str, Fact] = {
                "rule": "points",
                "round": counter,
                "points": theirs,
                "from-points": ours,
            }
            return self._repair(
                "points",
                package,
                walk.version,
                groups[package],
                other=walk.package,
                facts=facts,
            )

        with self.marker.led_by(Because(make)):
            super()._kill(walk, counter)

    def _upgrade_for(self, package: int, version: int, group: int) -> bool:
        self.marker.walked.add(version)
        last = self.marker.last.get(package)

        def make(other: int, what: str) -> Step:
            del what
            return Step(
                "relation", other, owner=version, group=group, parents=[last] if last else []
            )

        with self.marker.led_by(Because(make)):
            works = super()._upgrade_for(package, version, group)
        if not works:
            self.marker.note_failed(package, version, group)
        return works

    def _keep_first_bad(self) -> int | None:
        with self.marker.led_by(self._because("held-back")):
            return super()._keep_first_bad()

    def _keep_around(self, package: int) -> bool:
        def make(other: int, what: str) -> Step:
            del what
            owner, group = self.marker.unmet(package)
            return self._repair("held-back", other, owner, group, other=package)

        self.marker.walked.add(self.cache.planned.get(package, -1))
        with self.marker.led_by(Because(make)):
            return super()._keep_around(package)
