"""How do a plan of apt, a failure, and the answers of ``why`` and ``why-not`` become a picture?

One node for each reason: what it decides is its title, and its sentence is that of the text
output.  Edges run from a reason to what follows from it, with the relation that does it.
"""

from __future__ import annotations

from foretell.model.reason import number_reasons
from foretell.render.apt_reasons import sentence
from foretell.render.apt_why import RULES, link_cells
from foretell.render.graph import GraphMaker, Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from foretell.model.reason import Reason
    from foretell.render.apt import Change
    from foretell.render.graph import Graph

__all__ = ["plan_graph", "presence_graph", "relation_style", "short_label", "summarize"]

# Action -> look, and what happens in words.
_ACTIONS = {
    "install": ("add", "is installed"),
    "upgrade": ("change", "is upgraded"),
    "downgrade": ("back", "is downgraded"),
    "reinstall": ("change", "is reinstalled"),
    "remove": ("drop", "is removed"),
    "purge": ("drop", "is removed with its configuration"),
}
# Kind of a reason that is no change of its own -> look, and words.
_OTHERS = {
    "kept-back": ("keep", "is not upgraded"),
    "held": ("keep", "is not upgraded"),
    "deferred": ("keep", "is not upgraded"),
    "held-back": ("keep", "is not upgraded"),
    "unneeded": ("fact", "is no longer needed"),
    "dropped": ("fact", "was planned for a time"),
    "given-up": ("bar", "could not be planned"),
    "failed": ("bar", "could not be planned"),
    "hopeless": ("bar", "could not be planned"),
    "in-the-way": ("bar", "could not be planned"),
    "ruled-out": ("bar", "could not be planned"),
    "rule-not-modelled": ("unknown", "is not known"),
}
_PASSING = ("fact", "was planned for a time")
_STAYING = ("keep", "does not change")
# Kind of a first cause -> how the request leads to it.
_ASKS = {
    "requested": "asks for",
    "upgraded": "upgrades",
    "essential": "needs",
    "undone": "what remains",
    "tried-again": "",
    "unneeded": "",
    "rule-not-modelled": "",
}
# No package has a colon in its name.
_STAND_INS = ("satisfy:", "builddeps:")
_WEAK = frozenset(("Recommends", "Suggests", "Enhances"))
_AGAINST = frozenset(("Conflicts", "Breaks"))
_KINDS_MAX = 6


def relation_style(relation: str) -> str:
    """Return how an edge of a relation is drawn.

    >>> relation_style("PreDepends"), relation_style("Suggests"), relation_style("Breaks")
    ('strong', 'weak', 'against')
    """
    if relation in _AGAINST:
        return "against"
    return "weak" if relation in _WEAK else "strong"


def short_label(label: object, native: str) -> str:
    """Return a reason's ``name:architecture[=version]`` without version and native architecture.

    >>> short_label("git:amd64=1:2.47", "amd64"), short_label("git:i386", "amd64")
    ('git', 'git:i386')
    """
    return str(label).partition("=")[0].removesuffix(f":{native}")


def summarize(changes: Iterable[Change]) -> str:
    """Return how many packages a plan changes, by what happens to them."""
    counts: dict[str, int] = {}
    for change in changes:
        words = _ACTIONS[change.action][1].removeprefix("is ")
        counts[words] = counts.get(words, 0) + 1
    if not counts:
        return "nothing changes"
    rows = [(words, counts[words]) for _, words in _actions() if words in counts]
    return ", ".join(f"{count} {words}" for words, count in rows)


def _actions() -> Iterable[tuple[str, str]]:
    for look, words in _ACTIONS.values():
        yield look, words.removeprefix("is ")


def plan_graph(
    title: str,
    reasons: Sequence[Reason],
    changes: Sequence[Change],
    *,
    native: str,
    says: Iterable[str] = (),
    stanzas: Mapping[str, str] | None = None,
) -> Graph:
    """Return the picture of a plan, or of what is not known about it.

    The first of the ``reasons`` are those of the ``changes``, one for each, in their order;
    ``says`` are sentences about the request itself; ``stanzas`` names what stands at a place.
    """
    maker = GraphMaker(title)
    request = maker.node(title, "ask", "is what was asked", says=says)
    of_change = dict(zip(reasons, changes, strict=False))
    by_package = {reason.fields["package"]: change for reason, change in of_change.items()}
    nodes: dict[Reason, str] = {}
    for reason in number_reasons(reasons):
        if reason.kind == "dropped" and reason.parents and _is_stand_in(reason):
            nodes[reason] = nodes[reason.parents[0]]  # it goes without saying
            continue
        change = of_change.get(reason)
        if reason.kind not in _OTHERS and not reason.fields.get("passing"):
            change = by_package.get(reason.fields["package"])  # decided more than once
        nodes[reason] = name = _reason_node(maker, reason, change, native)
        for fact in reason.evidence:
            maker.cite(name, Place(fact.place, fact.text or (stanzas or {}).get(fact.place, "")))
        for parent in reason.parents:
            maker.edge(nodes[parent], name, *_step(parent, reason))
        is_asked = reason.kind in _ASKS and (reason.kind != "unneeded" or reason in of_change)
        if not reason.parents and is_asked:
            maker.edge(request, name, _ASKS[reason.kind])
    summary = summarize(changes)
    if any(reason.kind == "rule-not-modelled" for reason in reasons):
        summary = "the answer needs a rule that is not modelled yet"
    return maker.graph(summary)


def _step(parent: Reason, reason: Reason) -> tuple[str, str]:
    """Return label and style of the edge from one of a reason's parents.

    The relation joins the two packages that it is about; another parent only came before.
    """
    fields = reason.fields
    relation = str(fields.get("relation", ""))
    owner = str(fields.get("owner", "")).partition("=")[0]
    if len(reason.parents) == 1 or parent.fields["package"] in {fields.get("from"), owner}:
        return relation, relation_style(relation)
    if parent.kind in _OTHERS and _OTHERS[parent.kind][0] == "bar":
        is_own = parent.fields["package"] == fields["package"]
        return ("other version fails" if is_own else "first choice fails"), "weak"
    return "", "weak"


def _is_stand_in(reason: Reason) -> bool:
    """Say whether a reason is about what apt invents for ``satisfy`` and ``build-dep``."""
    return str(reason.fields.get("package", "")).startswith(_STAND_INS)


def _reason_node(maker: GraphMaker, reason: Reason, change: Change | None, native: str) -> str:
    """Add the node of a reason and return its name."""
    fields = reason.fields
    note = ""
    if change is not None:
        look, words = _ACTIONS[change.action]
        note = _versions(change)
    elif _is_stand_in(reason):
        look, words = "ask", "stands for the wishes"
    elif reason.kind in _OTHERS:
        look, words = _OTHERS[reason.kind]
    else:
        look, words = _PASSING if fields.get("passing") else _STAYING
    if reason.kind == "rule-not-modelled":
        name, text = "not known", f"The answer needs a rule that is not modelled: {fields['rule']}"
    else:
        name = short_label(fields["package"], native)
        text = sentence(reason.kind, fields, native=native)
    return maker.node(name, look, words, note=note, says=[text])


def _versions(change: Change) -> str:
    if change.version is None:
        return change.previous or ""
    if change.previous is None or change.action == "reinstall":
        return change.version
    return f"{change.previous} \N{RIGHTWARDS ARROW} {change.version}"


def _places(reason: Reason) -> list[Place]:
    return [Place(fact.place, fact.text) for fact in reason.evidence]


_PRESENCE = {
    "needed": "is installed and needed",
    "unneeded": "is installed, and nothing needs it",
    "not-installed": "is not installed",
}


def presence_graph(
    verdict: str,
    package: str,
    version: str | None,
    reasons: Sequence[Reason],
    *,
    left_out: str = "",
) -> Graph:
    """Return the picture of why a package is there: all chains that were found, as one graph.

    ``left_out`` is a sentence about further chains.
    """
    maker = GraphMaker(f"why {package}")
    nodes: dict[str, str] = {}

    def node_of(name: str, look: str, words: str) -> str:
        if name not in nodes:
            note = (version or "") if name == package else ""
            nodes[name] = maker.node(name, look, words, note=note)
        return nodes[name]

    absent = verdict == "not-installed"
    for reason in number_reasons(reasons):
        name, fields = str(reason.fields["package"]), reason.fields
        if reason.kind == "stays-by-itself":
            node = node_of(name, "ask", "stays by itself")
            maker.say(node, f"{name} {RULES[str(fields['rule'])]}", _places(reason))
        elif reason.kind != "unneeded":
            owner = node_of(str(fields["from"]), "keep", "is installed")
            node = node_of(name, "fact" if absent else "keep", _PRESENCE[verdict]
                           if name == package else "is installed")  # fmt: skip
            relation = str(fields["relation"])
            maker.edge(owner, node, relation, relation_style(relation))
            maker.say(node, " ".join(link_cells(reason)[:3]), _places(reason))
    node = node_of(package, "fact" if verdict != "needed" else "keep", _PRESENCE[verdict])
    if verdict == "unneeded":
        maker.say(node, "It was installed automatically, and no package that stays by itself "
                  "leads to it: `apt autoremove` would remove it.")  # fmt: skip
    if left_out:
        maker.say(node, left_out)
    return maker.graph(f"{package} {_PRESENCE[verdict]}", node)
