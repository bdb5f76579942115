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
from foretell.apt.cases.capture import make_case, needed_versions
from foretell.apt.cases.case import CaseList, make_world
from foretell.apt.cases.pairing import (
    blend,
    changes,
    merge,
    pair_lists,
    pair_stanzas,
    statement,
)
from foretell.apt.requests.request import Request
from foretell.apt.system.solver_name import OPTION
from foretell.errors import ForetellError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from foretell.apt.answers.difference import Table
    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case, Stanza
    from foretell.apt.cases.pairing import Row

    Place = tuple[str, str, str]  # name, architecture and version

__all__ = ["Fact", "Mixture"]

WHOLE_MAX = 5000  # versions in the lists of a system that are all taken
_MACHINE = "APT::Machine-ID"
_WANTS = frozenset(("install", "hold"))
_GONE = frozenset(("config-files", "not-installed"))


class Fact(NamedTuple):
    """Something that two systems do not have alike.

    ``kind`` is one of ``installed``, ``held``, ``mark``, ``offered`` and ``relation``, which are
    about a package, and ``pins``, ``release``, ``setting``, ``architectures``, ``kernel``,
    ``solver`` and ``request``, which are not.  ``name`` is that of a setting, or of what only one
    of two stanzas of ``version`` says: a relation with its field, or another field.
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
        self.cases = first_case, second_case = _same_packages(first, second)
        native = first_case.native
        self._status = pair_stanzas(first_case.status, second_case.status, native)
        self._lists = pair_lists(first_case.lists, second_case.lists, native)
        self._offers = [row for part in self._lists for row in part.rows]
        self._installed = {row.key for row in self._status if not _is_alike(row)}
        self._offered = {row.key for row in self._offers if row.first is None or row.second is None}
        self._said = self._pair_statements()
        self.facts: Sequence[Fact] = sorted({*self._package_facts(), *self._system_facts()})
        self.size = len(self._status) + len(self._offers)
        self._tables: dict[frozenset[Fact], Table | None] = {}

    def table(self, facts: Collection[Fact]) -> Table | None:
        """Return what the first plans with these facts of the second; None if that is nothing."""
        wanted = frozenset(facts)
        if wanted not in self._tables:
            self._tables[wanted] = self._plan(wanted)
        return self._tables[wanted]

    def is_known(self, facts: Collection[Fact]) -> bool:
        """Say whether this has been asked already."""
        return frozenset(facts) in self._tables

    def _plan(self, facts: frozenset[Fact]) -> Table | None:
        case = self._case(facts)
        try:
            world = make_world(case, "mixture")
            answer = predict(world, case.request, solver_version=case.solver_version)
        except ForetellError:
            return None
        return plan_table(answer) if answer.verdict == "ok" else None

    def texts(self, fact: Fact) -> tuple[str, str]:
        """Return a fact of a whole system, or what a version says, on both sides."""
        if fact.kind == "relation":
            for first, second, names in self._said[fact[1:4]]:
                if fact.name in names:
                    return statement(first, fact.name), statement(second, fact.name)
        ours, theirs = (_system_text(case, fact) for case in self.cases)
        return ours, theirs

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
        for kind, ours, theirs in (
            ("pins", first.pins, second.pins),
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
        case.pins = (second if "pins" in kinds else first).pins
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
            part.release = dict(paired.release)
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


def _asked(case: Case) -> list[object]:
    return [getattr(case.request, name) for name in Request.__slots__]


def _solver(case: Case) -> str:
    return f"{case.settings[OPTION]} of apt {case.solver_version}"


def _system_text(case: Case, fact: Fact) -> str:
    """Return what a fact is in a system, if it is not about a package."""
    request = case.request
    values: dict[str, str | list[str]] = {
        "pins": [f"{pin['Package']}: {pin['Pin']} {pin['Pin-Priority']}" for pin in case.pins],
        "release": case.target_release,
        "setting": case.settings.get(fact.name, ""),
        "architectures": case.foreign,
        "kernel": case.kernel,
        "solver": _solver(case),
        "request": " ".join([request.verb, *request.words]),
    }
    value = values[fact.kind]
    return ", ".join(value) if isinstance(value, list) else value


def _same_packages(first: Answer, second: Answer) -> tuple[Case, Case]:
    """Return the cases of both, each with all that it has of what either rests on."""
    cases = []
    for answer, versions in zip((first, second), _same_versions(first, second), strict=True):
        case = make_case(answer, versions, solver_version=answer.solver_version)
        case.request = answer.request  # patterns are asked of the mixture
        configuration = answer.world.configuration
        machine = answer.world.machine.decode("utf-8", "surrogateescape")
        if configuration is not None:
            machine = configuration.find(_MACHINE) or machine
        if machine:
            case.settings = {**case.settings, _MACHINE: machine}
        cases.append(case)
    return cases[0], cases[1]


def _same_versions(first: Answer, second: Answer) -> Sequence[set[int] | None]:
    """Return the versions of both archives that have a name either rests on; None for all."""
    answers = (first, second)
    if all(answer.world.archive.n_versions <= WHOLE_MAX for answer in answers):
        return None, None
    needed = list(map(needed_versions, answers))
    names: set[bytes] = set()
    for answer, versions in zip(answers, needed, strict=True):
        assert answer.state is not None
        universe = answer.state.universe
        names.update(universe.name(universe.package(version)) for version in versions)
    return [_named(it, names) | own for it, own in zip(answers, needed, strict=True)]


def _named(answer: Answer, names: set[bytes]) -> set[int]:
    """Return the versions that a list offers of the packages of some names."""
    assert answer.state is not None
    universe = answer.state.universe
    packages = (universe.find(name, it) for name in names for it in universe.architectures)
    versions = {v for package in packages if package >= 0 for v in universe.versions(package)}
    return {version for version in versions if version < universe.n_versions}


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
