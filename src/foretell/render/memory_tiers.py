"""How are memory tiers shown?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.model.reason import reasons_as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.model.reason import Reason

__all__ = [
    "NodeFacts",
    "TierRow",
    "TiersTable",
    "demotion_sentence",
    "distance_sentence",
    "render_tiers",
    "tiers_json",
    "why_distance",
]

SCHEMA = "foretell.memory.tiers/1"


class TierRow(NamedTuple):
    """One node: abstract distance, tier, where it is demoted to, and why that distance."""

    node: int
    distance: int
    tier: int
    preferred: Sequence[int]
    fallback: Sequence[int]
    reason: Reason


class NodeFacts(NamedTuple):
    """What else is shown of a node: size and bandwidth as text, "" when not told; its weight."""

    has_cpus: bool
    size: str
    bandwidth: str
    weight: int

    def texts(self) -> list[str]:
        """Return what is told."""
        return [text for text in (self.size, self.bandwidth) if text]


class TiersTable(NamedTuple):
    """The nodes of each tier, fastest first; the rows; the slowest tier with CPUs; more facts.

    ``there`` is the tier of each node in the running kernel, empty where none was asked.
    """

    nodes: Mapping[int, Sequence[int]]
    rows: Sequence[TierRow]
    top: int
    facts: Mapping[int, NodeFacts]
    there: Mapping[int, int]


def render_tiers(kernel: str, now: TiersTable, then: TiersTable | None) -> str:
    """Return the tiers, and with ``then`` what would be otherwise."""
    lines = [f"Tiers (kernel {kernel})", *_tier_lines(now)]
    if then is not None:
        lines += ["With the device", *_changes(now, then)]
    return "".join(f"{line}\n" for line in lines)


def tiers_json(kernel: str, now: TiersTable, then: TiersTable | None) -> dict[str, object]:
    """Return the JSON document."""
    document: dict[str, object] = {"schema": SCHEMA, "kernel": kernel, **_plain(now)}
    document["then"] = None if then is None else _plain(then)
    return document


def _plain(tiers: TiersTable) -> dict[str, object]:
    return {
        "tiers": {str(tier): list(nodes) for tier, nodes in tiers.nodes.items()},
        "top": tiers.top,
        "there": {str(node): tier for node, tier in sorted(tiers.there.items())},
        "nodes": [
            {
                "node": row.node,
                "distance": row.distance,
                "tier": row.tier,
                "preferred": list(row.preferred),
                "fallback": list(row.fallback),
            }
            for row in tiers.rows
        ],
        **reasons_as_json(row.reason for row in tiers.rows),
    }


def _tier_lines(tiers: TiersTable) -> list[str]:
    rows = {row.node: row for row in tiers.rows}
    lines = []
    for tier, nodes in tiers.nodes.items():
        lines.append(f"  tier {tier}{' (never promoted from)' if tier <= tiers.top else ''}")
        for node in nodes:
            it = tiers.facts[node]
            told = ", ".join([*it.texts(), f"weight {it.weight}"])
            lines += [f"    node{node}: {told}, {distance_sentence(rows[node].reason)}"]
            lines += [f"      {text}" for text in why_distance(rows[node].reason)]
            lines += [f"      {demotion_sentence(rows[node])}"]
            other = tiers.there.get(node, tier)
            if other != tier:
                lines += [
                    f"      but this kernel has it in tier {other}, by what it does not publish"
                ]
    return lines


def _changes(now: TiersTable, then: TiersTable) -> list[str]:
    """Return the lines about every node that is new or otherwise."""
    before = {row.node: row for row in now.rows}
    lines = []
    for row in then.rows:
        old = before.get(row.node)
        if old is None:
            lines += [f"  node{row.node}: new in tier {row.tier}: {distance_sentence(row.reason)}"]
            lines += [f"    {text}" for text in why_distance(row.reason)]
            lines += [f"    {demotion_sentence(row)}"]
        elif (old.tier, old.preferred, old.fallback) != (row.tier, row.preferred, row.fallback):
            moved = f"tier {old.tier} -> {row.tier}, " if old.tier != row.tier else ""
            lines += [f"  node{row.node}: {moved}{demotion_sentence(row)}"]
    return lines


def demotion_sentence(row: TierRow) -> str:
    """Return where a node's pages are demoted to."""
    if not row.preferred:
        return "demoted to nothing: no tier is lower"
    text = f"demoted to {_nodes(row.preferred)}"
    rest = [node for node in row.fallback if node not in row.preferred]
    return f"{text}, when full to {_nodes(rest)}" if rest else text


def _nodes(nodes: Sequence[int]) -> str:
    return ", ".join(f"node{node}" for node in nodes)


def distance_sentence(reason: Reason) -> str:
    """Return what a node's abstract distance is, in a few words."""
    it = reason.fields
    if reason.kind == "tier-dram":
        return f"abstract distance {it['distance']}, because it has CPUs"
    if reason.kind == "tier-slot":
        return f"abstract distance {it['distance']}, as all memory that comes in a slot after boot"
    if reason.kind == "tier-derived":
        return f"abstract distance {it['distance']}, compared with node{it['reference']}"
    return f"abstract distance {it['distance']}, the default"


def why_distance(reason: Reason) -> list[str]:
    """Return the sentences about what a distance follows from."""
    lines = []
    for parent in reason.parents:
        it = parent.fields
        if parent.kind == "access-told":
            fact = parent.evidence[0]
            lines.append(f"node{it['node']}: {fact.text} ({fact.place})")
        elif parent.kind == "access-not-told":
            lines.append("because its access is not told in full")
        elif parent.kind == "reference-differs":
            lines.append(
                f"because node{it['node']} and node{it['reference']}, both with CPUs, differ by"
                f" more than 10 % in {str(it['what']).replace('_', ' ')}:"
                f" {it['value']} against {it['expected']}"
            )
        elif parent.kind == "reference-incomplete":
            lines.append(f"because the access of node{it['node']}, with CPUs, is told in part only")
        else:
            lines.append("because no node with CPUs tells its access")
    return lines
