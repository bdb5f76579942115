"""``foretell apt list``: which packages are there, in which version, from where?"""

from __future__ import annotations

import sys

from foretell.cli.apt_pager import wants_colour_here
from foretell.cli.apt_query import query_parser, read_catalogue, says_unknown, show_text
from foretell.render.apt_list import Row, list_json, render_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    from foretell.apt.selection.catalogue import Catalogue, Entry

__all__ = ["list_"]


@says_unknown
def list_(argv: list[str]) -> int:
    """List packages as ``apt list`` does; return the exit status."""
    parser = query_parser("list", "pattern", "names or shell patterns (default: all packages)")
    only = parser.add_argument_group("which of them")
    only.add_argument("-i", "--installed", action="store_true", help="only what is installed")
    only.add_argument("-u", "--upgradable", "--upgradeable", action="store_true")
    only.add_argument("--manual-installed", action="store_true", help="... on somebody's request")
    only.add_argument("-a", "--all-versions", action="store_true", help="every version of each")
    only.add_argument("-v", "--verbose", action="store_true", help="show what each is, too")
    options = parser.parse_args(argv)
    catalogue = read_catalogue(options)
    packages = _rows(catalogue, options)
    if options.json:
        sys.stdout.write(list_json(packages))
        return 0
    configuration = catalogue.world.configuration
    is_coloured = wants_colour_here(options, configuration)
    text = render_list(packages, shows_all=options.all_versions, is_coloured=is_coloured)
    show_text(text, options, configuration)
    return 0


def _rows(catalogue: Catalogue, options: Namespace) -> Iterable[list[Row]]:
    """Return the rows of each package that the options mean."""
    filters = (options.installed, options.manual_installed, options.upgradable)
    if not any((*filters, options.all_versions, options.verbose)):
        return ([_plain_row(entry)] for entry in catalogue.candidates(options.words))
    return _chosen_rows(catalogue, options)


def _chosen_rows(catalogue: Catalogue, options: Namespace) -> Iterator[list[Row]]:
    only_installed = options.installed or options.manual_installed or options.upgradable
    all_of_them = only_installed and not options.words
    packages = catalogue.state.installed if all_of_them else catalogue.matching(options.words)
    for package in packages:
        rows = [
            _row(catalogue, version, is_verbose=options.verbose)
            for version in _versions(catalogue, package, options)
        ]
        if rows:
            yield rows


def _plain_row(entry: Entry) -> Row:
    name, suites, version, architecture, more = entry
    return Row(name, suites, version, architecture, *more)


def _row(catalogue: Catalogue, version: int, *, is_verbose: bool) -> Row:
    row = _plain_row(catalogue.entry(version))
    if not is_verbose:
        return row
    text = catalogue.description(catalogue.universe.package(version))
    return row._replace(summary=text.partition("\n")[0])


def _versions(catalogue: Catalogue, package: int, options: Namespace) -> list[int]:
    """Return the versions of a package to show.

    Of several restrictions the first one counts: installed, upgradable, asked for by somebody.
    """
    installed = catalogue.installed(package)
    version = catalogue.preferred(package)
    if options.installed:
        is_meant = installed >= 0
        version = installed
    elif options.upgradable:
        is_meant = catalogue.is_upgradable(package)
    elif options.manual_installed:
        is_meant = installed >= 0 and package not in catalogue.state.automatic
    else:
        is_meant = version >= 0
    if not is_meant:
        return []
    return catalogue.universe.versions(package) if options.all_versions else [version]
