"""What do the commands about memory print, and how do they exit?"""

from __future__ import annotations

import json
import mmap
import os

import jsonschema
import pytest

from foretell.cli.main import main
from foretell.render.memory_check import CheckRow, check_json, render_check
from tests.memory.test_inputs import GOOD, TOPOLOGY, tree
from tests.tidy.tree import read

__all__ = ["tree"]


def schema(verb):
    return json.loads(read(f"docs/reference/schemas/foretell.memory.{verb}-1.schema.json"))


@pytest.fixture
def topology(tmp_path):
    path = tmp_path / "machine.toml"
    path.write_bytes(TOPOLOGY)
    return str(path)


def test_weights(capsys):
    assert main(["memory", "weights", "--bw", "0=40G,1=12G,2=7G", "--better"]) == 0
    out = capsys.readouterr().out
    assert "node0: 7 = 32 * 40960 MB/s / 60416 MB/s, which is 21, over 3 which divides all\n" in out
    assert "Better weights: node0=30 node1=9 node2=5\n" in out


def test_weights_of_an_hmat(tmp_path, capsys):
    (tmp_path / "HMAT").write_bytes(GOOD)
    assert main(["memory", "weights", "--hmat", str(tmp_path / "HMAT"), "--kernel", "7.1"]) == 0
    assert "node1: 7 = 32 * 12288" in capsys.readouterr().out


def test_weights_after_events(capsys):
    words = ["--then", "set:0=5", "--then", "add:2=16G", "--then", "set:0=0"]
    assert main(["memory", "weights", "--bw", "0=40G", *words, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, schema("weights"))
    assert found["weights"] == {"0": 5, "2": 1}
    assert found["refused"] == ["set:0=0: EINVAL"]


def test_weights_of_a_tree_and_apply(tree, capsys):
    root = tree()
    words = ["memory", "weights", "--root", root, "--kernel", "7.3"]
    assert main(words) == 0
    assert "but the kernel has now: node0=7" in capsys.readouterr().out
    assert main(["memory", "weights", "--bw", "0=40G", "--apply", "-y", "--sysfs", root]) == 0
    err = capsys.readouterr().err
    assert "To be written:\n  echo 0 >" in err
    assert "Written. To take it back:\n  echo 7 >" in err
    folder = "sys/kernel/mm/mempolicy/weighted_interleave"
    with open(os.path.join(root, folder, "node0"), encoding="ascii") as file:
        assert file.read() == "1\n"
    assert main(["memory", "weights", "--bw", "0=40G", "--apply", "--sysfs", root]) == 0
    assert "has these weights" in capsys.readouterr().err


def test_nothing_is_written_unasked(tree, capsys):
    root = tree()
    assert main(["memory", "weights", "--bw", "0=40G", "--apply", "--sysfs", root]) == 0
    assert "nothing was written" in capsys.readouterr().err


def test_tiers(topology, capsys):
    words = ["memory", "tiers", "--topology", topology, "--device", "2=16G@250ns"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "  tier 4 (never promoted from)\n    node0: 64 GiB, 40 GiB/s, weight 27, abstract" in out
    assert "node2: new in tier 35: abstract distance 4500, compared with node0\n" in out
    assert main([*words, "--json"]) == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), schema("tiers"))


def test_tiers_of_a_tree_that_has_others(tree, capsys):
    folder = "sys/devices/virtual/memory_tiering"
    root = tree(
        {f"{folder}/memory_tier4/nodelist": "0\n", f"{folder}/memory_tier57/nodelist": "1\n"}
    )
    assert main(["memory", "tiers", "--root", root, "--kernel", "7.3"]) == 0
    out = capsys.readouterr().out
    assert out.count("but this kernel has it in tier") == 1
    assert "but this kernel has it in tier 57, by what it does not publish\n" in out
    assert main(["memory", "tiers", "--root", root, "--kernel", "7.3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, schema("tiers"))
    assert found["there"] == {"0": 4, "1": 57}


def test_tiers_as_a_picture(topology, tmp_path):
    path = tmp_path / "machine.json"
    words = ["memory", "tiers", "--topology", topology, "--device", "2=16G@100ns"]
    assert main([*words, "--graph", str(path)]) == 0
    drawn = json.loads(path.read_text())
    looks = {node["title"]: (node["look"], node["note"]) for node in drawn["nodes"]}
    assert looks == {
        "node0, tier 4": ("change", "64 GiB, 40 GiB/s, weight 20"),
        "node2, tier 14": ("add", "16 GiB/s, weight 8"),
        "node1, tier 120": ("fact", "1 GiB, 7 GiB/s, weight 3"),
    }
    titles = {node["name"]: node["title"] for node in drawn["nodes"]}
    edges = [(titles[edge["from"]], titles[edge["to"]]) for edge in drawn["edges"]]
    assert edges == [("node0, tier 4", "node2, tier 14"), ("node2, tier 14", "node1, tier 120")]
    assert main([*words[:4], "--graph", str(path)]) == 0
    assert "would be new" not in path.read_text()
    assert main([*words[:4], "--graph", "x.png"]) == 2


def test_place(topology, capsys):
    words = ["memory", "place", "--topology", topology, "--policy", "weighted interleave:0-1"]
    assert main([*words, "--pages", "1000000", "--start", "0x7f0000000000"]) == 0
    assert "predicted: node0 870968, node1 129032\n" in capsys.readouterr().out
    assert main([*words, "--pages", "40", "--ranges", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, schema("place"))
    assert found["mappings"][0]["ranges"] == [[0, 27, 0], [27, 4, 1], [31, 9, 0]]


def test_place_asks_the_kernel_that_is_meant(topology, capsys):
    words = ["memory", "place", "--topology", topology, "--policy", "weighted interleave:0-1"]
    assert main([*words, "--pages", "10", "--kernel", "6.12"]) == 0  # all weights are 1 there
    assert "predicted: node0 5, node1 5\n" in capsys.readouterr().out
    assert main([*words, "--pages", "10", "--kernel", "6.14"]) == 1
    assert "rule: kernel-series\n" in capsys.readouterr().err


def test_place_of_this_process_agrees(capsys):
    assert main(["memory", "place", "--pid", str(os.getpid()), "--check", "--json"]) in {0, 1}
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, schema("place"))
    asked = [row for row in found["mappings"] if row["asked"]]
    assert asked
    assert all(row["elsewhere"] == [] for row in asked)


def test_shared_memory_is_not_predicted(capsys):
    with mmap.mmap(-1, 1 << 16) as shared:  # its index is not that of anonymous pages
        shared[0] = 1
        main(["memory", "place", "--pid", str(os.getpid()), "--json"])
    found = json.loads(capsys.readouterr().out)
    rows = [row for row in found["mappings"] if "/dev/zero" in row["name"]]
    assert rows
    assert all(row["predicted"] is None and "inode" in row["unknown"] for row in rows)


def test_unknown_kernel(capsys):
    assert main(["memory", "tiers", "--kernel", "6.14"]) == 1
    assert "nearest known: 6.12 and 6.16\n  rule: kernel-series\n" in capsys.readouterr().err


def test_check_needs_kernels_that_are_there(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FORETELL_ORACLE_DIR", str(tmp_path))
    assert main(["memory", "check", "--kernels", "7.3"]) == 3
    assert "guests cannot be started" in capsys.readouterr().err
    assert main(["memory", "check"]) == 3
    assert "there is no kernel to compare with" in capsys.readouterr().err


def test_check_shows_what_differs():
    row = CheckRow("7.3", 2, {"weights": 3, "pages": 40}, [("s", "pages", "page 1")], [("s", "u")])
    assert render_check([row]).splitlines() == [
        "kernel  machines  weights  pages  unknown",
        "   7.3         2      3/3  39/40        1",
        "differs: kernel 7.3, s, pages: page 1",
        "42 agreed / 43 compared",
    ]
    jsonschema.validate(check_json([row]), schema("check"))


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--cases", "0"],
        ["check", "--kernels", "5.0"],
        ["check", "--kernels", "7.3-arm64"],
        ["weights", "--bw", "0"],
        ["weights", "--bw", "0=1,0=2"],
        ["weights", "--bw", "9999=1"],
        ["weights", "--bw", "0=1", "--then", "fly:0"],
        ["weights", "--bw", "0=1", "--then", "add:x"],
        ["weights", "--bw", "0=1", "--then", "remove:0=1"],
        ["weights", "--bw", "0=1", "--most", "0"],
        ["weights", "--bw", "0=1", "--topology", "x"],
        ["tiers", "--bw", "0=1", "--device", "x"],
        ["tiers", "--bw", "0=1", "--device", "0=1"],
        ["place", "--bw", "0=1"],
        ["place", "--bw", "0=1", "--policy", "bind:0"],
        ["place", "--bw", "0=1", "--policy", "bind:0", "--pages", "x"],
        ["place", "--bw", "0=1", "--policy", "bind:x", "--pages", "1"],
        ["place", "--bw", "0=1", "--policy", "bind:0", "--pages", "1", "--check"],
        ["place", "--bw", "0=1", "--policy", "bind:0", "--pid", "1"],
        ["place", "--bw", "0=1", "--policy", "bind:0", "--pages", "1", "--weights", "0=300"],
    ],
)
def test_wrong_words(words, capsys):
    assert main(["memory", *words]) == 2
    assert capsys.readouterr().err.startswith("error[")
