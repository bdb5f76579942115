"""Which upgrades does apt put off on this machine, because they reach a share of machines only?

A version with ``Phased-Update-Percentage: 30`` is for the machines that draw 30 or less.  The draw
is a number from 0 to 100 made of the source package, its version and the machine's identity: the
C++ standard's ``seed_seq`` over the text, ``minstd_rand`` seeded by it, and the distribution of
integers as libstdc++ draws it.  Only an upgrade that nobody named is put off.

Source: apt_preferences(5) and apt.conf(5) on phased updates, ISO C++20 [rand.util.seedseq] and
[rand.eng.lcong]; checked against libapt 3.0.3 (docs/reference/agreement.md).
"""

from __future__ import annotations

from foretell.apt.model import PHASED
from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.packages.universe import Universe
    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.system.policy import PackageFile

__all__ = ["ALWAYS_OPTIONS", "NEVER_OPTIONS", "Phasing", "draw"]

ALWAYS_OPTIONS = (
    "APT::Get::Always-Include-Phased-Updates",
    "Update-Manager::Always-Include-Phased-Updates",
)
NEVER_OPTIONS = (
    "APT::Get::Never-Include-Phased-Updates",
    "Update-Manager::Never-Include-Phased-Updates",
)
DRAW_MAX = 100
SECURITY_SUFFIX = "-security"  # the archives (Suite fields) whose updates reach everybody
_WORD = 0xFFFFFFFF
_PRIME = (1 << 31) - 1
_MULTIPLIER = 48271
_NUMBER = expression(rb"\s*(\d{1,9})")


def _mixed(value: int) -> int:
    return value ^ value >> 27


def _seed_words(data: bytes, count: int) -> list[int]:
    """Return what ``std::seed_seq(data).generate()`` writes into ``count`` words, at most 6."""
    assert count <= 6
    words = [0x8B8B8B8B] * count
    shift = (count - 1) // 2
    first = (count - shift) // 2
    second = first + shift
    rounds = max(len(data) + 1, count)
    for at in range(rounds + count):
        here, near, far = at % count, (at + first) % count, (at + second) % count
        last = words[(at - 1) % count]
        if at < rounds:
            one = 1664525 * _mixed(words[here] ^ words[near] ^ last) & _WORD
            extra = len(data) if at == 0 else here + (data[at - 1] if at <= len(data) else 0)
            two = one + extra & _WORD
            words[near] = words[near] + one & _WORD
            words[far] = words[far] + two & _WORD
        else:
            one = 1566083941 * _mixed(words[here] + words[near] + last & _WORD) & _WORD
            two = one - here & _WORD
            words[near] ^= one
            words[far] ^= two
        words[here] = two
    return words


def draw(source: bytes, version: bytes, machine: bytes) -> int:
    """Return what a machine draws, 0 to 100, for a source package of a version.

    >>> draw(b"p", b"2", b"abc")
    58
    """
    state = _seed_words(b"-".join((source, version, machine)), 4)[3] % _PRIME or 1
    share = (_PRIME - 2) // (DRAW_MAX + 1)
    while True:
        state = state * _MULTIPLIER % _PRIME
        if state - 1 < share * (DRAW_MAX + 1):
            return (state - 1) // share


class Phasing:
    """The rule of one machine: its identity, its options, and the lists it knows."""

    def __init__(
        self,
        universe: Universe,
        files: Sequence[PackageFile],
        configuration: Configuration,
        machine: bytes,
    ) -> None:
        """``files`` are the facts of the lists, ``machine`` is the content of machine-id(5)."""
        self._universe = universe
        self._files = files
        self._machine = configuration.find("APT::Machine-ID").encode() or machine
        self._always = any(map(configuration.find_bool, ALWAYS_OPTIONS))
        self._never = any(map(configuration.find_bool, NEVER_OPTIONS))
        self.was_asked = False  # whether anything depended on the machine

    def is_phased(self, version: int) -> bool:
        """Say whether some machines do not get an archive's version for now."""
        return not self._always and self.percentage(version) is not None

    def is_deferred(self, version: int) -> bool:
        """Say whether this machine does not get an archive's version for now."""
        percentage = self.percentage(version)
        if percentage is None or self._always:
            return False
        if self._is_security(version):
            return False
        if self._never:
            return True
        self.was_asked = True
        source = self._universe.source(version)
        return bool(self._machine) and draw(*source, self._machine) > percentage

    def _is_security(self, version: int) -> bool:
        """Say whether a version is of a security archive or newer than one that is to come.

        Equal ones with other relations count, and older ones down to what is installed, which does
        not.
        """
        universe = self._universe
        text = universe.version_string(version)
        package = universe.package(version)
        installed = universe.installed.get(package)
        if version == installed:
            return False
        versions = universe.versions(package)
        below = versions[versions.index(version) :]
        older = below[: below.index(installed)] if installed in below else below
        equal = [v for v in versions if universe.version_string(v) == text and v != installed]
        return any(
            (self._files[number].archive or "").endswith(SECURITY_SUFFIX)
            for other in {*older, *equal}
            for number in universe.files(other)
        )

    def percentage(self, version: int) -> int | None:
        """Return the share of machines, or None for all; the last stanza that has one counts."""
        universe = self._universe
        found = None
        for stanza in universe.stanzas(version):
            if universe.meta(stanza) & PHASED:
                match = _NUMBER.match(universe.facts(stanza).phased)
                if match is not None and int(match[1]) < DRAW_MAX:
                    found = int(match[1])
        return found
