"""``foretell apt depends``, ``rdepends``: what does a package need, and what needs it?"""

from __future__ import annotations

import sys
from itertools import repeat
from operator import itemgetter

from foretell.apt.packages.edges import FIELDS, NEGATIVE, bound_of, providers_of, relations_of
from foretell.apt.packages.stanza import TYPE_OF
from foretell.apt.queries.recursion import Walk
from foretell.apt.queries.reverse import Reverse
from foretell.apt.queries.selection import Selection
from foretell.apt.selection.catalogue import FEW
from foretell.apt.selection.columns import full_names, owners
from foretell.apt.unmodelled import Unmodelled
from foretell.cli.apt_query import note_unknown, query_parser, read_catalogue, says_unknown
from foretell.errors import UsageError
from foretell.render.apt_depends import Block, edges_json, render_depends, render_rdepends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from foretell.apt.packages.edges import Relation
    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.system.world import World
    from foretell.cli.parsing import Parser

    # The bound as it is shown, who provides it, and their names.
    Wanted: TypeAlias = tuple[str, tuple[int, ...], tuple[str, ...]]
    # A relation, the package that is shown for it, its name, and whether it has versions.
    FarEnd: TypeAlias = tuple[Relation, int, str, bool]

__all__ = ["depends", "rdepends"]

# Each is a switch, and --no-... its opposite; in the order of apt-cache(8).
_TYPES = (
    "pre-depends",
    "depends",
    "recommends",
    "suggests",
    "replaces",
    "breaks",
    "conflicts",
    "enhances",
)
_IMPORTANT = frozenset(("pre-depends", "depends"))
_PREFIX = "APT::Cache::"
SCANNED_MAX = 16  # packages that are searched for one by one


@says_unknown
def depends(argv: list[str]) -> int:
    """Show what packages need as ``apt depends`` does; return the exit status."""
    return _show("depends", argv, _Needs, render_depends)


@says_unknown
def rdepends(argv: list[str]) -> int:
    """Show what needs packages as ``apt rdepends`` does; return the exit status."""
    return _show("rdepends", argv, _NeededBy, render_rdepends)


def _show(
    verb: str,
    argv: list[str],
    make: Callable[[Catalogue, Choice, Selection], _Needs],
    render: Callable[[Sequence[Block]], str],
) -> int:
    parser = query_parser(verb, "package", "as apt takes them")
    _add_options(parser, verb)
    options = parser.parse_args(argv)
    if not options.words:
        raise UsageError("no-package", f"{verb} needs a package")
    catalogue = read_catalogue(options)
    takes_all = verb == "depends" and options.all_versions
    selection = Selection(catalogue, options.words, takes_all=takes_all)
    blocks = list(make(catalogue, Choice(options, catalogue.world), selection).blocks())
    schema = f"foretell.apt.{verb}/1"
    sys.stdout.write(edges_json(schema, blocks) if options.json else render(blocks))
    note_unknown(selection.unknown)
    return 1 if selection.unknown else 0


def _add_options(parser: Parser, verb: str) -> None:
    from foretell.cli.parsing import SWITCH

    def switch(*flags: str, text: str) -> None:
        group.add_argument(*flags, action=SWITCH, help=text)

    group = parser.add_argument_group("which relations")
    switch("-i", "--important", text="only PreDepends and Depends, and types that are named")
    switch("--installed", text="only what is installed")
    switch("--implicit", text="also what Multi-Arch implies")
    switch("--recurse", text="then of the packages that are shown, and so on")
    if verb == "depends":
        group.add_argument("-a", "--all-versions", action="store_true", help="of every version")
    for name in _TYPES:
        switch(f"--{name}", text=f"{name.title()}")


class Choice:
    """Which relations are wanted: the last of two opposite options, else a setting of apt's."""

    def __init__(self, options: Namespace, world: World) -> None:
        given = vars(options)
        assert world.configuration is not None
        configuration = world.configuration

        def choose(option: str, setting: str, *, default: bool) -> bool:
            value: Any = given[option]
            return configuration.find_bool(_PREFIX + setting, default) if value is None else value

        important = choose("important", "Important", default=False)
        self.only_installed = choose("installed", "Installed", default=False)
        self.shows_implied = choose("implicit", "ShowImplicit", default=False)
        self.recurses = choose("recurse", "RecurseDepends", default=False)
        self.kinds = {
            TYPE_OF[name.title().encode()]
            for name in _TYPES
            if choose(
                name.replace("-", "_"),
                f"Show{name.title()}",
                default=not important or name in _IMPORTANT,
            )
        }


class _Needs:
    """What packages need."""

    def __init__(self, catalogue: Catalogue, choice: Choice, selection: Selection) -> None:
        self.catalogue = catalogue
        self.universe = catalogue.universe
        self.choice = choice
        self.selection = selection
        self._wanted: dict[tuple[object, ...], Wanted] = {}
        if choice.shows_implied and self.universe.is_multi_arch:
            self._order_copies()

    def _order_copies(self) -> None:
        """Have what Multi-Arch implies in the order in which apt's lists have it."""
        from foretell.apt.packages.multiarch import MultiArchUniverse

        assert isinstance(self.universe, MultiArchUniverse)
        self.universe.order_copies = self.catalogue.state.reverse_order().key

    def blocks(self) -> Iterator[Block]:
        """Yield the packages with their relations, those without a candidate last."""
        catalogue, choice, wanted = self.catalogue, self.choice, self._wanted
        walk = Walk(catalogue, self.selection.versions, self.selection.virtual)
        for version in walk.versions():
            edges = []
            for relation, shown, name, is_real in self._relations(version):
                _, kind, _, member, is_followed = relation
                if kind not in choice.kinds:
                    continue
                if choice.only_installed and catalogue.installed(shown) < 0:
                    continue
                known = wanted.get(member) if kind not in NEGATIVE else None
                bound, providers, names = known or self._look_up(relation)
                edges.append((FIELDS[kind], name, bound, is_real, is_followed, names))
                if choice.recurses:
                    walk.follow((shown, *providers))
            yield Block(catalogue.full_name(self.universe.package(version)), edges)
        for package in walk.virtual():
            yield Block(catalogue.full_name(package), (), is_real=False)

    def _relations(self, version: int) -> Iterable[FarEnd]:
        """Yield the relations of a version, each with the package that is shown for it."""
        full_name, versions = self.catalogue.full_name, self.universe.versions
        for relation in relations_of(self.universe, version, implied=self.choice.shows_implied):
            package = relation[3][0]
            yield relation, package, full_name(package), bool(versions(package))

    def _look_up(self, relation: Relation) -> Wanted:
        """Return what is shown of the versions that a relation wants, and of who provides them.

        Many relations mean the same; what a negative one means depends on whose it is.
        """
        version, kind, group, member, _ = relation
        key: tuple[object, ...] = member
        if kind in NEGATIVE and self.universe.provides(member[0]):
            key = (*key, group, version)
        found = self._wanted.get(key)
        if found is None:
            providers = tuple(providers_of(self.universe, relation))
            names = tuple(map(self.catalogue.full_name, providers))
            found = self._wanted[key] = (bound_of(member), providers, names)
        return found


class _NeededBy(_Needs):
    """What needs packages."""

    def __init__(self, catalogue: Catalogue, choice: Choice, selection: Selection) -> None:
        super().__init__(catalogue, choice, selection)
        if choice.shows_implied and self.universe.is_multi_arch:
            raise Unmodelled("rdepends --implicit with foreign architectures")
        is_many = choice.recurses or len(selection.versions) > SCANNED_MAX
        self._reverse = Reverse(catalogue.state, reads_all=is_many)

    def _relations(self, version: int) -> Iterable[FarEnd]:
        universe = self.universe
        found = self._reverse.relations_on(universe.package(version))
        packages = owners(universe, map(itemgetter(0), found))
        names: Iterable[str]
        if len(found) > FEW and not universe.is_multi_arch:
            names = full_names(universe, packages)
        else:
            names = map(self.catalogue.full_name, packages)
        return zip(found, packages, names, repeat(True))
