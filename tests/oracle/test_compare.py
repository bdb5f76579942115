"""Are answers compared exactly, and is every difference told?"""

from __future__ import annotations

import pytest

from foretell.oracle.answer import Answer, Change, Request
from foretell.oracle.compare import LINES_MAX, Tally, compare_all, compare_answers

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


def test_request_reads_as_a_command_line():
    request = Request("install", ("a", "b-"), ("APT::X=1",))
    assert str(request) == "install a b- -o APT::X=1"
