"""Is what the search finds a solution, and does it only give up where there is none?

Variables are plain numbers here: even ones, because an odd one stands for a version of a package.
"""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.solver3.solver import (
    FALSE,
    NEGATIVE,
    OPTIONAL,
    TRUE,
    UNDECIDED,
    Solver,
    StepLimitExceeded,
    urgency_of,
)

if TYPE_CHECKING:
    from foretell.apt.solver3.solver import Clause

COUNT = 7
VARIABLES = tuple(range(0, 2 * COUNT, 2))


class Clauses:
    """A fixed set of clauses, and which of them the solver has asked for."""

    def __init__(self, rows):
        self.by_owner: dict[int, list[Clause]] = {}
        self.asked = []
        for owner, alternatives, flags in rows:
            self.by_owner.setdefault(owner, []).append(clause(owner, alternatives, flags))

    def clauses(self, variable):
        self.asked.append(variable)
        return self.by_owner.get(variable, [])

    def package_variable(self, variable):
        return variable - 1


def clause(owner, alternatives, flags=0, group=2):
    return (owner, tuple(alternatives), flags, urgency_of(flags, group), group, -1)


def search(rows, wanted, *, unwanted=()):
    """Return a solver that has run and whether it succeeded."""
    solver = Solver(Clauses(rows), 2 * COUNT, strict_order=False)
    for variable in wanted:
        assert solver.assign(variable, TRUE, None)
    for variable in unwanted:
        if not solver.assign(variable, FALSE, None):
            return solver, False
    return solver, solver.propagate() and solver.solve()


def is_fulfilled(row, chosen):
    owner, alternatives, flags = row
    if owner not in chosen or flags & OPTIONAL:
        return True
    hits = [variable for variable in alternatives if variable in chosen]
    return not hits if flags & NEGATIVE else bool(hits)


def solutions(rows, wanted):
    """Yield every set of variables that contains ``wanted`` and fulfils all that is mandatory."""
    for bits in product((False, True), repeat=COUNT):
        chosen = {variable for variable, bit in zip(VARIABLES, bits, strict=True) if bit}
        if chosen.issuperset(wanted) and all(is_fulfilled(row, chosen) for row in rows):
            yield chosen


@st.composite
def rows(draw):
    flags = draw(st.sampled_from((0, 0, 0, OPTIONAL, NEGATIVE, NEGATIVE)))
    size = 1 if flags == NEGATIVE else draw(st.sampled_from((0, 1, 1, 2, 2, 3)))
    alternatives = draw(
        st.lists(st.sampled_from(VARIABLES), min_size=size, max_size=size, unique=True)
    )
    return draw(st.sampled_from(VARIABLES)), tuple(alternatives), flags


problems = st.lists(rows(), max_size=18)
requests = st.lists(st.sampled_from(VARIABLES), min_size=1, max_size=2, unique=True)


@given(problems, requests)
def test_answer_fulfils_every_mandatory_clause(rows, wanted):
    solver, is_solved = search(rows, wanted)
    if is_solved:
        chosen = {variable for variable in VARIABLES if solver.value[variable] == TRUE}
        assert chosen.issuperset(wanted)
        assert [row for row in rows if not is_fulfilled(row, chosen)] == []


@given(problems, requests)
def test_search_fails_only_where_nothing_fulfils_the_clauses(rows, wanted):
    solver, is_solved = search(rows, wanted)
    assert is_solved == any(True for _ in solutions(rows, wanted))
    if not is_solved:
        assert solver.conflict is not None
        assert not solver.choices


@given(problems, requests)
def test_search_is_the_same_every_time(rows, wanted):
    first, second = search(rows, wanted)[0], search(rows, wanted)[0]
    assert first.value == second.value
    assert first.decisions == second.decisions


@given(problems, requests)
def test_only_what_is_reachable_is_asked_for_and_once(rows, wanted):
    solver, _ = search(rows, wanted)
    reachable = set(wanted)
    for _ in range(COUNT):
        for owner, alternatives, _flags in rows:
            if owner in reachable:
                reachable.update(alternatives)
    asked = solver.source.asked
    assert len(asked) == len(set(asked))
    assert reachable.issuperset(asked)


@given(problems, requests)
def test_undo_restores_what_was_before_the_choice(rows, wanted):
    """Open a level by hand, propagate, and go back: the values must be those of before."""
    solver = Solver(Clauses(rows), 2 * COUNT, strict_order=False)
    for variable in wanted:
        solver.assign(variable, TRUE, None)
    if not solver.propagate():
        return
    free = [variable for variable in VARIABLES if not solver.value[variable]]
    if not free:
        return
    before, depths, queued = bytes(solver.value), dict(solver.depth_of), sorted(solver.heap)
    solver._open_level((0, 2, 0, clause(wanted[0], free[:2])), free[0])
    solver.assign(free[0], TRUE, None)
    solver.propagate()
    solver.queue.clear()
    solver.pending = 0
    assert solver._backtrack()
    after = bytearray(before)
    after[free[0]] = FALSE
    assert bytes(solver.value) == bytes(after)
    assert {v: d for v, d in solver.depth_of.items() if v != free[0]} == depths
    assert len(solver.heap) == len(queued) + 1  # and the item of the choice


def test_first_alternative_is_chosen():
    solver, is_solved = search([(0, (2, 4), 0)], [0])
    assert is_solved
    assert (solver.value[2], solver.value[4]) == (TRUE, UNDECIDED)


@pytest.mark.parametrize(("flags", "expected"), [(0, TRUE), (OPTIONAL, UNDECIDED)])
def test_last_alternative_left_is_taken_at_once_if_it_must(flags, expected):
    solver = Solver(Clauses([(0, (2, 4), flags)]), 2 * COUNT, strict_order=False)
    assert solver.assign(0, TRUE, None)
    assert solver.propagate()
    assert solver.value[4] == UNDECIDED
    queued = len(solver.heap)
    assert solver.assign(2, FALSE, None)
    assert solver.propagate()
    assert solver.value[4] == expected
    assert len(solver.heap) == queued + (1 if flags else 0)  # once more, now without a choice


def test_owner_without_any_alternative_left_is_ruled_out():
    solver = Solver(Clauses([(0, (2, 4), 0)]), 2 * COUNT, strict_order=False)
    solver.discover(0)
    for variable in (2, 4):
        assert solver.assign(variable, FALSE, None)
    assert solver.propagate()
    assert solver.value[0] == FALSE


def test_forbidden_choice_is_undone_and_the_next_taken():
    rows = [(0, (2, 4), 0), (2, (6,), 0), (6, (0,), NEGATIVE)]
    solver, is_solved = search(rows, [0])
    assert is_solved
    assert (solver.value[2], solver.value[4]) == (FALSE, TRUE)
    assert solver.reason[4][0] == 0


def test_optional_clause_is_followed_when_possible_and_dropped_when_not():
    assert search([(0, (2,), OPTIONAL)], [0])[0].value[2] == TRUE
    solver, is_solved = search([(0, (2,), OPTIONAL), (2, (0,), NEGATIVE)], [0])
    assert is_solved
    assert solver.value[2] == FALSE


def test_contradiction_names_both_sides():
    rows = [(0, (2,), 0), (4, (2,), NEGATIVE)]
    solver, is_solved = search(rows, [0, 4])
    assert not is_solved
    variable, wanted, because = solver.conflict
    assert because is not None
    assert {wanted, solver.value[variable]} == {TRUE, FALSE}


def test_root_clause_is_followed_but_never_made_false():
    solver = Solver(Clauses([]), 2 * COUNT, strict_order=False)
    wish = clause(solver.root, (2,), OPTIONAL)
    solver.add_root_clause(wish)
    solver.push(wish, 0)
    solver.assign(2, FALSE, None)
    assert solver.solve()
    assert solver.value[solver.root] == TRUE


def test_search_stops_at_the_step_limit(monkeypatch):
    monkeypatch.setattr("foretell.apt.solver3.solver.DECISIONS_MAX", 3)
    rows: list[tuple[int, tuple[int, ...], int]] = []
    rows += [(0, (2, 4), 0), (0, (4, 6), 0), (0, (6, 8), 0), (0, (8, 10), 0), (0, (12, 2), 0)]
    rows += [(2, (), OPTIONAL), (4, (6, 8), OPTIONAL), (8, (10, 12), 0), (2, (4, 6), 0)]
    with pytest.raises(StepLimitExceeded):
        search([*rows, *((owner, (12, 10), OPTIONAL) for owner in VARIABLES)], [0])


def test_long_chains_do_not_recurse():
    length = 50_000
    rows = [(variable, (variable + 2,), 0) for variable in range(0, 2 * length, 2)]
    solver = Solver(Clauses(rows), 2 * length + 4, strict_order=False)
    solver.assign(0, TRUE, None)
    assert solver.propagate()
    assert solver.solve()
    assert solver.value[2 * length] == TRUE


# -- the heap --------------------------------------------------------------------------------


def operations(seed):
    """Yield (operation, (urgency, size, depth), alternatives, number) as the C++ program got it."""
    draw = random.Random(seed)
    for number in range(80):
        kind = draw.choice(("push", "push", "push", "pop", "pop", "drop"))
        yield (
            kind,
            (draw.randrange(3), draw.randrange(3), draw.randrange(4)),
            draw.randrange(1, 4),
            number,
        )


def popped(seed, *, strict_order):
    solver = Solver(Clauses([]), 2 * COUNT, strict_order=strict_order)
    found = []
    for kind, (urgency, size, depth), length, number in operations(seed):
        if kind == "push":
            item = (urgency, size, depth, (number, (0,) * length, 0, 0, 0, -1))
            solver.heap.append(item)
            solver._sift_up(len(solver.heap) - 1, 0, item)
        elif kind == "drop":
            solver.heap = [item for item in solver.heap if item[2] <= depth]
            solver._rebuild()
        elif solver.heap:
            found.append(solver._pop()[3][0])
    while solver.heap:
        found.append(solver._pop()[3][0])
    return " ".join(map(str, found))


@pytest.mark.parametrize(
    ("seed", "strict_order", "expected"),
    [
        (1, False, "0 2 5 9 15 18 20 25 21 23 31 33 39 37 45 49 53 54 62 66 68 65 73 75 79 78"),
        (2, False, ("0 5 7 2 8 16 22 25 24 29 33 30 38 43 46 45 36 54 57 58 61 40 70 71 76 72 79 "
                    "53 75 77 73 56")),
        (3, True, ("0 2 9 17 18 22 19 13 26 30 15 35 37 23 43 47 54 56 46 60 65 69 77 61 78 73 76 "
                   "53")),
    ],
)  # fmt: skip
def test_ties_leave_the_heap_as_they_do_in_libstdcxx(seed, strict_order, expected):
    """The expected orders are those of push_heap, pop_heap and make_heap of GCC's library."""
    assert popped(seed, strict_order=strict_order) == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(2, 4)), max_size=40))
def test_items_leave_the_heap_by_urgency(items):
    solver = Solver(Clauses([]), 2 * COUNT, strict_order=False)
    for urgency, size in items:
        item = (urgency, size, 0, clause(0, (2,)))
        solver.heap.append(item)
        solver._sift_up(len(solver.heap) - 1, 0, item)
    order = [solver._pop()[0] for _ in items]
    assert order == sorted(order)


def test_size_is_counted_when_an_item_is_queued():
    solver = Solver(Clauses([]), 2 * COUNT, strict_order=False)
    solver.assign(2, FALSE, None)
    solver.push(clause(0, (2, 4, 6)), 0)
    solver.assign(4, FALSE, None)
    assert solver.heap[0][1] == 2


@pytest.mark.parametrize(
    ("sooner", "later"),
    [
        (clause(0, (2,), group=11), clause(0, (2, 4), group=1)),  # no choice before a choice
        (clause(0, (2, 4), group=11), clause(0, (2,), OPTIONAL, group=1)),  # mandatory first
        (clause(0, (2, 4), OPTIONAL, group=1), clause(0, (2,), OPTIONAL, group=2)),  # by group
        (clause(0, (2,), OPTIONAL, group=1), clause(0, (2, 4), OPTIONAL, group=1)),  # no choice
    ],
)
def test_urgency_orders_flags_groups_and_sizes(sooner, later):
    for order in ((sooner, later), (later, sooner)):
        solver = Solver(Clauses([]), 2 * COUNT, strict_order=False)
        for one in order:
            solver.push(one, 0)
        assert solver._pop()[3] is sooner
