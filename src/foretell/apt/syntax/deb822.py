"""What do the stanzas of a control file say, and how is one field changed and nothing else?

Two readers of deb822(5).  `read_paragraphs` is the fast one, for files that programs write
(status, Release, extended_states, preferences): fields by lower-case name.  `parse_document` is
lossless, for files that people edit: its tokens joined are the file, byte for byte, and a change
of a field leaves every other byte alone.

Where deb822(5) leaves a choice, apt's is taken: a line of blanks does not end a stanza, and the
last of two fields of one name wins.
"""

from __future__ import annotations

from foretell.apt.syntax.expression import expression
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "STANZA_BYTES_MAX",
    "Document",
    "Field",
    "Paragraph",
    "parse_document",
    "parse_fields",
    "parse_size",
    "read_paragraphs",
    "require_word",
]

STANZA_BYTES_MAX = 16 << 20
DOCUMENT_BYTES_MAX = 64 << 20
NAMES_MAX = 1000  # that are known
_NAME_BYTES = bytes(byte for byte in range(0x21, 0x7F) if byte != 0x3A)
_NO_WORD = bytes(range(0x21)) + b"\x7f"
_FOLD = b"\0"  # for the end of a line that the next one continues
# Bytes are looked for by number: for text Python makes an exception first, and throws it away.
_NUL, _TAB, _NEWLINE, _RETURN, _HASH = b"\0\t\n\r#"
_NEXT_FIELD = expression(rb"\n(?![ \t])")
_COMMENT = expression(rb"(?m)^#.*(?:\n|\Z)")
_LINE = expression(rb"[^\n]*\n|[^\n]+")
_NAME = expression(rb'[!"$-,./-9;-~][!-9;-~]*')  # neither "#" nor "-" may come first
_HEAD = expression(rb'([!"$-,./-9;-~][!-9;-~]*)(:[ \t]*)')
_names: dict[bytes, bytes] = {}  # of fields that were met -> in lower case
_RULE = "a stanza is a list of 'Name: value' lines (deb822(5))"


def parse_fields(stanza: bytes, path: str, line: int) -> dict[bytes, bytes]:
    """Return a stanza's fields by lower-case name; the last of two equal names wins.

    Continuation lines keep their leading blank.  ``path`` and ``line`` (of the stanza's first
    byte) are for the `InputError` that anything else than fields raises.

    >>> parse_fields(b"Package: a\\nDepends: b,\\n c\\n", "status", 1)
    {b'package': b'a', b'depends': b'b,\\n c'}
    """
    if len(stanza) > STANZA_BYTES_MAX:
        raise InputError(
            "stanza-too-long", f"stanza of more than {STANZA_BYTES_MAX} bytes", path=path, line=line
        )
    fields: dict[bytes, bytes] = {}
    text = stanza.strip(b"\n")
    known = _names.get
    is_folded = _NUL not in text
    for lines in _fields(text) if text else ():
        key, colon, value = lines.partition(b":")
        name = known(key) or _lower_name(key)
        if not colon or not name:
            raise _bad_field(path, line + _bad_line(stanza))
        if is_folded and _NUL in value:
            value = value.replace(_FOLD, b"\n")
        fields[name] = value.strip()
    return fields


def _fields(text: bytes) -> list[bytes]:
    """Split a stanza into its fields, each with the lines that continue it.

    These are folded, unless the text has the byte for that itself.
    """
    if _NUL in text:  # seldom: an expression takes long to load
        return _NEXT_FIELD.split(text)
    folded = text.replace(b"\n ", _FOLD + b" ")
    if _TAB in text:
        folded = folded.replace(b"\n\t", _FOLD + b"\t")
    return folded.split(b"\n")


def _lower_name(key: bytes) -> bytes:
    """Return a field's name in lower case, nothing for what is no name."""
    if key.translate(None, _NAME_BYTES):
        return b""
    name = key.lower()
    if len(_names) < NAMES_MAX:
        _names[key] = name
    return name


def _bad_line(stanza: bytes) -> int:
    """Return the number of the first line of a stanza, from 0, that is no part of a field."""
    text = stanza.lstrip(b"\n")
    number = len(stanza) - len(text)
    for lines in _NEXT_FIELD.split(text.rstrip(b"\n")):
        key, colon, _ = lines.partition(b":")
        if not colon or not _lower_name(key):
            break
        number += lines.count(b"\n") + 1
    return number


def read_paragraphs(
    data: bytes, path: str, *, comments: bool = False
) -> Iterator[tuple[int, dict[bytes, bytes]]]:
    """Yield the first line (1-based) and the fields (see `parse_fields`) of every stanza.

    With ``comments``, lines that start with ``#`` are left out, wherever they stand.
    Raises `InputError` naming ``path`` and the line of what is no field.

    >>> list(read_paragraphs(b"\\nA: 1\\n\\nB: 2\\n", "status"))
    [(2, {b'a': b'1'}), (4, {b'b': b'2'})]
    """
    if _RETURN in data:
        data = data.replace(b"\r\n", b"\n")
    number = 1
    position = 0
    end = len(data)
    while position < end:
        stop = data.find(b"\n\n", position) + 2
        if stop < 2:
            stop = end
        while stop < end and data[stop] == _NEWLINE:
            stop += 1
        block = data[position:stop]
        stanza = block.lstrip(b"\n")
        first = number + len(block) - len(stanza)
        if stanza:
            if comments and _HASH in stanza:
                yield from _commented(stanza, path, first)
            else:
                yield first, parse_fields(stanza, path, first)
        position = stop
        if position < end:
            number += block.count(b"\n")


def _commented(stanza: bytes, path: str, line: int) -> Iterator[tuple[int, dict[bytes, bytes]]]:
    """Yield a stanza without its comment lines, unless nothing is left."""
    kept = _COMMENT.sub(b"", stanza)
    if not kept.strip():
        return
    while stanza.startswith(b"#"):
        _, _, stanza = stanza.partition(b"\n")
        line += 1
    try:
        fields = parse_fields(kept, path, line)
    except InputError as error:
        error.line = _uncommented_line(stanza, line, error.line or line)
        raise
    yield line, fields


def _uncommented_line(stanza: bytes, line: int, wanted: int) -> int:
    """Return where line ``wanted`` of the stanza without comments stands with them."""
    skip = wanted - line
    for offset, text in enumerate(stanza.split(b"\n")):
        if not text.startswith(b"#"):
            if not skip:
                return line + offset
            skip -= 1
    return wanted


def _bad_field(path: str, line: int) -> InputError:
    return InputError(
        "bad-field",
        "line is neither a field nor the continuation of one",
        path=path,
        line=line,
        rule=_RULE,
    )


def require_word(text: bytes, field: str, path: str, line: int) -> None:
    """Raise `InputError` unless a field is there and has no blanks or control characters."""
    if text and text.translate(None, _NO_WORD) == text:
        return
    raise InputError(
        "bad-word" if text else "stanza-incomplete",
        f"{field} is not one word: {text.decode(errors='replace')!r}"
        if text
        else f"stanza has no {field} field",
        path=path,
        line=line,
        rule=f"{field} is mandatory and one word (deb-control(5))",
    )


def parse_size(text: bytes, field: str, path: str, line: int) -> int:
    """Return a non-negative number of at most 15 digits, or raise `InputError`."""
    if text.isdigit() and len(text) <= 15:
        return int(text)
    raise InputError(
        "bad-number",
        f"{field} is not a number: {text.decode(errors='replace')!r}",
        path=path,
        line=line,
        rule=f"{field} is a decimal number (deb-control(5))",
    )


class Field:
    """One field of a document: the bytes of its name, separator, value and line end.

    ``value`` holds the continuation lines too, with the comments among them.
    """

    __slots__ = ("end", "line", "name", "separator", "value")

    def __init__(self, name: bytes, separator: bytes, value: bytes, end: bytes, line: int) -> None:
        self.name = name
        self.separator = separator
        self.value = value
        self.end = end
        self.line = line

    def tokens(self) -> list[bytes]:
        """Return the field's pieces in file order."""
        return [self.name, self.separator, self.value, self.end]

    def text(self) -> bytes:
        """Return the value without comments, carriage returns and blanks around it."""
        lines = self.value.replace(b"\r", b"").split(b"\n")
        kept = lines[:1] + [line for line in lines[1:] if not line.startswith(b"#")]
        return b"\n".join(kept).strip()


class Paragraph:
    """One stanza of a document: its fields, and the comment lines (bytes) among them."""

    __slots__ = ("line", "parts")

    def __init__(self, line: int) -> None:
        self.line = line
        self.parts: list[Field | bytes] = []

    def fields(self) -> list[Field]:
        """Return the fields in file order, repeated ones included."""
        return [part for part in self.parts if not isinstance(part, bytes)]

    def field(self, name: bytes) -> Field | None:
        """Return the field that counts under ``name`` (the last), or None."""
        wanted = name.lower()
        for part in reversed(self.parts):
            if not isinstance(part, bytes) and part.name.lower() == wanted:
                return part
        return None

    def get(self, name: bytes) -> bytes | None:
        """Return the value of the field ``name`` (any case), or None when there is none."""
        found = self.field(name)
        return None if found is None else found.text()

    def set(self, name: bytes, value: bytes) -> None:
        """Give the field ``name`` a new value, or add the field at the end of the stanza.

        Lines of ``value`` after the first must begin with a blank.  Raises `UsageError` for a
        name or a value that deb822(5) does not allow.
        """
        _check_field(name, value)
        newline = self._newline()
        value = value.replace(b"\n", newline)
        found = self.field(name)
        if found is not None:
            if found.separator == b":" and value[:1].strip() and not found.value[:1].strip():
                found.separator = b": "  # the value began on the next line
            found.value = value
            return
        fields = self.fields()
        last = fields[-1]
        end = last.end
        last.end = end or newline
        separator = b": " if value and not value.startswith(newline) else b":"
        at = self.parts.index(last) + 1
        self.parts.insert(at, Field(name, separator, value, end, last.line))

    def remove(self, name: bytes) -> bool:
        """Take away every field ``name``; say whether there was one.

        Raises `UsageError` for the only field of a stanza, which would leave no stanza.
        """
        wanted = name.lower()
        kept = [p for p in self.parts if isinstance(p, bytes) or p.name.lower() != wanted]
        if len(kept) == len(self.parts):
            return False
        if all(isinstance(part, bytes) for part in kept):
            raise UsageError("last-field", f"{name.decode()} is the only field of its stanza")
        self.parts = kept
        return True

    def tokens(self) -> list[bytes]:
        """Return the stanza's pieces in file order."""
        found: list[bytes] = []
        for part in self.parts:
            found += [part] if isinstance(part, bytes) else part.tokens()
        return found

    def _newline(self) -> bytes:
        """Return the stanza's way to end a line."""
        return next((field.end for field in self.fields() if field.end), b"\n")


class Document:
    """A whole file: stanzas, and the bytes (blank lines, comments) between them."""

    __slots__ = ("parts", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.parts: list[Paragraph | bytes] = []

    def paragraphs(self) -> list[Paragraph]:
        """Return the stanzas in file order."""
        return [part for part in self.parts if not isinstance(part, bytes)]

    def tokens(self) -> list[bytes]:
        """Return the pieces of the file in order: joined, they are the file."""
        found: list[bytes] = []
        for part in self.parts:
            found += [part] if isinstance(part, bytes) else part.tokens()
        return found

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return b"".join(self.tokens())


def parse_document(text: bytes, path: str) -> Document:
    """Parse a file that people edit so that not a byte of it is lost.

    Raises `InputError` naming ``path`` and the line of what is no field, comment or blank line.

    >>> document = parse_document(b"# mine\\nTypes:  deb\\n", "a.sources")
    >>> document.paragraphs()[0].set(b"types", b"deb-src")
    >>> document.to_bytes()
    b'# mine\\nTypes:  deb-src\\n'
    """
    if len(text) > DOCUMENT_BYTES_MAX:
        raise InputError(
            "document-too-long", f"file of more than {DOCUMENT_BYTES_MAX} bytes", path=path
        )
    document = Document(path)
    paragraph: Paragraph | None = None
    field: list[bytes] = []  # lines of the field being read
    started = 0
    held: list[bytes] = []  # comments that may belong to the field, the stanza or neither
    for number, line in enumerate(_LINE.findall(text), 1):
        if line.startswith(b"#"):
            held.append(line)
        elif paragraph is not None and field and line[:1] in (b" ", b"\t"):
            field += [*held, line]
            held = []
        elif not line.strip():
            if paragraph is not None:
                paragraph.parts.append(_field(field, path, started))
            document.parts += [*held, line]
            paragraph, field, held = None, [], []
        else:
            if paragraph is None:
                document.parts += held
                paragraph = Paragraph(number)
                document.parts.append(paragraph)
            else:
                paragraph.parts += [_field(field, path, started), *held]
            field, held, started = [line], [], number
            if not _HEAD.match(line):
                raise _bad_field(path, number)
    if paragraph is not None:
        paragraph.parts.append(_field(field, path, started))
    document.parts += held
    return document


def _field(lines: list[bytes], path: str, number: int) -> Field:
    """Split the lines of one field into its tokens."""
    match = _HEAD.match(lines[0])
    if match is None:
        raise _bad_field(path, number)
    whole = b"".join(lines)
    value = whole[match.end() :]
    end = b"\r\n" if value.endswith(b"\r\n") else value[-1:] if value.endswith(b"\n") else b""
    return Field(match[1], match[2], value[: len(value) - len(end)], end, number)


def _check_field(name: bytes, value: bytes) -> None:
    """Raise `UsageError` unless ``name`` and ``value`` make a field of deb822(5)."""
    if not _NAME.fullmatch(name):
        raise UsageError("bad-field-name", f"{name!r} is not a field name", rule=_RULE)
    first, *rest = value.split(b"\n")
    if b"\r" in value or any(line[:1] not in {b" ", b"\t"} or not line.strip() for line in rest):
        raise UsageError(
            "bad-field-value",
            f"value of {name.decode()} has a line that would end it",
            rule="continuation lines start with a blank and are not blank (deb822(5))",
        )
    if first.startswith((b" ", b"\t")):
        raise UsageError("bad-field-value", f"value of {name.decode()} starts with a blank")
