"""Is what a guest publishes read as numbers?"""

from __future__ import annotations

import pytest

from foretell.errors import MissingError
from foretell.oracle.guest_facts import (
    CmaArea,
    NodeAccess,
    Weights,
    parse_list,
    parse_zones,
    read_cma,
    read_facts,
    read_weights,
)

NODE = "/sys/devices/system/node"
FILES = {
    f"{NODE}/online": "0-1",
    f"{NODE}/has_memory": "0-1",
    f"{NODE}/node0/distance": "10 20",
    f"{NODE}/node1/distance": "20 10",
    f"{NODE}/node1/meminfo": "Node 1 MemTotal:       30544 kB\nNode 1 MemFree: 1 kB",
    f"{NODE}/node1/memory7/state": "online",
    f"{NODE}/node1/access0/initiators/node0/x": "",
    f"{NODE}/node1/access0/initiators/read_bandwidth": "7168",
    "/sys/devices/system/memory/block_size_bytes": "8000000",
    "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152",
    "/sys/kernel/mm/numa/demotion_enabled": "false",
    "/sys/devices/virtual/memory_tiering/memory_tier128/nodelist": "1",
    "/sys/devices/virtual/memory_tiering/memory_tier4/nodelist": "0",
    "/sys/devices/virtual/memory_tiering/power/control": "auto",
    "/sys/kernel/mm/mempolicy/weighted_interleave/__auto_type": "true",
    "/sys/kernel/mm/mempolicy/weighted_interleave/node1": "2",
    "/sys/kernel/mm/mempolicy/weighted_interleave/node0": "7",
    "/sys/kernel/mm/cma/reserved/total_pages": "512",
    "/sys/kernel/mm/cma/reserved/odd": "no number",
    "/proc/pagetypeinfo": "Page block order: 11\nPages per block:  2048\n",
    "/proc/meminfo": "MemTotal: 146884 kB\nMemFree: 5 kB\nCmaTotal:  2048 kB",
}


class Files:
    """Stands for a guest with these files."""

    release, page_bytes = "7.0", 4096

    def __init__(self, files, lines=()):
        self.files, self.lines = files, lines

    def read_all(self, paths):
        return {path: self.files.get(path) for path in paths}

    def names(self, path):
        below = [
            name.removeprefix(f"{path}/") for name in self.files if name.startswith(f"{path}/")
        ]
        return sorted({name.partition("/")[0] for name in below})

    def tree(self, path):
        return {
            name.removeprefix(f"{path}/"): text
            for name, text in self.files.items()
            if name.startswith(f"{path}/")
        }

    def dmesg(self, *words):
        return list(self.lines)


def test_facts_are_numbers():
    lines = [
        "[1] Demotion targets for Node 0: preferred: 9, fallback: 9",
        "[2] Demotion targets for Node 0: preferred: 1, fallback: 1-2",
        "[2] Demotion targets for Node 1: null",
    ]
    facts = read_facts(Files(FILES, lines))
    assert facts.states["online"] == (0, 1)
    assert facts.states["has_cpu"] == ()
    assert facts.tiers == {4: (0,), 128: (1,)}
    assert list(facts.tiers) == [4, 128]
    assert facts.block_bytes == 128 << 20
    assert facts.weights == Weights("__auto_type", "true", {0: 7, 1: 2})
    assert facts.accesses == (NodeAccess(1, 0, (0,), 7168, 0, 0, 0),)
    assert facts.demotion == ((0, (1,), (1, 2)), (1, (), ()))
    assert facts.distances == {0: (10, 20), 1: (20, 10)}
    assert facts.node_total_kb == {0: 0, 1: 30544}
    assert facts.meminfo == {"MemTotal": 146884, "CmaTotal": 2048}
    assert facts.page_block_order == 11
    assert facts.blocks == {0: 0, 1: 1}
    assert facts.cma == (CmaArea("reserved", {"total_pages": 512}),)


def test_kernel_without_the_files_has_no_weights():
    assert read_weights(Files({})) is None
    assert read_cma(Files({})) == ()
    name = "/sys/kernel/mm/mempolicy/weighted_interleave/node0"
    assert read_weights(Files({name: "1"})) == Weights("", "", {0: 1})


@pytest.mark.parametrize("text", ["x", "0-", "-1", "0-99999", "0;1"])
def test_odd_list_is_an_error(text):
    with pytest.raises(MissingError) as caught:
        parse_list(text)
    assert caught.value.code == "bad-answer"


def test_nothing_is_an_empty_list():
    assert parse_list(None) == parse_list("\n") == ()


def test_zones_without_pages_are_left_out():
    text = "Node 0, zone   Movable\n  pages free 0\n        present  0\n        managed  0\n"
    assert parse_zones(text) == []
