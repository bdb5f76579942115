"""How does what is said about the words of a request reach the screen?"""

from __future__ import annotations

from foretell.apt.model import ARCHITECTURE_ALL, REPLACES
from foretell.cli.apt_shown import shown_label, shown_text
from foretell.render import apt as screens
from foretell.render import apt_words as words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.apt.queries.reverse import Reverse
    from foretell.apt.requests.notes import Note, WordsError
    from foretell.apt.system.state import State
    from foretell.apt.system.world import World
    from foretell.render.apt import Layout

__all__ = ["refused_words_text", "word_notices"]


def word_notices(notes: Iterable[Note], state: State, world: World, layout: Layout) -> list[str]:
    """Return the lines about words that stand before the plan."""
    return [
        note.text if note.kind == "text" else _notice(note, state, world)
        for note in notes
        if layout.quiet == 0 or note.kind not in words.TERMINAL_NOTES
    ]


def _notice(note: Note, state: State, world: World) -> str:
    label = shown_label(state.universe, note.package)
    if note.kind == "newest":
        return screens.notice_already_newest(label, _version(state, note.version))
    if note.kind == "not-installed" and note.version >= 0:
        other = shown_label(state.universe, state.universe.package(note.version))
        return screens.notice_not_installed(label, other)
    if note.kind in {"glob", "regex", "task"}:
        return words.notice_selected(label, note.kind, shown_text(note.text.encode()))
    if note.kind == "instead":
        provider = state.universe.package(note.version)
        return words.notice_instead(shown_label(state.universe, provider), label)
    if note.kind == "version":
        cause = shown_label(state.universe, note.cause) if note.cause >= 0 else None
        origin = _origin(state, world, note.version)
        return words.notice_version(label, _version(state, note.version), origin, cause)
    makers = {
        "no-reinstall": words.notice_no_reinstall,
        "not-installed": screens.notice_not_installed,
        "only-upgrades": screens.notice_only_upgrades,
        "set-manual": screens.notice_set_manual,
        "virtual": words.notice_virtual,
    }
    return makers[note.kind](label)


def _origin(state: State, world: World, version: int) -> str:
    """Return where a version comes from, as apt names its lists: the status file has no name."""
    universe = state.universe
    found = []
    for number in universe.files(version):
        file = world.files[number]
        place = "/".join(part for part in (file.version, file.archive) if part) or file.codename
        found.append(f"{file.label}:{place}" if file.label else f"{place}")
    is_all = universe.meta(version) & ARCHITECTURE_ALL
    architecture = b"all" if is_all else universe.architecture(universe.package(version))
    return f"{', '.join(dict.fromkeys(found))} [{shown_text(architecture)}]"


def refused_words_text(error: WordsError, world: World, layout: Layout) -> str:
    """Return what apt says on standard output before it refuses words."""
    from foretell.apt.queries.reverse import Reverse

    state = error.state
    lines = word_notices(error.notes, state, world, layout)
    text = "".join(f"{line}\n" for line in lines)
    reverse = Reverse(state)
    for package, candidates in error.lacking.items():
        text += _lacking(package, candidates, state, reverse, layout)
    return text


def _lacking(
    package: int, candidates: Mapping[int, int], state: State, reverse: Reverse, layout: Layout
) -> str:
    """Return what apt says of a package that cannot be had."""
    universe = state.universe

    def is_candidate(version: int) -> bool:
        owner = universe.package(version)
        return candidates.get(owner, state.policy_candidate(owner)) == version

    offers = universe.provides(package)
    good = [offer for offer in offers if is_candidate(offer[0])]
    providers = [
        (
            shown_label(state.universe, universe.package(version)),
            _version(state, version),
            shown_text(given),
        )
        for version, given in good or offers
    ]
    replacing: list[str] = []
    if not providers:
        relations = reverse.relations_on(package, implied=True)
        owners = [universe.package(version) for version, kind, *_ in relations if kind == REPLACES]
        replacing = [shown_label(state.universe, owner) for owner in dict.fromkeys(owners)]
    label = shown_label(state.universe, package)
    return words.render_lacking(label, providers, replacing, layout, has_candidate=bool(good))


def _version(state: State, version: int) -> str:
    return shown_text(state.universe.version_string(version))
