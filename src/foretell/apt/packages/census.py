"""Which packages does apt's cache hold, when was each created, and in which order are they walked?

The classic solver breaks ties by both: among equal providers the package that was created last
wins, and packages of equal score are sorted by an unstable sort over *all* packages of the cache,
those without a version included.  A stanza creates its own package, then what its relations
mention (see `births`), then what it provides; every version that is ``Multi-Arch: allowed`` creates
``name:any``, and the first kernel image a hidden name twice.  Checked against libapt 3.0.3's own
dump of its cache, for one configured architecture only.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from bisect import bisect_left, insort

from foretell.apt.model import (
    MULTI_ARCH_ALLOWED,
    MULTI_ARCH_FOREIGN,
    MULTI_ARCH_MASK,
    PROVIDES,
)
from foretell.apt.packages.births import SPREADING
from foretell.apt.packages.universe import HASH_TABLE_SIZE
from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from foretell.apt.packages.universe import Universe

    Key = tuple[int, int, bytes, int]

__all__ = ["NOWHERE", "Census", "Roll", "call_roll", "take_census"]

NOWHERE = -1
_ANY = b"any"
_KERNELS = b"$kernel"  # what every kernel image provides besides its own name
_IMAGE = expression(rb"(?:linux|kfreebsd|gnumach)-image-[0-9]+\.")
_BREAK = expression(rb" \| |, ")
_MAGIC = b"foretell-apt-census 1\n"
_HEAD = struct.Struct("<32sIIII")


class Roll:
    """The packages that the archive's lists create, in the order of their creation.

    ``numbers`` has the place in that order of each of the index's packages, ``places`` by that
    number the place in the order in which apt walks its cache.  The others, which are merely
    mentioned, are ``others`` as ``name`` or ``name<TAB>architecture``, with their numbers.
    """

    __slots__ = ("has_kernel", "numbers", "other_numbers", "others", "places")

    def __init__(self) -> None:
        self.numbers = array("I")
        self.places = array("I")
        self.others: list[bytes] = []
        self.other_numbers = array("I")
        self.has_kernel = False

    def encode(self, key: bytes) -> bytes:
        """Return the bytes of a file for the archive ``key``."""
        blob = b"\n".join(self.others)
        counts = (len(self.numbers), len(self.places), len(blob), self.has_kernel)
        arrays = (self.numbers, self.places, self.other_numbers)
        data = _MAGIC + _HEAD.pack(key, *counts) + b"".join(map(array.tobytes, arrays)) + blob
        return data + struct.pack("<I", zlib.crc32(data))

    @classmethod
    def decode(cls, data: bytes, key: bytes) -> Roll | None:
        """Return what a file says, or None when it is damaged or about another archive."""
        at = len(_MAGIC) + _HEAD.size
        if len(data) < at + 4 or not data.startswith(_MAGIC):
            return None
        found, own, every, length, has_kernel = _HEAD.unpack_from(data, len(_MAGIC))
        if found != key or zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
            return None
        roll = cls()
        width = roll.numbers.itemsize
        if len(data) != at + 4 + width * 2 * every + length:
            return None
        for numbers, count in (
            (roll.numbers, own),
            (roll.places, every),
            (roll.other_numbers, every - own),
        ):
            numbers.frombytes(data[at : at + width * count])
            at += width * count
        roll.others = data[at:-4].split(b"\n") if every > own else []
        roll.has_kernel = bool(has_kernel)
        return roll


class _Creation:
    """Notes packages as they are created; ``born`` is in that order."""

    def __init__(
        self,
        native: bytes,
        known: Iterable[tuple[bytes, bytes]] = (),
        is_known: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.native = native
        self.born: dict[tuple[bytes, bytes], int] = {}
        self.names: set[bytes] = set()
        self.has_kernel = False
        self._is_known = is_known
        for name, architecture in known:
            self.create(name, architecture)

    def has(self, name: bytes) -> bool:
        """Say whether the name has a package of any architecture."""
        return name in self.names or (self._is_known is not None and self._is_known(name))

    def create(self, name: bytes, architecture: bytes) -> None:
        """Note a package unless it is there."""
        self.born.setdefault((name, architecture), len(self.born))
        self.names.add(name)

    def read(self, universe: Universe, version: int) -> None:
        """Note what the stanza of a version creates."""
        package = universe.package(version)
        name, architecture = universe.name(package), universe.architecture(package)
        multi_arch = universe.meta(version) & MULTI_ARCH_MASK
        is_allowed = multi_arch == MULTI_ARCH_ALLOWED
        self.create(name, architecture)
        for kind, line in enumerate(universe.relation_lines(version)):
            if not line:
                continue
            is_provides = kind == PROVIDES
            is_foreign = is_provides and multi_arch == MULTI_ARCH_FOREIGN
            is_spreading = kind in SPREADING or is_foreign
            own = self.native if is_foreign else architecture
            for text in _BREAK.split(line):
                target = text.partition(b" ")[0]
                if b":" in target:
                    self._create_qualified(*target.split(b":", 1))
                    continue
                if is_allowed and is_provides:
                    self.create(target + b":any", _ANY)
                if not (is_spreading and self.has(target)):
                    self.create(target, own)
        if is_allowed:
            self.create(name + b":any", _ANY)
        if not self.has_kernel and _IMAGE.match(name):
            self.has_kernel = True
            self.create(_KERNELS, _ANY)
            self.create(_KERNELS, _KERNELS)

    def _create_qualified(self, name: bytes, qualifier: bytes) -> None:
        if qualifier == b"native":
            qualifier = self.native
        self.create(name + b":" + qualifier, _ANY)
        if qualifier != _ANY:
            self.create(name, qualifier)


def _key(name: bytes, number: int) -> Key:
    """Return the sort key of apt's package iteration order."""
    value = 5381
    for byte in name.lower():
        value = value * 33 + byte
    return ((value & 0xFFFFFFFF) % HASH_TABLE_SIZE, len(name), name, number)


def call_roll(universe: Universe) -> Roll:
    """Return the packages that the archive of ``universe`` creates: reads all of it."""
    creation = _Creation(universe.native)
    following = set(universe.archive.ver_next)
    for version in range(universe.n_versions):
        if version + 1 not in following:  # else it was listed before: nothing is read again
            creation.read(universe, version)
    roll = Roll()
    roll.has_kernel = creation.has_kernel
    own = [
        (universe.name(package), universe.architecture(package))
        for package in range(universe.n_packages)
    ]
    roll.numbers = array("I", map(creation.born.__getitem__, own))
    is_own = set(roll.numbers)
    for (name, architecture), number in creation.born.items():
        if number not in is_own:
            is_plain = architecture == universe.native
            roll.others.append(name if is_plain else name + b"\t" + architecture)
            roll.other_numbers.append(number)
    walked = sorted(_key(name, number) for (name, _), number in creation.born.items())
    places = array("I", bytes(4 * len(walked)))
    for place, key in enumerate(walked):
        places[key[3]] = place
    roll.places = places
    return roll


class Census:
    """The packages of a world: those of the roll and those that its status file creates.

    ``residual`` are packages of which only configuration files are left.
    """

    def __init__(self, universe: Universe, roll: Roll, residual: Iterable[int] = ()) -> None:
        self.universe = universe
        self.residual = sorted(residual)
        self.roll = roll
        self._known: dict[tuple[bytes, bytes], int] | None = None
        self._by_name: dict[bytes, list[tuple[int, bytes]]] | None = None
        self._walked: list[int] | None = None  # place to number, of the roll
        self._names: Sequence[bytes] = ()
        self._more: list[tuple[int, Key]] = []  # what the status file creates, and where

    @property
    def count(self) -> int:
        """How many packages there are."""
        return len(self.roll.places) + len(self._others()) - len(self.roll.others)

    def _others(self) -> dict[tuple[bytes, bytes], int]:
        """Return the numbers of the packages that are not the index's."""
        if self._known is None:
            self._known = {}
            for text, number in zip(self.roll.others, self.roll.other_numbers, strict=True):
                name, _, architecture = text.partition(b"\t")
                self._known[name, architecture or self.universe.native] = number
            self._add_status(self._known)
        return self._known

    def others(self) -> list[tuple[bytes, bytes]]:
        """Return name and architecture of the packages that are not the index's.

        Without those of foreign architectures, and the hidden one for kernels.
        """
        natural = {self.universe.native, _ANY}
        return [key for key in self._others() if key[1] in natural and key[0] != _KERNELS]

    def beyond_index(self) -> Iterable[tuple[bytes, bytes]]:
        """Return name and architecture of all packages that are not the index's."""
        return self._others()

    def _add_status(self, known: dict[tuple[bytes, bytes], int]) -> None:
        universe = self.universe
        if universe.version_count() == universe.n_versions and not self.residual:
            return
        creation = _Creation(universe.native, known, self._is_archives)
        creation.has_kernel = self.roll.has_kernel
        start = len(self.roll.places)
        for version in range(universe.n_versions, universe.version_count()):
            creation.read(universe, version)
        for package in self.residual:
            creation.create(universe.name(package), universe.architecture(package))
        fresh = [key for key in list(creation.born)[len(known) :] if self._is_new(*key)]
        for number, (name, architecture) in enumerate(fresh, start):
            known[name, architecture] = number
            key = _key(name, number)
            insort(self._more, (self._place_in_roll(key), key))

    def _is_archives(self, name: bytes) -> bool:
        """Say whether the archive's index has a package of this name."""
        n_packages = self.universe.n_packages
        return any(package < n_packages for package in self.universe.named(name))

    def _is_new(self, name: bytes, architecture: bytes) -> bool:
        package = self.universe.find(name, architecture)
        return not 0 <= package < self.universe.n_packages

    def _place_in_roll(self, key: Key) -> int:
        """Return how many packages of the roll are walked before ``key``."""
        if self._walked is None:
            self._walked = sorted(range(len(self.roll.places)), key=self.roll.places.__getitem__)
            self._names = self._all_names()
        walked, names = self._walked, self._names
        return bisect_left(walked, key, key=lambda number: _key(names[number], number))

    def _all_names(self) -> Sequence[bytes]:
        names = [b""] * len(self.roll.places)
        for package, number in enumerate(self.roll.numbers):
            names[number] = self.universe.name(package)
        for text, number in zip(self.roll.others, self.roll.other_numbers, strict=True):
            names[number] = text.partition(b"\t")[0]
        return names

    def everyone(self) -> list[tuple[bytes, bytes]]:
        """Return name and architecture of every package."""
        universe = self.universe
        own = range(universe.n_packages)
        return [(universe.name(p), universe.architecture(p)) for p in own] + list(self._others())

    def number(self, package: int) -> int:
        """Return the place of a package in the order of creation; unknown ones come last."""
        universe = self.universe
        if package < universe.n_packages:
            return self.roll.numbers[package]
        key = (universe.name(package), universe.architecture(package))
        return self._others().get(key, self.count + package)

    def place(self, package: int) -> int:
        """Return the place of a package in the order in which apt walks its cache.

        `NOWHERE` for a package that only we have: relations on a name that has a package of a
        foreign architecture do not create the native one.
        """
        self._others()
        number = self.number(package)
        roll = self.roll.places
        if number < len(roll):
            place = roll[number]
            return place + sum(before <= place for before, _ in self._more) if self._more else place
        for rank, (before, key) in enumerate(self._more):
            if key[3] == number:
                return before + rank
        return NOWHERE

    def members(self, name: bytes) -> list[bytes]:
        """Return the architectures in which a name has packages, the eldest first."""
        universe = self.universe
        own = [p for p in universe.named(name) if p < universe.n_packages]
        found = [(self.roll.numbers[package], universe.architecture(package)) for package in own]
        return [row[1] for row in sorted(found + self._further(name))]

    def kin(self, name: bytes) -> list[bytes]:
        """Return the architectures in which a name has further packages, without versions."""
        natural = {self.universe.native, _ANY, _KERNELS}
        return [row[1] for row in self._further(name) if row[1] not in natural]

    def _further(self, name: bytes) -> list[tuple[int, bytes]]:
        """Return number and architecture of the packages of a name that are not the index's."""
        if self._by_name is None:
            self._by_name = {}
            for (other, architecture), number in self._others().items():
                self._by_name.setdefault(other, []).append((number, architecture))
        return self._by_name.get(name, [])


def take_census(universe: Universe, residual: Iterable[int]) -> Census:
    """Return the census of a universe whose roll nobody has kept."""
    return Census(universe, call_roll(universe), residual)
