"""How does apt 3.0 show priorities: of the lists, and of the versions of a package?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "SCHEMA",
    "File",
    "Listed",
    "Package",
    "files_json",
    "packages_json",
    "render_files",
    "render_package",
]

SCHEMA = "foretell.apt.policy/1"
_NONE = "(none)"


class File:
    """A package list: ``facts`` are the letters and values that a release pin can name."""

    __slots__ = ("facts", "origin", "priority", "title")

    def __init__(
        self, priority: int, title: str, facts: tuple[tuple[str, str], ...], origin: str = ""
    ) -> None:
        self.priority = priority
        self.title = title
        self.facts = facts
        self.origin = origin


class Listed:
    """A version with its priority, and priority and title of each list that has it.

    ``pin`` says which preference gave the version its priority, empty for none; ``phased`` is the
    percentage of machines that it is for, None for all.
    """

    __slots__ = ("files", "is_installed", "phased", "pin", "priority", "version")

    def __init__(
        self,
        version: str,
        priority: int,
        files: tuple[tuple[int, str], ...],
        *,
        is_installed: bool,
        pin: str = "",
        phased: int | None = None,
    ) -> None:
        self.version = version
        self.priority = priority
        self.files = files
        self.is_installed = is_installed
        self.pin = pin
        self.phased = phased


class Package:
    """A package with its versions, highest first; None where there is no such version."""

    __slots__ = ("candidate", "installed", "name", "versions")

    def __init__(
        self,
        name: str,
        installed: str | None,
        candidate: str | None,
        versions: tuple[Listed, ...],
    ) -> None:
        self.name = name
        self.installed = installed
        self.candidate = candidate
        self.versions = versions


def render_files(files: Iterable[File], pinned: Iterable[tuple[str, str, int]]) -> str:
    """Return what apt says without a package: all lists, and versions with pins of their own."""
    lines = ["Package files:"]
    for file in files:
        lines.append(f"{file.priority:4} {file.title}")
        lines.append("     release " + ",".join(f"{key}={value}" for key, value in file.facts))
        if file.origin:
            lines.append(f"     origin {file.origin}")
    lines.append("Pinned packages:")
    lines += [f"     {name} -> {version} with priority {pin}" for name, version, pin in pinned]
    return "".join(f"{line}\n" for line in lines)


def render_package(package: Package, *, explains: bool = False) -> str:
    """Return the version table of a package; ``explains`` adds the pin behind a priority."""
    lines = [
        f"{package.name}:",
        f"  Installed: {package.installed or _NONE}",
        f"  Candidate: {package.candidate or _NONE}",
        "  Version table:",
    ]
    for row in package.versions:
        share = "" if row.phased is None else f" (phased {row.phased}%)"
        lines.append(f" {'***' if row.is_installed else '   '} {row.version} {row.priority}{share}")
        lines += [f"{priority:11} {title}" for priority, title in row.files]
        if explains and row.pin:
            lines.append(f"        pin {row.pin}")
    return "".join(f"{line}\n" for line in lines)


def files_json(files: Sequence[File], pinned: Iterable[tuple[str, str, int]]) -> str:
    """Return the lists and the pinned versions as JSON."""
    rows = [
        {
            "priority": file.priority,
            "title": file.title,
            "release": dict(file.facts),
            "origin": file.origin or None,
        }
        for file in files
    ]
    pins = [
        {"package": name, "version": version, "priority": priority}
        for name, version, priority in pinned
    ]
    return _dump({"files": rows, "pinned": pins})


def packages_json(packages: Iterable[Package]) -> str:
    """Return the version tables as JSON, with the pin that decided."""
    rows = [
        {
            "package": package.name,
            "installed": package.installed,
            "candidate": package.candidate,
            "versions": [
                {
                    "version": row.version,
                    "priority": row.priority,
                    "phased": row.phased,
                    "pin": row.pin or None,
                    "files": [{"priority": pin, "title": title} for pin, title in row.files],
                }
                for row in package.versions
            ],
        }
        for package in packages
    ]
    return _dump({"packages": rows})


def _dump(found: dict[str, object]) -> str:
    import json

    return json.dumps({"schema": SCHEMA, **found}, indent=2, ensure_ascii=False) + "\n"
