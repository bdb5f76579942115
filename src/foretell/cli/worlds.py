"""``foretell world``: named worlds, which ordinary users can ask about anywhere."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.cli.parsing import Parser

__all__ = ["add", "remove", "resolve_world", "verb_parser"]

KEYRING = "/etc/apt/keyrings/world"
_LIST = "etc/apt/sources.list.d/world.sources"
# Keyrings that Debian and its relatives install for their own archives.
_SHELF = "/usr/share/keyrings"
_USUAL = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")


def resolve_world(options: Namespace) -> None:
    """Put the root of a named world into the options that name it."""
    if options.world in {"auto", "host", "embedded"}:
        return
    from foretell.apt.acquire.worlds import find_world, worlds_folder
    from foretell.errors import UsageError

    if options.root is not None:
        raise UsageError("two-worlds", "--root and a named world are two systems: leave one out")
    options.root = find_world(options.world, worlds_folder(os.environ))
    options.world = "host"


def verb_parser(verb: str) -> Parser:
    """Return the parser of one verb of ``world``."""
    from foretell.cli.main import COMMANDS
    from foretell.cli.parsing import Parser

    return Parser(
        prog=f"foretell world {verb}",
        description=COMMANDS["world", verb][1].capitalize() + ".",
    )


def add(argv: list[str]) -> int:
    """Make a world: sources, keyring, lists, installed state."""
    parser = verb_parser("add")
    parser.add_argument("name", help="what to call it; also the suite, unless --suite says which")
    parser.add_argument("uri", nargs="?", help="the archive (default: that of this system)")
    parser.add_argument(
        "--suite", action="append", metavar="SUITE", help="may be given more than once"
    )
    parser.add_argument(
        "--component", action="append", metavar="NAME", help="default: main; more than once"
    )
    parser.add_argument(
        "--architecture",
        action="append",
        metavar="NAME",
        help="the first is the native one (default: that of this system)",
    )
    parser.add_argument(
        "--keyring", metavar="FILE", help="the keys that the archive is signed with"
    )
    parser.add_argument("--trusted", action="store_true", help="do without signatures")
    parser.add_argument(
        "--installed",
        metavar="empty|minimal|FILE|DIR",
        default="minimal",
        help="what is installed: nothing, a minimal system, as a dpkg status file says, "
        "as in the system below DIR",
    )
    parser.add_argument("-q", "--quiet", action="count", default=0, help="say less, as for update")
    options = parser.parse_args(argv)
    return _add(options)


def _add(options: Namespace) -> int:
    import shutil
    import tempfile

    from foretell.apt.acquire.worlds import check_name, list_worlds, worlds_folder
    from foretell.cli.world_list import line
    from foretell.errors import UsageError

    check_name(options.name)
    folder = worlds_folder(os.environ)
    if options.name in list_worlds(folder):
        raise UsageError(
            "world-exists",
            f"there is a world {options.name!r} already",
            hint=f"foretell apt update --world {options.name}, or foretell world remove first",
        )
    os.makedirs(folder, mode=0o700, exist_ok=True)
    aside = tempfile.mkdtemp(prefix=".new-", dir=folder)
    try:
        _lay_out(aside, options)
        if _update(aside, options.quiet):
            return 1
        _install(aside, options.installed)
        os.rename(aside, os.path.join(folder, options.name))
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sys.stdout.write(f"{line(folder, options.name)}\n")
    sys.stderr.write(f"note: ask it with foretell apt install --world {options.name} PACKAGE\n")
    return 0


def _lay_out(root: str, options: Namespace) -> None:
    """Write sources, keyring and architectures."""
    from foretell.apt.acquire.keyrings import read_ring
    from foretell.apt.acquire.worlds import source_text

    uri, signed_by = _archive(options)
    architectures = options.architecture or [_native()]
    _write(root, "var/lib/dpkg/arch", "".join(f"{name}\n" for name in architectures).encode())
    _write(root, "var/lib/dpkg/status", b"")
    where = ""
    if signed_by:
        data = read_ring(signed_by)
        where = KEYRING + (".asc" if data.startswith(b"-----") else ".gpg")
        _write(root, where.lstrip("/"), data)
    text = source_text(
        uri,
        options.suite or [options.name],
        options.component or ["main"],
        signed_by=where,
        trusted=options.trusted,
    )
    _write(root, _LIST, text.encode())


def _archive(options: Namespace) -> tuple[str, str]:
    """Return the URI of the archive and the file of its keys, "" if none is wanted."""
    from foretell.apt.sources.sources import read_sources
    from foretell.apt.syntax.configuration import load
    from foretell.errors import MissingError
    from foretell.oracle.mirror import find_mirrors

    uri = options.uri
    if uri is None:
        mirrors = find_mirrors()
        if not mirrors:
            raise MissingError(
                "no-mirror",
                "this system has no archive to take",
                hint=f"name one: foretell world add {options.name} URI",
            )
        uri = mirrors[0]
    if options.trusted:
        return uri, ""
    if options.keyring:
        return uri, options.keyring
    sources = read_sources(load("/", architecture=_native()))
    given = [
        word
        for source in sources
        if source.uri.rstrip("/") == uri.rstrip("/")
        for word in source.options.get("signed-by", ())
        if word.startswith("/") and " " not in word and "," not in word
    ]
    for path in [*given, *(os.path.join(_SHELF, name) for name in _USUAL)]:
        if os.path.isfile(path):
            return uri, path
    raise MissingError(
        "no-keyring",
        "no keys to check the archive's signature with",
        hint="--keyring FILE names them, --trusted does without",
    )


def _native() -> str:
    """Return Debian's name of this machine's architecture."""
    names = {
        "x86_64": "amd64",
        "aarch64": "arm64",
        "i686": "i386",
        "ppc64le": "ppc64el",
        "armv7l": "armhf",
    }
    machine = os.uname().machine
    return names.get(machine, machine)


def _update(root: str, quiet: int) -> int:
    from argparse import Namespace

    from foretell.cli.apt_update import run

    return run(Namespace(root=root, world="host", lists=None, option=[], quiet=quiet, json=False))


def _install(root: str, installed: str) -> None:
    """Write what is installed in a world that has its lists."""
    from foretell.apt.acquire.worlds import settings_text
    from foretell.apt.cases.embedded import FOLDER, NAME, Facts

    settings = Facts(os.path.join(FOLDER, NAME) + ".json").settings
    _write(root, "etc/apt/apt.conf.d/01world", settings_text(settings).encode())
    if installed == "empty":
        return
    if installed == "minimal":
        _install_minimal(root)
        return
    path = installed
    if os.path.isdir(path):
        path = os.path.join(installed, "var/lib/dpkg/status")
        states = os.path.join(installed, "var/lib/apt/extended_states")
        if os.path.isfile(states):
            _copy(root, "var/lib/apt/extended_states", states)
    _copy(root, "var/lib/dpkg/status", path)
    from foretell.apt.system.world import read_status

    read_status(path)  # a broken one is refused now


def _install_minimal(root: str) -> None:
    from foretell.apt.acquire.worlds import minimal_names, status_texts
    from foretell.apt.answers.predict import predict
    from foretell.apt.packages.cache import cache_folder
    from foretell.apt.requests.settings import configured_request
    from foretell.apt.system.world import load_world
    from foretell.errors import InputError

    world = load_world(
        root,
        options=["APT::Install-Recommends=0", "APT::Solver=3.0"],
        environment={},
        cache=cache_folder(os.environ),
    )
    assert world.configuration is not None
    names = minimal_names(world.lists)
    answer = predict(world, configured_request("install", names, world.configuration))
    if answer.verdict != "ok":
        raise InputError(
            "no-minimal-system",
            f"the archive's vital packages cannot be installed together ({answer.verdict})",
            path=world.lists[0],
            hint="--installed empty",
        )
    status, states = status_texts(world, answer)
    _write(root, "var/lib/dpkg/status", status)
    _write(root, "var/lib/apt/extended_states", states)


def _copy(root: str, name: str, path: str) -> None:
    with open(path, "rb") as file:
        _write(root, name, file.read())


def _write(root: str, name: str, data: bytes) -> None:
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def remove(argv: list[str]) -> int:
    """Remove worlds with their lists."""
    parser = verb_parser("remove")
    parser.add_argument("names", nargs="+", metavar="name", help="the worlds to remove")
    options = parser.parse_args(argv)
    import shutil
    import tempfile

    from foretell.apt.acquire.worlds import find_world, worlds_folder

    folder = worlds_folder(os.environ)
    roots = [find_world(name, folder) for name in dict.fromkeys(options.names)]
    for root in roots:
        # it is gone at once; what is in it goes after that
        aside = tempfile.mkdtemp(prefix=".old-", dir=folder)
        os.rename(root, os.path.join(aside, "world"))
        shutil.rmtree(aside)
    return 0
