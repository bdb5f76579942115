"""What does ``foretell apt modernize-sources`` show, ask, write and take back?"""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from contextlib import suppress

import jsonschema
import pytest

from foretell.cli.main import main
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.modernize-1.schema.json"))
SOURCES = (
    "deb http://example.org/debian trixie main\n#deb-src http://example.org/debian trixie main\n"
)
NEW = "etc/apt/sources.list.d/moved-from-main.sources"


@pytest.fixture
def root(tmp_path):
    for name in ("etc/apt/sources.list.d", "var/lib/apt/lists"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/apt/sources.list").write_text(SOURCES)
    return tmp_path


def run(root, *words):
    return main(["apt", "modernize-sources", "--root", str(root), *words])


def files(root):
    return sorted(
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root)
        for name in names
    )


def test_shows_everything_and_writes_nothing_without_consent(root, capsys):
    assert run(root) == 0
    out, err = capsys.readouterr()
    assert f"  - {root}/etc/apt/sources.list\n" in out
    assert "2 entries become 2 stanzas; the same 4 index targets before and after" in out
    assert f"--- /dev/null\n+++ {root}/{NEW}\n" in out
    assert "+Enabled: no\n" in out
    assert "-deb http://example.org/debian trixie main\n" in out
    assert ":1: warning: no Signed-By: no Release file" in err
    assert "nothing was written" in err
    assert files(root) == ["etc/apt/sources.list"]


def test_assume_no_shows_only(root, capsys):
    assert run(root, "--assume-no", "-y") == 0
    assert "nothing was written" not in capsys.readouterr().err
    assert files(root) == ["etc/apt/sources.list"]


def test_yes_writes_and_undo_brings_back(root, capsys):
    assert run(root, "-y") == 0
    out = capsys.readouterr().out
    assert f"what it was is in {root}/etc/apt/sources.list.bak" in out
    assert f"foretell apt modernize-sources --undo --root {root}" in out
    assert (root / "etc/apt/sources.list.bak").read_text() == SOURCES
    assert "Types: deb\n" in (root / NEW).read_text()
    assert run(root) == 0
    assert capsys.readouterr().out == "All sources are modern.\n"
    assert run(root, "--undo") == 0
    assert "nothing was written" in capsys.readouterr().err
    assert run(root, "--undo", "-y") == 0
    assert capsys.readouterr().out.endswith("2 files are as they were\n")
    assert files(root) == ["etc/apt/sources.list"]
    assert (root / "etc/apt/sources.list").read_text() == SOURCES
    assert run(root, "--undo", "-y") == 2


def test_diff_is_a_patch(root, capsys, require):
    if shutil.which("patch") is None:
        require("patch", "it applies the diff")
    assert run(root) == 0
    out = capsys.readouterr().out
    diff = out[out.index("--- ") :]
    subprocess.run(["patch", "-p0", "-d", "/"], input=diff, text=True, check=True)
    written = (root / NEW).read_text()
    assert not (root / "etc/apt/sources.list").exists()
    (root / "etc/apt/sources.list").write_text(SOURCES)
    (root / NEW).unlink()
    assert run(root, "-y") == 0
    assert (root / NEW).read_text() == written


def test_check_is_for_scripts(root, capsys):
    assert run(root, "--check") == 1
    assert "need modernizing" in capsys.readouterr().out
    assert run(root, "--check", "-y") == 1
    assert files(root) == ["etc/apt/sources.list"]
    assert run(root, "-y") == 0
    assert run(root, "--check") == 0


@pytest.mark.parametrize(("words", "applied"), [((), False), (("-y",), True)])
def test_json(root, capsys, words, applied):
    assert run(root, "--json", *words) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert document["applied"] is applied
    assert [row["path"] for row in document["files"]] == [
        f"{root}/{NEW}",
        f"{root}/etc/apt/sources.list",
    ]
    assert (root / NEW).exists() is applied


def test_keep_order(root, capsys):
    lines = [f"deb http://{host}.example.org/d {suite} main\n" for host, suite in
             (("a", "s"), ("b", "s"), ("a", "t"))]  # fmt: skip
    (root / "etc/apt/sources.list").write_text("".join(lines))
    assert run(root) == 0
    out, err = capsys.readouterr()
    assert "+Suites: s t\n" in out
    assert "another order of preference" in err
    assert run(root, "--keep-order") == 0
    out, err = capsys.readouterr()
    assert "+Suites: s t\n" not in out
    assert "another order of preference" not in err


def test_broken_sources_are_left_alone(root, capsys):
    (root / "etc/apt/sources.list").write_text(SOURCES + "deb x\n")
    assert run(root, "-y") == 2
    assert "sources.list:3" in capsys.readouterr().err
    assert files(root) == ["etc/apt/sources.list"]


def test_missing_root_is_said(tmp_path, capsys):
    assert run(tmp_path / "none") == 2
    assert "no such folder" in capsys.readouterr().err


def test_interrupted_run_must_be_undone(root, capsys):
    assert run(root, "-y") == 0
    journal = root / "var/lib/foretell/modernize-sources.json"
    journal.write_text(journal.read_text().replace('"done": true', '"done": false'))
    (root / "etc/apt/sources.list").write_text(SOURCES)
    for words in ((), ("-y",), ("--check",)):
        assert run(root, *words) == 2
        assert "--undo" in capsys.readouterr().err
    assert run(root, "--undo", "-y") == 0
    assert files(root) == ["etc/apt/sources.list"]


def test_control_characters_do_not_reach_the_terminal(root, capsys):
    (root / "etc/apt/sources.list").write_text(SOURCES + "# \x1b[2J\x07\n")
    assert run(root) == 0
    assert "\x1b" not in capsys.readouterr().out


def told_to(terminal):
    """Return all that a terminal was told, its echo included, when nobody holds the other side."""
    told = b""
    with suppress(OSError):  # EIO: there is nothing more
        while piece := os.read(terminal, 65536):
            told += piece
    return told.decode()


@pytest.mark.parametrize(
    ("answer", "is_written"), [("\n", True), ("y\n", True), ("n\n", False), ("what\n", False)]
)
def test_asks_once_on_a_terminal(root, answer, is_written):
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "foretell", "apt", "modernize-sources", "--root", str(root)],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.write(ours, answer.encode())
    out, _ = done.communicate(timeout=60)
    os.close(theirs)
    assert "Rewrite 1 sources? [Y/n]" in told_to(ours)
    os.close(ours)
    assert done.returncode == 0
    assert (root / NEW).exists() is is_written
    assert ("was rewritten" in out) is is_written
