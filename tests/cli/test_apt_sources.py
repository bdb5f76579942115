"""What does ``foretell apt sources`` print, and how does it exit?"""

from __future__ import annotations

import json

import jsonschema
import pytest

from foretell.apt.sources.sources_lint import RULES
from foretell.cli.main import main
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.sources-1.schema.json"))
LINE = "deb [{}] https://example.org/d s main\n"
KEY = "usr/share/keyrings/k.gpg"


@pytest.fixture
def root(tmp_path):
    for name in ("etc/apt/sources.list.d", "var/lib/apt/lists", "usr/share/keyrings"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / KEY).write_bytes(b"")
    return tmp_path


def run(root, *words):
    return main(["apt", "sources", "--root", str(root), *words])


@pytest.mark.parametrize(
    ("text", "plain", "strict"),
    [
        (None, 0, 0),
        (LINE.format(f"signed-by=/{KEY}"), 0, 0),
        (LINE.format("check-date=yes"), 0, 1),
        (LINE.format("trusted=yes"), 1, 1),
        ("deb x\n", 1, 1),
    ],
)
def test_exit_status(root, text, plain, strict):
    if text is not None:
        (root / "etc/apt/sources.list").write_text(text)
    assert run(root) == plain
    assert run(root, "--strict") == strict


def test_text(root, capsys):
    (root / "etc/apt/sources.list").write_text("\n" + LINE.format("trusted=yes"))
    run(root)
    out = capsys.readouterr().out
    assert f"{root}/etc/apt/sources.list:2: error[trusted]: https://example.org/d/ is" in out
    assert "\n  why: without a signature" in out
    assert "\n  remedy: put the archive's key" in out
    assert out.endswith("\n1 error, 1 note\n")


def test_no_findings(root, capsys):
    assert run(root) == 0
    assert capsys.readouterr().out == "No findings.\n"


def test_json(root, capsys):
    (root / "etc/apt/sources.list").write_text(
        LINE.format("trusted=yes") + "# \x1b\n#deb http://a.example.org \x1b main\n"
    )
    assert run(root, "--json") == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert document["counts"]["error"] == 1
    assert "distro-info-data" in document["dates"]
    assert {row["rule"] for row in document["findings"]} <= set(RULES)


def test_every_rule_is_in_the_guide():
    text = read("docs/guides/sources.md")
    assert [rule for rule in RULES if f"`{rule}`" not in text] == []
