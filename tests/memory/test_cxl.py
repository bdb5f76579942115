"""Is CXL memory planned as real kernels treat it, and is a broken description named?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import InputError
from foretell.memory.cxl import make_cxl
from foretell.memory.cxl_check import compare_cxl
from foretell.memory.cxl_guest import guest_layout, guest_machine, qemu_words, sysfs_script
from foretell.memory.cxl_plan import block_size, plan_cxl
from foretell.memory.kernels import rules_of
from foretell.memory.machine import Access, Node, make_machine
from foretell.memory.topology import read_topology
from foretell.memory.unmodelled import Unmodelled
from foretell.oracle.guest_facts import GuestFacts, Weights, Zone
from tests.fuzz.harness import check_parser, mutate

MIB, GIB = 1 << 20, 1 << 30


def machine(size=512 * MIB):
    node = Node(0, True, size, Access(40960, 40960, 80, 80), "boot", "a test")
    return make_machine({0: node}, {}, "a test")


def bridge(*devices, port=None):
    row = {"devices": [f"{size}M" for size in devices]}
    return row if port is None else row | {"latency": port[0], "bandwidth": port[1]}


def region(window, *devices, **more):
    return {"window": window, "devices": list(devices), **more}


def window(*bridges, size="4G", **more):
    return {"bridges": list(bridges), "size": size, **more}


def plan(table, kernel="7.3", policy=None, size=512 * MIB, *, gigantic=False):
    cxl = make_cxl(table, "t")
    return plan_cxl(machine(size), cxl, rules_of(kernel), policy, movable_gigantic=gigantic)


PORT = (200, 16384)
ONE = {"bridge": [bridge(256, port=PORT)], "window": [window(0)]}

# What guests said: kernel, policy, CXL; weights, tiers, MiB and zone of the new nodes.
SAID = [
    ("7.3", None, ONE, {0: 23, 1: 8}, {0: 4, 1: 28}, {1: (256, "Normal")}),
    (
        "7.3",
        None,
        {"bridge": [bridge(256, port=(200, 8192))], "window": [window(0)]},
        {0: 26, 1: 5},
        {0: 4, 1: 56},
        {1: (256, "Normal")},
    ),
    (
        "7.3",
        None,
        {"bridge": [bridge(256, 256, port=(200, 65536))], "window": [window(0)]},
        {0: 17, 1: 14},
        {0: 4, 1: 7},
        {1: (512, "Normal")},
    ),
    (
        "7.3",
        None,
        {
            "bridge": [bridge(256, port=(200, 10240)), bridge(256, port=(300, 10240))],
            "window": [window(0, 1)],
        },
        {0: 21, 1: 10},
        {0: 4, 1: 45},
        {1: (512, "Normal")},
    ),
    (
        "7.3",
        None,
        {
            "bridge": [bridge(256, port=(200, 8192)), bridge(512)],
            "window": [window(0), window(1, size="2G")],
        },
        {0: 26, 1: 5, 2: 1},
        {0: 4, 1: 56, 2: 22},
        {1: (256, "Normal"), 2: (512, "Normal")},
    ),
    (
        "7.3",
        None,
        {
            "bridge": [bridge(256, 256, port=PORT)],
            "window": [window(0)] * 2,
            "region": [region(0, 0), region(1, 1)],
        },
        {0: 17, 1: 7, 2: 7},
        {0: 4, 1: 28, 2: 57},
        {1: (256, "Normal"), 2: (256, "Normal")},
    ),
    (
        "7.3",
        None,
        {"bridge": [bridge(256, 256, port=PORT)], "window": [window(0)]},
        {0: 22, 1: 9},
        {0: 4, 1: 28},
        {1: (512, "Normal")},
    ),
    (
        "7.2",
        None,
        {
            "bridge": [bridge(256, 256, port=PORT)],
            "window": [window(0)] * 2,
            "region": [region(0, 0), region(1, 1)],
        },
        {0: 17, 1: 7, 2: 7},
        {0: 4, 1: 28, 2: 2505},
        {1: (256, "Normal"), 2: (256, "Normal")},
    ),
    (
        "7.3",
        None,
        {
            "bridge": [bridge(512, 512, port=(100, 16384))],
            "window": [window(0)] * 2,
            "region": [region(1, 0), region(0, 1)],
        },
        {0: 23, 2: 8},
        {0: 4, 2: 43},
        {2: (512, "Normal"), 1: (0, "")},
    ),
    ("7.3", "offline", ONE, {0: 1}, {0: 4}, {1: (0, "")}),
    ("6.12", None, ONE, {0: 1, 1: 1}, {0: 4, 1: 28}, {1: (256, "Normal")}),
    (
        "7.3",
        None,
        {
            "bridge": [bridge(256, 512, port=PORT)],
            "window": [window(0)],
            "region": [region(0, 0), region(0, 1, device_size="256M")],
        },
        {0: 23, 1: 8},
        {0: 4, 1: 28},
        {1: (512, "Normal")},
    ),
    ("6.16", None, ONE, {0: 1}, {0: 4}, {1: (0, "")}),
    (
        "6.18",
        None,
        {
            "bridge": [bridge(512, 512)],
            "window": [window(0)],
            "region": [region(0, 0, 1, granularity=1024)],
        },
        {0: 1, 1: 1},
        {0: 4, 1: 22},
        {1: (1024, "Normal")},
    ),
]


@pytest.mark.parametrize(("kernel", "policy", "table", "weights", "tiers", "nodes"), SAID)
def test_as_guests_said(kernel, policy, table, weights, tiers, nodes):
    found = plan(table, kernel, policy)
    assert found.weights == weights
    assert {row.node: row.tier for row in found.tiers.rows} == tiers
    there: dict[int, tuple[int, str]] = {}
    for row in found.regions:
        used = row.used // MIB if row.zone else 0
        there[row.node] = (there.get(row.node, (0, ""))[0] + used, row.zone)
    assert there == nodes


def test_windows_of_qemu():
    table = {"bridge": [bridge(256), bridge(512)], "window": [window(0), window(1)]}
    assert [row.base for row in plan(table).regions] == [0x110000000, 0x210000000]


def kinds(found):
    return [it.kind for it in found.warnings]


def test_trimmed():
    # 4 GiB at an offset of 128 MiB is what windows cannot be: 256 MiB is their granule.
    table = {
        "bridge": [bridge(4096)],
        "window": [window(0, base=6 * GIB + 256 * MIB)],
        "block_size": "2G",
    }
    row = plan(table).regions[0]
    assert (row.lost_before, row.lost_after) == (2 * GIB - 256 * MIB, 256 * MIB)
    assert row.used == 2 * GIB
    table["bridge"] = [bridge(1024)]
    found = plan(table)
    assert found.regions[0].used == 0
    assert found.weights == {0: 1}
    assert "region-refused" in kinds(found)


@given(
    st.integers(16, 64), st.integers(1, 40), st.sampled_from([128 * MIB, 256 * MIB, GIB, 2 * GIB])
)
def test_bytes_are_used_or_lost(base, devices, block):
    table = {
        "bridge": [bridge(256 * devices)],
        "window": [window(0, size="64G", base=base * 256 * MIB)],
        "block_size": block,
    }
    row = plan(table).regions[0]
    assert row.used + row.lost_before + row.lost_after == row.size == 256 * devices * MIB
    assert row.used % block == 0
    assert 0 <= row.lost_before <= row.size
    blocks = [at for at in range(0, row.base + row.size, block) if at >= row.base]
    whole = [at for at in blocks if at + block <= row.base + row.size]
    assert row.used == len(whole) * block


@pytest.mark.parametrize(
    ("policy", "kernel", "gigantic", "allowed", "kind"),
    [
        ("online", "7.3", False, True, "kernel-may-use"),
        ("online_movable", "7.3", False, False, "gigantic-refused"),
        ("online_movable", "7.3", True, True, "no-cma"),
        ("online_movable", "6.18", True, False, "gigantic-impossible"),
        ("offline", "7.3", True, False, "left-offline"),
    ],
)
def test_gigantic_pages(policy, kernel, gigantic, allowed, kind):
    table = {"bridge": [bridge(2048)], "window": [window(0)]}
    found = plan(table, kernel, policy, gigantic=gigantic)
    row = found.regions[0]
    assert (row.gigantic, row.allows_gigantic) == (1, allowed)
    assert kind in kinds(found)


def test_blocks_of_large_machines():
    table = {"bridge": [bridge(4096)], "window": [window(0, base=68 * GIB)]}
    assert plan(table, size=66 * GIB).block == 2 * GIB
    cxl = make_cxl(table, "t")
    rules = rules_of("7.3")
    assert block_size(cxl, [68 * GIB], 66 * GIB + 256 * MIB, rules)[0] == 256 * MIB
    assert block_size(cxl, [68 * GIB + 256 * MIB], 66 * GIB, rules)[0] == 256 * MIB
    old = plan(table, "6.12", size=66 * GIB)
    assert (old.block, old.block_reason.kind) == (2 * GIB, "block-large-ram")


def test_links_that_were_never_asked():
    table = {"bridge": [bridge(256, 256, port=PORT)], "window": [window(0)] * 2,
             "region": [region(1, 0)]}  # fmt: skip
    with pytest.raises(Unmodelled, match=r"7\.1 counts"):
        plan(table, "7.1")
    assert plan(table | {"device": {"link_latency": "5ns"}}, "7.1").weights == {0: 23, 2: 8}


def test_guests_are_built():
    cxl = make_cxl({**ONE, "bridge": [bridge(256, 256, port=PORT)]}, "t")
    words = qemu_words(machine(), cxl)
    assert "q35,hmat=on,cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G" in words
    assert guest_layout(cxl).regions[0].devices == (0, 1)
    assert guest_machine(machine()).memory_mib == 512
    script = sysfs_script(cxl, "online_movable")
    assert "echo online_movable > /sys/devices/system/memory/auto_online_blocks\n" in script
    assert "echo 0x20000000 > $d/$r/size\n" in script


def test_compared_with_a_guest():
    facts = GuestFacts(
        "7.3.4", 4096, 128 * MIB, 2 * MIB, Weights("auto", "true", {0: 23, 1: 8}), {},
        {4: (0,), 28: (1,)}, None, (), {}, (), {0: 500_000, 1: 262144}, {},
        9, (Zone(1, "Normal", 0, 1, 1, 1, 0),), {}, (),
    )  # fmt: skip
    rows = compare_cxl(plan(ONE), facts)
    assert [row for row in rows if row[1] != row[2]] == []
    assert len(rows) == 7
    other = facts._replace(tiers={4: (0,)}, weights=Weights("", "", {}), zones=())
    assert len([row for row in compare_cxl(plan(ONE), other) if row[1] != row[2]]) == 4


TOPOLOGY = b"""
[[node]]
cpus = true
size = "512M"
[cxl]
block_size = "128M"
ram_end = 0x20000000
device = {bandwidth = "16G", read_latency = "100ns", link_latency = 3}
[[cxl.bridge]]
devices = ["256M", "256M"]
bandwidth = "16G"
latency = "200ns"
domain = 7
[[cxl.window]]
bridges = [0]
size = "4G"
base = 0x110000000
[[cxl.region]]
window = 0
devices = [1, 0]
device_size = "256M"
granularity = 1024
"""


def read(text):
    import tomllib

    read_topology(text, "t")
    return make_cxl(tomllib.loads(text.decode()).get("cxl", {}), "t")


def test_description():
    cxl = read(TOPOLOGY)
    assert (cxl.block_size, cxl.ram_end) == (128 * MIB, 512 * MIB)
    assert cxl.bridges[0].domain == 7
    assert cxl.windows[0].base == 0x110000000
    assert cxl.regions[0].devices == (1, 0)
    assert cxl.access(cxl.regions[0], cxl.link_latency or 0) == Access(16384, 16384, 303, 453)


BROKEN = [
    ({}, "needs"),
    ({"colour": 1}, "cxl.colour is not a key"),
    ({"bridge": [{}]}, "devices is not a list"),
    ({"bridge": [bridge(100)]}, "multiples of 256 MiB"),
    ({"bridge": [bridge(256) | {"latency": 3}]}, "only one of latency"),
    ({"bridge": [bridge(256) | {"domain": "x"}]}, "not a whole number"),
    ({"bridge": [bridge(256)], "window": [window(1)]}, "bridge that is not there"),
    ({"bridge": [bridge(256)], "window": [window(0, 0)]}, "names one twice"),
    ({"bridge": [bridge(256)], "window": [window(0, size="1M")]}, "multiple of 256"),
    ({"bridge": [bridge(256)], "window": [window(0, base=5)]}, "multiple of 256"),
    ({"bridge": [bridge(512)], "window": [window(0, size="256M")]}, "smaller than its regions"),
    ({"bridge": [bridge(*[256] * 5)], "window": [window(0)]}, "interleaves 5 devices"),
    ({"bridge": [bridge(256), bridge(256, 256)], "window": [window(0, 1)]}, "unequally many"),
    (ONE | {"region": [region(1, 0)]}, "window is not there"),
    (ONE | {"region": [region(0, 3)]}, "device that is not there"),
    (ONE | {"region": [region(0, 0, granularity=100)]}, "power of two from 256"),
    (ONE | {"region": [region(0, 0, device_size="512M")]}, "that they have"),
    (ONE | {"region": [region(0, 0), region(0, 0)]}, "in use more than once"),
    (ONE | {"region": [region(True, 0)]}, "not a whole number"),
    (ONE | {"region": [3]}, "is not a table"),
    (ONE | {"block_size": "3M"}, "power of two"),
    (ONE | {"device": {"x": 1}}, "cxl.device is not a table"),
    ([], "is not a table"),
]


@pytest.mark.parametrize(("table", "message"), BROKEN)
def test_broken(table, message):
    with pytest.raises(InputError, match=message):
        make_cxl(table, "t")


def test_devices_take_turns_behind_the_bridges():
    table = {"bridge": [bridge(256, 256), bridge(256, 256)], "window": [window(0, 1)]}
    assert make_cxl(table, "t").regions[0].devices == (0, 2, 1, 3)
    with pytest.raises(InputError, match="behind the bridge of its turn"):
        make_cxl(table | {"region": [region(0, 0, 1)]}, "t")


@given(mutate(TOPOLOGY))
def test_fuzz(data):
    def parse(text):
        import tomllib

        machine = read_topology(text, "t")
        cxl = make_cxl(tomllib.loads(text.decode()).get("cxl", {}), "t")
        plan_cxl(machine, cxl, rules_of("7.3"), movable_gigantic=False)

    check_parser(parse, data)
