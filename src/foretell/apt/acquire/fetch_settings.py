"""How is a host reached: by which proxy, with which password, how long, how often?

``Acquire::http`` and ``Acquire::https`` of apt.conf(5) with their settings for one host, the usual
proxy variables of the environment, and apt_auth.conf(5).
"""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from foretell.apt.syntax.configuration import list_parts
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.apt.syntax.configuration import Configuration

__all__ = ["FetchSettings", "Login", "parse_logins"]

AUTH_BYTES_MAX = 1 << 20
TIMEOUT_S = 30
RETRIES = 3
RETRIES_MAX = 100
DELAY_MAX_S = 30
_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class Login:
    """A user and a password for the URIs below one host and path."""

    __slots__ = ("host", "password", "path", "scheme", "user")

    def __init__(self, machine: str) -> None:
        scheme, separator, rest = machine.partition("://")
        self.scheme = scheme if separator else ""
        host, slash, path = (rest if separator else machine).partition("/")
        self.host = host.lower()
        self.path = slash + path
        self.user = ""
        self.password = ""

    def fits(self, scheme: str, host: str, path: str) -> bool:
        """Say whether the login is for a URI: without a scheme, for encrypted ones only."""
        if self.scheme != scheme and (self.scheme or scheme != "https"):
            return False
        return host.lower() in {self.host, self.host + ":443"} and path.startswith(self.path)


class FetchSettings:
    """The transport settings of a configuration and an environment."""

    def __init__(self, configuration: Configuration, environment: Mapping[str, str]) -> None:
        self._configuration = configuration
        self._environment = environment
        self._logins: list[Login] | None = None
        self.retries = min(max(configuration.find_int("Acquire::Retries", RETRIES), 0), RETRIES_MAX)
        self.has_delay = configuration.find_bool("Acquire::Retries::Delay", True)
        self.delay_max = configuration.find_int("Acquire::Retries::Delay::Maximum", DELAY_MAX_S)

    def _find(self, scheme: str, host: str, name: str) -> str:
        """Return a setting of the scheme for the host, else in general; https takes http's."""
        schemes = ("https", "http") if scheme == "https" else ("http",)
        find = self._configuration.find
        for prefix in schemes:
            value = find(f"Acquire::{prefix}::{name}::{host}") if host else ""
            if value:
                return value
        for prefix in schemes:
            value = find(f"Acquire::{prefix}::{name}")
            if value:
                return value
        return ""

    def proxy(self, uri: str) -> str:
        """Return the proxy of a URI, "" for none."""
        parts = urlsplit(uri)
        host = parts.hostname or ""
        chosen = self._configuration.find(f"Acquire::{parts.scheme}::Proxy::{host}")
        chosen = chosen or self._configuration.find(f"Acquire::{parts.scheme}::Proxy")
        if not chosen:
            # upper-case HTTP_PROXY could come from a request (CGI)
            chosen = self._environment.get(f"{parts.scheme}_proxy", "")
            if chosen and self._has_no_proxy(host):
                return ""
        return "" if chosen.upper() in {"DIRECT", "FALSE"} else chosen

    def _has_no_proxy(self, host: str) -> bool:
        for word in self._environment.get("no_proxy", "").replace(",", " ").split():
            if word == "*" or host == word.lstrip(".") or host.endswith("." + word.lstrip(".")):
                return True
        return False

    def timeout(self, uri: str) -> int:
        """Return after how many seconds without a byte a connection is given up."""
        parts = urlsplit(uri)
        value = self._find(parts.scheme, parts.hostname or "", "Timeout")
        return min(max(int(value), 1), 86400) if value.isdigit() else TIMEOUT_S

    def authorities(self, uri: str) -> str:
        """Return the file of certificate authorities for a URI, "" for the library's own."""
        host = urlsplit(uri).hostname or ""
        chosen = self._find("https", host, "CAInfo") or self._environment.get("SSL_CERT_FILE", "")
        if chosen:
            return chosen
        return next((path for path in _AUTHORITIES if os.path.isfile(path)), "")

    def verifies(self, uri: str, what: str) -> bool:
        """Return ``Acquire::https::Verify-Peer`` or ``Verify-Host``."""
        value = self._find("https", urlsplit(uri).hostname or "", what)
        return value.lower() not in {"no", "false", "without", "off", "disable", "0"}

    def login(self, uri: str) -> tuple[str, str] | None:
        """Return user and password for a URI: its own, or those of auth.conf."""
        parts = urlsplit(uri)
        if parts.username:
            return unquote(parts.username), unquote(parts.password or "")
        if self._logins is None:
            self._logins = _read_logins(self._configuration)
        host = parts.netloc.rpartition("@")[2]
        for login in self._logins:
            if login.fits(parts.scheme, host, parts.path):
                return login.user, login.password
        return None


def _read_logins(configuration: Configuration) -> list[Login]:
    """Return the logins of auth.conf and auth.conf.d."""
    base = configuration.find_path("Dir::Etc")
    main = configuration.find_path("Dir::Etc::netrc") or os.path.join(base, "auth.conf")
    parts = configuration.find_path("Dir::Etc::netrcparts") or os.path.join(base, "auth.conf.d")
    paths = [main, *list_parts(parts, (".conf",), or_none=False)]
    found: list[Login] = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                data = file.read(AUTH_BYTES_MAX + 1)
        except OSError:  # may be readable by root only
            continue
        if len(data) > AUTH_BYTES_MAX:
            raise InputError("file-too-long", f"more than {AUTH_BYTES_MAX} bytes", path=path)
        found += parse_logins(data.decode("utf-8", "surrogateescape"))
    return found


def parse_logins(text: str) -> list[Login]:
    """Return the logins of an apt_auth.conf(5) file.

    >>> [(it.host, it.user) for it in parse_logins("machine a.example.org login me password x")]
    [('a.example.org', 'me')]
    """
    lines = (
        line.partition("#")[0] if line.lstrip().startswith("#") else line
        for line in text.split("\n")
    )
    words = " ".join(lines).split()
    found: list[Login] = []
    for word, value in zip(words[::2], words[1::2], strict=False):
        if word == "machine":
            found.append(Login(value))
        elif word == "login" and found:
            found[-1].user = value
        elif word == "password" and found:
            found[-1].password = value
    return found
