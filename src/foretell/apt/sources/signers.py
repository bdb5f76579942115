"""Which keyring holds the key that signed the downloaded Release file of a source?

The candidates are tried in the order in which an administrator would name them: the keyring of
the archive's origin, as apt does it, then ``etc/apt/keyrings``, ``usr/share/keyrings`` and
``trusted.gpg.d``.  Whether a keyring verifies a file is asked through a function, so that this
needs no program of its own.
"""

from __future__ import annotations

import os

from foretell.apt.sources.modernize import origin_name
from foretell.apt.sources.release import read_release
from foretell.apt.sources.sources import release_file
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

    # Does a keyring verify a downloaded InRelease, or a Release beside its Release.gpg?
    Verifies = Callable[[str, str], bool]

__all__ = ["find_signer", "keyrings"]

SHARED = "usr/share/keyrings"
OWN = "etc/apt/keyrings"
EXTENSIONS = (".gpg", ".pgp", ".asc")
KEYRING_COUNT_MAX = 1000
_REMOVED = "-removed-keys"  # keys that no archive should be signed with any more


def find_signer(
    source: Source, configuration: Configuration, verifies: Verifies
) -> tuple[str, str]:
    """Return the keyring for a source, as its system names it, and "", or "" and why none."""
    path = release_file(source, configuration.find_path("Dir::State::lists"))
    if path is None:
        return "", "no Release file of it was downloaded, so nobody knows who signs it"
    if not path.endswith("InRelease") and not os.path.isfile(path + ".gpg"):
        return "", "its downloaded Release file is not signed"
    try:
        origin = read_release(path).origin
    except InputError as error:
        return "", f"its Release file is broken: {error.message}"
    for keyring in keyrings(configuration, origin):
        if verifies(keyring, path):
            return "/" + os.path.relpath(keyring, configuration.root), ""
    return "", "no keyring here verifies its Release file"


def keyrings(configuration: Configuration, origin: str) -> list[str]:
    """Return the keyrings of a system, those first that fit an archive's origin."""
    root = configuration.root
    shared = os.path.join(root, SHARED)
    trusted = configuration.find_path("Dir::Etc::trustedparts")
    name = origin_name(origin) + "-archive-keyring"
    found: list[str] = []
    for folder in (trusted, shared):
        found += [os.path.join(folder, name + extension) for extension in EXTENSIONS]
    found = [path for path in found if os.path.isfile(path)]
    for folder in (os.path.join(root, OWN), shared, trusted):
        found += [path for path in _files(folder) if _REMOVED not in path]
    return list(dict.fromkeys(found))[:KEYRING_COUNT_MAX]


def _files(folder: str) -> list[str]:
    """Return the keyrings of a folder, those first that hold the keys of many releases."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    wanted = sorted(name for name in names if name.endswith(EXTENSIONS))
    wanted.sort(key=lambda name: "keyring" not in name)
    paths = [os.path.join(folder, name) for name in wanted]
    return [path for path in paths if os.path.isfile(path)]
