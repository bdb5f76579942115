"""Why does one package change in a plan, or why does it stay back: what ``--why`` says?"""

from __future__ import annotations

from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer, Change
    from foretell.model.reason import Reason

__all__ = ["package_explanation"]

_NOT_ENOUGH = "  This alone does not lead to it: more of the system took part.\n"
_ADDED_MAX = 6  # packages that are named of a plan
_ACTIONS = ("remove", "purge", "downgrade", "install", "upgrade")  # what matters most, first


def package_explanation(answer: Answer, word: str, *, solver_version: str) -> str:
    """Return the reasons of a plan that one package hangs on, or why its upgrade is kept back.

    ``word`` is a name, or ``name:architecture``.  What is kept back is asked for by name in the
    same request: either that fails, and the facts that forbid it are told, or it would work at the
    price that is named.  Raises `UsageError` for a name that no package has.
    """
    assert answer.state is not None
    package = _find(answer, word)
    label = answer.state.universe.full_name(package)
    if any(change.package == package for change in answer.changes):
        return f"Why {label} changes:\n{_reasons(answer, package)}"
    return f"Why {label} stays: {_why_it_stays(answer, package, label, solver_version)}"


def _find(answer: Answer, word: str) -> int:
    assert answer.state is not None
    universe = answer.state.universe
    name, _, architecture = word.partition(":")
    native = universe.native.decode()
    package = universe.find(name.encode(), (architecture or native).encode())
    if package < 0:
        raise UsageError("unknown-package", f"--why: no package is named {word}")
    return package


def _reasons(answer: Answer, package: int) -> str:
    """Return the reasons of a package's change and what they follow from, in words."""
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

    about = [it for it in number_reasons(answer.prediction.reasons) if is_about(it)]
    if not about:
        return "  the solver gives no reason of its own for it\n"
    rows = reasons_as_json(about)["reasons"]
    native = shown_text(universe.native)
    text = render_reasons(rows, native=native)  # type: ignore[arg-type]
    return text if _are_enough(answer, package) else f"{text}{_NOT_ENOUGH}"


def _are_enough(answer: Answer, package: int) -> bool:
    """Say whether the reasons of a package's change lead to it by themselves."""
    from foretell.apt.cases.enough import is_enough

    pairs = zip(answer.changes, answer.prediction.reasons, strict=False)
    return all(is_enough(answer, *pair) for pair in pairs if pair[0].package == package)


def _why_it_stays(answer: Answer, package: int, label: str, solver_version: str) -> str:
    from foretell.apt.answers.missing import deferred, not_upgraded

    state = answer.state
    assert state is not None
    if package not in state.installed:
        return "it is not installed, and nothing asks for it\n"
    if package not in not_upgraded(answer):
        return "it is at its candidate already\n"
    if package in deferred(answer):
        return "phasing puts its upgrade off on this machine\n"
    if answer.request.verb not in {"upgrade", "full-upgrade"}:
        return "the request does not ask for its upgrade\n"
    return _asked_by_name(answer, label, solver_version)


def _asked_by_name(answer: Answer, label: str, solver_version: str) -> str:
    """Return what happens when the same request names the package as well."""
    from foretell.apt.answers.predict import predict
    from foretell.apt.answers.why_not import obstacle_of
    from foretell.apt.cases.enough import is_core_enough
    from foretell.cli.apt_conflict import obstacle_text

    request = answer.request.with_words([*answer.request.words, label])
    named = predict(answer.world, request, solver_version=solver_version)
    if named.verdict == "unsatisfiable":
        obstacle = obstacle_of(named, solver_version=solver_version)
        text = "its upgrade is impossible here\n" + obstacle_text(obstacle, is_full=False, who="")
        is_told = obstacle.core is None or is_core_enough(named, obstacle.core)
        return text if is_told else f"{text}{_NOT_ENOUGH}"
    if named.verdict != "ok":
        return f"unknown: {named.missing_rule}\n"
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
    return f"nobody asks for it by name; apt {answer.request.verb} {label}{also}\n"


def _named_changes(answer: Answer) -> list[tuple[Change, str]]:
    """Return the changes of a plan with the names of their packages."""
    assert answer.state is not None
    universe = answer.state.universe
    return [(change, universe.full_name(change.package)) for change in answer.changes]
