"""Is a picture what was put into it, in a fixed order, with nothing that a screen would act on?"""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from foretell.render.graph import (
    LOOKS,
    STYLES,
    Graph,
    GraphMaker,
    Node,
    Place,
    cells,
    graph_json,
    node_width,
    plain_text,
    shorten,
)
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.graph-1.schema.json"))
HOSTILE = '</script><b>&"\u202e\x1b[31m\udcff\n'


def small() -> Graph:
    maker = GraphMaker("apt install a")
    request = maker.node("apt install a", "ask", "is what was asked")
    a = maker.node("a", "add", "is installed", note="1", says=["the request names it"])
    b = maker.node("b", "drop", "is removed", says=["a Breaks b"], places=[Place("list:3", "x")])
    maker.edge(request, a, "asks for")
    maker.edge(a, b, "Breaks", "against")
    maker.edge(a, b, "Conflicts", "against")
    return maker.graph("1 installed, 1 removed", b)


def hostile() -> Graph:
    maker = GraphMaker(HOSTILE)
    places = [Place(HOSTILE, HOSTILE)]
    one = maker.node(HOSTILE, "ask", "is asked", note=HOSTILE, says=[HOSTILE], places=places)
    two = maker.node(HOSTILE * 40, "add", "is installed")
    maker.edge(one, two, HOSTILE)
    return maker.graph(HOSTILE)


def test_edges_are_kept_once_and_lead_nowhere_else():
    maker = GraphMaker("x")
    a, b = maker.node("a", "add", "is installed"), maker.node("b", "keep", "stays")
    for _ in range(2):
        maker.edge(a, b, "Depends")
    maker.edge(a, a, "Depends")
    maker.edge(a, b, "Recommends", "weak")
    graph = maker.graph("")
    assert [(edge.source, edge.target, edge.label) for edge in graph.edges] == [
        (a, b, "Depends"),
        (a, b, "Recommends"),
    ]
    assert graph.legend == (("add", "is installed"), ("keep", "stays"))


def test_sentences_are_said_once():
    maker = GraphMaker("x")
    node = maker.node("a", "add", "is installed", says=["one", "one"])
    maker.say(node, "one", [Place("p")])
    maker.say(node, "two", [Place("p"), Place("q")])
    (made,) = maker.graph("").nodes
    assert made.says == ("one", "two")
    assert made.places == (Place("p"), Place("q"))


def test_everything_that_does_not_print_is_escaped():
    graph = hostile()
    texts = [graph.title, graph.summary, *(edge.label for edge in graph.edges)]
    for node in graph.nodes:
        texts += [node.title, node.note, *node.says, *(text for it in node.places for text in it)]
    assert all(text.isprintable() for text in texts)
    assert plain_text("\udcff\u2066") == "\\udcff\\u2066"


@pytest.mark.parametrize("text", ["", "a", "\u6f22" * 40, "e\u0301" * 40, "x" * 400])
def test_long_titles_are_cut_to_a_width(text):
    assert cells(shorten(text, 10)) <= 10
    assert (shorten(text, 10) == text) == (cells(text) <= 10)
    wide = Node("n", "x" * 400, "add", "is installed", note=text)
    assert node_width(wide) == node_width(wide._replace(title="y" * 44)) < 400


@pytest.mark.parametrize("graph", [small(), hostile()], ids=["small", "hostile"])
def test_json_keeps_to_its_schema(graph):
    document = graph_json(graph)
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document)))


def test_schema_names_every_look_and_style():
    properties = SCHEMA["properties"]
    looks = properties["nodes"]["items"]["properties"]["look"]["enum"]
    assert looks == list(LOOKS)
    assert properties["edges"]["items"]["properties"]["style"]["enum"] == list(STYLES)
