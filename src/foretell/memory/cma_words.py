"""Which CMA areas does a kernel's command line ask for, and which become of it?

Sources: ``cma=``, ``cma_pernuma=`` and ``numa_cma=`` in the kernel's list of parameters, and what
guests with 7.3 did.  A number is read as far as it is one, and what follows is not looked at:
``010M`` is 8 MiB (octal), ``abc`` is 0.
"""

from __future__ import annotations

from typing import NamedTuple

from foretell.memory.cma import Declaration, Refusal, declare
from foretell.memory.unmodelled import Unmodelled
from foretell.model.reason import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretell.memory.cma import Area
    from foretell.memory.kernels import Rules
    from foretell.memory.page_blocks import PageBlock

__all__ = ["CmaWords", "NamedArea", "parse_number", "read_words", "reserve"]

_U64 = (1 << 64) - 1
_SUFFIXES = "kmgtpe"
_NAMES = ("cma", "cma_pernuma", "numa_cma")


class CmaWords(NamedTuple):
    """What a command line says of CMA; None and empty where it says nothing.

    ``size``, ``base`` and ``limit`` are those of ``cma=``; a later one without a start keeps the
    start and the end of an earlier one.  ``per_node`` is ``cma_pernuma=``, ``by_node`` is
    ``numa_cma=``; ``tells_nodes`` says that one of both is there, if only with nonsense.
    ``ignored`` are words that the kernel calls malformed, ``fatal`` those with which it never
    starts: 7.3 stops at once when a size for nodes has no value.
    """

    size: int | None = None
    base: int = 0
    limit: int = 0
    per_node: int | None = None
    by_node: Mapping[int, int] = {}
    tells_nodes: bool = False
    ignored: tuple[str, ...] = ()
    fatal: tuple[str, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether the start is the only possible one: the end is just a size later."""
        return self.size is not None and self.base + self.size & _U64 == self.limit


class NamedArea(NamedTuple):
    """An area as the kernel names it, on which node (None: any), and what became of it."""

    name: str
    node: int | None
    asked: int
    found: Area | Refusal
    reason: Reason


def parse_number(text: str, start: int = 0) -> tuple[int, int]:
    """Return a number with its suffix K to E, in 64 bits, and where it ends; nothing is 0.

    >>> parse_number("64M@1G"), parse_number("010k"), parse_number("abc")
    ((67108864, 3), (8192, 4), (0, 0))
    """
    base, end = 10, start
    if text[start : start + 2].lower() == "0x" and _is_digit(text[start + 2 : start + 3], 16):
        base, end = 16, start + 2
    elif text[start : start + 1] == "0":
        base = 8
    value = 0
    while _is_digit(text[end : end + 1], base):
        value = (value * base + int(text[end], base)) & _U64
        end += 1
    suffix = text[end : end + 1].lower()
    if suffix and suffix in _SUFFIXES:
        value = value << 10 * (_SUFFIXES.index(suffix) + 1) & _U64
        end += 1
    return value, end


def read_words(cmdline: str) -> CmaWords:
    """Return what a command line says of CMA; of a word that is said twice the last counts."""
    found = CmaWords(by_node={})
    for word in _words(cmdline):
        name, equals, value = word.partition("=")
        name = name.replace("-", "_")
        if name not in _NAMES:
            continue
        if not equals and name != "cma":
            found = found._replace(fatal=(*found.fatal, word))
        elif not equals:
            found = found._replace(ignored=(*found.ignored, word))
        elif name == "cma":
            found = _read_cma(found, value)
        elif name == "cma_pernuma":
            found = found._replace(per_node=parse_number(value)[0], tells_nodes=True)
        else:
            by_node = {**found.by_node, **_read_by_node(value)}
            found = found._replace(by_node=by_node, tells_nodes=True)
    return found


def reserve(
    words: CmaWords,
    rules: Rules,
    block: PageBlock,
    nodes: Mapping[int, int | None],
    default: int = 0,
) -> list[NamedArea]:
    """Return the areas of a boot, in the order in which they are made.

    ``nodes`` are those with memory, with the bytes they have (None: not known); ``default`` is
    what the kernel is configured to reserve when ``cma=`` is not given.  That the RAM has a free
    run as long as an area, where a node is large enough, is taken for granted.
    Raises `Unmodelled`.
    """
    areas = []
    size = default if words.size is None else words.size
    if size:
        origin = "asked-default" if words.size is None else "asked-cma"
        areas.append(_default_area(words, size, block, Reason(origin, {"size": size}), nodes))
    per_node, origin = words.per_node, "asked-pernuma"
    if size and len(nodes) > 1 and not words.tells_nodes and not rules.has_cma:
        raise Unmodelled(
            "cma-per-node",
            f"whether kernel {rules.series} repeats cma= on every node is a matter of how it is"
            " configured; Debian's was never asked, because it has no CMA",
        )
    if not words.tells_nodes and rules.cma_per_node and len(nodes) > 1 and areas:
        first = areas[0].found
        per_node, origin = (0 if isinstance(first, Refusal) else first.size), "asked-again"
    for node, room in sorted(nodes.items()):
        own = words.by_node.get(node, 0)
        wanted = own or per_node or 0
        if not wanted:
            continue
        why = Reason("asked-numa" if own else origin, {"node": node, "size": wanted})
        found = declare(Declaration(wanted, areas=_made(areas)), block)
        if not isinstance(found, Refusal) and room is not None and found.size > room:
            found = Refusal("ENOMEM", Reason("no-room", {"node": node, "size": found.size}))
        areas.append(NamedArea(f"numa{node}", node, wanted, found, why))
    return areas


def _default_area(
    words: CmaWords,
    size: int,
    block: PageBlock,
    why: Reason,
    nodes: Mapping[int, int | None],
) -> NamedArea:
    wanted = Declaration(size)
    if words.size is not None:
        wanted = Declaration(size, words.base, words.limit, words.fixed)
    found = declare(wanted, block)
    rooms = [room for room in nodes.values() if room is not None]
    known = len(rooms) == len(nodes) and bool(rooms)
    if known and not isinstance(found, Refusal) and found.size > max(rooms):
        found = Refusal("ENOMEM", Reason("no-room", {"size": found.size}))
    return NamedArea("reserved", None, size, found, why)


def _made(areas: list[NamedArea]) -> int:
    return sum(not isinstance(area.found, Refusal) for area in areas)


def _read_cma(found: CmaWords, value: str) -> CmaWords:
    size, end = parse_number(value)
    found = found._replace(size=size)
    if value[end : end + 1] != "@":
        return found
    base, end = parse_number(value, end + 1)
    limit = base + size & _U64
    if value[end : end + 1] == "-":
        limit, _ = parse_number(value, end + 1)
    return found._replace(base=base, limit=limit)


def _read_by_node(value: str) -> dict[int, int]:
    """Return the sizes of ``NODE:SIZE,NODE:SIZE``, up to the first part of another form."""
    found: dict[int, int] = {}
    at = 0
    while True:
        start = at
        while value[at : at + 1].isascii() and value[at : at + 1].isdecimal():
            at += 1
        if at == start or value[at : at + 1] != ":":
            return found
        node = int(value[start:at][:8])
        found[node], at = parse_number(value, at + 1)
        if value[at : at + 1] != ",":
            return found
        at += 1


def _is_digit(char: str, base: int) -> bool:
    return bool(char) and char.isascii() and char.isalnum() and int(char, 36) < base


def _words(cmdline: str) -> list[str]:
    """Split a command line as the kernel does: at spaces outside quotes, up to ``--``."""
    words, word, quoted = [], "", False
    for char in cmdline:
        if char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            words.append(word)
            word = ""
        else:
            word += char
    words = [word for word in (*words, word) if word]
    return words[: words.index("--")] if "--" in words else words
