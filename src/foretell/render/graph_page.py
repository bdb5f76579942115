"""How does a picture become one HTML page that needs nothing else?

The page carries the graph as JSON, the layout library (dagre), and a script that draws; a policy in
its head lets nothing else run and nothing be fetched.  Texts from outside are data only: they reach
the page as JSON whose ``<``, ``>`` and ``&`` are escaped, or escaped in the heading.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.render.graph import LOOKS, node_width, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.render.graph import Graph

__all__ = ["PARTS", "PageParts", "render_page"]

# What an edge of a style means in the legend, if its labels do not say; a strong one needs no word.
_STYLES = {"weak": "less strongly", "against": "excludes"}
_LABELS_MAX = 5  # of a style, in the legend


class PageParts(NamedTuple):
    """The texts that each page is made of, as they stand in the files of `PARTS`."""

    template: str
    graph_css: str
    page_css: str
    script: str
    library: str
    licence: str


PARTS = ("page.html", "graph.css", "page.css", "page.js", "dagre.min.js", "dagre.LICENSE.txt")


def render_page(graph: Graph, parts: PageParts) -> str:
    """Return the page's text."""
    css = parts.graph_css + parts.page_css
    library = f"{parts.licence}{_without_map(parts.library)}"
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src {_hash(css)}; script-src {_hash(library)} {_hash(parts.script)}"
    )
    values = {
        "policy": policy,
        "title": _escape(graph.title),
        "summary": _escape(graph.summary),
        "css": css,
        "data": _data(graph),
        "library": library,
        "script": parts.script,
    }
    first, *rest = parts.template.split("{{")
    pieces = [first]
    for part in rest:
        name, _, text = part.partition("}}")
        pieces += [values[name], text]
    return "".join(pieces)


def _without_map(library: str) -> str:
    """Leave out where a debugger would look for a source map."""
    lines = library.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("//# sourceMappingURL="))


def _hash(text: str) -> str:
    """Return the name of an inline style or script in a policy."""
    import base64
    import hashlib

    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(graph: Graph) -> str:
    """Return what the script draws, as JSON that is safe inside of an element.

    Files are named once: every stanza of a list has the same long path.
    """
    import json

    numbers = {node.name: number for number, node in enumerate(graph.nodes)}
    files: dict[str, int] = {}

    def place(text: str) -> tuple[int, str]:
        path, mark, rest = text.rpartition(":")
        return files.setdefault(path or text, len(files)), mark + rest if path else ""

    nodes = [
        {
            "title": node.title,
            "shown": shorten(node.title),
            "note": node.note,
            "shownNote": shorten(node.note),
            "look": node.look,
            "kind": node.kind,
            "width": node_width(node),
            "says": node.says,
            "places": [(*place(it.place), it.text) for it in node.places],
        }
        for node in graph.nodes
    ]
    edges = [
        {
            "from": numbers[edge.source],
            "to": numbers[edge.target],
            "label": edge.label,
            "style": edge.style,
        }
        for edge in graph.edges
    ]
    document = {
        "title": graph.title,
        "summary": graph.summary,
        "marks": LOOKS,
        "legend": graph.legend,
        "styles": _edge_legend(graph),
        "nodes": nodes,
        "edges": edges,
        "files": list(files),
        "start": numbers.get(graph.start, -1),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _edge_legend(graph: Graph) -> dict[str, str]:
    """Return what edges of each unusual style mean here: their labels."""
    labels: dict[str, set[str]] = {}
    for edge in graph.edges:
        labels.setdefault(edge.style, set()).add(edge.label)
    return {
        style: ", ".join(sorted(filter(None, labels[style]))[:_LABELS_MAX]) or words
        for style, words in _STYLES.items()
        if style in labels
    }


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;")
