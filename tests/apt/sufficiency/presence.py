"""Do the chains of ``why`` keep a package by themselves, and are they all?"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from foretell.apt.answers.why import Why, explain_presence
from foretell.apt.cases.case import make_world, stanza_text
from foretell.model.reason import number_reasons
from tests.apt.sufficiency.worlds import Cited, Key, draw, has_group, left_of, stanzas_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.why import Presence
    from foretell.apt.cases.case import Case
    from foretell.model.reason import Reason

CHAINS_MAX = 20


def cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about what is said of each installed package of a world."""
    case = draw(seed).case
    world = make_world(case, "u")
    why = Why(world, world.state())
    for package in sorted(why.state.installed):
        found = explain_presence(why, package, CHAINS_MAX)
        yield f"why --all {found.package}", _wrong(case, why, Key.of(found.package), found)


def _wrong(case: Case, why: Why, key: Key, found: Presence) -> str:
    for node in number_reasons(found.reasons):
        if "text" in node.fields:
            owner = Key.of(str(node.fields["from"]))
            field, text = str(node.fields["relation"]), str(node.fields["text"])
            if not any(has_group(stanza, field, text) for stanza in stanzas_of(case, owner)):
                return f"no stanza of {owner} has {field} {text}"
        if wrong := _misplaced(case, node):
            return wrong
    if found.verdict == "unneeded":
        return "" if _is_garbage(case, key) else "it is needed"
    for reason in found.reasons:
        if wrong := _chain_fails(case, key, list(number_reasons([reason]))):
            return wrong
    is_root = any(not reason.parents for reason in found.reasons)
    if is_root or not found.is_complete or found.left_out:
        return ""
    roots = {
        Key.of(str(node.fields["package"]))
        for node in number_reasons(found.reasons)
        if node.kind == "stays-by-itself"
    }
    left = copy(case)
    left.status = [stanza for stanza in case.status if Key.of_stanza(stanza) not in roots]
    return "" if _is_garbage(left, key) else f"it stays without {roots}"


def _misplaced(case: Case, node: Reason) -> str:
    """Return what is wrong about the lines of the status file that a reason names."""
    owner = Key.of(str(node.fields.get("from", node.fields["package"])))
    text = b"\n".join(map(stanza_text, case.status)).decode().split("\n")
    for fact in node.evidence:
        line = fact.place.rpartition(":")[2]
        if fact.kind == "status-stanza" and text[int(line) - 1] != f"Package: {owner.name}":
            return f"{owner} is not at {fact.place}"
    return ""


def _chain_fails(case: Case, key: Key, chain: list[Reason]) -> str:
    labels = [node.fields.get(name) for node in chain for name in ("package", "from")]
    packages = frozenset(Key.of(str(label)) for label in labels if label)
    quotes = frozenset(
        (Key.of(str(it.fields["from"])), str(it.fields["relation"]), str(it.fields["text"]))
        for it in chain
        if "text" in it.fields
    )
    left = left_of(case, Cited(packages, quotes))
    return "unneeded with the chain alone" if _is_garbage(left, key) else ""


def _is_garbage(case: Case, key: Key) -> bool:
    world = make_world(case, "u")
    why = Why(world, world.state())
    return why.universe.find(key.name.encode(), key.architecture.encode()) in why.garbage
