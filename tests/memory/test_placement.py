"""Is every page predicted where the rules put it?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import InputError
from foretell.memory.machine import Node, make_machine
from foretell.memory.placement import MODES, PAGES_MAX, Mapped, Policy, place, ranges
from foretell.memory.unmodelled import Unmodelled
from tests.memory.machines import machine_of

THREE = machine_of((40960, 80, True), (12288, 250, False), (7168, 400, False))
WEIGHTS = {0: 7, 1: 2, 2: 1}
MAPPED = st.builds(
    Mapped,
    st.integers(0, 1 << 40),
    st.integers(0, 3000),
    st.none() | st.integers(0, 1 << 20),
    st.sampled_from([0, 0, 0, 2, 9]),
)
POLICIES = st.builds(
    Policy,
    st.sampled_from(["weighted interleave", "interleave"]),
    st.sampled_from([(0,), (0, 1), (1, 2), (0, 1, 2), (0, 2)]),
)


def walked(policy, mapped, weights):
    """Return the nodes page by page, in the words of the manual."""
    found = []
    for page in range(mapped.pages):
        base = mapped.start if mapped.offset is None else mapped.offset
        number = (base >> mapped.order) + (page >> mapped.order)
        turn = {node: weights[node] if "w" in policy.mode else 1 for node in policy.nodes}
        rest = number % sum(turn.values())
        for node in policy.nodes:
            if rest < turn[node]:
                found.append(node)
                break
            rest -= turn[node]
    return found


@given(POLICIES, MAPPED)
def test_every_page(policy, mapped):
    placed = place(policy, mapped, THREE, WEIGHTS, 0)
    wanted = walked(policy, mapped, WEIGHTS)
    assert [placed.node(page) for page in range(mapped.pages)] == wanted
    assert placed.histogram() == {node: wanted.count(node) for node in sorted(set(wanted))}
    spread = [node for first, pages, node in ranges(placed) for _ in range(pages)]
    assert spread == wanted
    runs = list(ranges(placed))
    assert [first for first, _, _ in runs] == [
        page for page in range(len(wanted)) if page == 0 or wanted[page] != wanted[page - 1]
    ]


@pytest.mark.parametrize(
    ("mode", "nodes", "local", "node"),
    [
        ("default", (), 0, 0),
        ("local", (), 2, 2),
        ("bind", (1, 2), 1, 1),
        ("bind", (1, 2), 0, 1),  # equally far
        ("prefer", (2,), 0, 2),
        ("prefer (many)", (0, 2), 2, 2),
    ],
)
def test_one_node(mode, nodes, local, node):
    placed = place(Policy(mode, nodes), Mapped(5, 10), THREE, {}, local)
    assert placed.histogram() == {node: 10}
    assert list(ranges(placed)) == [(0, 10, node)]


@pytest.mark.parametrize(
    ("policy", "error"),
    [
        (Policy("bind", (7,)), InputError),
        (Policy("interleave", ()), InputError),
        (Policy("default", (0,)), InputError),
        (Policy("weighted", (0,)), Unmodelled),
    ],
)
def test_refused(policy, error):
    with pytest.raises(error):
        place(policy, Mapped(0, 1), THREE, {}, 0)


def test_thread_on_no_node():
    with pytest.raises(InputError, match="no node 9"):
        place(Policy("default"), Mapped(0, 1), THREE, {}, 9)


def test_too_many_pages():
    with pytest.raises(InputError, match="more than"):
        place(Policy("default"), Mapped(0, PAGES_MAX + 1), THREE, {}, 0)


def test_node_without_memory_is_passed_over():
    nodes = {0: Node(0, has_cpus=True, size=1), 1: Node(1, has_cpus=True, size=0)}
    placed = place(
        Policy("interleave", (0, 1)), Mapped(0, 4), make_machine(nodes, {}, "a test"), {}, 0
    )
    assert placed.histogram() == {0: 4}


def test_modes_are_those_of_numa_maps():
    assert len(set(MODES)) == 7
