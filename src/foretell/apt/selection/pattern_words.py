"""Which packages does an apt-patterns(7) expression in a request mean?

Behind the expression there may be ``=version``, ``/release`` and a sign that overrides the verb, as
behind a name.  As experiments with apt 3.0.3 show, what stands last is taken off first, even
if the expression would be valid with it: ``~na-`` removes what ``~na`` selects.
"""

from __future__ import annotations

from foretell.apt.selection.naming import is_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretell.apt.system.state import State
    from foretell.apt.system.world import World

__all__ = ["packages_of", "plain_words", "split_pattern"]


def split_pattern(word: str) -> tuple[str, str, str, str]:
    """Return the pattern, ``=`` or ``/``, the version or release, and the sign at the end.

    >>> split_pattern("~na=1-"), split_pattern("?installed")
    (('~na', '=', '1', '-'), ('?installed', '', '', ''))
    """
    sign = word[-1:] if word.endswith(("+", "-")) else ""
    text = word.removesuffix(sign)
    at = max(text.rfind("="), text.rfind("/"))
    if at < 0:
        return text, "", "", sign
    return text[:at], text[at], text[at + 1 :], sign


def packages_of(pattern: str, state: State, world: World) -> list[int]:
    """Return the packages that a pattern selects before anything is decided.

    They are found in another state of the same world, because asking adds versions of what has
    only configuration files left.  Raises `UsageError` and `Unmodelled`.
    """
    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.selection.pattern_match import select_packages

    fresh = world.state(state.profile, solver=state.solver_name, has_leftovers=True)
    catalogue = Catalogue(world, fresh)
    theirs, ours = catalogue.universe, state.universe
    found = select_packages(catalogue, pattern, takes_virtual=True)
    return [ours.add_package(theirs.name(p), theirs.architecture(p)) for p in found]


def plain_words(words: Iterable[str], state: State, world: World) -> list[str]:
    """Return words that mean the same without patterns."""
    found = []
    for word in words:
        if not is_pattern(word):
            found.append(word)
            continue
        pattern, mark, given, sign = split_pattern(word)
        names = map(state.universe.full_name, packages_of(pattern, state, world))
        found += [f"{name}{mark}{given}{sign}" for name in names]
    return found
