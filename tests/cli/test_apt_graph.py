"""Is ``--graph`` a true picture of the answer, written whole or not at all?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import make_world
from foretell.cli import picture
from foretell.cli.apt_graph import answer_graph
from foretell.cli.apt_screen import plan_changes
from foretell.cli.main import main
from foretell.model.reason import number_reasons
from tests.apt.world_lab import Lab, automatic, installed, package
from tests.strategies.cases import questions

PACKAGES = (
    package("a", "2", Depends="b (>= 1), c | d", Recommends="e")
    + package("b", Breaks="old")
    + package("c", Depends="missing")
    + package("d")
    + package("e", Depends="f")
    + package("f")
    + package("stuck", Depends="missing (>= 2)")
    + package("x", Conflicts="y")
    + package("y")
    + package("here", "2")
)
STATUS = (
    installed("here", "1", Depends="lib")
    + installed("lib")
    + installed("old")
    + installed("unused")
)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, PACKAGES, STATUS)
    lab.write("var/lib/apt/extended_states", automatic("lib", "old", "unused"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    monkeypatch.chdir(tmp_path)
    return lab


class Picture:
    """What one command line drew."""

    def __init__(self, lab, *words, status=0):
        path = lab.folder / "drawn.json"
        argv = ["apt", words[0], "--root", lab.root, *words[1:], "--graph", str(path)]
        assert main(argv) == status
        read = json.loads(path.read_text())
        self.title, self.summary = read["title"], read["summary"]
        self.nodes = {node["name"]: node for node in read["nodes"]}
        title = {name: node["title"] for name, node in self.nodes.items()}
        self.edges = {
            (title[edge["from"]], edge["label"], title[edge["to"]]) for edge in read["edges"]
        }
        self.start = title.get(read["start"])

    def looks(self):
        return {node["title"]: node["look"] for node in self.nodes.values()}

    def says(self, title):
        return [
            text for node in self.nodes.values() if node["title"] == title for text in node["says"]
        ]


# -- plans -------------------------------------------------------------------------------------


def test_why_the_other_version_of_what_goes_fails(tmp_path, monkeypatch):
    newer = package("old", "2", Depends="missing")
    lab = Lab(tmp_path, package("a", Breaks="old (<< 2)") + newer, installed("old"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    drawn = Picture(lab, "install", "--solver", "internal", "a")
    assert ("old", "other version fails", "old") in drawn.edges
    assert ("a", "Breaks", "old") in drawn.edges


@pytest.mark.parametrize("solver", ["3.0", "internal"])
def test_plan_leads_from_the_request_to_each_change(lab, solver):
    drawn = Picture(lab, "install", "--solver", solver, "a")
    assert drawn.title == "apt install a"
    assert drawn.summary == "5 installed, 1 removed"
    assert drawn.edges == {
        ("apt install a", "asks for", "a"),
        ("a", "Depends", "b"),
        ("a", "Depends", "d"),
        ("a", "Recommends", "e"),
        ("e", "Depends", "f"),
        ("b", "Breaks", "old"),
        *{("a", "Depends", "c"), ("c", "first choice fails", "d")} & drawn.edges,
    }
    assert ("c" in drawn.looks()) == (solver == "internal")  # which tries it
    looks = {title: look for title, look in drawn.looks().items() if title not in {"c", "unused"}}
    assert looks == {
        "apt install a": "ask",
        "a": "add",
        "b": "add",
        "d": "add",
        "e": "add",
        "f": "add",
        "old": "drop",
    }
    assert drawn.says("f") == ["f: e Depends f"]


@pytest.mark.parametrize("solver", ["3.0", "internal"])
def test_what_stays_and_needs_another_is_no_change(lab, solver):
    lab.set_status(installed("owner", Depends="gone | f") + installed("gone"))
    drawn = Picture(lab, "remove", "--solver", solver, "gone")
    assert drawn.looks()["f"] == "add"
    assert drawn.looks()["gone"] == "drop"
    (owner,) = [node for node in drawn.nodes.values() if node["title"] == "owner"]
    assert (owner["look"], owner["kind"]) == ("keep", "does not change")


@pytest.mark.parametrize("solver", ["3.0", "internal"])
def test_wishes_have_a_stand_in(lab, solver):
    drawn = Picture(lab, "satisfy", "--solver", solver, "f (>= 1)")
    stand_in = "satisfy:command-line"
    assert drawn.edges == {
        ("apt satisfy f (>= 1)", "asks for", stand_in),
        (stand_in, "Depends", "f"),
    }
    looks = {title: look for title, look in drawn.looks().items() if title not in {"old", "unused"}}
    assert looks == {"apt satisfy f (>= 1)": "ask", stand_in: "ask", "f": "add"}


def test_every_reason_is_a_node_with_its_evidence(lab):
    drawn = Picture(lab, "full-upgrade")
    answer = lab.answer("full-upgrade")
    reasons = number_reasons(answer.prediction.reasons)
    assert len(drawn.nodes) == len(reasons) + 1
    cited = {
        fact["place"]: fact["text"] for node in drawn.nodes.values() for fact in node["places"]
    }
    lists = {place: text for place, text in cited.items() if "_Packages:@" in place}
    for place, text in lists.items():
        path, _, span = place.rpartition(":@")
        start, length = map(int, span.split("+"))
        with open(path, "rb") as file:
            stanza = file.read()[start : start + length].decode()
        assert text == ", ".join(stanza.splitlines()[:2])  # Package and Version
    assert len(lists) > 0
    places = [fact["place"] for node in drawn.nodes.values() for fact in node["places"]]
    assert places == [fact.place for reason in reasons for fact in reason.evidence]
    assert drawn.looks()["here"] == "change"
    (here,) = (node for node in drawn.nodes.values() if node["title"] == "here")
    assert here["note"] == "1 \N{RIGHTWARDS ARROW} 2"


def test_request_that_changes_nothing_says_so(lab):
    drawn = Picture(lab, "install", "old")
    assert drawn.summary == "nothing changes"
    assert drawn.says("apt install old") == [
        "old is already the newest version (1).",
        "old set to manually installed.",
    ]


def test_removal_of_the_unneeded_follows_from_the_request(lab):
    drawn = Picture(lab, "autoremove")
    assert drawn.looks() == {"apt autoremove": "ask", "old": "drop", "unused": "drop"}
    assert {edge[::2] for edge in drawn.edges} == {
        ("apt autoremove", "old"),
        ("apt autoremove", "unused"),
    }


def test_what_is_not_known_is_drawn_as_not_known(lab):
    drawn = Picture(lab, "install", "--solver", "aspcud", "a", status=1)
    assert drawn.looks() == {"apt install a": "ask", "not known": "unknown"}
    assert drawn.summary == "the answer needs a rule that is not modelled yet"
    assert drawn.says("not known")[0].startswith("The answer needs a rule that is not modelled: ")


def test_normalized_plan_is_drawn(lab):
    drawn = Picture(lab, "full-upgrade", "--normalize", "--json")
    assert drawn.looks()["unused"] == "drop"


def test_replay_draws_the_same(lab):
    lab_words = ["apt", "install", "--root", lab.root, "a"]
    assert main([*lab_words, "--capture", "q.json", "--graph", "1.json"]) == 0
    assert main(["apt", "replay", "q.json", "--graph", "2.json"]) == 0
    first, second = (json.loads((lab.folder / f"{n}.json").read_text()) for n in "12")
    for read in (first, second):
        for node in read["nodes"]:
            del node["places"]
    assert first == second


# -- failures, why, why-not ----------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["3.0", "internal"])
def test_conflict_ends_in_a_contradiction(lab, solver):
    drawn = Picture(lab, "install", "--solver", solver, "x", "y", status=1)
    assert drawn.start == "contradiction"
    assert drawn.summary == "this cannot be done"
    assert (
        drawn.edges
        == {
            ("apt install x y", "asks for", "x"),
            ("apt install x y", "asks for", "y"),
            ("x", "Conflicts", "y"),
            ("y", "Conflicts", "x"),
            ("x", "", "contradiction"),
            ("y", "", "contradiction"),
        }
        & drawn.edges
    )
    assert {("x", "", "contradiction")} & drawn.edges or {("y", "", "contradiction")} & drawn.edges
    assert {"you ask for x 1", "you ask for y 1"} <= {*drawn.says("x"), *drawn.says("y")}


def test_missing_package_is_the_first_cause(lab):
    drawn = Picture(lab, "install", "stuck", status=1)
    assert ("missing", "Depends", "stuck") in drawn.edges
    assert drawn.looks()["missing"] == "bar"
    lack = "stuck Depends missing (>= 2), but no source has missing"
    assert drawn.says("stuck").count(lack) == 1
    assert ("apt install stuck", "asks for", "stuck") in drawn.edges


def test_failure_without_reasons_says_what_apt_says(lab):
    drawn = Picture(
        lab, "install", "--solver", "internal", "--solver-version", "2.6.1", "stuck", status=1
    )
    assert drawn.edges == {("apt install stuck", "", "no solution")}
    assert drawn.says("no solution") == [
        "Unable to correct problems, you have held broken packages."
    ]


def test_why_is_drawn_as_one_graph(lab):
    drawn = Picture(lab, "why", "lib")
    assert drawn.edges == {("here", "Depends", "lib")}
    assert drawn.looks() == {"here": "ask", "lib": "keep"}
    assert drawn.says("here") == ["here was installed by hand"]
    assert drawn.says("lib") == ["here Depends lib"]
    assert drawn.start == "lib"


def test_why_of_the_unneeded_and_of_the_absent(lab):
    drawn = Picture(lab, "why", "unused", status=1)
    assert drawn.looks() == {"unused": "fact"}
    assert "`apt autoremove` would remove it" in drawn.says("unused")[0]
    assert Picture(lab, "why", "e", status=1).summary == "e is not installed"


def test_why_not_shows_what_would_help(lab):
    lab.write("etc/apt/preferences.d/pin", "Package: d\nPin: release *\nPin-Priority: -1\n")
    drawn = Picture(lab, "why-not", "a", status=1)
    ways = [edge for edge in drawn.edges if edge[1] == "solved by"]
    assert ("contradiction", "solved by", "without the pin on d") in ways
    assert "apt install a" in drawn.says("without the pin on d")
    assert Picture(lab, "why-not", "b").looks()["b"] == "add"
    absent = Picture(lab, "why-not", "here=7", status=1)
    assert ("here", "", "no solution") in absent.edges


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", picture.ENDINGS)
def test_each_format_is_written_the_same_twice(lab, ending, require, capsys):
    if ending == ".svg" and shutil.which("dot") is None:
        require("graphviz", "the layout of an image: apt-get install graphviz")
    words = ["apt", "install", "--root", lab.root, "a"]
    assert main(words) == 0
    plain = capsys.readouterr()
    for name in ("one", "two"):
        assert main([*words, "--graph", name + ending]) == 0
        assert capsys.readouterr() == plain
    one, two = ((lab.folder / (name + ending)).read_bytes() for name in ("one", "two"))
    assert one == two
    assert b"apt install a" in one


@pytest.mark.parametrize("name", ["-", "plan", "plan.png", "html", ""])
@pytest.mark.parametrize("words", [("install", "a"), ("why", "lib"), ("why-not", "a")])
def test_other_endings_are_refused_before_anything_is_asked(lab, name, words, capsys):
    before = sorted(os.listdir())
    argv = ["apt", words[0], "--root", "/nowhere", *words[1:], "--graph", name]
    assert main(argv) == 2
    assert "error[graph-ending]: " in capsys.readouterr().err
    assert sorted(os.listdir()) == before


def test_replay_refuses_them_too(lab, capsys):
    assert main(["apt", "replay", "nowhere.json", "--graph", "x.png"]) == 2
    assert "error[graph-ending]: " in capsys.readouterr().err


def test_what_is_no_file_is_refused(lab, capsys):
    (lab.folder / "d.html").mkdir()
    assert main(["apt", "install", "--root", lab.root, "a", "--graph", "d.html"]) == 2
    assert "error[not-a-file]: " in capsys.readouterr().err


def test_folder_that_is_not_there_is_named(lab, capsys):
    assert main(["apt", "install", "--root", lab.root, "a", "--graph", "no/x.html"]) == 3
    assert "no/x.html" in capsys.readouterr().err


def test_old_file_is_replaced_whole(lab):
    (lab.folder / "x.html").write_text("old")
    assert main(["apt", "install", "--root", lab.root, "a", "--graph", "x.html"]) == 0
    assert "<!doctype html>" in (lab.folder / "x.html").read_text()
    assert [name for name in os.listdir() if ".new" in name] == []


def test_image_without_graphviz_names_the_package(lab, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(lab.folder))
    assert main(["apt", "install", "--root", lab.root, "a", "--graph", "x.svg"]) == 3
    text = capsys.readouterr().err
    assert "error[no-graphviz]: " in text
    assert "apt install graphviz" in text
    assert not (lab.folder / "x.svg").exists()


@pytest.mark.parametrize("script", ["exit 7", "echo graph 1 2 3", "kill -9 $$"])
def test_graphviz_that_fails_leaves_the_old_file(lab, script, monkeypatch, capsys):
    program = lab.folder / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (lab.folder / "x.svg").write_text("old")
    monkeypatch.setenv("PATH", f"{lab.folder}:/usr/bin:/bin")
    assert main(["apt", "install", "--root", lab.root, "a", "--graph", "x.svg"]) == 2
    assert "error[layout]: " in capsys.readouterr().err
    assert (lab.folder / "x.svg").read_text() == "old"


def test_picture_has_a_limit(lab, monkeypatch, capsys):
    monkeypatch.setattr(picture, "NODES_MAX", 3)
    assert main(["apt", "install", "--root", lab.root, "a", "--graph", "x.html"]) == 2
    assert "error[graph-too-large]: " in capsys.readouterr().err


def test_wheel_has_the_parts_of_a_page(tmp_path):
    """The page's files lie in the package, so that hatch takes them along."""
    from foretell.render.graph_page import PARTS

    tracked = subprocess.run(["git", "ls-files", picture._FOLDER], capture_output=True, text=True)
    if tracked.returncode == 0:
        assert {os.path.basename(line) for line in tracked.stdout.splitlines()} == set(PARTS)


# -- random systems ------------------------------------------------------------------------------


@given(drawn=questions(), solver=st.sampled_from(["3.0", "internal"]))
def test_picture_has_each_change_and_every_step_behind_it(drawn, solver):
    case = drawn.case()
    case.settings = {**case.settings, "APT::Solver": solver}
    answer = predict(make_world(case, "case"), case.request, solver_version="3.0.3")
    graph = answer_graph(answer)
    titles = {node.name: node.title for node in graph.nodes}
    assert graph.nodes[0].look == "ask"
    event(f"{answer.verdict} {answer.solver}")
    if answer.verdict == "unsatisfiable":
        ends = 1 + (titles[graph.start] == "contradiction")
        assert sum(edge.target == graph.start for edge in graph.edges) == ends
    if answer.verdict != "ok":
        return
    actions = {"install": "add", "upgrade": "change", "downgrade": "back", "reinstall": "change"}
    looks = {(node.title, node.look) for node in graph.nodes}
    changes = {
        (change.package, actions.get(change.action, "drop")) for change in plan_changes(answer)
    }
    assert {pair for pair in looks if pair[1] not in {"ask", "fact", "keep", "bar"}} == changes
    staying = {node.title for node in graph.nodes if node.kind == "does not change"}
    assert not staying & {package for package, _ in changes}
    for reason in number_reasons(answer.prediction.reasons):
        name = str(reason.fields["package"]).partition(":")[0]
        before = {str(parent.fields["package"]).partition(":")[0] for parent in reason.parents}
        shown = {titles[edge.source] for edge in graph.edges if titles[edge.target] == name}
        assert before <= shown
    # Nothing leads back: there is a way from a first cause to whatever node one looks at.
    rank = {node.name: number for number, node in enumerate(graph.nodes)}
    assert all(rank[edge.source] < rank[edge.target] for edge in graph.edges)
