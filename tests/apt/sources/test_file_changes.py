"""Does a crash at any moment of a change of files lose anything, and can it be taken back?"""

from __future__ import annotations

import os
import stat

import pytest

from foretell.apt.sources import file_changes
from foretell.apt.sources.file_changes import (
    apply_changes,
    is_interrupted,
    undo_changes,
    what_undo_changes,
)
from foretell.apt.sources.modernize import Change
from foretell.errors import InputError, UsageError

OLD = {"a.list": b"A\n", "b.list": b"B\nkeep\n", "b.sources": b"there\n"}
NEW = {"a.sources": b"new A\n", "b.list": b"keep\n", "b.sources": b"there\nnew B\n"}


class CrashError(BaseException):
    """The machine stops here: nothing after it is done."""


@pytest.fixture(autouse=True)
def nothing_is_synced(monkeypatch):
    """Leave the disc alone: no test can see whether a file has reached it."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "sources.list.d"
    path.mkdir()
    for name, data in OLD.items():
        (path / name).write_bytes(data)
    return path


def changes(folder):
    names = sorted({*OLD, *NEW}, key=lambda name: (not name.endswith(".sources"), name))
    return [Change(str(folder / name), OLD.get(name), NEW.get(name)) for name in names]


def journal(folder):
    return str(folder.parent / "state/journal.json")


def seen(folder):
    """Return the files that apt reads."""
    return {
        name: (folder / name).read_bytes()
        for name in sorted(os.listdir(folder))
        if name.endswith((".list", ".sources")) and not name.startswith(".")
    }


def test_apply_and_undo(folder):
    copies = apply_changes(changes(folder), journal(folder))
    assert seen(folder) == NEW
    assert [os.path.basename(copy) for _, copy in copies] == [
        "b.sources.bak",
        "a.list.bak",
        "b.list.bak",
    ]
    assert (folder / "a.list.bak").read_bytes() == OLD["a.list"]
    assert not is_interrupted(journal(folder))
    assert len(what_undo_changes(journal(folder))) == 4
    assert len(undo_changes(journal(folder))) == 4
    assert seen(folder) == OLD
    assert sorted(os.listdir(folder)) == sorted(OLD)
    with pytest.raises(UsageError, match="nothing"):
        undo_changes(journal(folder))


def test_tree_can_be_moved_before_undo(folder):
    apply_changes(changes(folder), journal(folder), root=str(folder.parent))
    moved = folder.parent.parent / "moved"
    os.rename(folder.parent, moved)
    undo_changes(str(moved / "state/journal.json"), root=str(moved))
    assert seen(moved / "sources.list.d") == OLD
    os.rename(moved, folder.parent)


def test_copy_never_replaces_another(folder):
    (folder / "a.list.bak").write_bytes(b"mine\n")
    apply_changes(changes(folder), journal(folder))
    assert (folder / "a.list.bak").read_bytes() == b"mine\n"
    assert (folder / "a.list.1.bak").read_bytes() == OLD["a.list"]


def test_owner_and_mode_are_kept(folder):
    os.chmod(folder / "b.list", 0o640)
    apply_changes(changes(folder), journal(folder))
    modes = {
        name: stat.S_IMODE((folder / name).stat().st_mode)
        for name in ("b.list", "b.list.bak", "b.sources")
    }
    assert modes == {"b.list": 0o640, "b.list.bak": 0o640, "b.sources": 0o644}


def test_nobody_gets_to_read_more(folder):
    os.chmod(folder / "a.list", 0o600)
    models = (str(folder / "a.list"),)
    planned = [
        it._replace(models=models) if it.path.endswith(".sources") else it for it in changes(folder)
    ]
    apply_changes(planned, journal(folder))
    for name in ("a.sources", "b.sources", "a.list.bak"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "b.sources.bak").stat().st_mode) == 0o644


def test_missing_folder_is_made(folder):
    path = str(folder / "new/x.sources")
    apply_changes([Change(path, None, b"x\n")], journal(folder))
    assert os.path.exists(path)


@pytest.mark.parametrize("name", ["a.list", "a.sources"])
def test_file_that_changed_meanwhile_stops_everything(folder, name):
    planned = changes(folder)
    (folder / name).write_bytes(b"other\n")
    before = seen(folder)
    with pytest.raises(InputError) as caught:
        apply_changes(planned, journal(folder))
    assert caught.value.code == "changed-meanwhile"
    assert seen(folder) == before
    assert not os.path.exists(journal(folder))


def test_symbolic_link_is_refused(folder):
    os.rename(folder / "a.list", folder / "real")
    os.symlink("real", folder / "a.list")
    with pytest.raises(InputError) as caught:
        apply_changes(changes(folder), journal(folder))
    assert caught.value.code == "is-a-link"


@pytest.mark.parametrize("name", ["b.list", "a.sources"])
def test_edited_file_is_not_undone(folder, name):
    apply_changes(changes(folder), journal(folder))
    (folder / name).write_bytes(b"edited\n")
    before = seen(folder)
    with pytest.raises(InputError) as caught:
        undo_changes(journal(folder))
    assert (caught.value.code, os.path.basename(caught.value.path or "")) == ("edited-since", name)
    assert seen(folder) == before


def test_missing_copy_is_told(folder):
    apply_changes(changes(folder), journal(folder))
    (folder / "a.list.bak").unlink()
    with pytest.raises(InputError, match="copy"):
        undo_changes(journal(folder))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": "x", "done": true, "files": []}', "[" * 100_000,
     '{"schema": "foretell.apt.changes/1", "done": true, "files": [{"path": "/x"}]}',
     ('{"schema": "foretell.apt.changes/1", "done": true, "files":'
      ' [{"path": "../x", "copy": "", "before": "", "after": ""}]}')],
)  # fmt: skip
def test_broken_journal_is_an_error(folder, text):
    os.makedirs(os.path.dirname(journal(folder)))
    with open(journal(folder), "w", encoding="utf-8") as file:
        file.write(text)
    with pytest.raises(InputError) as caught:
        undo_changes(journal(folder))
    assert caught.value.code == "bad-journal"


# -- a crash at every system call ------------------------------------------------------------------

CALLS = ("open", "write", "fsync", "replace", "unlink", "makedirs", "close", "fchmod")


class Machine:
    """Stands for ``os`` and stops at one of its calls, before or after it is done."""

    def __init__(self, stop, *, is_done):
        self.stop = stop
        self.is_done = is_done
        self.count = 0

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments, **options):
            self.count += 1
            if self.count > self.stop:
                raise CrashError  # nothing runs on a machine that has stopped
            if self.count == self.stop:
                if self.is_done and name != "fsync":
                    real(*arguments, **options)
                elif name == "write":
                    real(arguments[0], bytes(arguments[1])[:2])
                raise CrashError
            return None if name == "fsync" else real(*arguments, **options)

        return call


def call_count(folder, monkeypatch, run):
    machine = Machine(10**9, is_done=True)
    with monkeypatch.context() as patch:
        patch.setattr(file_changes, "os", machine)
        run()
    return machine.count


def crash(monkeypatch, run, stop, *, is_done):
    with monkeypatch.context() as patch:
        patch.setattr(file_changes, "os", Machine(stop, is_done=is_done))
        with pytest.raises(CrashError):
            run()


def entries(files):
    """Return all that the files say; every line of these files is an entry."""
    words = {line.removeprefix(b"new ") for data in files.values() for line in data.split(b"\n")}
    return words - {b""}


def reset(folder):
    for directory in (folder, folder.parent / "state"):
        for name in os.listdir(directory) if directory.exists() else ():
            (directory / name).unlink()
    for name, data in OLD.items():
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("is_done", [False, True])
def test_crash_at_any_call_loses_nothing_and_is_undone(folder, monkeypatch, is_done):
    def run():
        apply_changes(changes(folder), journal(folder))

    total = call_count(folder, monkeypatch, run)
    assert total > 50
    for stop in range(1, total + 1):
        reset(folder)
        crash(monkeypatch, run, stop, is_done=is_done)
        found = seen(folder)
        assert entries(found) == entries(OLD), stop
        assert set(found.values()) <= {*OLD.values(), *NEW.values()}, stop
        if os.path.exists(journal(folder)):
            undo_changes(journal(folder))
            assert sorted(os.listdir(folder)) == sorted(OLD), stop
        assert seen(folder) == OLD, stop
        run()
        assert seen(folder) == NEW, stop


@pytest.mark.parametrize("is_done", [False, True])
def test_crash_during_undo_loses_nothing_and_undo_can_be_repeated(folder, monkeypatch, is_done):
    def run():
        undo_changes(journal(folder))

    apply_changes(changes(folder), journal(folder))
    total = call_count(folder, monkeypatch, run)
    for stop in range(1, total + 1):
        reset(folder)
        apply_changes(changes(folder), journal(folder))
        crash(monkeypatch, run, stop, is_done=is_done)
        assert entries(seen(folder)) == entries(OLD), stop
        if os.path.exists(journal(folder)):
            undo_changes(journal(folder))
        assert seen(folder) == OLD, stop
        assert sorted(os.listdir(folder)) == sorted(OLD), stop


def test_interrupted_run_must_be_undone_first(folder, monkeypatch):
    def run():
        apply_changes(changes(folder), journal(folder))

    for stop in range(1, 200):
        reset(folder)
        crash(monkeypatch, run, stop, is_done=True)
        if os.path.exists(journal(folder)) and seen(folder) != OLD:
            break
    assert is_interrupted(journal(folder))
    with pytest.raises(InputError) as caught:
        run()
    assert caught.value.code == "interrupted"
