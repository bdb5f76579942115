"""What does a program get to read about an apt plan?

The object is described by docs/reference/schemas/foretell.apt.plan-1.schema.json.  Fields may be
added without a new version; none changes its meaning.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.render.apt import Change

__all__ = ["SCHEMA", "VERDICTS", "change_row", "render_plan"]

SCHEMA = "foretell.apt.plan/1"
VERDICTS = ("ok", "unsatisfiable", "unknown")


def render_plan(
    verdict: str,
    *,
    changes: Iterable[Change] = (),
    autoremovable: Iterable[tuple[str, str]] = (),
    reasons: Iterable[Mapping[str, object]] = (),
    solver: Mapping[str, str | None] | None = None,
    sizes: Mapping[str, int] | None = None,
    surprises: Iterable[Mapping[str, object]] = (),
    conflict: Mapping[str, object] | None = None,
    why: Mapping[str, object] | None = None,
) -> str:
    """Return the plan as JSON, with a final line end; the same plan gives the same bytes.

    ``autoremovable`` are pairs of package and architecture.  ``reasons`` are objects that JSON
    can hold, each with a kebab-case ``kind``; they keep their order, the rest is sorted by
    package and architecture.  ``solver`` says whose decision it is, ``sizes`` what the plan
    costs, in bytes, and ``surprises`` what is unexpected about it, the greatest first; ``conflict``
    has the fields of why a request fails, ``why`` what is told of one package.  Only a plan that
    works has changes.
    """
    import json

    assert verdict in VERDICTS, verdict
    rows = [change_row(change) for change in changes]
    assert verdict == "ok" or not rows, verdict
    plan: dict[str, object] = {"schema": SCHEMA, "verdict": verdict}
    if solver is not None:
        plan["solver"] = dict(solver)
    plan |= {
        "changes": sorted(rows, key=lambda row: (str(row["package"]), str(row["architecture"]))),
        "autoremovable": [
            {"package": package, "architecture": architecture}
            for package, architecture in sorted(autoremovable)
        ],
        "reasons": [dict(reason) for reason in reasons],
    }
    if sizes is not None:
        plan["sizes"] = dict(sizes)
        plan["surprises"] = [dict(surprise) for surprise in surprises]
    if conflict is not None:
        plan |= conflict
    if why is not None:
        plan["why"] = dict(why)
    return json.dumps(plan, indent=2, ensure_ascii=False) + "\n"


def change_row(change: Change) -> dict[str, str | bool | None]:
    """Return one change as JSON has it."""
    return {
        "package": change.package,
        "architecture": change.architecture,
        "action": change.action,
        "version": change.version,
        "from": change.previous,
        "automatic": change.automatic,
    }
