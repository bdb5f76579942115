"""Do answers about the whole embedded archive keep to the model of the rules?

Random requests to a Debian of 69,000 packages; the archive is parsed anew from its text.
"""

from __future__ import annotations

import json
import os
from typing import NamedTuple

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.apt.answers.predict import predict
from foretell.apt.cases.embedded import FOLDER, NAME, EmbeddedWorld, embedded_world
from foretell.apt.requests.request import Request
from foretell.cli.apt_screen import plan_json
from tests.apt.reason_checks import Proof, broken_steps
from tests.apt.sat_model import Key, Model, Question, System, parse_stanzas

# One example takes about half a second: a twentieth of what small systems get.
few = settings(max_examples=max(settings().max_examples // 20, 5))


class Embedded(NamedTuple):
    """The same world twice: foretell's and the model's, and what there is to ask for."""

    world: EmbeddedWorld
    system: System
    names: list[str]
    installed: list[str]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    path = os.path.join(FOLDER, NAME)
    with open(path + ".packages.zst", "rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file).read().decode()
    with open(path + ".status", encoding="utf-8") as file:
        status = parse_stanzas(file.read())
    with open(path + ".json", "rb") as file:
        automatic = [name for name, _ in json.load(file)["automatic"]]
    system = System([(500, parse_stanzas(text))], status, automatic)
    cache = str(tmp_path_factory.mktemp("cache"))
    world = embedded_world(["APT::Solver=3.0"], cache=cache)
    return Embedded(world, system, sorted(system.by_name), sorted(system.installed))


def check(embedded: Embedded, wanted: list[str], removed: list[str]) -> None:
    """Ask, and compare the answer with the model."""
    words = [*wanted, *(f"{name}-" for name in removed)]
    request = Request("install", words)
    plan = json.loads(plan_json(predict(embedded.world, request, solver_version="3.0.3")))
    system = embedded.system
    question = Question(wanted=dict.fromkeys(wanted), removed=frozenset(removed))
    if plan["verdict"] == "unsatisfiable":
        proof = Proof(system, question, plan["reasons"])
        assert Model(system, question).solve() is None
        assert proof.unfounded == []
        assert proof.is_contradiction() or proof.guesses
        return
    assert plan["verdict"] == "ok"
    final = dict(system.installed)
    for change in plan["changes"]:
        final.pop(change["package"], None)
        if change["version"] is not None:
            final[change["package"]] = Key(change["package"], change["version"])
    assert system.unmet(final) == []
    assert Model(system, question, also=final.values()).violated(final) == []
    assert broken_steps(system, final, plan["reasons"]) == []


@few
@given(st.data())
def test_answers_about_a_whole_archive_keep_to_the_rules(embedded, data):
    some = st.lists(st.integers(0, len(embedded.names) - 1), min_size=1, max_size=5, unique=True)
    wanted = [embedded.names[number] for number in data.draw(some)]
    removed = data.draw(st.lists(st.sampled_from(embedded.installed), max_size=1))
    check(embedded, wanted, [name for name in removed if name not in wanted])


@pytest.mark.parametrize(
    ("wanted", "removed"),
    [
        (["gnome"], []),
        (["sysvinit-core"], []),
        (["git", "vim"], ["apt"]),
        (["exim4-daemon-light", "postfix"], []),
        ([], ["libc6"]),
    ],
)
def test_well_known_questions_keep_to_the_rules(embedded, wanted, removed):
    check(embedded, wanted, removed)
