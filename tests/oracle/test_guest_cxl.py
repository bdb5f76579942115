"""Is memory behind CXL put into a guest, and is what the kernel refuses told?"""

from __future__ import annotations

import itertools
import os
import time

import pytest

from foretell.errors import MissingError, UsageError
from foretell.oracle.guest import Guest
from foretell.oracle.guest_build import GuestParts
from foretell.oracle.guest_cxl import (
    CxlBridge,
    CxlLayout,
    CxlRegion,
    CxlStep,
    CxlWindow,
    cxl_arguments,
    make_regions,
    remove_region,
    start_cxl,
)
from foretell.oracle.guest_facts import read_facts, read_weights
from foretell.oracle.guest_machine import GuestMachine, GuestNode, GuestPath
from tests.oracle.real_guests import guests_or_skip

MACHINE = GuestMachine(
    nodes=(GuestNode(512, cpus=1),), paths=(GuestPath(0, 0, 80, 80, 40960, 40960),)
)
INTERLEAVE = "/sys/kernel/mm/mempolicy/weighted_interleave"
EBUSY = 16


def weights_of(guest):
    weights = read_weights(guest)
    return weights.nodes if weights is not None else None


def test_bridges_windows_and_devices_become_arguments():
    layout = CxlLayout(
        bridges=(CxlBridge((256, 512), latency_ns=200), CxlBridge((256,), bandwidth_mib=8192)),
        windows=(CxlWindow((0, 1)), CxlWindow((1,), size_gib=2)),
    )
    board, arguments = cxl_arguments(layout, MACHINE)
    assert board == (
        "q35,hmat=on,cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.targets.1=cxl.1,cxl-fmw.0.size=4G"
        ",cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=2G"
    )
    text = " ".join(arguments)
    assert "memory-backend-ram,id=cxlmem1,size=512M" in text
    assert "cxl-type3,id=cxl2,bus=rp2,volatile-memdev=cxlmem2,sn=3" in text
    assert "cxl-rp,id=rp2,bus=cxl.1,port=0,chassis=1,slot=4" in text
    assert "acpi-generic-port,id=port1,pci-bus=cxl.1,node=2" in text
    assert "target=1,hierarchy=memory,data-type=access-latency,latency=200" in text
    assert (
        "initiator=0,target=2,hierarchy=memory,data-type=access-bandwidth,bandwidth=8192M" in text
    )
    assert text.count("hmat-lb") == 2


@pytest.mark.parametrize(
    "layout",
    [
        CxlLayout(bridges=(CxlBridge((100,)),)),
        CxlLayout(bridges=(CxlBridge((0,)),)),
        CxlLayout(windows=(CxlWindow((1,)),)),
        CxlLayout(windows=(CxlWindow(()),)),
        CxlLayout(regions=(CxlRegion((1,)),)),
        CxlLayout(regions=(CxlRegion(()),)),
        CxlLayout(regions=(CxlRegion(window=1),)),
    ],
)
def test_layout_that_does_not_fit_is_refused(layout):
    with pytest.raises(UsageError) as caught:
        cxl_arguments(layout, MACHINE)
    assert caught.value.code == "bad-machine"


def test_kernel_without_modules_cannot_have_cxl(tmp_path):
    os.makedirs(tmp_path / "kernels" / "7.1" / "modules")
    (tmp_path / "kernels" / "7.1" / "release").write_text("7.1.13\n")
    with pytest.raises(MissingError) as caught:
        start_cxl(GuestParts(str(tmp_path)), "7.1", MACHINE, CxlLayout())
    assert caught.value.code == "no-modules"


class Tree(Guest):
    """Stands for a guest whose driver puts the second of two blocks into use at its third look."""

    states: tuple[dict[str, str], ...] = (
        {},
        {"memory2": "online"},
        {"memory2": "online", "memory3": "online"},
    )

    def __init__(self, *, refuses="", stuck=False):
        self.written = []
        self.refuses = refuses
        self.looks = itertools.count()
        self.stuck = stuck
        self.files = {
            "/sys/bus/cxl/devices/decoder0.0/create_ram_region": "region0",
            "/sys/bus/cxl/devices/mem0/serial": "0x1",
            "/sys/bus/cxl/devices/decoder2.0/dpa_size": "0x10000000",
            "/sys/bus/cxl/devices/decoder2.1/dpa_size": "0x0",
            "/sys/devices/system/memory/block_size_bytes": "8000000",
            "/sys/devices/system/memory/auto_online_blocks": "online",
            "/sys/devices/system/node/has_memory": "0-1",
            # 128 MiB and a little before two whole blocks
            "/sys/bus/dax/devices/dax0.0/resource": "0xf000000",
            "/sys/bus/dax/devices/dax0.0/size": str(0x11000000),
            "/sys/bus/cxl/devices/region0/resource": "0x10000000",
            "/sys/bus/cxl/devices/region0/size": "0x10000000",
        }

    def read(self, path):
        return self.files.get(path)

    def read_all(self, paths):
        seen = self.states[0 if self.stuck else min(next(self.looks), 2)]
        return {path: seen.get(path.split("/")[-2], self.files.get(path)) for path in paths}

    def names(self, path):
        return {
            "/sys/bus/cxl/devices": [
                *("decoder0.0", "decoder2.0", "decoder2.1", "endpoint2", "mem0", "root0")
            ],
            "/sys/bus/dax/devices": ["dax0.0"],
            "/sys/devices/system/memory": ["memory1", "memory2", "memory3", "memory10", "probe"],
        }[path]

    def link(self, path):
        return "../../0000:0d:00.0/mem0" if path.endswith("endpoint2/uport") else None

    def dmesg(self, *words):
        return []

    def write(self, path, text):
        self.written.append((path.rpartition("/")[2], text))
        return EBUSY if path.endswith(f"/{self.refuses}") else 0


def test_region_is_made_of_free_decoders_and_waited_for(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    guest = Tree()
    steps = make_regions(guest, CxlLayout(), "online")
    assert guest.written == [
        ("auto_online_blocks", "online"),
        ("create_ram_region", "region0"),
        ("interleave_granularity", "256"),
        ("interleave_ways", "1"),
        ("mode", "ram"),
        ("dpa_size", "0x10000000"),
        ("size", "0x10000000"),
        ("target0", "decoder2.1"),
        ("commit", "1"),
        ("bind", "region0"),
    ]
    assert [step.errno for step in steps] == [0] * 10
    assert next(guest.looks) >= 4


def test_refused_step_is_the_last(monkeypatch):
    steps = make_regions(Tree(refuses="commit"), CxlLayout())
    assert steps[-1] == CxlStep("/sys/bus/cxl/devices/region0/commit", "1", EBUSY)


def test_memory_that_never_comes_is_an_error(monkeypatch):
    clock = itertools.count(0, 10)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with pytest.raises(MissingError) as caught:
        make_regions(Tree(stuck=True), CxlLayout())
    assert caught.value.code == "guest-late"


def test_blocks_of_a_region_are_taken_out_of_use():
    steps = remove_region(Tree(), "region0")
    assert [step.path.split("/")[-2] for step in steps] == ["memory2", "memory3"]


@pytest.mark.oracle
def test_real_kernel_takes_and_loses_a_node(require):
    layout = CxlLayout(bridges=(CxlBridge((256,), latency_ns=200, bandwidth_mib=16384),))
    with start_cxl(guests_or_skip(require, "7.3"), "7.3", MACHINE, layout) as guest:
        assert weights_of(guest) == {0: 1}
        steps = make_regions(guest, layout, "online_movable")
        assert [step for step in steps if step.errno] == []
        facts = read_facts(guest)
        assert weights_of(guest) == {0: 23, 1: 8}
        assert facts.tiers == {4: (0,), 28: (1,)}
        assert [zone.name for zone in facts.zones if zone.node == 1] == ["Movable"]
        assert guest.write(f"{INTERLEAVE}/node0", "5") == 0
        assert [step.errno for step in remove_region(guest, "region0")] == [0, 0]
        assert weights_of(guest) == {0: 5}
        for step in remove_region(guest, "region0"):
            assert guest.write(step.path, "online_movable") == 0
        assert weights_of(guest) == {0: 5, 1: 8}
        assert guest.write(f"{INTERLEAVE}/auto", "1") == 0
        assert weights_of(guest) == {0: 23, 1: 8}
