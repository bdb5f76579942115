"""What does apt write on standard output about a request that it refuses?"""

from __future__ import annotations

from foretell.apt.answers.unmet import unmet_packages
from foretell.apt.model import OPERATOR_NAMES, RELATION_FIELDS
from foretell.apt.syntax.version import compare
from foretell.apt.system.state import CLASSIC
from foretell.cli.apt_screen import progress
from foretell.cli.apt_shown import shown_label, shown_text
from foretell.cli.apt_words import word_notices
from foretell.render.apt_unmet import Relation, Wanted, render_unmet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer
    from foretell.apt.answers.unmet import Target
    from foretell.apt.packages.universe import Universe
    from foretell.render.apt import Layout

__all__ = ["refusal_text"]

_SINCE = "3.0"  # before, the title of the list was another
_SIGNS = {"<<": "<", ">>": ">"}  # as apt writes them in messages


def refusal_text(answer: Answer, layout: Layout) -> str:
    """Return the notices and the relations that do not hold in the plan that apt gave up."""
    state = answer.state
    assert state is not None
    universe = state.universe
    lines = word_notices(answer.notes, state, answer.world, layout)
    if layout.quiet == 1 and not (state.stand_ins and answer.choice.name == CLASSIC):
        lines.append(f"{progress(answer)}...")
    title = "The following packages have unmet dependencies:"
    if compare(answer.solver_version, _SINCE) >= 0:
        title = "Unsatisfied dependencies:"
    rows = [
        (
            shown_label(universe, found.package),
            [
                Relation(RELATION_FIELDS[kind].decode(), [_wanted(universe, it) for it in targets])
                for kind, targets in found.relations
            ],
        )
        for found in unmet_packages(answer)
    ]
    said = "".join(f"{line}\n" for line in lines)
    return said + render_unmet(title, rows) if rows else said


def _wanted(universe: Universe, target: Target) -> Wanted:
    text = shown_label(universe, target.package)
    if target.operator:
        sign = OPERATOR_NAMES[target.operator]
        text += f" ({_SIGNS.get(sign, sign)} {shown_text(target.wanted)})"
    version = universe.version_string(target.version) if target.version >= 0 else b""
    return Wanted(text, target.state, shown_text(version))
