"""How does a comparison of two solvers look, to a person and to a program?"""

from __future__ import annotations

from foretell.cli.apt_check_text import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretell.apt.answers.comparison import Comparison, Outcome, Part
    from foretell.apt.answers.predict import Answer
    from foretell.cli.apt_explain_one import Completion

__all__ = ["as_json", "lines"]

NAMED_MAX = 8  # packages that are named in one sentence
WIDTH = 100


def lines(
    found: Comparison,
    names: tuple[str, str],
    versions: tuple[str, str],
    more: Sequence[Completion] = (),
) -> list[str]:
    """Return what a person reads.

    ``names`` are those of the sides; ``more`` is about each of the parts, if that was asked.
    """
    for answer, name in ((found.first, names[0]), (found.second, names[1])):
        if answer.verdict == "unknown":
            return [f"{name}: unknown: {answer.missing_rule}"]
    if found.is_same:
        what = (
            "cannot satisfy it"
            if found.first.verdict == "unsatisfiable"
            else (f"make the same {len(found.first.changes)} changes")
        )
        return [f"{names[0]} and {names[1]} both {what}."]
    text = [f"{names[0]} and {names[1]} differ:", ""]
    if found.first.verdict != found.second.verdict:
        for answer, name in ((found.first, names[0]), (found.second, names[1])):
            is_ok = answer.verdict == "ok"
            text.append(f"  {name} {'has a plan' if is_ok else 'cannot satisfy the request'}")
        text.append("")
    rows = _rows(found)
    if rows:
        text += [f"  {line}" for line in table([("package", *names), *rows], left=3)]
        text.append("")
    if versions[0] != versions[1] and not found.parts:
        return text + _rule_lines(found, versions[1])
    return text + _part_lines(found, names, more)


def _rows(found: Comparison) -> list[tuple[str, str, str]]:
    rows = [
        (f"{package}:{architecture}", _cell(ours), _cell(theirs))
        for package, architecture, ours, theirs in found.differences
    ]
    rows += [
        (f"{package}:{architecture}", _mark(ours), _mark(theirs))
        for package, architecture, ours, theirs in found.marks
    ]
    rows += [
        (f"{package}:{architecture}", "unneeded" if ours else "-", "unneeded" if theirs else "-")
        for package, architecture, ours, theirs in found.autoremovable
    ]
    return rows


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    action, version, _, automatic = outcome
    return " ".join(filter(None, (action, version, "(automatic)" if automatic else "")))


def _mark(automatic: bool | None) -> str:
    return "-" if automatic is None else "set automatic" if automatic else "set manual"


def _rule_lines(found: Comparison, second: str) -> list[str]:
    from foretell.apt.system.profiles import RULES

    text = [f"Rules that make the difference (turning the first plan into that of {second}):"]
    for name in found.rules:
        since, words = RULES[name]
        text.append(f"  {name}, since apt {since}: {words}")
    return text


def _part_lines(found: Comparison, names: tuple[str, str], more: Sequence[Completion]) -> list[str]:
    """Return where two solvers part, and by which rule."""
    from foretell.apt.answers.deciding import RULES

    text = ["Where they part:"] if found.parts or found.rules else []
    if not found.parts:
        for rule in found.rules:
            text += _wrapped(f"{rule}: {RULES[rule]}")
    for at, part in enumerate(found.parts):
        decision = part.decision
        by = f" ({decision.detail})" if decision.detail else ""
        text += _wrapped(f"{decision.rule}: {RULES[decision.rule]}{by}")
        if decision.text:
            owner = decision.owner.partition("=")[0]
            text.append(f"    {owner} {decision.relation} {decision.text}")
            for name, chosen in zip(names, (decision.first, decision.second), strict=True):
                if decision.first or decision.second:
                    text.append(f"    {name}: {', '.join(chosen) or 'nothing'}")
        text.append(f"    decides {_named(part.packages)}")
        if more:
            text += [f"  {line}" for line in more[at].text.splitlines()]
    if found.not_attributed:
        text.append(f"Not attributed: {_named(found.not_attributed)}")
    return text


def _wrapped(words: str) -> list[str]:
    from textwrap import wrap

    return wrap(words, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _named(packages: list[tuple[str, str]]) -> str:
    shown = [f"{name}:{architecture}" for name, architecture in packages[:NAMED_MAX]]
    more = len(packages) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def as_json(
    schema: str,
    found: Comparison,
    versions: tuple[str, str],
    solvers: tuple[str, str],
    more: Sequence[Completion] = (),
) -> str:
    """Return what a program reads."""
    import json

    sides = zip(versions, solvers, (found.first, found.second), strict=True)
    document = {
        "schema": schema,
        "sides": [_side(*side) for side in sides],
        "differences": [
            {"package": package, "architecture": architecture,
             "outcomes": [_outcome(ours), _outcome(theirs)]}
            for package, architecture, ours, theirs in found.differences
        ],
        "marks": [
            {"package": package, "architecture": architecture, "automatic": [ours, theirs]}
            for package, architecture, ours, theirs in found.marks
        ],
        "autoremovable": [
            {"package": package, "architecture": architecture,
             "is": [ours is not None, theirs is not None]}
            for package, architecture, ours, theirs in found.autoremovable
        ],
        "rules": found.rules,
        "decisions": [
            _decision(part) | _completion(more[at] if more else None)
            for at, part in enumerate(found.parts)
        ],
        "not-attributed": list(map(_package, found.not_attributed)),
    }  # fmt: skip
    return json.dumps(document, indent=2) + "\n"


def _side(version: str, solver: str, answer: Answer) -> dict[str, str]:
    side = {"solver-version": version, "verdict": answer.verdict}
    return {"solver": solver, "decided-by": answer.solver, **side} if solver else side


def _outcome(given: Outcome | None) -> dict[str, object] | None:
    if given is None:
        return None
    action, version, before, automatic = given
    return {
        "action": action,
        "version": version or None,
        "from": before or None,
        "automatic": automatic,
    }


def _decision(part: Part) -> dict[str, object]:
    from foretell.apt.answers.deciding import RULES

    decision = part.decision
    return {
        "rule": decision.rule,
        "meaning": RULES[decision.rule],
        "detail": decision.detail or None,
        "owner": decision.owner or None,
        "relation": decision.relation or None,
        "text": decision.text or None,
        "choices": [list(decision.first), list(decision.second)],
        "packages": list(map(_package, part.packages)),
    }


def _completion(more: Completion | None) -> dict[str, object]:
    if more is None:
        return {"enough": None, "also": None}
    return {"enough": more.is_enough, "also": more.also}


def _package(key: tuple[str, str]) -> dict[str, str]:
    return {"package": key[0], "architecture": key[1]}
