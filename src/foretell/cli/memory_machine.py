"""Which machine and which kernel are asked about?

For the commands about memory: a machine is told on the command line (``--bw``), in a topology
file, in an HMAT table, or is the one whose sysfs lies below ``--root``.
"""

from __future__ import annotations

import os
import sys
from functools import wraps

from foretell.cli.main import COMMANDS
from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from foretell.cli.parsing import Parser
    from foretell.memory.kernels import Rules
    from foretell.memory.machine import Machine

__all__ = [
    "PAGE_SIZES",
    "add_machine_options",
    "choose_rules",
    "is_live",
    "make_parser",
    "read_file",
    "read_machine",
    "says_unknown",
    "write_json",
]


PAGE_SIZES = {"4K": 4096, "16K": 16384, "64K": 65536}


def make_parser(verb: str, description: str = "") -> Parser:
    """Return the parser of a verb of the domain."""
    from foretell.cli.parsing import Parser

    summary = COMMANDS["memory", verb][1].capitalize()
    parser = Parser(prog=f"foretell memory {verb}", description=description or f"{summary}.")
    parser.add_argument("--json", action="store_true", help=f"schema foretell.memory.{verb}/1")
    return parser


def add_machine_options(parser: Parser) -> None:
    """Add the options that `read_machine` and `choose_rules` read."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--bw", metavar="N=BW,…", help="nodes and their bandwidths, such as 0=40G,1=12G"
    )
    group.add_argument("--topology", metavar="FILE", help="a topology file")
    group.add_argument("--hmat", metavar="FILE", help="an ACPI HMAT table")
    group.add_argument("--root", metavar="DIR", help="the sysfs below DIR (default: this machine)")
    parser.add_argument("--kernel", metavar="VERSION", help="the kernel that is asked about")


def read_machine(options: Namespace) -> Machine:
    """Return the machine that the options mean; this one when they tell nothing."""
    if options.bw is not None:
        return _machine_of_bandwidths(options.bw)
    if options.topology is not None:
        from foretell.memory.topology import FILE_BYTES_MAX, read_topology

        return read_topology(read_file(options.topology, FILE_BYTES_MAX), options.topology)
    if options.hmat is not None:
        from foretell.memory.hmat import TABLE_BYTES_MAX, read_hmat
        from foretell.memory.machine import Node, make_machine

        table = read_hmat(read_file(options.hmat, TABLE_BYTES_MAX), options.hmat)
        nodes = {
            number: Node(
                number, number in table.initiators, 1, table.access(number), "boot", options.hmat
            )
            for number in sorted({*table.initiators, *table.targets})
        }
        return make_machine(nodes, {}, options.hmat)
    from foretell.memory import live

    return live.read_machine(options.root or "/")


def is_live(options: Namespace) -> bool:
    """Say whether a sysfs is read rather than a description."""
    return options.bw is None and options.topology is None and options.hmat is None


def choose_rules(options: Namespace) -> Rules:
    """Return the rules of the kernel that is meant; raise `Unmodelled`.

    It is the one of ``--kernel``, else the running one when this machine is asked about, else the
    newest known.
    """
    from foretell.memory.kernels import NEWEST, rules_of

    if options.kernel is not None:
        return rules_of(options.kernel)
    return rules_of(os.uname().release if is_live(options) and not options.root else NEWEST)


def read_file(path: str, most: int) -> bytes:
    """Return a file's bytes; raise `InputError` for one that is larger than ``most``."""
    with open(path, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError("too-large", f"more than {most} bytes", path=path)
    return data


def says_unknown(leaf: Callable[[list[str]], int]) -> Callable[[list[str]], int]:
    """Return a leaf that names on standard error the rule that it needs and does not know."""

    @wraps(leaf)
    def answer(argv: list[str]) -> int:
        from foretell.memory.unmodelled import Unmodelled

        try:
            return leaf(argv)
        except Unmodelled as missing:
            sys.stderr.write(f"unknown: {missing.why}\n  rule: {missing.rule}\n")
            return 1

    return answer


def write_json(document: Mapping[str, object]) -> None:
    """Write a JSON document to standard output."""
    import json

    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _machine_of_bandwidths(text: str) -> Machine:
    from foretell.memory.machine import Access, Node, make_machine
    from foretell.memory.quantities import parse_bandwidth

    nodes: dict[int, Node] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not name.isascii() or not name.isdecimal():
            raise UsageError(
                "bad-bandwidths", f"--bw: {part[:40]!r} is not N=BW", hint="such as 0=40G,1=12G"
            )
        number, bandwidth = int(name[:8]), parse_bandwidth(value, "--bw")
        if number in nodes:
            raise UsageError("bad-bandwidths", f"--bw names node {number} twice")
        nodes[number] = Node(number, not nodes, 1, Access(bandwidth, bandwidth), "boot", "--bw")
    return make_machine(nodes, {}, "--bw")
