"""``foretell apt show``: what do the lists say about a package?"""

from __future__ import annotations

import sys

from foretell.apt.queries.selection import Selection
from foretell.apt.selection.records import read_record
from foretell.cli.apt_pager import wants_colour_here
from foretell.cli.apt_query import (
    note_unknown,
    query_parser,
    read_catalogue,
    says_unknown,
    show_text,
)
from foretell.errors import UsageError
from foretell.render.apt_show import records_json, render_record, render_virtual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.selection.records import Record

__all__ = ["show"]


@says_unknown
def show(argv: list[str]) -> int:
    """Show records as ``apt show`` does; return the exit status."""
    parser = query_parser("show", "package", "as apt takes them")
    parser.add_argument("-a", "--all-versions", action="store_true", help="every version of each")
    options = parser.parse_args(argv)
    if not options.words:
        raise UsageError("no-package", "show needs a package", hint="foretell apt show PACKAGE ...")
    catalogue = read_catalogue(options)
    selection = Selection(
        catalogue, options.words, takes_all=options.all_versions, knows_garbage=False
    )
    if options.json:
        sys.stdout.write(records_json(_documents(catalogue, selection)))
    else:
        configuration = catalogue.world.configuration
        is_coloured = wants_colour_here(options, configuration)
        show_text(_text(catalogue, selection, is_coloured=is_coloured), options, configuration)
    note_unknown(selection.unknown)
    return 1 if selection.unknown else 0


def _text(catalogue: Catalogue, selection: Selection, *, is_coloured: bool) -> str:
    records = [
        render_record(
            fields,
            label=catalogue.full_name(catalogue.universe.package(version)),
            sources=catalogue.titles(version),
            description=catalogue.description_of(version, fields),
            is_manual=_is_manual(catalogue, version),
            is_coloured=is_coloured,
        )
        for version, fields in _records(catalogue, selection)
    ]
    return "".join(records + [render_virtual(catalogue.full_name(p)) for p in selection.virtual])


def _documents(catalogue: Catalogue, selection: Selection) -> Iterator[dict[str, object]]:
    for version, fields in _records(catalogue, selection):
        package = catalogue.universe.package(version)
        yield {
            "package": catalogue.name(package),
            "architecture": catalogue.architecture(version),
            "version": catalogue.version(version),
            "manual": _is_manual(catalogue, version),
            "sources": catalogue.titles(version),
            "fields": _with_description(fields, catalogue.description_of(version, fields)),
        }
    for package in selection.virtual:
        yield {"package": catalogue.full_name(package), "virtual": True}


def _with_description(fields: Record, description: str) -> dict[str, str]:
    return {name: description if name.lower() == "description" else value for name, value in fields}


def _records(catalogue: Catalogue, selection: Selection) -> Iterator[tuple[int, Record]]:
    for version in selection.versions:
        yield version, read_record(catalogue.world, catalogue.universe, version)


def _is_manual(catalogue: Catalogue, version: int) -> bool | None:
    """Say whether an installed version was asked for; None for others."""
    package = catalogue.universe.package(version)
    if catalogue.installed(package) != version:
        return None
    return package not in catalogue.state.automatic
