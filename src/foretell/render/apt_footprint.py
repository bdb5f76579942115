"""How is it shown what packages bring along, and what hangs on what?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.render.apt import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Line", "Node", "Saving", "render_savings", "render_table", "render_tree"]

TREE_LINES_MAX = 20  # unless all is asked for
_TITLES = ("packages", "download", "installed")


class Line(NamedTuple):
    """A row of the table: how many packages, bytes to fetch and bytes that they take."""

    title: str
    packages: int
    download: int
    disk: int


class Node(NamedTuple):
    """A package in the tree: what goes away with it, and why it hangs below another."""

    name: str
    above: str
    packages: int
    disk: int
    why: str


class Saving(NamedTuple):
    """What a change saves: the command or what would have to change, and the relation."""

    packages: int
    disk: int
    change: str
    relation: str


def size(size_bytes: int) -> str:
    """Return a size with its unit; what is given back has a sign.

    >>> size(141352960), size(-2000)
    ('141 MB', '-2000 B')
    """
    return f"{'-' * (size_bytes < 0)}{format_size(abs(size_bytes))}B"


def render_table(lines: Sequence[Line]) -> str:
    """Return the rows under their titles."""
    rows = [
        (line.title, str(line.packages), size(line.download), size(line.disk)) for line in lines
    ]
    rows.insert(0, ("", *_TITLES))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    shown = []
    for title, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        shown.append("  ".join([title.ljust(widths[0]), *right]).rstrip() + "\n")
    return "".join(shown)


def render_tree(nodes: Sequence[Node], *, is_full: bool) -> str:
    """Return the tree of what goes away with what, the heavy branches first.

    Unless all is asked for it has the `TREE_LINES_MAX` heaviest packages.
    """
    ranked = sorted(nodes, key=lambda node: (-node.disk, -node.packages, node.name))
    by_name = {node.name: node for node in ranked}
    shown: dict[str, Node] = {}
    for node in ranked:
        way = [node]
        while way[-1].above:
            way.append(by_name[way[-1].above])
        new = [it for it in way if it.name not in shown]
        if is_full or len(shown) + len(new) <= TREE_LINES_MAX:
            shown |= {it.name: it for it in new}
    below: dict[str, list[Node]] = {}
    for node in ranked:
        below.setdefault(node.above, []).append(node)
    lines = [f"{'installed':>10}  {'packages':>8}  what goes away with what\n"]
    _branches(lines, below, shown)
    return "".join(lines)


def _branches(lines: list[str], below: dict[str, list[Node]], shown: dict[str, Node]) -> None:
    """Add the branches of the tree, without recursion: trees may be deep."""
    stack: list[tuple[Node | None, str, str, list[Node]]] = []

    def push(name: str, indent: str, *, is_top: bool) -> None:
        rows: list[Node | None] = [node for node in below.get(name, ()) if node.name in shown]
        hidden = [node for node in below.get(name, ()) if node.name not in shown]
        if hidden:  # a single leaf takes no more room than its number
            is_leaf = len(hidden) == 1 and hidden[0].name not in below
            rows.append(hidden[0] if is_leaf else None)
        for number, node in reversed(list(enumerate(rows))):
            is_last = number == len(rows) - 1
            mark, more = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            if is_top:
                mark = more = ""
            stack.append((node, indent + mark, indent + more, hidden))

    push("", "", is_top=True)
    while stack:
        node, head, rest, hidden = stack.pop()
        if node is None:
            count, disk = (sum(getattr(it, what) for it in hidden) for what in ("packages", "disk"))
            name = "branch" if len(hidden) == 1 else "branches"
            lines.append(f"{size(disk):>10}  {count:>8}  {head}({len(hidden)} smaller {name})\n")
            continue
        why = f"  ({node.why})" if node.why else ""
        lines.append(f"{size(node.disk):>10}  {node.packages:>8}  {head}{node.name}{why}\n")
        push(node.name, rest, is_top=False)


def render_savings(own: Sequence[Saving], packagers: Sequence[Saving]) -> str:
    """Return what saves most: what the user can do, and what only who makes packages can."""
    parts = []
    if own:
        parts.append("What you can leave out (each was solved again):\n")
        parts += map(_saving, own)
    if packagers:
        parts.append("What only a packager can leave away (each was solved again):\n")
        parts += map(_saving, packagers)
    return "".join(parts)


def _saving(saving: Saving) -> str:
    count = abs(saving.packages)
    packages = f"{count} package{'s' * (count != 1)}"
    what = size(saving.disk)
    if saving.packages > 0:
        what += f" and {packages}"
    elif saving.packages < 0:
        what += f" with {packages} more"
    first = f"  saves {what}: {saving.change}\n"
    return first + (f"      {saving.relation}\n" if saving.relation else "")
