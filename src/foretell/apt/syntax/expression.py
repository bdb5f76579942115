"""How does a regular expression cost nothing until it is needed?

Compiling those of all modules that a question loads takes longer than many an answer.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import compile as expression

__all__ = ["expression"]


class _Expression:
    """Stands for a compiled expression: has its methods, compiles it when one is asked for."""

    __slots__ = ("_text", "findall", "finditer", "fullmatch", "match", "search", "split", "sub")

    def __init__(self, text: str | bytes) -> None:
        self._text: str | bytes = text

    def __getattr__(self, name: str) -> object:
        import re

        if name not in self.__slots__:
            raise AttributeError(name)
        compiled = re.compile(self._text)
        for method in self.__slots__[1:]:
            setattr(self, method, getattr(compiled, method))
        return getattr(self, name)


if not TYPE_CHECKING:
    expression = _Expression
