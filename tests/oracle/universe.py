"""Which small worlds show that two solvers differ?

A world is a handful of packages whose relations, provisions, versions and marks are drawn at
random: an old archive, what its solver installs from it, and the archive as it is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from foretell.apt.cases.case import Case, CaseList, make_world
from foretell.apt.requests.request import Request as AptRequest
from foretell.cli.apt_sides import our_answer
from foretell.oracle.answer import Request
from foretell.oracle.sample import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
VIRTUAL = ["v1", "v2", "v3"]
OPERATORS = [">=", "<<", "=", ">=", ">>", "<="]
# Field -> percent of stanzas that have it, the most or-groups, whether with alternatives.
FIELDS = {
    "Pre-Depends": (10, 1, True),
    "Depends": (55, 3, True),
    "Recommends": (40, 3, True),
    "Suggests": (25, 2, True),
    "Conflicts": (18, 2, False),
    "Breaks": (15, 2, False),
    "Replaces": (15, 2, False),
    "Enhances": (10, 1, False),
}
STATES = ["unpacked", "half-configured", "triggers-pending", "triggers-awaited"]
PRIORITIES = ["optional", "optional", "optional", "extra", "important", "required", "standard"]


def package_architecture(stanza: dict[str, str]) -> str:
    """Return the architecture of the package that a stanza is about."""
    architecture = stanza["Architecture"]
    return "amd64" if architecture == "all" else architecture


def word(stanza: dict[str, str]) -> str:
    """Return the word that names the package of a stanza."""
    architecture = package_architecture(stanza)
    name = stanza["Package"]
    return name if architecture == "amd64" else f"{name}:{architecture}"


class Universe:
    """The world number ``seed``: a case without a request, and requests to put to it."""

    kind = "universe"
    foreign: tuple[str, ...] = ()

    def __init__(self, seed: int) -> None:
        self.draws = Draws(f"{self.kind}/{seed}")
        self.names = [f"p{number}" for number in range(self.draws.between(4, 14))]
        old, new = self._archives()
        self.case = self._case()
        self.case.settings = {
            "APT::Install-Recommends": "1",
            "APT::Install-Suggests": "1" if self._hits(33) else "0",
        }
        self.case.lists = [self._list(new)]
        self._install(old)

    def _case(self) -> Case:
        case = Case("amd64", AptRequest("install", []))
        case.foreign = list(self.foreign)
        return case

    def _words(self) -> list[str]:
        """Return the words that may name packages."""
        return self.names

    def _hits(self, percent: int) -> bool:
        return self.draws.below(100) < percent

    def _one(self, items: Sequence[T]) -> T:
        return items[self.draws.below(len(items))]

    def _relation(self) -> str:
        names = [*self.names, *VIRTUAL, *VIRTUAL, *(["missing"] if self._hits(20) else [])]
        text = self._one(names)
        if self._hits(35):
            text += f" ({self._one(OPERATORS)} {self.draws.between(1, 3)})"
        elif self._hits(2):
            text += self._one([":arm64", ":i386"])
        return text

    def _groups(self, most: int, *, has_alternatives: bool) -> str:
        groups = []
        for _ in range(self.draws.between(1, most)):
            count = self._one([1, 1, 1, 2, 3]) if has_alternatives else 1
            groups.append(" | ".join(self._relation() for _ in range(count)))
        return ", ".join(groups)

    def _stanza(self, name: str, version: int) -> dict[str, str]:
        stanza = {"Package": name, "Version": str(version)}
        if self._hits(25):
            given = f" ({self.draws.between(1, 3)})" if self._hits(50) else ""
            stanza["Source"] = self._one(["s1", "s2"]) + given
        if self._hits(5):
            stanza["Essential"] = "yes"
        stanza["Architecture"] = "amd64" if self._hits(90) else "all"
        for field, (percent, most, has_alternatives) in FIELDS.items():
            if self._hits(percent):
                stanza[field] = self._groups(most, has_alternatives=has_alternatives)
        if self._hits(35):
            target = self._one([*VIRTUAL, *self.names[:2]])
            given = f" (= {self.draws.between(1, 3)})" if self._hits(40) else ""
            stanza["Provides"] = target + given
        if self._hits(12):
            stanza["Multi-Arch"] = self._one(["foreign", "same", "allowed"])
        if self._hits(4):
            stanza["Protected"] = "yes"
        stanza["Priority"] = self._one(PRIORITIES) if self._hits(30) else "optional"
        stanza["Size"] = "1000"
        return stanza

    def _archives(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        old, new = [], []
        for name in self.names:
            version = self.draws.between(1, 3)
            stanza = self._stanza(name, version)
            old.append(stanza)
            new += self._one(
                [
                    [stanza],
                    [stanza],
                    [stanza],
                    [self._stanza(name, version + 1)],
                    [self._stanza(name, version + 1), stanza],
                    [self._stanza(name, version)],
                    [],
                ]
            )
        return old, new

    def _list(self, stanzas: list[dict[str, str]]) -> CaseList:
        part = CaseList()
        part.release = {"archive": "stable"}
        part.stanzas = stanzas
        return part

    def _install(self, old: list[dict[str, str]]) -> None:
        """Make the state that some installations from the old archive lead to."""
        past = self._case()
        past.lists = [self._list(old)]
        by_name = {(stanza["Package"], package_architecture(stanza)): stanza for stanza in old}
        for _ in range(6):
            words = self.draws.some(self._words(), self.draws.between(1, 3))
            answer = our_answer(make_world(past, "past"), AptRequest("install", words), "3.0.3")
            if answer.verdict == "ok":
                break
        else:
            return
        for change in answer.changes:
            stanza = dict(by_name[change.package, change.architecture])
            del stanza["Size"]
            want = "hold" if self._hits(5) else "install"
            status = {"Package": stanza.pop("Package"), "Status": f"{want} ok installed"}
            self.case.status.append({**status, **stanza})
            if change.automatic or self._hits(10):
                self.case.automatic.add((change.package, change.architecture))

    def requests(self) -> list[Request]:
        """Return requests of every verb."""
        draws, names = self.draws, self._words()
        installed = list(map(word, self.case.status))
        offered = set(map(word, self.case.lists[0].stanzas))
        known = sorted({*offered, *installed})
        found = [
            Request("install", tuple(draws.some(names, draws.between(1, 3)))) for _ in range(4)
        ]
        for _ in range(3):
            words = [name + self._one(["", "-"]) for name in draws.some(known, 3)]
            found.append(Request("install", tuple(words)))
        drawn = [(verb, installed, 2) for verb in ("remove", "purge", "reinstall") if installed]
        drawn += [("upgrade", known, 1), ("full-upgrade", known, 1)]
        found += [
            Request(verb, tuple(draws.some(words, draws.between(1, most))))
            for verb, words, most in drawn
        ]
        found += [
            Request(verb) for verb in ("autoremove", "upgrade", "upgrade-new", "full-upgrade")
        ]
        return found

    def wishes(self) -> list[Request]:
        """Return requests for relations, as apt-get alone takes them."""
        offered = [stanza["Package"] for stanza in self.case.lists[0].stanzas]
        found = []
        for _ in range(6):
            words = [
                self._one(offered) if offered and self._hits(65) else self._relation()
                for _ in range(self.draws.between(1, 3))
            ]
            words[0] += self._one(["", "", f" | {self._relation()}"])
            if self._hits(35):
                words.append(f"Conflicts: {self._relation()}")
            found.append(Request("satisfy", tuple(words)))
        return found


class MultiArchUniverse(Universe):
    """A world with foreign architectures: most packages are there on several of them."""

    kind = "multi-arch"
    foreign = ("i386",)

    def _words(self) -> list[str]:
        """Return the words that may name packages."""
        return [*self.names, *(f"{name}:{other}" for other in self.foreign for name in self.names)]

    def _relation(self) -> str:
        text = super()._relation()
        if self._hits(15) and ":" not in text:
            name, space, rest = text.partition(" ")
            text = name + self._one([":any", ":any", ":native", ":amd64", ":i386"]) + space + rest
        return text

    def _stanza(self, name: str, version: int) -> dict[str, str]:
        stanza = super()._stanza(name, version)
        if self._hits(60):
            stanza["Multi-Arch"] = self._one(["foreign", "same", "same", "allowed"])
        return stanza

    def _archives(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        old, new = super()._archives()
        return self._spread(old), self._spread(new)

    def _spread(self, stanzas: list[dict[str, str]]) -> list[dict[str, str]]:
        """Add stanzas of the foreign architectures, mostly like the native ones, after them."""
        found = [stanza for stanza in stanzas if self._hits(92)]
        for other in self.foreign:
            for stanza in stanzas:
                if stanza["Architecture"] == "all":
                    found.append(stanza)
                    continue
                if self._hits(25):
                    continue
                twin = {**stanza, "Architecture": other}
                if self._hits(15):
                    version = int(stanza["Version"]) + self._one([0, 0, 1])
                    twin = {**self._stanza(stanza["Package"], version), "Architecture": other}
                found.append(twin)
        return found


class PartingUniverse(MultiArchUniverse):
    """A world whose packages are mostly ``Multi-Arch: same``, and newer in different versions."""

    kind = "parting"

    def _stanza(self, name: str, version: int) -> dict[str, str]:
        stanza = super()._stanza(name, version)
        if self._hits(85):
            stanza["Multi-Arch"] = "same"
        return stanza

    def _archives(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        old, new = [], []
        for name in self.names:
            first = self._stanza(name, 1)
            for architecture in ("amd64", *self.foreign):
                twin = {**first, "Architecture": architecture}
                newer = self._stanza(name, self.draws.between(2, 3))
                newer["Architecture"] = architecture
                old.append(twin)
                new += self._one([[twin], [newer], [newer], [newer, twin], []])
        return old, new


class UnfinishedUniverse(MultiArchUniverse):
    """A world in which dpkg was interrupted: some packages are not configured yet."""

    kind = "unfinished"

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        for stanza in self.case.status:
            if stanza["Status"].endswith(" ok installed") and self._hits(35):
                stanza["Status"] = stanza["Status"].removesuffix("installed") + self._one(STATES)


class TiedUniverse(Universe):
    """A world where everything is installed and an upgrade of the first package breaks the rest."""

    kind = "tied"

    def _stanza(self, name: str, version: int) -> dict[str, str]:
        stanza = {"Package": name, "Version": str(version), "Architecture": "amd64"}
        if version > 1:
            stanza = {**super()._stanza(name, version), "Architecture": "amd64"}
        needs = [f"{self.names[0]} ({self._one(['=', '=', '<=', '>='])} {version})"]
        if self._hits(50):
            needs.append(f"{self._one(self.names)} (>= 1)")
        field = self._one(["Depends", "Depends", "Pre-Depends", "Recommends"])
        if name != self.names[0]:
            stanza[field] = ", ".join([*filter(None, [stanza.get(field)]), *needs])
        return {**stanza, "Size": "1000"}

    def _archives(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        old, new = [], []
        for name in self.draws.some(self.names, len(self.names)):
            first, second = self._stanza(name, 1), self._stanza(name, 2)
            old.append(first)
            new += self._one([[second], [second], [second, first], [first]])
        return old, new

    def _install(self, old: list[dict[str, str]]) -> None:
        for number in map(int, self.draws.some(list(map(str, range(len(old)))), len(old))):
            fields = dict(old[number])
            name = fields.pop("Package")
            del fields["Size"]
            self.case.status.append({"Package": name, "Status": "install ok installed", **fields})
            if self._hits(40):
                self.case.automatic.add((name, package_architecture(fields)))


class TiedMultiArchUniverse(TiedUniverse):
    """The same on two architectures."""

    kind = "tied-multi-arch"
    foreign = ("i386",)

    def _stanza(self, name: str, version: int) -> dict[str, str]:
        stanza = super()._stanza(name, version)
        if version == 1 or self._hits(80):
            stanza["Multi-Arch"] = "same"
        return stanza

    def _archives(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        old, new = super()._archives()
        return self._twice(old), self._twice(new)

    def _twice(self, stanzas: list[dict[str, str]]) -> list[dict[str, str]]:
        twins = [{**stanza, "Architecture": "i386"} for stanza in stanzas]
        return stanzas + [twin for twin in twins if twin["Version"] == "1" or self._hits(80)]

    def _words(self) -> list[str]:
        return [*self.names, *(f"{name}:i386" for name in self.names)]
