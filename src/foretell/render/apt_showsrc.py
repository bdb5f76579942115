"""How does apt 3.0 show the records of source packages?

Each as it stands in its list, with an empty line behind it.
"""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SCHEMA", "Source", "render_sources", "sources_json"]

SCHEMA = "foretell.apt.showsrc/1"


class Source(Protocol):
    """A stanza of a list of sources; ``fields`` have names in lower case."""

    name: bytes
    version: bytes
    path: str
    text: bytes
    fields: dict[bytes, bytes]

    def binaries(self) -> list[bytes]:
        """Return the names of the packages that it builds."""
        ...


def render_sources(records: Iterable[Source]) -> str:
    """Return the records' own text."""
    return "".join(f"{_text(record.text).rstrip(chr(10))}\n\n" for record in records)


def sources_json(records: Iterable[Source]) -> str:
    """Return records as JSON, with the names of fields in lower case."""
    import json

    rows = [
        {
            "package": _text(record.name),
            "version": _text(record.version),
            "binaries": [_text(name) for name in record.binaries()],
            "list": record.path,
            "fields": {_text(name): _text(value) for name, value in record.fields.items()},
        }
        for record in records
    ]
    return json.dumps({"schema": SCHEMA, "sources": rows}, indent=2, ensure_ascii=False) + "\n"


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
