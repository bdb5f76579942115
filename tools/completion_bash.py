"""What does the completion of bash look like?"""

from __future__ import annotations

from completion_table import Offer, Row, offers

from foretell.cli.main import DOMAINS

__all__ = ["bash_text"]

HEAD = r"""# Completion of foretell for bash.  Written by tools/make-completion: do not edit.
# Copy it to ~/.local/share/bash-completion/completions/foretell, or source it.

_foretell()
{
    # bash splits words at = and :, so the line is read here.
    local line=${COMP_LINE:0:COMP_POINT} names='' words='' options='' values='' program cur option
    local -a args place=()
    read -ra args <<<"$line"
    if [[ -z $line || $line == *[[:space:]] ]]; then
        args+=('')
    fi
    COMPREPLY=()
    program=${args[0]/#\~/$HOME}
    command -v -- "$program" >/dev/null || program=foretell
    if [[ ${args[2]-} == --world && ${#args[@]} -gt 4 ]]; then # it may come before the verb
        place=("${args[@]:2:2}")
        args=("${args[@]:0:2}" "${args[@]:4}")
    fi
    cur=${args[-1]}
    case ${#args[@]} in
        2) words='@domains@' ;;
        3)
            case ${args[1]} in
@verbs@
            esac
            ;;
        *)
            _foretell_verb "${args[1]} ${args[2]}"
            option=${args[-2]}
            if [[ ${args[2]} == --world ]]; then
                names=worlds
            elif [[ $cur == --*=* ]]; then
                option=${cur%%=*}
                cur=${cur#*=}
                _foretell_value "${args[1]}" "$option"
            elif [[ " $values " == *" $option "* ]]; then
                _foretell_value "${args[1]}" "$option"
            elif [[ $cur == -* ]]; then
                names='' words=$options
            fi
            ;;
    esac
    _foretell_offer
}

_foretell_value()
{
    names='' words=''
    case $1 in
@domain-values@
    esac
}

_foretell_offer()
{
    case $names in
        '') ;;
        FILE | DIR)
            compopt -o filenames 2>/dev/null
            [[ $names == DIR ]] && names=-d || names=-f
            mapfile -t COMPREPLY < <(compgen "$names" -- "$cur")
            ;;
        *)
            mapfile -t COMPREPLY < <(
                "$program" __complete "$names" "$cur" "${args[@]:1}" "${place[@]}" 2>/dev/null
            )
            ;;
    esac
    if [[ $words ]]; then
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$cur")
    fi
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    # What stands before the last = or : is no part of the word that is replaced.
    local tail=${cur##*["${COMP_WORDBREAKS//[^:=]/}"]}
    if [[ ${COMP_WORDBREAKS//[^:=]/} && $tail != "$cur" && $names != -[df] ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${cur%"$tail"}"}")
    fi
}

"""


def bash_text(table: list[Row]) -> str:
    """Return the whole file."""
    verbs = "\n".join(
        f"                {domain}) words='"
        + " ".join(row.leaf.verb for row in table if row.leaf.domain == domain)
        + "' ;;"
        for domain in DOMAINS
    )
    head = HEAD.replace("@domains@", " ".join(DOMAINS)).replace("@verbs@", verbs)
    domains = "\n".join(f'        {it}) _foretell_value_{it} "$2" ;;' for it in DOMAINS)
    return (
        head.replace("@domain-values@", domains)
        + "".join(_values(table, domain) for domain in DOMAINS)
        + "_foretell_verb()\n{\n    case $1 in\n"
        + "".join(map(_case, table))
        + "    esac\n}\n\ncomplete -F _foretell foretell\n"
    )


def _values(table: list[Row], domain: str) -> str:
    """Return the function that says what is offered for the options of a domain."""
    values: dict[Offer, list[str]] = {}
    for spelling, offer in offers(table, domain).items():
        if any(offer):
            values.setdefault(offer, []).append(spelling)
    cases = [
        f"        {' | '.join(spellings)}) {_assignments(offer)} ;;\n"
        for offer, spellings in values.items()
    ]
    name = f"_foretell_value_{domain}"
    return f"{name}()\n{{\n    case $1 in\n{''.join(cases)}    esac\n}}\n\n"


def _assignments(offer: Offer) -> str:
    given = {"names": offer.names, "words": " ".join(offer.words)}
    return " ".join(f"{name}='{value}'" for name, value in given.items() if value)


def _case(row: Row) -> str:
    """Return what bash knows about one verb."""
    leaf = row.leaf
    lines = [f"        '{leaf.domain} {leaf.verb}')"]
    spelled = [spelling for argument in leaf.options for spelling in argument.spellings]
    valued = [spelling for argument, _ in row.values for spelling in argument.spellings]
    lines.append(f"            options='{' '.join(spelled)}'")
    lines += [f"            values='{' '.join(valued)}'"] * bool(valued)
    lines += [f"            {_assignments(row.word)}"] * any(row.word)
    return "\n".join([*lines, "            ;;\n"])
