"""What else took part, where what an explanation cites does not lead to the same by itself?

The facts near what is cited are taken along, ring by ring, until the same comes out; then they are
left out again as long as it still does.  Of what remains no single fact can go.
"""

from __future__ import annotations

from foretell.apt.cases.capture import needed_packages
from foretell.apt.cases.reduced import Fact, packages_of
from foretell.model.minimize import Budget, minimize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.enough import Question

__all__ = ["TRIALS_MAX", "what_else"]

TRIALS_MAX = 400  # times that a question is asked again


def what_else(question: Question, trials_max: int = TRIALS_MAX) -> list[Fact] | None:
    """Return facts that lead to the same together with what is cited; None if none were found.

    Nearest first.  Where ``trials_max`` ends the search, some of them may not be needed.
    """
    near = _Neighbours(question.answer)
    cited = question.cited()
    known: list[Fact] = []
    ring = set(cited.packages)
    while True:
        told = {*known, *cited.groups}
        new = sorted({*near.facts(ring)} - told, key=near.text, reverse=True)
        known = new + known  # what is far is left out first; read backwards in the end
        if question.is_enough(known):
            return minimize(known, question.is_enough, Budget(trials_max))[::-1]
        grown = near.around(ring)
        if grown == ring:
            grown = ring | near.packages  # what nobody's relation is about, as what is essential
        if grown == ring:
            return None
        ring = grown


class _Neighbours:
    """The ``packages`` that the search of an answer reached, and what they say of each other."""

    def __init__(self, answer: Answer) -> None:
        assert answer.state is not None
        self._universe = answer.state.universe
        self._targets: dict[int, set[int]] = {}  # who a package's relations are about
        self._owners: dict[int, set[int]] = {}  # whose relations are about a package
        self.packages = needed_packages(answer)
        for package in sorted(self.packages):
            targets = set().union(*(packages_of(self._universe, it) for it in self._own(package)))
            self._targets[package] = targets
            for target in targets:
                self._owners.setdefault(target, set()).add(package)

    def facts(self, packages: set[int]) -> Iterator[Fact]:
        """Yield all that is to be said of some packages."""
        for package in packages:
            yield from self._own(package)

    def around(self, packages: set[int]) -> set[int]:
        """Return some packages and those that are a step away."""
        found = set(packages)
        for package in packages:
            found |= self._targets.get(package, set()) | self._owners.get(package, set())
        universe = self._universe
        offered = (v for p in packages for v in universe.versions(p) if v < universe.n_versions)
        for version in offered:
            found.update(map(universe.package, universe.binaries.newer(version)))
        return found

    def text(self, fact: Fact) -> tuple[bytes, bytes, int, bytes]:
        """Return what facts are sorted by."""
        universe = self._universe
        name, architecture = universe.name(fact.package), universe.architecture(fact.package)
        if fact.group < 0:
            return name, architecture, -1, b""
        kind, text = universe.group_type(fact.group), universe.group_text(fact.group)
        return name, architecture, kind, text

    def _own(self, package: int) -> Iterator[Fact]:
        universe = self._universe
        yield Fact(package, -1)
        for version in universe.versions(package):
            for group in universe.relations(version):
                if not universe.is_implicit(group):
                    yield Fact(package, group)
