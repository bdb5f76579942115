"""Is the core of a conflict a contradiction, and is each of its facts needed for that?"""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysat.solvers import Solver

from foretell.apt.answers.conflict_core import find_core, is_possible
from foretell.apt.answers.core_facts import core_facts
from foretell.apt.answers.predict import predict
from foretell.apt.answers.refutation import Part, refute, smallest
from foretell.apt.cases.case import make_world
from tests.apt.core_checks import Saying
from tests.apt.sat_model import Model
from tests.strategies.cases import questions

VARIABLES = 6


class Drawn:
    """Rules over a few variables, each a fact of its own."""

    def __init__(self, true, barred, rules):
        self.true, self.out = true, barred
        self.rules = [(("clause", owner, at), *rest) for at, (owner, *rest) in enumerate(rules)]

    def certain(self):
        return [(variable, ("true", variable)) for variable in self.true]

    def barred(self, variable):
        return ("out", variable) if variable in self.out else None

    def owned(self, variable):
        return [rule for rule in self.rules if rule[0][1] == variable]

    def excluding(self, variable):
        return [(rule[0], rule[0][1]) for rule in self.rules if rule[2] and variable in rule[1]]

    def facts(self):
        true = [("true", variable) for variable in self.true]
        return [*true, *(("out", v) for v in self.out), *(rule[0] for rule in self.rules)]

    def is_possible(self, facts):
        """Ask the SAT solver."""
        with Solver("minisat22") as solver:
            for kind, variable, *_ in facts:
                if kind != "clause":
                    solver.add_clause([variable + 1 if kind == "true" else -variable - 1])
            for fact, alternatives, is_negative in self.rules:
                if fact not in facts:
                    continue
                owner = -fact[1] - 1
                if is_negative:
                    for other in alternatives:
                        solver.add_clause([owner, -other - 1])
                else:
                    solver.add_clause([owner, *(other + 1 for other in alternatives)])
            return solver.solve()


variables = st.integers(0, VARIABLES - 1)
systems = st.builds(
    Drawn,
    st.lists(variables, max_size=3, unique=True),
    st.lists(variables, max_size=2, unique=True),
    st.lists(
        st.tuples(variables, st.lists(variables, max_size=3, unique=True), st.booleans()).filter(
            lambda rule: not (rule[2] and rule[0] in rule[1])
        ),
        max_size=14,
    ),
)


@given(systems)
def test_refutation_agrees_with_a_sat_solver(drawn):
    found = refute(drawn)
    assert (found is None) == drawn.is_possible(drawn.facts())
    if found is None:
        return
    assert not drawn.is_possible(found)
    core = smallest(drawn, found)
    assert not drawn.is_possible(core)
    for left in combinations(core, len(core) - 1):
        assert drawn.is_possible(left)
        assert refute(Part(drawn, left)) is None


@pytest.mark.parametrize("version", ["3.0.3", "3.3.5"])
@given(drawn=questions())
def test_core_is_a_contradiction_and_each_fact_is_needed(version, drawn):
    case = drawn.case()
    world = make_world(case, "case")
    answer = predict(world, case.request, solver_version=version)
    if answer.verdict != "unsatisfiable":
        return
    assert answer.search is not None
    assert answer.state is not None
    core = find_core(answer.search)
    assert core is not None
    assert not is_possible(core, [])
    assert all(is_possible(core, [fact]) for fact in core.facts)
    facts = core_facts(core, world.pinning(answer.state))
    saying = Saying(drawn.system(), facts)
    assert saying.is_contradiction(), facts
    for at, fact in enumerate(facts):
        assert not saying.is_contradiction(without=at), (fact, facts)
    if version == "3.0.3":
        assert core.is_hard == (Model(drawn.system(), drawn.question()).solve() is None)
