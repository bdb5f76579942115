"""Do the reasons of a change, or of a difference, lead to it by themselves?

Sufficiency, asked of one explanation while it is told: the request is decided once more in a world
with nothing but what the reasons cite (`Reduction`).  Solvers weigh a whole system, and a
reason cites little of it; where the little is not enough, the reader has to know.
"""

from __future__ import annotations

from copy import copy
from functools import partial

from foretell.apt.answers.comparison import fates
from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import make_world
from foretell.apt.cases.reduced import (
    Reduction,
    cited_by_core,
    cited_by_reasons,
    find_label,
)
from foretell.apt.classic.depcache import Depcache
from foretell.apt.classic.engine import run
from foretell.apt.classic.marker import Marker
from foretell.apt.classic.resolver import Resolver, Unresolved
from foretell.apt.requests.named_marks import make_named_manual
from foretell.apt.requests.request import apply_request
from foretell.apt.solver3.sweep import drop_garbage
from foretell.apt.system.solver_name import OPTION
from foretell.apt.system.state import CLASSIC
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError
from foretell.model.reason import Reason, number_reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.apt.answers.comparison import Comparison, Part
    from foretell.apt.answers.conflict_core import Core
    from foretell.apt.answers.predict import Answer, Change
    from foretell.apt.cases.case import Case
    from foretell.apt.cases.reduced import Cited, Fact
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.state import State

__all__ = ["OfChange", "OfFailure", "OfParting", "Question", "not_enough"]


class Question:
    """What an explanation has to lead to, and what it cites."""

    def __init__(self, answer: Answer, reduction: Reduction | None = None) -> None:
        self.answer = answer
        self._reduction = reduction or Reduction(answer)

    def cited(self, also: Sequence[Fact] = ()) -> Cited:
        """Return what the explanation cites, and other facts beside it."""
        raise NotImplementedError

    def is_enough(self, also: Sequence[Fact] = ()) -> bool:
        """Say whether what is cited, with other facts beside it, leads to the same."""
        try:
            return self._leads(self._reduction.case(self.cited(also)))
        except (UsageError, Unmodelled, Unresolved):
            return False

    def _leads(self, case: Case) -> bool:
        raise NotImplementedError

    def _again(self, case: Case, like: Answer | None = None) -> Answer:
        """Return the answer to a case of the solver that gave one, by default the question's."""
        like = like or self.answer
        own = copy(case)
        own.settings = {**case.settings, OPTION: like.choice.name}
        world = make_world(own, "cited")
        return predict(world, own.request, solver_version=like.solver_version)


class OfChange(Question):
    """Why does a plan have a change?

    Of the classic solver's repair the points that are told count; they are those of all packages.
    """

    def __init__(
        self, answer: Answer, change: Change, reason: Reason, reduction: Reduction | None = None
    ) -> None:
        super().__init__(answer, reduction)
        self._change = change
        self._chain = list(number_reasons([reason]))

    def cited(self, also: Sequence[Fact] = ()) -> Cited:
        """Return what the reasons cite, and other facts beside it."""
        return cited_by_reasons(self.answer, self._chain, also)

    def _leads(self, case: Case) -> bool:
        if self.answer.solver == CLASSIC:
            return self._has(*_decide(self.answer, case, self._chain))
        again = self._again(case)
        if again.state is None or again.planned is None:
            return False
        return self._has(again.state, again.planned.versions)

    def _has(self, state: State, planned: Mapping[int, int]) -> bool:
        """Say whether a plan of the reduced world has the change of the whole one."""
        assert self.answer.state is not None
        change = self._change
        before, after = self.answer.state.universe, state.universe
        package = after.find(before.name(change.package), before.architecture(change.package))
        found = planned.get(package, -1), state.installed.get(package, -1)
        texts = [after.version_string(version) if version >= 0 else b"" for version in found]
        wanted = [
            before.version_string(version) if version >= 0 else b""
            for version in (change.new, change.old)
        ]
        if texts != wanted:
            return False
        if change.new == change.old:
            return package in (state.purged if change.new < 0 else state.reinstalled)
        return found[0] != found[1]  # two builds of one version have the same text


def not_enough(answer: Answer, changes_max: int) -> list[Change]:
    """Return those of the first ``changes_max`` changes that their reasons alone do not lead to."""
    reduction = Reduction(answer)
    pairs = zip(answer.changes[:changes_max], answer.prediction.reasons, strict=False)
    return [
        change
        for change, reason in pairs
        if not OfChange(answer, change, reason, reduction).is_enough()
    ]


class OfFailure(Question):
    """Why does a request fail?"""

    def __init__(self, answer: Answer, core: Core) -> None:
        super().__init__(answer)
        self._core = core

    def cited(self, also: Sequence[Fact] = ()) -> Cited:
        """Return what the core cites, and other facts beside it."""
        return cited_by_core(self._core, self.answer.request, also)

    def _leads(self, case: Case) -> bool:
        return self._again(case).verdict == "unsatisfiable"


class OfParting(Question):
    """Why do two solvers do different things with some packages?

    What is cited are these packages, what the request names, and the decision at which the two
    runs part.
    """

    def __init__(self, found: Comparison, part: Part) -> None:
        planned = [it for it in (found.first, found.second) if it.verdict == "ok"]
        super().__init__(planned[0] if planned else found.first)
        self._sides = [(side, fates(side)) for side in (found.first, found.second)]
        self._packages = part.packages
        decision = part.decision
        labels = [f"{name}:{architecture}" for name, architecture in part.packages]
        labels += [decision.package, *decision.first, *decision.second]
        told = number_reasons(self.answer.prediction.reasons)
        self._cited = [reason for reason in told if reason.kind == "requested"]
        self._cited += [Reason("parting", {"package": label}) for label in labels if label]
        if decision.text:
            fields = {"package": decision.owner, "owner": decision.owner}
            fields |= {"relation": decision.relation, "text": decision.text}
            self._cited.append(Reason("parting", fields))

    def cited(self, also: Sequence[Fact] = ()) -> Cited:
        """Return what the decision cites, and other facts beside it."""
        return cited_by_reasons(self.answer, self._cited, also)

    def _leads(self, case: Case) -> bool:
        """Say whether both solvers do with the packages what they do in the whole world."""
        for side, whole in self._sides:
            again = self._again(case, side)
            found = fates(again)
            if again.verdict != side.verdict or any(
                found.get(key) != whole.get(key) for key in self._packages
            ):
                return False
        return True


def _told_points(universe: Universe, chain: Sequence[Reason]) -> dict[int, int]:
    """Return the points that reasons tell, by package.

    The first that is told of each counts: the repair raises points, and does so again.
    """
    points: dict[int, int] = {}
    for node in chain:
        if node.kind == "points":
            for label, told in (("package", "points"), ("from", "from-points")):
                package = find_label(universe, str(node.fields[label]))
                points.setdefault(package, int(str(node.fields[told])))
    points.pop(-1, None)
    return points


class _ToldResolver(Resolver):
    """Counts the points that were told instead of its own."""

    def __init__(self, marker: Marker, *, points: dict[int, int]) -> None:
        super().__init__(marker)
        self._told = points

    def _score_all(self) -> dict[int, int]:
        return super()._score_all() | self._told


def _decide(answer: Answer, case: Case, chain: Sequence[Reason]) -> tuple[State, Mapping[int, int]]:
    """Return a case's state, and what the classic solver plans of it with the points told.

    Raises `Unresolved` when it finds no plan.
    """
    world = make_world(case, "cited")
    state = world.state(answer.profile, solver=CLASSIC)
    apply_request(state, world, case.request)
    make_named_manual(state, case.request)
    points = _told_points(state.universe, chain)
    planned = run(Marker(state, Depcache(state)), partial(_ToldResolver, points=points))
    drop_garbage(state, planned)
    return state, planned.versions
