"""What does ``foretell memory cxl`` print, and does a guest agree?"""

from __future__ import annotations

import json

import jsonschema
import pytest

from foretell.cli.main import main
from tests.memory.test_cxl import TOPOLOGY
from tests.oracle.real_guests import guests_or_skip
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.memory.cxl-1.schema.json"))
SMALL = b"""
[[node]]
cpus = true
size = "512M"
bandwidth = "40G"
latency = "80ns"
[[cxl.bridge]]
devices = ["256M"]
bandwidth = "16G"
latency = "200ns"
[[cxl.window]]
"""


@pytest.fixture
def file(tmp_path):
    def make(text):
        path = tmp_path / "t.toml"
        path.write_bytes(text)
        return str(path)

    return make


def test_plan(file, capsys):
    path = file(SMALL)
    assert main(["memory", "cxl", "plan", path]) == 0
    out = capsys.readouterr().out
    assert "  memory blocks of 128 MiB: the RAM ends at 0x20000000, below 64 GiB\n" in out
    assert "  region 0: 256 MiB at 0x110000000, window 0, node1\n" in out
    assert "  node1: tier 28, weight 8, demoted to nothing\n" in out
    assert "QEMU" not in out
    assert main(["memory", "cxl", "plan", path, "--steps"]) == 0
    assert "    -cpu max,hypervisor=off \\\n" in capsys.readouterr().out


def test_json(file, capsys):
    found = []
    for text in (SMALL, TOPOLOGY):
        assert main(["memory", "cxl", "plan", file(text), "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
        jsonschema.validate(found[-1], SCHEMA)
    assert found[1]["regions"][0]["access"] == "read 16384 MB/s 303 ns, write 16384 MB/s 453 ns"


def test_lost_and_offline(file, capsys):
    text = SMALL.replace(b"256M", b"1G").replace(
        b"[[cxl.window]]", b"[[cxl.window]]\nbase = 0x190000000"
    )
    path = file(text + b"[cxl]\nblock_size = '512M'\n")
    assert main(["memory", "cxl", "plan", path, "--online", "offline"]) == 0
    out = capsys.readouterr().out
    assert "256 MiB at its start and 256 MiB at its end are no whole memory block: lost\n" in out
    assert "used: 512 MiB, but it stays offline until somebody onlines it\n" in out


def test_qemu_cannot_be_every_machine(file, capsys):
    path = file(SMALL.replace(b"[[cxl.window]]", b"[[cxl.window]]\nsize = '256M'"))
    assert main(["memory", "cxl", "plan", path, "--steps"]) == 0
    assert "QEMU cannot be this machine: a window is no whole number" in capsys.readouterr().out


def test_unknown(file, capsys):
    path = file(SMALL)
    assert main(["memory", "cxl", "plan", path, "--kernel", "6.15"]) == 1
    assert "rule: kernel-series\n" in capsys.readouterr().err


def test_large_machine_with_an_old_kernel(file, capsys):
    path = file(SMALL.replace(b'"512M"', b'"66G"'))
    assert main(["memory", "cxl", "plan", path, "--kernel", "6.12"]) == 0
    assert "or more, and this kernel does not ask the windows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[[node]]\n", []),
        (b"[[node]]\n[cxl]\n", []),
        (SMALL.replace(b"256M", b"100M"), []),
        (SMALL, ["--online", "x"]),
    ],
)
def test_wrong(file, text, words, capsys):
    assert main(["memory", "cxl", "plan", file(text), *words]) == 2
    assert capsys.readouterr().err


@pytest.mark.oracle
def test_a_guest_agrees(file, require, capsys):
    guests_or_skip(require, "7.3")
    assert main(["memory", "cxl", "boot", file(SMALL)]) == 0
    assert "\n7 agreed / 7 compared (7.3." in capsys.readouterr().out
