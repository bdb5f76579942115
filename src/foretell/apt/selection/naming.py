"""Which packages does a word on the command line mean?

A name with an optional architecture, a shell pattern, a POSIX regular expression or a task
(apt-get(8), "install"); shared by requests and queries.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["EveryName", "Names", "is_pattern", "split_kind", "split_word"]

# apt takes a word with any other character in it for no glob.
_GLOB_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-*:")
_ARCHITECTURE_BYTES = _GLOB_BYTES.difference(b".*:")
_NATIVE_WORDS = frozenset((b"native", b"any", b"all"))


def is_pattern(word: str) -> bool:
    """Say whether a word is an apt-patterns(7) expression."""
    return word.startswith(("?", "~"))


def split_word(word: bytes) -> tuple[bytes, bytes, bytes]:
    """Split ``name=version`` or ``name/release`` at its sign."""
    for sign in (b"=", b"/"):
        name, found, given = word.partition(sign)
        if found:
            return name, sign, given
    return word, b"", b""


def split_kind(word: bytes) -> tuple[str, bytes, bytes]:
    """Say what a word that is no name would be: the kind, its text, an architecture.

    Kinds are ``task``, ``glob``, ``regex`` and "" for none of them.  A dot makes a glob, too.

    >>> split_kind(b"lib*:i386"), split_kind(b"desk^"), split_kind(b"g?t")
    (('glob', b'lib*', b'i386'), ('task', b'desk', b''), ('', b'g?t', b''))
    >>> split_kind(b"a.b:c:any")  # only the last part may be an architecture
    ('glob', b'a.b:c', b'any')
    """
    base, colon, architecture = word.rpartition(b":")
    if not colon or not _ARCHITECTURE_BYTES.issuperset(architecture):
        base, architecture = word, b""
    if base.endswith(b"^") and b":" not in base:
        return "task", base[:-1], architecture
    if base.startswith(b"^") or word.endswith(b"$"):
        return "regex", base, architecture
    is_glob = (b"*" in base or b"." in base) and _GLOB_BYTES.issuperset(base)
    return "glob" if is_glob else "", base, architecture


class Names:
    """Finds packages by what they are called.

    ``takes_virtual`` lets patterns mean packages that have no version, too.
    """

    def __init__(self, state: State, world: World, *, takes_virtual: bool = False) -> None:
        self.state = state
        self.world = world
        self.takes_virtual = takes_virtual
        self.universe = state.universe

    def find(self, name: bytes) -> int:
        """Return the package of a name with an optional architecture, or -1."""
        base, colon, architecture = name.partition(b":")
        if not colon:
            return self.universe.find_mentioned(base)
        if architecture == b"any":
            return next(iter(self.universe.configured(base)), -1)
        if architecture in _NATIVE_WORDS:
            architecture = self.universe.native
        return self.universe.find_mentioned(base, architecture)

    def _is_architecture(self, word: bytes) -> bool:
        """Say whether what stands behind a colon names an architecture."""
        return word in {*_NATIVE_WORDS, *self.universe.architectures}

    def _named(self, matches: Callable[[str], bool], architecture: bytes) -> list[int]:
        """Return a package of every name that matches.

        It is of this architecture, or else the first one there is.
        """
        universe = self.universe
        if self.takes_virtual:
            for other in self.state.census().others():
                universe.add_package(*other)
        found = [package for package in range(universe.package_count()) if self._is_meant(package)]
        if universe.is_multi_arch:
            meant = {universe.name(package): -1 for package in found}
            if architecture in _NATIVE_WORDS:
                architecture = b"" if architecture == b"any" else universe.native
            for name in meant:
                own = [universe.find(name, architecture)] if architecture else None
                meant[name] = next(iter(own or universe.configured(name)), -1)
            found = [
                package
                for package in found
                if meant[universe.name(package)] == package
                or (universe.architecture(package) == b"any" and not architecture)
            ]
        return [p for p in found if matches(_text(universe.name(p)))]

    def _is_meant(self, package: int) -> bool:
        if self.takes_virtual or self.universe.versions(package):
            return True
        return package in self.state.residual

    def matching(self, pattern: bytes) -> list[int]:
        """Return the packages that a glob or a regular expression (POSIX, extended) means."""
        from foretell.apt.system.preferences import compile_pattern

        kind, base, architecture = split_kind(pattern)
        if kind not in {"regex", "glob"}:
            return []
        if architecture and not self._is_architecture(architecture):
            return []
        text = _text(base)
        return self._named(compile_pattern(f"/{text}/" if kind == "regex" else text), architecture)

    def of_task(self, task: bytes) -> list[int]:
        """Return the packages whose candidate's Task field names ``task``."""
        members = self.world.task_members(task)
        found = []
        for name, _ in sorted(members):
            package = self.universe.find(name)
            version = self.state.policy_candidate(package) if package >= 0 else -1
            if version >= 0 and (name, self.universe.version_string(version)) in members:
                found.append(package)
        return list(dict.fromkeys(found))


class EveryName(Names):
    """Finds packages that have no version as well, as queries mean them.

    A name has one package for each architecture that anything mentions: learnt from apt 3.0.3.
    """

    def find(self, name: bytes) -> int:
        """Return the package of a name with an optional architecture, or -1.

        Without an architecture that is one with a version, if there is any.
        """
        universe = self.universe
        base, _, architecture = name.partition(b":")
        if not architecture:
            package = universe.find(base)
            if package >= 0 and universe.versions(package):
                return package
        members = self._members(base)
        with_version = [] if architecture else list(filter(universe.versions, members))
        found = self._chosen(with_version or members, architecture)
        return -1 if found is None else found

    def _is_architecture(self, word: bytes) -> bool:
        return _ARCHITECTURE_BYTES.issuperset(word)

    def _named(self, matches: Callable[[str], bool], architecture: bytes) -> list[int]:
        universe = self.universe
        names = dict.fromkeys(map(universe.name, range(universe.n_packages)))
        names.update(dict.fromkeys(name for name, _ in self.state.census().beyond_index()))
        found = [self._members(name) for name in names if matches(_text(name))]
        chosen = [self._chosen(members, architecture) for members in found]
        return [package for package in chosen if package is not None]

    def _members(self, name: bytes) -> list[int]:
        """Return all packages of a name, the eldest first."""
        add = self.universe.add_package
        return [add(name, architecture) for architecture in self.state.census().members(name)]

    def _chosen(self, members: Sequence[int], architecture: bytes) -> int | None:
        """Return the package that is meant of those of one name."""
        universe = self.universe
        if architecture == b"any":
            return next(iter(members), None)
        by_architecture = {universe.architecture(package): package for package in members}
        if architecture:
            wanted = universe.native if architecture in _NATIVE_WORDS else architecture
            return by_architecture.get(wanted)
        known = filter(by_architecture.__contains__, universe.architectures)
        return by_architecture.get(next(known, b""), next(iter(members), None))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
