"""What if a package did not have one of its relations?"""

from __future__ import annotations

import copy
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.world import World

__all__ = ["Omission", "omit", "without_relation"]


class Omission(NamedTuple):
    """Relations that are not there: or-groups of one version."""

    package: tuple[bytes, bytes]  # name and architecture
    version: bytes
    kind: int
    texts: tuple[bytes, ...]


def without_relation(world: World, omission: Omission) -> World:
    """Return the world in which a version does not have some relations."""
    other = copy.copy(world)
    other.omissions = (*world.omissions, omission)
    return other


def omit(universe: Universe, omissions: Iterable[Omission]) -> None:
    """Take the relations away from a universe, before anything has asked for them."""
    for package, text, kind, gone in omissions:
        for version in universe.versions(universe.find(*package)):
            if universe.version_string(version) == text:
                lines = universe.relation_lines(version)  # what every later question gets, too
                groups = lines[kind].split(b", ")
                lines[kind] = b", ".join(it for it in groups if it not in gone)
