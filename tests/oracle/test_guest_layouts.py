"""Can QEMU be given the layouts that are drawn, and is the same drawn from the same seed?"""

from __future__ import annotations

from random import Random

from foretell.oracle.guest_cxl import cxl_arguments
from foretell.oracle.guest_layouts import draw_layout
from foretell.oracle.guest_machine import GuestMachine

SEEDS = range(200)
HMAT_ENTRY_MAX = 65_534


def test_layouts_fit_together():
    layouts = [draw_layout(Random(seed)) for seed in SEEDS]
    for layout in layouts:
        assert cxl_arguments(layout, GuestMachine())
        used = [device for region in layout.regions for device in region.devices]
        assert len(set(used)) == len(used)
        for bridge in layout.bridges:
            assert bridge.bandwidth_mib % 16 == 0
            assert bridge.bandwidth_mib // 16 <= HMAT_ENTRY_MAX
    assert {len(layout.regions) for layout in layouts} >= {1, 2, 3}


def test_seed_decides():
    assert draw_layout(Random("a")) == draw_layout(Random("a"))
    assert draw_layout(Random("a")) != draw_layout(Random("b"))
