"""What does ``python -m foretell`` run?  The same as the ``foretell`` command."""

from __future__ import annotations

from foretell.cli.main import entry

__all__ = ["entry"]

if __name__ == "__main__":
    raise SystemExit(entry())
