"""``foretell apt download`` and ``source``: archive files, verified, fetched once for all worlds.

Exit status: 0 when every file is here, 1 when one is not, 2 and 3 as in `foretell.cli.main`.
"""

from __future__ import annotations

import os
import sys

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.acquire.archives import ArchiveFile
    from foretell.apt.system.world import World
    from foretell.cli.parsing import Parser

__all__ = ["download", "source"]


def download(argv: list[str]) -> int:
    """Fetch the .deb files of packages into this folder."""
    return _run("download", argv)


def source(argv: list[str]) -> int:
    """Fetch the files of source packages into this folder."""
    return _run("source", argv)


def _parser(verb: str) -> Parser:
    from foretell.cli.apt_options import (
        add_release_option,
        add_setting_option,
        add_world_options,
    )
    from foretell.cli.main import COMMANDS
    from foretell.cli.parsing import Parser

    parser = Parser(
        prog=f"foretell apt {verb}",
        description=f"{COMMANDS['apt', verb][1].capitalize()}. Each appears whole and verified, "
        "or not at all; one that any world has fetched before is not fetched again.",
    )
    parser.add_argument("words", nargs="*", metavar="package", help="name or name=version")
    real = parser.add_argument_group("options of apt")
    add_release_option(real)
    add_setting_option(real)
    real.add_argument("--print-uris", action="store_true", help="print what would be fetched")
    real.add_argument("-q", "--quiet", action="count", default=0, help="say less")
    add_world_options(parser)
    return parser


def _run(verb: str, argv: list[str]) -> int:
    options = _parser(verb).parse_args(argv)
    if not options.words:
        raise UsageError("bad-usage", "no package is named", hint=f"foretell apt {verb} NAME")
    from foretell.cli.apt_options import read_world

    world = read_world(options)
    if world.root != "/" and not os.path.isdir(world.root):
        raise UsageError(
            "no-archive",
            "the embedded Debian has no archive to fetch from",
            hint="foretell world add makes a world that has one",
        )
    files = (_packages if verb == "download" else _sources)(world, options.words)
    if options.print_uris:
        for file in files:
            sys.stdout.write(file.line + "\n")
        return 0
    return _fetch(world, files, options)


def _bases(world: World) -> dict[str, str]:
    """Return the URI of the archive that each list is of."""
    from foretell.apt.sources.sources import index_files, merge_order, read_sources

    configuration = world.configuration
    assert configuration is not None
    folder = configuration.find_path("Dir::State::lists")
    architectures = configuration.architectures(world.foreign)
    found: dict[str, str] = {}
    for entry in merge_order(read_sources(configuration)):
        for path, _, _ in index_files(entry, folder, architectures):
            found.setdefault(path, entry.uri)
    return found


def _packages(world: World, words: list[str]) -> list[ArchiveFile]:
    """Return the files of the versions that the words mean, by package name."""
    from foretell.apt.acquire.archives import package_file
    from foretell.apt.requests.request import Request, apply_request
    from foretell.apt.unmodelled import Unmodelled

    state = world.state()
    try:
        apply_request(state, world, Request("install", words))
    except Unmodelled as rule:
        raise UsageError("unknown", f"which package is meant is not modelled: {rule}") from None
    universe, bases = state.universe, _bases(world)
    found = {}
    for package, version in state.chosen.items():
        name = universe.name(package).decode("utf-8", "replace")
        if version >= universe.n_versions or not universe.is_downloadable(version):
            raise UsageError("no-archive", f"no archive has this version of {name}")
        found[name, package] = package_file(world, version, bases)
    return [found[key] for key in sorted(found)]


def _sources(world: World, words: list[str]) -> list[ArchiveFile]:
    """Return the files of the source packages that the words mean, in their order."""
    from foretell.apt.acquire.archives import source_files
    from foretell.apt.packages.source_index import find_sources, newest

    if not world.source_lists:
        raise UsageError(
            "no-source-lists",
            "no list of source packages has been downloaded",
            hint="add a deb-src source and update",
        )
    asked = [word.partition("=")[::2] for word in words]
    for name, _ in asked:
        if "/" in name:
            raise UsageError("unknown", f"a release in {name!r} is not modelled here")
    records = find_sources(world.source_lists, [os.fsencode(name) for name, _ in asked])
    bases = _bases(world)
    found = []
    for name, version in asked:
        fitting = [
            record
            for record in records.get(os.fsencode(name), ())
            if not version or record.version == os.fsencode(version)
        ]
        record = newest(fitting)
        if record is None:
            what = f"{name} {version}".rstrip()
            raise UsageError("no-such-source", f"there is no source package of {what}")
        found += source_files(record, bases[record.path])
    return found


def _fetch(world: World, files: list[ArchiveFile], options: Namespace) -> int:
    """Fetch what is not here yet, put all that is into this folder, and say what is not."""
    from foretell.apt.acquire.archives import Store, store_folder
    from foretell.apt.acquire.fetch import Loop
    from foretell.apt.acquire.fetch_settings import FetchSettings
    from foretell.cli.failure import report, visible
    from foretell.errors import InputError

    assert world.configuration is not None
    store = Store(store_folder(world.cache))
    unique = {file.digest: file for file in files}
    missing = [file for file in unique.values() if not store.has(file)]
    failures: list[InputError] = []
    fetched: list[ArchiveFile] = []
    if missing:
        settings = FetchSettings(world.configuration, os.environ)
        Loop(settings).run([store.fetch(missing, failures, fetched)])
    lacking = {file.digest for file in missing} - {file.digest for file in fetched}
    for file in files:
        if file.digest in lacking:
            continue
        store.place(file, os.getcwd())
        if not options.quiet:
            word = "Get" if file.digest in {it.digest for it in fetched} else "Hit"
            sys.stdout.write(visible(f"{word}: {file.name}") + "\n")
    for error in failures:
        report(error)
    return int(bool(failures))
