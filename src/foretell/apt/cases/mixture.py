"""What would the first of two systems decide with some facts of the second?

Both are cases with the same packages.  A `Fact` is something that they do not have alike: what is
installed or offered of a package, what a version says, a mark, the pins, a setting.  With no fact
of the second it is the first that decides, with all of them the second.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from foretell.apt.answers.difference import plan_table
from foretell.apt.answers.predict import predict
from foretell.apt.cases.capture import MACHINE_ID, machine_id, make_case, needed_versions
from foretell.apt.cases.case import CaseList, CaseWorld, make_world
from foretell.apt.cases.pairing import (
    blend,
    changes,
    merge,
    pair_lists,
    pair_stanzas,
    statement,
)
from foretell.apt.model import DEPENDS, PRE_DEPENDS, RECOMMENDS
from foretell.apt.system.solver_name import OPTION
from foretell.errors import ForetellError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from foretell.apt.answers.difference import Table
    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case, Stanza
    from foretell.apt.cases.pairing import PairedList, Release, Row
    from foretell.apt.packages.universe import Universe

    Place = tuple[str, str, str]  # name, architecture and version

__all__ = ["Fact", "Mixture"]

WHOLE_MAX = 5000  # versions in the lists of a system that are all taken
GROWN_MAX = 20  # times that packages are added to what two answers rest on
_WANTS = frozenset(("install", "hold"))
_GONE = frozenset(("config-files", "not-installed"))


class Fact(NamedTuple):
    """Something that two systems do not have alike.

    ``kind`` is one of ``installed``, ``held``, ``mark``, ``offered`` and ``relation``, which are
    about a package, and ``pins``, ``lists``, ``release``, ``setting``, ``architectures``,
    ``kernel``, ``solver`` and ``request``, which are not.  ``name`` is that of a setting or list,
    what a pin says, or what only one of two stanzas of ``version`` says: a relation with its field,
    or another field.
    """

    kind: str
    package: str = ""
    architecture: str = ""
    version: str = ""
    name: str = ""


class Mixture:
    """Two systems that were asked the same, and what the first decides with facts of the second.

    ``facts`` are all that they do not have alike, sorted; ``size`` is the number of stanzas.
    Raises `InputError` when a list does not hold its stanzas any more.
    """

    def __init__(self, first: Answer, second: Answer) -> None:
        self._answers = (first, second)
        is_small = all(it.world.archive.n_versions <= WHOLE_MAX for it in self._answers)
        self._names = None if is_small else set().union(*map(_needed_names, self._answers))
        self._read()

    def _read(self) -> None:
        """Read what both have of the names that matter."""
        self.cases = first, second = _same_packages(self._answers, self._names)
        self._status = pair_stanzas(first.status, second.status, first.native)
        self._lists = self._pair_lists(first, second)
        self._pins = _pair_pins(first, second)
        self._offers = [row for part in self._lists for row in part.rows]
        self._installed = {row.key for row in self._status if not _is_alike(row)}
        self._offered = {row.key for row in self._offers if row.first is None or row.second is None}
        self._said = self._pair_statements()
        self.facts: Sequence[Fact] = sorted({*self._package_facts(), *self._system_facts()})
        self.size = len(self._status) + len(self._offers)
        self._tables: dict[frozenset[Fact], Table | None] = {}

    def table(self, facts: Collection[Fact]) -> Table | None:
        """Return what the first plans with these facts of the second; None if that is nothing.

        A plan that comes to packages that neither answer rests on is made again with them.
        """
        wanted = frozenset(facts)
        for _ in range(GROWN_MAX):
            if wanted in self._tables:
                return self._tables[wanted]
            answer = self._plan(wanted)
            missing = _missing_names(answer, self._answers) if answer and self._names else set()
            if self._names is None or missing <= self._names:
                self._tables[wanted] = plan_table(answer) if answer else None
            else:
                self._names |= missing
                self._read()
        return self._tables.get(wanted)

    def is_known(self, facts: Collection[Fact]) -> bool:
        """Say whether this has been asked already."""
        return frozenset(facts) in self._tables

    def _plan(self, facts: frozenset[Fact]) -> Answer | None:
        case = self._case(facts)
        try:
            world = make_world(case, "mixture")
            answer = predict(world, case.request, solver_version=case.solver_version)
        except ForetellError:
            return None
        return answer if answer.verdict == "ok" else None

    def texts(self, fact: Fact) -> tuple[str, str]:
        """Return a fact of a whole system, or what a version says, on both sides."""
        if fact.name == MACHINE_ID:  # machine-id(5) calls it confidential
            return "one", "another"
        if fact.kind == "lists":
            (part,) = (it for it in self._lists if it.title == fact.name)
            return _release_text(part.first, part.second), _release_text(part.second, part.first)
        if fact.kind == "relation":
            for ours, theirs, names in self._said[fact[1:4]]:
                if fact.name in names:
                    return statement(ours, fact.name), statement(theirs, fact.name)
        if fact.kind == "pins":
            first, second = (fact.name if pin else "" for pin in self._pins[fact.name])
        else:
            first, second = (_system_text(case, fact) for case in self.cases)
        return first, second

    # -- what is not alike ---------------------------------------------------------------------

    def _pair_statements(self) -> dict[Place, list[tuple[Stanza, Stanza, set[str]]]]:
        """Return the stanzas of what both sides have in a version, with what only one says."""
        found: dict[Place, list[tuple[Stanza, Stanza, set[str]]]] = {}
        for rows, whole in ((self._status, self._installed), (self._offers, self._offered)):
            for key, first, second in rows:
                if key not in whole and first is not None and second is not None:
                    names = {*changes(first, second)}
                    place = (*key, first.get("Version", ""))
                    if names:
                        found.setdefault(place, []).append((first, second, names))
        return found

    def _pair_lists(self, first: Case, second: Case) -> list[PairedList]:
        """Return the lists in pairs.

        A capture has what its own request came to: what one of another request does not have is no
        fact, and is as on the other side.
        """
        paired = pair_lists(first.lists, second.lists, first.native)
        if _asked(first) == _asked(second):
            return paired
        for at, answer in enumerate(self._answers):
            if isinstance(answer.world, CaseWorld):
                here = {stanza["Package"] for stanza in answer.world.stanzas}
                paired = [part._replace(rows=_filled(part.rows, at, here)) for part in paired]
        return paired

    def _package_facts(self) -> Iterator[Fact]:
        yield from (Fact("installed", *key) for key in self._installed)
        yield from (Fact("offered", *key) for key in self._offered)
        for place, pairs in self._said.items():
            yield from (Fact("relation", *place, name) for _, _, names in pairs for name in names)
        first, second = self.cases
        for row in self._status:
            if _is_here(row.first) and _is_here(row.second):
                if _is_held(row.first) != _is_held(row.second):
                    yield Fact("held", *row.key)
                if (row.key in first.automatic) != (row.key in second.automatic):
                    yield Fact("mark", *row.key)

    def _system_facts(self) -> Iterator[Fact]:
        first, second = self.cases
        for text, pair in self._pins.items():
            if None in pair:
                yield Fact("pins", name=text)
        for part in self._lists:
            if part.first != part.second:
                yield Fact("lists", name=part.title)
        for kind, ours, theirs in (
            ("release", first.target_release, second.target_release),
            ("architectures", first.foreign, second.foreign),
            ("kernel", first.kernel, second.kernel),
            ("solver", _solver(first), _solver(second)),
            ("request", _asked(first), _asked(second)),
        ):
            if ours != theirs:
                yield Fact(kind)
        for name in {*first.settings, *second.settings} - {OPTION}:
            if first.settings.get(name) != second.settings.get(name):
                yield Fact("setting", name=name)

    # -- some of each --------------------------------------------------------------------------

    def _case(self, facts: frozenset[Fact]) -> Case:
        """Return the first system with these facts of the second."""
        first, second = self.cases
        case = copy(first)
        kinds = {fact.kind for fact in facts}
        pins = (
            pair[Fact("pins", name=text) in facts] if None in pair else pair[0]
            for text, pair in self._pins.items()
        )
        case.pins = [pin for pin in pins if pin is not None]
        case.target_release = (second if "release" in kinds else first).target_release
        case.foreign = (second if "architectures" in kinds else first).foreign
        case.kernel = (second if "kernel" in kinds else first).kernel
        case.request = (second if "request" in kinds else first).request
        solver = second if "solver" in kinds else first
        case.solver_version = solver.solver_version
        turned = {fact.name for fact in facts if fact.kind == "setting"}
        case.settings = {
            name: value
            for name in merge(list(first.settings), list(second.settings))
            if (value := (second if name in turned else first).settings.get(name)) is not None
        }
        case.settings[OPTION] = solver.settings[OPTION]
        self._put_status(case, facts)
        self._put_lists(case, facts)
        return case

    def _put_status(self, case: Case, facts: frozenset[Fact]) -> None:
        case.status = []
        case.automatic = set()
        said = _turned(facts)
        for row in self._status:
            stanza = self._taken(row, "installed", facts, said)
            if stanza is None:
                continue
            both = _is_here(row.first) and _is_here(row.second)
            if both:
                holder = row.second if Fact("held", *row.key) in facts else row.first
                want, rest = _words(holder)[0], _words(stanza)[1:]
                stanza = {**stanza, "Status": " ".join((want, *rest))}
            case.status.append(stanza)
            marks = self.cases[Fact("mark" if both else "installed", *row.key) in facts].automatic
            if row.key in marks:
                case.automatic.add(row.key)

    def _put_lists(self, case: Case, facts: frozenset[Fact]) -> None:
        case.lists = []
        said = _turned(facts)
        for paired in self._lists:
            part = CaseList()
            is_second = Fact("lists", name=paired.title) in facts
            part.release = dict(paired.second if is_second else paired.first)
            taken = (self._taken(row, "offered", facts, said) for row in paired.rows)
            part.stanzas = [stanza for stanza in taken if stanza is not None]
            case.lists.append(part)

    def _taken(
        self, row: Row, kind: str, facts: frozenset[Fact], said: Mapping[Place, set[str]]
    ) -> Stanza | None:
        """Return the stanza that a package has in a mixture, or None.

        What a version says that both have is a matter of its own, whoever has the stanza.
        """
        is_second = Fact(kind, *row.key) in facts
        stanza = row.second if is_second else row.first
        if stanza is None:
            return None
        place = (*row.key, stanza.get("Version", ""))
        for first, second, names in self._said.get(place, ()):
            turned = said.get(place, set()) & names
            stanza = (
                blend(stanza, first, names - turned) if is_second else blend(stanza, second, turned)
            )
        return stanza


def _filled(rows: Sequence[Row], side: int, here: set[str]) -> list[Row]:
    """Return rows with the other side's stanza of packages of which a side has none."""
    found = []
    for row in rows:
        other = row.first if side else row.second
        found.append(row if row.key[0] in here else row._replace(first=other, second=other))
    return found


def _asked(case: Case) -> list[str]:
    """Return a request as a command line has it."""
    request = case.request
    flags = ("reinstall", "only_upgrade", "auto_remove", "purge")
    names = [
        f"--{name.replace('_', '-')}"
        for name in flags
        if getattr(request, name) and name.replace("_", "") != request.verb
    ]
    names += [] if request.allow_new else ["--without-new-pkgs"]
    return [request.verb, *request.words, *names]


def _release_text(release: Release, other: Release) -> str:
    """Return what a Release file says otherwise than another."""
    return ", ".join(
        f"{name} {value}" for name, value in release.items() if value != other.get(name)
    )


def _pair_pins(first: Case, second: Case) -> dict[str, tuple[Stanza | None, Stanza | None]]:
    """Return the pins of both by what they say, in their order; None where a side has no such."""
    ours, theirs = _by_text(first.pins), _by_text(second.pins)
    return {text: (ours.get(text), theirs.get(text)) for text in merge(list(ours), list(theirs))}


def _by_text(pins: Sequence[Stanza]) -> dict[str, Stanza]:
    """Return pins by what they say, those that say the same with a number."""
    found: dict[str, Stanza] = {}
    for pin in pins:
        text = plain = f"{pin['Package']}: {pin['Pin']} {pin['Pin-Priority']}"
        count = 1
        while text in found:
            count += 1
            text = f"{plain} #{count}"
        found[text] = pin
    return found


def _solver(case: Case) -> str:
    return f"{case.settings[OPTION]} of apt {case.solver_version}"


def _system_text(case: Case, fact: Fact) -> str:
    """Return what a fact is in a system, if it is not about a package."""
    setting = case.settings.get(fact.name, "")
    return {
        "release": case.target_release,
        "setting": ", ".join(setting) if isinstance(setting, list) else setting,
        "architectures": ", ".join(case.foreign),
        "kernel": case.kernel,
        "solver": _solver(case),
        "request": " ".join(_asked(case)),
    }[fact.kind]


def _same_packages(answers: tuple[Answer, Answer], names: set[bytes] | None) -> tuple[Case, Case]:
    """Return the cases of both, with all that is offered of some names; None for all."""
    cases = []
    for answer in answers:
        versions = None if names is None else _named(answer, names)
        case = make_case(answer, versions, solver_version=answer.solver_version)
        case.request = answer.request  # patterns are asked of the mixture
        machine = machine_id(answer.world)
        if machine:
            case.settings = {**case.settings, MACHINE_ID: machine}
        for part, file in zip(case.lists, answer.world.files, strict=True):
            if file.site is not None:  # though only the other's pins may ask for it
                part.release["site"] = file.site
        cases.append(case)
    return cases[0], cases[1]


def _needed_names(answer: Answer) -> set[bytes]:
    assert answer.state is not None
    universe = answer.state.universe
    return {universe.name(universe.package(version)) for version in needed_versions(answer)}


def _named(answer: Answer, names: set[bytes]) -> set[int]:
    """Return the versions that a list offers of the packages of some names."""
    assert answer.state is not None
    universe = answer.state.universe
    packages = (package for name in names for package in universe.named(name))
    versions = (version for package in packages for version in universe.versions(package))
    return {version for version in versions if version < universe.n_versions}


def _missing_names(answer: Answer, whole: tuple[Answer, Answer]) -> set[bytes]:
    """Return the packages that may fulfil what a plan wants, as the whole systems have them.

    With what these depend on: without it a solver would pass them over.
    """
    assert answer.state is not None
    universe = answer.state.universe
    new = [change.new for change in answer.changes if change.new >= 0]
    queue = [*_wanted(universe, new, (PRE_DEPENDS, DEPENDS, RECOMMENDS))]
    seen = set(queue)
    found: set[bytes] = set()
    while queue:
        name = queue.pop()
        for side in whole:
            assert side.state is not None
            other = side.state.universe
            versions = _fulfilling(other, name)
            found.update(other.name(other.package(version)) for version in versions)
            wanted = _wanted(other, versions, (PRE_DEPENDS, DEPENDS))
            queue += wanted - seen
            seen |= wanted
    return found


def _fulfilling(universe: Universe, name: bytes) -> list[int]:
    """Return the versions that have or provide a name."""
    found: list[int] = []
    for package in (universe.find_mentioned(name, it) for it in universe.architectures):
        if package >= 0:
            found += universe.versions(package)
            found += (owner for owner, _ in universe.provides(package))
    return found


def _wanted(universe: Universe, versions: Iterable[int], kinds: Iterable[int]) -> set[bytes]:
    """Return the names that some versions' relations are about."""
    return {
        universe.name(target)
        for version in versions
        for kind in kinds
        for group in universe.groups(version, kind)
        for target, _, _ in universe.members(group)
    }


def _turned(facts: frozenset[Fact]) -> dict[Place, set[str]]:
    """Return what each version says as on the second side."""
    found: dict[Place, set[str]] = {}
    for kind, package, architecture, version, name in facts:
        if kind == "relation":
            found.setdefault((package, architecture, version), set()).add(name)
    return found


def _is_alike(row: Row) -> bool:
    """Say whether both systems have the same version in the same state, on hold or not."""
    if row.first is None or row.second is None:
        return False
    if row.first.get("Version") != row.second.get("Version"):
        return False
    ours, theirs = _words(row.first), _words(row.second)
    wants = {ours[0], theirs[0]}
    return ours == theirs or (ours[1:] == theirs[1:] and wants == _WANTS and _is_here(row.first))


def _words(stanza: Stanza | None) -> list[str]:
    return stanza["Status"].split() if stanza is not None else []


def _is_here(stanza: Stanza | None) -> bool:
    return stanza is not None and _words(stanza)[2] not in _GONE


def _is_held(stanza: Stanza | None) -> bool:
    return _words(stanza)[:1] == ["hold"]
