"""Does each change of a plan still happen when only what its chain of reasons cites is there?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foretell.apt.system.state import CLASSIC
from foretell.model.reason import number_reasons
from tests.apt.sat_model import parse_relation
from tests.apt.sufficiency.worlds import (
    Cited,
    Key,
    answers,
    ask,
    draw,
    has_group,
    is_implied,
    kept_up,
    left_of,
    outcome,
    stanzas_of,
    without_quote,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.model.reason import Reason

# What needs no more than the packages that are named and the relations that are quoted; the
# points of the classic solver's repair are those of the whole system.
PLAIN = frozenset(
    (
        *("requested", "upgraded", "essential", "stays", "relation", "unneeded", "other-version"),
        *("given-up", "failed", "hopeless", "in-the-way", "ruled-out"),
    )
)


def solver3_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about each change of the plans of a world: solver 3."""
    universe = draw(seed)
    for answer in answers(universe):
        yield from _cases(universe.case, answer)


def classic_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield the same for the classic solver."""
    universe = draw(seed)
    universe.case.settings = universe.case.settings | {"APT::Solver": CLASSIC}
    for answer in answers(universe):
        if answer.solver == CLASSIC:
            yield from _cases(universe.case, answer)


def _cases(case: Case, answer: Answer) -> Iterator[tuple[str, str]]:
    told = outcome(answer)
    for key, reason in zip(told, answer.prediction.reasons, strict=False):
        what = " ".join([answer.request.verb, *answer.request.words, "->", *key, *told[key]])
        complaint = _wrong(case, answer, key, reason)
        if complaint is not None:
            yield what, complaint


def _wrong(case: Case, answer: Answer, key: Key, reason: Reason) -> str | None:
    """Return what is wrong with the reason of a change; None if it says that it has none."""
    if Key.of(str(reason.fields["package"])) != key:
        return "the reason is about another package"
    chain = list(number_reasons([reason]))
    for node in chain:
        quote = quote_of(node)
        if quote is not None and not any(
            has_group(stanza, *quote[1:]) for stanza in stanzas_of(case, quote[0])
        ):
            return f"no stanza of {quote[0]} has {quote[1]} {quote[2]}"
    kinds = {node.kind for node in chain}
    if "undone" in kinds:
        return None
    if kinds <= PLAIN and not _is_weighed(chain):
        return _not_enough(case, answer, key, chain)
    return _not_needed(case, answer, key, reason)


def quote_of(node: Reason) -> tuple[Key, str, str] | None:
    """Return owner, field and text of the relation that a reason quotes."""
    fields = node.fields
    if "text" not in fields:
        return None
    return Key.of(str(fields["owner"])), str(fields["relation"]), str(fields["text"])


def _is_weighed(chain: list[Reason]) -> bool:
    """Say whether a step of the classic solver rests on others that failed, or did not last.

    What is told of a package later on in the chain is why its step did not last.
    """
    lasting = {node.fields["package"] for node in chain if not node.fields.get("passing")}
    return any(
        "skipped" in node.fields
        or (node.fields.get("passing") and node.fields["package"] not in lasting)
        for node in chain
    )


def _not_enough(case: Case, answer: Answer, key: Key, chain: list[Reason]) -> str:
    packages = {key}
    for node in chain:
        labels = [node.fields["package"], node.fields.get("from"), *_before(node)]
        packages.update(Key.of(str(label)) for label in labels if label)
    request = answer.request
    named = [Key.of(str(it.fields["package"])) for it in chain if it.kind == "requested"]
    if request.verb == "reinstall":  # all architectures go along
        packages |= {it._replace(architecture=name) for it in named for name in ("amd64", "i386")}
    quotes = {quote for quote in map(quote_of, chain) if quote is not None}
    for node in chain:
        if "alike" in node.fields:
            field, text = node.fields["alike"]
            quotes.add((Key.of(str(node.fields["owner"])), field, text))
        if node.kind == "other-version" and (quote := quote_of(node)) is not None:
            quotes.update(kept_up(case, *quote))
    left = left_of(case, Cited(frozenset(packages), frozenset(quotes)))
    if request.words:
        removed = {word_key(word) for word in request.words if word.endswith("-")}
        kept = [it for it in named if it not in removed]
        words = [it for word in request.words for it in words_left(case, word, packages, kept)]
        request = request.with_words(words)
        if not words and named:
            return "no word of the request is in the chain"
    again = outcome(ask(left, request))
    mine = outcome(answer)[key]
    if again.get(key) == mine:
        return ""
    return f"then {again.get(key)}; {_shown(chain)}"


def _before(node: Reason) -> tuple[str, ...]:
    found: list[str] = []
    for name in ("before", "beside", "newer", "alike-by"):
        labels = node.fields.get(name, ())
        assert isinstance(labels, tuple)
        found += map(str, labels)
    return tuple(found)


def words_left(case: Case, word: str, packages: set[Key], named: list[Key]) -> list[str]:
    """Return the words that ask for what a word of a request asked for, as far as it is left.

    One that means what another architecture has, or what provides a name, is put in plain words:
    that others mention such a name is not cited.
    """
    key = word_key(word)
    if (key in packages and any(stanzas_of(case, key))) or word.endswith("-"):
        return [word] * (key in packages)
    return [":".join(it) for it in named if key.name in {it.name, *_provided(case, it)}]


def _provided(case: Case, key: Key) -> set[str]:
    return {
        group[0].name
        for stanza in stanzas_of(case, key)
        for group in parse_relation(stanza.get("Provides", ""))
    }


def word_key(word: str) -> Key:
    """Return the package that a word of a request names."""
    return Key.of(re.split("[=/]", word, maxsplit=1)[0].rstrip("+-"))


def _not_needed(case: Case, answer: Answer, key: Key, reason: Reason) -> str:
    """Return why the change would be explained alike without the relation that is quoted."""
    quote = quote_of(reason)
    if quote is None or is_implied(quote):
        return ""
    again = ask(without_quote(case, quote), answer.request)
    if again is None or outcome(again).get(key) != outcome(answer)[key]:
        return ""
    at = list(outcome(again)).index(key)
    other = again.prediction.reasons[at]
    return f"needs no {quote}; {_shown([reason])}" if quote_of(other) == quote else ""


def _shown(chain: list[Reason]) -> str:
    return "; ".join(f"{node.kind} {dict(node.fields)}" for node in chain)
