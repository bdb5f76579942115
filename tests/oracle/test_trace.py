"""Do the logs of both searches become the same events, and is the first difference found?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.oracle.trace import (
    Event,
    first_difference,
    parse_marks,
    parse_trace,
    show_difference,
    without_seeds,
    without_sweep,
)

LOG = """\
# install x
[0] Reject:y:amd64=1 ()
[0] Install:x:amd64=1 ()
Found dependency critical x:amd64=1 -> v:amd64
Adding work to  item x:amd64 -> a:amd64 -> v:amd64
[0] Install:x:amd64 (x:amd64=1)
Enqueuing Recommends x:amd64=1 ->  | p:amd64 | q:amd64=1
Enqueuing Suggests x:amd64 ->
(try it: r:amd64)[1] Install:p:amd64 (x:amd64=1 -> x:amd64)
[2] Reject:q:amd64=1 (not p:amd64)
Enqueuing Recommends (root) ->  | y:amd64=1
Enqueuing Recommends x:amd64 ->  | p:amd64 | q:amd64=1 and ->  | p:amd64
ELIDED Optional Item (1@0) (root) ->  | y:amd64=1
Item (2@1) x:amd64 ->  | p:amd64 | q:amd64=1 and ->  | p:amd64
"""
EVENTS = [
    Event("reject", 0, "y:amd64=1"),
    Event("install", 0, "x:amd64=1"),
    Event("install", 0, "x:amd64", reason="x:amd64=1"),
    Event("queue", -1, "x:amd64=1", ("p:amd64", "q:amd64=1")),
    Event("queue", -1, "x:amd64"),
    Event("install", 1, "p:amd64", reason="x:amd64=1 -> x:amd64"),
    Event("reject", 2, "q:amd64=1", reason="not p:amd64"),
    Event("queue", -1, "", ("y:amd64=1",)),
    Event("queue", -1, "x:amd64", ("p:amd64", "q:amd64=1")),
    Event("take", 0, "", ("y:amd64=1",)),
    Event("take", 1, "x:amd64", ("p:amd64", "q:amd64=1")),
]


def test_log_becomes_events():
    assert parse_trace(LOG.splitlines()) == EVENTS


def test_seeded_rejections_are_left_out_and_later_ones_are_not():
    assert without_seeds(EVENTS) == EVENTS[1:]
    late = [*EVENTS, Event("reject", 0, "z:amd64")]
    assert without_seeds(late)[-1] == late[-1]


def test_request_has_no_name():
    line = "Enqueuing Recommends (root) ->  | s:amd64"
    assert parse_trace([line]) == [Event("queue", -1, "", ("s:amd64",))]


def test_same_steps_are_said_to_be_the_same():
    other = [event._replace(reason="told otherwise") for event in EVENTS]
    assert first_difference(EVENTS, other) is None
    assert show_difference(EVENTS, other) == ["both searches take the same 11 steps"]


def test_first_difference_comes_with_its_surroundings():
    other = [*EVENTS[:5], Event("install", 1, "q:amd64"), *EVENTS[6:]]
    lines = show_difference(EVENTS, other, context=1)
    assert lines == [
        "the searches part at step 6 (ours has 11, apt's 11)",
        "  both  queue x:amd64 -> nothing",
        "  ours  [1] install p:amd64 because of x:amd64=1 -> x:amd64",
        "  apt   [1] install q:amd64",
    ]


def test_search_that_ends_early_is_a_difference():
    assert first_difference(EVENTS, EVENTS[:-1]) == 10
    assert show_difference(EVENTS, EVENTS[:-1])[-1] == "  apt   ends here"


def test_long_choices_are_cut():
    event = Event("queue", -1, "", tuple(f"p{number}" for number in range(10)))
    assert str(event).endswith("| p7 | and 2 more")
    assert str(event).startswith("queue request -> p0")


@given(st.lists(st.text()))
def test_any_text_is_taken(lines):
    assert len(parse_trace(lines)) <= len(lines)


MARKS = """\
# remove y
  MarkInstall x:amd64 < none -> 1 @un puN Ib > FU=1
  Installing y:amd64 as Depends of x:amd64
    MarkInstall y:amd64 < none -> 1 @un uN > FU=0
  Hold prevents MarkInstall of z:amd64 < 1 | 2 @hi umH >
Investigating (1) y:amd64 < none -> 1 @un uN Ib >
  MarkDelete y:amd64 < none -> 1 @un uN > FU=0
  MarkKeep w:amd64 < none -> 1 @un ugN > FU=0
"""


def test_marks_of_the_classic_solver_become_events():
    assert [str(event) for event in parse_marks(MARKS.splitlines())] == [
        "[0] install x:amd64",
        "[1] install y:amd64",
        "[1] look y:amd64",
        "[0] delete y:amd64",
        "[0] keep w:amd64",
    ]


def test_what_the_sweep_marks_is_left_out():
    events = parse_marks(MARKS.splitlines())
    assert without_sweep(events, 4) == events[:4]
    assert without_sweep(events, 0) == events[:3]
    assert without_sweep(events, 5) == events
