"""Which facts, in plain words' terms, make a request impossible?

Reads the reasons of a failed search (`explain`) and leaves out what only the solver needs: that a
version implies its package, that a package is one of its versions, what is told elsewhere.  Each
fact is a kind with a few strings; `foretell.render.apt_why_not` has a sentence for each kind:

``asked``, ``asked-removal``   a word of the request
``other-asked``                a word of the request rules out another version
``demand``, ``demand-absence`` a relation of `satisfy` or of a source to build
``held``                       a package is on hold, in its version or as not installed
``stays``                      an installed package may not be removed for others' sake, by a rule
``no-version``                 no source has the package, and it is not installed
``not-candidate``              a version is there, but priorities or pins prefer another or none
``requires``                   a relation; ``missing`` tells which of its alternatives do not exist
``excludes``                   a Conflicts or Breaks
``architectures``              Multi-Arch keeps packages of one name apart, or of one version
``one-version``                two versions of one package are wanted
``tried``                      the search tried this and found no way
``no-new``, ``deferred``       the kind of upgrade installs nothing new; phasing puts one off
``essential``                  a full upgrade installs what is essential and missing
``settled``, ``given-up``      a choice on which the solver does not go back
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.apt.model import ESSENTIAL, OPERATORS
from foretell.apt.solver3.seed import is_vital
from foretell.apt.system.state import INSTALL
from foretell.model.reason import number_reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from foretell.apt.packages.universe import Universe
    from foretell.apt.solver3.seed import Search
    from foretell.apt.system.pinning import Pinning
    from foretell.apt.system.state import State
    from foretell.model.reason import Reason

__all__ = ["Fact", "Reader", "conflict_facts", "conflict_packages", "describe_version"]


class Fact(NamedTuple):
    """One fact: a kind, the package that it is about, and what its sentence needs."""

    kind: str
    package: str
    version: str = ""
    relation: str = ""
    text: str = ""
    missing: tuple[str, ...] = ()
    other: str = ""
    rule: str = ""
    place: str = ""


def conflict_packages(state: State, reasons: Sequence[Reason]) -> list[int]:
    """Return the packages that the reasons of a failure are about, the conflict's own first."""
    found: dict[int, None] = {}
    for reason in reversed(number_reasons(reasons)):
        fields = reason.fields
        targets = fields.get("targets", ())
        assert isinstance(targets, tuple)
        names = targets[::3] if _is_relation(reason) else ()
        for label in (fields["package"], fields.get("owner", ""), *names):
            package = _find(state, str(label).partition("=")[0])
            if package >= 0:
                found[package] = None
    return list(found)


def conflict_facts(search: Search, pinning: Pinning, reasons: Sequence[Reason]) -> list[Fact]:
    """Return the facts of a failure: first what was asked for, last what contradicts it.

    ``reasons`` are the two that `explain.conflict_reasons` gives.
    """
    if not reasons:
        return []
    stands, demanded = reasons
    rejected, selected = (stands, demanded)
    if stands.kind == "selected":
        rejected, selected = demanded, stands
    reader = Reader(search.state, pinning, may_remove_manual=search.may_remove_manual)
    found: dict[Fact, None] = {}
    steps = [*number_reasons([selected]), *reversed(number_reasons([rejected]))]
    for reason in steps:
        found.update(dict.fromkeys(reader.facts(reason)))
    return sorted(found, key=lambda fact: not fact.kind.startswith("asked"))


def describe_version(state: State, pinning: Pinning, version: int) -> Fact:
    """Return why a version is not the one that apt would install."""
    reader = Reader(state, pinning)
    return reader.not_candidate(version)


def _is_relation(reason: Reason) -> bool:
    return reason.fields.get("clause") not in {None, "versions", "essential", "siblings", "package"}


def _find(state: State, label: str) -> int:
    """Return the package of ``name`` or ``name:architecture``, or -1."""
    universe, whole = state.universe, label.encode("utf-8", "surrogateescape")
    name, _, architecture = whole.partition(b":")
    found = universe.find(name, architecture or None)
    return universe.find(whole, b"any") if found < 0 and architecture else found


class Reader:
    """Turn the reasons of one failure into facts."""

    def __init__(self, state: State, pinning: Pinning, *, may_remove_manual: bool = False) -> None:
        self.state = state
        self.may_remove_manual = may_remove_manual
        self.universe = state.universe
        self.pinning = pinning

    def label(self, package: int) -> str:
        """Return what a package is called."""
        return self.universe.full_name(package)

    def version_text(self, version: int) -> str:
        """Return a version as it is written, nothing for -1."""
        if version < 0:
            return ""
        return self.universe.version_string(version).decode("utf-8", "surrogateescape")

    def facts(self, reason: Reason) -> Iterator[Fact]:
        """Yield what one reason says."""
        fields = reason.fields
        if reason.kind == "undecided" or "repeated" in fields:
            return
        label, _, version = str(fields["variable"]).partition("=")
        package = _find(self.state, label)
        if package < 0:
            return
        clause = fields.get("clause")
        if clause is None:
            fact = self._first_cause(reason, package, version)
            yield fact
            if fact.kind == "not-candidate" and package in self.state.held:
                here = self.state.installed.get(package, -1)
                yield Fact("held", fact.package, self.version_text(here))
        elif clause == "siblings":
            chosen = str(fields["owner"]).partition("=")[2]
            if reason.kind == "rejected" and chosen != version:
                yield Fact("one-version", self.label(package), version, other=chosen)
        elif clause == "versions":
            if reason.kind == "rejected" and not self.universe.versions(package):
                yield Fact("no-version", self.label(package))
        elif clause == "essential":
            yield Fact("stays", self.label(package), version, rule="essential")
        elif clause != "package":
            yield from self._relation(fields)

    def _first_cause(self, reason: Reason, package: int, version: str) -> Fact:
        state, label = self.state, self.label(package)
        installed = state.installed.get(package, -1)
        here = self.version_text(installed)
        is_held = package in state.held and package not in state.protected
        if is_held and version in {"", here}:
            return Fact("held", label, here)
        if reason.kind == "selected":
            if package in state.protected:
                return Fact("asked", label, version)
            if installed >= 0:
                return Fact("stays", label, here, rule=self.rule(package))
            return Fact("tried", label, version)
        if not version:
            if package in state.protected and state.mode.get(package) != INSTALL:
                return Fact("asked-removal", label)
            if not self.universe.versions(package):
                return Fact("no-version", label)
            return Fact("tried", label)
        number = self._number(package, version)
        if number not in {installed, state.candidate(package)}:
            return self.not_candidate(number)
        return Fact("tried", label, version)

    def _number(self, package: int, text: str) -> int:
        """Return the version of a package with this text that could not be chosen, or any."""
        usable = {self.state.candidate(package), self.state.installed.get(package, -1)}
        found = [v for v in self.universe.versions(package) if self.version_text(v) == text]
        return next((v for v in found if v not in usable), found[0])

    def rule(self, package: int) -> str:
        """Return why an installed package has to stay."""
        if is_vital(self.state, package):
            versions = self.universe.versions(package)
            is_essential = any(self.universe.meta(v) & ESSENTIAL for v in versions)
            return "essential" if is_essential else "protected"
        is_free = package in self.state.automatic or self.may_remove_manual
        return "present" if is_free else "manual"

    def not_candidate(self, version: int) -> Fact:
        """Return why a version is not the one that apt would install."""
        package = self.universe.package(version)
        candidate = self.state.candidate(package)
        pins = [self.pinning.rule(v) for v in (version, candidate) if v >= 0]
        pin = next((pin for pin in pins if pin is not None), None)
        return Fact(
            "not-candidate",
            self.label(package),
            self.version_text(version),
            other=self.version_text(candidate),
            rule=str(self.state.priority(version)),
            place=f"{pin.path}:{pin.line}" if pin is not None else "",
        )

    def _relation(self, fields: Mapping[str, object]) -> Iterator[Fact]:
        owner, _, version = str(fields["owner"]).partition("=")
        package = _find(self.state, owner)
        if package < 0:
            return
        members = list(_triples(fields["targets"]))
        text = " | ".join(_member_text(*member) for member in members)
        label, clause = self.label(package), str(fields["clause"])
        target = _find(self.state, members[0][0])
        if fields["is-negative"] and self.universe.name(target) == self.universe.name(package):
            yield Fact("architectures", label, members[0][2], other=self.label(target))
            return
        if fields["is-negative"]:
            other = str(fields["variable"]).partition("=")[0]
            about = _find(self.state, other)
            about_label = self.label(about) if about not in {package, -1} else ""
            yield Fact("excludes", label, version, clause, text, other=about_label)
            return
        missing = tuple(filter(None, (self.missing(*member) for member in members)))
        is_hopeless = len(missing) == len(members)
        yield Fact("requires", label, version, clause, text, missing if is_hopeless else ())

    def missing(self, name: str, operator: str, wanted: str) -> str:
        """Say what there is instead of what a relation wants, or nothing if it is there."""
        universe = self.universe
        package = _find(self.state, name)
        if package < 0:
            return f"no source has {name}"
        number = OPERATORS[operator.encode()] if operator else 0
        versions = universe.versions(package)
        key = wanted.encode("utf-8", "surrogateescape")
        if universe.fitting(versions, number, key):
            return ""
        provided = universe.provides(package)
        if universe.fitting_providers(provided, number, key):
            return ""
        if versions:
            return f"of {name} there is only {self._versions(package)}"
        if provided:
            owners = {universe.package(version) for version, _ in provided}
            if {universe.name(owner) for owner in owners} != {_plain_name(universe, package)}:
                return f"what provides {name} does not say in which version, or in another"
            own = [f"{self.label(owner)} {self._versions(owner)}" for owner in sorted(owners)]
            return f"there is only {', '.join(own)}"
        return f"no source has {name}{self._kin(package)}"

    def _kin(self, package: int) -> str:
        """Say which packages of the same name do not count, and for want of what."""
        universe = self.universe
        is_virtual = universe.architecture(package) == b"any"
        if is_virtual and not universe.name(package).endswith(b":any"):
            return ""  # no other architecture will do
        found = filter(universe.versions, universe.named(_plain_name(universe, package)))
        names = " and ".join(sorted(map(self.label, found)))
        if not names:
            return ""
        verb = "are" if " and " in names else "is"
        field = "allowed" if is_virtual else "foreign"
        return f" ({names} {verb} there, but {verb} not Multi-Arch: {field})"

    def _versions(self, package: int) -> str:
        return ", ".join(map(self.version_text, self.universe.versions(package)[:3]))


def _plain_name(universe: Universe, package: int) -> bytes:
    """Return the name of a package without what stands behind its colon."""
    return universe.name(package).partition(b":")[0]


def _triples(targets: object) -> Iterator[tuple[str, str, str]]:
    assert isinstance(targets, tuple)
    yield from zip(targets[::3], targets[1::3], targets[2::3], strict=True)


def _member_text(name: str, operator: str, version: str) -> str:
    return f"{name} ({operator} {version})" if operator else name
