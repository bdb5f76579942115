"""When does apt's cache builder create each package of a name?

A name has one package per architecture.  apt creates one when a stanza or a relation first means
it, and what it records of a relation depends on the packages that the name has by then.  Where
foreign architectures are configured, the index therefore keeps the *birth* of every package: the
number of the stanza and the place in it.  Found by experiments with libapt 3.0.3:

- a stanza is read in the order: its package, Pre-Depends, Depends, Conflicts, Breaks, Recommends,
  Suggests, Replaces, Enhances, Provides, and at last what Multi-Arch implies;
- a relation means the package of the stanza's own architecture (for ``all`` the native one) or of
  the architecture that it names, and creates it; a plain Conflicts, Breaks or Replaces means all
  packages of the name and creates one only if there is none;
- so does a plain Provides of a ``Multi-Arch: foreign`` package, which then creates the native one;
- a relation on ``name:architecture`` creates a virtual package of that very name before.
"""

from __future__ import annotations

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    MULTI_ARCH_FOREIGN,
    MULTI_ARCH_MASK,
    PROVIDES,
    REPLACES,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["END_OF_STANZA", "PLACE_BITS", "SPREADING", "mentions", "package_key"]

PLACE_BITS = 20  # a birth is the stanza's number shifted by these, and the place in the stanza
END_OF_STANZA = (1 << PLACE_BITS) - 1
# Relations that are recorded for every package of a name.
SPREADING = frozenset((CONFLICTS, BREAKS, REPLACES))


def package_key(name: bytes, architecture: bytes, native: bytes) -> bytes:
    """Return the name by which the index finds a package.

    >>> package_key(b"a", b"i386", b"amd64"), package_key(b"a:any", b"any", b"amd64")
    (b'a:i386', b'a:any:')
    """
    if architecture == native:
        return name
    return name + b":" + (b"" if architecture == b"any" else architecture)


def mentions(
    lines: Sequence[bytes], architecture: bytes, meta: int, native: bytes
) -> Iterator[tuple[int, bytes, bytes, bool]]:
    """Yield what the relation fields of a stanza may create, in apt's order.

    ``lines`` are by relation type, ``architecture`` is the package's, ``meta`` the version's packed
    facts.  Rows are (place in the stanza, name, architecture, only if the name has no package yet).
    """
    place = 0
    is_foreign = meta & MULTI_ARCH_MASK == MULTI_ARCH_FOREIGN
    for kind, line in enumerate(lines):
        if not line:
            continue
        is_spreading = kind in SPREADING or (kind == PROVIDES and is_foreign)
        own = native if kind == PROVIDES and is_foreign else architecture
        for text in line.replace(b"|", b", ").split(b","):
            place += 1
            name = text.partition(b"(")[0].strip()
            if b":" not in name:
                yield place, name, own, is_spreading
                continue
            name, _, qualifier = name.partition(b":")
            if qualifier == b"native":
                qualifier = native
            if qualifier != b"any":
                yield place, name + b":" + qualifier, b"any", False
                yield place, name, qualifier, False
