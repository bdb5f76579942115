"""Do tiers and demotion targets follow the kernel's arithmetic?"""

from __future__ import annotations

import pytest
from hypothesis import given

from foretell.memory.machine import Access, make_machine
from foretell.memory.tiers import DAX_DISTANCE, abstract_distance, find_tiers
from tests.memory.machines import machine_of, machines


@pytest.mark.parametrize(
    ("slow", "tier"),
    [((12288, 250, False), 46), ((7168, 400, False), 128), ((40960, 80, False), 4)],
)
def test_measured(slow, tier):
    rows = find_tiers(machine_of((40960, 80, True), slow)).rows
    assert [row.tier for row in rows] == [4, tier]


def test_divisions_are_whole_from_left_to_right():
    access, reference = Access(7, 7, 11, 11), Access(10, 10, 3, 3)
    assert abstract_distance(access, reference) == 576 * 22 // 6 * 20 // 14
    uneven = Access(100, 100, 100, 103), Access(333, 333, 100, 100)
    assert abstract_distance(*uneven) != 576 * 203 * 666 // (200 * 200)


def test_dax_without_data_is_far():
    machine = machine_of((40960, 80, True), (0, 0, False), node1="dax")
    row = find_tiers(machine).rows[1]
    assert (row.distance, row.tier, row.reason.kind) == (DAX_DISTANCE, 22, "tier-default")
    assert [parent.kind for parent in row.reason.parents] == ["access-not-told"]


def test_memory_in_a_slot_is_never_compared():
    row = find_tiers(machine_of((40960, 80, True), (7168, 400, False), node1="slot")).rows[1]
    assert (row.tier, row.reason.kind) == (4, "tier-slot")


def test_references_that_differ_by_more_than_a_tenth_switch_it_off():
    slow = (7168, 400, False)
    same = find_tiers(machine_of((40960, 80, True), (40000, 88, True), slow))
    other = find_tiers(machine_of((40960, 80, True), (40960, 89, True), slow))
    assert [row.tier for row in same.rows] == [4, 4, 128]
    assert [row.tier for row in other.rows] == [4, 4, 4]
    assert [parent.kind for parent in other.rows[2].reason.parents] == ["reference-differs"]


@pytest.mark.parametrize(
    ("first", "kind"),
    [((40960, 0, True), "reference-incomplete"), ((0, 0, True), "reference-unknown")],
)
def test_no_reference(first, kind):
    row = find_tiers(machine_of(first, (7168, 400, False))).rows[1]
    assert [parent.kind for parent in row.reason.parents] == [kind]


def test_demotion():
    machine = machine_of((100, 100, True), (50, 200, False), (50, 200, False), (10, 900, False))
    machine = make_machine(
        {node.number: node for node in machine.nodes}, {(0, 2): 15, (2, 0): 15}, "a test"
    )
    tiers = find_tiers(machine)
    targets = {row.node: (row.preferred, row.fallback) for row in tiers.rows}
    assert targets == {
        0: ((2,), (1, 2, 3)),
        1: ((3,), (3,)),
        2: ((3,), (3,)),
        3: ((), ()),
    }
    assert tiers.top == 4


@given(machines())
def test_every_node_has_one_tier(machine):
    tiers = find_tiers(machine)
    assert sorted(node for nodes in tiers.nodes.values() for node in nodes) == [
        node.number for node in machine.nodes
    ]
    assert list(tiers.nodes) == sorted(tiers.nodes)
    for row in tiers.rows:
        assert set(row.preferred) <= set(row.fallback)
        assert all(tier > row.tier for tier, nodes in tiers.nodes.items()
                   if set(nodes) & set(row.fallback))  # fmt: skip
