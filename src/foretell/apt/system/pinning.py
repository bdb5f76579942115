"""Which candidate and which priority do pins give the numbered versions of a universe?

Joins `policy`, which knows files and pins, to `universe`, which knows numbers.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.system.policy import Policy
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.state import State

__all__ = ["Pinning"]


class _Facts:
    """What the policy must know of one version."""

    __slots__ = ("files", "source", "source_version", "version")

    def __init__(self, version: str, source: tuple[bytes, bytes], files: list[int]) -> None:
        self.version = version
        self.source, self.source_version = map(_text, source)
        self.files = files


class Pinning:
    """Candidates and priorities, computed once per package."""

    def __init__(self, policy: Policy, state: State, status_file: int) -> None:
        self._policy = policy
        self._state = state
        self._status_file = status_file
        self._candidates: dict[int, int] = {}
        self._priorities: dict[int, int] = {}

    def candidate(self, package: int) -> int:
        """Return the version that policy prefers, or -1."""
        found = self._candidates.get(package)
        if found is None:
            found = self._candidates[package] = self._find_candidate(package)
        return found

    def priority(self, version: int) -> int:
        """Return the priority of a version."""
        found = self._priorities.get(version)
        if found is None:
            found = self._priorities[version] = self._find_priority(version)
        return found

    def deciding_pin(self, version: int) -> Pin | None:
        """Return the pin that gives a version, and not its lists, a priority; or None."""
        return self._policy.deciding_pin(*self._described(version))

    def rule(self, version: int) -> Pin | None:
        """Return the pin, of the version or of its lists, that gives it its priority, or None."""
        package = self._state.universe.package(version)
        return self._policy.rule(
            *self._described(version),
            is_installed=self._state.installed.get(package) == version,
        )

    def matching_pins(self, version: int) -> Iterator[Pin]:
        """Yield the pins that speak of a version, in their order: the first one decides."""
        return self._policy.matching_pins(*self._described(version))

    def idle_pins(self) -> list[Pin]:
        """Return the pins that match nothing."""
        return self._policy.idle_pins(map(self._described, self._all_versions()))

    def _all_versions(self) -> Iterator[int]:
        universe = self._state.universe
        for package in range(universe.package_count()):
            yield from universe.versions(package)

    def _described(self, version: int) -> tuple[str, str, _Facts]:
        universe = self._state.universe
        package = universe.package(version)
        name = _text(universe.name(package))
        return name, _text(universe.architecture(package)), self._facts(version)

    def _facts(self, version: int) -> _Facts:
        universe = self._state.universe
        files = universe.files(version)
        if self._state.is_in_status(version):
            files.append(self._status_file)
        return _Facts(_text(universe.version_string(version)), universe.source(version), files)

    def _find_candidate(self, package: int) -> int:
        universe = self._state.universe
        versions = universe.versions(package)
        installed = self._state.installed.get(package)
        number = self._policy.candidate(
            _text(universe.name(package)),
            _text(universe.architecture(package)),
            list(map(self._facts, versions)),
            None if installed is None else versions.index(installed),
        )
        return -1 if number is None else versions[number]

    def _find_priority(self, version: int) -> int:
        package = self._state.universe.package(version)
        return self._policy.priority(
            *self._described(version),
            is_installed=self._state.installed.get(package) == version,
        )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
