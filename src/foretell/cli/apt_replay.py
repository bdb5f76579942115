"""What does foretell say about a captured question, wherever it was captured?

Needs no root, no network and no apt: ``foretell apt replay FILE`` shows what the command that
wrote FILE (with ``--capture FILE``) showed, but for the free disk space, which is the machine's.
"""

from __future__ import annotations

import sys

from foretell.cli.apt import show
from foretell.cli.main import COMMANDS
from foretell.cli.picture import add_graph_option, check_graph_path

__all__ = ["replay"]


def replay(argv: list[str]) -> int:
    """Answer the question in a capture or a corpus case; return the exit status."""
    import gc

    from foretell.cli.apt_options import add_surprises_option
    from foretell.cli.parsing import Parser

    gc.disable()  # one short question: nothing is worth collecting
    parser = Parser(
        prog="foretell apt replay",
        description=f"{COMMANDS['apt', 'replay'][1].capitalize()}. Nothing is changed.",
    )
    parser.add_argument("file", metavar="FILE", help="what --capture wrote, or a corpus case")
    parser.add_argument("-V", "--verbose-versions", action="store_true", help="show full versions")
    parser.add_argument("-q", "--quiet", action="count", default=0)
    parser.add_argument("--json", action="store_true", help="schema foretell.apt.plan/1")
    add_surprises_option(parser)
    parser.add_argument("--explain", action="store_true", help="say which solver decided, and why")
    add_graph_option(parser)
    parser.add_argument("--as-python", action="store_true", help="print the library call instead")
    parser.set_defaults(why=None)  # a capture has no more than its answer needs
    options = parser.parse_args(argv)
    if options.as_python:
        from foretell.cli.apt_python import check_alone, replay_call

        check_alone(options)
        sys.stdout.write(replay_call(options.file))
        return 0
    check_graph_path(options.graph)
    from foretell.apt.answers.predict import predict
    from foretell.apt.cases.capture import read_capture

    world, request, solver_version = read_capture(options.file)
    options.solver_version = solver_version
    answer = predict(world, request, solver_version=solver_version)
    if options.graph:
        from foretell.cli.apt_graph import draw_answer

        draw_answer(answer, options.graph)
    return show(answer, options, looks_for_fixes=False)  # a capture has no more than it needs
