"""From where does this machine get its packages?

The mirror of the user's own apt sources is used to build the oracle, so that no host is named
here.  Source: sources.list(5), both formats; only what is needed to find an archive is read.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find_mirrors", "parse_deb822", "parse_one_line"]

FILE_BYTES_MAX = 1 << 20
_SCHEMES = ("http://", "https://", "file:", "copy:")
# Suites of such archives are no complete distribution.
_PARTS = ("-security", "-updates", "-backports", "/")


def find_mirrors(root: str = "/") -> list[str]:
    """Return the URIs of complete archives in the apt sources below ``root``, in their order.

    A file that cannot be read is passed over: apt itself will tell.
    """
    folder = os.path.join(root, "etc/apt")
    paths = [os.path.join(folder, "sources.list")]
    parts = os.path.join(folder, "sources.list.d")
    try:
        paths += [os.path.join(parts, name) for name in sorted(os.listdir(parts))]
    except OSError:
        parts = ""
    found: dict[str, None] = {}
    for path in paths:
        for uri, suite in _entries(path):
            if uri.startswith(_SCHEMES) and not suite.endswith(_PARTS):
                found[uri.rstrip("/")] = None
    return list(found)


def _entries(path: str) -> Iterator[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(FILE_BYTES_MAX)
    except OSError:
        return
    if path.endswith(".sources"):
        yield from parse_deb822(text)
    elif path.endswith(".list"):
        yield from parse_one_line(text)


def parse_one_line(text: str) -> Iterator[tuple[str, str]]:
    """Yield (URI, suite) of each binary entry of a one-line file.

    >>> list(parse_one_line("deb [arch=amd64] http://example.org/debian trixie main # x"))
    [('http://example.org/debian', 'trixie')]
    """
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        rest = words[1:]
        if rest and rest[0].startswith("["):
            while rest and not rest[0].endswith("]"):
                rest = rest[1:]
            rest = rest[1:]
        if len(rest) >= 2:
            yield rest[0], rest[1]


def parse_deb822(text: str) -> Iterator[tuple[str, str]]:
    """Yield (URI, suite) of each binary entry of a DEB822 file.

    >>> list(parse_deb822("Types: deb\\nURIs: http://example.org/debian\\nSuites: a b\\n"))
    [('http://example.org/debian', 'a'), ('http://example.org/debian', 'b')]
    """
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in "\n".join(lines).split("\n\n"):
        fields: dict[str, list[str]] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1] not in {" ", "\t"}:
                name, _, line = line.partition(":")  # noqa: PLW2901 - the rest is the value
                name = name.strip().lower()
            fields.setdefault(name, []).extend(line.split())
        if "deb" not in fields.get("types", ()) or fields.get("enabled") in (["no"], ["false"]):
            continue
        for uri in fields.get("uris", ()):
            for suite in fields.get("suites", ()):
                yield uri, suite
