"""Which packages are shown by ``depends`` and ``rdepends`` with ``--recurse``, in which order?

Breadth first, as apt 3.0.3 has it: the candidate of each package that a shown line names, an
alternative or what provides it, unless a version of that package was shown before.  One of those
asked for that is named before its turn has come is shown twice.  At last the packages that have no
candidate, in the order in which apt met them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from foretell.apt.selection.catalogue import Catalogue

__all__ = ["Walk"]


class Walk:
    """The versions to show, more of them while `follow` is told of packages; and `virtual`."""

    def __init__(
        self, catalogue: Catalogue, versions: Sequence[int], virtual: Iterable[int]
    ) -> None:
        self._catalogue = catalogue
        self._followed: set[int] = set()
        self._waiting = list(versions)
        self._shown: set[int] = set()
        self._virtual = dict.fromkeys(virtual)
        self._is_followed = False

    def versions(self) -> Iterator[int]:
        """Yield the versions in turn."""
        package = self._catalogue.universe.package
        for version in self._waiting:  # it grows
            self._shown.add(package(version))
            yield version

    def follow(self, packages: Iterable[int]) -> None:
        """Show these packages as well."""
        self._is_followed = True
        for package in packages:
            if package in self._shown:
                continue
            candidate = self._catalogue.candidate(package)
            if candidate < 0:
                self._virtual[package] = None
            elif candidate not in self._followed:
                self._followed.add(candidate)
                self._waiting.append(candidate)

    def virtual(self) -> list[int]:
        """Return the packages without a candidate."""
        if not self._is_followed:
            return list(self._virtual)
        return sorted(self._virtual, key=self._catalogue.state.census().number)
