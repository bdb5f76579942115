"""Which small package universes can be drawn, and what may a set of packages look like there?

A `Town` is a list of packages and what is installed, small enough that every set of versions can
be tried: `is_sound` says by Debian Policy 7 alone, without any code of the solver, whether such a
set could be installed.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.apt.world_lab import installed, package

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("aa", "bb", "cc", "dd", "ee")
VIRTUAL = "vv"
VERSIONS = ("1", "2", "3")
OPERATORS = ("<<", "<=", "=", ">=", ">>")
POSITIVE = ("Pre-Depends", "Depends")
NEGATIVE = ("Conflicts", "Breaks")
OPTIONAL = ("Recommends", "Suggests")

# One alternative: (name, operator or "", version).
Member = tuple[str, str, str]
Fields = dict[str, list[list[Member]]]


class Version:
    """A version of a package and its relations."""

    def __init__(self, name: str, version: str, fields: Fields, provides: list[Member]) -> None:
        self.name = name
        self.version = version
        self.fields = fields
        self.provides = provides

    def __repr__(self) -> str:
        return f"{self.name}={self.version} {self.texts()}"

    def texts(self) -> dict[str, str]:
        """Return the relation fields as a stanza writes them."""
        found = {
            field.replace("-", "_"): ", ".join(" | ".join(map(_text, group)) for group in groups)
            for field, groups in self.fields.items()
            if groups
        }
        if self.provides:
            found["Provides"] = ", ".join(map(_text, self.provides))
        return found


def _text(member: Member) -> str:
    name, operator, version = member
    return f"{name} ({operator} {version})" if operator else name


class Town:
    """Packages in a list, some of them installed, some of those automatically."""

    def __init__(self, versions: list[Version], here: dict[str, str], automatic: set[str]) -> None:
        self.versions = versions
        self.here = here
        self.automatic = automatic

    def __repr__(self) -> str:
        return f"Town({self.versions}, here={self.here}, automatic={self.automatic})"

    def list_text(self) -> str:
        return "".join(package(v.name, v.version, **v.texts()) for v in self.versions)

    def status_text(self) -> str:
        return "".join(
            installed(v.name, v.version, **v.texts())
            for v in self.versions
            if self.here.get(v.name) == v.version
        )

    def candidates(self) -> dict[str, list[Version]]:
        """Return what strict pinning leaves of each package: the newest and what is here."""
        found: dict[str, list[Version]] = {}
        for version in sorted(self.versions, key=lambda v: v.version, reverse=True):
            kept = found.setdefault(version.name, [])
            if not kept or self.here.get(version.name) == version.version:
                kept.append(version)
        return found

    def choices(self) -> Iterator[dict[str, Version]]:
        """Yield every set of at most one version of each package."""
        rows = [[None, *versions] for versions in self.candidates().values()]
        for row in product(*rows):
            yield {version.name: version for version in row if version is not None}


def compare(left: str, operator: str, right: str) -> bool:
    """Compare one-digit versions."""
    return {
        "": True,
        "<<": left < right,
        "<=": left <= right,
        "=": left == right,
        ">=": left >= right,
        ">>": left > right,
    }[operator]


def is_met(member: Member, chosen: dict[str, Version], *, but: str = "") -> bool:
    """Say whether a chosen package, other than ``but``, is what a relation names."""
    name, operator, wanted = member
    for version in chosen.values():
        if version.name == but:
            continue
        if version.name == name and compare(version.version, operator, wanted):
            return True
        for given_name, _, given in version.provides:
            if given_name == name and (
                not operator or (bool(given) and compare(given, operator, wanted))
            ):
                return True
    return False


def is_sound(chosen: dict[str, Version]) -> bool:
    """Say whether all hard relations of a set of versions hold (Policy 7.2, 7.3, 7.4)."""
    for version in chosen.values():
        for field in POSITIVE:
            for group in version.fields.get(field, []):
                if not any(is_met(member, chosen) for member in group):
                    return False
        for field in NEGATIVE:
            for group in version.fields.get(field, []):
                if any(is_met(member, chosen, but=version.name) for member in group):
                    return False
    return True


members = st.one_of(
    st.tuples(st.sampled_from((*NAMES, VIRTUAL)), st.just(""), st.just("")),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(OPERATORS), st.sampled_from(VERSIONS)),
)
groups = st.lists(members, min_size=1, max_size=3)
single_groups = st.lists(members, min_size=1, max_size=1)


@st.composite
def versions_of(draw: st.DrawFn, name: str) -> list[Version]:
    """Draw one or two versions of a package."""
    found = []
    for text in draw(st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=2, unique=True)):
        fields: Fields = {}
        fields["Depends"] = draw(st.lists(groups, max_size=2))
        fields["Recommends"] = draw(st.lists(groups, max_size=1))
        fields[draw(st.sampled_from(NEGATIVE))] = draw(st.lists(single_groups, max_size=1))
        provides: list[Member] = [(VIRTUAL, "", "")] if draw(st.booleans()) else []
        found.append(Version(name, text, fields, provides))
    return found


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw a universe whose installed packages are in order."""
    versions = [version for name in NAMES for version in draw(versions_of(name))]
    town = Town(versions, {}, set())
    sound = [chosen for chosen in town.choices() if is_sound(chosen)]
    chosen = sound[draw(st.integers(0, len(sound) - 1))]
    town.here = {name: version.version for name, version in chosen.items()}
    town.automatic = {name for name in sorted(town.here) if draw(st.booleans())}
    return town
