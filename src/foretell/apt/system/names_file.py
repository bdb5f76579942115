"""Which names are there to complete, answered before a shell's user notices?

Names of one kind are kept sorted in one file for each world, with the files that they were read
from: when one of these has changed, the names are read again.  Reading them imports nothing but
``os``; making them needs the whole world (`collect`).
"""

from __future__ import annotations

import os
from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.system.world import World

__all__ = ["KINDS", "beginning", "collect", "read_names", "watched", "write_names"]

KINDS = ("packages", "installed", "sources", "suites")
NAMES_BYTES_MAX = 64 << 20
_MAGIC = b"foretell-apt-names 1"
_SUFFIX = ".names"
# A shell puts a name into the command line as it is: nothing that it would act on may be in one.
_HARMLESS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-:_")


def _path(folder: str, key: bytes) -> str:
    return os.path.join(folder, f"{crc32(key):08x}{_SUFFIX}")


def _signature(path: bytes) -> bytes:
    """Return what tells a changed file or folder from the old one."""
    try:
        info = os.stat(path)
    except OSError:
        return b"-"
    return b"%d %d %d" % (info.st_ino, info.st_size, info.st_mtime_ns)


def read_names(folder: str, key: bytes, prefix: bytes) -> bytes | None:
    """Return the names that begin with ``prefix``, one a line, or None when they are not kept.

    ``key`` says of which kind and of which world they are.
    """
    try:
        with open(_path(folder, key), "rb") as file:
            data = file.read(NAMES_BYTES_MAX)
    except OSError:
        return None
    head, _, names = data.partition(b"\0\0")
    magic, *rows = head.split(b"\0")
    if magic != b"%s %d" % (_MAGIC, len(names)) or len(rows) % 2 == 0 or rows[0] != key:
        return None
    if any(_signature(path) != was for path, was in zip(rows[1::2], rows[2::2], strict=True)):
        return None
    return beginning(names, prefix)


def beginning(names: bytes, prefix: bytes) -> bytes:
    """Return those of the sorted lines that begin with ``prefix``.

    >>> beginning(b"\\na\\nab\\nabc\\nb\\n", b"ab")
    b'ab\\nabc\\n'
    """
    first = names.find(b"\n" + prefix)
    if first < 0 or b"\n" in prefix:
        return b""
    last = names.rfind(b"\n" + prefix, 0, -1)
    return names[first + 1 : names.index(b"\n", last + 1) + 1] if last >= 0 else b""


def write_names(folder: str, key: bytes, paths: Iterable[str], names: Iterable[bytes]) -> bytes:
    """Keep names and return them all, one a line after an empty one.

    ``paths`` are the files and folders that they depend on.  A folder that cannot be written only
    costs time.
    """
    from foretell.apt.packages.cache import write_aside

    text = b"\n" + b"".join(b"%s\n" % name for name in sorted(filter(_is_harmless, set(names))))
    rows = [key]
    for path in sorted(set(map(os.fsencode, paths))):
        rows += [path, _signature(path)]
    if not any(b"\0" in row for row in rows):
        head = b"\0".join([b"%s %d" % (_MAGIC, len(text)), *rows])
        write_aside(folder, os.path.basename(_path(folder, key)), [head, b"\0\0", text])
    return text


def _is_harmless(name: bytes) -> bool:
    return bool(name) and name[0] not in b"-+." and _HARMLESS.issuperset(name)


def watched(world: World) -> list[str]:
    """Return the files and folders that the names of a world depend on."""
    assert world.configuration is not None
    find = world.configuration.find_path
    root = world.root
    folders = [os.path.join(root, "etc/apt/apt.conf.d"), find("Dir::Etc::sourceparts")]
    found = [
        os.path.join(root, "etc/apt/apt.conf"),
        os.path.join(root, "var/lib/dpkg/arch"),
        find("Dir::Etc::sourcelist"),
        find("Dir::State::lists"),
        world.status_path,
        *world.lists,
        *folders,
    ]
    for folder in filter(os.path.isdir, folders):
        found += [os.path.join(folder, name) for name in os.listdir(folder)]
    return found


def collect(world: World, kind: str) -> set[bytes]:
    """Return the names of a kind in a world."""
    if kind == "installed":
        return set(_installed(world))
    if kind == "suites":
        files = world.files
        return {os.fsencode(it) for file in files for it in (file.archive, file.codename) if it}
    archive = world.archive
    if kind == "sources":
        return set(_sources(world))
    starts = archive.pkg_vstart
    names = {
        archive.name(package).partition(b":")[0]
        for package in range(archive.n_packages)
        if starts[package] < starts[package + 1]
    }
    return names.union(_installed(world))


def _installed(world: World) -> Iterable[bytes]:
    native = {world.native.encode(), b"all"}
    for entry in world.installed:
        if entry.is_here:
            name, own = entry.fields[b"package"], entry.fields[b"architecture"]
            yield name if own in native else b"%s:%s" % (name, own)


def _sources(world: World) -> Iterable[bytes]:
    archive = world.archive
    for version in range(archive.n_versions):
        given = archive.source_field(version).partition(b" ")[0]
        yield given or archive.name(archive.ver_pkg[version]).partition(b":")[0]
