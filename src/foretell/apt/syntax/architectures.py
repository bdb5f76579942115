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
# Names that do not end with the processor, or are not of the base ABI: ABI and processor.
_SPECIAL = {
    "arm64ilp32": ("ilp32", "arm64"),
    "armel": ("eabi", "arm"),
    "armhf": ("eabihf", "arm"),
    "mips64": ("abi64", "mips64"),
    "mips64el": ("abi64", "mips64el"),
    "mips64r6": ("abi64", "mips64r6"),
    "mips64r6el": ("abi64", "mips64r6el"),
    "mipsn32": ("abin32", "mips64"),
    "mipsn32el": ("abin32", "mips64el"),
    "powerpcspe": ("spe", "powerpc"),
    "x32": ("x32", "amd64"),
}
_KNOWN_SYSTEMS = frozenset(("hurd", "kfreebsd", "knetbsd"))


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
        parts = list(_special(wildcard) or (*_BASE[: _PARTS - len(wanted)], *wanted))
    if len(parts) != _PARTS:
        return False
    return all(
        wish == "any" or fnmatchcase(part, wish)
        for part, wish in zip(_parts(architecture), parts, strict=True)
    )


def _special(name: str) -> tuple[str, ...]:
    """Return the parts of an architecture of another ABI, or nothing."""
    if name not in _SPECIAL:
        return ()
    abi, processor = _SPECIAL[name]
    return (abi, *_BASE[1:], processor)


def _parts(architecture: str) -> tuple[str, ...]:
    special = _special(architecture)
    if special:
        return special
    system, dash, processor = architecture.rpartition("-")
    if not dash:
        return (*_BASE, architecture)
    if system in _KNOWN_SYSTEMS:
        return (*_BASE[:2], system, processor)
    raise Unmodelled(f"?architecture asked of {architecture}")
