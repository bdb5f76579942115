"""Is what is drawn valid, complete, and safe whatever the names are?"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.cli import picture
from foretell.errors import InputError
from foretell.render.graph import Graph, node_width
from foretell.render.graph_dot import Layout, layout_dot, parse_layout, render_dot
from foretell.render.graph_page import PARTS, PageParts, render_page
from foretell.render.graph_svg import render_svg
from tests.fuzz.harness import check_parser
from tests.render.test_graph import hostile, small

GRAPHS = pytest.mark.parametrize("graph", [small(), hostile()], ids=["small", "hostile"])
FOLDER = Path(picture._FOLDER)
PARTS_READ = PageParts(*((FOLDER / name).read_text(encoding="utf-8") for name in PARTS))
SVG = "{http://www.w3.org/2000/svg}"
PLAIN = """graph 1 9 2
node n0 1 1.5 1 0.5 "" solid box black lightgrey
node n1 4 1.5 1 0.5 "" solid box black lightgrey
node n2 8 0.5 1 0.5 "" solid box black lightgrey
edge n0 n1 4 1.5 1.5 2 1.5 3 1.5 3.5 1.5 solid black
edge n1 n2 4 4.5 1.5 5 1.5 6 0.5 7.5 0.5 solid black
edge n1 n2 7 4.5 1.5 5 1.5 5 1.5 6 1 7 0.5 7 0.5 7.5 0.5 dotted black
stop
"""


@pytest.fixture
def dot(require):
    if shutil.which("dot") is None:
        require("graphviz", "the layout of an image: apt-get install graphviz")


class Elements(HTMLParser):
    """The elements of a page, with what stands in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}", {}, ""))

    def handle_data(self, data):
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


# -- Graphviz ----------------------------------------------------------------------------------


def test_layout_is_read_from_the_upper_left_corner():
    layout = parse_layout(PLAIN, small())
    assert (layout.width, layout.height) == (648, 144)
    assert layout.nodes == {"n0": (72, 36), "n1": (288, 36), "n2": (576, 108)}
    assert [len(route) for route in layout.edges] == [4, 4, 7]
    assert layout.edges[0][0] == (108, 36)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        PLAIN.replace("node n2", "node n3"),
        PLAIN.replace("edge n0", "edge n2"),
        PLAIN.replace("n1 4 1.5 1.5", "n1 3 1.5 1.5"),
        PLAIN.replace("graph 1 9 2", "graph 1 nan 2"),
        PLAIN.replace("8 0.5 1", "8 1e300 1"),
        PLAIN + "\n",
    ],
)
def test_layout_that_is_not_whole_is_refused(lines):
    with pytest.raises(InputError, match="no whole layout"):
        parse_layout(lines, small())


@given(st.text(st.sampled_from("node edge graph 0123456789.-\n"), max_size=80))
def test_layout_of_any_text_is_read_or_refused(text):
    check_parser(lambda data: parse_layout(data.decode(), small()), text.encode())


@GRAPHS
def test_question_for_a_layout_holds_no_text_from_outside(graph: Graph):
    text = layout_dot(graph)
    for node in graph.nodes:
        assert f"{node.name} [width={node_width(node) / 72:.4f}];" in text
    assert not set(text) - set(
        'abcdefghijklmnopqrstuvwxyzLR0123456789 \n[]{}=,;:.->"'  # no word of a package
    )


@GRAPHS
def test_graphviz_reads_what_is_written_for_it(graph, dot):
    done = subprocess.run(
        ["dot", "-Tjson0"], input=render_dot(graph).encode(), capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    read = json.loads(done.stdout)
    assert len(read["objects"]) == len(graph.nodes)
    assert [edge["label"] for edge in read["edges"]] == [
        edge.label.replace("\\", "\\\\") for edge in graph.edges
    ]
    assert [node["class"] for node in read["objects"]] == [node.look for node in graph.nodes]


# -- the image ---------------------------------------------------------------------------------


def check_svg(text: str, graph: Graph) -> None:
    root = ET.fromstring(text)
    assert root.find(f"{SVG}title").text == graph.title  # type: ignore[union-attr]
    assert root.find(f"{SVG}desc").text == graph.summary  # type: ignore[union-attr]
    groups = list(root.iter(f"{SVG}g"))
    nodes = [group for group in groups if group.get("class", "").startswith("node ")]
    edges = [group for group in groups if group.get("class", "").startswith("edge ")]
    assert len(edges) == len(graph.edges)
    for group, node in zip(nodes, graph.nodes, strict=True):
        title = group.find(f"{SVG}title")
        assert title is not None
        assert (title.text or "").split("\n")[1:] == list(node.says)
    assert {element.tag for element in root.iter()} <= {
        SVG + name for name in ("svg", "title", "desc", "style", "rect", "text", "g", "path")
    }
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_image_has_every_node_and_edge():
    graph = small()
    check_svg(render_svg(graph, parse_layout(PLAIN, graph), PARTS_READ.graph_css), graph)


@GRAPHS
def test_image_that_graphviz_laid_out_is_valid(graph, dot):
    layout = parse_layout(picture._ask_dot(layout_dot(graph)), graph)
    text = render_svg(graph, layout, PARTS_READ.graph_css)
    check_svg(text, graph)
    assert layout == parse_layout(picture._ask_dot(layout_dot(graph)), graph)
    for name, (x, _) in layout.nodes.items():
        (node,) = (node for node in graph.nodes if node.name == name)
        assert 0 <= x - node_width(node) / 2 - 1e-6 + 1 < layout.width


def test_empty_picture_can_be_drawn(dot):
    graph = Graph("nothing", "nothing changes", (), (), ())
    layout = parse_layout(picture._ask_dot(layout_dot(graph)), graph)
    assert isinstance(layout, Layout)
    check_svg(render_svg(graph, layout, PARTS_READ.graph_css), graph)


# -- the page ----------------------------------------------------------------------------------


@GRAPHS
def test_page_runs_and_fetches_nothing_but_its_own(graph):
    page = render_page(graph, PARTS_READ)
    elements = Elements(page)
    scripts = [text for attributes, text in elements.of("script") if not attributes]
    ((_, style),) = elements.of("style")
    (policy,) = (
        attributes["content"] for attributes, _ in elements.of("meta") if "http-equiv" in attributes
    )
    assert policy is not None
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (style, *scripts)
    ]
    assert len(hashes) == 3
    assert policy == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src {hashes[0]}; script-src {hashes[1]} {hashes[2]}"
    )
    for tag, attributes, _ in elements.found:
        assert not {"src", "href", "style", "srcset", "action"} & set(attributes), tag
        assert not any(name.startswith("on") for name in attributes), tag
    assert "url(" not in style
    assert "@import" not in style
    assert "sourceMappingURL" not in page
    assert PARTS_READ.licence in page


@GRAPHS
def test_page_carries_the_whole_picture(graph):
    elements = Elements(render_page(graph, PARTS_READ))
    (data,) = (text for attributes, text in elements.of("script") if attributes)
    assert not set(data) & set("<>&")
    read = json.loads(data)
    assert [node["title"] for node in read["nodes"]] == [node.title for node in graph.nodes]
    assert [tuple(node["says"]) for node in read["nodes"]] == [n.says for n in graph.nodes]
    for node, told in zip(graph.nodes, read["nodes"], strict=True):
        places = [(read["files"][file] + rest, text) for file, rest, text in told["places"]]
        assert places == list(node.places)
    names = [node.name for node in graph.nodes]
    assert [(names[edge["from"]], names[edge["to"]]) for edge in read["edges"]] == [
        (edge.source, edge.target) for edge in graph.edges
    ]
    assert [text for _, text in elements.of("title")] == [graph.title]


def test_same_picture_has_the_same_bytes():
    for make in (small, hostile):
        assert render_page(make(), PARTS_READ) == render_page(make(), PARTS_READ)
        assert render_dot(make()) == render_dot(make())


def test_layout_library_is_the_one_that_was_chosen():
    data = (FOLDER / "dagre.min.js").read_bytes()
    digest = "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578"
    assert hashlib.sha256(data).hexdigest() == digest
    assert "Permission is hereby granted" in PARTS_READ.licence
