"""Why does one package change in a plan, or why does it stay back: what ``--why`` says?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.answers.predict import Answer, Change
    from foretell.apt.cases.enough import Question
    from foretell.apt.cases.reduced import Fact
    from foretell.model.reason import Reason

    Row = dict[str, str | bool | None]

__all__ = [
    "Completion",
    "Explanation",
    "completed",
    "explain_package",
    "explanation_json",
    "fact_row",
]

_NOT_ENOUGH = "  This alone does not lead to it: more of the system took part.\n"
_WITH_MORE = "  This alone does not lead to it; with this it does:\n"
_ADDED_MAX = 6  # packages that are named of a plan
_ALSO_MAX = 12  # lines of what else took part
_ACTIONS = ("remove", "purge", "downgrade", "install", "upgrade")  # what matters most, first


class Explanation(NamedTuple):
    """What is told of one package, in words, and by the numbers of its reasons.

    ``is_enough`` says whether that leads to it by itself (None where there is nothing to ask), and
    ``also`` has the facts that do together with it (None where none were found).
    """

    text: str
    reasons: tuple[int, ...] = ()
    is_enough: bool | None = None
    also: Sequence[Row] | None = ()


class Completion(NamedTuple):
    """What else took part, in words; empty where what is cited is enough.

    ``also`` has the facts that lead to it together with what is cited, None where none were found.
    """

    text: str
    is_enough: bool
    also: list[Row] | None


def explanation_json(answer: Answer, word: str, *, solver_version: str) -> dict[str, object]:
    """Return `explain_package` as JSON has it."""
    from foretell.apt.answers.explain import package_label

    found = explain_package(answer, word, solver_version=solver_version)
    assert answer.state is not None
    return {
        "package": package_label(answer.state.universe, _find(answer, word)),
        "text": found.text,
        "reasons": list(found.reasons),
        "enough": found.is_enough,
        "also": None if found.also is None else list(found.also),
    }


def explain_package(answer: Answer, word: str, *, solver_version: str) -> Explanation:
    """Return the reasons of a plan that one package hangs on, or why its upgrade is kept back.

    ``word`` is a name, or ``name:architecture``.  What is kept back is asked for by name in the
    same request: either that fails, and the facts that forbid it are told, or it would work at the
    price that is named.  Raises `UsageError` for a name that no package has.
    """
    assert answer.state is not None
    package = _find(answer, word)
    label = answer.state.universe.full_name(package)
    if any(change.package == package for change in answer.changes):
        found, head = _reasons(answer, package), f"Why {label} changes:\n"
    else:
        found = _why_it_stays(answer, package, label, solver_version)
        head = f"Why {label} stays: "
    return found._replace(text=head + found.text)


def _find(answer: Answer, word: str) -> int:
    assert answer.state is not None
    universe = answer.state.universe
    name, _, architecture = word.partition(":")
    native = universe.native.decode()
    package = universe.find(name.encode(), (architecture or native).encode())
    if package < 0:
        raise UsageError("unknown-package", f"--why: no package is named {word}")
    return package


def _reasons(answer: Answer, package: int) -> Explanation:
    """Return the reasons of a package's change and what they follow from."""
    from foretell.apt.cases.enough import OfChange
    from foretell.cli.apt_shown import shown_text
    from foretell.model.reason import number_reasons, reasons_as_json
    from foretell.render.apt_reasons import render_reasons

    assert answer.state is not None
    universe = answer.state.universe
    labels = {
        f"{shown_text(universe.name(package))}:{shown_text(architecture)}"
        for architecture in {universe.architecture(package), universe.native}
    }

    def is_about(reason: Reason) -> bool:
        return str(reason.fields.get("package", "")).partition("=")[0] in labels

    numbers = number_reasons(answer.prediction.reasons)
    about = [it for it in numbers if is_about(it)]
    if not about:
        return Explanation("  the solver gives no reason of its own for it\n")
    rows = reasons_as_json(about)["reasons"]
    native = shown_text(universe.native)
    text = render_reasons(rows, native=native)  # type: ignore[arg-type]
    found = Explanation(text, tuple(numbers[it] for it in about))
    pairs = zip(answer.changes, answer.prediction.reasons, strict=True)
    change, reason = next(pair for pair in pairs if pair[0].package == package)
    return _complete(found, OfChange(answer, change, reason))


def _complete(found: Explanation, question: Question) -> Explanation:
    """Add what else took part, where what is cited does not lead to it by itself."""
    more = completed(question)
    return found._replace(text=found.text + more.text, is_enough=more.is_enough, also=more.also)


def completed(question: Question) -> Completion:
    """Return whether what is cited is enough, and what is so together with it."""
    from foretell.apt.cases.completing import what_else

    if question.is_enough():
        return Completion("", True, [])
    facts = what_else(question)
    if facts is None:
        return Completion(_NOT_ENOUGH, False, None)
    answer = question.answer
    rows = [fact_row(answer, fact) for fact in facts]
    return Completion(_more_text(answer, rows), False, rows)


def _more_text(answer: Answer, rows: Sequence[Row]) -> str:
    """Return lines that say what else took part."""
    from foretell.cli.apt_shown import shown_text
    from foretell.render.apt_reasons import fact_text

    assert answer.state is not None
    native = shown_text(answer.state.universe.native)
    lines = [fact_text(row, native=native) for row in rows[:_ALSO_MAX]]
    lines += [f"and {len(rows) - _ALSO_MAX} more"] if len(rows) > _ALSO_MAX else []
    return _WITH_MORE + "".join(f"    {line}\n" for line in lines)


def fact_row(answer: Answer, fact: Fact) -> Row:
    """Return a fact about a package as JSON has it: a relation of it, or how it is there."""
    from foretell.apt.answers.explain import package_label
    from foretell.apt.model import RELATION_FIELDS
    from foretell.apt.solver3.seed import is_vital
    from foretell.cli.apt_shown import shown_text

    state = answer.state
    assert state is not None
    universe, package = state.universe, fact.package

    def version(number: int) -> str | None:
        return shown_text(universe.version_string(number)) if number >= 0 else None

    found: Row = {"package": package_label(universe, package)}
    if fact.group >= 0:
        found["relation"] = RELATION_FIELDS[universe.group_type(fact.group)].decode()
        found["text"] = shown_text(universe.group_text(fact.group))
        return found
    found["installed"] = version(state.installed.get(package, -1))
    found["candidate"] = version(state.candidate(package))
    if package in state.installed:
        found["automatic"] = package in state.was_automatic
    found["held"] = package in state.held
    found["essential"] = is_vital(state, package)
    return found


def _why_it_stays(answer: Answer, package: int, label: str, solver_version: str) -> Explanation:
    from foretell.apt.answers.missing import deferred, not_upgraded

    state = answer.state
    assert state is not None
    if package not in state.installed:
        return Explanation("it is not installed, and nothing asks for it\n")
    if package not in not_upgraded(answer):
        return Explanation("it is at its candidate already\n")
    if package in deferred(answer):
        return Explanation("phasing puts its upgrade off on this machine\n")
    if answer.request.verb not in {"upgrade", "full-upgrade"}:
        return Explanation("the request does not ask for its upgrade\n")
    return _asked_by_name(answer, label, solver_version)


def _asked_by_name(answer: Answer, label: str, solver_version: str) -> Explanation:
    """Return what happens when the same request names the package as well."""
    from foretell.apt.answers.predict import predict
    from foretell.apt.answers.why_not import obstacle_of
    from foretell.apt.cases.enough import OfFailure
    from foretell.cli.apt_conflict import obstacle_text

    request = answer.request.with_words([*answer.request.words, label])
    named = predict(answer.world, request, solver_version=solver_version)
    if named.verdict == "unsatisfiable":
        obstacle = obstacle_of(named, solver_version=solver_version)
        text = "its upgrade is impossible here\n" + obstacle_text(obstacle, is_full=False, who="")
        found = Explanation(text)
        if obstacle.core is None:
            return found
        return _complete(found, OfFailure(named, obstacle.core))
    if named.verdict != "ok":
        return Explanation(f"unknown: {named.missing_rule}\n")
    before = {(change.action, change.package) for change in answer.changes}
    more = sorted(
        (
            _ACTIONS.index(change.action) if change.action in _ACTIONS else len(_ACTIONS),
            f"{change.action} {name}",
        )
        for change, name in _named_changes(named)
        if (change.action, change.package) not in before and name != label
    )
    shown = ", ".join(text for _, text in more[:_ADDED_MAX])
    rest = f" and {len(more) - _ADDED_MAX} more" if len(more) > _ADDED_MAX else ""
    also = f" would also {shown}{rest}" if more else " does it"
    return Explanation(f"nobody asks for it by name; apt {answer.request.verb} {label}{also}\n")


def _named_changes(answer: Answer) -> list[tuple[Change, str]]:
    """Return the changes of a plan with the names of their packages."""
    assert answer.state is not None
    universe = answer.state.universe
    return [(change, universe.full_name(change.package)) for change in answer.changes]
