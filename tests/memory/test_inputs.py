"""Are topology files, HMAT tables and sysfs trees read, and broken ones named?"""

from __future__ import annotations

import struct
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretell.errors import InputError, MissingError
from foretell.memory.hmat import read_hmat
from foretell.memory.live import read_machine, read_tiers, read_weights
from foretell.memory.machine import Access
from foretell.memory.process import parse_policy, read_mappings
from foretell.memory.quantities import parse_bandwidth, parse_latency, parse_size
from foretell.memory.topology import read_topology
from tests.fuzz.harness import check_parser, mutate

TOPOLOGY = b"""
[[node]]
cpus = true
size = "64G"
bandwidth = "40G"
latency = "80ns"
distances = {1 = 17}
[[node]]
size = 1073741824
read_bandwidth = 7168
write_bandwidth = "8G"
latency = 400
arrival = "dax"
distances = {0 = 17}
"""


def make_hmat(*structures):
    body = b"".join(structures)
    header = struct.pack(
        "<4sIBB6s8sI4sI4x", b"HMAT", 40 + len(body), 2, 0, b"foret ", b"testtest", 1, b"test", 1
    )
    table = bytearray(header + body)
    table[9] = -sum(table) & 0xFF
    return bytes(table)


def values(data_type, base, rows, *, flags=0, targets=(0, 1)):
    """Return a latency and bandwidth structure; a row of entries for each initiator."""
    entries = [entry for row in rows for entry in row]
    body = struct.pack("<BBBBIIIQ", flags, data_type, 0, 0, len(rows), len(targets), 0, base)
    body += struct.pack(f"<{len(rows) + len(targets)}I", *range(len(rows)), *targets)
    body += struct.pack(f"<{len(entries)}H", *entries)
    return struct.pack("<HHI", 1, 0, 8 + len(body)) + body


def domain(initiator, target, flags=1):
    """Return the structure that names a target's nearest initiator."""
    return struct.pack("<HHIHxxII20x", 0, 0, 40, flags, initiator, target)


GOOD = make_hmat(
    domain(0, 0, flags=0),
    values(0, 1000, [[80, 250], [90, 0xFFFF]]),
    values(3, 1024, [[40, 7], [20, 12]]),
    values(4, 1, [[9, 9]], flags=1),
)


def test_topology():
    machine = read_topology(TOPOLOGY, "t.toml")
    first, second = machine.nodes
    assert first.access == Access(40960, 40960, 80, 80)
    assert second.access == Access(7168, 8192, 400, 400)
    assert (second.bandwidth, second.size, second.arrival) == (7168, 1 << 30, "dax")
    assert (machine.distance(0, 1), machine.distance(1, 1)) == (17, 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "there must be"),
        (b"node = []", "there is no node"),
        (b"node = [1]", r"node\[0\] is not a table"),
        (b"[[node]]\nsize = '1Q'", "'1Q' is not a size"),
        (b"[[node]]\nsize = 'G'", "not a size"),
        (b"[[node]]\nsize = '999999999999G'", "more than any kernel"),
        (b"[[node]]\ncolour = 1", r"node\[0\].colour is not a key"),
        (b"[[node]]\narrival = 'late'", "not one of boot, dax, slot"),
        (b"[[node]]\ncpus = 1", "not true or false"),
        (b"[[node]]\nnumber = 5000", "not between 0 and 1023"),
        (b"[[node]]\n[[node]]\nnumber = 0", "once more"),
        (b"[[node]]\ndistances = {7 = 20}", "no such node"),
        (b"[[node]]\ndistances = {0 = 20}", "from itself"),
        (b"[[node]]\ndistances = {0 = 'x'}", "not a whole number"),
        (b"[[node]]\nbandwidth = '40K'", "not a bandwidth"),
        (b"[[node]]\nlatency = '4s'", "not a latency"),
        (b"[[node]", "not TOML"),
        (b"\xff", "not TOML"),
    ],
)
def test_broken_topology(text, message):
    with pytest.raises(InputError, match=message):
        read_topology(text, "t.toml")


def test_hmat():
    table = read_hmat(GOOD, "HMAT")
    assert (table.initiators, table.targets) == ((0, 1), (0, 1))
    assert table.access(0) == Access(40960, 40960, 80, 80)
    assert table.access(1) == Access(12288, 12288, 250, 250)


def test_the_nearest_initiator_is_the_one_that_counts():
    table = read_hmat(make_hmat(domain(0, 1), values(3, 1, [[40, 7], [20, 12]])), "HMAT")
    assert (table.access(0), table.access(1)) == (Access(40, 40), Access(7, 7))


def test_a_later_structure_overwrites_an_earlier_one_with_nothing():
    """As guests did whose table had a structure for both directions and one for reads."""
    table = read_hmat(
        make_hmat(values(3, 1, [[40, 7]]), values(4, 1, [[0, 9]]), values(5, 1, [[0xFFFF, 8]])),
        "HMAT",
    )
    assert (table.access(0), table.access(1)) == (Access(0, 0), Access(9, 8))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"", "shorter than its header"),
        (GOOD[:-1], "header says"),
        (b"SRAT" + GOOD[4:], "signature"),
        (GOOD[:-2] + b"\1\1", "checksum"),
        (make_hmat(b"\1\0"), "offset 40: a structure is cut off"),
        (make_hmat(struct.pack("<HHI", 0, 0, 4)), "does not fit"),
        (make_hmat(struct.pack("<HHI", 1, 0, 8)), "cut off"),
        (make_hmat(struct.pack("<HHI", 0, 0, 8)), "cut off"),
        (make_hmat(values(9, 1, [[1, 1]])), "data type 9"),
        (make_hmat(values(0, 1, [[1, 1]])[:-8] + b"\0" * 8), None),
    ],
)
def test_broken_hmat(table, message):
    if message is None:
        read_hmat(table, "HMAT")
        return
    with pytest.raises(InputError, match=message):
        read_hmat(table, "HMAT")


@given(mutate(TOPOLOGY))
def test_fuzz_topology(data):
    check_parser(lambda text: read_topology(text, "t.toml"), data)


@given(mutate(GOOD))
def test_fuzz_hmat(data):
    table = bytearray(data)
    if len(table) > 9:  # beyond the checksum and the length, which catch almost all
        table[4:8] = struct.pack("<I", len(table))
        table[9] = (table[9] - sum(table)) & 0xFF
    check_parser(lambda text: read_hmat(text, "HMAT"), bytes(table))


@given(st.text(max_size=30))
def test_fuzz_words(text):
    for parse in (parse_size, parse_bandwidth, parse_latency, parse_policy):
        check_parser(partial(_parse_word, parse), text.encode())


def _parse_word(parse, data):
    return parse(data.decode(), "here")


TREE = {
    "sys/devices/system/node/node0/cpulist": "0-3\n",
    "sys/devices/system/node/node0/distance": "10 17\n",
    "sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:   1024 kB\nNode 0 MemFree: 1 kB\n",
    "sys/devices/system/node/node0/access1/initiators/read_bandwidth": "40960\n",
    "sys/devices/system/node/node0/access1/initiators/write_bandwidth": "30000\n",
    "sys/devices/system/node/node1/cpulist": "\n",
    "sys/devices/system/node/node1/distance": "17 10\n",
    "sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:   2048 kB\n",
    "sys/kernel/mm/mempolicy/weighted_interleave/__auto_type": "true\n",
    "sys/kernel/mm/mempolicy/weighted_interleave/node0": "7\n",
    "sys/devices/virtual/memory_tiering/memory_tier4/nodelist": "0-1\n",
}


@pytest.fixture
def tree(tmp_path):
    def make(changes=None):
        for name, text in {**TREE, **(changes or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path)

    return make


def test_live(tree):
    root = tree()
    machine = read_machine(root)
    assert [(node.has_cpus, node.size) for node in machine.nodes] == [
        (True, 1 << 20),
        (False, 2 << 20),
    ]
    assert machine.node(0).access == Access(40960, 30000, 0, 0)
    assert machine.node(1).access is None
    assert machine.distance(0, 1) == 17
    assert read_weights(root) == ({0: 7}, True)
    assert read_tiers(root) == {4: (0, 1)}


@pytest.mark.parametrize("name", sorted(TREE))
@pytest.mark.parametrize("text", ["", "x\n", "-1\n", "9" * 400, b"\xff\0", "1" * 70_000])
def test_absurd_tree(tree, name, text):
    root = tree({name: text})
    for read in (read_machine, read_weights, read_tiers):
        check_parser(lambda _: read(root), b"")  # noqa: B023 - called at once


def test_missing_trees(tmp_path):
    for read in (read_machine, read_weights):
        with pytest.raises(MissingError):
            read(str(tmp_path))
    assert read_tiers(str(tmp_path)) == {}


NUMA_MAPS = b"""\
1000 default anon=2 dirty=2 N0=1 N1=1 kernelpagesize_kB=4
3000 weighted interleave:0-1 file=/lib/a\\040b mapped=3 N0=3 kernelpagesize_kB=4
6000 prefer (many)=static:0,2 anon=1 N2=1
"""
SMAPS = b"""\
00001000-00003000 rw-p 00000000 00:00 0 \nRss: 8 kB\nAnonHugePages: 0 kB
00003000-00006000 r--p 00002000 08:01 17    /lib/a b
Rss: 4096 kB\nAnonHugePages: 4096 kB
00006000-00007000 rw-p 00000000 00:00 0 [heap]
Rss: 4096 kB\nAnonHugePages: 2048 kB
"""


def test_process(tmp_path):
    (tmp_path / "numa_maps").write_bytes(NUMA_MAPS)
    (tmp_path / "smaps").write_bytes(SMAPS)
    found = read_mappings(str(tmp_path))
    assert [(it.policy, it.name, it.order, it.on_nodes) for it in found] == [
        ("default", "", 0, {0: 1, 1: 1}),
        ("weighted interleave:0-1", "/lib/a b", 9, {0: 3}),
        ("prefer (many)=static:0,2", "[heap]", None, {2: 1}),
    ]
    assert found[1].mapped(4096)[:3] == (3, 3, 2)
    assert found[0].mapped(4096).offset is None


@given(mutate(NUMA_MAPS), mutate(SMAPS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fuzz_process(tmp_path, numa_maps, smaps):
    (tmp_path / "numa_maps").write_bytes(numa_maps)
    (tmp_path / "smaps").write_bytes(smaps)
    check_parser(lambda _: read_mappings(str(tmp_path)), b"")
