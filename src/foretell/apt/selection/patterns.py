"""What does an apt-patterns(7) expression say?

Terms are ``?name(argument, ...)`` or short, ``~n``; terms side by side must all hold, ``|`` stands
between alternatives, ``!`` before what must not hold.  An argument is a pattern, a word or a
``"quoted word"``.  What the page leaves open follows experiments with apt 3.0.3:

- a word in an argument list ends at ``, ( ) |`` only, so blanks inside and behind belong to it; the
  word of a short term ends at a space and ``? ~ !`` as well;
- the argument of a short term may be a pattern, which reaches as far as it can: ``~D~i|~nx`` is
  ``?depends(~i|~nx)``;
- ``?pre-depends`` is no term, whatever the page says, but ``?predepends`` is;
- nothing may follow the pattern, unless blanks behind ``?term`` or the argument of a short term;
- the syntax of the whole text is judged first, then the terms and their arguments from left to
  right.

Errors are in apt's own words, and count bytes as it does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foretell.apt.model import RELATION_FIELDS
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Never

__all__ = ["DEPTH_MAX", "PATTERN_BYTES_MAX", "RELATIONS", "Pattern", "parse_pattern"]

PATTERN_BYTES_MAX = 4096
DEPTH_MAX = 50
OBSOLETES = "obsoletes"  # apt knows the relation, but no Debian package has it
# Relation types as terms, in the order of `model.RELATION_FIELDS`.
RELATIONS = (
    *(f.decode().lower().replace("-", "") for f in RELATION_FIELDS if f != b"Provides"),
    OBSOLETES,
)
_BARE = frozenset(
    (
        "automatic",
        "broken",
        "config-files",
        "essential",
        "false",
        "garbage",
        "installed",
        "obsolete",
        "phasing",
        "security",
        "true",
        "upgradable",
        "virtual",
    )
)
_WORDS = frozenset(
    (
        "architecture",
        "archive",
        "codename",
        "exact-name",
        "name",
        "origin",
        "priority",
        "section",
        "source-package",
        "source-version",
        "version",
        "x-name-fnmatch",
    )
)
_SINGLE = frozenset(
    ("all-versions", "any-version", "not", *RELATIONS, *(f"reverse-{r}" for r in RELATIONS))
)
_MANY = frozenset(("and", "narrow", "or"))
_SHORT = {
    "A": "archive",
    "D": "depends",
    "E": "essential",
    "F": "false",
    "M": "automatic",
    "O": "origin",
    "R": "reverse-depends",
    "T": "true",
    "U": "upgradable",
    "V": "version",
    "b": "broken",
    "c": "config-files",
    "e": "source-package",
    "g": "garbage",
    "i": "installed",
    "n": "name",
    "o": "obsolete",
    "p": "priority",
    "r": "architecture",
    "s": "section",
    "v": "virtual",
}
_TYPED = frozenset("DR")  # letters behind which a relation type may stand
_TYPE = re.compile(
    "(Depends|Recommends|Suggests|Conflicts|Breaks|Replaces|Obsoletes|Enhances|Pre-Depends):"
)
_BLANKS = re.compile(r"[ \t\n\r]*")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_LONG_WORD = re.compile(r"[^,()|]+")
_SHORT_WORD = re.compile(r"[^,()|?~! ]+")
_PATTERN_STARTS = "?~!("
_ARGUMENT = "Expected pattern, quoted word, or word"


class Pattern(NamedTuple):
    """One term: its long name, the patterns in its argument list, or its word."""

    name: str
    parts: tuple[Pattern, ...] = ()
    word: str = ""


class _Node(NamedTuple):
    """A term, or a word where ``name`` is empty, as it was written from ``start`` to ``end``."""

    start: int
    end: int
    name: str = ""
    parts: tuple[_Node, ...] | None = None  # None without an argument list
    word: str = ""


def parse_pattern(text: str) -> Pattern:
    """Return what a pattern says.

    Raises `UsageError` with apt's message where the syntax is broken or a term is unknown.
    """
    reader = _Reader(text)
    if len(reader.text) > PATTERN_BYTES_MAX:
        raise UsageError(
            "pattern-too-long", f"a pattern of more than {PATTERN_BYTES_MAX} characters"
        )
    found = reader.read_alternatives(0)
    if found is None:
        reader.fail("Expected pattern", 0)
    if reader.at < len(reader.text):
        reader.fail("Expected end of file", reader.at)
    return _Terms(reader.fail).pattern(found)


class _Reader:
    """The text, one character for each byte, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text.encode("utf-8", "surrogateescape").decode("latin-1")
        self.at = 0

    def fail(self, message: str, start: int, end: int | None = None) -> Never:
        """Raise the error about a part of the text, as apt says it; to the end by default."""
        end = len(self.text) if end is None else end
        shown = _decoded(self.text).replace("\n", "\n   ")
        marks = " " * start + "^" * (end - start)
        message = f"input:{start}-{end}: error: {message}"
        raise UsageError("bad-pattern", f"{message}\n   {shown}\n   {marks}".rstrip())

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _takes(self, char: str) -> bool:
        if self._next() != char:
            return False
        self.at += 1
        return True

    def _skip_blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at

    def read_alternatives(self, depth: int) -> _Node | None:
        """Read patterns between which ``|`` stands, or nothing when there is no pattern."""
        if depth > DEPTH_MAX:
            raise UsageError(
                "pattern-too-deep", f"a pattern with more than {DEPTH_MAX} levels of nesting"
            )
        start = self.at
        node = self._read_sequence(depth)
        if node is None:
            return None
        found = [node]
        before = self.at
        self._skip_blanks()
        while self._takes("|"):
            self._skip_blanks()
            node = self._read_sequence(depth)
            if node is None:
                self.fail("Expected pattern after |", self.at)
            found.append(node)
            before = self.at
            self._skip_blanks()
        self.at = before
        return self._joined("or", start, found)

    def _read_sequence(self, depth: int) -> _Node | None:
        """Read patterns side by side."""
        self._skip_blanks()
        start = self.at
        node = self._read_one(depth)
        found = []
        before = self.at
        while node is not None:
            found.append(node)
            before = self.at
            self._skip_blanks()
            node = self._read_one(depth)
        self.at = before
        return self._joined("and", start, found) if found else None

    def _joined(self, name: str, start: int, found: list[_Node]) -> _Node:
        return found[0] if len(found) == 1 else _Node(start, self.at, name, tuple(found))

    def _read_one(self, depth: int) -> _Node | None:
        start = self.at
        if self._takes("!"):
            inner = self._read_term(depth)
            if inner is None:
                self.fail("Expected pattern", self.at)
            return _Node(start + 1, self.at, "not", (inner,))
        return self._read_term(depth)

    def _read_term(self, depth: int) -> _Node | None:
        start = self.at
        if self._takes("("):
            found = self.read_alternatives(depth + 1)
            if found is None:
                self.fail("Expected pattern after '('", self.at)
            self._skip_blanks()
            if not self._takes(")"):
                self.fail("Expected closing parenthesis", self.at)
            return found._replace(start=start, end=self.at)
        if self._next() == "~":
            return self._read_short(depth)
        return self._read_long(depth) if self._next() == "?" else None

    def _read_short(self, depth: int) -> _Node:
        start = self.at
        letter = self.text[start + 1 : start + 2]
        name = _SHORT.get(letter)
        if name is None:
            self.fail("Unknown short pattern", start)
        self.at += 2
        if name in _BARE:
            return _Node(start, self.at, name)
        kind = _TYPE.match(self.text, self.at) if letter in _TYPED else None
        if kind is not None:
            self.at = kind.end()
            name = name.replace("depends", kind[1].lower())
        argument = self._read_short_argument(depth)
        if argument is None:
            self.fail(_ARGUMENT, self.at)
        return _Node(start, self.at, name, (argument,))

    def _read_short_argument(self, depth: int) -> _Node | None:
        """Read an argument without parentheses; a word follows its letter directly."""
        if self._next() != " ":
            argument = self._read_argument(_SHORT_WORD, depth)
        else:
            self._skip_blanks()
            argument = self.read_alternatives(depth + 1)
        if argument is not None and argument.name:
            self._skip_blanks()
        return argument

    def _read_long(self, depth: int) -> _Node:
        start = self.at
        match = _NAME.match(self.text, start + 1)
        if match is None:
            self.fail("Pattern must have a term/name", start, start)
        self.at = match.end()
        self._skip_blanks()
        parts = self._read_list(depth) if self._takes("(") else None
        return _Node(start, self.at, match[0], parts)

    def _read_list(self, depth: int) -> tuple[_Node, ...]:
        """Read arguments up to the closing parenthesis; a comma may end them."""
        found: list[_Node] = []
        while True:
            self._skip_blanks()
            if self._takes(")"):
                return tuple(found)
            argument = self._read_argument(_LONG_WORD, depth)
            if argument is None:
                self.fail(_ARGUMENT, self.at)
            found.append(argument)
            self._skip_blanks()
            if self._takes(","):
                continue
            if not self._takes(")"):
                self.fail(
                    "Expected closing parenthesis or comma after last argument, received "
                    + _decoded(self._next()),
                    argument.start,
                    argument.end,
                )
            return tuple(found)

    def _read_argument(self, plain: re.Pattern[str], depth: int) -> _Node | None:
        """Read a pattern, a quoted word or a word; the first character decides."""
        start = self.at
        if self._next() and self._next() in _PATTERN_STARTS:
            return self.read_alternatives(depth + 1)
        if self._takes('"'):
            end = self.text.find('"', self.at)
            if end < 0:
                self.fail("Could not find end of string", start, 0)
            word, self.at = self.text[self.at : end], end + 1
            return _Node(start, self.at, word=word)
        match = plain.match(self.text, start)
        if match is None:
            return None
        self.at = match.end()
        return _Node(start, self.at, word=match[0])


class _Terms:
    """Makes patterns of what was read; ``fail`` raises the error about a part of the text."""

    def __init__(self, fail: Callable[[str, int, int], Never]) -> None:
        self._fail = fail

    def pattern(self, node: _Node) -> Pattern:
        """Return what a term says."""
        name, parts = node.name, node.parts
        if not name:
            self._fail("Expected a pattern", node.start, node.end)
        if name in _BARE:
            if parts is not None:
                self._fail(f"?{name} does not expect an argument list", node.start, node.end)
            return Pattern(name)
        if name not in _WORDS | _SINGLE | _MANY:
            self._fail(f"Unrecognized pattern '?{name}'", node.start, node.end)
        if parts is None:
            self._fail(f"?{name} expects an argument list", node.start, node.end)
        if name not in _MANY and len(parts) != 1:
            self._fail(
                f"?{name} expects 1 arguments, but received {len(parts)} arguments",
                node.start,
                node.end,
            )
        if name in _WORDS:
            return Pattern(name, word=self._word(parts[0]))
        found = tuple(map(self.pattern, parts))
        if name == "narrow":
            return Pattern("any-version", (Pattern("and", found),))
        return Pattern(name, found)

    def _word(self, node: _Node) -> str:
        if node.name:
            self._fail("Expected a word", node.start, node.end)
        return _decoded(node.word)


def _decoded(text: str) -> str:
    """Return text of which every character is a byte as it was given."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape")
