"""How does apt show the relations that do not hold when it refuses a request?"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Relation", "Wanted", "render_unmet"]

_STATES = {
    "planned": " but {} is to be installed",
    "absent": " but it is not going to be installed",
    "not-installable": " but it is not installable",
    "": "",
}
_INTRODUCTION = """\
Some packages could not be installed. This may mean that you have
requested an impossible situation or if you are using the unstable
distribution that some required packages have not yet been created
or been moved out of Incoming.
The following information may help to resolve the situation:

"""


class Wanted(NamedTuple):
    """One alternative: what is wanted, in words, what is planned of it, and in which version."""

    text: str
    state: str
    version: str


class Relation(NamedTuple):
    """A relation that does not hold: its field and its alternatives."""

    field: str
    wanted: Sequence[Wanted]


def render_unmet(title: str, packages: Iterable[tuple[str, Sequence[Relation]]]) -> str:
    """Return the list of packages, each with its relations, behind apt's introduction.

    >>> text = render_unmet("Unmet:", [("a", [Relation("Depends", [Wanted("b", "absent", "")])])])
    >>> print("\\n".join(text.splitlines()[-2:]))
    Unmet:
     a : Depends: b but it is not going to be installed
    """
    lines = [title]
    for label, relations in packages:
        start = f" {label} :"
        for relation in relations:
            start += f" {relation.field.replace('-', '')}: "
            last = len(relation.wanted) - 1
            for at, wanted in enumerate(relation.wanted):
                rest = _STATES[wanted.state].format(wanted.version) + " or" * (at < last)
                lines.append(f"{start}{wanted.text}{rest}")
                start = " " * len(start)
            start = " " * len(f" {label} :")
    return _INTRODUCTION + "".join(f"{line}\n" for line in lines)
