"""Why is a prediction what it is?

Reasons form a directed acyclic graph: a reason is an external fact with `Evidence`, or is
derived from its ``parents``, or both.  A shared reason is one object, and is numbered once.
"""

from __future__ import annotations

from foretell.model.value import Value, check_kind, freeze, thaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.model.evidence import Evidence
    from foretell.model.value import Field, Plain

__all__ = ["Reason", "number_reasons", "reasons_as_json"]


class Reason(Value):
    """One node of an explanation.

    ``kind`` is a stable kebab-case id that the domain defines and never reuses; ``fields`` hold
    what the sentence about it needs; ``parents`` are the reasons that it follows from, most
    important first.  A reason is equal to itself only: two that say the same are two nodes.
    Raises `ValueError` for a kind that is not kebab-case, `TypeError` for a field not plain.

    >>> wanted = Reason("requested", {"package": "git"})
    >>> Reason("depends", {"package": "perl"}, parents=[wanted]).parents == (wanted,)
    True
    """

    __slots__ = ("evidence", "fields", "kind", "parents")

    evidence: tuple[Evidence, ...]
    fields: Mapping[str, Field]
    kind: str
    parents: tuple[Reason, ...]

    def __init__(
        self,
        kind: str,
        fields: Mapping[str, Field] | None = None,
        *,
        parents: Iterable[Reason] = (),
        evidence: Iterable[Evidence] = (),
    ) -> None:
        self._set(tuple(evidence), freeze(fields), check_kind(kind), tuple(parents))

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"Reason({self.kind!r}, {thaw(self.fields)!r}, {len(self.parents)} parents)"

    def as_json(self, numbers: Mapping[Reason, int] | None = None) -> dict[str, Plain]:
        """Return the reason as plain values, its parents by number.

        ``numbers`` is what `number_reasons` gave for the whole explanation; without it the
        reason is numbered by itself.
        """
        if numbers is None:
            numbers = number_reasons([self])
        return {
            "number": numbers[self],
            "kind": self.kind,
            "fields": thaw(self.fields),
            "parents": [numbers[parent] for parent in self.parents],
            "evidence": [fact.as_json() for fact in self.evidence],
        }


def number_reasons(conclusions: Iterable[Reason]) -> dict[Reason, int]:
    """Number every reason below ``conclusions`` once, from 1, causes before what they cause.

    The dict is in the order of the numbers.  The order depends on the graph only: depth first,
    parents in their order.  Explanations may be deep, so this does not recurse.

    >>> cause = Reason("cause")
    >>> left, right = Reason("left", parents=[cause]), Reason("right", parents=[cause])
    >>> [reason.kind for reason in number_reasons([Reason("end", parents=[left, right])])]
    ['cause', 'left', 'right', 'end']
    """
    numbers: dict[Reason, int] = {}
    stack = [(reason, iter(reason.parents)) for reason in reversed(tuple(conclusions))]
    while stack:
        reason, parents = stack[-1]
        parent = None if reason in numbers else next(parents, None)
        if parent is None:
            stack.pop()
            numbers.setdefault(reason, len(numbers) + 1)
        elif parent not in numbers:
            stack.append((parent, iter(parent.parents)))
    return numbers


def reasons_as_json(conclusions: Iterable[Reason]) -> dict[str, Plain]:
    """Return an explanation as plain values: the conclusions' numbers, then every reason."""
    conclusions = tuple(conclusions)
    numbers = number_reasons(conclusions)
    return {
        "conclusions": [numbers[reason] for reason in conclusions],
        "reasons": [reason.as_json(numbers) for reason in numbers],
    }
