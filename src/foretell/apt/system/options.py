"""Which options of apt.conf(5) change decisions?"""

from __future__ import annotations

import os

from foretell.apt.system.kernels import kernel_count
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.system.state import State

__all__ = ["apply_options"]


def apply_options(state: State, configuration: Configuration) -> None:
    """Take over the apt.conf(5) options that change decisions."""
    find = configuration.find_bool
    state.install_recommends = find("APT::Install-Recommends", True)
    state.install_suggests = find("APT::Install-Suggests", False)
    state.keep_recommends = find("APT::AutoRemove::RecommendsImportant", True)
    state.keep_suggests = find("APT::AutoRemove::SuggestsImportant", True)
    state.strict_pinning = find("APT::Solver::Strict-Pinning", True)
    state.fix_policy = find("APT::Get::Fix-Policy-Broken", False)
    if configuration.find("APT::Solver::RemoveManual"):
        state.allow_remove_manual = find("APT::Solver::RemoveManual", False)
    state.recommends_sections = _sections(configuration, "APT::Install-Recommends-Sections")
    state.never_mark_auto = _sections(configuration, "APT::Never-MarkAuto-Sections")
    state.move_mark = _sections(configuration, "APT::Move-Autobit-Sections")
    state.find_never_autoremove = lambda: _patterns(configuration, "APT::NeverAutoRemove")
    state.kernel_packages = tuple(configuration.find_list("APT::VersionedKernelPackages"))
    # apt takes the count for an expression of NeverAutoRemove, too, and so does find_list
    state.kernel_count = kernel_count(configuration.find("APT::NeverAutoRemove::KernelCount"))


def _sections(configuration: Configuration, name: str) -> frozenset[bytes]:
    return frozenset(map(os.fsencode, configuration.find_list(name)))


def _patterns(configuration: Configuration, name: str) -> tuple[re.Pattern[str], ...]:
    """Return the regular expressions of a list."""
    found = []
    for pattern in configuration.find_list(name):
        import re

        try:
            found.append(re.compile(pattern))
        except (re.error, OverflowError, RecursionError) as error:
            raise InputError(
                "bad-expression",
                f"{name} holds {pattern!r}, which is no regular expression: {error}",
                rule=f"{name} is a list of regular expressions (apt.conf(5))",
            ) from None
    return tuple(found)
