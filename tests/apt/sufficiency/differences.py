"""Does a difference go away with the cause, or come with the rule, that is named for it?"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from foretell.apt.answers.comparison import compare_solvers, compare_versions, outcomes
from foretell.apt.answers.difference import differing, plan_table
from foretell.apt.answers.difference_causes import find_causes
from foretell.apt.answers.predict import predict
from foretell.apt.cases.case import make_world
from foretell.apt.system.profiles import PROFILES, RULES, Profile
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.cli.apt_sides import plain_request
from foretell.errors import UsageError
from tests.apt.sufficiency.worlds import (
    RELATIONS,
    VERSION,
    Key,
    draw,
    has_group,
    stanzas_of,
    without_quote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from foretell.apt.answers.comparison import Comparison, Part
    from foretell.apt.answers.difference_causes import Cause, Causes
    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.apt.requests.request import Request
    from tests.oracle.universe import Universe

    Edit = tuple[str, Key, Callable[[Case], Case]]

VERSIONS = ("3.0.3", "3.3.5")


# -- two systems -------------------------------------------------------------------------------


def cause_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each cause of what two systems that differ in two facts do."""
    universe = draw(seed)
    edits = [_edit(universe) for _ in range(2)]
    other = universe.case
    for _, _, change in edits:
        other = change(other)
    world = make_world(universe.case, "u")
    for request in universe.requests():
        plain = plain_request(request, world)
        pair = _answers(universe.case, other, plain)
        if pair is None:
            continue
        found = _causes(*pair)
        for cause, keys in found.found:
            what = f"{request}: {cause} for {keys}"
            yield what, _cause_fails(universe.case, other, plain, edits, cause, keys, pair)


def _answers(first: Case, second: Case, request: Request) -> tuple[Answer, Answer] | None:
    """Return both answers if both have a plan."""
    found = []
    for case in (first, second):
        try:
            answer = predict(make_world(case, "u"), request, solver_version=VERSION)
        except UsageError:
            return None
        if answer.verdict != "ok":
            return None
        found.append(answer)
    return found[0], found[1]


def _causes(first: Answer, second: Answer) -> Causes:
    rows = differing(plan_table(first), plan_table(second)).rows
    return find_causes(first, second, rows)


def _edit(universe: Universe) -> Edit:
    """Draw a fact that another system has otherwise: its kind, package, and how to change it."""
    case, draws = universe.case, universe.draws
    offered = [stanza for part in case.lists for stanza in part.stanzas]
    stanzas = [*case.status, *offered] if draws.below(2) else offered or case.status
    stanza = stanzas[draws.below(len(stanzas))]
    key = Key.of_stanza(stanza)
    is_here = any(Key.of_stanza(it) == key for it in case.status)
    kinds = ["offered"] * 2 + ["installed", "mark", "held"] * is_here
    fields = [field for field in RELATIONS[:6] if field in stanza]
    kinds += ["relation"] * 2 if fields else []
    kind = kinds[draws.below(len(kinds))]
    field = fields[draws.below(len(fields))] if fields else ""

    def change(given: Case) -> Case:
        found = copy(given)
        if kind == "offered":
            found.lists = [copy(part) for part in given.lists]
            for part in found.lists:
                part.stanzas = [it for it in part.stanzas if Key.of_stanza(it) != key]
        elif kind == "installed":
            found.status = [it for it in given.status if Key.of_stanza(it) != key]
        elif kind == "mark":
            found.automatic = given.automatic ^ {(key.name, key.architecture)}
        elif kind == "held":
            found.status = [_turned(it) if Key.of_stanza(it) == key else it for it in given.status]
        else:
            for text in stanza[field].split(","):
                found = without_quote(found, (key, field, text.strip()))
        return found

    return kind, key, change


def _turned(stanza: dict[str, str]) -> dict[str, str]:
    want = "install" if stanza["Status"].startswith("hold") else "hold"
    return stanza | {"Status": f"{want} ok installed"}


def _cause_fails(
    first: Case,
    second: Case,
    request: Request,
    edits: list[Edit],
    cause: Cause,
    keys: tuple[tuple[str, str], ...],
    before: tuple[Answer, Answer],
) -> str:
    """Return what is wrong about a cause.

    When only its fact is made the same, it has to go; and of the packages that are said to differ
    for it not all may differ as before, whichever side's fact is taken.
    """
    if cause.first == cause.second:
        return "it is the same on both sides"
    key = Key(cause.package, cause.architecture)
    about = [edit for edit in edits if edit[1] == key]
    if cause.kind in {"installed", "mark", "held", "relation"}:
        about = [edit for edit in about if edit[0] == cause.kind]
        if not about:
            return f"nothing of that was changed: {[edit[:2] for edit in edits]}"
    without = first
    for _, _, change in about or edits:
        without = change(without)
    pair = _answers(without, second, request)
    if pair is None:
        return ""
    if cause in [it for it, _ in _causes(*pair).found]:
        return "it stays when its fact is the same"
    as_first = first
    for edit in edits:
        as_first = as_first if edit in (about or edits) else edit[2](as_first)
    rows = _rows(*before)
    for same in (pair, _answers(first, as_first, request)):
        now = _rows(*same) if same is not None else {}
        if not all(rows[at] == now.get(at) for at in keys):
            return ""
    return "all that differs for it still does when its fact is the same"


def _rows(first: Answer, second: Answer) -> dict[tuple[str, str], tuple[object, object]]:
    found = differing(plan_table(first), plan_table(second)).rows
    return {(row.package, row.architecture): (row.first, row.second) for row in found}


# -- two versions of solver 3 ------------------------------------------------------------------


def rule_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the rules by which two versions of solver 3 differ."""
    universe = draw(seed)
    world = make_world(universe.case, "u")
    for request in universe.requests():
        plain = plain_request(request, world)
        try:
            found = compare_versions(world, plain, *VERSIONS)
        except UsageError:
            continue
        if not found.is_same and "unknown" not in {found.first.verdict, found.second.verdict}:
            yield f"{request}: {found.rules}", _rules_fail(universe.case, plain, found)


def _rules_fail(case: Case, request: Request, found: Comparison) -> str:
    wanted = (found.second.verdict, outcomes(found.second))
    if _with_rules(case, request, found.rules) != wanted:
        return "with these rules the first does not decide as the second"
    for rule in found.rules:
        rest = [other for other in found.rules if other != rule]
        if _with_rules(case, request, rest, is_whole=True) == _whole(found.second):
            return f"{rule} is not needed"
    return ""


def _with_rules(
    case: Case, request: Request, rules: list[str], *, is_whole: bool = False
) -> tuple[object, ...]:
    on = {*PROFILES[VERSIONS[0]].rules} ^ {*rules}
    profile = Profile(*(rule for rule in RULES if rule in on))
    answer = predict(make_world(case, "u"), request, solver_version=VERSIONS[1], profile=profile)
    return _whole(answer) if is_whole else (answer.verdict, outcomes(answer))


def _whole(answer: Answer) -> tuple[object, ...]:
    return answer.verdict, outcomes(answer), answer.marks, answer.autoremovable


# -- the classic solver and solver 3 -----------------------------------------------------------


def decision_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the decision at which the two solvers part."""
    universe = draw(seed)
    worlds = []
    for name in (CLASSIC, SOLVER):
        case = copy(universe.case)
        case.settings = case.settings | {"APT::Solver": name}
        worlds.append(make_world(case, "u"))
    for request in universe.requests():
        plain = plain_request(request, worlds[0])
        try:
            found = compare_solvers((worlds[0], worlds[1]), plain, (VERSION, VERSION))
        except UsageError:
            continue
        for part in found.parts:
            decision = part.decision
            what = (
                f"{request}: {decision.rule} {decision.owner} {decision.relation} {decision.text}"
            )
            yield what, _decision_fails(universe.case, found, part)


def _decision_fails(case: Case, found: Comparison, part: Part) -> str:
    decision = part.decision
    differ = found.keys()
    if not set(part.packages) <= set(differ):
        return "it is said of a package that does not differ"
    if not decision.text:
        return ""
    owner = Key.of(decision.owner)
    if not any(has_group(it, decision.relation, decision.text) for it in stanzas_of(case, owner)):
        return "no stanza has this relation"
    for answer, labels in ((found.first, decision.first), (found.second, decision.second)):
        present = _present(answer)
        absent = [label for label in labels if Key.of(label) not in present]
        if absent:
            return f"{absent} is not there: {sorted(present)}"
    return ""


def _present(answer: Answer) -> set[Key]:
    assert answer.state is not None
    assert answer.planned is not None
    universe = answer.state.universe
    return {
        Key(universe.name(it).decode(), universe.architecture(it).decode())
        for it in answer.planned.versions
    }
