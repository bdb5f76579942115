"""Does the newer search find what there is, and in apt's order?"""

from __future__ import annotations

import pytest
from hypothesis import given

from foretell.apt.solver3.solver import EAGER, FALSE, NEGATIVE, OPTIONAL, TRUE, UNDECIDED
from foretell.apt.solver3.watching import WatchingSolver
from tests.apt.solver3.test_solver import (
    COUNT,
    VARIABLES,
    Clauses,
    clause,
    is_fulfilled,
    problems,
    requests,
    solutions,
)


def search(rows, wanted, *, assumed=()):
    """Return a solver that has run and whether it succeeded."""
    solver = WatchingSolver(Clauses(rows), 2 * COUNT, strict_order=True)
    for variable in wanted:
        assert solver.assign(variable, TRUE, None)
    if not solver.propagate():
        return solver, False
    solver.assume(assumed)
    return solver, solver.solve()


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


@given(problems, requests, requests)
def test_assumptions_make_nothing_impossible(rows, wanted, assumed):
    solver, is_solved = search(rows, wanted, assumed=assumed)
    assert is_solved == any(True for _ in solutions(rows, wanted))
    if is_solved and any(True for _ in solutions(rows, [*wanted, assumed[0]])):
        assert solver.value[assumed[0]] != UNDECIDED


def test_first_assumption_wins():
    a, b = VARIABLES[:2]
    solver, is_solved = search([(a, (b,), NEGATIVE)], [], assumed=[b, a])
    assert is_solved
    assert (solver.value[a], solver.value[b]) == (FALSE, TRUE)
    solver, _ = search([(a, (b,), NEGATIVE)], [], assumed=[a, b])
    assert (solver.value[a], solver.value[b]) == (TRUE, FALSE)


def test_an_assumption_that_holds_already_is_no_choice():
    """What follows from the first assumption, which needs what cannot be together, is none."""
    a, b, c, d, e, f, g = VARIABLES[:7]
    rows = [(a, (b,), 0), (a, (g,), 0), (a, (c, b), 0), (a, (c, d), 0), (a, (e, f), 0)]
    rows += [(owner, (other,), NEGATIVE) for owner in (c, d) for other in (e, f)]
    solver, is_solved = search(rows, [], assumed=[a, b, g])
    assert is_solved
    assert [at for at in VARIABLES if solver.value[at] != UNDECIDED] == [a]
    assert solver.value[a] == FALSE


def test_only_alternative_left_is_decided_at_once():
    a, b, c = VARIABLES[:3]
    solver = WatchingSolver(Clauses([(a, (b, c), 0)]), 2 * COUNT, strict_order=True)
    solver.assign(b, FALSE, None)
    solver.assign(a, TRUE, None)
    assert solver.propagate()
    assert solver.value[c] == TRUE
    assert solver.heap == []


def test_optional_clause_without_an_alternative_left_is_not_queued():
    a, b = VARIABLES[:2]
    rows = [(a, (b,), OPTIONAL), (a, (), OPTIONAL)]
    solver = WatchingSolver(Clauses(rows), 2 * COUNT, strict_order=True)
    solver.assign(b, FALSE, None)
    solver.assign(a, TRUE, None)
    assert solver.propagate()
    assert solver.heap == []


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ("+", [1]),
        ("++", [1, 2]),
        ("++-", [2, 1]),
        ("+++-", [2, 3, 1]),
        ("+++--", [3, 1, 2]),
        ("++-+", [2, 1, 3]),
        ("+-++-", [2, 3, 1]),
        ("-++", [1, 2]),
    ],
)
def test_what_a_true_variable_reaches_moves_what_a_false_one_does(signs, expected):
    """As seen in apt's trace of packages that depend on and conflict with one provider."""
    solver = WatchingSolver(Clauses([]), 2 * COUNT, strict_order=True)
    target, other = VARIABLES[:2]
    positive = 0
    for sign in signs:
        if sign == "+":
            positive += 1
            solver.add_root_clause(clause(other, (target,), group=positive))
        else:
            solver.add_root_clause(clause(other, (target,), NEGATIVE))
    assert [found[4] for found in solver.watched[target] or ()] == expected


def test_eager_choice_comes_before_other_optional_ones():
    a, b, c = VARIABLES[:3]
    solver = WatchingSolver(Clauses([]), 2 * COUNT, strict_order=True)
    for number, (alternatives, flags) in enumerate(
        [((a,), OPTIONAL), ((b,), OPTIONAL | EAGER), ((b, c), 0)]
    ):
        solver.push(clause(solver.root, alternatives, flags, group=2 + number % 2), 0)
    taken = [solver._pop()[3][2] for _ in range(3)]
    assert taken == [0, OPTIONAL | EAGER, OPTIONAL]
