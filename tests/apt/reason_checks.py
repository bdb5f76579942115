"""Is every step of an explanation a relation that really stands there, and do the steps suffice?

Reads the JSON of an answer and the stanzas as `tests.apt.sat_model` parses them, nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.apt.sat_model import NEGATIVE, Key, Member, Model, parse_relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.apt.sat_model import Question, System

__all__ = ["Proof", "broken_steps", "chain_ends", "quoted_only", "quotes"]

Node = dict[str, Any]
RELATION_FIELDS = (
    "Pre-Depends",
    "Depends",
    "Recommends",
    "Suggests",
    "Conflicts",
    "Breaks",
    "Replaces",
    "Enhances",
)


def _name(label: str) -> str:
    """Return the name of ``name:architecture`` or ``name:architecture=version``."""
    return label.partition("=")[0].rpartition(":")[0]


class _Steps:
    """The world before and after a plan, and what the steps of its reasons say about it."""

    def __init__(self, system: System, final: Mapping[str, Key]) -> None:
        self.system = system
        self.final = final

    def versions(self, name: str) -> set[Key]:
        """Return the versions of a package before and after."""
        found = (self.system.installed.get(name), self.final.get(name))
        return {key for key in found if key is not None}

    def owners(self, name: str, field: str, text: str) -> list[Key]:
        """Return the versions of a package whose stanza has this or-group."""
        wanted = parse_relation(text)
        return [
            key
            for key in sorted(self.versions(name))
            if wanted[0] in self.system.stanzas[key].groups(field.lower())
        ]

    def is_sound(self, node: Node) -> bool:
        """Say whether a step's relation stands in one of its two packages and is about the other.

        The owner is the package itself when it goes because it lacks or excludes something.
        """
        fields = node["fields"]
        package, cause = _name(fields["package"]), _name(fields["from"])
        if not self.versions(package):  # it cannot be there, which rules another version out
            return _name(fields["owner"]) == package and self.is_ruled_out(node)
        field, text = fields["relation"], fields["text"]
        about = set()
        for member in parse_relation(text)[0]:
            about.update(self.system.fulfilling(member))
        is_negative = field.lower() in NEGATIVE
        if self.owners(cause, field, text):
            here = self.final.get(cause) in self.owners(cause, field, text)
            target = self.system.installed.get(package) if is_negative else self.final.get(package)
            if here and target in about:
                return True
        if self.system.installed.get(package) not in self.owners(package, field, text):
            return False
        other = self.final.get(cause) if is_negative else self.system.installed.get(cause)
        return other in about

    def is_ruled_out(self, node: Node) -> bool:
        """Say whether the owner of a relation that rules a version out has it, in some version."""
        fields = node["fields"]
        group = parse_relation(fields["text"])[0]
        field = fields["relation"].lower()
        return any(
            group in self.system.stanzas[key].groups(field)
            for key in self.system.by_name[_name(fields["owner"])]
        )


def broken_steps(
    system: System, final: Mapping[str, Key], reasons: list[Node]
) -> list[tuple[str, Node]]:
    """Return what is wrong with the reasons of a plan's changes."""
    steps = _Steps(system, final)
    by_number = {node["number"]: node for node in reasons}
    found = []
    for node in reasons:
        parents = [by_number.get(number) for number in node["parents"]]
        earlier = [it for it in parents if it is not None and it["number"] < node["number"]]
        has_cause = node["kind"] in {"relation", "other-version"} and "from" in node["fields"]
        if len(earlier) < len(parents):
            found.append(("a cause that is not earlier", node))
        elif has_cause and not earlier:
            found.append(("no cause", node))
        elif has_cause and earlier[0]["fields"]["package"] != node["fields"]["from"]:
            found.append(("the cause is about another package", node))
        elif not all(_goes_along(node, other) for other in earlier[has_cause:]):
            found.append(("a first cause has causes", node))
        elif node["kind"] == "relation" and not steps.is_sound(node):
            found.append(("no such relation", node))
        elif node["kind"] == "other-version" and not steps.is_ruled_out(node):
            found.append(("nothing rules that version out", node))
    return found


def _goes_along(node: Node, other: Node) -> bool:
    """Say whether a reason has another one beside its cause."""
    fields = node["fields"]
    if other["fields"]["package"] == fields["package"]:
        return bool(other["kind"] in {"other-version", "undone"})
    return other["fields"]["package"] in fields.get("before", ())


def chain_ends(reasons: list[Node]) -> dict[str, Node]:
    """Return the first cause of every package that has a reason."""
    by_number = {node["number"]: node for node in reasons}
    found = {}
    for node in reasons:
        end = node
        while end["parents"]:
            end = by_number[end["parents"][0]]
        found[_name(node["fields"]["package"])] = end
    return found


def quotes(node: Node) -> Iterator[tuple[str, str, list[Member]]]:
    """Yield owner, field and or-group of each relation that a reason of a failure quotes."""
    fields = node["fields"]
    if fields.get("clause") in {None, "versions", "essential"} or not fields.get("targets"):
        return
    targets, merged = fields["targets"], fields.get("merged", ())
    told = [(fields["clause"], [targets[at : at + 3] for at in range(0, len(targets), 3)])]
    told += [(merged[at], [merged[at + 1 : at + 4]]) for at in range(0, len(merged), 4)]
    for field, members in told:
        group = []
        for label, operator, version in members:
            name, _, qualifier = label.partition(":")
            group.append(Member(name, operator, version, qualifier))
        yield fields["owner"], field.lower(), group


def quoted_only(stanza: Mapping[str, str], reasons: list[Node]) -> dict[str, str]:
    """Return a stanza without the relations that no reason quotes."""
    found = dict(stanza)
    own = [
        (field, group)
        for node in reasons
        for label, field, group in quotes(node)
        if _name(label) == stanza["Package"] and label.partition("=")[2] in {"", stanza["Version"]}
    ]
    for field in RELATION_FIELDS:
        kept = [
            part
            for part in found.pop(field, "").split(",")
            if any((field.lower(), group) in own for group in parse_relation(part))
        ]
        if kept:
            found[field] = ",".join(kept)
    return found


class Proof:
    """What the two chains of a failure quote, and what follows from that alone.

    The rules that need no relation (the request, what is installed and may not go, candidates,
    one version of a package) are given; of all relations only those count that are quoted.
    """

    def __init__(self, system: System, question: Question, reasons: list[Node]) -> None:
        self.system = system
        self.model = Model(system, question, relations=False)
        self.unfounded: list[Node] = []  # quotes of relations that no stanza has
        self.guesses: list[Node] = []  # decisions that no rule explains: undone choices
        for node in reasons:
            self._quote(node)
        for node in reasons:
            if not self._is_told(node) and not self._follows(node):
                self.guesses.append(node)

    def is_contradiction(self) -> bool:
        """Say whether nothing fulfils what is quoted."""
        return self.model.solve() is None

    def _is_told(self, node: Node) -> bool:
        """Say whether a reason has a rule, here or elsewhere, or is about what does not count."""
        fields = node["fields"]
        return "clause" in fields or "repeated" in fields or node["kind"] == "undecided"

    def _quote(self, node: Node) -> None:
        """Take the relations that a reason quotes into the model."""
        for label, field, group in quotes(node):
            owners = self._keys(label)
            if not owners:
                self.unfounded.append(node)
            for key in owners:
                if group not in self.system.stanzas[key].groups(field):
                    self.unfounded.append(node)
                    continue
                self.model.quote(key, field, group)

    def _keys(self, label: str) -> list[Key]:
        """Return the version that a label names, or all that the package may have."""
        name, mark, version = label.partition("=")
        name = name.rpartition(":")[0]
        return [Key(name, version)] if mark else self.model.allowed(name)

    def _follows(self, node: Node) -> bool:
        """Say whether a decision without a rule follows from the request and the system."""
        numbers = self.model.reach_all(self._keys(node["fields"]["variable"]))
        is_selected = node["kind"] == "selected"
        opposite = [[-n] for n in numbers] if is_selected else [numbers]
        return self.model.solve(opposite) is None
