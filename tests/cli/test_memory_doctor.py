"""What does ``foretell memory doctor`` print, and how does it exit?"""

from __future__ import annotations

import json

import jsonschema

from foretell.cli.main import main
from foretell.memory.doctor import Finding
from foretell.render.memory_doctor import FindingRow, sentences
from tests.memory import test_doctor
from tests.memory.test_doctor import WEIGHTS, tree
from tests.tidy.tree import read

__all__ = ["tree"]
SCHEMA = json.loads(read("docs/reference/schemas/foretell.memory.doctor-1.schema.json"))


def as_json(capsys, *words, status=0):
    assert main(["memory", "doctor", *words, "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


def test_calm(tree, capsys):
    root = tree().root
    assert main(["memory", "doctor", "--root", root]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Kernel 7.3.4+deb14-amd64\n  can: weighted interleaving, automatic")
    assert out.endswith("\nNothing will surprise\n")
    assert as_json(capsys, "--root", root)["findings"] == []


def test_findings(tree, capsys):
    changes = {f"{WEIGHTS}/auto": None, f"{WEIGHTS}/__auto_type": "true", "proc/meminfo": "\n"}
    root = tree(changes).root
    assert main(["memory", "doctor", "--root", root]) == 1
    out = capsys.readouterr().out
    assert "problem: the command line asks for CMA (cma=20M cma_pernuma=0), but" in out
    assert f"  {root}/{WEIGHTS}/__auto_type: true\n  remedy: write to __auto_type" in out
    kinds = [it["kind"] for it in as_json(capsys, "--root", root, status=1)["findings"]]
    assert kinds == ["cma-ignored", "auto-misnamed"]


def test_hostile_text_is_escaped(tree, capsys):
    root = tree({"proc/sys/kernel/osrelease": "\x1b[31m9.9"}).root
    assert main(["memory", "doctor", "--root", root]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "note: the rules of this kernel were never asked" in out


def test_this_machine(capsys):
    status = main(["memory", "doctor"])
    assert status in {0, 1}
    assert capsys.readouterr().out.startswith("Kernel ")
    as_json(capsys, status=status)


def test_nothing_there(tmp_path, capsys):
    assert main(["memory", "doctor", "--root", str(tmp_path)]) == 3
    assert "there is no NUMA node" in capsys.readouterr().err


def test_every_kind_has_a_sentence_and_stands_in_the_reference():
    kinds = {
        kind
        for mark in test_doctor.test_found.pytestmark
        for _, row in mark.args[1]
        for kind in row
    }
    kinds |= {"kernel-unknown", "cxl-unused", "tracefs-not-mounted", "reference-differs"}
    reference = read("docs/reference/memory.md")
    fields: dict[str, int | str] = dict.fromkeys(
        ("release", "node", "tiers", "weight", "value", "asked", "nodes", "size", "pages",
         "area", "devices", "region", "blocks", "path"), 1,
    )  # fmt: skip
    for kind in kinds:
        assert f"`{kind}`" in reference
        what, _ = sentences(FindingRow(*Finding(kind, "note", fields, ())))
        assert what
