"""Is a surprise told again when only what it cites is left of the world and of the plan?

A stanza that is left has its name, version and architecture, Multi-Arch, and the lines that are
cited; of a large download or installation the sizes of the whole plan stay.  Marks and pins stay,
and other boot loaders where their removal is not what is told.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from foretell.apt.answers.predict import Answer, _read_changes
from foretell.apt.answers.surprises import find_surprises
from foretell.apt.cases.case import CaseList, make_world, stanza_text
from foretell.apt.system.planned import Planned
from foretell.cli.apt_sides import plain_request
from tests.apt.sufficiency.worlds import RELATIONS, Key, ask, draw, has_group, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.cases.case import Case
    from foretell.apt.requests.request import Request
    from foretell.model.reason import Reason
    from tests.apt.sufficiency.worlds import Stanza
    from tests.oracle.universe import Universe

    Told = tuple[str, tuple[tuple[str, object], ...]]

VERSIONS = ("3.0.3", "3.3.5")  # the newer one also removes what was installed by hand
RELEASE = "6.1.0-1-amd64"
# Names that mean something; one package is dpkg besides, whose suite is the system's.
LOADERS = ("grub-pc", "grub-efi-amd64", "systemd-boot")
NAMES = (*LOADERS, "task-x-desktop", f"linux-image-{RELEASE}")
IDENTITY = ("Package", "Status", "Version", "Architecture", "Multi-Arch")
SIZES = ("Size", "Installed-Size")
LOADER = {
    "Package": "lilo",
    "Status": "install ok installed",
    "Version": "1",
    "Architecture": "amd64",
}
# Kinds that are none of what the request names.
UNASKED = {
    *("desktop-removed", "important-removed", "metapackage-removed", "manual-removed"),
    *("essential-added", "configuration-purged", "downgraded"),
}


def cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each surprise of the plans of a world."""
    universe = _dressed(draw(seed))
    for number, request in enumerate(_requests(universe)):
        answer = ask(universe.case, request, VERSIONS[number % 2])
        if answer is None:
            continue
        found = find_surprises(answer)
        weights = [int(str(reason.fields["weight"])) for reason in found]
        complaint = "" if weights == sorted(weights, reverse=True) else f"in this order: {weights}"
        for reason in found:
            what = " ".join([request.verb, *request.words, "->", str(_told(reason))])
            yield what, complaint or _wrong(universe.case, answer, reason)


# -- worlds in which something is surprising ---------------------------------------------------


def _dressed(universe: Universe) -> Universe:
    """Let some packages of a world have names, sections, sizes and files that matter."""
    draws, case = universe.draws, universe.case
    names = draws.some(universe.names, 4)
    renamed = dict(zip(names, ["dpkg", *draws.some(NAMES, 3)], strict=False))
    pattern = re.compile(rf"\b({'|'.join(renamed)})\b")
    universe.names = [renamed.get(name, name) for name in universe.names]
    case.automatic = {(renamed.get(name, name), it) for name, it in case.automatic}
    facts: dict[str, Stanza] = {}

    def worn(stanza: Stanza) -> Stanza:
        found = {
            name: pattern.sub(lambda match: renamed[match[1]], value)
            for name, value in stanza.items()
        }
        own = facts.setdefault(found["Package"], {})
        if not own:
            own["Section"] = draws.one(("misc", "misc", "contrib/metapackages", "tasks"))
            own["Installed-Size"] = draws.one(("10", "10", "10", "900000"))
        return found | own

    case.status = [
        worn(stanza) | {"Conffiles": "".join(f"\n /etc/{n} 0" for n in range(draws.below(9)))}
        for stanza in case.status
    ]
    sizes = ("1000", "1000", "1000", "200000000")
    for part in case.lists:
        part.stanzas = [worn(stanza) | {"Size": draws.one(sizes)} for stanza in part.stanzas]
        suite = str(part.release["archive"])
        part.release = {"codename": suite, "origin": "Example", **part.release}
    if draws.below(3) == 0:
        case.pins = [{"Package": "*", "Pin": "release o=Example", "Pin-Priority": "1001"}]
        for stanza in case.status:
            stanza["Version"] = draws.one((stanza["Version"], "7"))
    case.kernel = draws.one((RELEASE, RELEASE, ""))
    return universe


def _requests(universe: Universe) -> Iterator[Request]:
    """Yield the requests of a world; some also remove, or purge, what is not needed any more."""
    world = make_world(universe.case, "u")
    for asked in universe.requests():
        request = plain_request(asked, world)
        request.auto_remove |= universe.draws.below(2) == 0
        request.purge |= universe.draws.below(3) == 0
        yield request


# -- what is left ------------------------------------------------------------------------------


class _Cited(NamedTuple):
    """What a surprise rests on: packages, and lines of versions, by their numbers."""

    packages: set[int]
    lines: dict[int, list[str]]


class _Twist(NamedTuple):
    """What is otherwise in the smaller world."""

    named: bool = False  # the request names what it is about
    kernel: bool = True  # the running one is known
    loader: bool = False  # another boot loader is there
    gone: int = -1  # this package goes, too
    automatic: int = -1  # this package was installed automatically
    target_release: str = ""
    fields: tuple[int, Stanza] = (-1, {})  # these of a version


def _told(reason: Reason) -> Told:
    """Return what a surprise says, with as many packages as it names."""
    fields = dict(reason.fields)
    for name in ("packages", "members"):
        if name in fields:
            named = fields[name]
            assert isinstance(named, tuple)
            fields["count"] = len(named)
    return reason.kind, tuple(sorted(fields.items()))


def _wrong(case: Case, answer: Answer, reason: Reason) -> str:
    """Return what is wrong about a surprise."""
    world = _Left(case, answer)
    cited = world.cited(reason)
    if isinstance(cited, str):
        return cited
    told = _told(reason)
    left = world.keep(reason.kind, cited, _Twist())
    again = list(map(_told, find_surprises(left)))
    if told not in again:
        return f"then {[it for it in again if it[0] == reason.kind]}"
    for what, facts, twist in world.otherwise(reason, cited):
        if told in map(_told, find_surprises(world.keep(reason.kind, facts, twist))):
            return f"the same with {what}"
    return ""


class _Left:
    """What can be left of the world of an answer."""

    def __init__(self, case: Case, answer: Answer) -> None:
        assert answer.state is not None
        assert answer.planned is not None
        self.case = case
        self.answer = answer
        self.state = answer.state
        self.universe = answer.state.universe
        self.final = answer.planned.versions
        there = [it for it in range(self.universe.package_count()) if self.universe.versions(it)]
        self.labels = {self.universe.full_name(package): package for package in there}
        self.keys = {key_of(answer, package): package for package in there}
        self.offered: dict[tuple[int, int], Stanza] = {}  # by list and offset
        for number, part in enumerate(case.lists):
            at = 0
            for stanza in part.stanzas:
                self.offered[number, at] = stanza
                at += len(stanza_text(stanza)) + 1
        self.installed: dict[int, Stanza] = {}  # by line
        line = 1
        for stanza in case.status:
            self.installed[line] = stanza
            line += stanza_text(stanza).count(b"\n") + 1

    def package(self, stanza: Stanza) -> int:
        return self.keys[Key.of_stanza(stanza)]

    # -- what is cited

    def cited(self, reason: Reason) -> _Cited | str:
        """Return what a surprise cites, or what is wrong with it."""
        fields = reason.fields
        labels = [fields["package"], *(fields[name] for name in ("by", "owner") if name in fields)]
        for name in ("members", "packages"):
            more = fields.get(name, ())
            assert isinstance(more, tuple)
            labels += more
        packages = {self.labels[str(label)] for label in labels}
        lines: dict[int, list[str]] = {}
        for fact in reason.evidence:
            version, stanza = self._at(fact.place)
            text = fact.text or self._vital(stanza)
            name, _, value = text.partition(": ")
            if name in RELATIONS:
                stands = has_group(stanza, name, value)
            elif name == "Provides":
                stands = value in stanza.get(name, "")
            else:
                stands = text in map(str.rstrip, stanza_text(stanza).decode().split("\n"))
            if not stands:
                return f"{text!r} does not stand in {stanza}"
            packages.add(self.universe.package(version))
            lines.setdefault(version, []).append(text)
        return _Cited(packages, lines)

    def _vital(self, stanza: Stanza) -> str:
        """Return what is meant where only the stanza is cited: two fields mean the same."""
        return next(f"{it}: yes" for it in ("Protected", "Important") if it in stanza)

    def _at(self, place: str) -> tuple[int, Stanza]:
        """Return the version and the stanza at a place."""
        if found := re.fullmatch(r".*#lists/(\d+):@(\d+)\+\d+", place):
            number, offset = map(int, found.groups())
            version = next(
                it
                for it in range(self.universe.n_versions)
                if self.universe.stanza(it)[:2] == (number, offset)
            )
            return version, self.offered[number, offset]
        stanza = self.installed[int(place.rpartition(":")[2])]
        return self.state.installed[self.package(stanza)], stanza

    # -- the smaller world

    def otherwise(self, reason: Reason, cited: _Cited) -> Iterator[tuple[str, _Cited, _Twist]]:
        """Yield the facts without which nobody would be surprised."""
        for version, lines in cited.lines.items():
            for line in lines:
                if not line.startswith(("Package: ", "Version: ")):
                    rest = {**cited.lines, version: [it for it in lines if it != line]}
                    yield f"no {line!r}", _Cited(cited.packages, rest), _Twist()
        kind, fields = reason.kind, reason.fields
        package = self.labels[str(fields["package"])]
        if kind in UNASKED:
            yield "its name in the request", cited, _Twist(named=True)
        elif kind == "kernel-removed":
            yield "another kernel running", cited, _Twist(kernel=False)
        elif kind == "boot-loader-removed":
            yield "another boot loader", cited, _Twist(loader=True)
        elif kind == "other-suite":
            yield "-t", cited, _Twist(target_release="testing")
        elif kind == "provider-switched":
            taker = self.final[self.labels[str(fields["by"])]]
            for version in (taker, self.state.installed[package]):
                source = {"Source": self._source(taker, self.state.installed[package], version)}
                yield "the same source", cited, _Twist(fields=(version, source))
        if kind == "downgraded":
            new = {"Version": "9"}
            yield "a higher version", cited, _Twist(fields=(self.final[package], new))
        for label in _names(fields.get("members")):
            yield f"{label} going", cited, _Twist(gone=self.labels[label])
        for label in _names(fields.get("packages")) if kind == "manual-removed" else ():
            yield f"{label} automatic", cited, _Twist(automatic=self.labels[label])

    def _source(self, taker: int, old: int, version: int) -> str:
        other = old if version == taker else taker
        return self.universe.name(self.universe.package(other)).decode()

    def keep(self, kind: str, cited: _Cited, twist: _Twist) -> Answer:
        """Return the same plan in a world with only what is cited."""
        is_large = kind.startswith("large-")
        packages = cited.packages | {it.package for it in self.answer.changes if is_large}
        if kind != "boot-loader-removed":  # which is told first where none is left
            packages |= {it for it in self.final if self.universe.name(it).decode() in LOADERS}
        wanted = {self.final[it] for it in packages if it in self.final} | set(cited.lines)
        case = copy(self.case)
        case.target_release = twist.target_release
        case.kernel = case.kernel if kind == "kernel-removed" and twist.kernel else ""
        case.status = [
            self._bare(stanza, self.state.installed[package], cited, twist, is_large=is_large)
            for stanza in self.case.status
            for package in [self.package(stanza)]
            if package in packages
        ]
        if twist.loader:
            case.status.append({**LOADER, "Conflicts": "number-99999"})
        heads = {
            self.universe.stanza(it)[:2]: version
            for version in wanted
            for it in self.universe.stanzas(version)
        }
        case.lists = []
        for number, part in enumerate(self.case.lists):
            kept = CaseList()
            kept.release = part.release
            kept.stanzas = [
                self._bare(stanza, heads[place], cited, twist, is_large=is_large)
                for place, stanza in self.offered.items()
                if place[0] == number and place in heads
            ]
            case.lists.append(kept)
        automatic = {it for it in self.state.was_automatic if it in packages}
        names = {key_of(self.answer, it) for it in automatic | ({twist.automatic} - {-1})}
        case.automatic = {(key.name, key.architecture) for key in names}
        return self._planned(case, packages - {twist.gone}, twist)

    def _bare(
        self, stanza: Stanza, version: int, cited: _Cited, twist: _Twist, *, is_large: bool
    ) -> Stanza:
        """Return the cited lines of a stanza; what was one version stays one."""
        is_of_others = is_large and self.universe.package(version) not in cited.packages
        kept = IDENTITY + (SIZES if is_of_others else ())
        found = {name: value for name, value in stanza.items() if name in kept}
        found["Conflicts"] = f"number-{version}"
        for line in cited.lines.get(version, ()):
            name, _, value = line.partition(":")
            if name == "Conffiles":
                found[name] = stanza.get(name, "")
            elif name in RELATIONS:  # as it is written: what is told has the architecture, too
                parts = stanza[name].split(",")
                parts = [it for it in parts if has_group({**stanza, name: it}, name, value)]
                found[name] = ",".join(filter(None, [found.get(name), *parts]))
            elif name != "Package":
                found[name] = value.strip()
        changed, fields = twist.fields
        found |= fields if changed == version else {}
        return {name: value for name, value in found.items() if value}

    def _planned(self, case: Case, packages: set[int], twist: _Twist) -> Answer:
        """Return the answer that says of what is left what the whole one says."""
        world = make_world(case, "u")
        again = Answer("ok", world, self.answer.request)
        again.choice, again.profile = self.answer.choice, self.answer.profile
        again.state = state = world.state(self.answer.profile, solver=self.answer.choice.name)
        universe = state.universe
        numbers: dict[int, int] = {}
        for version in range(universe.version_count()):
            number = re.search(rb"number-(\d+)", b"".join(universe.relation_lines(version)))
            assert number is not None
            numbers.setdefault(int(number[1]), version)
        loader = numbers.pop(99999, -1)
        at = {self.universe.package(old): universe.package(new) for old, new in numbers.items()}
        final = {at[it]: numbers[self.final[it]] for it in packages if it in self.final}
        if loader >= 0:
            final[universe.package(loader)] = loader
        again.planned = Planned(final, set())
        state.purged = {at[it] for it in self.state.purged if it in at}
        state.reinstalled = {at[it] for it in self.state.reinstalled if it in at}
        state.protected = {at[it] for it in self.state.protected if it in at}
        state.mode = {at[it]: mode for it, mode in self.state.mode.items() if it in at}
        _read_changes(again, state, again.planned)
        if twist.named:
            state.protected |= {change.package for change in again.changes}
        return again


def _names(value: object) -> Iterator[str]:
    return map(str, value) if isinstance(value, tuple) else iter(())
