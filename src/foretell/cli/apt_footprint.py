"""``foretell apt footprint``: what do packages bring along, and which relation costs most?"""

from __future__ import annotations

import shlex
import sys

from foretell.apt.model import RELATION_FIELDS
from foretell.cli.apt_options import add_decision_options, read_request, read_world, told_words
from foretell.cli.apt_query import query_parser
from foretell.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from foretell.apt.answers.predict import Answer
    from foretell.apt.footprints.footprint import Edge, Footprint, Load
    from foretell.apt.footprints.footprint_cuts import Cut, Cuts
    from foretell.apt.footprints.supposed import Base
    from foretell.cli.parsing import Parser
    from foretell.render.apt_footprint import Line

__all__ = ["footprint"]

_CUTS = 3


def footprint(argv: list[str]) -> int:
    """Say what installing packages would bring along; return 1 when they cannot be."""
    from foretell.apt.answers.predict import predict
    from foretell.apt.footprints.footprint import measure
    from foretell.apt.footprints.footprint_cuts import find_cuts
    from foretell.apt.footprints.supposed import emptied
    from foretell.cli.apt import check_options, note_solver, show

    options = _parser().parse_args(argv)
    if not options.words:
        raise UsageError("no-package", "footprint needs a package")
    if options.cuts < 0:
        raise UsageError("bad-usage", "--cuts is a number that is not negative")
    check_options(options)
    if options.as_python:
        from foretell.cli.apt_python import footprint_call

        sys.stdout.write(footprint_call(options))
        return 0
    import gc

    gc.disable()  # one short question: nothing is worth collecting
    world = read_world(options)
    note_solver(world, options)
    base = emptied(world, solver_version=options.solver_version) if options.empty else None
    answer = base.answer if base else None
    if base is None or base.world is not None:
        within = world if base is None or base.world is None else base.world
        request = read_request("install", options, within)
        answer = predict(within, request, solver_version=options.solver_version)
    assert answer is not None
    if answer.verdict != "ok":
        if options.json:
            sys.stdout.write(_json(answer, options.words, base, None, None))
            return 1
        return show(answer, options)
    found = measure(answer)
    cuts = find_cuts(found, options.cuts, solver_version=options.solver_version)
    if options.json:
        sys.stdout.write(_json(answer, options.words, base, found, cuts))
    else:
        sys.stdout.write(_text(found, cuts, base, options))
    return 0


def _parser() -> Parser:
    parser = query_parser("footprint", "package", "as `apt install` takes them")
    add_decision_options(parser.add_argument_group("what apt is told"))
    group = parser.add_argument_group("what is weighed")
    group.add_argument(
        "--empty",
        action="store_true",
        help="into a root with only the essential packages and what they need, "
        "as the builders of containers do",
    )
    group.add_argument(
        "--cuts",
        type=int,
        default=_CUTS,
        metavar="N",
        help="show up to N savings of each kind, each solved again (default: %(default)s)",
    )
    group.add_argument("--full", action="store_true", help="the whole tree, however long")
    group.add_argument("--as-python", action="store_true", help="print the library call instead")
    # Of a plan, which a failure is shown as.
    parser.set_defaults(graph=None, explain=False, why=None, verbose_versions=False)
    return parser


def _text(found: Footprint, cuts: Cuts, base: Base | None, options: Namespace) -> str:
    from foretell.render import apt_footprint as words

    if not found.answer.changes:
        return "Nothing would change: all of it is installed already.\n"
    own = [
        words.Saving(cut.saved.packages, cut.saved.disk, _command(cut, options), _said(found, cut))
        for cut in cuts.own
    ]
    packagers = [
        words.Saving(cut.saved.packages, cut.saved.disk, _said(found, cut), "")
        for cut in cuts.packagers
    ]
    nodes = [
        words.Node(
            _label(found, package),
            _label(found, part.above) if part.above >= 0 else "",
            part.retained.packages,
            part.retained.disk,
            _reason(found, package),
        )
        for package, part in found.parts.items()
    ]
    parts = [
        words.render_table(_table(found, base)),
        words.render_tree(nodes, is_full=options.full),
        words.render_savings(own, packagers),
        f"This is what {_who(found.answer)} decides.\n",
    ]
    return "\n".join(filter(None, parts))


def _table(found: Footprint, base: Base | None) -> list[Line]:
    from foretell.apt.footprints.footprint import Load, weigh
    from foretell.render.apt_footprint import Line

    rows = [(word, load) for word, load in found.words]
    if len(rows) > 1:
        rows = [(f"only {word}", load) for word, load in rows]
        rows.append(("shared", found.shared))
    rows += [(title, load) for title, load in _besides(found) if load != Load()]
    if len(rows) > 1:
        rows.append(("total", found.total))
    if base is not None:
        essential = weigh(base.answer)
        rows += [("essential packages", essential), ("the whole root", essential.plus(found.total))]
    return [Line(title, *load) for title, load in rows]


def _besides(found: Footprint) -> list[tuple[str, Load]]:
    return [("for what is installed", found.others), ("removed", found.removed)]


def _label(found: Footprint, package: int) -> str:
    assert found.answer.state is not None
    return found.answer.state.universe.full_name(package)


def _relation(edge: Edge) -> tuple[str, str]:
    """Return field and text of a relation."""
    return RELATION_FIELDS[edge.kind].decode(), b", ".join(edge.texts).decode(
        "utf-8", "surrogateescape"
    )


def _reason(found: Footprint, package: int) -> str:
    """Say why a package hangs where it does."""
    part = found.parts[package]
    if part.edge is not None:
        field, text = _relation(part.edge)
        names = {it.split(b" ")[0].decode("utf-8", "surrogateescape") for it in part.edge.texts}
        is_plain = names == {_label(found, package)} and "|" not in text
        return field if is_plain else f"{field} {text}"
    assert found.answer.state is not None
    if package in found.answer.state.chosen:
        return ""
    return "several ways" if part.above >= 0 else "shared"


def _said(found: Footprint, cut: Cut) -> str:
    """Return the relation of a cut in words."""
    if cut.edge is None:
        return ""
    field, text = _relation(cut.edge)
    return f"{_label(found, cut.edge.owner)} {field} {text}"


def _command(cut: Cut, options: Namespace) -> str:
    """Return the command that makes a cut, with what this question was told."""
    told = told_words(options)
    if cut.way == "no-recommends":
        told.append("--no-install-recommends")
    return shlex.join(["apt", "install", *told, *options.words, *cut.words])


def _who(answer: Answer) -> str:
    return f"apt {answer.solver_version} with --solver {answer.solver}"


def _json(
    answer: Answer,
    words: list[str],
    base: Base | None,
    found: Footprint | None,
    cuts: Cuts | None,
) -> str:
    import json

    from foretell.apt.footprints.footprint import Load, weigh

    essential = None
    if base is not None and base.world is not None:
        essential = _load_row(weigh(base.answer))
    load = found or None
    document = {
        "schema": "foretell.apt.footprint/1",
        "verdict": answer.verdict,
        "missing_rule": answer.missing_rule or None,
        "words": words,
        "decided_by": _who(answer),
        "essential": essential,
        "total": _load_row(load.total if load else Load()),
        "own": [{"word": word, **_load_row(it)} for word, it in (load.words if load else ())],
        "shared": _load_row(load.shared if load else Load()),
        "others": _load_row(load.others if load else Load()),
        "removed": _load_row(load.removed if load else Load()),
        "packages": [_part_row(load, package) for package in load.parts] if load else [],
        "cuts": [_cut_row(load, cut) for cut in (*cuts.own, *cuts.packagers)]
        if load and cuts
        else [],
        "tried": cuts.tried if cuts else 0,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _load_row(load: Load) -> dict[str, int]:
    return {"packages": load.packages, "download": load.download, "installed": load.disk}


def _part_row(found: Footprint, package: int) -> dict[str, object]:
    part, state = found.parts[package], found.answer.state
    assert state is not None
    universe = state.universe
    return {
        "package": universe.name(package).decode("utf-8", "surrogateescape"),
        "architecture": universe.architecture(package).decode("ascii", "replace"),
        "version": universe.version_string(part.change.new).decode("utf-8", "surrogateescape"),
        "action": part.change.action,
        "download": part.own.download,
        "installed": part.own.disk,
        "retained": _load_row(part.retained),
        "above": _label(found, part.above) if part.above >= 0 else None,
        "relation": _relation_row(found, part.edge),
    }


def _relation_row(found: Footprint, edge: Edge | None) -> dict[str, str] | None:
    if edge is None:
        return None
    field, text = _relation(edge)
    return {"from": _label(found, edge.owner), "relation": field, "text": text}


def _cut_row(found: Footprint, cut: Cut) -> dict[str, object]:
    return {
        "way": cut.way,
        "relation": _relation_row(found, cut.edge),
        "words": list(cut.words),
        "saved": _load_row(cut.saved),
    }
