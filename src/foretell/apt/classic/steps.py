"""What is a step of the classic solver, and what led to it?"""

from __future__ import annotations

from foretell.apt.classic.solutions import RANKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Fact = int | str | tuple[str, ...]

__all__ = ["CREATED", "Because", "Choice", "Step", "deciding_part"]

CREATED = "created"  # which package apt's cache builder created last
# What the parts of the place of a solution are about, the first difference decides.
_PARTS = ("here", "alternative", *RANKS)


class Choice:
    """A version that would fulfil a relation, and what gives it its place among such."""

    __slots__ = ("place", "version")

    def __init__(self, version: int, place: tuple[bool | int, ...]) -> None:
        self.version = version
        self.place = place


def deciding_part(first: Choice, second: Choice) -> str:
    """Return what tells two choices apart: ``here``, ``alternative``, a rank, or `CREATED`."""
    for name, one, other in zip(_PARTS, first.place, second.place, strict=True):
        if one != other:
            return name
    return CREATED


class Step:
    """One change of a package.

    ``kind`` says why; ``owner`` and ``group`` are the version and the or-group that a relation
    stands in, ``other`` the package that it is about beside this one, ``parents`` the steps that
    it follows from, most important first.  ``version`` is what is planned after the step, -1 for
    none.  ``facts`` are points and the like by name.
    """

    __slots__ = (
        "choices",
        "facts",
        "failure",
        "group",
        "kind",
        "other",
        "owner",
        "package",
        "parents",
        "version",
    )

    def __init__(
        self,
        kind: str,
        package: int,
        *,
        owner: int = -1,
        group: int | None = None,
        parents: Iterable[Step] = (),
        choices: Sequence[Choice] = (),
        other: int = -1,
        facts: dict[str, Fact] | None = None,
        failure: Step | None = None,
    ) -> None:
        self.kind = kind
        self.package = package
        self.owner = owner
        self.group = group
        self.parents = tuple(parents)
        self.choices = choices
        self.other = other
        self.facts = facts or {}
        self.failure = failure
        self.version = -1


class Because:
    """The cause of changes; a package that is changed twice for it has one step.

    With ``is_split`` its removal is a step of its own.
    """

    __slots__ = ("_is_split", "_make", "_steps")

    def __init__(self, make: Callable[[int, str], Step], *, is_split: bool = False) -> None:
        self._make = make
        self._is_split = is_split
        self._steps: dict[tuple[int, bool], Step] = {}

    def step(self, package: int, what: str) -> Step:
        """Return the step of a change: ``install``, ``keep`` or ``delete``."""
        key = package, self._is_split and what == "delete"
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self._make(package, what)
        return found

    def made(self, package: int, what: str) -> Step | None:
        """Return the step of a change if it was made before."""
        return self._steps.get((package, self._is_split and what == "delete"))
