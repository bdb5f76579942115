"""Which Debian does foretell know without any apt lists on the machine?

The package carries the relations of every binary of one Debian release's main archive and a
minimal installed state, both as data that ``tools/make-embedded`` read from a real system: facts
that decide something and nothing else (no descriptions, no maintainers, no file names).
`Facts` says of which date they are.
"""

from __future__ import annotations

import os

from foretell.apt.requests.settings import settled_configuration
from foretell.apt.system.solver_name import choose_solver
from foretell.apt.system.world import World, read_status
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FOLDER", "NAME", "SCHEMA", "EmbeddedWorld", "Facts", "embedded_world"]

SCHEMA = "foretell.apt.world/1"
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
NAME = "trixie-amd64"
FACTS_BYTES_MAX = 1 << 20
_TEXTS = ("architecture", "codename", "component", "date", "label", "origin", "suite", "version")


class Facts:
    """What the data are: a release, its date (YYYY-MM-DD), and the settings of its apt."""

    __slots__ = (*_TEXTS, "automatic", "packages_sha256", "settings", "status_sha256")

    architecture: str
    codename: str
    component: str
    date: str
    label: str
    origin: str
    suite: str
    version: str

    def __init__(self, path: str) -> None:
        """Read the facts file at ``path``; raises `InputError` for a damaged installation."""
        import json

        with open(path, "rb") as file:
            data = file.read(FACTS_BYTES_MAX)
        try:
            found = json.loads(data)
            if found["schema"] != SCHEMA:
                raise ValueError(found["schema"])
            for name in _TEXTS:
                setattr(self, name, str(found[name]))
            self.automatic = {(str(name), str(arch)) for name, arch in found["automatic"]}
            self.settings: dict[str, str | list[str]] = dict(found["settings"])
            self.packages_sha256 = str(found["packages"]["sha256"])
            self.status_sha256 = str(found["status"]["sha256"])
        except (ValueError, TypeError, KeyError):
            raise InputError(
                "bad-facts",
                "the facts of the embedded world are damaged",
                path=path,
                rule=f"schema {SCHEMA}",
                hint="install foretell again",
            ) from None

    @property
    def title(self) -> str:
        """Say in a few words which system is meant."""
        return (
            f"the embedded {self.origin} {self.version} "
            f"({self.codename} {self.component} {self.architecture}, {self.date})"
        )


class EmbeddedWorld(World):
    """The world that comes with foretell; ``title`` says which one that is."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.architecture)
        self.facts = facts
        self.title = facts.title


def embedded_world(
    options: Sequence[str],
    *,
    cache: str,
    target_release: str = "",
    folder: str = FOLDER,
    name: str = NAME,
) -> EmbeddedWorld:
    """Return the world called ``name`` in ``folder``, its index kept below ``cache``.

    ``options`` are the values of ``-o``, ``target_release`` that of ``-t``.  Nothing of the
    machine's own apt is read.  Raises `InputError` when the data are damaged and ``OSError``
    when they are missing.
    """
    from foretell.apt.system.policy import PackageFile

    path = os.path.join(folder, name)
    facts = Facts(path + ".json")
    world = EmbeddedWorld(facts)
    world.root = path  # no such folder: the world has no file system
    world.cache = cache
    world.configuration = settled_configuration(
        world.root, facts.architecture, facts.settings, options
    )
    _, world.names_solver = choose_solver(world.configuration, options)
    world.target_release = target_release or world.configuration.find("APT::Default-Release")
    world.status_path = path + ".status"
    world.installed = read_status(world.status_path)
    world.automatic = facts.automatic
    world.lists = [path + ".packages.zst"]
    file = PackageFile()
    file.archive = facts.suite
    file.codename = facts.codename
    file.version = facts.version
    file.origin = facts.origin
    file.label = facts.label
    file.component = facts.component
    file.architecture = facts.architecture
    world.files = [file]
    return world
