"""Which files are a package or a source package made of, and are they here already?

Archive files are kept once, by their checksum, whatever world or name they were fetched for.  A
file of the store has the size and the checksum that a verified list had for it; it is read again
before it is used.  Sources: the Filename, Size and SHA256 fields of Packages, Directory and
Checksums-Sha256 of Sources (Debian repository format).
"""

from __future__ import annotations

import hashlib
import os
import re

from foretell.apt.acquire.fetch import Download, Fetched
from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any

    from foretell.apt.acquire.fetch import Work
    from foretell.apt.packages.source_index import SourceRecord
    from foretell.apt.system.world import World

__all__ = ["ArchiveFile", "Store", "package_file", "source_files", "store_folder"]

STANZA_BYTES_MAX = 16 << 20
READ_BYTES = 1 << 20
_TABLES = (("sha512", b"sha512", 128), ("sha256", b"sha256", 64))
_SOURCE_TABLES = (
    ("sha512", b"checksums-sha512", 128),
    ("sha256", b"checksums-sha256", 64),
)
_HEX = re.compile(r"[0-9a-f]+")
_PLAIN = re.compile(rb"[A-Za-z0-9/_.:-]")


class ArchiveFile:
    """One file: where it is, what it is called here, its size and checksum."""

    __slots__ = ("digest", "name", "size", "uri")

    def __init__(self, uri: str, name: str, size: int, digest: tuple[str, str]) -> None:
        self.uri = uri
        self.name = name
        self.size = size
        self.digest = digest

    @property
    def line(self) -> str:
        """The file as ``apt-get --print-uris`` writes it."""
        return f"'{self.uri}' {self.name} {self.size} {self.digest[0].upper()}:{self.digest[1]}"


def package_file(world: World, version: int, bases: Mapping[str, str]) -> ArchiveFile:
    """Return the .deb file of a version of the world's archive.

    ``bases`` has the URI of each list's archive.  Raises `InputError` when the list does not say
    enough of it.
    """
    universe = world.state().universe
    number, offset, length = universe.stanza(version)
    path = world.lists[number]
    if length > STANZA_BYTES_MAX:
        raise InputError("file-too-long", "stanza is too long", path=path)
    stanza = _piece(path, offset, length)
    _, fields = next(read_paragraphs(stanza, path))
    name = _text(fields, b"package"), _text(fields, b"version"), _text(fields, b"architecture")
    size, filename = _text(fields, b"size"), _text(fields, b"filename")
    for algorithm, field, digits in _TABLES:
        digest = _text(fields, field).lower()
        if len(digest) == digits and _HEX.fullmatch(digest) and size.isdigit() and filename:
            local = "_".join(part.replace(":", "%3a").replace("/", "%2f") for part in name) + ".deb"
            uri = bases[path] + _quote(filename)
            return ArchiveFile(uri, local, int(size), (algorithm, digest))
    raise InputError(
        "no-file",
        f"the list has no file, size or strong checksum for {name[0]} {name[1]}",
        path=path,
        rule="Filename, Size and SHA256 (Debian repository format)",
    )


def _piece(path: str, offset: int, length: int) -> bytes:
    """Return a part of an unpacked list."""
    from foretell.apt.syntax.compression import open_chunks

    if not path.endswith((".xz", ".gz", ".bz2", ".lz4", ".zst", ".lzma")):
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read(length)
    found = bytearray()
    for chunk in open_chunks(path):
        if offset < len(chunk):
            found += chunk[max(offset, 0) : offset + length]
        offset -= len(chunk)
        if offset + length <= 0:
            break
    return bytes(found)


def source_files(record: SourceRecord, base: str) -> list[ArchiveFile]:
    """Return the files of a source package; raises `InputError` when its stanza is broken."""
    directory = record.fields.get(b"directory", b"").decode("utf-8", "surrogateescape")
    for algorithm, field, digits in _SOURCE_TABLES:
        table = record.fields.get(field)
        if table is None:
            continue
        found = []
        for row in table.decode("utf-8", "surrogateescape").split("\n"):
            words = row.split()
            if not words:
                continue
            if len(words) != 3 or len(words[0]) != digits or not words[1].isdigit():
                raise _bad_source(record, f"{field.decode()} has the line {row.strip()!r}")
            digest, size, name = words[0].lower(), int(words[1]), words[2]
            if "/" in name or name.startswith(".") or not _HEX.fullmatch(digest):
                raise _bad_source(record, f"{name!r} is no file of a source package")
            uri = f"{base}{_quote(directory)}/{_quote(name)}"
            found.append(ArchiveFile(uri, name, size, (algorithm, digest)))
        return found
    raise _bad_source(record, "stanza has no strong checksums")


def _bad_source(record: SourceRecord, message: str) -> InputError:
    shown = record.name.decode("utf-8", "replace")
    return InputError(
        "bad-source-stanza",
        f"source {shown}: {message}",
        path=record.path,
        rule="Checksums-Sha256: digest, size and name a line (dsc(5))",
    )


def store_folder(cache: str) -> str:
    """Return the folder of archive files that belongs to a folder of indexes."""
    return os.path.join(os.path.dirname(cache), "archives")


class Store:
    """Files by their checksum, below ``folder``, for all worlds of a user."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, file: ArchiveFile) -> str:
        """Return where a file is kept."""
        algorithm, digest = file.digest
        return os.path.join(self.folder, algorithm, digest[:2], digest)

    def has(self, file: ArchiveFile) -> bool:
        """Say whether a file is here and whole; a damaged one is removed."""
        path = self.path(file)
        try:
            with open(path, "rb") as opened:
                digest = hashlib.new(file.digest[0])
                while piece := opened.read(READ_BYTES):
                    digest.update(piece)
                size = opened.tell()
        except FileNotFoundError:
            return False
        if size == file.size and digest.hexdigest() == file.digest[1]:
            return True
        os.unlink(path)
        return False

    def fetch(
        self, files: Sequence[ArchiveFile], failures: list[InputError], done: list[ArchiveFile]
    ) -> Generator[list[Download | Work], list[Any], None]:
        """Be the task that fetches files; each appears whole or not at all.

        What was fetched is put into ``done``, what went wrong into ``failures``.
        """
        partial = os.path.join(self.folder, "partial")
        os.makedirs(partial, mode=0o700, exist_ok=True)
        wanted = []
        for file in files:
            path = os.path.join(partial, file.digest[1])
            wanted.append(
                Download(file.uri, path, title=file.name, size=file.size, digest=file.digest)
            )
        results = yield list(wanted)
        for file, download, result in zip(files, wanted, results, strict=True):
            if not isinstance(result, Fetched):
                failures.append(result)
                continue
            path = self.path(file)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.chmod(download.path, 0o444)
            os.rename(download.path, path)
            done.append(file)

    def place(self, file: ArchiveFile, folder: str) -> str:
        """Copy a file of the store to its own name in a folder, whole or not at all."""
        import shutil

        goal = os.path.join(folder, file.name)
        aside = f"{goal}.foretell-new"
        try:
            shutil.copyfile(self.path(file), aside)
            os.rename(aside, goal)
        finally:
            if os.path.exists(aside):
                os.unlink(aside)
        return goal


def _text(fields: Mapping[bytes, bytes], name: bytes) -> str:
    return fields.get(name, b"").decode("utf-8", "surrogateescape").strip()


def _quote(path: str) -> str:
    """Quote a path for a URI as apt does."""
    data = path.encode("utf-8", "surrogateescape").removeprefix(b"./")
    return "".join(chr(byte) if _PLAIN.match(bytes((byte,))) else f"%{byte:02x}" for byte in data)
