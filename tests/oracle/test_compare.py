"""Are answers compared exactly, and is every difference told?"""

from __future__ import annotations

import pytest

from foretell.oracle.answer import Answer, Change, Request
from foretell.oracle.compare import (
    LINES_MAX,
    Tally,
    compare_all,
    compare_answers,
    compare_failures,
)

ASKED = Request("install", ("a",))


def change(package="a", action="install", version="1", previous="", *, automatic=False):
    return Change(package, "amd64", action, version, previous, automatic)


def answer(*changes, verdict="ok", **more):
    return Answer(verdict=verdict, changes=tuple(changes), **more)


BASE = answer(change())
CASES = {
    "other-verdict": (answer(verdict="failed"), "success"),
    "unknown": (answer(verdict="unknown", error="rule"), "unknown"),
    "one-more": (answer(change(), change("b")), "set"),
    "removed-instead": (answer(change(action="remove", version="", previous="1")), "set"),
    "other-architecture": (answer(change()._replace(architecture="i386")), "set"),
    "other-version": (answer(change(version="2")), "versions"),
    "other-mark": (answer(change(automatic=True)), "marks"),
    "mark-alone": (answer(change(), marks=(("c", "amd64", True),)), "marks"),
    "autoremovable": (answer(change(), autoremovable=(("c", "amd64"),)), "marks"),
}


@pytest.mark.parametrize("case", CASES)
def test_difference_is_of_its_kind_both_ways(case):
    other, kind = CASES[case]
    for ours, theirs in ((BASE, other), (other, BASE)):
        difference = compare_answers(ASKED, ours, theirs)
        assert difference is not None
        assert difference.kind == kind
        assert difference.lines()


def test_action_alone_is_a_difference_of_versions():
    ours = answer(change(action="upgrade", previous="1"))
    theirs = answer(change(action="reinstall", previous="1"))
    difference = compare_answers(ASKED, ours, theirs)
    assert difference is not None
    assert difference.kind == "versions"
    assert difference.lines() == [
        "only ours: upgrade a:amd64 1 -> 1 (manual)",
        "only theirs: reinstall a:amd64 1 -> 1 (manual)",
    ]


def test_same_answers_are_no_difference():
    assert compare_answers(ASKED, BASE, answer(change())) is None
    failed = answer(verdict="failed", error="one text")
    assert compare_answers(ASKED, failed, answer(verdict="failed", error="another")) is None


def test_two_unknowns_are_no_agreement():
    unknown = answer(verdict="unknown")
    difference = compare_answers(ASKED, unknown, unknown)
    assert difference is not None
    assert difference.kind == "unknown"


def test_long_differences_are_cut():
    many = answer(*(change(f"p{number:03}") for number in range(40)))
    difference = compare_answers(ASKED, many, answer())
    assert difference is not None
    assert len(difference.lines()) == LINES_MAX + 1
    assert difference.lines()[-1] == f"only ours: and {40 - LINES_MAX} more"


def test_tally_counts_and_leaves_out_timeouts():
    def theirs(request):
        if request.words == ("slow",):
            raise TimeoutError
        return BASE

    requests = [Request("install", (word,)) for word in ("a", "slow", "b", "c")]
    tally = Tally()
    ours = {"a": BASE, "b": answer(), "c": answer(verdict="unknown")}
    pairs = list(compare_all(requests, lambda r: ours[r.words[0]], theirs, tally))
    assert [request.words[0] for request, _ in pairs] == ["a", "b", "c"]
    assert tally.summary() == "1 agreed / 3 compared"
    assert tally.by_kind() == {"unknown": 1, "set": 1}
    assert tally.timeouts == [requests[1]]


CONFLICT = """\
Unable to satisfy dependencies. Reached two conflicting decisions:
1. a:amd64=1 is selected for install
2. a:amd64 Depends b
   but none of the choices are installable:
   [no choices]"""


def refusal(old="", new=""):
    return answer(verdict="failed", error=CONFLICT.replace(old, new))


@pytest.mark.parametrize(
    ("theirs", "same_pair", "same_text", "lines"),
    [
        (refusal("decisions", "assignments"), True, True, []),
        (
            refusal("Depends b", "Depends c"),
            True,
            False,
            ["ours: 2. a:amd64 Depends b", "theirs: 2. a:amd64 Depends c"],
        ),
        (
            refusal("\n   [no choices]"),
            True,
            False,
            ["ours: [no choices]", "theirs: (end)"],
        ),
        (
            refusal("install", "removal"),
            False,
            False,
            [
                "ours: a:amd64=1 is selected for install",
                "ours: a:amd64 has no choice",
                "theirs: a:amd64=1 is selected for removal",
                "theirs: a:amd64 has no choice",
            ],
        ),
        (
            answer(verdict="failed", error="no such package"),
            False,
            False,
            [
                "ours: a:amd64=1 is selected for install",
                "ours: a:amd64 has no choice",
                "theirs: no conflict",
            ],
        ),
    ],
)
def test_reasons_of_failures_are_compared(theirs, same_pair, same_text, lines):
    failure = compare_failures(ASKED, refusal(), theirs)
    assert failure is not None
    assert (failure.has_same_pair, failure.has_same_text) == (same_pair, same_text)
    assert failure.lines() == lines
    other = compare_failures(ASKED, theirs, refusal())
    assert other is not None
    assert (other.has_same_pair, len(other.lines())) == (same_pair, len(lines))


def complaint(text, *more):
    return answer(verdict="failed", error="\n".join((text, *more)))


HELD = "Unable to correct problems, you have held broken packages."
BREAKS = "Error, pkgProblemResolver::Resolve generated breaks, this may be caused by held packages."


@pytest.mark.parametrize(
    ("ours", "theirs", "same_pair", "lines"),
    [
        (complaint(HELD), complaint(HELD), True, []),
        (complaint(HELD, CONFLICT), complaint(HELD, CONFLICT), True, []),
        (complaint(HELD), complaint(BREAKS), False, [f"ours: {HELD}", f"theirs: {BREAKS}"]),
        (
            complaint(HELD, CONFLICT),
            complaint(BREAKS, CONFLICT),
            False,
            [f"ours: {HELD}", f"theirs: {BREAKS}"],
        ),
        (refusal(), complaint(HELD, CONFLICT), False, ["ours: no complaint", f"theirs: {HELD}"]),
    ],
)
def test_complaints_of_the_classic_solver_are_compared(ours, theirs, same_pair, lines):
    failure = compare_failures(ASKED, ours, theirs)
    assert failure is not None
    assert (failure.has_same_pair, failure.has_same_text) == (same_pair, same_pair)
    assert failure.lines() == lines


@pytest.mark.parametrize(
    "theirs", [BASE, answer(verdict="unknown"), answer(verdict="failed", error="no such package")]
)
def test_no_conflict_is_compared_with_none(theirs):
    ours = theirs if theirs.verdict == "failed" else refusal()
    assert compare_failures(ASKED, ours, theirs) is None


def test_tally_counts_failures_apart():
    theirs = {
        "same": refusal("decisions", "assignments"),
        "text": refusal("Depends b", "Depends c"),
        "pair": refusal("install", "removal"),
        "words": answer(verdict="failed", error="no such package"),
        "ok": BASE,
    }
    ours = {word: refusal() for word in theirs} | {"words": theirs["words"], "ok": BASE}
    tally = Tally()
    requests = [Request("install", (word,)) for word in theirs]
    pairs = compare_all(requests, lambda r: ours[r.words[0]], lambda r: theirs[r.words[0]], tally)
    assert [difference for _, difference in pairs] == [None] * 5
    assert tally.summary() == "5 agreed / 5 compared"
    assert (len(tally.failures), tally.refused) == (3, 1)
    assert (tally.same_pairs, tally.same_texts) == (2, 1)


def test_request_reads_as_a_command_line():
    request = Request("install", ("a", "b-"), ("APT::X=1",))
    assert str(request) == "install a b- -o APT::X=1"
