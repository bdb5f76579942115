"""How does a file get its checked, unpacked form beside the lists?

Files of this machine are copied, downloaded ones unpacked; both are read once, in pieces of
bounded size, and what comes out has the size and the checksum that it must have, or is removed.
"""

from __future__ import annotations

import hashlib
import os

from foretell.apt.syntax.compression import OUTPUT_BYTES_MAX, open_chunks
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.acquire.fetch import Download

__all__ = ["copy_file", "unpack"]

READ_BYTES = 1 << 18


def copy_file(download: Download, source: str) -> tuple[float, bool]:
    """Copy a file as `fetch.Download` wants it; return its date, whether it is old.

    Raises `InputError` when it is not there or not the right one.
    """
    try:
        with open(source, "rb") as file:
            info = os.fstat(file.fileno())
            if download.since is not None and int(info.st_mtime) <= int(download.since):
                return info.st_mtime, True
            pieces = iter(lambda: file.read(READ_BYTES), b"")
            _write(download.path, pieces, download, source, bytes_max=download.size_max)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise InputError("not-found", "file does not exist", path=source) from None
    except OSError as error:
        if error.filename != source:
            raise
        raise InputError(
            "no-access", f"file cannot be read: {error.strerror}", path=source
        ) from None
    os.utime(download.path, (info.st_mtime, info.st_mtime))
    download.done = info.st_size
    return info.st_mtime, False


def unpack(
    path: str, target: str, size: int | None, digest: tuple[str, str] | None, uri: str
) -> str:
    """Unpack the file at ``path`` to ``target``, which must get this size and checksum if known.

    Returns ``target``; raises `InputError` and leaves neither of them when it does not.
    """
    from foretell.apt.acquire.fetch import Download

    wanted = Download(uri, target, size=size, digest=digest)
    longest = OUTPUT_BYTES_MAX if size is None else size
    try:
        _write(target, open_chunks(path, bytes_max=longest), wanted, uri, bytes_max=longest)
    except InputError as error:
        if error.code == "file-too-long":
            error.message = f"file unpacks to more than {longest} bytes, which it should have"
        error.path = uri
        os.unlink(path)
        raise
    info = os.stat(path)
    os.utime(target, (info.st_mtime, info.st_mtime))
    os.unlink(path)
    return target


def _write(
    path: str, pieces: Iterable[bytes], wanted: Download, source: str, *, bytes_max: int
) -> None:
    """Write the pieces and compare; remove the file again when it is wrong."""
    digest = hashlib.new(wanted.digest[0]) if wanted.digest else None
    total = 0
    try:
        with open(path, "wb", buffering=0) as file:
            for piece in pieces:
                total += len(piece)
                if total > bytes_max:
                    raise InputError("file-too-long", f"file has more than {bytes_max} bytes")
                file.write(piece)
                if digest is not None:
                    digest.update(piece)
        _compare(wanted, total, digest.hexdigest() if digest is not None else "", source)
    except BaseException:
        if os.path.exists(path):
            os.unlink(path)
        raise


def _compare(wanted: Download, size: int, found: str, source: str) -> None:
    if wanted.size is not None and size != wanted.size:
        raise InputError(
            "wrong-size", f"file has {size} bytes instead of {wanted.size}", path=source
        )
    if wanted.digest is not None and found != wanted.digest[1]:
        algorithm = wanted.digest[0].upper()
        raise InputError(
            "wrong-hash",
            f"file has the {algorithm} {found} instead of {wanted.digest[1]}",
            path=source,
        )
