"""Which numbers and names does the apt domain share?

The packed facts of a version, the relation types in the order in which apt walks them, and the
relation operators.  Sources: deb-control(5), Debian Policy chapter 7.
"""

from __future__ import annotations

__all__ = [
    "ARCHITECTURE_ALL",
    "BREAKS",
    "CONFLICTS",
    "DEPENDS",
    "ENHANCES",
    "ESSENTIAL",
    "IDENTITY_TYPES",
    "IMPORTANT",
    "MULTI_ARCH",
    "MULTI_ARCH_ALLOWED",
    "MULTI_ARCH_FOREIGN",
    "MULTI_ARCH_MASK",
    "MULTI_ARCH_SAME",
    "NOT_OFFERED",
    "OPERATORS",
    "OPERATOR_NAMES",
    "PHASED",
    "PRE_DEPENDS",
    "PRIORITIES",
    "PRIORITY_MASK",
    "PRIORITY_SHIFT",
    "PROVIDES",
    "RECOMMENDS",
    "RELATION_FIELDS",
    "REPLACES",
    "SUGGESTS",
]

# Relation types, numbered in the order in which apt walks the relations of a version.
RELATION_FIELDS: tuple[bytes, ...] = (
    b"Pre-Depends",
    b"Depends",
    b"Conflicts",
    b"Breaks",
    b"Recommends",
    b"Suggests",
    b"Replaces",
    b"Enhances",
    b"Provides",
)
(
    PRE_DEPENDS,
    DEPENDS,
    CONFLICTS,
    BREAKS,
    RECOMMENDS,
    SUGGESTS,
    REPLACES,
    ENHANCES,
    PROVIDES,
) = range(9)

# Relations whose text makes two stanzas of one version string different versions.
IDENTITY_TYPES = frozenset((PRE_DEPENDS, DEPENDS, CONFLICTS, BREAKS, REPLACES))

# Operators; "<" and ">" are the obsolete spellings of "<=" and ">=" (Policy 7.1).
OPERATORS: dict[bytes, int] = {
    b"": 0,
    b"<=": 1,
    b"<": 1,
    b">=": 2,
    b">": 2,
    b"<<": 3,
    b">>": 4,
    b"=": 5,
    b"!=": 6,
}
OPERATOR_NAMES: tuple[str, ...] = ("", "<=", ">=", "<<", ">>", "=", "!=")

# ver_meta: bit 0 arch:all, bits 1-2 Multi-Arch, bits 3-5 Priority, bit 6 Essential,
# bit 7 Important or Protected, bit 8 offered to a share of machines only, bit 9 no .deb file
# (Size is missing or 0).
ARCHITECTURE_ALL = 1
MULTI_ARCH_SAME = 1 << 1
MULTI_ARCH_FOREIGN = 2 << 1
MULTI_ARCH_ALLOWED = 3 << 1
MULTI_ARCH_MASK = 3 << 1
PRIORITY_SHIFT = 3
PRIORITY_MASK = 7
ESSENTIAL = 1 << 6
IMPORTANT = 1 << 7
PHASED = 1 << 8
NOT_OFFERED = 1 << 9
MULTI_ARCH: dict[bytes, int] = {
    b"": 0,
    b"no": 0,
    b"same": MULTI_ARCH_SAME,
    b"foreign": MULTI_ARCH_FOREIGN,
    b"allowed": MULTI_ARCH_ALLOWED,
}
# A missing Priority sorts before required; any other word, in whatever case, counts as extra.
PRIORITIES: dict[bytes, int] = {
    b"required": 1,
    b"important": 2,
    b"standard": 3,
    b"optional": 4,
    b"extra": 5,
}
