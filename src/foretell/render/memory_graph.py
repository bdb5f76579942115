"""How is a machine drawn: nodes, tiers, weights, and where pages are demoted to?"""

from __future__ import annotations

from foretell.render.graph import GraphMaker, Place
from foretell.render.memory_tiers import (
    NodeFacts,
    TiersTable,
    demotion_sentence,
    distance_sentence,
    why_distance,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.render.graph import Graph
    from foretell.render.memory_tiers import TierRow

__all__ = ["tiers_graph"]


def tiers_graph(kernel: str, now: TiersTable, then: TiersTable | None) -> Graph:
    """Return the picture of a machine; with ``then``, of what it becomes.

    Arrows go from a node to those that its pages are demoted to first.
    """
    shown = now if then is None else then
    before = {row.node: row for row in now.rows}
    maker = GraphMaker(f"Memory tiers, kernel {kernel}")
    names = {
        row.node: _node(maker, row, shown.facts, before, shown.top)
        for tier in shown.nodes
        for row in shown.rows
        if row.tier == tier
    }
    for row in shown.rows:
        for target in row.preferred:
            maker.edge(names[row.node], names[target], "demoted to")
    tiers = "1 tier" if len(shown.nodes) == 1 else f"{len(shown.nodes)} tiers"
    nodes = "1 node" if len(names) == 1 else f"{len(names)} nodes"
    return maker.graph(f"{nodes} in {tiers}")


def _node(
    maker: GraphMaker,
    row: TierRow,
    facts: Mapping[int, NodeFacts],
    before: Mapping[int, TierRow],
    top: int,
) -> str:
    it = facts[row.node]
    if row.node not in before:
        look, kind = "add", "would be new"
    elif before[row.node][1:5] != row[1:5]:
        look, kind = "change", "would change"
    else:
        look, kind = ("ask", "has CPUs") if it.has_cpus else ("fact", "memory only")
    says = [f"It is in tier {row.tier}: {distance_sentence(row.reason)}."]
    says.append(f"Its pages are {demotion_sentence(row)}.")
    says += [f"{text[:1].upper()}{text[1:]}." for text in why_distance(row.reason)]
    if row.tier <= top:
        says.append("Pages here are never promoted.")
    evidence = [fact for parent in row.reason.parents for fact in parent.evidence]
    return maker.node(
        f"node{row.node}, tier {row.tier}",
        look,
        kind,
        note=", ".join([*it.texts(), f"weight {it.weight}"]),
        says=says,
        places=[Place(fact.place, fact.text) for fact in evidence],
    )
