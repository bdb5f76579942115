"""Which command is asked for, and how does it end?

The command table holds strings only: help comes from it, and a leaf's module is imported when it
is dispatched, so that nobody pays for a domain that was not asked about.  A leaf is a callable
``leaf(argv: list[str]) -> int`` that gets what stands after the verb and returns 0 or 1; for
everything else it raises.  This is the only place that turns exceptions into exit statuses:

==== ==================================================================
0    done, or the answer is yes
1    the answer is no
2    the request or an input is wrong
3    this machine lacks something, which is named
70   a bug in foretell
130  interrupted
141  the reader of standard output went away
==== ==================================================================
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS", "DOMAINS", "entry", "load_leaf", "main"]

_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
_BROKEN_PIPE = 141  # 128 + SIGPIPE

DOMAINS: dict[str, str] = {
    "apt": "which packages get installed, removed or kept, as apt 3.0's solver decides",
    "memory": "where the kernel puts memory: weights, nodes, tiers",
    "world": "which systems there are to ask about by name",
}

# (domain, verb): (module:leaf, summary).  Verbs of a real tool keep their real names.
COMMANDS: dict[tuple[str, str], tuple[str, str]] = {
    ("apt", "install"): ("foretell.cli.apt:install", "plan the installation of packages"),
    ("apt", "remove"): ("foretell.cli.apt:remove", "plan the removal of packages"),
    ("apt", "purge"): ("foretell.cli.apt:purge", "plan a removal with configuration files"),
    ("apt", "reinstall"): ("foretell.cli.apt:reinstall", "plan the same version once more"),
    ("apt", "autoremove"): ("foretell.cli.apt:autoremove", "plan the removal of unused packages"),
    ("apt", "upgrade"): ("foretell.cli.apt:upgrade", "plan an upgrade that removes nothing"),
    ("apt", "full-upgrade"): (
        "foretell.cli.apt_normalize:full_upgrade",
        "plan an upgrade that may remove",
    ),
    ("apt", "satisfy"): (
        "foretell.cli.apt_satisfy:satisfy",
        "plan what fulfils dependency strings",
    ),
    ("apt", "build-dep"): (
        "foretell.cli.apt_satisfy:build_dep",
        "plan what building a source needs",
    ),
    ("apt", "replay"): ("foretell.cli.apt_replay:replay", "answer a captured question once more"),
    ("apt", "check"): ("foretell.cli.apt_check:check", "compare predictions with the real apt"),
    ("apt", "compare"): (
        "foretell.cli.apt_compare:compare",
        "compare two systems, plans, solvers or versions",
    ),
    ("apt", "list"): ("foretell.cli.apt_list:list_", "list packages and their versions"),
    ("apt", "policy"): ("foretell.cli.apt_policy:policy", "show the priorities of versions"),
    ("apt", "search"): ("foretell.cli.apt_search:search", "search names and descriptions"),
    ("apt", "show"): ("foretell.cli.apt_show:show", "show the records of packages"),
    ("apt", "depends"): ("foretell.cli.apt_depends:depends", "show what packages need"),
    ("apt", "rdepends"): ("foretell.cli.apt_depends:rdepends", "show what needs packages"),
    ("apt", "showsrc"): ("foretell.cli.apt_showsrc:showsrc", "show the records of sources"),
    ("apt", "why"): ("foretell.cli.apt_why:why", "say what keeps a package installed"),
    ("apt", "why-not"): ("foretell.cli.apt_why:why_not", "say what keeps a package out"),
    ("apt", "footprint"): (
        "foretell.cli.apt_footprint:footprint",
        "weigh what packages bring along, and find what costs most",
    ),
    ("apt", "modernize-sources"): (
        "foretell.cli.apt_modernize:modernize_sources",
        "turn sources of one line each into stanzas",
    ),
    ("apt", "sources"): (
        "foretell.cli.apt_sources:sources",
        "find what is wrong or out of date in the sources",
    ),
    ("apt", "update"): (
        "foretell.cli.apt_update:update",
        "fetch and verify the package lists of a system",
    ),
    ("apt", "download"): (
        "foretell.cli.apt_download:download",
        "fetch the .deb files of packages into this folder",
    ),
    ("apt", "source"): (
        "foretell.cli.apt_download:source",
        "fetch the files of source packages into this folder",
    ),
    ("apt", "index"): ("foretell.cli.apt:index", "build or verify the index of the archive"),
    ("memory", "weights"): (
        "foretell.cli.memory_weights:weights",
        "say which weight weighted interleaving gives each node",
    ),
    ("memory", "place"): (
        "foretell.cli.memory_place:place",
        "say on which node every page of a mapping lies",
    ),
    ("memory", "tiers"): (
        "foretell.cli.memory_tiers:tiers",
        "say in which tier each node is and where it is demoted to",
    ),
    ("memory", "cma"): (
        "foretell.cli.memory_cma:cma",
        "say how large CMA areas become and what is wasted",
    ),
    ("memory", "cxl"): (
        "foretell.cli.memory_cxl:cxl",
        "say what becomes of CXL memory: nodes, tiers, zones, what is lost",
    ),
    ("memory", "doctor"): (
        "foretell.cli.memory_doctor:doctor",
        "say what this kernel can do with memory and what will surprise",
    ),
    ("memory", "check"): (
        "foretell.cli.memory_check:check",
        "compare predictions with real kernels on random machines",
    ),
    ("world", "add"): (
        "foretell.cli.worlds:add",
        "make a world of an archive, its keys and an installed state",
    ),
    ("world", "list"): ("foretell.cli.world_list:list", "show the worlds"),
    ("world", "remove"): ("foretell.cli.worlds:remove", "remove worlds with their lists"),
}


def entry() -> int:
    """Run the command line of this process and return its exit status."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the caller closed it: no file of ours may take its place
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    # Names from hostile input need not be text in the terminal's encoding.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    status = main(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # reported by main: keep the interpreter from trying once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if not gc.isenabled():  # what a short question has built is not worth taking apart
        os._exit(status)
    return status


def main(argv: list[str]) -> int:
    """Dispatch ``argv`` (without the program's name) and return the exit status.

    Raises nothing: every exception becomes a message on standard error and a status.
    """
    try:
        status = _dispatch(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place that turns errors into statuses
        from foretell.cli.failure import report

        return report(error)
    return status


def _dispatch(argv: list[str]) -> int:
    if not argv:
        sys.stderr.write(_help())
        return 2
    domain, *rest = argv
    if domain in {"-h", "--help"}:
        sys.stdout.write(_help())
        return 0
    if domain == "--version":
        from foretell import __version__

        sys.stdout.write(f"foretell {__version__}\n")
        return 0
    if domain == "__complete":
        from foretell.cli.complete import complete

        return complete(rest)
    if domain not in DOMAINS:
        return _unknown(domain, sorted(DOMAINS), "")
    if not rest:
        sys.stderr.write(_domain_help(domain))
        return 2
    if domain == "apt" and rest[0] == "--world" and len(rest) > 2:
        rest = [rest[2], *rest[:2], *rest[3:]]  # the world may come before the verb
    verb, *arguments = rest
    if verb in {"-h", "--help"}:
        sys.stdout.write(_domain_help(domain))
        return 0
    if (domain, verb) not in COMMANDS:
        verbs = [known for owner, known in COMMANDS if owner == domain]
        return _unknown(verb, verbs, f"{domain} ")
    leaf = load_leaf(COMMANDS[domain, verb][0])
    try:
        return leaf(arguments)
    except SystemExit as stop:  # argparse ends so, after --help and after a bad option
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        raise RuntimeError(f"{domain} {verb} exits with a message: {stop.code}") from stop


def load_leaf(target: str) -> Callable[[list[str]], int]:
    """Import a leaf, given as ``module:name``."""
    module, _, name = target.partition(":")
    leaf: Callable[[list[str]], int] = getattr(__import__(module, fromlist=[name]), name)
    return leaf


def _unknown(word: str, known: list[str], prefix: str) -> int:
    """Raise the `UsageError` for a word that is no command, with the nearest one."""
    from difflib import get_close_matches

    from foretell.errors import UsageError

    near = get_close_matches(word, known, n=1)
    hint = f'did you mean "foretell {prefix}{near[0]}"? ' if near else ""
    what = "option" if word.startswith("-") else "command"
    raise UsageError(
        f"unknown-{what}",
        f'there is no {what} "{prefix}{word}"',
        hint=f'{hint}"foretell {prefix}--help" lists the commands',
    )


def _help() -> str:
    return (
        "usage: foretell <domain> <verb> [options] [arguments]\n"
        "\n"
        "Say what Linux will decide, and why, before it does.\n"
        "\n"
        "domains:\n"
        f"{_table(list(DOMAINS.items()))}"
        "\n"
        "options:\n"
        f"{_table([('-h, --help', 'show this text'), ('--version', 'show the version')])}"
        "\n"
        '"foretell <domain> --help" lists the verbs of a domain\n'
    )


def _domain_help(domain: str) -> str:
    rows = [(verb, summary) for (owner, verb), (_, summary) in COMMANDS.items() if owner == domain]
    return (
        f"usage: foretell {domain} <verb> [options] [arguments]\n"
        "\n"
        f"Say {DOMAINS[domain]}.\n"
        "\n"
        "verbs:\n"
        f"{_table(rows)}"
        "\n"
        f'"foretell {domain} <verb> --help" lists the options of a verb\n'
    )


def _table(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "".join(f"  {name:<{width}}  {summary}\n" for name, summary in rows)
