"""Does a page do in a real browser what it promises: search, fold, a chain, and nothing else?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from foretell.cli.picture import write_graph
from foretell.render.graph import GraphMaker, Place
from tests.render.browser import KEYS, Browser, missing_programs
from tests.render.test_graph import HOSTILE, hostile, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.render.graph import Graph


@pytest.fixture(scope="module")
def chromium(require) -> Iterator[Browser]:
    missing = missing_programs()
    if missing:
        require("browser", f"no {' and '.join(missing)}: apt-get install chromium chromium-driver")
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def show(chromium, tmp_path):
    """Return a function that opens a picture's page; in the end nothing may have gone wrong."""
    path = tmp_path / "page.html"

    browser: Browser = chromium

    def open_page(graph: Graph) -> Browser:
        write_graph(graph, str(path))
        browser.open(path)
        return browser

    browser.requests()
    browser.complaints()
    yield open_page
    assert browser.complaints() == []
    assert {url for url in browser.requests() if not url.startswith("data:")} <= {path.as_uri()}


def wide(children: int) -> Graph:
    """Return a request with one package that needs many, each of which needs two more."""
    maker = GraphMaker("apt install many")
    request = maker.node("apt install many", "ask", "is what was asked")
    many = maker.node("many", "add", "is installed")
    maker.edge(request, many, "asks for")
    for number in range(children):
        child = maker.node(f"lib{number}", "add", "is installed", says=[f"many Depends {number}"])
        maker.edge(many, child, "Depends")
        for end in ("a", "b"):
            leaf = maker.node(f"leaf{number}{end}", "add", "is installed")
            maker.edge(child, leaf, "Depends")
    return maker.graph("many installed")


def test_small_picture_is_shown_whole(show):
    page = show(small())
    assert page.names() == {"apt install a", "a", "b"}
    assert page.driver.title == "apt install a"
    page.click("a")
    assert page.names(".chain") == {"apt install a", "a"}
    assert page.names(".picked") == {"a"}
    assert "the request names it" in page.details()
    page.click("b")
    assert page.names(".chain") == {"apt install a", "a", "b"}
    assert "a Breaks b" in page.details()
    assert "list:3" in page.details()
    page.press(KEYS.ESCAPE)
    assert page.names(".chain") == set()


def test_picture_of_a_failure_begins_with_its_end(show):
    maker = GraphMaker("x")
    one, two = maker.node("one", "add", "is wanted"), maker.node("two", "bar", "is out")
    maker.edge(one, two, "Conflicts", "against")
    page = show(maker.graph("cannot be", two))
    assert "is out" in page.details()
    assert page.names(".picked") == {"two"}


def test_circle_of_reasons_is_shown(show):
    maker = GraphMaker("x")
    a, b, c = (maker.node(name, "bar", "cannot be") for name in "abc")
    for source, target in ((a, b), (b, a), (b, c)):
        maker.edge(source, target, "Depends")
    page = show(maker.graph("cannot be", c))
    assert page.names(".chain") == {"a", "b", "c"}
    page.press(KEYS.ESCAPE)
    page.click("a")
    assert page.names(".chain") == {"a", "b"}


def test_everything_can_be_read_and_nothing_lies_on_another(show):
    page = show(small())
    boxes = page.js(
        "return [...document.querySelectorAll('#view .node')].map((e) => {"
        " const b = e.querySelector('.box').getBoundingClientRect();"
        " const inner = [...e.querySelectorAll('text')].map((t) => t.getBoundingClientRect());"
        " return [b.left, b.top, b.right, b.bottom,"
        "  inner.every((t) => t.left >= b.left && t.right <= b.right + 0.5)]; })"
    )
    assert isinstance(boxes, list)
    for number, (left, top, right, bottom, is_inside) in enumerate(boxes):
        assert is_inside
        for other in boxes[:number]:
            assert right < other[0] or left > other[2] or bottom < other[1] or top > other[3]


def test_big_picture_begins_folded_and_unfolds(show):
    page = show(wide(50))
    assert len(page.names()) == 60  # 24 of the 50, and what 17 of them need
    more = page.one("#view .more")
    assert more.get_attribute("aria-label") == "26 more: show the next ones"
    page.click_knob("lib0")
    assert not {"leaf0a", "leaf0b"} & page.names()
    assert "2 hidden" in (page.node("lib0").get_attribute("aria-label") or "")
    page.click_knob("lib0")
    assert len(page.names()) == 60
    page.js("document.querySelector('#view .more').focus()")
    page.press(KEYS.ENTER)
    assert len(page.names()) == 86
    page.one("#unfold").click()
    assert len(page.names()) == 152
    page.one("#fold").click()
    assert page.names() == {"apt install many", "many"}


def test_search_finds_what_is_folded_and_shows_the_way(show):
    page = show(wide(50))
    page.press("/")
    page.press("leaf4")
    assert page.one("#found").text == "22 found, 20 folded"
    page.search("LEAF40B")
    assert page.one("#found").text == "1 found, 1 folded"
    assert page.names(".hit") == set()
    page.press(KEYS.ENTER)
    assert page.one("#found").text == "1 of 1 found"
    assert page.names(".chain") == {"apt install many", "many", "lib40", "leaf40b"}
    assert "many Depends 40" in page.details()
    assert "leaf40a" not in page.names()
    page.search("no such thing")
    assert page.one("#found").text == "nothing found"
    page.press(KEYS.ESCAPE)
    assert page.one("#find").get_attribute("value") == ""


def test_search_marks_what_is_shown(show):
    page = show(wide(3))
    page.search("lib")
    assert page.names(".hit") == {"lib0", "lib1", "lib2"}
    faint = page.node("many").value_of_css_property("opacity")
    bright = page.node("lib1").value_of_css_property("opacity")
    assert float(faint) < 0.5 < float(bright)
    for name in ("lib0", "lib1", "lib2", "lib0"):
        page.press(KEYS.ENTER)
        assert page.names(".picked") == {name}


def test_keyboard_is_enough(show):
    page = show(wide(3))
    page.js("document.querySelector('#view .node[tabindex=\"0\"]').focus()")
    assert page.focused() == "apt install many"
    page.press(KEYS.ARROW_RIGHT)
    assert page.focused() == "many"
    page.press(KEYS.ARROW_RIGHT)
    first = page.focused()
    page.press(KEYS.ARROW_DOWN)
    second = page.focused()
    assert {first, second} < {"lib0", "lib1", "lib2"}
    assert first != second
    page.press(KEYS.ARROW_UP)
    assert page.focused() == first
    page.press(" ")
    assert not {f"leaf{first[3:]}a", f"leaf{first[3:]}b"} & page.names()
    assert page.focused() == first
    page.press(KEYS.ARROW_RIGHT)
    assert {f"leaf{first[3:]}a", f"leaf{first[3:]}b"} < page.names()
    page.press(KEYS.ENTER)
    assert page.names(".picked") == {first}
    assert page.node(first).get_attribute("aria-pressed") == "true"
    page.press(KEYS.ARROW_LEFT)
    assert page.focused() == "many"
    reachable = page.js("return document.querySelectorAll('#view .node[tabindex=\"0\"]').length")
    assert reachable == 1


def test_hostile_names_are_shown_as_they_are_and_do_nothing(show):
    page = show(hostile())
    title = hostile().title
    assert page.one("h1").text == title
    first = page.js("return document.querySelector('#view .node').dataset.name")
    assert first == title
    page.js("document.querySelector('#view .node .name').parentNode"
            ".dispatchEvent(new MouseEvent('click', {bubbles: true}))")  # fmt: skip
    assert "</script><b>" in page.details()
    assert page.js("return document.querySelectorAll('b').length") == 0
    assert HOSTILE not in page.driver.page_source


def test_policy_lets_no_other_script_run_and_nothing_be_fetched(chromium, tmp_path):
    """The canary: what a name might smuggle in would be noticed and refused."""
    path = tmp_path / "page.html"
    write_graph(small(), str(path))
    text = path.read_text()
    evil = '<script>document.title = "evil"</script><img src="http://127.0.0.1:9/x.png">'
    path.write_text(text.replace("</header>", f"{evil}</header>"))
    chromium.open(path)
    assert chromium.driver.title == "apt install a"
    refused = [line for line in chromium.complaints() if "Content Security Policy" in line]
    assert len(refused) == 2
    assert [url for url in chromium.requests() if "127.0.0.1" in url] in (
        [],
        ["http://127.0.0.1:9/x.png"],
    )


def test_picture_moves_and_zooms(show):
    page = show(wide(3))
    view = page.one("#view")
    before = view.get_attribute("transform")
    page.one("#closer").click()
    nearer = view.get_attribute("transform")
    page.one("#fit").click()
    assert before != nearer
    page.js("document.querySelector('#drawing').dispatchEvent("
            "new WheelEvent('wheel', {deltaY: 100, cancelable: true}))")  # fmt: skip
    assert view.get_attribute("transform") not in {before, nearer}


def test_plan_of_a_thousand_packages_is_drawn_in_time(show):
    page = show(wide(400))
    page.one("#unfold").click()
    assert len(page.names()) == 1202


def test_dark_page_is_dark(tmp_path, require):
    if missing_programs():
        require("browser", "no chromium: apt-get install chromium chromium-driver")
    browser = Browser("--blink-settings=preferredColorScheme=0")
    try:
        path = tmp_path / "page.html"
        maker = GraphMaker("x")
        maker.node("a", "add", "is installed", places=[Place("p")])
        write_graph(maker.graph("x"), str(path))
        browser.open(path)
        assert (
            browser.one("body").value_of_css_property("background-color") == "rgba(21, 25, 31, 1)"
        )
    finally:
        browser.close()
