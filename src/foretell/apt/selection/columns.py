"""How is one fact of every version read at once?

A question about all packages takes whole columns of the index; asking version by version would cost
many times more.
"""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.universe import Universe

__all__ = ["field_lines", "full_names", "owners", "source_fields", "texts"]

_SOURCE = b"Source: "


def owners(universe: Universe, versions: Iterable[int]) -> list[int]:
    """Return the packages of many versions."""
    package_of, own = universe.archive.ver_pkg, universe.n_versions
    return [package_of[v] if v < own else universe.package(v) for v in versions]


def full_names(universe: Universe, packages: Sequence[int]) -> list[str]:
    """Return what `Universe.full_name` says of many packages, where there is one architecture."""
    archive, own = universe.archive, universe.n_packages
    try:
        text, starts = str(archive.name_blob, "ascii"), archive.name_start
    except UnicodeDecodeError:
        return list(map(universe.full_name, packages))
    return [
        text[starts[package] : starts[package + 1]]
        if package < own
        else universe.full_name(package)
        for package in packages
    ]


def texts(blob: memoryview[int], starts: memoryview[int]) -> list[str]:
    """Return the texts that are kept one after the other."""
    places = starts.tolist()
    data = bytes(blob)
    pairs = pairwise(places)
    if data.isascii():
        text = data.decode("ascii")
        return [text[start:end] for start, end in pairs]
    return [data[start:end].decode("utf-8", "surrogateescape") for start, end in pairs]


def field_lines(archive: Archive, field: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield version and value of each version of the archive that has a field, in their order."""
    import re

    starts = archive.fact_start.tolist()
    version = 0
    for match in re.finditer(rb"(?m)^%b: (.+)$" % field, bytes(archive.fact_blob)):
        at = match.start()
        while starts[version + 1] <= at:
            version += 1
        yield version, match[1]


def source_fields(archive: Archive) -> Iterator[bytes]:
    """Yield the Source field of every version of the archive, empty where there is none."""
    data = bytes(archive.fact_blob)
    for start in archive.fact_start.tolist()[:-1]:
        if data.startswith(_SOURCE, start):
            yield data[start + len(_SOURCE) : data.index(b"\n", start)]
        else:
            yield b""
