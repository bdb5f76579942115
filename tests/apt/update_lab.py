"""A root whose lists foretell updates from a local archive server."""

from __future__ import annotations

import os
import time

from foretell.cli.main import main
from tests.apt.archive_lab import Archive, packages_text, release_date
from tests.apt.archive_server import ArchiveServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pytest

    from tests.apt.trust_cases import KeyChest

__all__ = ["EXTRA", "MAIN", "UpdateLab", "listing", "make_root", "use_environment"]

MAIN = "main/binary-amd64/Packages"
EXTRA = "extra/binary-amd64/Packages"
NO_DELAY = ("-o", "Acquire::Retries::Delay=false")


def make_root(root: str) -> None:
    """Make an empty system that apt's files can be put into."""
    for name in ("var/lib/dpkg", "etc/apt/sources.list.d", "etc/apt/trusted.gpg.d", "srv/keys"):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name, text in (("arch", "amd64\n"), ("status", "")):
        with open(os.path.join(root, "var/lib/dpkg", name), "w", encoding="utf-8") as file:
            file.write(text)


def listing(root: str) -> dict[str, bytes]:
    """Return every list of a root with its content."""
    folder = os.path.join(root, "var/lib/apt/lists")
    found = {}
    for entry in os.scandir(folder):
        if entry.is_file() and entry.name != "lock":
            with open(entry.path, "rb") as file:
                found[entry.name] = file.read()
    return found


class UpdateLab:
    """An archive of two components, a server before it, and a root behind it."""

    def __init__(self, chest: KeyChest, folder: str) -> None:
        self.chest = chest
        self.root = os.path.join(folder, "root")
        make_root(self.root)
        os.makedirs(os.path.join(folder, "www"))
        self.server = ArchiveServer(os.path.join(folder, "www"))
        self.archive = Archive(os.path.join(folder, "www", "debian"))
        self.archive.fields["Components"] = "main extra"
        self.archive.modified = time.time() - 20 * 86400  # each version is ten minutes younger
        self.key = os.path.join(self.root, "srv/keys/good.gpg")
        with open(self.key, "wb") as file:
            file.write(chest.keys.export(chest.good))
        self.write_source()
        self.version = 0

    def write_source(self, **fields: str) -> None:
        rows = {
            "Types": "deb",
            "URIs": f"{self.server.uri}/debian",
            "Suites": "stable",
            "Components": "main extra",
            "Signed-By": "/srv/keys/good.gpg",
            **{name.replace("_", "-"): value for name, value in fields.items()},
        }
        path = os.path.join(self.root, "etc/apt/sources.list.d/lab.sources")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"{name}: {value}\n" for name, value in rows.items() if value))

    def publish(self, *, filler: int = 0, signer: str = "good", **options: object) -> None:
        """Publish the next version of the archive."""
        self.version += 1
        self.archive.modified += 600
        if "Date" in self.archive.fields:
            self.archive.fields["Date"] = release_date(self.archive.modified)
        for key, name in ((MAIN, "hello"), (EXTRA, "more")):
            text = packages_text(name, version=str(self.version), filler=filler)
            self.archive.files[key] = text
        self.archive.publish(self.chest.keys, getattr(self.chest, signer), **options)  # type: ignore[arg-type]

    def update(self, *options: str) -> int:
        """Update the root's lists; return the exit status."""
        return main(["apt", "update", "--root", self.root, *NO_DELAY, *options])

    def versions(self) -> set[str]:
        """Return the versions in the root's package lists; a whole suite has one."""
        return {
            line.decode().split()[1]
            for name, data in listing(self.root).items()
            if name.endswith("Packages")
            for line in data.split(b"\n")
            if line.startswith(b"Version:")
        }

    def leftovers(self) -> list[str]:
        """Return what is in the folder of unfinished files."""
        return sorted(os.listdir(os.path.join(self.root, "var/lib/apt/lists/partial")))


def use_environment(monkeypatch: pytest.MonkeyPatch, verifier: str) -> None:
    """Set the environment of an update."""
    monkeypatch.setenv("FORETELL_SQV", verifier)
    monkeypatch.setenv("LC_ALL", "C")
    for name in ("http_proxy", "https_proxy", "APT_CONFIG"):
        monkeypatch.delenv(name, raising=False)
