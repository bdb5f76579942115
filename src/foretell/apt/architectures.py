"""Which architectures does a wildcard like ``linux-any`` mean?

An architecture is an ABI, a C library, a system and a processor: amd64 is ``base-gnu-linux-amd64``
(dpkg-architecture(1)).  What apt takes for a wildcard follows experiments with apt 3.0.3: a
text with ``any`` or ``*`` as a part may leave out the first parts, any other is the name of an
architecture, and its parts may have the other signs of glob(7).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from foretell.apt.unmodelled import Unmodelled

__all__ = ["is_meant"]

_NEVER = frozenset(("all", "native"))  # packages of Architecture: all have the native one
_PARTS = 4
_BASE = ("base", "gnu", "linux")
# Names that do not end with the processor after the system, and are not of the base ABI.
_SPECIAL = {
    "armel": ("eabi", "gnu", "linux", "arm"),
    "armhf": ("eabihf", "gnu", "linux", "arm"),
    "x32": ("x32", "gnu", "linux", "amd64"),
}
_PLAIN = frozenset(
    (
        "$kernel",  # of the hidden package that stands for kernels
        "alpha",
        "amd64",
        "any",
        "arc",
        "arm64",
        "hppa",
        "i386",
        "ia64",
        "loong64",
        "m68k",
        "mips",
        "mipsel",
        "ppc64",
        "ppc64el",
        "riscv64",
        "s390x",
        "sh4",
        "sparc64",
        "powerpc",
    )
)


def is_meant(architecture: str, wildcard: str) -> bool:
    """Say whether a wildcard means an architecture, ``any`` for packages of no architecture.

    Raises `Unmodelled` for an architecture whose parts are not known here.

    >>> is_meant("amd64", "linux-any"), is_meant("armhf", "any-amd64")
    (True, False)
    """
    if wildcard in _NEVER:
        return False
    wanted = wildcard.split("-")
    if "any" in wanted or "*" in wildcard:
        parts = ["any"] * (_PARTS - len(wanted)) + wanted
    else:
        parts = list(_SPECIAL.get(wildcard, (*_BASE[: _PARTS - len(wanted)], *wanted)))
    if len(parts) != _PARTS:
        return False
    return all(
        wish == "any" or fnmatchcase(part, wish)
        for part, wish in zip(_parts(architecture), parts, strict=True)
    )


def _parts(architecture: str) -> tuple[str, ...]:
    if architecture in _SPECIAL:
        return _SPECIAL[architecture]
    if architecture in _PLAIN:
        return (*_BASE, architecture)
    raise Unmodelled(f"?architecture asked of {architecture}")
