"""How does an answer of the apt domain become a picture: ``--graph``?"""

from __future__ import annotations

from foretell.cli.apt_screen import make_screen, plan_changes
from foretell.cli.apt_shown import shown_text
from foretell.cli.picture import write_graph
from foretell.render.apt import Layout
from foretell.render.apt_graph import plan_graph, presence_graph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from foretell.apt.answers.conflict_facts import Fact
    from foretell.apt.answers.predict import Answer
    from foretell.apt.answers.why import Presence
    from foretell.apt.answers.why_not import Obstacle
    from foretell.model.reason import Reason
    from foretell.render.apt_graph_failure import FirstCause
    from foretell.render.apt_why_not import Remedy
    from foretell.render.graph import Graph

__all__ = ["answer_graph", "draw_answer", "draw_obstacle", "draw_presence"]

WORDS_MAX = 6  # of a request in a title
_ASKED = frozenset(("asked", "asked-removal", "unknown-version", "unknown-release"))
# Facts that tell why a decision was taken which follows from no other.
_FIRST = _ASKED | {"held", "stays", "no-version", "not-candidate", "tried"}

# Kind of a fix -> how a picture names it.
_WAYS = {
    "unhold": "take {} off hold",
    "pin": "without the pin on {}",
    "release": "{} of another release",
    "version": "another version of {}",
    "target-release": "prefer release {}",
    "drop-word": "without the word {}",
    "provider": "{} instead",
    "remove": "remove {}",
}


def draw_answer(answer: Answer, path: str) -> None:
    """Write the picture of a plan, of a failure, or of what is not known."""
    write_graph(answer_graph(answer), path)


def answer_graph(answer: Answer) -> Graph:
    """Return the picture of a plan, of a failure, or of what is not known."""
    title = _title(answer.request.verb, answer.request.words)
    if answer.verdict == "unsatisfiable":
        return _failure(answer, title)
    reasons = answer.prediction.reasons
    screen = make_screen(answer, Layout(quiet=2)) if answer.verdict == "ok" else None
    return plan_graph(
        title,
        reasons,
        plan_changes(answer),
        native=answer.world.native,
        says=screen.notices if screen else (),
        stanzas=_stanzas(answer, reasons),
    )


def _stanzas(answer: Answer, reasons: Sequence[Reason]) -> dict[str, str]:
    """Return which stanza stands at each place of the archive that reasons may cite."""
    from foretell.apt.answers.explain import list_evidence
    from foretell.model.reason import number_reasons

    if answer.state is None:
        return {}
    universe = answer.state.universe
    labels = {
        str(reason.fields[field]).partition("=")[0]
        for reason in number_reasons(reasons)
        for field in ("package", "from", "owner")
        if field in reason.fields
    }
    found = {}
    for label in labels:
        name, _, architecture = label.rpartition(":")
        package = universe.find(name.encode("utf-8", "surrogateescape"), architecture.encode())
        for version in universe.versions(package) if package >= 0 else ():
            if version < universe.n_versions:
                (fact,) = list_evidence(answer.world, universe, version)
                text = shown_text(universe.version_string(version))
                found[fact.place] = f"Package: {name}, Version: {text}"
    return found


def _title(verb: str, words: Sequence[str]) -> str:
    more = len(words) - WORDS_MAX
    shown = [*words[:WORDS_MAX], *([f"and {more} more"] if more > 0 else [])]
    return " ".join(["apt", verb, *shown])


def _failure(answer: Answer, title: str) -> Graph:
    from foretell.apt.answers.conflict_facts import conflict_facts
    from foretell.render.apt_graph_failure import failure_graph

    reasons = answer.prediction.reasons
    facts: list[Fact] = []
    if answer.search is not None and answer.state is not None:
        facts = conflict_facts(answer.search, answer.world.pinning(answer.state), reasons)
    return failure_graph(
        title,
        reasons,
        native=answer.world.native,
        causes=_causes(facts),
        says=answer.classic_error.partition("\n")[0],
    )


def _causes(facts: Iterable[Fact]) -> dict[str, list[FirstCause]]:
    from foretell.render.apt_graph_failure import FirstCause
    from foretell.render.apt_why_not import Row, sentence

    found: dict[str, list[FirstCause]] = {}
    for fact in facts:
        is_lack = fact.kind == "requires" and bool(fact.missing)
        if is_lack or fact.kind in _FIRST:
            kind = "lack" if is_lack else "asked" if fact.kind in _ASKED else "fact"
            cause = FirstCause(kind, sentence(Row(*fact)), fact.place)
            found.setdefault(fact.package, []).append(cause)
    return found


def draw_presence(found: Presence, path: str, *, is_all: bool) -> None:
    """Write the picture of ``why``; ``is_all`` says that all chains were asked for."""
    left_out = ""
    if found.left_out or (is_all and not found.is_complete):
        more = f"{found.left_out} more" if found.is_complete else f"more than {found.left_out} more"
        left_out = f"Left out: {more}."
    graph = presence_graph(
        found.verdict,
        found.package,
        found.version,
        found.reasons,
        left_out=left_out,
    )
    write_graph(graph, path)


def draw_obstacle(obstacle: Obstacle, remedies: Sequence[Remedy], path: str) -> None:
    """Write the picture of ``why-not``: what is in the way, and what would help."""
    from foretell.render.apt_graph_failure import Way, failure_graph
    from foretell.render.apt_why_not import FIXES_MAX, commands, outcome

    answer = obstacle.answer
    if answer is not None and answer.verdict != "unsatisfiable":
        write_graph(answer_graph(answer), path)
        return
    ways = [
        Way(_WAYS[it.kind].format(it.subject), (*commands(it), outcome(it)), it.place)
        for it in remedies[:FIXES_MAX]
    ]
    graph = failure_graph(
        _title("install", obstacle.words),
        obstacle.reasons,
        native=obstacle.world.native,
        causes=_causes(obstacle.facts),
        says=answer.classic_error.partition("\n")[0] if answer else "",
        ways=ways,
    )
    write_graph(graph, path)
