"""How do the lists of a suite change as one, whenever the process is killed?

The new folder of lists is built beside the old one from hard links, and then both change places
in one step (renameat2(2)): a reader finds all old or all new files of the suite.  Where that is
impossible (the folder is a mount point, or the file system is too simple) the renames are written
into a journal first, and whoever locks the folder next finishes them.

What a killed process leaves beside the folder, the next one that holds the lock clears away.  The
lock is apt's own (``lock`` in the folder, fcntl(2)).
"""

from __future__ import annotations

import errno
import os

from foretell.errors import InputError, MissingError
from foretell.kernel.rename import exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["ListsFolder"]

ASIDE = ".foretell-new"
JOURNAL = ".foretell-journal"
JOURNAL_BYTES_MAX = 16 << 20
_IMPOSSIBLE = {errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EBUSY, errno.EPERM, errno.EACCES}


class ListsFolder:
    """A folder of downloaded lists, locked while it is entered."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.aside = self.path + ASIDE
        self.partial = os.path.join(self.path, "partial")
        self._lock = -1

    def __enter__(self) -> Self:
        """Lock the folder, making it if need be, and mend what a killed process left."""
        import fcntl

        os.makedirs(self.path, exist_ok=True)
        self._lock = os.open(
            os.path.join(self.path, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640
        )
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            if error.errno not in {errno.EACCES, errno.EAGAIN}:
                raise
            raise MissingError(
                "locked",
                "another process updates these lists",
                path=os.path.join(self.path, "lock"),
                hint="wait until it ends",
            ) from None
        self._mend()
        os.makedirs(self.partial, mode=0o700, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._lock)
        self._lock = -1

    def file(self, name: str) -> str:
        """Return the path of a list."""
        return os.path.join(self.path, name)

    def names(self) -> list[str]:
        """Return the names of all lists, sorted."""
        return sorted(
            entry.name
            for entry in os.scandir(self.path)
            if entry.is_file(follow_symlinks=False)
            and entry.name not in {"lock", JOURNAL}
            and not entry.name.startswith(".foretell")
        )

    def replace(self, new: Mapping[str, str], gone: Iterable[str] = ()) -> None:
        """Put the files ``new`` (name -> path below ``partial``) in place and drop ``gone``.

        All of it happens, or nothing.
        """
        changes = {name: path for name, path in new.items() if path != self.file(name)}
        dropped = [name for name in gone if name not in new and os.path.lexists(self.file(name))]
        if not changes and not dropped:
            return
        for path in changes.values():
            _sync(path)
        try:
            self._build(changes, dropped)
            exchange(self.aside, self.path)
        except OSError as error:
            if error.errno not in _IMPOSSIBLE:
                raise
            self._clear()
            self._write_journal(changes, dropped)
            self._finish_journal()
            return
        for path in changes.values():  # `partial` has moved over with the rest
            _remove(path)
        self._clear()

    # -- by exchange ---------------------------------------------------------------------------

    def _build(self, changes: Mapping[str, str], dropped: list[str]) -> None:
        """Make the new folder beside the old one; folders in it move over last."""
        self._clear()
        old = os.stat(self.path)
        os.mkdir(self.aside, 0o700)
        folders = []
        for entry in os.scandir(self.path):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.name not in changes and entry.name not in dropped:
                os.link(entry.path, os.path.join(self.aside, entry.name), follow_symlinks=False)
        for name, path in changes.items():
            os.link(path, os.path.join(self.aside, name))
        if os.geteuid() == 0:
            os.chown(self.aside, old.st_uid, old.st_gid)
        os.chmod(self.aside, old.st_mode & 0o7777)
        for name in folders:
            os.rename(os.path.join(self.path, name), os.path.join(self.aside, name))

    def _clear(self) -> None:
        """Remove the folder beside this one, after moving back what belongs here."""
        if not os.path.isdir(self.aside):
            return
        for entry in list(os.scandir(self.aside)):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif not os.path.lexists(os.path.join(self.path, entry.name)):
                os.rename(entry.path, os.path.join(self.path, entry.name))
            else:  # made anew by apt in between: what was in it can be downloaded again
                for inner in os.scandir(entry.path):
                    _remove(inner.path)
                os.rmdir(entry.path)
        os.rmdir(self.aside)

    # -- by journal ----------------------------------------------------------------------------

    def _mend(self) -> None:
        self._clear()
        if os.path.exists(os.path.join(self.path, JOURNAL)):
            self._finish_journal()
        _remove(os.path.join(self.path, JOURNAL + ".new"))

    def _write_journal(self, changes: Mapping[str, str], dropped: list[str]) -> None:
        import json

        aside = os.path.join(self.path, JOURNAL + ".new")
        rows = {name: os.path.basename(path) for name, path in changes.items()}
        with open(aside, "w", encoding="utf-8") as file:
            json.dump({"new": rows, "gone": dropped}, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(aside, os.path.join(self.path, JOURNAL))

    def _finish_journal(self) -> None:
        """Do every rename of the journal that is not done yet."""
        import json

        path = os.path.join(self.path, JOURNAL)
        with open(path, "rb") as file:
            data = file.read(JOURNAL_BYTES_MAX)
        try:
            found = json.loads(data)
            rows = {str(name): str(source) for name, source in found["new"].items()}
            gone = [str(name) for name in found["gone"]]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError(
                "bad-journal",
                "the journal of an interrupted update is damaged",
                path=path,
                hint="remove it and update again",
            ) from None
        for name in gone:
            _remove(self.file(os.path.basename(name)))
        for name, source in rows.items():
            staged = os.path.join(self.partial, os.path.basename(source))
            if os.path.exists(staged):
                os.rename(staged, self.file(os.path.basename(name)))
        os.unlink(path)


def _sync(path: str) -> None:
    """Let the content reach the disk before the name does."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    from contextlib import suppress

    with suppress(FileNotFoundError):
        os.unlink(path)
