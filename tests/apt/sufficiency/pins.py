"""Does the pin that is named give the priority, and do those that are called idle do nothing?"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from foretell.apt.answers.trial import Trial, parse_trial
from foretell.apt.cases.case import make_world
from foretell.cli.apt_policy import _View
from tests.apt.sufficiency.worlds import PinnedMultiArchUniverse, PinnedUniverse, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.trial import MovedCandidate, Standing
    from foretell.apt.cases.case import Case

KINDS = (PinnedUniverse,) * 3 + (PinnedMultiArchUniverse,) * 3
PATH = "/etc/apt/preferences.d/trial"


def _view(case: Case) -> _View:
    world = make_world(case, "u")
    world.titles = list(world.lists)
    return _View(world, world.state())


def _priorities(case: Case) -> dict[tuple[str, str], list[tuple[str, int, str]]]:
    """Return version, priority and pin of each version, as ``policy --explain`` shows them."""
    view = _view(case)
    universe = view.universe
    found = {}
    for package in range(universe.package_count()):
        shown = view.package(package)
        key = (shown.name, universe.architecture(package).decode())
        found[key] = [(row.version, row.priority, row.pin) for row in shown.versions]
    return found


def policy_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the pin behind each priority of a world."""
    case = draw(seed, kinds=KINDS).case
    view = _view(case)
    places = [f"{pin.path}:{pin.line} " for pin in view.world.pins]
    told = _priorities(case)
    alone = []
    for at in (*range(len(places)), None):
        only = copy(case)
        only.pins = [] if at is None else [case.pins[at]]
        alone.append(_priorities(only))
    idle = [
        next(at for at, place in enumerate(places) if place in f"{line} ")
        for line in view.idle_pins()
    ]
    rest = copy(case)
    rest.pins = [pin for at, pin in enumerate(case.pins) if at not in idle]
    without_idle = _priorities(rest)
    for key, rows in told.items():
        for number, (version, priority, pin) in enumerate(rows):
            at = next((at for at, place in enumerate(places) if pin.startswith(place)), -1)
            given = alone[at][key][number][1]
            complaint = "" if given == priority else f"{priority} by {pin!r}, alone {given}"
            if without_idle[key][number][1] != priority:
                complaint = f"{without_idle[key][number][1]} without the idle ones"
            yield f"policy --explain {key} {version}", complaint


def trial_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each candidate that pins under trial move."""
    universe = draw(seed, kinds=KINDS)
    assert isinstance(universe, PinnedUniverse)
    texts = [
        "".join(f"{name}: {value}\n" for name, value in pin.items())
        for pin in universe.pins(universe.draws.between(1, 3))
    ]
    trial = _trial(universe.case, texts)
    rows = trial.moved()
    quiet = [trial.pins.index(pin) for pin in (*trial.idle, *trial.overruled)]
    kept = [text for at, text in enumerate(texts) if at not in quiet]
    same = list(map(_told, _trial(universe.case, kept).moved())) if kept else []
    complaint = "" if same == list(map(_told, rows)) else "idle ones count"
    for pin in (*trial.idle, *trial.overruled):
        yield f"idle {pin!r}", complaint
    for row in rows:
        yield f"moved {_told(row)}", complaint or _pin_fails(universe.case, texts, trial, row)


def _trial(case: Case, texts: list[str]) -> Trial:
    pins, _ = parse_trial([(f"{at}", text.encode()) for at, text in enumerate(texts)], PATH)
    return Trial(make_world(case, "u"), pins, PATH)


def _told(row: MovedCandidate) -> tuple[object, ...]:
    return (row.package, *map(_standing, (row.before, row.after, row.loser, row.was)))


def _standing(found: Standing | None) -> tuple[int, int] | None:
    return None if found is None else (found.version, found.priority)


def _pin_fails(case: Case, texts: list[str], trial: Trial, row: MovedCandidate) -> str:
    """Return what is wrong about the pin that is said to move a candidate."""
    if row.pin not in trial.pins:
        return f"{row.pin} is not one of those under trial"
    at = trial.pins.index(row.pin)
    about = row.after if row.after and row.after.pin is row.pin else row.loser
    if about is None:
        return f"{row.pin} gives none of the two a priority"
    alone = _trial(case, [texts[at]])
    given = alone.tried.pinning(alone.after).priority(about.version)
    return "" if given == about.priority else f"{row.pin} alone gives {given}, not {about.priority}"
