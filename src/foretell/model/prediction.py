"""What will be decided, why, and what would carry it out?"""

from __future__ import annotations

from foretell.model.plan import Plan
from foretell.model.reason import reasons_as_json
from foretell.model.value import Value, check_kind, freeze, thaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foretell.model.reason import Reason
    from foretell.model.value import Field, Plain

__all__ = ["UNKNOWN", "Prediction", "verdicts"]

UNKNOWN = "unknown"


def verdicts(*names: str) -> frozenset[str]:
    """Return a domain's closed set of verdicts: ``names``, and `UNKNOWN` always.

    >>> sorted(verdicts("ok", "unsatisfiable"))
    ['ok', 'unknown', 'unsatisfiable']
    """
    return frozenset(check_kind(name) for name in (*names, UNKNOWN))


class Prediction(Value):
    """A verdict from a closed set, the reasons for it, a plan, and what was asked of what.

    ``among`` is the domain's closed set, from `verdicts`; ``reasons`` are the conclusions of
    the explanation; ``inputs`` name everything that the answer depends on.  Raises
    `ValueError` for a verdict outside the set, and for `UNKNOWN` without a reason: that reason
    names the rule that is not modelled.

    >>> Prediction("ok", among=verdicts("ok"), inputs={"request": ("git",)}).verdict
    'ok'
    """

    __slots__ = ("inputs", "plan", "reasons", "verdict")

    inputs: Mapping[str, Field]
    plan: Plan
    reasons: tuple[Reason, ...]
    verdict: str

    def __init__(
        self,
        verdict: str,
        *,
        among: frozenset[str],
        reasons: Iterable[Reason] = (),
        plan: Plan | None = None,
        inputs: Mapping[str, Field] | None = None,
    ) -> None:
        if UNKNOWN not in among:
            raise ValueError(f"{UNKNOWN!r} is a member of every set of verdicts: use verdicts()")
        if verdict not in among:
            raise ValueError(f"verdict {verdict!r} is not one of {sorted(among)}")
        reasons = tuple(reasons)
        if verdict == UNKNOWN and not reasons:
            raise ValueError("an unknown verdict needs a reason that names the missing rule")
        self._set(freeze(inputs), plan or Plan(), reasons, verdict)

    def as_json(self) -> dict[str, Plain]:
        """Return the prediction as plain values; each reason appears once, by number."""
        return {
            "verdict": self.verdict,
            "inputs": thaw(self.inputs),
            "plan": self.plan.as_json(),
            **reasons_as_json(self.reasons),
        }
