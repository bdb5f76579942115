"""``foretell world list``: what is there to be said about each named world?"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["facts_of", "line", "list"]

SCHEMA = "foretell.world.list/1"


def list(argv: Sequence[str]) -> int:  # noqa: A001 - a leaf is called like its verb
    """Show the worlds."""
    from foretell.cli.worlds import verb_parser

    parser = verb_parser("list")
    parser.add_argument("--json", action="store_true", help=f"schema {SCHEMA}")
    options = parser.parse_args(argv)
    from foretell.apt.acquire.worlds import list_worlds, worlds_folder

    folder = worlds_folder(os.environ)
    names = list_worlds(folder)
    if options.json:
        import json

        rows = [facts_of(folder, name) for name in names]
        sys.stdout.write(json.dumps({"schema": SCHEMA, "worlds": rows}, indent=2) + "\n")
        return 0
    for name in names:
        sys.stdout.write(line(folder, name) + "\n")
    return 0


def facts_of(folder: str, name: str) -> dict[str, Any]:
    """Return what is to be said about a world."""
    from foretell.apt.sources.sources import read_sources
    from foretell.apt.sources.targets import plain_uri
    from foretell.apt.syntax.configuration import load
    from foretell.apt.system.world import native_architecture, read_status

    root = os.path.join(folder, name)
    installed = read_status(os.path.join(root, "var/lib/dpkg/status"))
    native, foreign = native_architecture(root, installed)
    sources = read_sources(load(root, architecture=native))
    lists = os.path.join(root, "var/lib/apt/lists")
    return {
        "name": name,
        "root": root,
        "architectures": [native, *foreign],
        "sources": [
            " ".join((source.type, plain_uri(source.uri), source.suite, *source.components))
            for source in sources
        ],
        "installed": sum(entry.is_here for entry in installed),
        "updated": int(os.stat(lists).st_mtime) if os.path.isdir(lists) else None,
    }


def line(folder: str, name: str) -> str:
    """Return the line about a world."""
    facts = facts_of(folder, name)
    sources, architectures = facts["sources"], facts["architectures"]
    return (
        f"{name}: {'; '.join(sources)} ({' '.join(architectures)}), "
        f"{facts['installed']} packages installed"
    )
