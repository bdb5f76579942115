"""How does a picture look as one SVG file?

Positions come from a `Layout`; shapes, marks and colours are those of the page (`graph.css`).
Nothing in the file runs or is fetched from elsewhere.
"""

from __future__ import annotations

from foretell.render.graph import HEIGHT, LOOKS, node_width, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.render.graph import Edge, Graph, Node
    from foretell.render.graph_dot import Layout

__all__ = ["render_svg"]

_MARGIN = 24
_TOP = 78  # pixels for the heading
_LEGEND_LINE = 26
_HEAD = 7  # pixels of an arrow's head
_TITLE_WIDTH = 11  # pixels of a sign in the heading, roughly


def render_svg(graph: Graph, layout: Layout, css: str) -> str:
    """Return the file's text."""
    least = max(len(graph.title) * _TITLE_WIDTH, len(graph.summary) * 7, 360)
    width = round(max(layout.width, least)) + 2 * _MARGIN
    legend_top = _TOP + round(layout.height) + 40
    height = legend_top + _LEGEND_LINE * len(graph.legend) + _MARGIN
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title summary">\n'
        f'<title id="title">{_escape(graph.title)}</title>\n'
        f'<desc id="summary">{_escape(graph.summary)}</desc>\n'
        f"<style>{_escape(css)}</style>\n"
        f'<rect class="paper" width="{width}" height="{height}"/>\n'
        f'<text class="heading" x="{_MARGIN}" y="34">{_escape(graph.title)}</text>\n'
        f'<text class="text" x="{_MARGIN}" y="56">{_escape(graph.summary)}</text>\n'
        f'<g transform="translate({_MARGIN} {_TOP})">\n'
    )
    nodes = {node.name: node for node in graph.nodes}
    rows = [
        *(_edge(edge, route, nodes) for edge, route in zip(graph.edges, layout.edges, strict=True)),
        *(_node(node, *layout.nodes[node.name]) for node in graph.nodes),
        f'</g>\n<g transform="translate({_MARGIN} {legend_top})">\n',
        *(
            _legend(look, words, number * _LEGEND_LINE)
            for number, (look, words) in enumerate(graph.legend)
        ),
    ]
    return "".join([head, *rows, "</g>\n</svg>\n"])


def _edge(edge: Edge, route: list[tuple[float, float]], nodes: dict[str, Node]) -> str:
    """Draw a curve that ends before the arrow's head, and its label in front of the target."""
    x, y = route[-1]
    start = f"M{_number(route[0][0])} {_number(route[0][1])}"
    curve = " ".join(f"{_number(px)} {_number(py)}" for px, py in [*route[1:-1], (x - _HEAD, y)])
    ends = f"{nodes[edge.source].title} {edge.label or 'leads to'} {nodes[edge.target].title}"
    label = ""
    if edge.label:
        at = f'x="{_number(x - _HEAD - 3)}" y="{_number(y - 4)}"'
        label = f'<text class="label" {at}>{_escape(edge.label)}</text>'
    return (
        f'<g class="edge {edge.style}"><title>{_escape(ends)}</title>'
        f'<path class="route" d="{start} C{curve}"/>{_head(x, y, edge.style)}{label}</g>\n'
    )


def _head(x: float, y: float, style: str) -> str:
    """Draw an arrow's head, or the bar of what excludes."""
    if style == "against":
        box = f'x="{_number(x - 5)}" y="{_number(y - 8)}" width="3" height="16"'
        return f'<rect class="head" {box}/>'
    points = f"M{_number(x)} {_number(y)}l-{_HEAD} -4v8z"
    return f'<path class="head" d="{points}"/>'


def _node(node: Node, x: float, y: float) -> str:
    width = node_width(node)
    left, top = x - width / 2, y - HEIGHT / 2
    says = "\n".join((f"{node.title} {node.note}".rstrip() + f": {node.kind}", *node.says))
    radius = HEIGHT / 2 if node.look == "ask" else 5
    title_at = 16 if node.note else 24
    note = f'<text class="note" x="28" y="31">{_escape(shorten(node.note))}</text>'
    return (
        f'<g class="node {node.look}" transform="translate({_number(left)} {_number(top)})">'
        f"<title>{_escape(says)}</title>"
        f'<rect class="box" width="{width}" height="{HEIGHT}" rx="{_number(radius)}"/>'
        f'<text class="mark" x="15" y="24">{LOOKS[node.look]}</text>'
        f'<text class="name" x="28" y="{title_at}">{_escape(shorten(node.title))}</text>'
        f"{note if node.note else ''}</g>\n"
    )


def _legend(look: str, words: str, top: int) -> str:
    return (
        f'<g class="{look}" transform="translate(0 {top})">'
        '<rect class="box" width="22" height="18" rx="4"/>'
        f'<text class="mark" x="11" y="14">{LOOKS[look]}</text>'
        f'<text class="text" x="32" y="14">{_escape(words)}</text></g>\n'
    )


def _number(value: float) -> str:
    """Return a coordinate, to a tenth of a pixel.

    >>> _number(3.0), _number(2.25)
    ('3', '2.2')
    """
    return f"{value:.1f}".removesuffix(".0")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
