"""Which few facts are enough for the two sides to disagree?

Delta debugging: leave out ever smaller parts of the package lists, of the status file and of the
pins, then single fields, marks, settings and whole lists, and keep whatever still shows the
disagreement.
"""

from __future__ import annotations

from functools import partial

from foretell.model.minimize import Budget, minimize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from foretell.oracle.case import Document

    T = TypeVar("T")

__all__ = ["TRIALS_MAX", "reduce_case"]

TRIALS_MAX = 4000
# Without a size apt takes a version for one that cannot be downloaded.
_KEPT_FIELDS = frozenset(("Package", "Version", "Architecture", "Status", "Size"))


def reduce_case(
    document: Document,
    disagrees: Callable[[Document], bool],
    say: Callable[[str], object],
    *,
    trials_max: int = TRIALS_MAX,
) -> Document:
    """Return a smaller case for which ``disagrees`` still holds.

    ``say`` gets a line of progress now and then.
    """
    budget = Budget(trials_max)
    while budget.left > 0:
        before = document
        for path in _stanza_paths(document):
            document = _reduce_part(document, path, disagrees, budget, say)
        document = _drop_fields(document, disagrees, budget)
        document = _drop_members(document, disagrees, budget)
        if document == before:
            break
    return document


def _stanza_paths(document: Document) -> list[tuple[str | int, ...]]:
    """Return where stanzas are: in the lists, the largest part, and then in the status."""
    return [
        *(("lists", number, "stanzas") for number in range(len(document["lists"]))),
        ("status",),
        *([("pins",)] if document.get("pins") else []),
    ]


def _get(document: Document, path: tuple[str | int, ...]) -> list[dict[str, str]]:
    found = document
    for key in path:
        found = found[key]  # type: ignore[index]
    return found  # type: ignore[return-value]


def _with(document: Document, path: tuple[str | int, ...], value: object) -> Document:
    """Return a copy in which the list at ``path`` is ``value``."""
    copy = dict(document)
    if len(path) == 1:
        copy[str(path[0])] = value
        return copy
    lists = [dict(entry) for entry in document["lists"]]
    lists[int(path[1])]["stanzas"] = value
    copy["lists"] = lists
    return copy


def _reduce_part(
    document: Document,
    path: tuple[str | int, ...],
    disagrees: Callable[[Document], bool],
    budget: Budget,
    say: Callable[[str], object],
) -> Document:
    def still(part: list[dict[str, str]]) -> bool:
        if not disagrees(_with(document, path, part)):
            return False
        say(f"{len(part)} stanzas of {'.'.join(map(str, path))}, {budget.left} trials left")
        return True

    stanzas = minimize(_get(document, path), still, budget)
    return _with(document, path, stanzas)


def _drop_fields(
    document: Document, disagrees: Callable[[Document], bool], budget: Budget
) -> Document:
    """Leave out fields, and or-groups of relations, that do not matter."""
    for path in _stanza_paths(document):
        if path == ("pins",):  # each of a pin's fields is needed
            continue
        for at in range(len(_get(document, path))):
            for field, text in _get(document, path)[at].items():
                if field in _KEPT_FIELDS:
                    continue
                put = partial(_put, document, path, at, field)
                kept = minimize(text.split(", "), _after(put, disagrees), budget)
                document = put(kept)
    return document


def _after(
    put: Callable[[list[T]], Document], disagrees: Callable[[Document], bool]
) -> Callable[[list[T]], bool]:
    return lambda groups: disagrees(put(groups))


def _put(
    document: Document, path: tuple[str | int, ...], at: int, field: str, groups: list[str]
) -> Document:
    """Return a copy in which a field has these or-groups only."""
    stanzas = list(_get(document, path))
    stanza = dict(stanzas[at])
    if groups:
        stanza[field] = ", ".join(groups)
    else:
        del stanza[field]
    stanzas[at] = stanza
    return _with(document, path, stanzas)


def _drop_members(
    document: Document, disagrees: Callable[[Document], bool], budget: Budget
) -> Document:
    """Leave out automatic marks, lists, settings and other members that do not matter."""

    def puts(name: str) -> Callable[[list[object]], Document]:
        return lambda value: {**document, name: value}

    for name in ("lists", "automatic"):
        put = puts(name)
        if document.get(name):
            still = _after(put, disagrees)
            document = put(minimize(document[name], still, budget))
    settings = document.get("settings", {})

    def has(names: list[str]) -> Document:
        return {**document, "settings": {name: settings[name] for name in names}}

    if settings:
        document = has(minimize(settings, _after(has, disagrees), budget))
    for name in ("foreign", "target-release", "kernel"):
        fewer = {key: value for key, value in document.items() if key != name}
        if name in document and budget.spend() and disagrees(fewer):
            document = fewer
    return document
