"""Who is asked by ``foretell apt check``: both sides, on one root with one set of options?"""

from __future__ import annotations

import os

from foretell.apt.packages.cache import cache_folder
from foretell.apt.system.profiles import AUTO
from foretell.apt.system.solver_name import CLASSIC, OPTION, is_choice
from foretell.apt.system.state import SOLVER
from foretell.apt.system.world import load_world
from foretell.cli.apt_check_text import oracle_name
from foretell.cli.apt_explain import solver_title
from foretell.cli.apt_menu import make_menu
from foretell.cli.apt_sides import (
    marked_world,
    our_answer,
    our_trace,
    plain_request,
    their_trace,
)
from foretell.errors import MissingError, UsageError
from foretell.oracle.apt_get import AptGet, visible, without_marks
from foretell.oracle.libapt import Libapt
from foretell.oracle.sample import draw_requests
from foretell.oracle.trace import without_sweep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from foretell.apt.system.solver_name import Choice
    from foretell.apt.system.world import World
    from foretell.oracle.answer import Answer, Request
    from foretell.oracle.rootfs import Oracle
    from foretell.oracle.sample import Menu
    from foretell.oracle.strata import Stratum
    from foretell.oracle.trace import Event

__all__ = ["OwnSession", "Session", "choose_version", "open_oracle"]

APT_GET = "apt-get"
_VERBS_OF_APT_GET = frozenset(("satisfy", "build-dep"))


def open_oracle() -> Oracle:
    """Return the oracle; raises `MissingError` when a part of it is not built."""
    from foretell.oracle.rootfs import Oracle, oracle_folder

    oracle = Oracle(oracle_folder(os.environ))
    oracle.require()
    return oracle


def choose_version(oracle: Oracle, wanted: str | None) -> str:
    """Return the version of libapt to ask, which must be one that is modelled."""
    from foretell.apt.system.profiles import SOLVER_VERSIONS

    modelled = [version for version in oracle.versions() if version in SOLVER_VERSIONS]
    if wanted is None and modelled:
        return modelled[0]
    if wanted in modelled:
        return wanted
    raise MissingError(
        "no-such-libapt",
        f"no libapt to compare with: wanted {wanted or 'a modelled version'}, here are "
        f"{', '.join(oracle.versions())}, modelled are {', '.join(SOLVER_VERSIONS)}",
        path=oracle.folder,
    )


class Session:
    """Both sides of a stratum, ready to be asked.

    ``stratum`` says which root, with which options, by which program; another ``root`` may take
    the place of its own.  Raises `MissingError` when the root is not built.
    """

    def __init__(
        self, oracle: Oracle, version: str, stratum: Stratum, *, root: str | None = None
    ) -> None:
        self.oracle = oracle
        self.version = version
        self.stratum = stratum
        self.root = root or oracle.find_root(stratum.root)
        self._worlds: dict[tuple[str, ...], World] = {}
        self._menu: Menu | None = None
        self._side: Libapt | AptGet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the real side."""
        if self._side is not None:
            self._side.close()
            self._side = None

    @property
    def name(self) -> str:
        """How rows of deviations name the real side."""
        return oracle_name(self.version, self.stratum.options)

    @property
    def heading(self) -> str:
        """What has to be said before anything is compared."""
        return ""

    @property
    def solver_fields(self) -> dict[str, str]:
        """What the JSON says of the solver where the oracle chooses it."""
        return {}

    @property
    def world(self) -> World:
        """The world of the root with the stratum's options."""
        return self._world(())

    def _world(self, options: tuple[str, ...]) -> World:
        found = self._worlds.get(options)
        if found is None:
            found = self._worlds[options] = load_world(
                self.root,
                options=self._options(options),
                environment={},
                cache=cache_folder(os.environ),
            )
        return found

    def _options(self, more: tuple[str, ...]) -> list[str]:
        """Return the settings of a world; they name the solver that libapt is asked for."""
        options = [*self.stratum.options, *more]
        return options if any(map(is_choice, options)) else [f"{OPTION}={SOLVER}", *options]

    def draw(self, seed: int, count: int) -> Iterator[Request]:
        """Yield the stratum's random requests."""
        if self._menu is None:
            self._menu = make_menu(self.world)
        stratum = self.stratum
        return draw_requests(stratum.rule, self._menu, seed, count, stream=stratum.name)

    # -- the two sides -------------------------------------------------------------------------

    @property
    def _asks_apt_get(self) -> bool:
        return self.stratum.asks == APT_GET

    @property
    def side(self) -> Libapt | AptGet:
        """The real side, started when first asked for."""
        if self._side is None:
            options = self.stratum.options
            if self._asks_apt_get:
                self._side = AptGet.of_oracle(
                    self.oracle, self.root, version=self.version, options=options
                )
            else:
                self._side = Libapt(
                    self.oracle, self.root, version=self.version, options=options, keeps_cache=True
                )
        return self._side

    def theirs(self, request: Request) -> Answer:
        """Return the real answer; raises ``TimeoutError``."""
        if not self._asks_apt_get and request.verb in _VERBS_OF_APT_GET:
            raise UsageError(
                "apt-get-only",
                f"only apt-get itself knows {request.verb}",
                hint=f"--stratum {request.verb}",
            )
        return self.side.ask(request)

    def ours(self, request: Request) -> Answer:
        """Return foretell's answer, as much of it as the real side shows."""
        world = marked_world(self._world(request.options), request.marks)
        answer = our_answer(world, plain_request(request, world), self.version)
        return visible(answer) if self._asks_apt_get else answer

    def traces(self, request: Request) -> tuple[list[Event], list[Event]]:
        """Return the steps of foretell's search and of the real one."""
        world = marked_world(self._world(request.options), request.marks)
        ours = our_trace(world, plain_request(request, world), self.version)
        solver = world.choose_solver(self.version).name
        theirs = their_trace(self.side, request, solver)
        return ours, without_sweep(theirs, len(ours)) if solver == CLASSIC else theirs


class OwnSession(Session):
    """foretell without ``--solver``, and the root's own apt-get without options.

    ``version`` puts another libapt in the place of the own one, and is then what is predicted.
    Raises `MissingError` when the oracle has no such apt-get.
    """

    def __init__(
        self, oracle: Oracle, version: str | None, stratum: Stratum, *, root: str | None = None
    ) -> None:
        super().__init__(oracle, version or AUTO, stratum, root=root)
        self._predicted = self.version
        self.version = version or self.world.apt_version
        oracle.apt_get(self.version)

    @property
    def name(self) -> str:
        """How rows of deviations name the real side."""
        return f"{self.version} own"

    @property
    def _solver(self) -> Choice:
        return self.world.choose_solver(self._predicted)

    @property
    def heading(self) -> str:
        """Say which solver foretell takes for the one that apt-get asks."""
        name, why, _ = self._solver
        return f"apt {self.version} as it is; foretell asks {solver_title(name)}: {why}"

    @property
    def solver_fields(self) -> dict[str, str]:
        """The solver that is predicted."""
        return {"solver": self._solver.name}

    def _options(self, more: tuple[str, ...]) -> list[str]:
        return [*self.stratum.options, *more]

    @property
    def side(self) -> AptGet:
        """The root's apt-get."""
        if not isinstance(self._side, AptGet):
            self._side = AptGet.of_oracle(
                self.oracle,
                self.root,
                version=self.version,
                options=self.stratum.options,
                solver="",
            )
        return self._side

    def theirs(self, request: Request) -> Answer:
        """Return what apt-get says; raises ``TimeoutError``."""
        return self.side.ask(request)

    def ours(self, request: Request) -> Answer:
        """Return foretell's answer, as much of it as apt-get has just shown."""
        world = self._world(request.options)
        answer = our_answer(world, plain_request(request, world), self._predicted)
        return without_marks(answer) if self.side.hides_marks else visible(answer)
