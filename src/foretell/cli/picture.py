"""Where is a picture written, and in which format? ``--graph FILE`` of every command that has it.

The ending of the file decides: ``.html`` is a page to look around in, ``.svg`` an image, ``.dot``
is for Graphviz, ``.json`` for programs.
"""

from __future__ import annotations

import os

from foretell.errors import InputError, MissingError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.cli.parsing import Group
    from foretell.render.graph import Graph

__all__ = ["add_graph_option", "check_graph_path", "write_graph"]

ENDINGS = (".html", ".svg", ".dot", ".json")
NODES_MAX = 20_000  # of one picture; more than any plan of apt has
LAYOUT_S = 120
_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "render/page")


def add_graph_option(group: Group) -> None:
    """Add ``--graph``."""
    group.add_argument(
        "--graph",
        metavar="FILE",
        help="draw the reasons: FILE ends in .html (a page), .svg (an image), .dot or .json",
    )


def check_graph_path(path: str | None) -> None:
    """Refuse a file that could not be written in the end, before anything is asked.

    Raises `UsageError` for another ending and for what is no regular file, `MissingError` when an
    image is wanted and Graphviz is not here.
    """
    if path is None:
        return
    if not path.endswith(ENDINGS):
        raise UsageError(
            "graph-ending",
            f"the ending of the file says what to draw: {', '.join(ENDINGS)}",
            path=path,
            hint="foretell apt ... --graph plan.html",
        )
    if os.path.exists(path) and not os.path.isfile(path):
        raise UsageError("not-a-file", "a picture is written to a regular file", path=path)
    if path.endswith(".svg"):
        _find_dot()


def write_graph(graph: Graph, path: str) -> None:
    """Write a picture, whole or not at all.

    Raises `UsageError` for a picture too large, ``OSError`` when it cannot be written.
    """
    from foretell.kernel.rename import write_whole

    if len(graph.nodes) > NODES_MAX:
        raise UsageError("graph-too-large", f"a picture has at most {NODES_MAX} nodes", path=path)
    write_whole(path, _render(graph, path).encode())


def _render(graph: Graph, path: str) -> str:
    if path.endswith(".json"):
        import json

        from foretell.render.graph import graph_json

        return json.dumps(graph_json(graph), indent=2, ensure_ascii=False) + "\n"
    if path.endswith(".html"):
        from foretell.render.graph_page import PARTS, PageParts, render_page

        return render_page(graph, PageParts(*map(_read, PARTS)))
    from foretell.render.graph_dot import layout_dot, parse_layout, render_dot

    if path.endswith(".dot"):
        return render_dot(graph)
    from foretell.render.graph_svg import render_svg

    layout = parse_layout(_ask_dot(layout_dot(graph)), graph)
    return render_svg(graph, layout, _read("graph.css"))


def _read(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8", newline="") as file:
        return file.read()


def _find_dot() -> str:
    """Return Graphviz's ``dot``; raises `MissingError` without it."""
    import shutil

    program = shutil.which("dot")
    if program is None:
        raise MissingError(
            "no-graphviz",
            "an image needs Graphviz's dot for its layout, which is not here",
            hint="apt install graphviz, or --graph FILE.html, which needs nothing",
        )
    return program


def _ask_dot(question: str) -> str:
    """Return the positions that ``dot`` gives."""
    import subprocess

    try:
        done = subprocess.run(
            [_find_dot(), "-Tplain"],
            input=question,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LAYOUT_S,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError(
            "dot-slow",
            f"dot took more than {LAYOUT_S} seconds",
            hint="--graph FILE.html folds what is large",
        ) from error
    if done.returncode != 0:
        first = done.stderr.strip().partition("\n")[0]
        raise InputError("layout", f"dot failed: {first or done.returncode}")
    return done.stdout
