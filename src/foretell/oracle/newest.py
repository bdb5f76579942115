"""Which apt do other releases of Debian ship, and how does it come here?

Suites move, so neither version nor checksum is written down here: apt itself downloads the
suite's signed lists into a folder of its own, and the packages with the checksums that they name.
They are unpacked beside the oracle's roots and run on their libraries; libraries that libapt
needs newer than theirs come with it.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[list[str], str], str]

__all__ = ["NEWEST", "RELEASES", "VERSION_FILE", "Release", "fetch_release", "release_version"]


class Release(NamedTuple):
    """A row of `RELEASES`: the folder below the oracle's, the suite, and what is unpacked of it.

    ``packages`` begin with the one that holds ``library``.
    """

    folder: str
    suite: str
    packages: tuple[str, ...]
    library: str = "libapt-pkg.so.7.0"


NEWEST = Release("libapt-newest", "sid", ("libapt-pkg7.0",))
RELEASES = (
    NEWEST,
    Release("apt-forky", "forky", ("libapt-pkg7.0", "apt")),
    Release("apt-bookworm", "bookworm", ("libapt-pkg6.0", "apt"), "libapt-pkg.so.6.0"),
)
VERSION_FILE = "version"
_WORDS_MAX = 100


def release_version(folder: str) -> str:
    """Return the version of the apt that `fetch_release` put into ``folder``."""
    with open(os.path.join(folder, VERSION_FILE), encoding="ascii") as file:
        return file.read(_WORDS_MAX).strip()


def fetch_release(
    scratch: str, mirror: str, release: Release, *, tool: str, triplet: str, run: Run
) -> str:
    """Fetch a release's apt below ``scratch``; return the folder in it that holds it unpacked.

    ``tool`` is the root whose libraries it shall run on.  ``run`` runs a program, returns what it
    writes and raises `MissingError` when it fails: without the network, with a mirror that lacks
    the suite, with signatures that this machine does not know.
    """
    apt = ["apt-get", *_own_folders(scratch, mirror, release.suite)]
    what = f"looking for the apt of {release.suite}"
    run([*apt, "update"], what)
    unpacked = os.path.join(scratch, "unpacked")
    version, *_ = [
        _unpack(scratch, unpacked, f"{name}/{release.suite}", apt, run) for name in release.packages
    ]
    if not _runs(os.path.join(unpacked, "usr/lib", triplet, release.library), tool, triplet, run):
        archive = _archive(scratch, release.packages[0])
        for name in _dependencies(run(["dpkg-deb", "-f", archive, "Depends"], what)):
            _unpack(scratch, unpacked, f"{name}/{release.suite}", apt, run)
    with open(os.path.join(unpacked, VERSION_FILE), "w", encoding="ascii") as file:
        file.write(f"{version}\n")
    return unpacked


def _own_folders(scratch: str, mirror: str, suite: str) -> list[str]:
    """Return the options that keep apt from this machine's lists, sources and packages."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        os.makedirs(os.path.join(scratch, name))
    with open(os.path.join(scratch, "status"), "w", encoding="ascii"):
        pass
    # A suite may be past its date where a mirror stands still; its signature counts.
    with open(os.path.join(scratch, "sources.list"), "w", encoding="utf-8") as file:
        file.write(f"deb [check-valid-until=no] {mirror} {suite} main\n")
    settings = {
        "Dir::State::lists": f"{scratch}/lists",
        "Dir::State::status": f"{scratch}/status",
        "Dir::State::extended_states": f"{scratch}/extended_states",
        "Dir::Cache": f"{scratch}/cache",
        "Dir::Etc::sourcelist": f"{scratch}/sources.list",
        "Dir::Etc::sourceparts": f"{scratch}/parts",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": f"{scratch}/parts",
        "APT::Default-Release": "",
        "APT::Architecture": "amd64",
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _unpack(scratch: str, into: str, word: str, apt: list[str], run: Run) -> str:
    """Download ``package/suite``, unpack it over ``into`` and return its version."""
    what = f"downloading {word}"
    run(["env", "-C", scratch, *apt, "download", word], what)
    archive = _archive(scratch, word.partition("/")[0])
    run(["dpkg-deb", "-x", archive, into], f"unpacking {word}")
    return run(["dpkg-deb", "-f", archive, "Version"], what).strip()


def _archive(scratch: str, name: str) -> str:
    """Return the path of a downloaded package; raise `MissingError` when it did not come."""
    found = sorted(entry for entry in os.listdir(scratch) if entry.startswith(f"{name}_"))
    if not found:
        raise MissingError("no-package", f"apt-get did not bring {name}", path=scratch)
    return os.path.join(scratch, found[-1])


def _dependencies(field: str) -> list[str]:
    """Return the names in a Depends field, of alternatives the first.

    >>> _dependencies("libc6 (>= 2.38), a | b, c:any")
    ['libc6', 'a', 'c']
    """
    names = [words.split() for words in field.split(",")]
    return [words[0].partition(":")[0] for words in names if words]


def _runs(library: str, tool: str, triplet: str, run: Run) -> bool:
    """Say whether an unpacked library finds all that it needs beside it and in the tool root."""
    folders = [os.path.dirname(library)]
    folders += [f"{tool}/{part}/{triplet}" for part in ("usr/lib", "lib")]
    loader = os.path.join(tool, "lib64/ld-linux-x86-64.so.2")
    command = [loader, "--library-path", ":".join(folders), "--list", library]
    try:
        found = run(command, "looking for the libraries of libapt")
    except MissingError:
        return False
    return "not found" not in found
