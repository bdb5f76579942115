"""``foretell apt why``, ``why-not``: why is a package there, and what keeps one out?"""

from __future__ import annotations

import sys

from foretell.apt.answers.why import Why, explain_presence
from foretell.apt.selection.naming import Names
from foretell.cli.apt_conflict import given_options, obstacle_text, remedy
from foretell.cli.apt_query import query_parser, read_catalogue
from foretell.cli.picture import add_graph_option, check_graph_path
from foretell.errors import UsageError
from foretell.model.reason import reasons_as_json
from foretell.render.apt_why import render_presence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.answers.predict import Answer
    from foretell.apt.answers.why import Presence
    from foretell.apt.answers.why_not import Fixes, Obstacle

__all__ = ["why", "why_not"]

_CHAINS_MAX = 20  # with --all


def why(argv: list[str]) -> int:
    """Say what keeps a package; return 1 when nothing does or it is not there."""
    parser = query_parser("why", "package", "a name, with an architecture if need be")
    parser.add_argument(
        "--all", action="store_true", help=f"all minimal chains, up to {_CHAINS_MAX}"
    )
    add_graph_option(parser)
    options = parser.parse_args(argv)
    check_graph_path(options.graph)
    if len(options.words) != 1:
        raise UsageError("one-package", "why needs one package")
    catalogue = read_catalogue(options)
    (word,) = options.words
    package = Names(catalogue.state, catalogue.world).find(word.encode("utf-8", "surrogateescape"))
    if package < 0:
        raise UsageError("unknown-package", f"Unable to locate package {word}")
    reasons = Why(catalogue.world, catalogue.state)
    found = explain_presence(reasons, package, _CHAINS_MAX if options.all else 1)
    if options.graph:
        from foretell.cli.apt_graph import draw_presence

        draw_presence(found, options.graph, is_all=options.all)
    if options.json:
        sys.stdout.write(_presence_json(found))
    else:
        sys.stdout.write(
            render_presence(
                found.verdict,
                found.package,
                found.version,
                found.reasons,
                left_out=found.left_out,
                is_complete=found.is_complete or not options.all,
            )
        )
    return 0 if found.verdict == "needed" else 1


def _presence_json(found: Presence) -> str:
    import json

    document = {
        "schema": "foretell.apt.why/1",
        "verdict": found.verdict,
        "package": found.package,
        "version": found.version,
        "left_out": found.left_out,
        "complete": found.is_complete,
        **reasons_as_json(found.reasons),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def why_not(argv: list[str]) -> int:
    """Say what keeps packages from being installed; return 0 when nothing does."""
    from foretell.apt.answers.why_not import Fixes, find_fixes, find_obstacle
    from foretell.cli.apt import check_options, note_solver
    from foretell.cli.apt_options import read_world

    parser = query_parser("why-not", "package", "as `apt install` takes them")
    parser.add_argument("--full", action="store_true", help="the whole chain, however long")
    add_graph_option(parser)
    options = parser.parse_args(argv)
    if not options.words:
        raise UsageError("no-package", "why-not needs a package")
    check_options(options)
    given = given_options(options)
    _choose_solver(options)
    import gc

    gc.disable()  # one short question: nothing is worth collecting
    world = read_world(options)
    note_solver(world, options)
    obstacle = find_obstacle(world, options.words, solver_version=options.solver_version)
    obstacle.options = given
    is_stuck = obstacle.verdict in {"conflict", "no-candidate"}
    if not options.json:
        _write_obstacle(obstacle, options)
    fixes = find_fixes(obstacle) if is_stuck else Fixes([], 0, is_complete=True)
    if options.graph:
        from foretell.cli.apt_graph import draw_obstacle

        draw_obstacle(obstacle, [remedy(obstacle, fix) for fix in fixes.fixes], options.graph)
    if options.json:
        sys.stdout.write(_obstacle_json(obstacle, fixes))
    elif is_stuck:
        from foretell.render.apt_why_not import render_fixes

        remedies = [remedy(obstacle, fix) for fix in fixes.fixes]
        sys.stdout.write(render_fixes(remedies, tried=fixes.tried, is_complete=fixes.is_complete))
    return 0 if obstacle.verdict == "installable" else 1


def _choose_solver(options: Namespace) -> None:
    """Have solver3 decide, whose conflicts have reasons, unless another was chosen."""
    from foretell.apt.system.solver_name import is_choice
    from foretell.apt.system.state import SOLVER

    if not any(map(is_choice, options.option)):
        options.option = [*options.option, f"APT::Solver={SOLVER}"]


def _who(obstacle: Obstacle) -> str:
    """Name the apt and the solver whose decision it is."""
    from foretell.apt.system.profiles import AUTO, modelled_version
    from foretell.apt.system.state import CLASSIC

    world, version = obstacle.world, obstacle.solver_version
    solver = world.choose_solver(version).name
    if obstacle.answer is not None:
        version = obstacle.answer.solver_version
    elif version == AUTO:
        own = world.apt_version
        version = modelled_version(own, is_classic=solver == CLASSIC) or own
    return f"apt {version} with --solver {solver}"


def _write_obstacle(obstacle: Obstacle, options: Namespace) -> None:
    if obstacle.verdict == "unknown":
        sys.stderr.write(
            "unknown: the answer needs a rule that is not modelled yet:\n"
            f"  {obstacle.missing_rule}\n"
        )
    elif obstacle.verdict == "installable":
        assert obstacle.answer is not None
        sys.stdout.write(_plan_text(obstacle, obstacle.answer))
    else:
        text = obstacle_text(obstacle, is_full=options.full, who=_who(obstacle))
        sys.stdout.write(text)
        sys.stdout.flush()  # the reasons are there long before all changes were tried


def _plan_text(obstacle: Obstacle, answer: Answer) -> str:
    from foretell.cli.apt_screen import make_screen
    from foretell.render.apt import Layout
    from foretell.render.apt_why_not import render_plan

    state = answer.state
    assert state is not None
    screen = make_screen(answer, Layout(width=80, quiet=2))
    assert screen.sizes is not None
    return render_plan(
        obstacle.words,
        screen.changes,
        screen.sizes,
        held=[name.label for name in screen.held],
        vital=[name for name, _ in screen.essential],
        manual=[
            state.universe.full_name(change.package)
            for change in answer.changes
            if change.new < 0 and change.package not in state.was_automatic
        ],
        native=obstacle.world.native,
        who=_who(obstacle),
    )


def _obstacle_json(obstacle: Obstacle, fixes: Fixes) -> str:
    import json

    from foretell.cli.apt_screen import plan_changes
    from foretell.render.apt_json import change_row
    from foretell.render.apt_why_not import Row, commands, sentence

    answer = obstacle.answer
    is_plan = answer is not None and answer.verdict == "ok"
    rows = []
    for fix in fixes.fixes:
        made = remedy(obstacle, fix)
        rows.append(
            {
                "kind": made.kind,
                "subject": made.subject,
                "place": made.place or None,
                "commands": commands(made),
                "changes": [change_row(change) for change in made.changes],
            }
        )
    document = {
        "schema": "foretell.apt.why-not/1",
        "verdict": obstacle.verdict,
        "missing_rule": obstacle.missing_rule or None,
        "words": list(obstacle.words),
        "decided_by": _who(obstacle),
        "changes": [change_row(c) for c in plan_changes(answer)] if answer and is_plan else [],
        "hard": obstacle.core.is_hard if obstacle.core is not None else None,
        "facts": [{"kind": fact.kind, "text": sentence(Row(*fact))} for fact in obstacle.facts],
        "fixes": rows,
        "tried": fixes.tried,
        "complete": fixes.is_complete,
        **reasons_as_json(obstacle.reasons),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
