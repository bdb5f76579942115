"""In which modes and on which systems is agreement measured?

A *stratum* is a rule for requests, a root and settings: one row of `STRATA`, with one figure.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import UsageError
from foretell.oracle.roots import MINIMAL
from foretell.oracle.sample import RULES

__all__ = ["DEFAULT_STRATUM", "STRATA", "Stratum", "find_stratum"]

DEFAULT_STRATUM = "default"


class Stratum(NamedTuple):
    """A row of `STRATA`.

    ``root`` is one of `foretell.oracle.roots`, ``rule`` one of `foretell.oracle.sample`,
    ``options`` are apt.conf(5) settings.  The real side is libapt, or ``apt-get`` for verbs that
    are apt-get's own.
    """

    name: str
    root: str
    rule: str
    options: tuple[str, ...] = ()
    asks: str = "libapt"

    @property
    def summary(self) -> str:
        """What the rule draws, in words."""
        return (RULES[self.rule].__doc__ or "").rstrip(".").lower()


_RECOMMENDS_OFF = ("APT::Install-Recommends=0",)
_SUGGESTS_ON = ("APT::Install-Suggests=1",)
_NOT_STRICT = ("APT::Solver::Strict-Pinning=0",)
_AUTOREMOVE = ("APT::Get::AutomaticRemove=1",)
# Under another name than 3.0 solver3 keeps everything, or only what something needs.
_RENAMED = ("APT::Solver=3.1",)
_NORMALIZED = (*_RENAMED, *_AUTOREMOVE)
_BACKPORTS = ("APT::Default-Release=trixie-backports",)

STRATA = (
    Stratum(DEFAULT_STRATUM, MINIMAL, "default"),
    Stratum("single", MINIMAL, "single"),
    Stratum("sets", "server", "sets"),
    Stratum("metas", MINIMAL, "metas"),
    Stratum("mixes", MINIMAL, "mixes"),
    Stratum("swaps", "server", "swaps"),
    Stratum("removals", "server", "removals"),
    Stratum("leaf-removals", "server", "leaf-removals"),
    Stratum("leaf-removals-desktop", "desktop", "leaf-removals"),
    Stratum("purges", "desktop", "purges"),
    Stratum("reinstalls", "server", "reinstalls"),
    Stratum("holds", "held", "holds"),
    Stratum("no-recommends", "server", "sets", _RECOMMENDS_OFF),
    Stratum("suggests", MINIMAL, "sets", _SUGGESTS_ON),
    Stratum("autoremove", "server", "autoremovals"),
    Stratum("autoremove-desktop", "desktop", "autoremovals"),
    Stratum("upgrade", "rolling", "upgrades"),
    Stratum("upgrade-new", "rolling", "upgrades-new"),
    Stratum("full-upgrade", "rolling", "full-upgrades"),
    Stratum("satisfy", MINIMAL, "satisfactions", asks="apt-get"),
    Stratum("build-dep", MINIMAL, "builds", asks="apt-get"),
    Stratum("versions", "mixed", "versions"),
    Stratum("suites", "mixed", "suites"),
    Stratum("strict-pinning", "mixed", "blends"),
    Stratum("no-strict-pinning", "mixed", "blends", _NOT_STRICT),
    Stratum("target-release", "mixed", "sets", _BACKPORTS),
    Stratum("release-upgrade", "aged", "upgrades"),
    Stratum("release-upgrade-new", "aged", "upgrades-new"),
    Stratum("release-full-upgrade", "aged", "full-upgrades"),
    Stratum("release-install", "aged", "swaps"),
    Stratum("auto-remove", "rolling", "full-upgrades", _AUTOREMOVE),
    Stratum("renamed", "aged", "swaps", _RENAMED),
    Stratum("renamed-full-upgrade", "rolling", "full-upgrades", _RENAMED),
    Stratum("renamed-release-full-upgrade", "aged", "full-upgrades", _RENAMED),
    Stratum("normalized", "server", "swaps", _NORMALIZED),
    Stratum("normalized-upgrade", "rolling", "upgrades", _NORMALIZED),
    Stratum("normalized-full-upgrade", "rolling", "full-upgrades", _NORMALIZED),
    Stratum("normalized-release-install", "aged", "swaps", _NORMALIZED),
    Stratum("normalized-release-full-upgrade", "aged", "full-upgrades", _NORMALIZED),
    Stratum("multi-arch", "multi-arch", "foreign-sets"),
    Stratum("multi-arch-sets", "wine", "foreign-sets"),
    Stratum("multi-arch-swaps", "wine", "foreign-swaps"),
    Stratum("multi-arch-removals", "wine", "foreign-removals"),
    Stratum("multi-arch-autoremove", "wine", "autoremovals"),
    Stratum("multi-arch-upgrade", "wine-rolling", "upgrades"),
    Stratum("multi-arch-upgrade-new", "wine-rolling", "upgrades-new"),
    Stratum("multi-arch-full-upgrade", "wine-rolling", "full-upgrades"),
    Stratum("multi-arch-part", "wine-rolling", "foreign-swaps"),
)


def find_stratum(name: str) -> Stratum:
    """Return a row of `STRATA`; raises `UsageError` naming all of them."""
    for row in STRATA:
        if row.name == name:
            return row
    raise UsageError(
        "unknown-stratum",
        f"there is no stratum {name!r}",
        hint=f"strata are {', '.join(row.name for row in STRATA)}",
    )
