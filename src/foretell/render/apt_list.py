"""How does apt 3.0 list packages?

One line for each version, ``name/suites version architecture [state]``; packages are sorted by
name:architecture.  With all versions an empty line follows each package.
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SCHEMA", "Row", "list_json", "render_found", "render_list", "row_line"]

SCHEMA = "foretell.apt.list/1"
_GREEN, _PLAIN = "\x1b[32m", "\x1b[0m"


class Row(NamedTuple):
    """One version of a package; ``status`` is empty for what is neither there nor an upgrade.

    ``home`` is the architecture of the package, which is never ``all``; ``shown`` is what apt shows
    as the version's, which may be that of another version: empty where it is the version's own.
    """

    name: str
    suites: tuple[str, ...]
    version: str
    architecture: str
    home: str
    status: str = ""
    shown: str = ""
    summary: str = ""


def row_line(row: Row, *, is_coloured: bool = False) -> str:
    """Return the line of a version.

    >>> row_line(Row("sl", ("stable", "now"), "5.02-1", "amd64", "amd64", "installed"))
    'sl/stable,now 5.02-1 amd64 [installed]'
    """
    name = f"{_GREEN}{row.name}{_PLAIN}" if is_coloured else row.name
    status = f" [{row.status}]" if row.status else ""
    return f"{name}/{','.join(row.suites)} {row.version} {row.shown or row.architecture}{status}"


def render_list(
    packages: Iterable[Sequence[Row]], *, shows_all: bool = False, is_coloured: bool = False
) -> str:
    """Return the list of packages, each given with its versions to show, highest first."""
    lines = []
    for rows in sorted(packages, key=_place):
        for row in rows:
            lines.append(row_line(row, is_coloured=is_coloured))
            if row.summary:
                lines += [f"  {row.summary}", ""]
        if shows_all:
            lines.append("")
    return "".join(f"{line}\n" for line in lines)


def render_found(rows: Iterable[Row], *, is_coloured: bool = False) -> str:
    """Return what a search has found, in the order given, each with its description."""
    return "".join(
        f"{row_line(row, is_coloured=is_coloured)}\n  {_indented(row.summary)}\n\n" for row in rows
    )


def _indented(text: str) -> str:
    return text.replace("\n", "\n ")


def _place(rows: Sequence[Row]) -> str:
    return f"{rows[0].name}:{rows[0].home}"


def list_json(packages: Iterable[Sequence[Row]]) -> str:
    """Return the same as JSON, one object for each version."""
    import json

    rows = [
        {
            "package": row.name,
            "architecture": row.architecture,
            "version": row.version,
            "suites": list(row.suites),
            "status": row.status or None,
        }
        for found in sorted(packages, key=_place)
        for row in found
    ]
    return json.dumps({"schema": SCHEMA, "versions": rows}, indent=2, ensure_ascii=False) + "\n"
