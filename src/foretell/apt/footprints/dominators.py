"""Without which node of a graph can another not be reached?

The *immediate dominator* of a node is the last node that every way from the root to it passes.
The algorithm is the iterative one of Cooper, Harvey and Kennedy ("A Simple, Fast Dominance
Algorithm", 2001): graphs of packages are shallow, so it is done after two or three rounds.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NOWHERE", "immediate_dominators", "postorder"]

NOWHERE = -1


def immediate_dominators(successors: Sequence[Sequence[int]], root: int = 0) -> list[int]:
    """Return the immediate dominator of every node; `NOWHERE` where the root does not reach.

    The root is its own.

    >>> immediate_dominators([[1, 2], [3], [3], [4], []])
    [0, 0, 0, 0, 3]
    """
    order = postorder(successors, root)
    rank = {node: number for number, node in enumerate(order)}
    before: dict[int, list[int]] = {node: [] for node in order}
    for node in order:
        for successor in successors[node]:
            before[successor].append(node)
    found = [NOWHERE] * len(successors)
    found[root] = root
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            known = [it for it in before[node] if found[it] != NOWHERE]
            nearest = known[0]
            for other in known[1:]:
                nearest = _common(found, rank, nearest, other)
            if found[node] != nearest:
                found[node] = nearest
                changed = True
    return found


def _common(found: list[int], rank: dict[int, int], one: int, other: int) -> int:
    """Return the nearest dominator of two nodes, as far as it is known."""
    while one != other:
        while rank[one] < rank[other]:
            one = found[one]
        while rank[other] < rank[one]:
            other = found[other]
    return one


def postorder(successors: Sequence[Sequence[int]], root: int) -> list[int]:
    """Return the nodes that the root reaches; each comes before the one that dominates it.

    So what a node has can be added to what its dominator has.
    """
    order: list[int] = []
    seen = {root}
    stack = [(root, iter(successors[root]))]
    while stack:
        node, rest = stack[-1]
        following = next((it for it in rest if it not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(successors[following])))
    return order
