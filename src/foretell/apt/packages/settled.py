"""Which relations does the archive settle by itself, whatever is installed?

Most relations name one package that has one version and that nothing else provides.  Whether that
version fulfils the relation never changes while the archive is the same, so the answers are kept
beside the index and the next question starts with them.  The file is a cache: it is written aside
and renamed, and whatever is wrong with it is thrown away.
"""

from __future__ import annotations

import struct
import zlib

from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Universe

__all__ = ["NOT_SETTLED", "SETTLED_MAX", "Settled"]

NOT_SETTLED = -1
SETTLED_MAX = 500_000  # relations; the real archive has 150,000 different ones
_MAGIC = b"foretell-apt-settled 2\n"
# Only these can be told to be about a name that the status file altered (`Universe.altered`).
_PLAIN = expression(rb"[^ (:|]+(?: |\Z)")
_HEAD = struct.Struct("<32sIII")
_WORTH_WRITING = 0.05  # share of new answers from which on the file is written again


class Settled:
    """Answers by the text of an or-group.

    ``positive`` holds the package that fulfils it in its only version; ``negative`` the variable
    of the only version it forbids, or 0 when it forbids none; both `NOT_SETTLED` for all others.
    """

    __slots__ = ("_read", "negative", "positive")

    def __init__(self) -> None:
        self.positive: dict[bytes, int] = {}
        self.negative: dict[bytes, int] = {}
        self._read = 0

    def settle_positive(self, universe: Universe, group: int) -> int:
        """Find out about a positive or-group and remember it."""
        text = universe.group_text(group)
        found = NOT_SETTLED
        target, version = self._only_version(universe, group)
        if version >= 0 and _PLAIN.match(text):
            _, operator, wanted = universe.members(group)[0]
            if not operator or universe.holds(version, operator, wanted):
                found = target
        self.positive[text] = found
        return found

    def settle_negative(self, universe: Universe, group: int) -> int:
        """Find out about a negative or-group and remember it."""
        text = universe.group_text(group)
        found = NOT_SETTLED
        members = universe.members(group)
        target, version = self._only_version(universe, group)
        is_plain = _PLAIN.match(text) is not None
        if is_plain and version >= 0:
            _, operator, wanted = members[0]
            holds = not operator or universe.holds(version, operator, wanted)
            found = 2 * version + 1 if holds else 0
        elif (
            is_plain
            and len(members) == 1
            and not universe.versions(target)
            and not universe.provides(target)
        ):
            found = 0
        self.negative[text] = found
        return found

    def _only_version(self, universe: Universe, group: int) -> tuple[int, int]:
        """Return target and version of an or-group that names one package of one version."""
        members = universe.members(group)
        target = members[0][0]
        if len(members) != 1 or target >= universe.n_packages:
            return target, -1
        versions = universe.versions(target)
        if len(versions) != 1 or universe.provides(target):
            return target, -1
        return target, versions[0]

    # -- on disk -------------------------------------------------------------------------------

    @property
    def is_worth_writing(self) -> bool:
        """Say whether enough is new since the file was read."""
        count = len(self.positive) + len(self.negative)
        return self._read < count * (1 - _WORTH_WRITING) and count <= SETTLED_MAX

    def encode(self, key: bytes) -> bytes:
        """Return the bytes of the file for the archive ``key``."""
        from array import array

        texts = [*self.positive, *self.negative]
        answers = array("i", [*self.positive.values(), *self.negative.values()])
        blob = b"\n".join(texts)
        head = _HEAD.pack(key, len(self.positive), len(self.negative), len(blob))
        data = _MAGIC + head + blob + answers.tobytes()
        return data + struct.pack("<I", zlib.crc32(data))

    def decode(self, data: bytes, key: bytes, n_packages: int, n_versions: int) -> None:
        """Take over the answers of a file; those of a damaged or foreign one are ignored."""
        from array import array

        start = len(_MAGIC) + _HEAD.size
        if len(data) < start + 4 or not data.startswith(_MAGIC):
            return
        found_key, positive, negative, length = _HEAD.unpack_from(data, len(_MAGIC))
        if found_key != key or zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
            return
        texts = data[start : start + length].split(b"\n")
        answers = array("i")
        rest = data[start + length : -4]
        if len(texts) != positive + negative or len(rest) != answers.itemsize * len(texts):
            return
        answers.frombytes(rest)
        if min(answers) < NOT_SETTLED or max(answers) > 2 * max(n_packages, n_versions) + 1:
            return
        self.positive = dict(zip(texts[:positive], answers[:positive], strict=True))
        self.negative = dict(zip(texts[positive:], answers[positive:], strict=True))
        self._read = len(texts)
