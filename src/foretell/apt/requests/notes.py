"""What does apt say about the words of a request before it solves, and why does it refuse some?"""

from __future__ import annotations

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.apt.system.state import State

__all__ = ["Note", "WordsError"]


class Note:
    """Something apt says about a word before it solves.

    ``kind`` is one of these; ``version`` and ``text`` are more of what is said:

    - ``not-installed``: so not removed; ``version`` may be there on another architecture;
    - ``newest``: ``version`` is installed already; ``no-reinstall``: it cannot be downloaded;
      ``only-upgrades``: skipped; ``set-manual``;
    - ``glob``, ``regex`` or ``task``: selected for ``text``;
    - ``instead``: ``version`` is of what provides the package; ``virtual``: not to be removed;
    - ``version``: ``version`` was selected for a word, or because of the package ``cause``;
    - ``text``: as it is, about no package.
    """

    __slots__ = ("cause", "kind", "package", "text", "version")

    def __init__(
        self, kind: str, package: int, version: int = -1, text: str = "", *, cause: int = -1
    ) -> None:
        self.kind = kind
        self.package = package
        self.version = version
        self.text = text
        self.cause = cause


class WordsError(UsageError):
    """Words of a request mean nothing here.

    ``each`` has an error for every one of them; ``notes`` is what was said before.  ``lacking``
    are the packages that cannot be had, in apt's order, with the versions by package that a
    release made the candidates of their providers.
    """

    def __init__(
        self,
        each: Sequence[UsageError],
        notes: Sequence[Note],
        lacking: Mapping[int, Mapping[int, int]],
        state: State,
    ) -> None:
        super().__init__(each[0].code, "; ".join(error.message for error in each))
        self.each = each
        self.notes = notes
        self.lacking = lacking
        self.state = state
