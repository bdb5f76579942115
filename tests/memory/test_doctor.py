"""Does the doctor find what surprises, with its evidence, and survive any tree?"""

from __future__ import annotations

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretell.errors import MissingError
from foretell.memory.doctor import abilities, examine
from foretell.memory.doctor_tree import Tree
from foretell.memory.kernels import rules_of
from tests.fuzz.harness import mutate

NEW = rules_of("7.3")
NODE = "sys/devices/system/node/node{}"
WEIGHTS = "sys/kernel/mm/mempolicy/weighted_interleave"
BLOCKS = "sys/devices/system/memory"
TIERS = "sys/devices/virtual/memory_tiering"
CONFIG = gzip.compress(b"CONFIG_DAMON_VADDR=y\nCONFIG_DAMON_PADDR=y\n")

# A machine of two nodes on which nothing surprises.
CALM: dict[str, bytes | str | None] = {
    "proc/sys/kernel/osrelease": "7.3.4+deb14-amd64\n",
    "proc/cmdline": "quiet cma=20M cma_pernuma=0\n",
    "proc/meminfo": "MemTotal: 1 kB\nCmaTotal:          20480 kB\n",
    "proc/config.gz": CONFIG,
    "proc/sys/kernel/numa_balancing": "2\n",
    "proc/sys/vm/movable_gigantic_pages": "1\n",
    f"{NODE.format(0)}/cpulist": "0-3\n",
    f"{NODE.format(0)}/meminfo": "Node 0 MemTotal: 4096 kB\n",
    f"{NODE.format(0)}/distance": "10 20\n",
    f"{NODE.format(0)}/memory0/uevent": "",
    f"{NODE.format(0)}/access1/initiators/read_bandwidth": "40960\n",
    f"{NODE.format(0)}/access1/initiators/write_bandwidth": "40960\n",
    f"{NODE.format(0)}/access1/initiators/read_latency": "80\n",
    f"{NODE.format(0)}/access1/initiators/write_latency": "80\n",
    f"{NODE.format(1)}/cpulist": "\n",
    f"{NODE.format(1)}/meminfo": "Node 1 MemTotal: 4096 kB\n",
    f"{NODE.format(1)}/distance": "20 10\n",
    f"{NODE.format(1)}/memory32/uevent": "",
    f"{BLOCKS}/memory0/state": "online\n",
    f"{BLOCKS}/memory0/valid_zones": "none\n",
    f"{BLOCKS}/memory32/state": "online\n",
    f"{BLOCKS}/memory32/valid_zones": "Movable\n",
    f"{BLOCKS}/auto_online_blocks": "online_movable\n",
    f"{BLOCKS}/block_size_bytes": "8000000\n",
    f"{WEIGHTS}/auto": "true\n",
    f"{WEIGHTS}/node0": "23\n",
    f"{WEIGHTS}/node1": "8\n",
    f"{TIERS}/memory_tier4/nodelist": "0\n",
    f"{TIERS}/memory_tier28/nodelist": "1\n",
    "sys/kernel/mm/numa/demotion_enabled": "true\n",
    "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "0\n",
    "sys/kernel/mm/cma/reserved/alloc_pages_fail": "0\n",
    "sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds": "0\n",
    "sys/kernel/tracing/events/enable": "0\n",
    "sys/bus/cxl/devices/mem0/serial": "1\n",
    "sys/bus/cxl/devices/region0/access0/read_bandwidth": "16000\n",
    "sys/bus/cxl/devices/region0/size": "0x10000000\n",
    "sys/bus/dax/drivers_probe": "",
}


@pytest.fixture
def tree(tmp_path):
    def make(changes=None):
        for name, text in {**CALM, **(changes or {})}.items():
            path = tmp_path / name
            if text is None:
                path.unlink(missing_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Tree(str(tmp_path))

    return make


def found(tree, changes=None, rules=NEW):
    return {it.kind: it for it in examine(tree(changes), rules)}


def test_a_calm_machine(tree):
    assert found(tree) == {}
    assert [row.name for row in abilities(tree()) if row.can is not True] == []


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({f"{WEIGHTS}/auto": None, f"{WEIGHTS}/__auto_type": "true"}, {"auto-misnamed"}),
        ({f"{WEIGHTS}/auto": None}, {"no-automatic-weights"}),
        ({f"{WEIGHTS}/auto": "false"}, {"weights-manual"}),
        ({f"{WEIGHTS}/node0": "8"}, {"weights-equal"}),
        (
            {
                f"{WEIGHTS}/node0": "1",
                f"{WEIGHTS}/node1": "1",
                f"{NODE.format(0)}/access1/initiators/read_bandwidth": "0",
            },
            {"weights-equal", "bandwidth-missing", "reference-incomplete"},
        ),
        (
            {f"{TIERS}/memory_tier4/nodelist": "0-1", f"{TIERS}/memory_tier28/nodelist": None},
            {"one-tier"},
        ),
        ({"sys/kernel/mm/numa/demotion_enabled": "false"}, {"demotion-off"}),
        ({"proc/sys/kernel/numa_balancing": "1"}, {"promotion-off"}),
        ({"proc/meminfo": "MemTotal: 1 kB\n"}, {"cma-ignored"}),
        ({"proc/meminfo": "CmaTotal: 0 kB\n"}, {"cma-refused"}),
        (
            {"proc/cmdline": "cma=20M", "sys/kernel/mm/cma/numa0/total_pages": "5120"},
            {"cma-per-node"},
        ),
        ({"sys/kernel/mm/cma/reserved/alloc_pages_fail": "7"}, {"cma-failures"}),
        ({"sys/kernel/tracing/events/enable": None}, set()),
        (
            {"proc/config.gz": gzip.compress(b"CONFIG_DAMON=y\n")},
            {"damon-no-vaddr", "damon-no-paddr"},
        ),
        (
            {
                "sys/kernel/mm/damon/admin/kdamonds/0/contexts/0/avail_operations": "paddr\n",
            },
            {"damon-no-vaddr"},
        ),
        ({"sys/bus/cxl/devices/region0/access0/read_bandwidth": None}, {"cxl-bandwidth-missing"}),
        ({"sys/bus/cxl/devices/region0/access0/read_latency": "17350"}, {"cxl-latency-absurd"}),
        ({"sys/bus/cxl/devices/region0/access0/read_latency": "352"}, set()),
        ({f"{BLOCKS}/memory32/valid_zones": "Normal"}, {"kernel-may-use"}),
        ({"proc/sys/vm/movable_gigantic_pages": "0"}, {"gigantic-refused"}),
        ({"proc/sys/vm/movable_gigantic_pages": None}, {"gigantic-impossible"}),
        ({f"{BLOCKS}/memory32/state": "offline"}, {"memory-offline"}),
        ({f"{BLOCKS}/auto_online_blocks": "offline"}, {"added-stays-offline"}),
        ({f"{BLOCKS}/auto_online_blocks": "online"}, {"added-is-normal"}),
        ({f"{BLOCKS}/block_size_bytes": "80000000"}, {"large-blocks"}),
        ({f"{BLOCKS}/block_size_bytes": "x-y"}, {"unreadable"}),
        ({f"{WEIGHTS}/node0": "x"}, {"unreadable"}),
        ({f"{NODE.format(0)}/distance": "x"}, {"unreadable"}),
        ({"proc/config.gz": b"\x1f\x8bnonsense"}, {"unreadable"}),
    ],
)
def test_found(tree, changes, kinds):
    rows = found(tree, changes)
    assert set(rows) == kinds
    for row in rows.values():
        assert row.evidence
        assert all(fact.place for fact in row.evidence)


def test_tracefs_and_cxl(tree, tmp_path):
    tree()
    (tmp_path / "sys/kernel/tracing/events/enable").unlink()
    (tmp_path / "sys/kernel/tracing/events").rmdir()
    (tmp_path / "sys/bus/cxl/devices/region0/access0/read_bandwidth").unlink()
    (tmp_path / "sys/bus/cxl/devices/region0/access0").rmdir()
    (tmp_path / "sys/bus/cxl/devices/region0/size").unlink()
    (tmp_path / "sys/bus/cxl/devices/region0").rmdir()
    kinds = {it.kind for it in examine(Tree(str(tmp_path)), NEW)}
    assert kinds == {"tracefs-not-mounted", "cxl-unused"}


def test_two_nodes_with_cpus_that_differ(tree):
    where = f"{NODE.format(2)}/access1/initiators"
    changes = {
        f"{NODE.format(2)}/cpulist": "4-7",
        f"{NODE.format(2)}/meminfo": "Node 2 MemTotal: 4096 kB\n",
        f"{where}/read_bandwidth": "20480",
        f"{where}/write_bandwidth": "40960",
        f"{where}/read_latency": "80",
        f"{where}/write_latency": "80",
    }
    assert "reference-differs" in found(tree, changes)


def test_unknown_kernel(tree):
    rows = found(tree, rules=None)
    assert rows["kernel-unknown"].fields == {"release": "7.3.4+deb14-amd64"}


def test_order_of_severity(tree):
    changes = {"proc/meminfo": "\n", f"{WEIGHTS}/auto": "0", f"{WEIGHTS}/node0": "8"}
    rows = examine(tree(changes), NEW)
    assert [it.severity for it in rows] == ["problem", "surprise", "note"]


def test_no_tree(tmp_path):
    with pytest.raises(MissingError):
        examine(Tree(str(tmp_path)), NEW)


ABSURD = [None, "", "x\n", "-1\n", "9" * 400, b"\xff\0", "1" * 70_000, "0-99999999", "4,,5"]


@pytest.mark.parametrize("name", sorted(CALM))
@pytest.mark.parametrize("text", ABSURD)
def test_absurd_file(tree, name, text):
    broken = tree({name: text})
    examine(broken, NEW)
    abilities(broken)


@given(st.sampled_from(sorted(CALM)), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fuzz(tree, name, data):
    good = CALM[name]
    raw = good if isinstance(good, bytes) else str(good).encode()
    broken = tree({name: data.draw(mutate(raw))})
    for row in examine(broken, NEW):
        assert row.evidence


def test_files_that_are_folders(tree, tmp_path):
    tree()
    for name in ("proc/meminfo", f"{WEIGHTS}/node0", f"{BLOCKS}/auto_online_blocks"):
        (tmp_path / name).unlink()
        (tmp_path / name).mkdir()
    assert {it.kind for it in examine(Tree(str(tmp_path)), NEW)} <= {"unreadable"}
