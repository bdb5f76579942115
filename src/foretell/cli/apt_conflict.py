"""What is said after apt's own words about a request that cannot be fulfilled: why, and what helps?

The facts that are enough for the conflict, and the first change of the request or the system that
was seen to solve it.  Shared with ``why-not``.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.answers.predict import Answer
    from foretell.apt.answers.why_not import Fix, Obstacle
    from foretell.render.apt_why_not import Remedy

__all__ = ["given_options", "obstacle_text", "remedy", "write_conflict"]


def write_conflict(answer: Answer, options: Namespace, *, looks_for_fixes: bool) -> None:
    """Write on standard error why a request fails and what would help, in short."""
    from foretell.apt.answers.why_not import find_first_fix, obstacle_of
    from foretell.render.apt_why_not import render_first_fix

    obstacle = obstacle_of(answer, solver_version=options.solver_version)
    sys.stderr.write("\n" + obstacle_text(obstacle, is_full=False, who=""))
    if not looks_for_fixes:
        return
    obstacle.options = given_options(options)
    sys.stderr.flush()  # a change that helps takes a search of its own
    fix = find_first_fix(obstacle)
    if fix is not None:
        sys.stderr.write(render_first_fix(remedy(obstacle, fix)))


def given_options(options: Namespace) -> list[tuple[str, str]]:
    """Return the options of apt on the command line that its commands need as well."""
    from foretell.apt.system.solver_name import is_choice

    given = [("-o", option) for option in options.option if not is_choice(option)]
    if options.target_release:
        given.append(("-t", options.target_release))
    return given


def obstacle_text(obstacle: Obstacle, *, is_full: bool, who: str) -> str:
    """Return the explanation of a conflict; ``who`` decided, if that has to be said."""
    from foretell.render import apt_why_not as words

    rows = [words.Row(*fact) for fact in obstacle.facts]
    is_hard = obstacle.core is None or obstacle.core.is_hard
    return words.render_obstacle(
        obstacle.words,
        rows,
        verb=obstacle.request.verb,
        who=who,
        is_full=is_full,
        is_hard=is_hard,
    )


def remedy(obstacle: Obstacle, fix: Fix) -> Remedy:
    """Return a fix for the renderer."""
    from foretell.cli.apt_screen import plan_changes
    from foretell.render.apt_why_not import Remedy

    change = fix.change
    return Remedy(
        change.kind,
        change.subject,
        change.words,
        (*_own_options(obstacle), *change.options),
        change.place,
        plan_changes(fix.answer),
        obstacle.world.native,
    )


def _own_options(obstacle: Obstacle) -> list[str]:
    """Return what apt has to be told to decide in the same way, besides what a fix changes.

    A release in a fix comes later and takes the place of the one that was asked for.
    """
    from foretell.apt.system.profiles import has_solver3

    world = obstacle.world
    solver = world.choose_solver(obstacle.solver_version).name
    own = world.apt_version
    is_told = has_solver3(own) and world.default_solver not in {"", solver}
    found = ["--solver", solver] if is_told else []
    return found + [word for option in obstacle.options for word in option]
