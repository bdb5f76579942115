"""How is it told what keeps a package out, and which change would let it in?

Sentences for the facts that `foretell.apt.conflict_facts` names; a system administrator should
understand them without knowing the solver.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from foretell.render.apt import format_size, package_label

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
    "render_first_fix",
    "render_fixes",
    "render_obstacle",
    "render_plan",
    "sentence",
]

LINES_MAX = 15  # of an explanation, unless all is asked for
FIXES_MAX = 5
_NAMES_MAX = 6
_NO_RULE = "No rule forbids it: apt fails because it does not go back on a choice that it made."
_STAYS = {
    "manual": "was installed by hand, so it is not removed for another package's sake",
    "present": "is installed and would have to stay",
    "essential": "is Essential and has to stay",
    "protected": "is Important or Protected and has to stay",
}
# Relations that a conflict can only rest on because a package that is there is upgraded.
_INSISTED = frozenset(("Recommends", "Suggests"))
# Which facts are the root of a conflict, the most telling first.
_ROOTS = (
    *("missing", "no-version", "not-candidate", "held", "excludes", "architectures"),
    *("one-version", "requires"),
)


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
    """A change that works: its kind, what it is about, the words of the request, the outcome.

    ``native`` is the architecture that is not spelt out.
    """

    kind: str
    subject: str
    words: Sequence[str]
    options: Sequence[str]
    place: str
    changes: Sequence[Change]
    native: str


def sentence(row: Row) -> str:
    """Return a fact as a sentence without its full stop."""
    kind, package, version, relation, text, missing, other, rule, place = row
    full = f"{package} {version}".rstrip()
    if kind == "requires":
        lack = f", but {'; '.join(missing)}" if missing else ""
        if relation in _INSISTED:
            text += " (an upgrade insists on it)"
        given = f" [{_listed(other.split(', '))} can provide it]" if other else ""
        return f"{full} {relation} {text}{given}{lack}"
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
    if kind in {"demand", "demand-absence"}:
        _, _, source = package.partition("builddeps:")
        who = f"the build of {source} needs" if source else "you ask for"
        lack = f", but {'; '.join(missing)}" if missing else ""
        return f"{who} {'the absence of ' * (kind != 'demand')}{text}{lack}"
    if kind == "architectures":
        if version:
            return f"{package} is Multi-Arch: same, so {other} can only be there as {version}, too"
        return f"{package} is not Multi-Arch: same, so {other} cannot be there beside it"
    return {
        "asked": f"you ask for {full}",
        "asked-removal": f"you ask for {package} not to be there",
        "other-asked": f"you ask for {package} {other}, which leaves out {version}",
        "held": f"{full} is on hold" if version else f"{package} is on hold as not installed",
        "no-new": f"{package} is not installed, and this upgrade installs nothing new",
        "deferred": f"the update to {full} is phased: it has not reached this machine yet",
        "essential": f"{package} is Essential and not installed: a full upgrade installs it",
        "settled": f"apt has settled on {full} for what {other} {relation} ({text})",
        "given-up": f"apt has given up {full} and does not come back to it",
        "one-version": _one_version(package, version, other),
        "tried": f"every way to have {full} was tried and failed",
        "unknown-version": f"{package} {version} is not there, only {', '.join(missing)}",
        "unknown-release": f"{package} is not in {version}; there is {', '.join(missing)}",
    }[kind]


def _one_version(package: str, version: str, other: str) -> str:
    if version and version == other:
        return f"{package} {version} is wanted in two builds: there can be only one"
    if not other:
        return f"of {package} there can be only one version"
    return f"{package} is wanted as {version} and as {other}: there can be only one"


def _choice(full: str, package: str, other: str, rule: str) -> str:
    first, comma, last = full.rpartition(", ")
    there = f"{first} and {last} are there" if comma else f"{full} is there"
    if not other:
        return f"{there}, but {'the' if comma else 'its'} priority {rule} means: never install it"
    return f"{there}, but apt prefers {package} {other}"


def render_obstacle(
    words: Sequence[str],
    rows: Sequence[Row],
    *,
    who: str,
    verb: str = "install",
    is_full: bool = False,
    is_hard: bool = True,
) -> str:
    """Return what keeps the words from being installed, the root cause first.

    ``who`` names the apt and the solver that decide, if that has to be said.  Without ``is_hard``
    no rule forbids it: the solver does not go back on a choice.
    """
    what = f"{words[0]} cannot be installed" if words else ""
    if len(words) != 1 or verb != "install":
        what = f"`{shlex.join(['apt', verb, *words])}` cannot be done"
    end = [f"This is what {who} decides."] if who else []
    if not is_hard:
        end.insert(0, _NO_RULE)
    root = _root(rows)
    if root is None:
        return "".join(f"{line}\n" for line in (f"{what}.", *end))
    is_choice = _is_choice(root)
    why = f"{sentence(root)}{', and none of them can be installed' * is_choice}"
    lines = [f"{what}: {why}."]
    others = [row for row in rows if row is not root]
    is_plain = all((row.kind, row.package) == ("asked", root.package) for row in others)
    rest = [sentence(row) for row in others]
    if not is_plain:
        lines.append("How it comes to that:")
        most = len(rest) if is_full else LINES_MAX - len(lines) - len(end)
        if len(rest) > most:
            first, last = most // 2, most - 1 - most // 2
            left_out = len(rest) - first - last
            rest[first : len(rest) - last] = [f"... {left_out} more steps (--full shows them)"]
        lines += [f"  {line}" for line in rest]
    return "".join(f"{line}\n" for line in (*lines, *end))


def _root(rows: Sequence[Row]) -> Row | None:
    """Return the fact that says most about why it fails."""
    choices = [row for row in rows if _is_choice(row)]
    if choices:
        return choices[-1]
    for kind in _ROOTS:
        for row in reversed(rows):
            if row.kind == kind or (kind == "missing" and row.missing):
                return row
    return rows[-1] if rows else None


def _is_choice(row: Row) -> bool:
    """Say whether a row is a relation whose alternatives are there, and all failed."""
    is_open = " | " in row.text or ", " in row.other
    return row.kind == "requires" and is_open and not row.missing


def commands(remedy: Remedy) -> list[str]:
    """Return the commands that make a change and then the installation.

    >>> commands(Remedy("unhold", "a", ["b"], (), "", (), "amd64"))
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
        lines += _remedy_lines(remedy)
    more = len(remedies) - FIXES_MAX
    if more > 0:
        lines.append(f"  ... and {more} more (--json has them all)")
    if not is_complete:
        lines.append(f"({tried} changes were tried, there are more.)")
    return "".join(f"{line}\n" for line in lines)


def render_first_fix(remedy: Remedy) -> str:
    """Return one change that works."""
    lines = ["This would allow it (it was checked; `foretell apt why-not` looks for more):"]
    lines += _remedy_lines(remedy)
    return "".join(f"{line}\n" for line in lines)


def _remedy_lines(remedy: Remedy) -> list[str]:
    is_pin = remedy.kind == "pin"
    lines = [f"  # without the pin on {remedy.subject} at {remedy.place}:"] if is_pin else []
    return [*lines, f"  {' && '.join(commands(remedy))}", f"      {outcome(remedy)}"]


def outcome(remedy: Remedy) -> str:
    """Say in one line what the request does after a change."""
    by_title = _by_title(remedy.changes, remedy.native)
    return "; ".join(f"{t} {_listed(names)}" for t, names in by_title) or "changes nothing"


def _by_title(changes: Sequence[Change], native: str) -> list[tuple[str, list[str]]]:
    """Return the names of what is changed under each title that has any."""
    found = []
    for actions, title in _TITLES:
        names = [
            package_label(change.package, change.architecture, native)
            for change in changes
            if change.action in actions
        ]
        if names:
            found.append((title, names))
    return found


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
    native: str,
    held: Sequence[str] = (),
    vital: Sequence[str] = (),
    manual: Sequence[str] = (),
    who: str,
    is_full: bool = False,
) -> str:
    """Return that nothing keeps the words out, and what installing them would do.

    Of what is not removed or downgraded only the first names are listed, unless ``is_full``.
    """
    what = " ".join(words)
    if not changes:
        return f"Nothing prevents {what}: it is installed already, and nothing would change.\n"
    lines = [f"Nothing prevents {what}. Installing it"]
    for title, names in _by_title(changes, native):
        is_loss = title in {"removes", "downgrades"}
        listed = ", ".join(names) if is_loss or is_full else _listed(names)
        lines.append(f"  {title} {len(names)}: {listed}")
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
