"""``foretell apt update``: bring the package lists up to date, without root where need be.

Exit status: 0 when every suite is up to date, 1 when one is not, 2 and 3 as in
`foretell.cli.main`.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.acquire.fetch import Download
    from foretell.apt.acquire.trust import Verifier
    from foretell.apt.acquire.update import Outcome
    from foretell.apt.syntax.configuration import Configuration

__all__ = ["own_lists", "update"]

SCHEMA = "foretell.apt.update/1"
PROGRESS_S = 0.1
KNOWN_TARGETS = {"Packages", "Sources", "Translations"}
IGNORED_SETTINGS = (
    "apt::update::pre-invoke",
    "apt::update::post-invoke",
    "acquire::http::proxy-auto-detect",
    "acquire::http::proxyautodetect",
    "acquire::https::proxy-auto-detect",
    "acquire::https::sslcert",
    "acquire::https::sslkey",
)


def update(argv: list[str]) -> int:
    """Fetch and verify the package lists of a system."""
    from foretell.cli.apt_options import add_setting_option
    from foretell.cli.main import COMMANDS
    from foretell.cli.parsing import Parser

    parser = Parser(
        prog="foretell apt update",
        description=f"{COMMANDS['apt', 'update'][1].capitalize()}. A suite changes as a whole or "
        "not at all.",
    )
    add_setting_option(parser)
    parser.add_argument(
        "-q", "--quiet", action="count", default=0, help="no progress; twice: only what failed"
    )
    group = parser.add_argument_group("which system")
    group.add_argument("--root", metavar="DIR", help="the system below DIR (default: this one)")
    group.add_argument("--world", default="host", metavar="NAME", help="a named world")
    group.add_argument("--lists", metavar="DIR", help="keep the lists in DIR")
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help=f"schema {SCHEMA}")
    return run(parser.parse_args(argv))


def run(options: Namespace) -> int:
    """Update what the options mean; return the exit status."""
    from foretell.apt.acquire.lists_folder import ListsFolder
    from foretell.apt.acquire.update import Update
    from foretell.apt.sources.sources import merge_order, read_sources
    from foretell.cli.apt_sqv import find_verifier
    from foretell.cli.failure import report
    from foretell.cli.worlds import resolve_world
    from foretell.errors import UsageError

    if options.world in {"auto", "embedded"}:
        raise UsageError(
            "no-archive", f"the world {options.world!r} has no lists to update", hint="name another"
        )
    resolve_world(options)
    root = os.path.abspath(options.root or "/")
    if not os.path.isdir(root):
        raise UsageError("no-such-root", "there is no such folder", hint="--root DIR", path=root)
    configuration, architectures = _configuration(root, options.option)
    sources = merge_order(read_sources(configuration))
    if not sources:
        sys.stderr.write("note: no source is enabled\n")
    path = _lists_folder(options, configuration.find_path("Dir::State::lists"))
    _note_settings(configuration)
    verifier = find_verifier(root, os.environ)
    screen = _Screen(is_quiet=options.quiet > 1 or options.json, shows_progress=options.quiet < 1)
    with ListsFolder(path) as folder:
        work = Update(
            sources,
            configuration,
            folder,
            verifier,
            architectures=architectures,
            environment={**os.environ, "LC_ALL": _messages_locale() if root == "/" else "C"},
            now=time.time(),
            report=screen.report,
        )
        outcomes = work.run(screen.watch)
    screen.end(outcomes)
    if options.json:
        _write_json(outcomes, path, verifier)
    for outcome in outcomes:
        for warning in outcome.warnings:
            sys.stderr.write(f"warning: {outcome.suite.title}: {warning}\n")
        if outcome.error is not None:
            report(outcome.error)
    return int(any(outcome.error is not None for outcome in outcomes))


def _configuration(root: str, options: list[str]) -> tuple[Configuration, list[str]]:
    from foretell.apt.syntax import configuration as configurations
    from foretell.apt.system.world import native_architecture, read_status

    status = os.path.join(root, "var/lib/dpkg/status")
    installed = read_status(status) if os.path.isfile(status) else []
    native, foreign = native_architecture(root, installed)
    found = configurations.load(
        root,
        config_file=os.environ.get("APT_CONFIG") if root == "/" else None,
        options=options,
        architecture=native,
    )
    return found, found.architectures(foreign)


def _note_settings(configuration: Configuration) -> None:
    """Say which settings would make apt do something that is not done here."""
    rows = configuration.dump().split("\n")
    names = {line.partition(" ")[0] for line in rows if not line.endswith(' "";')}
    targets = {
        name.split("::")[3]
        for name in names
        if name.lower().startswith("acquire::indextargets::deb") and name.count("::") == 4
    }
    ignored = [f"index target {name}" for name in sorted(targets - KNOWN_TARGETS)]
    ignored += sorted(
        {name.removesuffix("::") for name in names if name.lower().startswith(IGNORED_SETTINGS)}
    )
    if ignored:
        sys.stderr.write(f"note: left to apt: {', '.join(ignored)}\n")


def _messages_locale() -> str:
    """Return the locale of messages; one that is not installed is C, as for apt."""
    import locale

    try:
        return locale.setlocale(locale.LC_MESSAGES, "")
    except locale.Error:
        return "C"


def own_lists(environment: dict[str, str] | os._Environ[str]) -> str:
    """Return the user's folder of lists of this machine."""
    from foretell.apt.packages.cache import cache_folder

    return os.path.join(cache_folder(environment), "lists")


def _lists_folder(options: Namespace, usual: str) -> str:
    """Return where the lists go: the system's folder if it may be written, else the user's."""
    if options.lists:
        return str(os.path.abspath(options.lists))
    place = usual.rstrip("/")
    while not os.path.exists(place):
        place = os.path.dirname(place) or "/"
    if os.access(place, os.W_OK | os.X_OK):
        return usual
    path = own_lists(os.environ)
    sys.stderr.write(
        f"note: {usual} is not yours to write: the lists go to {path}\n"
        f"note: ask about them with -o Dir::State::lists={path}/\n"
    )
    return path


class _Screen:
    """One line for each file on standard output; the progress on a terminal."""

    def __init__(self, *, is_quiet: bool, shows_progress: bool) -> None:
        self._is_quiet = is_quiet
        self._progress = shows_progress and not is_quiet and sys.stderr.isatty()
        self._count = 0
        self._bytes: dict[str, tuple[int, int]] = {}  # so many of so many
        self._start = time.monotonic()
        self._shown = 0.0
        self._is_drawn = False

    def report(self, word: str, what: str, size: int) -> None:
        """Write what became of a file."""
        self._count += 1
        if self._is_quiet:
            return
        self._clear()
        from foretell.cli.failure import visible

        length = f" [{_size(size)}]" if size else ""
        sys.stdout.write(visible(f"{word}:{self._count} {what}{length}") + "\n")
        sys.stdout.flush()

    def watch(self, _: str, download: Download) -> None:
        """Show how far all downloads are."""
        self._bytes[download.uri] = (download.done, download.size or download.done)
        now = time.monotonic()
        if not self._progress or now - self._shown < PROGRESS_S:
            return
        self._shown = now
        done, total = map(sum, zip(*self._bytes.values(), strict=True))
        rate = done / max(now - self._start, 0.1)
        ready = sum(so_far == size for so_far, size in self._bytes.values())
        text = f"{ready}/{len(self._bytes)} files, {_size(done)}/{_size(total)}, {_size(rate)}/s"
        sys.stderr.write(f"\r{text:<60}")
        sys.stderr.flush()
        self._is_drawn = True

    def _clear(self) -> None:
        if self._is_drawn:
            sys.stderr.write(f"\r{'':<60}\r")
            sys.stderr.flush()
            self._is_drawn = False

    def end(self, outcomes: list[Outcome]) -> None:
        """Write the sum."""
        self._clear()
        if self._is_quiet:
            return
        seconds = time.monotonic() - self._start
        total = sum(outcome.received for outcome in outcomes)
        count = sum(outcome.status == "updated" for outcome in outcomes)
        sys.stdout.write(
            f"{count} of {len(outcomes)} suites updated, {_size(total)} in {seconds:.1f} s\n"
        )


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _write_json(outcomes: list[Outcome], path: str, verifier: Verifier) -> None:
    import json

    found = {
        "schema": SCHEMA,
        "lists": path,
        "verifier": verifier.name,
        "suites": [
            {
                "uri": outcome.suite.title.rpartition(" ")[0],
                "suite": outcome.suite.suite,
                "status": outcome.status,
                "received": outcome.received,
                "signers": outcome.signers,
                "files": outcome.files,
                "warnings": outcome.warnings,
                "error": outcome.error
                and {
                    "code": outcome.error.code,
                    "message": outcome.error.message,
                    "path": outcome.error.path,
                    "line": outcome.error.line,
                    "rule": outcome.error.rule,
                    "hint": outcome.error.hint,
                },
            }
            for outcome in outcomes
        ],
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
