"""What is every apt option set to, after all files and the command line?

The grammar and the order of files are apt.conf(5)'s; what the page leaves open (words in quotes,
junk after values, names such as ``A::::B``) follows experiments with ``apt-config dump`` of apt
3.0.  Options form a tree: a name has a value and children, children without a name are a list.
Names are found in any case.  Text is UTF-8, other bytes survive (surrogateescape).
"""

from __future__ import annotations

import os

from foretell.apt.syntax.expression import expression
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["DEFAULTS", "Configuration", "list_parts", "load", "parse_configuration", "read_bytes"]

FILE_BYTES_MAX = 8 << 20
NODE_COUNT_MAX = 200_000
NAME_DEPTH_MAX = 64
SCOPE_DEPTH_MAX = 64
INCLUDE_DEPTH_MAX = 10
TAB = " " * 8
SPACE = " \t\n\v\f\r"

# What apt 3.0 starts with, as far as it bears on decisions or on where files are.
DEFAULTS: tuple[tuple[str, str], ...] = (
    ("APT::Build-Essential::", "build-essential"),
    ("APT::Install-Recommends", "1"),
    ("APT::Install-Suggests", "0"),
    ("Dir", "/"),
    ("Dir::State", "var/lib/apt"),
    ("Dir::State::lists", "lists/"),
    ("Dir::State::extended_states", "extended_states"),
    ("Dir::State::status", "/var/lib/dpkg/status"),
    ("Dir::Cache", "var/cache/apt"),
    ("Dir::Cache::archives", "archives/"),
    ("Dir::Etc", "etc/apt"),
    ("Dir::Etc::sourcelist", "sources.list"),
    ("Dir::Etc::sourceparts", "sources.list.d"),
    ("Dir::Etc::trustedparts", "trusted.gpg.d"),
    ("Dir::Etc::main", "apt.conf"),
    ("Dir::Etc::parts", "apt.conf.d"),
    ("Dir::Etc::preferences", "preferences"),
    ("Dir::Etc::preferencesparts", "preferences.d"),
    ("Binary::apt::APT::Color", "1"),
    ("Binary::apt::APT::Output-Version", "30"),
    ("Binary::apt::APT::Get::Upgrade-Allow-New", "1"),
    ("Binary::apt::APT::Cmd::Pattern-Only", "1"),
)
_TRUE = frozenset(("yes", "true", "with", "on", "enable"))
_FALSE = frozenset(("no", "false", "without", "off", "disable"))
_NUMBER = expression(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,19})")
_OCTAL = expression("[0-7]+")
_PART_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_ESCAPE = expression(rb"%([0-9a-fA-F]{2})")
_STRING = expression(r'"([^"]*)"([ \t\n\v\f\r]*)')
_STRINGS = expression(r'(?:"[^"]*"[ \t\n\v\f\r]*)+')
_QUOTED_TAG = expression(r"[^!#$&-<>-~]")


class _Node:
    """One option: its name as first written, its value and what is below it."""

    __slots__ = ("children", "named", "tag", "value")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.value = ""
        self.children: list[_Node] = []
        self.named: dict[str, _Node] = {}

    def child(self, tag: str) -> _Node | None:
        return self.named.get(tag.lower())

    def add(self, tag: str, *, named: bool) -> _Node:
        node = _Node(tag)
        self.children.append(node)
        if named:
            self.named[tag.lower()] = node
        return node


class Configuration:
    """The options of one apt run.

    >>> configuration = Configuration()
    >>> configuration.set("APT::Get::Assume-Yes", "true")
    >>> configuration.find_bool("apt::get::assume-yes")
    True
    """

    def __init__(self, root: str = "/") -> None:
        self.root = root
        self._top = _Node("")
        self._count = 0

    def set(self, name: str, value: str) -> None:
        """Set an option; a name that ends in ``::`` appends to a list.

        Raises `InputError` when the tree grows beyond `NODE_COUNT_MAX` or `NAME_DEPTH_MAX`.
        """
        tags, append = _split(name)
        if not tags:
            self.append_anonymous(value)
            return
        if len(tags) > NAME_DEPTH_MAX:
            raise InputError("name-too-deep", f"option name of more than {NAME_DEPTH_MAX} parts")
        node = self._top
        for tag in tags:
            node = node.child(tag) or self._add(node, tag, named=bool(tag))
        if append:
            node = self._add(node, "", named=False)
        node.value = value

    def append_anonymous(self, value: str) -> None:
        """Add a value without a name at the top, as a lone word in a file does."""
        self._add(self._top, "", named=False).value = value

    def _add(self, node: _Node, tag: str, *, named: bool) -> _Node:
        self._count += 1
        if self._count > NODE_COUNT_MAX:
            raise InputError("too-many-options", f"more than {NODE_COUNT_MAX} options")
        return node.add(tag, named=named)

    def clear(self, name: str) -> None:
        """Take the value of an option and everything below it away (``#clear``)."""
        node = self._node(name)
        if node is not None and node is not self._top:
            node.value = ""
            node.children.clear()
            node.named.clear()

    def exists(self, name: str) -> bool:
        """Say whether an option was ever named, even without a value."""
        return self._node(name) is not None

    def find(self, name: str, default: str = "") -> str:
        """Return an option's value; ``default`` when it is missing or empty."""
        node = self._node(name)
        return default if node is None or not node.value else node.value

    def find_bool(self, name: str, default: bool = False) -> bool:
        """Return an option as a truth value; ``default`` for what is none of apt's words."""
        return parse_bool(self.find(name), default=default)

    def find_int(self, name: str, default: int = 0) -> int:
        """Return the number at the start of a value (decimal, 0 octal, 0x), or ``default``."""
        match = _NUMBER.match(self.find(name))
        return default if match is None else _integer(match)

    def find_list(self, name: str) -> list[str]:
        """Return the values of a list: a value split at commas, or else the children's values."""
        node = self._node(name)
        if node is None:
            return []
        if node.value:
            return [word.strip() for word in node.value.split(",")]
        return [child.value for child in node.children]

    def children(self, name: str) -> list[str]:
        """Return the names of the options right below ``name``, without those of a list."""
        node = self._node(name)
        return [child.tag for child in node.children if child.tag] if node is not None else []

    def find_path(self, name: str) -> str:
        """Return the file or folder that an option below ``Dir`` names; "" when it is empty.

        Relative values continue those of the parents, and the result lies below the root of
        this configuration; a trailing slash is dropped.  ``/dev/null`` stays what it is.
        """
        tags, _ = _split(name)
        value = self.find(name)
        while value and not value.startswith("/") and len(tags) > 1:
            tags.pop()
            parent = self.find("::".join(tags))
            if parent:
                value = parent.rstrip("/") + "/" + value
        if not value or value == "/dev/null":
            return value
        return os.path.normpath(os.path.join(self.root, value.lstrip("/")))

    def architectures(self, foreign: Iterable[str] = ()) -> list[str]:
        """Return the architectures that packages may have, the native one among them.

        ``foreign`` are those registered with dpkg; an explicit ``APT::Architectures`` overrides
        them (apt.conf(5)), and the native architecture is put first when it leaves it out.
        """
        native = self.find("APT::Architecture")
        found = [name for name in self.find_list("APT::Architectures") if name]
        if not found:
            found = [native, *foreign]
        elif native not in found:
            found.insert(0, native)
        return list(dict.fromkeys(found))

    def move_subtree(self, name: str) -> None:
        """Move what is below ``name`` to the top of the tree (``Binary::apt``)."""
        node = self._node(name)
        if node is None:
            return
        for path, child in list(_walk(node, "")):
            if child.value or not child.children:
                self.set(path, child.value)
        self.clear(name)

    def dump(self) -> str:
        """Return every option, one a line, as ``apt-config dump`` prints them."""
        return "".join(
            f'{_QUOTED_TAG.sub(_quote, name)} "{node.value}";\n'
            for name, node in _walk(self._top, "")
        )

    def _node(self, name: str) -> _Node | None:
        tags, append = _split(name)
        if append:
            return None
        node: _Node | None = self._top
        for tag in tags:
            if node is None:
                break
            node = node.child(tag)
        return node


def parse_bool(text: str, *, default: bool = False) -> bool:
    """Return a truth value from apt's words, 0 or 1; ``default`` for anything else.

    >>> parse_bool("Without", default=True), parse_bool("2", default=True)
    (False, True)
    """
    if not text:
        return default
    if text in {"0", "1"}:
        return text == "1"
    match = _NUMBER.fullmatch(text)
    number = _integer(match) if match else -1
    word = text.lower()
    if number == 1 or word in _TRUE:
        return True
    if number == 0 or word in _FALSE:
        return False
    return default


def _integer(match: re.Match[str]) -> int:
    """Return the number that C's strtol reads with base 0."""
    sign, digits = match.groups()
    if digits[:2] in {"0x", "0X"}:
        number = int(digits, 16)
    elif digits.startswith("0"):
        octal = _OCTAL.match(digits)
        number = int(octal[0], 8) if octal else 0
    else:
        number = int(digits)
    return -number if sign == "-" else number


def _split(name: str) -> tuple[list[str], bool]:
    """Split a name into its parts, and say whether it appends to a list.

    An empty part in the middle is no part: ``A::::B`` is the child ``::B`` of ``A``.  An empty
    first part is one without a name, so another one every time.

    >>> _split("A::B"), _split("A::"), _split("A::::")
    ((['A', 'B'], False), (['A'], True), (['A', '::'], False))
    """
    tags: list[str] = []
    rest = name
    if rest.startswith("::"):
        tags.append("")
        rest = rest[2:]
    while rest:
        end = rest.find("::", 2 if rest.startswith("::") else 0)
        if end < 0:
            tags.append(rest)
            return tags, False
        tags.append(rest[:end])
        rest = rest[end + 2 :]
    return tags, bool(tags)


def _walk(node: _Node, prefix: str) -> Iterator[tuple[str, _Node]]:
    """Yield every node below ``node`` in depth-first order, with its full name."""
    stack = [(prefix + child.tag, child) for child in reversed(node.children)]
    while stack:
        name, child = stack.pop()
        yield name, child
        stack += [(f"{name}::{below.tag}", below) for below in reversed(child.children)]


def _quote(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02x}" for byte in match[0].encode("utf-8", "surrogateescape"))


class _Parser:
    """Read one file into a configuration, line by line."""

    def __init__(self, configuration: Configuration, path: str, depth: int) -> None:
        self.configuration = configuration
        self.path = path
        self.depth = depth
        self.line = 0
        self.scopes: list[str] = []
        self.buffer = ""
        self.in_comment = False

    def error(self, code: str, message: str) -> InputError:
        return InputError(
            code, message, path=self.path, line=self.line, rule="syntax of apt.conf(5)"
        )

    def parse(self, text: str) -> None:
        for line in text.split("\n"):
            self.line += 1
            if self.buffer:
                self.buffer += " "
            self.feed(line.partition("\0")[0].replace("\t", TAB).strip(SPACE))
        if self.buffer.strip(SPACE):
            raise self.error("unfinished-option", "the last option is not ended by a semicolon")

    def feed(self, line: str) -> None:
        """Take one line: act on every ``{``, ``;`` and ``}`` outside quotes."""
        line = self.uncommented(line)
        start = 0
        in_quotes = False
        for at, char in enumerate(line):
            if char == '"':
                in_quotes = not in_quotes
            elif char in "{;}" and not in_quotes:
                self.buffer += line[start:at]
                start = at + 1
                self.act(char)
        self.buffer += line[start:]

    def uncommented(self, line: str) -> str:
        """Return a line without its comments.

        As in apt, ``//`` and ``#`` outside quotes end the line first, even inside a comment
        that begins on this line.
        """
        if self.in_comment:
            _, end, line = line.partition("*/")
            if not end:
                return ""
            self.in_comment = False
        line = line[: _comment_start(line)]
        if "/*" not in line:
            return line
        kept = ""
        in_quotes = False
        at = start = 0
        while at < len(line):
            if line[at] == '"':
                in_quotes = not in_quotes
            elif not in_quotes and line.startswith("/*", at):
                kept += line[start:at]
                end_at = line.find("*/", at + 2)
                if end_at < 0:
                    self.in_comment = True
                    return kept
                at = start = end_at + 2
                continue
            at += 1
        return kept + line[start:]

    def act(self, char: str) -> None:
        """End the statement in the buffer with ``{``, ``;`` or ``}``."""
        text, self.buffer = self.buffer.strip(SPACE), ""
        if char == "{":
            if not text:
                raise self.error("scope-without-name", "a scope is opened without a name")
            if len(self.scopes) >= SCOPE_DEPTH_MAX:
                raise self.error("scope-too-deep", f"more than {SCOPE_DEPTH_MAX} scopes deep")
            tag, value = self.words(text)
            self.scopes.append(tag)
            if value is not None:
                self.assign("::".join(self.scopes), value)
        else:
            if text:
                self.statement(text)
            if char == "}" and self.scopes:
                self.scopes.pop()

    def statement(self, text: str) -> None:
        tag, value = self.words(text)
        if tag.startswith("#") and (value is not None or tag == "#clear"):
            self.directive(tag[1:], value)
        elif value is not None:
            self.assign("::".join((*self.scopes, tag)), value)
        elif self.scopes:
            self.assign("::".join((*self.scopes, "")), tag)
        else:
            self.configuration.append_anonymous(tag)

    def assign(self, name: str, value: str) -> None:
        try:
            self.configuration.set(name, value)
        except InputError as error:
            error.path, error.line = self.path, self.line
            raise

    def words(self, text: str) -> tuple[str, str | None]:
        """Split a statement into its name and its value (None when there is none)."""
        tag, end = _read_word(text)
        if end < 0:
            raise self.error("malformed-name", "quotation mark or bracket without its partner")
        rest = text[end:].strip(SPACE)
        if not rest:
            return tag, None
        value, end = _read_value(rest)
        if end < 0 or rest[end:].strip(SPACE):
            raise self.error("junk-after-value", f"extra text after the value of {tag!r}")
        return tag, value

    def directive(self, name: str, value: str | None) -> None:
        if self.scopes:
            raise self.error("directive-in-scope", f"#{name} stands inside a scope")
        if name not in {"clear", "include"}:
            raise self.error("unknown-directive", f"#{name} is not a directive")
        if value is None:
            raise self.error("directive-without-value", f"#{name} does not say what")
        if name == "clear":
            self.configuration.clear(value)
        else:
            self.include(value)

    def include(self, value: str) -> None:
        if self.depth >= INCLUDE_DEPTH_MAX:
            raise self.error("include-too-deep", f"more than {INCLUDE_DEPTH_MAX} includes deep")
        if not value.startswith("/"):
            raise self.error("relative-include", f"#include of the relative path {value!r}")
        path = os.path.join(self.configuration.root, value.lstrip("/"))
        names = list_parts(path, (".conf",)) if value.endswith("/") else [path]
        for name in names:
            try:
                text = _decode(read_bytes(name, FILE_BYTES_MAX))
            except OSError as error:
                raise self.error("bad-include", f"cannot read {value}: {error.strerror}") from None
            _Parser(self.configuration, name, self.depth + 1).parse(text)


def _comment_start(line: str) -> int:
    """Return where ``//`` or ``#`` (but no directive) begins outside quotes, else the length."""
    if "//" not in line and "#" not in line:
        return len(line)
    in_quotes = False
    for at, char in enumerate(line):
        if char == '"':
            in_quotes = not in_quotes
        elif in_quotes:
            continue
        elif line.startswith("//", at) or (
            char == "#" and not line.startswith(("#clear", "#include"), at)
        ):
            return at
    return len(line)


def _read_word(text: str) -> tuple[str, int]:
    """Return the first word (quotes dropped, %XX decoded) and where it ends.

    Brackets hold blanks together as quotes do, but are kept.  The end is -1 when a quotation
    mark or a bracket lacks its partner.
    """
    at = 0
    while at < len(text) and text[at] not in SPACE:
        partner = {'"': '"', "[": "]"}.get(text[at])
        if partner is not None:
            at = text.find(partner, at + 1)
            if at < 0:
                return "", -1
        at += 1
    word = text[:at].replace('"', "")
    if "%" in word:
        raw = _ESCAPE.sub(
            lambda match: bytes((int(match[1], 16),)), word.encode("utf-8", "surrogateescape")
        )
        word = _decode(raw)
    return word, at


def _read_value(text: str) -> tuple[str, int]:
    """Return a value and where it ends, -1 for an error.

    A value is one word (see `_read_word`), or nothing but quoted strings: these are taken as
    they are and joined, by a blank where blanks part them.
    """
    if text.count('"') == 2 and text.startswith('"') and text.endswith('"'):
        return text[1:-1], len(text)
    if not _STRINGS.fullmatch(text):
        return _read_word(text)
    strings = _STRING.findall(text)
    return "".join(string + (" " if blanks else "") for string, blanks in strings), len(text)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def read_bytes(path: str, bytes_max: int) -> bytes:
    """Return a file's content; raises ``OSError``, and `InputError` beyond ``bytes_max``."""
    with open(path, "rb") as file:
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise InputError("file-too-long", f"file of more than {bytes_max} bytes", path=path)
    return data


def parse_configuration(
    data: bytes, path: str, configuration: Configuration, *, depth: int = 0
) -> None:
    """Read the text of one apt.conf file into ``configuration``.

    ``path`` is for messages; ``#include`` reads below the configuration's root.  Raises
    `InputError` naming file and line for what apt.conf(5) does not allow.
    """
    _Parser(configuration, path, depth).parse(_decode(data))


def list_parts(folder: str, extensions: Sequence[str], *, or_none: bool = True) -> list[str]:
    """Return the files of a ``*.d`` folder that apt reads, in byte order of their names.

    Names consist of letters, digits, ``_``, ``-`` and ``.``, do not start with a dot, and have
    one of ``extensions`` or (with ``or_none``) no dot at all.  A missing folder has none.
    Raises ``OSError`` when the folder cannot be read.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    kept = [
        name
        for name in names
        if not name.startswith(".")
        and _PART_NAME.issuperset(name)
        and (name.endswith(tuple(extensions)) or (or_none and "." not in name))
    ]
    paths = [os.path.join(folder, name) for name in sorted(kept, key=os.fsencode)]
    return [path for path in paths if os.path.isfile(path)]


def load(
    root: str = "/",
    *,
    config_file: str | None = None,
    options: Iterable[str] = (),
    architecture: str = "amd64",
    binary: str = "apt",
) -> Configuration:
    """Return the configuration that apt on the system below ``root`` starts with.

    ``config_file`` is what APT_CONFIG names; ``options`` are the values of ``-o``;
    ``architecture`` is the native one unless a file sets ``APT::Architecture``; ``binary`` is
    the program whose ``Binary::`` subtree counts.  Raises `InputError` for a broken file,
    `UsageError` for a broken option, ``OSError`` for a file that cannot be read.
    """
    configuration = Configuration(root)
    configuration.set("APT::Architecture", architecture)
    for name, value in DEFAULTS:
        configuration.set(name, value)
    if config_file is not None:
        parse_configuration(read_bytes(config_file, FILE_BYTES_MAX), config_file, configuration)
    for path in list_parts(configuration.find_path("Dir::Etc::parts"), (".conf",)):
        parse_configuration(read_bytes(path, FILE_BYTES_MAX), path, configuration)
    main = configuration.find_path("Dir::Etc::main")
    if main and os.path.isfile(main):
        parse_configuration(read_bytes(main, FILE_BYTES_MAX), main, configuration)
    configuration.move_subtree(f"Binary::{binary}")
    for option in options:
        set_option(configuration, option)
    return configuration


def set_option(configuration: Configuration, option: str) -> None:
    """Apply one ``-o NAME=VALUE``; raises `UsageError` when it has no ``=``.

    >>> configuration = Configuration()
    >>> set_option(configuration, "A::=x")
    >>> configuration.find_list("A")
    ['x']
    """
    name, equals, value = option.partition("=")
    if not equals:
        raise UsageError(
            "bad-option",
            f"option {option!r} has no value",
            rule="-o takes NAME=VALUE (apt.conf(5))",
        )
    configuration.set(name, value)
