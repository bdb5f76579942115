"""Are reasons numbered once each, causes first, at any depth?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.model import Evidence, Reason, number_reasons
from foretell.model.reason import reasons_as_json

# Deeper than the interpreter's recursion limit.
DEEP = 20_000


@st.composite
def graphs(draw: st.DrawFn) -> list[Reason]:
    """Draw reasons, each with parents among the earlier ones."""
    nodes: list[Reason] = []
    for index in range(draw(st.integers(1, 30))):
        parents = draw(st.lists(st.sampled_from(nodes), max_size=4)) if nodes else []
        nodes.append(Reason(f"node-{index}", parents=parents))
    return nodes


@given(graphs(), st.data())
def test_number_reasons_puts_causes_first(nodes, data):
    conclusions = data.draw(st.lists(st.sampled_from(nodes), max_size=4))
    numbers = number_reasons(conclusions)
    assert list(numbers.values()) == list(range(1, len(numbers) + 1))
    for reason in numbers:
        assert all(numbers[parent] < numbers[reason] for parent in reason.parents)
    reached = set(conclusions)
    for node in reversed(nodes):
        if node in reached:
            reached.update(node.parents)
    assert set(numbers) == reached


def test_number_reasons_is_determined_by_the_graph():
    cause = Reason("cause")
    left, right = Reason("left", parents=[cause]), Reason("right", parents=[cause])
    end = Reason("end", parents=[right, left])
    assert [reason.kind for reason in number_reasons([end, left])] == [
        "cause",
        "right",
        "left",
        "end",
    ]


def test_number_reasons_does_not_recurse():
    reason = Reason("start")
    for _ in range(DEEP):
        reason = Reason("next", parents=[reason])
    assert number_reasons([reason])[reason] == DEEP + 1


def test_reasons_that_say_the_same_are_two_nodes():
    one, other = Reason("same", {"a": "b"}), Reason("same", {"a": "b"})
    assert one != other
    assert len(number_reasons([one, other])) == 2


def test_reason_as_json_names_parents_by_number():
    fact = Evidence("stanza", "Packages:7", "Depends: libc6")
    cause = Reason("requested", {"package": "git"}, evidence=[fact])
    end = Reason("depends", {"package": "libc6"}, parents=[cause])
    assert reasons_as_json([end]) == {
        "conclusions": [2],
        "reasons": [
            {
                "number": 1,
                "kind": "requested",
                "fields": {"package": "git"},
                "parents": [],
                "evidence": [{"kind": "stanza", "place": "Packages:7", "text": "Depends: libc6"}],
            },
            {
                "number": 2,
                "kind": "depends",
                "fields": {"package": "libc6"},
                "parents": [1],
                "evidence": [],
            },
        ],
    }
    assert end.as_json()["number"] == 2


def test_reason_refuses_a_kind_that_is_not_kebab_case():
    with pytest.raises(ValueError, match="kebab-case"):
        Reason("Not Kebab")


def test_reason_prints_without_its_ancestors():
    reason = Reason("end", {"a": "b"}, parents=[Reason("cause")])
    assert repr(reason) == "Reason('end', {'a': 'b'}, 1 parents)"
