"""How does Graphviz read a picture, and what does it answer?

`render_dot` is for people and scripts that go on with Graphviz's own tools.  `layout_dot` asks for
positions alone: it holds no text from outside, so nothing in it can be anything but a name and a
size, and fonts decide nothing.  `parse_layout` reads what ``dot -Tplain`` answers.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import InputError
from foretell.render.graph import HEIGHT, LOOKS, node_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.render.graph import Graph

__all__ = ["Layout", "layout_dot", "parse_layout", "render_dot"]

_POINTS = 72  # of an inch, Graphviz's unit; one pixel of ours is one point
_PIXELS_MAX = 10_000_000
_STYLES = {"strong": "solid", "weak": "dashed", "against": "dotted"}


class Layout(NamedTuple):
    """Where everything lies, in pixels from the upper left corner.

    ``nodes`` are the centres by name; ``edges`` are the control points of Bezier curves, one
    curve for each edge of the graph, in its order.
    """

    width: float
    height: float
    nodes: dict[str, tuple[float, float]]
    edges: list[list[tuple[float, float]]]


def layout_dot(graph: Graph) -> str:
    """Return the question for positions."""
    lines = [
        "digraph {",
        "rankdir=LR; nodesep=0.14; ranksep=1.3; ordering=out;",
        f'node [shape=box, fixedsize=true, label="", height={HEIGHT / _POINTS:.4f}];',
        "edge [tailport=e, headport=w, dir=none];",
    ]
    lines += [f"{node.name} [width={node_width(node) / _POINTS:.4f}];" for node in graph.nodes]
    lines += [f"{edge.source} -> {edge.target};" for edge in graph.edges]
    return "\n".join([*lines, "}\n"])


def parse_layout(text: str, graph: Graph) -> Layout:
    """Return the positions that ``dot -Tplain`` gave for `layout_dot`.

    Raises `InputError` when they are not whole.
    """
    width = height = 0.0
    nodes: dict[str, tuple[float, float]] = {}
    routes: dict[tuple[str, str], list[list[tuple[float, float]]]] = {}
    try:
        for line in text.splitlines():
            words = line.split()
            if words[0] == "graph":
                width, height = _pixels(words[2:4])
            elif words[0] == "node":
                x, y = _pixels(words[2:4])
                nodes[words[1]] = x, height - y
            elif words[0] == "edge":
                count = int(words[3])
                values = _pixels(words[4 : 4 + 2 * count])
                if len(values) != 2 * count or count < 4 or count % 3 != 1:
                    raise ValueError("no Bezier curve")
                pairs = zip(values[::2], values[1::2], strict=True)
                route = [(x, height - y) for x, y in pairs]
                routes.setdefault((words[1], words[2]), []).append(route)
        edges = [routes[edge.source, edge.target].pop(0) for edge in graph.edges]
        nodes = {node.name: nodes[node.name] for node in graph.nodes}
    except (ValueError, LookupError) as error:
        raise InputError("layout", "dot gave no whole layout") from error
    return Layout(width, height, nodes, edges)


def _pixels(words: list[str]) -> list[float]:
    values = [float(word) * _POINTS for word in words]
    if not all(abs(value) < _PIXELS_MAX for value in values):
        raise ValueError("out of any picture")
    return values


def render_dot(graph: Graph) -> str:
    """Return the picture in Graphviz's language, with all its texts."""
    lines = [
        "digraph foretell {",
        f"label={_quote(f'{graph.title} ({graph.summary})')}; rankdir=LR;",
        'node [shape=box, fontname="monospace"]; edge [fontname="sans-serif", fontsize=9];',
    ]
    for node in graph.nodes:
        text = "\n".join(filter(None, (f"{LOOKS[node.look]} {node.title}", node.note)))
        tip = "\n".join((f"{node.title}: {node.kind}", *node.says))
        lines.append(
            f"{node.name} [label={_quote(text)}, tooltip={_quote(tip)}, class={node.look}];"
        )
    lines += [
        f"{edge.source} -> {edge.target} [label={_quote(edge.label)}, style={_STYLES[edge.style]}];"
        for edge in graph.edges
    ]
    return "\n".join([*lines, "}\n"])


def _quote(text: str) -> str:
    r"""Return a string of the language; in labels a backslash means something to Graphviz.

    >>> print(_quote('a "b"\\c'))
    "a \"b\"\\c"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
