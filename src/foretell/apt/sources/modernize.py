"""Which files hold sources in the one-line form, and what would they be as stanzas?

As ``apt modernize-sources`` does, the main file goes to ``<origin>.sources`` (the origin of the
downloaded Release file, else ``moved-from-main``), every other ``x.list`` to ``x.sources``.  The
result is checked: read again, it must give exactly the index targets that apt fetches now, but
for a Signed-By that was added.  Nothing is written here.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import NamedTuple

from foretell.apt.sources.index_targets import index_targets, target_identifiers
from foretell.apt.sources.one_line import Entry, Stanza, join, read_list, stanza_of
from foretell.apt.sources.release import read_release
from foretell.apt.sources.sources import (
    FILE_BYTES_MAX,
    parse_deb822,
    parse_one_line,
    release_file,
    source_files,
)
from foretell.apt.syntax.configuration import parse_bool, read_bytes
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from foretell.apt.sources.index_targets import Target
    from foretell.apt.sources.one_line import Remark
    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

    # Which keyring verifies a downloaded release file: its path and "", or "" and why none.
    Signer = Callable[[Source], tuple[str, str]]

__all__ = ["Change", "Modernization", "Note", "modernize", "origin_name", "wants_signer"]

MAIN_NAME = "moved-from-main"
_NAME_BYTES_MAX = 100


class Change(NamedTuple):
    """What becomes of one file: its bytes before and after, None where there is no file.

    ``models`` are the files from which it takes something, so that nobody gets to read more.
    """

    path: str
    before: bytes | None
    after: bytes | None
    models: tuple[str, ...] = ()


class Note(NamedTuple):
    """Something to know about an entry; ``code`` is a stable kebab-case id."""

    path: str
    line: int
    code: str
    message: str


class Modernization(NamedTuple):
    """All that would change, what to know of it, and the targets before and after."""

    changes: tuple[Change, ...]
    notes: tuple[Note, ...]
    files: tuple[str, ...]  # those to be modernised
    entries: int
    stanzas: int
    targets: int


class _Draft:
    """The stanzas that go to each new file, and what stays in each old one."""

    def __init__(self) -> None:
        self.new: dict[str, list[str]] = {}
        self.models: dict[str, list[str]] = {}
        self.kept: dict[str, list[str]] = {}
        self.notes: list[Note] = []
        self.files: list[str] = []
        self.entries = 0
        self.stanzas = 0
        self.told: set[tuple[str, str]] = set()  # repositories whose signer is noted


def modernize(
    configuration: Configuration,
    *,
    architectures: Sequence[str],
    signer: Signer,
    keep_order: bool = False,
) -> Modernization:
    """Return what modernising the sources of ``configuration`` would do.

    ``signer`` says which keyring verifies a source that names none.  Where joining would change
    what apt fetches, entries stay apart.  Raises `InputError` for sources that apt refuses.
    """
    texts = {path: read_bytes(path, FILE_BYTES_MAX) for path in source_files(configuration)}
    before = _targets(texts, configuration, architectures)
    signers = _Signers(signer, configuration, texts)
    result = None
    modes = ("keep-order", "apart") if keep_order else ("join", "keep-order", "apart")
    for mode in modes:
        draft = _draft(texts, configuration, signers, mode)
        changes = _changes(draft, texts)
        final = _after(texts, changes, configuration)
        try:
            after = _targets(final, configuration, architectures)
        except InputError:
            continue  # in another order the options contradict each other
        if _plain(after) == _plain(before):
            draft.notes += _order_notes(before, after, draft.files)
            result = draft, changes
            break
    if result is None:
        raise InputError(
            "cannot-modernize",
            "as stanzas the sources would not give the same index targets",
            path=next(iter(texts), None),
            rule="old and new files name the same index targets",
        )
    draft, changes = result
    return Modernization(
        tuple(changes),
        tuple(draft.notes),
        tuple(draft.files),
        draft.entries,
        draft.stanzas,
        len(before),
    )


def origin_name(origin: str) -> str:
    """Return the file name, without its end, for the sources of an origin.

    As apt's: lower case, and a dash for what is odd; apt ignores files whose names hold anything
    else than ASCII letters, digits, dots and dashes, so that is odd, too.

    >>> origin_name("Debian Backports"), origin_name("../x"), origin_name("")
    ('debian-backports', 'moved-from-main', 'moved-from-main')
    """
    name = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in origin.lower())
    if not name or not name[0].isalnum() or len(name) > _NAME_BYTES_MAX:
        return MAIN_NAME
    return name


def _targets(
    texts: Mapping[str, bytes], configuration: Configuration, architectures: Sequence[str]
) -> tuple[Target, ...]:
    native = configuration.find("APT::Architecture")
    sources: list[Source] = []
    for path, text in texts.items():
        parse = parse_deb822 if path.endswith(".sources") else parse_one_line
        sources += parse(text, path, architecture=native)
    return index_targets(sources, configuration, architectures=architectures)


def _plain(targets: Sequence[Target]) -> frozenset[Target]:
    """Return the targets without Signed-By, which may be added."""
    return frozenset(target.without_signed_by() for target in targets)


class _Signers:
    """Who signs what: asked once for each repository, by all its entries."""

    def __init__(
        self, signer: Signer, configuration: Configuration, texts: Mapping[str, bytes]
    ) -> None:
        self._signer = signer
        self._known: dict[tuple[str, str], tuple[str, str]] = {}
        asked: list[Source] = []
        native = configuration.find("APT::Architecture")
        for path, text in texts.items():
            parse = parse_deb822 if path.endswith(".sources") else parse_one_line
            for source in parse(text, path, architecture=native):
                named = " ".join(source.options.get("signed-by", ()))
                if named and not named.lstrip().startswith("-----BEGIN"):
                    # apt asks all entries of a repository for the keys that one of them names
                    words = " ".join(named.replace(",", " ").split())
                    self._known[source.uri, source.suite] = words, ""
                elif path.endswith(".list") and wants_signer(source):
                    asked.append(source)
        for source in asked:
            self.ask(source)
        self._by_uri: dict[str, str] = {}
        for (uri, _), (keyring, _) in self._known.items():
            if keyring:
                self._by_uri.setdefault(uri, keyring)

    def ask(self, source: Source) -> tuple[str, str]:
        key = source.uri, source.suite
        if key not in self._known:
            self._known[key] = self._signer(source)
        return self._known[key]

    def guess(self, source: Source) -> str:
        """Return who signs another suite of the same URI; for entries that are not enabled."""
        return self._by_uri.get(source.uri, "")


def _draft(
    texts: Mapping[str, bytes], configuration: Configuration, signers: _Signers, mode: str
) -> _Draft:
    """Convert every file of the one-line form that holds an entry that can be converted."""
    draft = _Draft()
    native = configuration.find("APT::Architecture")
    identifiers = target_identifiers(configuration)
    main = configuration.find_path("Dir::Etc::sourcelist")
    for path, text in texts.items():
        if path.endswith(".sources"):
            continue
        blocks = read_list(text, path, architecture=native)
        stanzas: list[Stanza] = []
        kept: list[str] = []
        for entry in blocks:
            if not isinstance(entry, Entry):
                continue
            found = _convert(entry, identifiers, signers, native, draft)
            if isinstance(found, Stanza):
                stanzas.append(found)
            elif entry.is_enabled:
                kept += [*entry.comments, entry.text]
                draft.notes.append(Note(path, entry.line, "kept-as-line", found))
        if not any(stanza.is_enabled for stanza in stanzas) and (kept or not stanzas):
            continue
        draft.files.append(path)
        draft.entries += len(stanzas)
        joined = stanzas if mode == "apart" else join(stanzas, keep_order=mode == "keep-order")
        draft.stanzas += len(joined)
        if kept:
            draft.kept[path] = kept
        homes = _Homes(path, path == main, configuration)
        name = "/" + os.path.relpath(path, configuration.root)
        for home, block in _place(blocks, joined, homes):
            is_first = path == main and home not in draft.new
            head = f"# Modernized from {name}\n" if is_first else ""
            draft.new.setdefault(home, []).append(head + block)
            models = draft.models.setdefault(home, [])
            if path not in models:
                models.append(path)
    return draft


def _convert(
    entry: Entry,
    identifiers: frozenset[str],
    signers: _Signers,
    native: str,
    draft: _Draft,
) -> Stanza | str:
    """Return the stanza of one entry, or why there is none; note what is known of its signer."""
    source = entry.source
    keyring = reason = ""
    if wants_signer(source):
        if entry.is_enabled:
            keyring, reason = signers.ask(source)
        else:
            keyring = signers.guess(source)
    found = stanza_of(entry, identifiers, architecture=native, signed_by=keyring)
    repository = source.uri, source.suite
    if isinstance(found, Stanza) and entry.is_enabled and repository not in draft.told:
        if reason:
            draft.notes.append(Note(source.path, entry.line, "no-signed-by", reason))
            draft.told.add(repository)
        elif keyring:
            draft.notes.append(Note(source.path, entry.line, "signed-by-added", keyring))
            draft.told.add(repository)
    return found


def wants_signer(source: Source) -> bool:
    """Say whether a source should name its keys and does not."""
    if "signed-by" in source.options:
        return False
    return not parse_bool(" ".join(source.options.get("trusted", ())))


class _Homes:
    """The new file of each block of one old file."""

    def __init__(self, path: str, is_main: bool, configuration: Configuration) -> None:
        self._single = "" if is_main else path.removesuffix(".list") + ".sources"
        self._parts = configuration.find_path("Dir::Etc::sourceparts")
        self._lists = configuration.find_path("Dir::State::lists")
        self._known: dict[str, str] = {}

    def of(self, stanza: Stanza) -> str:
        """Return the path of the file for a stanza."""
        if self._single:
            return self._single
        uri = stanza.source.uri
        if not stanza.is_enabled and uri in self._known:
            return self._known[uri]
        name = MAIN_NAME
        for entry in stanza.entries:
            name = origin_name(_origin(entry.source, self._lists))
            if name != MAIN_NAME:
                break
        found = os.path.join(self._parts, name + ".sources")
        if stanza.is_enabled:
            self._known.setdefault(uri, found)
        return found


def _origin(source: Source, lists: str) -> str:
    path = release_file(source, lists)
    if path is None:
        return ""
    try:
        return read_release(path).origin
    except (InputError, OSError):
        return ""


def _place(
    blocks: Sequence[Entry | Remark], stanzas: Sequence[Stanza], homes: _Homes
) -> list[tuple[str, str]]:
    """Return (path, text) of all that is written, in the order of the old file.

    A remark goes where the next stanza goes, or the last one when none follows.
    """
    by_line = {stanza.entries[0].line: stanza for stanza in stanzas}
    taken = {entry.line for stanza in stanzas for entry in stanza.entries}
    for stanza in stanzas:  # enabled ones first: they tell where the others of their URI go
        if stanza.is_enabled:
            homes.of(stanza)
    placed: list[tuple[str, str]] = []
    waiting: list[str] = []
    for block in blocks:
        if not isinstance(block, Entry):
            waiting.append("".join(f"{line}\n" for line in block.lines))
        elif block.line in by_line:
            stanza = by_line[block.line]
            home = homes.of(stanza)
            placed += [(home, text) for text in (*waiting, stanza.text())]
            waiting = []
        elif block.line not in taken and not block.is_enabled:
            waiting.append("".join(f"{line}\n" for line in (*block.comments, block.text)))
    placed += [(placed[-1][0], text) for text in waiting]
    return placed


def _changes(draft: _Draft, texts: Mapping[str, bytes]) -> list[Change]:
    """Return the new files, then what becomes of the old ones."""
    changes = []
    for path, blocks in sorted(draft.new.items()):
        before = texts.get(path)
        if before is None and os.path.lexists(path):
            before = read_bytes(path, FILE_BYTES_MAX)
        text = before or b""
        parts = [text.rstrip(b"\n") + b"\n"] if text else []
        for block in blocks:
            data = block.encode("utf-8", "surrogateescape")
            if data not in text:
                parts.append(data)
        models = tuple(draft.models[path])
        changes.append(Change(path, before, b"\n".join(parts), models))
    for path in draft.files:
        kept = draft.kept.get(path)
        after = None
        if kept:
            after = "".join(f"{line}\n" for line in kept).encode("utf-8", "surrogateescape")
        changes.append(Change(path, texts[path], after))
    return changes


def _after(
    texts: Mapping[str, bytes], changes: Sequence[Change], configuration: Configuration
) -> dict[str, bytes]:
    """Return the files as they will be, in the order in which apt reads them."""
    final = dict(texts)
    for change in changes:
        if change.after is None:
            del final[change.path]
        else:
            final[change.path] = change.after
    main = configuration.find_path("Dir::Etc::sourcelist")
    names = sorted(final, key=lambda path: (path != main, os.fsencode(path)))
    return {path: final[path] for path in names}


def _order_notes(
    before: Sequence[Target], after: Sequence[Target], files: Sequence[str]
) -> list[Note]:
    """Return a note where two sources of packages have changed places."""
    wanted = _preference(before)
    rank = {uri: number for number, uri in enumerate(_preference(after))}
    for first, second in pairwise(wanted):
        if rank[first] > rank[second]:
            message = (
                f"{second} comes before {first} now: where both have the same version, apt takes "
                "it from the first"
            )
            return [Note(files[0], 0, "other-order", message)]
    return []


def _preference(targets: Sequence[Target]) -> list[str]:
    """Return the suites with packages, in apt's order of preference."""
    found = [target.release for target in targets if target.created_by == "Packages"]
    return list(dict.fromkeys(found))
