"""How do two names change places, or one get new content, in one step? By rename(2)."""

from __future__ import annotations

import os

__all__ = ["exchange", "write_whole"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(one: str, other: str) -> None:
    """Let two existing names of one file system change places, atomically.

    Raises ``OSError``: ``ENOSYS`` where the C library lacks the call, ``EINVAL`` where the file
    system does, ``EXDEV`` and ``EBUSY`` for mount points.
    """
    import ctypes
    import errno

    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), one)
    names = os.fsencode(one), os.fsencode(other)
    if call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), one)


def write_whole(path: str, data: bytes) -> None:
    """Give a file new content in one step, on disk before its name points to it.

    Whatever fails, what was there stays.  Raises ``OSError``.
    """
    aside = f"{path}.{os.getpid()}.new"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(aside, path)
    except BaseException:
        os.unlink(aside)
        raise
