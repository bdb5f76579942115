"""Which versions of apt's solver3 can be predicted, and in what do they differ?"""

from __future__ import annotations

__all__ = ["DEFAULT_VERSION", "SOLVER_VERSIONS"]

# Version of apt -> whether its order of urgency is a strict weak one (a fix of 3.0.4).
SOLVER_VERSIONS = {"3.0.3": False, "3.0.4": True}
DEFAULT_VERSION = "3.0.3"
