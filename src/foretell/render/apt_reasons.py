"""How are the reasons of an apt plan told in words?

Each reason is one sentence about its fields; what it follows from is named by number.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Fields = Mapping[str, object]

__all__ = ["fact_text", "render_reasons", "sentence", "why_first"]

# Kind -> what is said about its package.
_PLAIN = {
    "requested": "the request names it",
    "upgraded": "the request upgrades all that is installed",
    "essential": "it is essential and not installed",
    "stays": "it is installed, and stays",
    "undone": "a choice failed, and this is what remained",
    "held": "it is on hold",
    "deferred": "phasing, or the kind of upgrade, puts it off",
    "tried-again": "its upgrade is tried once more",
    "given-up": "it could not be planned",
    "follows": "it changes along",
    "dropped": "it was planned, but nothing needs it in the end",
    "unneeded": "nothing needs it",
    "kept-back": "it is not upgraded",
    "in-the-way": "it may not change",
}
# Kind -> what is said about its package and the relation ``{quote}``.
_QUOTING = {
    "relation": "{quote}",
    "unneeded": "{quote}, and nothing else needs it",
    "other-version": "its version {version} cannot be taken either: {quote}",
    "broken": "{quote}, which does not hold",
    "unsolved": "{quote}, for which there is no solution",
    "held-back": "its upgrade would leave {quote} broken",
    "failed": "{quote}, and nothing that is meant could be planned",
    "hopeless": "{quote}, and nothing in the archive fulfils that",
    "ruled-out": "{quote} excludes it",
    "in-the-way": "{quote}, and it may not change",
}
_OUTCOMES = {
    "planned": ": its other version is planned",
    "kept": ": it stays as it was",
    "removed": ": it goes",
}
# What put one solution before the next one.
_RULES = {
    "here": "it is installed",
    "alternative": "it is of an earlier alternative",
    "protected": "it is protected",
    "group-installed": "it is Multi-Arch: same and installed on another architecture",
    "installed": "it is installed",
    "name": "it has the name that is asked for",
    "essential": "it is essential",
    "important": "it is important",
    "architecture": "its architecture comes first",
    "priority": "its priority is higher",
}


def render_reasons(reasons: Iterable[Mapping[str, object]], *, native: str) -> str:
    """Return one line for each reason of a plan's JSON."""
    lines = []
    for reason in reasons:
        fields, parents = reason["fields"], reason["parents"]
        assert isinstance(fields, dict)
        assert isinstance(parents, list)
        because = f" [{', '.join(map(str, parents))}]" if parents else ""
        text = sentence(str(reason["kind"]), fields, native=native)
        lines.append(f"  {reason['number']}. {text}{because}\n")
    return "".join(lines)


def sentence(kind: str, fields: Fields, *, native: str) -> str:
    """Return what a reason says.

    >>> sentence("requested", {"package": "git:amd64"}, native="amd64")
    'git: the request names it'
    """
    name = _short(fields.get("package"), native)
    if kind == "points":
        text = _points(name, fields, native)
    elif "text" in fields and kind in _QUOTING:
        text = _QUOTING[kind].format(quote=_quote(fields, native), version=fields.get("version"))
    elif kind == "same-source":
        text = f"of the same source as {_short(fields.get('from'), native)}, it goes along"
    elif kind == "rule-not-modelled":
        return f"not modelled: {fields.get('rule')}"
    elif kind == "essential" and "from" in fields:
        other = _short(fields["from"], native)
        text = f"{other} is essential, and this is the package of its name that comes first"
    else:
        text = _PLAIN.get(kind, kind)
    if kind in {"points", "unsolved", "broken"}:
        text += _OUTCOMES[str(fields["outcome"])]
    if kind == "other-version" and fields.get("relation") in {"Recommends", "Suggests"}:
        text += ", on which an upgrade insists"
    text += _order(fields, native) + _fulfilling(fields, native)
    if fields.get("passing"):
        text += " (for the time being)"
    return f"{name}: {text}"


def fact_text(fact: Fields, *, native: str) -> str:
    """Return a fact about a package: one of its relations, or how it is installed and offered.

    >>> fact_text({"package": "a:amd64", "relation": "Breaks", "text": "b (<< 2)"}, native="amd64")
    'a Breaks b (<< 2)'
    """
    name = _short(fact["package"], native)
    if "relation" in fact:
        return f"{name} {fact['relation']} {fact['text']}"
    installed, candidate = fact["installed"], fact["candidate"]
    words = [f"installed is {installed}" if installed else "it is not installed"]
    if "automatic" in fact:
        words[0] += " (automatically)" if fact["automatic"] else " (by hand)"
    if candidate != installed:
        words.append(f"its candidate is {candidate}" if candidate else "it has no candidate")
    words += ["it is on hold"] * bool(fact["held"]) + ["it is essential"] * bool(fact["essential"])
    return f"{name}: {', '.join(words)}"


def _points(name: str, fields: Fields, native: str) -> str:
    """Return how the points decided."""
    other = _short(fields.get("from"), native)
    quote = _quote(fields, native)
    ours, theirs = fields["points"], fields["from-points"]
    if fields.get("rule") == "new-need":
        given = f"{ours} points, {other} {theirs}"
        return f"{quote}, which did not hold before ({given})"
    return f"{quote}: {other} has {theirs} points, {name} {ours}"


def _fulfilling(fields: Fields, native: str) -> str:
    """Return what else fulfilled a relation."""
    text = ""
    if "alike" in fields:
        alike, there = fields["alike"], fields["alike-by"]
        assert isinstance(alike, (list, tuple))
        assert isinstance(there, (list, tuple))
        text = f"; its {alike[0]} {alike[1]} was fulfilled before by {_listed(there, native)}"
    for name, end in (("before", "fulfilled before"), ("beside", "fulfils as well")):
        labels = fields.get(name, ())
        assert isinstance(labels, (list, tuple))
        if labels:
            text += f", which {_listed(labels, native)} {end}"
    obsolete, newer = fields.get("obsolete", ()), fields.get("newer", ())
    assert isinstance(obsolete, (list, tuple))
    assert isinstance(newer, (list, tuple))
    if obsolete:
        verb = "is" if len(obsolete) == 1 else "are"
        text += f", but {_listed(obsolete, native)} {verb} obsolete"
        text += f" (the source has {_listed(newer, native)} now)" if newer else ""
    return text


def _listed(labels: Sequence[object], native: str) -> str:
    return " and ".join(_short(label, native) for label in labels)


def _order(fields: Fields, native: str) -> str:
    """Return what put one of several solutions first."""
    if "choices" not in fields:
        return ""
    text = f"; of {fields['choices']} solutions"
    skipped = fields.get("skipped", ())
    assert isinstance(skipped, (list, tuple))
    if skipped:
        text += f" {' and '.join(_short(label, native) for label in skipped)} could not be planned"
        text += "," if "over" in fields else ""
    if "over" not in fields:
        return text if skipped else ""
    return f"{text} it comes before {_short(fields['over'], native)}: {why_first(fields)}"


def why_first(fields: Fields) -> str:
    """Return what put a solution before the next one."""
    rule = str(fields["rule"])
    if rule == "created":
        return (
            f"apt's cache has created it later (ID {fields['id']}, the other {fields['over-id']}); "
            "solver 3 takes the first by name"
        )
    return _RULES[rule]


def _quote(fields: Fields, native: str) -> str:
    owner = fields.get("owner", fields.get("from", fields.get("package")))
    return f"{_short(owner, native)} {fields['relation']} {fields['text']}"


def _short(label: object, native: str) -> str:
    """Return a label without its version, and without the native architecture."""
    name, _, _ = str(label).partition("=")
    return name.removesuffix(f":{native}")
