"""Is what ``footprint`` says that a relation costs what is saved when it is written away?"""

from __future__ import annotations

import shlex
from copy import copy
from typing import TYPE_CHECKING

from foretell.apt.footprints.footprint import measure
from foretell.apt.footprints.footprint_cuts import find_cuts
from tests.apt.sufficiency.worlds import (
    RELATIONS,
    VERSION,
    Key,
    answers,
    ask,
    changed,
    draw,
    key_of,
    outcome,
    without_quote,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.apt.footprints.footprint import Footprint
    from foretell.apt.footprints.footprint_cuts import Cut
    from tests.apt.sufficiency.worlds import Stanza

    Sizes = tuple[int, int, int]

CUTS = 5


def cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each cut, and about what each package brings along."""
    universe = draw(seed)
    weights: dict[tuple[Key, str], int] = {}  # what two suites offer alike weighs the same

    def weighed(stanza: Stanza) -> Stanza:
        weight = weights.setdefault((Key.of_stanza(stanza), stanza["Version"]), len(weights) + 1)
        return stanza | {"Installed-Size": f"{weight}", "Size": "1000"}

    universe.case = changed(universe.case, weighed)
    for stanza in universe.case.status:
        del stanza["Size"]
    for answer in answers(universe):
        if answer.verdict != "ok" or answer.request.verb != "install" or not answer.changes:
            continue
        found = measure(answer)
        words = shlex.join(answer.request.words)
        cuts = find_cuts(found, CUTS, solver_version=VERSION)
        for cut in (*cuts.own, *cuts.packagers):
            what = f"footprint {words}: {cut.way} {shlex.join(cut.words)}"
            yield what, _cut_fails(universe.case, answer, found, cut)


def _cut_fails(case: Case, answer: Answer, found: Footprint, cut: Cut) -> str:
    assert answer.state is not None
    universe, request = answer.state.universe, answer.request
    if cut.way == "packager":
        assert cut.edge is not None
        owner = key_of(answer, cut.edge.owner)
        version = universe.version_string(found.parts[cut.edge.owner].change.new).decode()
        field = RELATIONS[cut.edge.kind]
        for text in cut.edge.texts:
            case = _of_version(
                case, without_quote(case, (owner, field, text.decode())), owner, version
            )
    elif cut.way == "no-recommends":
        case = copy(case)
        case.settings = case.settings | {"APT::Install-Recommends": "0"}
    again = ask(case, request.with_words([*request.words, *cut.words]))
    if again is None or again.verdict != "ok":
        return f"then {again and again.verdict}"
    before, after = _sizes(case, answer), _sizes(case, again)
    saved = tuple(one - two for one, two in zip(before, after, strict=True))
    return "" if saved == tuple(cut.saved) else f"saves {saved}, not {tuple(cut.saved)}"


def _of_version(case: Case, cut: Case, owner: Key, version: str) -> Case:
    """Return a case in which only the stanzas of one version are those of another case."""
    found = copy(case)
    found.lists = []
    for part, other in zip(case.lists, cut.lists, strict=True):
        kept = copy(part)
        kept.stanzas = [
            new if (Key.of_stanza(old), old["Version"]) == (owner, version) else old
            for old, new in zip(part.stanzas, other.stanzas, strict=True)
        ]
        found.lists.append(kept)
    return found


def _sizes(case: Case, answer: Answer) -> Sizes:
    """Return packages, bytes to fetch and bytes on disk of a plan, by the stanzas."""
    offered = {
        (Key.of_stanza(stanza), stanza["Version"]): stanza
        for part in reversed(case.lists)
        for stanza in reversed(part.stanzas)
    }
    here = {Key.of_stanza(stanza): stanza for stanza in case.status}
    packages = download = disk = 0
    for key, (_, new, old) in outcome(answer).items():
        if new:
            stanza = offered[key, new]
            packages, download = packages + 1, download + int(stanza["Size"])
            disk += int(stanza["Installed-Size"]) * 1024
        if old:
            disk -= int(here[key]["Installed-Size"]) * 1024
    return packages, download, disk
