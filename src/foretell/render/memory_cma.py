"""How are CMA areas shown?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.model.reason import reasons_as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.model.reason import Reason

__all__ = ["AreaRow", "AuditRow", "ChoiceRow", "CmaTable", "cma_json", "render_cma"]

SCHEMA = "foretell.memory.cma/1"
_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
_TITLES = {
    "smaller-blocks": "smaller page blocks",
    "buddy": "the buddy allocator, at run time",
    "guaranteed-cma": "guaranteed CMA",
}


class AreaRow(NamedTuple):
    """One area: bytes asked and got (0 where it is refused, with the errno).

    ``why`` are sentences in the order of the arithmetic; ``reason`` is what they come from.
    """

    name: str
    asked: int
    size: int
    errno: str
    reasons: Sequence[Reason]


class ChoiceRow(NamedTuple):
    """Another way, as `foretell.memory.cma_choices.Choice` has it."""

    kind: str
    size: int | None
    wasted: int | None
    parameter: int | None
    is_proposal: bool
    costs: Sequence[str]


class AuditRow(NamedTuple):
    """One area of a running kernel; None where it is not told.

    ``predicted`` is the size that the rules give, None where nothing was predicted.
    """

    name: str
    asked: int | None
    size: int
    free: int | None
    failed: int | None
    predicted: int | None


class CmaTable(NamedTuple):
    """What there is to show; a part that was not asked about is None or empty."""

    kernel: str
    has_cma: bool
    page_size: int
    block_size: int
    block_reason: Reason
    separate: Sequence[AreaRow] = ()
    shared: AreaRow | None = None
    others: Sequence[ChoiceRow] = ()
    reserved: Sequence[AreaRow] | None = None
    ignored: Sequence[str] = ()
    fatal: Sequence[str] = ()
    audit: Sequence[AuditRow] | None = None
    audit_total: int | None = None
    audit_expected: int = 0
    audit_missing: Sequence[tuple[str, int, str]] = ()
    audit_asks: bool = False


def render_cma(table: CmaTable) -> str:
    """Return the page block, the areas with their arithmetic, and the other ways."""
    pages = _size(table.page_size)
    lines = [f"CMA (kernel {table.kernel}, pages of {pages})", f"  {_block(table.block_reason)}"]
    if not table.has_cma and table.audit is None:
        lines += [
            "  Debian's amd64 kernel of this series has no CMA: cma= does nothing there;",
            "  what follows holds for one that is built with it",
        ]
    if table.separate:
        lines += ["An area each" if len(table.separate) > 1 else "The area"]
        lines += _areas(table.separate)
        if len(table.separate) > 1:
            lines.append(_sum(table.separate))
    if table.shared is not None:
        lines += ["One area for all", *_areas([table.shared])]
    if table.reserved is not None:
        lines += ["Reserved at boot", *_areas(table.reserved), _boot_sum(table.reserved)]
        if any(not row.errno for row in table.reserved):
            lines.append("  if so much RAM in one run is free, at the place where it is asked for")
        lines += [f"  malformed, so ignored: {word}" for word in table.ignored]
    if table.fatal:
        lines.append(f"The kernel does not start: no value after {', '.join(table.fatal)}")
    if table.audit is not None:
        lines += _audit(table)
    if table.others:
        lines.append("Instead")
        for choice in table.others:
            lines += _choice(choice)
    return "".join(f"{line}\n" for line in lines)


def cma_json(table: CmaTable) -> dict[str, object]:
    """Return the JSON document."""
    rows = [*table.separate, *(table.reserved or ())]
    rows += [table.shared] if table.shared is not None else []
    reasons = [table.block_reason, *(reason for row in rows for reason in row.reasons)]
    reserved = table.reserved
    return {
        "schema": SCHEMA,
        "kernel": table.kernel,
        "has-cma": table.has_cma,
        "page-size": table.page_size,
        "block-size": table.block_size,
        "separate": [_plain(row) for row in table.separate],
        "shared": None if table.shared is None else _plain(table.shared),
        "reserved": None if reserved is None else [_plain(row) for row in reserved],
        "ignored": list(table.ignored),
        "fatal": list(table.fatal),
        "others": [
            {
                "kind": it.kind,
                "size": it.size,
                "wasted": it.wasted,
                "order": it.parameter,
                "proposal": it.is_proposal,
                "costs": list(it.costs),
            }
            for it in table.others
        ],
        "audit": None if table.audit is None else _audit_plain(table),
        **reasons_as_json(dict.fromkeys(reasons)),
    }


def _plain(row: AreaRow) -> dict[str, object]:
    return {
        "name": row.name,
        "asked": row.asked,
        "size": row.size,
        "wasted": row.size - row.asked if row.size else 0,
        "errno": row.errno or None,
    }


def _audit_plain(table: CmaTable) -> dict[str, object]:
    return {
        "total": table.audit_total,
        "expected": table.audit_expected,
        "areas": [row._asdict() for row in table.audit or ()],
        "missing": [
            {"name": name, "asked": asked, "errno": errno or None}
            for name, asked, errno in table.audit_missing
        ],
    }


def _areas(rows: Sequence[AreaRow]) -> list[str]:
    lines = []
    for row in rows:
        name = f"{row.name}: " if row.name else ""
        if row.errno:
            lines.append(f"  {name}{_size(row.asked)} refused, {row.errno}")
        else:
            lines.append(
                f"  {name}{_size(row.asked)} asked, {_size(row.size)} reserved,"
                f" {_wasted(row.size, row.asked)}"
            )
        lines += [f"    {text}" for text in map(_sentence, row.reasons) if text]
    return lines


def _sum(rows: Sequence[AreaRow]) -> str:
    made = [row for row in rows if not row.errno]
    size, asked = sum(row.size for row in made), sum(row.asked for row in made)
    return f"  in all: {_size(size)} reserved, {_wasted(size, asked)}"


def _boot_sum(rows: Sequence[AreaRow]) -> str:
    size = sum(row.size for row in rows)
    asked = sum(row.asked for row in rows if row.reasons[0].kind != "asked-again")
    return f"  in all: {_size(size)} reserved, {_size(asked)} asked"


def _audit(table: CmaTable) -> list[str]:
    if table.audit_total is None:
        lines = ["This kernel has no CMA"]
        if table.audit_asks:
            lines.append("  cma= on its command line does nothing")
        return lines
    lines = [f"There now: {_size(table.audit_total)} in all"]
    for row in table.audit or ():
        text = f"  {row.name}: {_size(row.size)}"
        if row.asked is None:
            text += ", not of the command line: the kernel's configuration or the device tree"
        else:
            text += f" for {_size(row.asked)} asked, {_wasted(row.size, row.asked)}"
        lines.append(text)
        if row.free is not None:
            lines.append(f"    free: {_size(row.free)}")
        if row.failed:
            lines.append(f"    pages asked for in vain: {row.failed}")
        if row.predicted is not None and row.predicted != row.size:
            lines.append(f"    the rules give {_size(row.predicted)}: not what is there")
    if not table.audit and table.audit_total:
        lines.append("  its areas are not told (CONFIG_CMA_SYSFS)")
        if table.audit_asks:
            lines.append(f"  the rules give {_size(table.audit_expected)} for the command line")
    told = sum(row.size for row in table.audit or ())
    if table.audit and told != table.audit_total:
        lines.append(f"  but the areas are {_size(told)} in all")
    for name, asked, errno in table.audit_missing:
        why = f", refused with {errno}" if errno else ", although the rules allow it"
        lines.append(f"  {name}: {_size(asked)} asked, not there{why}")
    return lines


def _choice(choice: ChoiceRow) -> list[str]:
    head = f"  {_TITLES[choice.kind]}"
    if choice.is_proposal:
        head += " (a proposal: in no kernel that was asked)"
    if choice.size is None or choice.wasted is None:
        head += ": cannot"
    else:
        head += f": {_size(choice.size)}, {_wasted(choice.size, choice.size - choice.wasted)}"
    return [head, *(f"    {cost}" for cost in choice.costs)]


def _block(reason: Reason) -> str:
    it = reason.fields
    size = _size(int(str(it["size"])))
    text = f"page block: {it['page_size']} B << {it['order']} = {size}"
    if reason.kind == "page-block-told":
        fact = reason.evidence[0]
        return f"{text} ({fact.place}: {fact.text})"
    if it["huge_order"] == -1:
        return f"{text}; without huge pages the order is the limit"
    return f"{text}; the smaller of {it['huge_order']} (huge pages), {it['limit']} (limit)"


def _sentence(reason: Reason) -> str:
    """Return what a reason says, empty for one that the line before says already."""
    it = reason.fields
    if reason.kind == "area-rounded":
        return f"{it['asked']} B up to {it['blocks']} * {it['alignment']} B = {it['size']} B"
    return _SENTENCES.get(reason.kind, "").format_map(dict(it))


_SENTENCES = {
    "asked-cma": "asked with cma=",
    "asked-default": "asked by the kernel's configuration",
    "asked-again": "the first area once more, on every node; cma_pernuma=0 turns that off",
    "asked-pernuma": "asked with cma_pernuma=",
    "asked-numa": "asked with numa_cma=",
    "areas-full": "there are {areas} areas already, {most} is the most",
    "size-zero": "its size is 0",
    "alignment-odd": "the alignment {alignment} is no power of two",
    "base-unaligned": "a fixed base must be a multiple of {alignment}: {base} is not",
    "unit-uneven": "{size} B is not a multiple of {unit} B, which one bit stands for",
    "limit-exceeded": "base {base} and size {size}, both rounded up, end after the limit {limit}",
    "no-room": "no node has {size} B",
}


def _wasted(size: int, asked: int) -> str:
    wasted = size - asked
    if not wasted:
        return "nothing wasted"
    tenths = wasted * 1000 // size
    return f"{_size(wasted)} wasted ({tenths // 10}.{tenths % 10} %)"


def _size(size: int) -> str:
    """Return a size without loss: in the largest unit of which it is a whole number.

    >>> _size(997 << 20), _size(1536), _size(0), _size(1 << 30)
    ('997 MiB', '1536 B', '0 B', '1 GiB')
    """
    for unit, name in _UNITS:
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"
