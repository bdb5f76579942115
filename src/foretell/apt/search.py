"""Which packages have all words in their names or descriptions?

A word is a regular expression (regex(7)) in any case; each has to be found in the name or in the
description of the version that policy prefers (apt(8), "search").  Long descriptions are in the
``Translation-en`` lists, which are opened only here; where there are none, the list itself has one
line.
"""

from __future__ import annotations

import os
import re

from foretell.apt.compression import EXTENSIONS, open_chunks
from foretell.apt.preferences import compile_pattern, is_expression
from foretell.apt.records import description, read_record
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from foretell.apt.catalogue import Catalogue

__all__ = ["find_packages", "translations"]

_FIELD = b"\nDescription: "
_KEY = b"\nDescription-md5: "
_META = frozenset(".[](){}*+?^$|\\")


def find_packages(
    catalogue: Catalogue, words: Sequence[str], *, names_only: bool = False
) -> Iterator[tuple[int, str]]:
    """Yield version and description of each package that has all words, by name."""
    tests = [_test(word) for word in words]
    found = []
    for version, text in _described(catalogue):
        name = catalogue.name(catalogue.universe.package(version))
        seen = name if names_only else f"{name}\n{text}"
        if all(test(name, seen) for test in tests):
            found.append((name, version, text))
    for _, version, text in sorted(found):
        yield version, text


def _test(word: str) -> Callable[[str, str], bool]:
    """Return a test of a name, and of it with its description."""
    if _META.isdisjoint(word):
        plain = word.lower()
        return lambda _, both: plain in both.lower()
    if not is_expression(word):
        raise UsageError("bad-expression", f"{word!r} is no regular expression (regex(7))")
    matches = compile_pattern(f"/{word}/")
    return lambda name, both: matches(name) or matches(both[len(name) + 1 :])


def _described(catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """Yield the preferred version of every package with its description."""
    universe, archive = catalogue.universe, catalogue.universe.archive
    texts = [b"".join(open_chunks(path)) for path in catalogue.world.lists]
    translated = translations(catalogue.world.lists)
    lists, offsets, lengths = archive.ver_file, archive.ver_off, archive.ver_len
    for package in catalogue.chief_packages():
        version = catalogue.preferred(package)
        if version >= universe.n_versions:
            yield version, description(read_record(catalogue.world, universe, version))
            continue
        text, start = texts[lists[version]], offsets[version]
        yield version, _description(text, start, start + lengths[version], translated)


def _description(text: bytes, start: int, end: int, translated: dict[bytes, bytes]) -> str:
    """Return the description in a stanza, or what a translation has in its place."""
    if translated:
        key = _value(text, _KEY, start, end)
        if key in translated:
            return translated[key].decode("utf-8", "surrogateescape")
    at = text.find(_FIELD, start, end)
    if at < 0:
        return ""
    at += len(_FIELD)
    stop = text.find(b"\n", at, end)
    while 0 <= stop < end - 1 and text[stop + 1 : stop + 2] == b" ":
        stop = text.find(b"\n", stop + 1, end)
    return text[at : end if stop < 0 else stop].rstrip().decode("utf-8", "surrogateescape")


def _value(text: bytes, field: bytes, start: int, end: int) -> bytes:
    at = text.find(field, start, end)
    return text[at + len(field) : text.find(b"\n", at + 1)] if at >= 0 else b""


_TRANSLATED = re.compile(
    rb"^Description-md5: (\S+)\nDescription-en: ((?:.*\n)(?: .*\n)*)", re.MULTILINE
)


def translations(lists: Sequence[str]) -> dict[bytes, bytes]:
    """Return the English long descriptions beside package lists, by the checksum of each."""
    found: dict[bytes, bytes] = {}
    for path in dict.fromkeys(map(_translation_path, lists)):
        for extension in ("", *EXTENSIONS):
            if os.path.isfile(path + extension):
                text = b"".join(open_chunks(path + extension))
                found.update((m[1], m[2].rstrip(b"\n")) for m in _TRANSLATED.finditer(text))
                break
    return found


def _translation_path(path: str) -> str:
    """Return where the English descriptions for a list of packages are kept."""
    return re.sub(r"binary-[^_]+_Packages(?:\.\w+)?$", "i18n_Translation-en", path)
