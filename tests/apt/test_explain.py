"""Does every decision have a reason that leads back to the request, even where they go round?"""

from __future__ import annotations

import pytest

from foretell.apt.predict import predict
from foretell.apt.request import Request
from foretell.cli.apt_screen import failure_text
from foretell.model.reason import number_reasons
from tests.apt.world_lab import installed, package, world_of


def ask(packages, *words, status="", automatic=(), verb="install"):
    return predict(world_of(packages, status, automatic), Request(verb, list(words)))


def told(answer):
    """Return (kind, package, where from) of the reason of every change."""
    return [
        (reason.kind, reason.fields["package"], reason.fields.get("from"))
        for reason in answer.prediction.reasons
    ]


def test_change_is_traced_to_the_request():
    answer = ask(package("a", Depends="b") + package("b", Recommends="c") + package("c"), "a")
    assert told(answer) == [
        ("requested", "a:amd64", None),
        ("relation", "b:amd64", "a:amd64"),
        ("relation", "c:amd64", "b:amd64"),
    ]
    last = answer.prediction.reasons[2]
    assert (last.fields["relation"], last.fields["text"]) == ("Recommends", "c")
    assert [reason.kind for reason in number_reasons([last])] == [
        "requested",
        "relation",
        "relation",
    ]


def test_removal_is_traced_to_what_excludes_it():
    answer = ask(
        package("a", Conflicts="b") + package("b"), "a", status=installed("b"), automatic=("b",)
    )
    assert told(answer)[1] == ("relation", "b:amd64", "a:amd64")


def test_removal_is_traced_to_what_it_lacks():
    status = installed("a", Recommends="b") + installed("b", Depends="c") + installed("c")
    answer = ask("", "c", status=status, automatic=("b",), verb="remove")
    assert told(answer) == [("relation", "b:amd64", "c:amd64"), ("requested", "c:amd64", None)]
    assert answer.prediction.reasons[0].fields["text"] == "c"


def test_every_change_has_evidence():
    answer = ask(package("a", Depends="b") + package("b"), "a")
    assert all(reason.evidence for reason in answer.prediction.reasons)


def test_conflict_has_two_sides():
    answer = ask(package("a", Depends="b") + package("b", Conflicts="c") + package("c"), "a", "c")
    stands, demanded = answer.prediction.reasons
    assert {stands.kind, demanded.kind} == {"selected", "rejected"}
    assert stands.fields["variable"] == demanded.fields["variable"]
    assert "b:amd64 Conflicts c" in failure_text(answer)


def test_missing_alternatives_are_all_told():
    answer = ask(package("a", Depends="x | y (>= 2)") + package("y"), "a")
    text = failure_text(answer)
    assert "a:amd64 Depends x | y (>= 2)" in text
    assert answer.prediction.reasons


def round_trip(request_order):
    """Return a world in which o is out because of aa, and aa is in because o is out."""
    chain = "".join(package(f"d{n}", Depends=f"d{n + 1}") for n in range(1, 8))
    packages = (
        package("o", Conflicts="v") + package("aa", Provides="v") + package("zz", Provides="v")
        + package("ya", Depends="o | aa") + package("wk", Depends="d1") + chain
        + package("d8", Conflicts="aa")
    )  # fmt: skip
    return ask(packages, *request_order)


@pytest.mark.timeout(20)
def test_decisions_that_explain_each_other_are_told_once():
    """A provider that came later can stand in the place of the cause."""
    answer = round_trip(["zz", "ya", "wk"])
    assert answer.verdict == "unsatisfiable"
    text = failure_text(answer)
    assert "o:amd64 Conflicts v" in text
    assert "ya:amd64 Depends o | aa" in text
    assert text == failure_text(round_trip(["wk", "ya", "zz"]))


def test_foreign_targets_carry_their_architecture():
    text = failure_text(ask(package("a", Depends="b:arm64"), "a"))
    assert "b:arm64" in text


def test_names_that_are_no_text_are_told_without_failing():
    answer = ask(package("a", Depends="b\udcff"), "a")
    assert "b\udcff" in failure_text(answer)
