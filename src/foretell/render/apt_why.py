"""How are the answers of ``why`` and ``why-not`` put into words?"""

from __future__ import annotations

from foretell.model.reason import number_reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.model.reason import Reason

__all__ = ["RULES", "lay_out_rows", "link_cells", "render_presence"]

# Why something stays by itself; what stands before it is the package.
RULES = {
    "manual": "was installed by hand",
    "held": "is on hold",
    "essential": "is Essential",
    "protected": "is Important or Protected",
    "required": "has Priority required",
    "kernel": "belongs to a kernel that is kept",
    "never-autoremove": "is kept by APT::NeverAutoRemove",
}


def lay_out_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of cells as lines, indented, the columns aligned.

    >>> lay_out_rows([("a", "Depends", "b"), ("bb", "x", "c")])
    ['  a   Depends  b', '  bb  x        c']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def render_presence(
    verdict: str,
    package: str,
    version: str | None,
    reasons: Sequence[Reason],
    *,
    left_out: int = 0,
    is_complete: bool = True,
) -> str:
    """Return why a package is there or not, with a final line end."""
    make = {"not-installed": _absent, "unneeded": _unneeded, "needed": _needed}[verdict]
    lines = make(package, version or "", reasons)
    if left_out or not is_complete:
        more = f"{left_out} more" if is_complete else f"more than {left_out} more"
        lines.append(f"Left out: {more}.")
    return "".join(f"{line}\n" for line in lines)


def _absent(package: str, _version: str, reasons: Sequence[Reason]) -> list[str]:
    if not reasons:
        return [f"{package} is not installed, and nothing that is installed asks for it."]
    return [
        f"{package} is not installed. What is installed asks for it here:",
        *lay_out_rows([link_cells(reason) for reason in reasons]),
    ]


def _unneeded(package: str, version: str, reasons: Sequence[Reason]) -> list[str]:
    lines = [
        f"Nothing needs {package} {version}: it was installed automatically, and no package that",
        "stays by itself leads to it. `apt autoremove` would remove it.",
    ]
    links = reasons[0].parents
    if links:
        lines.append("What needs it is unneeded as well:")
        lines += lay_out_rows([link_cells(link) for link in links])
    return lines


def _needed(package: str, version: str, reasons: Sequence[Reason]) -> list[str]:
    lines = []
    for number, reason in enumerate(reasons):
        chain = list(number_reasons([reason]))
        root, links = chain[0], chain[1:]
        rule = RULES[str(root.fields["rule"])]
        if not links:
            place = "".join(fact.place for fact in root.evidence)
            lines.append(f"{package} {version} is there by itself: it {rule} ({place}).")
            continue
        also = " also" * (number > 0)
        lines.append(
            f"{package} {version} is{also} needed by {root.fields['package']}, which {rule}:"
        )
        lines += lay_out_rows([link_cells(link) for link in links])
    return lines


def link_cells(link: Reason) -> tuple[str, str, str, str]:
    """Return owner, relation, its text with what fulfils it, and its place."""
    fields = link.fields
    text, target = str(fields["text"]), str(fields["package"])
    if not _names(text, target):
        text += f" [{target} provides it]"
    elif "|" in text:
        text += f" [{target}]"
    if fields.get("fulfilled"):
        text += " (fulfilled already)"
    place = "".join(fact.place for fact in link.evidence)
    return str(fields["from"]), str(fields["relation"]), text, place


def _names(text: str, target: str) -> bool:
    """Say whether an or-group names a package."""
    name = target.partition(":")[0]
    return name in {part.split()[0].partition(":")[0] for part in text.split("|") if part.split()}
