"""Do the reasons of a change lead to it by themselves?

Sufficiency, asked of one explanation while it is told: the request is decided once more in a world
with nothing but what the reasons cite (`reduced_case`).  Solvers weigh a whole system, and a
reason cites little of it; where the little is not enough, the reader has to know.
"""

from __future__ import annotations

from functools import partial

from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import make_world
from foretell.apt.cases.reduced import (
    cited_by_core,
    cited_by_reasons,
    find_label,
    reduced_case,
)
from foretell.apt.classic.depcache import Depcache
from foretell.apt.classic.engine import run
from foretell.apt.classic.marker import Marker
from foretell.apt.classic.resolver import Resolver, Unresolved
from foretell.apt.requests.named_marks import make_named_manual
from foretell.apt.requests.request import apply_request
from foretell.apt.solver3.sweep import drop_garbage
from foretell.apt.system.state import CLASSIC
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import UsageError
from foretell.model.reason import number_reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.apt.answers.conflict_core import Core
    from foretell.apt.answers.predict import Answer, Change
    from foretell.apt.packages.universe import Universe
    from foretell.apt.requests.request import Request
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World
    from foretell.model.reason import Reason

__all__ = ["is_core_enough", "is_enough"]


def is_enough(answer: Answer, change: Change, reason: Reason) -> bool:
    """Say whether what the reason of a change cites leads to the same change.

    Of the classic solver's repair the points that are told count; they are those of all packages.
    A reason that says itself that a choice failed (``undone``) is taken to be enough.
    """
    chain = list(number_reasons([reason]))
    if any(node.kind == "undone" for node in chain):
        return True
    case = reduced_case(answer, cited_by_reasons(answer, chain))
    try:
        world = make_world(case, "cited")
        if answer.solver == CLASSIC:
            state, planned = _decide(answer, case.request, world, chain)
        else:
            again = predict(world, case.request, solver_version=answer.solver_version)
            if again.state is None or again.planned is None:
                return False
            state, planned = again.state, again.planned.versions
    except (UsageError, Unmodelled, Unresolved):
        return False
    return _has(answer, change, state, planned)


def is_core_enough(answer: Answer, core: Core) -> bool:
    """Say whether the facts of the core of a failure make the request fail by themselves.

    A core that rests on choices of the solver (not ``is_hard``) says so, and is taken to be enough.
    """
    if not core.is_hard:
        return True
    case = reduced_case(answer, cited_by_core(core, answer.request))
    try:
        again = predict(
            make_world(case, "cited"), case.request, solver_version=answer.solver_version
        )
    except UsageError:
        return False
    return again.verdict == "unsatisfiable"


def _has(answer: Answer, change: Change, state: State, planned: Mapping[int, int]) -> bool:
    """Say whether a plan of the reduced world has a change of the whole one."""
    assert answer.state is not None
    before, after = answer.state.universe, state.universe
    package = after.find(before.name(change.package), before.architecture(change.package))
    found = planned.get(package, -1), state.installed.get(package, -1)
    texts = [after.version_string(version) if version >= 0 else b"" for version in found]
    wanted = [
        before.version_string(version) if version >= 0 else b""
        for version in (change.new, change.old)
    ]
    if texts != wanted:
        return False
    return change.new != change.old or package in state.reinstalled


def _told_points(universe: Universe, chain: Sequence[Reason]) -> dict[int, int]:
    """Return the points that reasons tell, by package."""
    points: dict[int, int] = {}
    for node in chain:
        if node.kind == "points":
            for label, told in (("package", "points"), ("from", "from-points")):
                package = find_label(universe, str(node.fields[label]))
                points[package] = int(str(node.fields[told]))
    points.pop(-1, None)
    return points


class _ToldResolver(Resolver):
    """Counts the points that were told instead of its own."""

    def __init__(self, marker: Marker, *, points: dict[int, int]) -> None:
        super().__init__(marker)
        self._told = points

    def _score_all(self) -> dict[int, int]:
        return super()._score_all() | self._told


def _decide(
    answer: Answer, request: Request, world: World, chain: Sequence[Reason]
) -> tuple[State, Mapping[int, int]]:
    """Return a world's state, and what the classic solver plans of it with the points told.

    Raises `Unresolved` when it finds no plan.
    """
    state = world.state(answer.profile, solver=CLASSIC)
    apply_request(state, world, request)
    make_named_manual(state, request)
    points = _told_points(state.universe, chain)
    planned = run(Marker(state, Depcache(state)), partial(_ToldResolver, points=points))
    drop_garbage(state, planned)
    return state, planned.versions
