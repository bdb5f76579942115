"""What is there to ask about in a world, in the form that random requests are drawn from?"""

from __future__ import annotations

import re

from foretell.apt.model import DEPENDS, PRE_DEPENDS
from foretell.apt.solver3.seed import is_vital
from foretell.apt.syntax.compression import open_chunks
from foretell.oracle.sample import Menu
from foretell.render.apt import package_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["make_menu"]

_TASK = re.compile(rb"(?m)^Task: *(.+)$")
_SOURCE = re.compile(rb"(?m)^Package: *(\S+)$")


def make_menu(world: World) -> Menu:
    """Return the sorted names and versions of the packages of a world.

    Those of a foreign architecture are ``name:architecture``.
    Suites are the codenames of the lists; ``automatic`` are the marks of what is installed.
    """
    state = world.state()
    universe = state.universe
    packages = [
        package for package in range(universe.package_count()) if universe.versions(package)
    ]
    names = {
        package: package_label(
            _text(universe.name(package)), _text(universe.architecture(package)), world.native
        )
        for package in packages
    }
    tasks = {
        task.strip().decode("ascii", "replace")
        for line in _found(_TASK, world.lists)
        for task in line.split(b",")
    }
    return Menu(
        packages=sorted(names.values()),
        installed=sorted(names[package] for package in state.installed if package in names),
        automatic=sorted(names[package] for package in state.automatic if package in names),
        versions=sorted(
            (name, _text(universe.version_string(version)))
            for package, name in names.items()
            for version in universe.versions(package)
        ),
        suites=sorted(
            {(names[package], suite) for package, suite in _suites(world, universe, names)}
        ),
        tasks=sorted(tasks),
        leaves=sorted(names[package] for package in _leaves(state) if package in names),
        sources=sorted({_text(name) for name in _found(_SOURCE, world.source_lists)}),
    )


def _leaves(state: State) -> set[int]:
    """Return the installed packages that are not vital and that no installed one depends on."""
    universe, needed = state.universe, set()
    for package, version in state.installed.items():
        for kind in (PRE_DEPENDS, DEPENDS):
            for group in universe.groups(version, kind):
                for member in universe.members(group):
                    found = universe.fulfilling(state.installed, *member)
                    needed.update(set(map(universe.package, found)) - {package})
    return {it for it in state.installed if it not in needed and not is_vital(state, it)}


def _suites(world: World, universe: Universe, packages: Iterable[int]) -> Iterator[tuple[int, str]]:
    for package in packages:
        for version in universe.versions(package):
            for number in universe.files(version):
                codename = world.files[number].codename
                if codename:
                    yield package, codename


def _found(pattern: re.Pattern[bytes], paths: Iterable[str]) -> set[bytes]:
    """Return what the pattern's group means in any of the files."""
    return {text for path in paths for text in pattern.findall(b"".join(open_chunks(path)))}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
