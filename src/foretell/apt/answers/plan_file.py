"""What does a plan say that ``--json`` wrote into a file?"""

from __future__ import annotations

import json
import os

from foretell.apt.answers.difference import Entry, Sizes
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.difference import Table

__all__ = ["SCHEMA", "PlanFile", "parse_plan", "read_document"]

SCHEMA = "foretell.apt.plan/1"
FILE_BYTES_MAX = 256 << 20
TEXT_CHARS_MAX = 10_000


class PlanFile:
    """A verdict, what changes, and the sizes, None where an older file does not tell them."""

    def __init__(self, verdict: str, table: Table, sizes: Sizes | None) -> None:
        self.verdict = verdict
        self.table = table
        self.sizes = sizes


def read_document(path: str) -> tuple[str, bytes]:
    """Return the schema that a JSON file names, and its bytes.

    Raises `UsageError` when there is no such file, `InputError` for what is no JSON object.
    """
    if not os.path.isfile(path):
        raise UsageError("no-file", "there is no such file", path=path)
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    return str(_load(data, path).get("schema", "")), data


def parse_plan(data: bytes, path: str) -> PlanFile:
    """Return a plan of schema ``foretell.apt.plan/1``; raises `InputError` for another thing."""
    document = _load(data, path)
    if document.get("schema") != SCHEMA:
        raise _error(path, "it is no plan")
    changes = document.get("changes")
    if not isinstance(changes, list):
        raise _error(path, "changes is no array")
    table: Table = {}
    for number, row in enumerate(changes):
        where = f"changes[{number}]"
        if not isinstance(row, dict):
            raise _error(path, f"{where} is no object")
        key = _text(row, "package", path, where), _text(row, "architecture", path, where)
        if key in table:
            raise _error(path, f"{where} is about a package that was there before")
        table[key] = Entry(
            _maybe(row, "version", path, where),
            _text(row, "action", path, where),
            _maybe(row, "from", path, where),
            row.get("automatic") is True,
        )
    return PlanFile(_text(document, "verdict", path, "the plan"), table, _sizes(document, path))


def _sizes(document: dict[str, object], path: str) -> Sizes | None:
    found = document.get("sizes")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise _error(path, "sizes is no object")
    download, disk = found.get("download"), found.get("disk")
    if type(download) is not int or type(disk) is not int or download < 0:
        raise _error(path, "sizes are no numbers")
    return Sizes(download, disk)


def _load(data: bytes, path: str) -> dict[str, object]:
    if len(data) > FILE_BYTES_MAX:
        raise InputError("file-too-long", f"more than {FILE_BYTES_MAX} bytes", path=path)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise _error(path, "it is no JSON", line) from None
    if not isinstance(found, dict):
        raise _error(path, "it is no JSON object")
    return found


def _text(row: dict[str, object], name: str, path: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value or len(value) > TEXT_CHARS_MAX:
        raise _error(path, f"{name} of {where} is no text")
    return value


def _maybe(row: dict[str, object], name: str, path: str, where: str) -> str | None:
    return None if row.get(name) is None else _text(row, name, path, where)


def _error(path: str, message: str, line: int = 1) -> InputError:
    rule = f"what --json writes ({SCHEMA}) or --capture (foretell.apt.case/1)"
    return InputError("bad-plan", message, path=path, line=line, rule=rule)
