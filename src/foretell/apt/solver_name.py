"""Which of apt's solvers decides, and under which name?

``APT::Solver`` (``--solver``) names it: ``internal`` is the classic solver, every name that begins
with ``3.`` is solver3, any other is a program.  The name itself decides what becomes of automatic
packages, see `foretell.apt.state.State.keeps_automatic`.  Sources: apt-get(8), apt.conf(5); what
the name does was found by asking libapt 3.0.3, 3.0.4 and 3.3.5.
"""

from __future__ import annotations

from foretell.apt.configuration import set_option
from foretell.apt.state import CLASSIC, SOLVER
from foretell.apt.version import compare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.configuration import Configuration

__all__ = [
    "CLASSIC",
    "OPTION",
    "choose_solver",
    "is_choice",
    "solver_name",
    "solver_note",
    "solver_of",
    "unmodelled_solver",
]

OPTION = "APT::Solver"
_FAMILY = "3."
_SOLVER3_SINCE = "2.9.3"  # of apt
_DEFAULT_SINCE = "3.1.10"


def solver_name(configuration: Configuration) -> str:
    """Return the name of the solver that is predicted.

    >>> from foretell.apt.settings import settled_configuration
    >>> solver_name(settled_configuration("/nonexistent", "amd64", {}))
    '3.0'
    """
    name = configuration.find(OPTION) or SOLVER
    if name == CLASSIC and not _is_strict(configuration):
        return SOLVER
    return name


def unmodelled_solver(name: str) -> str:
    """Name what is not modelled of a solver, or return an empty string."""
    return "" if name == CLASSIC or _is_solver3(name) else f"external solvers ({name})"


def _is_solver3(name: str) -> bool:
    return name.startswith(_FAMILY)


def solver_of(apt: str, chosen: str, *, is_strict: bool = True) -> tuple[str, str]:
    """Return the name of the solver that apt of version ``apt`` asks, and why that one.

    ``chosen`` is its setting ``APT::Solver``; ``is_strict`` its ``APT::Solver::Strict-Pinning``.

    >>> solver_of("2.6.1", "")
    ('internal', 'apt 2.6.1 has no other')
    >>> solver_of("3.0.3", "")
    ('internal', 'the default of apt 3.0.3')
    """
    if compare(apt, _SOLVER3_SINCE) < 0:
        return CLASSIC, f"apt {apt} has no other"
    if chosen and (is_strict or chosen != CLASSIC):
        return chosen, "APT::Solver says so"
    if not chosen and compare(apt, _DEFAULT_SINCE) >= 0:
        return SOLVER, f"the default of apt {apt}"
    if not is_strict:
        return SOLVER, "pinning is not strict"
    return CLASSIC, f"the default of apt {apt}"


def choose_solver(configuration: Configuration, options: Iterable[str]) -> str:
    """Apply the command line's choice of a solver; return what was configured without it.

    Nobody who asks foretell without a choice means the classic solver or a program, whatever is
    configured.
    """
    configured = configuration.find(OPTION)
    if not _is_solver3(configured):
        configuration.set(OPTION, "")
    for option in options:
        if is_choice(option):
            set_option(configuration, option)
    return configured


def solver_note(default: str, apt: str) -> str:
    """Say that apt of version ``apt`` decides with another solver; empty when it does not.

    >>> solver_note("internal", "2.6.1")
    "this apt (2.6.1) decides with its classic solver; this is solver 3.0's plan"
    """
    if not default or _is_solver3(default):
        return ""
    which = "its classic solver" if default == CLASSIC else f"the solver {default}"
    unless = f" unless --solver {SOLVER} is given" if compare(apt, _SOLVER3_SINCE) >= 0 else ""
    return f"this apt ({apt}) decides with {which}{unless}; this is solver {SOLVER}'s plan"


def is_choice(option: str) -> bool:
    """Say whether the value of an ``-o`` chooses a solver.

    >>> is_choice("apt::solver=3.0"), is_choice("APT::Solver::Timeout=1")
    (True, False)
    """
    return option.partition("=")[0].casefold() == OPTION.casefold()


def _is_strict(configuration: Configuration) -> bool:
    return configuration.find_bool("APT::Solver::Strict-Pinning", True)
