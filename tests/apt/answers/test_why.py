"""Do ``why`` and ``why-not`` say what is true, in words that an administrator understands?"""

from __future__ import annotations

import json
import os
import shlex
from itertools import pairwise

import pytest
from hypothesis import given

from foretell.apt.answers.conflict_facts import Fact, conflict_facts
from foretell.apt.answers.explain import conflict_reasons
from foretell.apt.answers.predict import predict
from foretell.apt.answers.why import Why, explain_presence
from foretell.apt.answers.why_not import find_fixes, find_obstacle
from foretell.apt.cases.case import make_world
from foretell.apt.requests.request import Request
from foretell.apt.solver3.sweep import find_garbage
from foretell.apt.system.planned import Planned
from foretell.errors import UsageError
from foretell.model.reason import number_reasons
from tests.apt import why_cases
from tests.apt.sat_model import parse_relation
from tests.apt.world_lab import Lab, installed, package, world_of
from tests.strategies.cases import questions

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(__file__)), "golden", "why.txt")
RELATIONS = (
    *("Pre-Depends", "Depends", "Recommends", "Suggests"),
    *("Conflicts", "Breaks", "Replaces", "Enhances"),
)


def golden_texts():
    with open(GOLDEN, encoding="utf-8") as file:
        parts = file.read().split("===== ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


@pytest.mark.parametrize("case", why_cases.CASES, ids=lambda case: case.name)
def test_the_words_are_those_that_were_reviewed(case, tmp_path):
    assert why_cases.text(case.lab(tmp_path), case.words) == golden_texts()[case.name]


def test_every_golden_text_has_a_case():
    assert list(golden_texts()) == [case.name for case in why_cases.CASES]


@pytest.mark.parametrize(("kind", "version"), [("", ""), ("same", "1")])
def test_reasons_of_the_solver_tell_what_multi_arch_means(kind, version):
    twin = package("a", "1", Architecture="i386", Multi_Arch=kind)
    world = world_of(package("a", "2", Multi_Arch=kind) + twin, foreign=("i386",))
    answer = predict(world, Request("install", ["a", "a:i386"]), solver_version="3.0.3")
    assert answer.search is not None
    facts = conflict_facts(
        answer.search, world.pinning(answer.search.state), conflict_reasons(answer.search)
    )
    assert facts[-1] == Fact("architectures", "a:i386", version, other="a")


def test_a_long_explanation_is_cut_unless_all_is_asked_for(tmp_path):
    names = [f"p{number}" for number in range(30)]
    chain = "".join(package(a, Depends=b) for a, b in pairwise(names))
    lab = Lab(tmp_path, chain + package("p29", Depends="gone"))
    short, full = lab.run("why-not", "p0"), lab.run("why-not", "--full", "p0")
    explained = short.stdout.decode().partition("No single")[0].splitlines()
    assert len(explained) == 15
    assert explained[0] == "p0 cannot be installed: p29 Depends gone, but no source has gone."
    assert "more steps (--full shows them)" in short.stdout.decode()
    assert len(full.stdout.splitlines()) > 30


@pytest.mark.parametrize(
    "words", [("why",), ("why-not",), ("why", "nosuch"), ("why-not", "nosuch")]
)
def test_words_that_mean_nothing_are_errors(words, tmp_path):
    assert Lab(tmp_path, package("a")).run(*words).returncode == 2


def test_fewer_links_come_first_among_equally_strong_ones(tmp_path):
    status = (
        installed("near", Depends="core")
        + installed("far", Depends="mid")
        + installed("mid", Depends="core")
        + installed("core")
    )
    lab = Lab(tmp_path, "", status)
    lab.set_automatic("mid", "core")
    done = json.loads(lab.run("why", "--all", "--json", "core").stdout)
    ends = [done["reasons"][number - 1]["fields"]["from"] for number in done["conclusions"]]
    assert ends == ["near", "mid"]
    assert done["complete"]


def test_chains_that_are_left_out_are_counted(tmp_path):
    status = "".join(installed(f"p{number}", Depends="core") for number in range(25))
    lab = Lab(tmp_path, "", status + installed("core"))
    lab.set_automatic("core")
    done = lab.run("why", "--all", "core").stdout.decode()
    assert done.count("needed by") == 20
    assert done.endswith("Left out: 5 more.\n")


@pytest.mark.parametrize("case", why_cases.CASES, ids=lambda case: case.name)
def test_json_is_what_the_schema_says(case, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    verb, *words = case.words
    name = verb if verb.startswith("why") else "plan"
    with open(f"docs/reference/schemas/foretell.apt.{name}-1.schema.json", "rb") as file:
        schema = json.load(file)
    done = case.lab(tmp_path).run(verb, "--json", *words)
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema)
    good = document["verdict"] in {"needed", "installable", "ok"}
    assert done.returncode == (0 if good else 1)


@given(questions())
def test_a_chain_is_sound_and_suffices(drawn):
    case = drawn.case()
    world = make_world(case, "case")
    why = Why(world, world.state())
    for target in sorted(why.state.installed):
        found = explain_presence(why, target, 5)
        assert (found.verdict == "unneeded") == (target in why.garbage)
        if found.verdict != "needed":
            continue
        assert found.reasons
        for reason in found.reasons:
            check_chain(drawn, why, target, list(number_reasons([reason])))


def check_chain(drawn, why, target, chain):
    """Check that each link stands in a stanza, and that nothing else is needed."""
    root, *links = chain
    assert why.root(why.universe.find(root.fields["package"].encode()))
    places = [root.fields["package"], *(link.fields["package"] for link in links)]
    assert places[-1] == why.label(target)
    cited = {}
    for link, owner in zip(links, places, strict=False):
        assert link.fields["from"] == owner
        (stanza,) = (s for s in drawn.status if s["Package"] == owner)
        relation, text = link.fields["relation"], link.fields["text"]
        assert parse_relation(text)[0] in parse_relation(stanza[relation])
        cited[owner] = (relation, text)
    reduced = drawn.copy()
    reduced.pins = []
    kept = {(s["Package"], s["Version"]): cited.get(s["Package"]) for s in drawn.status}

    def reduce(stanza):  # apt reads the list's words for what is installed in the same version
        fact = kept.get((stanza["Package"], stanza["Version"]))
        return bare(stanza) | ({fact[0]: fact[1]} if fact else {})

    reduced.lists = [list(map(reduce, part)) for part in reduced.lists]
    reduced.status = [reduce(s) for s in reduced.status if s["Package"] in places]
    world = make_world(reduced.case(), "case")
    state = world.state()
    garbage = find_garbage(state, Planned(dict(state.installed), set(state.automatic)))
    assert state.universe.find(places[-1].encode()) not in garbage


def bare(stanza):
    """Return a stanza without relations."""
    return {name: value for name, value in stanza.items() if name not in RELATIONS}


def test_trying_is_limited_by_a_count(tmp_path, monkeypatch):
    lab = Lab(tmp_path, package("app", Conflicts="a, b") + package("a") + package("b"))
    obstacle = find_obstacle(lab.world("APT::Solver=3.0"), ["app", "a", "b"])
    all_fixes = find_fixes(obstacle)
    assert [fix.change.words for fix in all_fixes.fixes] == [("a", "b")]
    assert all_fixes.is_complete
    monkeypatch.setattr("foretell.apt.answers.why_not.SOLVES_MORE", 0)
    cut = find_fixes(obstacle)
    assert (len(cut.fixes), cut.is_complete) == (1, False)
    monkeypatch.setattr("foretell.apt.answers.why_not.SOLVES_MAX", 0)
    assert find_fixes(obstacle).tried == 0


@given(questions())
def test_every_fix_solves_when_it_is_made_in_the_files(drawn):
    drawn.verb = "install"
    words = [word for word in drawn.words() if not word.endswith("+")]
    if not words:
        return
    world = make_world(drawn.case(), "case")
    try:
        obstacle = find_obstacle(world, words, solver_version="3.0.3")
    except UsageError:
        return
    if obstacle.verdict not in {"conflict", "no-candidate"}:
        return
    for fix in find_fixes(obstacle).fixes:
        changed = drawn.copy()
        change = fix.change
        if change.kind == "unhold":
            for stanza in changed.status:
                if stanza["Package"] == change.subject:
                    assert "hold" in stanza["Status"]
                    stanza["Status"] = "install ok installed"
        if change.kind == "pin":
            number = world.pins.index(next(p for p in world.pins if place(p) == change.place))
            changed.pins = [pin for at, pin in enumerate(drawn.pins) if at != number]
        case = changed.case()
        case.request.words = list(change.words)
        again = make_world(case, "case")
        if change.kind == "target-release":
            answer = find_obstacle(
                again.with_policy(again.pins, change.options[1]),
                list(change.words),
                solver_version="3.0.3",
            )
            assert answer.verdict == "installable", change.words
            continue
        answer = find_obstacle(again, list(change.words), solver_version="3.0.3")
        assert answer.verdict == "installable", (change.kind, shlex.join(change.words))


def place(pin):
    return f"{pin.path}:{pin.line}"
