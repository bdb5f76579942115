"""A local archive server that can fail in every way a test asks for.

`ArchiveServer` serves a folder over HTTP/1.1 with ranges and conditional requests.  A *fault* is
a function of the handler and the file's bytes that answers in the server's place.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import threading
import time
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Fault = Callable[["Handler", bytes], None]

__all__ = ["ArchiveServer", "Handler"]


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        owner = self.server.owner
        # a proxy is asked for whole URIs: it serves the same folder for every host
        path = unquote(re.sub(r"^http://[^/]*", "", self.path).partition("?")[0])
        with owner.lock:
            owner.requests.append((path, dict(self.headers.items())))
            fault = next((it for end, it in owner.faults.items() if path.endswith(end)), None)
        file = os.path.join(owner.folder, path.lstrip("/"))
        data = b""
        if os.path.isfile(file):
            with open(file, "rb") as opened:
                data = opened.read()
        if fault is not None:
            fault(self, data)
        elif not os.path.isfile(file):
            self.answer(404)
        else:
            self.serve(file, data)

    def serve(self, file: str, data: bytes) -> None:
        """Answer with a file, a part of it, or that it has not changed."""
        modified = int(os.stat(file).st_mtime)
        stamp = formatdate(modified, usegmt=True)
        since = self.headers.get("If-Modified-Since")
        if since and parsedate_to_datetime(since).timestamp() >= modified:
            self.answer(304)
            return
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and self.headers.get("If-Range", stamp) == stamp:
            start = int(wanted[6:].partition("-")[0])
            if start >= len(data):
                self.answer(416, **{"Content-Range": f"bytes */{len(data)}"})
                return
            rest = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.answer(206, data[start:], **{"Content-Range": rest, "Last-Modified": stamp})
            return
        self.answer(200, data, **{"Last-Modified": stamp})

    def answer(self, status: int, data: bytes = b"", /, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def break_off(self, length: int, data: bytes) -> None:
        """Promise ``length`` bytes, send ``data`` and end the connection."""
        file = os.path.join(self.server.owner.folder, unquote(self.path).lstrip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.send_header("Last-Modified", formatdate(int(os.stat(file).st_mtime), usegmt=True))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def reset(self, length: int, data: bytes) -> None:
        """Promise ``length`` bytes, send ``data`` and reset the connection."""
        self.break_off(length, data)
        time.sleep(0.05)  # what was sent should arrive before the reset
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: ArchiveServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are what is tested."""


class ArchiveServer:
    """Serves ``folder`` until `close`; ``faults`` maps the end of a path to its fault."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.faults: dict[str, Fault] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.owner = self
        self.uri = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
