"""What is known of a source's archive from the Release file that was downloaded last?"""

from __future__ import annotations

import os
from copy import copy
from typing import NamedTuple

from foretell.apt.sources.release import read_release
from foretell.apt.sources.release_checks import end_of_validity, is_checked
from foretell.apt.sources.sources import release_file
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

__all__ = ["ALIASES", "Known", "look_up", "suite_codename"]

# Names that mean another release from time to time; the Release file says which.
ALIASES = frozenset(("stable", "oldstable", "oldoldstable", "testing", "unstable", "devel"))


class Known(NamedTuple):
    """Facts of one repository; empty where nothing was downloaded.

    ``codename`` is the Release file's, else what the suite says: unstable is always sid, another
    alias says nothing.  ``expired`` is when the file ended, in seconds, None when it is valid, and
    ``why`` by what, if not by its own Valid-Until, and by which ``option`` of a source, if by one;
    ``is_checked`` says whether apt refuses it then.
    """

    path: str
    origin: str
    codename: str
    is_signed: bool
    is_not_automatic: bool
    expired: float | None
    why: str
    option: str
    is_checked: bool


def look_up(group: Sequence[Source], configuration: Configuration, *, now: datetime) -> Known:
    """Return what the downloaded Release file says of the sources of one repository.

    A broken one counts as none.
    """
    source = copy(group[0])
    source.options = {
        name: words for other in reversed(group) for name, words in other.options.items()
    }
    path = release_file(source, configuration.find_path("Dir::State::lists"))
    if path is not None:
        try:
            release = read_release(path)
        except (InputError, OSError):
            path = None
        else:
            end = end_of_validity(release, source, configuration)
            if end is not None and end.until >= now.timestamp():
                end = None
            return Known(
                path,
                release.origin,
                release.codename or suite_codename(source.suite),
                release.signed or os.path.isfile(path + ".gpg"),
                release.not_automatic,
                end.until if end else None,
                end.why if end else "",
                end.option if end else "",
                is_checked(source, configuration),
            )
    return Known("", "", suite_codename(source.suite), False, False, None, "", "", True)


def suite_codename(suite: str) -> str:
    """Return the codename that the name of a suite says, "" for one that says none."""
    if suite == "unstable":
        return "sid"
    return "" if suite.endswith("/") or suite.partition("-")[0] in ALIASES else suite
