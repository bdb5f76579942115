"""Which priority has each version, and which version would apt choose?

Pure functions of the list files' facts, the pins, the target release and the versions
(apt_preferences(5); details by experiments with apt 3.0):

- a file has the priority of the first general pin that matches it, the target release being the
  first of them with 990, but ``never`` comes before all; without one it has 100 (status file;
  NotAutomatic with ButAutomaticUpgrades), 1 (NotAutomatic) or 500;
- a version whose files are all pinned to ``never`` is out, whatever other pins say;
- a version has the priority of the first specific pin that matches it, else the highest of its
  files; the status file gives -1 to a version that is not installed;
- the candidate is the highest version of the highest priority, where versions below the
  installed one need 1000, and negative priorities are out.
"""

from __future__ import annotations

from foretell.apt.system.preferences import NEVER, compile_pattern, release_conditions
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Protocol

    from foretell.apt.sources.release import Release
    from foretell.apt.system.preferences import Pin

    class VersionFacts(Protocol):
        """What the policy must know of a version."""

        @property
        def version(self) -> str: ...
        @property
        def source(self) -> str: ...
        @property
        def source_version(self) -> str: ...
        @property
        def files(self) -> Sequence[int]:
            """Numbers of the package files that list it."""
            ...


__all__ = ["STATUS_FILE", "PackageFile", "Policy", "matches_release", "package_file"]

PRIORITY_TARGET = 990
PRIORITY_DEFAULT = 500
PRIORITY_INSTALLED = 100
PRIORITY_UPGRADES_ONLY = 100
PRIORITY_NOT_AUTOMATIC = 1
PRIORITY_NONE = -1
# "P >= 1000 causes a version to be installed even if this constitutes a downgrade".
PRIORITY_DOWNGRADE = 1000


class PackageFile:
    """The facts of one list file that pins can name; absent ones are None."""

    __slots__ = (
        "architecture",
        "archive",
        "but_automatic_upgrades",
        "codename",
        "component",
        "is_status",
        "label",
        "not_automatic",
        "origin",
        "site",
        "version",
    )

    def __init__(self) -> None:
        self.archive: str | None = None
        self.codename: str | None = None
        self.version: str | None = None
        self.origin: str | None = None
        self.label: str | None = None
        self.component: str | None = None
        self.architecture: str | None = None
        self.site = ""
        self.not_automatic = False
        self.but_automatic_upgrades = False
        self.is_status = False

    def default_priority(self) -> int:
        """Return the priority without any pin."""
        if self.is_status:
            return PRIORITY_INSTALLED
        if not self.not_automatic:
            return PRIORITY_DEFAULT
        return PRIORITY_UPGRADES_ONLY if self.but_automatic_upgrades else PRIORITY_NOT_AUTOMATIC


def package_file(
    release: Release | None, *, site: str, component: str, architecture: str
) -> PackageFile:
    """Return the facts of a downloaded list.

    ``site`` is the host ("" for a local archive, see `sources.site`), ``component`` and
    ``architecture`` are "" for an exact path; ``release`` is None when there is no Release file.
    """
    file = PackageFile()
    if release is not None:
        file.archive = release.suite or None
        file.codename = release.codename or None
        file.version = release.version or None
        file.origin = release.origin or None
        file.label = release.label or None
        file.not_automatic = release.not_automatic
        file.but_automatic_upgrades = release.but_automatic_upgrades
    file.component = component
    file.architecture = architecture or None
    file.site = site
    return file


def _status_file() -> PackageFile:
    file = PackageFile()
    file.archive = "now"
    file.component = ""
    file.is_status = True
    return file


STATUS_FILE = _status_file()


class Policy:
    """The priorities of files and versions under one set of pins.

    ``files`` are numbered as the versions' ``files`` name them.  ``target_release`` is what
    ``-t`` or APT::Default-Release says; `UsageError` when no file matches it.
    """

    __slots__ = (
        "_exact",
        "_idle",
        "_native",
        "_patterns",
        "_pins",
        "_sources",
        "file_pins",
        "file_priorities",
        "files",
    )

    def __init__(
        self,
        files: Sequence[PackageFile],
        pins: Iterable[Pin],
        *,
        native: str,
        target_release: str = "",
    ) -> None:
        self.files = files
        self._native = native
        general: list[tuple[list[bool], int, Pin | None]] = []
        if target_release:
            matched = [matches_release(target_release, file) for file in files]
            if not any(matched):
                raise UsageError(
                    "unknown-release",
                    f"release {target_release!r} is not in the sources",
                    rule="the target release must match a source (apt_preferences(5))",
                )
            general.append((matched, PRIORITY_TARGET, None))
        self._idle: list[Pin] = []  # general pins that match no list
        self._pins: list[tuple[Pin, list[bool]]] = []
        self._exact: dict[str, list[int]] = {}  # exact binary name -> pins
        self._patterns: list[int] = []  # pins with a glob, an expression or a source
        for pin in pins:
            matched = [_file_matches(pin, file) for file in files]
            if pin.is_general:
                general.append((matched, pin.priority, pin))
                if not any(matched):
                    self._idle.append(pin)
            else:
                self._add_specific(pin, matched)
        rules = [_general_rule(number, file, general) for number, file in enumerate(files)]
        self.file_priorities = [priority for priority, _ in rules]
        self.file_pins = [pin for _, pin in rules]  # those that gave the priorities, or None

    def _add_specific(self, pin: Pin, matched: list[bool]) -> None:
        number = len(self._pins)
        self._pins.append((pin, matched))
        if all(word.exact and not word.is_source for word in pin.packages):
            for name in {word.exact for word in pin.packages}:
                self._exact.setdefault(name, []).append(number)
        else:
            self._patterns.append(number)

    @property
    def has_specific_pins(self) -> bool:
        """Say whether any version can have another priority than its files give it."""
        return bool(self._pins)

    def deciding_pin(self, package: str, architecture: str, version: VersionFacts) -> Pin | None:
        """Return the first specific pin that matches a version, or None."""
        return next(self.matching_pins(package, architecture, version), None)

    def rule(
        self, package: str, architecture: str, version: VersionFacts, *, is_installed: bool
    ) -> Pin | None:
        """Return the pin, specific or general, that gave a version its priority, or None.

        Also the one that has put a list of the version below the status file, which decides then.
        """
        priorities = self.file_priorities
        if not version.files or any(priorities[number] != NEVER for number in version.files):
            pin = self.deciding_pin(package, architecture, version)
            if pin is not None:
                return pin
        found = [
            number for number in version.files if is_installed or not self.files[number].is_status
        ]
        if not found:
            return None
        best = max(found, key=lambda number: (priorities[number], -number))
        if self.file_pins[best] is not None:
            return self.file_pins[best]
        lowered = (it for it in found if self.files[it].default_priority() > priorities[best])
        return next((self.file_pins[it] for it in lowered), None)

    def idle_pins(self, versions: Iterable[tuple[str, str, VersionFacts]]) -> list[Pin]:
        """Return the pins that match no list and none of the versions, in their order.

        ``versions`` are package, architecture and facts of each.
        """
        specific = [pin for pin, _ in self._pins]
        used = {pin for row in versions for pin in self.matching_pins(*row)} if specific else set()
        return [*self._idle, *(pin for pin in specific if pin not in used)]

    def matching_pins(
        self, package: str, architecture: str, version: VersionFacts
    ) -> Iterator[Pin]:
        """Yield the specific pins that match a version, in their order."""
        if not self._pins:
            return
        numbers: Iterable[int] = self._exact.get(package, ())
        if self._patterns:
            numbers = sorted((*numbers, *self._patterns))
        for number in numbers:
            pin, matched = self._pins[number]
            if self._speaks_of(pin, package, architecture, version) and _version_matches(
                pin, matched, version
            ):
                yield pin

    def _speaks_of(self, pin: Pin, package: str, architecture: str, version: VersionFacts) -> bool:
        return any(
            word.matches(version.source if word.is_source else package, architecture, self._native)
            for word in pin.packages
        )

    def priority(
        self, package: str, architecture: str, version: VersionFacts, *, is_installed: bool
    ) -> int:
        """Return the priority of a version of a package.

        ``architecture`` is that of the package, so the native one for Architecture: all.
        """
        priorities = self.file_priorities
        if not version.files or any(priorities[number] != NEVER for number in version.files):
            pin = self.deciding_pin(package, architecture, version)
            if pin is not None:
                return pin.priority
        best: int | None = None
        for number in version.files:
            priority = priorities[number]
            if self.files[number].is_status and not is_installed:
                priority = PRIORITY_NONE
            if best is None or priority > best:
                best = priority
        return PRIORITY_NONE if best is None else best

    def candidate(
        self,
        package: str,
        architecture: str,
        versions: Sequence[VersionFacts],
        installed: int | None,
    ) -> int | None:
        """Return the number of the version that apt would choose, or None.

        ``versions`` are all of the package, highest first; ``installed`` is the number of the
        installed one.
        """
        chosen: int | None = None
        best = 0
        for number, version in enumerate(versions):
            priority = self.priority(
                package, architecture, version, is_installed=number == installed
            )
            if installed is not None and number > installed and priority < PRIORITY_DOWNGRADE:
                continue
            if priority > best:
                chosen, best = number, priority
        return chosen


def _file_matches(pin: Pin, file: PackageFile) -> bool:
    """Say whether a ``release`` or ``origin`` pin matches a file (the others match none)."""
    if pin.type == "release":
        return matches_release(pin.data, file)
    if pin.type != "origin" or file.is_status:
        return False
    return compile_pattern(pin.data)(file.site) if pin.data else not file.site


def _general_rule(
    number: int, file: PackageFile, general: Sequence[tuple[list[bool], int, Pin | None]]
) -> tuple[int, Pin | None]:
    """Return a file's priority: ``never`` if any general pin says so, else the first one's.

    With it comes the pin; None when it is the target release's, or nobody's.
    """
    matching = [(priority, pin) for matched, priority, pin in general if matched[number]]
    never = next((rule for rule in matching if rule[0] == NEVER), None)
    if never is not None:
        return never
    return matching[0] if matching else (file.default_priority(), None)


def _version_matches(pin: Pin, matched: Sequence[bool], version: VersionFacts) -> bool:
    if pin.type == "version":
        return compile_pattern(pin.data)(version.version)
    if pin.type == "source-version":
        return compile_pattern(pin.data)(version.source_version)
    return any(matched[number] for number in version.files)


def matches_release(data: str, file: PackageFile) -> bool:
    """Say whether all conditions of a ``release`` pin hold for a file."""
    conditions = release_conditions(data)
    if not conditions:
        return file.is_status
    return all(_condition_holds(key, pattern, file) for key, pattern in conditions)


def _condition_holds(key: str, pattern: str, file: PackageFile) -> bool:
    if key == "an":
        if pattern == "*":  # every file, even one without archive and codename
            return True
        return _fact_matches(pattern, file.archive) or _fact_matches(pattern, file.codename)
    if key == "v":
        version = file.version
        if version is None:
            return False
        if pattern.endswith("*"):
            return version.startswith(pattern[:-1])
        return version == pattern
    fact = {
        "a": file.archive,
        "n": file.codename,
        "o": file.origin,
        "l": file.label,
        "c": file.component,
        "b": file.architecture,
    }[key]
    return _fact_matches(pattern, fact)


def _fact_matches(pattern: str, fact: str | None) -> bool:
    return fact is not None and compile_pattern(pattern)(fact)
