"""``foretell apt policy``: which priority has each version, and which list or pin gives it?"""

from __future__ import annotations

import sys

from foretell.apt.model import PHASED
from foretell.cli.apt_query import query_parser, read_asked, says_unknown, show_text
from foretell.errors import UsageError
from foretell.render import apt_policy as policies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from foretell.apt.system.pinning import Pinning
    from foretell.apt.system.policy import PackageFile
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World
    from foretell.cli.parsing import Parser

__all__ = ["NAME", "policy"]

NAME = "foretell.pref"  # of the file that preferences under trial would be in
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
    _add_trial_options(parser)
    options = parser.parse_args(argv)
    if _is_trial(options):
        from foretell.cli.apt_policy_try import try_pins

        return try_pins(options)
    world = read_asked(options)
    if not options.words:
        _show_files(world, options)
        return 0
    view, found = _find(world, options.words)
    packages = [view.package(number) for number in found]
    if options.json:
        sys.stdout.write(policies.packages_json(packages))
    else:
        tables = [policies.render_package(row, explains=options.explain) for row in packages]
        show_text("".join(tables), options, world.configuration)
    return 0


def _add_trial_options(parser: Parser) -> None:
    """Add the options that `_is_trial` looks at."""
    group = parser.add_argument_group("preferences under trial")
    group.add_argument(
        "--try",
        dest="tried",
        action="append",
        default=[],
        type=lambda text: ("--try", text),
        metavar="STANZA",
        help="show what this preference would change: 'Package: … Pin: … Pin-Priority: …'; "
        "more than once for more of them",
    )
    group.add_argument(
        "--try-file",
        dest="tried",
        action="append",
        type=lambda path: ("--try-file", path),
        metavar="FILE",
        help="the same for all preferences in a file; - is standard input",
    )
    group.add_argument(
        "--name",
        default=NAME,
        metavar="NAME",
        help=f"the file below preferences.d that they would be in (default: {NAME})",
    )
    group.add_argument("--full", action="store_true", help="all packages, also those not installed")
    group.add_argument("--apply", action="store_true", help="ask, then write the file")
    group.add_argument("-y", "--yes", action="store_true", help="write without asking")
    group.add_argument(
        "--undo", action="store_true", help="remove the file that --apply wrote under that name"
    )


def _is_trial(options: Namespace) -> bool:
    """Say whether the command line is about preferences under trial."""
    if options.apply and not options.tried:
        raise UsageError("nothing-to-apply", "--apply writes what --try or --try-file names")
    return bool(options.tried) or options.undo


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
        view = _View(world, world.state(has_leftovers=True))
        pinned, idle = view.pinned(), view.idle_pins()
    if options.json:
        sys.stdout.write(policies.files_json(files, pinned))
        return
    text = policies.render_files(files, pinned)
    if options.explain:
        text += "\n".join(["Pins that match nothing:", *idle, ""])
    show_text(text, options, world.configuration)


def _find(world: World, words: list[str]) -> tuple[_View, list[int]]:
    """Return the packages that words mean, and a view in which they are.

    Most words are the names of packages that have versions, whatever else is installed.
    """
    names = [word.encode("utf-8", "surrogateescape") for word in words]
    state = world.state(has_leftovers=True, names=set(names))
    universe = state.universe
    found = [universe.find(name) if b":" not in name else -1 for name in names]
    if all(package >= 0 and universe.versions(package) for package in found):
        return _View(world, state), found
    view = _View(world, world.state(has_leftovers=True))
    return view, list(_wanted(view, words))


def _wanted(view: _View, words: list[str]) -> Iterator[int]:
    """Yield the packages that each word means; like apt, pass over what nobody knows."""
    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.selection.naming import EveryName, is_pattern

    catalogue = Catalogue(view.world, view.state)
    names = EveryName(view.state, view.world)
    for word in words:
        if is_pattern(word):
            from foretell.apt.selection.pattern_match import select_packages

            found = select_packages(catalogue, word, takes_virtual=True)
        else:
            text = word.encode("utf-8", "surrogateescape")
            package = names.find(text)
            found = [package] if package >= 0 else names.matching(text)
        yield from _walked(view.state, found)


def _walked(state: State, packages: list[int]) -> list[int]:
    """Return packages in the order in which apt walks its cache."""
    universe = state.universe
    if len(packages) < 2 or universe.is_multi_arch:
        return sorted(packages, key=universe.iteration_key)
    number = state.census().number  # packages of one name are walked as they were born
    return sorted(packages, key=lambda p: (*universe.iteration_key(p)[:3], number(p)))


class _View:
    """The world's priorities in the renderer's terms."""

    def __init__(self, world: World, state: State) -> None:
        self.world = world
        self.state = state
        self.universe = state.universe
        self.pinning: Pinning = world.pinning(state)
        self.status = len(world.lists)
        self.titles = [*world.titles, world.status_path]

    def pinned(self) -> list[tuple[str, str, int]]:
        """Return name, version and priority of each version that a pin of its own speaks of."""
        if not self.world.policy.has_specific_pins:
            return []
        universe = self.universe
        found = []
        for package in sorted(range(universe.package_count()), key=universe.iteration_key):
            for version in universe.versions(package):
                pin = self.pinning.deciding_pin(version)
                if pin is not None:
                    found.append((universe.full_name(package), self._text(version), pin.priority))
        return found

    def package(self, package: int) -> policies.Package:
        """Return the version table of a package."""
        universe, pinning = self.universe, self.pinning
        installed = self.state.installed.get(package, -1)
        rows = tuple(
            policies.Listed(
                self._text(version),
                pinning.priority(version),
                tuple(self._places(version)),
                is_installed=version == installed,
                pin=_origin(pinning.rule(version)),
                phased=self._share(version),
            )
            for version in universe.versions(package)
        )
        candidate = self.state.policy_candidate(package)
        return policies.Package(
            universe.full_name(package),
            self._text(installed) if installed >= 0 else None,
            self._text(candidate) if candidate >= 0 else None,
            rows,
        )

    def _text(self, version: int) -> str:
        return self.universe.version_string(version).decode("utf-8", "surrogateescape")

    def _share(self, version: int) -> int | None:
        """Return the percentage of machines that a version is for, None for all: most are."""
        metas = map(self.universe.meta, self.universe.stanzas(version))
        if not any(meta & PHASED for meta in metas) or self.state.phasing is None:
            return None
        return self.state.phasing.percentage(version)

    def _places(self, version: int) -> Iterator[tuple[int, str]]:
        numbers = self.universe.files(version)
        priorities = self.world.policy.file_priorities
        for number in (*numbers, self.status) if self.state.is_in_status(version) else numbers:
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
