"""What will apt do with this request, and which facts does the answer rest on?

This is the domain's front door: a world and a request in, an `Answer` out.  `Answer.prediction`
is the same in the nouns that all domains share.
"""

from __future__ import annotations

from foretell.apt.model import RELATION_FIELDS
from foretell.apt.requests.named_marks import make_named_manual
from foretell.apt.requests.request import Request, apply_request
from foretell.apt.solver3.broken import unmet_relation
from foretell.apt.solver3.seed import Search, is_vital
from foretell.apt.solver3.solver import StepLimitExceeded
from foretell.apt.solver3.sweep import drop_garbage, write_back
from foretell.apt.system.profiles import (
    AUTO,
    PROFILES,
    SOLVER_VERSIONS,
    Profile,
    has_solver3,
    modelled_version,
)
from foretell.apt.system.solver_name import Choice, unmodelled_solver
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.apt.unmodelled import Unmodelled
from foretell.errors import InputError
from foretell.model.plan import Action, CannotUndo, Plan, Step
from foretell.model.prediction import Prediction, verdicts
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.classic_recording import Recording
    from foretell.apt.classic.depcache import Depcache
    from foretell.apt.packages.universe import Universe
    from foretell.apt.requests.notes import Note
    from foretell.apt.system.planned import Planned
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = [
    "ACTIONS",
    "VERDICTS",
    "Answer",
    "Change",
    "predict",
    "removed_vital",
]

VERDICTS = verdicts("ok", "unsatisfiable")
FOREIGN_MAX = 1  # architectures beside the native one
ACTIONS = ("install", "upgrade", "downgrade", "reinstall", "remove", "purge")


class Change:
    """One package that the plan changes; versions are numbers of the universe, -1 for none."""

    __slots__ = ("action", "automatic", "new", "old", "package")

    def __init__(self, package: int, action: str, new: int, old: int, automatic: bool) -> None:
        self.package = package
        self.action = action
        self.new = new
        self.old = old
        self.automatic = automatic


class Answer:
    """What the solver decided about one request.

    ``changes`` and ``autoremovable`` are sorted by name and architecture; ``missing_rule`` names
    what is not modelled when the verdict is ``unknown``, and ``way_out`` what to ask instead;
    ``marks`` are installed packages whose automatic mark alone changes, with its new value;
    ``classic_error`` is apt's word when its classic solver failed, whatever solver3 said after it,
    and ``wreck`` the plan that it left.
    ``choice`` is the solver that apt asks first, ``solver`` the one whose answer it is.
    """

    def __init__(self, verdict: str, world: World, request: Request) -> None:
        self.verdict = verdict
        self.world = world
        self.request = request
        self.missing_rule = ""
        self.way_out = ""
        self.choice = Choice(SOLVER, "")
        self.solver = SOLVER
        self.solver_version = ""
        self.classic_error = ""
        self.wreck: Depcache | None = None
        self.profile: Profile | None = None
        self.state: State | None = None
        self.search: Search | None = None
        self.planned: Planned | None = None
        self.notes: list[Note] = []
        self.changes: list[Change] = []
        self.marks: list[tuple[int, bool]] = []
        self.autoremovable: list[int] = []
        self._recording: Recording | None = None

    @property
    def prediction(self) -> Prediction:
        """The answer as a verdict with reasons, a plan and its inputs."""
        return Prediction(
            self.verdict,
            among=VERDICTS,
            reasons=self._reasons(),
            plan=Plan(map(self._step, self.changes)),
            inputs={
                "verb": self.request.verb,
                "words": tuple(self.request.words),
                "status": self.world.status_path,
                "lists": tuple(self.world.lists),
            },
        )

    def recording(self) -> Recording:
        """The steps of the classic solver, which is asked once more for them."""
        if self._recording is None:
            from foretell.apt.answers.classic_recording import record

            self._recording = record(self)
        return self._recording

    def _step(self, change: Change) -> Step:
        state = self.state
        assert state is not None
        universe = state.universe

        def fields(version: int) -> dict[str, str]:
            name = universe.name(change.package).decode("utf-8", "surrogateescape")
            architecture = universe.architecture(change.package).decode("ascii", "replace")
            found = {"package": name, "architecture": architecture}
            if version >= 0:
                text = universe.version_string(version)
                found["version"] = text.decode("utf-8", "surrogateescape")
            return found

        if change.action == "install":
            return Step(Action("install", fields(change.new)), Action("remove", fields(change.new)))
        if change.old >= 0 and not universe.is_downloadable(change.old):
            why = "no list offers the old version any more"
            return Step(Action(change.action, fields(change.new)), CannotUndo(why))
        if change.action == "purge":
            why = "configuration files are gone after a purge"
            return Step(Action("purge", fields(change.old)), CannotUndo(why))
        back = {"upgrade": "downgrade", "downgrade": "upgrade", "remove": "install"}
        do = Action(change.action, fields(change.new))
        return Step(do, Action(back.get(change.action, change.action), fields(change.old)))

    def _reasons(self) -> list[Reason]:
        if self.missing_rule:
            told = {"rule": self.missing_rule, "way-out": self.way_out}
            return [Reason("rule-not-modelled", {k: v for k, v in told.items() if v})]
        if self.search is None:  # the classic solver's
            if self.verdict != "ok":
                return []
            from foretell.apt.answers.classic_reasons import classic_reasons

            return classic_reasons(self)
        if self.verdict == "unsatisfiable":
            from foretell.apt.answers.explain import conflict_reasons

            return conflict_reasons(self.search)
        from foretell.apt.answers.changes import change_reasons

        return change_reasons(self)


def predict(
    world: World,
    request: Request,
    *,
    solver_version: str = AUTO,
    profile: Profile | None = None,
    like: Answer | None = None,
) -> Answer:
    """Return what apt ``solver_version`` decides about ``request`` in ``world``.

    Its solver is the one that this apt asks there by itself, unless the world's options name one;
    when the classic solver fails, solver3 is asked, as apt does.

    The version `AUTO` is that of the world's own apt, whose rules may be those of another that is
    modelled.  Another ``profile`` puts other rules in the place of the version's.

    ``like`` is an answer about the same packages, lists and relations, whatever the pins, holds and
    words: what was looked up for it is not looked up again.

    Raises `UsageError` for a request that means nothing and `InputError` for a broken world.
    """
    try:
        return _predict(world, request, solver_version, profile, like)
    except InputError as error:
        from foretell.apt.answers.place import locate

        locate(error, world)
        raise


def _predict(
    world: World, request: Request, version: str, profile: Profile | None, like: Answer | None
) -> Answer:
    answer = Answer("unknown", world, request)
    choice = answer.choice = world.choose_solver(version)
    is_classic = choice.name == CLASSIC
    own = world.apt_version if version == AUTO else version
    if version == AUTO:
        version = modelled_version(own, is_classic=is_classic)
    answer.solver_version = version or own
    answer.missing_rule = _unmodelled_solver(answer, own) or _missing_rule(world)
    if answer.missing_rule:
        return answer
    profile = answer.profile = profile or PROFILES[version]
    known = _known_universe(like, profile) if not is_classic else None
    state = answer.state = world.state(profile, solver=choice.name, universe=known)
    answer.missing_rule = _broken_rule(state) if known is None else ""
    if answer.missing_rule:
        return answer
    try:
        answer.notes = apply_request(state, world, request)
        make_named_manual(state, request)
        answer.solver = choice.name
        if is_classic and _solve_classic(answer, profile):
            return answer
        return solve(answer, profile)
    except Unmodelled as rule:
        answer.missing_rule = str(rule)
        if answer.solver == CLASSIC and version in SOLVER_VERSIONS:
            answer.way_out = f"--solver {SOLVER}"
    except StepLimitExceeded:
        answer.missing_rule = "searches of more than two million decisions"
    return answer


def _known_universe(like: Answer | None, profile: Profile) -> Universe | None:
    """Return what an answer's search found out, for another one; None if it is not the same.

    The classic solver numbers packages as they come to be, so it always begins anew.
    """
    if like is None or like.search is None or like.solver == CLASSIC or like.profile != profile:
        return None
    assert like.state is not None
    return None if like.state.stand_ins else like.state.universe


def _unmodelled_solver(answer: Answer, own: str) -> str:
    """Name what is not modelled of the solver that apt ``own`` asks, or return an empty string."""
    version, (name, _, is_asked) = answer.solver_version, answer.choice
    if version not in PROFILES:
        answer.way_out = f"--solver-version {SOLVER_VERSIONS[-1]}"
        return f"the solvers of apt {version}"
    if name == CLASSIC:
        return ""
    if version not in SOLVER_VERSIONS or (own and not is_asked and not has_solver3(own)):
        return f"external solvers ({name})"
    return unmodelled_solver(name)


def _solve_classic(answer: Answer, profile: Profile) -> bool:
    """Let the classic solver try; say whether its answer counts."""
    from foretell.apt.classic.depcache import Depcache
    from foretell.apt.classic.engine import Unresolved, may_fall_back, solve_classic

    state, request = answer.state, answer.request
    assert state is not None
    cache = Depcache(state)
    try:
        answer.planned = solve_classic(cache)
    except Unresolved as failure:
        answer.classic_error = str(failure)
        answer.wreck = cache
        if profile.falls_back and may_fall_back(state, request):
            answer.solver = SOLVER
            state.allow_remove_manual = True
            return False
        answer.verdict = "unsatisfiable"
        return True
    drop_garbage(state, answer.planned)
    _finish(answer, state)
    return True


def solve(answer: Answer, profile: Profile) -> Answer:
    """Solve the state of ``answer`` and read the result into it."""
    state = answer.state
    assert state is not None
    search = Search(state, profile)
    answer.search = search
    is_solved = search.run()
    answer.world.keep_settled()
    if not is_solved:
        answer.verdict = "unsatisfiable"
        return answer
    answer.planned = write_back(search)
    _finish(answer, state)
    return answer


def _finish(answer: Answer, state: State) -> None:
    """Read what is planned into the answer."""
    assert answer.planned is not None
    answer.verdict = "ok"
    if state.stand_ins:
        from foretell.apt.requests.satisfy import forget_stand_ins

        forget_stand_ins(state, answer.planned)
    _read_changes(answer, state, answer.planned)


def _missing_rule(world: World) -> str:
    """Name what this world needs that is not modelled, or return an empty string."""
    if len(world.foreign) > FOREIGN_MAX:
        return f"more than one foreign architecture ({', '.join(world.foreign)})"
    known = {b"all", *map(str.encode, (world.native, *world.foreign))}
    for entry in world.installed:
        if entry.is_here and entry.fields[b"architecture"] not in known:
            return (
                f"foreign architectures ({entry.fields[b'architecture'].decode(errors='replace')})"
            )
        words = entry.fields.get(b"status", b"").split()
        if words[2] == b"half-installed":
            name = entry.fields[b"package"].decode(errors="replace")
            return f"packages that dpkg left half-installed ({name})"
        if words[1] != b"ok":
            return "packages that need reinstallation"
    return ""


def _broken_rule(state: State) -> str:
    """Name the repair that the installed state needs first, or return an empty string."""
    unmet = unmet_relation(state)
    if unmet is None:
        return ""
    package, group = unmet
    universe = state.universe
    name = universe.name(package).decode(errors="replace")
    kind = RELATION_FIELDS[universe.group_type(group)].decode()
    text = universe.group_text(group).decode(errors="replace")
    return f"apt --fix-broken install: {name} {kind} {text} does not hold"


def _read_changes(answer: Answer, state: State, planned: Planned) -> None:
    universe = state.universe
    touched = sorted(
        {*planned.versions, *state.installed, *state.purged},
        key=lambda package: (universe.name(package), universe.architecture(package)),
    )
    for package in touched:
        new = planned.versions.get(package, -1)
        old = state.installed.get(package, -1)
        action = _action(answer, package, new, old)
        if action:
            automatic = package in (planned.automatic if new >= 0 else state.automatic)
            answer.changes.append(Change(package, action, new, old, automatic))
        elif (package in planned.automatic) != (package in state.was_automatic):
            answer.marks.append((package, package in planned.automatic))
    answer.autoremovable = [package for package in touched if package in planned.garbage]


def _action(answer: Answer, package: int, new: int, old: int) -> str:
    state = answer.state
    assert state is not None
    universe = state.universe
    if new < 0:
        if package in state.purged or (old >= 0 and answer.request.purge):
            return "purge"
        return "remove" if old >= 0 else ""
    if old < 0:
        return "install"
    if new == old:
        return "reinstall" if package in state.reinstalled else ""
    if universe.version_key(new) < universe.version_key(old):
        return "downgrade"
    return "upgrade"


def removed_vital(answer: Answer) -> list[int]:
    """Return the essential or protected packages that the plan removes."""
    assert answer.state is not None
    return [
        change.package
        for change in answer.changes
        if change.new < 0 and change.old >= 0 and is_vital(answer.state, change.package)
    ]
