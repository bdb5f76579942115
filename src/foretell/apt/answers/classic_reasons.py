"""Why does the classic solver plan what it plans?

Puts the steps of `classic_recording` into the shared model.  Kinds, beside those of `explain`:

``upgraded``       the request upgrades everything that is installed
``essential``      a full upgrade asks for it, or for ``from``, another architecture's
``relation``       as for solver3; ``rule`` is what put it before ``over``, the next of several
                   ``choices``; ``skipped`` are those before it that could not be planned; an
                   upgrade installs what it recommends because ``alike``, a relation of the
                   installed version on the same package, held by ``alike-by``
``points``         the repair let the points decide between it and ``from``
``same-source``    it goes along with ``from``, a binary of the same source
``broken``, ``unsolved``, ``tried-again``
                   a step of the repair about a relation that did not hold; its ``outcome`` is that
                   the package is ``planned``, ``kept`` as it was, or ``removed``
``held-back``      its upgrade leaves something broken
``held``, ``deferred``
                   a hold of dpkg; phasing or the kind of upgrade puts it off
``given-up``, ``failed``, ``hopeless``, ``in-the-way``
                   its version could not be planned, because of a relation: nothing that would
                   fulfil it could be planned, nothing in the archive fulfils it, or what it is
                   about may not change
``ruled-out``      something that stays excludes its version
``other-version``  the repair removes it because what is installed of it cannot stay either
``follows``        a change along with its parent, by no relation
``unneeded``       as for solver3; also what ``autoremove`` would remove
``dropped``        it was planned, but nothing needs it in the end
``kept-back``      an upgrade that is not in the plan
"""

from __future__ import annotations

from foretell.apt.answers.changes import trace_unneeded
from foretell.apt.answers.explain import list_evidence, package_label, version_label
from foretell.apt.answers.missing import not_upgraded
from foretell.apt.classic.steps import CREATED, Step, deciding_part
from foretell.apt.model import RELATION_FIELDS
from foretell.apt.requests.request import UPGRADES
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.classic_recording import Recording
    from foretell.apt.answers.predict import Answer
    from foretell.model.evidence import Evidence

    Fields = dict[str, str | int | bool | tuple[str, ...] | None]

__all__ = ["classic_reasons"]

_LASTING = frozenset(("requested", "given-up", "failed", "hopeless", "in-the-way", "ruled-out"))
_REPAIRS = frozenset(("points", "broken", "unsolved", "held-back"))
_PLANNED = _REPAIRS | {"relation", "upgraded"}  # what may ask for a candidate


def classic_reasons(answer: Answer) -> list[Reason]:
    """Return the reason of each change, then of what is kept back, unneeded and dropped."""
    builder = _Builder(answer, answer.recording())
    reasons = [builder.change(change.package, change.new) for change in answer.changes]
    if answer.request.verb in UPGRADES:
        reasons += map(builder.kept_back, not_upgraded(answer))
    reasons += map(builder.unneeded, answer.autoremovable)
    return reasons + builder.dropped()


def _rests_on(step: Step, other: Step) -> bool:
    """Say whether a step follows from another one."""
    queue, seen = [step], {step}
    while queue:
        top = queue.pop()
        if top is other:
            return True
        causes = [*top.parents, *([top.failure] if top.failure and _tells_failure(top) else [])]
        queue += [cause for cause in causes if cause not in seen]
        seen.update(causes)
    return False


def _tells_failure(step: Step) -> bool:
    """Say whether the reason of a step names what made it fail."""
    return step.kind == "given-up" or (step.kind in _PLANNED and step.version < 0)


class _Builder:
    """Makes the reasons of one answer, each step's once.

    The steps are those of another run; packages have the same numbers in both, because both
    do the same in the same order.
    """

    def __init__(self, answer: Answer, recording: Recording) -> None:
        self.answer = answer
        self.recording = recording
        self.state = recording.state
        self.universe = recording.state.universe
        self._built: dict[Step, Reason] = {}
        self._changes: dict[int, Reason] = {}
        self._needed: dict[int, tuple[int, int]] | None = None

    # -- conclusions -----------------------------------------------------------------------

    def change(self, package: int, new: int) -> Reason:
        """Return the reason for what happens to a package."""
        found = self._changes.get(package)
        if found is None:
            step = self.recording.last.get(package)
            if step is not None and step.version == new:
                found = self.of_step(step)
            elif new < 0 and package not in self.state.protected:
                return self.unneeded(package)
            else:
                found = self._plain("requested", package)
            self._changes[package] = found
        return found

    def unneeded(self, package: int) -> Reason:
        """Return the reason why nothing needs an installed package."""
        found = self._changes.get(package)
        if found is not None:
            return found
        chain = [package]
        needed = self._find_needed()
        while chain[-1] in needed and needed[chain[-1]][0] >= 0:
            cause = needed[chain[-1]][0]
            if cause in self._changes or cause not in needed:
                break
            chain.append(cause)
        for top in reversed(chain):
            self._changes[top] = self._unneeded(top, *needed.get(top, (-1, -1)))
        return self._changes[package]

    def _unneeded(self, package: int, cause: int, group: int) -> Reason:
        if cause < 0:
            return self._plain("unneeded", package)
        new = self.answer.planned.versions.get(cause, -1) if self.answer.planned else -1
        parent = self._changes.get(cause) or self.change(cause, new)
        installed = self.state.installed[cause]
        fields: Fields = {
            "package": package_label(self.universe, package),
            "from": package_label(self.universe, cause),
            **self._relation(group),
            "owner": version_label(self.universe, installed),
        }
        evidence = [*self._evidence(self.state.installed[package]), *self._evidence(installed)]
        return Reason("unneeded", fields, parents=[parent], evidence=evidence)

    def _find_needed(self) -> dict[int, tuple[int, int]]:
        """Return what needed each package that is unneeded now: a package and its or-group."""
        if self._needed is None:
            planned, installed = self.answer.planned, self.state.installed
            assert planned is not None
            swept = {p for p in installed if p not in planned.versions and self._is_swept(p)}
            swept |= set(self.answer.autoremovable)
            self._needed = dict.fromkeys(sorted(swept), (-1, -1))
            others = [p for p, v in installed.items() if planned.versions.get(p, -1) != v]
            queue = [package for package in others if package not in swept]
            trace_unneeded(self.state, self._needed, queue)
        return self._needed

    def _is_swept(self, package: int) -> bool:
        step = self.recording.last.get(package)
        is_deleted = step is not None and step.version < 0
        return not is_deleted and package not in self.state.protected

    def kept_back(self, package: int) -> Reason:
        """Return the reason why an installed package is not upgraded."""
        recording = self.recording
        step = recording.given_up.get(package) or recording.last.get(package)
        last = recording.last.get(package)
        if last is not None and last.kind in {"held-back", "points", "held", "deferred"}:
            step = last
        fields: Fields = {"package": package_label(self.universe, package)}
        evidence = self._evidence(self.state.policy_candidate(package))
        if step is None:
            kind = "held" if package in self.state.held else self._never_tried(package)
            return Reason("kept-back", {**fields, "rule": kind}, evidence=evidence)
        parent = self.of_step(step)
        return Reason("kept-back", {**fields, "rule": step.kind}, parents=[parent],
                      evidence=evidence)  # fmt: skip

    def _never_tried(self, package: int) -> str:
        phasing = self.state.phasing
        candidate = self.state.policy_candidate(package)
        if phasing is not None and phasing.is_deferred(candidate):
            return "deferred"
        return "follows"

    def dropped(self) -> list[Reason]:
        """Return a reason for each new package that was planned and that nothing needs."""
        planned = self.answer.planned
        assert planned is not None
        found = []
        for package in sorted(self.recording.marked):
            if package in planned.versions or package in self.state.installed:
                continue
            step = self.recording.last.get(package)
            fields = {"package": package_label(self.universe, package)}
            parents = [self.of_step(step)] if step is not None else []
            evidence = self._evidence(self.recording.marked[package])
            found.append(Reason("dropped", fields, parents=parents, evidence=evidence))
        return found

    # -- steps -----------------------------------------------------------------------------

    def of_step(self, step: Step) -> Reason:
        """Return the reason of a step; causes first, without recursion."""
        stack = [step]
        while stack:
            top = stack[-1]
            missing = [cause for cause in self._causes(top) if cause not in self._built]
            if top in self._built:
                stack.pop()
            elif missing:
                stack += reversed(missing)
            else:
                stack.pop()
                self._built[top] = self._make(top)
        return self._built[step]

    def _causes(self, step: Step) -> list[Step]:
        causes = list(step.parents)
        if step.kind == "given-up" and step.failure:
            causes.append(step.failure)
        installed = self.state.installed.get(step.package, -1)
        if step.kind not in _PLANNED or self.universe.versions(step.package) == [installed]:
            return causes
        if step.version < 0 or step.version == installed:  # why not its other version?
            other = step.failure if step.version < 0 else None
            if other is None or other.owner == installed:
                other = self.recording.given_up.get(step.package)
            if other is not None and other.failure and other.failure.owner == installed:
                other = None  # there is no other
            causes += [other] if other is not None and not _rests_on(other, step) else []
        return causes

    def _make(self, step: Step) -> Reason:
        universe = self.universe
        fields: Fields = {"package": package_label(universe, step.package)}
        other = self._other_end(step)
        if other >= 0:
            fields["from"] = package_label(universe, other)
        if step.group is not None:
            fields |= self._relation(step.group)
            fields["owner"] = version_label(universe, step.owner)
        fields |= self._order(step)
        fields |= step.facts
        if step.kind in _REPAIRS:
            installed = self.state.installed.get(step.package, -1)
            is_kept = step.version == installed
            fields["outcome"] = "kept" if is_kept else "removed" if step.version < 0 else "planned"
        if step.kind not in _LASTING and self._is_passing(step):
            fields["passing"] = True
        causes = [self._built[cause] for cause in self._causes(step)]
        return Reason(step.kind, fields, parents=causes, evidence=self._step_evidence(step))

    def _other_end(self, step: Step) -> int:
        """Return the package that a step's relation, or its source, connects with; or -1."""
        package = self.universe.package
        if step.other >= 0:
            return step.other
        if step.owner >= 0 and package(step.owner) != step.package:
            return package(step.owner)
        others = [cause.package for cause in step.parents if cause.package != step.package]
        if step.kind in {"requested", "failed", "hopeless"} or not others:
            return -1
        return others[0]

    def _is_passing(self, step: Step) -> bool:
        """Say whether what a step planned is not in the plan."""
        planned = self.answer.planned
        assert planned is not None
        return planned.versions.get(step.package, -1) != step.version

    def _order(self, step: Step) -> Fields:
        """Return what decided between several solutions."""
        at = next((n for n, c in enumerate(step.choices) if c.version == step.version), None)
        if at is None or len(step.choices) < 2:
            return {}
        universe, choices = self.universe, step.choices
        fields: Fields = {"choices": len(choices)}
        if at:
            fields["skipped"] = tuple(version_label(universe, c.version) for c in choices[:at])
        if at + 1 < len(choices):
            rule = deciding_part(choices[at], choices[at + 1])
            fields["rule"] = rule
            fields["over"] = version_label(universe, choices[at + 1].version)
            if rule == CREATED:
                number = self.state.census().number
                fields["id"] = number(step.package)
                fields["over-id"] = number(universe.package(choices[at + 1].version))
        return fields

    def _relation(self, group: int) -> Fields:
        universe = self.universe
        return {
            "relation": RELATION_FIELDS[universe.group_type(group)].decode(),
            "text": universe.group_text(group).decode("utf-8", "surrogateescape"),
        }

    # -- evidence --------------------------------------------------------------------------

    def _plain(self, kind: str, package: int) -> Reason:
        planned = self.answer.planned
        version = planned.versions.get(package, -1) if planned else -1
        if version < 0:
            version = self.state.installed.get(package, -1)
        fields = {"package": package_label(self.universe, package)}
        return Reason(kind, fields, evidence=self._evidence(version))

    def _step_evidence(self, step: Step) -> list[Evidence]:
        version = step.version
        if version < 0:
            version = self.state.installed.get(step.package, -1)
        found = self._evidence(version)
        found += [fact for fact in self._evidence(step.owner) if fact not in found]
        return found

    def _evidence(self, version: int) -> list[Evidence]:
        if version < 0:
            return []
        return list_evidence(self.answer.world, self.universe, version)
