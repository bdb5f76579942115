"""Do the facts of a refusal forbid the request by themselves, and does what is offered work?"""

from __future__ import annotations

import re
import shlex
from copy import copy
from typing import TYPE_CHECKING

from foretell.apt.answers.conflict_core import is_possible
from foretell.apt.answers.missing import not_upgraded
from foretell.apt.answers.why_not import find_fixes, find_obstacle, obstacle_of
from foretell.apt.cases.case import make_world
from foretell.apt.requests.request import Request
from foretell.cli.apt_conflict import remedy
from foretell.cli.apt_explain_one import explain_package
from foretell.errors import UsageError
from foretell.render.apt_why_not import commands
from tests.apt.sat_model import parse_relation
from tests.apt.sufficiency.plans import also_packages, also_quotes, words_left
from tests.apt.sufficiency.worlds import (
    VERSION,
    Cited,
    Key,
    answers,
    ask,
    draw,
    has_group,
    kept_up,
    key_of,
    left_of,
    outcome,
    stanzas_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.apt.answers.why_not import Fix, Obstacle
    from foretell.apt.cases.case import Case
    from tests.apt.sufficiency.plans import FactRow

_TOLD = re.compile(r"  (?:installs|upgrades|removes|downgrades|reinstalls) \d+: (.*)")
_PRICE = re.compile(r"would also (.*?)(?: and (\d+) more)?$")


def core_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the core of each failure of a world."""
    universe = draw(seed)
    for answer in answers(universe):
        if answer.verdict == "unsatisfiable":
            yield _asked(answer), core_fails(universe.case, answer)


def _asked(answer: Answer) -> str:
    return " ".join([answer.request.verb, *answer.request.words])


def core_fails(case: Case, answer: Answer, also: Sequence[FactRow] = ()) -> str:
    """Return what is wrong about the core of a failure, and other facts told beside it."""
    obstacle = obstacle_of(answer, solver_version=VERSION)
    core = obstacle.core
    if core is None:
        return "no core"
    if is_possible(core, []):
        return "no contradiction"
    if not all(is_possible(core, [fact]) for fact in core.facts):
        return "a fact is not needed"
    packages, quotes = set(also_packages(case, also)), set(also_quotes(also))
    for fact in obstacle.facts:
        packages.add(Key.of(fact.package))
        packages.update(Key.of(name) for name in fact.other.split(", ") if name)
        if not fact.relation:
            continue
        owner = Key.of(fact.other if fact.kind == "settled" else fact.package)
        for text in fact.text.split(", "):
            if not any(
                has_group(stanza, fact.relation, text) for stanza in stanzas_of(case, owner)
            ):
                return f"no stanza of {owner} has {fact.relation} {text}"
            quotes.add((owner, fact.relation, text))
            quotes.update(kept_up(case, owner, fact.relation, text))
            packages.update(
                Key.of(":".join(filter(None, (member.name, member.qualifier))))
                for member in parse_relation(text)[0]
            )
    if not core.is_hard and not also:
        return ""  # the solver's choices are no facts about the world
    left = left_of(case, Cited(frozenset(packages), frozenset(quotes)))
    named = [Key.of(fact.package) for fact in obstacle.facts if fact.kind == "asked"]
    given = answer.request.words
    words = [it for word in given for it in words_left(case, word, packages, named)]
    again = ask(left, answer.request.with_words(words))
    if again is not None and again.verdict == "unsatisfiable":
        return ""
    told = "; ".join(
        f"{it.kind} {it.package} {it.version} {it.relation} {it.text}" for it in obstacle.facts
    )
    return f"then {again and again.verdict}: {told}"


def kept_back_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about why each installed package stays in an upgrade."""
    universe = draw(seed)
    for answer in answers(universe):
        if answer.verdict == "ok" and answer.request.verb in {"upgrade", "full-upgrade"}:
            for package in not_upgraded(answer):
                key = key_of(answer, package)
                yield f"{_asked(answer)} --why {':'.join(key)}", _stays(universe.case, answer, key)


def _stays(case: Case, answer: Answer, key: Key) -> str:
    found = explain_package(answer, ":".join(key), solver_version=VERSION)
    text = found.text
    label = key.name if key.architecture == case.native else ":".join(key)
    if not text.startswith(f"Why {label} stays: "):
        return text
    named = ask(case, answer.request.with_words([*answer.request.words, label]))
    if "is impossible here" in text:
        if named is None or named.verdict != "unsatisfiable":
            return f"it is possible: {text}"
        return "nothing more is told" if found.also is None else core_fails(case, named, found.also)
    if "nobody asks for it" not in text:
        return text
    price = _PRICE.search(text.strip())
    told = price[1].split(", ") if price else []
    more = {
        f"{row[0]} {other.name}" + f":{other.architecture}" * (other.architecture != case.native)
        for other, row in outcome(named).items()
        if other != key and outcome(answer).get(other, ("",))[0] != row[0]
    }
    count = len(told) + int(price[2] or 0) if price else 0
    if not set(told) <= more or count != len(more):
        return f"{text} but {sorted(more)}"
    return "" if key in outcome(named) else f"it stays all the same: {text}"


def plan_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about what ``why-not`` says that an installation would do."""
    universe = draw(seed)
    for words in _installations(seed):
        obstacle = _obstacle(universe.case, words)
        if obstacle is not None and obstacle.verdict == "installable":
            yield f"why-not {' '.join(words)}", _plan_fails(universe.case, obstacle)


def _installations(seed: int) -> Iterator[list[str]]:
    for request in draw(seed).requests():
        if request.verb == "install":
            yield list(request.words)


def _obstacle(case: Case, words: list[str]) -> Obstacle | None:
    try:
        return find_obstacle(make_world(case, "u"), words, solver_version=VERSION)
    except UsageError:
        return None


def _plan_fails(case: Case, obstacle: Obstacle) -> str:
    """Return what is missing when exactly what is told has been done."""
    from foretell.cli.apt_why import _plan_text

    assert obstacle.answer is not None
    assert obstacle.answer.state is not None
    text = _plan_text(obstacle, obstacle.answer, is_full=True)
    told = {
        name: line.split()[0]
        for line in text.splitlines()
        if (
            found := re.fullmatch(
                r"  (?:installs|upgrades|removes|downgrades|reinstalls) \d+: (.*)", line
            )
        )
        for name in found[1].split(", ")
    }
    after, universe = copy(case), obstacle.answer.state.universe
    done = {Key.of(name): verb for name, verb in told.items()}
    after.status = [s for s in case.status if done.get(Key.of_stanza(s)) != "removes"]
    after.automatic = set(case.automatic)
    for change in obstacle.answer.changes:
        key = key_of(obstacle.answer, change.package)
        if key not in done or change.new < 0:
            continue
        new = next(
            stanza
            for part in case.lists
            for stanza in part.stanzas
            if _is_of(stanza, key, universe.version_string(change.new).decode())
        )
        after.status = [s for s in after.status if Key.of_stanza(s) != key]
        fields = {name: value for name, value in new.items() if name != "Size"}
        after.status.append(
            {"Package": fields.pop("Package"), "Status": "install ok installed", **fields}
        )
        if change.automatic:
            after.automatic.add((key.name, key.architecture))
    after.settings = case.settings | {"APT::Install-Recommends": "0", "APT::Install-Suggests": "0"}
    # A second `name-` would mean what another architecture has of the name.
    words = [word for word in obstacle.words if not word.endswith("-")]
    again = ask(after, Request("install", words))
    if again is None or again.verdict != "ok":
        return f"then {again and again.verdict}: {text}"
    return f"then {outcome(again)}: {text}" if again.changes else ""


def _is_of(stanza: dict[str, str], key: Key, version: str) -> bool:
    architectures = {key.architecture} | ({"all"} if key.architecture == "amd64" else set())
    return (
        stanza["Package"] == key.name
        and stanza["Version"] == version
        and stanza["Architecture"] in architectures
    )


def fix_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each change that is offered: its commands are read back."""
    case = draw(seed).case
    for words in _installations(seed):
        obstacle = _obstacle(case, words)
        if obstacle is None or obstacle.verdict not in {"conflict", "no-candidate"}:
            continue
        for fix in find_fixes(obstacle).fixes:
            yield f"why-not {' '.join(words)}", _fix_fails(case, obstacle, fix)


def _fix_fails(case: Case, obstacle: Obstacle, fix: Fix) -> str:
    made = remedy(obstacle, fix)
    changed = copy(case)
    if made.kind == "pin":
        place = [f"{pin.path}:{pin.line}" for pin in obstacle.world.pins].index(made.place)
        changed.pins = [pin for at, pin in enumerate(case.pins) if at != place]
    request = None
    for command in commands(made):
        program, verb, *words = shlex.split(command)
        if program == "apt-mark":
            key = Key.of(words[0])
            assert verb == "unhold"
            changed.status = [
                stanza | {"Status": "install ok installed"}
                if Key.of_stanza(stanza) == key
                else stanza
                for stanza in changed.status
            ]
            continue
        if "-t" in words:
            at = words.index("-t")
            changed.target_release = words[at + 1]
            del words[at : at + 2]
        request = Request(verb, words)
    assert request is not None
    again = ask(changed, request)
    shown = f"{made.kind}: {' && '.join(commands(made))}"
    if again is None or again.verdict != "ok":
        return f"{shown}: {again and again.verdict}"
    return "" if outcome(again) == outcome(fix.answer) else f"{shown}: another plan"
