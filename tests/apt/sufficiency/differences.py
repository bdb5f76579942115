"""Does a difference go away with the cause, or come with the rule, that is named for it?"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from foretell.apt.answers.comparison import compare_solvers, compare_versions, fates, outcomes
from foretell.apt.answers.difference import differing, plan_table
from foretell.apt.answers.predict import predict
from foretell.apt.cases.attribution import attribute
from foretell.apt.cases.case import make_world
from foretell.apt.cases.enough import OfParting
from foretell.apt.system.profiles import PROFILES, RULES, Profile
from foretell.apt.system.state import CLASSIC, SOLVER
from foretell.cli.apt_explain_one import completed
from foretell.cli.apt_sides import plain_request
from foretell.errors import UsageError
from foretell.model.reason import number_reasons
from tests.apt.sufficiency.plans import also_packages, also_quotes, word_key, words_left
from tests.apt.sufficiency.worlds import (
    RELATIONS,
    VERSION,
    Cited,
    Key,
    ask,
    draw,
    has_group,
    left_of,
    stanzas_of,
    without_quote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from foretell.apt.answers.comparison import Comparison, Part
    from foretell.apt.answers.difference import Entry, Row
    from foretell.apt.answers.difference_causes import Cause
    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.apt.requests.request import Request
    from tests.apt.sufficiency.plans import FactRow
    from tests.oracle.universe import Universe

VERSIONS = ("3.0.3", "3.3.5")


# -- two systems -------------------------------------------------------------------------------


class Pair(NamedTuple):
    """What a system and one that differs in some facts plan for the same request."""

    case: Case
    edits: list[Edit]
    request: Request
    first: Answer
    second: Answer


def draw_pairs(seed: int) -> Iterator[Pair]:
    """Yield the plans of a small system and of the same with three facts changed."""
    universe = draw(seed)
    edits = [_edit(universe) for _ in range(3)]
    other = _edited(universe.case, edits)
    world = make_world(universe.case, "u")
    for request in universe.requests():
        plain = plain_request(request, world)
        first, second = (_plan(case, plain) for case in (universe.case, other))
        if first is not None and second is not None:
            yield Pair(universe.case, edits, plain, first, second)


def cause_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the causes of each row that two systems differ in."""
    for pair in draw_pairs(seed):
        rows = differing(plan_table(pair.first), plan_table(pair.second)).rows
        found = attribute(pair.first, pair.second, rows)
        for row in rows:
            key = (row.package, row.architecture)
            causes = [cause for cause, keys in found.found if key in keys]
            what = f"{pair.request}: {causes} for {key}"
            if key in found.not_checked:
                yield what, "it was not checked"
            else:
                yield what, _causes_fail(pair, row, causes)


def _causes_fail(pair: Pair, row: Row, causes: list[Cause]) -> str:
    """Return what is wrong about the causes of a row.

    With these facts of the second system the first decides as that one, and with none fewer.
    """
    if not causes:
        return "nothing is told"
    if not _leads(pair, row, causes):
        return "with these facts the first does not decide as the second"
    for cause in causes:
        if _leads(pair, row, [other for other in causes if other != cause]):
            return f"{cause} is not needed"
    return ""


def _leads(pair: Pair, row: Row, causes: list[Cause]) -> bool:
    """Say whether a row comes out as on the second side where the facts of causes are changed."""
    case = _edited(pair.case, [edit for edit in pair.edits if any(map(edit.is_of, causes))])
    for cause in causes:
        if cause.kind == "relation":
            case = _without(case, cause)
    answer = _plan(case, pair.request)
    if answer is None:
        return False
    entry = plan_table(answer).get((row.package, row.architecture))
    return _of(entry) == _of(row.second)


def _of(entry: Entry | None) -> tuple[object, ...] | None:
    return None if entry is None else entry[:4]


def _edited(case: Case, edits: Iterable[Edit]) -> Case:
    for edit in edits:
        case = edit.change(case)
    return case


def _without(case: Case, cause: Cause) -> Case:
    """Return a case in which a version does not say what a cause is about."""
    field, _, text = cause.first.partition(" ")
    key = Key(cause.package, cause.architecture)
    return without_quote(case, (key, field, text), version=cause.version)


def _plan(case: Case, request: Request) -> Answer | None:
    """Return the answer if it is a plan."""
    answer = ask(case, request)
    return answer if answer is not None and answer.verdict == "ok" else None


class Edit(NamedTuple):
    """A fact that another system has otherwise: of which kind and package, and the change.

    ``pin`` is what is said of a pin: its packages, and what it means.
    """

    kind: str
    key: Key
    change: Callable[[Case], Case]
    pin: str = ""

    def is_of(self, cause: Cause) -> bool:
        """Say whether a cause is this one; a mark or hold goes with what is not there.

        Relations are taken one by one.
        """
        if self.kind == "pins":
            if cause.kind == "pins":
                return cause.first.rpartition(" ")[0] == self.pin
            words = f"({self.pin})"
            return cause.kind == "pin" and (
                cause.first.endswith(words) or cause.second.endswith(words)
            )
        if self.kind in {"relation", "setting"}:
            return self.kind == cause.kind == "setting"
        kinds = {"installed": {"installed", "mark", "held"}}
        named = Key(cause.package, cause.architecture) == self.key
        return named and self.kind in kinds.get(cause.kind, {cause.kind})


def _edit(universe: Universe) -> Edit:
    """Draw a fact that another system has otherwise."""
    case, draws = universe.case, universe.draws
    offered = [stanza for part in case.lists for stanza in part.stanzas]
    stanzas = [*case.status, *offered] if draws.below(2) else offered or case.status
    stanza = stanzas[draws.below(len(stanzas))]
    key = Key.of_stanza(stanza)
    is_here = any(Key.of_stanza(it) == key for it in case.status)
    kinds = ["offered"] * 2 + ["installed", "mark", "held"] * is_here + ["setting"]
    kinds += ["pins"] * 2 if case.pins else []
    fields = [field for field in RELATIONS[:6] if field in stanza]
    kinds += ["relation"] * 2 if fields else []
    kind = kinds[draws.below(len(kinds))]
    field = fields[draws.below(len(fields))] if fields else ""
    place = draws.below(len(case.pins)) if case.pins else 0

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
        elif kind == "setting":
            found.settings = {**given.settings, "APT::Install-Recommends": "0"}
        elif kind == "pins":
            found.pins = [pin for pin in given.pins if pin != case.pins[place]]
        else:
            for text in stanza[field].split(","):
                found = without_quote(found, (key, field, text.strip()))
        return found

    pin = case.pins[place] if kind == "pins" else {}
    return Edit(kind, key, change, ": ".join((pin["Package"], pin["Pin"])) if pin else "")


def _turned(stanza: dict[str, str]) -> dict[str, str]:
    want = "install" if stanza["Status"].startswith("hold") else "hold"
    return stanza | {"Status": f"{want} ok installed"}


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
            question = OfParting(found, part)
            _, is_enough, also = completed(question)
            if is_enough == bool(also):
                yield what, "nothing is told beside it"
            else:
                fault = _decision_fails(universe.case, found, part)
                yield what, fault or _parting_fails(universe.case, found, part, also or ())


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


def _parting_fails(case: Case, found: Comparison, part: Part, also: Sequence[FactRow]) -> str:
    """Return what is wrong about a decision and the facts beside it.

    Where nothing else is left of the world, each solver does the same with the packages.
    """
    decision = part.decision
    planned = found.first if found.first.verdict == "ok" else found.second
    told = number_reasons(planned.prediction.reasons)
    named = [Key.of(str(it.fields["package"])) for it in told if it.kind == "requested"]
    labels = [decision.package, decision.owner, *decision.first, *decision.second]
    packages = {*map(Key.of, filter(None, labels)), *named, *also_packages(case, also)}
    packages.update(Key(*it) for it in part.packages)
    quotes = set(also_quotes(also))
    if decision.text:
        quotes.add((Key.of(decision.owner), decision.relation, decision.text))
    left = left_of(case, Cited(frozenset(packages), frozenset(quotes)))
    given = found.first.request
    gone = {word_key(word) for word in given.words if word.endswith("-")}
    kept = [key for key in named if key not in gone]
    words = [it for word in given.words for it in words_left(case, word, packages, kept)]
    for answer, solver in ((found.first, CLASSIC), (found.second, SOLVER)):
        left.settings = {**case.settings, "APT::Solver": solver}
        again = ask(left, given.with_words(words))
        if again is None or again.verdict != answer.verdict:
            return f"then {solver} says {again and again.verdict}"
        before, after = fates(answer), fates(again)
        for key in part.packages:
            if before.get(key) != after.get(key):
                return f"then {solver} does {after.get(key)} with {key}, not {before.get(key)}"
    return ""


def _present(answer: Answer) -> set[Key]:
    assert answer.state is not None
    assert answer.planned is not None
    universe = answer.state.universe
    return {
        Key(universe.name(it).decode(), universe.architecture(it).decode())
        for it in answer.planned.versions
    }
