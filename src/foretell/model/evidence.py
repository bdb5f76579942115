"""Where can the user open the fact that a reason rests on?"""

from __future__ import annotations

from foretell.model.value import Value, check_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.model.value import Plain

__all__ = ["Evidence"]


class Evidence(Value):
    """One external fact and the place where it can be seen.

    ``kind`` is the sort of place, in kebab-case (``stanza``, ``file-line``, ``sysfs``);
    ``place`` is what to open (``PATH:LINE``, a sysfs path, an archive stanza); ``text`` is what
    stands there, verbatim.  Raises `ValueError` for a kind that is not kebab-case.

    >>> Evidence("file-line", "/etc/apt/preferences:3", "Pin-Priority: -1").place
    '/etc/apt/preferences:3'
    """

    __slots__ = ("kind", "place", "text")

    kind: str
    place: str
    text: str

    def __init__(self, kind: str, place: str, text: str) -> None:
        self._set(check_kind(kind), place, text)

    def as_json(self) -> dict[str, Plain]:
        """Return the evidence as plain values."""
        return {"kind": self.kind, "place": self.place, "text": self.text}
