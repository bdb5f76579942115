"""What does solver3 decide, given clauses over numbered variables?

The core knows nothing of packages: variables are integers, and an `Archive`-like source hands out
the clauses a variable owns.  What apt's users see as a decision depends on orders that look
incidental (the order of registration, the layout of a binary heap, what is re-queued on undo), so
all of them are part of this module's contract; see the design note ``docs/concepts/solver3.md``.

A *clause* is a tuple ``(owner, alternatives, flags, urgency, group, link)``: owner → one of the
alternatives, in order of preference; with `NEGATIVE` owner → none of them; with `OPTIONAL` only if
possible, which with `EAGER` is tried as early as what is mandatory.  ``urgency`` is `urgency_of`
of its flags and group; ``link`` is the caller's.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    Clause = tuple[int, Sequence[int], int, int, int, int]
    Item = tuple[int, int, int, Clause]

    class ClauseSource(Protocol):
        """Where the core asks for the clauses of a variable."""

        def clauses(self, variable: int) -> list[Clause]:
            """Return the clauses that ``variable`` owns, in order of registration."""

        def package_variable(self, variable: int) -> int:
            """Return the package variable of a version variable, or the variable itself."""


__all__ = [
    "DECISIONS_MAX",
    "EAGER",
    "FALSE",
    "NEGATIVE",
    "OPTIONAL",
    "TRUE",
    "UNDECIDED",
    "Solver",
    "StepLimitExceeded",
    "urgency_of",
]

UNDECIDED, TRUE, FALSE = 0, 1, 2
OPTIONAL, NEGATIVE, EAGER = 1, 2, 4
# apt stops after ten seconds of wall time; a count does not depend on the machine.
DECISIONS_MAX = 2_000_000

_EAGER = 512  # what comes as early as a mandatory clause with a choice
_MANDATORY_CHOICE = 513  # what a mandatory item gives up when it has two or more alternatives


def urgency_of(flags: int, group: int) -> int:
    """Return the sort key of a clause with fewer than two alternatives left; lower goes first.

    Mandatory clauses without a choice come first, then mandatory ones, then optional ones, each by
    group; within a group those without a choice come first.
    """
    if flags & EAGER:
        return _EAGER + 2 * group
    return 768 + 2 * group if flags & OPTIONAL else 2 * group


class StepLimitExceeded(Exception):  # noqa: N818 - becomes the verdict "unknown"
    """The search took more than `DECISIONS_MAX` decisions."""


class Solver:
    """Assign truth values until every reached clause holds.

    ``value[variable]`` is `UNDECIDED`, `TRUE` or `FALSE`; ``reason`` maps an assigned variable to
    the clause that decided it, or None for a request or a choice that was undone.
    """

    __slots__ = (
        "choices",
        "conflict",
        "decisions",
        "depth_of",
        "discovered",
        "heap",
        "owned",
        "pending",
        "queue",
        "reason",
        "root",
        "source",
        "strict_order",
        "trail",
        "value",
        "watched",
    )

    def __init__(self, source: ClauseSource, n_variables: int, *, strict_order: bool) -> None:
        """Prepare for variables 0 to ``n_variables`` - 1 and a root above them.

        ``strict_order``: among items without a choice, those with more original alternatives go
        first even when none is left, which makes the order a strict weak one (apt 3.0.4).
        """
        self.source = source
        self.strict_order = strict_order
        self.root = n_variables
        self.value = bytearray(n_variables + 1)
        self.discovered = bytearray(n_variables + 1)
        self.owned: list[list[Clause] | None] = [None] * (n_variables + 1)
        self.watched: list[list[Clause] | None] = [None] * (n_variables + 1)
        self.depth_of: dict[int, int] = {}
        self.reason: dict[int, Clause | None] = {}
        self.trail: list[int | tuple[Item, int]] = []
        self.choices: list[int] = []
        self.queue: list[int] = []
        self.pending = 0  # first entry of the queue that is not propagated yet
        self.heap: list[Item] = []
        self.conflict: tuple[int, int, Clause | None] | None = None
        self.decisions = 0
        self.value[self.root] = TRUE
        self.discovered[self.root] = 1
        self.owned[self.root] = []

    # -- building ----------------------------------------------------------------------------

    def add_root_clause(self, clause: Clause) -> None:
        """Register a clause owned by the root."""
        owned = self.owned[self.root]
        assert owned is not None
        owned.append(clause)
        self._watch(clause)

    def _watch(self, clause: Clause) -> None:
        watched = self.watched
        for alternative in clause[1]:
            mentions = watched[alternative]
            if mentions is None:
                watched[alternative] = [clause]
            else:
                mentions.append(clause)

    def discover(self, variable: int) -> None:
        """Register the clauses of ``variable`` and of all that is reachable, breadth first."""
        discovered = self.discovered
        if discovered[variable]:
            return
        owned, watched, value = self.owned, self.watched, self.value
        depth_of = self.depth_of
        package_variable = self.source.package_variable
        clauses_of = self.source.clauses
        queue = [variable]
        add = queue.append
        for reached in queue:
            if discovered[reached]:
                continue
            if reached & 1:
                package = package_variable(reached)
                if not discovered[package]:
                    reached = package  # noqa: PLW2901 - the version comes again, through it
            discovered[reached] = 1
            clauses = owned[reached] = clauses_of(reached)
            for clause in clauses:
                for alternative in clause[1]:
                    mentions = watched[alternative]
                    if mentions is None:
                        watched[alternative] = [clause]
                    else:
                        mentions.append(clause)
                    if not discovered[alternative] and not (
                        value[alternative] == FALSE and not depth_of[alternative]
                    ):
                        add(alternative)

    # -- assigning ---------------------------------------------------------------------------

    def assign(self, variable: int, wanted: int, reason: Clause | None) -> bool:
        """Decide a variable; return False when it is decided the other way."""
        now = self.value[variable]
        if now:
            if now == wanted:
                return True
            self.conflict = (variable, wanted, reason)
            return False
        self.value[variable] = wanted
        self.depth_of[variable] = len(self.choices)
        self.reason[variable] = reason
        self.trail.append(variable)
        self.queue.append(variable)
        return True

    def add_work(self, clause: Clause) -> bool:
        """Do what a clause asks now that its owner is true; return False on a conflict."""
        alternatives, flags = clause[1], clause[2]
        if flags & NEGATIVE:
            return self._forbid(clause)
        if len(alternatives) == 1 and not flags & OPTIONAL:
            return self.assign(alternatives[0], TRUE, clause)
        self.push(clause, len(self.choices))
        return True

    def _forbid(self, clause: Clause) -> bool:
        for alternative in clause[1]:
            if not self.assign(alternative, FALSE, clause):
                return False
        return True

    def propagate(self) -> bool:
        """Draw every consequence of what is decided; return False on a conflict."""
        queue, value = self.queue, self.value
        while self.pending < len(queue):
            variable = queue[self.pending]
            self.pending += 1
            decided = value[variable]
            if decided == TRUE:
                if not self._follow_true(variable):
                    return False
            elif decided == FALSE and not self._follow_false(variable):
                return False
        queue.clear()
        self.pending = 0
        return True

    def _follow_true(self, variable: int) -> bool:
        if not self.discovered[variable]:
            self.discover(variable)
        for clause in self.owned[variable] or ():
            if not self.add_work(clause):
                return False
        root = self.root
        for clause in self.watched[variable] or ():
            if (
                clause[2] == NEGATIVE
                and clause[0] != root
                and not self.assign(clause[0], FALSE, clause)
            ):
                return False
        return True

    def _follow_false(self, variable: int) -> bool:
        value, root = self.value, self.root
        for clause in self.watched[variable] or ():
            owner, alternatives, flags = clause[0], clause[1], clause[2]
            if flags & NEGATIVE or owner == root or value[owner] == FALSE:
                continue
            left = 0
            for alternative in alternatives:
                if value[alternative] != FALSE:
                    left += 1
            if left == 1 and value[owner] == TRUE:
                if flags & OPTIONAL:
                    self.push(clause, len(self.choices))
                    continue
                for alternative in alternatives:
                    if not value[alternative] and not self.assign(alternative, TRUE, clause):
                        return False
            elif left == 0 and not flags & OPTIONAL and not self.assign(owner, FALSE, clause):
                return False
        return True

    # -- the heap ------------------------------------------------------------------------------
    # Ties are decided by the layout that libstdc++'s heap algorithms give the array.

    def push(self, clause: Clause, depth: int) -> None:
        """Queue a work item; its size is counted now and never again."""
        value = self.value
        size = 0
        for alternative in clause[1]:
            if value[alternative] != FALSE:
                size += 1
        urgency = clause[3]
        if size > 1:
            urgency += 1 if clause[2] & OPTIONAL else _MANDATORY_CHOICE
        heap = self.heap
        heap.append((urgency, size, depth, clause))
        self._sift_up(len(heap) - 1, 0, heap[-1])

    def _is_less_urgent(self, left: Item, right: Item) -> bool:
        if left[0] != right[0]:
            return left[0] > right[0]
        if left[1] == right[1] == 1 or (self.strict_order and left[1] < 2 and right[1] < 2):
            return len(left[3][1]) < len(right[3][1])
        return False

    def _sift_up(self, hole: int, top: int, item: Item) -> None:
        heap = self.heap
        is_less_urgent = self._is_less_urgent
        urgency = item[0]
        while hole > top:
            parent = (hole - 1) >> 1
            above = heap[parent]
            if above[0] < urgency or (above[0] == urgency and not is_less_urgent(above, item)):
                break
            heap[hole] = above
            hole = parent
        heap[hole] = item

    def _sift_down(self, hole: int, length: int, item: Item) -> None:
        """Move the hole to the bottom along the more urgent children, then sift ``item`` up."""
        heap = self.heap
        is_less_urgent = self._is_less_urgent
        top = hole
        child = hole
        while child < (length - 1) >> 1:
            child = 2 * (child + 1)
            right, left = heap[child], heap[child - 1]
            if right[0] > left[0] or (right[0] == left[0] and is_less_urgent(right, left)):
                child -= 1
                right = left
            heap[hole] = right
            hole = child
        if not length & 1 and child == (length - 2) >> 1:
            child = 2 * (child + 1)
            heap[hole] = heap[child - 1]
            hole = child - 1
        self._sift_up(hole, top, item)

    def _pop(self) -> Item:
        heap = self.heap
        last = heap.pop()
        if not heap:
            return last
        top = heap[0]
        self._sift_down(0, len(heap), last)
        return top

    def _rebuild(self) -> None:
        length = len(self.heap)
        for parent in range((length - 2) // 2, -1, -1) if length > 1 else ():
            self._sift_down(parent, length, self.heap[parent])

    # -- searching -----------------------------------------------------------------------------

    def solve(self) -> bool:
        """Search; return False when the clauses cannot all hold (see ``conflict``)."""
        value = self.value
        while True:
            if not self.propagate():
                if not self._backtrack():
                    return False
                continue
            if not self.heap:
                return True
            item = self._pop()
            self.trail.append((item, -1))
            clause = item[3]
            choice = -1
            for alternative in clause[1]:
                now = value[alternative]
                if now == TRUE:
                    choice = -2
                    break
                if now == UNDECIDED and choice == -1:
                    choice = alternative
            if choice == -2:
                continue
            if choice >= 0:
                if item[1] > 1 or clause[2] & OPTIONAL:
                    self._open_level(item, choice)
                self.assign(choice, TRUE, clause)
            elif not clause[2] & OPTIONAL:
                self.conflict = (clause[0], FALSE, clause)
                if not self._backtrack():
                    return False

    def _open_level(self, item: Item, choice: int) -> None:
        self.decisions += 1
        if self.decisions > DECISIONS_MAX:
            raise StepLimitExceeded
        self.choices.append(len(self.trail))
        self.trail.append((item, choice))

    def _backtrack(self) -> bool:
        """Undo the last choice and forbid it; return False when there is none."""
        trail = self.trail
        while True:
            if not self.choices:
                return False
            start = self.choices[-1]
            entry = trail[start]
            choice = entry if isinstance(entry, int) else entry[1]
            while len(trail) > start:
                self._undo(trail.pop())
            self._drop_level()
            if self.assign(choice, FALSE, None):
                return True

    def assume(self, variables: Iterable[int]) -> None:
        """Decide variables one after the other, each at a level of its own, if that holds.

        What does not hold is false, without a reason.  One that is true already has no level: there
        would be nothing to undo.
        """
        for variable in variables:
            if self.value[variable] != UNDECIDED:
                continue
            self.choices.append(len(self.trail))
            self.assign(variable, TRUE, None)
            if self.propagate():
                continue
            start = self.choices[-1]
            while len(self.trail) > start:
                self._undo(self.trail.pop())
            self._drop_level()
            self.assign(variable, FALSE, None)

    def _drop_level(self) -> None:
        """Leave a level whose entries are undone, and forget the work it queued."""
        self.choices.pop()
        depth = len(self.choices)
        self.heap = [item for item in self.heap if item[2] <= depth]
        self._rebuild()

    def _undo(self, entry: int | tuple[Item, int]) -> None:
        if isinstance(entry, int):
            self.value[entry] = UNDECIDED
            del self.depth_of[entry], self.reason[entry]
        else:
            item = entry[0]
            self.push(item[3], item[2])
