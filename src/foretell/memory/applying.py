"""How are weights written to a running kernel, and taken back?"""

from __future__ import annotations

import os

from foretell.errors import MissingError, UsageError
from foretell.memory.live import AUTO_NAMES, read_machine, read_weights, weights_folder
from foretell.model.plan import Action, CannotUndo, Plan, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["carry_out", "plan_weights"]

_NO_WAY_BACK = "a kernel that knows no bandwidth never returns to automatic weights"


def plan_weights(root: str, wanted: Mapping[int, int]) -> Plan:
    """Return what to write below ``root`` so that the weights become ``wanted``.

    The inverse brings the old weights back, and automatic mode where it was on and the kernel
    knows a bandwidth: without one it refuses to return to it (ENODEV).  Raises `UsageError` for a
    node whose weight has no file, `MissingError` where there are no weights.
    """
    folder = weights_folder(root)
    weights, is_automatic = read_weights(root)
    for node in wanted:
        if node not in weights:
            raise UsageError("no-node", f"there is no weight of node {node} to write", path=folder)
    steps = []
    if is_automatic:
        name = next(name for name in AUTO_NAMES if os.path.exists(os.path.join(folder, name)))
        path = os.path.join(folder, name)
        knows = any(node.bandwidth for node in read_machine(root).nodes)
        back = _write(path, "1") if knows else CannotUndo(_NO_WAY_BACK)
        steps.append(Step(_write(path, "0"), back))
    for node, weight in sorted(wanted.items()):
        if weights[node] != weight:
            path = os.path.join(folder, f"node{node}")
            steps.append(Step(_write(path, str(weight)), _write(path, str(weights[node]))))
    return Plan(steps)


def carry_out(plan: Plan) -> None:
    """Write every step; when one fails take back those before it, and raise its ``OSError``.

    Raises `MissingError` before anything is written where writing is not allowed.
    """
    for step in plan.steps:
        path = str(step.do.fields["path"])
        if not os.access(path, os.W_OK):
            raise MissingError(
                "not-permitted", "no permission to write here", path=path, hint="run it as root"
            )
    for number, step in enumerate(plan.steps):
        try:
            _carry_out(step.do)
        except OSError:
            for done in reversed(plan.steps[:number]):
                if isinstance(done.undo, Action):
                    _carry_out(done.undo)
            raise


def _write(path: str, text: str) -> Action:
    return Action("write-file", {"path": path, "text": text})


def _carry_out(action: Action) -> None:
    with open(str(action.fields["path"]), "w", encoding="ascii") as file:
        file.write(f"{action.fields['text']}\n")
