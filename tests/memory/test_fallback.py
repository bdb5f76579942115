"""Is the order in which nodes are tried that of real kernels?"""

from __future__ import annotations

import pytest
from hypothesis import given

from foretell.memory.fallback import fallback_orders
from foretell.memory.machine import Node, make_machine
from tests.memory.machines import machines


def orders_of(*rows):
    """Return the orders of a machine whose distances are the rows of a matrix."""
    nodes = {number: Node(number, has_cpus=True, size=1) for number in range(len(rows))}
    distances = {
        (near, far): distance for near, row in enumerate(rows) for far, distance in enumerate(row)
    }
    return fallback_orders(make_machine(nodes, distances, "a test"))


@pytest.mark.parametrize(
    ("local", "order"),
    [
        (2, (2, 3, 4, 5, 0, 1)),  # of smaller numbers the one that was not first before
        (3, (3, 4, 5, 0, 1, 2)),
    ],
)
def test_all_equally_far(local, order):
    rows = [[10 if near == far else 20 for far in range(6)] for near in range(6)]
    assert orders_of(*rows)[local] == order  # as a guest with 7.3 had it


def test_a_smaller_number_counts_as_one_farther():
    assert orders_of((10, 18, 18), (18, 10, 19), (18, 19, 10))[1] == (1, 0, 2)
    assert orders_of((10, 19, 18), (19, 10, 19), (18, 19, 10))[1] == (1, 2, 0)


def test_node_without_memory_is_left_out():
    nodes = {0: Node(0, has_cpus=True, size=0), 1: Node(1, has_cpus=False, size=1)}
    assert fallback_orders(make_machine(nodes, {}, "a test")) == {0: (1,), 1: (1,)}


@given(machines())
def test_every_node_once(machine):
    for local, order in fallback_orders(machine).items():
        assert order[0] == local
        assert sorted(order) == [node.number for node in machine.nodes]
