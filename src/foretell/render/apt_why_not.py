"""How is it told what keeps a package out, and which change would let it in?

Sentences for the facts that `foretell.apt.conflict_facts` names; a system administrator should
understand them without knowing the solver.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from foretell.render.apt import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.render.apt import Change, Sizes

__all__ = [
    "FIXES_MAX",
    "LINES_MAX",
    "Remedy",
    "Row",
    "commands",
    "outcome",
    "render_fixes",
    "render_obstacle",
    "render_plan",
    "sentence",
]

LINES_MAX = 15  # of an explanation, unless all is asked for
FIXES_MAX = 5
_NAMES_MAX = 6
_STAYS = {
    "manual": "was installed by hand, so it is not removed for another package's sake",
    "present": "is installed and would have to stay",
    "essential": "is Essential and has to stay",
    "protected": "is Important or Protected and has to stay",
}
# Which facts are the root of a conflict, the most telling first.
_ROOTS = ("missing", "no-version", "not-candidate", "held", "excludes", "one-version", "requires")


class Row(NamedTuple):
    """A fact, as `foretell.apt.conflict_facts` has it."""

    kind: str
    package: str
    version: str
    relation: str
    text: str
    missing: tuple[str, ...]
    other: str
    rule: str
    place: str


class Remedy(NamedTuple):
    """A change that works: its kind, what it is about, the words of the request, the outcome."""

    kind: str
    subject: str
    words: Sequence[str]
    options: Sequence[str]
    place: str
    changes: Sequence[Change]


def sentence(row: Row) -> str:
    """Return a fact as a sentence without its full stop."""
    kind, package, version, relation, text, missing, other, rule, place = row
    full = f"{package} {version}".rstrip()
    if kind == "requires":
        lack = f", but {'; '.join(missing)}" if missing else ""
        return f"{full} {relation} {text}{lack}"
    if kind == "excludes":
        about = f" ({other})" if other and other not in text.replace("(", " ").split() else ""
        return f"{full} {relation} {text}{about}"
    if kind == "stays":
        return f"{full} {_STAYS[rule]}"
    if kind == "no-version":
        providers = f"; it is provided by {', '.join(missing)}: name one of them" if missing else ""
        return f"no source has {package}{providers}"
    if kind == "not-candidate":
        return f"{_choice(full, package, other, rule)}{f' (pin at {place})' if place else ''}"
    return {
        "asked": f"you ask for {full}",
        "asked-removal": f"you ask for {package} not to be there",
        "held": f"{full} is on hold" if version else f"{package} is on hold as not installed",
        "one-version": f"{package} is wanted as {version} and as {other}: there can be only one",
        "tried": f"every way to have {full} was tried and failed",
        "unknown-version": f"{package} {version} is not there, only {', '.join(missing)}",
        "unknown-release": f"{package} is not in {version}; there is {', '.join(missing)}",
    }[kind]


def _choice(full: str, package: str, other: str, rule: str) -> str:
    if not other:
        return f"{full} is there, but its priority {rule} means: never install it"
    return f"{full} is there, but apt prefers {package} {other}"


def render_obstacle(
    words: Sequence[str], rows: Sequence[Row], *, who: str, is_full: bool = False
) -> str:
    """Return what keeps the words from being installed, the root cause first.

    ``who`` names the apt and the solver that decide.
    """
    what = f"{words[0]} cannot be installed"
    if len(words) > 1:
        what = f"`apt install {' '.join(words)}` cannot be done"
    root = _root(rows)
    if root is None:
        return f"{what} ({who}).\n"
    is_choice = _is_choice(root)
    why = f"{sentence(root)}{', and none of them can be installed' * is_choice}"
    lines = [f"{what}: {why}."]
    rest = [sentence(row) for row in rows if row is not root]
    if rest:
        lines.append("How it comes to that:")
        most = len(rest) if is_full else LINES_MAX - len(lines) - 1
        if len(rest) > most:
            first, last = most // 2, most - 1 - most // 2
            left_out = len(rest) - first - last
            rest[first : len(rest) - last] = [f"... {left_out} more steps (--full shows them)"]
        lines += [f"  {line}" for line in rest]
    lines.append(f"This is what {who} decides.")
    return "".join(f"{line}\n" for line in lines)


def _root(rows: Sequence[Row]) -> Row | None:
    """Return the fact that says most about why it fails."""
    choices = [row for row in rows if _is_choice(row)]
    if choices:
        return choices[-1]
    for kind in _ROOTS:
        for row in reversed(rows):
            if row.kind == kind or (kind == "missing" and row.kind == "requires" and row.missing):
                return row
    return rows[-1] if rows else None


def _is_choice(row: Row) -> bool:
    """Say whether a row is a relation whose alternatives are there, and all failed."""
    return row.kind == "requires" and " | " in row.text and not row.missing


def commands(remedy: Remedy) -> list[str]:
    """Return the commands that make a change and then the installation.

    >>> commands(Remedy("unhold", "a", ["b"], (), "", ()))
    ['apt-mark unhold a', 'apt install b']
    """
    install = shlex.join(["apt", "install", *remedy.options, *remedy.words])
    if remedy.kind == "unhold":
        return [shlex.join(["apt-mark", "unhold", remedy.subject]), install]
    return [install]


def render_fixes(remedies: Sequence[Remedy], *, tried: int, is_complete: bool) -> str:
    """Return the changes that work, the cheapest first."""
    if not remedies:
        if not tried:
            return "No single change is known that would allow it.\n"
        end = "" if is_complete else ", and there are more that were not"
        return f"No single change helps: {tried} were tried{end}.\n"
    lines = ["Any one of these would allow it (each was checked):"]
    for remedy in remedies[:FIXES_MAX]:
        if remedy.kind == "pin":
            lines.append(f"  # without the pin on {remedy.subject} at {remedy.place}:")
        lines.append(f"  {' && '.join(commands(remedy))}")
        lines.append(f"      {outcome(remedy.changes)}")
    more = len(remedies) - FIXES_MAX
    if more > 0:
        lines.append(f"  ... and {more} more (--json has them all)")
    if not is_complete:
        lines.append(f"({tried} changes were tried, there are more.)")
    return "".join(f"{line}\n" for line in lines)


def outcome(changes: Sequence[Change]) -> str:
    """Say in one line what a plan does."""
    found = []
    for verb, title in _TITLES:
        names = [change.package for change in changes if change.action in verb]
        if names:
            found.append(f"{title} {_listed(names)}")
    return "; ".join(found) or "changes nothing"


_TITLES = (
    (("remove", "purge"), "removes"),
    (("downgrade",), "downgrades"),
    (("install",), "installs"),
    (("upgrade",), "upgrades"),
    (("reinstall",), "reinstalls"),
)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_MAX])
    more = len(names) - _NAMES_MAX
    return f"{shown} and {more} more" if more > 0 else shown


def render_plan(
    words: Sequence[str],
    changes: Sequence[Change],
    sizes: Sizes,
    *,
    held: Sequence[str] = (),
    vital: Sequence[str] = (),
    manual: Sequence[str] = (),
    who: str,
) -> str:
    """Return that nothing keeps the words out, and what installing them would do."""
    what = " ".join(words)
    if not changes:
        return f"Nothing prevents {what}: it is installed already, and nothing would change.\n"
    lines = [f"Nothing prevents {what}. Installing it"]
    for verb, title in _TITLES:
        names = [change.package for change in changes if change.action in verb]
        if names:
            lines.append(f"  {title} {len(names)}: {', '.join(names)}")
    sign = "needs" if sizes.disk >= 0 else "frees"
    lines.append(
        f"  downloads {format_size(sizes.download)}B and {sign} {format_size(abs(sizes.disk))}B"
    )
    if manual:
        lines.append(f"  and so removes what was installed by hand: {', '.join(manual)}")
    if held:
        lines.append(f"  changes what is on hold, which apt wants to be told: {', '.join(held)}")
    if vital:
        lines.append(f"  removes what the system needs: {', '.join(vital)}")
    lines.append(f"This is what {who} decides.")
    return "".join(f"{line}\n" for line in lines)
