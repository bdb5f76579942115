"""``foretell apt compare A B`` for systems, suites, captures and plans: what differs, and why?

Without a request what is installed is compared, or what is offered; with one, the two plans.
"""

from __future__ import annotations

import sys

from foretell.apt.answers.difference import (
    Sizes,
    differing,
    installed_table,
    offered_table,
    plan_table,
)
from foretell.cli.apt_difference_text import difference_json, row_lines, shown, summary_lines
from foretell.cli.apt_options import read_request, read_world
from foretell.errors import UsageError
from foretell.render.apt import package_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection, Sequence

    from foretell.apt.answers.difference import Difference, Key, Table
    from foretell.apt.answers.difference_causes import Cause, Causes
    from foretell.apt.answers.predict import Answer
    from foretell.apt.system.world import World
    from foretell.cli.apt_compare_sides import Side

__all__ = ["SCHEMA", "compare_sides"]

SCHEMA = "foretell.apt.difference/1"
INSTALLED, AVAILABLE, PLANS = "installed", "available", "plans"
CAUSES_MAX = 20
NAMED_MAX = 8  # packages that are named in one line


class _Half:
    """What one side says: a table, and for a plan its verdict and where it comes from."""

    def __init__(self, side: Side, native: str = "") -> None:
        self.side = side
        self.native = native
        self.verdict = "ok"
        self.message = ""  # why there is no plan
        self.table: Table = {}
        self.sizes: Sizes | None = None
        self.answer: Answer | None = None


def compare_sides(sides: tuple[Side, Side], words: list[str], options: Namespace) -> int:
    """Say what differs; return 0 when nothing does."""
    import gc

    gc.disable()  # one short question: nothing is worth collecting
    what = _what(sides, words, options)
    _one_of_each(options)
    halves = [_half(side, what, words, options) for side in sides]
    first, second = halves
    found = differing(first.table, second.table, (first.sizes, second.sizes))
    is_plan = {half.verdict for half in halves} == {"ok"}
    if not is_plan:
        found = found._replace(rows=(), first=Sizes(None, None), second=Sizes(None, None))
    causes = _causes(first, second, found, is_full=options.full) if is_plan else None
    if options.json:
        sys.stdout.write(_as_json(what, halves, found, causes))
    else:
        text = _lines(what, halves, found, causes, is_full=options.full)
        sys.stdout.write("".join(f"{line}\n" for line in text))
    is_same = first.verdict == second.verdict and not found.rows
    return 0 if is_same and "unknown" not in {half.verdict for half in halves} else 1


def _what(sides: tuple[Side, Side], words: list[str], options: Namespace) -> str:
    """Return what is compared; raises `UsageError` for a request that does not fit."""
    kinds = {side.kind for side in sides}
    if "file" in kinds:
        if kinds == {"file"} and words:
            raise UsageError("two-requests", "a capture or a plan has its request already")
        if kinds != {"file"} and not words:
            raise UsageError("no-request", "to compare a system with a plan takes the request")
        return PLANS
    if words:
        return PLANS
    return AVAILABLE if options.available or "suite" in kinds else INSTALLED


def _one_of_each(options: Namespace) -> None:
    """Make single values of the options that otherwise name two sides."""
    from foretell.apt.system.profiles import AUTO
    from foretell.apt.system.solver_name import OPTION

    for name, given in (("--solver", options.solver), ("--solver-version", options.solver_version)):
        if given and len(given) > 1:
            raise UsageError("two-kinds", f"with two sides, {name} is the same for both")
    options.solver_version = (options.solver_version or [AUTO])[0]
    if options.solver:
        options.option = [*options.option, f"{OPTION}={options.solver[0]}"]


def _half(side: Side, what: str, words: list[str], options: Namespace) -> _Half:
    if side.kind == "file":
        return _file_half(side)
    world = _world(side, options)
    half = _Half(side, world.native)
    if what == INSTALLED:
        half.table = installed_table(world.state())
    elif what == AVAILABLE:
        half.table = offered_table(world, side.name if side.kind == "suite" else "")
    else:
        _plan(half, world, words, options)
    return half


def _world(side: Side, options: Namespace) -> World:
    from copy import copy

    own = copy(options)
    if side.kind == "root":
        own.root, own.world = side.name, "auto"
    elif side.kind == "world":
        own.root, own.world = None, side.name
    return read_world(own)


def _plan(half: _Half, world: World, words: list[str], options: Namespace) -> None:
    """Ask a world the request; what cannot even be asked there is its verdict as well."""
    from copy import copy

    from foretell.apt.answers.predict import predict
    from foretell.apt.requests.request import VERBS

    verb, *rest = words if words[0] in VERBS else ["install", *words]
    own = copy(options)
    own.words = rest
    if half.side.kind == "suite":
        world = world.with_policy(world.pins, half.side.name)
    request = read_request(verb, own, world)
    try:
        answer = predict(world, request, solver_version=options.solver_version)
    except UsageError as error:
        half.verdict, half.message = "refused", error.message
        return
    _take(half, answer)


def _take(half: _Half, answer: Answer) -> None:
    half.answer = answer
    half.verdict = answer.verdict
    half.message = answer.missing_rule
    half.table = plan_table(answer)


def _file_half(side: Side) -> _Half:
    from foretell.apt.answers.plan_file import SCHEMA as PLAN_SCHEMA
    from foretell.apt.answers.plan_file import parse_plan, read_document
    from foretell.apt.answers.predict import predict
    from foretell.apt.cases.capture import read_capture

    schema, data = read_document(side.name)
    half = _Half(side)
    if schema == PLAN_SCHEMA:
        plan = parse_plan(data, side.name)
        half.verdict, half.table, half.sizes = plan.verdict, plan.table, plan.sizes
        if half.sizes is None:
            half.sizes = Sizes(None, None)
        return half
    world, request, version = read_capture(side.name)
    half.native = world.native
    _take(half, predict(world, request, solver_version=version))
    return half


def _causes(first: _Half, second: _Half, found: Difference, *, is_full: bool) -> Causes | None:
    if first.answer is None or second.answer is None:
        return None
    from foretell.apt.cases.attribution import WORK_FULL, WORK_MAX, attribute

    work_max = WORK_FULL if is_full else WORK_MAX
    return attribute(first.answer, second.answer, found.rows, work_max)


# -- what a person reads -------------------------------------------------------------------------


def _lines(
    what: str,
    halves: Sequence[_Half],
    found: Difference,
    causes: Causes | None,
    *,
    is_full: bool,
) -> list[str]:
    titles = [shown(half.side.title) for half in halves]
    broken = [
        f"{title}: {_verdict(half)}"
        for title, half in zip(titles, halves, strict=True)
        if half.verdict != "ok"
    ]
    if broken:
        if len(broken) < len(halves):
            broken += [
                f"{title}: has a plan of {len(half.table)} changes"
                for title, half in zip(titles, halves, strict=True)
                if half.verdict == "ok"
            ]
        return broken
    name = {INSTALLED: "What is installed", AVAILABLE: "What is offered", PLANS: "The plan"}[what]
    if not found.rows:
        return [f"{name} is the same in {titles[0]} and {titles[1]}."]
    solvers = [_solver(half) for half in halves]
    lines = [f"{name}: {titles[0]} -> {titles[1]}"]
    if solvers[0] != solvers[1] and all(solvers):
        lines.append(f"Decided by {solvers[0]} -> {solvers[1]}")
    native = next((half.native for half in halves if half.native), "") or _only(found)
    lines += ["", *(f"  {line}" for line in row_lines(found.rows, native=native)), ""]
    lines += summary_lines(found, is_set=what != PLANS)
    if causes is not None:
        lines += ["", "Why:", *_cause_lines(causes, native, is_full=is_full)]
    return lines


def _only(found: Difference) -> str:
    """Return the one architecture of all rows, which needs not be told then, or an empty string."""
    architectures = {row.architecture for row in found.rows}
    return min(architectures) if len(architectures) == 1 else ""


def _solver(half: _Half) -> str:
    if half.answer is None:
        return ""
    from foretell.cli.apt_explain import solver_title

    return f"{solver_title(half.answer.solver)} of apt {half.answer.solver_version}"


def _verdict(half: _Half) -> str:
    if half.verdict == "unsatisfiable":
        return "cannot satisfy the request"
    return f"{half.verdict}: {shown(half.message)}" if half.message else half.verdict


def _cause_lines(causes: Causes, native: str, *, is_full: bool) -> list[str]:
    """Return the causes by kind, the kind of most packages first."""
    from foretell.apt.answers.difference_causes import CAUSES

    limit = len(causes.found) if is_full else CAUSES_MAX
    by_package: dict[Key, list[Cause]] = {}
    for cause, keys in causes.found:
        for key in keys:
            by_package.setdefault(key, []).append(cause)
    several = {key for key, own in by_package.items() if len(own) > 1}
    crowds = {key for key in several if _goes_along(key, by_package[key])}
    starred = several - crowds
    kinds: dict[str, list[str]] = {}
    for cause, keys in causes.found[:limit]:
        shown_keys = tuple(key for key in keys if key == cause.key or key not in crowds)
        line = _cause_line(cause, shown_keys, starred, native)
        if cause.key in crowds and cause.kind == "installed":
            others = len(by_package[cause.key]) - 1
            line += f" (with {others} that it needs or that need it)"
        if shown_keys:
            kinds.setdefault(cause.kind, []).append(line)
    lines = []
    for kind, told in kinds.items():
        lines += [f"  {CAUSES[kind]}:", *(f"    {line}" for line in told)]
    if len(causes.found) > limit:
        lines.append(f"  and {len(causes.found) - limit} more causes (--full shows them)")
    if starred:
        lines.append("  * takes all the causes that name it")
    if causes.not_attributed:
        lines.append(f"  Not attributed: {_named(causes.not_attributed, native)}")
    if causes.not_checked:
        total = len(by_package)
        checked = total - len(causes.not_checked)
        more = "" if is_full else " (--full checks more)"
        lines.append(f"  Checked by planning again: {checked} of {total} packages{more}")
    return lines


def _goes_along(key: Key, causes: Sequence[Cause]) -> bool:
    """Say whether a package is installed on one side only, with what it needs or what needs it."""
    ways = {(cause.kind, bool(cause.first), bool(cause.second)) for cause in causes}
    is_one_way = ways in ({("installed", True, False)}, {("installed", False, True)})
    return is_one_way and any(cause.key == key for cause in causes)


def _cause_line(cause: Cause, keys: Sequence[Key], starred: set[Key], native: str) -> str:
    name = shown(package_label(*cause.key, native)) if cause.package else ""
    about = " ".join(word for word in (name, cause.version, shown(cause.relation)) if word)
    text = f"{shown(cause.first) or 'none'} -> {shown(cause.second) or 'none'}"
    text = f"{about}: {text}" if about else text
    if keys == (cause.key,) and starred.isdisjoint(keys):
        return text
    return f"{text}, for {_named(keys, native, starred)}"


def _named(keys: Sequence[Key], native: str, starred: Collection[Key] = ()) -> str:
    names = [shown(package_label(*key, native)) + "*" * (key in starred) for key in keys]
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more


# -- what a program reads ------------------------------------------------------------------------


def _as_json(what: str, halves: Sequence[_Half], found: Difference, causes: Causes | None) -> str:
    import json

    document = {
        "schema": SCHEMA,
        "compared": what,
        "sides": [
            {
                "kind": half.side.kind,
                "name": half.side.name,
                "verdict": half.verdict if what == PLANS else None,
                "message": half.message or None,
                "solver": half.answer.solver if half.answer else None,
                "solver_version": half.answer.solver_version if half.answer else None,
            }
            for half in halves
        ],
        **difference_json(found),
        "causes": [_cause_json(cause, keys) for cause, keys in causes.found] if causes else [],
        "not_attributed": [_package(key) for key in causes.not_attributed] if causes else [],
        "not_checked": [_package(key) for key in causes.not_checked] if causes else [],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _cause_json(cause: Cause, keys: Sequence[Key]) -> dict[str, object]:
    return {
        "kind": cause.kind,
        "package": cause.package,
        "architecture": cause.architecture,
        "version": cause.version or None,
        "relation": cause.relation or None,
        "sides": [cause.first or None, cause.second or None],
        "packages": list(map(_package, keys)),
    }


def _package(key: Key) -> dict[str, str]:
    return {"package": key[0], "architecture": key[1]}
