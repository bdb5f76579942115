"""What does the completion of zsh look like?"""

from __future__ import annotations

from completion_table import Offer, Row

from foretell.cli.main import COMMANDS, DOMAINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from command_table import Argument

__all__ = ["zsh_text"]

HEAD = r"""#compdef foretell
# Completion of foretell for zsh.  Written by tools/make-completion: do not edit.
# Copy it into a folder of $fpath, as _foretell.

_foretell_names() {
    local kind=$@[-1]
    local -a found
    found=(${(f)"$($_foretell_program __complete $kind "$PREFIX" $_foretell_line 2>/dev/null)"})
    compadd "$@[1,-2]" -a found
}

"""
TAIL = r"""
_foretell() {
    local curcontext=$curcontext context state line
    local -a state_descr _foretell_line
    local _foretell_program=${~words[1]}
    typeset -A opt_args
    if (( ! $+commands[$_foretell_program] )) && [[ ! -x $_foretell_program ]]; then
        _foretell_program=foretell
    fi
    _foretell_line=($words[2,-1])
    if [[ $words[3] == --world && $CURRENT -gt 4 ]]; then # it may come before the verb
        words=($words[1,2] "${(@)words[5,-1]}")
        (( CURRENT -= 2 ))
    fi
    if (( CURRENT == 2 )); then
        _foretell_domains
    elif (( CURRENT == 3 )); then
        (( $+functions[_foretell_verbs_$words[2]] )) && _foretell_verbs_$words[2]
    elif [[ $words[3] == --world ]]; then
        _foretell_names worlds
    elif (( $+functions[_foretell_$words[2]_$words[3]] )); then
        local function=_foretell_$words[2]_$words[3]
        words=("$words[1]" "${(@)words[4,-1]}")
        (( CURRENT -= 2 ))
        $function
    fi
}

_foretell "$@"
"""


class _Writer:
    """Collects the functions that offer fixed words."""

    def __init__(self) -> None:
        self.functions: dict[Offer, str] = {}

    def action(self, offer: Offer) -> str:
        """Return the action of a specification."""
        if offer.words:
            return self.functions.setdefault(offer, f"_foretell_offer_{len(self.functions) + 1}")
        if offer.names == "FILE":
            return "_files"
        if offer.names == "DIR":
            return "_files -/"
        return f"_foretell_names {offer.names}" if offer.names else ""

    def text(self) -> str:
        """Return the functions."""
        lines = []
        for offer, name in self.functions.items():
            lines.append(f"{name}() {{")
            more = [word for word in offer.words if word.endswith("=")]
            whole = [word for word in offer.words if not word.endswith("=")]
            if whole:
                lines.append(f'    compadd "$@" -- {" ".join(whole)}')
            if more:
                lines.append(f"    compadd \"$@\" -S '' -- {' '.join(more)}")
            if offer.names:
                command, *kind = self.action(Offer(offer.names)).split(" ")
                lines.append(" ".join([f"    {command}", '"$@"', *kind]))
            lines.append("}\n")
        return "\n".join(lines)


def zsh_text(table: list[Row]) -> str:
    """Return the whole file."""
    writer = _Writer()
    verbs = "\n".join(_verb(row, writer) for row in table)
    lists = [_described("_foretell_domains", "domain", DOMAINS.items())]
    for domain in DOMAINS:
        pairs = [(verb, what) for (owner, verb), (_, what) in COMMANDS.items() if owner == domain]
        lists.append(_described(f"_foretell_verbs_{domain}", "verb", pairs))
    return HEAD + "\n".join(lists) + "\n" + writer.text() + "\n" + verbs + TAIL


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _described(function: str, noun: str, pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"        {_quoted(f'{name}:{what}')}\n" for name, what in pairs)
    return (
        f"{function}() {{\n    local -a known\n    known=(\n{rows}    )\n"
        f"    _describe {noun} known\n}}\n"
    )


def _verb(row: Row, writer: _Writer) -> str:
    offered = {argument.key: offer for argument, offer in row.values}
    specs = [
        _spec(argument, spelling, offered.get(argument.key), writer)
        for argument in row.leaf.options
        for spelling in argument.spellings
    ]
    positional = row.leaf.positional
    if positional:
        action = writer.action(row.word)
        count = "*" if positional[0].is_repeated else "1"
        specs.append(_quoted(f"{count}:{_plain(positional[0].value)}:{action or ' '}"))
    lines = " \\\n        ".join(specs)
    name = f"_foretell_{row.leaf.domain}_{row.leaf.verb}"
    return f"{name}() {{\n    _arguments -S -s \\\n        {lines}\n}}\n"


def _plain(text: str) -> str:
    """Escape what a specification would take for its own."""
    for sign in "\\:[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _spec(argument: Argument, spelling: str, offer: Offer | None, writer: _Writer) -> str:
    about = f"[{_plain(argument.help)}]" if argument.help else ""
    if offer is None:
        return _quoted(f"*{spelling}{about}")
    sign = "=" if spelling.startswith("--") else "+"
    action = writer.action(offer) or " "
    return _quoted(f"*{spelling}{sign}{about}:{_plain(argument.value)}:{action}")
