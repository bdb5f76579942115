"""Which versions of apt's solver3 can be predicted, and in what do they differ?"""

from __future__ import annotations

from foretell.apt.version import compare

__all__ = ["AUTO", "DEFAULT_VERSION", "SOLVER_VERSIONS", "nearest_version"]

AUTO = "auto"  # the version that fits the apt of the system asked about
# Version of apt -> whether its order of urgency is a strict weak one (a fix of 3.0.4).
SOLVER_VERSIONS = {"3.0.3": False, "3.0.4": True}
DEFAULT_VERSION = "3.0.3"


def nearest_version(apt: str) -> str:
    """Return the modelled version for an installed apt: the highest that is not above it.

    >>> nearest_version("3.0.4"), nearest_version("3.0.3~exp1"), nearest_version("")
    ('3.0.4', '3.0.3', '3.0.3')
    """
    below = [version for version in SOLVER_VERSIONS if apt and compare(version, apt) <= 0]
    return below[-1] if below else DEFAULT_VERSION
