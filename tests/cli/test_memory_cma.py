"""What does ``foretell memory cma`` print, and how does it exit?"""

from __future__ import annotations

import json

import jsonschema
import pytest

from foretell.cli.main import main
from tests.memory.test_cma import tree
from tests.tidy.tree import read

__all__ = ["tree"]
SCHEMA = json.loads(read("docs/reference/schemas/foretell.memory.cma-1.schema.json"))


def as_json(capsys, *words, status=0):
    assert main(["memory", "cma", *words, "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


def test_the_article(capsys):
    words = ["--page-size", "64K", "--need", "20M,7M"]
    assert main(["memory", "cma", *words]) == 0
    out = capsys.readouterr().out
    assert "page block: 65536 B << 13 = 512 MiB; the smaller of 13 (huge pages)" in out
    assert "  20 MiB asked, 512 MiB reserved, 492 MiB wasted (96.0 %)\n" in out
    assert "  in all: 1 GiB reserved, 997 MiB wasted (97.3 %)\n" in out
    assert "  guaranteed CMA (a proposal: in no kernel that was asked): 27 MiB" in out
    found = as_json(capsys, *words)
    assert found["shared"]["wasted"] == 485 << 20
    assert [it["order"] for it in found["others"]] == [4, 9, None]


def test_forced_order(capsys):
    found = as_json(capsys, "--page-size", "64K", "--need", "20M", "--buddy-order", "7")
    assert found["block-size"] == 8 << 20
    assert found["shared"] is None


def test_repeated_on_every_node(capsys):
    assert main(["memory", "cma", "--cmdline", "cma=64M cma", "--nodes", "3"]) == 0
    out = capsys.readouterr().out
    assert "the first area once more, on every node; cma_pernuma=0 turns that off\n" in out
    assert "  in all: 256 MiB reserved, 64 MiB asked\n  if so much RAM" in out
    assert "  malformed, so ignored: cma\n" in out


def test_refused(capsys):
    words = ["--need", "3M", "--base", "64M", "--limit", "67M", "--fixed"]
    assert as_json(capsys, *words, status=1)["separate"][0]["errno"] == "EINVAL"
    words = ["--cmdline", "cma=3M@64M"]
    assert main(["memory", "cma", *words]) == 1
    assert "end after the limit 69206016\n" in capsys.readouterr().out
    assert main(["memory", "cma", "--cmdline", "cma=20M", "--nodes", "16M,64M,1M"]) == 1
    assert "numa0: 20 MiB refused, ENOMEM\n" in capsys.readouterr().out


def test_a_kernel_that_does_not_start(capsys):
    words = ["--cmdline", "cma=20M cma_pernuma"]
    assert main(["memory", "cma", *words]) == 1
    assert "does not start: no value after cma_pernuma\n" in capsys.readouterr().out
    assert as_json(capsys, *words, status=1)["reserved"] is None


def test_older_kernels(capsys):
    assert main(["memory", "cma", "--need", "3M", "--kernel", "6.12"]) == 0
    out = capsys.readouterr().out
    assert "Debian's amd64 kernel of this series has no CMA" in out
    assert "ARCH_FORCE_MAX_ORDER=8\n" in out
    words = ["--cmdline", "cma=3M", "--nodes", "2", "--kernel", "6.12"]
    assert main(["memory", "cma", *words]) == 1
    assert "rule: cma-per-node\n" in capsys.readouterr().err


def test_audit(tree, capsys):
    nodes = {
        f"sys/devices/system/node/node{node}/meminfo": f"Node {node} MemTotal: 300000 kB\n"
        for node in (0, 1)
    }
    root = tree({**nodes, "proc/sys/kernel/osrelease": "7.3.4+deb14-amd64\n"})
    assert main(["memory", "cma", "--root", root]) == 0
    out = capsys.readouterr().out
    assert "numa1: 10 MiB for 9 MiB asked, 1 MiB wasted (10.0 %)\n" in out
    assert "pages asked for in vain: 7\n" in out
    assert as_json(capsys, "--root", root)["audit"]["total"] == 30 << 20
    tree({"proc/cmdline": "cma=64M numa_cma=0:2M\n"})
    found = as_json(capsys, "--root", root, status=1)["audit"]
    assert found["missing"] == [{"name": "numa0", "asked": 2 << 20, "errno": None}]
    assert main(["memory", "cma", "--root", root]) == 1
    out = capsys.readouterr().out
    assert "    the rules give 64 MiB: not what is there\n" in out
    assert "  numa0: 2 MiB asked, not there, although the rules allow it\n" in out
    tree({"proc/meminfo": "MemTotal: 1 kB\n"})
    assert main(["memory", "cma", "--root", root]) == 1
    assert "This kernel has no CMA\n  cma= on its" in capsys.readouterr().out


def test_this_machine(capsys):
    assert main(["memory", "cma", "--live", "--kernel", "7.3"]) in {0, 1}
    assert "page block: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--live", "--need", "1M"],
        ["--live", "--root", "/"],
        ["--need", "0"],
        ["--need", "1M,"],
        ["--need", "1M,2M", "--base", "64M"],
        ["--need", "1M", "--order-per-bit", "99"],
        ["--need", "1M", "--page-size", "8K"],
        ["--need", "1M", "--block-order", "11"],
        ["--need", "1M", "--block-order", "3", "--kernel", "6.12"],
        ["--cmdline", "cma=1M", "--nodes", "0"],
        ["--cmdline", "cma=1M", "--nodes", "1,x"],
    ],
)
def test_wrong_words(words, capsys):
    assert main(["memory", "cma", *words]) == 2
    assert capsys.readouterr().err.startswith("error[")
