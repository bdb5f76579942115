"""What if nothing but the essential packages and what they need were installed?"""

from __future__ import annotations

import copy
from typing import NamedTuple

from foretell.apt.answers.predict import predict
from foretell.apt.model import (
    ARCHITECTURE_ALL,
    ESSENTIAL,
    IMPORTANT,
    MULTI_ARCH,
    MULTI_ARCH_MASK,
    PRIORITIES,
    PRIORITY_MASK,
    PRIORITY_SHIFT,
    RELATION_FIELDS,
)
from foretell.apt.requests.request import Request
from foretell.apt.system.profiles import AUTO, modelled_version
from foretell.apt.system.solver_name import CLASSIC
from foretell.apt.system.world import Installed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["Base", "emptied"]

_MULTI_ARCH = {number: name for name, number in MULTI_ARCH.items() if number}
_PRIORITY = {number: name for name, number in PRIORITIES.items() if number}


class Base(NamedTuple):
    """A world with only the essential packages, and the answer that put them there.

    There is no world unless the answer's verdict is ``ok``.
    """

    world: World | None
    answer: Answer


def emptied(world: World, *, solver_version: str = AUTO) -> Base:
    """Return the world in which only the essential packages and what they need are installed.

    They are those that the apt of the world would install without Recommends, as the builders of
    containers do.
    """
    bare = copy.copy(world)
    bare.installed, bare.automatic = [], set()
    bare.configuration = copy.deepcopy(world.configuration)
    assert bare.configuration is not None
    bare.configuration.set("APT::Install-Recommends", "0")
    version = solver_version
    if version == AUTO and world.apt_version:
        is_classic = world.choose_solver().name == CLASSIC
        version = modelled_version(world.apt_version, is_classic=is_classic) or AUTO
    words = _essential(bare.state())
    answer = predict(bare, Request("install", words), solver_version=version)
    if answer.verdict != "ok":
        return Base(None, answer)
    state, planned = answer.state, answer.planned
    assert state is not None
    assert planned is not None
    base = copy.copy(world)
    base.installed = [_stanza(state, *row) for row in sorted(planned.versions.items())]
    base.automatic = {
        (_text(state.universe.name(package)), _text(state.universe.architecture(package)))
        for package in planned.automatic
    }
    return Base(base, answer)


def _essential(state: State) -> list[str]:
    """Return the words for the essential packages of the native architecture."""
    universe = state.universe
    found = []
    for package in universe.essential():
        version = state.candidate(package)
        is_native = universe.architecture(package) == universe.native
        if is_native and version >= 0 and universe.meta(version) & ESSENTIAL:
            found.append(_text(universe.name(package)))
    return sorted(found)


def _stanza(state: State, package: int, version: int) -> Installed:
    """Return what dpkg's status would say of a version once it is installed."""
    universe = state.universe
    meta, facts = universe.meta(version), universe.facts(version)
    own = universe.architecture(package)
    fields = {
        b"package": universe.name(package),
        b"status": b"install ok installed",
        b"version": universe.version_string(version),
        b"architecture": b"all" if meta & ARCHITECTURE_ALL else own,
        b"multi-arch": _MULTI_ARCH.get(meta & MULTI_ARCH_MASK, b""),
        b"priority": _PRIORITY.get(meta >> PRIORITY_SHIFT & PRIORITY_MASK, b""),
        b"essential": b"yes" if meta & ESSENTIAL else b"",
        b"important": b"yes" if meta & IMPORTANT else b"",
        b"source": facts.source,
        b"section": facts.section,
        b"installed-size": str(facts.installed_size).encode(),
    }
    for field, line in zip(RELATION_FIELDS, universe.relation_lines(version), strict=True):
        fields[field.lower()] = line
    return Installed({name: value for name, value in fields.items() if value}, 0, "")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
