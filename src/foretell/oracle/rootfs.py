"""Is the real apt here to be asked, and how does it come here?

``python -m foretell.oracle.rootfs`` builds what is missing below one folder:

- ``trixie-minimal``: a minimal Debian system with apt and its downloaded lists;
- ``trixie-tool``: the same with a compiler and the headers of libapt;
- ``libapt-3.0.3``: the library that is predicted, from the mirror's pool;
- ``libapt-newest``: the newest that Debian ships, whatever its version is;
- ``apt-forky``, ``apt-bookworm``: the library and the programs of other releases (see `newest`);
- ``decide-*``: ``libapt/decide.cc`` compiled, named after its text;
- ``lists-*``: the package lists of other suites and architectures, and the roots of
  `foretell.oracle.roots`.  Where the mirror lacks one a file ``*.gone`` says so, and the roots that
  need it are left out.

Everything is built aside and renamed, under a lock, so that a killed build leaves nothing half
made.  Building needs root and mmdebstrap; asking needs neither.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess

from foretell.errors import ForetellError, MissingError, UsageError
from foretell.oracle import programs
from foretell.oracle.mirror import find_mirrors
from foretell.oracle.newest import NEWEST, RELEASES, fetch_release, release_version
from foretell.oracle.roots import MINIMAL, build_root, find_root, lists_of
from foretell.oracle.roots import ROOTS as ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from foretell.oracle.newest import Release

    Say = Callable[[str], object]

__all__ = ["LIBAPT_VERSION", "Oracle", "build", "main", "oracle_folder"]

SUITE = "trixie"
ARCHITECTURE = "amd64"
TRIPLET = "x86_64-linux-gnu"
LOADER = "lib64/ld-linux-x86-64.so.2"
LIBAPT_VERSION = "3.0.3"
LIBAPT_FILE = f"libapt-pkg7.0_{LIBAPT_VERSION}_{ARCHITECTURE}.deb"
LIBAPT_SHA256 = "fdcc9f780c7de466c7f0038e6e242c73cb63c8f9fe2781a3185a2c810984ab0a"
# Root -> packages beyond the minimal ones.
ROOTS: dict[str, tuple[str, ...]] = {
    MINIMAL: (),
    "trixie-tool": ("g++", "libapt-pkg-dev"),
}
APT_HELPER = "/usr/lib/apt/apt-helper"
_ASIDE = ".new-"
_GONE = ".gone"
_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libapt", "decide.cc")


def oracle_folder(environment: Mapping[str, str]) -> str:
    """Return the oracle's folder: ``FORETELL_ORACLE_DIR``, or below the user's cache folder.

    Source: XDG Base Directory Specification; a relative ``XDG_CACHE_HOME`` is ignored.
    """
    chosen = environment.get("FORETELL_ORACLE_DIR")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    base = environment.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        base = os.path.join(environment.get("HOME") or "/nonexistent", ".cache")
    return os.path.join(base, "foretell", "oracle")


class Oracle:
    """Where the parts of the oracle are below ``folder``, and which of them are there."""

    def __init__(self, folder: str) -> None:
        with open(_SOURCE, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        self.folder = folder
        self.root = os.path.join(folder, MINIMAL)
        self.tool = os.path.join(folder, "trixie-tool")
        self.library = os.path.join(folder, f"libapt-{LIBAPT_VERSION}")
        self.newest = os.path.join(folder, NEWEST.folder)
        self.decide = os.path.join(folder, f"decide-{digest[:16]}")

    def lists(self, suite: str, architecture: str = ARCHITECTURE) -> str:
        """Return the folder of a suite's package lists for an architecture."""
        if architecture != ARCHITECTURE:
            return os.path.join(self.folder, f"lists-{suite}-{architecture}")
        if suite == SUITE:
            return os.path.join(self.root, "var/lib/apt/lists")
        return os.path.join(self.folder, f"lists-{suite}")

    def missing(self) -> list[str]:
        """Return the names of the parts that have to be built."""
        parts = [self.root, self.tool, self.decide]
        fetched = [self.library, *(os.path.join(self.folder, row.folder) for row in RELEASES)]
        parts += [part for part in fetched if not os.path.exists(part + _GONE)]
        return [os.path.basename(part) for part in parts if not os.path.exists(part)]

    def missing_roots(self) -> list[str]:
        """Return the names of the roots made from plans that are to be made, in their order."""
        return [
            row.name
            for row in ROWS
            if not os.path.exists(os.path.join(self.folder, row.name))
            and not any(os.path.exists(self.lists(*part) + _GONE) for part in row.lists())
        ]

    def find_root(self, name: str) -> str:
        """Return the folder of a root; raise `MissingError` when it is not there, saying why."""
        path = os.path.join(self.folder, name)
        if os.path.isdir(path):
            return path
        why, hint = f"the root {name!r} is not built", "as root: python -m foretell.oracle.rootfs"
        for row in ROWS:
            for part in row.lists() if row.name == name else ():
                if os.path.exists(self.lists(*part) + _GONE):
                    why = f"there is no root {name!r}: the mirror has no {_name_lists(*part)}"
                    hint = "to look for it: python -m foretell.oracle.rootfs --mirror URI"
        raise MissingError("no-root", why, path=path, hint=hint)

    def require(self) -> None:
        """Raise `MissingError` unless everything is there but other releases and made roots."""
        others = {row.folder for row in RELEASES}
        missing = [name for name in self.missing() if name not in others]
        if missing:
            raise MissingError(
                "no-oracle",
                f"the oracle is not built: {', '.join(missing)}",
                path=self.folder,
                hint="as root: python -m foretell.oracle.rootfs",
            )

    def own_version(self) -> str:
        """Return the version of the tool root's libapt.

        Raises `MissingError` when its dpkg does not know of one.
        """
        path = os.path.join(self.tool, "var/lib/dpkg/status")
        with open(path, encoding="utf-8", errors="replace") as file:
            stanzas = file.read().split("\n\n")
        for stanza in stanzas:
            if stanza.startswith("Package: libapt-pkg7.0\n"):
                return stanza.partition("\nVersion: ")[2].partition("\n")[0]
        raise MissingError("no-libapt", "the tool root has no libapt-pkg7.0", path=path)

    def versions(self) -> list[str]:
        """Return the versions of libapt that can be asked, the preferred one first."""
        return list(self._libraries())

    def _libraries(self) -> dict[str, list[str]]:
        """Return each version's roots, in which libraries are looked for in this order."""
        found = {}
        if os.path.isdir(self.library):
            found[LIBAPT_VERSION] = [self.library, self.tool]
        found.setdefault(self.own_version(), [self.tool])
        for row in RELEASES:
            part = os.path.join(self.folder, row.folder)
            if row.library == NEWEST.library and os.path.isdir(part):
                found.setdefault(release_version(part), [part, self.tool])
        return found

    def apt_get(self, version: str) -> tuple[list[str], str]:
        """Return the dynamic linker's command and the apt-get to run with it.

        It is that release's own, or the minimal root's on libapt ``version``.  Raises
        `MissingError` when neither is here.
        """
        for row in RELEASES:
            part = os.path.join(self.folder, row.folder)
            program = os.path.join(part, "usr/bin/apt-get")
            if os.path.exists(program) and release_version(part) == version:
                return self._linker([part, self.tool]), program
        return self.command(version)[:-1], os.path.join(self.root, "usr/bin/apt-get")

    def command(self, version: str) -> list[str]:
        """Return the command that runs ``decide`` with libapt ``version``.

        Raises `MissingError` when that version is not here.
        """
        known = self._libraries()
        if version not in known:
            raise MissingError(
                "no-such-libapt",
                f"libapt {version} is not here, only {', '.join(known)}",
                path=self.folder,
                hint="to look for it: python -m foretell.oracle.rootfs --mirror URI",
            )
        return [*self._linker(known[version]), self.decide]

    def _linker(self, roots: list[str]) -> list[str]:
        """Return the command that runs a program on the libraries of ``roots``."""
        libraries = [
            os.path.join(root, part, TRIPLET) for root in roots for part in ("usr/lib", "lib")
        ]
        # A C library belongs to the loader of its own build.
        loaders = [os.path.join(root, part) for root in roots for part in (f"usr/{LOADER}", LOADER)]
        loader = next((path for path in loaders if os.path.exists(path)), loaders[-1])
        return [loader, "--library-path", ":".join(libraries)]


def build(folder: str, *, mirror: str | None, say: Say) -> Oracle:
    """Build what is missing below ``folder`` and return the oracle; ``say`` gets progress.

    Raises `MissingError` naming what this machine lacks: root, mmdebstrap, a mirror.
    """
    oracle = Oracle(folder)
    if mirror is not None:
        _forget_gone(oracle)
    if not oracle.missing() and not oracle.missing_roots():
        return oracle
    _check_machine(oracle)
    os.makedirs(folder, exist_ok=True)
    with _lock(folder, say):
        _clean(folder)
        missing = oracle.missing()
        needs_mirror = [name for name in missing if not name.startswith("decide-")]
        chosen = _choose_mirror(mirror, folder) if needs_mirror else ""
        for name in ROOTS:
            if name in missing:
                _build_root(oracle, name, chosen, say)
        if os.path.basename(oracle.library) in missing:
            _fetch_library(oracle, chosen, say)
        for row in RELEASES:
            if row.folder in missing:
                _fetch_release(oracle, row, chosen, say)
        if os.path.basename(oracle.decide) in missing:
            _compile(oracle, say)
        if oracle.missing_roots():
            _make_roots(oracle, say)
    return oracle


def _forget_gone(oracle: Oracle) -> None:
    """Look once more for what a mirror did not have."""
    for name in sorted(os.listdir(oracle.folder)) if os.path.isdir(oracle.folder) else ():
        if name.endswith(_GONE):
            os.unlink(os.path.join(oracle.folder, name))


def _check_machine(oracle: Oracle) -> None:
    """Raise `MissingError` for the first thing that building needs and is not here."""
    import platform
    import shutil

    what = f"to build {', '.join([*oracle.missing(), *oracle.missing_roots()])}"
    if platform.machine() != "x86_64":
        raise MissingError("no-amd64", f"an {ARCHITECTURE} machine is needed {what}")
    if os.geteuid() != 0:
        raise MissingError(
            "not-root", f"root is needed {what}", hint="as root: python -m foretell.oracle.rootfs"
        )
    for program in ("mmdebstrap", "dpkg-deb", "chroot"):
        if shutil.which(program) is None:
            raise MissingError(
                f"no-{program}",
                f"{program} is needed {what}",
                hint=f"apt-get install {program if program == 'mmdebstrap' else 'dpkg coreutils'}",
            )


@contextlib.contextmanager
def _lock(folder: str, say: Say) -> Iterator[None]:
    """Let one process build at a time."""
    import fcntl

    with open(os.path.join(folder, ".lock"), "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("oracle: waiting for another build")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clean(folder: str) -> None:
    """Remove what killed builds left; every ``decide`` stays, another checkout may use it."""
    for name in sorted(os.listdir(folder)):
        if name.startswith(_ASIDE):
            path = os.path.join(folder, name)
            # What is mounted below a root is not ours to remove.
            subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)


def _download(uri: str, path: str, *checksum: str) -> None:
    programs.run([APT_HELPER, "download-file", uri, path, *checksum], f"downloading {uri}")


def _choose_mirror(mirror: str | None, folder: str) -> str:
    """Return the first mirror that has the suite."""
    import tempfile

    candidates = [mirror.rstrip("/")] if mirror is not None else find_mirrors()
    if not candidates:
        raise MissingError(
            "no-mirror", "the apt sources name no archive", hint="name one with --mirror URI"
        )
    hint = None
    with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=folder) as scratch:
        for candidate in candidates:
            try:
                uri = f"{candidate}/dists/{SUITE}/InRelease"
                _download(uri, os.path.join(scratch, "InRelease"))
            except MissingError as error:
                hint = error.hint
                continue
            return candidate
    raise MissingError(
        "no-mirror", f"no mirror has {SUITE}: tried {', '.join(candidates)}", hint=hint
    )


def _build_root(oracle: Oracle, name: str, mirror: str, say: Say) -> None:
    say(f"oracle: building {name} (half a minute)")
    aside = os.path.join(oracle.folder, f"{_ASIDE}{name}")
    command = [
        "mmdebstrap",
        "--variant=apt",
        "--skip=cleanup/apt",
        f"--architectures={ARCHITECTURE}",
    ]
    if ROOTS[name]:
        command.append(f"--include={','.join(ROOTS[name])}")
    command += [SUITE, aside]
    command += [f"{kind} {mirror} {SUITE} main" for kind in ("deb", "deb-src")]
    programs.run(command, f"building {name}")
    os.rename(aside, os.path.join(oracle.folder, name))


def _fetch_library(oracle: Oracle, mirror: str, say: Say) -> None:
    """Unpack the pinned libapt, or note that the mirror has it no more."""
    say(f"oracle: fetching {LIBAPT_FILE}")
    aside = os.path.join(oracle.folder, f"{_ASIDE}libapt")
    archive = os.path.join(oracle.folder, f"{_ASIDE}libapt.deb")
    uri = f"{mirror}/pool/main/a/apt/{LIBAPT_FILE}"
    try:
        _download(uri, archive, f"SHA256:{LIBAPT_SHA256}")
    except MissingError as error:
        own = oracle.own_version()
        say(f"oracle: {uri} could not be fetched ({error.hint}); going on with libapt {own}")
        with open(oracle.library + _GONE, "w", encoding="utf-8") as file:
            file.write(f"{uri}\n")
        return
    programs.run(["dpkg-deb", "-x", archive, aside], f"unpacking {LIBAPT_FILE}")
    os.rename(aside, oracle.library)
    os.unlink(archive)


def _fetch_release(oracle: Oracle, row: Release, mirror: str, say: Say) -> None:
    """Unpack a release's apt, or note that the mirror does not have it."""
    say(f"oracle: fetching {row.folder}, of {row.suite}")
    folder = os.path.join(oracle.folder, row.folder)
    aside = os.path.join(oracle.folder, f"{_ASIDE}{row.folder}")
    os.mkdir(aside)
    try:
        unpacked = fetch_release(
            aside, mirror, row, tool=oracle.tool, triplet=TRIPLET, run=programs.run
        )
    except MissingError as error:
        say(f"oracle: there is no {row.folder} ({error}: {error.hint}); going on without")
        with open(folder + _GONE, "w", encoding="utf-8") as file:
            file.write(f"{mirror} {row.suite}\n")
        return
    os.rename(unpacked, folder)
    subprocess.run(["rm", "-rf", aside], check=True)


def _make_roots(oracle: Oracle, say: Say) -> None:
    """Make the roots whose state comes from plans; the mirror is that of the minimal root."""
    mirror = (find_mirrors(oracle.root) or [""])[0]
    for part in lists_of(oracle.missing_roots()):
        if not os.path.exists(oracle.lists(*part)):
            _fetch_lists(oracle, *part, mirror, say)
    for name in oracle.missing_roots():
        aside = os.path.join(oracle.folder, f"{_ASIDE}{name}")
        build_root(oracle, find_root(name), mirror, aside, say)
        os.rename(aside, os.path.join(oracle.folder, name))


def _name_lists(suite: str, architecture: str) -> str:
    return suite if architecture == ARCHITECTURE else f"{suite} for {architecture}"


def _fetch_lists(oracle: Oracle, suite: str, architecture: str, mirror: str, say: Say) -> None:
    """Download a suite's lists for an architecture, or note that there are none."""
    what = _name_lists(suite, architecture)
    folder = oracle.lists(suite, architecture)
    say(f"oracle: fetching the lists of {what}")
    aside = os.path.join(oracle.folder, f"{_ASIDE}{os.path.basename(folder)}")
    try:
        try:
            _update_lists(oracle, suite, architecture, mirror, aside)
        except MissingError:
            if architecture == ARCHITECTURE:
                raise
            _fetch_unverified(oracle, suite, architecture, mirror, aside)
            say(f"oracle: the lists of {what} cannot be verified: taken as they are, to compare")
    except MissingError as error:
        say(f"oracle: no lists of {what} ({error.hint}); going on without")
        with open(folder + _GONE, "w", encoding="utf-8") as file:
            file.write(f"{what}\n")
        return
    os.rename(aside, folder)


def _update_lists(oracle: Oracle, suite: str, architecture: str, mirror: str, aside: str) -> None:
    """Let the minimal root's apt-get download the lists into the new folder ``aside``.

    Lists whose time is over are taken: a question about them is as good as any.
    """
    import shutil
    import tempfile

    what = f"fetching the lists of {_name_lists(suite, architecture)}"
    with tempfile.TemporaryDirectory(dir=os.path.join(oracle.root, "tmp")) as scratch:
        os.chmod(scratch, 0o755)  # noqa: S103 - apt downloads as another user
        inside = scratch.removeprefix(oracle.root)
        lists = os.path.join(scratch, "lists")
        os.makedirs(os.path.join(lists, "partial"))
        with open(os.path.join(scratch, "sources.list"), "w", encoding="utf-8") as file:
            file.write(f"deb [arch={architecture}] {mirror} {suite} main\n")
        settings = {
            "Dir::Etc::SourceList": f"{inside}/sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": f"{inside}/lists",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
            "APT::Update::Error-Mode": "any",
        }
        options = [word for pair in settings.items() for word in ("-o", "=".join(pair))]
        said = programs.run(["chroot", oracle.root, "apt-get", "update", *options], what)
        # An architecture that the suite does not have is no error to apt-get.
        if not any(name.endswith(f"_binary-{architecture}_Packages") for name in os.listdir(lists)):
            raise MissingError("no-list", what, hint="; ".join(said.strip().splitlines()[-1:]))
        shutil.move(lists, aside)


def _fetch_unverified(
    oracle: Oracle, suite: str, architecture: str, mirror: str, aside: str
) -> None:
    """Download a foreign list as it is into the new folder ``aside``.

    Mirrors were seen whose list does not match their InRelease.  Nothing is installed from it, and
    both sides read the same file.  Its name is that of the native one, which is here.
    """
    import lzma
    import shutil

    ending = f"_binary-{ARCHITECTURE}_Packages"
    natives = [name for name in os.listdir(oracle.lists(suite)) if name.endswith(ending)]
    if not natives:
        raise MissingError("no-list", f"no lists of {suite}", hint=f"no lists of {suite}")
    os.mkdir(aside)
    packed = os.path.join(aside, "Packages.xz")
    try:
        _download(f"{mirror}/dists/{suite}/main/binary-{architecture}/Packages.xz", packed)
        name = natives[0].removesuffix(ending) + f"_binary-{architecture}_Packages"
        with lzma.open(packed) as source, open(os.path.join(aside, name), "wb") as target:
            shutil.copyfileobj(source, target)
    except (MissingError, lzma.LZMAError, EOFError) as error:
        shutil.rmtree(aside)
        hint = error.hint if isinstance(error, MissingError) else str(error)
        raise MissingError("no-list", f"no lists of {suite}", hint=hint) from None
    os.unlink(packed)


def _compile(oracle: Oracle, say: Say) -> None:
    import shutil
    import tempfile

    say("oracle: compiling decide.cc")
    with tempfile.TemporaryDirectory(dir=os.path.join(oracle.tool, "tmp")) as scratch:
        shutil.copyfile(_SOURCE, os.path.join(scratch, "decide.cc"))
        inside = scratch.removeprefix(oracle.tool)
        compiler = ["g++", "-std=c++20", "-O2", "-Wall", "-Wextra"]
        files = ["-o", f"{inside}/decide", f"{inside}/decide.cc", "-lapt-pkg"]
        programs.run(["chroot", oracle.tool, *compiler, *files], "compiling decide.cc")
        aside = os.path.join(oracle.folder, f"{_ASIDE}decide")
        shutil.copy(os.path.join(scratch, "decide"), aside)
    os.rename(aside, oracle.decide)


def main(arguments: list[str], environment: Mapping[str, str], say: Say) -> int:
    """Build the oracle as the command line asks; return the exit status."""
    from argparse import ArgumentParser

    parser = ArgumentParser(
        prog="python -m foretell.oracle.rootfs",
        description="Build the real apt that predictions are compared with (root, mmdebstrap).",
        allow_abbrev=False,
    )
    parser.add_argument("--folder", metavar="DIR", help="default: FORETELL_ORACLE_DIR or the cache")
    parser.add_argument("--mirror", metavar="URI", help="default: from this machine's apt sources")
    options = parser.parse_args(arguments)
    folder = os.path.abspath(options.folder or oracle_folder(environment))
    try:
        if '"' in folder or ":" in folder or "\n" in folder:
            raise UsageError("bad-folder", "the folder's name has a quote, a colon or a newline")
        oracle = build(folder, mirror=options.mirror, say=say)
        versions = ", ".join(oracle.versions())
    except ForetellError as error:
        say(f"error[{error.code}]: {error}")
        if error.hint:
            say(f"hint: {error.hint}")
        return error.exit_status
    say(f"oracle: ready in {folder}, libapt {versions}")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:], os.environ, lambda text: print(text, file=sys.stderr)))
