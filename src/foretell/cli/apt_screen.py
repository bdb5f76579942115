"""How does an answer become what apt shows, and what a program reads?

The bridge between the apt domain's numbers and the renderers' plain values.
"""

from __future__ import annotations

from foretell.apt.answers.missing import deferred, missing_relations, not_upgraded
from foretell.apt.answers.predict import removed_vital
from foretell.apt.model import RECOMMENDS, SUGGESTS
from foretell.apt.syntax.version import compare
from foretell.apt.system.state import SOLVER
from foretell.cli.apt_shown import shown_label, shown_text
from foretell.model.reason import number_reasons
from foretell.render import apt as screens
from foretell.render import apt_failure as failures

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foretell.apt.answers.predict import Answer
    from foretell.model.reason import Reason

__all__ = [
    "failure_errors",
    "failure_text",
    "make_screen",
    "plan_changes",
    "plan_json",
    "plan_sizes",
    "progress",
]

_ASSIGNMENTS_SINCE = "3.1.13"
_SELECTED = {"selected": True, "rejected": False, "undecided": None}


def plan_changes(answer: Answer) -> list[screens.Change]:
    """Return the changes of an answer for the renderers."""
    if answer.state is None:
        return []
    universe = answer.state.universe

    def version(number: int) -> str | None:
        return shown_text(universe.version_string(number)) if number >= 0 else None

    return [
        screens.Change(
            shown_text(universe.name(change.package)),
            shown_text(universe.architecture(change.package)),
            change.action,
            version=version(change.new),
            previous=version(change.old),
            automatic=change.automatic,
        )
        for change in answer.changes
    ]


def plan_json(
    answer: Answer,
    conflict: Mapping[str, object] | None = None,
    why: Mapping[str, object] | None = None,
) -> str:
    """Return the answer as JSON.

    ``conflict`` is what ``why-not`` tells of a failure, ``why`` what ``--why`` tells of a package.
    """
    from foretell.cli.apt_surprises import surprises_json
    from foretell.model.reason import reasons_as_json
    from foretell.render.apt_json import render_plan

    reasons = reasons_as_json(answer.prediction.reasons)["reasons"]
    pairs = []
    if answer.state is not None:
        universe = answer.state.universe
        pairs = [
            (shown_text(universe.name(p)), shown_text(universe.architecture(p)))
            for p in answer.autoremovable
        ]
    return render_plan(
        answer.verdict,
        changes=plan_changes(answer),
        autoremovable=pairs,
        reasons=reasons,  # type: ignore[arg-type]
        solver=_solver(answer),
        sizes=_plain_sizes(answer) if answer.verdict == "ok" else None,
        surprises=surprises_json(answer),
        conflict=conflict,
        why=why,
    )


def _plain_sizes(answer: Answer) -> dict[str, int]:
    download, disk = plan_sizes(answer)
    return {"download": download, "disk": disk}


def _solver(answer: Answer) -> dict[str, str | None]:
    """Say which solver is predicted and why, and which one the system's own apt would ask."""
    return {
        "name": answer.choice.name,
        "version": answer.solver_version,
        "why": answer.choice.why,
        "decided_by": None if answer.verdict == "unknown" else answer.solver,
        "default_here": answer.world.default_solver or None,
    }


def make_screen(answer: Answer, layout: screens.Layout) -> screens.Screen:
    """Return the screen of an answer whose verdict is ``ok``."""
    from foretell.cli.apt_words import word_notices

    state = answer.state
    assert state is not None
    universe = state.universe
    native = shown_text(universe.native)
    waiting = deferred(answer)
    changed = [(p, state.installed[p]) for p in _held_changes(answer)]
    return screens.Screen(
        plan_changes(answer),
        native=native,
        layout=layout,
        notices=word_notices(answer.notes, state, answer.world, layout),
        progress=progress(answer),
        autoremovable=[_name(answer, p, state.installed.get(p, -1)) for p in answer.autoremovable],
        suggested=_missing(answer, SUGGESTS),
        recommended=_missing(answer, RECOMMENDS),
        phasing=_kept(answer, waiting),
        kept=_kept(answer, [p for p in not_upgraded(answer) if p not in set(waiting)]),
        held=[_name(answer, p, v) for p, v in changed],
        essential=[(shown_text(universe.name(p)), None) for p in removed_vital(answer)],
        not_upgrading_count=len(not_upgraded(answer)),
        unfinished_count=sum(entry.is_unfinished for entry in answer.world.installed),
        sizes=_sizes(answer),
    )


def progress(answer: Answer) -> str:
    """Return what apt says that it does while it solves."""
    is_upgrade = answer.request.verb in {"upgrade", "full-upgrade"}
    return "Calculating upgrade" if is_upgrade else "Solving dependencies"


def _kept(answer: Answer, packages: list[int]) -> list[screens.Name]:
    if answer.request.verb not in {"upgrade", "full-upgrade"}:
        return []
    assert answer.state is not None
    installed = answer.state.installed
    return [_name(answer, package, installed[package]) for package in packages]


def _name(answer: Answer, package: int, version: int) -> screens.Name:
    assert answer.state is not None
    universe = answer.state.universe
    label = screens.package_label(
        shown_text(universe.name(package)),
        shown_text(universe.architecture(package)),
        shown_text(universe.native),
    )
    text = shown_text(universe.version_string(version)) if version >= 0 else None
    candidate = answer.state.candidate(package)
    upgrade = None
    if version >= 0 and candidate not in {version, -1}:
        upgrade = shown_text(universe.version_string(candidate))
    return screens.Name(label, text, upgrade)


def _held_changes(answer: Answer) -> list[int]:
    assert answer.state is not None
    state = answer.state
    return [
        change.package
        for change in answer.changes
        if change.package in state.held and change.package in state.installed
    ]


def _missing(answer: Answer, kind: int) -> list[tuple[screens.Name, ...]]:
    assert answer.state is not None
    universe = answer.state.universe
    return screens.missing_groups(
        [
            (screens.Name(shown_label(universe, target), version), is_satisfied)
            for target, version, is_satisfied in members
        ]
        for members in missing_relations(answer, kind)
    )


def _sizes(answer: Answer) -> screens.Sizes:
    """Return what the plan costs; archives that lie in apt's cache already are not looked for."""
    download, disk = plan_sizes(answer)
    return screens.Sizes(
        download=download,
        download_total=download,
        disk=disk,
        available=_available(answer.world.root),
    )


def plan_sizes(answer: Answer) -> tuple[int, int]:
    """Return what a plan downloads, and by how much the installed size changes, in bytes."""
    assert answer.state is not None
    universe = answer.state.universe
    download = disk = 0
    unfinished = {
        universe.find(entry.fields[b"package"], universe.package_architecture(entry.fields))
        for entry in answer.world.installed
        if entry.is_unfinished
    }
    for change in answer.changes:
        if change.new >= 0:
            facts = universe.facts(change.new)
            if change.action != "reinstall" or change.package not in unfinished:  # it is unpacked
                download += facts.size
            disk += facts.installed_size * 1024
        if change.old >= 0:
            disk -= universe.facts(change.old).installed_size * 1024
    return download, disk


def _available(root: str) -> int | None:
    """Return what users other than root have left on the file system of ``/usr``."""
    import os

    try:
        info = os.statvfs(os.path.join(root, "usr"))
    except OSError:
        return None
    return info.f_bavail * info.f_frsize


def failure_text(answer: Answer) -> str:
    """Return apt's words for a request that cannot be satisfied: all errors, line by line."""
    return "\n".join(failure_errors(answer))


def failure_errors(answer: Answer) -> list[str]:
    """Return apt's errors about a request that cannot be satisfied.

    What solver3 found is only context of what the classic solver said before it.
    """
    told = [_conflict_text(answer)] if answer.search is not None else []
    if not answer.classic_error:
        return told
    return [answer.classic_error, *map(_as_context, told)]


def _as_context(told: str) -> str:
    title = f"The following information from --solver {SOLVER} may provide additional context:"
    return f"{title}\n{told}"


def _conflict_text(answer: Answer) -> str:
    """Return solver3's words for the two decisions that contradict each other."""
    stands, demanded = answer.prediction.reasons
    noun = "decisions" if compare(answer.solver_version, _ASSIGNMENTS_SINCE) < 0 else "assignments"
    found = _decisions(stands, demanded)
    return failures.render_failure(found[stands], found[demanded], noun=noun)


def _decisions(stands: Reason, demanded: Reason) -> dict[Reason, failures.Decision]:
    """Turn two reasons and all below them into the renderer's decisions.

    A repeated reason becomes the decision that it repeats.
    """
    found: dict[Reason, failures.Decision] = {}
    by_variable: dict[str, failures.Decision] = {}
    reasons = number_reasons((stands, demanded))
    for reason in reasons:
        if "repeated" not in reason.fields:
            found[reason] = _bare_decision(reason)
            if reason is not demanded:
                by_variable[str(reason.fields["variable"])] = found[reason]
    for reason in reasons:
        if "repeated" in reason.fields:
            found[reason] = by_variable[str(reason.fields["variable"])]
    for reason in reasons:
        if "clause" in reason.fields:
            found[reason].cause = _cause(reason, [found[parent] for parent in reason.parents])
    return found


def _bare_decision(reason: Reason) -> failures.Decision:
    fields = reason.fields
    order = fields["order"]
    assert isinstance(order, int)
    state = failures.state_text(
        is_selected=_SELECTED[reason.kind],
        is_installed=bool(fields["is-installed"]),
        is_version=bool(fields["is-version"]),
        order=order,
    )
    return failures.Decision(str(fields["variable"]), state)


def _cause(reason: Reason, parents: Sequence[failures.Decision]) -> failures.Cause:
    fields = reason.fields
    has_antecedent = bool(fields["has-antecedent"])
    return failures.Cause(
        _clause_text(reason),
        parents[0] if has_antecedent else None,
        others=parents[1:] if has_antecedent else parents,
        has_choice=int(str(fields["choices"])) > 1,
        is_version=fields["clause"] == "package" and has_antecedent,
    )


def _clause_text(reason: Reason) -> str:
    fields = reason.fields
    owner, clause = str(fields["owner"]), str(fields["clause"])
    targets = fields.get("targets", ())
    assert isinstance(targets, tuple)
    if clause == "versions":
        return failures.selection_text(owner, targets)
    if clause == "essential":
        return failures.demand_text(targets)
    if clause == "siblings":
        return failures.siblings_text(owner)
    if clause == "package":
        return failures.version_text(owner, str(fields["package"]))
    triples = zip(targets[::3], targets[1::3], targets[2::3], strict=True)
    merged = fields.get("merged", ())
    assert isinstance(merged, tuple)
    more = zip(merged[::4], merged[1::4], merged[2::4], merged[3::4], strict=True)
    return failures.dependency_text(
        owner,
        clause,
        [failures.target_text(name, op, version) for name, op, version in triples],
        *((field, [failures.target_text(*target)]) for field, *target in more),
    )
