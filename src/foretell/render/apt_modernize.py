"""How is it shown what becomes of the files that name sources?"""

from __future__ import annotations

from difflib import unified_diff
from typing import NamedTuple

from foretell.render.style import GREEN, RED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.render.style import Style

__all__ = ["Edit", "Told", "render_diff", "render_json", "render_summary", "render_told"]

SCHEMA = "foretell.apt.modernize/1"
_NOWHERE = "/dev/null"
# What a note begins with: code of the note -> words.
_LEADS = {
    "signed-by-added": "note: Signed-By is added: its key is in ",
    "no-signed-by": "warning: no Signed-By: ",
    "kept-as-line": "warning: stays as it is: ",
    "other-order": "note: another order of preference: ",
}


class Edit(NamedTuple):
    """One file before and after; None where there is none."""

    path: str
    before: str | None
    after: str | None


class Told(NamedTuple):
    """What there is to know about one place; line 0 is the whole file."""

    path: str
    line: int
    code: str
    message: str


def render_diff(edits: Sequence[Edit], style: Style) -> str:
    """Return a unified diff of all files, those that are new or gone included."""
    return "".join(line for edit in edits for line in _diff(edit, style))


def _diff(edit: Edit, style: Style) -> Iterator[str]:
    before = _NOWHERE if edit.before is None else edit.path
    after = _NOWHERE if edit.after is None else edit.path
    old = (edit.before or "").split("\n")
    new = (edit.after or "").split("\n")
    # what ends in a line feed has no line after it
    old, new = old[: -1 if not old[-1] else None], new[: -1 if not new[-1] else None]
    for number, line in enumerate(unified_diff(old, new, before, after, lineterm="")):
        colour = {"+": GREEN, "-": RED}.get(line[:1]) if number > 1 else None
        yield style.paint(line, colour) + "\n"


def render_told(notes: Sequence[Told]) -> str:
    """Return one line for each note."""
    lines = []
    for note in notes:
        place = f"{note.path}:{note.line}" if note.line else note.path
        lines.append(f"{place}: {_LEADS[note.code]}{note.message}\n")
    return "".join(lines)


def render_summary(files: Sequence[str], entries: int, stanzas: int, targets: int) -> str:
    """Return what is to be done in a few lines."""
    lines = ["The following files need modernizing:", *(f"  - {path}" for path in files)]
    lines.append(
        f"{entries} {'entry becomes' if entries == 1 else 'entries become'} "
        f"{stanzas} {'stanza' if stanzas == 1 else 'stanzas'}; "
        f"the same {targets} index targets before and after"
    )
    return "".join(f"{line}\n" for line in lines)


def render_json(
    edits: Sequence[Edit],
    notes: Sequence[Told],
    *,
    files: Sequence[str],
    counts: tuple[int, int, int],
    is_applied: bool,
) -> str:
    """Return everything as JSON; ``counts`` are entries, stanzas and index targets."""
    import json

    document = {
        "schema": SCHEMA,
        "applied": is_applied,
        "to-modernize": list(files),
        "entries": counts[0],
        "stanzas": counts[1],
        "index-targets": counts[2],
        "files": [edit._asdict() for edit in edits],
        "notes": [note._asdict() for note in notes],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
