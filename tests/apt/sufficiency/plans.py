"""Does each change of a plan still happen when only what its chain of reasons cites is there?"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from foretell.apt.answers.explain import package_label
from foretell.apt.cases.completing import what_else
from foretell.apt.cases.enough import OfChange
from foretell.apt.classic import resolver, scores
from foretell.apt.system.state import CLASSIC
from foretell.cli.apt_explain_one import fact_row
from foretell.model.reason import number_reasons
from tests.apt.sat_model import parse_relation
from tests.apt.sufficiency.worlds import (
    Cited,
    Key,
    answers,
    ask,
    draw,
    has_group,
    kept_up,
    left_of,
    outcome,
    stanzas_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.apt.cases.case import Case
    from foretell.apt.classic.depcache import Depcache
    from foretell.apt.packages.census import Census
    from foretell.model.reason import Reason

    FactRow = dict[str, str | bool | None]


class Row(NamedTuple):
    """A change and what is wrong with its explanation: the reasons alone, and all that is told.

    ``is_marked`` says that more is told than the reasons, because they do not lead to the change.
    """

    what: str
    alone: str
    complaint: str
    is_marked: bool


def solver3_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong about the reasons of each change of the plans of a world: solver 3."""
    return ((row.what, row.alone) for row in solver3_rows(seed))


def classic_cases(seed: int) -> Iterator[tuple[str, str]]:
    """Yield the same for the classic solver."""
    return ((row.what, row.alone) for row in classic_rows(seed))


def solver3_rows(seed: int) -> Iterator[Row]:
    """Yield the same with what is wrong about all that is told."""
    universe = draw(seed)
    for answer in answers(universe):
        yield from _rows(universe.case, answer)


def classic_rows(seed: int) -> Iterator[Row]:
    """Yield the same for the classic solver."""
    universe = draw(seed)
    universe.case.settings = universe.case.settings | {"APT::Solver": CLASSIC}
    for answer in answers(universe):
        if answer.solver == CLASSIC:
            yield from _rows(universe.case, answer)


def _rows(case: Case, answer: Answer) -> Iterator[Row]:
    told = outcome(answer)
    if not told:
        return
    for change, key, reason in zip(answer.changes, told, answer.prediction.reasons, strict=False):
        what = " ".join([answer.request.verb, *answer.request.words, "->", *key, *told[key]])
        if Key.of(str(reason.fields["package"])) != key:
            other = "the reason is about another package"
            yield Row(what, other, other, is_marked=False)
            continue
        chain = list(number_reasons([reason]))
        alone = complaint = _wrong(case, answer, key, chain)
        question = OfChange(answer, change, reason)
        is_marked = not question.is_enough()
        if is_marked:
            facts = what_else(question)
            rows = [fact_row(answer, fact) for fact in facts or ()]
            complaint = _wrong(case, answer, key, chain, rows) if rows else "nothing more is told"
        says_so = any(node.kind == "undone" for node in chain)
        yield Row(what, "" if says_so else alone, complaint, is_marked)


def _wrong(
    case: Case, answer: Answer, key: Key, chain: list[Reason], also: Sequence[FactRow] = ()
) -> str:
    """Return what is wrong with the reasons of a change and the facts that are told beside them."""
    told = [quote for node in chain if (quote := quote_of(node)) is not None]
    for quote in [*told, *also_quotes(also)]:
        if not any(has_group(stanza, *quote[1:]) for stanza in stanzas_of(case, quote[0])):
            return f"no stanza of {quote[0]} has {quote[1]} {quote[2]}"
    with told_points(chain):
        return _not_enough(case, answer, key, chain, also)


def also_quotes(also: Sequence[FactRow]) -> Iterator[tuple[Key, str, str]]:
    """Yield owner, field and text of the relations among other facts."""
    for row in also:
        if "relation" in row:
            yield Key.of(str(row["package"])), str(row["relation"]), str(row["text"])


def also_packages(case: Case, also: Sequence[FactRow]) -> Iterator[Key]:
    """Yield the packages that other facts are about, and who may fulfil a relation."""
    yield from (Key.of(str(row["package"])) for row in also)
    targets = {
        member.name
        for _, _, text in also_quotes(also)
        for group in parse_relation(text)
        for member in group
        if member.qualifier in {"", "any", "native", case.native, *case.foreign}
    }
    for stanza in (*case.status, *(it for part in case.lists for it in part.stanzas)):
        key = Key.of_stanza(stanza)
        if not targets.isdisjoint({key.name, *_provided(case, key)}):
            yield key


@contextmanager
def told_points(chain: list[Reason]) -> Iterator[None]:
    """Let the classic solver count the points that a chain tells; those of the rest are its own.

    The points are those of a whole system, of which most is not cited.  The first that are told of
    a package count: the repair raises them.
    """
    points: dict[object, int] = {}
    for node in chain:
        if node.kind == "points":
            points.setdefault(node.fields["package"], int(str(node.fields["points"])))
            points.setdefault(node.fields["from"], int(str(node.fields["from-points"])))
    rate = scores.scores

    def told_scores(cache: Depcache, census: Census, protected: set[int]) -> dict[int, int]:
        found = rate(cache, census, protected)
        for package in range(cache.universe.package_count()):
            label = package_label(cache.universe, package)
            if label in points:
                found[package] = points[label]
        return found

    with patch.object(resolver, "scores", told_scores):
        yield


def quote_of(node: Reason) -> tuple[Key, str, str] | None:
    """Return owner, field and text of the relation that a reason quotes."""
    fields = node.fields
    if "text" not in fields:
        return None
    return Key.of(str(fields["owner"])), str(fields["relation"]), str(fields["text"])


def _not_enough(
    case: Case, answer: Answer, key: Key, chain: list[Reason], also: Sequence[FactRow]
) -> str:
    packages = {key, *also_packages(case, also)}
    for node in chain:
        labels = [node.fields["package"], node.fields.get("from"), *_before(node)]
        packages.update(Key.of(str(label)) for label in labels if label)
    request = answer.request
    named = [Key.of(str(it.fields["package"])) for it in chain if it.kind == "requested"]
    if request.verb == "reinstall":  # all architectures go along
        packages |= {it._replace(architecture=name) for it in named for name in ("amd64", "i386")}
    quotes = {quote for quote in map(quote_of, chain) if quote is not None}
    quotes.update(also_quotes(also))
    for node in chain:
        if "alike" in node.fields:
            alike = node.fields["alike"]
            assert isinstance(alike, tuple)
            field, text = alike
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
    for name in ("before", "beside", "newer", "alike-by", "skipped"):
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


def _shown(chain: list[Reason]) -> str:
    return "; ".join(f"{node.kind} {dict(node.fields)}" for node in chain)
