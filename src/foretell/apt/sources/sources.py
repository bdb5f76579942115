"""Which archives does apt use, in which order, and where are their downloaded lists?

Reads ``sources.list`` and the files of ``sources.list.d`` in both forms of sources.list(5): one
line a source, and deb822 stanzas.  What the page leaves open (quoted words, `$(ARCH)` outside
exact paths, how a URI becomes a file name) follows experiments with apt 3.0.
"""

from __future__ import annotations

import os

from foretell.apt.syntax.configuration import list_parts, parse_bool, read_bytes
from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.apt.syntax.expression import expression
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from foretell.apt.syntax.configuration import Configuration

__all__ = [
    "OneLine",
    "Source",
    "escape_suite",
    "index_file_name",
    "index_files",
    "list_file_name",
    "list_title",
    "merge_order",
    "parse_deb822",
    "parse_one_line",
    "read_sources",
    "release_file",
    "site",
    "source_files",
    "split_line",
]

FILE_BYTES_MAX = 16 << 20
SOURCE_COUNT_MAX = 100_000
TYPES = frozenset(("deb", "deb-src"))
# Extensions of downloaded lists, the plain file first.
LIST_EXTENSIONS = ("", ".xz", ".bz2", ".lzma", ".gz", ".lz4", ".zst")
# Fields of sources.list(5) that change what is fetched or trusted, in lower case.
FIELDS = frozenset(
    (
        "architectures", "languages", "targets", "pdiffs", "by-hash", "allow-insecure",
        "allow-weak", "allow-downgrade-to-insecure", "trusted", "signed-by", "check-valid-until",
        "valid-until-min", "valid-until-max", "check-date", "date-max-future", "inrelease-path",
        "snapshot", "include", "exclude",
    )
)  # fmt: skip
MULTIVALUE = frozenset(("architectures", "languages", "targets"))
# What apt 3.0.3 reads in the one-line form only, whatever sources.list(5) says.
ONE_LINE_ONLY = frozenset(("inrelease-path",))
# One-line option -> deb822 field; apt knows an option in this spelling only.
OPTION_FIELDS: dict[str, str] = {
    **{name: name for name in sorted(FIELDS - MULTIVALUE)},
    "arch": "architectures",
    "lang": "languages",
    "target": "targets",
}
_OPTION = expression(r"(?s)([^=]*?)([+-]?)=(.*)")
_AUTHORITY = expression(r"(?://(?:[^/@]*@)?|(?=\[))(\[[^\]/]*\](?::[0-9]*)?|[^/]*)")
_ESCAPE = expression(rb"%([0-9a-fA-F]{2})")
_FINGERPRINT = expression(r"[0-9A-Fa-f]{8,}!?,?")
# Bytes that apt quotes in the names of lists, besides blanks, controls and what is not ASCII.
_QUOTED = frozenset(b'\\|{}[]<>"^~_=!@#$%&*')


class Source:
    """One archive, one suite: what a line or a stanza (multiplied out) says.

    ``type`` is ``deb`` or ``deb-src``; ``uri`` ends in a slash; ``suite`` is an exact path when
    it ends in one, and ``components`` are then empty.  ``options`` maps deb822 field names in
    lower case to their words; a name may end in ``-add`` or ``-remove``.  ``other`` are one-line
    options that are none of sources.list(5), as written: one that is an index target's identifier
    switches that target, the rest is ignored.  ``path`` and ``line`` say where it was read.
    """

    __slots__ = ("components", "line", "options", "other", "path", "suite", "type", "uri")

    def __init__(
        self,
        type_: str,
        uri: str,
        suite: str,
        components: Sequence[str],
        options: Mapping[str, tuple[str, ...]],
        path: str,
        line: int,
        other: Mapping[str, str] | None = None,
    ) -> None:
        self.type = type_
        self.uri = uri
        self.suite = suite
        self.components = tuple(components)
        self.options = dict(options)
        self.other = dict(other or {})
        self.path = path
        self.line = line

    def __repr__(self) -> str:
        what = " ".join((self.type, self.uri, self.suite, *self.components))
        return f"<Source {what} ({self.path}:{self.line})>"

    def option_words(self, field: str, default: Iterable[str]) -> list[str]:
        """Return a multi-value option after its -add and -remove forms changed ``default``.

        >>> source = Source("deb", "file:/a/", "s", ["main"], {"architectures-add": ("i386",)},
        ...                 "sources.list", 1)
        >>> source.option_words("architectures", ["amd64"])
        ['amd64', 'i386']
        """
        words = list(self.options.get(field, default))
        words += self.options.get(f"{field}-add", ())
        dropped = self.options.get(f"{field}-remove", ())
        return list(dict.fromkeys(word for word in words if word not in dropped))


class OneLine:
    """The words of an entry of the one-line form, without quotes and ``%XX`` escapes.

    An option is its name, its sign (``+``, ``-`` or none) and its value.
    """

    __slots__ = ("components", "options", "suite", "type", "uri")

    def __init__(
        self, type_: str, options: Sequence[tuple[str, str, str]], words: Sequence[str]
    ) -> None:
        self.type = type_
        self.options = tuple(options)
        self.uri, self.suite, *rest = words
        self.components = tuple(rest)


def source_files(configuration: Configuration) -> list[str]:
    """Return the files that name the sources of a configuration, in apt's order.

    ``Dir::Etc::sourcelist`` comes first, then the ``.list`` and ``.sources`` files of
    ``Dir::Etc::sourceparts`` by name.
    """
    main = configuration.find_path("Dir::Etc::sourcelist")
    parts = configuration.find_path("Dir::Etc::sourceparts")
    paths = [main] if main and main != "/dev/null" and os.path.isfile(main) else []
    if parts and parts != "/dev/null":
        paths += list_parts(parts, (".list", ".sources"), or_none=False)
    return paths


def read_sources(configuration: Configuration) -> list[Source]:
    """Return all enabled sources of a configuration, in apt's order of preference.

    Raises `InputError` with file and line for a broken one.
    """
    found: list[Source] = []
    native = configuration.find("APT::Architecture")
    for path in source_files(configuration):
        parse = parse_deb822 if path.endswith(".sources") else parse_one_line
        found += parse(read_bytes(path, FILE_BYTES_MAX), path, architecture=native)
    return found


def merge_order(sources: Iterable[Source]) -> list[Source]:
    """Return the sources in the order in which apt reads their lists.

    All sources of one URI and suite are read where the first of them stands.
    """
    groups: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        groups.setdefault((source.uri, source.suite), []).append(source)
    return [source for group in groups.values() for source in group]


def parse_one_line(data: bytes, path: str, *, architecture: str) -> list[Source]:
    """Return the sources of a file of one-line entries, in order.

    Raises `InputError` naming ``path`` and the line that is not
    ``type [options] uri suite [component ...]``.

    >>> parse_one_line(b"deb [arch=i386] http://a.example.org s main", "x.list",
    ...                architecture="amd64")
    [<Source deb http://a.example.org/ s main (x.list:1)>]
    """
    found: list[Source] = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = _text(raw).partition("#")[0].strip()
        if text:
            found.append(_parse_line(text, path, number, architecture))
            _check_count(found, path)
    return found


def _parse_line(text: str, path: str, line: int, architecture: str) -> Source:
    """Parse one entry of the one-line form."""
    words = split_line(text, path, line)
    options: dict[str, tuple[str, ...]] = {}
    other: dict[str, str] = {}
    for name, sign, value in words.options:
        field = OPTION_FIELDS.get(name)
        if field is None:
            other[name + sign] = value
            continue
        values = tuple(value.split(",")) if field in MULTIVALUE else (value,)
        options[field + {"+": "-add", "-": "-remove", "": ""}[sign]] = values
    suite = words.suite
    if suite.endswith("/"):
        suite = suite.replace("$(ARCH)", architecture)
    uri = _uri(words.uri, architecture, lambda message: _error(message, path, line))
    source = _source((words.type, uri, suite), words.components, options, path, line)
    source.other.update(other)
    return source


def split_line(text: str, path: str, line: int) -> OneLine:
    """Split an entry of the one-line form (without its comment) into words.

    Raises `InputError` unless it is ``type [options] uri suite [component ...]``.

    >>> words = split_line('deb [arch=i386,amd64 ] "http://a.example.org" s%2B main', "x.list", 1)
    >>> words.options, words.uri, words.suite
    ((('arch', '', 'i386,amd64'),), 'http://a.example.org', 's+')
    """

    def error(message: str) -> InputError:
        return _error(message, path, line)

    type_, _, rest = text.replace("\t", " ").strip().partition(" ")
    rest = rest.strip()
    if not rest:
        raise error("entry has nothing after its type")
    if type_ not in TYPES:
        raise error(f"type {type_!r} is neither deb nor deb-src")
    options: list[tuple[str, str, str]] = []
    if rest.startswith("["):
        options, rest = _one_line_options(rest, error)
    words = _words(rest, error)
    if not words:
        raise error("entry has no URI")
    if len(words) < 2:
        raise error("entry has no suite")
    return OneLine(type_, options, words)


def _one_line_options(
    rest: str, error: Callable[[str], InputError]
) -> tuple[list[tuple[str, str, str]], str]:
    """Split ``[name=value ...]`` off the rest of an entry."""
    inner, bracket, after = rest[1:].partition("]")
    if not bracket:
        raise error("options are not ended by ]")
    if after and not after[0].isspace():
        raise error("no space between the options and the URI")
    options: list[tuple[str, str, str]] = []
    for word in _words(inner, error):
        match = _OPTION.fullmatch(word)
        if match is None:
            raise error(f"option {word!r} is not an assignment")
        name, sign, value = match.groups()
        if not value:
            raise error(f"option {name!r} has no value")
        options.append((name, sign, value))
    return options, after.strip()


def _words(text: str, error: Callable[[str], InputError]) -> list[str]:
    """Split at blanks; quotes (which are dropped) and brackets hold blanks together.

    ``%XX`` stands for a byte, in every word.
    """
    words: list[str] = []
    word = ""
    in_quotes = in_brackets = started = False
    for char in text:
        in_brackets = char == "[" or (in_brackets and char != "]")
        if char == '"':
            in_quotes = not in_quotes
            started = True
        elif char.isspace() and not in_quotes and not in_brackets:
            if started:
                words.append(_decoded(word))
            word, started = "", False
        else:
            word += char
            started = True
    if in_quotes or in_brackets:
        raise error("quotation mark or bracket without its partner")
    return [*words, _decoded(word)] if started else words


def _decoded(word: str) -> str:
    return _text(_unescape(word)) if "%" in word else word


def parse_deb822(data: bytes, path: str, *, architecture: str) -> list[Source]:
    """Return the enabled sources of a file of stanzas: types times URIs times suites.

    Raises `InputError` naming ``path`` and the first line of the stanza that lacks a field.

    >>> text = b"Types: deb\\nURIs: http://a.example.org\\nSuites: s t\\nComponents: main\\n"
    >>> [source.suite for source in parse_deb822(text, "x.sources", architecture="amd64")]
    ['s', 't']
    """
    found: list[Source] = []
    for line, raw in read_paragraphs(data, path, comments=True):
        fields = {_text(name): _text(value) for name, value in raw.items()}
        for source in _parse_stanza(fields, path, line, architecture):
            found.append(source)
            _check_count(found, path)
    return found


def _parse_stanza(
    fields: dict[str, str], path: str, line: int, architecture: str
) -> Iterator[Source]:
    def error(message: str) -> InputError:
        return _error(message, path, line)

    types = fields.pop("types", "").split()
    if not types:
        raise error("stanza has no Types field")
    unknown = next((type_ for type_ in types if type_ not in TYPES), None)
    if unknown is not None:
        raise error(f"type {unknown!r} is neither deb nor deb-src")
    if not parse_bool(fields.pop("enabled", ""), default=True):
        return
    uris = [_uri(word, architecture, error) for word in fields.pop("uris", "").split()]
    if not uris:
        raise error("stanza has no URIs field")
    suites = fields.pop("suites", "").replace("$(ARCH)", architecture).split()
    if not suites:
        raise error("stanza has no Suites field")
    components = fields.pop("components", "").split()
    options = {
        name: _option_words(name, value)
        for name, value in fields.items()
        if (value or name in MULTIVALUE) and name not in ONE_LINE_ONLY
    }
    for type_ in types:
        for uri in uris:
            for suite in suites:
                yield _source((type_, uri, suite), components, options, path, line)


def _option_words(name: str, value: str) -> tuple[str, ...]:
    """Return the words of an option's field; a comma parts them as a blank does."""
    if name == "signed-by":
        return (value,)
    words = value.split()
    if name.removesuffix("-add").removesuffix("-remove") in MULTIVALUE:
        return tuple(",".join(words).split(",")) if words else ()
    return tuple(words)


def _source(
    what: tuple[str, str, str],
    components: Sequence[str],
    options: dict[str, tuple[str, ...]],
    path: str,
    line: int,
) -> Source:
    """Return the source unless suite and components do not fit each other."""
    type_, uri, suite = what
    if suite.endswith("/"):
        if components:
            raise _error(f"exact path {suite!r} with components", path, line)
    elif not components:
        raise _error(f"suite {suite!r} without a component", path, line)
    for value in options.get("signed-by", ()):
        _check_signed_by(value, path, line)
    return Source(type_, uri, suite, tuple(dict.fromkeys(components)), options, path, line)


def _check_signed_by(value: str, path: str, line: int) -> None:
    """Raise `InputError` unless ``value`` is paths, fingerprints or a key block."""
    if value.lstrip().startswith("-----BEGIN"):
        return
    for word in value.replace(",", " ").split():
        if not word.startswith("/") and not _FINGERPRINT.fullmatch(word):
            raise _error(
                f"Signed-By {word!r} is neither an absolute path nor a fingerprint", path, line
            )


def _uri(text: str, architecture: str, error: Callable[[str], InputError]) -> str:
    """Return a URI with ``$(ARCH)`` filled in and a slash at its end."""
    scheme, colon, _ = text.partition(":")
    if not colon or "/" in scheme:
        raise error(f"{text!r} is not a URI")
    text = text.replace("$(ARCH)", architecture)
    return text if text.endswith("/") else text + "/"


def _check_count(found: Sequence[Source], path: str) -> None:
    if len(found) > SOURCE_COUNT_MAX:
        raise InputError("too-many-sources", f"more than {SOURCE_COUNT_MAX} sources", path=path)


def _error(message: str, path: str, line: int) -> InputError:
    return InputError("bad-source", message, path=path, line=line, rule="syntax of sources.list(5)")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def site(uri: str) -> str:
    """Return the host of a URI without user and port; "" for a local archive.

    >>> site("http://user:pw@a.example.org:80/debian/"), site("file:/srv/")
    ('a.example.org', '')
    """
    host, _ = _authority(uri.partition(":")[2])
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _authority(rest: str) -> tuple[str, int]:
    """Return host and port of a URI without its scheme, and where they end; "" for none."""
    host = rest[2:].partition("/")[0]
    if rest.startswith("//") and "@" not in host and "[" not in host:
        return host, len(host) + 2
    match = _AUTHORITY.match(rest)
    return (match[1], match.end()) if match else ("", 0)


def escape_suite(suite: str) -> str:
    """Return a suite as it stands in a URI: it is taken literally.

    >>> escape_suite("s+x~")
    's%2bx%7e'
    """
    return "".join(f"%{ord(char):02x}" if char in "%+~ " else char for char in suite)


def _list_prefix(uri: str, suite: str) -> str:
    """Return the name below the lists folder that all files of a suite begin with."""
    rest = uri.partition(":")[2]
    host, end = _authority(rest)
    rest = host.replace("[", "").replace("]", "") + rest[end:]
    suite = escape_suite(suite)
    exact = suite.endswith("/")
    tail = ("" if suite == "/" else suite) if exact else f"dists/{suite}/"
    return _quote(rest + tail)


def _unescape(text: str) -> bytes:
    return _ESCAPE.sub(
        lambda match: bytes((int(match[1], 16),)), text.encode("utf-8", "surrogateescape")
    )


def _quote(text: str) -> str:
    """Turn a path into one file name."""
    return "".join(
        "_"
        if byte == 0x2F
        else f"%{byte:02x}"
        if byte in _QUOTED or not 0x20 < byte < 0x7F
        else chr(byte)
        for byte in text.encode("utf-8", "surrogateescape")
    )


def list_file_name(uri: str, suite: str, component: str, architecture: str) -> str:
    """Return the name of a downloaded list below the lists folder.

    ``architecture`` is ``source`` for Sources; an empty ``component`` with a suite that is no
    exact path gives the InRelease file, as does architecture "".

    >>> list_file_name("http://a.example.org/debian/", "trixie", "main", "amd64")
    'a.example.org_debian_dists_trixie_main_binary-amd64_Packages'
    >>> list_file_name("http://a.example.org/debian/", "trixie", "", "")
    'a.example.org_debian_dists_trixie_InRelease'
    """
    name = "Sources" if architecture == "source" else "Packages"
    if not architecture:
        return index_file_name(uri, suite, "InRelease")
    if suite.endswith("/"):
        return index_file_name(uri, suite, name)
    folder = "source" if architecture == "source" else f"binary-{architecture}"
    return index_file_name(uri, suite, f"{component}/{folder}/{name}")


def index_file_name(uri: str, suite: str, key: str) -> str:
    """Return the name among the lists of the file that a Release file calls ``key``.

    >>> index_file_name("http://a.example.org/", "s", "main/i18n/Translation-pt_BR")
    'a.example.org_dists_s_main_i18n_Translation-pt%5fBR'
    """
    prefix = _list_prefix(uri if uri.endswith("/") else uri + "/", suite)
    return prefix + _quote(key)


def list_title(source: Source, component: str, architecture: str) -> str:
    """Return how apt names a list of packages to people.

    >>> source = Source("deb", "http://a.example.org/debian/", "trixie", ["main"], {}, "", 1)
    >>> list_title(source, "main", "amd64")
    'http://a.example.org/debian trixie/main amd64 Packages'
    """
    uri = source.uri.removesuffix("/")
    if source.suite.endswith("/"):
        return f"{uri} {source.suite} Packages"
    return f"{uri} {source.suite}/{component} {architecture} Packages"


def release_file(source: Source, lists_folder: str) -> str | None:
    """Return the path of a source's InRelease, else Release file; None when there is neither."""
    name = list_file_name(source.uri, source.suite, "", "")
    for candidate in (name, name.removesuffix("InRelease") + "Release"):
        path = os.path.join(lists_folder, candidate)
        if os.path.isfile(path):
            return path
    return None


def index_files(
    source: Source, lists_folder: str, architectures: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Return (path, component, architecture) of a source's lists that are there.

    They come in the order in which apt reads them: per component the architectures in order,
    then ``all``; for ``deb-src`` the Sources.  A plain file is preferred to a compressed one.
    """
    if source.type == "deb-src":
        wanted = ["source"]
    elif source.suite.endswith("/"):
        wanted = [""]
    else:
        wanted = source.option_words("architectures", architectures)
        wanted = list(dict.fromkeys((*wanted, "all")))
    found: list[tuple[str, str, str]] = []
    for component in source.components or ("",):
        for architecture in wanted:
            if not architecture and component:
                continue  # "arch=amd64,,i386" names an architecture that no archive has
            name = list_file_name(source.uri, source.suite, component, architecture or "binary")
            for extension in LIST_EXTENSIONS:
                path = os.path.join(lists_folder, name + extension)
                if os.path.isfile(path):
                    found.append((path, component, architecture))
                    break
    return found
