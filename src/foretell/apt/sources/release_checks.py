"""May this signed Release file take the place of the one that is there?

What a Release file says of itself: its dates, its checksums, its names, and whether any of that
changed against the last one.  Pure; the clock is an argument.  Sources: apt.conf(5) ``Acquire``,
sources.list(5), apt-secure(8), experiments with apt 3.0.
"""

from __future__ import annotations

import re
import time
from typing import NamedTuple

from foretell.apt.syntax.configuration import parse_bool
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.sources.release import Release
    from foretell.apt.sources.sources import Source
    from foretell.apt.syntax.configuration import Configuration

__all__ = [
    "STRONG",
    "check_changes",
    "check_dates",
    "check_hashes",
    "end_of_validity",
    "is_checked",
    "is_older",
    "name_warning",
    "parse_date",
]

# Checksums that count, the strongest first.
STRONG = ("sha512", "sha256")
MAX_FUTURE_S = 10
SECONDS_MAX = 10**10  # back from a date: what is earlier has no calendar
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, +)?(\d{1,2}) +([A-Z][a-z]{2}) +(\d{4}) +(\d{1,2}):(\d\d):(\d\d)"
    r" +(?:UTC|GMT|Z|[+-]0000)"
)
# What may not change without consent: attribute, name as apt writes it.
_NAMES = (("origin", "Origin"), ("label", "Label"), ("codename", "Codename"))


def parse_date(text: str) -> float | None:
    """Return the time of an RFC 1123 date in UTC; None for anything else.

    >>> parse_date("Thu, 01 Jan 1970 00:01:00 UTC"), parse_date("yesterday")
    (60.0, None)
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    import calendar

    day, _, year, hour, minute, second = match.groups()
    month = _MONTHS.index(match[2]) + 1
    fields = (int(year), month, int(day), int(hour), int(minute), int(second))
    is_day = fields[0] > 0 and 1 <= fields[2] <= 31
    if not (is_day and fields[3] < 24 and fields[4] < 60 and fields[5] <= 60):
        return None
    return float(calendar.timegm((*fields, 0, 0, 0)))


def check_hashes(release: Release, path: str) -> None:
    """Raise `InputError` unless there are checksums that count."""
    if any(release.hashes(name) for name in STRONG):
        return
    weak = [name.upper() for name in ("sha1", "md5sum") if release.hashes(name)]
    what = f"only {' and '.join(weak)} checksums" if weak else "no checksums"
    raise InputError(
        "weak-hashes",
        f"Release file has {what}",
        path=path,
        rule="index files are checked with SHA-256 or SHA-512 (apt-secure(8))",
        hint="only the archive's owner can mend that",
    )


def check_dates(
    release: Release, source: Source, configuration: Configuration, *, path: str, now: float
) -> list[str]:
    """Raise `InputError` for a Release file from the future or the past; return warnings."""
    warnings: list[str] = []
    date = parse_date(release.date)
    if date is None:
        what = f'Date "{release.date}"' if release.date else "no Date"
        warnings.append(f"Release file has {what}: it must be RFC 1123 in UTC")
    until = parse_date(release.valid_until) if release.valid_until else None
    if release.valid_until and until is None:
        raise InputError(
            "bad-date",
            f"Valid-Until {release.valid_until!r} is no date",
            path=path,
            rule="RFC 1123, in UTC (Debian repository format)",
            hint="only the archive's owner can mend that",
        )
    if not _switch(source, "check-date", configuration, "Acquire::Check-Date"):
        return warnings
    name, future = _seconds(source, "date-max-future", configuration, "Acquire::Max-FutureTime")
    if date is not None and date > now + (MAX_FUTURE_S if future is None else future):
        limit = "" if future is None else f", {name} is {future}"
        raise InputError(
            "not-yet-valid",
            f"Release file is from the future: {release.date}, now is {_stamp(now)}{limit}",
            path=path,
            rule="Date may not lie ahead (Acquire::Max-FutureTime, apt.conf(5))",
            hint="is this machine's clock right? Else: Check-Date: no",
        )
    end = end_of_validity(release, source, configuration)
    if end is not None and end.until < now and is_checked(source, configuration):
        raise InputError(
            "expired",
            f"Release file has expired on {_stamp(end.until)}, {_span(now - end.until)} ago"
            + end.why,
            path=path,
            rule=end.rule,
            hint="is this mirror still alive? For an archive that rests: Check-Valid-Until: no",
        )
    return warnings


def is_checked(source: Source, configuration: Configuration) -> bool:
    """Say whether apt asks whether a Release file has expired."""
    names = ("Check-Date", "Check-Valid-Until")
    return all(_switch(source, it.lower(), configuration, f"Acquire::{it}") for it in names)


class End(NamedTuple):
    """When a Release file ends, in seconds, and what says so.

    ``rule`` is a field or setting with its page; ``why`` is empty for Valid-Until of the file
    itself, else the words that follow the time.  ``option`` is that of the source which says so.
    """

    until: float
    rule: str
    why: str
    option: str = ""


def end_of_validity(release: Release, source: Source, configuration: Configuration) -> End | None:
    """Return until when apt takes a Release file; None for one without an end."""
    date = parse_date(release.date)
    own = parse_date(release.valid_until)
    end = End(own, "Valid-Until (Debian repository format)", "") if own is not None else None
    if date is None:
        return end

    def seconds(field: str, setting: str) -> tuple[str, int | None]:
        return _seconds(source, field, configuration, f"Acquire::{setting}", release.label)

    def limited(name: str, span: int, more: str = "") -> End:
        page, option = ("apt.conf(5)", "") if "::" in name else ("sources.list(5)", name.lower())
        why = f": {name} is {span}, Date {release.date}{more}"
        return End(date + span, f"{name} ({page})", why, option)

    beyond = f", beyond Valid-Until {release.valid_until}"
    name, span = seconds("valid-until-max", "Max-ValidTime")
    if span and (end is None or date + span < end.until):
        end = limited(name, span)
        beyond = f", beyond {name}, which is {span}"
    name, span = seconds("valid-until-min", "Min-ValidTime")
    if span and end is not None and date + span > end.until:
        end = limited(name, span, beyond)
    return end


def check_changes(new: Release, old: Release, configuration: Configuration, *, path: str) -> None:
    """Raise `InputError` when the archive calls itself something else than before."""
    general = configuration.find_bool("Acquire::AllowReleaseInfoChange", False)
    changes = [
        (title, getattr(old, name), getattr(new, name))
        for name, title in _NAMES
        if getattr(old, name) != getattr(new, name)
    ]
    if _priority(old) != _priority(new):
        changes.append(("DefaultPin", str(_priority(old)), str(_priority(new))))
    refused = [
        (title, before, after)
        for title, before, after in changes
        if not configuration.find_bool(f"Acquire::AllowReleaseInfoChange::{title}", general)
    ]
    if refused:
        told = [
            f"{'default priority' if title == 'DefaultPin' else title} changed from "
            f"{before!r} to {after!r}"
            for title, before, after in refused
        ]
        options = [f"-o Acquire::AllowReleaseInfoChange::{title}=true" for title, _, _ in refused]
        raise InputError(
            "release-info-changed",
            ", ".join(told),
            path=path,
            rule="a change of release wants consent (apt-secure(8))",
            hint=f"if that is meant: {' '.join(options)}",
        )


def is_older(new: Release, old: Release) -> bool:
    """Say whether ``new`` was written before ``old``: a mirror behind, or a replay."""
    return (parse_date(new.date) or 0) < (parse_date(old.date) or 0)


def name_warning(release: Release, suite: str) -> str:
    """Return a warning when the archive's names are not what was asked for, else ""."""
    wanted = suite.partition("/")[0] if not suite.endswith("/") else ""
    if not wanted or wanted in {release.suite, release.codename}:
        return ""
    if suite in {release.suite, release.codename}:
        return ""
    return f"expected {suite}, but it calls itself {release.codename or release.suite or 'nothing'}"


def _priority(release: Release) -> int:
    if release.not_automatic:
        return 100 if release.but_automatic_upgrades else 1
    return 500


def _switch(source: Source, field: str, configuration: Configuration, name: str) -> bool:
    """Return a yes/no option of the source, else of the configuration; on by default."""
    words = source.options.get(field)
    if words:
        return parse_bool(words[0], default=True)
    return configuration.find_bool(name, True)


def _seconds(
    source: Source, field: str, configuration: Configuration, name: str, label: str = ""
) -> tuple[str, int | None]:
    """Return a number of seconds, and what gives it.

    That is a field of the source, else a setting (that for the label first).
    """
    words = source.options.get(field)
    if words:
        is_number = words[0].isdigit() and len(words[0]) < 19
        return field.title(), int(words[0]) if is_number else None
    for wanted in (f"{name}::{label}" if label else "", name):
        if wanted and configuration.find(wanted):
            return wanted, max(configuration.find_int(wanted), -SECONDS_MAX)
    return name, None


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _span(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} seconds"
