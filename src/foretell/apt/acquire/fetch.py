"""How do many files arrive at once, each checked while it streams in?

`Loop` runs tasks: generators that yield lists of `Download` and `Work` and get back what became of
each, a value or an `InputError`.  Downloads share connections (libcurl: HTTP/2 where the server
has it, keep-alive elsewhere), work runs in a few threads.  Size and checksum are looked at while a
file arrives, so a wrong one ends early.  Nothing that a server sends is unbounded: size, time,
redirects, tries.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import time
from urllib.parse import unquote, urlsplit

from foretell.apt.sources.release_checks import parse_date
from foretell.apt.sources.targets import plain_uri
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from typing import Any

    from foretell.apt.acquire.fetch_settings import FetchSettings

    Task = Generator[Sequence["Download | Work"], list[Any], Any]
    Watch = Callable[[str, "Download"], object]

__all__ = ["SCHEMES", "Download", "Fetched", "Loop", "Work"]

SCHEMES = ("http", "https", "file", "copy")
BYTES_MAX = 4 << 30
HEADER_BYTES_MAX = 64 << 10
PER_HOST_MAX = 4
TRANSFERS_MAX = 16
WORKERS = 2
READ_BYTES = 1 << 18
REDIRECTS_MAX = 10
RETRY_AFTER_MAX_S = 60
# Fewer bytes a second than this, for so many timeouts, is no transfer any more.
SLOW_BYTES = 50
SLOW_TIMEOUTS = 4
TRANSIENT = frozenset((408, 429, 500, 502, 503, 504))


class Download:
    """One file to fetch to ``path``.

    ``size`` and ``digest`` (algorithm, hexadecimal) are what it must have, None when nobody
    knows; then ``size_max`` bounds it.  With ``since`` it is only wanted if it is newer.  A file
    that is at ``path`` already is gone on with, if the server still has the same one.  When it is
    here, ``then`` runs in a thread; what it returns takes the place of the `Fetched`.
    """

    __slots__ = ("digest", "done", "path", "since", "size", "size_max", "then", "title", "uri")

    def __init__(
        self,
        uri: str,
        path: str,
        *,
        title: str = "",
        size: int | None = None,
        digest: tuple[str, str] | None = None,
        size_max: int = BYTES_MAX,
        since: float | None = None,
        then: Callable[[Fetched], object] | None = None,
    ) -> None:
        self.uri = uri
        self.path = path
        self.title = title or uri
        self.size = size
        self.digest = digest
        self.size_max = size_max if size is None else size
        self.since = since
        self.then = then
        self.done = 0


class Fetched:
    """What became of a download: the bytes that came over the network, the file's own date.

    ``is_unchanged`` says that the server has nothing newer; there is no file then.
    """

    __slots__ = ("is_unchanged", "modified", "received")

    def __init__(
        self, received: int, modified: float | None, *, is_unchanged: bool = False
    ) -> None:
        self.received = received
        self.modified = modified
        self.is_unchanged = is_unchanged


class Work:
    """A function of no arguments that runs in a thread."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[], object]) -> None:
        self.run = run


class _Batch:
    """What a task waits for."""

    __slots__ = ("left", "results", "task")

    def __init__(self, task: Task, count: int) -> None:
        self.task = task
        self.results: list[Any] = [None] * count
        self.left = count


class Loop:
    """Runs tasks until all have ended; ``watch`` hears of each download's bytes."""

    def __init__(self, settings: FetchSettings, watch: Watch | None = None) -> None:
        import pycurl

        self._settings = settings
        self._watch = watch
        self._curl = pycurl
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, 2)  # several streams on an HTTP/2 connection
        self._running: dict[Any, _Transfer] = {}
        self._waiting: list[tuple[float, int, _Transfer]] = []
        self._ready: list[tuple[_Batch, int, object]] = []
        self._futures: dict[Any, tuple[_Batch, int]] = {}
        self._pool: Any = None
        self._count = 0

    def run(self, tasks: Iterable[Task]) -> None:
        """Run all tasks to their ends; what a task raises goes through."""
        try:
            for task in tasks:
                self._advance(task, None)
            while self._running or self._waiting or self._futures or self._ready:
                self._turn()
        finally:
            for transfer in self._running.values():
                transfer.close()
            self._multi.close()
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)

    def _turn(self) -> None:
        """Take one step of everything that can be taken."""
        while self._ready:
            batch, number, result = self._ready.pop(0)
            self._settle(batch, number, result)
        self._start_waiting()
        if self._running:
            self._multi.perform()
            self._collect()
            self._end_silent()
        for future in [it for it in self._futures if it.done()]:
            batch, number = self._futures.pop(future)
            error = future.exception()
            if error is not None and not isinstance(error, InputError):
                raise error
            self._settle(batch, number, error if error is not None else future.result())
        if not self._ready:
            self._rest()

    def _rest(self) -> None:
        """Wait until something can have happened."""
        pause = 0.02 if self._futures else 1.0
        if self._waiting and self._waiting[0][0] > time.monotonic():
            pause = min(pause, self._waiting[0][0] - time.monotonic())
        if self._running:
            self._multi.select(pause)
        elif self._futures:
            from concurrent.futures import FIRST_COMPLETED, wait

            wait(
                self._futures, timeout=pause if self._waiting else None, return_when=FIRST_COMPLETED
            )
        elif self._waiting:
            time.sleep(max(min(pause, self._waiting[0][0] - time.monotonic()), 0))

    def _advance(self, task: Task, results: list[Any] | None) -> None:
        try:
            wanted = next(task) if results is None else task.send(results)
        except StopIteration:
            return
        batch = _Batch(task, len(wanted))
        if not wanted:
            self._ready.append((batch, -1, None))
        for number, job in enumerate(wanted):
            if isinstance(job, Work):
                self._submit(job, batch, number)
            else:
                self._begin(job, batch, number)

    def _submit(self, work: Work, batch: _Batch, number: int) -> None:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(WORKERS)
        self._futures[self._pool.submit(work.run)] = (batch, number)

    def _begin(self, download: Download, batch: _Batch, number: int) -> None:
        scheme = urlsplit(download.uri).scheme
        if scheme in {"file", "copy"}:
            self._submit(Work(lambda: _copy(download)), batch, number)
        elif scheme in SCHEMES:
            self._queue(_Transfer(download, batch, number), 0)
        else:
            self._ready.append((batch, number, unsupported(download.uri)))

    def _queue(self, transfer: _Transfer, delay: float) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (time.monotonic() + delay, self._count, transfer))

    def _start_waiting(self) -> None:
        """Start what is due, as far as the host may get another connection."""
        now = time.monotonic()
        busy: dict[str, int] = {}
        for transfer in self._running.values():
            busy[transfer.host] = busy.get(transfer.host, 0) + 1
        later = []
        while self._waiting and self._waiting[0][0] <= now and len(self._running) < TRANSFERS_MAX:
            row = heapq.heappop(self._waiting)
            transfer = row[2]
            if busy.get(transfer.host, 0) >= PER_HOST_MAX:
                later.append(row)
                continue
            busy[transfer.host] = busy.get(transfer.host, 0) + 1
            handle = transfer.open(self._curl, self._settings, self._watch)
            self._running[handle] = transfer
            self._multi.add_handle(handle)
        for row in later:
            heapq.heappush(self._waiting, row)

    def _end_silent(self) -> None:
        """Give up the transfers that have been silent for too long."""
        now = time.monotonic()
        for handle, transfer in list(self._running.items()):
            if now - transfer.active > transfer.timeout:
                self._end(handle, self._curl.E_OPERATION_TIMEDOUT, "")

    def _collect(self) -> None:
        """Take the transfers that have ended off libcurl."""
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for handle in good:
                self._end(handle, 0, "")
            for handle, number, message in bad:
                self._end(handle, number, message)

    def _end(self, handle: Any, number: int, message: str) -> None:  # noqa: ANN401 - pycurl's
        transfer = self._running.pop(handle)
        result = transfer.finish(self._curl, number, message)
        self._multi.remove_handle(handle)
        transfer.close()
        if isinstance(result, _Again):
            if transfer.tries < self._settings.retries:
                transfer.tries += 1
                self._queue(transfer, self._delay(transfer, result.after))
                return
            result = result.error
        self._follow(transfer.download, transfer.batch, transfer.number, result)

    def _follow(self, download: Download, batch: _Batch, number: int, result: object) -> None:
        """Settle a download, or go on with what comes after it."""
        then = download.then
        if then is not None and isinstance(result, Fetched):
            fetched = result
            self._submit(Work(lambda: then(fetched)), batch, number)
        else:
            self._settle(batch, number, result)

    def _delay(self, transfer: _Transfer, after: float) -> float:
        if not self._settings.has_delay:
            return 0
        wanted = after or 2.0 ** (transfer.tries - 1)
        return min(wanted, self._settings.delay_max, RETRY_AFTER_MAX_S)

    def _settle(self, batch: _Batch, number: int, result: object) -> None:
        if number >= 0:
            batch.results[number] = result
            batch.left -= 1
        if batch.left <= 0:
            self._advance(batch.task, batch.results)


class _Again:
    """A failure that may go away."""

    __slots__ = ("after", "error")

    def __init__(self, error: InputError, after: float = 0) -> None:
        self.error = error
        self.after = after


class _Transfer:
    """One download by libcurl, tried once or more often."""

    def __init__(self, download: Download, batch: _Batch, number: int) -> None:
        self.download = download
        self.batch = batch
        self.number = number
        self.tries = 0
        self.host = urlsplit(download.uri).netloc.rpartition("@")[2]
        self.timeout = 0
        self.active = 0.0
        self._handle: Any = None
        self._file: Any = None
        self._hash: Any = None
        self._start = 0
        self._received = 0
        self._status = 0
        self._headers: dict[str, str] = {}
        self._error: InputError | None = None
        self._watch: Watch | None = None

    def open(self, curl: Any, settings: FetchSettings, watch: Watch | None) -> Any:  # noqa: ANN401
        """Return a handle that is set up for the next try."""
        download = self.download
        self._watch = watch
        self._error, self._headers, self._status, self._received = None, {}, 0, 0
        handle = self._handle = curl.Curl()
        headers = ["Accept:", "Accept-Encoding: identity"]
        if download.digest is None:
            headers.append("Cache-Control: max-age=0")
        if download.since is not None:
            headers.append(f"If-Modified-Since: {_http_date(download.since)}")
        headers += self._resume()
        uri = plain_uri(download.uri)
        scheme = urlsplit(uri).scheme
        protocols = curl.PROTO_HTTPS
        if scheme == "http":
            protocols |= curl.PROTO_HTTP
        self.timeout = settings.timeout(uri)
        self.active = time.monotonic()
        handle.setopt(curl.URL, uri)
        handle.setopt(curl.PROTOCOLS, protocols)
        handle.setopt(curl.REDIR_PROTOCOLS, protocols)
        handle.setopt(curl.FOLLOWLOCATION, 1)
        handle.setopt(curl.MAXREDIRS, REDIRECTS_MAX)
        handle.setopt(curl.HTTP_VERSION, curl.CURL_HTTP_VERSION_2TLS)
        handle.setopt(curl.PIPEWAIT, 1)
        handle.setopt(curl.NOSIGNAL, 1)
        handle.setopt(curl.BUFFERSIZE, READ_BYTES)
        handle.setopt(curl.CONNECTTIMEOUT, self.timeout)
        handle.setopt(curl.LOW_SPEED_LIMIT, SLOW_BYTES)
        handle.setopt(curl.LOW_SPEED_TIME, self.timeout * SLOW_TIMEOUTS)
        handle.setopt(curl.USERAGENT, "foretell")
        handle.setopt(curl.HTTPHEADER, headers)
        handle.setopt(curl.HEADERFUNCTION, self._take_header)
        handle.setopt(curl.WRITEFUNCTION, self._take)
        handle.setopt(curl.PROXY, settings.proxy(uri))
        login = settings.login(download.uri)
        if login is not None:
            handle.setopt(curl.HTTPAUTH, curl.HTTPAUTH_BASIC)
            handle.setopt(curl.USERNAME, login[0])
            handle.setopt(curl.PASSWORD, login[1])
        authorities = settings.authorities(uri)
        if authorities:
            handle.setopt(curl.CAINFO, authorities)
        handle.setopt(curl.SSL_VERIFYPEER, int(settings.verifies(uri, "Verify-Peer")))
        handle.setopt(curl.SSL_VERIFYHOST, 2 * int(settings.verifies(uri, "Verify-Host")))
        return handle

    def _resume(self) -> list[str]:
        """Open the file, to go on with what is there; return the headers that ask for the rest."""
        download = self.download
        self._file = open(download.path, "ab+")  # noqa: SIM115 - `close` does
        self._hash = hashlib.new(download.digest[0]) if download.digest else None
        info = os.fstat(self._file.fileno())
        self._start = info.st_size
        is_fixed = "/by-hash/" in download.uri
        if not self._start or download.size is None or self._start >= download.size:
            self._restart()
            return []
        self._file.seek(0)
        while piece := self._file.read(READ_BYTES):
            self._hash.update(piece)
        download.done = self._start
        found = [f"Range: bytes={self._start}-"]
        return found if is_fixed else [*found, f"If-Range: {_http_date(info.st_mtime)}"]

    def _restart(self) -> None:
        """Forget what is in the file."""
        self._file.seek(0)
        self._file.truncate()
        self._start = self.download.done = 0
        if self.download.digest:
            self._hash = hashlib.new(self.download.digest[0])

    def _take_header(self, line: bytes) -> int | None:
        """Keep the headers of the last answer; None lets libcurl go on."""
        self.active = time.monotonic()
        text = line.decode("latin-1").strip()
        if text.startswith("HTTP/"):
            words = text.split()
            self._headers = {}
            self._status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        elif ":" in text:
            name, _, value = text.partition(":")
            self._headers[name.strip().lower()] = value.strip()
            if sum(map(len, self._headers.values())) > HEADER_BYTES_MAX:
                self._error = self._failure("bad-answer", "server sends too many headers")
                return -1
        elif not text:
            return self._look_at_head()
        return None

    def _look_at_head(self) -> int | None:
        """Decide with the head of an answer whether its body is wanted."""
        if self._status == 206 and not self._headers.get("content-range", "").startswith(
            f"bytes {self._start}-"
        ):
            self._error = self._failure("bad-answer", "server sends another part than asked for")
            return -1
        length = self._headers.get("content-length", "")
        if self._status in {200, 206} and length.isdigit() and len(length) < 19:
            start = self._start if self._status == 206 else 0
            return self._check_size(start + int(length), is_end=True)
        return None

    def _check_size(self, size: int, *, is_end: bool) -> int | None:
        wanted, longest = self.download.size, self.download.size_max
        if wanted is not None and (size > wanted or (is_end and size != wanted)):
            self._error = self._failure(
                "wrong-size",
                f"file has {size} bytes or more instead of {wanted}"
                if not is_end
                else f"file has {size} bytes instead of {wanted}",
                hint="is the mirror being updated? Try again later",
            )
        elif size > longest:
            self._error = self._failure("file-too-long", f"file has more than {longest} bytes")
        return -1 if self._error is not None else None

    def _take(self, data: bytes) -> int | None:
        """Write a piece of the body."""
        self.active = time.monotonic()
        if self._status not in {200, 206}:
            return None  # the page of an error
        if self._status == 200 and not self._received:
            self._restart()
        self._received += len(data)
        if self._check_size(self._start + self._received, is_end=False) is not None:
            return -1
        self._file.write(data)
        if self._hash is not None:
            self._hash.update(data)
        self.download.done = self._start + self._received
        if self._watch is not None:
            self._watch("bytes", self.download)
        return None

    def finish(self, curl: Any, number: int, message: str) -> Fetched | InputError | _Again:  # noqa: ANN401
        """Return what became of the try, after the file has its date."""
        download = self.download
        if self._status == 200 and not self._received:
            self._restart()
        self._file.flush()
        modified = parse_date(self._headers.get("last-modified", ""))
        if modified is not None:
            os.utime(download.path, (modified, modified))
        if self._error is not None:
            self._drop()
            return self._error
        status = self._status
        if number == 0 and status == 304 and download.since is not None:
            self._drop()
            return Fetched(0, download.since, is_unchanged=True)
        if number == 0 and status in {200, 206}:
            return self._finish_whole(modified)
        if number == 0:
            return self._finish_refused(status)
        return self._finish_broken(curl, number, message)

    def _finish_whole(self, modified: float | None) -> Fetched | InputError | _Again:
        download = self.download
        size = self._start + self._received
        if download.size is not None and size != download.size:
            return _Again(self._failure("truncated", f"{size} bytes of {download.size} arrived"))
        if download.digest is not None:
            found = self._hash.hexdigest()
            if found != download.digest[1]:
                self._drop()
                error = self._failure(
                    "wrong-hash",
                    f"file has the {download.digest[0].upper()} {found} instead of "
                    f"{download.digest[1]}",
                    hint="is the mirror being updated? Try again later or use another one",
                )
                # what was there already may have been the wrong part
                return _Again(error) if self._start else error
        return Fetched(self._received, modified)

    def _finish_refused(self, status: int) -> InputError | _Again:
        self._drop()
        if status in {404, 410}:
            return self._failure("not-found", f"server does not have it (HTTP {status})")
        if status in {401, 403}:
            return self._failure(
                "no-access",
                f"server wants a login or refuses it (HTTP {status})",
                hint="a login belongs into /etc/apt/auth.conf.d (apt_auth.conf(5))",
            )
        if status == 407:
            return self._failure("no-access", "the proxy wants a login (HTTP 407)")
        if status == 416:
            return _Again(self._failure("bad-answer", "server has less than was there (HTTP 416)"))
        error = self._failure("http-error", f"server answers HTTP {status}")
        if status in TRANSIENT:
            after = self._headers.get("retry-after", "")
            return _Again(error, float(after) if after.isdigit() and len(after) < 6 else 0)
        return error

    def _finish_broken(self, curl: Any, number: int, message: str) -> InputError | _Again:  # noqa: ANN401
        size = self._start + self._received
        if number == curl.E_TOO_MANY_REDIRECTS:
            return self._failure("redirect-loop", "server redirects without an end")
        if "HTTP/0.9" in message or "status line" in message:
            return self._failure("bad-answer", "what answers does not speak HTTP")
        if number == curl.E_UNSUPPORTED_PROTOCOL:
            return self._failure("bad-redirect", f"server redirects to what is not safe: {message}")
        if number in {curl.E_SSL_CACERT, curl.E_SSL_CERTPROBLEM, curl.E_SSL_CACERT_BADFILE}:
            return self._failure("bad-certificate", f"server's certificate is not good: {message}")
        if number == curl.E_COULDNT_RESOLVE_HOST:
            return _Again(self._failure("no-host", f"host is not known: {message}"))
        if number == curl.E_OPERATION_TIMEDOUT:
            return _Again(self._failure("timeout", f"too slow or silent, after {size} bytes"))
        if number == curl.E_COULDNT_CONNECT:
            return _Again(self._failure("no-connection", f"no connection: {message}"))
        if number == curl.E_PARTIAL_FILE:
            return _Again(self._failure("truncated", f"connection ended after {size} bytes"))
        return _Again(
            self._failure("broken-connection", f"connection broke after {size} bytes: {message}")
        )

    def _failure(self, code: str, message: str, hint: str | None = None) -> InputError:
        return InputError(code, message, path=plain_uri(self.download.uri), hint=hint)

    def _drop(self) -> None:
        """Remove what cannot be gone on with."""
        if os.path.exists(self.download.path):
            os.unlink(self.download.path)

    def close(self) -> None:
        """Let go of file and handle."""
        if self._file is not None:
            self._file.close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def unsupported(uri: str) -> InputError:
    """Return the error for a URI that cannot be fetched."""
    scheme = uri.partition(":")[0]
    why = "a disc has to be in the drive" if scheme == "cdrom" else "only apt itself does that"
    return InputError(
        "unsupported-scheme",
        f"{scheme}: is not supported: {why}",
        path=plain_uri(uri),
        rule=f"foretell fetches {', '.join(SCHEMES)}",
        hint="leave that source to apt" if scheme == "cdrom" else None,
    )


def _copy(download: Download) -> object:
    """Take a file of this machine; raises `InputError` as a server's refusal would."""
    from foretell.apt.acquire.copying import copy_file

    source = unquote(urlsplit(download.uri).path)
    modified, is_unchanged = copy_file(download, source)
    fetched = Fetched(0, modified, is_unchanged=is_unchanged)
    return fetched if download.then is None else download.then(fetched)


def _http_date(seconds: float) -> str:
    from email.utils import formatdate

    return formatdate(int(seconds), usegmt=True)
