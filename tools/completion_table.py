"""What may a shell offer for each option and each word of a command line?

The options come from the parsers (`command_table`); here is only what these do not say: which names
of the system, or which fixed words, a value or an argument is taken from.
"""

from __future__ import annotations

from typing import NamedTuple

from command_table import Argument, Leaf, leaves

from foretell.apt.requests.settings import LISTS, VALUES
from foretell.apt.system.profiles import VERSIONS
from foretell.apt.system.solver_name import CLASSIC
from foretell.apt.system.state import SOLVER
from foretell.oracle.strata import STRATA

__all__ = ["Offer", "Row", "offers", "rows"]

# How ``foretell __complete`` calls them; "FILE" and "DIR" are the shell's own.
_OF_PACKAGES = ("apt", "world")
_INSTALLED = ("remove", "purge", "reinstall", "autoremove", "upgrade", "full-upgrade", "why")
_ARCHITECTURES = (
    *("amd64", "arm64", "armel", "armhf", "i386", "loong64", "mips64el"),
    *("ppc64el", "riscv64", "s390x"),
)
_COMPONENTS = ("main", "contrib", "non-free", "non-free-firmware")
_REQUESTS = ("install", "remove", "purge", "reinstall", "autoremove", "upgrade", "full-upgrade")


class Offer(NamedTuple):
    """What is offered: ``names`` of the system of a kind, ``FILE`` or ``DIR``, fixed ``words``."""

    names: str = ""
    words: tuple[str, ...] = ()


class Row(NamedTuple):
    """A verb; what is offered for its words, and for the values of each option that takes one."""

    leaf: Leaf
    word: Offer
    values: list[tuple[Argument, Offer]]


def offers(table: list[Row], domain: str) -> dict[str, Offer]:
    """Return what is offered for each option of a domain, which all its verbs must take alike."""
    found: dict[str, Offer] = {}
    for row in table:
        for argument, offer in row.values if row.leaf.domain == domain else ():
            for spelling in argument.spellings:
                if found.setdefault(spelling, offer) != offer:
                    raise SystemExit(f"{spelling} of {row.leaf.verb} is offered something else")
    return found


def rows() -> list[Row]:
    """Return all verbs."""
    return [
        Row(leaf, _word(leaf), [(it, _value(leaf, it)) for it in leaf.options if it.takes_value])
        for leaf in leaves()
    ]


def _word(leaf: Leaf) -> Offer:
    value = leaf.positional[0].value if leaf.positional else ""
    if leaf.domain == "world":
        return Offer("worlds") if leaf.verb == "remove" else Offer()
    if leaf.domain not in _OF_PACKAGES:
        return Offer(value if value in {"FILE", "DIR"} else "")
    if leaf.verb in _INSTALLED:
        return Offer("installed")
    if leaf.verb == "source":
        return Offer("sources")
    if value == "request" or leaf.verb == "compare":  # a request, or sides first
        return Offer("packages", _REQUESTS)
    kinds = {
        "FILE": "FILE",
        "package": "packages",
        "pattern": "packages",
        "relation": "packages",
        "source": "sources",
    }
    return Offer(kinds.get(value, ""))


def _value(leaf: Leaf, argument: Argument) -> Offer:
    """Return what is offered for the value of an option."""
    name, value = argument.spellings[-1], argument.value
    if leaf.domain in _OF_PACKAGES:
        offer = _value_of_packages(name, value)
        if offer is not None:
            return offer
    if argument.choices:
        return Offer("", argument.choices)
    return Offer(value if value in {"FILE", "DIR"} else "")


def _value_of_packages(name: str, value: str) -> Offer | None:
    """Return what is offered for an option of the verbs about packages, by name or by value."""
    if name == "--world":
        return Offer("worlds")
    if name == "--solver-version":
        return Offer("", tuple(VERSIONS))
    if name == "--solver":
        return Offer("", (SOLVER, CLASSIC))
    if name == "--stratum":
        return Offer("", tuple(it.name for it in STRATA))
    if name == "--mark":
        return Offer("", ("auto=", "manual=", "hold=", "unhold="))
    if name in {"--architecture", "--host-architecture"}:
        return Offer("", _ARCHITECTURES)
    if name == "--component":
        return Offer("", _COMPONENTS)
    if name == "--option":
        return Offer("", tuple(f"{it}=" for it in (*VALUES, *(f"{it}::" for it in LISTS))))
    if value == "RELEASE":
        return Offer("suites")
    if value == "empty|minimal|FILE|DIR":
        return Offer("FILE", ("empty", "minimal"))
    return None
