"""What happens when the answer depends on a rule that is not modelled?"""

from __future__ import annotations

__all__ = ["Unmodelled"]


class Unmodelled(Exception):  # noqa: N818 - becomes the verdict "unknown"
    """The answer depends on a rule that is not modelled; the argument names it."""
