"""How is one fact of every version read at once?

A question about all packages takes whole columns of the index; asking version by version would cost
many times more.
"""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.packages.index import Archive

__all__ = ["Texts", "field_lines", "source_fields", "texts"]

_SOURCE = b"Source: "


class Texts:
    """Texts that are kept one after the other, each read when it is asked for."""

    def __init__(self, blob: memoryview[int], starts: memoryview[int]) -> None:
        data = bytes(blob)
        self._starts = starts.tolist()
        self._text = data.decode("ascii") if data.isascii() else ""
        self._data = data

    def __getitem__(self, number: int) -> str:
        """Return one of them."""
        start, end = self._starts[number], self._starts[number + 1]
        if self._text:
            return self._text[start:end]
        return self._data[start:end].decode("utf-8", "surrogateescape")


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
