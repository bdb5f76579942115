"""Do the reasons of the classic solver's answers hold, and do they lead back to the request?

The stanzas are read here from the case's text, as the evidence points at them.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import make_world, stanza_text
from foretell.apt.requests.request import Request
from foretell.apt.requests.settings import settled_configuration
from foretell.apt.system.state import CLASSIC
from foretell.cli.apt_sides import plain_request
from foretell.errors import UsageError
from foretell.model.reason import number_reasons, reasons_as_json
from foretell.render.apt_reasons import sentence
from tests.apt.sat_model import NEGATIVE, Key, Stanza, is_fit, parse_relation, parse_stanzas
from tests.apt.world_lab import installed, package, world_of
from tests.oracle.universe import Universe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.predict import Answer

SEED = int(os.environ.get("FORETELL_SEED", "1"))
UNIVERSES = 150
FIRST = {"requested", "upgraded", "essential", "held", "deferred", "hopeless", "in-the-way"}
QUOTING = {"relation", "points", "broken", "unsolved", "held-back", "failed", "hopeless"}
Node = dict[str, Any]


def ask(world, verb, *words):
    world.configuration = settled_configuration("/none", "amd64", {"APT::Solver": CLASSIC})
    answer = predict(world, Request(verb, list(words)))
    assert (answer.verdict, answer.solver) == ("ok", CLASSIC)
    return answer


def nodes_of(answer: Answer) -> list[Node]:
    told: dict[str, Any] = reasons_as_json(answer.prediction.reasons)
    return list(told["reasons"])


def fields_of(answer: Answer, kind: str, name: str) -> dict[str, Any]:
    """Return the fields of the first reason of a kind about a package."""
    return next(
        node["fields"]
        for node in nodes_of(answer)
        if (node["kind"], node["fields"]["package"]) == (kind, f"{name}:amd64")
    )


class Reader:
    """The stanzas of a case, found by evidence alone."""

    def __init__(self, universe: Universe) -> None:
        self.lists = [
            b"\n".join(map(stanza_text, part.stanzas)).decode() for part in universe.case.lists
        ]
        status = b"\n".join(map(stanza_text, universe.case.status)).decode()
        self.status = parse_stanzas(status)
        self.all = [stanza for text in self.lists for stanza in parse_stanzas(text)]
        self.all += self.status

    def cited(self, node: Node) -> Iterator[Stanza]:
        """Yield the stanzas that a reason cites; of the status file, all that are in it."""
        for fact in node["evidence"]:
            match = re.fullmatch(r"u#lists/(\d+):@(\d+)\+(\d+)", fact["place"])
            if match is None:
                assert fact["kind"] == "status-stanza"
                yield from self.status
                continue
            number, offset, length = map(int, match.groups())
            yield from parse_stanzas(self.lists[number][offset : offset + length])

    def versions(self, label: str) -> set[Key]:
        """Return all versions of a package by its label."""
        name = label.partition(":")[0]
        return {stanza.key for stanza in self.all if stanza.key.name == name}

    @cache  # noqa: B019
    def meant(self, text: str) -> set[Key]:
        """Return all versions that an or-group is about."""
        found = set()
        for member in parse_relation(text)[0]:
            for stanza in self.all:
                is_own = stanza.key.name == member.name and is_fit(
                    stanza.key.version, member.operator, member.version
                )
                gives = any(
                    name == member.name
                    and (not member.operator
                         or (given and is_fit(given, member.operator, member.version)))
                    for name, given in stanza.provides()
                )  # fmt: skip
                if is_own or gives:
                    found.add(stanza.key)
        return found


def wrong(reader: Reader, answer: Answer, nodes: list[Node]) -> Iterator[tuple[str, Node]]:
    """Yield what is wrong with the reasons of an answer."""
    by_number = {node["number"]: node for node in nodes}
    for node in nodes:
        if any(parent >= node["number"] for parent in node["parents"]):
            yield "a cause comes later", node
        end = node
        while end["parents"]:
            end = by_number[end["parents"][0]]
        fields = end["fields"]
        if end["kind"] == "requested":
            name = fields["package"].partition(":")[0]
            words = {re.split("[=+-]", word)[0] for word in answer.request.words}
            meant = {key for word in words for key in reader.meant(word)}
            if not meant & reader.versions(name):
                yield "the request does not name it", end
        elif end["kind"] in {"unneeded", "kept-back"}:
            if "from" in fields or end is not node:
                yield "a fact that has a cause", end
        elif end["kind"] not in FIRST:
            yield "no fact at the end", end
        if "text" in node["fields"]:
            yield from wrong_quote(reader, node)
        elif node["kind"] in QUOTING:
            yield "no relation", node


def wrong_quote(reader: Reader, node: Node) -> Iterator[tuple[str, Node]]:
    fields = node["fields"]
    owner, _, version = fields["owner"].partition("=")
    key = (owner.partition(":")[0], version)
    group = parse_relation(fields["text"])[0]
    field = fields["relation"].lower()
    if not any(s.key == key and group in s.groups(field) for s in reader.cited(node)):
        yield "not in the cited stanza", node
    if owner not in {fields["package"], fields.get("from")}:
        yield "of a third package", node
    meant = reader.meant(fields["text"])
    other = fields["package"] if owner == fields.get("from") else fields.get("from")
    if node["kind"] in {"failed", "hopeless"} or other is None:
        return
    if not meant & reader.versions(other) and node["kind"] != "unneeded":
        yield "not about the other package", node


def answers() -> Iterator[tuple[int, Reader, Answer]]:
    for seed in range(SEED * 1000, SEED * 1000 + UNIVERSES):
        universe = Universe(seed)
        universe.case.settings = universe.case.settings | {"APT::Solver": CLASSIC}
        world = make_world(universe.case, "u")
        reader = Reader(universe)
        for request in universe.requests():
            try:
                answer = predict(world, plain_request(request, world))
            except UsageError:
                continue
            if (answer.verdict, answer.solver) == ("ok", CLASSIC):
                yield seed, reader, answer


@pytest.fixture(scope="module")
def drawn() -> list[tuple[int, Reader, Answer]]:
    return list(answers())


def test_every_reason_holds_and_leads_to_a_fact(drawn):
    found, count = [], 0
    for seed, reader, answer in drawn:
        nodes = nodes_of(answer)
        count += len(nodes)
        words = (seed, answer.request.verb, *answer.request.words)
        found += [(*words, *row) for row in wrong(reader, answer, nodes)]
    print(f"{count} reasons of {len(drawn)} answers")
    assert found == []
    assert count > 8 * UNIVERSES


def test_what_is_installed_fulfils_the_relation_that_installs_it(drawn):
    count = 0
    for _, reader, answer in drawn:
        universe = answer.state.universe
        for change, reason in zip(answer.changes, answer.prediction.reasons, strict=False):
            label = f"{universe.name(change.package).decode()}:amd64"
            assert reason.fields["package"] == label
            fields = reason.fields
            if reason.kind != "relation" or change.new < 0 or fields["from"] == label:
                continue
            if fields["owner"].partition("=")[0] != fields["from"]:
                continue
            if fields["relation"].lower() in NEGATIVE:
                continue
            count += 1
            version = universe.version_string(change.new).decode()
            assert (label.partition(":")[0], version) in reader.meant(fields["text"])
    assert count > UNIVERSES / 2


def test_recording_changes_nothing(drawn):
    for seed, _, answer in drawn:
        assert answer.recording().planned.versions == answer.planned.versions, seed


def test_order_of_creation_is_told_with_its_numbers():
    providers = package("a", Provides="v") + package("b", Provides="v") + package("c", Provides="v")
    fields = fields_of(ask(world_of(package("x", Depends="v") + providers), "install", "x"),
                       "relation", "c")  # fmt: skip
    assert {name: fields[name] for name in ("choices", "rule", "over", "id", "over-id")} == {
        "choices": 3,
        "rule": "created",
        "over": "b:amd64=1",
        "id": 4,
        "over-id": 3,
    }


def test_points_are_told():
    status = installed("bar", Depends="libfoo") + installed("libfoo")
    answer = ask(world_of(package("x"), status), "remove", "libfoo")
    fields = fields_of(answer, "points", "bar")
    names = ("rule", "from", "relation", "text", "round")
    assert [fields[name] for name in names] == ["points", "libfoo:amd64", "Depends", "libfoo", 0]
    assert fields["outcome"] == "removed"
    assert sentence("points", fields, native="amd64") == (
        "bar: bar Depends libfoo: libfoo has 10001 points, bar -2: it goes"
    )
    # bar cannot be downloaded; libfoo is named, and there is a relation on it.
    assert (fields["points"], fields["from-points"]) == (-2, 10_001)


def test_leftover_says_that_its_cause_passed():
    packages = (
        package("x", Depends="a | b")
        + package("a", Depends="l, z")
        + package("z", Depends="q")
        + package("q", Depends="missing")
        + package("l")
        + package("b", Suggests="l")
    )
    answer = ask(world_of(packages), "install", "x")
    assert [reason.fields["package"] for reason in answer.prediction.reasons] == [
        "b:amd64",
        "l:amd64",
        "x:amd64",
    ]
    assert fields_of(answer, "relation", "b")["skipped"] == ["a:amd64=1"]
    leftover = answer.prediction.reasons[1]
    (cause,) = leftover.parents
    assert (cause.fields["package"], cause.fields["passing"]) == ("a:amd64", True)
    hopeless = fields_of(answer, "hopeless", "q")
    assert (hopeless["relation"], hopeless["text"]) == ("Depends", "missing")


def test_what_the_request_keeps_out_is_a_cause():
    packages = (
        package("x", Recommends="a | b")
        + package("a", Depends="out")
        + package("b")
        + package("out")
    )
    answer = ask(world_of(packages), "install", "x", "out-")
    (why,) = (node for node in nodes_of(answer) if node["kind"] == "failed")
    (cause,) = (node for node in nodes_of(answer) if node["number"] in why["parents"])
    assert (cause["kind"], cause["fields"]["package"]) == ("requested", "out:amd64")


def test_new_package_that_nothing_needs_is_told():
    packages = (
        package("x", Depends="a | b")
        + package("a", Depends="l, z")
        + package("z", Depends="q")
        + package("q", Depends="missing")
        + package("l")
        + package("b")
    )
    answer = ask(world_of(packages), "install", "x")
    (reason,) = (r for r in answer.prediction.reasons if r.kind == "dropped")
    assert reason.fields["package"] == "l:amd64"
    assert reason.parents[0].fields["from"] == "a:amd64"


def test_upgrades_that_are_held_back_are_told():
    status = (
        installed("a")
        + installed("h", Status="hold ok installed")
        + installed("b", Depends="a (<< 2)")
    )
    packages = package("a", "2") + package("h", "2") + package("c", Depends="missing")
    answer = ask(world_of(packages, status), "upgrade")
    told = {reason.fields["package"]: reason for reason in answer.prediction.reasons}
    assert told["h:amd64"].fields["rule"] == "held"
    assert told["a:amd64"].fields["rule"] == "held-back"
    (why,) = told["a:amd64"].parents
    assert (why.fields["owner"], why.fields["text"]) == ("b:amd64=1", "a (<< 2)")


def test_what_nothing_needs_any_more_is_traced():
    status = installed("a", Depends="b") + installed("b", Depends="c") + installed("c")
    answer = ask(world_of(package("x"), status, ("b", "c")), "remove", "a")
    told = {reason.fields["package"]: reason for reason in answer.prediction.reasons}
    assert [told[f"{name}:amd64"].kind for name in "abc"] == ["requested", "unneeded", "unneeded"]
    assert told["c:amd64"].fields["from"] == "b:amd64"
    assert told["c:amd64"].parents == (told["b:amd64"],)
    assert told["b:amd64"].parents == (told["a:amd64"],)


def test_no_recording_without_a_question(monkeypatch):
    from foretell.apt.answers import classic_recording

    monkeypatch.setattr(classic_recording, "record", None)
    answer = ask(world_of(package("x", Depends="y") + package("y")), "install", "x")
    with pytest.raises(TypeError):
        number_reasons(answer.prediction.reasons)
