"""Can guests be started here?"""

from __future__ import annotations

import os

from foretell.oracle.guest_build import GuestParts
from foretell.oracle.rootfs import oracle_folder


def guests_or_skip(require, *kernels):
    """Return the parts of guests; skip or fail when they or one of the kernels are not here."""
    parts = GuestParts(oracle_folder(os.environ))
    missing = parts.missing() + [name for name in kernels if name not in parts.kernels()]
    if missing:
        require("guest", f"not built: {', '.join(missing)}; make oracle")
    return parts
