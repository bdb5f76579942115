"""Where is the index of these package lists, and is it still theirs?

An index is named after the content of its inputs, so a wrong one is never opened.  Finding that
name needs a checksum of every list, which `memo` remembers.  Everything is written aside and
renamed, so any number of readers and writers can share the folder; a damaged file is built again.
"""

from __future__ import annotations

import os
from zlib import crc32

from foretell.apt.packages.folders import cache_folder
from foretell.apt.packages.index import IndexDamaged, encode_index, open_index, parse_index
from foretell.apt.packages.memo import (
    FORMAT,
    encode_memo,
    find_inputs,
    index_path,
    memo_name,
    read_memo,
)
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeVar

    from foretell.apt.packages.census import Roll
    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.reverse_order import Heads
    from foretell.apt.packages.settled import Settled
    from foretell.apt.packages.universe import Universe

    Kept = TypeVar("Kept", Roll, Heads)

__all__ = [
    "INDEXES_MAX",
    "cache_folder",
    "load_archive",
    "read_heads",
    "read_roll",
    "read_settled",
    "write_aside",
    "write_settled",
]

INDEXES_MAX = 8
SETTLED_BYTES_MAX = 64 << 20
ROLL_BYTES_MAX = 256 << 20
_ASIDE = ".new"


def load_archive(
    paths: Sequence[str], native: str, folder: str, foreign: Sequence[str] = ()
) -> Archive:
    """Return the index of ``Packages`` files, in this order, for these architectures.

    Builds it when ``folder`` does not hold it; a folder that cannot be written only costs time.
    Raises `InputError` for a list that breaks the format and ``OSError`` for one that cannot be
    read.
    """
    architectures = " ".join((native, *foreign))
    archive = _find_archive(paths, architectures, folder)
    archive.rebuild = lambda: _rebuild(archive.key, paths, architectures, folder)
    return archive


def _find_archive(paths: Sequence[str], architectures: str, folder: str) -> Archive:
    inputs = find_inputs(paths, architectures)
    key = read_memo(folder, inputs)
    if key is not None:
        archive = _try_open(folder, key)
        if archive is not None:
            return archive
    archive = None
    if _has_index(folder):
        key = _content_key(paths, architectures)
        archive = _try_open(folder, key)
    if archive is None:
        key, pieces = _build(paths, architectures)
        # somebody may have written the lists while they were read
        is_whole = find_inputs(paths, architectures) == inputs
        if is_whole and write_aside(folder, os.path.basename(index_path(folder, key)), pieces):
            _forget_old(folder)
            archive = _try_open(folder, key)
        if archive is None:
            return parse_index(memoryview(b"".join(pieces)), key)
    assert key is not None
    write_aside(folder, memo_name(inputs), [encode_memo(key, inputs)])
    return archive


def _rebuild(key: bytes, paths: Sequence[str], architectures: str, folder: str) -> Archive:
    """Return the index of ``key`` once more, after its file has turned out to be damaged."""
    found, pieces = _build(paths, architectures)
    if found != key:
        raise InputError("file-changed", "list has changed while it was asked about", path=paths[0])
    write_aside(folder, os.path.basename(index_path(folder, key)), pieces)
    return parse_index(memoryview(b"".join(pieces)), key)


def read_settled(archive: Archive, folder: str) -> Settled:
    """Return what earlier questions found out about the relations of an archive."""
    from foretell.apt.packages.settled import Settled

    settled = Settled()
    try:
        with open(os.path.join(folder, archive.key.hex() + ".settled"), "rb") as file:
            data = file.read(SETTLED_BYTES_MAX)
    except OSError:
        return settled
    settled.decode(data, archive.key, archive.n_packages, archive.n_versions)
    return settled


def write_settled(settled: Settled, archive: Archive, folder: str) -> None:
    """Keep what was found out for the next question, if it is worth it."""
    if settled.is_worth_writing:
        write_aside(folder, archive.key.hex() + ".settled", [settled.encode(archive.key)])


def read_roll(universe: Universe, folder: str) -> Roll:
    """Return which packages the archive creates, from an earlier question or by reading it."""
    from foretell.apt.packages.census import Roll, call_roll

    key = universe.archive.key
    return _read_kept(folder, ".census", key, Roll.decode, lambda: call_roll(universe))


def read_heads(universe: Universe, folder: str, releases: Sequence[bytes] = ()) -> Heads:
    """Return the heads of the archive's lists of relations, in the same way.

    ``releases`` are as `find_heads` takes them.
    """
    from foretell.apt.packages.reverse_order import Heads, find_heads

    key = universe.archive.key + b"\n".join(releases)

    def find() -> Heads:
        return find_heads(universe, releases)

    return _read_kept(folder, ".heads", key, Heads.decode, find)


def _read_kept(
    folder: str,
    suffix: str,
    key: bytes,
    decode: Callable[[bytes, bytes], Kept | None],
    find: Callable[[], Kept],
) -> Kept:
    """Return what is kept about an archive in a file of its own, or find it and keep it.

    ``key`` is that of the archive and whatever else the answer depends on.
    """
    name = f"{key[:32].hex()}{crc32(key[32:]):08x}{suffix}"
    try:
        with open(os.path.join(folder, name), "rb") as file:
            kept = decode(file.read(ROLL_BYTES_MAX), key)
    except OSError:
        kept = None
    if kept is None:
        kept = find()
        if folder:
            write_aside(folder, name, [kept.encode(key)])
    return kept


def _try_open(folder: str, key: bytes) -> Archive | None:
    try:
        return open_index(index_path(folder, key), key)
    except (OSError, IndexDamaged):
        return None


def _has_index(folder: str) -> bool:
    try:
        return any(name.endswith(".index") for name in os.listdir(folder))
    except OSError:
        return False


def _content_key(paths: Sequence[str], architectures: str) -> bytes:
    """Return the checksum of everything an index depends on, as `_build` does."""
    import hashlib

    digest = hashlib.sha256(_key_head(paths, architectures))
    for path in paths:
        digest.update(_key_name(path))
        for chunk in _raw_chunks(path):
            digest.update(chunk)
    return digest.digest()


def _key_head(paths: Sequence[str], architectures: str) -> bytes:
    return f"{FORMAT} {architectures} {len(paths)}\n".encode()


def _key_name(path: str) -> bytes:
    return b"\0" + os.path.basename(path).encode("utf-8", "surrogateescape") + b"\0"


def _raw_chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _build(paths: Sequence[str], architectures: str) -> tuple[bytes, list[bytes | memoryview]]:
    """Return key and index of the lists; the index is the pieces of a file."""
    import hashlib
    from functools import partial

    from foretell.apt.packages.index_build import Builder
    from foretell.apt.syntax.compression import open_chunks

    native, *foreign = architectures.split()
    builder = Builder(native, foreign)
    digest = hashlib.sha256(_key_head(paths, architectures))
    for path in paths:
        digest.update(_key_name(path))
        builder.add_list(partial(open_chunks, path, digest=digest), path)
    key = digest.digest()
    return key, list(encode_index(key, builder.finish()))


def write_aside(folder: str, name: str, pieces: Sequence[bytes | memoryview]) -> bool:
    """Write a file whole or not at all; return False where the folder does not allow it."""
    import fcntl
    import tempfile
    from contextlib import suppress

    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=".", suffix=_ASIDE, dir=folder)
    except OSError:
        return False
    try:
        with open(handle, "wb") as file:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)  # the writer lives, see `_forget_dead`
            file.writelines(pieces)
            file.flush()  # no fsync: what a crash leaves half written, its checksum gives away
            os.rename(aside, os.path.join(folder, name))
    except OSError:
        return False
    finally:
        with suppress(OSError):
            os.unlink(aside)
    return True


def _forget_old(folder: str) -> None:
    """Keep the newest `INDEXES_MAX` indexes and eight times as many memos, nothing of the dead."""
    from contextlib import suppress

    with suppress(OSError):  # another process is at it
        _forget_dead(folder)
        for suffix, kept in (
            (".index", INDEXES_MAX),
            (".settled", INDEXES_MAX),
            (".census", INDEXES_MAX),
            (".heads", INDEXES_MAX),
            (".memo", 8 * INDEXES_MAX),
            (".names", 8 * INDEXES_MAX),
        ):
            entries = [entry for entry in os.scandir(folder) if entry.name.endswith(suffix)]
            entries.sort(key=lambda entry: (entry.stat().st_mtime_ns, entry.name), reverse=True)
            for entry in entries[kept:]:
                os.unlink(entry.path)


def _forget_dead(folder: str) -> None:
    """Remove what writers have left that were killed: nobody holds its lock."""
    import fcntl
    from contextlib import suppress

    for entry in os.scandir(folder):
        if not entry.name.endswith(_ASIDE):
            continue
        with suppress(OSError), open(entry.path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(entry.path)
