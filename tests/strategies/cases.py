"""Which questions about small systems can be drawn?

A `Drawn` is a system of 5 to 25 packages whose installed part is in order (a SAT solver finds it),
a request, and the options that count.  It is kept as stanzas, so that it can be written as a case
file and put to the real apt; `question` and `system` are what `tests.apt.sat_model` reads of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from foretell.apt.answers.predict import Answer, predict
from foretell.apt.cases.case import Case, CaseList, format_case, make_world
from foretell.apt.requests.request import Request
from tests.apt.sat_model import Model, Question, System, parse_stanzas

if TYPE_CHECKING:
    from collections.abc import Sequence

    Stanza = dict[str, str]

NAMES = [f"{letter}{letter}" for letter in "abcdefghijklmnopqrstuvwxy"]
VIRTUAL = ("v1", "v2", "v3")
VERSIONS = ("1~rc", "1", "1-2", "2", "1:1")  # ascending
OPERATORS = ("<<", "<=", "=", ">=", ">>")
SUITES = ("stable", "testing")
PRIORITIES = (-1, 90, 600, 1001)
# Verb -> whether new packages and removals are allowed, whether it upgrades.
MODES = {
    "install": (True, True, False),
    "remove": (True, True, False),
    "purge": (True, True, False),
    "reinstall": (True, True, False),
    "autoremove": (True, True, False),
    "full-upgrade": (True, True, True),
    "upgrade": (False, False, True),
    "upgrade-new": (True, False, True),
}


# As often as each should be drawn.
_VERBS = (
    *("install",) * 6,
    *("remove", "purge", "reinstall", "autoremove"),
    *("full-upgrade",) * 4,
    *("upgrade", "upgrade-new") * 3,
)
_REMOVING = frozenset(("remove", "purge", "autoremove"))


def text_of(stanzas: Sequence[Stanza]) -> str:
    """Return stanzas as a control file has them."""
    return "\n".join("".join(f"{k}: {v}\n" for k, v in stanza.items()) for stanza in stanzas)


class Drawn:
    """A system, a request and options; the attributes are those of a case."""

    def __init__(self) -> None:
        self.lists: list[list[Stanza]] = []
        self.not_automatic = False  # of the second list
        self.status: list[Stanza] = []
        self.automatic: list[str] = []
        self.pins: list[tuple[str, int | str, int]] = []
        self.verb = "install"
        self.wanted: dict[str, str | None] = {}
        self.removed: list[str] = []
        self.settings: dict[str, str | list[str]] = {}

    def __repr__(self) -> str:
        return format_case(self.case()).decode()

    def copy(self) -> Drawn:
        """Return the same question; its stanzas can be changed."""
        other = Drawn()
        vars(other).update(vars(self))
        other.lists = [[dict(stanza) for stanza in part] for part in self.lists]
        other.status = [dict(stanza) for stanza in self.status]
        return other

    def case(self) -> Case:
        """Return the same as a case of `foretell`."""
        case = Case("amd64", Request(self.verb.removesuffix("-new"), self.words()))
        case.request.allow_new = self.verb == "upgrade-new"
        case.settings = self.settings
        case.status = self.status
        case.automatic = {(name, "amd64") for name in self.automatic}
        for suite, stanzas in zip(SUITES, self.lists, strict=False):
            part = CaseList()
            part.release = {"archive": suite, "codename": suite}
            if suite == SUITES[1] and self.not_automatic:
                part.release |= {"not-automatic": True, "but-automatic-upgrades": True}
            part.stanzas = stanzas
            case.lists.append(part)
        for name, what, priority in self.pins:
            pin = f"version {what}" if isinstance(what, str) else f"release a={SUITES[what]}"
            case.pins.append({"Package": name, "Pin": pin, "Pin-Priority": str(priority)})
        return case

    def words(self) -> list[str]:
        """Return the words of the request."""
        installs = self.verb not in _REMOVING
        found = [name if not v else f"{name}={v}" for name, v in self.wanted.items()]
        if not installs:
            found = [f"{word}+" for word in found]
        return found + [f"{name}-" if installs else name for name in self.removed]

    def system(self) -> System:
        """Return the system as the oracle reads it from the texts."""
        priorities = [500, 100 if self.not_automatic else 500]
        texts = map(text_of, self.lists)
        lists = list(zip(priorities, map(parse_stanzas, texts), strict=False))
        status = parse_stanzas(text_of(self.status))
        return System(lists, status, self.automatic, self.pins)

    def question(self) -> Question:
        """Return the request as the oracle reads it."""
        allow_new, allow_remove, is_upgrade = MODES[self.verb]
        get = self.settings.get
        return Question(
            wanted=self.wanted,
            removed=frozenset(self.removed),
            is_upgrade=is_upgrade,
            allow_new=allow_new,
            allow_remove=allow_remove,
            remove_manual=get("APT::Solver::RemoveManual", "0") == "1" and allow_remove,
            strict_pinning=get("APT::Solver::Strict-Pinning", "1") == "1",
            install_recommends=get("APT::Install-Recommends", "1") == "1",
            install_suggests=get("APT::Install-Suggests", "0") == "1",
        )

    def answer(self, *, version: str = "3.0.3") -> Answer:
        """Return what foretell says; the world is made anew each time."""
        case = self.case()
        return predict(make_world(case, "case"), case.request, solver_version=version)


class _Draw:
    """Numbers out of a few strings of bytes.

    Drawing hundreds of integers would take ten times as long.  Bytes of zero, to which examples
    shrink, mean that nothing unusual happens.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names = NAMES[: draw(st.integers(5, 25))]
        self.targets = [*self.names, *VIRTUAL, *VIRTUAL[:2], "missing"]
        self._bytes = iter(b"")

    def feed(self, size: int) -> None:
        """Draw the next bytes; what is left of the old ones is forgotten."""
        self._bytes = iter(self.draw(_BYTES[size]))

    def below(self, limit: int) -> int:
        return next(self._bytes, 0) * limit >> 8

    def hits(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def some(self, least: int) -> list[str]:
        """Return up to three names, each once."""
        count = least + self.below(4 - least)
        return list(dict.fromkeys(self.names[self.below(len(self.names))] for _ in range(count)))

    def member(self, percent: int = 40) -> str:
        target = self.targets[self.below(len(self.targets))]
        if not self.hits(percent):
            return target
        return f"{target} ({OPERATORS[self.below(5)]} {VERSIONS[self.below(5)]})"

    def groups(self, most: int, alternatives: int) -> str:
        return ", ".join(
            " | ".join(self.member() for _ in range(1 + self.below(alternatives)))
            for _ in range(1 + self.below(most))
        )

    def stanza(self, name: str, version: str) -> Stanza:
        found = {"Package": name, "Version": version, "Architecture": "amd64"}
        rare = {"Essential": 4, "Protected": 3}
        found |= {field: "yes" for field, percent in rare.items() if self.hits(percent)}
        if self.hits(15):
            found["Source"] = f"s{self.below(2)}"
        for field, percent, most, alternatives in _FIELDS:
            if self.hits(percent):
                found[field] = self.groups(most, alternatives)
        if self.hits(35):
            target = (*VIRTUAL, *self.names[:2])[self.below(5)]
            given = f" (= {VERSIONS[self.below(5)]})" if self.hits(50) else ""
            found["Provides"] = target + given
        return {**found, "Priority": "optional", "Size": "1000"}


_BYTES = {size: st.binary(min_size=size, max_size=size) for size in (64, 128)}
# Field, percent of stanzas that have it, the most or-groups, the most alternatives.
_FIELDS = (
    ("Depends", 60, 3, 3),
    ("Pre-Depends", 12, 1, 2),
    ("Recommends", 30, 2, 3),
    ("Suggests", 15, 1, 2),
    ("Conflicts", 25, 2, 1),
    ("Breaks", 20, 2, 1),
    ("Replaces", 10, 1, 1),
    ("Enhances", 5, 1, 1),
)


def _archive(source: _Draw, drawn: Drawn) -> list[Stanza]:
    """Fill the lists; return every version, also those that are in no list any more."""
    source.feed(64)
    drawn.lists = [[], []] if source.hits(25) else [[]]
    drawn.not_automatic = len(drawn.lists) == 2 and source.hits(50)
    found = []
    for name in source.names:
        source.feed(64)
        count = 1 + source.hits(35) + source.hits(10)
        start = source.below(5)
        for at in range(count):
            stanza = source.stanza(name, VERSIONS[(start + 2 * at) % 5])
            found.append(stanza)
            if at == 0 or not source.hits(60):  # otherwise only installed, if at all
                drawn.lists[source.below(len(drawn.lists))].append(stanza)
    return found


def _install(source: _Draw, drawn: Drawn, versions: list[Stanza]) -> None:
    """Draw what is installed: what is wished, as far as its hard relations can hold."""
    system = System([(500, parse_stanzas(text_of(versions)))], [])
    anything = Question(strict_pinning=False)
    model = Model(system, anything, also=system.stanzas)
    wishes: list[list[int]] = []
    source.feed(128)
    present = model.solve() or {}
    for key in system.stanzas:
        if not source.hits(45):
            continue
        if present.get(key.name) == key:
            wishes.append([model.number[key]])
            continue
        found = model.solve([*wishes, [model.number[key]]])
        if found is not None:
            present = found
            wishes.append([model.number[key]])
    for stanza in versions:
        name = stanza["Package"]
        if present.get(name) != (name, stanza["Version"]):
            continue
        fields = {k: v for k, v in stanza.items() if k != "Size"}
        del fields["Package"]
        want = "hold" if source.hits(12) else "install"
        drawn.status.append({"Package": name, "Status": f"{want} ok installed", **fields})
        if source.hits(50):
            drawn.automatic.append(name)


def _ask(source: _Draw, drawn: Drawn) -> None:
    """Draw options, pins and the request."""
    source.feed(64)
    drawn.settings = {
        "APT::Install-Recommends": "0" if source.hits(30) else "1",
        "APT::Install-Suggests": "1" if source.hits(15) else "0",
    }
    if source.hits(5):
        drawn.settings["APT::Solver::RemoveManual"] = "1"
    if source.hits(8):
        drawn.settings["APT::Solver::Strict-Pinning"] = "0"
    if source.hits(20):
        drawn.pins = _pins(source, drawn)
    drawn.verb = _VERBS[source.below(len(_VERBS))]
    system = drawn.system()
    least = 1 if drawn.verb in {"install", "remove", "purge", "reinstall"} else 0
    if MODES[drawn.verb][2] and not source.hits(30):
        return
    for name in source.some(least):
        _word(source, drawn, system, name)


def _word(source: _Draw, drawn: Drawn, system: System, name: str) -> None:
    keys = system.by_name.get(name, [])
    removes = drawn.verb in _REMOVING
    is_removal = source.hits(85 if removes else 15)
    if is_removal:
        if keys:
            drawn.removed.append(name)
    elif keys and not removes and source.hits(15):
        drawn.wanted[name] = keys[source.below(len(keys))].version
    elif system.candidate(name) is not None:
        drawn.wanted[name] = None


def _pins(source: _Draw, drawn: Drawn) -> list[tuple[str, int | str, int]]:
    """Draw at most one pin for each package by name, and one for all of a list."""
    found: list[tuple[str, int | str, int]] = []
    for name in source.some(0):
        what: int | str = VERSIONS[source.below(5)]
        if source.hits(40):
            what = source.below(len(drawn.lists))
        found.append((name, what, PRIORITIES[source.below(4)]))
    if source.hits(30):
        found.append(("*", source.below(len(drawn.lists)), PRIORITIES[source.below(4)]))
    return found


@st.composite
def questions(draw: st.DrawFn) -> Drawn:
    """Draw a system that is in order, and a request."""
    source = _Draw(draw)
    drawn = Drawn()
    _install(source, drawn, _archive(source, drawn))
    _ask(source, drawn)
    return drawn
