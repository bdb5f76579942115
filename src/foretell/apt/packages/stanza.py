"""What do the fields of a package stanza say that decides anything?

Shared by the index builder, the status file and requests.  Sources: deb-control(5), Debian Policy
7.1 (relations).
"""

from __future__ import annotations

from foretell.apt.model import (
    ARCHITECTURE_ALL,
    ESSENTIAL,
    IDENTITY_TYPES,
    IMPORTANT,
    MULTI_ARCH,
    MULTI_ARCH_MASK,
    MULTI_ARCH_SAME,
    NOT_OFFERED,
    OPERATORS,
    PHASED,
    PRIORITIES,
    PRIORITY_SHIFT,
    RELATION_FIELDS,
)
from foretell.apt.syntax.expression import expression
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

__all__ = [
    "TYPE_OF",
    "Facts",
    "has_relations",
    "is_tidy",
    "mention_of",
    "pack_facts",
    "pack_relations",
    "parse_members",
    "split_source",
    "tidy_relations",
    "version_meta",
]

_MEMBER = expression(
    rb"\s*([^\0-\x20\x7f:|(,<>=!\[\])]+)(?::([^\s|(,]*))?\s*"
    rb"(?:\(\s*(!=|[<>=]{1,2}+)\s*([^\0-\x20\x7f()]+)\s*\)\s*)?(\||\n)|([^\n]+)\n?"
)
# Most are one name, with a bound or without.
_PLAIN_MEMBER = expression(
    rb"([^\0-\x20\x7f:|(,<>=!\[\])]+)(?: \((<<|<=|=|>=|>>) ([^\0-\x20\x7f()]+)\))?"
)
_BOUNDS = tuple(b" (%b " % sign for sign in OPERATORS if sign not in {b"", b"!="})
_CONTROLS = bytes(byte for byte in range(0x20) if byte != 0x0A) + b"\x7f"
# Each begins with a plain character, for which Python's engine looks first.
_ODD_COMMA = expression(rb",[^ ]")
_ODD_BAR = expression(rb"\|(?:(?<![^ ] \|)|(?! [^ ]))")
_ODD_BOUND = expression(rb"\((?:(?<![^ ] \()|(?![<>=]{1,2} [^ ]))")
_BAR = expression(rb" ?\| ?")
_BOUND = expression(rb" ?\( ?([<>=!]+) ?")
_FIELDS = tuple(field.lower() for field in RELATION_FIELDS)
TYPE_OF = {field: number for number, field in enumerate(RELATION_FIELDS)}
# The fields beside relations that are looked up when they are asked for; Section is always there.
_FACTS = (b"Source", b"Installed-Size", b"Size", b"Phased-Update-Percentage", b"Section")


def parse_members(text: bytes) -> list[tuple[bytes, bytes, int, bytes]]:
    """Return (name, architecture qualifier, operator, version) of each member of an or-group.

    Raises `InputError` when the text is not one.

    >>> parse_members(b"a (>= 1) | b:any")
    [(b'a', b'', 2, b'1'), (b'b', b'any', 0, b'')]
    """
    plain = _PLAIN_MEMBER.fullmatch(text)
    if plain is not None:
        name, operator, version = plain.groups(b"")
        return [(name, b"", OPERATORS[operator], version)]
    found = _MEMBER.findall(text + b"\n")
    if [row[4] for row in found].count(b"\n") != 1 or any(row[5] for row in found):
        raise bad_relation(text)
    try:
        return [(row[0], row[1], OPERATORS[row[2]], row[3]) for row in found]
    except KeyError:
        raise bad_relation(text) from None


def mention_of(name: bytes) -> re.Pattern[bytes]:
    """Return an expression that finds a name where a relation names it.

    >>> mention_of(b"a.b").search(b"Depends: c, a.b (>= 1)").start()
    12
    """
    import re

    text = re.escape(name)  # it comes first: the engine then skips to where it stands
    return re.compile(rb"%b(?<![^\n, |]%b)(?![^\n, :(|])" % (text, text))


def bad_relation(text: bytes) -> InputError:
    """Return the error for an or-group that breaks the syntax."""
    return InputError(
        "bad-relation",
        f"relation {text.decode(errors='replace')!r} cannot be parsed",
        rule="name[:architecture] [(operator version)], alternatives split by | (Policy 7.1)",
    )


def pack_relations(fields: dict[bytes, bytes]) -> bytes:
    """Return the relation fields of a stanza as one line each, in apt's walk order.

    Each as `tidy_relations` leaves it.  Raises `InputError` for control characters; everything else
    is looked at when it is parsed.
    """
    packed = b"\n".join([tidy_relations(fields.get(field, b"")) for field in _FIELDS])
    if packed.translate(None, _CONTROLS) != packed:
        lines = packed.split(b"\n")
        raise bad_relation(next(line for line in lines if line.translate(None, _CONTROLS) != line))
    return packed


def has_relations(fields: dict[bytes, bytes], lines: Sequence[bytes]) -> bool:
    """Say whether a stanza has these relations, as far as apt tells versions apart by them.

    ``lines`` are relation fields as `pack_relations` leaves them; most are the very same text.
    Raises `InputError` as that does.
    """
    given = [fields.get(field, b"") for field in _FIELDS]
    text = b"".join(given)
    if text.translate(None, _CONTROLS) != text:
        given = pack_relations(fields).split(b"\n")
    return all(
        lines[kind] == given[kind] or _squeeze(lines[kind]) == _squeeze(tidy_relations(given[kind]))
        for kind in IDENTITY_TYPES
    )


def _squeeze(text: bytes) -> bytes:
    """Drop what dpkg may rewrite in a relation: white space, case, obsolete operators."""
    text = b"".join(text.split()).lower()
    for short, long in ((b"<<", b"\1"), (b">>", b"\2"), (b"<=", b"<"), (b">=", b">")):
        text = text.replace(short, long)
    return text


def pack_facts(fields: dict[bytes, bytes]) -> bytes:
    """Return a stanza of the fields that are looked up later, an empty line, and its relations.

    One line a field, relations tidied; see `Facts`.  Raises `InputError` as `pack_relations` does.

    >>> pack_facts({b"package": b"a", b"version": b"1", b"depends": b"b,\\n c", b"tag": b"x"})
    b'Section: \\n\\nDepends: b, c\\n'
    """
    given = [(name, b" ".join(fields.get(name.lower(), b"").split())) for name in _FACTS]
    lines = [b"%s: %s\n" % row for row in given if row[1] or row[0] is _FACTS[-1]]
    relations = pack_relations(fields).split(b"\n")
    rows = zip(RELATION_FIELDS, relations, strict=True)
    return b"".join([*lines, b"\n", *(b"%s: %s\n" % row for row in rows if row[1])])


class Facts:
    """What a stanza says that decides something, looked up when asked."""

    __slots__ = ("_text",)

    def __init__(self, text: bytes) -> None:
        """Take what `pack_facts` or the fast reader of lists wrote."""
        self._text = b"\n" + text

    def _field(self, name: bytes) -> bytes:
        start = self._text.find(b"\n" + name + b": ")
        if start < 0:
            return b""
        start += len(name) + 3
        return self._text[start : self._text.index(b"\n", start)]

    @property
    def section(self) -> bytes:
        """The Section field."""
        return self._field(b"Section")

    @property
    def phased(self) -> bytes:
        """The Phased-Update-Percentage field."""
        return self._field(b"Phased-Update-Percentage")

    @property
    def source(self) -> bytes:
        """The Source field; empty when the source has the package's own name and version."""
        return self._field(b"Source")

    @property
    def size(self) -> int:
        """Size of the .deb file in bytes, 0 when no list offers one."""
        return int(self._field(b"Size") or 0)

    @property
    def installed_size(self) -> int:
        """Size of the installed files in KiB."""
        return int(self._field(b"Installed-Size") or 0)

    @property
    def relations(self) -> list[bytes]:
        """The relation fields by relation type."""
        found = [b""] * len(RELATION_FIELDS)
        start = self._text.index(b"\n\n") + 2
        for line in self._text[start:].split(b"\n")[:-1]:
            name, _, value = line.partition(b": ")
            found[TYPE_OF[name]] = value
        return found


def tidy_relations(text: bytes) -> bytes:
    """Return one relation field with blanks where Policy 7.1 has them, without empty or-groups.

    >>> tidy_relations(b"a|b(>=1),\\n c  (<< 1 ) ,")
    b'a | b (>= 1), c (<< 1)'
    """
    groups = [b" ".join(part.split()) for part in text.split(b",")]
    tidy = b", ".join(filter(None, groups))
    if _is_plain(tidy) or is_tidy(tidy):
        return tidy
    return _BOUND.sub(rb" (\1 ", _BAR.sub(b" | ", tidy)).replace(b" )", b")")


def _is_plain(relations: bytes) -> bool:
    """Say the same of what nearly all write, without an expression to be compiled."""
    if relations.count(b"|") != relations.count(b" | "):
        return False
    return relations.count(b"(") == sum(map(relations.count, _BOUNDS))


def is_tidy(relations: bytes) -> bool:
    """Say whether there is one blank wherever names end or begin; quick for much text."""
    odd = _ODD_COMMA.search(relations) or _ODD_BAR.search(relations) or _ODD_BOUND.search(relations)
    return odd is None


def version_meta(fields: dict[bytes, bytes]) -> int:
    """Pack the facts of a stanza that are a choice of few; see `foretell.apt.model`.

    apt takes itself for essential, whatever the stanza says.
    """
    meta = MULTI_ARCH.get(fields.get(b"multi-arch", b"").lower(), 0)
    priority = fields.get(b"priority", b"").lower()
    if priority:
        meta |= PRIORITIES.get(priority, PRIORITIES[b"extra"]) << PRIORITY_SHIFT
    if fields.get(b"architecture") == b"all":
        meta |= ARCHITECTURE_ALL
        if meta & MULTI_ARCH_MASK == MULTI_ARCH_SAME:  # apt takes no notice of it
            meta &= ~MULTI_ARCH_MASK
    if fields.get(b"essential") == b"yes" or fields.get(b"package") == b"apt":
        meta |= ESSENTIAL
    if b"yes" in (fields.get(b"important"), fields.get(b"protected")):
        meta |= IMPORTANT
    if fields.get(b"phased-update-percentage") not in {None, b"", b"100"}:
        meta |= PHASED
    if not fields.get(b"size", b"").strip(b"0"):
        meta |= NOT_OFFERED
    return meta


def split_source(source: bytes, version: bytes) -> tuple[bytes, bytes]:
    """Return name and version of a Source field; the version defaults to the binary's.

    >>> split_source(b"gcc-14 (14.2.0-19)", b"1"), split_source(b"glibc", b"2.41-12")
    ((b'gcc-14', b'14.2.0-19'), (b'glibc', b'2.41-12'))
    """
    name, _, rest = source.partition(b" ")
    given = rest.strip(b" ()\t\n")
    return name.strip(), given or version
