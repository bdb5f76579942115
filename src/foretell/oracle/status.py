"""What is installed after a plan, when no dpkg has carried it out?

A plan is applied to the text of a dpkg status file: stanzas come from the package lists and get
the fields of an installed package.  What maintainer scripts do is not imitated; nothing that apt
decides depends on it.  Sources: deb-control(5), dpkg(1) "package states", apt-mark(8).
"""

from __future__ import annotations

from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from foretell.oracle.answer import Answer

    Name = tuple[str, str]

__all__ = ["Installation", "read_field", "split_stanzas"]

LIST_BYTES_MAX = 512 << 20
# What describes the archive's file or comes from its overrides, not from the package itself.
_ARCHIVE_FIELDS = frozenset(
    (
        "description-md5",
        "filename",
        "md5sum",
        "phased-update-percentage",
        "sha1",
        "sha256",
        "sha512",
        "size",
        "status",
        "tag",
        "task",
    )
)


def split_stanzas(text: str) -> Iterator[str]:
    """Yield the stanzas of a control file, each with its last newline."""
    for part in text.split("\n\n"):
        stanza = part.strip("\n")
        if stanza:
            yield f"{stanza}\n"


def read_field(stanza: str, name: str) -> str:
    """Return the first line of a field as the archive spells it, or "".

    >>> read_field("Package: a\\nVersion: 1\\n", "Version")
    '1'
    """
    _, found, rest = f"\n{stanza}".partition(f"\n{name}:")
    return rest.partition("\n")[0].strip() if found else ""


def _as_installed(stanza: str) -> str:
    """Return a stanza of a package list as dpkg would keep it."""
    kept = ["Status: install ok installed"]
    keeps = True
    for line in stanza.splitlines():
        if line[:1] not in {" ", "\t"}:
            keeps = line.partition(":")[0].lower() not in _ARCHIVE_FIELDS
        if keeps:
            kept.append(line)
    kept[0], kept[1] = kept[1], kept[0]  # Package comes first
    return "\n".join(kept) + "\n"


class Installation:
    """The packages of one system and their automatic marks, by (name, architecture).

    ``native`` is the architecture that packages for all architectures count as.
    """

    def __init__(self, native: str, status: str = "", marks: str = "") -> None:
        self.native = native
        self.stanzas: dict[Name, str] = {self._name(text): text for text in split_stanzas(status)}
        self.automatic: set[Name] = {
            self._name(text)
            for text in split_stanzas(marks)
            if read_field(text, "Auto-Installed") == "1"
        }

    def _name(self, stanza: str) -> Name:
        architecture = read_field(stanza, "Architecture")
        if architecture in {"", "all"}:
            architecture = self.native
        return read_field(stanza, "Package"), architecture

    def apply(self, plan: Answer, lists: Iterable[str]) -> None:
        """Carry out a plan; ``lists`` are the package lists that hold the new versions.

        Raises `InputError` when a version that the plan installs is in none of them.
        """
        assert plan.verdict == "ok", plan.error
        wanted = {
            (change.package, change.architecture, change.version): change
            for change in plan.changes
            if change.version
        }
        found = self._find(wanted.keys(), lists)
        for change in plan.changes:
            name = change.package, change.architecture
            self.automatic.discard(name)
            if not change.version:
                del self.stanzas[name]
                continue
            self.stanzas[name] = _as_installed(found[*name, change.version])
            if change.automatic:
                self.automatic.add(name)
        for package, architecture, is_automatic in plan.marks:
            (self.automatic.add if is_automatic else self.automatic.discard)(
                (package, architecture)
            )

    def _find(
        self, wanted: Collection[tuple[str, str, str]], lists: Iterable[str]
    ) -> dict[tuple[str, str, str], str]:
        """Return the first stanza of each wanted version, in the order of the lists."""
        found: dict[tuple[str, str, str], str] = {}
        for path in lists:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                text = file.read(LIST_BYTES_MAX)
            for stanza in split_stanzas(text):
                key = (*self._name(stanza), read_field(stanza, "Version"))
                if key in wanted:
                    found.setdefault(key, stanza)
        missing = sorted(set(wanted) - found.keys())
        if missing:
            raise InputError("no-stanza", f"no list has {' '.join(missing[0])}")
        return found

    def hold(self, packages: Iterable[str]) -> None:
        """Put installed packages on hold, ``name`` or ``name:arch``, as ``apt-mark hold`` does."""
        for package in packages:
            plain, _, architecture = package.partition(":")
            name = plain, architecture or self.native
            self.stanzas[name] = self.stanzas[name].replace(
                "\nStatus: install ", "\nStatus: hold ", 1
            )

    def status(self) -> str:
        """Return the dpkg status file."""
        return "".join(f"{stanza}\n" for _, stanza in sorted(self.stanzas.items()))

    def extended_states(self) -> str:
        """Return apt's file of automatic marks."""
        return "".join(
            f"Package: {package}\nArchitecture: {architecture}\nAuto-Installed: 1\n\n"
            for package, architecture in sorted(self.automatic)
        )
