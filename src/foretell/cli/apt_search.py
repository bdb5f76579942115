"""``foretell apt search``: which packages are about this?"""

from __future__ import annotations

import sys

from foretell.apt.queries.search import find_packages
from foretell.cli.apt_pager import wants_colour_here
from foretell.cli.apt_query import query_parser, read_catalogue, show_text
from foretell.errors import UsageError
from foretell.render.apt_list import Row, list_json, render_found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.selection.catalogue import Catalogue

__all__ = ["search"]


def search(argv: list[str]) -> int:
    """Search names and descriptions as ``apt search`` does; return the exit status."""
    parser = query_parser("search", "word", "regular expressions that must all be found")
    parser.add_argument("-n", "--names-only", action="store_true", help="look at names alone")
    parser.add_argument("-f", "--full", action="store_true", help="show whole descriptions")
    options = parser.parse_args(argv)
    if not options.words:
        raise UsageError("no-word", "search needs a word")
    catalogue = read_catalogue(options)
    found = find_packages(catalogue, options.words, names_only=options.names_only)
    rows = [_row(catalogue, version, text, is_full=options.full) for version, text in found]
    if options.json:
        sys.stdout.write(list_json([row] for row in rows))
    else:
        configuration = catalogue.world.configuration
        is_coloured = wants_colour_here(options, configuration)
        show_text(render_found(rows, is_coloured=is_coloured), options, configuration)
    return 0


def _row(catalogue: Catalogue, version: int, text: str, *, is_full: bool) -> Row:
    name, suites, shown, architecture, more = catalogue.entry(version)
    row = Row(name, suites, shown, architecture, *more)
    package = catalogue.universe.package(version)
    if catalogue.present(package) != version:
        text = catalogue.description(package)
    return row._replace(summary=text if is_full else text.partition("\n")[0])
