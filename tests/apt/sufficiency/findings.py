"""Is the same found in sources when only the entries that are named are left of them?

A case is a root with files of sources, the Release files that were downloaded of some, and
keyrings.  Of a Release file only what the finding is about is left.
"""

from __future__ import annotations

import atexit
import calendar
import os
import re
import shutil
import tempfile
import time
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from foretell.apt.sources.release_ends import read_ends
from foretell.apt.sources.sources import list_file_name
from foretell.apt.sources.sources_lint import lint
from foretell.apt.syntax.configuration import load
from foretell.oracle.sample import Draws
from tests.apt.archive_lab import release_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from foretell.apt.sources.sources_lint import Finding

    Fields = Mapping[str, str]
    Place = tuple[str, int]  # file, number of the entry in it

COUNT = 5  # cases of one number
NOW = datetime(2026, 11, 26, tzinfo=UTC)
PARTS = "etc/apt/sources.list.d"
LISTS = "var/lib/apt/lists"
URIS = (
    *("http://a.example.org/debian/", "https://b.example.org/d/", "file:/srv/archive/"),
    *("http://me:secret@c.example.org/p/", "https://d.example.org/debian/"),
)
SUITES = (
    *("trixie", "bookworm", "buster", "sid", "stable", "oldstable", "testing", "vendor"),
    *("trixie-backports", "bionic", "trixie-security"),
)
RINGS = ("/usr/share/keyrings/k.gpg", "/etc/apt/keyrings/own.gpg", "/etc/apt/keyrings/no.gpg")
BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----\n\n"
END = "-----BEGIN PGP SIGNATURE-----\n"
# Options of an entry: the name in one line, the field of a stanza, values.
OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "signed-by": ("Signed-By", RINGS),
    "trusted": ("Trusted", ("yes", "yes", "no")),
    "allow-insecure": ("Allow-Insecure", ("yes", "no")),
    "allow-weak": ("Allow-Weak", ("yes",)),
    "check-valid-until": ("Check-Valid-Until", ("no", "yes")),
    "valid-until-max": ("Valid-Until-Max", ("3600", "9999999")),
    "arch": ("Architectures", ("amd64", "amd64")),
    "wrong": ("Wrong", ("x",)),
}
_PLACE = re.compile(r"(?<![\w/])(\S+\.(?:list|sources)):(\d+)")
_ENDS = re.compile(r"end on (\d{4}-\d\d-\d\d)")


class Entry(NamedTuple):
    """A line or a stanza."""

    uri: str
    suites: tuple[str, ...]
    components: str = "main"
    type: str = "deb"
    options: Fields = MappingProxyType({})
    is_enabled: bool = True
    is_broken: bool = False

    def text(self, *, is_stanza: bool) -> str:
        if not is_stanza:
            options = " ".join(f"{name}={value}" for name, value in self.options.items())
            words = (self.type, f"[{options}]" if options else "", self.uri, self.suites[0])
            line = " ".join(filter(None, (*words, self.components)))
            line = self.type if self.is_broken else line
            return "#" * (not self.is_enabled) + line + "\n"
        rows = {"Types": self.type, "URIs": self.uri, "Suites": " ".join(self.suites)}
        rows |= {"Components": "" if self.is_broken else self.components}
        rows |= {"Enabled": ""} if self.is_enabled else {"Enabled": "no"}
        rows |= {OPTIONS[name][0]: value for name, value in self.options.items()}
        return "".join(f"{name}: {value}\n" for name, value in rows.items() if value)


class Known(NamedTuple):
    """A downloaded Release file."""

    fields: Fields
    is_signed: bool = True


class Case(NamedTuple):
    """A system; entries that are ``gone`` leave empty lines."""

    files: dict[str, tuple[Entry, ...]]
    known: dict[tuple[str, str], Known]
    modes: Fields  # of what may not be read by all
    rings: tuple[str, ...] = RINGS[:2]
    gone: frozenset[Place] = frozenset()
    now: datetime = NOW


def cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each finding in some files of sources."""
    draws = Draws(f"findings/{seed}")
    for _ in range(COUNT):
        case = _draw(draws)
        found = find(case)
        for finding in found:
            bench = _Bench(case, finding)
            yield f"{finding} in {case}", "; ".join(filter(None, bench.checks()))


# -- cases -------------------------------------------------------------------------------------


def _draw(draws: Draws) -> Case:
    def is_so(percent: int) -> bool:
        return draws.below(100) < percent

    def entry() -> Entry:
        options = {}
        for name, (_, values) in OPTIONS.items():
            if is_so(50 if name == "signed-by" else 8):
                options[name] = draws.one(values)
        return Entry(
            draws.one(URIS),
            tuple(draws.some(SUITES, draws.between(1, 2))),
            draws.one(("main", "main", "main extra", "other")),
            "deb" if is_so(85) else "deb-src",
            options,
            is_enabled=is_so(93),
            is_broken=is_so(3),
        )

    names = [
        "etc/apt/sources.list",
        *(f"{PARTS}/{it}" for it in ("x.sources", "y.list", "z.sources")),
    ]
    if is_so(15):
        names.append(f"{PARTS}/odd name.list")
    files = {name: tuple(entry() for _ in range(draws.between(0, 2))) for name in names}
    known = {}
    for one in [it for entries in files.values() for it in entries]:
        for suite in one.suites:
            if is_so(50):
                fields = {
                    "Origin": draws.one(("Debian", "Debian", "Ubuntu", "Vendor", "")),
                    "Codename": draws.one((suite, "trixie", "buster", "bookworm", "")),
                    "Date": release_date(NOW.timestamp() - draws.below(10) * 86400),
                    "Valid-Until": "",
                    "NotAutomatic": "yes" if is_so(10) else "",
                }
                if is_so(40):
                    span = (draws.below(20) - 10) * 86400
                    fields["Valid-Until"] = release_date(NOW.timestamp() + span)
                kept = {name: value for name, value in fields.items() if value}
                known[one.uri, suite] = Known(kept, is_signed=is_so(85))
    closed = [*names, *(it.lstrip("/") for it in RINGS[:2])]
    modes = {name: "600" for name in closed if is_so(12)}
    return Case(dict(files), known, modes)


@cache
def _root() -> str:
    folder = tempfile.mkdtemp(prefix="findings")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def find(case: Case) -> list[Finding]:
    """Return the findings of a system that is laid out anew, with paths as it sees them."""
    root = _root()
    for entry in os.scandir(root):
        shutil.rmtree(entry.path)
    texts = {name: _text(case, name) for name in case.files}
    texts |= {path.lstrip("/"): "" for path in case.rings}
    for (uri, suite), known in case.known.items():
        text = (
            "".join(f"{name}: {value}\n" for name, value in known.fields.items()) + "Version: 1\n"
        )
        name = list_file_name(uri, suite, "", "")
        if known.is_signed:
            texts[f"{LISTS}/{name}"] = BEGIN + text + END
        else:
            texts[f"{LISTS}/{name.removesuffix('InRelease')}Release"] = text
    for name, text in texts.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, int(case.modes.get(name, "644"), 8))
    found = lint(
        load(root),
        architectures=["amd64"],
        now=case.now,
        ends=read_ends([]),
        signer=lambda _: (RINGS[0], ""),
    )
    return [
        it._replace(
            path=it.path.replace(f"{root}/", ""), message=it.message.replace(f"{root}/", "")
        )
        for it in found
    ]


def _text(case: Case, name: str) -> str:
    return "".join(text for text, _ in _parts(case, name))


def _entry_at(case: Case, name: str, line: int) -> Place:
    """Return the entry that has a line of a file."""
    start = 1
    for text, number in _parts(case, name):
        start += text.count("\n")
        if line < start:
            return name, number
    raise AssertionError((name, line))


def _parts(case: Case, name: str) -> Iterator[tuple[str, int]]:
    """Yield the text of each entry of a file, and its number; lines stay where they are."""
    is_stanza = name.endswith(".sources")
    for number, entry in enumerate(case.files[name]):
        text = entry.text(is_stanza=is_stanza)
        if (name, number) in case.gone:
            text = "\n" * text.count("\n")
        yield text + "\n" * is_stanza, number


# -- what is left ------------------------------------------------------------------------------

# Rule -> what it rests on of a Release file.
_FIELDS = {
    "unsigned": (),
    "expired": ("Date", "Valid-Until"),
    "end-of-life": ("Codename", "Origin"),
    "long-term-support": ("Codename", "Origin"),
    "made-for-ended-release": ("Codename", "Origin"),
    "mixed-suites": ("Codename", "Origin", "NotAutomatic"),
}


class _Bench:
    """One finding, and what is wrong with it."""

    def __init__(self, case: Case, finding: Finding) -> None:
        self.case = case
        self.finding = finding
        self.own = (finding.path, finding.line)
        self.places = [self.own] if finding.line else []
        self.places += [(name, int(line)) for name, line in _PLACE.findall(finding.message)]
        self.entries = [_entry_at(case, *place) for place in self.places]

    def checks(self) -> Iterator[str]:
        """Yield what is wrong, or nothing."""
        found = find(self._left())
        if not any(self._is_same(it) for it in found):
            yield f"with these alone: {[it[:4] for it in found]}"
        for what, case in self._otherwise():
            if self._is_there(case):
                yield f"the same with {what}"

    def _is_there(self, case: Case) -> bool:
        return any(self._is_same(it) for it in find(case))

    def _is_same(self, other: Finding) -> bool:
        mine = self.finding
        if mine.rule == "duplicate":  # each file is told of with the first place that has it
            return (
                mine[:3] == other[:3]
                and mine.message.split(": ")[1] == other.message.split(": ")[1]
            )
        return mine[:4] == other[:4]

    def _left(self) -> Case:
        """Return the case with nothing but what is named."""
        case, finding = self.case, self.finding
        kept = set(self.entries)
        if finding.rule == "one-line":
            own = enumerate(case.files[finding.path])
            kept |= {(finding.path, number) for number, it in own if it.is_enabled}
        gone = {
            (name, number)
            for name, entries in case.files.items()
            for number in range(len(entries))
            if (name, number) not in kept
        }
        names = {name for name, _ in kept} | {finding.path}
        wanted = {
            (it.uri, suite)
            for name, number in kept
            for it in [case.files[name][number]]
            for suite in it.suites
        }
        fields = _FIELDS.get(finding.rule)
        if fields is not None and "by its Release file" not in finding.message:
            fields = tuple(it for it in fields if it != "Codename")
        known = {
            key: it._replace(fields={name: it.fields[name] for name in fields if name in it.fields})
            for key, it in case.known.items()
            if fields is not None and key in wanted
        }
        rings = tuple(it for it in case.rings if f" {it}" in finding.message)
        modes = {
            name: mode
            for name, mode in case.modes.items()
            if name in finding.message
            or (name == finding.path and finding.rule == "password-in-uri")
        }
        files = {name: entries for name, entries in case.files.items() if name in names}
        return case._replace(
            files=files, known=known, modes=modes, rings=rings, gone=frozenset(gone)
        )

    # -- the other way

    def _otherwise(self) -> Iterator[tuple[str, Case]]:
        """Yield the case with a fact otherwise, so that nothing is to be found."""
        rule, message, case = self.finding.rule, self.finding.message, self.case
        for place in self.entries[1:]:
            yield f"no {place}", case._replace(gone=frozenset((place,)))
        if rule in {"trusted", "trusted-local"}:
            yield "Trusted: no", self._given(trusted="no")
        elif rule == "allow-insecure":
            names = {title: name for name, (title, _) in OPTIONS.items()}
            yield "no", self._given(**{names[message.split()[0]]: "no"})
        elif rule == "missing-keyring":
            rings = (*case.rings, message.split()[-1])
            yield "the keyring", case._replace(rings=rings)
        elif rule in {"unreadable-keyring", "password-in-uri"}:
            is_ring = rule == "unreadable-keyring"
            name = message.split()[-1].lstrip("/") if is_ring else self.finding.path
            yield "its mode", case._replace(modes={**case.modes, name: "644" if is_ring else "600"})
        elif rule in {"missing-signed-by", "http-without-signed-by"}:
            yield "a keyring", self._given(**{"signed-by": RINGS[0]})
        elif rule == "unsigned":
            yield "a signature", self._known(lambda it: it._replace(is_signed=True))
        elif rule == "ignored-option":
            yield "no such option", self._without("wrong")
        elif rule == "disabled":
            yield "the entry enabled", self._entry(lambda it: it._replace(is_enabled=True))
        elif rule == "syntax":
            yield "the entry mended", self._entry(lambda it: it._replace(is_broken=False))
        elif rule == "expired":
            later = {"Valid-Until": release_date(NOW.timestamp() + 86400)}
            renewed = self._known(lambda it: it._replace(fields={**it.fields, **later}))
            named = re.search(r": (\S+) is \d+, Date", message)
            if named is not None:
                renewed = self._given_all(named[1].lower(), "99999999", renewed)
            yield "a later end", renewed
            yield "Check-Valid-Until: no", self._given_all("check-valid-until", "no")
        elif found := _ENDS.search(message):
            day = datetime.fromtimestamp(calendar.timegm(time.strptime(found[1], "%Y-%m-%d")), UTC)
            yield f"the day {found[1]}", case._replace(now=day)

    def _entry(self, change: Callable[[Entry], Entry]) -> Case:
        case = self.case
        name, number = self.entries[0]
        entries = list(case.files[name])
        entries[number] = change(entries[number])
        return case._replace(files={**case.files, name: tuple(entries)})

    def _given(self, **options: str) -> Case:
        return self._entry(lambda it: it._replace(options={**it.options, **options}))

    def _without(self, option: str) -> Case:
        def cut(entry: Entry) -> Entry:
            rest = {name: value for name, value in entry.options.items() if name != option}
            return entry._replace(options=rest)

        return self._entry(cut)

    def _given_all(self, option: str, value: str, case: Case | None = None) -> Case:
        """Return the case with an option given by every entry: they may not contradict another."""
        case = case or self.case

        def given(entry: Entry) -> Entry:
            return entry._replace(options={**entry.options, option: value})

        files = {name: tuple(map(given, entries)) for name, entries in case.files.items()}
        return case._replace(files=files)

    def _known(self, change: Callable[[Known], Known]) -> Case:
        name, number = self.entries[0]
        entry = self.case.files[name][number]
        keys = [(entry.uri, suite) for suite in entry.suites]
        changed = {key: change(it) for key, it in self.case.known.items() if key in keys}
        return self.case._replace(known={**self.case.known, **changed})
