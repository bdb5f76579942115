"""Where are the user's indexes kept?

A module of its own, because completion asks and must not wait for anything else.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cache_folder"]


def cache_folder(environment: Mapping[str, str]) -> str:
    """Return the folder of the user's indexes: below ``XDG_CACHE_HOME``, default ``~/.cache``.

    Source: XDG Base Directory Specification; a relative value is ignored.  Without a home it is a
    folder that nobody can make.
    """
    base = environment.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        home = environment.get("HOME", "")
        base = os.path.join(home if home.startswith("/") else os.devnull, ".cache")
    return os.path.join(base, "foretell", "apt")
