"""What does a command line say, and how does a wrong one become one clear error?

Leaves declare their options as for argparse(3), which decides what is right, and writes help and
errors.  It takes longer to load than many an answer, so declarations are kept until it is needed:
a command line of plain words, whole options and values that are no options is read without it, and
gives the same.
"""

from __future__ import annotations

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

    Declaration: TypeAlias = tuple["Group", tuple[str, ...], dict[str, Any]]
else:

    class Namespace:
        """The values of the options as attributes, as argparse's class of this name has them."""

        def __init__(self, **values: object) -> None:
            self.__dict__.update(values)


__all__ = ["SWITCH", "Group", "Namespace", "Parser"]

SWITCH = "switch"  # the action of --name and --no-name
# Actions that take no value -> what they begin with.
_FLAGS = {"store_true": False, "append_const": None, "count": None, SWITCH: None}


class Group:
    """Options that stand together in the help; `add_argument` takes what argparse's takes."""

    def __init__(self, declared: list[Declaration], title: str, *, is_exclusive: bool) -> None:
        self._declared = declared
        self.title = title
        self.is_exclusive = is_exclusive

    def add_argument(self, *names: str, **settings: Any) -> None:  # noqa: ANN401 - argparse's
        """Declare an option or the words."""
        self._declared.append((self, names, settings))


class Parser(Group):
    """The options of one verb, without abbreviations; raises `UsageError` for what is wrong."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__([], "", is_exclusive=False)
        self.prog = prog
        self.description = description
        self._groups: list[Group] = []
        self._defaults: dict[str, object] = {}

    def add_argument_group(self, title: str) -> Group:
        """Return a new group of options."""
        self._groups.append(Group(self._declared, title, is_exclusive=False))
        return self._groups[-1]

    def add_mutually_exclusive_group(self) -> Group:
        """Return a new group of options of which only one may be given."""
        self._groups.append(Group(self._declared, "", is_exclusive=True))
        return self._groups[-1]

    def set_defaults(self, **values: object) -> None:
        """Give values to attributes that no option has."""
        self._defaults.update(values)

    def parse_args(self, argv: Sequence[str], namespace: Namespace | None = None) -> Namespace:
        """Return the values of a command line, added to those of ``namespace``.

        Ends the process for ``--help``, as argparse does.
        """
        values = None if namespace is not None else self.read_plain(argv)
        if values is not None:
            return Namespace(**values)
        return self.build().parse_args(argv, namespace or Namespace())

    def parse_intermixed_args(self, argv: Sequence[str]) -> Namespace:
        """Return the values of a command line that may have options among its words."""
        return self.build().parse_intermixed_args(argv, Namespace())

    def build(self) -> ArgumentParser:
        """Return argparse's parser of what was declared."""
        from argparse import ArgumentParser, BooleanOptionalAction

        class Strict(ArgumentParser):
            def error(self, message: str) -> Any:  # noqa: ANN401 - never returns
                hint = f'"{self.prog} --help" lists the options'
                raise UsageError("bad-usage", message, hint=hint)

        parser = Strict(self.prog, description=self.description, allow_abbrev=False)
        groups: dict[Group, Any] = {self: parser}
        for group in self._groups:
            if group.is_exclusive:
                groups[group] = parser.add_mutually_exclusive_group()
            else:
                groups[group] = parser.add_argument_group(group.title)
        for group, names, settings in self._declared:
            if settings.get("action") == SWITCH:
                settings = {**settings, "action": BooleanOptionalAction}  # noqa: PLW2901
            groups[group].add_argument(*names, **settings)
        parser.set_defaults(**self._defaults)
        return parser

    def read_plain(self, argv: Sequence[str]) -> dict[str, object] | None:
        """Return the values of a plain command line, None for one that argparse has to read."""
        if self._defaults or any(group.is_exclusive for group in self._groups):
            return None
        values: dict[str, Any] = {}
        options: dict[str, tuple[str, dict[str, Any]]] = {}
        words = ""
        for _, names, settings in self._declared:
            target = _target(names, settings)
            default = settings.get("default", _FLAGS.get(settings.get("action", "store")))
            values.setdefault(target, default)
            if names[0].startswith("-"):
                options.update(dict.fromkeys(names, (target, settings)))
            elif words or settings.get("nargs") != "*":
                return None
            else:
                words = target
            if "type" in settings and isinstance(default, str):
                return None
        found = _plain_words(argv, options, values)
        if found is None or (found and not words):
            return None
        if words:
            values[words] = found
        return values


def _target(names: Sequence[str], settings: Mapping[str, Any]) -> str:
    """Return the attribute that an option sets."""
    long = (name for name in names if name.startswith("--"))
    target: str = settings.get("dest") or next(long, names[0]).lstrip("-").replace("-", "_")
    return target


def _plain_words(
    argv: Sequence[str],
    options: Mapping[str, tuple[str, dict[str, Any]]],
    values: dict[str, Any],
) -> list[str] | None:
    """Take the options into ``values`` and return the words; None for what is not plain."""
    words: list[str] = []
    ended = 0  # where the words did
    rest = iter(enumerate(argv, 1))
    for place, text in rest:
        if not text.startswith("-"):
            if words and ended != place - 1:
                return None  # words on both sides of an option
            words.append(text)
            ended = place
            continue
        name, equals, value = text.partition("=")
        target, settings = options.get(name) or _switched(name, options)
        action = settings.get("action", "store")
        if not target or (equals and (action in _FLAGS or not name.startswith("--"))):
            return None
        if action not in _FLAGS and not equals:
            value = next(rest, (0, "-"))[1]
        if value.startswith("-"):
            return None
        if not _take(values, target, settings, value if action != SWITCH else name):
            return None
    return words


def _switched(
    name: str, options: Mapping[str, tuple[str, dict[str, Any]]]
) -> tuple[str, dict[str, Any]]:
    """Return the option whose opposite this is, or nothing."""
    if name.startswith("--no-"):
        target, settings = options.get("--" + name[5:], ("", {}))
        if settings.get("action") == SWITCH:
            return target, settings
    return "", {}


def _take(values: dict[str, Any], target: str, settings: Mapping[str, Any], given: str) -> bool:
    """Change the value of an option as its action says; False for what is an error."""
    action = settings.get("action", "store")
    if action == "store_true":
        values[target] = True
    elif action == "count":
        values[target] = (values[target] or 0) + 1
    elif action == SWITCH:
        values[target] = not given.startswith("--no-")
    elif action == "append_const":
        values[target] = [*(values[target] or ()), settings["const"]]
    elif action in {"store", "append"} and "nargs" not in settings:
        try:
            value = settings["type"](given) if "type" in settings else given
        except Exception:  # noqa: BLE001 - argparse says what is wrong with it
            return False
        if "choices" in settings and value not in settings["choices"]:
            return False
        values[target] = value if action == "store" else [*(values[target] or ()), value]
    else:
        return False
    return True
