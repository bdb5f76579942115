"""How does apt 3.0 show what packages need, and what needs them?

A target without any version is in angle brackets; an alternative that others follow has a bar
before it; what provides a target stands below it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    # One alternative of a relation, as it is seen from the package of its block: its type as apt
    # spells it, a package, the bound (">= 2.41", or nothing), whether the package has a version,
    # whether another alternative follows, what provides it.  A plain tuple: there may be 20,000.
    Edge: TypeAlias = tuple[str, str, str, bool, bool, tuple[str, ...]]

__all__ = ["Block", "edges_json", "render_depends", "render_rdepends"]

_REVERSE = "Reverse Depends:"


class Block:
    """A package and its edges; `is_real` says whether it has a version."""

    __slots__ = ("edges", "is_real", "package")

    def __init__(self, package: str, edges: Sequence[Edge], *, is_real: bool = True) -> None:
        self.package = package
        self.edges = edges
        self.is_real = is_real


def render_depends(blocks: Iterable[Block]) -> str:
    """Return what packages need."""
    return _render(blocks, "")


def render_rdepends(blocks: Iterable[Block]) -> str:
    """Return what needs packages."""
    return _render(blocks, _REVERSE)


def _render(blocks: Iterable[Block], title: str) -> str:
    lines = []
    for block in blocks:
        lines.append(_label(block.package, is_real=block.is_real))
        if title and block.is_real:
            lines.append(title)
        for kind, package, wanted, is_real, is_followed, providers in block.edges:
            bar = "|" if is_followed else " "
            bound = f" ({wanted})" if wanted else ""
            lines.append(f" {bar}{kind}: {package if is_real else f'<{package}>'}{bound}")
            if providers:
                lines += [f"    {name}" for name in providers]
    return "\n".join([*lines, ""])


def _label(package: str, *, is_real: bool) -> str:
    return package if is_real else f"<{package}>"


def edges_json(schema: str, blocks: Iterable[Block]) -> str:
    """Return the same as JSON."""
    import json

    packages = [
        {
            "package": block.package,
            "virtual": not block.is_real,
            "relations": [
                {
                    "type": kind,
                    "package": package,
                    "bound": bound or None,
                    "virtual": not is_real,
                    "alternative_follows": is_followed,
                    "providers": list(providers),
                }
                for kind, package, bound, is_real, is_followed, providers in block.edges
            ],
        }
        for block in blocks
    ]
    return json.dumps({"schema": schema, "packages": packages}, indent=2, ensure_ascii=False) + "\n"
