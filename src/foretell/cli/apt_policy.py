"""``foretell apt policy``: which priority has each version, and which list or pin gives it?"""

from __future__ import annotations

import sys

from foretell.cli.apt_pager import show_text
from foretell.cli.apt_policy_options import add_trial_options, is_trial
from foretell.cli.apt_query import query_parser, read_asked, says_unknown
from foretell.render import apt_policy as policies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.system.pinning import Pinning
    from foretell.apt.system.policy import PackageFile
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.world import World

__all__ = ["policy"]

_LETTERS = (
    ("v", "version"),
    ("o", "origin"),
    ("a", "archive"),
    ("n", "codename"),
    ("l", "label"),
    ("c", "component"),
    ("b", "architecture"),
)


@says_unknown
def policy(argv: list[str]) -> int:
    """Show priorities as ``apt policy`` does; return the exit status."""
    parser = query_parser("policy", "package", "as apt takes them (default: the lists)")
    parser.add_argument("--explain", action="store_true", help="name the pin behind each priority")
    add_trial_options(parser)
    options = parser.parse_args(argv)
    if is_trial(options):
        from foretell.cli.apt_policy_try import try_pins

        return try_pins(options)
    world = read_asked(options)
    if not options.words:
        _show_files(world, options)
        return 0
    view = _View(_catalogue(world, options.words))
    packages = [view.package(number) for number in _wanted(view.catalogue, options.words)]
    if options.json:
        sys.stdout.write(policies.packages_json(packages))
    else:
        tables = [policies.render_package(row, explains=options.explain) for row in packages]
        show_text("".join(tables), options, world.configuration)
    return 0


def _show_files(world: World, options: Namespace) -> None:
    """Show the lists, and which versions have pins of their own."""
    world.check_lists()
    rows = zip(
        world.policy.file_priorities,
        [*world.titles, world.status_path],
        world.policy.files,
        strict=True,
    )
    files = [
        policies.File(priority, title, _facts(file), file.site)
        for priority, title, file in reversed(list(rows))  # as apt shows them
    ]
    pinned: list[tuple[str, str, int]] = []
    idle: list[str] = []
    if world.policy.has_specific_pins or options.explain:
        view = _View(_catalogue(world))
        pinned, idle = view.pinned(), view.idle_pins()
    if options.json:
        sys.stdout.write(policies.files_json(files, pinned))
        return
    text = policies.render_files(files, pinned)
    if options.explain:
        text += "\n".join(["Pins that match nothing:", *idle, ""])
    show_text(text, options, world.configuration)


def _catalogue(world: World, words: Sequence[str] = ()) -> Catalogue:
    """Return the catalogue of a world, of the words' packages alone where that is enough.

    Most words are the names of packages that have versions, whatever else is installed.
    """
    from foretell.apt.selection.catalogue import Catalogue

    if words:
        names = {word.encode("utf-8", "surrogateescape") for word in words}
        catalogue = Catalogue(world, world.state(has_leftovers=True, names=names))
        if all(map(catalogue.is_name, names)):
            return catalogue
    return Catalogue(world, world.state(has_leftovers=True))


def _wanted(catalogue: Catalogue, words: list[str]) -> Iterator[int]:
    """Yield the packages that each word means; like apt, pass over what nobody knows."""
    from foretell.apt.selection.naming import EveryName, is_pattern

    names = EveryName(catalogue.state, catalogue.world)
    for word in words:
        if is_pattern(word):
            from foretell.apt.selection.pattern_match import select_packages

            found = select_packages(catalogue, word, takes_virtual=True)
        else:
            text = word.encode("utf-8", "surrogateescape")
            package = names.find(text)
            found = [package] if package >= 0 else names.matching(text)
        yield from _walked(catalogue, found)


def _walked(catalogue: Catalogue, packages: list[int]) -> list[int]:
    """Return packages in the order in which apt walks its cache."""
    universe = catalogue.universe
    if len(packages) < 2 or universe.is_multi_arch:
        return sorted(packages, key=universe.iteration_key)
    number = catalogue.state.census().number  # packages of one name are walked as they were born
    return sorted(packages, key=lambda p: (*universe.iteration_key(p)[:3], number(p)))


class _View:
    """The world's priorities in the renderer's terms."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.world = catalogue.world
        self.pinning: Pinning = self.world.pinning(catalogue.state)
        self.status = len(self.world.lists)
        self.titles = [*self.world.titles, self.world.status_path]

    def pinned(self) -> list[tuple[str, str, int]]:
        """Return name, version and priority of each version that a pin of its own speaks of."""
        if not self.world.policy.has_specific_pins:
            return []
        catalogue = self.catalogue
        found = []
        for package in sorted(catalogue.packages(), key=catalogue.universe.iteration_key):
            for version in catalogue.universe.versions(package):
                pin = self.pinning.deciding_pin(version)
                if pin is not None:
                    name = catalogue.full_name(package)
                    found.append((name, catalogue.version(version), pin.priority))
        return found

    def package(self, package: int) -> policies.Package:
        """Return the version table of a package."""
        catalogue = self.catalogue
        installed, candidate = catalogue.installed(package), catalogue.candidate(package)
        phasing = catalogue.state.phasing

        def text(version: int) -> str | None:
            return catalogue.version(version) if version >= 0 else None

        rows = tuple(
            policies.Listed(
                catalogue.version(version),
                self.pinning.priority(version),
                tuple(self._places(version)),
                is_installed=version == installed,
                pin=_origin(self.pinning.rule(version)),
                phased=phasing.percentage(version) if phasing is not None else None,
            )
            for version in catalogue.universe.versions(package)
        )
        return policies.Package(
            catalogue.full_name(package), text(installed), text(candidate), rows
        )

    def _places(self, version: int) -> Iterator[tuple[int, str]]:
        numbers = self.catalogue.universe.files(version)
        priorities = self.world.policy.file_priorities
        for number in (*numbers, self.status) if self.catalogue.is_in_status(version) else numbers:
            yield priorities[number], self.titles[number]

    def idle_pins(self) -> list[str]:
        """Return a line for each pin that matches nothing."""
        return [f"     {_origin(pin)}" for pin in self.pinning.idle_pins()]


def _origin(pin: Pin | None) -> str:
    """Say which pin that is and where it stands."""
    if pin is None:
        return ""
    words = " ".join(word.text for word in pin.packages) or "*"
    return f"{pin.path}:{pin.line} ({words}: {pin.type} {pin.data})"


def _facts(file: PackageFile) -> tuple[tuple[str, str], ...]:
    """Return the letters of a release pin that say something about a list."""
    found = []
    for letter, name in _LETTERS:
        value = getattr(file, name)
        if value is None or (file.is_status and not value):
            continue
        found.append((letter, value))
    return tuple(found)
