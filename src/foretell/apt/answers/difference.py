"""What differs between two plans, or between two sets of packages?

Both sides are tables of entries by name and architecture, so the difference of a table with itself
is empty, and turning the sides turns every row and every sign.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.syntax.version import compare
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.policy import PackageFile
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

    Key = tuple[str, str]  # name and architecture
    Table = dict[Key, "Entry"]

__all__ = [
    "Difference",
    "Entry",
    "Row",
    "Sizes",
    "differing",
    "installed_table",
    "is_same",
    "offered_table",
    "plan_table",
]

ADDED, REMOVED = "added", "removed"
UPGRADED, DOWNGRADED = "upgraded", "downgraded"
OTHERWISE = "changed"  # the same version by another action, or no version to compare
_MIRROR = {ADDED: REMOVED, REMOVED: ADDED, UPGRADED: DOWNGRADED, DOWNGRADED: UPGRADED}


class Entry(NamedTuple):
    """What one side says of a package.

    ``version`` is the one that is there, or that the plan leaves there; None for a removal.
    ``action`` and the mark ``automatic`` are the plan's, empty and None in a set of packages, of
    which ``previous`` says nothing; sizes are in bytes, None where nobody
    knows; ``disk`` is that of the package in a set, and the change of it in a plan.
    """

    version: str | None
    action: str = ""
    previous: str | None = None
    automatic: bool | None = None
    download: int | None = None
    disk: int | None = None


class Row(NamedTuple):
    """A package that differs: how, and both entries, None where a side has none."""

    kind: str
    package: str
    architecture: str
    first: Entry | None
    second: Entry | None

    @property
    def key(self) -> Key:
        """Name and architecture."""
        return self.package, self.architecture

    def mirrored(self) -> Row:
        """Return the row with the sides turned."""
        kind = _MIRROR.get(self.kind, self.kind)
        return Row(kind, self.package, self.architecture, self.second, self.first)


class Sizes(NamedTuple):
    """What a side downloads and needs on disk, in bytes; None where nobody knows."""

    download: int | None
    disk: int | None


class Difference(NamedTuple):
    """All rows, sorted by name and architecture, and the sizes of both sides."""

    rows: tuple[Row, ...]
    first: Sizes
    second: Sizes

    def count(self, kind: str) -> int:
        """Return how many rows are of a kind."""
        return sum(row.kind == kind for row in self.rows)


def differing(
    first: Mapping[Key, Entry],
    second: Mapping[Key, Entry],
    sizes: tuple[Sizes | None, Sizes | None] = (None, None),
) -> Difference:
    """Return what differs between two tables; ``sizes`` where they are known otherwise.

    >>> found = differing({("a", "all"): Entry("1")}, {("a", "all"): Entry("2")})
    >>> [(row.package, row.kind) for row in found.rows]
    [('a', 'upgraded')]
    """
    rows = []
    for key in sorted({*first, *second}):
        ours, theirs = first.get(key), second.get(key)
        if ours is None or theirs is None:
            rows.append(Row(ADDED if ours is None else REMOVED, *key, ours, theirs))
        elif not is_same(ours, theirs):
            rows.append(Row(_direction(ours.version, theirs.version), *key, ours, theirs))
    return Difference(tuple(rows), sizes[0] or _sizes(first), sizes[1] or _sizes(second))


def is_same(first: Entry | None, second: Entry | None) -> bool:
    """Say whether two entries are the same in all but the sizes; None is no entry."""
    if first is None or second is None:
        return first is second
    return first._replace(download=second.download, disk=second.disk) == second


def _direction(first: str | None, second: str | None) -> str:
    if first is None or second is None or first == second:
        return OTHERWISE
    order = compare(first, second)
    return UPGRADED if order < 0 else DOWNGRADED if order > 0 else OTHERWISE


def _sizes(table: Mapping[Key, Entry]) -> Sizes:
    downloads = [entry.download for entry in table.values()]
    disks = [entry.disk for entry in table.values()]
    return Sizes(_sum(downloads), _sum(disks))


def _sum(sizes: list[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


# -- tables --------------------------------------------------------------------------------------


def plan_table(answer: Answer) -> Table:
    """Return what an answer changes; empty unless its verdict is ``ok``."""
    if answer.state is None or answer.verdict != "ok":
        return {}
    universe = answer.state.universe
    found: Table = {}
    for change in answer.changes:
        download, disk = 0, 0
        if change.new >= 0:
            facts = universe.facts(change.new)
            download, disk = facts.size, facts.installed_size * 1024
        if change.old >= 0:
            disk -= universe.facts(change.old).installed_size * 1024
        found[_key(universe, change.package)] = Entry(
            _text(universe, change.new),
            change.action,
            _text(universe, change.old),
            change.automatic,
            download,
            disk,
        )
    return found


def installed_table(state: State) -> Table:
    """Return what is installed."""
    universe = state.universe
    return {
        _key(universe, package): Entry(
            _text(universe, version), disk=universe.facts(version).installed_size * 1024
        )
        for package, version in state.installed.items()
    }


def offered_table(world: World, suite: str = "") -> Table:
    """Return the highest version of each package that the lists offer, or those of one suite.

    Raises `UsageError` when no list is of that suite.
    """
    universe = world.state().universe
    numbers = {at for at, file in enumerate(world.files) if suite in {"", *_suites(file)}}
    if not numbers:
        raise UsageError("unknown-release", f"release {suite!r} is not in the sources")
    found: Table = {}
    for package in range(universe.package_count()):
        for version in universe.versions(package):
            if suite and numbers.isdisjoint(universe.files(version)):
                continue
            if not universe.is_downloadable(version):
                continue
            facts = universe.facts(version)
            found[_key(universe, package)] = Entry(
                _text(universe, version), download=facts.size, disk=facts.installed_size * 1024
            )
            break
    return found


def _suites(file: PackageFile) -> tuple[str, str]:
    return file.codename or "", file.archive or ""


def _key(universe: Universe, package: int) -> Key:
    name, architecture = universe.name(package), universe.architecture(package)
    return name.decode("utf-8", "surrogateescape"), architecture.decode("ascii", "replace")


def _text(universe: Universe, version: int) -> str | None:
    if version < 0:
        return None
    return universe.version_string(version).decode("utf-8", "surrogateescape")
