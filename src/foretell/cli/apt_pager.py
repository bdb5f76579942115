"""How do the answers of queries get to a terminal: in colour, and through which pager?

As apt 3.0.3 does it: list, search, show, showsrc and policy are paged, ``depends`` and ``rdepends``
are not, nor is anything with the setting Pager switched off.  The pager is that of APT_PAGER, else
of PAGER, else the program ``pager``; nothing and ``cat`` mean none.  Anything that is no terminal
gets plain text.
"""

from __future__ import annotations

import os
import sys

from foretell.apt.syntax.expression import expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.syntax.configuration import Configuration

__all__ = ["page_text", "wants_colour_here"]

_DEFAULTS = {"LESS": "FRSXMK", "MORE": "FRX", "LV": "-c"}
# What apt runs without a shell.
_PLAIN = expression(r"[A-Za-z0-9_./+:,@%-]+")


def wants_colour_here(options: Namespace, configuration: Configuration | None) -> bool:
    """Say whether standard output is a terminal that wants colours."""
    from foretell.render.style import wants_colour

    wanted = options.color
    if wanted is None and configuration is not None:
        wanted = configuration.find_bool("APT::Color", default=True)
    return wants_colour(
        is_terminal=sys.stdout.isatty(),
        term=os.environ.get("TERM"),
        no_color=os.environ.get("NO_COLOR"),
        apt_no_color=os.environ.get("APT_NO_COLOR"),
        option=wanted,
    )


def page_text(text: str, options: Namespace, configuration: Configuration | None) -> bool:
    """Write an answer to a terminal through a pager, if there is to be one."""
    pager = _pager(options, configuration)
    return pager not in {"", "cat"} and _page(text, pager)


def _pager(options: Namespace, configuration: Configuration | None) -> str:
    """Return the pager's command, empty for none."""
    if options.no_pager:
        return ""
    if configuration is not None and configuration.exists("Pager"):
        is_wanted = configuration.find_bool("Pager")
    else:
        is_wanted = True
    if not is_wanted:
        return ""
    found = os.environ.get("APT_PAGER")
    return os.environ.get("PAGER", "pager") if found is None else found


def _page(text: str, pager: str) -> bool:
    """Run the pager; False when there is no such program."""
    import subprocess

    sys.stdout.flush()
    try:
        child = subprocess.Popen(
            [pager] if _PLAIN.fullmatch(pager) else ["sh", "-c", pager],
            stdin=subprocess.PIPE,
            env={**_DEFAULTS, **os.environ},
        )
    except OSError as error:
        sys.stderr.write(f"warning: no pager: {pager}: {error.strerror}\n")
        return False
    # one who has read enough closes the pipe
    child.communicate(text.encode("utf-8", "surrogateescape"))
    return True
