"""What is surprising about a plan, unasked: after apt's own text, and in JSON?

The section goes to standard error, so that standard output stays what apt prints.
"""

from __future__ import annotations

import re

from foretell.errors import InputError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from foretell.apt.answers.predict import Answer

__all__ = ["SETTING", "surprises_json", "surprises_max", "surprises_text"]

SETTING = "Foretell::Surprises"
SHOWN_MAX = 3
_COUNT = re.compile(r"[0-9]{1,6}")


def surprises_max(answer: Answer, option: str | None) -> int:
    """Return how many surprises are shown: as the option says, else apt.conf, else three.

    Raises `UsageError` for an option and `InputError` for a setting that is no number.
    """
    if option is not None:
        if not _COUNT.fullmatch(option):
            raise UsageError("bad-usage", f"--surprises {option!r} is no number")
        return int(option)
    configuration = answer.world.configuration
    given = configuration.find(SETTING) if configuration is not None else ""
    if given and not _COUNT.fullmatch(given):
        raise InputError("bad-setting", f"{SETTING} {given!r} is no number", rule="a count")
    return int(given) if given else SHOWN_MAX


def surprises_text(answer: Answer, shown_max: int) -> str:
    """Return the section for a person, empty when nothing is surprising."""
    if not shown_max:
        return ""
    from foretell.apt.answers.surprises import find_surprises

    found = [(reason.kind, reason.fields) for reason in find_surprises(answer)]
    if not found:
        return ""
    from foretell.render.apt_surprises import render_surprises

    return render_surprises(found, shown_max=shown_max)


def surprises_json(answer: Answer) -> list[dict[str, object]]:
    """Return all surprises as plain values, the greatest first."""
    from foretell.apt.answers.surprises import find_surprises

    found: list[dict[str, object]] = []
    for reason in find_surprises(answer):
        told = reason.as_json()
        fields = dict(told["fields"])  # type: ignore[arg-type]
        found.append(
            {
                "kind": reason.kind,
                "weight": fields.pop("weight"),
                "fields": fields,
                "evidence": told["evidence"],
            }
        )
    return found
