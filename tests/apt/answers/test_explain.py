"""Does every decision have a reason that leads back to the request, even where they go round?"""

from __future__ import annotations

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.requests.request import Request
from foretell.cli.apt_screen import failure_text
from foretell.model.reason import number_reasons
from foretell.oracle.case import case_request, write_root
from foretell.oracle.failure import parse_failure
from foretell.oracle.libapt import Libapt
from foretell.render.apt_reasons import sentence
from tests.apt.world_lab import installed, package, world_of
from tests.oracle.real_apt import oracle_or_none


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


def test_what_is_no_longer_needed_is_traced_to_what_needed_it():
    status = installed("a", Depends="b") + installed("b", Depends="c") + installed("c")
    world = world_of("", status + installed("d"), ("b", "c", "d"))
    answer = predict(world, Request("remove", ["a"], auto_remove=True))
    assert told(answer) == [
        ("requested", "a:amd64", None),
        ("unneeded", "b:amd64", "a:amd64"),
        ("unneeded", "c:amd64", "b:amd64"),
        ("unneeded", "d:amd64", None),
    ]
    last = answer.prediction.reasons[2]
    assert (last.fields["relation"], last.fields["text"]) == ("Depends", "c")


def test_upgrade_is_no_failed_choice():
    status = installed("a") + installed("b")
    answer = ask(
        package("a", "2") + package("e", Essential="yes"), status=status, verb="full-upgrade"
    )
    assert told(answer) == [("upgraded", "a:amd64", None), ("essential", "e:amd64", None)]


def test_owner_of_a_relation_is_told():
    status = installed("a") + installed("b", Depends="a (= 1)", Conflicts="c")
    world = world_of(package("a", "2") + package("c"), status, ("b",))
    for word in ("a", "c"):
        (reason,) = (
            reason
            for reason in predict(world, Request("install", [word])).prediction.reasons
            if reason.fields["package"] == "b:amd64"
        )
        assert (reason.fields["from"], reason.fields["owner"]) == (f"{word}:amd64", "b:amd64=1")
        assert sentence("relation", reason.fields, native="amd64").startswith("b: b ")


def test_what_fulfilled_a_relation_before_is_told():
    status = installed("s", Depends="x | y") + installed("x")
    answer = ask(package("y"), "x", status=status, verb="remove")
    reason = answer.prediction.reasons[1]
    assert (reason.fields["package"], reason.fields["before"]) == ("y:amd64", ("x:amd64",))
    assert [parent.kind for parent in reason.parents] == ["stays", "requested"]
    assert sentence("relation", reason.fields, native="amd64") == (
        "y: s Depends x | y, which x fulfilled before"
    )


def test_removal_says_why_no_other_version_can_be_taken():
    status = installed("a", Depends="b") + installed("b")
    answer = ask(
        package("a", "2", Depends="gone"), "b", status=status, automatic=("a",), verb="remove"
    )
    reason = answer.prediction.reasons[0]
    (other,) = (parent for parent in reason.parents if parent.kind == "other-version")
    assert (other.fields["version"], other.fields["text"]) == ("2", "gone")
    assert sentence(other.kind, other.fields, native="amd64") == (
        "a: its version 2 cannot be taken either: a Depends gone"
    )


def test_what_an_upgrade_avoids_as_obsolete_is_told():
    packages = package("old", Source="s (1)") + package("new") + package("next", "2", Source="s")
    status = installed("owner", Depends="old | new") + installed("old", Source="s (1)")
    answer = ask(packages, verb="full-upgrade", status=status, automatic=("old",))
    (reason,) = [it for it in answer.prediction.reasons if it.fields["package"] == "new:amd64"]
    fields = {name: reason.fields[name] for name in ("beside", "obsolete", "newer")}
    assert fields == {
        "beside": ("old:amd64",),
        "obsolete": ("old:amd64",),
        "newer": ("next:amd64=2",),
    }
    assert sentence("relation", reason.fields, native="amd64") == (
        "new: owner Depends old | new, which old fulfils as well, but old is obsolete "
        "(the source has next now)"
    )


def test_a_recommends_that_rules_a_version_out_is_called_insisted_on():
    fields = {"package": "a:amd64", "version": "2", "relation": "Recommends", "text": "b"}
    assert sentence("other-version", {**fields, "owner": "a:amd64=2"}, native="amd64") == (
        "a: its version 2 cannot be taken either: a Recommends b, on which an upgrade insists"
    )


def test_circle_that_nothing_needs_has_no_cause():
    status = installed("a", Depends="b") + installed("b", Depends="a")
    answer = ask("", status=status, automatic=("a", "b"), verb="autoremove")
    assert told(answer) == [("unneeded", "a:amd64", None), ("unneeded", "b:amd64", None)]


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


def test_decision_and_its_cause_may_explain_each_other():
    """As apt has it: what is explained already is "as above" wherever it comes again."""
    shown = """\
         - o:amd64 is not selected for install because:
           1. ya:amd64=1 is selected for install as above
           1-3. aa:amd64=1 is selected for install as above
           4. o:amd64 Conflicts v
              [selected aa:amd64=1]
           For context, additional choices that could not be installed:
           * In ya:amd64 Depends o | aa:
             - o:amd64 is not selected for install as above
"""
    assert shown in failure_text(round_trip(["zz", "ya", "wk"]))


UNDECIDED = (
    package("a", Depends="b | u, c | v") + package("b", Depends="d") + package("c", Depends="e")
    + package("d", Depends="e | f") + package("e", Depends="nosuch")
    + package("f", Depends="nosuch") + package("u") + package("v")
)  # fmt: skip
# Words of the request, packages, what is installed, the verb, apt's version, what is told.
# Each text is that of the real apt of that version.
TOLD = {
    "alternative-named-twice": (
        ["a", "c"],
        package("a", Depends="b | b (>= 1)") + package("b") + package("c", Conflicts="b"),
        "",
        "install",
        "3.0.3",
        """\
decisions:
1. a:amd64=1 is selected for install
2. a:amd64 Depends b | b (>= 1)
   but none of the choices are installable:
   - b:amd64 is available in version 1
     but none of the choices are installable:
     - b:amd64=1 is not selected for install because:
       1. c:amd64=1 is selected for install
       2. c:amd64 Conflicts b
   - b:amd64 is not selected for install as above""",
    ),
    "other-build-of-the-same-version": (
        ["a"],
        package("a", Depends="nosuch"),
        installed("a"),
        "reinstall",
        "3.0.3",
        """\
decisions:
1. a:amd64=1 is selected as a downgrade
2. a:amd64=1 Depends nosuch
   but none of the choices are installable:
   [no choices]""",
    ),
    "missing-essential": (
        [],
        package("a", Essential="yes", Depends="nosuch"),
        installed("b"),
        "full-upgrade",
        "3.3.5",
        """\
assignments:
1. a:amd64 is selected for install because:
   1. (root) ->  | a:amd64
2. a:amd64 Depends nosuch
   but none of the choices are installable:
   [no choices]""",
    ),
    "merged-relations": (
        ["b"],
        "",
        installed("a", Essential="yes", Pre_Depends="b", Depends="b (>= 1)") + installed("b"),
        "remove",
        "3.3.5",
        """\
assignments:
1. a:amd64 is selected for install
2. a:amd64 PreDepends b and Depends b (>= 1)
   but none of the choices are installable:
   - b:amd64 is selected for removal""",
    ),
    "undecided": (
        ["a"],
        UNDECIDED,
        "",
        "install",
        "3.0.3",
        """\
decisions:
1. e:amd64 is selected for install because:
   1. a:amd64=1 is selected for install
   2. a:amd64 Depends c | v
      [selected c:amd64 for install]
   3. c:amd64 Depends e
   For context, additional choices that could not be installed:
   * In a:amd64 Depends c | v:
     - v:amd64 is undecided
2. e:amd64 Depends nosuch
   but none of the choices are installable:
   [no choices]""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_failures_are_told_as_by_apt(case):
    words, packages, status, verb, version, text = TOLD[case]
    request = Request(verb, words)
    answer = predict(world_of(packages, status, ()), request, solver_version=version)
    assert failure_text(answer).partition("conflicting ")[2] == text


def stanzas_of(text):
    """Return the fields of each stanza."""
    blocks = filter(None, text.strip().split("\n\n"))
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


@pytest.mark.oracle
@pytest.mark.parametrize("case", TOLD)
def test_the_real_apt_tells_them_so(case, tmp_path, require):
    words, packages, status, verb, version, text = TOLD[case]
    oracle = oracle_or_none()
    if oracle is None or version not in oracle.versions():
        require("apt", f"libapt {version} is not built: make oracle")
    document = {
        "native": "amd64",
        "request": {"verb": verb, "words": words},
        "status": stanzas_of(status),
        "lists": [{"stanzas": stanzas_of(packages)}],
    }
    write_root(document, str(tmp_path))
    with Libapt(oracle, str(tmp_path), version=version) as libapt:
        told = libapt.ask(case_request(document)).error
    assert parse_failure(told) == parse_failure(f"Reached two conflicting {text}")
    assert f"conflicting {text.partition(':')[0]}:" in told


def test_foreign_targets_carry_their_architecture():
    text = failure_text(ask(package("a", Depends="b:arm64"), "a"))
    assert "b:arm64" in text


def test_names_that_are_no_text_are_told_without_failing():
    answer = ask(package("a", Depends="b\udcff"), "a")
    assert "b\udcff" in failure_text(answer)
