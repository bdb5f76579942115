"""What does apt say about the words of a request, byte for byte?

Notes stand before the plan; what cannot be had is told before the errors about it.  Learnt from
the output of apt 3.0.3.
"""

from __future__ import annotations

from foretell.render.columns import COLUMNS_MARGIN, lay_out_columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.render.apt import Layout

__all__ = [
    "TERMINAL_NOTES",
    "notice_instead",
    "notice_no_reinstall",
    "notice_selected",
    "notice_version",
    "notice_virtual",
    "render_lacking",
]

# What is said on a terminal only: with ``quiet`` 0.
TERMINAL_NOTES = frozenset(("glob", "regex", "task", "instead", "virtual", "version"))
_NO_CANDIDATE = " [Not candidate version]"
_NOT_AVAILABLE = """\
Package {} is not available, but is referred to by another package.
This may mean that the package is missing, has been obsoleted, or
is only available from another source
"""


def notice_selected(label: str, kind: str, text: str) -> str:
    """Return the line for a package that a glob, regular expression or task selected."""
    return f"Note, selecting '{label}' for {kind} '{text}'"


def notice_instead(provider: str, label: str) -> str:
    """Return the line for the only package that provides a virtual one."""
    return f"Note, selecting '{provider}' instead of '{label}'"


def notice_virtual(label: str) -> str:
    """Return the line for a virtual package to be removed."""
    return f"Virtual packages like '{label}' can't be removed"


def notice_no_reinstall(label: str) -> str:
    """Return the line for a package whose installed version is in no list any more."""
    return f"Reinstallation of {label} is not possible, it cannot be downloaded."


def notice_version(label: str, version: str, origin: str, cause: str | None = None) -> str:
    """Return the line for a version that was not spelt out, perhaps taken because of another.

    >>> notice_version("git", "1", "Debian:13/stable [amd64]", "git-all")
    "Selected version '1' (Debian:13/stable [amd64]) for 'git' because of 'git-all'"
    """
    because = "" if cause is None else f" because of '{cause}'"
    return f"Selected version '{version}' ({origin}) for '{label}'{because}"


def render_lacking(
    label: str,
    providers: Sequence[tuple[str, str, str]],
    replacing: Sequence[str],
    layout: Layout,
    *,
    has_candidate: bool = True,
) -> str:
    """Return what apt says of a package that cannot be had, with the blank lines after it.

    ``providers`` are name, version and the version that it provides, or nothing; they are all
    that there are unless one of them is a candidate.  Without any, ``replacing`` counts.
    """
    if providers:
        mark = "" if has_candidate else _NO_CANDIDATE
        lines = [f"Package {label} is a virtual package provided by:"]
        for name, version, given in providers:
            lines.append(f"  {name} {version}{f' (= {given})' if given else ''}{mark}")
        if has_candidate and layout.quiet == 0:
            lines.append("You should explicitly select one to install.")
        return "\n".join(lines) + "\n\n"
    text = _NOT_AVAILABLE.format(label)
    if replacing:
        text += "However the following packages replace it:\n"
        lines = [f"   {name}" for name in replacing]
        if not layout.is_verbose:
            lines = lay_out_columns(replacing, layout.width - COLUMNS_MARGIN)
        text += "".join(f"{line}\n" for line in lines) + "\n"
    return text + "\n"
