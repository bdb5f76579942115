"""Is the oracle here?"""

from __future__ import annotations

import os

from foretell.oracle.rootfs import Oracle, oracle_folder


def oracle_or_none():
    """Return the oracle if it is built."""
    oracle = Oracle(oracle_folder(os.environ))
    return None if oracle.missing() else oracle
