"""Which libapt is the newest that Debian ships, and how does it come here?

The unstable suite moves every month, so neither version nor checksum is written down here: apt
itself downloads the suite's signed lists into a folder of its own, and the package with the
checksum that they name.  The library is unpacked beside those of the oracle's roots; libraries
that it needs newer than theirs come with it.
"""

from __future__ import annotations

import os

from foretell.errors import MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[list[str], str], str]

__all__ = ["NEWEST_SUITE", "VERSION_FILE", "fetch_newest", "newest_version"]

NEWEST_SUITE = "sid"
PACKAGE = "libapt-pkg7.0"
LIBRARY = "libapt-pkg.so.7.0"
VERSION_FILE = "version"
_WORDS_MAX = 100


def newest_version(folder: str) -> str:
    """Return the version of the library that `fetch_newest` put into ``folder``."""
    with open(os.path.join(folder, VERSION_FILE), encoding="ascii") as file:
        return file.read(_WORDS_MAX).strip()


def fetch_newest(scratch: str, mirror: str, *, tool: str, triplet: str, run: Run) -> str:
    """Fetch the newest libapt below ``scratch``; return the folder in it that holds it unpacked.

    ``tool`` is the root whose libraries it shall run on.  ``run`` runs a program, returns what it
    writes and raises `MissingError` when it fails: without the network, with a mirror that lacks
    the suite, with signatures that this machine does not know.
    """
    apt = ["apt-get", *_own_folders(scratch, mirror)]
    what = f"looking for the newest {PACKAGE}"
    run([*apt, "update"], what)
    unpacked = os.path.join(scratch, "unpacked")
    version = _unpack(scratch, unpacked, PACKAGE, apt, run)
    if not _runs(unpacked, tool, triplet, run):
        archive = _archive(scratch, PACKAGE)
        for name in _dependencies(run(["dpkg-deb", "-f", archive, "Depends"], what)):
            _unpack(scratch, unpacked, name, apt, run)
    with open(os.path.join(unpacked, VERSION_FILE), "w", encoding="ascii") as file:
        file.write(f"{version}\n")
    return unpacked


def _own_folders(scratch: str, mirror: str) -> list[str]:
    """Return the options that keep apt from this machine's lists, sources and packages."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        os.makedirs(os.path.join(scratch, name))
    with open(os.path.join(scratch, "status"), "w", encoding="ascii"):
        pass
    # Unstable may be past its date where a mirror stands still; its signature counts.
    with open(os.path.join(scratch, "sources.list"), "w", encoding="utf-8") as file:
        file.write(f"deb [check-valid-until=no] {mirror} {NEWEST_SUITE} main\n")
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


def _unpack(scratch: str, into: str, name: str, apt: list[str], run: Run) -> str:
    """Download a package, unpack it over ``into`` and return its version."""
    what = f"downloading {name} of {NEWEST_SUITE}"
    run(["env", "-C", scratch, *apt, "download", f"{name}/{NEWEST_SUITE}"], what)
    archive = _archive(scratch, name)
    run(["dpkg-deb", "-x", archive, into], f"unpacking {name}")
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


def _runs(unpacked: str, tool: str, triplet: str, run: Run) -> bool:
    """Say whether the library finds all that it needs in the tool root."""
    folders = [
        f"{root}/{part}/{triplet}" for root in (unpacked, tool) for part in ("usr/lib", "lib")
    ]
    loader = os.path.join(tool, "lib64/ld-linux-x86-64.so.2")
    library = os.path.join(unpacked, "usr/lib", triplet, LIBRARY)
    command = [loader, "--library-path", ":".join(folders), "--list", library]
    try:
        found = run(command, "looking for the libraries of libapt")
    except MissingError:
        return False
    return "not found" not in found
