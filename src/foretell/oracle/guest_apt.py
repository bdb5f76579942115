"""How do packages of another release come here without being installed?

apt itself downloads them, with lists, status and packages in a folder of its own: what this machine
has installed and which release it runs do not count, and nothing of it is changed.  Neither root
nor a chroot is needed.
"""

from __future__ import annotations

import os
import subprocess

from foretell.errors import MissingError
from foretell.oracle.programs import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["GuestApt", "read_package"]

ARCHITECTURES = ("amd64", "arm64")
SUITES = ("trixie", "trixie-backports")


def read_package(archive: str, what: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield the path of each file in a package and what reads it; nothing is written.

    Raises `MissingError` when the package cannot be read.
    """
    import tarfile

    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            with tarfile.open(fileobj=child.stdout, mode="r|") as files:
                for member in files:
                    if not member.isfile():
                        continue
                    stream = files.extractfile(member)
                    assert stream is not None
                    yield member.name.removeprefix("./"), stream.read
        except tarfile.TarError as error:
            raise MissingError("bad-package", f"{what}: {error}", path=archive) from None


class GuestApt:
    """The packages of `SUITES` on a mirror; everything of it is below ``scratch``."""

    def __init__(self, scratch: str, mirror: str) -> None:
        self.scratch = os.path.abspath(scratch)
        self.mirror = mirror
        for name in ("lists/partial", "cache/archives/partial", "parts", "debs"):
            os.makedirs(os.path.join(self.scratch, name))
        with open(os.path.join(self.scratch, "status"), "w", encoding="ascii"):
            pass
        # A suite may be past its date where a mirror stands still; its signature counts.
        options = f"check-valid-until=no arch={','.join(ARCHITECTURES)}"
        with open(os.path.join(self.scratch, "sources.list"), "w", encoding="utf-8") as file:
            file.writelines(f"deb [{options}] {mirror} {suite} main\n" for suite in SUITES)
        self._apt(["apt-get", "update"], "fetching the lists of kernels")

    def names(self, beginning: str) -> list[str]:
        """Return the names of packages that begin so, without and with their architecture."""
        said = self._apt(["apt-cache", "pkgnames", beginning], "looking for kernels")
        return sorted(said.split())

    def unpack_with_needs(self, names: Sequence[str], into: str) -> None:
        """Unpack packages and all that they depend on."""
        what = f"downloading {', '.join(names)}"
        words = ["install", "--download-only", "--no-install-recommends", "--yes", *names]
        self._apt(["apt-get", *words], what)
        archives = os.path.join(self.scratch, "cache/archives")
        for name in sorted(os.listdir(archives)):
            if name.endswith(".deb"):
                run(["dpkg-deb", "-x", os.path.join(archives, name), into], f"unpacking {name}")

    def download(self, name: str, architecture: str) -> str:
        """Download a package and return its path."""
        self._apt(["apt-get", "download", f"{name}:{architecture}"], f"downloading {name}")
        folder = os.path.join(self.scratch, "debs")
        found = [entry for entry in sorted(os.listdir(folder)) if entry.startswith(f"{name}_")]
        if not found:
            raise MissingError("no-package", f"apt-get did not bring {name}", path=folder)
        return os.path.join(folder, found[-1])

    def _apt(self, command: list[str], what: str) -> str:
        root = self.scratch
        settings = {
            "Dir::State": root,
            "Dir::State::lists": f"{root}/lists",
            "Dir::State::status": f"{root}/status",
            "Dir::Cache": f"{root}/cache",
            "Dir::Etc::sourcelist": f"{root}/sources.list",
            "Dir::Etc::sourceparts": f"{root}/parts",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": f"{root}/parts",
            "APT::Default-Release": "",
            "APT::Architecture": ARCHITECTURES[0],
            "APT::Update::Error-Mode": "any",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Debug::NoLocking": "true",
        }
        options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        options += [
            word for name in ARCHITECTURES for word in ("-o", f"APT::Architectures::={name}")
        ]
        return run([*command, *options], what, folder=f"{root}/debs")
