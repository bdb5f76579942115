"""Why is a package installed: which chain of dependencies leads to it from what stays by itself?

The links are those that the sweep of ``apt autoremove`` follows (`sweep`), so a chain is what keeps
the package.  A chain is as strong as its weakest relation: Depends, then Recommends, then Suggests;
of two equally strong ones the shorter comes first.  It is minimal: none of its packages could be
left out, and only the first one stays by itself.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from foretell.apt.answers.place import relation_place
from foretell.apt.model import (
    DEPENDS,
    ESSENTIAL,
    PRE_DEPENDS,
    PROVIDES,
    RECOMMENDS,
    RELATION_FIELDS,
    SUGGESTS,
)
from foretell.apt.packages.stanza import parse_members
from foretell.apt.solver3.sweep import Providers, find_garbage, followed_kinds, root_rule
from foretell.apt.system.kernels import Guard, protected_pattern
from foretell.apt.system.planned import Planned
from foretell.model.evidence import Evidence
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from foretell.apt.packages.universe import Member
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["VERDICTS", "Chains", "Link", "Presence", "Why", "explain_presence"]

STEPS_MAX = 100_000  # parts of chains that are looked at for one package
LINKS_MAX = 20  # relations that are shown of what is not there or not needed
KINDS = (PRE_DEPENDS, DEPENDS, RECOMMENDS, SUGGESTS)
_STRENGTH = {PRE_DEPENDS: 0, DEPENDS: 0, RECOMMENDS: 1, SUGGESTS: 2}


class Link(NamedTuple):
    """An or-group (``group``, of type ``kind``) of an installed package, and what fulfils it."""

    owner: int
    kind: int
    group: int
    target: int


class Chains(NamedTuple):
    """Chains to a package, strongest first, each from what stays by itself.

    ``left_out`` counts those found beyond the limit; ``is_complete`` says that there are no more.
    """

    chains: list[tuple[Link, ...]]
    left_out: int
    is_complete: bool


class Why:
    """What keeps the installed packages of a world."""

    def __init__(self, world: World, state: State) -> None:
        self.world = world
        self.state = state
        self.universe = state.universe
        self.planned = Planned(dict(state.installed), set(state.automatic))
        self.garbage = find_garbage(state, self.planned)
        self._guard = Guard(state)
        self._providers = Providers(state, self.planned)
        self._kinds = followed_kinds(state)
        self._needed_by: dict[int, dict[int, Link]] | None = None
        self._lines = {
            (entry.fields[b"package"], state.universe.package_architecture(entry.fields)): entry
            for entry in world.installed
            if entry.is_here
        }

    def root(self, package: int) -> str:
        """Say by which rule an installed package stays by itself, or return an empty string.

        ``manual``, ``held``, ``essential``, ``protected``, ``required``, ``kernel`` or
        ``never-autoremove``.
        """
        rule = root_rule(self.state, self.planned, package, self._guard)
        universe = self.universe
        if rule == "vital":
            versions = universe.versions(package)
            is_essential = any(universe.meta(version) & ESSENTIAL for version in versions)
            return "essential" if is_essential else "protected"
        if rule == "guarded":
            kernels = protected_pattern(self.state)
            name = universe.name(package).decode("utf-8", "surrogateescape")
            is_kernel = kernels is not None and kernels.search(name) is not None
            return "kernel" if is_kernel else "never-autoremove"
        return rule

    def needed_by(self, package: int) -> list[Link]:
        """Return the strongest link from each installed package that needs this one."""
        if self._needed_by is None:
            self._needed_by = {}
            for owner in self.state.installed:
                for link in self._links(owner):
                    self._needed_by.setdefault(link.target, {}).setdefault(owner, link)
        found = self._needed_by.get(package, {}).values()
        return sorted(found, key=lambda link: (link.kind, *self._order(link.owner)))

    def _links(self, owner: int) -> Iterator[Link]:
        """Yield the links from an installed package, strongest first."""
        for kind in self._kinds:
            for group in self.universe.groups(self.state.installed[owner], kind):
                for target in self._providers.of_group(group):
                    if target != owner:
                        yield Link(owner, kind, group, target)

    def _order(self, package: int) -> tuple[bytes, bytes]:
        return self.universe.name(package), self.universe.architecture(package)

    def strongest(self, package: int) -> tuple[Link, ...]:
        """Return the strongest chain to an installed package; none to what is not needed."""
        if package in self.garbage:
            return ()
        heap: list[tuple[int, int, int, tuple[Link, ...]]] = [(0, 0, 0, ())]
        passed = set()
        number = 0
        while heap:
            weakest, length, _, chain = heappop(heap)
            head = chain[0].owner if chain else package
            if head in passed:
                continue
            passed.add(head)
            if chain and self.root(head):
                return chain
            for link in self.needed_by(head):
                if link.owner not in self.garbage:
                    number += 1
                    strength = max(weakest, _STRENGTH[link.kind])
                    heappush(heap, (strength, length + 1, number, (link, *chain)))
        return ()

    def chains(self, package: int, limit: int) -> Chains:
        """Return up to ``limit`` minimal chains to an installed package, strongest first.

        There are none when the sweep would call the package unneeded.
        """
        best = self.strongest(package)
        found = [best] if best else []
        left_out = steps = number = 0
        heap: list[tuple[int, int, int, tuple[Link, ...]]] = [(0, 0, 0, ())] if best else []
        while heap and steps < STEPS_MAX:
            weakest, length, _, chain = heappop(heap)
            steps += 1
            head = chain[0].owner if chain else package
            if chain and self.root(head):
                if chain != best and self._is_minimal(chain, len(chain), weakest):
                    found += [chain] if len(found) < limit else []
                    left_out += len(found) >= limit and found[-1] is not chain
                continue
            for link in self.needed_by(head):
                strength = max(weakest, _STRENGTH[link.kind])
                longer = (link, *chain)
                if link.owner in self.garbage or not self._is_minimal(longer, 1, strength):
                    continue
                number += 1
                heappush(heap, (strength, length + 1, number, longer))
        return Chains(found, left_out, is_complete=not heap)

    def _is_minimal(self, chain: tuple[Link, ...], heads: int, weakest: int) -> bool:
        """Say whether nothing can be left out behind the first ``heads`` owners of a chain.

        A relation that is weaker than the chain is no short cut.
        """
        assert self._needed_by is not None
        for number, link in enumerate(chain[:heads]):
            for later in chain[number:]:
                if later.target == link.owner:
                    return False
                short = self._needed_by[later.target].get(link.owner)
                if later is not link and short is not None and _STRENGTH[short.kind] <= weakest:
                    return False
        return True

    def wishes(self, package: int) -> list[Link]:
        """Return the relations of installed packages that a package would fulfil.

        Where it cannot be installed, those that name it.
        """
        universe, candidate = self.universe, self.state.candidate(package)
        names = {universe.name(package)}
        if candidate >= 0:
            provided = universe.relation_lines(candidate)[PROVIDES]
            for text in filter(None, provided.split(b", ")):
                names.update(member[0] for member in parse_members(text))

        def is_meant(member: Member) -> bool:
            if universe.name(member[0]).partition(b":")[0] not in names:
                return False
            if candidate < 0:
                return member[0] == package
            return bool(universe.fulfilling({package: candidate}, *member))

        found = [
            Link(owner, kind, group, package)
            for owner, version in self.state.installed.items()
            for kind in KINDS
            for group in universe.groups(version, kind)
            if any(map(is_meant, universe.members(group)))
        ]
        return sorted(found, key=lambda link: (link.kind, *self._order(link.owner), link.group))

    def is_fulfilled(self, link: Link) -> bool:
        """Say whether something installed fulfils a link's or-group."""
        members = self.universe.members(link.group)
        return any(self.universe.fulfilling(self.state.installed, *member) for member in members)

    # -- the shared model ------------------------------------------------------------------

    def evidence(self, package: int) -> list[Evidence]:
        """Return where the stanza of an installed package stands."""
        entry = self._lines.get((self.universe.name(package), self.universe.architecture(package)))
        if entry is None:
            return []
        name = self.universe.name(package).decode("utf-8", "surrogateescape")
        place = f"{self.world.status_path}:{entry.line}"
        return [Evidence("status-stanza", place, f"Package: {name}")]

    def chain_reason(self, chain: Iterable[Link]) -> Reason:
        """Return a chain as a reason, each link following from the one before."""
        reason: Reason | None = None
        for link in chain:
            reason = self.link_reason("needed", link, reason or self.root_reason(link.owner))
        assert reason is not None, "a chain has links"
        return reason

    def root_reason(self, package: int) -> Reason:
        """Return why a package stays by itself."""
        fields = {"package": self.label(package), "rule": self.root(package)}
        return Reason("stays-by-itself", fields, evidence=self.evidence(package))

    def link_reason(self, kind: str, link: Link, parent: Reason | None = None) -> Reason:
        """Return what a link says, and where."""
        text = self.universe.group_text(link.group).decode("utf-8", "surrogateescape")
        fields: dict[str, str | bool] = {
            "package": self.label(link.target),
            "from": self.label(link.owner),
            "relation": RELATION_FIELDS[link.kind].decode(),
            "text": text,
        }
        if kind == "wished":
            fields["fulfilled"] = self.is_fulfilled(link)
        parents = [] if parent is None else [parent]
        return Reason(kind, fields, parents=parents, evidence=self._link_evidence(link))

    def _link_evidence(self, link: Link) -> list[Evidence]:
        """Return where a link's owner says so: in the status file, else in the list.

        Of one version, apt reads what the list says first, and dpkg may have kept other words.
        """
        universe = self.universe
        text = universe.group_text(link.group)
        key = universe.name(link.owner), universe.architecture(link.owner)
        entry = self._lines.get(key)
        field = RELATION_FIELDS[link.kind]
        said = b" ".join(entry.fields.get(field.lower(), b"").split()) if entry else b""
        version = self.state.installed[link.owner]
        if version >= universe.n_versions or text in said:
            return self.evidence(link.owner)
        path, line = relation_place(self.world, universe, version, link.kind)
        shown = text.decode("utf-8", "surrogateescape")
        return [Evidence("archive-stanza", f"{path}:{line}" if line else path, shown)]

    def label(self, package: int) -> str:
        """Return the name, with the architecture unless it is the native one."""
        universe = self.universe
        name = universe.name(package).decode("utf-8", "surrogateescape")
        architecture = universe.architecture(package)
        if architecture in {universe.native, b"any"}:
            return name
        return f"{name}:{architecture.decode('ascii', 'replace')}"


VERDICTS = ("needed", "unneeded", "not-installed")


class Presence(NamedTuple):
    """Why a package is there or not: a verdict, reasons, and how much was left out.

    ``verdict`` is one of `VERDICTS`.
    """

    verdict: str
    package: str
    version: str | None
    reasons: list[Reason]
    left_out: int = 0
    is_complete: bool = True


def explain_presence(why: Why, package: int, limit: int) -> Presence:
    """Say why a package is there, in up to ``limit`` chains, or who would like it to be.

    Relations that are no chain are not limited by less than `LINKS_MAX`.
    """
    state, label = why.state, why.label(package)
    installed = state.installed.get(package, -1)
    if installed < 0:
        wishes = why.wishes(package)
        reasons = [why.link_reason("wished", link) for link in wishes[:LINKS_MAX]]
        return Presence("not-installed", label, None, reasons, max(0, len(wishes) - LINKS_MAX))
    version = why.universe.version_string(installed).decode("utf-8", "surrogateescape")
    if package in why.garbage:
        links = why.needed_by(package)
        reasons = [why.link_reason("needed-by-unneeded", link) for link in links[:LINKS_MAX]]
        fact = Reason("unneeded", {"package": label}, parents=reasons)
        return Presence("unneeded", label, version, [fact], max(0, len(links) - LINKS_MAX))
    if limit > 1:
        chains = why.chains(package, limit)
    else:
        best = why.strongest(package)
        chains = Chains([best] if best else [], 0, is_complete=False)
    reasons = [why.root_reason(package)] if why.root(package) else []
    reasons += [why.chain_reason(chain) for chain in chains.chains]
    return Presence("needed", label, version, reasons, chains.left_out, chains.is_complete)
