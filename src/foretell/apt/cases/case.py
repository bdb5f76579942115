"""How is a whole question about packages kept in one file, and read again anywhere?

The format is docs/reference/schemas/foretell.apt.case-1.schema.json: the world in decisive fields
only, the request, and if somebody gave one, the expected answer and who gave it.  Captures of
users and cases of the corpus are the same thing.  A file is hostile: everything is checked, and
an `InputError` names what is wrong.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foretell.apt.requests.request import VERBS, Request
from foretell.apt.system.policy import PackageFile
from foretell.apt.system.profiles import DEFAULT_VERSION, VERSIONS
from foretell.apt.system.solver_name import OPTION
from foretell.apt.system.state import SOLVER
from foretell.apt.system.world import World, parse_status
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from foretell.apt.packages.census import Census
    from foretell.apt.packages.index import Archive
    from foretell.apt.packages.kept_census import Row
    from foretell.apt.packages.universe import Universe

    Json = dict[str, object]
    Stanza = dict[str, str]

__all__ = [
    "ARCHIVE_FIELDS",
    "RELEASE_TEXTS",
    "SCHEMA",
    "STATUS_FIELDS",
    "Case",
    "CaseCensus",
    "CaseList",
    "CaseWorld",
    "format_case",
    "make_world",
    "parse_case",
    "read_case",
    "stanza_text",
    "take_fields",
]

SCHEMA = "foretell.apt.case/1"
CASE_BYTES_MAX = 256 << 20
LIST_COUNT_MAX = 10_000
OFFSET_MAX = (1 << 53) - 1
LENGTH_MAX = (1 << 32) - 1

# The fields that decide something, in the order in which archives write them.
# fmt: off
ARCHIVE_FIELDS = (
    "Package", "Source", "Version", "Essential", "Installed-Size", "Architecture", "Replaces",
    "Provides", "Depends", "Pre-Depends", "Recommends", "Suggests", "Enhances", "Conflicts",
    "Breaks", "Multi-Arch", "Important", "Protected", "Section", "Priority", "Size",
    "Phased-Update-Percentage", "Task",
)
# fmt: on
STATUS_FIELDS = ("Package", "Status", *(name for name in ARCHIVE_FIELDS[1:] if name != "Task"))
# What pins can name of a list: key -> attribute of `PackageFile`.
RELEASE_TEXTS = (
    "archive",
    "codename",
    "version",
    "origin",
    "label",
    "component",
    "architecture",
    "site",
)
_RELEASE_FLAGS = ("not-automatic", "but-automatic-upgrades")
_RULE = "schema foretell.apt.case/1"
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*")
_FIELD_NAME = re.compile(r'[!"$-,./-9;-~][!-9;-~]*')
_FIELD_VALUE = re.compile(r"[^\n]*(?:\n[ \t][^\n]*)*")


class CaseList:
    """One package list of a case: what pins can name of it, and its stanzas in order.

    ``path`` and ``positions`` (offset and length of each stanza there) are where the list was
    read, for evidence; empty when nobody says.
    """

    __slots__ = ("path", "positions", "release", "stanzas")

    def __init__(self) -> None:
        self.path = ""
        self.release: dict[str, str | bool] = {}
        self.stanzas: list[Stanza] = []
        self.positions: list[tuple[int, int]] = []


class CaseCensus(NamedTuple):
    """How many packages the whole archive's cache had, and the places of some of them."""

    total: int
    rows: list[Row]


class Case:
    """A question with all that its answer depends on; see the schema for each attribute."""

    def __init__(self, native: str, request: Request) -> None:
        self.title = ""
        self.native = native
        self.foreign: list[str] = []
        self.solver_version = DEFAULT_VERSION
        self.solver_why = ""
        self.request = request
        self.settings: dict[str, str | list[str]] = {}
        self.target_release = ""
        self.kernel = ""  # the running one's release, where it matters
        self.status: list[Stanza] = []
        self.status_path = ""
        self.automatic: set[tuple[str, str]] = set()
        self.pins: list[Stanza] = []
        self.lists: list[CaseList] = []
        self.census: CaseCensus | None = None  # where the lists are a part of an archive
        self.expected: Json | None = None
        self.oracle: Json | None = None


class CaseWorld(World):
    """The world that a case describes; it needs no file."""

    def __init__(self, native: str, texts: list[bytes]) -> None:
        super().__init__(native)
        self._texts = texts
        self.stanzas: list[Stanza] = []  # of all lists, by the number of the version
        self.kept_census: CaseCensus | None = None

    def take_census(self, universe: Universe, residual: Iterable[int]) -> Census:
        """Return all packages that apt's cache would hold, or what the case has kept of them."""
        if self.kept_census is None:
            return super().take_census(universe, residual)
        from foretell.apt.packages.kept_census import KeptCensus

        return KeptCensus(universe, *self.kept_census)

    def task_members(self, task: bytes) -> set[tuple[bytes, bytes]]:
        """Return (package, version) of every stanza whose Task field names ``task``."""
        from foretell.apt.syntax.deb822 import read_paragraphs

        found = set()
        for path, text in zip(self.lists, self._texts, strict=True):
            for _, fields in read_paragraphs(text, path):
                if task in fields.get(b"task", b"").replace(b",", b" ").split():
                    found.add((fields[b"package"], fields[b"version"]))
        return found


def take_fields(fields: dict[bytes, bytes], names: Sequence[str]) -> Stanza:
    """Return those of ``fields`` (by lower-case name) that are in ``names``, in that order.

    A folded value becomes one line: white space decides nothing.

    >>> take_fields({b"depends": b"b,\\n c", b"package": b"a"}, ("Package", "Depends"))
    {'Package': 'a', 'Depends': 'b, c'}
    """
    taken = {}
    for name in names:
        value = fields.get(name.lower().encode())
        if value:
            if b"\n" in value:
                value = b" ".join(value.split())
            taken[name] = value.decode("utf-8", "surrogateescape")
    return taken


def stanza_text(stanza: Stanza) -> bytes:
    """Return a stanza as a control file has it, without the empty line that ends it."""
    lines = [f"{name}: {value}\n" for name, value in stanza.items()]
    return "".join(lines).encode("utf-8", "surrogateescape")


# -- writing -----------------------------------------------------------------------------------


def format_case(case: Case) -> bytes:
    """Return the file of a case: JSON in ASCII, one stanza a line; the same case, same bytes."""
    import json

    dumps = json.dumps
    parts = [f' "schema": {dumps(SCHEMA)}']
    parts += [f" {dumps(name)}: {dumps(value)}" for name, value in _plain_parts(case)]
    if case.expected:
        parts.append(f' "expected": {_format_expected(case.expected)}')
    parts.append(f' "status": {_rows(case.status, "  ")}')
    if case.pins:
        parts.append(f' "pins": {_rows(case.pins, "  ")}')
    if case.census:
        rows = _rows(case.census.rows, "   ")
        parts.append(f' "census": {{\n  "count": {case.census.total},\n  "packages": {rows}}}')
    lists = ",".join(map(_format_list, case.lists))
    parts.append(f' "lists": [{lists}]')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode("ascii")


def _plain_parts(case: Case) -> Iterator[tuple[str, object]]:
    """Yield the small members of a case that say something."""
    request: Json = {"verb": case.request.verb, "words": case.request.words}
    request["reinstall"] = case.request.reinstall
    request["only-upgrade"] = case.request.only_upgrade
    request["allow-new"] = case.request.allow_new
    members: list[tuple[str, object]] = [
        ("title", case.title),
        ("native", case.native),
        ("foreign", case.foreign),
        ("solver-version", case.solver_version),
        ("solver-why", case.solver_why),
        ("request", request),
        ("oracle", case.oracle),
        ("settings", case.settings),
        ("target-release", case.target_release),
        ("kernel", case.kernel),
        ("automatic", _marks(case.automatic)),
        ("status-path", case.status_path),
    ]
    for name, value in members:
        if value:
            yield name, value


def _marks(automatic: set[tuple[str, str]]) -> list[Json]:
    return [{"package": name, "architecture": arch} for name, arch in sorted(automatic)]


def _rows(rows: Sequence[object], indent: str) -> str:
    """Return a JSON array with one row a line."""
    import json

    if not rows:
        return "[]"
    lines = ",\n".join(indent + json.dumps(row) for row in rows)
    return f"[\n{lines}\n{indent[1:]}]"


def _format_expected(expected: Json) -> str:
    import json

    members = []
    for name, value in expected.items():
        text = _rows(value, "   ") if isinstance(value, list) else json.dumps(value)
        members.append(f"{json.dumps(name)}: {text}")
    return "{\n  " + ",\n  ".join(members) + "\n }"


def _format_list(part: CaseList) -> str:
    import json

    members = []
    if part.path:
        members.append(f'"path": {json.dumps(part.path)}')
    if part.release:
        members.append(f'"release": {json.dumps(part.release)}')
    if part.positions:
        members.append(f'"positions": {json.dumps(part.positions)}')
    members.append(f'"stanzas": {_rows(part.stanzas, "   ")}')
    return "{\n  " + ",\n  ".join(members) + "}"


# -- reading -----------------------------------------------------------------------------------


def read_case(path: str) -> Case:
    """Return the case in the file at ``path``.

    Raises ``OSError`` when it cannot be read and `InputError` when it is not a case.
    """
    with open(path, "rb") as file:
        data = file.read(CASE_BYTES_MAX + 1)
    return parse_case(data, path)


def parse_case(data: bytes, path: str) -> Case:
    """Return the case in ``data``; ``path`` is for messages.  Raises `InputError`."""
    reader = _Reader(path)
    top = reader.load(data)
    if top.get("schema") != SCHEMA:
        raise reader.error("schema", f"not {SCHEMA!r}")
    native = reader.architecture(top.get("native"), "native")
    case = Case(native, reader.request(top.get("request")))
    case.title = reader.text(top, "title")
    case.foreign = [
        reader.architecture(name, "foreign") for name in reader.array(top.get("foreign"), "foreign")
    ]
    case.solver_version = reader.text(top, "solver-version") or DEFAULT_VERSION
    if case.solver_version not in VERSIONS:
        raise reader.error("solver-version", f"not one of {', '.join(VERSIONS)}")
    case.solver_why = reader.text(top, "solver-why")
    case.settings = reader.settings(top.get("settings"))
    _settle_request(case)
    case.target_release = reader.text(top, "target-release")
    case.kernel = reader.text(top, "kernel")
    case.status = reader.stanzas(top.get("status"), "status", is_needed=True)
    case.status_path = reader.text(top, "status-path")
    case.automatic = reader.marks(top.get("automatic"))
    case.pins = reader.stanzas(top.get("pins"), "pins")
    lists = reader.array(top.get("lists"), "lists", is_needed=True)
    if len(lists) > LIST_COUNT_MAX:
        raise reader.error("lists", f"more than {LIST_COUNT_MAX} lists")
    case.lists = [reader.package_list(part, f"lists[{at}]") for at, part in enumerate(lists)]
    if top.get("census") is not None:
        case.census = reader.census(top["census"])
    case.expected = reader.optional(top, "expected")
    case.oracle = reader.optional(top, "oracle")
    return case


def _settle_request(case: Case) -> None:
    """Let the settings ask for what a command line asks by an option."""
    from foretell.apt.syntax.configuration import parse_bool

    def is_set(name: str) -> bool:
        return parse_bool(str(case.settings.get(name, "")), default=False)

    case.request.auto_remove |= is_set("APT::Get::AutomaticRemove")
    case.request.purge |= is_set("APT::Get::Purge")


class _Reader:
    """Take what a case needs out of JSON values of any shape."""

    def __init__(self, path: str) -> None:
        self.path = path

    def error(self, where: str, what: str) -> InputError:
        return InputError("bad-case", f"{where} is {what}", path=self.path, rule=_RULE)

    def load(self, data: bytes) -> Json:
        import json

        if len(data) > CASE_BYTES_MAX:
            raise InputError(
                "file-too-long", f"file of more than {CASE_BYTES_MAX} bytes", path=self.path
            )
        try:
            top = json.loads(data)
        except RecursionError:
            raise self.error("the file", "nested too deeply") from None
        except json.JSONDecodeError as error:
            raise InputError(
                "bad-json", error.msg, path=self.path, line=error.lineno, rule="JSON (RFC 8259)"
            ) from None
        except ValueError:  # not UTF-8, or a number of thousands of digits
            raise self.error("the file", "not JSON in UTF-8") from None
        return self.mapping(top, "the file")

    def mapping(self, value: object, where: str) -> Json:
        if isinstance(value, dict):
            return value
        raise self.error(where, "missing" if value is None else "not an object")

    def optional(self, top: Json, name: str) -> Json | None:
        return None if top.get(name) is None else self.mapping(top[name], name)

    def array(self, value: object, where: str, *, is_needed: bool = False) -> list[object]:
        if value is None and not is_needed:
            return []
        if isinstance(value, list):
            return value
        raise self.error(where, "missing" if value is None else "not an array")

    def string(self, value: object, where: str) -> str:
        """Return a string of UTF-8 and stray bytes."""
        if not isinstance(value, str):
            raise self.error(where, "missing" if value is None else "not a string")
        try:
            value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise self.error(where, "not text: it has half a surrogate pair") from None
        return value

    def text(self, owner: Json, name: str) -> str:
        return self.string(owner[name], name) if name in owner else ""

    def flag(self, owner: Json, name: str, *, default: bool = False) -> bool:
        value = owner.get(name, default)
        if isinstance(value, bool):
            return value
        raise self.error(name, "neither true nor false")

    def architecture(self, value: object, where: str) -> str:
        text = self.string(value, where)
        if _ARCHITECTURE.fullmatch(text):
            return text
        raise self.error(where, "not the name of an architecture")

    def request(self, value: object) -> Request:
        found = self.mapping(value, "request")
        verb = self.text(found, "verb")
        if verb not in VERBS:
            raise self.error("verb", f"not one of {', '.join(VERBS)}")
        words = self.array(found.get("words"), "words")
        return Request(
            verb,
            [self.string(word, "words") for word in words],
            reinstall=self.flag(found, "reinstall"),
            only_upgrade=self.flag(found, "only-upgrade"),
            allow_new=self.flag(found, "allow-new", default=True),
        )

    def settings(self, value: object) -> dict[str, str | list[str]]:
        found: dict[str, str | list[str]] = {}
        for name, given in self.mapping({} if value is None else value, "settings").items():
            where = f"settings: {self.string(name, 'settings')!r}"
            if isinstance(given, list):
                found[name] = [self.string(item, where) for item in given]
            else:
                found[name] = self.string(given, where)
        return found

    def marks(self, value: object) -> set[tuple[str, str]]:
        found = set()
        for row in self.array(value, "automatic"):
            mark = self.mapping(row, "automatic")
            found.add((self.text(mark, "package"), self.text(mark, "architecture")))
        return found

    def stanzas(self, value: object, where: str, *, is_needed: bool = False) -> list[Stanza]:
        rows = self.array(value, where, is_needed=is_needed)
        return [self.stanza(row, f"{where}[{at}]") for at, row in enumerate(rows)]

    def stanza(self, value: object, where: str) -> Stanza:
        stanza: Stanza = {}
        for name, given in self.mapping(value, where).items():
            text = self.string(given, f"{where}: {name!r}")
            if not (_FIELD_NAME.fullmatch(name) and _FIELD_VALUE.fullmatch(text)):
                raise self.error(f"{where}: {name!r}", "not a field (deb822(5))")
            stanza[name] = text
        if not stanza:
            raise self.error(where, "empty")
        return stanza

    def package_list(self, value: object, where: str) -> CaseList:
        found = self.mapping(value, where)
        part = CaseList()
        part.path = self.text(found, "path")
        part.stanzas = self.stanzas(found.get("stanzas"), f"{where}.stanzas", is_needed=True)
        release = self.mapping(found.get("release", {}), f"{where}.release")
        for name in RELEASE_TEXTS:
            if name in release:
                part.release[name] = self.text(release, name)
        for name in _RELEASE_FLAGS:
            if name in release:
                part.release[name] = self.flag(release, name)
        for row in self.array(found.get("positions"), f"{where}.positions"):
            part.positions.append(self.position(row, f"{where}.positions"))
        if part.positions and len(part.positions) != len(part.stanzas):
            raise self.error(f"{where}.positions", "not as long as the stanzas")
        return part

    def census(self, value: object) -> CaseCensus:
        from foretell.apt.packages.kept_census import COUNT_MAX

        found = self.mapping(value, "census")
        count = found.get("count")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= COUNT_MAX:
            raise self.error("census.count", f"not a number from 0 to {COUNT_MAX}")
        rows = []
        for at, row in enumerate(self.array(found.get("packages"), "census.packages")):
            where = f"census.packages[{at}]"
            match row:
                case [str(), str(), int(number), int(place)] if (
                    0 <= number < count and 0 <= place < count
                ):
                    names = (self.string(row[0], where), self.string(row[1], where))
                    rows.append((*names, int(number), int(place)))
                case _:
                    raise self.error(where, "not a name, an architecture and two places")
        for column in (2, 3):
            if len({row[column] for row in rows}) < len(rows):
                raise self.error("census.packages", "two packages in one place")
        return CaseCensus(count, rows)

    def position(self, value: object, where: str) -> tuple[int, int]:
        match value:
            case [int(offset), int(length)] if (
                0 <= offset <= OFFSET_MAX and 0 <= length <= LENGTH_MAX
            ):
                return int(offset), int(length)
            case _:
                raise self.error(where, "not an offset and a length")


# -- the world ---------------------------------------------------------------------------------


def make_world(case: Case, path: str) -> CaseWorld:
    """Return the world of a case that was read from ``path``.

    Raises `InputError` for a status, pin or package list that breaks its format; the line is
    that of the text which the stanzas make.
    """
    from foretell.apt.requests.settings import settled_configuration
    from foretell.apt.system.preferences import parse_preferences

    texts = [b"\n".join(map(stanza_text, part.stanzas)) for part in case.lists]
    world = CaseWorld(case.native, texts)
    world.root = path  # no folder: the world has no file system
    world.foreign = case.foreign
    world.lists = [part.path or f"{path}#lists/{at}" for at, part in enumerate(case.lists)]
    world.files = [_package_file(part.release) for part in case.lists]
    status = b"\n".join(map(stanza_text, case.status))
    world.installed = parse_status(status, f"{path}#status")
    world.status_path = case.status_path or f"{path}#status"
    world.automatic = case.automatic
    pins = b"\n".join(map(stanza_text, case.pins))
    world.pins = parse_preferences(pins, f"{path}#pins").pins
    world.target_release = case.target_release
    world.kernel = case.kernel
    world.solver_why = case.solver_why
    world.kept_census = case.census
    world.stanzas = [stanza for part in case.lists for stanza in part.stanzas]
    settings = {OPTION: SOLVER, **case.settings}
    world.configuration = settled_configuration(path, case.native, settings)
    world.use_archive(_build_archive(case, texts, path))
    return world


def _package_file(release: dict[str, str | bool]) -> PackageFile:
    file = PackageFile()
    for name, value in release.items():
        setattr(file, name.replace("-", "_"), value)
    return file


def _build_archive(case: Case, texts: list[bytes], path: str) -> Archive:
    """Index the lists of a case in memory."""
    from functools import partial

    from foretell.apt.packages.index import encode_index, parse_index
    from foretell.apt.packages.index_build import Builder

    builder = Builder(case.native, case.foreign)
    for at, text in enumerate(texts):
        builder.add_list(partial(iter, [text]), f"{path}#lists/{at}")
    key = bytes(32)
    archive = parse_index(memoryview(b"".join(encode_index(key, builder.finish()))), key)
    known = (case.native, *case.foreign, "all")
    if archive.n_versions != sum(len(part.stanzas) for part in case.lists):
        raise InputError(
            "bad-case",
            f"a package of the lists is of none of the architectures {', '.join(known)}",
            path=path,
            rule=_RULE,
        )
    _restore_positions(archive, case)
    return archive


def _restore_positions(archive: Archive, case: Case) -> None:
    """Let evidence name the places where the stanzas were read first."""
    from array import array

    offsets, lengths = array("Q", archive.ver_off), array("I", archive.ver_len)
    start = 0
    for part in case.lists:
        for at, (offset, length) in enumerate(part.positions, start):
            offsets[at], lengths[at] = offset, length
        start += len(part.stanzas)
    archive.ver_off, archive.ver_len = memoryview(offsets), memoryview(lengths)
