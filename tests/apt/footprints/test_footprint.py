"""Does a footprint add up, and is what it saves what solving again shows?"""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import make_world
from foretell.apt.footprints.footprint import Load, measure, weigh
from foretell.apt.footprints.footprint_cuts import find_cuts
from foretell.apt.footprints.supposed import emptied
from foretell.apt.model import RELATION_FIELDS
from foretell.apt.requests.request import Request
from foretell.apt.system.omission import Omission, without_relation
from tests.apt.world_lab import Lab, actions, installed, package, world_of
from tests.strategies.cases import questions

MANY_ARE_REFUSED = settings(suppress_health_check=[HealthCheck.filter_too_much])
GOLDEN = os.path.join(os.path.dirname(os.path.dirname(__file__)), "golden", "footprint.txt")
SCHEMA = "docs/reference/schemas/foretell.apt.footprint-1.schema.json"
KIB = 1024


def sized(name, kib, **fields):
    return package(name, Installed_Size=str(kib), Size=str(kib * 100), **fields)


# a needs b and, weakly, c; b and c need d; a alone needs e, by either of two.
SMALL = (
    sized("a", 10, Depends="b, e | f", Recommends="c", Suggests="s")
    + sized("b", 20, Depends="d (>= 1), d (<< 9)")
    + sized("c", 400, Depends="d, g")
    + sized("d", 40)
    + sized("e", 100)
    + sized("f", 5)
    + sized("g", 60)
    + sized("h", 7, Depends="d, b")
    + sized("s", 1)
    + sized("here", 1)
)


def footprint_of(world, *words, version="3.0.3"):
    answer = predict(world, Request("install", list(words)), solver_version=version)
    assert answer.verdict == "ok"
    return measure(answer)


def names(found):
    """Return a function from numbers to names."""
    universe = found.answer.state.universe
    return lambda number: universe.name(number).decode() if number >= 0 else ""


def load(packages, kib):
    return Load(packages, kib * 100, kib * KIB)


def test_what_hangs_on_what():
    found = footprint_of(world_of(SMALL), "a")
    name = names(found)
    parts = {name(it): part for it, part in found.parts.items()}
    assert {it: (name(part.above), part.retained) for it, part in parts.items()} == {
        "a": ("", load(6, 630)),
        "b": ("a", load(1, 20)),
        "c": ("a", load(2, 460)),
        "d": ("a", load(1, 40)),  # b and c both need it
        "e": ("a", load(1, 100)),
        "g": ("c", load(1, 60)),
    }
    assert found.total == load(6, 630)
    assert found.words == [("a", load(6, 630))]
    assert parts["d"].edge is None
    assert parts["c"].edge.texts == (b"c",)


def test_two_bounds_on_one_package_are_one_edge():
    found = footprint_of(world_of(SMALL), "h", "b")
    name = names(found)
    texts = {(name(edge.owner), edge.texts) for edge in found.edges}
    assert ("b", (b"d (>= 1)", b"d (<< 9)")) in texts


def test_what_is_shared_belongs_to_no_word():
    found = footprint_of(world_of(SMALL), "c", "h")
    assert dict(found.words) == {"c": load(2, 460), "h": load(2, 27)}
    assert found.shared == load(1, 40)
    assert found.total == load(5, 527)


def test_a_word_that_another_one_needs_has_nothing_of_its_own():
    found = footprint_of(world_of(SMALL), "b", "h")
    assert dict(found.words) == {"b": Load(), "h": load(1, 7)}
    assert found.shared == load(2, 60)


def test_what_comes_for_the_sake_of_what_is_installed_is_kept_apart():
    lists = sized("a", 10, Breaks="i (<< 2)") + sized("i", 30, version="2", Depends="j")
    lists += sized("j", 5)
    found = footprint_of(world_of(lists, installed("i", Installed_Size="20")), "a")
    assert found.words == [("a", load(1, 10))]
    assert found.others == Load(2, 3500, 15 * KIB)
    assert found.total == Load(3, 4500, 25 * KIB)


def test_removals_give_back():
    lists = sized("a", 10, Conflicts="i")
    status = installed("i", Installed_Size="30")
    found = footprint_of(world_of(lists, status), "a", "i-")
    assert found.removed == Load(0, 0, -30 * KIB)
    assert found.total == Load(1, 1000, -20 * KIB)


def told(found, cuts):
    name = names(found)
    return [
        (cut.way, cut.edge and name(cut.edge.owner), cut.words, cut.saved)
        for cut in (*cuts.own, *cuts.packagers)
    ]


def test_the_best_cuts(tmp_path):
    world = Lab(tmp_path, SMALL).world()
    found = footprint_of(world, "a")
    assert told(found, find_cuts(found, 3, solver_version="3.0.3")) == [
        ("no-recommends", None, (), load(2, 460)),
        ("leave-out", "a", ("c-",), load(2, 460)),
        ("alternative", "a", ("f",), load(0, 95)),
        ("packager", "a", (), load(1, 100)),
        ("packager", "c", (), load(1, 60)),
        ("packager", "a", (), load(1, 20)),
    ]


def test_a_cut_that_saves_nothing_is_not_shown(tmp_path):
    # Without the relation of b, c is fulfilled by what is larger.
    lists = sized("a", 1, Depends="b, c | d") + sized("b", 1, Depends="c")
    lists += sized("c", 10) + sized("d", 1)
    world = Lab(tmp_path, lists).world()
    found = footprint_of(world, "a")
    cuts = told(found, find_cuts(found, 5, solver_version="3.0.3"))
    assert ("packager", "b", (), load(1, 10)) not in cuts
    assert all(saved.disk > 0 for _, _, _, saved in cuts)


def test_a_cut_removes_nothing_that_is_there(tmp_path):
    lists = sized("a", 1, Depends="big | small") + sized("big", 500)
    lists += sized("small", 1, Conflicts="here") + sized("here", 900)
    lab = Lab(tmp_path, lists, installed("here", Installed_Size="900"))
    lab.set_automatic("here")
    found = footprint_of(lab.world(), "a")
    assert told(found, find_cuts(found, 3, solver_version="3.0.3")) == [
        ("packager", "a", (), load(1, 500))
    ]


@st.composite
def installations(draw):
    """Draw a system and a request to install up to three packages; each version has its size."""
    drawn = draw(questions()).copy()
    drawn.verb, drawn.removed, drawn.pins = "install", [], []
    stanzas = [it for part in drawn.lists for it in part]
    here = {it["Package"] for it in drawn.status}
    names = sorted({it["Package"] for it in stanzas} - here)
    drawn.wanted = dict.fromkeys(names[: 1 + draw(st.integers(0, 2))])
    for number, stanza in enumerate(stanzas):
        stanza |= {"Installed-Size": str(number + 1), "Size": str(1000 + number)}
    for stanza in drawn.status:
        stanza["Installed-Size"] = "50"
    return drawn


def drawn_footprint(question):
    assume(question.wanted)
    answer = question.answer()
    assume(answer.verdict == "ok" and answer.changes)
    return measure(answer)


@MANY_ARE_REFUSED
@given(installations())
def test_a_footprint_adds_up(question):
    found = drawn_footprint(question)
    parts = found.parts
    whole = found.removed
    for part in parts.values():
        whole = whole.plus(part.own)
    assert whole == found.total == weigh(found.answer)
    assert set(parts) == {it.package for it in found.answer.changes if it.new >= 0}
    apart = found.shared.packages + found.others.packages
    assert apart + sum(it.packages for _, it in found.words) == len(parts)
    assert min(found.shared.packages, found.others.packages) >= 0
    for number, part in parts.items():
        below = {it for it in parts if number in ways_up(parts, it)}
        assert part.retained.packages == len(below)


def ways_up(parts, package):
    """Return a package and all that are above it."""
    found = [package]
    while parts[found[-1]].above >= 0:
        found.append(parts[found[-1]].above)
    return found


@MANY_ARE_REFUSED
@given(installations())
def test_what_an_edge_retains_is_what_cannot_be_reached_without_it(question):
    found = drawn_footprint(question)
    tops = [it for it, part in found.parts.items() if part.above < 0]
    for edge in found.edges:
        seen, queue = set(), list(tops)
        while queue:
            package = queue.pop()
            if package not in seen:
                seen.add(package)
                for other in found.edges:
                    if other.owner == package and other is not edge:
                        queue += other.targets
        assert edge.retained.packages == len(found.parts) - len(seen)


@MANY_ARE_REFUSED
@given(installations())
def test_a_relation_that_is_supposed_away_is_as_good_as_one_that_is_not_written(question):
    found = drawn_footprint(question)
    universe = found.answer.state.universe
    world, request = make_world(question.case(), "case"), question.case().request
    for edge in found.edges[:3]:
        key = universe.name(edge.owner), universe.architecture(edge.owner)
        text = universe.version_string(found.parts[edge.owner].change.new)
        other = without_relation(world, Omission(key, text, edge.kind, edge.texts))
        supposed = predict(other, request, solver_version="3.0.3")
        written = not_written(question, (key[0], text), edge).answer()
        assert supposed.verdict == written.verdict
        assert actions(supposed) == actions(written)
        assert weigh(supposed) == weigh(written)
    # The world itself is as it was.
    again = predict(world, request, solver_version="3.0.3")
    assert actions(again) == actions(found.answer)


def not_written(question, version, edge):
    """Return the question about lists in which a version does not have the relations."""
    field = RELATION_FIELDS[edge.kind].decode()
    other = question.copy()
    for stanza in (it for part in other.lists for it in part):
        if (stanza["Package"].encode(), stanza["Version"].encode()) == version:
            kept = [it for it in stanza[field].split(", ") if it.encode() not in edge.texts]
            stanza[field] = ", ".join(kept)
    return other


# -- an empty root -----------------------------------------------------------------------------

ESSENTIAL = (
    sized("base", 100, Essential="yes", Pre_Depends="libbase", Recommends="extra")
    + sized("libbase", 50, Multi_Arch="same", Source="base (1-1)")
    + sized("guard", 5, Important="yes")
    + sized("apt", 30, version="3.0.3", Depends="base")
    + sized("extra", 500)
)


def test_an_empty_root_has_what_is_essential(tmp_path):
    lab = Lab(tmp_path, ESSENTIAL + SMALL, installed("a") + installed("guard"))
    lab.set_automatic("guard")
    base = emptied(lab.world())
    assert base.world is not None
    assert actions(base.answer) == dict.fromkeys(["apt", "base", "libbase"], "install")
    state = base.world.state()
    universe = state.universe
    present = {universe.name(it).decode(): it for it in state.installed}
    assert set(present) == {"apt", "base", "libbase"}
    # What was written is the archive's own version.
    assert all(version < universe.n_versions for version in state.installed.values())
    assert state.automatic == {present["libbase"]}
    found = footprint_of(base.world, "a", "base")
    assert found.total == load(6, 630)


def test_an_empty_root_that_cannot_be_is_told(tmp_path):
    lab = Lab(tmp_path, sized("base", 1, Essential="yes", Depends="gone"))
    base = emptied(lab.world())
    assert base.world is None
    assert base.answer.verdict == "unsatisfiable"
    done = lab.run("footprint", "--empty", "base")
    assert done.returncode == 1
    assert b"gone" in done.stderr
    assert b"Depends: gone but it is not installable" in done.stdout


# -- the command -------------------------------------------------------------------------------


def golden_texts():
    with open(GOLDEN, encoding="utf-8") as file:
        parts = file.read().split("===== ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


COMMANDS = {
    "one package": ("a",),
    "several": ("c", "h"),
    "in an empty root": ("--empty", "a"),
    "without recommends": ("--no-install-recommends", "--cuts", "9", "a"),
    "nothing to do": ("here",),
    "an option is part of the command": ("-o", "APT::Install-Suggests=1", "-t", "trixie", "a"),
    "no such package": ("nosuch",),
    "a pattern": ("?name(a)",),
    "no package": (),
    "no number": ("--cuts", "-1", "a"),
}


def lab_of(folder):
    return Lab(folder, ESSENTIAL + SMALL, installed("here", Installed_Size="1"))


def command_text(lab, words):
    done = lab.run("footprint", *words)
    shown = (done.stdout + done.stderr).decode().replace(lab.root, "")
    return f"{shown}[{done.returncode}]\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_words_are_those_that_were_reviewed(name, tmp_path):
    assert command_text(lab_of(tmp_path), COMMANDS[name]) == golden_texts()[name]


def test_every_golden_text_has_a_command():
    assert list(golden_texts()) == list(COMMANDS)


@pytest.mark.parametrize("words", [("a",), ("--empty", "c", "h"), ("a", "b-"), ("?name(a)",)])
def test_json_is_what_the_schema_says(words, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    done = lab_of(tmp_path).run("footprint", "--json", *words)
    with open(SCHEMA, "rb") as file:
        schema = json.load(file)
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema)
    assert done.returncode == (0 if document["verdict"] == "ok" else 1)


@pytest.mark.parametrize("words", [("a",), ("--empty", "c", "h")])
def test_the_library_call_weighs_the_same(words, tmp_path):
    lab = lab_of(tmp_path)
    program = lab.run("footprint", "--as-python", *words).stdout.decode()
    rows = run_program(lab, program)
    document = json.loads(lab.run("footprint", "--json", *words).stdout)
    total = document["total"]
    assert rows[0] == "ok"
    assert rows[1] == f"total {total['packages']} {total['download']} {total['installed']}"
    ways = [row.split()[0] for row in rows[-len(document["cuts"]) :]]
    assert ways == [cut["way"] for cut in document["cuts"]]


def run_program(lab, program):
    import subprocess
    import sys

    from tests.apt.world_lab import ENVIRONMENT

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": lab.cache},
        capture_output=True,
        timeout=60,
        cwd=lab.folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


def test_the_tree_is_cut_unless_all_is_asked_for(tmp_path):
    many = ", ".join(f"p{number}" for number in range(40))
    lists = sized("a", 1, Depends=many) + "".join(sized(f"p{n}", n + 1) for n in range(40))
    lab = Lab(tmp_path, lists)
    short = lab.run("footprint", "--cuts", "0", "a").stdout.decode()
    full = lab.run("footprint", "--cuts", "0", "--full", "a").stdout.decode()
    assert "(21 smaller branches)" in short
    assert short.count("(Depends)") == 19
    assert full.count("(Depends)") == 40
