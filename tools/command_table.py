"""Which commands are there, and which options does each of them take?

Read from the command table and from each leaf's own parser, so that man pages and completion
cannot say anything else.  Build-time only: nothing of foretell imports this.
"""

from __future__ import annotations

import argparse
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "src"))

from foretell.cli import main as command_line  # noqa: E402
from foretell.cli.parsing import Parser  # noqa: E402

__all__ = ["ROOT", "Argument", "Leaf", "exit_statuses", "leaves", "write_or_check"]


class _Captured(Exception):  # noqa: N818 - carries a result, is no error
    """The parser of a leaf, thrown out of it before it does anything."""


class Argument:
    """One option (with its spellings) or one positional argument (without any)."""

    def __init__(self, action: argparse.Action) -> None:
        self.spellings = tuple(action.option_strings)
        self.help = (action.help or "").replace("%(default)s", str(action.default))
        self.choices = tuple(map(str, action.choices or ()))
        self.is_repeated = action.nargs in ("*", "+")
        self.takes_value = action.nargs != 0
        name = action.metavar if isinstance(action.metavar, str) else action.dest
        self.value = "|".join(self.choices) if self.choices else name

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two arguments of two leaves the same one."""
        return self.spellings, self.help, self.value, self.takes_value


class Leaf:
    """One row of the command table with the groups of its parser: title -> arguments."""

    def __init__(
        self, domain: str, verb: str, summary: str, parser: argparse.ArgumentParser
    ) -> None:
        self.domain = domain
        self.verb = verb
        self.summary = summary
        self.groups: dict[str, list[Argument]] = {}
        # argparse has no public way to list what a parser takes.
        for group in parser._action_groups:  # noqa: SLF001
            arguments = [Argument(action) for action in group._group_actions]  # noqa: SLF001
            if arguments:
                self.groups[group.title or ""] = arguments

    @property
    def arguments(self) -> list[Argument]:
        """All options and positional arguments, in the order of the parser."""
        return [argument for group in self.groups.values() for argument in group]

    @property
    def positional(self) -> list[Argument]:
        """The positional arguments."""
        return [argument for argument in self.arguments if not argument.spellings]

    @property
    def options(self) -> list[Argument]:
        """The options."""
        return [argument for argument in self.arguments if argument.spellings]


def leaves() -> list[Leaf]:
    """Return every row of the command table with its parser's arguments."""
    found = []
    for (domain, verb), (target, summary) in command_line.COMMANDS.items():
        found.append(Leaf(domain, verb, summary, _parser_of(target)))
    return found


def _parser_of(target: str) -> argparse.ArgumentParser:
    """Return the parser that a leaf hands its arguments to."""

    def capture(parser: Parser, *_: object) -> None:
        raise _Captured(parser.build())

    module, _, name = target.partition(":")
    leaf = getattr(__import__(module, fromlist=[name]), name)
    real = Parser.parse_args, Parser.parse_intermixed_args
    Parser.parse_args = Parser.parse_intermixed_args = capture  # type: ignore[assignment,method-assign]
    try:
        leaf([])
    except _Captured as captured:
        parser = captured.args[0]
        assert isinstance(parser, argparse.ArgumentParser)
        return parser
    finally:
        Parser.parse_args, Parser.parse_intermixed_args = real  # type: ignore[method-assign]
    raise SystemExit(f"{target} parses nothing")


def exit_statuses() -> list[tuple[str, str]]:
    """Return the exit statuses and their meanings, from the table in the dispatcher's docstring."""
    doc = command_line.__doc__ or ""
    table = doc.split("==== =")[1].split("\n====")[0]
    rows = [line.split(None, 1) for line in table.splitlines()[1:] if line.strip()]
    assert rows, "the docstring of foretell.cli.main has lost its table"
    return [(number, meaning) for number, meaning in rows]


def write_or_check(texts: dict[str, str], argv: list[str]) -> int:
    """Write each text to its path below the root, or with ``--check`` say which differ."""
    stale = []
    for name, text in texts.items():
        path = os.path.join(ROOT, name)
        if "--check" in argv:
            if not os.path.exists(path) or _read(path) != text:
                stale.append(name)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for name in stale:
        sys.stderr.write(f"{name} is not up to date: make docs\n")
    return 1 if stale else 0


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
