"""``foretell apt showsrc``: what do the source lists say about a package?"""

from __future__ import annotations

import os
import sys

from foretell.apt.packages.source_index import find_sources
from foretell.cli.apt_options import read_world
from foretell.cli.apt_query import note_unknown, query_parser, show_text
from foretell.errors import UsageError
from foretell.render.apt_showsrc import render_sources, sources_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.apt.packages.source_index import SourceRecord

__all__ = ["showsrc"]

_ONLY_SOURCE = "src:"
_SETTING = "APT::Cache::Only-Source"


def showsrc(argv: list[str]) -> int:
    """Show source records as ``apt showsrc`` does; return the exit status."""
    parser = query_parser("showsrc", "package", "names of source or binary packages, src:NAME")
    parser.add_argument(
        "--only-source", action="store_true", help="do not look for sources of binary packages"
    )
    options = parser.parse_args(argv)
    if not options.words:
        raise UsageError("no-package", "showsrc needs a package")
    world = read_world(options)
    if not world.source_lists:
        raise UsageError(
            "no-source-lists",
            "no list of source packages has been downloaded",
            hint="add a deb-src source and update",
        )
    assert world.configuration is not None
    is_only = options.only_source or world.configuration.find_bool(_SETTING)
    unknown: list[str] = []
    records = list(_records(world.source_lists, options.words, unknown, only_source=is_only))
    if options.json:
        sys.stdout.write(sources_json(records))
    else:
        show_text(render_sources(records), options, world.configuration)
    note_unknown(unknown)
    return 1 if unknown else 0


def _records(
    lists: Sequence[str], words: Sequence[str], unknown: list[str], *, only_source: bool
) -> Iterator[SourceRecord]:
    """Yield the records that the words mean, each once; words without one go to ``unknown``."""
    names = [os.fsencode(word.removeprefix(_ONLY_SOURCE)) for word in words]
    found = find_sources(lists, names)
    shown: set[tuple[str, int]] = set()
    for word, name in zip(words, names, strict=True):
        is_only = only_source or word.startswith(_ONLY_SOURCE)
        fitting = [row for row in found.get(name, ()) if not is_only or row.name == name]
        if not fitting:
            unknown.append(word)
        for record in fitting:
            place = (record.path, record.offset)
            if place not in shown:
                shown.add(place)
                yield record
