"""What would this machine's own apt say, and does foretell say the same?

``foretell apt check --here`` asks the installed apt-get, whatever its version and solver, for the
addresses that it would fetch: nothing is changed and no root is needed.  It reports and never
fails.
"""

from __future__ import annotations

import os
import sys

from foretell.apt.system.profiles import AUTO, modelled_version
from foretell.apt.system.solver_name import CLASSIC, unmodelled_solver
from foretell.cli.apt_check_text import difference_document, request_document, show_progress
from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.system.solver_name import Choice
    from foretell.apt.system.world import World
    from foretell.oracle.answer import Answer, Request
    from foretell.oracle.apt_get import AptGet
    from foretell.oracle.compare import Difference, Tally

__all__ = ["check_here"]

SCHEMA = "foretell.apt.check/1"
REQUESTS = 20


def check_here(options: Namespace, request: Request | None) -> int:
    """Ask this machine's apt-get ``request``, or random ones; return 0."""
    from foretell.apt.packages.cache import cache_folder
    from foretell.apt.system.world import load_world
    from foretell.cli.apt_menu import make_menu
    from foretell.oracle.apt_get import AptGet
    from foretell.oracle.compare import Tally, compare_all
    from foretell.oracle.sample import draw_requests

    world = load_world(
        options=options.option, environment=os.environ, cache=cache_folder(os.environ)
    )
    tally = Tally()
    with AptGet.of_machine(os.environ, native=world.native, options=options.option) as apt_get:
        version = _version(apt_get)
        solver = world.choose_solver(version)
        own = modelled_version(version, is_classic=solver.name == CLASSIC)
        ours = _Predicted(world, options.solver_version or own or AUTO)
        if not options.json:
            name = world.choose_solver(ours.version).name
            sys.stdout.write(_head(version, solver, ours.version, name))
        count = options.requests or REQUESTS
        requests = (
            draw_requests("default", make_menu(world), options.seed, count)
            if request is None
            else [request]
        )
        for asked, difference in compare_all(requests, ours, apt_get.ask, tally):
            show_progress(tally)
            if not options.json:
                show_progress(None)
                sys.stdout.write(_lines(asked, difference))
    show_progress(None)
    if options.json:
        sys.stdout.write(_as_json(tally, version, solver, options, request is None))
    else:
        sys.stdout.write(f"{tally.summary()}\n")
    return 0


def _head(version: str, solver: Choice, predicted: str, asked: str) -> str:
    name = "solver3" if not unmodelled_solver(solver.name) else f"the solver {solver.name!r}"
    name = "the classic solver" if solver.name == CLASSIC else name
    ours = "the classic solver" if asked == CLASSIC else "solver3"
    return (
        f"this machine: apt {version} with {name} ({solver.why})\n"
        f"foretell:     {ours} as in apt {predicted}\n"
    )


class _Predicted:
    """foretell's side: as much of an answer as apt-get shows."""

    def __init__(self, world: World, version: str) -> None:
        self.world = world
        self.version = version

    def __call__(self, request: Request) -> Answer:
        from foretell.cli.apt_sides import marked_world, our_answer, plain_request
        from foretell.oracle.apt_get import visible

        world = marked_world(self.world, request.marks)
        return visible(our_answer(world, plain_request(request, world), self.version))


def _version(apt_get: AptGet) -> str:
    """Return the version that apt-get says it is: ``apt 3.0.3 (amd64)``."""
    status, text = apt_get.run("--version")
    words = text.split()
    if status or len(words) < 2 or words[0] != "apt":
        raise MissingError("no-apt-get", "apt-get does not say which version it is")
    return words[1]


def _lines(request: Request, difference: Difference | None) -> str:
    if difference is None:
        return f"agrees: {request}\n"
    lines = [f"differs ({difference.kind}): {request}"]
    lines += [f"  {line}" for line in difference.lines()]
    return "\n".join(lines) + "\n"


def _as_json(tally: Tally, version: str, solver: Choice, options: Namespace, is_drawn: bool) -> str:
    import json

    count = options.requests or REQUESTS
    document = {
        "schema": SCHEMA,
        "oracle": {"name": "apt", "version": version, "solver": solver.name},
        "drawn": {"stratum": "here", "seed": options.seed, "requests": count} if is_drawn else None,
        "agreed": tally.agreed,
        "compared": tally.compared,
        "timeouts": [request_document(request) for request in tally.timeouts],
        "differences": [difference_document(it, None) for it in tally.differences],
    }
    return json.dumps(document, indent=2) + "\n"
