"""Which index targets does the real apt fetch for these source files?

``apt-get indextargets`` names only files that are there, so ``apt-get update --print-uris`` is
asked first, and empty files are laid under the names that it gives.
"""

from __future__ import annotations

import os
import tomllib
from typing import NamedTuple

from tests.apt.apt_root import AptRoot

CORPUS = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "corpus/apt/source-files.toml"
)
RELEASE = "Origin: {}\nSuite: s\nDate: Sat, 01 Nov 2025 00:00:00 UTC\n"
_FIELDS = ("URI", "Created-By", "By-Hash", "PDiffs", "Signed-By", "Trusted")


class Shape(NamedTuple):
    """One entry of the corpus: texts by their names below /etc/apt."""

    name: str
    files: dict[str, str]
    keeps: int


class Row(NamedTuple):
    """One target, as both sides tell it."""

    uri: str
    created_by: str
    by_hash: str
    pdiffs: str
    signed_by: str
    is_distrusted: bool


def shapes() -> list[Shape]:
    with open(CORPUS, "rb") as file:
        document = tomllib.load(file)
    return [
        Shape(name, row["files"], row.get("keeps", 0)) for name, row in sorted(document.items())
    ]


class TargetsRoot(AptRoot):
    """A root that is asked for its index targets."""

    def clear(self) -> None:
        """Remove all sources, lists and caches."""
        self.set_world("", {}, "")
        for name in ("etc/apt/sources.list", "etc/apt/sources.list.bak"):
            if os.path.exists(self.file(name)):
                os.remove(self.file(name))

    def set_sources(self, files: dict[str, str]) -> None:
        """Replace all sources by texts, named below /etc/apt."""
        self.clear()
        for name, text in files.items():
            with open(self.file(f"etc/apt/{name}"), "w", encoding="utf-8", newline="") as file:
                file.write(text)

    def sources(self) -> dict[str, str]:
        """Return the texts of all files below /etc/apt that hold sources or held them."""
        found = {}
        for folder in ("", "sources.list.d/"):
            for entry in os.scandir(self.file(f"etc/apt/{folder}")):
                if entry.is_file():
                    with open(entry.path, encoding="utf-8", newline="") as file:
                        found[folder + entry.name] = file.read()
        return found

    def lay_lists(self, origin: str = "X") -> set[str]:
        """Make empty lists for all that apt would fetch; return the URIs of the Release files."""
        releases = set()
        for line in self.run("apt-get", "update", "--print-uris").splitlines():
            uri, _, rest = line.rpartition("' ")
            name = rest.split(" ")[0]
            if not uri:
                continue
            is_release = name.endswith("InRelease")
            if is_release:
                releases.add(uri.removeprefix("'"))
            self.write(f"var/lib/apt/lists/{name}", RELEASE.format(origin) if is_release else "")
        return releases

    def targets(self) -> tuple[set[Row], set[str], str]:
        """Return the targets, the URIs of the Release files, and what went wrong."""
        releases = self.lay_lists()
        rows = set()
        output = self.run("apt-get", "indextargets")
        for text in output.split("\n\n"):
            pairs = (line.partition(": ") for line in text.splitlines())
            fields = {name: value for name, _, value in pairs}
            if "URI" in fields:
                uri, created_by, by_hash, pdiffs, keys, trusted = (
                    fields.get(name, "") for name in _FIELDS
                )
                rows.add(Row(uri, created_by, by_hash, pdiffs, keys, trusted == "no"))
        errors = "\n".join(line for line in output.splitlines() if line.startswith("E: "))
        return rows, releases, errors
