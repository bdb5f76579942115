"""Which entries and remarks does a file of the one-line form hold, and as which stanzas?

An entry that is commented out is an entry, too: it becomes a stanza with ``Enabled: no``.  What
a stanza cannot say is not converted: a blank in a URI, ``$(ARCH)`` meant literally, and the
options that apt 3.0.3 reads in the one-line form only (found by asking it).  Stanzas that differ
in type, suite or components only are joined, as long as that names exactly the same sources.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foretell.apt.sources.index_targets import signed_by_words
from foretell.apt.sources.sources import (
    MULTIVALUE,
    ONE_LINE_ONLY,
    OPTION_FIELDS,
    parse_deb822,
    parse_one_line,
    split_line,
)
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from foretell.apt.sources.sources import OneLine, Source

__all__ = ["Entry", "Remark", "Stanza", "join", "read_list", "stanza_of"]

FIELD_NAMES: dict[str, str] = {
    "architectures": "Architectures",
    "languages": "Languages",
    "targets": "Targets",
    "by-hash": "By-Hash",
    "pdiffs": "PDiffs",
    "trusted": "Trusted",
    "allow-insecure": "Allow-Insecure",
    "allow-weak": "Allow-Weak",
    "allow-downgrade-to-insecure": "Allow-Downgrade-To-Insecure",
    "check-valid-until": "Check-Valid-Until",
    "valid-until-min": "Valid-Until-Min",
    "valid-until-max": "Valid-Until-Max",
    "check-date": "Check-Date",
    "date-max-future": "Date-Max-Future",
    "snapshot": "Snapshot",
    "include": "Include",
    "exclude": "Exclude",
    "signed-by": "Signed-By",
}
_SIGNS = {"": "", "+": "-Add", "-": "-Remove"}
_DISABLED = re.compile(r"#[#\s]*((?:deb|deb-src)\s.*)")
_WORD = re.compile(
    r"(?:[\w./+~-]|\$\(ARCH\))+"
)  # what a suite or component of a real archive looks like
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


class Remark(NamedTuple):
    """Comment lines that belong to no entry, and the line of the first."""

    lines: tuple[str, ...]
    line: int


class Entry(NamedTuple):
    """One entry: its words, what it means, and the comments above it and behind it.

    ``text`` is the line as it stands in the file.
    """

    words: OneLine
    source: Source
    is_enabled: bool
    comments: tuple[str, ...]
    text: str
    line: int


def read_list(data: bytes, path: str, *, architecture: str) -> list[Entry | Remark]:
    """Return the entries and the remarks of a file of the one-line form, in their order.

    Raises `InputError` naming ``path`` and the line of an enabled entry that is none.

    >>> blocks = read_list(b"# mine\\n\\n#deb http://a.example.org s main\\n", "x.list",
    ...                    architecture="amd64")
    >>> blocks[0].lines, blocks[1].is_enabled
    (('# mine',), False)
    """
    enabled = {it.line: it for it in parse_one_line(data, path, architecture=architecture)}
    blocks: list[Entry | Remark] = []
    held: list[str] = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = raw.decode("utf-8", "surrogateescape").replace("\t", " ").strip()
        entry = _entry(text, path, number, enabled.get(number), architecture)
        if entry is not None:
            blocks.append(entry._replace(comments=(*held, *entry.comments)))
            held = []
        elif text.startswith("#"):
            held.append(text)
        elif held:
            blocks.append(Remark(tuple(held), number - len(held)))
            held = []
    if held:
        blocks.append(Remark(tuple(held), number - len(held)))
    return blocks


def _entry(
    text: str, path: str, number: int, source: Source | None, architecture: str
) -> Entry | None:
    """Return the entry in a line, one that is commented out as well, or None."""
    is_enabled = source is not None
    body = text
    if source is None:
        match = _DISABLED.fullmatch(text)
        if match is None:
            return None
        body = match[1]
    line, mark, remark = body.partition("#")
    try:
        words = split_line(line, path, number)
        if source is None:
            (source,) = parse_one_line(
                line.encode("utf-8", "surrogateescape"), path, architecture=architecture
            )
            source.line = number
    except InputError:
        return None  # prose that begins with "deb"
    if not is_enabled and not _is_likely(words):
        return None
    comments = (f"# {remark.strip()}",) if mark and remark.strip() else ()
    return Entry(words, source, is_enabled, comments, text, number)


def _is_likely(words: OneLine) -> bool:
    """Say whether words that are commented out are an entry, and not a sentence."""
    return bool(_SCHEME.match(words.uri)) and all(
        _WORD.fullmatch(word) for word in (words.suite, *words.components)
    )


class Stanza:
    """What one stanza says; ``fields`` are its options, ``entries`` what it was made of.

    ``ignored`` are options that apt ignores, as they were written.
    """

    __slots__ = (
        "components", "entries", "fields", "ignored", "is_enabled", "suites", "types", "uri",
    )  # fmt: skip

    def __init__(self, entry: Entry, fields: dict[str, str], ignored: tuple[str, ...]) -> None:
        self.types = [entry.words.type]
        self.uri = entry.words.uri
        self.suites = [entry.words.suite]
        self.components = list(dict.fromkeys(entry.words.components))
        self.fields = fields
        self.ignored = ignored
        self.is_enabled = entry.is_enabled
        self.entries = [entry]

    @property
    def source(self) -> Source:
        """The source of its first entry."""
        return self.entries[0].source

    def text(self) -> str:
        """Return the stanza, with the comments of its entries before it."""
        blocks = list(dict.fromkeys(entry.comments for entry in self.entries))
        lines = [comment for block in blocks for comment in block]
        lines += [f"# apt ignores the option {option}" for option in self.ignored]
        if not self.is_enabled:
            lines.append("Enabled: no")
        return "".join(f"{line}\n" for line in lines) + self.body()

    def body(self) -> str:
        """Return the fields but for Enabled."""
        lines = [f"Types: {' '.join(self.types)}", f"URIs: {self.uri}"]
        lines.append(f"Suites: {' '.join(self.suites)}")
        if self.components:
            lines.append(f"Components: {' '.join(self.components)}")
        lines += [f"{name}: {value}" for name, value in self.fields.items()]
        return "".join(f"{line}\n" for line in lines)

    def same_but(self, dimension: str) -> tuple[object, ...]:
        """Return what two stanzas must share to be joined along ``dimension``."""
        found = {
            "types": frozenset(self.types),
            "suites": frozenset(self.suites),
            "components": frozenset(self.components),
        }
        del found[dimension]
        options = tuple(sorted(self.fields.items()))
        return (self.source.uri, self.is_enabled, options, self.ignored, *found.values())

    def take(self, other: Stanza) -> None:
        """Join another stanza into this one."""
        for mine, theirs in (
            (self.types, other.types),
            (self.suites, other.suites),
            (self.components, other.components),
        ):
            mine += [word for word in theirs if word not in mine]
        self.entries += other.entries


def stanza_of(
    entry: Entry, identifiers: Collection[str], *, architecture: str, signed_by: str = ""
) -> Stanza | str:
    """Return the stanza that means the same as an entry, or why there is none.

    ``identifiers`` name the index targets; ``signed_by`` is used where the entry names no key.
    """
    words = entry.words
    if any(char.isspace() for word in (words.uri, words.suite, *words.components) for char in word):
        return "a word with a blank in it cannot stand in a stanza"
    fields: dict[str, str] = {}
    ignored: list[str] = []
    for name, sign, value in words.options:
        field = OPTION_FIELDS.get(name)
        if field in ONE_LINE_ONLY:
            return f"apt ignores the option {name} in a stanza"
        if field is None:
            if name in identifiers:
                return f"the option {name}, which switches an index target, is ignored in a stanza"
            ignored.append(f"{name}{sign}={value}")
            continue
        if field == "signed-by" and value.lstrip().startswith("-----BEGIN"):
            return "a key within a line cannot be told apart from its surroundings"
        parts = value.split(",") if field in MULTIVALUE else value.split()
        if field == "signed-by":
            parts = value.replace(",", " ").split()
        fields[FIELD_NAMES[field] + _SIGNS[sign]] = " ".join(parts)
    if signed_by and "Signed-By" not in fields:
        fields["Signed-By"] = signed_by
    order = list(FIELD_NAMES.values())
    plain = {name: name.removesuffix("-Add").removesuffix("-Remove") for name in fields}
    fields = {name: fields[name] for name in sorted(fields, key=lambda it: order.index(plain[it]))}
    stanza = Stanza(entry, fields, tuple(ignored))
    reason = _difference(stanza, entry, architecture, signed_by)
    return reason or stanza


def _difference(stanza: Stanza, entry: Entry, architecture: str, signed_by: str) -> str:
    """Return how the stanza, read again, differs from its entry; "" when it does not."""
    text = stanza.body().encode("utf-8", "surrogateescape")
    try:
        found = parse_deb822(text, entry.source.path, architecture=architecture)
    except InputError as error:
        return f"as a stanza it would be wrong: {error.message}"
    if len(found) != 1:
        return "as a stanza it would be several sources"
    (after,), before = found, entry.source
    for what in ("type", "uri", "suite", "components"):
        if getattr(after, what) != getattr(before, what):
            return f"its {what} would mean another thing in a stanza"
    wanted = _options(before)
    if signed_by:
        wanted.setdefault("signed-by", signed_by_words(signed_by))
    return "" if _options(after) == wanted else "its options would mean another thing in a stanza"


def _options(source: Source) -> dict[str, object]:
    """Return the options of a source, each in one spelling."""
    return {
        name: signed_by_words(" ".join(words)) if name == "signed-by" else words
        for name, words in source.options.items()
    }


def join(stanzas: Iterable[Stanza], *, keep_order: bool) -> list[Stanza]:
    """Join stanzas that differ in components only, then in types, then in suites.

    With ``keep_order`` suites are joined only where no other source stands between them, so that
    the order of preference stays as it is.
    """
    found = list(stanzas)
    for dimension in ("components", "types", "suites"):
        joined: list[Stanza] = []
        known: dict[tuple[object, ...], Stanza] = {}
        for stanza in found:
            wanted = stanza.same_but(dimension)
            candidate = known.get(wanted)
            if candidate is not None:
                candidate.take(stanza)
                continue
            if keep_order and dimension == "suites":
                known.clear()  # another source stands between
            known[wanted] = stanza
            joined.append(stanza)
        found = joined
    return found
