"""Say what Linux will decide, and why, before it does."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
