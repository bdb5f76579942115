"""``foretell apt full-upgrade``: what is upgraded, and what would a fresh installation have?

``--normalize`` plans the upgrade that forgets what was installed automatically and says what it
does otherwise than a plain one.  Exit status: 0 when both have a plan, else 1.
"""

from __future__ import annotations

import sys

from foretell.cli.apt import check_options, layout, plan, show
from foretell.cli.apt_options import make_parser, read_request, read_world
from foretell.cli.apt_screen import plan_json
from foretell.cli.apt_shown import shown_text
from foretell.cli.main import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from foretell.apt.answers.normalizing import Fresh, Normalization
    from foretell.render.apt_normalize import FreshSystem, View

    Key = tuple[bytes, bytes]

__all__ = ["full_upgrade"]

_VERB = "full-upgrade"


def full_upgrade(argv: list[str]) -> int:
    """Say what ``apt full-upgrade`` would do, or what a normalized one would do instead."""
    parser = make_parser(_VERB, COMMANDS["apt", _VERB][1])
    parser.add_argument(
        "--normalize",
        action="store_true",
        help="forget what was installed automatically, as apt does with --solver 3.1 "
        "--auto-remove, and compare with a plain upgrade and a fresh installation; "
        "--json has schema foretell.apt.normalize/1",
    )
    options = parser.parse_args(argv)
    return _normalize(options) if options.normalize else plan(_VERB, options)


def _normalize(options: Namespace) -> int:
    import gc

    gc.disable()  # one short question: nothing is worth collecting
    check_options(options)
    if options.as_python:
        from foretell.cli.apt_python import library_call

        sys.stdout.write(library_call(_VERB, options, function="normalize"))
        return 0
    from foretell.apt.answers.normalizing import normalize

    world = read_world(options)
    request = read_request(_VERB, options, world)
    found = normalize(world, request, solver_version=options.solver_version)
    answer = found.normalized
    if options.capture:
        from foretell.apt.cases.capture import write_capture

        write_capture(answer, options.capture, solver_version=answer.solver_version)
    if options.graph:
        from foretell.cli.apt_graph import draw_answer

        draw_answer(answer, options.graph)
    if options.json:
        sys.stdout.write(_as_json(found))
    elif not found.is_ok:
        return show(answer if answer.verdict != "ok" else found.plain, options) or 1
    else:
        from foretell.render.apt_normalize import render_comparison

        show(answer, options)
        sys.stdout.write(render_comparison(_view(found), layout(options).width))
    return 0 if found.is_ok else 1


def _as_json(found: Normalization) -> str:
    import json

    from foretell.render.apt_normalize import render_json

    return render_json(
        found.plain.verdict,
        found.normalized.verdict,
        _view(found) if found.is_ok else None,
        json.loads(plan_json(found.normalized)),
    )


def _view(found: Normalization) -> View:
    from foretell.render.apt_normalize import Swapped, View

    state = found.plain.state
    assert state is not None
    universe = state.universe
    native = universe.native
    garbage = {
        (universe.name(package), universe.architecture(package))
        for package in found.plain.autoremovable
    }
    return View(
        dropped=_labels(found.dropped, native),
        unneeded=len(garbage.intersection(found.dropped)),
        added=_labels(found.added, native),
        versions=_labels(found.versions, native),
        swaps=[
            Swapped(
                _label(it.before, native),
                _label(it.after, native),
                _label(it.owner, native),
                it.relation,
                shown_text(it.text),
            )
            for it in found.swaps
        ],
        fresh=_fresh_system(found, found.fresh, native),
        flags=f"--solver {found.normalized.choice.name} --auto-remove",
    )


def _fresh_system(found: Normalization, fresh: Fresh | None, native: bytes) -> FreshSystem | None:
    from foretell.apt.answers.normalizing import installed, present
    from foretell.render.apt_normalize import FreshSystem

    if fresh is None or fresh.packages is None:
        return None
    return FreshSystem(
        packages=len(fresh.packages),
        manual=len(fresh.manual),
        base=len(fresh.base),
        missing=_labels(sorted(fresh.missing), native),
        distances={
            "now": fresh.distance(installed(found.plain)),
            "plain": fresh.distance(present(found.plain)),
            "normalized": fresh.distance(present(found.normalized)),
        },
    )


def _labels(keys: Iterable[Key], native: bytes) -> list[str]:
    return [_label(key, native) for key in keys]


def _label(key: Key, native: bytes) -> str:
    """Return a name as apt shows it: one of a foreign architecture has that with it."""
    name, architecture = key
    return shown_text(name if architecture == native else name + b":" + architecture)
