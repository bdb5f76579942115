"""How are names and versions written for a terminal?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.packages.universe import Universe

__all__ = ["shown_label", "shown_text"]


def shown_text(value: bytes) -> str:
    """Decode a name or version; what a terminal might act on is escaped."""
    text = value.decode("utf-8", "surrogateescape")
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def shown_label(universe: Universe, package: int) -> str:
    """Return the name of a package, with its architecture unless it is the native one."""
    return shown_text(universe.full_name(package).encode("utf-8", "surrogateescape"))
