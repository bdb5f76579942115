"""Which Debian does foretell know without any apt lists on the machine?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.world import World

__all__ = ["embedded_world"]


def embedded_world(options: Sequence[str], *, cache: str) -> World:
    raise NotImplementedError
