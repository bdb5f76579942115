"""What happens when the answer depends on a rule that is not modelled?"""

from __future__ import annotations

__all__ = ["Unmodelled"]


class Unmodelled(Exception):  # noqa: N818 - becomes the verdict "unknown"
    """The answer depends on a rule that is not modelled.

    ``rule`` names it in kebab-case; the argument says it in one sentence.
    """

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule
        self.why = why
