"""Which packages does a build dependency name, on which architecture and for which build?

The full syntax of relations between source packages and binary packages: alternatives, versions,
architecture qualifiers, architecture lists and build profiles.  Sources: Debian Policy 7.1 and
11.1.1, deb-src-control(5), dpkg-architecture(1) "ARCHITECTURE WILDCARDS".  Where these leave a
choice, or forbid what apt reads all the same, apt's reading is taken.
"""

from __future__ import annotations

from foretell.apt.model import OPERATOR_NAMES, OPERATORS
from foretell.apt.syntax.expression import expression
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Sequence

__all__ = [
    "RULE",
    "Member",
    "architecture_matches",
    "group_text",
    "parse_relations",
    "resolve_native",
    "select_members",
]

RELATION_BYTES_MAX = 1 << 20
MEMBER_COUNT_MAX = 10_000
RULE = "name[:architecture] [(operator version)] [[architectures]] [<profiles>] (Policy 7.1)"
_OBSOLETE = {b"<": b"'<<' or '<='", b">": b"'>>' or '>='"}
# Possessive throughout: nothing that was read is read again.
_MEMBER = expression(
    rb"\s*+([^\s:|,()<>\[\]]*+)(?::([^\s|,()<>\[\]]*+))?+\s*+"
    rb"(?:\(\s*+([<>=!]{1,2}+)\s*+([^\s()][^()]*+)\))?+\s*+"
    rb"(?:\[([^\[\]]*+)\])?+\s*+"
    rb"((?:<[^<>]*+>\s*+)*+)"
    rb"([|,]|\Z)"
)
_PROFILES = expression(rb"<([^<>]*)>")
# Architectures whose name is not [system-]cpu: (ABI, libc, kernel, CPU), as dpkg-architecture(1)
# resolves them.
_TUPLES = {
    "armhf": ("eabihf", "gnu", "linux", "arm"),
    "armel": ("eabi", "gnu", "linux", "arm"),
    "x32": ("x32", "gnu", "linux", "amd64"),
    "powerpcspe": ("spe", "gnu", "linux", "powerpc"),
    "mips64": ("abi64", "gnu", "linux", "mips64"),
    "mips64el": ("abi64", "gnu", "linux", "mips64el"),
    "mips64r6": ("abi64", "gnu", "linux", "mips64r6"),
    "mips64r6el": ("abi64", "gnu", "linux", "mips64r6el"),
    "mipsn32": ("abin32", "gnu", "linux", "mips64"),
    "mipsn32el": ("abin32", "gnu", "linux", "mips64el"),
    "mipsn32r6": ("abin32", "gnu", "linux", "mips64r6"),
    "mipsn32r6el": ("abin32", "gnu", "linux", "mips64r6el"),
}
# Kernel in an architecture's name -> its libc.
_LIBCS = {
    "aix": "sysv",
    "darwin": "bsd",
    "dragonflybsd": "bsd",
    "freebsd": "bsd",
    "mint": "tos",
    "netbsd": "bsd",
    "openbsd": "bsd",
    "solaris": "sysv",
    "uclinux": "uclibc",
}
_ABIS = {"armhf": ("eabihf", "arm"), "armel": ("eabi", "arm")}


class Member:
    """One alternative of a relation, as it was written.

    ``operator`` is a number of `foretell.apt.model`; ``architectures`` is None without a list;
    ``profiles`` holds the words of each group, none without groups.
    """

    __slots__ = ("architectures", "name", "operator", "profiles", "qualifier", "version")

    def __init__(
        self,
        name: bytes,
        qualifier: bytes = b"",
        operator: int = 0,
        version: bytes = b"",
        architectures: tuple[str, ...] | None = None,
        profiles: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        self.name = name
        self.qualifier = qualifier
        self.operator = operator
        self.version = version
        self.architectures = architectures
        self.profiles = profiles

    @property
    def target(self) -> bytes:
        """The name with the qualifier, as apt calls the package that is meant."""
        return self.name + b":" + self.qualifier if self.qualifier else self.name

    def concerns(self, architecture: str, profiles: Collection[str]) -> bool:
        """Say whether the alternative counts on ``architecture`` with these active profiles."""
        if self.architectures is not None and not _lists(self.architectures, architecture):
            return False
        if not self.profiles:
            return True
        return any(group and _holds(group, profiles) for group in self.profiles)


def _lists(words: Sequence[str], architecture: str) -> bool:
    """Say whether an architecture list includes ``architecture``: its first match decides."""
    for word in words:
        if architecture_matches(word.removeprefix("!"), architecture):
            return not word.startswith("!")
    return any(word.startswith("!") for word in words)


def _holds(group: Sequence[str], profiles: Collection[str]) -> bool:
    """Say whether every condition of one group of profiles holds."""
    return all((word.removeprefix("!") in profiles) != word.startswith("!") for word in group)


def architecture_matches(pattern: str, architecture: str) -> bool:
    """Say whether an architecture or a wildcard means ``architecture``.

    >>> [architecture_matches(p, "armhf") for p in ("armhf", "any", "any-arm", "linux-any", "all")]
    [True, True, True, True, False]
    """
    if pattern in {architecture, "any"}:
        return True
    if architecture == "all" or pattern == "all":
        return False
    parts = pattern.split("-")
    wanted = _TUPLES.get(pattern) or ("any",) * (4 - len(parts)) + tuple(parts)
    if "any" not in parts:
        wanted = _tuple(pattern)
    return len(wanted) == 4 and all(
        part in {"any", own} for part, own in zip(wanted, _tuple(architecture), strict=True)
    )


def _tuple(architecture: str) -> tuple[str, str, str, str]:
    """Return the ABI, libc, kernel and CPU that an architecture's name stands for."""
    found = _TUPLES.get(architecture)
    if found is not None:
        return found
    *system, cpu = architecture.split("-")
    abi, cpu = _ABIS.get(cpu, ("base", cpu))
    if len(system) == 3:
        return system[0], system[1], system[2], cpu
    if len(system) == 2:
        return abi, system[0], system[1], cpu
    kernel = system[0] if len(system) == 1 else "linux"
    return abi, _LIBCS.get(kernel, "gnu"), kernel, cpu


def parse_relations(text: bytes, *, obsolete: bool = True) -> list[list[Member]]:
    """Return the or-groups of a relation field, nothing left out yet.

    ``obsolete`` accepts the operators ``<`` and ``>``, which mean ``<=`` and ``>=``.  Raises
    `InputError` for what is no relation; the caller adds the place.

    >>> [[m.target for m in group] for group in parse_relations(b"a:any | b [amd64], c <!nodoc>,")]
    [[b'a:any', b'b'], [b'c']]
    """
    if len(text) > RELATION_BYTES_MAX:
        raise InputError(
            "relation-too-long", f"relations of more than {RELATION_BYTES_MAX} bytes", rule=RULE
        )
    groups: list[list[Member]] = [[]]
    position, end = 0, len(text.rstrip())
    count = 0
    while position < end:
        found = _MEMBER.match(text, position, end)
        member = None if found is None else _member(found, text, obsolete=obsolete)
        if found is None or member is None:
            raise _bad_relation(text, position)
        count += 1
        if count > MEMBER_COUNT_MAX:
            raise InputError("relation-too-long", f"more than {MEMBER_COUNT_MAX} alternatives")
        groups[-1].append(member)
        position = found.end()
        if found[7] == b",":
            groups.append([])
        elif found[7] == b"|" and position == end:
            raise _bad_relation(text, found.start(7))
    if not groups[-1]:
        groups.pop()
    return groups


def _member(found: re.Match[bytes], text: bytes, *, obsolete: bool) -> Member | None:
    """Return the alternative that was matched; None when it is none after all."""
    name, qualifier, sign, version, architectures, profiles, _ = found.groups()
    if not name and not qualifier:
        return None
    if qualifier == b"":  # apt takes "name:" for a name
        name += b":"
    operator = OPERATORS.get(sign or b"")
    if operator is None:
        return None
    if sign in _OBSOLETE and not obsolete:
        raise InputError(
            "obsolete-operator",
            f"operator {sign.decode()!r} at offset {found.start(3)} of {_shown(text)} is obsolete",
            rule=RULE,
            hint=f"did you mean {_OBSOLETE[sign].decode()}?",
        )
    listed = None
    if architectures is not None:
        listed = tuple(architectures.decode("ascii", "replace").split())
        if not listed or "!" in listed:
            return None
    groups = tuple(
        tuple(words.decode("ascii", "replace").split()) for words in _PROFILES.findall(profiles)
    )
    return Member(name, qualifier or b"", operator, (version or b"").strip(), listed, groups)


def _shown(text: bytes) -> str:
    shown = text.decode("utf-8", "replace")
    return repr(shown if len(shown) <= 200 else shown[:200] + "...")


def _bad_relation(text: bytes, position: int) -> InputError:
    return InputError(
        "bad-relation",
        f"{_shown(text)} is no list of relations, from offset {position} on",
        rule=RULE,
    )


def select_members(
    groups: Sequence[Sequence[Member]], architecture: str, profiles: Collection[str]
) -> list[list[Member]]:
    """Return the or-groups with what counts on ``architecture`` with these active profiles.

    An or-group of which nothing is left is left out.
    """
    kept = ([m for m in group if m.concerns(architecture, profiles)] for group in groups)
    return [group for group in kept if group]


def resolve_native(groups: Sequence[Sequence[Member]], architecture: str) -> None:
    """Let the qualifier ``native`` mean the architecture that is built on."""
    for group in groups:
        for member in group:
            if member.qualifier == b"native":
                member.qualifier = architecture.encode()


def group_text(group: Sequence[Member]) -> bytes:
    """Return an or-group in its usual spelling, without architecture lists and profiles.

    >>> group_text(parse_relations(b"a(>=1)[amd64]|b:any")[0])
    b'a (>= 1) | b:any'
    """
    return b" | ".join(
        member.target
        if not member.operator
        else b"%s (%s %s)"
        % (member.target, OPERATOR_NAMES[member.operator].encode(), member.version)
        for member in group
    )
