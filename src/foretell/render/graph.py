"""What is in a picture of a decision: which nodes, how they are joined, and what they say?

A `Graph` runs from causes to what they cause.  It knows no domain: a node has a title, a `LOOKS`
word that says what becomes of it, and sentences with the places where they can be checked; an edge
has a label and a `STYLES` word.  A domain's adapter (`apt_graph`) makes one from the nouns of the
model; `graph_page`, `graph_svg` and `graph_dot` draw it.  The order of nodes is that in which they
were added, so the same decision has the same picture, byte by byte.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.model.value import Plain

__all__ = [
    "LOOKS",
    "STYLES",
    "Edge",
    "Graph",
    "GraphMaker",
    "Node",
    "Place",
    "cells",
    "graph_json",
    "node_width",
    "plain_text",
    "shorten",
]

# What becomes of a node -> the mark that tells it without colour.
LOOKS = {
    "ask": "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}",  # was asked for
    "add": "+",  # comes
    "change": "\N{UPWARDS ARROW}",  # goes forward
    "back": "\N{DOWNWARDS ARROW}",  # goes back
    "drop": "\N{MINUS SIGN}",  # goes
    "keep": "=",  # stays
    "fact": "\N{BULLET}",  # is so
    "bar": "\N{MULTIPLICATION SIGN}",  # cannot be
    "way": "\N{RIGHTWARDS ARROW}",  # would help
    "unknown": "?",  # is not known
}
# How one node leads to another.
STYLES = ("strong", "weak", "against")

TITLE_CELLS_MAX = 44  # of a node; what is longer is cut there, and whole in the sentences
HEIGHT = 38  # of a node, in pixels
_PAD_LEFT, _PAD_RIGHT = 30, 12
_TITLE_WIDTH, _NOTE_WIDTH = 7.83, 6.63  # of a cell, in pixels, in 13 and 11 pixels' monospace


class Place(NamedTuple):
    """Where a sentence can be checked: what to open, and what stands there if it is short."""

    place: str
    text: str = ""


class Node(NamedTuple):
    """One thing in a picture.

    ``kind`` says in words what ``look`` shows: "is installed"; ``says`` are whole sentences.
    """

    name: str
    title: str
    look: str
    kind: str
    note: str = ""
    says: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


class Edge(NamedTuple):
    """One node leads to another."""

    source: str
    target: str
    label: str = ""
    style: str = "strong"


class Graph(NamedTuple):
    """A whole picture; ``legend`` has each look that occurs with its words.

    ``start`` is the node that a page explains at first, or nothing.
    """

    title: str
    summary: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    legend: tuple[tuple[str, str], ...]
    start: str = ""


class GraphMaker:
    """Collects nodes and edges.

    >>> maker = GraphMaker("A plan")
    >>> git = maker.node("git", "add", "is installed")
    >>> maker.edge(maker.node("install git", "ask", "was asked for"), git, "asks for")
    >>> [edge.label for edge in maker.graph("1 package").edges]
    ['asks for']
    """

    def __init__(self, title: str) -> None:
        self.title = plain_text(title)
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}

    def node(
        self,
        title: str,
        look: str,
        kind: str,
        *,
        note: str = "",
        says: Iterable[str] = (),
        places: Iterable[Place] = (),
    ) -> str:
        """Add a node and return its name; what a screen might act on is escaped."""
        assert look in LOOKS, look
        name = f"n{len(self._nodes)}"
        found = {Place(plain_text(it.place), plain_text(it.text)): None for it in places}
        self._nodes[name] = Node(
            name,
            plain_text(title),
            look,
            kind,
            plain_text(note),
            tuple(dict.fromkeys(map(plain_text, says))),
            tuple(found),
        )
        return name

    def say(self, name: str, sentence: str, places: Iterable[Place] = ()) -> None:
        """Add a sentence to a node."""
        node = self._nodes[name]
        says = dict.fromkeys((*node.says, plain_text(sentence)))
        self._nodes[name] = node._replace(says=tuple(says))
        for place in places:
            self.cite(name, place)

    def cite(self, name: str, place: Place) -> None:
        """Add a place to a node, once."""
        node = self._nodes[name]
        more = Place(plain_text(place.place), plain_text(place.text))
        self._nodes[name] = node._replace(places=tuple(dict.fromkeys((*node.places, more))))

    def edge(self, source: str, target: str, label: str = "", style: str = "strong") -> None:
        """Join two nodes that were added; the same edge twice is one."""
        assert source in self._nodes, source
        assert target in self._nodes, target
        assert style in STYLES, style
        if source != target:
            edge = Edge(source, target, plain_text(label), style)
            self._edges.setdefault((source, target, edge.label), edge)

    def graph(self, summary: str, start: str = "") -> Graph:
        """Return the picture."""
        assert not start or start in self._nodes, start
        legend: dict[str, dict[str, None]] = {}
        for node in self._nodes.values():
            legend.setdefault(node.look, {})[node.kind] = None
        return Graph(
            self.title,
            plain_text(summary),
            tuple(self._nodes.values()),
            tuple(self._edges.values()),
            tuple((look, ", ".join(legend[look])) for look in LOOKS if look in legend),
            start,
        )


def plain_text(text: str) -> str:
    """Return text in which everything that does not print is escaped.

    >>> plain_text("a\\x1b[31m\\udcff\\u202e")
    'a\\\\x1b[31m\\\\udcff\\\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


def cells(text: str) -> int:
    """Return how many columns a monospaced font needs for printable text.

    >>> cells("git"), cells("\N{CJK UNIFIED IDEOGRAPH-6F22}")
    (3, 2)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


def shorten(text: str, most: int = TITLE_CELLS_MAX) -> str:
    """Return text that needs at most so many columns, with an ellipsis where it was cut.

    >>> shorten("linux-image-amd64", 8)
    'linux-i\N{HORIZONTAL ELLIPSIS}'
    """
    if cells(text) <= most:
        return text
    kept = text[: most - 1]
    while cells(kept) > most - 1:
        kept = kept[:-1]
    return f"{kept}\N{HORIZONTAL ELLIPSIS}"


def node_width(node: Node) -> int:
    """Return how many pixels a node is wide, whatever the fonts of a machine are."""
    text = max(cells(shorten(node.title)) * _TITLE_WIDTH, cells(shorten(node.note)) * _NOTE_WIDTH)
    return _PAD_LEFT + round(text) + _PAD_RIGHT


def graph_json(graph: Graph) -> dict[str, Plain]:
    """Return a picture as plain values, schema ``foretell.graph/1``."""
    nodes: list[Plain] = [
        {
            "name": node.name,
            "title": node.title,
            "note": node.note,
            "look": node.look,
            "kind": node.kind,
            "says": list(node.says),
            "places": [{"place": it.place, "text": it.text} for it in node.places],
        }
        for node in graph.nodes
    ]
    edges: list[Plain] = [
        {"from": edge.source, "to": edge.target, "label": edge.label, "style": edge.style}
        for edge in graph.edges
    ]
    legend: Mapping[str, Plain] = dict(graph.legend)
    return {
        "schema": "foretell.graph/1",
        "title": graph.title,
        "summary": graph.summary,
        "legend": dict(legend),
        "start": graph.start or None,
        "nodes": nodes,
        "edges": edges,
    }
