"""How do foretell and the real libapt answer the same apt question in the same form?

The glue between the apt domain and the oracle, which know nothing of each other.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import tempfile
from contextlib import suppress

from foretell.apt.answers.predict import predict
from foretell.apt.classic.depcache import Depcache
from foretell.apt.classic.engine import Unresolved, run
from foretell.apt.classic.marker import Marker
from foretell.apt.requests import request as requests
from foretell.apt.requests.named_marks import make_named_manual
from foretell.apt.requests.request import apply_request
from foretell.apt.solver3.seed import Search
from foretell.apt.solver3.solver import FALSE, NEGATIVE, OPTIONAL, TRUE, Solver
from foretell.apt.solver3.watching import WatchingSolver
from foretell.apt.system.profiles import PROFILES
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.apt.system.world import Installed
from foretell.apt.unmodelled import Unmodelled
from foretell.cli.apt_screen import failure_text
from foretell.errors import UsageError
from foretell.oracle.answer import MARKS, Answer, Change, Request
from foretell.oracle.case import case_request, write_root
from foretell.oracle.libapt import Libapt
from foretell.oracle.trace import (
    CLASSIC_SETTINGS,
    Event,
    parse_marks,
    parse_trace,
    without_seeds,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.answers import predict as predictions
    from foretell.apt.cases.case import Case
    from foretell.apt.solver3.solver import Clause, Item
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World
    from foretell.oracle.apt_get import AptGet
    from foretell.oracle.rootfs import Oracle

__all__ = [
    "ask_case",
    "marked_world",
    "our_answer",
    "our_trace",
    "plain_request",
    "their_trace",
]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def marked_world(world: World, marks: Sequence[str]) -> World:
    """Return the world as apt-mark(8) would leave it; see `foretell.oracle.answer.Request`.

    A name without an architecture is a native package's.  Raises `UsageError` for what is no mark
    of an installed package.
    """
    if not marks:
        return world
    other = copy.copy(world)
    other.automatic = set(world.automatic)
    other.installed = list(world.installed)
    places = {
        _marked(entry, world): number
        for number, entry in enumerate(world.installed)
        if entry.is_here
    }
    for mark in marks:
        verb, _, word = mark.partition("=")
        package, _, architecture = word.partition(":")
        name = package, architecture or world.native
        if verb not in MARKS or name not in places:
            raise UsageError(
                "bad-mark",
                f"{mark!r} is no mark of an installed package",
                hint=f"marks are {', '.join(f'{name}=PACKAGE' for name in MARKS)}",
            )
        if verb == "auto":
            other.automatic.add(name)
        elif verb == "manual":
            other.automatic.discard(name)
        else:
            entry = other.installed[places[name]]
            want = b"hold" if verb == "hold" else b"install"
            fields = {**entry.fields, b"status": want + b" ok installed"}
            other.installed[places[name]] = Installed(fields, entry.line, world.status_path)
    return other


def _marked(entry: Installed, world: World) -> tuple[str, str]:
    """Return name and architecture of an installed package."""
    architecture = entry.fields.get(b"architecture", b"all")
    native = world.native if architecture == b"all" else _text(architecture)
    return _text(entry.fields[b"package"]), native


def plain_request(request: Request, world: World) -> requests.Request:
    """Return the same request in the apt domain's form, as ``world`` is configured."""
    assert world.configuration is not None
    auto_remove = world.configuration.find_bool("APT::Get::AutomaticRemove")
    if request.verb == "upgrade-new":
        return requests.Request(
            "upgrade", list(request.words), allow_new=True, auto_remove=auto_remove
        )
    if request.verb not in requests.VERBS:
        raise UsageError(
            "unknown-verb",
            f"{request.verb!r} is no verb that can be compared",
            hint=f"verbs are {', '.join([*requests.VERBS, 'upgrade-new'])}",
        )
    return requests.Request(
        request.verb, list(request.words), allow_new=False, auto_remove=auto_remove
    )


# -- foretell ----------------------------------------------------------------------------------


def our_answer(world: World, request: requests.Request, version: str) -> Answer:
    """Return what foretell says, as apt ``version`` would decide."""
    gc.disable()  # a state is one big graph: collecting in the midst of it finds nothing
    try:
        answer = predict(world, request, solver_version=version)
    except UsageError as error:
        return Answer(verdict="failed", error=str(error))
    finally:
        gc.enable()
    return _plain_answer(answer)


def _plain_answer(answer: predictions.Answer) -> Answer:
    if answer.verdict == "unknown":
        return Answer(verdict="unknown", error=answer.missing_rule)
    if answer.verdict != "ok":
        return Answer(verdict="failed", error=failure_text(answer))
    assert answer.state is not None
    universe = answer.state.universe

    def name(package: int) -> tuple[str, str]:
        return _text(universe.name(package)), _text(universe.architecture(package))

    def version(number: int) -> str:
        return _text(universe.version_string(number)) if number >= 0 else ""

    return Answer(
        verdict="ok",
        changes=tuple(
            sorted(
                Change(*name(c.package), c.action, version(c.new), version(c.old), c.automatic)
                for c in answer.changes
            )
        ),
        marks=tuple(sorted((*name(package), mark) for package, mark in answer.marks)),
        autoremovable=tuple(sorted(map(name, answer.autoremovable))),
    )


class _Log(Solver):
    """Keeps a log of what a solver decides, queues and takes up."""

    __slots__ = ("_universe", "events", "names")

    def __init__(self, search: Search) -> None:
        like = search.solver
        super().__init__(like.source, like.root, strict_order=like.strict_order)
        self.events: list[Event] = []
        self.names: dict[int, str] = {self.root: ""}
        self._universe = search.universe

    def assign(self, variable: int, wanted: int, reason: Clause | None) -> bool:
        if not self.value[variable]:
            assert wanted in {TRUE, FALSE}
            kind = "install" if wanted == TRUE else "reject"
            because = self._because(variable, reason)
            depth = len(self.choices)
            self.events.append(Event(kind, depth, self._name(variable), reason=because))
        return super().assign(variable, wanted, reason)

    def push(self, clause: Clause, depth: int) -> None:
        if clause[2] & OPTIONAL:
            alternatives = tuple(map(self._name, clause[1]))
            self.events.append(Event("queue", -1, self._name(clause[0]), alternatives))
        super().push(clause, depth)

    def _pop(self) -> Item:
        item = super()._pop()
        clause = item[3]
        alternatives = tuple(map(self._name, clause[1]))
        self.events.append(Event("take", item[2], self._name(clause[0]), alternatives))
        return item

    def _because(self, variable: int, reason: Clause | None) -> str:
        """Name what decided a variable; for "none of these" that is another alternative."""
        if reason is None:
            return ""
        if reason[0] == variable and reason[2] & NEGATIVE:
            return " ".join(self._name(v) for v in reason[1] if self.value[v] == TRUE)
        return self._name(reason[0])

    def _name(self, variable: int) -> str:
        found = self.names.get(variable)
        if found is None:
            universe = self._universe
            package = universe.package(variable >> 1) if variable & 1 else variable >> 1
            found = f"{_text(universe.name(package))}:{_text(universe.architecture(package))}"
            if variable & 1:
                found += f"={_text(universe.version_string(variable >> 1))}"
            self.names[variable] = found
        return found


class _LogWatching(_Log, WatchingSolver):
    """The same for the solver of newer versions."""

    __slots__ = ()


def our_trace(world: World, request: requests.Request, version: str) -> list[Event]:
    """Return the steps of foretell's search; empty when it says `Unmodelled` before."""
    state = world.state(PROFILES[version], solver=world.choose_solver(version).name)
    try:
        apply_request(state, world, request)
        if state.solver_name == CLASSIC:
            return _classic_trace(state, request)
    except Unmodelled:
        return []
    search = Search(state, PROFILES[version])
    traced = (_LogWatching if isinstance(search.solver, WatchingSolver) else _Log)(search)
    search.solver = traced
    search.run()
    return without_seeds(traced.events)


def _classic_trace(state: State, request: requests.Request) -> list[Event]:
    """Return what the classic solver marks and looks at."""
    make_named_manual(state, request)
    marker = Marker(state, Depcache(state))
    steps: list[tuple[int, str, int]] = []
    marker.events = steps
    with suppress(Unresolved):
        run(marker)
    universe = state.universe
    return [
        Event(what, depth, f"{_text(universe.name(p))}:{_text(universe.architecture(p))}")
        for depth, what, p in steps
    ]


# -- the real libapt ---------------------------------------------------------------------------


def their_trace(side: Libapt | AptGet, request: Request, solver: str = SOLVER) -> list[Event]:
    """Return the steps of the real solver of this name."""
    if solver == CLASSIC:
        return parse_marks(side.trace(request, CLASSIC_SETTINGS))
    return without_seeds(parse_trace(side.trace(request)))


def ask_case(oracle: Oracle, case: Case, version: str) -> Answer:
    """Return what libapt ``version`` decides about a case; see `Libapt` for what is raised.

    Raises `UsageError` for a case that is a part of an archive for the classic solver: the real
    one would take it for the whole.
    """
    from foretell.apt.cases.case import format_case

    if case.census is not None:
        raise UsageError(
            "part-of-an-archive",
            "a case with a census is not put to the real apt: it has a part of the archive",
            hint="ask about the system that the case was captured from",
        )

    document = json.loads(format_case(case))
    with tempfile.TemporaryDirectory(prefix="foretell-case-") as folder:
        write_root(document, folder)
        # What a root configures is overruled there: every root is asked for the same solver.
        name = case.settings.get("APT::Solver")
        options = [f"APT::Solver={name}"] if name else []
        root = os.path.realpath(folder)
        with Libapt(oracle, root, version=version, options=options) as libapt:
            return libapt.ask(case_request(document))
