"""What does the completion of fish look like?"""

from __future__ import annotations

from foretell.cli.main import COMMANDS, DOMAINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from completion_table import Offer, Row

__all__ = ["fish_text"]

HEAD = r"""# Completion of foretell for fish.  Written by tools/make-completion: do not edit.
# Copy it to ~/.config/fish/completions/foretell.fish

# The words before the cursor; the world may come before the verb.
function __foretell_words
    set -l words (commandline -opc)
    if test (count $words) -gt 3; and test "$words[3]" = --world
        set -e words[3..4]
    end
    printf '%s\n' $words
end

function __foretell_count
    test (count (__foretell_words)) -eq $argv[1]
end

function __foretell_domain
    set -l words (__foretell_words)
    test (count $words) -eq 2; and test "$words[2]" = $argv[1]
end

function __foretell_world_first
    set -l words (commandline -opc)
    test "$words[2]" = apt; and test (count $words) -eq 2 -o "$words[3]" = --world
    and test (count $words) -le 3
end

function __foretell_verb
    set -l words (__foretell_words)
    test (count $words) -gt 2; and test "$words[2]" = $argv[1]; and contains -- $words[3] $argv[2..]
end

function __foretell_value
    string replace -r -- '^--[a-z-]+=' '' (commandline -ct)
end

function __foretell_ask
    set -l words (commandline -opc)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    type -q -- $program; or set program foretell
    $program __complete $argv[1] (__foretell_value) $words[2..] 2>/dev/null
end

function __foretell_folders
    __fish_complete_directories (__foretell_value) ''
end

complete -c foretell -f
complete -c foretell -n '__foretell_count 1' -s h -l help -d 'show the domains'
complete -c foretell -n '__foretell_count 1' -l version -d 'show the version'
complete -c foretell -n __foretell_world_first -l world -x -a '(__foretell_ask worlds)'
"""


def fish_text(table: list[Row]) -> str:
    """Return the whole file."""
    lines = [
        f"complete -c foretell -n '__foretell_count 1' -a {domain} -d {_quoted(what)}"
        for domain, what in DOMAINS.items()
    ]
    for (domain, verb), (_, what) in COMMANDS.items():
        condition = f"'__foretell_domain {domain}'"
        lines.append(f"complete -c foretell -n {condition} -a {verb} -d {_quoted(what)}")
    lines += _words(table) + _options(table)
    return HEAD + "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + " ".join(escaped.split()) + "'"


def _conditions(leaves: list[tuple[str, str]]) -> list[str]:
    """Return for each domain the condition that one of its verbs is meant."""
    return [
        f"'__foretell_verb {domain} {' '.join(verb for owner, verb in leaves if owner == domain)}'"
        for domain in DOMAINS
        if any(owner == domain for owner, _ in leaves)
    ]


def _words(table: list[Row]) -> list[str]:
    found: dict[Offer, list[tuple[str, str]]] = {}
    for row in table:
        if any(row.word):
            found.setdefault(row.word, []).append((row.leaf.domain, row.leaf.verb))
    return [
        f"complete -c foretell -n {condition} {_offered(offer)}"
        for offer, leaves in found.items()
        for condition in _conditions(leaves)
    ]


def _offered(offer: Offer) -> str:
    given = list(offer.words)
    if offer.names == "DIR":
        given.append("(__foretell_folders)")
    elif offer.names not in {"", "FILE"}:
        given.append(f"(__foretell_ask {offer.names})")
    parts = ["-F"] if offer.names == "FILE" else []
    return " ".join([*parts, *([f"-a '{' '.join(given)}'"] if given else [])])


def _options(table: list[Row]) -> list[str]:
    """Return a line for each option, and each way in which verbs take it."""
    found: dict[tuple[tuple[str, ...], str, Offer | None], list[tuple[str, str]]] = {}
    for row in table:
        offered = {argument.key: offer for argument, offer in row.values}
        for argument in row.leaf.options:
            key = (argument.spellings, argument.help, offered.get(argument.key))
            found.setdefault(key, []).append((row.leaf.domain, row.leaf.verb))
    lines = []
    for (spellings, about, offer), leaves in found.items():
        names = " ".join(f"-l {it[2:]}" if it[:2] == "--" else f"-s {it[1:]}" for it in spellings)
        parts = [names]
        if offer is not None:
            parts.append("-r" if offer.names == "FILE" else "-x")
            parts.append(_offered(offer))
        if about:
            parts.append(f"-d {_quoted(about)}")
        text = " ".join(filter(None, parts))
        lines += [f"complete -c foretell -n {it} {text}" for it in _conditions(leaves)]
    return lines
