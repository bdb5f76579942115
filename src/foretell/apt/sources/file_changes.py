"""How are several files changed so that a crash at any moment loses nothing, and how undone?

New files are written aside and synced, old ones copied to ``NAME.bak``; then a journal says what
is about to happen; then the new files are renamed to their place, and only after that the old
ones go.  So at every moment each entry stands in a file, for a while in two.  `undo_changes` takes
the journal and the copies, and refuses when somebody has edited a file since.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256

from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.sources.modernize import Change

__all__ = ["apply_changes", "is_interrupted", "undo_changes", "what_undo_changes"]

SCHEMA = "foretell.apt.changes/1"
JOURNAL_BYTES_MAX = 64 << 20
BACKUP_COUNT_MAX = 1000
FILE_BYTES_MAX = 64 << 20
_ROW = ("path", "copy", "before", "after")
_HINT = "undo it with --undo, then start again"


def apply_changes(
    changes: Sequence[Change], journal: str, *, root: str = "/"
) -> list[tuple[str, str]]:
    """Make ``changes`` and return (path, copy of what it was) for each file that was there.

    Files get their new content in the order of ``changes``, so what gains comes before what
    loses; those that go, go last.
    ``journal`` is the path of the file that says what was done; it names files by their place
    below ``root``, so that a tree can be moved.  Raises `InputError` when a file
    is not what it was when the changes were planned or is a symbolic link, or when an earlier run
    was interrupted, and then changes nothing.
    """
    if is_interrupted(journal):
        raise InputError("interrupted", "an earlier run was interrupted", path=journal, hint=_HINT)
    for change in changes:
        _check_is(change.path, change.before)
    rows = []
    copies = []
    for change in changes:
        if change.after is not None:
            os.makedirs(os.path.dirname(change.path), mode=0o755, exist_ok=True)
            here = (change.path,) if change.before is not None else ()
            _write(_aside(change.path), change.after, (*here, *change.models))
        copy = ""
        if change.before is not None:
            copy = _copy_name(change.path)
            _write(copy + ".new", change.before, (change.path,))
            os.replace(copy + ".new", copy)
        if copy:
            copies.append((change.path, copy))
        rows.append(
            {
                "path": os.path.relpath(change.path, root),
                "copy": os.path.relpath(copy, root) if copy else "",
                "before": _digest(change.before),
                "after": _digest(change.after),
            }
        )
    folders = {os.path.dirname(change.path) for change in changes}
    _sync(folders)
    _write_journal(journal, rows, is_done=False)
    for change in changes:
        if change.after is not None:
            os.replace(_aside(change.path), change.path)
            _sync({os.path.dirname(change.path)})
    for change in changes:
        if change.after is None:
            os.unlink(change.path)
    _sync(folders)
    _write_journal(journal, rows, is_done=True)
    return copies


def is_interrupted(journal: str) -> bool:
    """Say whether the run that wrote ``journal`` did not come to its end."""
    return os.path.exists(journal) and not _read_journal(journal, "/")[1]


def what_undo_changes(journal: str, *, root: str = "/") -> list[str]:
    """Return the paths that `undo_changes` would bring back or remove; raises as it does."""
    return [row["path"] for row in _to_undo(journal, root)]


def undo_changes(journal: str, *, root: str = "/") -> list[str]:
    """Take back what ``journal`` tells, also half of it, and return the paths that changed.

    Raises `InputError` naming a file that was edited since, or a copy that is missing, and then
    changes nothing; `UsageError` when there is nothing to undo.
    """
    back = _to_undo(journal, root)
    rows, _ = _read_journal(journal, root)
    for row in reversed(back):  # what was there comes back before what is new goes
        if row["copy"]:
            os.replace(row["copy"], row["path"])
    folders = {os.path.dirname(row["path"]) for row in rows}
    _sync(folders)
    for row in rows:
        if not row["copy"] and row in back:
            os.unlink(row["path"])
        for leftover in (_aside(row["path"]), row["copy"]):
            if leftover and os.path.exists(leftover):
                os.unlink(leftover)
    _sync(folders)
    os.unlink(journal)
    return [row["path"] for row in back]


def _to_undo(journal: str, root: str) -> list[dict[str, str]]:
    """Return the rows of the files that are not what they were."""
    if not os.path.exists(journal):
        raise UsageError("nothing-to-undo", "nothing was written here", path=journal)
    rows, _ = _read_journal(journal, root)
    back = []
    for row in rows:
        now = _digest(_read(row["path"]))
        if now == row["before"]:
            continue
        if now != row["after"]:
            raise InputError(
                "edited-since",
                "file was edited since it was written",
                path=row["path"],
                hint=f"what it was is in {row['copy']}" if row["copy"] else None,
            )
        if row["copy"] and _digest(_read(row["copy"])) != row["before"]:
            raise InputError("no-copy", "the copy is missing or was edited", path=row["copy"])
        back.append(row)
    return back


def _aside(path: str) -> str:
    """Return the name of a new file before it is in its place; apt overlooks it."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.foretell-new")


def _copy_name(path: str) -> str:
    """Return a free name for the copy of a file: ``x.list.bak``, else ``x.list.1.bak`` and on."""
    for number in range(BACKUP_COUNT_MAX):
        name = f"{path}.{number}.bak" if number else f"{path}.bak"
        if not os.path.lexists(name):
            return name
    raise InputError("too-many-copies", f"more than {BACKUP_COUNT_MAX} copies", path=path)


def _check_is(path: str, wanted: bytes | None) -> None:
    """Raise `InputError` unless a file is what it was when it was read."""
    if os.path.islink(path):
        raise InputError(
            "is-a-link",
            "file is a symbolic link",
            path=path,
            hint="replace it by the file that it names",
        )
    if _read(path) != wanted:
        raise InputError("changed-meanwhile", "file has changed since it was read", path=path)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    if len(data) > FILE_BYTES_MAX:
        raise InputError("file-too-long", f"file of more than {FILE_BYTES_MAX} bytes", path=path)
    return data


def _write(path: str, data: bytes, models: Sequence[str]) -> None:
    """Write a file that no name stands for yet, and sync it.

    It gets the owner of the first model, and only the permissions that all models give.
    """
    mode = 0o777 if models else 0o644
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        for model in reversed(models):
            status = os.stat(model)
            mode &= status.st_mode
        if models:
            status = os.stat(models[0])
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, mode)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folders: set[str]) -> None:
    for folder in sorted(folders):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(data: bytes | None) -> str:
    return "" if data is None else sha256(data).hexdigest()


def _write_journal(path: str, rows: Sequence[dict[str, str]], *, is_done: bool) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    document = {"schema": SCHEMA, "done": is_done, "files": rows}
    _write(path + ".new", json.dumps(document, indent=1).encode(), ())
    os.replace(path + ".new", path)
    _sync({folder})


def _below(root: str, name: str) -> str:
    """Return a name of the journal below ``root``; raises ``ValueError`` for one outside."""
    if not name:
        return ""
    name = os.path.normpath(name)
    if name.startswith(("/", "../")):
        raise ValueError("a name leads out of its root")
    return os.path.join(root, name)


def _read_journal(path: str, root: str) -> tuple[list[dict[str, str]], bool]:
    data = _read(path) or b""
    rule = f"what foretell wrote there ({SCHEMA})"
    try:
        document = json.loads(data)
        rows = [{name: str(row[name]) for name in _ROW} for row in document["files"]]
        if document["schema"] != SCHEMA:
            raise KeyError("schema")
        for row in rows:
            for name in ("path", "copy"):
                row[name] = _below(root, row[name])
        return rows, bool(document["done"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "bad-journal", f"journal is broken: {error}", path=path, line=1, rule=rule
        ) from None
