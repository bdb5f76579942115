"""Is the same said of a Release file when only the fields and settings that are named are left?

A case is an archive without a signature (trusted, allowed or not), what was downloaded of it
before, and how the source and the system are set; foretell updates from it.
"""

from __future__ import annotations

import atexit
import calendar
import hashlib
import os
import re
import shutil
import tempfile
import time
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from foretell.apt.acquire.lists_folder import ListsFolder
from foretell.apt.acquire.update import Update
from foretell.apt.sources.sources import list_file_name, parse_deb822
from foretell.apt.syntax.configuration import Configuration
from foretell.oracle.sample import Draws
from tests.apt.archive_lab import ALGORITHMS, packages_text, release_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foretell.apt.acquire.trust import Verifier

    Fields = Mapping[str, str]

COUNT = 20  # cases of one number
NOW = 1_700_000_000.0
DAY = 86400
ARCHIVE = "srv/archive/dists"
INDEX = "main/binary-amd64/Packages"
LISTS = "var/lib/apt/lists"
SPANS = (5, 60, 3600, 5 * DAY, 40 * DAY)
SUITES = ("stable", "testing", "trixie", "trixie-updates", "stable/x")
_SETTING = re.compile(r"\b((?:Acquire::[\w:-]+|Valid-Until-M\w\w|Date-Max-Future)) is (\d+)")
BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----\n\n"
END = b"-----BEGIN PGP SIGNATURE-----\n"
# What gives a default priority.
_PRIORITIES = {
    "500": {},
    "1": {"NotAutomatic": "yes"},
    "100": {"NotAutomatic": "yes", "ButAutomaticUpgrades": "yes"},
}
_DATE = r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d UTC"


class Case(NamedTuple):
    """What is fetched, what is there already, and how all is set."""

    release: Fields | None  # the fields; None for an archive that has none
    old: Fields | None = None
    was_signed: bool = False
    tables: tuple[str, ...] = ("SHA256",)
    options: Fields = MappingProxyType({})
    settings: Fields = MappingProxyType({})
    suite: str = "stable"


NEUTRAL: Fields = {"Date": release_date(NOW - DAY), "Suite": "stable"}


class Verdict(NamedTuple):
    """What is said: nothing but words."""

    status: str
    code: str
    message: str
    rule: str
    hint: str
    warnings: tuple[str, ...]


def cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each refusal and warning of some updates."""
    draws = Draws(f"release/{seed}")
    for _ in range(COUNT):
        case = _draw(draws)
        verdict = ask(case)
        for check in _Bench(case, verdict).checks():
            yield f"{case} -> {verdict}", check


# -- cases -------------------------------------------------------------------------------------


def _draw(draws: Draws) -> Case:
    def is_so(percent: int) -> bool:
        return draws.below(100) < percent

    def fields() -> dict[str, str]:
        found = {name: draws.one(("A", "B", "")) for name in ("Origin", "Label")}
        found["Suite"] = draws.one(("stable", "stable", "testing", ""))
        found["Codename"] = draws.one(("trixie", "trixie", "sid", ""))
        ago = draws.one([str(it) for it in (*SPANS, *SPANS, 0, -5, -60, -5 * DAY)])
        found["Date"] = release_date(NOW - int(ago)) if is_so(92) else draws.one(("", "yesterday"))
        if is_so(50):
            span = int(draws.one([str(it) for it in SPANS]))
            found["Valid-Until"] = release_date(NOW + span * (-1 if is_so(50) else 1))
            found["Valid-Until"] = found["Valid-Until"] if is_so(95) else "never"
        for name in ("NotAutomatic", "ButAutomaticUpgrades"):
            found[name] = "yes" if is_so(20) else ""
        return {name: value for name, value in found.items() if value}

    spans = [str(it) for it in SPANS]
    switches = dict.fromkeys(("Check-Date", "Check-Valid-Until"), ("no", "yes"))
    numbers = ("Date-Max-Future", "Valid-Until-Max", "Valid-Until-Min")
    options = {name: draws.one(words) for name, words in switches.items() if is_so(10)}
    options |= {name: draws.one(spans) for name in numbers if is_so(15)}
    names = [f"Acquire::{name}" for name in ("Max-ValidTime", "Min-ValidTime", "Max-FutureTime")]
    names += [f"{name}::{label}" for name in names[:2] for label in "AB"]
    settings = {name: draws.one(spans) for name in names if is_so(12)}
    allowing = "Acquire::AllowReleaseInfoChange"
    changes = [f"::{it}" for it in ("Origin", "Label", "Codename", "DefaultPin", "Suite")]
    allowed = [
        *(f"Acquire::{name}" for name in switches),
        *(f"{allowing}{name}" for name in ("", *changes)),
        *("Acquire::AllowInsecureRepositories",) * 4,
        "Acquire::AllowDowngradeToInsecureRepositories",
    ]
    settings |= {name: draws.one(("true", "true", "false")) for name in allowed if is_so(15)}
    options |= {"Trusted": "yes"} if is_so(70) else {}
    new = fields()
    old = new | {name: value for name, value in fields().items() if is_so(30)}
    return Case(
        new if is_so(95) else None,
        old if is_so(60) else None,
        was_signed=is_so(40),
        tables=("SHA256",) if is_so(90) else tuple(draws.some([*ALGORITHMS], draws.below(3))),
        options=options,
        settings=settings,
        suite=draws.one(("stable", "stable", *SUITES)),
    )


@cache
def _root() -> str:
    folder = tempfile.mkdtemp(prefix="release")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def ask(case: Case) -> Verdict:
    """Return what is said of an update from an archive that is laid out anew."""
    root = _root()
    for entry in os.scandir(root):
        shutil.rmtree(entry.path)
    uri = f"file:{root}/srv/archive"
    text = f"Types: deb\nURIs: {uri}\nSuites: {case.suite}\nComponents: main\n"
    text += "".join(f"{name}: {value}\n" for name, value in case.options.items())
    sources = parse_deb822(text.encode(), "x.sources", architecture="amd64")
    packages = packages_text("hello")
    files = {f"{ARCHIVE}/{case.suite}/{INDEX}": packages}
    if case.release is not None:
        data = _release(case.release, {INDEX: packages}, case.tables)
        files[f"{ARCHIVE}/{case.suite}/Release"] = data
    if case.old is not None:
        data = _release(case.old, {}, ())
        name = list_file_name(sources[0].uri, case.suite, "", "")
        if case.was_signed:
            data = BEGIN + data + END
        else:
            name = name.removesuffix("InRelease") + "Release"
        files[f"{LISTS}/{name}"] = data
    for name, data in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        if name.startswith(LISTS):  # else it would not be fetched again
            os.utime(path, (NOW - DAY, NOW - DAY))
    configuration = Configuration(root)
    for name, value in {"Acquire::Languages": "none", **case.settings}.items():
        configuration.set(name, value)
    with ListsFolder(os.path.join(root, LISTS)) as folder:
        work = Update(
            sources,
            configuration,
            folder,
            cast("Verifier", None),  # nothing is signed
            architectures=["amd64"],
            environment={},
            now=NOW,
            report=lambda *_: None,
        )
        [outcome] = work.run()
    error = outcome.error
    found = ("", "", "", "")
    if error is not None:
        found = (error.code, error.message, error.rule or "", error.hint or "")
    return Verdict(outcome.status, *found, tuple(outcome.warnings))


def _release(fields: Fields, files: Mapping[str, bytes], tables: tuple[str, ...]) -> bytes:
    text = "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()
    for table in tables:
        text += f"{table}:\n".encode()
        for name, data in files.items():
            digest = hashlib.new(ALGORITHMS[table], data).hexdigest()
            text += f" {digest} {len(data)} {name}\n".encode()
    return text


# -- what is left ------------------------------------------------------------------------------


class _Bench:
    """One case, and what is wrong about what is said of it."""

    def __init__(self, case: Case, verdict: Verdict) -> None:
        self.case = case
        self.verdict = verdict
        self.trusted = Case(NEUTRAL, options={"Trusted": "yes"})

    def checks(self) -> Iterator[str]:
        """Yield what is wrong about the refusal and each warning, or nothing."""
        if self.verdict.code:
            name = f"_{self.verdict.code.replace('-', '_')}"
            yield "; ".join(filter(None, getattr(self, name)()))
        for warning in self.verdict.warnings:
            yield "; ".join(filter(None, self._warning(warning)))

    def _again(self, case: Case) -> str:
        again = ask(case)
        mine = self.verdict._replace(warnings=())
        return "" if again._replace(warnings=()) == mine else f"with that alone: {again}"

    def _otherwise(self, what: str, case: Case) -> str:
        again = ask(case)
        same = (again.code, again.message) == (self.verdict.code, self.verdict.message)
        return f"the same with {what}" if same else ""

    def _with(self, **fields: str) -> Case:
        """Return the case with other fields of the Release file."""
        assert self.case.release is not None
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        return self.case._replace(release={**self.case.release, **named})

    def _options(self, **options: str) -> Case:
        named = {name.replace("_", "-"): value for name, value in options.items()}
        return self.case._replace(options={**self.case.options, **named})

    # -- refusals

    def _no_release(self) -> Iterator[str]:
        yield self._again(Case(None, suite=self.case.suite))
        yield self._otherwise("a Release file", self.case._replace(release=NEUTRAL))
        yield self._otherwise("the hint", self._options(Trusted="yes"))

    def _not_signed(self) -> Iterator[str]:
        is_new = self.verdict.message.endswith("any more")
        yield self._again(Case(NEUTRAL, NEUTRAL if is_new else None, was_signed=is_new))
        yield self._otherwise("the hint", self._options(Trusted="yes"))

    def _weak_hashes(self) -> Iterator[str]:
        tables = tuple(it for it in ALGORITHMS if it.upper() in self.verdict.message)
        yield self._again(self.trusted._replace(tables=tables))
        more = self.case._replace(tables=(*self.case.tables, "SHA512"))
        yield self._otherwise("a strong one", more)

    def _bad_date(self) -> Iterator[str]:
        found = re.fullmatch(r"Valid-Until '(.*)' is no date", self.verdict.message)
        assert found is not None
        yield self._again(self.trusted._replace(release={**NEUTRAL, "Valid-Until": found[1]}))
        yield self._otherwise("a date", self._with(Valid_Until=release_date(NOW + 1)))

    def _not_yet_valid(self) -> Iterator[str]:
        found = re.search(f"future: ({_DATE}),", self.verdict.message)
        assert found is not None
        yield self._again(self._set(self.trusted, {"Date": found[1]}))
        yield self._otherwise("the date of today", self._with(Date=release_date(NOW)))
        yield self._otherwise("the hint", self._options(Check_Date="no"))
        for name, _ in _SETTING.findall(self.verdict.message):
            yield self._otherwise(f"more of {name}", self._given(name, f"{400 * DAY}"))

    def _expired(self) -> Iterator[str]:
        message = self.verdict.message
        fields: dict[str, str] = {}
        for name in ("Date", "Valid-Until"):
            if found := re.search(rf"\b{name} ({_DATE})", message):
                fields[name] = found[1]
        if not fields:
            found = re.search(r"on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", message)
            assert found is not None
            end = calendar.timegm(time.strptime(found[1], "%Y-%m-%d %H:%M:%S"))
            fields["Valid-Until"] = release_date(end)
        yield self._again(self._set(self.trusted, fields))
        yield self._otherwise("the hint", self._options(Check_Valid_Until="no"))
        named = [name for name, _ in _SETTING.findall(message)]
        for name in named:
            yield self._otherwise(f"more of {name}", self._given(name, f"{400 * DAY}"))
        if not named:
            yield self._otherwise("a later one", self._with(Valid_Until=release_date(NOW + 1)))

    def _set(self, case: Case, fields: Fields) -> Case:
        """Return a case with these fields and the settings that are told."""
        found = {**NEUTRAL, **fields}
        options, settings = dict(case.options), dict(case.settings)
        told = _SETTING.findall(self.verdict.message)
        told += re.findall(r"beyond ([\w:-]+), which is (\d+)", self.verdict.message)
        for name, value in told:
            if "::" in name:
                settings[name] = value
                label = name.removeprefix("Acquire::").partition("::")[2]
                found |= {"Label": label} if label else {}
            else:
                options[name] = value
        return case._replace(release=found, options=options, settings=settings)

    def _given(self, name: str, value: str) -> Case:
        if "::" in name:
            return self.case._replace(settings={**self.case.settings, name: value})
        return self.case._replace(options={**self.case.options, name: value})

    def _release_info_changed(self) -> Iterator[str]:
        told = re.findall(r"([\w ]+) changed from '(\w*)' to '(\w*)'", self.verdict.message)
        fields = [{**NEUTRAL}, {**NEUTRAL}]
        for name, *values in told:
            for side, value in zip(fields, values, strict=True):
                side.update(_PRIORITIES[value] if "priority" in name else {name.strip(): value})
        old, new = fields
        yield self._again(self.trusted._replace(release=new, old=old))
        settings = dict(re.findall(r"-o (\S+)=(\S+)", self.verdict.hint))
        allowed = self.case._replace(settings={**self.case.settings, **settings})
        yield "the same with the hint" if ask(allowed).code == self.verdict.code else ""
        for name, value in settings.items():
            one = self.case._replace(settings={**self.case.settings, name: value})
            yield self._otherwise(name, one)

    # -- warnings

    def _warning(self, text: str) -> Iterator[str]:
        case, others = self._warned(text)
        again = ask(case)
        if text not in again.warnings:
            yield f"{text!r}, with that alone: {again}"
        if text in ask(others).warnings:
            yield f"{text!r} is said all the same"

    def _warned(self, text: str) -> tuple[Case, Case]:
        """Return a case with the facts of a warning alone, and the whole one without them."""
        now = release_date(NOW - 1)
        if found := re.fullmatch(r"Release file has (?:no Date|Date \"(.*)\"): .*", text):
            date = {"Date": found[1]} if found[1] else {}
            return self.trusted._replace(release={"Suite": "stable", **date}), self._with(Date=now)
        if found := re.fullmatch(r"expected (\S+), but it calls itself (\S+)", text):
            name = {} if found[2] == "nothing" else {"Codename": found[2]}
            fields = {"Date": NEUTRAL["Date"], **name}
            wanted = self._with(Codename=found[1])
            return self.trusted._replace(release=fields, suite=found[1]), wanted
        if found := re.fullmatch(r"Release file is not signed, which (\S+) allows", text):
            is_new = "Downgrade" in found[1]
            old = NEUTRAL if is_new else None
            left = Case(NEUTRAL, old, was_signed=is_new, settings={found[1]: "true"})
            return left, self.case._replace(settings={**self.case.settings, found[1]: "false"})
        if found := re.fullmatch(rf"mirror has .*: of (.*), here is one of ({_DATE}), .*", text):
            date = {"Date": found[1]} if found[1] != "no Date" else {}
            old = {"Date": found[2], "Suite": "stable"}
            left = self.trusted._replace(release={"Suite": "stable", **date}, old=old)
            left = left._replace(options={**left.options, "Check-Date": "no"})  # if it lies ahead
            return left, self.case._replace(old=None)
        assert text == "archive has no Release file: nothing is verified", text
        left = Case(None, options={"Trusted": "yes"}, suite=self.case.suite)
        return left, self.case._replace(release=NEUTRAL)
