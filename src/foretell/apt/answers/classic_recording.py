"""By which steps did the classic solver come to its plan?

A plan says nothing of how it came about, and to note that would cost every question time.  So who
wants to know lets the same state be solved once more, by a `RecordingMarker` that notes for each
change of a package the relation, or the points, that made it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager

from foretell.apt.answers.classic_recording_resolver import RecordingResolver
from foretell.apt.answers.explain import version_label
from foretell.apt.classic.depcache import CRITICAL, NEGATIVE, NOW, PLANNED, Depcache
from foretell.apt.classic.engine import FRAMES_PER_PACKAGE, Unresolved, run
from foretell.apt.classic.marker import DEPTH_MAX, Marker
from foretell.apt.classic.steps import Because, Choice, Step
from foretell.apt.model import ESSENTIAL, RELATION_FIELDS
from foretell.apt.requests.named_marks import make_named_manual
from foretell.apt.requests.request import apply_request
from foretell.apt.solver3.sweep import drop_garbage
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import CLASSIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.apt.classic.marker import Installation
    from foretell.apt.classic.steps import Fact
    from foretell.apt.system.planned import Planned
    from foretell.apt.system.state import State

__all__ = ["Recording", "RecordingMarker", "record"]


class Recording:
    """The steps of one run: what was decided last about each package, and what was given up."""

    def __init__(self, marker: RecordingMarker, marked: dict[int, int]) -> None:
        self.state = marker.state
        self.cache = marker.cache
        self.last = marker.last
        self.given_up = marker.given_up
        self.skipped = marker.skipped
        self.looks = marker.looks
        self.walked = marker.walked
        self.marked = marked  # the plan before the sweep
        self.planned: Planned | None = None


def record(answer: Answer) -> Recording:
    """Let the classic solver decide the request of an answer again; return its steps.

    Raises what it raised the first time.
    """
    state = answer.world.state(answer.profile, solver=CLASSIC)
    apply_request(state, answer.world, answer.request)
    make_named_manual(state, answer.request)
    marker = RecordingMarker(state)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + FRAMES_PER_PACKAGE * DEPTH_MAX)
    try:
        planned = run(marker, RecordingResolver)
    except Unresolved:
        planned = None
    finally:
        sys.setrecursionlimit(limit)
    found = Recording(marker, dict(planned.versions) if planned else {})
    if planned is not None:
        drop_garbage(state, planned)
        found.planned = planned
    return found


class _RecordingDepcache(Depcache):
    """Tells of every change of a package."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.tell: Callable[[int, int], None] | None = None
        self.tell_dropped: Callable[[int, int], None] | None = None

    def plan(self, package: int, version: int, mode: int) -> None:
        """Do it, and tell."""
        super().plan(package, version, mode)
        assert self.tell is not None
        self.tell(package, version)

    def drop_candidate(self, package: int, version: int) -> None:
        """Do it, and tell where that is news."""
        before = self.candidate(package)
        super().drop_candidate(package, version)
        assert self.tell_dropped is not None
        if before != version:
            self.tell_dropped(package, before)


class RecordingMarker(Marker):
    """Notes why each package is planned as it is; ``step`` is the one under way."""

    def __init__(self, state: State) -> None:
        cache = _RecordingDepcache(state)
        super().__init__(state, cache)
        cache.tell = self._note
        cache.tell_dropped = self._note_dropped
        self.step: Step | None = None
        self.because = Because(self._by_request)
        self.last: dict[int, Step] = {}
        self.given_up: dict[int, Step] = {}
        self.skipped: list[tuple[Step | None, int, int]] = []  # Recommends: owner, or-group
        self.looks: dict[tuple[int, int], list[Choice]] = {}  # owner, or-group -> its solutions
        self.walked: set[int] = set()  # versions whose relations were followed
        self._refused = -1
        self._dropped: dict[int, int] = {}  # candidates that were given up, by package
        self._broken_by: set[tuple[int, int]] = set()  # version, whom its upgrade breaks

    def _note(self, package: int, version: int) -> None:
        step = self.step
        assert step is not None
        assert step.package == package
        step.version = version
        self.last[package] = step

    def _note_dropped(self, package: int, version: int) -> None:
        self._dropped[package] = version
        if self.step is None or self.step.package != package:
            step = self.because.step(package, "drop")
            step.version = self.cache.planned.get(package, -1)
            self.given_up[package] = step

    @contextmanager
    def within(self, package: int, what: str) -> Iterator[None]:
        """Let a change of a package be a step of its own."""
        step, because = self.step, self.because
        self.step = because.step(package, what)
        self.step.version = self.cache.planned.get(package, -1)
        self.because = Because(self._follow)
        try:
            yield
        finally:
            self.step, self.because = step, because

    @contextmanager
    def led_by(self, because: Because) -> Iterator[None]:
        """Let all changes have one cause."""
        before = self.because
        self.because = because
        try:
            yield
        finally:
            self.because = before

    def install(self, package: int, *, follow: bool, by_user: bool = False, depth: int = 0) -> bool:
        """Do it as a step of its own."""
        with self.within(package, "install"):
            step = self.step
            assert step is not None
            works = super().install(package, follow=follow, by_user=by_user, depth=depth)
        if not works and package not in self.given_up:
            kind = "held" if package in self.cache.held else "given-up"
            self.given_up[package] = Step(kind, package, parents=[step], failure=step.failure)
        return works

    def keep(self, package: int, *, by_user: bool = False, depth: int = 0) -> bool:
        """Do it as a step of its own."""
        with self.within(package, "keep"):
            works = super().keep(package, by_user=by_user, depth=depth)
        return self._unless_refused(package, works)

    def delete(self, package: int, *, by_user: bool = False, depth: int = 0) -> bool:
        """Do it as a step of its own."""
        with self.within(package, "delete"):
            works = super().delete(package, by_user=by_user, depth=depth)
        return self._unless_refused(package, works)

    def _unless_refused(self, package: int, works: bool) -> bool:
        if not works:
            self._refused = package
        return works

    # -- causes ----------------------------------------------------------------------------

    def _by_request(self, package: int, what: str) -> Step:
        state = self.state
        if package in state.protected or package in state.chosen:
            return Step("requested", package)
        if what == "keep":
            return Step("held" if package in self.cache.held else "deferred", package)
        if package in self.cache.current:
            return Step("upgraded", package)
        return Step("essential", package, other=self._essential_of_name(package))

    def _essential_of_name(self, package: int) -> int:
        """Return the package because of which one of its name is essential; -1 for itself."""
        universe = self.universe
        name = universe.name(package)
        found = [
            other
            for other in self.cache.vital()
            if universe.name(other) == name
            and any(universe.meta(version) & ESSENTIAL for version in universe.versions(other))
        ]
        return -1 if package in found else min(found, key=universe.iteration_key, default=-1)

    def _follow(self, package: int, what: str) -> Step:
        """Return the step of a change whose cause is the step under way."""
        del what
        assert self.step is not None
        if self.step.package == package:
            return self.step
        return Step("follows", package, parents=[self.step])

    def related(
        self,
        owner: int,
        group: int,
        choices: Sequence[Choice] = (),
        facts: dict[str, Fact] | None = None,
    ) -> Because:
        """Return the cause of what an or-group of the step under way asks for."""
        parents = [self.step] if self.step is not None else []

        def make(package: int, what: str) -> Step:
            del what
            failed = []
            for choice in choices:
                other = self.universe.package(choice.version)
                if other == package:
                    break
                failed += [self.given_up[other]] if other in self.given_up else []
            failed += self._gone(owner, group)
            return Step(
                "relation",
                package,
                owner=owner,
                group=group,
                parents=dict.fromkeys((*parents, *failed)),
                choices=choices,
                facts=facts,
            )

        return Because(make)

    def _in_the_way(self, task: Installation) -> Because:
        """Return the cause of what makes way for a package, or goes along with it."""
        parents = [self.step] if self.step is not None else []
        because: Because

        def make(package: int, what: str) -> Step:
            dropped = self._dropped[package] if what == "drop" else -1
            owner, group = self._clash(task, package, dropped)
            kind = "ruled-out" if what == "drop" else "relation"
            kind = "follows" if group is None else kind
            tried = because.made(package, "install") if what == "delete" else None
            return Step(
                kind,
                package,
                owner=owner,
                group=group,
                parents=parents,
                other=task.package,
                failure=tried.failure if tried is not None else None,
            )

        because = Because(make, is_split=True)
        return because

    def _clash(self, task: Installation, other: int, dropped: int = -1) -> tuple[int, int | None]:
        """Return the relation, and whose it is, for which two packages cannot stay as they are."""
        cache, universe = self.cache, self.universe
        there = {
            cache.current.get(other, -1),
            cache.planned.get(other, -1),
            cache.candidate(other),
            dropped,
        }
        negative = task.negative if task.group < 0 else [task.group]
        if dropped < 0 and (task.version, other) in self._broken_by:
            negative = []
        for group in negative:
            if there.intersection(self.targets(task.version, group)):
                return task.version, group
        installed = cache.current.get(other, -1)
        for group in universe.relations(installed) if installed >= 0 else ():
            if universe.group_types[group] in NEGATIVE or not cache.is_important(group, installed):
                continue
            found = self.targets(installed, group)
            if cache.current.get(task.package, -1) in found and task.version not in found:
                return installed, group
        return -1, None

    def targets(self, version: int, group: int) -> list[int]:
        """Return all versions that fulfil an or-group, or are hit by it."""
        universe = self.universe
        found: list[int] = []
        for target, operator, wanted in universe.members(group):
            found += universe.fitting(universe.versions(target), operator, wanted)
            found += universe.fitting_providers(universe.provides(target), operator, wanted)
        if universe.group_types[group] not in NEGATIVE:
            return found
        target = universe.members(group)[0][0]
        package = universe.package
        return [v for v in found if universe.may_clash(group, version, target, package(v))]

    def unmet(self, package: int) -> tuple[int, int | None]:
        """Return what is planned of a package and its first relation that does not hold."""
        cache, universe = self.cache, self.universe
        version = cache.planned.get(package, -1)
        groups = universe.relations(version) if version >= 0 else []
        for types in (CRITICAL, None):
            for group in groups:
                if types is not None and universe.group_types[group] not in types:
                    continue
                if not cache.is_important(group, version):
                    continue
                if not cache.holds(PLANNED, group, version):
                    return version, group
        return version, None

    def steps_about(self, owner: int, group: int, but: int = -1) -> list[Step]:
        """Return what was decided last about whatever an or-group is about, each step once."""
        packages = map(self.universe.package, self.targets(owner, group))
        found = [self.last[p] for p in packages if p in self.last and p != but]
        return list(dict.fromkeys(found))

    # -- what the marker does --------------------------------------------------------------

    def _is_installable(self, package: int, candidate: int) -> bool:
        group = self._hopeless_relation(candidate)
        works = super()._is_installable(package, candidate)
        if not works:
            assert self.step is not None
            self.given_up[package] = Step(
                "hopeless", package, owner=candidate, group=group, parents=self.step.parents
            )
        return works

    def _find_conflicts(self, task: Installation) -> bool:
        self.walked.add(task.version)
        self._refused = -1
        with self.led_by(self._in_the_way(task)):
            works = super()._find_conflicts(task)
        if not works:
            self._fail_by(task)
        return works

    def _find_dependents(self, task: Installation) -> None:
        known = len(task.upgrades)
        super()._find_dependents(task)
        self._broken_by.update((task.version, other) for other in task.upgrades[known:])

    def _want_gone(self, task: Installation, other: int, *, lasting: bool) -> bool:
        works = super()._want_gone(task, other, lasting=lasting)
        return self._unless_refused(other, works)

    def _install_siblings(self, task: Installation) -> bool:
        parents = [self.step] if self.step is not None else []

        def make(package: int, what: str) -> Step:
            del what
            return Step("same-source", package, parents=parents)

        with self.led_by(Because(make)):
            return super()._install_siblings(task)

    def _upgrade_others(self, task: Installation, *, is_hard: bool) -> bool:
        with self.led_by(self._in_the_way(task)):
            works = super()._upgrade_others(task, is_hard=is_hard)
        if not works:
            self._fail_by(task)
        return works

    def _remove_others(self, task: Installation, *, is_hard: bool) -> bool:
        with self.led_by(self._in_the_way(task)):
            works = super()._remove_others(task, is_hard=is_hard)
        if not works:
            self._fail_by(task)
        return works

    def _fail_by(self, task: Installation) -> None:
        """Note that a package that is in the way may not change."""
        owner, group = self._clash(task, self._refused) if self._refused >= 0 else (-1, None)
        self._fail(Step("in-the-way", self._refused, owner=owner, group=group))

    def _fail(self, failure: Step) -> None:
        if self.step is not None and self.step.failure is None:
            self.step.failure = failure

    def _protect_only(self, task: Installation, group: int) -> bool:
        with self.led_by(self.related(task.version, group)):
            return super()._protect_only(task, group)

    def _was_fulfilled(self, task: Installation, group: int) -> bool:
        works = super()._was_fulfilled(task, group)
        if not works:
            self.skipped.append((self.step, task.version, group))
        return works

    def _take_solution(self, task: Installation, group: int, chosen: list[int]) -> bool:
        choices = self._choices(task.version, group)
        self.looks[task.version, group] = choices
        facts = self._held_before(task, group)
        with self.led_by(self.related(task.version, group, choices, facts)):
            works = super()._take_solution(task, group, chosen)
        if not works:
            found = self._lacking(task.version, group)
            self._fail(Step("failed", task.package, owner=task.version, group=group, parents=found))
        return works

    def _held_before(self, task: Installation, group: int) -> dict[str, Fact]:
        """Return the other relation for which an upgrade does not do without a Recommends."""
        cache, universe = self.cache, self.universe
        installed = cache.current.get(task.package, -1)
        if installed < 0 or universe.group_types[group] in CRITICAL:
            return {}
        for other in self._alike(task, group):
            if not cache.holds(NOW, other, installed):
                continue
            if universe.group_text(other) == universe.group_text(group):
                return {}
            targets = self.targets(installed, other)
            there = [v for v in targets if cache.current.get(universe.package(v)) == v]
            field = RELATION_FIELDS[universe.group_type(other)].decode()
            text = universe.group_text(other).decode("utf-8", "surrogateescape")
            labels = sorted(version_label(universe, version) for version in there)
            return {"alike": (field, text), "alike-by": tuple(labels)}
        return {}

    def note_failed(self, owning: int, owner: int, group: int) -> None:
        """Note that a relation kept the repair from planning a package's candidate."""
        found = self._lacking(owner, group)
        kind = "failed" if found else "hopeless"
        step = Step(kind, owning, owner=owner, group=group, parents=found)
        self.given_up.setdefault(owning, step)

    def _lacking(self, owner: int, group: int) -> list[Step]:
        """Return why nothing that an or-group is about could be planned, as far as was tried."""
        packages = dict.fromkeys(map(self.universe.package, self.targets(owner, group)))
        causes = [self.given_up.get(p) or self.last.get(p) for p in packages]
        found = [cause for cause in causes if cause is not None]
        found += [step for step in self._gone(owner, group) if step not in found]
        if not found:  # the request keeps it out, and nothing had to be done for that
            found = [Step("requested", p) for p in packages if p in self.state.protected]
        return found

    def _gone(self, owner: int, group: int) -> list[Step]:
        """Return why what is installed and fulfils an or-group does not stay so."""
        cache, package = self.cache, self.universe.package
        there = [v for v in self.targets(owner, group) if cache.current.get(package(v)) == v]
        gone = [package(v) for v in there if cache.planned.get(package(v)) != v]
        return [self.last[other] for other in gone if other in self.last]

    def _choices(self, owner: int, group: int) -> list[Choice]:
        """Return the solutions of an or-group in order, each with what gives it its place."""
        cache, universe, solutions = self.cache, self.universe, self.solutions
        places: dict[int, tuple[int, int]] = {}
        for at, member in enumerate(universe.members(group)):
            for version in self.targets_of(member):
                places.setdefault(version, (at, member[0]))
        found = []
        for version in solutions.candidates(group, owner):
            at, target = places[version]
            is_new = universe.package(version) not in cache.current
            found.append(Choice(version, (is_new, at, *solutions.rank(version, target))))
        return found

    def targets_of(self, member: tuple[int, int, bytes]) -> list[int]:
        """Return all versions that fulfil one alternative."""
        universe = self.universe
        target, operator, wanted = member
        found = list(universe.fitting(universe.versions(target), operator, wanted))
        return found + universe.fitting_providers(universe.provides(target), operator, wanted)

    def _undo(self, package: int) -> None:
        step = self.step
        assert step is not None
        failure = step.failure
        self.step = Step("given-up", package, parents=[step], failure=failure)
        is_again = failure is not None and failure.owner == self.cache.current.get(package)
        if not (is_again and package in self.given_up):  # else its candidate is gone already
            self.given_up[package] = self.step
        try:
            super()._undo(package)
        finally:
            self.step = step
