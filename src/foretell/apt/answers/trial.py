"""What would preferences change that are not written yet?

Pins under trial take the place among the others that their file would have: after the main file,
and among the files of the folder by name (apt_preferences(5)).  Candidates are those of
`policy`, once without and once with them.
"""

from __future__ import annotations

import os
import re

from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.apt.system.preferences import parse_preferences
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.system.pinning import Pinning
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.world import World

__all__ = ["MovedCandidate", "Standing", "Trial", "as_lines", "parse_trial", "target_path"]

_FIELD = re.compile(r"\s+(?=(?:Explanation|Package|Pin|Pin-Priority):(?:\s|$))", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_PARTS = "Dir::Etc::preferencesparts"


class Standing:
    """A version in one of the two worlds: its priority, and the pin that gave it, or None."""

    __slots__ = ("pin", "priority", "version")

    def __init__(self, version: int, priority: int, pin: Pin | None) -> None:
        self.version = version
        self.priority = priority
        self.pin = pin


class MovedCandidate:
    """A package whose candidate is another one under the pins; None where there is none.

    ``before`` and ``after`` are the candidates, each as it stands where it is the candidate;
    ``loser`` is the old one under the pins.  ``pin`` is the one that decides: of what is new if
    one gave it another priority, else of what is not the candidate any more.
    """

    __slots__ = ("after", "before", "is_installed", "loser", "package", "pin", "was")

    def __init__(
        self, package: int, before: Standing | None, after: Standing | None, *, is_installed: bool
    ) -> None:
        self.package = package
        self.before = before
        self.after = after
        self.is_installed = is_installed
        self.loser: Standing | None = None
        self.was: Standing | None = None  # the new one without the pins
        self.pin: Pin | None = None


def as_lines(text: str) -> str:
    """Return a stanza with a line for each field, whether it was written on one line or not.

    >>> as_lines("Package: a Pin: version 1* Pin-Priority: 990")
    'Package: a\\nPin: version 1*\\nPin-Priority: 990\\n'
    """
    stanzas = re.split(r"\n[ \t]*\n", text.strip())
    return "\n\n".join(_FIELD.sub("\n", stanza.strip()) for stanza in stanzas) + "\n"


def parse_trial(parts: Iterable[tuple[str, bytes]], path: str) -> tuple[list[Pin], bytes]:
    """Return the pins of some texts, and the file that they make together.

    ``parts`` are what each is called in messages, and its text; the pins bear ``path`` and their
    line there.  Raises `InputError` for what apt would refuse or pass over with a warning, and
    when there is no pin at all.
    """
    texts = []
    for name, data in parts:
        found = parse_preferences(data, name)
        for where, line, message in found.warnings:
            raise InputError("bad-preference", message, path=where, line=line, rule=_RULE)
        for line, fields in read_paragraphs(data, name, comments=True):
            if not fields.get(b"pin"):
                raise InputError(
                    "bad-preference", "record has no Pin field", path=name, line=line, rule=_RULE
                )
        if not found.pins:
            raise InputError("no-preference", "there is no preference", path=name, line=1)
        texts.append(data.strip(b"\n") + b"\n")
    whole = b"\n".join(texts)
    return parse_preferences(whole, path).pins, whole


_RULE = "Package, Pin: release|origin|version|source-version, Pin-Priority (apt_preferences(5))"


def target_path(configuration: Configuration, name: str) -> str:
    """Return the path of a preferences file of that name; raises `UsageError` for one unread.

    apt reads names of letters, digits and ``_.-`` that end in ``.pref`` or have no dot.
    """
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise UsageError("bad-name", f"apt reads no preferences file that is called {name!r}")
    if "." in name and not name.endswith(".pref"):
        raise UsageError(
            "bad-name",
            f"apt reads no preferences file that is called {name!r}",
            hint=f"call it {name.partition('.')[0]}.pref",
            rule="names end in .pref or have no dot (apt_preferences(5))",
        )
    return os.path.join(configuration.find_path(_PARTS) or "/etc/apt/preferences.d", name)


class Trial:
    """A world without and with some pins; ``path`` is the file that they would be in."""

    def __init__(self, world: World, pins: Sequence[Pin], path: str) -> None:
        self.pins = list(pins)
        self.path = path
        self.world = world
        at = _place(world.pins, path)
        self.tried = world.with_policy(
            [*world.pins[:at], *pins, *world.pins[at:]], world.target_release
        )
        self.before = world.state()
        self.after = self.tried.state()
        self._pinnings = (world.pinning(self.before), self.tried.pinning(self.after))
        self.idle: list[Pin] = []  # those of ``pins`` that match nothing
        self.overruled: list[Pin] = []  # and those that an earlier one leaves nothing to decide

    def moved(self, packages: Iterable[int] | None = None) -> list[MovedCandidate]:
        """Return the packages whose candidate changes, sorted by name and architecture.

        Only those among ``packages``, if they are given.  Also finds what is ``idle`` and
        ``overruled``.
        """
        universe = self.after.universe
        touched = self._touched()
        self._judge_pins(touched)
        wanted = touched if packages is None else set(touched).intersection(packages)
        found = []
        for package in wanted:
            before, after = self.before.candidate(package), self.after.candidate(package)
            if before != after:
                found.append(self._describe(package, before, after))
        found.sort(key=lambda row: (universe.name(row.package), universe.architecture(row.package)))
        return found

    def _touched(self) -> list[int]:
        """Return the packages of which a pin may change the candidate."""
        universe = self.after.universe
        words = [word for pin in self.pins for word in pin.packages]
        is_local = all(word.exact and not word.is_source for word in words)
        if is_local and self.world.policy.file_priorities == self.tried.policy.file_priorities:
            names = sorted({word.exact for word in words})
            return [
                package
                for name in names
                for package in universe.named(name.encode("utf-8", "surrogateescape"))
            ]
        return [p for p in range(universe.package_count()) if universe.versions(p)]

    def _judge_pins(self, touched: Iterable[int]) -> None:
        """Find which pins match nothing, and which decide nothing."""
        policy, pinning = self.tried.policy, self._pinnings[1]
        general = {pin for pin in self.pins if pin.is_general}
        deciding = general.intersection(policy.file_pins)
        matching = general.difference(policy.idle_pins(()))
        if len(general) < len(self.pins):
            universe = self.after.universe
            for package in touched:
                for version in universe.versions(package):
                    matched = list(pinning.matching_pins(version))
                    matching.update(matched)
                    deciding.update(matched[:1])
        self.idle = [pin for pin in self.pins if pin not in matching]
        self.overruled = [pin for pin in self.pins if pin in matching and pin not in deciding]

    def _describe(self, package: int, before: int, after: int) -> MovedCandidate:
        old, new = self._pinnings
        row = MovedCandidate(
            package,
            _standing(old, before),
            _standing(new, after),
            is_installed=package in self.before.installed,
        )
        row.loser, row.was = _standing(new, before), _standing(old, after)
        gained, lost = row.after, row.loser
        if gained and row.was and gained.pin and gained.priority != row.was.priority:
            row.pin = gained.pin
        elif lost:
            row.pin = lost.pin
        return row


def _standing(pinning: Pinning, version: int) -> Standing | None:
    if version < 0:
        return None
    return Standing(version, pinning.priority(version), pinning.rule(version))


def _place(pins: Sequence[Pin], path: str) -> int:
    """Return how many pins come before those of the file at ``path``."""
    folder, name = os.path.split(path)
    key = os.fsencode(name)

    def is_later(pin: Pin) -> bool:
        return os.path.dirname(pin.path) == folder and os.fsencode(os.path.basename(pin.path)) > key

    return next((at for at, pin in enumerate(pins) if is_later(pin)), len(pins))
