"""Which pins did the administrator set, and what does each one match?

Reads apt_preferences(5): ``Dir::Etc::preferences``, after the files of
``Dir::Etc::preferencesparts``.  What the page leaves open follows experiments with apt 3.0:

- names and release facts are compared in any case once a glob or an expression is used, package
  names exactly otherwise;
- ``Package: *`` alone is a general record, any other spelling a specific one;
- a ``release`` pin without any valid condition matches the status file only;
- ``v=`` knows no globs, but a ``*`` at its end;
- ``release WORD`` is a version when it starts with a digit, else an archive or a codename.
"""

from __future__ import annotations

import os

from foretell.apt.syntax.configuration import list_parts, read_bytes
from foretell.apt.syntax.deb822 import read_paragraphs
from foretell.apt.syntax.expression import expression
from foretell.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.syntax.configuration import Configuration

__all__ = [
    "NEVER",
    "PackageWord",
    "Pin",
    "Preferences",
    "compile_glob",
    "compile_pattern",
    "is_expression",
    "parse_preferences",
    "read_preferences",
    "release_conditions",
]

FILE_BYTES_MAX = 16 << 20
PIN_COUNT_MAX = 100_000
PATTERN_CHARS_MAX = 1_000
REPEAT_MAX = 255
NEVER = -32768
PRIORITY_MIN, PRIORITY_MAX = -32768, 32767
PIN_TYPES = frozenset(("release", "origin", "version", "source-version"))
CONDITION_KEYS = frozenset("anovlcb")
COMPILED_MAX = 4096  # patterns that are kept
_PRIORITY = expression(r"[+-]?[0-9]{1,20}")
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_BOUND = expression(r"\{([0-9]*)(,?)([0-9]*)\}")
_GNU_ESCAPES = {"<": r"\b(?=\w)", ">": r"\b(?<=\w)", "`": r"\A", "'": r"\Z"}


class PackageWord:
    """One word of a Package field: a name, glob or /expression/, of a source or a binary."""

    __slots__ = ("_architecture", "_name", "exact", "is_source", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_source = text.startswith("src:")
        name, colon, architecture = text.removeprefix("src:").rpartition(":")
        if not colon:
            name, architecture = architecture, ""
        self._architecture = architecture
        self.exact = "" if name.startswith("/") or any(c in name for c in "*?[") else name
        self._name = name

    def matches(self, name: str, architecture: str, native: str) -> bool:
        """Say whether a package (or source) name and a package's architecture match."""
        wanted = self._architecture
        if not wanted:
            if architecture != native:
                return False
        elif wanted != "any" and not compile_pattern(wanted)(architecture):
            return False
        if self.exact:
            return name == self.exact
        return bool(self._name) and compile_pattern(self._name)(name)


class Pin:
    """One record: what it speaks of, what it matches, and the priority that it gives.

    ``type`` is ``release``, ``origin``, ``version`` or ``source-version``; ``data`` is the rest
    of the Pin field.  ``is_general`` records (``Package: *``) have no ``packages``.
    """

    __slots__ = ("data", "is_general", "line", "packages", "path", "priority", "type")

    def __init__(
        self, packages: tuple[PackageWord, ...], type_: str, data: str, priority: int
    ) -> None:
        self.is_general = not packages
        self.packages = packages
        self.type = type_
        self.data = data
        self.priority = priority
        self.path = ""
        self.line = 0

    def __repr__(self) -> str:
        words = " ".join(word.text for word in self.packages) or "*"
        return f"<Pin {words}: {self.type} {self.data} = {self.priority} ({self.path}:{self.line})>"


class Preferences:
    """All pins in order, and what apt would warn of: (path, line, message)."""

    __slots__ = ("pins", "warnings")

    def __init__(self) -> None:
        self.pins: list[Pin] = []
        self.warnings: list[tuple[str, int, str]] = []

    def extend(self, other: Preferences) -> None:
        """Add the pins and warnings of another file after those of this one."""
        self.pins += other.pins
        self.warnings += other.warnings


def read_preferences(configuration: Configuration) -> Preferences:
    """Return the pins of a configuration's preferences files.

    The main file comes first, then those in the folder of parts, whose names have the extension
    ``.pref`` or none.  Raises `InputError` with file and line for a broken one.
    """
    found = Preferences()
    main = configuration.find_path("Dir::Etc::preferences")
    parts = configuration.find_path("Dir::Etc::preferencesparts")
    paths = [main] if main and main != "/dev/null" and os.path.isfile(main) else []
    if parts and parts != "/dev/null":
        paths += list_parts(parts, (".pref",))
    for path in paths:
        found.extend(parse_preferences(read_bytes(path, FILE_BYTES_MAX), path))
    return found


def parse_preferences(data: bytes, path: str) -> Preferences:
    """Return the pins of one file.

    Raises `InputError` naming ``path`` and the line of a record without Package, without a
    priority other than 0 in the range of 16 bits, or with ``never`` for anything but
    ``Package: *``.

    >>> parse_preferences(b"Package: a\\nPin: version 1*\\nPin-Priority: 990\\n", "p").pins
    [<Pin a: version 1* = 990 (p:1)>]
    """
    found = Preferences()
    for line, fields in read_paragraphs(data, path, comments=True):
        pin = _parse_record({key: _text(fields[key]) for key in fields}, found, path, line)
        if pin is not None:
            pin.path, pin.line = path, line
            found.pins.append(pin)
        if len(found.pins) > PIN_COUNT_MAX:
            raise InputError("too-many-pins", f"more than {PIN_COUNT_MAX} pins", path=path)
    return found


def _parse_record(fields: dict[bytes, str], found: Preferences, path: str, line: int) -> Pin | None:
    """Return the pin of a record; None, with a warning where apt warns, when it has no effect."""
    names = fields.get(b"package", "").split()
    if not names:
        raise _error("bad-preference", "record has no Package field", path, line)
    is_general = names == ["*"]
    text = fields.get(b"pin", "")
    type_, _, data = text.replace("\t", " ").replace("\n", " ").partition(" ")
    type_, data = type_.lower(), data.strip()
    if not text:
        return None
    if type_ not in PIN_TYPES or (is_general and type_.endswith("version")):
        found.warnings.append((path, line, f"pin type {type_!r} is not understood"))
        return None
    priority = _priority(fields.get(b"pin-priority", ""), path, line, is_general=is_general)
    for word in (*names, data):
        if len(word) > PATTERN_CHARS_MAX:
            raise _error(
                "pattern-too-long", f"pattern of more than {PATTERN_CHARS_MAX} chars", path, line
            )
    if type_ == "origin" and len(data) > 1 and data[0] == data[-1] == '"':
        data = data[1:-1]
    packages = () if is_general else tuple(PackageWord(name) for name in names)
    return Pin(packages, type_, data, priority)


def _priority(text: str, path: str, line: int, *, is_general: bool) -> int:
    """Parse a Pin-Priority: the number at its start, or ``never``."""
    if text == "never":
        if is_general:
            return NEVER
        raise _error("bad-priority", "never is only for 'Package: *' records", path, line)
    match = _PRIORITY.match(text)
    priority = int(match[0]) if match else 0
    if not priority:
        raise _error("bad-priority", "record has no priority, or priority 0", path, line)
    if not PRIORITY_MIN <= priority <= PRIORITY_MAX:
        raise _error(
            "bad-priority",
            f"priority {priority} is not between {PRIORITY_MIN} and {PRIORITY_MAX}",
            path,
            line,
        )
    return max(priority, NEVER + 1)


def release_conditions(data: str) -> list[tuple[str, str]]:
    """Return the (key, pattern) pairs that all must hold for a ``release`` pin to match.

    Keys are ``a n o l c b v`` and ``an`` (archive or codename).  Only the last condition of a
    key counts; conditions that are no conditions (``x=1``, ``a=``, ``v=*``) are left out.

    >>> release_conditions("a=stable, v=13*"), release_conditions("forky")
    ([('a', 'stable'), ('v', '13*')], [('an', 'forky')])
    """
    if "=" not in data:
        key = "v" if data[:1].isdigit() else "an"
        return [(key, data)] if data else []
    found: dict[str, str] = {}
    for part in data.split(","):
        key, _, value = part.strip().partition("=")
        if key.lower() in CONDITION_KEYS and value and (key.lower(), value) != ("v", "*"):
            found[key.lower()] = value
    return list(found.items())


def compile_pattern(text: str) -> _Matcher:
    """Return a predicate for a glob(7), or for an expression (regex(7)) between slashes.

    Both match in any case; an expression may match anywhere.  An expression that is not valid
    matches nothing, as in apt.

    >>> compile_pattern("lib*-dev")("libFoo-dev"), compile_pattern("/^a|z$/")("fizz")
    (True, True)
    """
    found = _compiled.get(text)
    if found is None:
        if len(_compiled) >= COMPILED_MAX:
            _compiled.clear()
        if text.startswith("/") and (len(text) == 1 or text.endswith("/")):
            found = _Matcher(_expression(text[1:-1]), anywhere=True)
        else:
            found = _Matcher(_glob(text), anywhere=False)
        _compiled[text] = found
    return found


def compile_glob(text: str) -> _Matcher:
    """Return a predicate for a glob(7), which may have slashes around it."""
    return _Matcher(_glob(text), anywhere=False)


def is_expression(text: str) -> bool:
    """Say whether a text is a valid regular expression (regex(7))."""
    return compile_pattern(f"/{text}/").is_valid


class _Matcher:
    """A compiled pattern; calling it says whether a text matches."""

    __slots__ = ("_match",)

    def __init__(self, pattern: str | None, *, anywhere: bool) -> None:
        self._match = None
        if pattern is not None:
            import re

            try:
                compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
            except (re.error, OverflowError, RecursionError):
                return
            self._match = compiled.search if anywhere else compiled.fullmatch

    @property
    def is_valid(self) -> bool:
        """Whether the pattern could be compiled."""
        return self._match is not None

    def __call__(self, text: str) -> bool:
        return self._match is not None and self._match(text) is not None


_compiled: dict[str, _Matcher] = {}


def _literal(text: str) -> str:
    import re

    return re.escape(text)


def _glob(text: str) -> str:
    """Translate a glob(7) to an expression of `re`."""
    out = ""
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            if not out.endswith(".*"):
                out += ".*"
        elif char == "?":
            out += "."
        elif char == "[":
            bracket, end = _bracket(text, at, negators="!^", escapes=True)
            out += bracket or r"\["
            at = end if bracket else at
        elif char == "\\" and at < len(text):
            out += _literal(text[at])
            at += 1
        else:
            out += _literal(char)
    return out


def _bracket(text: str, at: int, *, negators: str, escapes: bool) -> tuple[str, int]:
    """Translate the bracket expression whose content starts at ``at``; "" when it never ends."""
    out = ""
    start = at
    if text[at : at + 1] and text[at] in negators:
        out = "^"
        at += 1
        start = at
    while at < len(text):
        char = text[at]
        if char == "]" and at > start:
            return f"[{out}]", at + 1
        if text.startswith("[:", at) and ":]" in text[at + 2 :]:
            end = text.index(":]", at + 2)
            name = _CLASSES.get(text[at + 2 : end])
            if name is None:
                return "", at
            out += name
            at = end + 2
            continue
        if char == "\\" and escapes and at + 1 < len(text):
            at += 1
            char = text[at]
        out += char if char == "-" and at > start else _literal(char)
        at += 1
    return "", at


def _expression(text: str) -> str | None:
    """Translate a POSIX extended expression to one of `re`; None when it is not valid."""
    atoms: list[str] = []  # a quantifier applies to the last
    starts: list[int] = []  # where each open group began
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            if at == len(text):
                return None
            atoms.append(_escape(text[at]))
            at += 1
        elif char == "[":
            bracket, at = _bracket(text, at, negators="^", escapes=False)
            if not bracket:
                return None
            atoms.append(bracket)
        elif char == "(":
            starts.append(len(atoms))
            atoms.append("(")
        elif char == ")" and starts:
            begin = starts.pop()
            atoms[begin:] = ["".join(atoms[begin:]) + ")"]
        elif char in "*+?{":
            length = _quantify(atoms, text, at - 1)
            if length < 0:
                return None
            at += length - 1
        else:
            atoms.append({"$": r"\Z", "^": "^", "|": "|", ".": "."}.get(char) or _literal(char))
    return None if starts else "".join(atoms)


def _escape(char: str) -> str:
    """Translate a backslash and ``char``, the GNU extensions included."""
    if char in _GNU_ESCAPES:
        return _GNU_ESCAPES[char]
    if char in "wWsSbB" or char in "123456789":
        return "\\" + char
    return _literal(char)


def _quantify(atoms: list[str], text: str, at: int) -> int:
    """Apply the quantifier at ``at`` to the last atom; return its length, -1 if not valid."""
    quantifier = text[at]
    if quantifier == "{":
        bound = _BOUND.match(text, at)
        if bound is None or not (bound[1] or bound[3]):
            atoms.append(r"\{")
            return 1
        quantifier = bound[0]
        low, high = int(bound[1] or 0), int(bound[3] or bound[1] or 0)
        if max(low, high) > REPEAT_MAX or (bound[3] and low > high):
            return -1
    if not atoms or atoms[-1] in {"(", "|", "^"}:
        return -1
    atoms[-1] = f"(?:{atoms[-1]}){quantifier}"
    return len(quantifier)


def _error(code: str, message: str, path: str, line: int) -> InputError:
    return InputError(code, message, path=path, line=line, rule="syntax of apt_preferences(5)")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
