"""When does a release of Debian or Ubuntu get no security updates any more?

The data of the package distro-info-data is preferred, since it is updated within a release; the
table here is that of its version 0.58+deb12u6 (2026), for systems without it.  ``end`` is when the
distribution's own team stops, ``last`` when the free long term support stops (Debian LTS); paid
support is left out.
"""

from __future__ import annotations

import os
import re
from datetime import date
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["BUILT_IN", "Ends", "ReleaseEnd", "base_codename", "parse_ends", "read_ends"]

FOLDER = "usr/share/distro-info"
DISTRIBUTIONS = ("debian", "ubuntu")
FILE_BYTES_MAX = 1 << 20
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SERIES = re.compile(r"[a-z]+")
_SUITE = re.compile(
    r"([a-z]+)(?:[-/]updates|-security|-backports(?:-sloppy)?|-proposed(?:-updates)?|-lts)?"
)


class ReleaseEnd(NamedTuple):
    """One release; ``last`` equals ``end`` where nobody goes on after it."""

    distribution: str
    version: str
    codename: str
    end: date
    last: date


class Ends(NamedTuple):
    """The releases by codename, and where that is written.

    ``distributions`` has the codenames of releases without an end as well.
    """

    releases: Mapping[str, ReleaseEnd]
    distributions: Mapping[str, str]
    source: str


def read_ends(roots: Iterable[str]) -> Ends:
    """Return what distro-info-data says below the first of ``roots`` that has it.

    What it does not know, and all where there is no such package, is in the table here.
    """
    for root in roots:
        found: dict[str, ReleaseEnd] = {}
        names = dict(_NAMES)
        for distribution in DISTRIBUTIONS:
            path = os.path.join(root, FOLDER, f"{distribution}.csv")
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read(FILE_BYTES_MAX)
            except OSError:
                continue
            found |= parse_ends(text, distribution)
            names |= dict.fromkeys(_series(text), distribution)
        if found:
            source = f"distro-info-data in {os.path.join(root, FOLDER)}"
            return Ends({**BUILT_IN, **found}, names, source)
    return Ends(BUILT_IN, _NAMES, "foretell's table, from distro-info-data 0.58+deb12u6")


def parse_ends(text: str, distribution: str) -> dict[str, ReleaseEnd]:
    """Return the releases of one file of distro-info-data that have an end.

    >>> text = "version,codename,series,eol,eol-lts\\n9,Stretch,stretch,2020-07-18,2022-06-30\\n"
    >>> parse_ends(text, "debian")["stretch"].last
    datetime.date(2022, 6, 30)
    """
    found: dict[str, ReleaseEnd] = {}
    for row in _rows(text):
        series = row["series"]
        end = _date(row.get("eol", ""))
        if end is None:
            continue
        ends = [end, *(_date(row.get(name, "")) for name in ("eol-lts", "eol-server"))]
        last = max(it for it in ends if it is not None)
        found[series] = ReleaseEnd(distribution, row.get("version", ""), series, end, last)
    return found


def _rows(text: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table whose series is a word."""
    names: list[str] = []
    for line in text.splitlines():
        words = line.split(",")
        if not names:
            names = words
            continue
        row = dict(zip(names, words, strict=False))
        if _SERIES.fullmatch(row.get("series", "")):
            yield row


def _series(text: str) -> list[str]:
    return [row["series"] for row in _rows(text)]


def base_codename(suite: str) -> str:
    """Return the codename of the release that a suite belongs to; "" when the name is another.

    >>> base_codename("bookworm-backports"), base_codename("buster/updates")
    ('bookworm', 'buster')
    >>> base_codename("cosmic-desktop")
    ''
    """
    match = _SUITE.fullmatch(suite)
    return match[1] if match else ""


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


_TABLE = (
    ("debian", "7", "wheezy", "2016-04-25", "2018-05-31"),
    ("debian", "8", "jessie", "2018-06-17", "2020-06-30"),
    ("debian", "9", "stretch", "2020-07-18", "2022-06-30"),
    ("debian", "10", "buster", "2022-09-10", "2024-06-30"),
    ("debian", "11", "bullseye", "2024-08-14", "2026-08-31"),
    ("debian", "12", "bookworm", "2026-07-11", "2028-06-30"),
    ("debian", "13", "trixie", "2028-08-09", "2030-06-30"),
    ("ubuntu", "13.04", "raring", "2014-01-27", "2014-01-27"),
    ("ubuntu", "13.10", "saucy", "2014-07-17", "2014-07-17"),
    ("ubuntu", "14.04 LTS", "trusty", "2019-04-25", "2019-04-25"),
    ("ubuntu", "14.10", "utopic", "2015-07-23", "2015-07-23"),
    ("ubuntu", "15.04", "vivid", "2016-02-04", "2016-02-04"),
    ("ubuntu", "15.10", "wily", "2016-07-28", "2016-07-28"),
    ("ubuntu", "16.04 LTS", "xenial", "2021-04-30", "2021-04-30"),
    ("ubuntu", "16.10", "yakkety", "2017-07-20", "2017-07-20"),
    ("ubuntu", "17.04", "zesty", "2018-01-13", "2018-01-13"),
    ("ubuntu", "17.10", "artful", "2018-07-19", "2018-07-19"),
    ("ubuntu", "18.04 LTS", "bionic", "2023-05-31", "2023-05-31"),
    ("ubuntu", "18.10", "cosmic", "2019-07-18", "2019-07-18"),
    ("ubuntu", "19.04", "disco", "2020-01-23", "2020-01-23"),
    ("ubuntu", "19.10", "eoan", "2020-07-17", "2020-07-17"),
    ("ubuntu", "20.04 LTS", "focal", "2025-05-29", "2025-05-29"),
    ("ubuntu", "20.10", "groovy", "2021-07-22", "2021-07-22"),
    ("ubuntu", "21.04", "hirsute", "2022-01-20", "2022-01-20"),
    ("ubuntu", "21.10", "impish", "2022-07-14", "2022-07-14"),
    ("ubuntu", "22.04 LTS", "jammy", "2027-06-01", "2027-06-01"),
    ("ubuntu", "22.10", "kinetic", "2023-07-20", "2023-07-20"),
    ("ubuntu", "23.04", "lunar", "2024-01-25", "2024-01-25"),
    ("ubuntu", "23.10", "mantic", "2024-07-11", "2024-07-11"),
    ("ubuntu", "24.04 LTS", "noble", "2029-05-31", "2029-05-31"),
    ("ubuntu", "24.10", "oracular", "2025-07-10", "2025-07-10"),
    ("ubuntu", "25.04", "plucky", "2026-01-15", "2026-01-15"),
    ("ubuntu", "25.10", "questing", "2026-07-09", "2026-07-09"),
    ("ubuntu", "26.04 LTS", "resolute", "2031-05-29", "2031-05-29"),
)  # fmt: skip
BUILT_IN: dict[str, ReleaseEnd] = {
    codename: ReleaseEnd(
        distribution, version, codename, date.fromisoformat(end), date.fromisoformat(last)
    )
    for distribution, version, codename, end, last in _TABLE
}
_NAMES: dict[str, str] = {
    **{name: release.distribution for name, release in BUILT_IN.items()},
    **dict.fromkeys(("forky", "duke", "sid", "experimental"), "debian"),
}
