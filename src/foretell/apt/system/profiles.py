"""Which versions of apt's solvers can be predicted, and in what do they differ?

A profile is a set of rules; each attribute names one and says since which apt it holds.  What is
chosen here is chosen once per search, never inside its loops.
"""

from __future__ import annotations

from foretell.apt.syntax.version import compare
from foretell.apt.system.solver_name import AUTO

__all__ = [
    "AUTO",
    "DEFAULT_VERSION",
    "PROFILES",
    "RULES",
    "SOLVER_VERSIONS",
    "VERSIONS",
    "Profile",
    "has_solver3",
    "modelled_version",
]

DEFAULT_VERSION = "3.0.3"
_SOLVER3_SINCE = "2.9.3"


# Rule -> the version of apt since which it holds, and what it says.
RULES = {
    "skips_phased": ("2.7.2", "upgrades that phasing puts off are not marked to begin with"),
    "sweeps_first": ("2.7.7", "what nothing needs is known before the request is read"),
    "fits_before_saving": (
        "2.9.3",
        (
            "what nothing needs is only taken back for a relation that it fulfils and nothing "
            "installed does, not for its name"
        ),
    ),
    "falls_back": ("2.9.32", "solver 3.0 is asked when the classic solver fails"),
    # Or earlier: no version between 2.6.1 and 3.0.3 was asked.
    "keeps_after_installing": (
        "3.0.3",
        "a broken package stays where the repair has installed another alternative for it",
    ),
    "counts_installed_providers": (
        "3.0.3",
        (
            "where several sources provide the same thing and one of them is installed, what is "
            "not installed is not needed for it"
        ),
    ),
    "strict_order": (
        "3.0.4",
        (
            "among work without a choice, what began with more alternatives goes first even when "
            "none is left, which makes urgency a strict weak order"
        ),
    ),
    "assumes_manual": (
        "3.1.1",
        (
            "packages installed by hand are assumed to stay, one after the other, before anything "
            "is chosen"
        ),
    ),
    "merges_relations": ("3.1.1", "relations of one owner to one package are taken together"),
    "obsolete_by_kind": (
        "3.1.1",
        "an arch:all package never makes one of an architecture obsolete, nor the other way round",
    ),
    "restricts_recommends": (
        "3.1.1",
        (
            "a Recommends that an installed package has fulfilled stays with the packages that "
            "fulfil it; it is as urgent as a Depends"
        ),
    ),
    "sorts_by_member": (
        "3.1.5",
        (
            "alternatives are sorted for the member of the or-group that they fulfil, not for its "
            "first"
        ),
    ),
    "any_downloadable": (
        "3.1.5",
        "a package is not obsolete while any version can be downloaded",
    ),
    "removes_manual": (
        "3.1.10",
        "packages installed by hand may be removed unless APT::Solver::RemoveManual says no",
    ),
    "undone_choices_explain": (
        "3.1.10",
        (
            "what a metapackage needed becomes manual also when nothing but an undone choice "
            "removes the metapackage"
        ),
    ),
    "watches": (
        "3.1.15",
        (
            "a true variable reaches its own clauses and those that forbid it in the order in "
            "which they became known, a clause with one alternative left is decided at once, and "
            "relations that need not be followed leave no trace"
        ),
    ),
    "upgrades_by_source": (
        "3.1.16",
        (
            "a new version asks for its installed siblings of the same source in the same source "
            "version"
        ),
    ),
    "suggests_before_automatic": (
        "3.3.1",
        "Suggests that are fulfilled go before the upgrade of automatic packages, not last of all",
    ),
    "undated_provisions": (
        "3.3.5",
        (
            "what provides a name of one architecture before a relation asks for that counts with "
            "the version that its Provides names, or none, not with its own"
        ),
    ),
}


class Profile:
    """The rules of one version of apt, see `RULES`; without any they are those of 2.6.1."""

    __slots__ = tuple(RULES)

    any_downloadable: bool
    assumes_manual: bool
    counts_installed_providers: bool
    falls_back: bool
    fits_before_saving: bool
    keeps_after_installing: bool
    merges_relations: bool
    obsolete_by_kind: bool
    removes_manual: bool
    restricts_recommends: bool
    skips_phased: bool
    sorts_by_member: bool
    strict_order: bool
    suggests_before_automatic: bool
    sweeps_first: bool
    undated_provisions: bool
    undone_choices_explain: bool
    upgrades_by_source: bool
    watches: bool

    def __init__(self, *rules: str) -> None:
        """Make a profile in which these rules hold."""
        for name in RULES:
            setattr(self, name, name in rules)

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that hold, in the order of `RULES`."""
        return tuple(name for name in RULES if getattr(self, name))


# Those that 3.0.3 has.
_CLASSIC_RULES = (
    "skips_phased",
    "sweeps_first",
    "fits_before_saving",
    "falls_back",
    "keeps_after_installing",
    "counts_installed_providers",
)
# The first has no solver3.  Of those from 3.1.0 to 3.3.2 none was asked; see `_SPANS`.
PROFILES = {
    "2.6.1": Profile(),
    "3.0.3": Profile(*_CLASSIC_RULES),
    "3.0.4": Profile(*_CLASSIC_RULES, "strict_order"),
    "3.3.3": Profile(*(name for name in RULES if name != "undated_provisions")),
    "3.3.5": Profile(*RULES),
}
VERSIONS = tuple(PROFILES)
SOLVER_VERSIONS = VERSIONS[1:]  # of solver3
# Since which version of apt the rules are those of which modelled one; "" where nobody asked.
_SPANS = (
    ("0", ""),
    ("2.6.0", "2.6.1"),
    ("2.7.0", ""),
    ("3.0.0", "3.0.3"),
    ("3.0.4", "3.0.4"),
    ("3.1.0~", ""),
    ("3.3.1", "3.3.3"),  # what came with 3.3.2 and 3.3.4 is not about decisions
    ("3.3.5", "3.3.5"),
)


def has_solver3(apt: str) -> bool:
    """Say whether apt of this version has solver3 at all."""
    return compare(apt, _SOLVER3_SINCE) >= 0


def modelled_version(apt: str, *, is_classic: bool) -> str:
    """Return the modelled version whose rules an installed apt has, or an empty string.

    ``is_classic`` says which solver is meant.  Without an apt, and for solver3 where the apt has
    none, it is `DEFAULT_VERSION`.

    >>> modelled_version("3.0.6", is_classic=True), modelled_version("3.1.6", is_classic=True)
    ('3.0.4', '')
    >>> modelled_version("2.6.1", is_classic=True), modelled_version("2.6.1", is_classic=False)
    ('2.6.1', '3.0.3')
    """
    if not apt or not (is_classic or has_solver3(apt)):
        return DEFAULT_VERSION
    return [version for since, version in _SPANS if compare(since, apt) <= 0][-1]
