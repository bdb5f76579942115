"""What are the long descriptions that the translations beside package lists have?

Lists name a description by its checksum, ``Translation-en`` has its text (Debian repository format,
"Translation indices").  The files are large: they are opened when the first description is shown,
and only what is asked for is looked up.
"""

from __future__ import annotations

import os

from foretell.apt.syntax.compression import EXTENSIONS, open_chunks
from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Translations"]

_KEY = b"\nDescription-md5: "
_FIELD = b"\nDescription-en: "
_STANZA = expression(rb"(?m)^Description-md5: (\S+)$")
_LIST = expression(r"binary-[^_]+_Packages(?:\.\w+)?$")
_LOOKUPS_MAX = 20  # then all places are found at once


class Translations:
    """The English descriptions beside ``lists``, by checksum."""

    def __init__(self, lists: Sequence[str]) -> None:
        self._paths = list(_paths(lists))
        self._texts: list[bytes] | None = None
        self._places: dict[bytes, tuple[int, int]] | None = None
        self._lookups = 0

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._paths)

    @property
    def texts(self) -> list[bytes]:
        """The files, read when first asked for."""
        if self._texts is None:
            self._texts = [b"\n" + b"".join(open_chunks(path)) for path in self._paths]
        return self._texts

    def find(self, key: bytes) -> bytes | None:
        """Return the description with a checksum."""
        self._lookups += 1
        if self._lookups > _LOOKUPS_MAX:
            number, at = self._all_places().get(key, (0, -1))
            return _description(self.texts[number], at) if at >= 0 else None
        line = _KEY + key + b"\n"
        for text in self.texts:
            at = text.find(line)
            if at >= 0:
                return _description(text, at + 1)
        return None

    def naming(self, word: bytes) -> Iterator[bytes]:
        """Yield the checksums of the descriptions with ``word`` (small ASCII letters) in them."""
        for text in self.texts:
            low = text.lower()
            at = low.find(word)
            while at >= 0:
                start = low.rfind(b"\n\n", 0, at)
                end = low.find(b"\n\n", at)
                match = _STANZA.search(text, max(start, 0), len(text) if end < 0 else end)
                if match is not None:
                    yield match[1]
                at = low.find(word, end) if end >= 0 else -1

    def _all_places(self) -> dict[bytes, tuple[int, int]]:
        if self._places is None:
            self._places = {
                match[1]: (number, match.start())
                for number, text in enumerate(self.texts)
                for match in _STANZA.finditer(text)
            }
        return self._places


def _description(text: bytes, at: int) -> bytes | None:
    """Return the description in the stanza whose checksum stands at ``at``."""
    end = text.find(b"\n\n", at)
    start = text.find(_FIELD, at, len(text) if end < 0 else end + 1)
    if start < 0:
        return None
    return text[start + len(_FIELD) : len(text) if end < 0 else end].rstrip(b"\n")


def _paths(lists: Sequence[str]) -> Iterator[str]:
    """Yield the files of English descriptions that are there."""
    for path in dict.fromkeys(map(_translation_path, lists)):
        for extension in ("", *EXTENSIONS):
            if os.path.isfile(path + extension):
                yield path + extension
                break


def _translation_path(path: str) -> str:
    """Return where the English descriptions for a list of packages are kept."""
    return _LIST.sub("i18n_Translation-en", path)
