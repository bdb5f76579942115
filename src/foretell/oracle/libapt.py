"""How is the real libapt asked, request after request?

`Libapt` runs ``decide`` (see ``libapt/decide.cc``) as a child process on a root: a whole system or
a folder with nothing but lists, a status file and sources.  Nothing in the root is changed; apt's
caches go to a folder of their own.  The root's own configuration counts, this machine's does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import subprocess
import tempfile
import time

from foretell.errors import MissingError, UsageError
from foretell.oracle.answer import Answer, Change, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from foretell.oracle.rootfs import Oracle

__all__ = ["TIMEOUT_SECONDS", "TRACE_SETTING", "Libapt", "parse_answer"]

TIMEOUT_SECONDS = 15.0  # apt itself gives up after ten
OPEN_TIMEOUT_SECONDS = 300.0  # building apt's cache of a large archive on a busy machine
ANSWER_BYTES_MAX = 64 << 20
ARCHITECTURE = "amd64"  # of a root in which dpkg has none on file
SOLVER_TIMEOUT_SECONDS = 3600  # apt gives up after ten: a limit that depends on the machine
TRACE_BYTES_MAX = 1 << 30
TRACE_SETTING = "Debug::APT::Solver=3"


class Libapt:
    """A running libapt.

    ``version`` is one of `Oracle.versions`, by default the first.  ``options`` are settings as
    ``Name=Value``.  With ``keeps_cache`` apt's cache of the root survives for the next run.
    """

    def __init__(
        self,
        oracle: Oracle,
        root: str,
        *,
        version: str | None = None,
        options: Sequence[str] = (),
        keeps_cache: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.oracle = oracle
        self.root = os.path.join(os.path.abspath(root), "")
        if '"' in self.root or "\n" in self.root:
            raise UsageError("bad-root", "the root's name has a quote or a newline", path=root)
        self.version = version or oracle.versions()[0]
        self.options = list(options)
        self.timeout_seconds = timeout_seconds
        self._scratch = tempfile.TemporaryDirectory(prefix="foretell-oracle-")
        self._cache = self._cache_folder() if keeps_cache else self._scratch.name
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and remove what it wrote."""
        self._kill()
        self._scratch.cleanup()

    def ask(self, request: Request) -> Answer:
        """Return what libapt decides about ``request``.

        Raises `MissingError` when the child dies and ``TimeoutError`` when it takes more than
        ``timeout_seconds``; the next request starts another child.  Raises `UsageError` for
        options of the request: they belong to the whole process.
        """
        if request.options:
            raise UsageError("late-options", "options are given when libapt is started")
        return parse_answer(self._send(request))

    def _send(self, request: Request) -> list[str]:
        """Put the marks and the verb; raises `UsageError` for a mark that cannot be put."""
        if request.marks:
            said = self.lines("mark", *request.marks)
            if said != ["ok"]:
                raise UsageError("bad-mark", "; ".join(said).replace("\t", ": "))
        return self.lines(request.verb, *request.words)

    def lines(self, *words: str) -> list[str]:
        """Return the raw lines of an answer."""
        line = "\t".join(words)
        if "\n" in line or any("\t" in word for word in words):
            raise UsageError("bad-word", "a word of the request has a tab or a newline")
        child = self._start()
        assert child.stdin is not None
        try:
            child.stdin.write(os.fsencode(line) + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None
        return self._read(child, self.timeout_seconds)

    def trace(self, request: Request, settings: Sequence[str] = (TRACE_SETTING,)) -> list[str]:
        """Return the lines of the solver's own trace of ``request``, from a child of its own."""
        options = [*self.options, *request.options, *settings]
        with Libapt(
            self.oracle,
            self.root,
            version=self.version,
            options=options,
            timeout_seconds=self.timeout_seconds,
        ) as other:
            other._send(request)
            return other.errors()

    def errors(self) -> list[str]:
        """Return the lines that the child has written to standard error."""
        with open(self._errors_path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(TRACE_BYTES_MAX).splitlines()

    # -- the child -----------------------------------------------------------------------------

    @property
    def _errors_path(self) -> str:
        return os.path.join(self._scratch.name, "errors")

    def _cache_folder(self) -> str:
        name = hashlib.sha256(os.path.realpath(self.root).encode()).hexdigest()[:16]
        return os.path.join(self.oracle.folder, "cache", f"{self.version}-{name}")

    def _settings(self) -> list[tuple[str, str]]:
        """Return what makes libapt look at the root and at nothing else."""
        status = os.path.join(self.root, "var/lib/dpkg/status")
        architectures = self._architectures()
        return [
            ("Dir::State::status", status),
            ("Dir::Cache", os.path.join(self._cache, "")),
            # Only one cache, built at once: how it is made may not depend on earlier runs.
            ("Dir::Cache::srcpkgcache", ""),
            ("Dir::Etc::trusted", os.path.join(self.root, "etc/apt/trusted.gpg")),
            ("APT::Architecture", architectures[0]),
            *(("APT::Architectures::", name) for name in architectures),
            ("APT::Solver", "3.0"),
            ("APT::Solver::Timeout", str(SOLVER_TIMEOUT_SECONDS)),
        ]

    def _architectures(self) -> list[str]:
        """Return the root's architectures, the native one first, as dpkg has them on file."""
        try:
            with open(os.path.join(self.root, "var/lib/dpkg/arch"), encoding="ascii") as file:
                return file.read().split() or [ARCHITECTURE]
        except FileNotFoundError:
            return [ARCHITECTURE]

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is not None:
            return self._child
        with contextlib.suppress(FileExistsError):
            os.makedirs(self._cache, mode=0o700)
        # Read before every other configuration file: only here does Dir bear on them.
        configuration = os.path.join(self._scratch.name, "apt.conf")
        with open(configuration, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f'Dir "{self.root}";\n')
        settings = [f"{name}={value}" for name, value in self._settings()]
        with open(self._errors_path, "wb") as errors:
            self._child = subprocess.Popen(
                [*self.oracle.command(self.version), *settings, *self.options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"APT_CONFIG": configuration, "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            )
        self._rest = b""
        hello = self._read(self._child, OPEN_TIMEOUT_SECONDS)
        if hello != [f"ready\t{self.version}"]:
            self._kill()
            raise MissingError(
                "wrong-libapt", f"asked for libapt {self.version}, got {' '.join(hello)!r}"
            )
        return self._child

    def _read(self, child: subprocess.Popen[bytes], seconds: float) -> list[str]:
        """Read lines up to the line that is a dot."""
        assert child.stdout is not None
        descriptor = child.stdout.fileno()
        deadline = time.monotonic() + seconds
        data = self._rest
        while not (data == b".\n" or data.endswith(b"\n.\n")):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                self._kill()
                raise TimeoutError(f"libapt took more than {seconds:g} s")
            piece = os.read(descriptor, 1 << 16)
            data += piece
            if not piece:
                raise self._death()
            if len(data) > ANSWER_BYTES_MAX:
                self._kill()
                raise MissingError("answer-too-long", f"more than {ANSWER_BYTES_MAX} bytes")
        return data.decode("utf-8", "surrogateescape").splitlines()[:-1]

    def _death(self) -> MissingError:
        """Say how the child died."""
        status = self._kill()
        words = "; ".join(self.errors()[-4:])
        return MissingError(
            "oracle-died",
            f"libapt {self.version} ended with status {status}",
            path=self.root,
            hint=words or None,
        )

    def _kill(self) -> int | None:
        """End the child; return its status."""
        child, self._child = self._child, None
        if child is None:
            return None
        with contextlib.suppress(BrokenPipeError), child:
            assert child.stdin is not None
            child.stdin.close()
            try:
                return child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                child.kill()
        return child.returncode


def parse_answer(lines: Sequence[str]) -> Answer:
    """Return the answer that the lines of ``decide`` mean.

    >>> parse_answer(["failed", "error\\tno"]).verdict
    'failed'
    """
    rows = [line.split("\t") for line in lines]
    errors = [words[1].replace("\\n", "\n") for words in rows if words[0] == "error"]
    verdict = "ok" if rows and rows[0] == ["ok"] else "failed"
    if verdict != "ok":
        return Answer(verdict=verdict, error="\n".join(errors))
    return Answer(
        verdict=verdict,
        changes=tuple(sorted(_changes(rows))),
        marks=tuple(sorted((row[1], row[2], row[3] == "1") for row in rows if row[0] == "mark")),
        autoremovable=tuple(sorted((row[1], row[2]) for row in rows if row[0] == "garbage")),
        error="\n".join(errors),
    )


def _changes(rows: Sequence[Sequence[str]]) -> Iterator[Change]:
    for row in rows:
        if row[0] != "change":
            continue
        package, architecture, action, version, previous, automatic = row[1:]
        yield Change(
            package,
            architecture,
            action,
            "" if version == "-" else version,
            "" if previous == "-" else previous,
            automatic == "1",
        )
