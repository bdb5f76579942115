"""How does a wrong option become one clear error?

argparse prints its whole usage and exits; here it raises, so that `foretell.cli.main` reports it
like everything else.  Imported by leaves only: argparse is not free.
"""

from __future__ import annotations

from argparse import ArgumentParser

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["Parser"]


class Parser(ArgumentParser):
    """An argument parser without abbreviations that raises `UsageError`."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise the error for a command line that does not parse."""
        raise UsageError("bad-usage", message, hint=f'"{self.prog} --help" lists the options')
