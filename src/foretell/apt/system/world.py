"""Which archive, which installed state and which configuration is the question about?

A *world* is the host, another root (``--root``), or a status file over the host's lists
(``--status``).  Reading one needs no root and changes nothing.  Sources: apt.conf(5)
``Dir::State``, sources.list(5), dpkg(1) "package states".
"""

from __future__ import annotations

import os

from foretell.apt.syntax.deb822 import parse_size, read_paragraphs, require_word
from foretell.apt.system.solver_name import (
    AUTO,
    CLASSIC,
    OPTION,
    SOLVER,
    Choice,
    choose_solver,
    is_choice,
    is_strict,
    solver_of,
)
from foretell.errors import InputError, MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from foretell.apt.packages.census import Census, Roll
    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.reverse_order import Heads, ReverseOrder
    from foretell.apt.packages.settled import Settled
    from foretell.apt.packages.universe import Universe
    from foretell.apt.syntax.configuration import Configuration
    from foretell.apt.system.omission import Omission
    from foretell.apt.system.phasing import Phasing
    from foretell.apt.system.pinning import Pinning
    from foretell.apt.system.policy import PackageFile, Policy
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.profiles import Profile
    from foretell.apt.system.state import State

__all__ = ["Installed", "World", "load_world", "native_architecture", "read_status"]

STATUS_BYTES_MAX = 512 << 20
# dpkg(1): the last word of Status; these have a version that counts as installed.
INSTALLED_STATES = frozenset(
    (b"installed", b"unpacked", b"half-configured", b"triggers-awaited", b"triggers-pending")
)
HALF_INSTALLED = b"half-installed"  # so does this one, if its stanza has a version
FEW_NAMES = 100  # whose versions are looked up one by one, without reading whole tables


class Installed:
    """What a status file says of one package: its stanza, whether it is there, and its hold."""

    __slots__ = ("fields", "is_held", "is_here", "is_residual", "is_unfinished", "line")

    def __init__(self, fields: dict[bytes, bytes], line: int, path: str) -> None:
        words = fields.get(b"status", b"").split()
        if len(words) != 3:
            raise InputError(
                "bad-status",
                "Status is not three words",
                path=path,
                line=line,
                rule="Status: want flag state (dpkg-query(1))",
            )
        self.fields = fields
        self.line = line
        self.is_here = words[2] in INSTALLED_STATES or (
            words[2] == HALF_INSTALLED and b"version" in fields
        )
        self.is_residual = words[2] == b"config-files"
        self.is_unfinished = words[2] in {b"unpacked", b"half-configured"}
        self.is_held = words[0] == b"hold"


def read_status(path: str) -> list[Installed]:
    """Return the stanzas of a dpkg status file, in its order.

    Raises `InputError` with the line of what is broken and ``OSError`` when it cannot be read.
    """
    with open(path, "rb") as file:
        data = file.read(STATUS_BYTES_MAX + 1)
    return parse_status(data, path)


def parse_status(data: bytes, path: str) -> list[Installed]:
    """Return the stanzas in ``data``; ``path`` is for messages."""
    if len(data) > STATUS_BYTES_MAX:
        raise InputError("file-too-long", f"more than {STATUS_BYTES_MAX} bytes", path=path)
    found = []
    for line, fields in read_paragraphs(data, path):
        entry = Installed(fields, line, path)
        require_word(fields.get(b"package", b""), "Package", path, line)
        if entry.is_here:
            require_word(fields.get(b"version", b""), "Version", path, line)
            require_word(fields.get(b"architecture", b""), "Architecture", path, line)
        size = fields.get(b"installed-size")
        if size:
            parse_size(size, "Installed-Size", path, line)
        found.append(entry)
    return found


class World:
    """Everything a question about packages depends on, already read but for the archive.

    ``lists`` are the package lists in apt's order, ``files`` what pins can name of each; the
    status file's number in the policy is ``len(lists)``.
    """

    def __init__(self, native: str) -> None:
        self.native = native
        self.foreign: list[str] = []
        self.lists: list[str] = []
        self.files: list[PackageFile] = []
        self.titles: list[str] = []  # how apt names each list
        self.source_lists: list[str] = []
        self.installed: list[Installed] = []
        self.status_path = ""
        self.automatic: set[tuple[str, str]] = set()
        self.pins: list[Pin] = []
        self.target_release = ""
        self.configuration: Configuration | None = None
        self.cache = ""
        self.root = "/"
        self.machine = b""  # machine-id(5)
        self.kernel = ""  # the running one's release
        self.configured_solver: str | None = None  # None: the world has no apt of its own
        self.names_solver = False  # the command line does
        self.solver_why = ""  # where the configured solver comes from; APT::Solver
        self.omissions: tuple[Omission, ...] = ()  # relations that are supposed not to be there
        self._archive: Archive | None = None
        self._policy: Policy | None = None
        self._settled: Settled | None = None
        self._roll: Roll | None = None
        self._heads: Heads | None = None

    @property
    def archive(self) -> Archive:
        """The index of the world's lists, opened or built when first asked for."""
        if self._archive is None:
            from foretell.apt.packages.cache import load_archive

            self._archive = load_archive(self.lists, self.native, self.cache, self.foreign)
        return self._archive

    def check_lists(self) -> None:
        """Raise `InputError` for a broken list; one that has an index is whole."""
        from foretell.apt.packages.memo import has_index

        if not has_index(self.lists, " ".join((self.native, *self.foreign)), self.cache):
            _ = self.archive

    @property
    def apt_version(self) -> str:
        """The version of apt that is installed, or an empty string."""
        for entry in self.installed:
            if entry.is_here and entry.fields[b"package"] == b"apt":
                return entry.fields[b"version"].decode("utf-8", "surrogateescape")
        return ""

    @property
    def default_solver(self) -> str:
        """The solver that the world's own apt asks unless told otherwise, or an empty string."""
        if self.configured_solver is None or not self.apt_version:
            return ""
        assert self.configuration is not None
        strict = is_strict(self.configuration)
        return solver_of(self.apt_version, self.configured_solver, is_strict=strict).name

    def choose_solver(self, version: str = AUTO) -> Choice:
        """Return the solver that apt ``version`` asks here; `AUTO` is the world's own.

        What the command line names overrides it.
        """
        if self.configuration is None:
            return Choice(SOLVER, "nothing is configured")
        named = self.configuration.find(OPTION)
        says = self.solver_why or "APT::Solver says so"
        strict = is_strict(self.configuration)
        if self.names_solver:
            if named == CLASSIC and not strict:
                return Choice(SOLVER, "pinning is not strict", is_asked=True)
            return Choice(named, "the command line says so", is_asked=True)
        if version != AUTO:
            return solver_of(version, named, is_strict=strict, says=says)
        if self.apt_version:
            return solver_of(self.apt_version, named, is_strict=strict, says=says)
        from foretell.apt.system.profiles import DEFAULT_VERSION

        choice = solver_of(DEFAULT_VERSION, named, is_strict=strict, says=says)
        if choice.why.endswith(DEFAULT_VERSION):
            return Choice(choice.name, f"{choice.why}; the system has no apt")
        return choice

    def use_archive(self, archive: Archive) -> None:
        """Set the archive instead of reading lists."""
        self._archive = archive

    def keep_settled(self) -> None:
        """Keep what questions found out about the archive for later processes."""
        if self._settled is not None and self.cache:
            from foretell.apt.packages.cache import write_settled

            write_settled(self._settled, self.archive, self.cache)

    def task_members(self, task: bytes) -> set[tuple[bytes, bytes]]:
        """Return (package, version) of every stanza whose Task field names ``task``."""
        from foretell.apt.packages.index_read import whole_stanzas
        from foretell.apt.syntax.compression import open_chunks

        found = set()
        for path in self.lists:
            for block in whole_stanzas(open_chunks(path), path):
                if b"\nTask:" not in block:
                    continue
                for _, fields in read_paragraphs(block, path):
                    words = fields.get(b"task", b"").replace(b",", b" ").split()
                    if task in words:
                        found.add((fields.get(b"package", b""), fields.get(b"version", b"")))
        return found

    @property
    def policy(self) -> Policy:
        """The priorities that the world's pins and releases give."""
        if self._policy is None:
            from foretell.apt.system.policy import STATUS_FILE, Policy

            self._policy = Policy(
                [*self.files, STATUS_FILE],
                self.pins,
                native=self.native,
                target_release=self.target_release,
            )
        return self._policy

    def with_policy(self, pins: list[Pin], target_release: str) -> World:
        """Return the same world under other pins or another target release."""
        from copy import copy

        world = copy(self)
        world.pins, world.target_release = pins, target_release
        world._policy = None  # noqa: SLF001 - it is one of these, and to be computed anew
        return world

    def without_hold(self, package: bytes, architecture: bytes) -> World:
        """Return the same world with one package not on hold."""
        from copy import copy

        world = copy(self)
        world.installed = []
        for entry in self.installed:
            own = entry.fields.get(b"architecture", architecture)
            if entry.fields[b"package"] == package and own in {architecture, b"all"}:
                entry = copy(entry)  # noqa: PLW2901 - the given one stays as it is
                entry.is_held = False
            world.installed.append(entry)
        return world

    def pinning(self, state: State) -> Pinning:
        """Return what pins and releases make of the versions in a state of this world."""
        from foretell.apt.system.pinning import Pinning

        return Pinning(self.policy, state, len(self.lists))

    def take_census(self, universe: Universe, residual: Iterable[int]) -> Census:
        """Return all packages that apt's cache would hold; the archive's are found once."""
        from foretell.apt.packages.cache import read_roll
        from foretell.apt.packages.census import Census

        if self._roll is None:
            self._roll = read_roll(universe, self.cache)
        return Census(universe, self._roll, residual)

    def find_reverse_order(self, universe: Universe) -> ReverseOrder:
        """Return the order of apt's lists of relations; the archive's is found once."""
        from foretell.apt.packages.cache import read_heads
        from foretell.apt.packages.reverse_order import ReverseOrder

        if self._heads is None:
            releases = [os.fsencode(file.version or "") for file in self.files]
            self._heads = read_heads(universe, self.cache, releases)
        return ReverseOrder(universe, self._heads)

    def state(
        self,
        profile: Profile | None = None,
        *,
        solver: str = "",
        universe: Universe | None = None,
        has_leftovers: bool = False,
        names: Collection[bytes] | None = None,
    ) -> State:
        """Return a fresh state of this world, as the apt of ``profile`` (3.0.3) reads it.

        Nothing is asked for yet.  ``solver`` will decide, by default the one that the world's own
        apt asks.  ``universe`` is that of another state, of the same packages, profile and
        omissions: what it has looked up is there already.  With ``has_leftovers`` packages of
        which configuration files are left have the version that left them, which only queries show.
        With ``names`` nothing else is installed, and nothing configured that bears on a plan: for
        who looks at packages of these names alone.
        """
        from foretell.apt.system.state import State

        is_new = universe is None
        if universe is None:
            universe = self._universe(names)
            universe.dates_provisions = profile is None or not profile.undated_provisions
        state = State(universe)
        if profile is not None:
            state.profile = profile
        for entry in self.installed:
            if names is None or entry.fields[b"package"] in names:
                self._take_entry(state, entry, is_new=is_new, has_leftovers=has_leftovers)
        if self.omissions and is_new:
            from foretell.apt.system.omission import omit

            omit(universe, self.omissions)
        state.automatic = self._find_automatic(state, names)
        state.was_automatic = set(state.automatic)
        if self.has_priorities:
            pinning = self.pinning(state)
            state.pinned = pinning.candidate
            state.pin_priority = pinning.priority
        else:
            state.pinned = _highest_candidate(state)
        state.take_census = self.take_census
        state.find_reverse_order = self.find_reverse_order
        state.find_phasing = self.find_phasing
        state.running_kernel = self.kernel
        if names is None:
            state.solver_name = solver or self.choose_solver().name
            if self.configuration is not None:
                from foretell.apt.system.options import apply_options

                apply_options(state, self.configuration)
        return state

    def _take_entry(
        self, state: State, entry: Installed, *, is_new: bool, has_leftovers: bool
    ) -> None:
        """Take over a stanza of the status file; ``is_new`` says that the universe lacks it."""
        universe = state.universe
        own = universe.package_architecture(entry.fields)
        if entry.is_here and is_new:
            package = self._add_installed(universe, entry)
        elif entry.is_residual:
            package = universe.add_package(entry.fields[b"package"], own)
            state.residual.add(package)
            if has_leftovers and b"version" in entry.fields:
                state.leftovers[package] = _add_leftover(universe, package, entry.fields)
        else:
            package = universe.find(entry.fields[b"package"], own)
        if entry.is_held and package >= 0:
            state.held.add(package)

    def find_phasing(self, universe: Universe) -> Phasing | None:
        """Return which upgrades are put off on this machine, as configured."""
        if self.configuration is None:
            return None
        from foretell.apt.system.phasing import Phasing

        return Phasing(universe, self.files, self.configuration, self.machine)

    def _find_automatic(self, state: State, names: Collection[bytes] | None) -> set[int]:
        """Return the installed packages (of these names) that are marked as automatic."""
        found = set()
        for name, architecture in sorted(self.automatic):
            if names is not None and os.fsencode(name) not in names:
                continue
            own = self.native if architecture == "all" else architecture
            package = state.universe.find(os.fsencode(name), os.fsencode(own))
            if package in state.installed:
                found.add(package)
        return found

    def _universe(self, names: Collection[bytes] | None) -> Universe:
        """Return the archive with nothing installed; with ``names`` for who asks for these."""
        self.archive.reads_few = names is not None and len(names) <= FEW_NAMES
        if not self.foreign:
            from foretell.apt.packages.universe import Universe

            return Universe(self.archive, self.native, self._find_settled)
        from foretell.apt.packages.multiarch import MultiArchUniverse

        return MultiArchUniverse(self.archive, self.native, self.foreign, self._find_settled)

    def _find_settled(self) -> Settled:
        """Return what questions found out about the archive, in earlier processes as well."""
        if self._settled is None:
            from foretell.apt.packages.cache import read_settled

            self._settled = read_settled(self.archive, self.cache)
        return self._settled

    def _add_installed(self, universe: Universe, entry: Installed) -> int:
        try:
            return universe.add_installed(entry.fields)
        except InputError as error:
            error.path, error.line = self.status_path, entry.line
            raise

    @property
    def has_priorities(self) -> bool:
        """Say whether any version may have another priority than a plain archive's."""
        if self.pins or self.target_release:
            return True
        return any(file.not_automatic for file in self.files)


def _highest_candidate(state: State) -> Callable[[int], int]:
    """Return the candidate rule of a world in which every list has priority 500."""
    universe = state.universe
    found: dict[int, int] = {}

    def candidate(package: int) -> int:
        known = found.get(package)
        if known is not None:
            return known
        installed = state.installed.get(package, -1)
        for version in universe.versions(package):
            if version == installed or version < universe.n_versions:
                found[package] = version
                return version
        found[package] = -1
        return -1

    return candidate


def native_architecture(root: str, installed: Sequence[Installed]) -> tuple[str, list[str]]:
    """Return the native and the foreign architectures of the system below ``root``.

    dpkg(1) ``--add-architecture`` writes them to a file, the native one first; without it the
    installed dpkg is of the native one.  Raises `InputError` for what is no architecture.
    """
    path = os.path.join(root, "var/lib/dpkg/arch")
    _refuse_pipe(path)
    try:
        with open(path, "rb") as file:
            names = file.read(4096).decode("ascii", "replace").split()
    except OSError:
        names = []
    for name in names:
        if not name.replace("-", "").isalnum() or not name.isascii() or name.startswith("-"):
            raise InputError(
                "bad-architecture",
                f"{name!r} is no architecture",
                path=path,
                line=1,
                rule="the names of dpkg-architecture(1), one a line",
            )
    if names:
        return names[0], names[1:]
    for entry in installed:
        if entry.fields[b"package"] == b"dpkg" and entry.is_here:
            return entry.fields[b"architecture"].decode("ascii", "replace"), []
    return "amd64", []


def load_world(
    root: str = "/",
    *,
    status: str | None = None,
    options: Sequence[str] = (),
    target_release: str = "",
    environment: Mapping[str, str],
    cache: str,
) -> World:
    """Read the world below ``root``, with another ``status`` file if one is given.

    ``options`` are the values of ``-o``; ``environment`` is asked for ``APT_CONFIG`` when
    ``root`` is ``/``, and for ``DEB_BUILD_PROFILES``.  Raises `InputError` for what is broken,
    `MissingError` when there is no dpkg status or no package list.
    """
    from foretell.apt.syntax import configuration as configurations

    path = status or os.path.join(root, "var/lib/dpkg/status")
    if not os.path.isfile(path):
        raise MissingError(
            "no-status",
            "there is no dpkg status file",
            path=path,
            hint="name a root with --root, a file with --status, or use --world embedded",
        )
    installed = read_status(path)
    native, foreign = native_architecture(root, installed)
    configuration = configurations.load(
        root,
        config_file=environment.get("APT_CONFIG") if root == "/" else None,
        options=[option for option in options if not is_choice(option)],
        architecture=native,
    )
    if status is None and configuration.find("Dir::State::status"):
        other = configuration.find_path("Dir::State::status")
        if other != os.path.normpath(path) and os.path.isfile(other):
            path, installed = other, read_status(other)
    profiles = environment.get("DEB_BUILD_PROFILES", "").replace(",", " ").split()
    if profiles and not configuration.find("APT::Build-Profiles"):
        configuration.set("APT::Build-Profiles", ",".join(profiles))
    world = World(native)
    world.root = root
    world.configuration = configuration
    world.installed = installed
    world.status_path = path
    world.cache = cache
    world.configured_solver, world.names_solver = choose_solver(configuration, options)
    world.target_release = target_release or configuration.find("APT::Default-Release")
    world.machine = _read_machine(root)
    world.kernel = os.uname().release
    architectures = configuration.architectures(foreign)
    world.foreign = [name for name in architectures if name != native]
    _find_lists(world, configuration, architectures)
    _read_marks(world, configuration, keep_marks=status is None)
    return world


def _find_lists(world: World, configuration: Configuration, architectures: list[str]) -> None:
    """Find the downloaded lists of the configured sources, and what pins can name of them."""
    from foretell.apt.sources import sources as source_files
    from foretell.apt.sources.release import read_release
    from foretell.apt.system.policy import package_file

    folder = configuration.find_path("Dir::State::lists")
    releases = {}
    for source in source_files.merge_order(source_files.read_sources(configuration)):
        found = source_files.index_files(source, folder, architectures)
        if source.type == "deb-src":
            world.source_lists += [path for path, _, _ in found]
            continue
        path = source_files.release_file(source, folder)
        if path is not None and path not in releases:
            releases[path] = read_release(path)
        for list_path, component, architecture in found:
            if list_path in world.lists:
                continue
            world.lists.append(list_path)
            world.titles.append(source_files.list_title(source, component, architecture))
            world.files.append(
                package_file(
                    releases[path] if path is not None else None,
                    site=source_files.site(source.uri),
                    component=component,
                    architecture=architecture,
                )
            )
    if not world.lists:
        raise MissingError(
            "no-lists",
            "no package list has been downloaded",
            path=folder,
            hint="run apt update there, or ask with --world embedded",
        )


def _read_machine(root: str) -> bytes:
    """Return the first line of machine-id(5), empty when there is none."""
    try:
        with open(os.path.join(root, "etc/machine-id"), "rb") as file:
            return file.read(4096).partition(b"\n")[0]
    except OSError:
        return b""


def _refuse_pipe(path: str) -> None:
    """Raise `InputError` for what would be waited for without an end."""
    import stat

    if os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode):
        raise InputError("not-a-file", "file is a pipe", path=path, rule="a regular file")


def _read_marks(world: World, configuration: Configuration, *, keep_marks: bool) -> None:
    """Read the automatic marks and the preferences."""
    from foretell.apt.syntax import extended_states
    from foretell.apt.system.preferences import read_preferences

    if keep_marks:
        path = configuration.find_path("Dir::State::extended_states") or os.path.join(
            configuration.find_path("Dir::State"), "extended_states"
        )
        _refuse_pipe(path)
        world.automatic = extended_states.read(path, native=world.native)
    world.pins = read_preferences(configuration).pins


def _add_leftover(universe: Universe, package: int, fields: dict[bytes, bytes]) -> int:
    """Return the version whose configuration files are left, added unless a list has it."""
    text = fields[b"version"]
    for version in universe.versions(package):
        if universe.version_string(version) == text and universe.is_same(version, fields):
            return version
    return universe.add_version(package, fields)
