"""``foretell memory cma``: how large do CMA areas become, and what is wasted?

Exit status: 1 when the kernel refuses an area, when a running one has other areas than predicted,
and when it has no CMA although its command line asks for some.
"""

from __future__ import annotations

import os
import sys

from foretell.cli.memory_machine import PAGE_SIZES, make_parser, says_unknown, write_json
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.cli.parsing import Parser
    from foretell.memory.cma import Area, Refusal
    from foretell.memory.kernels import Rules
    from foretell.memory.page_blocks import PageBlock
    from foretell.model.reason import Reason
    from foretell.render.memory_cma import AreaRow, CmaTable

__all__ = ["cma"]

_NODES_MAX = 1024
_AREAS_MAX = 64


@says_unknown
def cma(argv: list[str]) -> int:
    """Show what CMA reserves; return the exit status."""
    from foretell.render.memory_cma import cma_json, render_cma

    options = _parser().parse_args(argv)
    _check(options)
    is_live = options.live or options.root is not None
    rules = _rules(options)
    table = _audited(options, rules) if is_live else _described(options, rules)
    if options.json:
        write_json(cma_json(table))
    else:
        sys.stdout.write(render_cma(table))
    return 1 if _is_refused(table) else 0


def _parser() -> Parser:
    parser = make_parser("cma")
    parser.add_argument("--need", metavar="SIZE,…", help="what each user needs, such as 20M,7M")
    parser.add_argument("--cmdline", metavar="WORDS", help="a kernel's command line")
    parser.add_argument("--live", action="store_true", help="what this machine has")
    parser.add_argument("--root", metavar="DIR", help="what the sysfs and proc below DIR show")
    parser.add_argument("--nodes", metavar="N|SIZE,…", help="nodes with memory, or their sizes (1)")
    parser.add_argument("--page-size", choices=tuple(PAGE_SIZES), help="of a page (4K)")
    parser.add_argument("--no-huge-pages", action="store_true", help="a kernel without huge pages")
    parser.add_argument("--buddy-order", metavar="K", type=int, help="ARCH_FORCE_MAX_ORDER")
    parser.add_argument("--block-order", metavar="K", type=int, help="PAGE_BLOCK_MAX_ORDER")
    parser.add_argument("--configured", metavar="SIZE", default="0", help="CMA_SIZE_MBYTES (0)")
    parser.add_argument("--base", metavar="ADDRESS", help="where the area begins at least")
    parser.add_argument("--limit", metavar="ADDRESS", help="where it ends at most")
    parser.add_argument("--fixed", action="store_true", help="exactly at --base")
    parser.add_argument("--order-per-bit", metavar="K", type=int, default=0, help="of its bitmap")
    parser.add_argument("--kernel", metavar="VERSION", help="the kernel that is asked about")
    return parser


def _check(options: Namespace) -> None:
    is_live = options.live or options.root is not None
    if is_live == (options.need is not None or options.cmdline is not None):
        raise UsageError(
            "bad-usage", "--need, --cmdline, or else one of --live and --root is needed"
        )
    if options.live and options.root is not None:
        raise UsageError("bad-usage", "--live is this machine: --root is another")
    if not 0 <= options.order_per_bit <= _AREAS_MAX >> 1:
        raise UsageError("bad-usage", f"--order-per-bit {options.order_per_bit} is not 0 to 32")


def _rules(options: Namespace) -> Rules:
    from foretell.memory.kernels import NEWEST, rules_of
    from foretell.memory.sysfs import read_text

    version = options.kernel
    if version is None and options.root is not None:
        version = read_text(options.root, "proc/sys/kernel/osrelease")
    if version is None and options.live:
        version = os.uname().release
    return rules_of(version or NEWEST)


# -- described -----------------------------------------------------------------------------------


def _described(options: Namespace, rules: Rules) -> CmaTable:
    from foretell.memory.cma_words import read_words, reserve
    from foretell.memory.page_blocks import find_page_block
    from foretell.memory.quantities import parse_size
    from foretell.render.memory_cma import CmaTable

    block = find_page_block(
        rules,
        PAGE_SIZES[options.page_size or "4K"],
        huge_pages=not options.no_huge_pages,
        buddy_order=options.buddy_order,
        limit=options.block_order,
    )
    table = CmaTable(rules.series, rules.has_cma, block.page_size, block.size, block.reason)
    if options.need is not None:
        table = _with_needs(table, options, rules, block)
    if options.cmdline is not None:
        words = read_words(options.cmdline)
        if words.fatal:
            return table._replace(fatal=words.fatal)
        configured = parse_size(options.configured, "--configured")
        areas = reserve(words, rules, block, _nodes(options.nodes or "1"), configured)
        rows = [_row(it.name, it.asked, it.found, it.reason) for it in areas]
        table = table._replace(reserved=rows, ignored=words.ignored)
    return table


def _with_needs(table: CmaTable, options: Namespace, rules: Rules, block: PageBlock) -> CmaTable:
    from foretell.memory.cma import Declaration, declare
    from foretell.memory.cma_choices import choices
    from foretell.memory.quantities import parse_size
    from foretell.render.memory_cma import ChoiceRow

    needs = [parse_size(text.strip(), "--need") for text in options.need.split(",")]
    if not all(needs) or len(needs) > _AREAS_MAX:
        raise UsageError("bad-usage", f"--need: 1 to {_AREAS_MAX} sizes, none of them 0")
    bounds = [options.base, options.limit, options.fixed or None]
    if len(needs) > 1 and any(bound is not None for bound in bounds):
        raise UsageError("bad-usage", "--base, --limit and --fixed are about one area")
    wanted = Declaration(
        0,
        base=parse_size(options.base or "0", "--base"),
        limit=parse_size(options.limit or "0", "--limit"),
        fixed=options.fixed,
        order_per_bit=options.order_per_bit,
    )
    rows = [
        _row("", need, declare(wanted._replace(size=need, areas=number), block))
        for number, need in enumerate(needs)
    ]
    shared = None
    if len(needs) > 1:
        total = sum(needs)
        shared = _row("", total, declare(wanted._replace(size=total), block))
    others = [ChoiceRow(*choice) for choice in choices(needs, block, rules)]
    return table._replace(separate=rows, shared=shared, others=others)


def _row(name: str, asked: int, found: Area | Refusal, *why: Reason) -> AreaRow:
    from foretell.memory.cma import Refusal
    from foretell.render.memory_cma import AreaRow

    if isinstance(found, Refusal):
        return AreaRow(name, asked, 0, found.errno, (*why, found.reason))
    return AreaRow(name, asked, found.size, "", (*why, found.reason))


def _nodes(text: str) -> dict[int, int | None]:
    """Return the nodes: how many there are, or how large each is."""
    from foretell.memory.quantities import parse_size

    if text.isascii() and text.isdecimal():
        count = int(text[:8])
        if not 1 <= count <= _NODES_MAX:
            raise UsageError("bad-usage", f"--nodes: {text[:20]} is not 1 to {_NODES_MAX} nodes")
        return dict.fromkeys(range(count))
    sizes = [parse_size(part.strip(), "--nodes") for part in text.split(",")]
    if len(sizes) > _NODES_MAX:
        raise UsageError("bad-usage", f"--nodes: more than {_NODES_MAX} nodes")
    return {number: size for number, size in enumerate(sizes) if size}


# -- a running kernel ----------------------------------------------------------------------------


def _audited(options: Namespace, rules: Rules) -> CmaTable:
    from foretell.memory.cma_live import audit, page_size_of
    from foretell.memory.live import read_machine
    from foretell.render.memory_cma import AuditRow, CmaTable

    root = options.root or "/"
    if options.page_size is not None:
        page_size = PAGE_SIZES[options.page_size]
    else:
        page_size = page_size_of(root) if options.root else os.sysconf("SC_PAGE_SIZE")
    nodes = {node.number: node.size for node in read_machine(root).nodes if node.size}
    found = audit(root, page_size, nodes, rules)
    differing = dict(found.differing)
    rows = [
        AuditRow(it.name, it.asked, it.size, it.free, it.failed, differing.get(it.name))
        for it in found.areas
    ]
    words = found.words
    return CmaTable(
        kernel=rules.series,
        has_cma=found.total is not None,
        page_size=page_size,
        block_size=found.block.size,
        block_reason=found.block.reason,
        audit=rows,
        audit_total=found.total,
        audit_expected=found.expected,
        audit_missing=found.missing,
        audit_asks=words.size is not None or words.per_node is not None or bool(words.by_node),
    )


def _is_refused(table: CmaTable) -> bool:
    rows = [*table.separate, *(table.reserved or ())]
    if table.shared is not None:
        rows.append(table.shared)
    return (
        any(row.errno for row in rows)
        or (table.audit is not None and table.audit_total is None and table.audit_asks)
        or bool(table.audit_missing)
        or bool(table.fatal)
        or any(row.predicted is not None for row in table.audit or ())
    )
