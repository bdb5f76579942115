"""Which of apt's solvers decides, and under which name?

``APT::Solver`` (``--solver``) names it: ``internal`` is the classic solver, every name that begins
with ``3.`` is solver3, any other is a program.  The name itself decides what becomes of automatic
packages, see `foretell.apt.state.State.keeps_automatic`.  Sources: apt-get(8), apt.conf(5); what
the name does was found by asking libapt 3.0.3, 3.0.4 and 3.3.5.
"""

from __future__ import annotations

from foretell.apt.configuration import set_option
from foretell.apt.state import SOLVER
from foretell.apt.version import compare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.configuration import Configuration

__all__ = [
    "CLASSIC",
    "choose_solver",
    "default_solver",
    "is_choice",
    "solver_name",
    "unmodelled_solver",
]

CLASSIC = "internal"
_OPTION = "APT::Solver"
_FAMILY = "3."
_DEFAULT_SINCE = "3.1.10"  # of apt: before, the classic solver is the default


def solver_name(configuration: Configuration) -> str:
    """Return the name of the solver that is predicted.

    >>> from foretell.apt.settings import settled_configuration
    >>> solver_name(settled_configuration("/nonexistent", "amd64", {}))
    '3.0'
    """
    name = configuration.find(_OPTION) or SOLVER
    if name == CLASSIC and not _is_strict(configuration):
        return SOLVER
    return name


def unmodelled_solver(name: str) -> str:
    """Name what is not modelled of a solver, or return an empty string."""
    if name.startswith(_FAMILY):
        return ""
    return "the classic solver (internal)" if name == CLASSIC else f"external solvers ({name})"


def default_solver(configuration: Configuration, apt: str) -> str:
    """Return the solver that apt of version ``apt`` takes unless told otherwise; empty: unknown.

    >>> from foretell.apt.settings import settled_configuration
    >>> configuration = settled_configuration("/nonexistent", "amd64", {})
    >>> default_solver(configuration, "3.0.3"), default_solver(configuration, "3.3.5")
    ('internal', '3.0')
    """
    name = configuration.find(_OPTION)
    if not name and apt:
        name = SOLVER if compare(apt, _DEFAULT_SINCE) >= 0 else CLASSIC
    if name == CLASSIC and not _is_strict(configuration):
        return SOLVER
    return name


def choose_solver(configuration: Configuration, options: Iterable[str], apt: str) -> str:
    """Apply the command line's choice of a solver; return apt's own default, empty if unknown.

    Nobody who asks without a choice means the classic solver or a program, whatever is
    configured: both sides of a comparison are to be solver3.
    """
    chosen = [option for option in options if is_choice(option)]
    default = default_solver(configuration, apt)
    if unmodelled_solver(configuration.find(_OPTION)):
        configuration.set(_OPTION, "")
    for option in chosen:
        set_option(configuration, option)
    return default


def is_choice(option: str) -> bool:
    """Say whether the value of an ``-o`` chooses a solver.

    >>> is_choice("apt::solver=3.0"), is_choice("APT::Solver::Timeout=1")
    (True, False)
    """
    return option.partition("=")[0].casefold() == _OPTION.casefold()


def _is_strict(configuration: Configuration) -> bool:
    return configuration.find_bool("APT::Solver::Strict-Pinning", True)
