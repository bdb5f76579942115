"""Which disagreements with the real thing are known, and why do they stay?

``known-deviations.toml`` is a list of ``[[deviation]]`` tables with the fields of `FIELDS`; see
CONTRIBUTING.md.  ``input`` is the file name of a case, or a request as `Request` prints itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from foretell.errors import InputError

__all__ = ["FIELDS", "Deviation", "parse_deviations", "read_deviations"]

FIELDS = ("id", "oracle", "input", "ours", "theirs", "why", "since")
FILE_BYTES_MAX = 8 << 20


@dataclass(frozen=True, slots=True)
class Deviation:
    """One row; every field is text."""

    id: str
    oracle: str
    input: str
    ours: str
    theirs: str
    why: str
    since: str

    def is_about(self, oracle: str, subject: str) -> bool:
        """Say whether the row explains a disagreement with ``oracle`` (``apt 3.0.3``)."""
        return (self.oracle, self.input) == (oracle, subject)


def read_deviations(path: str) -> list[Deviation]:
    """Return the rows of a file; raise `InputError` when it is broken."""
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise InputError("file-too-long", f"more than {FILE_BYTES_MAX} bytes", path=path)
    return parse_deviations(data, path)


def parse_deviations(data: bytes, path: str) -> list[Deviation]:
    """Return the rows in ``data``; ``path`` is for messages."""
    import tomllib

    rule = f"[[deviation]] tables with {', '.join(FIELDS)} (CONTRIBUTING.md)"
    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise InputError("bad-toml", f"not TOML: {error}", path=path, rule=rule) from None
    rows = document.pop("deviation", [])
    if document or not isinstance(rows, list):
        raise InputError("bad-deviations", "something else is in the file", path=path, rule=rule)
    found: dict[str, Deviation] = {}
    for row in rows:
        if not isinstance(row, dict) or sorted(row) != sorted(FIELDS):
            raise InputError("bad-deviation", f"bad row {row!r:.60}", path=path, rule=rule)
        deviation = Deviation(**{name: str(value) for name, value in row.items()})
        if deviation.id in found:
            raise InputError("double-deviation", f"{deviation.id} is there twice", path=path)
        found[deviation.id] = deviation
    return list(found.values())
