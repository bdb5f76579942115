"""What would be done, in which order, and how is each step taken back?"""

from __future__ import annotations

from foretell.model.value import Value, check_kind, freeze, thaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.model.value import Field, Plain

__all__ = ["Action", "CannotUndo", "Plan", "Step"]


class Action(Value):
    """One thing that can be done: a kebab-case kind that the domain defines, and its fields.

    >>> Action("install", {"package": "git", "version": "1:2.47.2-0.2"}).kind
    'install'
    """

    __slots__ = ("fields", "kind")

    fields: Mapping[str, Field]
    kind: str

    def __init__(self, kind: str, fields: Mapping[str, Field] | None = None) -> None:
        self._set(freeze(fields), check_kind(kind))

    def as_json(self) -> dict[str, Plain]:
        """Return the action as plain values."""
        return {"kind": self.kind, "fields": thaw(self.fields)}


class CannotUndo(Value):
    """The explicit statement that a step has no inverse, and why, in one sentence."""

    __slots__ = ("why",)

    why: str

    def __init__(self, why: str) -> None:
        if not why:
            raise ValueError("a step that cannot be undone says why")
        self._set(why)

    def as_json(self) -> dict[str, Plain]:
        """Return the statement as plain values."""
        return {"cannot-undo": self.why}


class Step(Value):
    """One action of a plan with its inverse, or with the statement that there is none.

    >>> install = Action("install", {"package": "git"})
    >>> Step(install, Action("remove", {"package": "git"})).inverse().undo == install
    True
    """

    __slots__ = ("do", "undo")

    do: Action
    undo: Action | CannotUndo

    def __init__(self, do: Action, undo: Action | CannotUndo) -> None:
        self._set(do, undo)

    def inverse(self) -> Step:
        """Return the step that takes this one back; raise `ValueError` if there is none."""
        if isinstance(self.undo, CannotUndo):
            message = f"{self.do.kind} cannot be undone: {self.undo.why}"
            raise ValueError(message)  # noqa: TRY004 - the type is right, the wish is not
        return Step(self.undo, self.do)

    def as_json(self) -> dict[str, Plain]:
        """Return the step as plain values."""
        return {"do": self.do.as_json(), "undo": self.undo.as_json()}


class Plan(Value):
    """Steps in the order in which they are done."""

    __slots__ = ("steps",)

    steps: tuple[Step, ...]

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._set(tuple(steps))

    def inverse(self) -> Plan:
        """Return the plan that takes this one back, last step first.

        Raises `ValueError` naming the first step, in the order of undoing, without an inverse.
        """
        return Plan(step.inverse() for step in reversed(self.steps))

    def as_json(self) -> dict[str, Plain]:
        """Return the plan as plain values."""
        return {"steps": [step.as_json() for step in self.steps]}
