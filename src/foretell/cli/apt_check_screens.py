"""``foretell apt check --screens``: is what is said about a request what apt says?"""

from __future__ import annotations

import gc
import os
import sys
from io import StringIO

from foretell.apt.answers.predict import predict
from foretell.apt.packages.cache import cache_folder
from foretell.apt.requests.notes import WordsError
from foretell.apt.system.world import load_world
from foretell.cli import apt_screen
from foretell.cli.apt import error_lines
from foretell.cli.apt_check_text import percent, read_known, table
from foretell.cli.apt_options import make_parser, read_request
from foretell.cli.apt_session import choose_version, open_oracle
from foretell.cli.apt_unmet import refusal_text
from foretell.cli.apt_words import refused_words_text
from foretell.errors import ForetellError
from foretell.oracle.screens import RealScreens, compare_screens, draw_screens, normalise
from foretell.render.apt import Layout, render_screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from foretell.apt.system.world import World
    from foretell.oracle.query import Outcome
    from foretell.oracle.rootfs import Oracle
    from foretell.oracle.screens import Screen

__all__ = ["check_screens", "measure_screens"]

SCREENS = 50
ROOTS = ("trixie-minimal", "mixed", "held", "multi-arch")
WIDTH = 79


def check_screens(options: Namespace) -> int:
    """Compare what random requests print; return the exit status."""
    oracle = open_oracle()
    count = options.requests or SCREENS
    version = choose_version(oracle, (options.solver_version or [None])[0])
    rows: list[tuple[str, ...]] = [("root", "compared", "agreed", "%")]
    lines: list[str] = []
    known = read_known(options.known_deviations)
    agreed = compared = new = 0
    for root in [options.root] if options.root else ROOTS:
        outcomes = measure_screens(
            oracle, root, options.seed, count, version=version, settings=tuple(options.option)
        )
        good = sum(outcome.difference is None for outcome in outcomes)
        rows.append((root, str(len(outcomes)), str(good), percent(good, len(outcomes))))
        for outcome in outcomes:
            if outcome.difference is None:
                continue
            words, (mine, real) = outcome.words[0], outcome.difference
            subject = f"{root}: screen {words}"
            row = next((it for it in known if it.is_about(f"apt {version}", subject)), None)
            new += row is None
            lines += ["", f"differs{f', known as {row.id}' if row else ''}: {words} ({root})"]
            lines += [f"  ours: {mine}", f"  theirs: {real}"]
        agreed, compared = agreed + good, compared + len(outcomes)
    lines += ["", f"{agreed} agreed / {compared} compared"]
    sys.stdout.write("\n".join([*table(rows, left=1), *lines]) + "\n")
    return 1 if new else 0


def measure_screens(
    oracle: Oracle,
    name: str,
    seed: int,
    count: int,
    *,
    version: str,
    settings: tuple[str, ...] = (),
    asked: Sequence[Screen] = (),
) -> list[Outcome]:
    """Return how random requests, or those that are ``asked``, ended on a root of the oracle.

    Those that took apt too long are left out.
    """
    from foretell.cli.apt_menu import make_menu
    from foretell.oracle.apt_get import SOLVER

    settings = (f"APT::Solver={SOLVER}", *settings)
    own = _Own(oracle.find_root(name), version, settings)
    world = own.world(())
    others = world.state().census().others()
    virtual = sorted(other.decode() for other, _ in others if b":" not in other)
    with RealScreens.of_oracle(oracle, own.root, version=version, program="apt") as real:
        real.settings = dict(setting.split("=", 1) for setting in settings)  # and no others
        screens = iter(asked) if asked else draw_screens(make_menu(world), virtual, seed)
        found = compare_screens(screens, own.text, real.text, len(asked) or count)
        return [outcome for outcome in found if outcome is not None]


class _Own:
    """What our own commands say about a root."""

    def __init__(self, root: str, version: str, settings: tuple[str, ...]) -> None:
        self.root = root
        self.version = version
        self._settings = settings
        self._worlds: dict[tuple[str, ...], World] = {}

    def world(self, options: tuple[str, ...]) -> World:
        """Return the world of the root with more settings."""
        found = self._worlds.get(options)
        if found is None:
            found = self._worlds[options] = load_world(
                self.root,
                environment={},
                options=[*self._settings, *options],
                cache=cache_folder(os.environ),
            )
        return found

    def text(self, screen: Screen) -> str:
        """Return what is said about a request, normalised."""
        shown, errors = StringIO(), StringIO()
        try:
            self._answer(screen, shown, errors)
        except ForetellError as error:
            for one in error.each or (error,):
                errors.write(f"Error: {one.message}\n")
        gc.collect()
        return normalise(shown.getvalue(), errors.getvalue())

    def _answer(self, screen: Screen, shown: StringIO, errors: StringIO) -> None:
        """Write what is said about a request; raises what refuses it."""
        parser = make_parser(screen.verb, "")
        options = parser.parse_args([*screen.options, "--", *screen.words])
        layout = Layout(width=WIDTH, quiet=screen.quiet, is_verbose=options.verbose_versions)
        world = self.world(tuple(options.option))
        request = read_request(screen.verb, options, world)
        try:
            answer = predict(world, request, solver_version=self.version)
        except WordsError as error:
            shown.write(refused_words_text(error, world, layout))
            raise
        if answer.verdict == "unknown":
            errors.write(f"unknown: {answer.missing_rule}\n")
        elif answer.verdict == "ok":
            shown.write(render_screen(apt_screen.make_screen(answer, layout)))
        else:
            shown.write(refusal_text(answer, layout))
            errors.write("".join(map(error_lines, apt_screen.failure_errors(answer))))
