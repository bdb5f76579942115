"""``foretell apt check --explanations``: are explanations true, enough, short and quick?

Random requests, half of them made to fail.  Of a failure: each fact of its core is left out in
turn, which must make the rest possible; the request is predicted again in a world that holds only
what the core cites; the change that is offered is read back from its command and solved again.  Of
a plan, one change of it is predicted again from what its chain of reasons cites.
"""

from __future__ import annotations

import gc
import os
import shlex
import statistics
import sys
import time

from foretell.apt.answers.conflict_core import is_possible
from foretell.apt.answers.predict import predict
from foretell.apt.answers.why_not import find_first_fix, obstacle_of
from foretell.apt.cases.completing import what_else
from foretell.apt.cases.enough import OfChange, OfFailure
from foretell.apt.model import CONFLICTS
from foretell.apt.packages.cache import cache_folder
from foretell.apt.packages.edges import relations_of
from foretell.apt.requests.request import Request
from foretell.apt.system.state import SOLVER
from foretell.apt.system.world import load_world
from foretell.cli.apt_conflict import obstacle_text, remedy
from foretell.errors import UsageError
from foretell.oracle.sample import Draws

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from foretell.apt.answers.predict import Answer, Change
    from foretell.apt.answers.why_not import Fix, Obstacle
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.world import World

__all__ = ["check_explanations"]

CASES = 20
ROOT = "trixie-minimal"
DRAWS_MAX = 50  # for each case that is wanted


def check_explanations(options: Namespace) -> int:
    """Check explanations of random requests; return 0 when none is wrong."""
    from foretell.cli.apt_session import open_oracle

    root = options.root or open_oracle().find_root(ROOT)
    world = load_world(
        root,
        options=[f"APT::Solver={SOLVER}", *options.option],
        environment={},
        cache=cache_folder(os.environ),
    )
    trial = _Trial(world, options.solver_version or "3.0.3")
    gc.disable()  # as in a process that answers one question
    for request in _requests(world, options.seed, options.requests or CASES):
        if trial.is_complete(options.requests or CASES):
            break
        trial.ask(request)
        gc.collect()
    gc.enable()
    sys.stdout.write("".join(f"{line}\n" for line in [*trial.wrong, *trial.summary()]))
    return 1 if trial.wrong else 0


# -- requests ----------------------------------------------------------------------------------


def _requests(world: World, seed: int, count: int) -> Iterator[Request]:
    """Yield random requests: a few packages, one without what it needs, two that exclude."""
    state = world.state()
    universe = state.universe
    usable = [p for p in range(universe.package_count()) if state.policy_candidate(p) >= 0]
    installed = sorted(state.installed)
    for number in range(DRAWS_MAX * count):
        draws = Draws(f"explanations/{seed}/{number}")
        kind = draws.below(6)
        first = usable[draws.below(len(usable))]
        name = universe.full_name(first)
        if kind < 2 or not installed:
            others = [usable[draws.below(len(usable))] for _ in range(draws.below(4))]
            words = [name, *map(universe.full_name, others)]
        elif kind == 5 and installed:
            yield Request("remove", [universe.full_name(installed[draws.below(len(installed))])])
            continue
        else:
            other = _descendant(universe, state.policy_candidate, first, draws)
            rivals = _rivals(universe, state.policy_candidate(other)) if kind == 4 else []
            if rivals:
                words = [name, universe.full_name(rivals[draws.below(len(rivals))])]
            else:
                words = [name, f"{universe.full_name(other)}-"]
        yield Request("install", list(dict.fromkeys(words)))


def _descendant(
    universe: Universe, candidate: Callable[[int], int], first: int, draws: Draws
) -> int:
    """Return a package that another needs, over one to four steps."""
    found = first
    for _ in range(draws.between(1, 4)):
        version = candidate(found)
        relations = relations_of(universe, version) if version >= 0 else ()
        needed = [member[0] for *_, member, _ in relations]
        if not needed:
            break
        found = needed[draws.below(len(needed))]
    return found


def _rivals(universe: Universe, version: int) -> list[int]:
    groups = universe.groups(version, CONFLICTS) if version >= 0 else []
    named = [member[0] for group in groups for member in universe.members(group)]
    return [package for package in named if universe.versions(package)]


# -- the trial ---------------------------------------------------------------------------------


class _Trial:
    """What was found out about the explanations so far."""

    def __init__(self, world: World, version: str) -> None:
        self.world = world
        self.version = version
        self.wrong: list[str] = []
        self.failures = self.plans = self.fixes = self.soft = self.completed = 0
        self.lines: list[int] = []
        self.core_ratios: list[float] = []
        self.fix_ratios: list[float] = []

    def is_complete(self, count: int) -> bool:
        """Say whether enough failures and plans were checked."""
        return self.failures >= count and self.plans >= count

    def ask(self, request: Request) -> None:
        """Check the explanation of one request."""
        start = time.process_time()
        try:
            answer = predict(self.world, request, solver_version=self.version)
        except UsageError:
            return
        took = time.process_time() - start
        if answer.verdict == "unsatisfiable":
            self._check_failure(answer, took)
        elif answer.verdict == "ok" and answer.changes:
            self._check_plan(answer)

    def _note(self, answer: Answer, what: str) -> None:
        words = shlex.join([answer.request.verb, *answer.request.words])
        self.wrong.append(f"{what}: {words}")

    def _check_failure(self, answer: Answer, plain: float) -> None:
        self.failures += 1
        start = time.process_time()
        obstacle = obstacle_of(answer, solver_version=self.version)
        text = obstacle_text(obstacle, is_full=False, who="")
        told = time.process_time()
        fix = find_first_fix(obstacle)
        end = time.process_time()
        self.lines.append(len(text.splitlines()))
        self.core_ratios.append((plain + told - start) / plain)
        core = obstacle.core
        if core is None:
            self._note(answer, "no core")
            return
        if is_possible(core, []):
            self._note(answer, "no contradiction")
        if not all(is_possible(core, [fact]) for fact in core.facts):
            self._note(answer, "not minimal")
        self.soft += not core.is_hard
        if core.is_hard and not OfFailure(answer, core).is_enough():
            self._note(answer, "not enough")
        if fix is not None:
            self.fixes += 1
            self.fix_ratios.append((plain + end - start) / plain)
            if not self._solves(obstacle, fix):
                self._note(answer, "no solution")

    def _solves(self, obstacle: Obstacle, fix: Fix) -> bool:
        """Say whether the command that is shown works in the changed world."""
        from foretell.render.apt_why_not import commands

        words = shlex.split(commands(remedy(obstacle, fix))[-1])[2:]
        while words and words[0].startswith("-"):
            words = words[2:]
        world = fix.change.world
        return (
            predict(world, Request("install", words), solver_version=self.version).verdict == "ok"
        )

    def _check_plan(self, answer: Answer) -> None:
        at = len(answer.request.words) * 7919 % len(answer.changes)
        reason, change = answer.prediction.reasons[at], answer.changes[at]
        self.plans += 1
        question = OfChange(answer, change, reason)
        if question.is_enough():
            return
        self.completed += 1
        if what_else(question) is None:
            self._note(answer, f"not enough for {_label(answer, change)}")

    def summary(self) -> Sequence[str]:
        """Return the figures."""
        if not self.failures:
            return ["no request failed"]
        longest, median = max(self.lines), statistics.median(self.lines)
        told = statistics.median(self.core_ratios)
        found = [
            f"{self.failures} failures, {self.soft} of them although no rule forbids it",
            f"lines of an explanation: median {median:g}, longest {longest}",
            f"time until it is told: {told:.2f} of the failing prediction's (median)",
        ]
        if self.fix_ratios:
            found.append(
                f"{self.fixes} with a change that helps, time until then: "
                f"{statistics.median(self.fix_ratios):.2f} (median)"
            )
        checked = self.failures + self.plans
        found.append(f"{self.plans} plans, {self.completed} of them with what else took part")
        return [*found, f"{checked - len(self.wrong)} right / {checked} checked"]


def _label(answer: Answer, change: Change) -> tuple[str, str, bytes]:
    assert answer.state is not None
    universe = answer.state.universe
    version = universe.version_string(change.new) if change.new >= 0 else b""
    return universe.full_name(change.package), change.action, version
