"""How is it told what is surprising about a plan?

One sentence for each, which says what happens and why that matters; a section after apt's own text.
"""

from __future__ import annotations

from foretell.render.apt import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Fields = Mapping[str, object]

__all__ = ["render_surprises", "sentence"]

_NAMES_MAX = 4
_GOES = {"purge": "is purged", "remove": "is removed"}
_KINDS = {
    "essential-removed": "{package} {goes}, and it is {flag}: the system may not work without it",
    "kernel-removed": "{package} {goes}, and it is the kernel that runs now",
    "boot-loader-removed": "{package} {goes}, and no other boot loader is left",
    "downgraded": "{package} goes back from {previous} to {version}",
    "desktop-removed": "{package} {goes}, and it stands for the whole desktop",
    "important-removed": "{package} {goes}, though its priority is {priority}",
    "metapackage-removed": "{package} {goes}, a metapackage{manual}{members}",
    "manual-removed": "{packages} installed by hand",
    "essential-added": "{package} comes, and it is {flag}: it will be hard to remove",
    "provider-switched": "{by} takes the place of {package}, which {owner} needs "
    "({relation} {text}){conffiles}",
    "other-suite": "{packages} from {origin} {suite}; the system is {home}",
    "configuration-purged": "{package} is purged, with {count} configuration files",
    "large-download": "{package} is {share} % of the download ({size})",
    "large-installation": "{package} is {share} % of the space that is needed ({size})",
}


def render_surprises(surprises: Sequence[tuple[str, Fields]], *, shown_max: int) -> str:
    """Return the section with the first ones, empty when there are none.

    ``surprises`` are kinds with their fields, the greatest first.
    """
    if not surprises or not shown_max:
        return ""
    lines = ["Worth a look:", *(f"  {sentence(*it)}" for it in surprises[:shown_max])]
    left = len(surprises) - shown_max
    if left > 0:
        lines.append(f"  and {left} more (--surprises {len(surprises)} shows them)")
    return "".join(f"{line}\n" for line in lines)


def sentence(kind: str, fields: Fields) -> str:
    """Return what a surprise says.

    >>> sentence("kernel-removed", {"package": "linux-image-1", "action": "remove"})
    'linux-image-1 is removed, and it is the kernel that runs now'
    """
    told = {name: _plain(value) for name, value in fields.items()}
    told["goes"] = _GOES.get(told.get("action", ""), "goes")
    told["flag"] = told.get("field", "")
    if kind == "metapackage-removed":
        told["manual"] = " that was installed by hand" if fields["manual"] else ""
        told["members"] = _members(fields)
    elif kind == "provider-switched":
        count = fields["conffiles"]
        told["conffiles"] = f"; its {count} configuration files are not taken over" if count else ""
    elif kind == "manual-removed":
        told["packages"] = _packages(fields, "goes, and was", "go, and were")
    elif kind == "other-suite":
        told["packages"] = _packages(fields, "comes", "come")
    elif kind in {"large-download", "large-installation"}:
        told["size"] = f"{format_size(int(told['size']))}B"
    return _KINDS[kind].format(**told)


def _members(fields: Fields) -> str:
    names = fields["members"]
    assert isinstance(names, (tuple, list))
    stay = "stays" if fields["count"] == 1 else "stay"
    return f"; {_some(names, fields['count'])} {stay}" if names else ""


def _packages(fields: Fields, one: str, many: str) -> str:
    names = fields["packages"]
    assert isinstance(names, (tuple, list))
    return f"{_some(names, fields['count'])} {one if fields['count'] == 1 else many}"


def _some(names: Sequence[object], count: object) -> str:
    shown = ", ".join(_plain(name) for name in names[:_NAMES_MAX])
    left = int(str(count)) - min(len(names), _NAMES_MAX)
    return f"{shown} and {left} more" if left > 0 else shown


def _plain(value: object) -> str:
    text = str(value)
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
