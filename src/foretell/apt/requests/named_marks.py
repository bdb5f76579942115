"""Which packages become manual because the request names them?"""

from __future__ import annotations

from foretell.apt.solver3.sweep import find_garbage
from foretell.apt.system.planned import Planned
from foretell.apt.system.state import INSTALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.requests.request import Request
    from foretell.apt.system.state import State

__all__ = ["make_named_manual"]


def make_named_manual(state: State, request: Request) -> None:
    """Clear the automatic mark of what the request upgrades by name and nothing needs.

    What something needs keeps its mark, and a reinstallation leaves marks alone.  Where apt does
    not sweep it does not know what is needed.
    """
    named = {
        package
        for package, mode in state.mode.items()
        if mode == INSTALL and package in state.automatic and package in state.installed
    }
    if named and request.verb != "reinstall":
        if state.sweeps and state.profile.sweeps_first:
            before = Planned(dict(state.installed), set(state.was_automatic))
            named &= find_garbage(state, before)
        state.automatic -= named
