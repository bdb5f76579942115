"""How are interleave weights shown?"""

from __future__ import annotations

from typing import NamedTuple

from foretell.model.reason import reasons_as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from foretell.model.plan import Action, CannotUndo
    from foretell.model.reason import Reason

__all__ = ["WeightsTable", "render_weights", "render_writes", "weights_json"]

SCHEMA = "foretell.memory.weights/1"


class WeightsTable(NamedTuple):
    """What there is to show; shares are None where a bandwidth is not known.

    ``there`` are the weights that the kernel has now, None where no kernel is asked.
    """

    kernel: str
    is_automatic: bool | None
    weights: Mapping[int, int]
    bandwidths: Mapping[int, int]
    share: Fraction | None
    better: Mapping[int, int] | None
    better_share: Fraction | None
    refused: tuple[str, ...]
    reasons: tuple[Reason, ...]
    there: Mapping[int, int] | None = None


def render_weights(table: WeightsTable, *, wants_better: bool) -> str:
    """Return the weights with their arithmetic, and the better ones when they are wanted."""
    mode = {True: "automatic", False: "manual", None: "no automatic weights in this kernel"}
    lines = [f"Weights (kernel {table.kernel}, {mode[table.is_automatic]})"]
    lines += [f"  node{reason.fields['node']}: {_sentence(reason)}" for reason in table.reasons]
    if table.there is not None and dict(table.there) != dict(table.weights):
        text = " ".join(f"node{node}={weight}" for node, weight in table.there.items())
        lines.append(f"  but the kernel has now: {text}")
    if table.share is not None:
        lines.append(f"  usable bandwidth when all nodes are read alike: {_percent(table.share)}")
    if wants_better:
        lines += _better(table)
    lines += [f"  refused: {text}" for text in table.refused]
    return "".join(f"{line}\n" for line in lines)


def weights_json(table: WeightsTable) -> dict[str, object]:
    """Return the JSON document."""
    better = None
    if table.better is not None and table.better_share is not None:
        better = {"weights": _keyed(table.better), "usable": _percent(table.better_share)}
    return {
        "schema": SCHEMA,
        "kernel": table.kernel,
        "automatic": table.is_automatic,
        "weights": _keyed(table.weights),
        "bandwidths": _keyed(table.bandwidths),
        "usable": None if table.share is None else _percent(table.share),
        "better": better,
        "there": None if table.there is None else _keyed(table.there),
        "refused": list(table.refused),
        **reasons_as_json(table.reasons),
    }


def render_writes(actions: Iterable[Action | CannotUndo]) -> str:
    """Return the shell commands that write the same, and what cannot be written.

    Writing to a file of sysfs takes effect at once and lasts until the machine stops.
    """
    return "".join(f"  {_command(action)}\n" for action in actions)


def _command(action: Action | CannotUndo) -> str:
    import shlex

    from foretell.model.plan import CannotUndo

    if isinstance(action, CannotUndo):
        return f"# {action.why}"
    return f"echo {action.fields['text']} > {shlex.quote(str(action.fields['path']))}"


def _better(table: WeightsTable) -> list[str]:
    if table.better is None or table.better_share is None or table.share is None:
        return ["Better weights: the bandwidth of a node is not known"]
    if table.better_share <= table.share:
        return ["Better weights: none; these use the most that weights so small can"]
    text = " ".join(f"node{node}={weight}" for node, weight in table.better.items())
    gain = _percent(table.better_share / table.share - 1)
    usable = f"{_percent(table.better_share)} (predicted by a model, +{gain})"
    return [
        f"Better weights: {text}",
        f"  usable bandwidth when all nodes are read alike: {usable}",
    ]


def _sentence(reason: Reason) -> str:
    it = reason.fields
    if reason.kind == "weight-written":
        return f"{it['weight']}, because it was written"
    if reason.kind == "weight-default":
        return "1, because nothing told its bandwidth"
    if not it["bandwidth"]:
        return f"{it['weight']}, because nothing told its bandwidth: the least there is"
    text = f"{it['weight']} = 32 * {it['bandwidth']} MB/s / {it['total']} MB/s"
    scaled, total = int(str(it["scaled"])), int(str(it["total"]))
    if scaled <= total:
        text += ", which is less than 1: 1"
    else:
        text += f", which is {it['share']}"
    return text if it["divisor"] == 1 else f"{text}, over {it['divisor']} which divides all"


def _keyed(values: Mapping[int, int]) -> dict[str, int]:
    return {str(node): value for node, value in values.items()}


def _percent(share: Fraction) -> str:
    """Return a part as a percentage with one digit, cut off: never more than it is."""
    tenths = share.numerator * 1000 // share.denominator
    return f"{tenths // 10}.{tenths % 10} %"
