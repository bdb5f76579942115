"""Which of apt's solvers decides, and why that one?

``APT::Solver`` (``--solver``) names it: ``internal`` is the classic solver, every name that begins
with ``3.`` is solver3, any other is a program.  Where nobody names one, the version of apt decides,
and whether pinning is strict.  The name itself decides what becomes of automatic packages, see
`foretell.apt.system.state.State.keeps_automatic`.  Sources: apt-get(8), apt.conf(5), apt's NEWS;
what the name does was found by asking libapt 3.0.3, 3.0.4 and 3.3.5.
"""

from __future__ import annotations

from foretell.apt.syntax.configuration import set_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from foretell.apt.syntax.configuration import Configuration

__all__ = [
    "AUTO",
    "CLASSIC",
    "OPTION",
    "SOLVER",
    "Choice",
    "choose_solver",
    "is_choice",
    "is_strict",
    "solver_of",
    "unmodelled_solver",
]

SOLVER, CLASSIC = "3.0", "internal"
AUTO = "auto"  # the version of apt that the system asked about has
OPTION = "APT::Solver"
_FAMILY = "3."
_DEFAULT_SINCE = "3.1.10"  # of apt


class Choice(tuple[str, str, bool]):
    """A solver's name, and why it is that one.

    ``is_asked`` when the command line says so, whatever the system's own apt would do.
    """

    __slots__ = ()  # no NamedTuple: `typing` costs every question more than this

    def __new__(cls, name: str, why: str, *, is_asked: bool = False) -> Self:
        """Return the tuple of the three."""
        return super().__new__(cls, (name, why, is_asked))

    @property
    def name(self) -> str:
        """The solver."""
        return self[0]

    @property
    def why(self) -> str:
        """Who chose it."""
        return self[1]

    @property
    def is_asked(self) -> bool:
        """Whether the command line did."""
        return self[2]


def unmodelled_solver(name: str) -> str:
    """Name what is not modelled of a solver, or return an empty string."""
    return "" if name == CLASSIC or _is_solver3(name) else f"external solvers ({name})"


def _is_solver3(name: str) -> bool:
    return name.startswith(_FAMILY)


def solver_of(
    apt: str, chosen: str, *, is_strict: bool = True, says: str = "APT::Solver says so"
) -> Choice:
    """Return the solver that apt of version ``apt`` asks.

    ``chosen`` is its setting ``APT::Solver``, and ``says`` where that comes from; ``is_strict`` is
    its ``APT::Solver::Strict-Pinning``.

    >>> solver_of("2.6.1", "")
    ('internal', 'apt 2.6.1 has no other', False)
    >>> solver_of("3.0.3", "", is_strict=False).why
    'pinning is not strict'
    """
    from foretell.apt.syntax.version import compare
    from foretell.apt.system.profiles import has_solver3

    if not has_solver3(apt) and chosen in {"", CLASSIC}:
        return Choice(CLASSIC, f"apt {apt} has no other")
    if chosen and (is_strict or chosen != CLASSIC):
        return Choice(chosen, says)
    if not chosen and compare(apt, _DEFAULT_SINCE) >= 0:
        return Choice(SOLVER, f"the default of apt {apt}")
    if not is_strict:
        return Choice(SOLVER, "pinning is not strict")
    return Choice(CLASSIC, f"the default of apt {apt}")


def choose_solver(configuration: Configuration, options: Iterable[str]) -> tuple[str, bool]:
    """Apply the command line's choice of a solver.

    Return what was configured without it, and whether there is one.
    """
    configured = configuration.find(OPTION)
    chosen = [option for option in options if is_choice(option)]
    for option in chosen:
        set_option(configuration, option)
    return configured, bool(chosen) and bool(configuration.find(OPTION))


def is_choice(option: str) -> bool:
    """Say whether the value of an ``-o`` chooses a solver.

    >>> is_choice("apt::solver=3.0"), is_choice("APT::Solver::Timeout=1")
    (True, False)
    """
    return option.partition("=")[0].casefold() == OPTION.casefold()


def is_strict(configuration: Configuration) -> bool:
    """Say whether only candidates and installed versions may be chosen."""
    return configuration.find_bool("APT::Solver::Strict-Pinning", True)
