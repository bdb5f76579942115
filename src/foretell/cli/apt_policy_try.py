"""``foretell apt policy --try``: what would preferences change before they are written?

Shows the candidates that move, the pins that match or decide nothing, and what the two upgrades
would do otherwise.  ``--apply`` writes the file, after it was shown and agreed to.
"""

from __future__ import annotations

import os
import sys

from foretell.apt.answers.difference import Difference, differing, plan_table
from foretell.apt.answers.trial import Trial, as_lines, parse_trial, target_path
from foretell.cli.apt_difference_text import (
    difference_json,
    row_lines,
    shown,
    summary_lines,
)
from foretell.cli.apt_policy import NAME
from foretell.errors import InputError, MissingError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from foretell.apt.answers.trial import MovedCandidate, Standing
    from foretell.apt.system.preferences import Pin
    from foretell.apt.system.world import World

__all__ = ["SCHEMA", "try_pins"]

SCHEMA = "foretell.apt.policy-try/1"
JOURNALS = "var/lib/foretell/preferences"
VERBS = ("upgrade", "full-upgrade")
TRY_BYTES_MAX = 1 << 20
OTHERS_MAX = 20  # packages that are not installed, unless all are asked for


def try_pins(options: Namespace) -> int:
    """Show what the options' preferences change, and write them when asked."""
    import gc

    from foretell.cli.apt_options import read_world

    gc.disable()  # one short question: nothing is worth collecting
    if options.undo:
        return _undo(options)
    world = read_world(options)
    assert world.configuration is not None
    path = target_path(world.configuration, options.name)
    pins, text = parse_trial(_parts(options.tried), path)
    if options.apply:
        _check_free(world, path)
    trial = Trial(world, pins, path)
    moved = trial.moved(_named(trial, options.words) if options.words else None)
    differences = {verb: _plans(trial, verb, options) for verb in VERBS}
    if options.json:
        sys.stdout.write(_as_json(trial, moved, differences, is_applied=_applies(options)))
        if _applies(options):
            _apply(world, path, text)
        return 0
    _show(trial, text, moved, differences, options)
    if options.apply:
        _ask(world, path, text, options)
    return 0


def _parts(tried: Sequence[tuple[str, str]]) -> list[tuple[str, bytes]]:
    """Return the name and the text of each preference or file."""
    parts = []
    n_stanzas = [option for option, _ in tried].count("--try")
    number = 0
    for option, given in tried:
        if option == "--try":
            number += 1
            name = f"--try #{number}" if n_stanzas > 1 else "--try"
            parts.append((name, as_lines(given).encode("utf-8", "surrogateescape")))
        elif given == "-":
            parts.append(("standard input", sys.stdin.buffer.read(TRY_BYTES_MAX + 1)))
        else:
            parts.append((given, _read(given)))
        if len(parts[-1][1]) > TRY_BYTES_MAX:
            raise InputError(
                "file-too-long", f"more than {TRY_BYTES_MAX} bytes", path=parts[-1][0], line=1
            )
    return parts


def _read(path: str) -> bytes:
    if not os.path.isfile(path):
        raise UsageError("no-file", "there is no such file", path=path)
    with open(path, "rb") as file:
        return file.read(TRY_BYTES_MAX + 1)


def _named(trial: Trial, words: Sequence[str]) -> list[int]:
    """Return the packages that words mean; raises `UsageError` for one that nobody knows."""
    from foretell.apt.selection.naming import Names

    names = Names(trial.before, trial.world)
    packages = []
    for word in words:
        text = word.encode("utf-8", "surrogateescape")
        package = names.find(text)
        found = [package] if package >= 0 else names.matching(text)
        if not found:
            raise UsageError("unknown-package", f"Unable to locate package {word}")
        packages += found
    return packages


class _Verb:
    """What one verb does without and with the pins: a difference, or why there is none."""

    def __init__(self, found: Difference | None, unknown: str, left_out: int) -> None:
        self.found = found
        self.unknown = unknown
        self.left_out = left_out  # rows about packages that were not named


def _plans(trial: Trial, verb: str, options: Namespace) -> _Verb:
    from foretell.apt.answers.predict import predict
    from foretell.apt.requests.settings import configured_request

    assert trial.world.configuration is not None
    answers = [
        predict(
            world,
            configured_request(verb, [], trial.world.configuration),
            solver_version=options.solver_version,
        )
        for world in (trial.world, trial.tried)
    ]
    for answer in answers:
        if answer.verdict == "unknown":
            return _Verb(None, f"unknown: {answer.missing_rule}", 0)
    without, under = (answer.verdict == "ok" for answer in answers)
    if not (without and under):
        if not without and not under:
            return _Verb(None, "cannot be satisfied, without and with it", 0)
        return _Verb(None, f"can be satisfied only {'without' if without else 'with'} it", 0)
    found = differing(plan_table(answers[0]), plan_table(answers[1]))
    if not options.words:
        return _Verb(found, "", 0)
    universe = trial.before.universe
    named = {
        (universe.name(p).decode("utf-8", "surrogateescape"), universe.architecture(p).decode())
        for p in _named(trial, options.words)
    }
    rows = tuple(row for row in found.rows if row.key in named)
    return _Verb(found._replace(rows=rows), "", len(found.rows) - len(rows))


# -- what a person reads -------------------------------------------------------------------------


def _show(
    trial: Trial,
    text: bytes,
    moved: list[MovedCandidate],
    differences: dict[str, _Verb],
    options: Namespace,
) -> None:
    lines = [f"With this in {_shown_path(trial)}:"]
    lines += [f"  {shown(line)}" for line in text.decode("utf-8", "replace").splitlines()]
    lines += ["", *_moved_lines(trial, moved, is_full=options.full or bool(options.words))]
    if trial.idle:
        lines += ["", "Pins that match nothing:", *(f"  {_place(pin)}" for pin in trial.idle)]
    if trial.overruled:
        lines += ["", "Pins that decide nothing, because earlier ones do:"]
        lines += [f"  {_place(pin)}" for pin in trial.overruled]
    native = trial.world.native
    for verb, outcome in differences.items():
        lines += ["", *_verb_lines(verb, outcome, native)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _shown_path(trial: Trial) -> str:
    """Return the path of the file, inside a world that has no file system of its own."""
    root = trial.world.root
    if os.path.isdir(root):
        return shown(trial.path)
    return shown(f"/{os.path.relpath(trial.path, root)}")


def _moved_lines(trial: Trial, moved: list[MovedCandidate], *, is_full: bool) -> list[str]:
    if not moved:
        return ["No candidate changes."]
    lines = []
    for is_installed, title in ((True, "installed"), (False, "not installed")):
        rows = [row for row in moved if row.is_installed == is_installed]
        if not rows:
            continue
        limit = len(rows) if is_full or is_installed else OTHERS_MAX
        lines.append(f"Candidates that change, {title}: {len(rows)}")
        lines += [f"  {_moved_line(trial, row)}" for row in rows[:limit]]
        if len(rows) > limit:
            lines.append(f"  and {len(rows) - limit} more (--full shows them)")
    return lines


def _moved_line(trial: Trial, row: MovedCandidate) -> str:
    universe = trial.after.universe

    def text(now: Standing | None, other: Standing | None, word: str) -> str:
        """Return a version with its priority, and with the one that it has on the other side."""
        if now is None:
            return "none"
        version = shown(_decode(universe.version_string(now.version)))
        if other is None or other.priority == now.priority:
            return f"{version} ({now.priority})"
        return f"{version} ({now.priority}, {word} {other.priority})"

    before = text(row.before, row.loser, "now")
    line = (
        f"{shown(universe.full_name(row.package))}: {before} -> {text(row.after, row.was, 'was')}"
    )
    return f"{line}, by {_place(row.pin)}" if row.pin is not None else line


def _verb_lines(verb: str, outcome: _Verb, native: str) -> list[str]:
    if outcome.found is None:
        return [f"{verb}: {outcome.unknown}"]
    rows = outcome.found.rows
    if not rows and not outcome.left_out:
        return [f"{verb} would do the same."]
    lines = [f"{verb} would do otherwise (+ only with it, - only without it):"]
    lines += [f"  {line}" for line in row_lines(rows, native=native)]
    if outcome.left_out:
        lines.append(f"  and {outcome.left_out} other packages")
    return lines + [f"  {line}" for line in summary_lines(outcome.found, is_set=False)]


def _place(pin: Pin) -> str:
    words = " ".join(word.text for word in pin.packages) or "*"
    place = f"{os.path.basename(pin.path)}:{pin.line}"
    return shown(f"{place} ({words}: {pin.type} {pin.data}".rstrip() + ")")


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


# -- what a program reads ------------------------------------------------------------------------


def _as_json(
    trial: Trial,
    moved: list[MovedCandidate],
    differences: dict[str, _Verb],
    *,
    is_applied: bool,
) -> str:
    import json

    universe = trial.after.universe

    def standing(found: Standing | None) -> dict[str, object] | None:
        if found is None:
            return None
        version = _decode(universe.version_string(found.version))
        return {"version": version, "priority": found.priority}

    document = {
        "schema": SCHEMA,
        "path": _shown_path(trial),
        "applied": is_applied,
        "candidates": [
            {
                "package": _decode(universe.name(row.package)),
                "architecture": _decode(universe.architecture(row.package)),
                "installed": row.is_installed,
                "from": standing(row.before),
                "to": standing(row.after),
                "from_priority_after": row.loser.priority if row.loser else None,
                "to_priority_before": row.was.priority if row.was else None,
                "pin": _pin_json(row.pin),
            }
            for row in moved
        ],
        "idle": list(map(_pin_json, trial.idle)),
        "overruled": list(map(_pin_json, trial.overruled)),
        "plans": {
            verb: {
                "unknown": outcome.unknown or None,
                "left_out": outcome.left_out,
                **(difference_json(outcome.found) if outcome.found is not None else {}),
            }
            for verb, outcome in differences.items()
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _pin_json(pin: Pin | None) -> dict[str, object] | None:
    if pin is None:
        return None
    return {
        "file": os.path.basename(pin.path),
        "line": pin.line,
        "packages": [word.text for word in pin.packages] or ["*"],
        "pin": f"{pin.type} {pin.data}".rstrip(),
        "priority": pin.priority,
    }


# -- writing -------------------------------------------------------------------------------------


def _applies(options: Namespace) -> bool:
    return bool(options.apply and options.yes)


def _check_free(world: World, path: str) -> None:
    """Raise unless a new file can be written at ``path``."""
    if not os.path.isdir(world.root):
        raise UsageError("no-root", "this world has no files: name a system with --root")
    if os.path.lexists(path):
        raise UsageError(
            "preferences-exist",
            "there is such a file already, and it is not overwritten",
            path=path,
            hint="give the new one another --name",
        )
    folder = os.path.dirname(path)
    while folder and not os.path.exists(folder):
        folder = os.path.dirname(folder)
    if not os.access(folder or ".", os.W_OK):
        raise MissingError(
            "not-permitted", "no permission to write here", path=folder, hint="run it as root"
        )


def _journal(root: str, path: str) -> str:
    return os.path.join(root, JOURNALS, f"{os.path.basename(path)}.json")


def _ask(world: World, path: str, text: bytes, options: Namespace) -> None:
    from foretell.cli.agreeing import agrees

    sys.stdout.write("\n")
    sys.stdout.flush()
    if not (options.yes or agrees(f"Write {shown(path)}?")):
        return
    _apply(world, path, text)
    root = "" if world.root == "/" else f" --root {shown(world.root)}"
    name = "" if options.name == NAME else f" --name {shown(options.name)}"
    sys.stdout.write(f"{shown(path)}: was written\n")
    sys.stdout.write(f"Undo with: foretell apt policy --undo{name}{root}\n")


def _apply(world: World, path: str, text: bytes) -> None:
    from foretell.apt.sources.file_changes import apply_changes
    from foretell.apt.sources.modernize import Change

    apply_changes([Change(path, None, text)], _journal(world.root, path), root=world.root)


def _undo(options: Namespace) -> int:
    from foretell.apt.sources.file_changes import undo_changes, what_undo_changes
    from foretell.apt.syntax.configuration import load
    from foretell.cli.agreeing import agrees
    from foretell.cli.worlds import resolve_world

    resolve_world(options)
    root = os.path.normpath(options.root or "/")
    path = target_path(load(root), options.name)
    journal = _journal(root, path)
    for gone in what_undo_changes(journal, root=root):
        sys.stdout.write(f"{shown(gone)}\n")
    sys.stdout.flush()
    if options.yes or agrees("Remove this file?"):
        for gone in undo_changes(journal, root=root):
            sys.stdout.write(f"{shown(gone)}: was removed\n")
    return 0
