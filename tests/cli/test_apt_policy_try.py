"""Does policy --try show what a preference changes, and --apply write just that?"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import jsonschema
import pytest

from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package
from tests.tidy.tree import read

SCHEMA = json.loads(read("docs/reference/schemas/foretell.apt.policy-try-1.schema.json"))
PIN = "Package: a Pin: release n=next Pin-Priority: 990"
FILE = "etc/apt/preferences.d/foretell.pref"
TEXT = "Package: a\nPin: release n=next\nPin-Priority: 990\n"


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path, package("a", "1") + package("b", "1"), installed("a"))
    lab.write(
        "etc/apt/sources.list",
        "".join(f"deb http://a.example.org/debian {suite} main\n" for suite in ("trixie", "next")),
    )
    newer = package("a", "2", Depends="n", Size="5000") + package("b", "2") + package("n", "1")
    lab.add_list(newer, suite="next", release="NotAutomatic: yes\n")
    return lab


def test_screen_tells_what_moves_and_what_upgrades_do(lab):
    done = lab.run("policy", "--try", PIN)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == (
        f"With this in {lab.path(FILE)}:\n"
        "  Package: a\n"
        "  Pin: release n=next\n"
        "  Pin-Priority: 990\n"
        "\n"
        "Candidates that change, installed: 1\n"
        "  a: 1 (500) -> 2 (990, was 1), by foretell.pref:1 (a: release n=next)\n"
        "\n"
        "upgrade would do otherwise (+ only with it, - only without it):\n"
        "  +  a  upgrade 1 => 2\n"
        "  +  n  install 1 (automatic)\n"
        "  Summary: 2 added, 0 removed, 0 upgraded, 0 downgraded\n"
        "  Space needed: 0 B -> 10.2 kB (+10.2 kB)\n"
        "  Download size: 0 B -> 6000 B (+6000 B)\n"
        "\n"
        "full-upgrade would do otherwise (+ only with it, - only without it):\n"
        "  +  a  upgrade 1 => 2\n"
        "  +  n  install 1 (automatic)\n"
        "  Summary: 2 added, 0 removed, 0 upgraded, 0 downgraded\n"
        "  Space needed: 0 B -> 10.2 kB (+10.2 kB)\n"
        "  Download size: 0 B -> 6000 B (+6000 B)\n"
    )
    assert not os.path.exists(lab.path(FILE))


def test_nothing_that_changes_is_said(lab):
    text = lab.run("policy", "--try", "Package: aa Pin: version 1 Pin-Priority: 5").stdout.decode()
    assert "\nNo candidate changes.\n\nPins that match nothing:\n  foretell.pref:1 (aa: " in text
    assert text.endswith("\nupgrade would do the same.\n\nfull-upgrade would do the same.\n")


def test_named_packages_are_the_only_ones_shown(lab):
    every = "Package: * Pin: release n=next Pin-Priority: 990"
    text = lab.run("policy", "--try", every, "b").stdout.decode()
    assert "  b: 1 (500) -> 2 (990, was 1), by" in text
    assert "  a: " not in text
    assert "  and 2 other packages\n" in text
    done = lab.run("policy", "--try", every, "nosuch")
    assert done.returncode == 2
    assert b"Unable to locate package nosuch" in done.stderr


def test_json_follows_its_schema(lab):
    for words in ([], ["b"]):
        done = lab.run("policy", "--json", "--try", PIN, *words)
        jsonschema.validate(json.loads(done.stdout), SCHEMA)
    document = json.loads(lab.run("policy", "--json", "--try", PIN).stdout)
    (row,) = document["candidates"]
    assert (row["from"], row["to"]) == (
        {"version": "1", "priority": 500},
        {"version": "2", "priority": 990},
    )
    assert row["pin"]["file"] == "foretell.pref"
    assert [row["kind"] for row in document["plans"]["upgrade"]["rows"]] == ["added", "added"]
    assert document["applied"] is False


def test_file_and_stanzas_are_taken_together(lab, tmp_path):
    path = tmp_path / "x.pref"
    path.write_text("# why\nPackage: b\nPin: release n=next\nPin-Priority: 990\n")
    text = lab.run("policy", "--try", PIN, "--try-file", str(path)).stdout.decode()
    assert "by foretell.pref:1 (a: " in text
    assert "by foretell.pref:6 (b: " in text


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--try", "Package: a Pin: version 1"], 2, "priority, or priority 0\n  --> --try:1\n"),
        (["--try", PIN, "--try", "Package: a"], 2, "record has no Pin field\n  --> --try #2:1\n"),
        (["--try", "a=1"], 2, "\n  --> --try:1\n"),
        (["--try-file", "nosuch"], 2, "error[no-file]: there is no such file\n  --> nosuch\n"),
        (["--try", PIN, "--name", "x.conf"], 2, "hint: call it x.pref"),
        (["--apply"], 2, "error[nothing-to-apply]"),
        (["--undo"], 2, "nothing was written here"),
    ],
)
def test_bad_input_is_a_clear_error(lab, words, status, message):
    done = lab.run("policy", *words)
    assert done.returncode == status
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# -- writing -------------------------------------------------------------------------------------


def test_apply_writes_what_was_tried_and_undo_takes_it_back(lab):
    assert b"Candidate: 1\n" in lab.run("policy", "a").stdout
    before = lab.snapshot()
    done = lab.run("policy", "--try", PIN, "--apply", "-y")
    assert done.returncode == 0
    assert f"\n{lab.path(FILE)}: was written\n" in done.stdout.decode()
    with open(lab.path(FILE)) as file:
        assert file.read() == TEXT
    assert b"Candidate: 2\n" in lab.run("policy", "a").stdout
    undone = lab.run("policy", "--undo", "-y")
    assert undone.returncode == 0
    assert undone.stdout.decode().endswith(f"{lab.path(FILE)}: was removed\n")
    assert lab.snapshot() == before


def test_apply_does_not_overwrite(lab):
    lab.write(FILE, "# mine\n")
    done = lab.run("policy", "--try", PIN, "--apply", "-y")
    assert done.returncode == 2
    assert b"error[preferences-exist]" in done.stderr
    assert b"hint: give the new one another --name" in done.stderr
    with open(lab.path(FILE)) as file:
        assert file.read() == "# mine\n"
    assert lab.run("policy", "--try", PIN, "--apply", "-y", "--name", "x").returncode == 0
    assert lab.run("policy", "--undo", "-y").returncode == 2
    assert lab.run("policy", "--undo", "-y", "--name", "x").returncode == 0


def test_undo_keeps_what_was_edited_since(lab):
    lab.run("policy", "--try", PIN, "--apply", "-y")
    lab.write(FILE, TEXT + "\n# edited\n")
    done = lab.run("policy", "--undo", "-y")
    assert done.returncode == 2
    assert b"error[edited-since]" in done.stderr
    assert os.path.exists(lab.path(FILE))


def test_nobody_to_ask_has_not_agreed(lab):
    done = lab.run("policy", "--try", PIN, "--apply")
    assert b"note: nothing was written" in done.stderr
    assert not os.path.exists(lab.path(FILE))


@pytest.mark.parametrize(("answer", "is_written"), [("y\n", True), ("n\n", False)])
def test_asks_on_a_terminal_after_showing(lab, answer, is_written):
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "foretell", "apt", "policy", "--root", lab.root)
    done = subprocess.Popen(
        [*command, "--try", PIN, "--apply"],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": lab.cache},
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.write(ours, answer.encode())
    out, _ = done.communicate(timeout=60)
    os.close(theirs)
    assert f"Write {lab.path(FILE)}? [Y/n]" in os.read(ours, 65536).decode()
    os.close(ours)
    assert "  a: 1 (500) -> 2 (990, was 1)" in out
    assert os.path.exists(lab.path(FILE)) is is_written


def test_json_writes_only_with_yes(lab):
    document = json.loads(lab.run("policy", "--json", "--try", PIN, "--apply").stdout)
    assert (document["applied"], os.path.exists(lab.path(FILE))) == (False, False)
    document = json.loads(lab.run("policy", "--json", "--try", PIN, "--apply", "-y").stdout)
    assert (document["applied"], os.path.exists(lab.path(FILE))) == (True, True)


def test_world_without_files_is_not_written_to(lab):
    words = ("policy", "--world", "embedded", "--try", PIN, "--apply", "-y")
    done = subprocess.run(
        [sys.executable, "-m", "foretell", "apt", *words],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": lab.cache},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert b"error[no-root]" in done.stderr
