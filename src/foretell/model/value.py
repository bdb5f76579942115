"""What makes a noun of the model an immutable value?

`Value` compares, hashes and prints by its slots and refuses assignment: the ten lines of
``dataclasses`` that are needed here, without the 70 M instructions that importing it costs.
`freeze` and `thaw` turn fields to and from plain JSON values.
"""

from __future__ import annotations

from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    # A field of a reason, an action or a prediction: plain, so that it is the same in JSON.
    Field = str | int | bool | None | tuple[str, ...]
    # What json.dumps takes; dict keys are in a fixed order.
    Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]

__all__ = ["Value", "check_kind", "freeze", "thaw"]


class Value:
    """An immutable value: equal to another of its class when all slots are equal."""

    __slots__: tuple[str, ...] = ()

    def _set(self, *values: object) -> None:
        """Fill the slots in the order of ``__slots__``; for ``__init__`` only."""
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(
            tuple(
                frozenset(value.items()) if isinstance(value, MappingProxyType) else value
                for value in self._values()
            )
        )

    def __repr__(self) -> str:
        pairs = zip(self.__slots__, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in pairs)})"


def check_kind(kind: str) -> str:
    """Return ``kind`` if it is kebab-case ASCII; raise `ValueError` otherwise.

    >>> check_kind("depends-on")
    'depends-on'
    """
    words = kind.split("-")
    if not all(word.isascii() and word.isalnum() and word == word.lower() for word in words):
        raise ValueError(f"a kind is kebab-case, not {kind!r}")
    return kind


def freeze(fields: Mapping[str, Field] | None) -> Mapping[str, Field]:
    """Copy ``fields`` into a read-only mapping, in the given order."""
    copy: dict[str, Field] = {}
    for name, value in (fields or {}).items():
        if not _is_plain(value):
            raise TypeError(f"field {name} is not plain: {value!r}")
        copy[name] = value
    return MappingProxyType(copy)


def thaw(fields: Mapping[str, Field]) -> dict[str, Plain]:
    """Return ``fields`` as plain JSON values: tuples become lists.

    >>> thaw(freeze({"package": "git", "alternatives": ("a", "b")}))
    {'package': 'git', 'alternatives': ['a', 'b']}
    """
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()
    }


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, (str, int))
