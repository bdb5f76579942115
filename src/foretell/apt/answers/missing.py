"""What does a plan leave out: suggestions, recommendations, upgrades that wait?"""

from __future__ import annotations

from foretell.apt.answers.place import locate
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.predict import Answer
    from foretell.apt.packages.universe import Universe

__all__ = ["deferred", "missing_relations", "not_upgraded"]


def missing_relations(answer: Answer, kind: int) -> Iterator[list[tuple[int, str | None, bool]]]:
    """Yield the or-groups of one type that newly installed packages have.

    Each alternative is its target, the version of the target's candidate and whether the plan
    satisfies it.
    """
    state, planned = answer.state, answer.planned
    assert state is not None
    assert planned is not None
    universe = state.universe
    for change in answer.changes:
        if change.action != "install":
            continue
        for group in universe.relations(change.new):
            if universe.group_type(group) != kind:
                continue
            members = []
            for target, operator, wanted in _members(answer, group):
                candidate = state.candidate(_by_label(universe, target))
                text = (
                    universe.version_string(candidate).decode("utf-8", "surrogateescape")
                    if candidate >= 0
                    else None
                )
                members.append((target, text, _is_satisfied(answer, target, operator, wanted)))
            yield members


def _by_label(universe: Universe, package: int) -> int:
    """Return the package that apt finds by what it prints for one.

    A relation on ``name:architecture`` is on a package of that whole name, which has no versions.
    """
    name, _, architecture = universe.name(package).partition(b":")
    found = universe.find(name, architecture) if architecture else package
    return found if found >= 0 else package


def _members(answer: Answer, group: int) -> list[tuple[int, int, bytes]]:
    """Return the alternatives of an or-group; an error in it says where it stands."""
    assert answer.state is not None
    try:
        return answer.state.universe.members(group)
    except InputError as error:
        locate(error, answer.world)
        raise


def _is_satisfied(answer: Answer, target: int, operator: int, wanted: bytes) -> bool:
    assert answer.state is not None
    assert answer.planned is not None
    versions = answer.planned.versions
    return bool(answer.state.universe.fulfilling(versions, target, operator, wanted))


def deferred(answer: Answer) -> list[int]:
    """Return those of `not_upgraded` that phasing puts off, by name."""
    state = answer.state
    assert state is not None
    if state.phasing is None:
        return []
    is_deferred = state.phasing.is_deferred
    return [p for p in not_upgraded(answer) if is_deferred(state.policy_candidate(p))]


def not_upgraded(answer: Answer) -> list[int]:
    """Return the installed packages that stay below their candidate, by name."""
    state, planned = answer.state, answer.planned
    assert state is not None
    assert planned is not None
    universe = state.universe
    found = []
    for package, installed in state.installed.items():
        candidate = state.candidate(package)
        if candidate in {installed, -1} or planned.versions.get(package) != installed:
            continue
        if universe.version_key(candidate) > universe.version_key(installed):
            found.append(package)
    return sorted(found, key=universe.name)
