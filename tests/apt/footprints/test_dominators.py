"""Are immediate dominators what their definition says?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.footprints.dominators import NOWHERE, immediate_dominators, postorder


@st.composite
def graphs(draw):
    """Draw a graph of 1 to 12 nodes whose root is 0; loops and doubled edges may occur."""
    count = draw(st.integers(1, 12))
    nodes = st.integers(0, count - 1)
    return draw(st.lists(st.lists(nodes, max_size=4), min_size=count, max_size=count))


def reached(graph, without=None):
    """Return the nodes that the root reaches when a node is taken away."""
    seen, queue = set(), [0]
    while queue:
        node = queue.pop()
        if node not in seen and node != without:
            seen.add(node)
            queue += graph[node]
    return seen


@given(graphs())
def test_without_a_dominator_a_node_is_not_reached_and_no_other_one_is_nearer(graph):
    found = immediate_dominators(graph)
    everything = reached(graph)
    dominated_by = {node: everything - reached(graph, node) - {node} for node in everything}
    for node in range(len(graph)):
        if node not in everything:
            assert found[node] == NOWHERE
            continue
        strict = {other for other in everything if node in dominated_by[other]}
        if node == 0:
            assert found[node] == 0
            continue
        # The nearest is the one that all others dominate.
        (nearest,) = (it for it in strict if all(it in dominated_by[o] for o in strict - {it}))
        assert found[node] == nearest


@given(graphs())
def test_every_node_comes_before_its_dominator(graph):
    order = postorder(graph, 0)
    place = {node: number for number, node in enumerate(order)}
    assert set(order) == reached(graph)
    found = immediate_dominators(graph)
    assert all(place[node] < place[found[node]] for node in order if node)


def test_a_long_chain_needs_no_deep_stack():
    count = 50_000
    graph = [[number + 1] for number in range(count)] + [[]]
    assert immediate_dominators(graph) == [0, *range(count)]
