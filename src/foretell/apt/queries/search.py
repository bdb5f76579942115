"""Which packages have all words in their names or descriptions?

A word is a regular expression (regex(7)) in any case; each has to be found in the name or in the
description of the version that policy prefers (apt(8), "search").  Most words are plain: then the
lists are searched as text, and only the stanzas with the longest word are looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from foretell.apt.packages.index_read import whole_stanzas
from foretell.apt.syntax.compression import open_chunks
from foretell.apt.syntax.expression import expression
from foretell.apt.system.preferences import compile_pattern, is_expression
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from foretell.apt.packages.index import Archive
    from foretell.apt.selection.catalogue import Catalogue
    from foretell.apt.selection.translations import Translations

__all__ = ["find_packages"]

_FIELD = b"\nDescription: "
_DIGEST = expression(rb"(?m)^Description-md5: (\S+)$")
_META = frozenset(".[](){}*+?^$|\\")
# Capital letters outside ASCII whose small ones are in it: searching bytes would miss them.
_DISGUISED = ((b"k", "\u212a".encode()), (b"i", "\u0130".encode()))


def find_packages(
    catalogue: Catalogue, words: Sequence[str], *, names_only: bool = False
) -> Iterator[tuple[int, str]]:
    """Yield version and description of each package that has all words, by name."""
    tests = [_test(word) for word in words]
    found = []
    for version, text in _described(catalogue, _needle(words)):
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


def _needle(words: Sequence[str]) -> bytes:
    """Return what every stanza that is looked for has in it, in small letters; may be empty."""
    plain = [word.lower() for word in words if _META.isdisjoint(word) and word.isascii()]
    return max(plain, key=len, default="").encode()


def _described(catalogue: Catalogue, needle: bytes) -> Iterator[tuple[int, str]]:
    """Yield the preferred versions, those with ``needle`` in name or description among them."""
    universe, translations = catalogue.universe, catalogue.translations
    keys = set(translations.naming(needle)) if needle and translations else set()
    stanzas: dict[int, bytes] = {}
    for number, path in enumerate(catalogue.world.lists):
        stanzas.update(_stanzas_with(needle, keys, universe.archive, number, path))
    packages = set(map(universe.package, stanzas))
    packages.update(map(universe.package, range(universe.n_versions, universe.version_count())))
    for package in packages:
        if not catalogue.is_chief(package):
            continue
        version = catalogue.preferred(package)
        if version >= universe.n_versions:
            yield version, catalogue.description_of(version)
        elif version in stanzas:
            yield version, _description(stanzas[version], translations)


def _stanzas_with(
    needle: bytes, keys: set[bytes], archive: Archive, number: int, path: str
) -> Iterator[tuple[int, bytes]]:
    """Yield the versions of a list, with their stanzas, that have ``needle`` or one of ``keys``."""
    offsets, lengths = archive.ver_off, archive.ver_len
    first, last = bisect_left(archive.ver_file, number), bisect_right(archive.ver_file, number)
    base = 0
    for block in whole_stanzas(open_chunks(path), path):
        places = _places(block, needle) if needle else None
        if places is None:
            begin = bisect_left(offsets, base, first, last)
            found = set(range(begin, bisect_left(offsets, base + len(block), first, last)))
        else:
            places += [m.start() for m in _DIGEST.finditer(block) if m[1] in keys] if keys else []
            found = {bisect_right(offsets, base + at, first, last) - 1 for at in places}
        for version in found:
            start = offsets[version] - base
            yield version, block[start : start + lengths[version]]
        base += len(block)


def _places(block: bytes, needle: bytes) -> list[int] | None:
    """Return a place in each stanza that has ``needle``; None when bytes cannot tell."""
    if not block.isascii() and any(ch in needle and big in block for ch, big in _DISGUISED):
        return None
    low = block.lower()
    places = []
    at = low.find(needle)
    while at >= 0:
        places.append(at)
        end = low.find(b"\n\n", at)
        at = low.find(needle, end) if end >= 0 else -1
    return places


def _description(stanza: bytes, translations: Translations) -> str:
    """Return the description in a stanza, or what a translation has in its place."""
    if translations:
        match = _DIGEST.search(stanza)
        text = translations.find(match[1]) if match is not None else None
        if text is not None:
            return text.decode("utf-8", "surrogateescape")
    at = stanza.find(_FIELD)
    if at < 0:
        return ""
    at += len(_FIELD)
    stop = stanza.find(b"\n", at)
    while 0 <= stop < len(stanza) - 1 and stanza[stop + 1 : stop + 2] == b" ":
        stop = stanza.find(b"\n", stop + 1)
    return (
        stanza[at : len(stanza) if stop < 0 else stop].rstrip().decode("utf-8", "surrogateescape")
    )
