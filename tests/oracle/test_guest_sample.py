"""Can QEMU be given what is drawn, and is the same drawn from the same seed?"""

from __future__ import annotations

from random import Random

import pytest

from foretell.oracle.guest_cxl import cxl_arguments
from foretell.oracle.guest_machine import GuestMachine, machine_arguments
from foretell.oracle.guest_sample import draw_layout, draw_machine, draw_wishes

SEEDS = range(200)
HMAT_ENTRY_MAX = 65_534


def test_machines_can_be_described():
    machines = [draw_machine(Random(seed)) for seed in SEEDS]
    for machine in machines:
        assert machine_arguments(machine)
        assert 2 <= len(machine.nodes) <= 8
        assert machine.memory_mib <= 1024
        for path in machine.paths:
            for bandwidth in (path.read_bandwidth_mib, path.write_bandwidth_mib):
                assert bandwidth % 16 == 0
                assert 0 < bandwidth // 16 <= HMAT_ENTRY_MAX
    owners = {sum(node.cpus for node in machine.nodes) for machine in machines}
    assert owners == {1, 2}
    complete = {len(machine.paths) == machine.cpus * len(machine.nodes) for machine in machines}
    assert complete == {True, False}


def test_layouts_fit_together():
    layouts = [draw_layout(Random(seed)) for seed in SEEDS]
    for layout in layouts:
        assert cxl_arguments(layout, GuestMachine())
        used = [device for region in layout.regions for device in region.devices]
        assert len(set(used)) == len(used)
    assert {len(layout.regions) for layout in layouts} >= {1, 2, 3}


def test_wishes_are_about_nodes_that_are_there():
    wishes = [wish for seed in SEEDS for wish in draw_wishes(Random(seed), 3, 5)]
    assert {node for wish in wishes for node in wish.nodes} == {0, 1, 2}
    assert {wish.mode for wish in wishes} == {None, 1, 2, 3, 4, 5, 6}
    assert all(wish.nodes for wish in wishes if wish.mode not in {None, 4})


@pytest.mark.parametrize("draw", [draw_machine, draw_layout])
def test_seed_decides(draw):
    assert draw(Random("a")) == draw(Random("a"))
    assert draw(Random("a")) != draw(Random("b"))
