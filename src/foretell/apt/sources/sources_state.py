"""What is known of a source's archive from the Release file that was downloaded last?"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from foretell.apt.sources.release import read_release
from foretell.apt.sources.sources import release_file
from foretell.apt.syntax.configuration import parse_bool
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

__all__ = ["ALIASES", "Known", "look_up", "parse_date"]

SECONDS_MAX = 10**10  # of a validity; what is longer never ends
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, *)?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{1,2}):([0-9]{2}):([0-9]{2}) (?:UTC|GMT|Z|[+-]0000)"
)
# Names that mean another release from time to time; the Release file says which.
ALIASES = frozenset(("stable", "oldstable", "oldoldstable", "testing", "unstable", "devel"))


class Known(NamedTuple):
    """Facts of one repository; empty where nothing was downloaded.

    ``codename`` is the Release file's, else what the suite says: unstable is always sid, another
    alias says nothing.  ``expired`` is when
    the file ended, None when it is valid; ``is_checked`` says whether apt would refuse it then.
    """

    path: str
    origin: str
    codename: str
    is_signed: bool
    is_not_automatic: bool
    expired: datetime | None
    is_checked: bool


def look_up(source: Source, configuration: Configuration, *, now: datetime) -> Known:
    """Return what the downloaded Release file says; a broken one counts as none."""
    path = release_file(source, configuration.find_path("Dir::State::lists"))
    if path is not None:
        try:
            release = read_release(path)
        except (InputError, OSError):
            path = None
        else:
            until = _valid_until(source, configuration, release.date, release.valid_until)
            return Known(
                path,
                release.origin,
                release.codename or _named(source.suite),
                release.signed or os.path.isfile(path + ".gpg"),
                release.not_automatic,
                until if until is not None and until < now else None,
                _is_checked(source, configuration),
            )
    return Known("", "", _named(source.suite), False, False, None, True)


def parse_date(text: str) -> datetime | None:
    """Return a date of a Release file (RFC 5322, in UTC), or None for anything else.

    >>> parse_date("Sat, 01 Nov 2025 08:00:00 UTC")
    datetime.datetime(2025, 11, 1, 8, 0, tzinfo=datetime.timezone.utc)
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[number]) for number in (1, 3, 4, 5, 6))
    month = _MONTHS.index(match[2]) + 1
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _named(suite: str) -> str:
    if suite == "unstable":
        return "sid"
    return "" if suite.endswith("/") or suite.partition("-")[0] in ALIASES else suite


def _valid_until(
    source: Source, configuration: Configuration, made: str, until: str
) -> datetime | None:
    """Return until when apt takes a file: Valid-Until, and the limits of sources.list(5)."""
    found = parse_date(until)
    date = parse_date(made)
    if date is None:
        return found
    longest = _seconds(source, configuration, "valid-until-max", "Acquire::Max-ValidTime")
    if longest:
        end = date + timedelta(seconds=longest)
        found = end if found is None else min(found, end)
    shortest = _seconds(source, configuration, "valid-until-min", "Acquire::Min-ValidTime")
    if shortest and found is not None:
        found = max(found, date + timedelta(seconds=shortest))
    return found


def _seconds(source: Source, configuration: Configuration, field: str, setting: str) -> int:
    words = source.options.get(field, ())
    text = words[0] if words else str(configuration.find_int(setting))
    return min(int(text), SECONDS_MAX) if text.isdecimal() and len(text) < 20 else 0


def _is_checked(source: Source, configuration: Configuration) -> bool:
    for field in ("check-date", "check-valid-until"):
        words = source.options.get(field, ())
        setting = f"Acquire::{field.title()}"
        if not parse_bool(words[0] if words else configuration.find(setting), default=True):
            return False
    return True
