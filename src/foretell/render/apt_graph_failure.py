"""How does a request that cannot be fulfilled become a picture?

The two chains of decisions that contradict each other run from the request, and from what stays as
it is, into one node that says so.  Steps that only the solver needs (a version means its package, a
package means its only version) are part of the node that they follow from.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.model.reason import number_reasons
from foretell.render.apt_failure import state_text, target_text
from foretell.render.apt_graph import relation_style, short_label
from foretell.render.graph import GraphMaker, Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.model.reason import Reason
    from foretell.render.graph import Graph

__all__ = ["FirstCause", "Way", "failure_graph"]

_SELECTED = {"selected": True, "rejected": False, "undecided": None}
_OWN_STEPS = frozenset(("package", "versions"))
_NO_RELATION = frozenset(("package", "versions", "siblings", "essential"))
_WORDS = {
    "add": "would have to be installed",
    "keep": "stays installed",
    "bar": "cannot be installed",
    "drop": "would have to be removed",
    "fact": "is not decided",
}


class FirstCause(NamedTuple):
    """Why a decision that follows from no other one was taken.

    ``kind`` is ``asked``; ``lack``, when what a relation wants is not there; or ``fact``.
    """

    kind: str
    says: str
    place: str = ""


class Way(NamedTuple):
    """A change that was seen to help: what it is, its commands and what it does."""

    title: str
    says: tuple[str, ...]
    place: str = ""


def failure_graph(
    title: str,
    reasons: Sequence[Reason],
    *,
    native: str,
    causes: Mapping[str, Sequence[FirstCause]],
    says: str = "",
    ways: Sequence[Way] = (),
) -> Graph:
    """Return the picture of a failure.

    ``reasons`` are the decision that stands and the one that was demanded, or nothing where a
    solver gives no reasons; ``causes`` are by package, as a user names it; ``says`` is apt's own
    first sentence.
    """
    drawer = _Drawer(title, native, causes)
    end = drawer.draw(reasons, says)
    for way in ways:
        places = [Place(way.place)] if way.place else []
        node = drawer.maker.node(way.title, "way", "would help", says=way.says, places=places)
        drawer.maker.edge(end, node, "solved by", "weak")
    return drawer.maker.graph("this cannot be done", end)


class _Drawer:
    def __init__(self, title: str, native: str, causes: Mapping[str, Sequence[FirstCause]]) -> None:
        self.maker = GraphMaker(title)
        self.native = native
        self.causes = causes
        self.request = self.maker.node(title, "ask", "is what was asked")
        self._nodes: dict[Reason, str] = {}

    def draw(self, reasons: Sequence[Reason], says: str) -> str:
        """Draw both chains and return the node in which they end."""
        if not reasons:
            return self._draw_causes(says)
        told = [reason for reason in number_reasons(reasons) if "repeated" not in reason.fields]
        by_variable = {str(reason.fields["variable"]): reason for reason in reversed(told)}
        for reason in told:
            self._nodes[reason] = self._node(reason)
        for reason in told:
            for number, parent in enumerate(reason.parents):
                source = by_variable[str(parent.fields["variable"])]
                label, style = self._edge(reason, number)
                self.maker.edge(self._nodes[source], self._nodes[reason], label, style)
        sentences = [self._says(reason) for reason in reasons]
        end = self.maker.node("contradiction", "bar", "cannot both be", says=[*sentences, says])
        for reason in reasons:
            self.maker.edge(self._nodes[reason], end, "", "against")
        return end

    def _draw_causes(self, says: str) -> str:
        """Draw what is known of a failure without a search."""
        end = self.maker.node("no solution", "bar", "cannot be done", says=filter(None, [says]))
        found = [(name, cause) for name, given in self.causes.items() for cause in given]
        for name, cause in found:
            places = [Place(cause.place)] if cause.place else []
            node = self.maker.node(name, "bar", _WORDS["bar"], says=[cause.says], places=places)
            self.maker.edge(self.request, node, "asks for")
            self.maker.edge(node, end, "", "against")
        if not found:
            self.maker.edge(self.request, end)
        return end

    def _node(self, reason: Reason) -> str:
        """Return the node of a decision: its own, or that of the step that it repeats."""
        fields = reason.fields
        for parent in reason.parents[:1] if len(reason.parents) == 1 else ():
            is_own = fields.get("clause") in _OWN_STEPS and parent.kind == reason.kind
            if is_own and parent in self._nodes and parent.fields["package"] == fields["package"]:
                return self._nodes[parent]
        look = self._look(reason)
        package = short_label(fields["package"], self.native)
        version = str(fields["variable"]).partition("=")[2]
        node = self.maker.node(package, look, _WORDS[look], note=version, says=[self._says(reason)])
        if not reason.parents:
            self._explain(reason, node, package)
        return node

    def _explain(self, reason: Reason, node: str, package: str) -> None:
        """Say why a decision was taken that follows from no other one."""
        clause = str(reason.fields.get("clause", ""))
        is_lack = bool(clause) and clause not in _NO_RELATION
        for cause in self.causes.get(package, ()):
            if (cause.kind == "lack") == is_lack:
                self.maker.say(node, cause.says, [Place(cause.place)] if cause.place else [])
                if cause.kind == "asked":
                    self.maker.edge(self.request, node, "asks for")
        targets = reason.fields.get("targets", ())
        assert isinstance(targets, tuple)
        members = zip(targets[::3], targets[1::3], targets[2::3], strict=True) if is_lack else ()
        for name, *wanted in members:
            absent = self.maker.node(name, "bar", "is not there", note=" ".join(wanted).strip())
            self.maker.edge(absent, node, clause, relation_style(clause))

    def _look(self, reason: Reason) -> str:
        fields = reason.fields
        if reason.kind == "undecided":
            return "fact"
        if reason.kind == "selected":
            return "keep" if fields["is-installed"] and not fields["order"] else "add"
        return "drop" if fields["is-installed"] and not fields["is-version"] else "bar"

    def _edge(self, reason: Reason, number: int) -> tuple[str, str]:
        """Return label and style of the edge from a reason's parent."""
        clause = str(reason.fields.get("clause", ""))
        if number and reason.fields["has-antecedent"]:
            return "other choice fails", "weak"
        if clause == "siblings":
            return "one version only", "against"
        if clause in _NO_RELATION:
            return {"essential": "is essential"}.get(clause, ""), "strong"
        return clause, relation_style(clause)

    def _says(self, reason: Reason) -> str:
        """Return what was decided, and by which rule."""
        fields = reason.fields
        order = fields["order"]
        assert isinstance(order, int)
        state = state_text(
            is_selected=_SELECTED[reason.kind],
            is_installed=bool(fields["is-installed"]),
            is_version=bool(fields["is-version"]),
            order=order,
        )
        name = short_label(fields["variable"], self.native)
        version = str(fields["variable"]).partition("=")[2]
        rule = self._rule(reason)
        return f"{name} {version}".rstrip() + f" {state}" + (f", because {rule}" if rule else "")

    def _rule(self, reason: Reason) -> str:
        fields = reason.fields
        clause = str(fields.get("clause", ""))
        targets = fields.get("targets", ())
        assert isinstance(targets, tuple)
        owner, _, version = str(fields.get("owner", "")).partition("=")
        name = f"{short_label(owner, self.native)} {version}".rstrip()
        if not clause or clause == "package":
            return ""
        if clause == "versions":
            return f"there is only {', '.join(targets)}" if targets else "no source has it"
        if clause == "essential":
            return "the system needs it, whatever else is asked for"
        if clause == "siblings":
            return f"{name} is wanted, and there can be only one version"
        members = zip(targets[::3], targets[1::3], targets[2::3], strict=True)
        text = " | ".join(target_text(*member) for member in members)
        lack = "" if fields["has-antecedent"] else ", of which nothing can be installed"
        return f"{name} {clause} {text}{lack}"
