"""What is installed, why, and what has been asked for: the state a solver starts from.

This is what apt keeps per package while it plans: the installed version, the automatic mark, the
hold, the candidate, and the mode that the command line asked for.  Sources: dpkg(1) "package
states", apt-mark(8), apt_preferences(5).
"""

from __future__ import annotations

from foretell.apt.model import (
    BREAKS,
    CONFLICTS,
    DEPENDS,
    PRE_DEPENDS,
    RECOMMENDS,
    SUGGESTS,
)
from foretell.apt.system.solver_name import CLASSIC, SOLVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable

    from foretell.apt.packages.census import Census
    from foretell.apt.packages.reverse_order import ReverseOrder
    from foretell.apt.packages.universe import Universe
    from foretell.apt.system.phasing import Phasing
    from foretell.apt.system.profiles import Profile

__all__ = ["CLASSIC", "DELETE", "INSTALL", "KEEP", "KERNEL_COUNT_MIN", "SOLVER", "State"]

KEEP, INSTALL, DELETE = range(3)
KERNEL_COUNT_MIN = 2  # and the default
_ALWAYS = frozenset((PRE_DEPENDS, DEPENDS, CONFLICTS, BREAKS))


class State:
    """The planned state: what is there, what the user asked for, and by which options."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.installed = universe.installed
        self.automatic: set[int] = set()
        self.was_automatic: set[int] = set()  # before the request
        self.held: set[int] = set()  # packages on hold by selection
        self.residual: set[int] = set()  # only configuration files are left
        self.leftovers: dict[int, int] = {}  # their versions, where a query asks for them
        self.mode: dict[int, int] = {}  # package -> INSTALL or DELETE, otherwise KEEP
        self.protected: set[int] = set()  # named in the request
        self.purged: set[int] = set()
        self.reinstalled: set[int] = set()
        self.stand_ins: dict[int, bool] = {}  # package of `satisfy` -> its targets become manual
        self.chosen: dict[int, int] = {}  # candidates the request chose
        self.followed: dict[int, int] = {}  # candidates that follow a release of the request
        self.pinned: Callable[[int], int] | None = None  # policy's candidate of a package
        self.pin_priority: Callable[[int], int] | None = None
        self.find_phasing: Callable[[Universe], Phasing | None] | None = None
        self._phasing: Phasing | None = None
        self.take_census: Callable[[Universe, Iterable[int]], Census] | None = None
        self._census: Census | None = None
        self.find_reverse_order: Callable[[Universe], ReverseOrder] | None = None
        self._reverse_order: ReverseOrder | None = None
        self.is_upgrade = False
        self.allow_remove = True
        self.allow_install = True
        self.allow_remove_manual: bool | None = None  # None: as the version of apt does
        self._profile: Profile | None = None
        self.solver_name = SOLVER  # apt asks it whether unneeded packages stay, see below
        self.auto_remove = False  # what is no longer needed may go
        self.fix_policy = False
        self.strict_pinning = True
        self.install_recommends = True
        self.install_suggests = False
        self.keep_recommends = True
        self.keep_suggests = True
        self.find_never_autoremove: Callable[[], tuple[re.Pattern[str], ...]] = tuple
        self.kernel_packages: tuple[str, ...] = ()  # expressions, see `kernels`
        self.kernel_count = KERNEL_COUNT_MIN
        self.running_kernel = ""  # its release, as uname(1) shows it
        self.never_mark_auto: frozenset[bytes] = frozenset()  # sections
        self.move_mark: frozenset[bytes] = frozenset()  # sections
        self.recommends_sections: frozenset[bytes] = frozenset()

    @property
    def profile(self) -> Profile:
        """The rules of the apt that is predicted."""
        if self._profile is None:
            from foretell.apt.system.profiles import DEFAULT_VERSION, PROFILES

            self._profile = PROFILES[DEFAULT_VERSION]
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._profile = profile

    @property
    def phasing(self) -> Phasing | None:
        """Which upgrades this machine puts off; None where nothing is configured."""
        if self.find_phasing is not None:
            self._phasing, self.find_phasing = self.find_phasing(self.universe), None
        return self._phasing

    def census(self) -> Census:
        """Return all packages of apt's cache in their orders, for the classic solver."""
        if self._census is None:
            from foretell.apt.packages.census import take_census

            self._census = (self.take_census or take_census)(self.universe, self.residual)
        return self._census

    def reverse_order(self) -> ReverseOrder:
        """Return the order of the lists of relations in apt's cache, for the classic solver."""
        if self._reverse_order is None:
            from foretell.apt.packages.reverse_order import ReverseOrder, find_heads

            if self.find_reverse_order is None:
                self._reverse_order = ReverseOrder(self.universe, find_heads(self.universe))
            else:
                self._reverse_order = self.find_reverse_order(self.universe)
        return self._reverse_order

    def candidate(self, package: int) -> int:
        """Return the version the request chose or policy prefers, or -1."""
        chosen = self.chosen.get(package)
        if chosen is None and self.followed:
            chosen = self.followed.get(package)
        if chosen is not None:
            return chosen
        return self.policy_candidate(package)

    def policy_candidate(self, package: int) -> int:
        """Return the version that pins and priorities prefer, or -1."""
        if self.pinned is not None:
            return self.pinned(package)
        versions = self.universe.versions(package)
        return versions[0] if versions else -1

    def priority(self, version: int) -> int:
        """Return the pin priority of a version: 500 from a list, 100 when only installed."""
        if self.pin_priority is not None:
            return self.pin_priority(version)
        return 500 if version < self.universe.n_versions else 100

    @property
    def sweeps(self) -> bool:
        """Say whether apt looks for what is no longer needed, before and after the search.

        It does so for the classic solver, and under solver3's plain name alone; under others no
        package is garbage.
        """
        return self.solver_name in {SOLVER, CLASSIC}

    @property
    def keeps_automatic(self) -> bool:
        """Say whether automatic packages are asked to stay before anything needs them."""
        return self.sweeps or not self.auto_remove

    def is_in_status(self, version: int) -> bool:
        """Say whether the status file has a version: installed, or with files left."""
        package = self.universe.package(version)
        return version in {self.installed.get(package), self.leftovers.get(package)}

    def is_manual(self, package: int) -> bool:
        """Say whether the package is installed on somebody's request and stays."""
        return (
            package in self.installed
            and package not in self.automatic
            and self.mode.get(package, KEEP) != DELETE
        )

    def is_important(self, kind: int, version: int) -> bool:
        """Say whether a relation of this type has to be followed when installing."""
        if kind in _ALWAYS:
            return True
        if kind == RECOMMENDS:
            if self.install_recommends:
                return True
            return bool(self.recommends_sections) and (
                self.universe.facts(version).section in self.recommends_sections
            )
        return kind == SUGGESTS and self.install_suggests

    def group_is_installed(self, package: int) -> bool:
        """Say whether some architecture of the package's name is installed."""
        if package in self.installed:
            return True
        return any(other in self.installed for other in self.universe.group(package))
