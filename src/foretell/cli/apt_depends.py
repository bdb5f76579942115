"""``foretell apt depends``, ``rdepends``: what does a package need, and what needs it?"""

from __future__ import annotations

import sys

from foretell.apt.edges import providers_of, relations_of
from foretell.apt.reverse import relations_on
from foretell.apt.selection import Selection
from foretell.apt.unmodelled import Unmodelled
from foretell.cli.apt_query import note_unknown, query_parser, read_catalogue
from foretell.errors import UsageError
from foretell.render.apt_depends import Block, Edge, edges_json, render_depends, render_rdepends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from foretell.apt.catalogue import Catalogue
    from foretell.apt.edges import Relation
    from foretell.cli.parsing import Parser

__all__ = ["depends", "rdepends"]

# Options that leave a type out, in the order of apt-cache(8).
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
_IMPORTANT = frozenset(("PreDepends", "Depends"))


def depends(argv: list[str]) -> int:
    """Show what packages need as ``apt depends`` does; return the exit status."""
    return _show("depends", argv, _needs, render_depends)


def rdepends(argv: list[str]) -> int:
    """Show what needs packages as ``apt rdepends`` does; return the exit status."""
    return _show("rdepends", argv, _needed_by, render_rdepends)


def _show(
    verb: str,
    argv: list[str],
    find: Callable[[Catalogue, Selection, Namespace], Iterator[Block]],
    render: Callable[[Sequence[Block]], str],
) -> int:
    parser = query_parser(verb, "package", "as apt takes them")
    _add_type_options(parser)
    options = parser.parse_args(argv)
    if not options.words:
        raise UsageError("no-package", f"{verb} needs a package")
    catalogue = read_catalogue(options)
    takes_all = options.all_versions and verb == "depends"
    selection = Selection(catalogue, options.words, takes_all=takes_all)
    try:
        blocks = list(find(catalogue, selection, options))
    except Unmodelled as rule:
        sys.stderr.write(f"unknown: the answer needs a rule that is not modelled yet:\n  {rule}\n")
        return 1
    schema = f"foretell.apt.{verb}/1"
    sys.stdout.write(edges_json(schema, blocks) if options.json else render(blocks))
    note_unknown(selection.unknown)
    return 1 if selection.unknown else 0


def _needed_by(catalogue: Catalogue, selection: Selection, options: Namespace) -> Iterator[Block]:
    universe = catalogue.universe
    for version in selection.versions:
        package = universe.package(version)
        edges = [
            Edge(
                row.field,
                catalogue.full_name(universe.package(row.version)),
                row.bound,
                is_followed=row.is_followed,
                providers=_providers(catalogue, row),
            )
            for row in relations_on(catalogue.state, package)
            if _is_wanted(row, options)
            and (not options.installed or catalogue.installed(universe.package(row.version)) >= 0)
        ]
        yield Block(catalogue.full_name(package), edges)
    for package in selection.virtual:
        yield Block(catalogue.full_name(package), (), is_real=False)


def _add_type_options(parser: Parser) -> None:
    group = parser.add_argument_group("which relations")
    group.add_argument("-i", "--important", action="store_true", help="only PreDepends and Depends")
    group.add_argument("--installed", action="store_true", help="only on what is installed")
    group.add_argument("-a", "--all-versions", action="store_true", help="of every version")
    for name in _TYPES:
        group.add_argument(f"--no-{name}", action="append_const", dest="without", const=name)


def _needs(catalogue: Catalogue, selection: Selection, options: Namespace) -> Iterator[Block]:
    universe = catalogue.universe
    for version in selection.versions:
        edges = [
            _edge(catalogue, relation)
            for relation in relations_of(universe, version)
            if _is_wanted(relation, options)
            and (not options.installed or catalogue.installed(relation.target) >= 0)
        ]
        yield Block(catalogue.full_name(universe.package(version)), edges)
    for package in selection.virtual:
        yield Block(catalogue.full_name(package), (), is_real=False)


def _is_wanted(relation: Relation, options: Namespace) -> bool:
    if options.important and relation.field not in _IMPORTANT:
        return False
    left_out = {name.replace("-", "") for name in options.without or ()}
    return relation.field.lower() not in left_out


def _edge(catalogue: Catalogue, relation: Relation) -> Edge:
    target = relation.target
    return Edge(
        relation.field,
        catalogue.full_name(target),
        relation.bound,
        is_real=bool(catalogue.universe.versions(target)),
        is_followed=relation.is_followed,
        providers=_providers(catalogue, relation),
    )


def _providers(catalogue: Catalogue, relation: Relation) -> tuple[str, ...]:
    return tuple(map(catalogue.full_name, providers_of(catalogue.universe, relation)))
