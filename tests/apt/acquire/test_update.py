"""What does an update leave in the folder of lists, and what does it ask the mirror for?"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import jsonschema
import pytest

from foretell.apt.acquire.lists_folder import JOURNAL, ListsFolder
from foretell.cli.main import main
from foretell.errors import MissingError
from tests.apt.trust_cases import KeyChest
from tests.apt.update_lab import MAIN, UpdateLab, listing, use_environment

ROOT = pathlib.Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/reference/schemas/foretell.apt.update-1.schema.json").read_text())
)
# How often a process is killed; 200 have been tried by hand.
KILLS = int(os.environ.get("FORETELL_KILLS", "12"))


@pytest.fixture(scope="module")
def chest(require):
    if shutil.which("gpg") is None:
        require("gpg", "archives are signed with gpg")
    keys = KeyChest()
    yield keys
    keys.close()


@pytest.fixture
def lab(chest, tmp_path, monkeypatch):
    use_environment(monkeypatch, "none")
    made = UpdateLab(chest, str(tmp_path))
    made.publish()
    yield made
    made.server.close()


def paths(lab):
    return [path.rpartition("stable/")[2] for path, _ in lab.server.requests]


def test_names_are_those_of_apt(lab, capsys):
    assert lab.update() == 0
    host = lab.server.uri.removeprefix("http://")
    prefix = f"{host}_debian_dists_stable_"
    assert sorted(listing(lab.root)) == [
        f"{prefix}InRelease",
        f"{prefix}extra_binary-amd64_Packages",
        f"{prefix}main_binary-amd64_Packages",
    ]
    assert lab.leftovers() == []
    assert "Get:1 " in capsys.readouterr().out


def test_unchanged_suite_costs_one_question(lab, capsys):
    assert lab.update() == 0
    before = listing(lab.root)
    lab.server.requests.clear()
    assert lab.update("--json") == 0
    assert paths(lab) == ["InRelease"]
    assert listing(lab.root) == before
    text = capsys.readouterr().out
    found = json.loads(text[text.index("{") :])
    VALIDATOR.validate(found)
    assert found["suites"][0]["status"] == "unchanged"


def test_json_of_a_failure_keeps_to_the_schema(lab, capsys):
    lab.publish(signer="other")
    assert lab.update("--json") == 1
    found = json.loads(capsys.readouterr().out)
    VALIDATOR.check_schema(VALIDATOR.schema)
    VALIDATOR.validate(found)
    error = found["suites"][0]["error"]
    assert error["code"] == "unknown-key"
    assert lab.chest.other in error["message"]


def test_hint_names_the_keyring_that_has_the_key(lab, capsys):
    with open(os.path.join(lab.root, "etc/apt/trusted.gpg.d/x.gpg"), "wb") as file:
        file.write(lab.chest.keys.export(lab.chest.other))
    lab.publish(signer="other")
    assert lab.update() == 1
    assert '"Signed-By: /etc/apt/trusted.gpg.d/x.gpg"' in capsys.readouterr().err


def test_only_what_changed_is_fetched(lab):
    assert lab.update() == 0
    same = lab.archive.files[MAIN]
    lab.publish()
    lab.archive.files[MAIN] = same
    lab.archive.publish(lab.chest.keys, lab.chest.good)
    lab.server.requests.clear()
    assert lab.update() == 0
    assert paths(lab) == ["InRelease", "extra/binary-amd64/Packages.xz"]


def test_by_hash_is_used_where_the_archive_has_it(lab):
    lab.archive.by_hash = True
    lab.publish()
    assert lab.update() == 0
    assert all("by-hash/SHA256/" in path for path in paths(lab)[1:])


def test_by_hash_falls_back_to_the_name(lab):
    lab.archive.by_hash = True
    lab.publish()
    shutil.rmtree(os.path.join(lab.archive.dists, "main/binary-amd64/by-hash"))
    assert lab.update() == 0
    assert lab.versions() == {str(lab.version)}


def test_local_archive_is_read_without_a_server(lab):
    lab.write_source(URIs=f"file:{lab.server.folder}/debian")
    assert lab.update() == 0
    lab.server.requests.clear()
    assert lab.versions() == {"1"}
    lab.publish()
    assert lab.update() == 0
    assert lab.versions() == {"2"}
    assert lab.server.requests == []


@pytest.mark.parametrize("scheme", ["cdrom:[Disc]", "ftp://example.org", "tor+http://example.org"])
def test_other_schemes_are_refused_plainly(lab, scheme, capsys):
    lab.write_source(URIs=f"{scheme}/debian")
    assert lab.update() == 1
    assert "error[unsupported-scheme]: " in capsys.readouterr().err


def test_one_bad_suite_does_not_hold_up_the_others(lab, capsys):
    lab.write_source(Suites="stable gone")
    assert lab.update() == 1
    assert lab.versions() == {"1"}
    assert "error[no-release]: " in capsys.readouterr().err


def test_lists_of_a_removed_source_go(lab):
    assert lab.update() == 0
    assert len(listing(lab.root)) == 3
    lab.write_source(Components="main")
    assert lab.update() == 0
    lab.publish()
    assert lab.update() == 0
    assert len(listing(lab.root)) == 2
    lab.write_source(Enabled="no")
    assert lab.update() == 0
    assert listing(lab.root) == {}


def test_apt_reads_what_was_written(lab):
    assert lab.update() == 0
    assert main(["apt", "install", "--root", lab.root, "hello"]) == 0


def test_login_goes_to_its_host_only(lab):
    path = os.path.join(lab.root, "etc/apt/auth.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("machine example.org login a password b\n")
        file.write(f"machine {lab.server.uri} login me password secret\n")
    assert lab.update() == 0
    given = {headers.get("Authorization") for _, headers in lab.server.requests}
    assert given == {"Basic bWU6c2VjcmV0"}


def test_proxy_of_the_settings_is_asked(lab):
    lab.write_source(URIs="http://nowhere.example.org/debian")
    assert lab.update("-o", f"Acquire::http::Proxy={lab.server.uri}") == 0
    assert lab.versions() == {"1"}
    assert {headers["Host"] for _, headers in lab.server.requests} == {"nowhere.example.org"}


def test_proxy_of_the_environment_is_asked_unless_excepted(lab, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert lab.update() == 0
    monkeypatch.delenv("no_proxy")
    assert lab.update("-o", "Acquire::Retries=0") == 1


def test_packed_lists_are_kept_packed_where_the_settings_say_so(lab):
    assert lab.update("-o", "Acquire::GzipIndexes=true") == 0
    names = [name for name in listing(lab.root) if "Packages" in name]
    assert all(name.endswith("Packages.xz") for name in names)
    lab.server.requests.clear()
    assert lab.update("-o", "Acquire::GzipIndexes=true") == 0
    assert paths(lab) == ["InRelease"]


def test_mirror_without_dates_does_not_make_a_suite_new(lab, capsys):
    lab.server.faults["/InRelease"] = lambda handler, data: handler.answer(200, data)
    assert lab.update() == 0
    folder = os.path.join(lab.root, "var/lib/apt/lists")
    before = os.stat(folder).st_ino
    capsys.readouterr()
    assert lab.update() == 0
    assert "0 of 1 suites updated" in capsys.readouterr().out
    assert os.stat(folder).st_ino == before


def test_signers_named_by_the_last_release_count(lab, capsys):
    """Signed-By of a Release file binds the next one (sources.list(5))."""
    lab.write_source(Signed_By="")
    for name in ("good", "other"):
        path = os.path.join(lab.root, f"etc/apt/trusted.gpg.d/{name}.gpg")
        with open(path, "wb") as file:
            file.write(lab.chest.keys.export(getattr(lab.chest, name)))
    lab.archive.fields["Signed-By"] = lab.chest.good
    lab.publish()
    assert lab.update() == 0
    lab.publish(signer="other")
    assert lab.update() == 1
    assert "error[wrong-signer]: " in capsys.readouterr().err


def test_root_that_is_not_there_is_not_made(tmp_path, capsys):
    root = str(tmp_path / "none")
    assert main(["apt", "update", "--root", root]) == 2
    assert "error[no-such-root]: " in capsys.readouterr().err
    assert not os.path.exists(root)


def test_system_without_sources_is_told_so(lab, capsys):
    lab.write_source(Enabled="no")
    assert lab.update() == 0
    assert "note: no source is enabled" in capsys.readouterr().err


def test_settings_that_are_not_followed_are_named(lab, capsys):
    settings = (
        "Acquire::IndexTargets::deb::Contents::MetaKey=x",
        "APT::Update::Post-Invoke::=y",
        "Acquire::http::Proxy-Auto-Detect=z",
    )
    assert lab.update(*[word for setting in settings for word in ("-o", setting)]) == 0
    note = capsys.readouterr().err
    assert note == (
        "note: left to apt: index target Contents, APT::Update::Post-Invoke, "
        "Acquire::http::Proxy-Auto-Detect\n"
    )


def test_progress_is_drawn_on_a_terminal_and_taken_away(lab):
    import pty

    lab.publish(filler=3_000_000)
    lab.archive.extensions = ("",)
    lab.publish(filler=3_000_000)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "foretell", "apt", "update", "--root", lab.root],
        stdout=subprocess.DEVNULL,
        stderr=slave,
    )
    os.close(slave)
    drawn = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        drawn += piece
    assert process.wait() == 0
    os.close(master)
    assert b"files, " in drawn
    assert b"/s" in drawn
    assert drawn.endswith(b" \r")


def test_second_process_is_told_who_holds_the_lock(lab, capsys):
    assert lab.update() == 0
    code = "import sys, time; from foretell.apt.acquire.lists_folder import ListsFolder\n"
    code += "with ListsFolder(sys.argv[1]): print('locked', flush=True); time.sleep(60)"
    folder = os.path.join(lab.root, "var/lib/apt/lists")
    with subprocess.Popen(
        [sys.executable, "-c", code, folder], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        assert lab.update() == 3
        holder.kill()
    assert "error[locked]: " in capsys.readouterr().err


def test_where_folders_cannot_change_places_a_journal_does_it(lab, monkeypatch):
    def refuse(one, other):
        raise OSError(22, "Invalid argument", one)

    monkeypatch.setattr("foretell.apt.acquire.lists_folder.exchange", refuse)
    assert lab.update() == 0
    lab.publish()
    assert lab.update() == 0
    assert lab.versions() == {"2"}
    assert lab.leftovers() == []


def test_journal_of_a_killed_process_is_finished(tmp_path):
    folder = tmp_path / "lists"
    with ListsFolder(str(folder)):
        pass
    (folder / "a").write_text("old a")
    (folder / "b").write_text("old b")
    (folder / "gone").write_text("old")
    (folder / "partial" / "a.new").write_text("new a")
    (folder / "b").write_text("new b")  # that rename was done already
    (folder / JOURNAL).write_text('{"new": {"a": "a.new", "b": "b.new"}, "gone": ["gone"]}')
    with ListsFolder(str(folder)) as lists:
        assert lists.names() == ["a", "b"]
    assert (folder / "a").read_text() == "new a"


def test_lock_is_refused_twice_in_two_processes(tmp_path):
    with ListsFolder(str(tmp_path / "lists")):
        pid = os.fork()
        if pid == 0:
            try:
                with ListsFolder(str(tmp_path / "lists")):
                    os._exit(1)
            except MissingError:
                os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0


def test_killed_at_any_moment_a_suite_is_whole(lab):
    """One suite, two indexes: after SIGKILL the lists are those of one Release file."""
    lab.publish(filler=200_000)
    assert lab.update() == 0
    command = [sys.executable, "-m", "foretell", "apt", "update", "--root", lab.root, "-qq"]
    started = time.monotonic()
    lab.publish(filler=200_000)
    subprocess.run(command, check=True)
    span = time.monotonic() - started
    outcomes = {"old": 0, "new": 0}
    for number in range(KILLS):
        lab.publish(filler=200_000)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # the second half of the run is where lists change
        time.sleep(span * (0.35 + 0.8 * number / KILLS))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert_whole(lab)
        outcomes["new" if lab.versions() == {str(lab.version)} else "old"] += 1
    print(outcomes)
    assert lab.update() == 0
    assert lab.versions() == {str(lab.version)}
    assert lab.leftovers() == []
    assert not os.path.exists(os.path.join(lab.root, "var/lib/apt/lists.foretell-new"))


def assert_whole(lab):
    """The lists are exactly those that their own Release file names."""
    import hashlib

    found = listing(lab.root)
    release = next(data for name, data in found.items() if name.endswith("InRelease"))
    lists = {name: data for name, data in found.items() if name.endswith("Packages")}
    assert len(lists) == 2
    for data in lists.values():
        assert hashlib.sha256(data).hexdigest().encode() in release
