"""The verbs of ``foretell apt``: what is read, asked and written for each of them.

Exit status: 0 when apt would do it, 1 when it cannot be satisfied or is not known, 2 and 3 as in
`foretell.cli.main`.
"""

from __future__ import annotations

import os
import sys

from foretell.cli.apt_options import make_parser, read_request, read_world
from foretell.cli.main import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.answers.predict import Answer
    from foretell.apt.system.world import World
    from foretell.render.apt import Layout

__all__ = [
    "autoremove",
    "check_options",
    "error_lines",
    "index",
    "install",
    "layout",
    "note_solver",
    "plan",
    "purge",
    "reinstall",
    "remove",
    "show",
    "upgrade",
]


def install(argv: list[str]) -> int:
    """Say what ``apt install`` would do."""
    return _plan("install", argv)


def remove(argv: list[str]) -> int:
    """Say what ``apt remove`` would do."""
    return _plan("remove", argv)


def purge(argv: list[str]) -> int:
    """Say what ``apt purge`` would do."""
    return _plan("purge", argv)


def reinstall(argv: list[str]) -> int:
    """Say what ``apt reinstall`` would do."""
    return _plan("reinstall", argv)


def autoremove(argv: list[str]) -> int:
    """Say what ``apt autoremove`` would do."""
    return _plan("autoremove", argv)


def upgrade(argv: list[str]) -> int:
    """Say what ``apt upgrade`` would do."""
    return _plan("upgrade", argv)


def index(argv: list[str]) -> int:
    """Build the index of a world's package lists if need be, and say what is in it."""
    from foretell.cli.apt_options import add_world_options
    from foretell.cli.parsing import Namespace, Parser

    parser = Parser(
        prog="foretell apt index",
        description="Read the package lists into the index that questions are answered from, "
        "unless it is there and whole.",
    )
    add_world_options(parser)
    options = parser.parse_args(argv, Namespace(option=[], target_release=""))
    world = read_world(options)
    archive = world.archive
    archive.check()
    for path in world.lists:
        sys.stdout.write(f"list: {path}\n")
    sys.stdout.write(f"{archive.n_packages} packages, {archive.n_versions} versions\n")
    return 0


def _plan(verb: str, argv: list[str]) -> int:
    return plan(verb, make_parser(verb, COMMANDS["apt", verb][1]).parse_args(argv))


def plan(verb: str, options: Namespace) -> int:
    """Answer the question of a parsed command line; return the exit status."""
    import gc

    gc.disable()  # one short question: nothing is worth collecting
    check_options(options)
    if options.as_python:
        from foretell.cli.apt_python import library_call

        sys.stdout.write(library_call(verb, options))
        return 0
    from foretell.apt.answers.predict import predict
    from foretell.apt.requests.notes import WordsError

    world = read_world(options)
    request = read_request(verb, options, world)
    note_solver(world, options)
    try:
        answer = predict(world, request, solver_version=options.solver_version)
    except WordsError as error:
        if not options.json:
            from foretell.cli.apt_words import refused_words_text

            sys.stderr.write(refused_words_text(error, world, layout(options)))
        raise
    if options.capture:
        from foretell.apt.cases.capture import write_capture

        write_capture(answer, options.capture, solver_version=answer.solver_version)
    if options.graph:
        from foretell.cli.apt_graph import draw_answer

        draw_answer(answer, options.graph)
    return show(answer, options)


def note_solver(world: World, options: Namespace) -> None:
    """Say when the command line names a solver that the system's own apt does not have."""
    from foretell.apt.system.profiles import AUTO, DEFAULT_VERSION, has_solver3
    from foretell.apt.system.solver_name import CLASSIC

    choice, own = world.choose_solver(), world.apt_version
    if not choice.is_asked or choice.name == CLASSIC or options.solver_version != AUTO:
        return
    if own and not has_solver3(own):
        sys.stderr.write(
            f"note: this apt ({own}) has no solver {choice.name}; "
            f"this is the plan of apt {DEFAULT_VERSION}\n"
        )


def check_options(options: Namespace) -> None:
    """Raise `UsageError` for options that mean nothing, alone or together."""
    from foretell.apt.system.profiles import AUTO, VERSIONS
    from foretell.cli.picture import check_graph_path
    from foretell.cli.worlds import resolve_world
    from foretell.errors import UsageError

    check_graph_path(options.graph)
    if getattr(options, "as_python", False):
        from foretell.cli.apt_python import check_alone

        check_alone(options)
    if options.solver_version not in {AUTO, *VERSIONS}:
        raise UsageError(
            "unknown-solver-version",
            f"solver version {options.solver_version!r} is not modelled",
            hint=f"modelled are {', '.join(VERSIONS)}",
        )
    if options.world == "embedded" and (options.root is not None or options.status is not None):
        raise UsageError("two-worlds", "--world embedded takes no --root and no --status")
    resolve_world(options)


def show(answer: Answer, options: Namespace, *, looks_for_fixes: bool = True) -> int:
    """Write an answer as the options ask; return the exit status."""
    if options.json:
        from foretell.cli.apt_screen import plan_json

        conflict = None
        if answer.verdict == "unsatisfiable":
            from foretell.cli.apt_conflict import conflict_json

            conflict = conflict_json(answer, options, looks_for_fixes=looks_for_fixes)
        why = None
        if options.why and answer.verdict == "ok":
            from foretell.cli.apt_explain_one import explanation_json

            why = explanation_json(answer, options.why, solver_version=options.solver_version)
        sys.stdout.write(plan_json(answer, conflict, why))
        return 0 if answer.verdict == "ok" else 1
    status = _show(answer, options)
    if answer.verdict == "ok" and options.quiet < 2:
        from foretell.cli.apt_surprises import surprises_max, surprises_text

        text = surprises_text(answer, surprises_max(answer, options.surprises))
        if text:
            sys.stdout.flush()
            sys.stderr.write(text)
    if answer.verdict == "unsatisfiable" and options.quiet < 2:
        from foretell.cli.apt_conflict import write_conflict

        write_conflict(answer, options, looks_for_fixes=looks_for_fixes)
    if options.explain:
        from foretell.cli.apt_explain import explanation

        sys.stdout.write(explanation(answer))
    if options.why and answer.verdict == "ok":
        from foretell.cli.apt_explain_one import explain_package

        sys.stdout.write(
            explain_package(answer, options.why, solver_version=options.solver_version).text
        )
    return status


def _show(answer: Answer, options: Namespace) -> int:
    """Write an answer as apt does; return the exit status."""
    from foretell.cli import apt_screen

    if answer.verdict == "unknown":
        sys.stderr.write(
            f"unknown: the answer needs a rule that is not modelled yet:\n  {answer.missing_rule}\n"
        )
        if answer.way_out:
            sys.stderr.write(f"hint: ask what {answer.way_out} would decide\n")
        return 1
    if answer.verdict == "unsatisfiable":
        from foretell.cli.apt_unmet import refusal_text

        sys.stdout.write(refusal_text(answer, layout(options)))
        sys.stdout.flush()
        sys.stderr.write("".join(map(error_lines, apt_screen.failure_errors(answer))))
        return 1
    from foretell.render.apt import render_screen, space_warnings

    screen = apt_screen.make_screen(answer, layout(options))
    sys.stdout.write(render_screen(screen))
    assert screen.sizes is not None
    for warning in space_warnings(screen.sizes):
        sys.stderr.write(f"Warning: {warning}\n")
    return 0


def error_lines(error: str) -> str:
    """Return an error as apt writes it, all lines but the first indented."""
    first, *more = error.splitlines()
    return "\n".join((f"Error: {first}", *(f"   {line}" for line in more))) + "\n"


def layout(options: Namespace) -> Layout:
    """Return how the screen of this process is laid out."""
    from foretell.render.apt import Layout
    from foretell.render.style import wants_colour
    from foretell.render.width import screen_width

    environment = os.environ
    is_terminal = sys.stdout.isatty()
    columns = os.get_terminal_size(sys.stdout.fileno()).columns if is_terminal else None
    return Layout(
        width=screen_width(columns=environment.get("COLUMNS"), terminal_columns=columns),
        quiet=max(options.quiet, 0 if is_terminal else 1),
        is_verbose=options.verbose_versions,
        is_coloured=wants_colour(
            is_terminal=is_terminal,
            term=environment.get("TERM"),
            no_color=environment.get("NO_COLOR"),
            apt_no_color=environment.get("APT_NO_COLOR"),
        ),
        is_sudo="SUDO_USER" in environment,
    )
