"""How does one file hold everything that an answer rests on, so that it can be had again?

A capture is a `case.Case` whose lists hold only the stanzas that the search reached, and those
that decide how it sees them: newer binaries of the same sources, names that relations qualify
with another architecture, what the plan leaves out.  Before it is written it is solved again; if
the answer or a reason differs, every stanza is taken.
"""

from __future__ import annotations

import os

from foretell import __version__
from foretell.apt.answers.missing import missing_relations, not_upgraded
from foretell.apt.answers.predict import predict
from foretell.apt.answers.unmet import unmet_packages
from foretell.apt.cases.case import (
    ARCHIVE_FIELDS,
    RELEASE_TEXTS,
    STATUS_FIELDS,
    Case,
    CaseCensus,
    CaseList,
    CaseWorld,
    format_case,
    make_world,
    parse_case,
    read_case,
    take_fields,
)
from foretell.apt.model import RECOMMENDS, REPLACES, SUGGESTS
from foretell.apt.selection.naming import is_pattern
from foretell.apt.selection.pattern_words import plain_words
from foretell.apt.system.kernels import image_release
from foretell.apt.system.solver_name import OPTION
from foretell.apt.system.state import CLASSIC
from foretell.errors import ForetellError, InputError, UsageError
from foretell.kernel.rename import write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe
    from foretell.apt.requests.request import Request
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.world import World

__all__ = [
    "MACHINE_ID",
    "describe",
    "machine_id",
    "make_case",
    "needed_packages",
    "needed_versions",
    "read_capture",
    "write_capture",
]

MACHINE_ID = "APT::Machine-ID"
# The parts of `describe` that a case keeps as its expected answer.
_EXPECTED = ("verdict", "changes", "autoremovable", "marks")


def write_capture(answer: Answer, path: str, *, solver_version: str) -> None:
    """Write the problem behind ``answer`` to ``path``: whole, and replayed before, or not at all.

    Raises `InputError` when the lists changed since they were read, `UsageError` for a path that
    is no regular file, ``OSError`` when it cannot be written.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise UsageError("not-a-file", "a capture is written to a regular file", path=path)
    if answer.request.verb == "build-dep":
        raise UsageError(
            "not-modelled",
            "a capture holds no lists of source packages yet",
            hint="ask apt satisfy for the build dependencies instead",
        )
    told = describe(answer)
    for versions in (needed_versions(answer), None):
        case = make_case(answer, versions, solver_version=solver_version)
        if versions is not None and _is_classic(answer):
            case.census = _keep_census(answer, case, path)
        case.expected = {name: told[name] for name in _EXPECTED if name in told}
        case.oracle = {"name": "foretell", "version": __version__}
        data = format_case(case)
        if _replays(data, path, told):
            write_whole(path, data)
            return
    raise InputError(
        "capture-differs",
        "the captured problem does not give the same answer",
        path=path,
        hint="the lists may have changed meanwhile: ask once more",
    )


def _is_classic(answer: Answer) -> bool:
    """Say whether the classic solver was asked, though solver3 may have answered."""
    return answer.state is not None and answer.state.solver_name == CLASSIC


def _keep_census(answer: Answer, case: Case, path: str) -> CaseCensus:
    """Return the places, in the whole archive's cache, of what the stanzas of a case create."""
    from foretell.apt.packages.kept_census import keep_rows

    census = answer.recording().state.census()
    part = make_world(case, path).state().census()
    return CaseCensus(census.count, keep_rows(census, part))


def read_capture(path: str) -> tuple[World, Request, str]:
    """Return the world, the request and the solver version of the capture at ``path``.

    Raises ``OSError`` when it cannot be read and `InputError` when it is no capture.
    """
    case = read_case(path)
    return make_world(case, path), case.request, case.solver_version


def _replays(data: bytes, path: str, told: dict[str, object]) -> bool:
    """Say whether solving a capture gives the answer that was told."""
    try:
        case = parse_case(data, path)
        world = make_world(case, path)
        again = predict(world, case.request, solver_version=case.solver_version)
    except ForetellError:
        return False
    return describe(again) == told


# -- the answer ----------------------------------------------------------------------------------


def describe(answer: Answer) -> dict[str, object]:
    """Return all that an answer says as plain values: equal ones are the same answer."""
    from foretell.model.reason import reasons_as_json

    told: dict[str, object] = {"verdict": answer.verdict}
    told["reasons"] = reasons_as_json(answer.prediction.reasons)
    state = answer.state
    if state is None:
        return told
    universe = state.universe
    told["changes"] = [
        {
            **_package(universe, change.package),
            "action": change.action,
            "version": _version(universe, change.new),
            "from": _version(universe, change.old),
            "automatic": change.automatic,
        }
        for change in answer.changes
    ]
    told["autoremovable"] = [_package(universe, package) for package in answer.autoremovable]
    told["marks"] = [
        {**_package(universe, package), "automatic": automatic}
        for package, automatic in answer.marks
    ]
    told["notes"] = [
        (
            note.kind,
            _package(universe, note.package) if note.package >= 0 else note.text,
            _version(universe, note.version),
        )
        for note in answer.notes
    ]
    if answer.planned is not None:
        told["waiting"] = [_package(universe, package) for package in not_upgraded(answer)]
        told["missing"] = [
            [(_package(universe, target), *rest) for target, *rest in members]
            for kind in (RECOMMENDS, SUGGESTS)
            for members in missing_relations(answer, kind)
        ]
    return told


def _package(universe: Universe, package: int) -> dict[str, str]:
    name, architecture = universe.name(package), universe.architecture(package)
    return {"package": _text(name), "architecture": _text(architecture)}


def _version(universe: Universe, version: int) -> str | None:
    return _text(universe.version_string(version)) if version >= 0 else None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


# -- the case ------------------------------------------------------------------------------------


def make_case(answer: Answer, versions: Iterable[int] | None, *, solver_version: str) -> Case:
    """Return the case of an answer with the stanzas of ``versions`` only, or with all (None).

    Raises `InputError` when a list does not hold its stanzas any more.
    """
    from foretell.apt.requests.settings import decisive_settings

    world = answer.world
    case = Case(world.native, _plain_request(answer))
    case.foreign = world.foreign
    case.solver_version = solver_version
    case.solver_why = answer.choice.why
    if world.configuration is not None:
        case.settings = decisive_settings(world.configuration)
        state = answer.state
        if state is not None and state.phasing is not None and state.phasing.was_asked:
            case.settings = {**case.settings, MACHINE_ID: machine_id(world)}
        case.settings = {**case.settings, OPTION: answer.choice.name}
    if answer.request.auto_remove and answer.request.verb != "autoremove":
        case.settings = {**case.settings, "APT::Get::AutomaticRemove": "1"}
    if answer.request.purge and answer.request.verb != "purge":
        case.settings = {**case.settings, "APT::Get::Purge": "1"}
    case.target_release = world.target_release
    names = (_text(entry.fields[b"package"]) for entry in world.installed if entry.is_here)
    if world.kernel and world.kernel in map(image_release, names):
        case.kernel = world.kernel
    case.status = [take_fields(entry.fields, STATUS_FIELDS) for entry in world.installed]
    case.status_path = world.status_path
    here = {_text(entry.fields[b"package"]) for entry in world.installed}
    case.automatic = {mark for mark in world.automatic if mark[0] in here}
    case.pins = list(map(_pin_stanza, world.pins))
    case.lists = _make_lists(world, versions)
    return case


def machine_id(world: World) -> str:
    """Return the machine-id(5) by which phasing draws, an empty string if there is none."""
    given = world.configuration.find(MACHINE_ID) if world.configuration is not None else ""
    return given or world.machine.decode("utf-8", "surrogateescape")


def _pin_stanza(pin: Pin) -> dict[str, str]:
    from foretell.apt.system.preferences import NEVER

    data = f'"{pin.data}"' if pin.type == "origin" else pin.data
    return {
        "Package": " ".join(word.text for word in pin.packages) or "*",
        "Pin": f"{pin.type} {data}".rstrip(),
        "Pin-Priority": "never" if pin.priority == NEVER else str(pin.priority),
    }


def _make_lists(world: World, versions: Iterable[int] | None) -> list[CaseList]:
    archive = world.archive
    wanted: list[list[int]] = [[] for _ in world.lists]
    for version in range(archive.n_versions) if versions is None else sorted(versions):
        wanted[archive.ver_file[version]].append(version)
    # Only pins on an origin name the host that a list came from.
    has_site = any(pin.type == "origin" for pin in world.pins)
    lists = []
    for path, file, own in zip(world.lists, world.files, wanted, strict=True):
        part = CaseList()
        part.path = path
        part.positions = [(archive.ver_off[v], archive.ver_len[v]) for v in own]
        if isinstance(world, CaseWorld):
            part.stanzas = [world.stanzas[version] for version in own]
        else:
            part.stanzas = _read_stanzas(path, part.positions)
        for name in RELEASE_TEXTS:
            value = getattr(file, name)
            if value is not None and (has_site or name != "site"):
                part.release[name] = value
        part.release["not-automatic"] = file.not_automatic
        part.release["but-automatic-upgrades"] = file.but_automatic_upgrades
        lists.append(part)
    return lists


def _read_stanzas(path: str, places: Sequence[tuple[int, int]]) -> list[dict[str, str]]:
    """Return the decisive fields of the stanzas at some offsets of an unpacked list."""
    from foretell.apt.packages.index_read import whole_stanzas
    from foretell.apt.syntax.compression import open_chunks
    from foretell.apt.syntax.deb822 import parse_fields

    if not places:
        return []
    stanzas: list[dict[str, str]] = []
    start = 0
    for block in whole_stanzas(open_chunks(path), path):
        end = start + len(block)
        while len(stanzas) < len(places) and places[len(stanzas)][0] < end:
            offset, length = places[len(stanzas)]
            text = block[offset - start : offset - start + length]
            stanzas.append(take_fields(parse_fields(text, path, 1), ARCHIVE_FIELDS))
        start = end
    if len(stanzas) < len(places) or not all("Package" in stanza for stanza in stanzas):
        raise InputError(
            "list-changed",
            "the list is not the one that was read before",
            path=path,
            hint="ask once more",
        )
    return stanzas


# -- what an answer rests on ---------------------------------------------------------------------


def needed_versions(answer: Answer) -> set[int]:
    """Return the archive's versions whose stanzas an answer rests on."""
    state = answer.state
    if state is None:
        return set()
    universe = state.universe
    packages = needed_packages(answer)
    found = {version for package in packages for version in universe.versions(package)}
    found = {version for version in found if version < universe.n_versions}
    found |= _newer_siblings(universe, found)
    found |= _foreign_mentions(answer.world, universe, found)
    following = universe.archive.ver_next
    for version in tuple(found):
        at = following[version] - 1
        while at >= 0:
            found.add(at)
            at = following[at] - 1
    return found


def _plain_request(answer: Answer) -> Request:
    """Return the request with names for patterns, which ask about the whole archive."""
    request = answer.request
    if answer.state is None or not any(map(is_pattern, request.words)):
        return request
    return request.with_words(plain_words(request.words, answer.state, answer.world))


def needed_packages(answer: Answer) -> set[int]:
    """Return the packages that an answer rests on, siblings from newer sources apart."""
    state = answer.state
    assert state is not None
    universe = state.universe
    packages = {
        *state.installed,
        *state.held,
        *state.residual,
        *state.mode,
        *state.protected,
        *state.chosen,
        *state.followed,
        *state.purged,
        *universe.essential(),
        *_named_packages(answer.request, universe),
    }
    if answer.planned is not None:
        for kind in (RECOMMENDS, SUGGESTS):
            for members in missing_relations(answer, kind):
                packages.update(target for target, _, _ in members)
    if answer.verdict == "unsatisfiable":
        packages |= _unmet_packages(answer, universe)
    if _is_classic(answer):
        packages |= _classic_packages(answer)
    if answer.search is None:
        return packages
    solver = answer.search.solver
    variable = solver.discovered.find(1)
    while 0 <= variable < solver.root:
        packages.add(_package_of(universe, variable))
        for clause in solver.owned[variable] or ():
            packages.update(_package_of(universe, alternative) for alternative in clause[1])
        variable = solver.discovered.find(1, variable + 1)
    return packages


def _unmet_packages(answer: Answer, universe: Universe) -> set[int]:
    """Return what the relations are about that apt shows when it refuses, and what provides it."""
    relations = [relation for found in unmet_packages(answer) for relation in found.relations]
    packages = {target.package for _, targets in relations for target in targets}
    providers = {universe.package(v) for target in packages for v, _ in universe.provides(target)}
    return packages | providers


def _classic_packages(answer: Answer) -> set[int]:
    """Return what the classic solver has asked about, and what the relations it followed mean."""
    recording = answer.recording()
    universe = recording.state.universe
    found = recording.cache.asked_about()
    targets = set(found)
    for version in recording.walked:
        for group in universe.relations(version) if version >= 0 else ():
            targets.update(target for target, _, _ in universe.members(group))
    found |= targets
    for target in targets:
        found.update(universe.package(owner) for owner, _ in universe.provides(target))
    return {package for package in found if package < universe.package_count()}


def _package_of(universe: Universe, variable: int) -> int:
    return universe.package(variable >> 1) if variable & 1 else variable >> 1


def _named_packages(request: Request, universe: Universe) -> set[int]:
    """Return the packages that the words may name, and what provides them."""
    import re

    found: set[int] = set()
    for word in request.words:
        name = re.split("[=/:]", word)[0].encode("utf-8", "surrogateescape")
        for spelling in {name, name.rstrip(b"+-")}:
            package = universe.find(spelling)
            if package >= 0:
                found.add(package)
                found.update(universe.package(owner) for owner, _ in universe.provides(package))
    return found


def _newer_siblings(universe: Universe, versions: set[int]) -> set[int]:
    """Return the versions from newer sources that can make one of ``versions`` obsolete."""
    found: set[int] = set()
    for version in versions:
        found.update(universe.binaries.newer(version))
    return found


def _foreign_mentions(world: World, universe: Universe, versions: set[int]) -> set[int]:
    """Return the stanzas that name a package of another architecture which matters.

    ``Depends: gcc:arm64`` anywhere gives apt another package ``gcc``, and every Replaces on that
    name another copy.
    """
    archive = universe.archive
    phantoms = set(archive.phantoms())
    if not phantoms:
        return set()
    replaced = set()
    for version in versions:
        for group in universe.relations(version):
            if universe.group_type(group) == REPLACES:
                replaced.add(universe.group_text(group).split(b" ", 1)[0])
    names = phantoms & replaced
    if not names:
        return set()
    number_at = {
        place: version
        for version, place in enumerate(zip(archive.ver_file, archive.ver_off, strict=True))
    }
    mentions = _find_mentions(world, names, universe.native)
    return {number_at[place] for place in mentions if place in number_at}


def _find_mentions(world: World, names: set[bytes], native: bytes) -> set[tuple[int, int]]:
    """Return list and offset of each stanza with ``name:architecture`` for one of ``names``."""
    import re

    from foretell.apt.packages.index_read import whole_stanzas
    from foretell.apt.syntax.compression import open_chunks

    found = set()
    spelling = re.compile(
        rb"[\s,|](?:%s):(?!(?:any|native|%s)\b)[a-z]"
        % (b"|".join(map(re.escape, sorted(names))), re.escape(native))
    )
    for number, path in enumerate(world.lists):
        start = 0
        for block in whole_stanzas(open_chunks(path), path):
            for match in spelling.finditer(block):
                gap = block.rfind(b"\n\n", 0, match.start())
                found.add((number, start if gap < 0 else start + gap + 2))
            start += len(block)
    return found
