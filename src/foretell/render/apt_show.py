"""How does apt 3.0 show the record of a version?

Known fields come in an order of their own, others follow as they stand in the list; what only the
archive needs (digests, file name) is left out.  The order was learnt from apt 3.0.3 with a stanza
of all fields.
"""

from __future__ import annotations

from foretell.render.apt import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SCHEMA", "records_json", "render_record", "render_virtual"]

SCHEMA = "foretell.apt.show/1"
# fmt: off
_FIRST = (
    "Package", "Package-Type", "Subarchitecture", "Version", "Kernel-Version", "Built-Using",
    "Static-Built-Using", "Auto-Built-Package", "Status", "Priority", "Build-Essential",
    "Protected", "Important", "Essential", "Installer-Menu-Item", "Section", "Source", "Origin",
    "Phased-Update-Percentage", "Maintainer", "Original-Maintainer", "Bugs", "Config-Version",
    "Triggers-Awaited", "Triggers-Pending", "Installed-Size", "Provides", "Pre-Depends",
    "Depends", "Recommends", "Suggests", "Conflicts", "Breaks", "Replaces", "Enhances",
    "Homepage", "Tag", "Task",
)
# fmt: on
_HIDDEN = frozenset(
    (
        "architecture",
        "conffiles",
        "description",
        "description-md5",
        "filename",
        "installed-size",
        "md5sum",
        "multi-arch",
        "sha1",
        "sha256",
        "sha512",
        "size",
    )
)
_UNKNOWN = "unknown"
_BOLD, _GREEN, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[0m"
# apt writes these fields itself; the blank behind their names is bold, too
_OWN = frozenset(
    (
        "Package",
        "Installed-Size",
        "Download-Size",
        "APT-Manual-Installed",
        "APT-Sources",
        "Description",
    )
)


def render_record(
    fields: Iterable[tuple[str, str]],
    *,
    label: str,
    sources: Sequence[str],
    description: str,
    is_manual: bool | None,
    is_coloured: bool = False,
) -> str:
    """Return a record, with a final empty line.

    ``fields`` are names and values as they stand in the list; ``label`` is the package's name with
    its architecture unless it is native, ``sources`` are the titles of the lists that have
    the version, ``is_manual`` is None for what is not installed.
    """
    rows = _rows(fields, label, sources, description, is_manual)
    line = _coloured_line if is_coloured else "{}: {}\n".format
    return "".join(line(name, value) for name, value in rows) + "\n"


def _coloured_line(name: str, value: str) -> str:
    if name == "Package":
        value = f"{_GREEN}{value}{_PLAIN}"
    if name in _OWN:
        return f"{_BOLD}{name}: {_PLAIN}{value}\n"
    return f"{_BOLD}{name}:{_PLAIN} {value}\n"


def _rows(
    fields: Iterable[tuple[str, str]],
    label: str,
    sources: Sequence[str],
    description: str,
    is_manual: bool | None,
) -> list[tuple[str, str]]:
    """Return names and values in the order in which they are shown."""
    given = {name.lower(): (name, value) for name, value in fields}
    known = {name.lower() for name in _FIRST}
    rows: list[tuple[str, str]] = []
    for name in _FIRST:
        if name == "Package":
            rows.append((name, label))
        elif name == "Installed-Size":
            rows.append((name, _size(given, "installed-size", 1024)))
        elif name.lower() in given:
            rows.append((name, given[name.lower()][1]))
    rows += [row for key, row in given.items() if key not in known and key not in _HIDDEN]
    rows.append(("Download-Size", _size(given, "size", 1)))
    if is_manual is not None:
        rows.append(("APT-Manual-Installed", "yes" if is_manual else "no"))
    rows.append(("APT-Sources", sources[0] if sources else _UNKNOWN))
    rows.append(("Description", description))
    return rows


def _size(given: dict[str, tuple[str, str]], field: str, unit: int) -> str:
    """Return a size for people; absent, zero or not a number is unknown."""
    _, value = given.get(field, ("", ""))
    number = int(value) * unit if value.isdecimal() and len(value) <= 15 else 0
    return f"{format_size(number)}B" if number else _UNKNOWN


def render_virtual(name: str) -> str:
    """Return what is shown of a package that others provide."""
    return f"Package: {name}\nState: not a real package (virtual)\n"


def records_json(records: Iterable[dict[str, object]]) -> str:
    """Return records as JSON."""
    import json

    document = {"schema": SCHEMA, "packages": list(records)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
